"""Everything about a record that immutable facts decide: plan, assessment, allocation shares. The service computes it
before it takes the append lock."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Raw
from msgspec.structs import replace

from ledger.admission.activations import Versions
from ledger.admission.checks.attributes import ROLE as ATTRIBUTE
from ledger.admission.checks.attributes import is_power, total_power
from ledger.admission.checks.stated_figures import check_stated_figures
from ledger.admission.facts import Facts
from ledger.admission.lots import Created, Plan, Taken
from ledger.admission.plan import plan as plan_of
from ledger.admission.rules import Rule
from ledger.core.outcome.assessment import (
    NOTHING,
    Assessment,
    Assigned,
    Line,
    LineKind,
    Reference,
    UsualShare,
)
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
from ledger.engine.allocation_questions import questions_of as allocation_questions
from ledger.engine.bounds.check import BY_SHARES, check_record, findings_of
from ledger.engine.bounds.process import Process, short
from ledger.engine.end_of_waste.check import check_wastes
from ledger.engine.end_of_waste.group import questioned_inputs
from ledger.engine.end_of_waste.recovered import free_energy
from ledger.engine.inventory.check import with_inventory, with_omissions
from ledger.engine.inventory.lacking import unpriced
from ledger.engine.inventory.moved import moved_goods
from ledger.engine.inventory.usual import SetPricer
from ledger.engine.named_rows import check_no_rows
from ledger.engine.references import Buying, references_of
from ledger.engine.sector_context import context_of
from ledger.engine.sectors import Installed, Registry
from ledger.engine.upstream import (
    PricedSupply,
    Surroundings,
    kinds_of,
    price_supplies,
    residual_of,
    surroundings_of,
    with_unbooked,
    with_upstream,
)
from ledger.errors import PluginError, Unavailable
from ledger.footprint.stored.allocation import Weighed, shares
from ledger.footprint.stored.attributes import (
    RENEWABLE_POWER,
    Coverage,
    check_coverage,
    check_generated,
    cover,
    coverage,
)
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import Vector, direct
from ledger.footprint.stored.checks import check_assessment
from ledger.footprint.stored.contents import Contents, Holding
from ledger.footprint.stored.mass_balance import Booking
from ledger.footprint.stored.supplies import Proof, composed, declared_lot, supplied_contents, with_supplies
from ledger.sdk import CONTEXT, Context, FactorSetVersion

_ZERO = Decimal(0)
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
    electricity for which it takes green attributes. `references`: the ranges of its outputs. `usual_shares`: of
    outputs with a smaller share. `questioned`: the inputs whose recycled content is in question."""

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
    references: tuple[Reference, ...] = ()
    usual_shares: tuple[UsualShare, ...] = ()
    questioned: frozenset[int] = frozenset()


class Pricing(NamedTuple):
    """The upstream of a record's supplies, with its surroundings and the factor sets in force."""

    around: Surroundings
    sets: Sequence[FactorSetVersion]
    supplies: tuple[PricedSupply, ...]


class Prepared(NamedTuple):
    """A record ready to be sequenced. `plugin` is the plugin version that assessed it, `tag` the name of that version
    in answers. `assessment` is canonical JSON, None if the record has neither assessment nor outputs. `versions` are
    the versions of rules, sector and factor sets that assessed it; None if it keeps an assessment whose versions are
    not known."""

    submission: Submission
    plan: Plan
    work: FigureWork
    assessment: Raw | None
    tag: str | None
    versions: Versions | None = None


class PreparedDraft(NamedTuple):
    """A record with its plan, before its sector has assessed it. `context`: the sector's input; None if no sector
    assesses the record. `priced`: the upstream of its supplies; None if it is priced by the earlier rules."""

    submission: Submission
    plan: Plan
    installed: Installed | None
    context: Context | None
    versions: Versions
    pricing: Pricing | None


def prepare(
    submission: Submission, facts: Facts, registry: Registry, versions: Versions | None = None,
    before: int | None = None,
) -> Prepared:
    """Raises Refused, InvalidInput or PluginError if no log could admit the record; Unavailable if a version of its
    sector or of a factor set is not installed here. `versions`: those that assess it, by default those in force for
    the next record. `before`: see `admission.plan`."""
    draft = draft_of(submission, facts, registry, versions or facts.activations.versions(), before)
    return completed(draft, facts, ask_sector(draft))


