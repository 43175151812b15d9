"""The reconciliation of a site, as text for people."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from ledger.answers.sites import ReconciliationAnswer, SiteReconciliationAnswer
from ledger.cli.console import Part, styled
from ledger.cli.numbers import fixed

_SAID: Final = {
    "lost": "lost or written off", "leftOver": "left over, cannot be kept", "measuredAbove": "measured, in no record",
    "statedAbove": "in records, not measured",
}


def reconciliation_lines(site: str, answer: SiteReconciliationAnswer | None) -> Iterator[Part]:
    """The closed periods of a site with their shares and largest differences, and the open ones."""
    if answer is None:
        return
    yield styled(f"reconciliation of {site}", style="bold")
    if answer.unread is not None:
        yield f"not reconciled: {answer.unread}"
    for period in answer.closed:
        yield from _closed(period)
    for time in answer.open:
        yield f"{time.since} to {time.until}: not closed, so not reconciled"


def _closed(period: ReconciliationAnswer) -> Iterator[Part]:
    closings = ", ".join(map(str, period.closings))
    shares = ", ".join([f"{one.unit} {100 * one.share:.1f} %" for one in period.shares]) or "nothing came"
    yield f"{period.since} to {period.until}, closings {closings}; unreconciled: {shares}, kg CO2e " \
          f"{100 * period.emissions_share:.1f} %"
    if period.differences:
        yield _differences(period)
    if period.differences_left_off:
        yield f"{period.differences_left_off} smaller differences"
    if period.parked:
        yield f"{fixed(period.parked / 1000)} t CO2e in stock beyond the turnover of the period"
    if period.without_product:
        yield f"{fixed(period.without_product / 1000)} t CO2e in runs without a product"
    if period.unmeasured:
        yield f"in records, measured by no closing: {', '.join(period.unmeasured)}"


def _differences(period: ReconciliationAnswer) -> Table:
    table = Table("difference", "of", "amount", "unit", "t CO2e", box=None, pad_edge=False)
    for i in (2, 4):
        table.columns[i].justify = "right"
    for difference in period.differences:
        emissions = "unknown" if difference.emissions is None else fixed(difference.emissions / 1000)
        table.add_row(_SAID.get(difference.kind, difference.kind), difference.name, difference.amount, difference.unit,
                      emissions)
    return table
