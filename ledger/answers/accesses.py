"""Answers about the access log: who read which data of an organisation, when, by which right."""

from datetime import date, timedelta
from typing import Final

from msgspec import Raw

from ledger.answers.stored import QueryAnswer

_EPOCH: Final = date(1970, 1, 1)
_ROWS: Final = 1 << 32
"""More rows than a day can have."""


class ListedAccessAnswer(QueryAnswer, frozen=True):
    """The row `index` of a day's tree. `row`: its canonical JSON, the leaf itself: `time`, `owner`, `right` (`group`,
    `grant`, `party`, `reader`, `operator`), `grant`, `route`, `asked` (identifiers), and who read: `organization` with
    `client`, or the holder of the `link` of a grant, or the `operator`. `salt` is random."""

    day: str
    index: int
    row: Raw


class AccessListAnswer(QueryAnswer, frozen=True):
    """A page of the rows about an organisation's data, newest first. `next`: the value of `after` for the next page."""

    organization: str
    accesses: list[ListedAccessAnswer]
    next: int | None = None


class AccessProofAnswer(QueryAnswer, frozen=True):
    """The RFC 6962 inclusion path of a row, as hashes in hex."""

    index: int
    path: list[str]


class AccessProofsAnswer(QueryAnswer, frozen=True):
    """Inclusion paths of rows of a day, whose size and root the signed `note` states."""

    day: str
    note: str
    proofs: list[AccessProofAnswer]


class AccessRootAnswer(QueryAnswer, frozen=True):
    """The signed note of a closed day."""

    day: str
    note: str


class AccessRootsAnswer(QueryAnswer, frozen=True):
    """Closed days, oldest first; a day without readings has none. `keptFrom`: the rows of earlier days have expired.
    `next`: the value of `after` for the next page."""

    origin: str
    days: list[AccessRootAnswer]
    kept_from: str
    next: str | None = None


def access_cursor(day: date, index: int) -> int:
    """The place of a row among the rows of all days, for pages."""
    return (day - _EPOCH).days * _ROWS + index


def cursor_place(cursor: int) -> tuple[date, int]:
    """The inverse of `access_cursor`."""
    return _EPOCH + timedelta(days=cursor // _ROWS), cursor % _ROWS