def draft_of(
    submission: Submission, facts: Facts, registry: Registry, versions: Versions, before: int | None = None,
) -> PreparedDraft:
    """The part of `prepare` before the sector's assessment. Raises as `prepare` does."""
    installed = _sector_of(submission.record, registry, versions)
    return drafted(submission, _plan(submission.record, facts, installed, before), facts, registry, versions)


def drafted(
    submission: Submission, plan: Plan, facts: Facts, registry: Registry, versions: Versions
) -> PreparedDraft:
    """`draft_of` for a record with a plan. Raises as `prepare` does."""
    record = submission.record
    if versions.has(Rule.DEFAULT_UPSTREAM):
        # An amendment may give a record of earlier rules the newest versions.
        check_stated_figures(record, plan)
    installed = _sector_of(record, registry, versions)
    pricing = _pricing(record, plan, facts, registry, versions)
    questions = versions.has(Rule.REFERENCE_RANGES)
    context = _context(record, plan, facts, installed, pricing, questions=questions)
    return PreparedDraft(submission, plan, installed, context, versions, pricing)


def completed(draft: PreparedDraft, facts: Facts, assessed: Assessment | None) -> Prepared:
    """The part of `prepare` after the sector's assessment. `facts` must agree with the draft's facts on everything
    that the record names. `assessed` is the sector's answer, None if no sector was called. Raises as `prepare` does."""
    submission, plan, installed, _, versions, _ = draft
    record = submission.record
    assessment = assess(draft, facts, assessed)
    empty = not plan.taken and not plan.created and assessment is NOTHING and not isinstance(record, _ASSESSED)
    return Prepared(
        submission, plan, work_of(record, plan, facts, assessment),
        None if empty else assessment_bytes(assessment), installed.tag if installed else None, versions,
    )


def ask_sector(draft: PreparedDraft) -> Assessment | None:
    """The sector's own part of the assessment; None if no sector assesses the record. Raises as `prepare` does."""
    record, context, installed = draft.submission.record, draft.context, draft.installed
    if context is None or installed is None or not isinstance(record, Transformation):
        return None
    return installed.assess(context, bytes(record.activity))


def _context(
    record: AnyRecord, plan: Plan, facts: Facts, installed: Installed | None, pricing: Pricing | None, *,
    questions: bool,
) -> Context | None:
    if installed is None or not isinstance(record, Transformation):
        return None
    return context_of(record, plan, facts, None if pricing is None else pricing.supplies, questions=questions)


def _pricing(
    record: AnyRecord, plan: Plan, facts: Facts, registry: Registry, versions: Versions
) -> Pricing | None:
    """How the factor sets in force price the record's supplies; None if the versions have no such rule, or if no set is
    in force."""
    if not versions.sets or not versions.has(Rule.DEFAULT_UPSTREAM):
        check_no_rows([*plan.supplied, *plan.overheads])
        return None
    referenced = bool(plan.created) and versions.has(Rule.REFERENCE_RANGES)
    if not (plan.supplied or plan.overheads or referenced or isinstance(record, Transformation)):
        # Above all an activation: it must be possible even if this server lacks the set in force.
        return None
    sets = [registry.factor_set(name, versions.plugins[name]) for name in versions.sets]
    around = surroundings_of(record, facts)
    supplies = price_supplies(record, plan, around, facts, sets, questions=versions.has(Rule.REFERENCE_RANGES))
    return Pricing(around, sets, supplies)


def _plan(record: AnyRecord, facts: Facts, installed: Installed | None, before: int | None) -> Plan:
    """The plan, with the tolerances of the plugin version that is in force."""
    if installed is None:
        return plan_of(record, facts, before=before)
    sector = installed.sector
    return plan_of(record, facts, sector.mass_tolerance, before, sector.element_tolerance)


def _sector_of(record: AnyRecord, registry: Registry, versions: Versions) -> Installed | None:
    if not isinstance(record, Transformation):
        return None
    sector = record.process.partition(".")[0]
    active = versions.sector(sector)
    if active is None:
        return None
    installed = registry.version(sector, active.digest)
    if installed is None:
        raise Unavailable(
            f"plugin {sector} {active.version} is in force, but this server does not have that version",
            code="plugin-version", field="process", value=record.process,
            rule=f"install the version whose digest is {active.digest}",
        )
    return installed


