"""Instants in records: valid calendar days, and periods that end after they start."""

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final

import msgspec
from msgspec import Raw

from ledger.core import patch
from ledger.core.record.kinds import Amendment, AnyRecord, Consumption, Report
from ledger.errors import Refused

EARLIEST: Final = "1900-01-01T00:00:00Z"
LATEST: Final = "2199-12-31T23:59:59Z"
LONGEST_YEARS: Final = 10
_MONTHS: Final = 12
_DAY: Final = 86_400
NOT_YET: Final = "future-instant"
_VALIDITY: Final = ("valid_from", "valid_until")
_INSTANTS: Final = (
    ("start", "start"), ("end", "end"), ("time", "time"), ("valid_from", "validFrom"), ("valid_until", "validUntil"),
    ("date", "date"))
_STATED: Final = ("start", "end", "time")
"""The fields with instants that an amendment can change."""


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
        error = Refused(f"start {start} is not before end {end}", code="period", field="end", value=end,
                        rule="a period ends after it starts")
        if start != end:
            error.mend = (patch.replace(("start",), end), patch.replace(("end",), start))
        raise error


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


def check_timely(record: AnyRecord, now: int) -> None:
    """Refuses a record about a time after tomorrow. `now`: milliseconds since 1970, of the entry; clocks and time zones
    differ by less than a day. A validity may end later: of an attestation, a standing acceptance, an attribute, and the
    claim by which a consumption retires attributes.

    An amendment may state times too. The changed record keeps its verdict, by the time of its own entry.
    """
    latest = instant_of(now // 1000 + _DAY)
    for name, field in _activity_of(type(record)):
        text = getattr(record, name)
        if text is not None and text > latest:
            raise _not_yet(text, field, latest)
    for i, change in enumerate(record.changes if isinstance(record, Amendment) else ()):
        for name, value in change.fields.items():
            if name in _STATED and (text := _text(value)) > latest:
                raise _not_yet(text, f"changes[{i}].fields.{name}", latest)


@cache
def _activity_of(kind: type[AnyRecord]) -> tuple[tuple[str, str], ...]:
    """The attributes of such records that are instants of an activity, each with its field in JSON."""
    if kind is Consumption:
        return (("time", "time"),)
    return tuple([one for one in _instants_of(kind) if one[0] not in _VALIDITY])


@lru_cache(maxsize=16)
def instant_of(seconds: int) -> str:
    """The instant so many seconds after the start of 1970, as records spell it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: Raw) -> str:
    """A changed field; empty if it is no text, which is refused when the record is read with it."""
    decoded = msgspec.json.decode(value)
    return decoded if isinstance(decoded, str) else ""


def _not_yet(text: str, field: str, latest: str) -> Refused:
    return Refused(f"{field}: {text} has not come yet", code=NOT_YET, field=field, value=text,
                   rule=f"an instant until {latest}, one day after the time of the entry")


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
