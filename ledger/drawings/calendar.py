"""Days on an axis, and the ticks of days, months, quarters or years."""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from ledger.drawings.numbers import when

_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120, 240)
_DAYS: Final = (1, 2, 7, 14)
_FEW_MONTHS: Final = 2


class DayTick(NamedTuple):
    """A day, as a number, with its words."""

    day: int
    words: str


def day_number(text: str) -> int:
    """The number of the day of an ISO date, time or month. Raises ValueError for another text."""
    return date.fromisoformat(text[:10] if len(text) > 7 else f"{text}-01").toordinal()


def day_ticks(first: int, last: int, most: int, words: Callable[[str], str] = when) -> list[DayTick]:
    """At most about `most` ticks from one day to another. `words` writes a day, month or year, such as `2022-02-21`,
    `2022-02` or `2022`."""
    start, end = date.fromordinal(first), date.fromordinal(last)
    months = (end.year - start.year) * 12 + end.month - start.month
    if months < _FEW_MONTHS:
        step = next((step for step in _DAYS if (last - first) / step < most), _DAYS[-1])
        return [DayTick(day, words(date.fromordinal(day).isoformat())) for day in range(first, last + 1, step)]
    step = next((step for step in _MONTHS if months / step < most), _MONTHS[-1])
    ticks = []
    for count in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        day = date(count // 12, count % 12 + 1, 1)
        if count % step == 0 and first <= day.toordinal() <= last:
            ticks.append(DayTick(day.toordinal(), words(day.isoformat()[: 7 if step < 12 else 4])))
    return ticks
