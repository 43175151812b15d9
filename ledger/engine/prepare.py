"""Everything about a record that immutable facts decide: plan, assessment, allocation shares. The service computes it
before it takes the append lock."""

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
"""Records that change earlier ones."""
REVISING_TYPES = ("amendment", "closing")
_ASSESSED = (*REVISING, Report)
"""Records that always have a leaf 0, even if they take, make and emit nothing: a record without leaf 0 cannot be
amended."""


class Submission(NamedTuple):
    """A record with verified signature. `seed`: the seed of its salts if the caller has it already. A redacted record
    needs it, because its nonce does not determine the seed."""

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
    """All that a record's figures are computed from, except its inputs' figures. `covered`: the fraction of its
    electricity for which it takes green attributes."""

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
    """A record ready to be sequenced. `plugin` is the plugin version that assessed it, `tag` the name of that version
    in answers. `assessment` is canonical JSON, None if the record has neither assessment nor outputs. `rules` is the
    version of the ledger's rules that the plan follows."""

    submission: Submission
    plan: Plan
    work: FigureWork
    assessment: Raw | None
    tag: str | None
    plugin: PluginState | None
    rules: str = VERSIONS[0].name


class PreparedDraft(NamedTuple):
    """A record with its plan, before its sector has assessed it. `context`: the sector's input; None if no sector
    assesses the record."""

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
    """Raises Refused, InvalidInput or PluginError if no log could admit the record; Unavailable if the version of its
    sector that is in force is not installed here. `before`: see `admission.plan`."""
    draft = draft_of(submission, facts, registry, in_force, before)
    return completed(draft, facts, _asked(submission.record, draft.context, draft.installed))


def draft_of(
    submission: Submission, facts: Facts, registry: Registry, in_force: Mapping[str, PluginState],
    before: int | None = None,
) -> PreparedDraft:
    """The part of `prepare` before the sector's assessment. Raises as `prepare` does."""
    record = submission.record
    rules = facts.rules.version(None if before is None else before // LOT_SLOTS).name
    installed, plugin = _plugin_of(record, registry, in_force)
    plan = _plan(record, facts, installed, before)
    return PreparedDraft(submission, plan, installed, plugin, _context(record, plan, facts, installed), rules)


def completed(draft: PreparedDraft, facts: Facts, assessed: Assessment | None) -> Prepared:
    """The part of `prepare` after the sector's assessment. `facts` must agree with the draft's facts on everything
    that the record names. `assessed` is the sector's answer, None if no sector was called. Raises as `prepare` does."""
    submission, plan, installed, plugin, _, rules = draft
    record = submission.record
    assessment = assess(record, submission.digest, plan, facts, assessed)
    empty = not plan.taken and not plan.created and assessment is NOTHING and not isinstance(record, _ASSESSED)
    return Prepared(
        submission, plan, work_of(record, plan, facts, assessment),
        None if empty else assessment_bytes(assessment), installed.tag if installed else None, plugin, rules,
    )


def ask_sector(record: AnyRecord, plan: Plan, facts: Facts, installed: Installed | None) -> Assessment | None:
    """The sector's own part of the assessment; None if no sector assesses the record. Raises as `prepare` does."""
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
    """The plan, with the tolerances of the plugin version that is in force."""
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
    record: AnyRecord, digest: bytes, plan: Plan, facts: Facts, assessed: Assessment | None
) -> Assessment:
    """The record's complete, checked assessment: `assessed`, the answer of `ask_sector`, plus the record's supplies."""
    try:
        match record:
            case Transformation() if assessed is not None:
                assessment = assessed
                kinds = [supply_kind(one.supply.material, "upstream") for one in plan.supplied]
            case Transfer():
                assessment = NOTHING
                kinds = [supply_kind(supply.material, "transport") for supply in record.transport]
                kinds += [supply_kind(supply.material, "packaging") for supply in record.packaging]
            case Declaration() if record.lot is not None:
                assessment, kinds = declared_lot(record, digest.hex()), []
            case Closing():
                assessment = NOTHING
                kinds = [supply_kind(supply.material, "upstream") for supply in record.overheads]
            case _:
                assessment, kinds = NOTHING, []
        if plan.supplied and kinds:
            made = record if isinstance(record, Transformation) else None
            evidence, year = (made.evidence, int(made.end[:4])) if made is not None else ((), None)
            assessment = with_supplies(assessment, plan.supplied, facts, kinds, evidence, year)
        check_assessment(assessment, record.outputs if isinstance(record, Transformation) else [])
        if isinstance(record, Transformation):
            assessment = cover(assessment, coverage(plan.taken, plan.supplied, plan.created))
    except (AttributeError, TypeError, ArithmeticError) as error:
        raise PluginError(
            f"the plugin's assessment is not valid: {type(error).__name__}: {error}", code="invalid-assessment",
            field="activity", rule="amounts are finite Decimals",
        ) from error
    return assessment


def work_of(record: AnyRecord, plan: Plan, facts: Facts, assessment: Assessment) -> FigureWork:
    """Direct burdens, allocation shares and contents. Raises Refused for impossible allocation weights, and for green
    attributes that exceed the record's electricity."""
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
    covering = coverage(plan.taken, plan.supplied, plan.created)
    check_coverage(covering, assessment)
    check_generated(plan.created, assessment)
    return covering


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
            # All burdens pass on, whatever the role: the burdens of transporting waste belong to the waste from now on.
            return [1.0] * len(plan.created)
        case Addition():
            return [0.0 if created.facts.role == "credit" else 1.0 for created in plan.created]
        case _:
            return []


def _output(created: Created) -> Output:
    if created.output is None:
        raise TypeError("every lot that a transformation creates must have an output")
    return created.output


def _holding(created: Created, facts: Facts) -> Holding:
    lot, output = created
    mass = float(lot.mass) if lot.mass is not None else 0.0
    if output is None or not mass:
        return Holding(mass, {}, False)
    composition = facts.composition(lot)
    return Holding(mass, composed(composition, mass), bool(composition.materials))


def _recycled(taken: Taken, maker: tuple[str, str] | None) -> str | None:
    """ISO 14021, 7.8.1.1: material that a process takes back from itself is not recycled content."""
    if maker is None or taken.lot.role != "waste" or taken.lot.maker == maker:
        return None
    return taken.lot.origin
