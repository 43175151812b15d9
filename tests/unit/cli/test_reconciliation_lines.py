"""The reconciliation of a site as text: shares, differences, and why there is no figure."""

from rich.table import Table
from rich.text import Text

from ledger.answers.sites import (
    PeriodAnswer,
    ReconciliationAnswer,
    SiteDifferenceAnswer,
    SiteReconciliationAnswer,
    UnreconciledAnswer,
)
from ledger.cli.buyer.reconciliation import reconciliation_lines
from ledger.cli.site_claim import site_lines
from ledger.core.receipts.statement import SiteClaim, SiteDifference

CLOSED = ReconciliationAnswer(
    since="2025-03-01T00:00:00Z", until="2025-04-01T00:00:00Z", closings=[7, 9],
    shares=[UnreconciledAnswer(unit="KWH", came="1000", difference="100", share=0.1)], emissions=50.0, handled=200.0,
    emissions_share=0.25, parked=2_000.0, without_product=3_000.0, unmeasured=["lime"], differences_left_off=4,
    differences=[SiteDifferenceAnswer(kind="leftOver", name="power", unit="KWH", amount="90", emissions=50.0),
                 SiteDifferenceAnswer(kind="statedAbove", name="gas", unit="NM3", amount="10")])


def test_a_site() -> None:
    answer = SiteReconciliationAnswer(
        closed=[CLOSED], open=[PeriodAnswer(since="2025-04-01T00:00:00Z", until="2026-01-01T00:00:00Z")])
    parts = list(reconciliation_lines("urn:site", answer))
    lines = [part.plain if isinstance(part, Text) else part for part in parts if not isinstance(part, Table)]
    assert lines == [
        "reconciliation of urn:site",
        "2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z, closings 7, 9; unreconciled: KWH 10.0 %, kg CO2e 25.0 %",
        "4 smaller differences", "2.000 t CO2e in stock beyond the turnover of the period",
        "3.000 t CO2e in runs without a product", "in records, measured by no closing: lime",
        "2025-04-01T00:00:00Z to 2026-01-01T00:00:00Z: not closed, so not reconciled",
    ]
    (table,) = [part for part in parts if isinstance(part, Table)]
    assert [list(column.cells) for column in table.columns] == [
        ["left over, cannot be kept", "in records, not measured"], ["power", "gas"], ["90", "10"], ["KWH", "NM3"],
        ["0.050", "unknown"],
    ]


def test_nothing_to_say() -> None:
    assert list(reconciliation_lines("urn:site", None)) == []
    assert list(site_lines(None)) == []
    unread = SiteReconciliationAnswer(unread="the operator has more than 5 records")
    assert list(reconciliation_lines("urn:site", unread))[1:] == [
        "not reconciled: the operator has more than 5 records"]


def test_a_statement() -> None:
    claim = SiteClaim(
        facility="urn:site", since="2025-03-01T00:00:00Z", until="2025-04-01T00:00:00Z", closings=[7],
        shares={"KWH": "0.1"}, emissions="50.0", emissions_share="0.25", left_off=2,
        differences=[SiteDifference(kind="lost", unit="KGM", emissions="50.0"),
                     SiteDifference(kind="measuredAbove", unit="NM3")])
    assert list(site_lines(claim)) == [
        "site urn:site, 2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z: unreconciled KWH 10.0 %, kg CO2e 25.0 %",
        "  lost, in KGM: 50 kg CO2e", "  measuredAbove, in NM3: unknown kg CO2e", "  2 smaller differences",
    ]
    assert list(site_lines(SiteClaim(facility="urn:site", unread="the period is open"))) == [
        "site urn:site: not reconciled, the period is open"]
