"""All rules about waste, cores and recycled content, in one call."""

from msgspec.structs import replace

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Assessment, Finding, Reference
from ledger.core.record.kinds import AnyRecord, Consumption, Declaration, Transformation
from ledger.engine.end_of_waste.contained import new_matter
from ledger.engine.end_of_waste.group import scrap_of_group
from ledger.engine.end_of_waste.lives import declared_core, returned_goods
from ledger.engine.end_of_waste.named_scrap import declared_scrap, scrap_by_word
from ledger.engine.end_of_waste.origins import check_origins
from ledger.engine.end_of_waste.rejected import run_without_product, waste_of_route
from ledger.engine.end_of_waste.returned import declared_again
from ledger.engine.end_of_waste.valued import valued_waste
from ledger.engine.references import Purchase


def check_wastes(
    assessment: Assessment, record: AnyRecord, plan: Plan, facts: Facts, purchase: Purchase | None
) -> Assessment:
    """The assessment with the findings about the record's waste, cores and recycled content, and with the ranges of its
    waste and cores that are goods. `buying`: None if no factor set is in force. Raises Refused for an impossible
    origin of waste."""
    references, findings = list[Reference](), list[Finding]()
    findings += valued_waste(record)
    if isinstance(record, Transformation | Consumption):
        check_origins(record, plan, facts)
    if isinstance(record, Transformation):
        findings += scrap_of_group(record, plan, facts)
        if purchase is not None:
            references += waste_of_route(purchase)
            findings += run_without_product(purchase)
            findings += scrap_by_word(assessment, purchase)
    elif isinstance(record, Declaration) and record.lot is not None:
        back = declared_again(record, plan.created[0].facts, assessment.references, facts, purchase)
        own = back.references if purchase is None else declared_scrap(record, back.references, purchase)
        assessment = replace(assessment, references=own)
        findings += back.findings
        references += [] if purchase is None else declared_core(record, purchase)
    elif isinstance(record, Consumption) and purchase is not None and plan.created:
        references += [*returned_goods(record, purchase), *new_matter(purchase)]
    if not references and not findings:
        return assessment
    return replace(
        assessment, references=(*assessment.references, *references), findings=(*assessment.findings, *findings))
