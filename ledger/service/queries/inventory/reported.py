"""Value added that sites and organisations report, if their reports cover a whole period."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ledger.core.record.kinds import Report
from ledger.service.queries.inventory.rows import InventorySpan, Reported


class ValueAdded(NamedTuple):
    """Value added in one currency over a whole period."""

    currency: str
    amount: Decimal


def value_added(reports: Iterable[Report], span: InventorySpan) -> ValueAdded | None:
    """The sum of the value added in the reports of one subject.

    None if the reports leave a gap, state no value, or use several currencies. A ratio of emissions of a whole period
    to value added of a part of it would mislead.
    """
    covered, amount, currencies = span.since, Decimal(0), set[str]()
    for report in sorted(reports, key=lambda one: one.start):
        if report.value_added is None or report.start != covered:
            return None
        covered = report.end
        amount += Decimal(report.value_added.value)
        currencies.add(report.value_added.currency)
    if covered != span.until or len(currencies) != 1:
        return None
    return ValueAdded(currencies.pop(), amount)


def by_subject(reported: Iterable[Reported]) -> dict[str, list[Report]]:
    """Reports by facility or organisation."""
    reports: dict[str, list[Report]] = {}
    for report in reported:
        reports.setdefault(report.subject, []).append(report.record)
    return reports
