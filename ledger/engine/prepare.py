"""Everything about a record that immutable facts decide: plan, assessment, shares. Done ahead of the lock."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Raw

from ledger.admission.facts import LOT_SLOTS, Facts
from ledger.admission.lots import Created, Plan, Taken
from ledger.admission.plan import plan as plan_of
from ledger.admission.rules import RESERVED, VERSIONS
from ledger.admission.state import PluginState
from ledger.core.outcome.assessment import NOTHING, Assessment, Assigned
from ledger.core.outcome.leaves import assessment_bytes, salt_seed
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    AnyRecord,
    Closing,
    Declaration,
    Report,
    Transfer,
    Transformation,
)
from ledger.core.record.revisions import Amendment
from ledger.core.record.values import Output
from ledger.engine.sector_context import context_of
from ledger.engine.sectors import Installed, Registry
from ledger.errors import PluginError, Unavailable
from ledger.footprint.stored.allocation import Weighed, shares
from ledger.footprint.stored.attributes import Coverage, check_coverage, check_generated, cover, coverage
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import Vector, direct
from ledger.footprint.stored.checks import check_assessment
from ledger.footprint.stored.contents import Contents, Holding
from ledger.footprint.stored.mass_balance import Booking
from ledger.footprint.stored.supplies import composed, declared_lot, supplied_contents, supply_kind, with_supplies
from ledger.sdk import Context

REVISING = (Amendment, Closing)
"""Records that change what earlier ones say."""
REVISING_TYPES = ("amendment", "closing")
_ASSESSED = (*REVISING, Report)
"""Records that have a leaf 0 although they may take, make and emit nothing: what has none cannot be amended."""


class Submission(NamedTuple):
    """A record with verified signature. `seed`: what its salts come of, where that is known already, or where its nonce
    does not say: of a residue."""

    record: AnyRecord
    body: bytes
    digest: bytes
    keyid: bytes
    signature: bytes
    seed: bytes | None = None

    @property
    def salt_seed(self) -> bytes:
        return salt_seed(self.record.nonce) if self.seed is None else self.seed

    def reading(self, record: AnyRecord) -> "Submission":
        """The same submission as it reads after a change."""
        return self._replace(record=record, body=encode(record), seed=self.salt_seed)


class FigureWork(NamedTuple):
    """What the figures of a record are made of, besides its inputs' figures. `covered`: the share of its electricity
    for which it takes green attributes."""

    direct: Vector
    shares: Sequence[float]
    holdings: tuple[Holding, ...]
    supplied: Contents
    recycled: tuple[str | None, ...]
    assigned: tuple[Assigned, ...]
    matter: Mapping[str, Sequence[float]]
    booking: Booking | None = None
    adjustment: Adjustment | None = None
    covered: float = 0.0


class Prepared(NamedTuple):
    """A record ready to be sequenced. `plugin` is the version that assessed it, `tag` its name in answers;
    `assessment` its canonical JSON, None where the record has neither assessment nor outputs. `rules` is the version of
    the ledger's rules by which it was planned."""

    submission: Submission
    plan: Plan
    work: FigureWork
    assessment: Raw | None
    tag: str | None
    plugin: PluginState | None
    rules: str = VERSIONS[0].name


class PreparedDraft(NamedTuple):
    """A record with its plan, before its sector has assessed it. `context`: what the sector is to be asked with; None
    where there is nothing to ask."""

    submission: Submission
    plan: Plan
    installed: Installed | None
    plugin: PluginState | None
    context: Context | None
    rules: str


def prepare(
    submission: Submission, facts: Facts, registry: Registry, in_force: Mapping[str, PluginState],
    before: int | None = None,
) -> Prepared:
    """Raises Refused, InvalidInput or PluginError where the record cannot be admitted, whatever the log holds;
    Unavailable where its sector's version in force is not installed here. `before`: see `admission.plan`."""
    draft = draft_of(submission, facts, registry, in_force, before)
    return completed(draft, facts, _asked(submission.record, draft.context, draft.installed))


