"""Averages of a product over months and years, as text for people."""

from collections.abc import Iterator, Mapping
from typing import Final

from rich.table import Table

from ledger.answers.products import ProductAnswer
from ledger.answers.stored import FigureChangeAnswer, LotAveragesAnswer, PeriodAverageAnswer
from ledger.cli.console import Part
from ledger.cli.numbers import numeral, per_unit

_KINDS: Final[Mapping[str, str]] = {
    "movingAverage": " (moving average of the pool)", "periodAverage": " (average of the pool over the period)",
}


def kind_note(kind: str) -> str:
    """The kind of a figure that is not of one lot, as text."""
    return _KINDS.get(kind, "")


def lot_averages(averages: LotAveragesAnswer, unit: str) -> Iterator[Part]:
    """The averages beside the figure of a lot."""
    if averages.note is not None:
        yield f"no period averages: {averages.note}"
    rows = [one for one in (averages.month, averages.year) if one is not None]
    if rows:
        yield _table(rows, unit)
    if averages.change is not None:
        yield _change("this lot's figure", averages.change, unit)


def product_averages(answer: ProductAnswer) -> Iterator[Part]:
    """The averages of a product by month and year, and its changes."""
    if answer.months or answer.years:
        yield _table([*answer.months, *answer.years], answer.unit)
    for change in answer.changes:
        yield _change(f"the average of {change.period}", change, answer.unit)


def _table(rows: list[PeriodAverageAnswer], unit: str) -> Table:
    table = Table("average of", f"kg CO2e per {unit}", "least", "most", "lots", "quantity", "mass",
                  box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(row.period, numeral(row.mean), numeral(row.least), numeral(row.most),
                      f"{row.number_of_lots:,}", str(row.quantity),
                      "unknown" if row.mass_kg is None else f"{numeral(float(row.mass_kg))} kg")
    return table


def _change(what: str, change: FigureChangeAnswer, unit: str) -> str:
    by = "from zero" if change.change is None else f"by {change.change * 100:+.1f} %"
    why = "no reason is given"
    if change.reason is not None:
        why = f"reason: {change.reason}"
    elif change.unexamined:
        why = f"the amendments of {change.unexamined:,} records were not examined"
    return (f"note: {what} differs {by} from {change.last}: {numeral(change.per_unit)} against "
            f"{per_unit(change.last_per_unit, unit)}; {why}")
