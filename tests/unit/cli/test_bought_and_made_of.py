"""Tables of bought goods and of the parts of a figure: what is missing in a figure is in the table."""

from collections.abc import Callable

import pytest
from rich.console import Console
from rich.table import Table

from ledger.answers.purchases import (
    BoughtGoodsAnswer,
    PurchaseCoverageAnswer,
    SupplierCoverageAnswer,
    TitleShareAnswer,
)
from ledger.answers.stored import DirectAnswer, FootprintAnswer, InputAnswer, LotAnswer
from ledger.cli.buyer.summary.contributors import contributor_table
from ledger.cli.lookup.purchases import coverage_report
from ledger.core.record.values import Quantity
from ledger.errors import Erased, LedgerError, NotFound

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
    rows = [dict(zip([str(column.header) for column in table.columns], cells, strict=True))
            for cells in zip(*[column.cells for column in table.columns], strict=True)]
    row, total = rows
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
