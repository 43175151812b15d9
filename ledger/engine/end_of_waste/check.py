"""All rules about waste, cores and recycled content, in one call."""

from msgspec.structs import replace

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.engine.end_of_waste.group import scrap_of_group


def check_wastes(assessment: Assessment, record: AnyRecord, plan: Plan, facts: Facts) -> Assessment:
    """The assessment with the findings about the record's waste, cores and recycled content."""
    findings = scrap_of_group(record, plan, facts) if isinstance(record, Transformation) else []
    return replace(assessment, findings=(*assessment.findings, *findings)) if findings else assessment