def draft_of(
    submission: Submission, facts: Facts, registry: Registry, in_force: Mapping[str, PluginState],
    before: int | None = None,
) -> PreparedDraft:
    """What comes before the sector's assessment. Raises as `prepare` does."""
    record = submission.record
    rules = facts.rules.version(None if before is None else before // LOT_SLOTS).name
    installed, plugin = _plugin_of(record, registry, in_force)
    plan = _plan(record, facts, installed, before)
    return PreparedDraft(submission, plan, installed, plugin, _context(record, plan, facts, installed), rules)


def completed(draft: PreparedDraft, facts: Facts, found: Assessment | None) -> Prepared:
    """What comes after it. `facts` say of what the record names what they said when it was drafted; `found` is what the
    sector gave, None where it was not asked. Raises as `prepare` does."""
    submission, plan, installed, plugin, _, rules = draft
    record = submission.record
    assessment = assess(record, submission.digest, plan, facts, found)
    empty = not plan.taken and not plan.created and assessment is NOTHING and not isinstance(record, _ASSESSED)
    return Prepared(
        submission, plan, work_of(record, plan, facts, assessment),
        None if empty else assessment_bytes(assessment), installed.tag if installed else None, plugin, rules,
    )


def ask_sector(record: AnyRecord, plan: Plan, facts: Facts, installed: Installed | None) -> Assessment | None:
    """The sector's own part of the assessment; None where there is no sector to ask. Raises as `prepare` does."""
    return _asked(record, _context(record, plan, facts, installed), installed)


def _asked(record: AnyRecord, context: Context | None, installed: Installed | None) -> Assessment | None:
    if context is None or installed is None or not isinstance(record, Transformation):
        return None
    return installed.assess(context, bytes(record.activity))


def _context(record: AnyRecord, plan: Plan, facts: Facts, installed: Installed | None) -> Context | None:
    if installed is None or not isinstance(record, Transformation):
        return None
    return context_of(record, plan, facts)


def _plan(record: AnyRecord, facts: Facts, installed: Installed | None, before: int | None) -> Plan:
    """The plan by the rules of the plugin version that is in force."""
    if installed is None:
        return plan_of(record, facts, before=before)
    sector = installed.sector
    return plan_of(record, facts, sector.mass_tolerance, before, sector.element_tolerance)


def _plugin_of(
    record: AnyRecord, registry: Registry, in_force: Mapping[str, PluginState]
) -> tuple[Installed | None, PluginState | None]:
    if not isinstance(record, Transformation):
        return None, None
    sector = record.process.partition(".")[0]
    active = None if sector in RESERVED else in_force.get(sector)
    if active is None:
        return None, None
    installed = registry.sector(sector)
    if installed is None or installed.digest != active.digest:
        raise Unavailable(
            f"plugin {sector} {active.version} is in force, but this server does not have that version",
            code="plugin-version", field="process", value=record.process,
            rule=f"install the version whose digest is {active.digest}",
        )
    return installed, active


def assess(
    record: AnyRecord, digest: bytes, plan: Plan, facts: Facts, found: Assessment | None
) -> Assessment:
    """The record's complete, checked assessment: what `ask_sector` gave, and what its supplies bring."""
    try:
        match record:
            case Transformation() if found is not None:
                kinds = [supply_kind(one.supply.material, "upstream") for one in plan.supplied]
            case Transfer():
                found = NOTHING
                kinds = [supply_kind(supply.material, "transport") for supply in record.transport]
                kinds += [supply_kind(supply.material, "packaging") for supply in record.packaging]
            case Declaration() if record.lot is not None:
                found, kinds = declared_lot(record, digest.hex()), []
            case Closing():
                found = NOTHING
                kinds = [supply_kind(supply.material, "upstream") for supply in record.overheads]
            case _:
                found, kinds = NOTHING, []
        if plan.supplied and kinds:
            made = record if isinstance(record, Transformation) else None
            evidence, year = (made.evidence, int(made.end[:4])) if made is not None else ((), None)
            found = with_supplies(found, plan.supplied, facts, kinds, evidence, year)
        check_assessment(found, record.outputs if isinstance(record, Transformation) else [])
        if isinstance(record, Transformation):
            found = cover(found, coverage(plan.taken, plan.supplied, plan.created))
    except (AttributeError, TypeError, ArithmeticError) as error:
        raise PluginError(
            f"the assessment holds what it may not: {type(error).__name__}: {error}", code="invalid-assessment",
            field="activity", rule="amounts are finite Decimals",
        ) from error
    return found


def work_of(record: AnyRecord, plan: Plan, facts: Facts, assessment: Assessment) -> FigureWork:
    """Direct burdens, shares and contents to come. Raises Refused for weights that cannot be, and for green attributes
    beyond the electricity that they are of."""
    maker = (record.facility, record.process) if isinstance(record, Transformation) else None
    provisional = isinstance(record, Transformation) and record.basis == "provisional"
    covering = _checked_coverage(plan, assessment) if isinstance(record, Transformation) else Coverage()
    return FigureWork(
        direct(assessment, provisional=provisional),
        _shares(record, plan, assessment),
        tuple([_holding(created, facts) for created in plan.created]),
        supplied_contents(plan.supplied, facts) if isinstance(record, Transformation) else {},
        tuple([_recycled(taken, maker) for taken in plan.taken]),
        assessment.assigned,
        {name: [float(part) for part in parts] for name, parts in assessment.matter.items()},
        _booking(record, plan, facts),
        covered=float(covering.share),
    )


def _checked_coverage(plan: Plan, assessment: Assessment) -> Coverage:
    found = coverage(plan.taken, plan.supplied, plan.created)
    check_coverage(found, assessment)
    check_generated(plan.created, assessment)
    return found


def _booking(record: AnyRecord, plan: Plan, facts: Facts) -> Booking | None:
    if not isinstance(record, Addition) or len(plan.created) < 2:
        return None
    pool = facts.pools[record.pool]
    return Booking(pool.attribute or "", float(plan.created[1].facts.quantity), float(pool.conversion))


def _shares(record: AnyRecord, plan: Plan, assessment: Assessment) -> list[float]:
    match record:
        case Transformation():
            weighed = [Weighed(_output(created), created.facts.mass) for created in plan.created]
            return shares(record.allocation, weighed, assessment)
        case Transfer() | Declaration() | Acceptance():
            # Everything passes on, whatever the role: transport of waste is waste's burden from here on.
            return [1.0] * len(plan.created)
        case Addition():
            return [0.0 if created.facts.role == "credit" else 1.0 for created in plan.created]
        case _:
            return []


def _output(created: Created) -> Output:
    if created.output is None:
        raise TypeError("a transformation creates its lots from outputs")
    return created.output


def _holding(created: Created, facts: Facts) -> Holding:
    lot, output = created
    mass = float(lot.mass) if lot.mass is not None else 0.0
    if output is None or not mass:
        return Holding(mass, {}, False)
    composition = facts.composition(lot)
    return Holding(mass, composed(composition, mass), bool(composition.materials))


def _recycled(taken: Taken, maker: tuple[str, str] | None) -> str | None:
    """ISO 14021, 7.8.1.1: what a process takes back from itself is not recycled content."""
    if maker is None or taken.lot.role != "waste" or taken.lot.maker == maker:
        return None
    return taken.lot.origin
