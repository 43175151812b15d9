"""Everything about a record that immutable facts decide: plan, assessment, allocation shares. The service computes it
before it takes the append lock."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from ledger.admission.activations import Versions
from ledger.admission.checks.goods import returned
from ledger.admission.facts import Facts
from ledger.admission.lookups import editions_named
from ledger.admission.lots import Plan, supplies_of
from ledger.admission.plan import plan as plan_of
from ledger.core.outcome.assessment import ADDITIVE, NOTHING, Assessment, Reference
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Consumption, Report, Transformation
from ledger.engine.assessing import assess
from ledger.engine.bounds.carbon.written_off import USES
from ledger.engine.bounds.process import short
from ledger.engine.end_of_waste.returned import OF_GROUP
from ledger.engine.figure_inputs import figure_inputs_of
from ledger.engine.prepared import REVISING, Prepared, PreparedDraft, Pricing, Submission
from ledger.engine.pricing.burnt_lots import with_burnt_lots, with_burnt_materials
from ledger.engine.pricing.keys_and_rows import check_keys, check_no_rows
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.supplies import price_supplies
from ledger.engine.pricing.surroundings import surroundings_of, with_aliases
from ledger.engine.sector_context import context_of, with_names
from ledger.engine.sectors import Installed, Registry
from ledger.errors import FACTS, LedgerError, Unavailable, at_stage
from ledger.footprint.derived.unusually_high import without_notes
from ledger.footprint.stored.burdens import line_kilograms
from ledger.sdk import Context, FactorSetVersion, RawMaterials

_ASSESSED = (*REVISING, Report)
"""Records that always have a leaf 0, even if they take, make and emit nothing: a record without leaf 0 cannot be
amended."""


def prepare(
    submission: Submission, facts: Facts, registry: Registry, versions: Versions | None = None,
    before: int | None = None,
) -> Prepared:
    """Raises Refused, InvalidInput or PluginError if no log could admit the record; Unavailable if a version of its
    sector or of a factor set is not installed here. `versions`: those that assess it, by default those in force for
    the next record. `before`: see `admission.plan`."""
    try:
        draft = draft_of(submission, facts, registry, versions or facts.activations.versions(), before)
        return completed(draft, facts, ask_sector(draft))
    except LedgerError as error:
        raise at_stage(error, FACTS) from None


def draft_of(
    submission: Submission, facts: Facts, registry: Registry, versions: Versions, before: int | None = None,
) -> PreparedDraft:
    """The part of `prepare` before the sector's assessment. Raises as `prepare` does."""
    installed = _sector_of(submission.record, registry, versions)
    plan = _plan(submission.record, facts, installed, before)
    if before is None:
        # A later closing or revision adds supplies whose keys its own record was asked for.
        stated = list(supplies_of(submission.record))
        check_keys(stated, sets_of(registry, versions) if stated else ())
    return _drafted(submission, plan, facts, installed, registry, versions)


def sets_of(registry: Registry, versions: Versions) -> tuple[FactorSetVersion, ...]:
    """The factor sets of `versions`. Raises Unavailable if one is not installed here."""
    return tuple([registry.factor_set(name, versions.plugins[name]) for name in versions.sets])


def drafted(
    submission: Submission, plan: Plan, facts: Facts, registry: Registry, versions: Versions
) -> PreparedDraft:
    """`draft_of` for a record with a plan. Raises as `prepare` does."""
    return _drafted(submission, plan, facts, _sector_of(submission.record, registry, versions), registry, versions)


def _drafted(
    submission: Submission, plan: Plan, facts: Facts, installed: Installed | None, registry: Registry,
    versions: Versions,
) -> PreparedDraft:
    record = submission.record
    pricing = _pricing(record, plan, facts, registry, versions, _raw_of(record, installed))
    context = _context(record, plan, facts, installed, pricing)
    return PreparedDraft(submission, plan, installed, context, versions, pricing)


def completed(draft: PreparedDraft, facts: Facts, assessed: Assessment | None) -> Prepared:
    """The part of `prepare` after the sector's assessment. `facts` must agree with the draft's facts on everything
    that the record names. `assessed` is the sector's answer, None if no sector was called. Raises as `prepare` does."""
    submission, plan, installed, _, versions, _ = draft
    record = submission.record
    assessment, notes = without_notes(assess(draft, facts, assessed))
    bare = _undocumented(draft, facts, assessed)
    documented = None if bare is None else _documented(assessment, bare)
    if assessment.documented != documented:
        assessment = replace(assessment, documented=documented)
    work = figure_inputs_of(record, plan, facts, assessment)
    empty = not plan.taken and not plan.created and assessment is NOTHING and not isinstance(record, _ASSESSED)
    return Prepared(
        submission, plan, work if bare is None else work._replace(undocumented=_ordinary(bare.references)),
        None if empty else assessment_bytes(assessment), installed.tag if installed else None, versions,
        facts.parents.newest, returned(record, facts), notes=notes,
        editions=editions_named(record, facts) if facts.completed >= 0 else (),
    )


