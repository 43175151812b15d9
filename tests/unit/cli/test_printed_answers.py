"""Answers as commands print them: tables, hidden parts, lists page by page, methods, reconciliation."""

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import pytest
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text
from support.raising import raised

from ledger.answers.purchases import (
    BoughtGoodsAnswer,
    PurchaseCoverageAnswer,
    SupplierCoverageAnswer,
    TitleShareAnswer,
)
from ledger.answers.sites import (
    PeriodAnswer,
    ReconciliationAnswer,
    SiteDifferenceAnswer,
    SiteReconciliationAnswer,
    UnreconciledAnswer,
)
from ledger.answers.stored import (
    ChainLineAnswer,
    ChainMethodAnswer,
    ChangeAnswer,
    DirectAnswer,
    FootprintAnswer,
    InputAnswer,
    LineAnswer,
    LotAnswer,
)
from ledger.cli.buyer.changes import changes_report
from ledger.cli.buyer.contributions import contributions_report
from ledger.cli.buyer.footprint import breakdown, footprint_report
from ledger.cli.buyer.gaps import gaps_report
from ledger.cli.buyer.method_report import chain_method_report
from ledger.cli.buyer.reconciliation import reconciliation_lines
from ledger.cli.buyer.summary.contributors import contributor_table
from ledger.cli.buyer.summary.report import summary_report
from ledger.cli.client import Client
from ledger.cli.console import Part, show
from ledger.cli.lookup.pages import MOST_EMPTY, Following, ListOptions, ListRequest
from ledger.cli.lookup.purchases import coverage_report
from ledger.cli.site_claim import site_lines
from ledger.core.receipts.statement import SiteClaim, SiteDifference
from ledger.core.record.values import Quantity
from ledger.errors import Erased, LedgerError, NotFound
from ledger.footprint.derived.chain.boundary import NOTE, HiddenParts
from ledger.footprint.derived.gaps import Gap, LotGaps
from ledger.footprint.derived.tables.rows import Contributions

TONNE = Quantity(value="1", unit="TNE")


def printed(table: Table) -> list[list[str]]:
    """The cells of a table, row by row; columns are apart by two blanks at least."""
    console = Console(width=400)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines()]


def test_coverage_shows_what_is_unknown_or_waits() -> None:
    titles = [TitleShareAnswer(title="provisional footprint", lots=1, footprint=10.0, share=0.9996)]
    goods = [BoughtGoodsAnswer(product="urn:p", quantity=TONNE, lots=1, footprint=10.0, footprint_per_unit=10.0,
                               questioned=0.0)]
    supplier = SupplierCoverageAnswer(
        party="urn:mill", weight=0.9996, goods=goods, lots=1, footprint=10.0, questioned=0.0, questioned_share=0.0,
        omitted=3.0, provisional=7.0, unestimated=2.0, titles=titles, primary_share=0.9996, secondary_share=0.0004,
        data_age=1.0)
    answer = PurchaseCoverageAnswer(
        organization="urn:shop", at=9, suppliers=[supplier], lots=1, footprint=10.0, questioned=0.0,
        questioned_share=0.0, omitted=3.0, provisional=7.0, unestimated=2.0, titles=titles, primary_share=0.5,
        secondary_share=0.5, data_age=1.0)
    table = next(part for part in coverage_report(answer) if isinstance(part, Table))
    row, total = [dict(zip([str(column.header) for column in table.columns], cells,
                           strict=True)) for cells in zip(*[column.cells for column in table.columns], strict=True)]
    assert (row["omitted"], row["of unknown size"], row["provisional"]) == ("3.000", "2", "7.000")
    assert (row["weight"], row["primary data"], row["estimates"]) == ("99.9 %", "99.9 %", "< 0.1 %")
    assert (total["of unknown size"], total["provisional"], total["lots"]) == ("2", "7.000", "1")


