"""The inventory of a record in one call: missing inputs and amounts that are too small."""

from collections.abc import Sequence
from decimal import localcontext

from msgspec.structs import replace

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.amounts import CONTEXT
from ledger.engine.bounds.process import short
from ledger.engine.inventory.lacking import CountedQuestions, priced_findings, remaining
from ledger.engine.inventory.missing import omission_of, unmet_needs
from ledger.engine.inventory.stated import stated_inputs
from ledger.engine.inventory.too_small import met_needs, small_inputs
from ledger.engine.inventory.usual import SetPricer
from ledger.footprint.derived.unusually_high import amount_note
from ledger.sdk import Context, Need


def with_omissions(
    assessment: Assessment, own: Assessment, needs: Sequence[Need], context: Context, pricer: SetPricer
) -> Assessment:
    """The assessment with an omission for each need that nothing in the record meets. `own`: the sector's part."""
    unmet = unmet_needs(needs, stated_inputs(context, own.energy, pricer.sets))
    if not unmet:
        return assessment
    omissions = [omission_of(need, context, pricer) for need in unmet]
    return replace(assessment, omissions=(*assessment.omissions, *omissions))


def with_inventory(
    assessment: Assessment, own: Assessment, needs: Sequence[Need], context: Context, pricer: SetPricer
) -> Assessment:
    """`with_omissions`, with the findings of amounts that are too small, with prices for the inputs that the sector
    misses, and with the notes about amounts that are unusually high, which nobody commits. The findings of `assessment`
    begin with the sector's own."""
    if not needs and not own.findings:
        return assessment
    stated = list(stated_inputs(context, own.energy, pricer.sets))
    unmet = unmet_needs(needs, stated)
    omissions = [omission_of(need, context, pricer) for need in unmet]
    met = [need for need in needs if need not in unmet]
    with localcontext(CONTEXT):
        counted = CountedQuestions(pricer.sets)
        counted.leave_out(unmet, omissions)
        findings = priced_findings(own.findings, pricer, counted)
        compared = met_needs(met, stated, context, pricer)
        findings += remaining(small_inputs(compared), counted)
        notes = [amount_note(one.what, short(one.stated), short(one.usual), one.unit) for one in compared]
        findings += [note for note in notes if note is not None]
    others = assessment.findings[len(own.findings):]
    return replace(
        assessment, omissions=(*assessment.omissions, *omissions), findings=(*findings, *others),
    )
