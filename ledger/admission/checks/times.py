"""Instants in records: valid calendar days, and periods that end after they start."""

from datetime import datetime
from functools import cache
from typing import Final

from ledger.core.record.kinds import AnyRecord, Report
from ledger.errors import Refused

EARLIEST: Final = "1900-01-01T00:00:00Z"
LATEST: Final = "2199-12-31T23:59:59Z"
LONGEST_YEARS: Final = 10
_MONTHS: Final = 12
_INSTANTS: Final = (
    ("start", "start"), ("end", "end"), ("time", "time"), ("valid_until", "validUntil"), ("date", "date"))


def check_time(text: str, field: str) -> datetime:
    """The instant of a text. Refuses a text whose day is not in the calendar."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{field}: {text} is not a valid calendar day", code="instant", field=field, value=text,
                      rule="an instant in UTC") from None


def check_period(start: str, end: str) -> None:
    """Refuses a period that does not end after it starts."""
    if check_time(start, "start") >= check_time(end, "end"):
        raise Refused(f"start {start} is not before end {end}", code="period", field="end", value=end,
                      rule="a period ends after it starts")


def check_bounded(record: AnyRecord) -> None:
    """Refuses times before EARLIEST or after LATEST, and periods of more than LONGEST_YEARS years.

    Otherwise a record with a mistyped year could close or overlap periods that its issuer does not mean.
    """
    instants: dict[str, str | None] = {}
    for name, field in _instants_of(type(record)):
        text = instants[name] = getattr(record, name)
        if text is not None and not EARLIEST <= text <= LATEST:
            raise _out_of_range(text, field)
    _check_length(instants.get("start"), instants.get("end"), "end")
    baseline = record.baseline if isinstance(record, Report) else None
    if baseline is not None:
        for text, field in ((baseline.start, "baseline.start"), (baseline.end, "baseline.end")):
            if not EARLIEST <= text <= LATEST:
                raise _out_of_range(text, field)
        _check_length(baseline.start, baseline.end, "baseline.end")


@cache
def _instants_of(kind: type[AnyRecord]) -> tuple[tuple[str, str], ...]:
    """The attributes of such records that are instants, each with its field in JSON."""
    return tuple([(name, field) for name, field in _INSTANTS if name in kind.__struct_fields__])


def _out_of_range(text: str, field: str) -> Refused:
    return Refused(f"{field}: {text} is out of range for a record", code="instant-range", field=field, value=text,
                   rule=f"an instant from {EARLIEST} to {LATEST}")


def _check_length(start: str | None, end: str | None, field: str) -> None:
    if start is not None and end is not None and end > f"{int(start[:4]) + LONGEST_YEARS:04d}{start[4:]}":
        raise Refused(f"{field}: the period from {start} to {end} is longer than {LONGEST_YEARS} years",
                      code="period-length", field=field, value=end, rule=f"a period of at most {LONGEST_YEARS} years")


def overlaps(start: str, end: str, other_start: str, other_end: str) -> bool:
    """Whether two periods overlap; they do not if one ends when the other starts. Instants compare as text."""
    return start < other_end and other_start < end


def balance_period_end(time: str, months: int) -> str:
    """The end of the calendar period that contains `time`. Periods have `months` months, counted from January; the last
    period of a year ends with the year, even if it is shorter."""
    moment = check_time(time, "time")
    following = (moment.month - 1) // months * months + months + 1
    if following > _MONTHS:
        return f"{moment.year + 1:04d}-01-01T00:00:00Z"
    return f"{moment.year:04d}-{following:02d}-01T00:00:00Z"