def made_of(lot: str) -> FootprintAnswer:
    """A lot with 10 kg CO2e, all of them of the lot `urn:in`."""
    return FootprintAnswer(
        title="footprint", record="", method="", footprint=10.0, footprint_per_unit=10.0, location_based=10.0,
        market_based=10.0, unit="TNE", burdens={}, contents={}, biogenic_uptake=0.0, completeness="", exempted="",
        unestimated=0.0, questioned=0.0, questioned_share=0.0, title_limit=0.0, share=1.0,
        lot=LotAnswer(lot=lot, product="urn:p", quantity=TONNE, remaining="1", holder="urn:o", role="product", index=1,
                      record="", questioned=0.0),
        direct=DirectAnswer(footprint=0.0, burdens={}, lines=[]),
        inputs=[InputAnswer(lot="urn:in", product="urn:p", part=1.0, footprint=10.0, burdens={})])


def refusing(error: LedgerError) -> Callable[[str], FootprintAnswer]:
    def ask(lot: str) -> FootprintAnswer:
        raise error
    return ask


@pytest.mark.parametrize("error", [NotFound("no lot"), Erased("its record is erased")])
def test_an_input_that_cannot_be_seen_has_no_amount(error: LedgerError) -> None:
    rows = printed(contributor_table(made_of("urn:out"), refusing(error)))
    assert (rows[1], rows[2]) == (["urn:in", "10.000", "100.0", "%"], ["not", "visible:", *error.message.split()])
    assert rows[3] == ["sum", "10.000", "100", "%"]


def test_biogenic_lines_are_apart_from_the_sum() -> None:
    """The rows above the sum add up to it."""
    lines = [LineAnswer(source=source, kind="onSite", gas="CO2", burden=burden, amount=amount, basis="calculated")
             for source, burden, amount in (("coal", "fossilGhgEmissions", 4.0), ("straw", "biogenicCO2", 90.0),
                                            ("lime", "fossilGhgEmissions", 6.0))]
    direct = DirectAnswer(footprint=10.0, burdens={}, lines=lines)
    rows = printed(breakdown(replace(made_of("urn:out"), inputs=[]), direct))
    assert [row[0] for row in rows[1:]] == ["coal", "lime", "sum", "straw"]
    assert rows[4][:6] == ["straw", "onSite", "90.000", "not", "in", "it"]


@pytest.mark.parametrize(("share", "said"), [(1.0, True), (None, False)])
def test_activity_data_explain_that_they_are_not_primary_data(share: float | None, said: bool) -> None:
    direct = DirectAnswer(footprint=10.0, burdens={}, lines=[], primary_activity_share=share)
    text = _text(footprint_report(replace(made_of("urn:out"), primary_share=0.0, direct=direct)))
    assert "primary data" in text
    assert ("factor is the site's or the supplier's own as well" in text) == said


def test_the_first_screen_names_recalled_factors_of_its_own_record() -> None:
    answer = replace(made_of("urn:out"), recalled_factors=["set@1:malt"])
    assert "[recalled] factors of its own record, not checked against their source: set@1:malt" in _lines(
        summary_report(answer, refusing(NotFound("no"))))


@pytest.mark.parametrize(("fields", "why"), [
    ({"record": "ab", "type": "amendment", "reason": "wrong meter"}, "wrong meter"),
    ({"record": "ab", "type": "closing"}, "a closing"),
    ({"record": "", "type": ""}, "its reason is in record 7, which is hidden from you"),
])
def test_a_restated_figure_has_its_reason(fields: dict[str, str], why: str) -> None:
    change = ChangeAnswer(index=7, lot="urn:out", product="urn:p", quantity=TONNE, footprint_before=10.0, footprint=9.0,
                          difference=-1.0, questioned_before=0.0, questioned=0.0, **cast(Any, fields))
    (table,) = changes_report([change])
    assert why in " ".join(printed(cast(Table, table))[1])


# One line about the parts of a figure that are hidden from the caller.


HIDDEN: Final = HiddenParts(amount=1100.0, received=1100.0, questioned=0.0)


def _text(parts: Iterable[Part]) -> str:
    console = Console(width=400)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def _lines(parts: object) -> list[str]:
    return [str(part) for part in parts if not hasattr(part, "columns")]  # type: ignore[attr-defined]


def _contributions(hidden: HiddenParts | None) -> Contributions:
    return Contributions(lot="gear", product="part", by="stage", of="footprint", unit="kg CO2e", figure=1300.0,
                         method="cut-off/1", at=9, records=2, questioned=0.0, hidden=hidden)