def assess(draft: PreparedDraft, facts: Facts, assessed: Assessment | None) -> Assessment:
    """The record's complete, checked assessment: `assessed`, the sector's answer, plus the record's supplies."""
    record, plan, pricing = draft.submission.record, draft.plan, draft.pricing
    supplied = [*plan.supplied, *plan.overheads]
    try:
        assessment, kinds = _own_assessment(draft, assessed), list[LineKind]()
        if assessed is not None or isinstance(record, Transfer | Closing):
            kinds = kinds_of(record, supplied)
        if pricing is not None:
            assessment = with_upstream(assessment, pricing.supplies)
            assessment = with_unbooked(assessment, plan.overheads, pricing.supplies[len(plan.supplied):])
            if isinstance(record, Transfer):
                assessment = with_unbooked(assessment, plan.supplied, pricing.supplies, "transport")
            assessment = _inventoried(assessment, draft, pricing, assessed)
        elif supplied and kinds:
            made = record if isinstance(record, Transformation) else None
            proof = None if made is None else Proof(made.evidence, int(made.end[:4]))
            newer = draft.versions.has(Rule.DEFAULT_UPSTREAM)
            assessment = with_supplies(assessment, supplied, facts, kinds, proof, newer=newer)
        check_assessment(assessment, record.outputs if isinstance(record, Transformation) else [])
        if draft.versions.has(Rule.PHYSICAL_BOUNDS):
            assessment = _bounded(assessment, draft, facts, assessed)
        if isinstance(record, Transformation):
            assessment = cover(assessment, coverage(plan.taken, supplied, plan.created, assessment.lines))
            # Attributes that the record takes cover power that it takes, so this line comes after them.
            residual = None if pricing is None else _residual(plan, pricing, assessment)
            if residual is not None:
                assessment = replace(assessment, lines=(*assessment.lines, residual))
        if pricing is not None and draft.versions.has(Rule.REFERENCE_RANGES):
            assessment = _with_references(assessment, draft, pricing, facts)
            assessment = _with_allocation(assessment, draft, pricing, facts)
            assessment = _by_shares(assessment, draft)
        if draft.versions.has(Rule.REFERENCE_RANGES):
            buying = None if pricing is None else Buying(pricing.around, pricing.sets, plan, facts)
            assessment = check_wastes(assessment, record, plan, facts, buying)
    except (AttributeError, TypeError, ArithmeticError) as error:
        raise PluginError(
            f"the plugin's assessment is not valid: {type(error).__name__}: {error}", code="invalid-assessment",
            field="activity", rule="amounts are finite Decimals",
        ) from error
    return assessment


def _bounded(
    assessment: Assessment, draft: PreparedDraft, facts: Facts, assessed: Assessment | None
) -> Assessment:
    """The assessment with the findings of the bounds of nature. A provisional record gets no findings: its
    inputs are not measured yet. Raises Refused for impossible values."""
    record, plan, pricing, installed = draft.submission.record, draft.plan, draft.pricing, draft.installed
    own = assessed or NOTHING
    if not isinstance(record, Transformation):
        check_record(record, plan, own, assessment)
        return assessment
    if installed is None:
        # No sector is in force that could know the record's route: admission refuses it for that.
        return assessment
    sector = installed.sector
    nature = sector.nature.get(record.process.partition(".")[2], ())
    check_record(record, plan, own, assessment, nature)
    if pricing is None or record.basis == "provisional":
        return assessment
    findings = findings_of(Process(
        record, plan, facts, assessment, own, nature, sector.mass_tolerance, pricing.around, tuple(pricing.sets),
    ))
    return replace(assessment, findings=(*assessment.findings, *findings))


def _with_references(
    assessment: Assessment, draft: PreparedDraft, pricing: Pricing, facts: Facts
) -> Assessment:
    """The assessment with the reference ranges of the lots that the record makes or declares, and with a finding for
    each lot whose product has no range. Figures of lots that change hands are not asked again. A provisional record
    gets no ranges: its figures are not measured yet, and they say so."""
    record = draft.submission.record
    unproven = isinstance(record, Declaration) and not record.evidence
    moved = None
    if isinstance(record, Transformation):
        moved = moved_goods(record, draft.plan, facts, SetPricer(pricing.around, pricing.sets))
        unproven = moved is not None and moved.main
    references, findings = references_of(draft.plan, facts, pricing.around, pricing.sets, unproven=unproven)
    if moved is not None:
        findings = (*findings, moved.finding)
    if not isinstance(record, Transformation | Declaration) or record.basis == "provisional":
        references = ()
    return replace(assessment, references=references, findings=(*assessment.findings, *findings))


