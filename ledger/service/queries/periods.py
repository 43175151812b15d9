"""The period of a question: between two days or instants."""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from ledger.core.record.values import Instant
from ledger.errors import InvalidInput

BEGIN: Final = "0000-00-00T00:00:00Z"
NEVER: Final = "9999-99-99T99:99:99Z"
"""Before and after every instant. Instants of records have one spelling, so they compare as text."""


class Period(NamedTuple):
    """A period that begins after the instant `since` and ends at the instant `until`; an end is open if None.

    So a record that ends at midnight belongs to the day, month or year that ends at that midnight.
    """

    since: str | None
    until: str | None

    def __contains__(self, instant: object) -> bool:
        return isinstance(instant, str) and (self.since or BEGIN) < instant <= (self.until or NEVER)

    def __str__(self) -> str:
        parts = [f" after {self.since}"] if self.since else []
        return "".join([*parts, f" until {self.until}"] if self.until else parts)


def period_of(since: str | None, until: str | None) -> Period:
    """The period between two days (`YYYY-MM-DD`, 00:00 UTC) or instants.

    Raises InvalidInput for a malformed day or instant, and for an empty period.
    """
    period = Period(
        None if since is None else instant_of(since, "from"), None if until is None else instant_of(until, "to")
    )
    if period.since is not None and period.until is not None and period.since >= period.until:
        raise InvalidInput(f"to: {period.until} is not after from, {period.since}", code="period", field="to",
                           value=until, rule="a period ends after it starts")
    return period


def instant_of(text: str, field: str) -> str:
    """A day or an instant, spelled as the instants of records. Raises InvalidInput for malformed text."""
    try:
        instant: str = msgspec.convert(text if "T" in text else f"{text}T00:00:00Z", Instant)
        datetime.fromisoformat(instant)
    except (msgspec.ValidationError, ValueError):
        raise InvalidInput(f"{field}: {text!r} is not a valid day or instant", code="instant", field=field, value=text,
                           rule="a day as YYYY-MM-DD or an instant in UTC as YYYY-MM-DDThh:mm:ssZ") from None
    return instant