def _gaps(hidden: HiddenParts | None) -> LotGaps:
    gap = Gap(kind="hidden", what="cast", ask="the data", whom="caster", weight=0.0, count=0, records=[],
              kg_co2e=1100.0)
    return LotGaps(lot="gear", records=2, footprint=1300.0, absolute=1300.0, explained=1300.0, well_founded=200.0,
                   completeness="100.0 %", questioned=0.0, items=[gap], hidden=hidden)


def test_a_line_says_how_much_is_hidden_and_how_it_is_shown() -> None:
    for lines in (_lines(contributions_report(_contributions(HIDDEN))), _lines(gaps_report(_gaps(HIDDEN)))):
        (line,) = [line for line in lines if NOTE in line]
        assert "1,100" in line or "1100" in line


def test_no_line_if_nothing_is_hidden() -> None:
    for lines in (_lines(contributions_report(_contributions(None))), _lines(gaps_report(_gaps(None)))):
        assert not any("hidden from you" in line for line in lines)


# Lists are read page by page, from servers that may lie.


REQUEST: Final = ListRequest[Any, Any]("/v1/lot-list", Struct, "lots", {})


class Page(Struct, frozen=True):
    lots: list[int]
    next: int | None


class Pages:
    """A server that answers with these pages, and then with the last one's successors: empty, below it."""

    url = "http://server.example"

    def __init__(self, *pages: Page) -> None:
        self._pages, self.asked = list(pages), 0

    def get(self, route: str, of: type, *, after: int | None, limit: int) -> Page:
        self.asked += 1
        if self._pages:
            return self._pages.pop(0)
        return Page([], (after or 0) - 1)


def following(server: Pages, limit: int = 100) -> Following:
    return Following(cast(Client, server), REQUEST, ListOptions(limit, None, as_json=False, as_csv=False))


def test_empty_pages_without_an_end_stop_with_a_cursor() -> None:
    server = Pages(Page([9, 8], 2**60))
    list_of = following(server)
    assert (list(list_of.rows()), server.asked, list_of.next) == ([9, 8], MOST_EMPTY + 1, 2**60 - MOST_EMPTY)


def test_a_list_goes_on_after_empty_pages() -> None:
    empty = [Page([], 10_000 - i) for i in range(MOST_EMPTY - 1)]
    more = [Page([], 8_000 - i) for i in range(MOST_EMPTY - 1)]
    list_of = following(Pages(*empty, Page([9], 8_500), *more, Page([8], None)))
    assert (list(list_of.rows()), list_of.next) == ([9, 8], None)


def test_a_cursor_that_does_not_fall_is_an_error() -> None:
    assert "has no end" in str(raised(LedgerError, list, following(Pages(Page([9], 5), Page([8], 5))).rows()))


# What is printed of figures by a sector's method.


def test_a_sectors_method(capsys: pytest.CaptureFixture[str]) -> None:
    show(*chain_method_report(ChainMethodAnswer(
        lot="urn:example:lot", method="tables.bought/1", plugin="tables/2.0.0", digest="ab" * 32,
        names={"en": "What was bought", "zh": "外购"}, at=12, footprint=1234.5, stored=1000.0, questioned=7.0,
        lines=[ChainLineAnswer(name="ore", amount=1200.0, what="out of the mine"),
               ChainLineAnswer(name="own", amount=34.5, what="")],
        notes=["roughly"], pool="urn:example:pool",
    )))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == [
        "footprint of urn:example:lot by tables.bought/1", "What was bought, plugin tables/2.0.0, as of 12 entries",
        "1,234.500 kg CO2e; stored 1,000.000 kg CO2e",
    ]
    assert lines[3] == "7.000 kg CO2e questioned in the stored figure; `footprint` lists the findings"
    assert [line.split() for line in lines[4:7]] == [
        ["term", "kg", "CO2e", "meaning"], ["ore", "1,200.000", "out", "of", "the", "mine"], ["own", "34.500"],
    ]
    assert lines[7:] == ["of the pool urn:example:pool", "note: roughly"]


# The reconciliation of a site as text: shares, differences, and why there is no figure.


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
    assert (list(reconciliation_lines("urn:site", None)), list(site_lines(None))) == ([], [])
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