def _with_allocation(
    assessment: Assessment, draft: PreparedDraft, pricing: Pricing, facts: Facts
) -> Assessment:
    """The assessment with the usual shares of outputs that carry less. Raises Refused for impossible weights."""
    record = draft.submission.record
    if not isinstance(record, Transformation) or len(draft.plan.created) < 2:
        return assessment
    shares_of_record = _shares(record, draft.plan, assessment)
    asked = allocation_questions(record, draft.plan, facts, shares_of_record, assessment, pricing.sets)
    free, findings = free_energy(record, draft.plan, shares_of_record)
    if not asked.findings and not findings:
        return assessment
    return replace(assessment, usual_shares=(*asked.usual, *free),
                   findings=(*assessment.findings, *asked.findings, *findings))


def _by_shares(assessment: Assessment, draft: PreparedDraft) -> Assessment:
    """The assessment with the amounts that follow the allocation shares made by the outputs. By mass, the by-product
    that let a burden vanish would take most of the question."""
    record = draft.submission.record
    moved = [one for one in assessment.findings if one.code in BY_SHARES and one.amount]
    shares_of_record = _shares(record, draft.plan, assessment) if moved else []
    if not any(shares_of_record):
        return assessment
    findings = [one for one in assessment.findings if one not in moved]
    usual = list(assessment.usual_shares)
    for finding in moved:
        for output, share in enumerate(shares_of_record):
            if share:
                own = Decimal(repr(share))
                amount = short(CONTEXT.multiply(finding.amount or _ZERO, own))
                usual.append(UsualShare(output=output, share=own, code=finding.code, amount=amount))
                findings.append(replace(finding, output=output, amount=None))
    return replace(assessment, usual_shares=tuple(usual), findings=tuple(findings))


def _inventoried(
    assessment: Assessment, draft: PreparedDraft, pricing: Pricing, assessed: Assessment | None
) -> Assessment:
    """The assessment with the omissions and the findings of the route's minimal inventory. A provisional record has no
    amounts that are too small: they are not measured yet."""
    if draft.installed is None or draft.context is None or assessed is None:
        return assessment
    needs = draft.installed.sector.needs.get(draft.context.route, ())
    questions = draft.context.questions and getattr(draft.submission.record, "basis", "") != "provisional"
    complete = with_inventory if questions else with_omissions
    return complete(assessment, assessed, needs, draft.context, SetPricer(pricing.around, pricing.sets))


def _own_assessment(draft: PreparedDraft, assessed: Assessment | None) -> Assessment:
    """The assessment without supplies: by the sector, or by the figures that a declaration states."""
    match draft.submission.record:
        case Transformation() if assessed is not None:
            return unpriced(assessed)
        case Declaration(lot=Output()) as record:
            newer = draft.versions.has(Rule.DEFAULT_UPSTREAM)
            return declared_lot(record, draft.submission.digest.hex(), newer=newer)
        case _:
            return NOTHING


def _residual(plan: Plan, pricing: Pricing, assessment: Assessment) -> Line | None:
    """The market-based figure of the renewable power that the record makes. Its attributes are not with it: they are
    lots of their own, or nobody has proved them. Power that the record uses itself counts if its attributes leave."""
    made = [(one.facts, one.facts.quantity) for one in plan.created]
    attributes = total_power([(lot, quantity) for lot, quantity in made if lot.role == ATTRIBUTE])
    delivered = total_power([(lot, quantity) for lot, quantity in made if is_power(lot)])
    unclaimed = max(attributes, min(delivered, assessment.indicators.get(RENEWABLE_POWER, _ZERO)))
    return residual_of(unclaimed, pricing.around, pricing.sets) if unclaimed else None


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
        references=assessment.references,
        usual_shares=assessment.usual_shares,
        questioned=questioned_inputs(assessment),
    )


def _checked_coverage(plan: Plan, assessment: Assessment) -> Coverage:
    covering = coverage(plan.taken, [*plan.supplied, *plan.overheads], plan.created, assessment.lines)
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