def _undocumented(draft: PreparedDraft, facts: Facts, assessed: Assessment | None) -> Assessment | None:
    """The assessment that the record would have without its documents; None for a record that shows no document, or
    that no log admits without its documents. The sector is not asked again: a question of its own that a document
    answers is not among the differences."""
    submission, plan, _, _, _, pricing = draft
    record = submission.record
    if pricing is None or not getattr(record, "evidence", ()):
        return None
    bare = submission._replace(record=replace(record, evidence=[]))
    around = pricing.around._replace(evidence=())
    try:
        raw = _raw_of(record, draft.installed)
        supplies = price_supplies(bare.record, plan, around, facts, pricing.sets, raw)
        return assess(draft._replace(submission=bare, pricing=Pricing(around, pricing.sets, supplies)), facts, assessed)
    except LedgerError:
        return None


def _ordinary(references: Sequence[Reference]) -> tuple[Reference, ...]:
    """The ranges without the parts that follow from the goods of a group, as `_doubtful` leaves out their questions."""
    return tuple([replace(one, part=None) for one in references if one.code not in OF_GROUP])


def _documented(assessment: Assessment, bare: Assessment) -> Decimal | None:
    """Kg CO2e that `bare` has more, in the record's own figure or in question; None if it has no more."""
    more = CONTEXT.subtract(_doubtful(bare), _doubtful(assessment))
    return short(more) if more > 0 else None


def _doubtful(assessment: Assessment) -> Decimal:
    """Kg CO2e of the record's own figure, with its omissions and questions. Questions by the goods of a group are left
    out: a verifier of a statement does not see these goods."""
    amounts = [line_kilograms(line) for line in assessment.lines if line.burden in ADDITIVE]
    amounts += [one.estimate for one in assessment.omissions if one.estimate is not None]
    amounts += [one.amount for one in assessment.findings if one.amount is not None and one.code not in OF_GROUP]
    amounts += [one.amount for one in assessment.usual_shares if one.amount is not None]
    whole = Decimal(0)
    for amount in amounts:
        whole = CONTEXT.add(whole, amount)
    return whole


def ask_sector(draft: PreparedDraft) -> Assessment | None:
    """The sector's own part of the assessment; None if no sector assesses the record. Raises as `prepare` does."""
    record, context, installed = draft.submission.record, draft.context, draft.installed
    if context is None or installed is None or not isinstance(record, Transformation):
        return None
    return installed.assess(context, bytes(record.activity))


def _context(
    record: AnyRecord, plan: Plan, facts: Facts, installed: Installed | None, pricing: Pricing | None,
) -> Context | None:
    if installed is None or not isinstance(record, Transformation):
        return None
    context = context_of(record, plan, facts, None if pricing is None else pricing.supplies)
    if pricing is None:
        sector = installed.sector
        return with_names(context, (), sector) if sector.words or sector.raw_materials else context
    burns, market = installed.sector.burns_lots.get(context.route), FuelMarket(pricing.sets, pricing.around, facts)
    context = with_burnt_materials(with_names(context, pricing.sets, installed.sector), market, burns)
    return with_burnt_lots(context, plan, market, burns)


def _pricing(
    record: AnyRecord, plan: Plan, facts: Facts, registry: Registry, versions: Versions, raw: RawMaterials | None,
) -> Pricing | None:
    """How the factor sets in force price the record's supplies; None if no set is in force."""
    if not versions.sets:
        check_no_rows([*plan.supplied, *plan.overheads])
        return None
    used = isinstance(record, Consumption) and record.purpose in USES
    if not (plan.supplied or plan.overheads or plan.created or used or isinstance(record, Transformation)):
        # Above all an activation: it must be possible even if this server lacks the set in force.
        return None
    sets = sets_of(registry, versions)
    bought = [one.supply.material for one in (*plan.supplied, *plan.overheads)]
    around = with_aliases(surroundings_of(record, facts), bought, sets)
    supplies = price_supplies(record, plan, around, facts, sets, raw)
    return Pricing(around, sets, supplies)


def _raw_of(record: AnyRecord, installed: Installed | None) -> RawMaterials | None:
    """The raw materials of the record's route; None without a table of them."""
    if installed is None or not isinstance(record, Transformation):
        return None
    return installed.sector.raw_materials.get(record.process.partition(".")[2])


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
