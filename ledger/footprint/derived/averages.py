"""Period averages of a product: its lots of a calendar month or year as one, weighted by production.

A record that ends at midnight belongs to the month and the year that end at that midnight.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.footprint.derived.validity import change_of, is_above_limit

_EXACT: Final = Context(prec=60)
_FIRST_MOMENT: Final = "-01T00:00:00Z"
_MONTH: Final = 7
_YEAR: Final = 4
_DECEMBER: Final = 12


class ProducedLot(NamedTuple):
    """A lot with the end of its record. `mass`: kg, if known; `footprint`: kg CO2e of the whole lot."""

    log_index: int
    ended: str
    quantity: Decimal
    mass: Decimal | None
    footprint: float


class PeriodAverage(NamedTuple):
    """The lots of a month (`YYYY-MM`) or year (`YYYY`). `mass`: kg of all lots, None if one is unknown; `per_unit`,
    `least` and `most`: kg CO2e per unit."""

    period: str
    lots: int
    quantity: Decimal
    mass: Decimal | None
    per_unit: float
    least: float
    most: float


class PeriodChange(NamedTuple):
    """A period whose average differs by more than the limit from the last one with production. `change` is relative;
    None if the last average was zero."""

    period: PeriodAverage
    last: PeriodAverage
    change: float | None


class LotSums:
    """Lots as one."""

    def __init__(self) -> None:
        self.lots = 0
        self.quantity = Decimal(0)
        self.mass: Decimal | None = Decimal(0)
        self.least, self.most = math.inf, -math.inf
        self.records: set[int] = set()
        self._footprints: list[float] = []

    def add(self, lot: ProducedLot) -> None:
        per_unit = lot.footprint / float(lot.quantity)
        self.lots += 1
        self.quantity = _EXACT.add(self.quantity, lot.quantity)
        self.mass = None if self.mass is None or lot.mass is None else _EXACT.add(self.mass, lot.mass)
        self.least, self.most = min(self.least, per_unit), max(self.most, per_unit)
        self.records.add(lot.log_index)
        self._footprints.append(lot.footprint)

    def average(self, period: str) -> PeriodAverage:
        per_unit = math.fsum(self._footprints) / float(self.quantity)
        return PeriodAverage(period, self.lots, self.quantity, self.mass, per_unit, self.least, self.most)


class PeriodSums:
    """Takes the lots of a product in any order."""

    def __init__(self) -> None:
        self._sums: dict[str, LotSums] = {}

    def take(self, lots: Iterable[ProducedLot]) -> None:
        for lot in lots:
            month = month_of(lot.ended)
            for period in (month, month[:_YEAR]):
                self._sums.setdefault(period, LotSums()).add(lot)

    def average(self, period: str) -> PeriodAverage | None:
        """The average of a month or year; None if nothing was made in it."""
        sums = self._sums.get(period)
        return None if sums is None else sums.average(period)

    def months(self) -> list[PeriodAverage]:
        """The months with production, in order."""
        return [self._sums[period].average(period) for period in sorted(self._sums) if len(period) == _MONTH]

    def years(self) -> list[PeriodAverage]:
        """The years with production, in order."""
        return [self._sums[period].average(period) for period in sorted(self._sums) if len(period) == _YEAR]

    def last_before(self, month: str) -> PeriodAverage | None:
        """The newest month with production before a month."""
        earlier = [period for period in self._sums if len(period) == _MONTH and period < month]
        return self.average(max(earlier)) if earlier else None

    def records(self, period: str) -> list[int]:
        """The log indexes of the records of a period."""
        return sorted(self._sums[period].records) if period in self._sums else []


def month_of(ended: str) -> str:
    """The calendar month to which a record that ends at this instant belongs."""
    year, month = int(ended[:_YEAR]), int(ended[5:_MONTH])
    if not ended.endswith(_FIRST_MOMENT):
        return ended[:_MONTH]
    return f"{year - 1:04d}-{_DECEMBER}" if month == 1 else f"{year:04d}-{month - 1:02d}"


def bounds(period: str) -> tuple[str, str]:
    """The instants after which, and until which, records of a month or year end."""
    year = int(period[:_YEAR])
    if len(period) == _YEAR:
        return f"{year:04d}-01{_FIRST_MOMENT}", f"{year + 1:04d}-01{_FIRST_MOMENT}"
    month = int(period[5:_MONTH])
    following = (year + 1, 1) if month == _DECEMBER else (year, month + 1)
    return f"{year:04d}-{month:02d}{_FIRST_MOMENT}", f"{following[0]:04d}-{following[1]:02d}{_FIRST_MOMENT}"


def within(period: str, since: str | None, until: str | None) -> bool:
    """Whether a month or year lies wholly between two instants; an open end is None."""
    start, end = bounds(period)
    return (since is None or since <= start) and (until is None or end <= until)


def period_before(since: str, until: str) -> tuple[str, str] | None:
    """The period of the same length that ends at `since`: as many months before, if both are the first moment of a
    month. None before the first year of the calendar."""
    if since.endswith(_FIRST_MOMENT) and until.endswith(_FIRST_MOMENT):
        months = _months(since) - (_months(until) - _months(since))
        year, month = divmod(months, _DECEMBER)
        return (f"{year:04d}-{month + 1:02d}{_FIRST_MOMENT}", since) if year > 0 else None
    start, end = datetime.fromisoformat(since), datetime.fromisoformat(until)
    if end - start >= start - datetime.min.replace(tzinfo=UTC):
        return None
    return f"{start - (end - start):%Y-%m-%dT%H:%M:%SZ}", since


def _months(instant: str) -> int:
    return int(instant[:_YEAR]) * _DECEMBER + int(instant[5:_MONTH]) - 1


def changes(averages: Sequence[PeriodAverage]) -> list[PeriodChange]:
    """The averages, in order of their periods, that differ from the one before by more than the limit."""
    above = []
    for last, average in pairwise(averages):
        change = change_of(last.per_unit, average.per_unit)
        if is_above_limit(change):
            above.append(PeriodChange(average, last, change))
    return above


def reason_of(records: Iterable[int], reasons: Mapping[int, str]) -> str | None:
    """The reason of the newest restatement of a record among `records`. `reasons`: by log index of the record."""
    return next((reasons[index] for index in sorted(records, reverse=True) if index in reasons), None)
