"""Value added that sites and organisations report, as far as their reports cover a whole period."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ledger.core.record.kinds import Report
from ledger.service.queries.inventory.rows import InventorySpan, Reported


class ValueAdded(NamedTuple):
    """Money of a currency over the whole of a period."""

    currency: str
    amount: Decimal


def value_added(reports: Iterable[Report], span: InventorySpan) -> ValueAdded | None:
    """What the reports of one subject add up to; None where they leave a gap, say no value, or in several currencies:
    a ratio to a part of a period would be of two different things."""
    reached, amount, currencies = span.since, Decimal(0), set[str]()
    for report in sorted(reports, key=lambda one: one.start):
        if report.value_added is None or report.start != reached:
            return None
        reached = report.end
        amount += Decimal(report.value_added.value)
        currencies.add(report.value_added.currency)
    if reached != span.until or len(currencies) != 1:
        return None
    return ValueAdded(currencies.pop(), amount)


def by_subject(reported: Iterable[Reported]) -> dict[str, list[Report]]:
    """Reports by facility or organisation."""
    found: dict[str, list[Report]] = {}
    for one in reported:
        found.setdefault(one.subject, []).append(one.record)
    return found
