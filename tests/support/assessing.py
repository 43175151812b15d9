"""The whole assessment of one record by one sector, without a log."""

from ledger.admission.activations import Versions
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.admission.rules import Rules
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Transformation
from ledger.engine.assessing import assess
from ledger.engine.prepare import ask_sector
from ledger.engine.prepared import PreparedDraft, Submission
from ledger.engine.sector_context import context_of
from ledger.engine.sectors import Installed
from ledger.sdk import Sector


def assessment_of(record: Transformation, plan: Plan, facts: Facts, sector: Sector) -> Assessment:
    """The sector's assessment with the upstream of supplies, by the rules without factor sets."""
    draft = PreparedDraft(
        Submission(record, b"", b"", b"", b""), plan, Installed(sector, "0" * 64, "test"),
        context_of(record, plan, facts), Versions(-1, {}, Rules()), None,
    )
    return assess(draft, facts, ask_sector(draft))
