"""The complete assessment of a record: its sector's answer, its supplies, and the findings of the core."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from msgspec.structs import replace

from ledger.admission.checks.attributes import ROLE as ATTRIBUTE
from ledger.admission.checks.attributes import is_power, total_power
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import NOTHING, Assessment, Finding, Line, LineKind, UsualShare
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Closing, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.values import Output
from ledger.engine.allocation_questions import questions_of as allocation_questions
from ledger.engine.bounds.carbon.balance import CARRIED
from ledger.engine.bounds.carbon.captured import declared_capture
from ledger.engine.bounds.carbon.grown import declared_biomass
from ledger.engine.bounds.carbon.written_off import check_written_off
from ledger.engine.bounds.check import BY_SHARES, check_record, findings_of
from ledger.engine.bounds.matter import KnownMatter
from ledger.engine.bounds.process import Process, short
from ledger.engine.end_of_waste.check import check_wastes
from ledger.engine.end_of_waste.recovered import free_energy
from ledger.engine.figure_inputs import allocated
from ledger.engine.inventory.check import with_inventory, with_omissions
from ledger.engine.inventory.elsewhere import declared_power, energy_of_elsewhere
from ledger.engine.inventory.foreign_goods import from_default
from ledger.engine.inventory.lacking import unpriced
from ledger.engine.inventory.later import early_transfer, late_inputs
from ledger.engine.inventory.liquid import LiquidMetal, liquid_metal
from ledger.engine.inventory.moved import MovedGoods, moved_goods
from ledger.engine.inventory.sites import from_elsewhere
from ledger.engine.inventory.undocumented_stock import shown_write_offs, undocumented_stock
from ledger.engine.inventory.unmelted import unmelted_scrap
from ledger.engine.inventory.usual import SetPricer
from ledger.engine.prepared import PreparedDraft, Pricing
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.power import residual_of, with_grid
from ledger.engine.pricing.priced import kinds_of, with_unbooked, with_upstream
from ledger.engine.references import Purchase, massless_references, references_of
from ledger.engine.sector_context import check_understood
from ledger.errors import PluginError, Refused
from ledger.footprint.stored.attributes import RENEWABLE_POWER, cover, coverage
from ledger.footprint.stored.checks import check_assessment, check_omissions
from ledger.footprint.stored.supplies import Proof, declared_lot, with_supplies
from ledger.sdk import NaturalInput

_ZERO = Decimal(0)


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
            if isinstance(record, Declaration):
                assessment = with_grid(assessment, plan, facts, pricing)
        elif supplied and kinds:
            made = record if isinstance(record, Transformation) else None
            proof = None if made is None else Proof(made.evidence, int(made.end[:4]))
            assessment = with_supplies(assessment, supplied, facts, kinds, proof)
        _check(assessment, draft)
        assessment = _bounded(assessment, draft, facts, assessed)
        if isinstance(record, Transformation):
            assessment = cover(assessment, coverage(plan.taken, supplied, plan.created, assessment.lines))
            # Attributes that the record takes cover power that it takes, so this line comes after them.
            residual = None if pricing is None else _residual(plan, pricing, assessment)
            if residual is not None:
                assessment = replace(assessment, lines=(*assessment.lines, residual))
        if pricing is not None:
            assessment = _with_references(assessment, draft, pricing, facts)
            assessment = _with_allocation(assessment, draft, pricing, facts)
            assessment = _by_shares(assessment, draft)
        purchase = None if pricing is None else Purchase(pricing.around, pricing.sets, plan, facts)
        assessment = check_wastes(assessment, record, plan, facts, purchase)
        assessment = _with_write_offs(assessment, draft, facts, purchase)
    except (AttributeError, TypeError, ArithmeticError) as error:
        raise PluginError(
            f"the plugin's assessment is not valid: {type(error).__name__}: {error}", code="invalid-assessment",
            field="activity", rule="amounts are finite Decimals",
        ) from error
    return assessment


def _check(assessment: Assessment, draft: PreparedDraft) -> None:
    """Raises as `check_assessment` does."""
    record, context, installed = draft.submission.record, draft.context, draft.installed
    try:
        check_assessment(assessment, record.outputs if isinstance(record, Transformation) else [])
    except Refused as refusal:
        if context is not None and installed is not None:
            check_understood(refusal, context, installed.sector, draft.pricing.sets if draft.pricing else ())
        raise


def _with_write_offs(
    assessment: Assessment, draft: PreparedDraft, facts: Facts, purchase: Purchase | None
) -> Assessment:
    """The assessment with the documents of goods that leave, and with the goods that left without one before."""
    record, findings = draft.submission.record, list[Finding]()
    if isinstance(record, Consumption):
        findings += shown_write_offs(record, draft.plan)
    elif isinstance(record, Transformation):
        findings += undocumented_stock(record, draft.plan, facts, purchase)
    return replace(assessment, findings=(*assessment.findings, *findings)) if findings else assessment


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
    nature = _nature(draft, record)
    check_record(record, plan, own, assessment, nature)
    if pricing is None or record.basis == "provisional":
        return assessment
    findings = findings_of(Process(
        record, plan, facts, assessment, own, nature, sector.mass_tolerance, pricing.around, pricing.sets,
    ))
    return replace(assessment, findings=(*assessment.findings, *findings))


def _nature(draft: PreparedDraft, record: Transformation) -> Sequence[NaturalInput]:
    """The natural inputs of the record's route."""
    return () if draft.installed is None else draft.installed.sector.nature.get(record.process.partition(".")[2], ())


