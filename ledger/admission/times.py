"""Instants of records: days of the calendar, periods that end after they start."""

from datetime import datetime
from typing import Final

from ledger.errors import Refused

_MONTHS: Final = 12


def check_time(text: str, field: str) -> datetime:
    """The instant; refuses what is no day of the calendar."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{field}: {text} is no day of the calendar", code="instant", field=field, value=text,
                      rule="an instant in UTC") from None


def check_period(start: str, end: str) -> None:
    """Refuses a period that does not end after it starts."""
    if check_time(start, "start") >= check_time(end, "end"):
        raise Refused(f"start {start} is not before end {end}", code="period", field="end", value=end,
                      rule="a period ends after it starts")


def overlaps(start: str, end: str, other_start: str, other_end: str) -> bool:
    """Whether two periods share a moment; one that ends where the other starts does not. Instants compare as text."""
    return start < other_end and other_start < end


def balance_period_end(time: str, months: int) -> str:
    """The end of the calendar period of so many months, counted from January, in which `time` lies. The last period of
    a year ends with it, even where it is shorter."""
    moment = check_time(time, "time")
    following = (moment.month - 1) // months * months + months + 1
    if following > _MONTHS:
        return f"{moment.year + 1:04d}-01-01T00:00:00Z"
    return f"{moment.year:04d}-{following:02d}-01T00:00:00Z"