def _with_references(
    assessment: Assessment, draft: PreparedDraft, pricing: Pricing, facts: Facts
) -> Assessment:
    """The assessment with the reference ranges of the lots that the record makes or declares, and with a finding for
    each lot whose product has no range. Figures of lots that change hands are not asked again. A provisional record
    gets no ranges: its figures are not measured yet, and they say so."""
    record = draft.submission.record
    unproven = isinstance(record, Declaration) and not record.evidence
    own, omissions = list[Finding](), assessment.omissions
    if isinstance(record, Transformation):
        pricer = SetPricer(pricing.around, pricing.sets)
        moved, liquid, late = MovedGoods(), LiquidMetal(), late_inputs(record, draft.plan)
        if came := from_elsewhere(record, draft.plan, facts):
            moved = moved_goods(record, draft.plan, came, facts, pricer)
            liquid = liquid_metal(record, draft.plan, came, facts, pricing.sets)
        omissions = omissions if moved.omission is None else (*omissions, moved.omission)
        unmelted = None if record.basis == "provisional" else unmelted_scrap(record, draft.plan, facts, pricer)
        own = [*([] if moved.finding is None else [moved.finding]), *late.findings, *liquid.findings,
               *([] if unmelted is None else [unmelted]), *energy_of_elsewhere(record, draft.plan, facts, pricer)]
        unproven = late.main or moved.main or liquid.main
    elif isinstance(record, Declaration) and record.lot is not None:
        own = [*declared_power(draft.plan, facts, SetPricer(pricing.around, pricing.sets))]
        with localcontext(CONTEXT):
            own += declared_biomass(draft.plan, FuelMarket(pricing.sets, pricing.around, facts))
    elif isinstance(record, Transfer):
        own = [*early_transfer(record, draft.plan)]
    elif isinstance(record, Consumption):
        with localcontext(CONTEXT):
            own = [*check_written_off(record, draft.plan, FuelMarket(pricing.sets, pricing.around, facts))]
    references, findings = references_of(draft.plan, facts, pricing.around, pricing.sets, unproven=unproven)
    if isinstance(record, Declaration):
        massless = massless_references(draft.plan, pricing.around, pricing.sets)
        captured = declared_capture(assessment, references, pricing.sets)
        references, findings = (*references, *massless.references), (*findings, *massless.findings, *captured)
    findings = (*findings, *own)
    purchase = Purchase(pricing.around, pricing.sets, draft.plan, facts)
    references = from_default(references, record, purchase, assessment)
    if not isinstance(record, Transformation | Declaration) or record.basis == "provisional":
        references = ()
    return replace(
        assessment, references=references, findings=(*assessment.findings, *findings), omissions=omissions)


def _with_allocation(
    assessment: Assessment, draft: PreparedDraft, pricing: Pricing, facts: Facts
) -> Assessment:
    """The assessment with the usual shares of outputs that carry less. Raises Refused for impossible weights."""
    record = draft.submission.record
    if not isinstance(record, Transformation) or len(draft.plan.created) < 2:
        return assessment
    shares_of_record = allocated(record, draft.plan, assessment)
    asked = allocation_questions(record, draft.plan, facts, shares_of_record, assessment,
                                 KnownMatter(pricing.sets, _nature(draft, record)))
    free, findings = free_energy(record, draft.plan, shares_of_record)
    if not asked.findings and not findings:
        return assessment
    return replace(assessment, usual_shares=(*asked.usual, *free),
                   findings=(*assessment.findings, *asked.findings, *findings))


def _by_shares(assessment: Assessment, draft: PreparedDraft) -> Assessment:
    """The assessment with the amounts that follow the allocation shares made by the outputs. By mass, the by-product
    that let a burden vanish would take most of the question."""
    moved = [one for one in assessment.findings if one.code in BY_SHARES and one.amount]
    shares_of_record = allocated(draft.submission.record, draft.plan, assessment) if moved else []
    if not any(shares_of_record):
        # A record that keeps its burdens keeps their questions.
        kept = tuple([one for one in assessment.findings if one.code != CARRIED])
        return assessment if len(kept) == len(assessment.findings) else replace(assessment, findings=kept)
    findings = [one for one in assessment.findings if one not in moved]
    usual = list(assessment.usual_shares)
    for finding in moved:
        for output, share in enumerate(shares_of_record):
            if share:
                own = Decimal(repr(share))
                amount = short(CONTEXT.multiply(finding.amount or _ZERO, own))
                captured = finding.value if finding.code == CARRIED else None
                usual.append(UsualShare(
                    output=output, share=own, code=finding.code, amount=amount, captured=captured))
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
    provisional = getattr(draft.submission.record, "basis", "") == "provisional"
    complete = with_omissions if provisional else with_inventory
    return complete(assessment, assessed, needs, draft.context, SetPricer(pricing.around, pricing.sets))


def _own_assessment(draft: PreparedDraft, assessed: Assessment | None) -> Assessment:
    """The assessment without supplies: by the sector, or by the figures that a declaration states."""
    match draft.submission.record:
        case Transformation() as made if assessed is not None:
            check_omissions(assessed, made.activity)
            return unpriced(assessed)
        case Declaration(lot=Output()) as record:
            return declared_lot(record, draft.submission.digest.hex())
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
