"""Which readings share a row of the access log.

Equal readings of one hour share a row, which counts them. A reader begins up to `OWNER_ROWS` rows a day about the
things of an owner; after `READER_ROWS` about things of all owners together, only `RESERVED_ROWS` for each owner. From
then on its readings share one row for each hour, owner and right, without route and names. So nobody fills the log, or
uses up the rows about a victim by readings of other things. Each server process has its own rows and counts.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from ledger.access.accesses import Access, row_of
from ledger.access.caller import Caller

OWNER_ROWS: Final = 1_000
READER_ROWS: Final = 10_000
RESERVED_ROWS: Final = 50
MOST_OPEN: Final = 20_000
"""Rows with names that a process remembers. Beyond it, these are forgotten: equal readings then begin another row, of
the same budget. Rows without names are never more than readers by owners, rights and grants."""
_SALT_BYTES: Final = 16
_DAY, _HOUR = len("2026-01-01"), len("2026-01-01T00")


class OpenRow(NamedTuple):
    """A row of this hour. `number`: its place in its day, None until it is written."""

    access: Access
    first: str
    last: str
    salt: str
    readings: int = 0
    number: int | None = None

    @property
    def day(self) -> date:
        return date.fromisoformat(self.first[:_DAY])

    def data(self) -> bytes:
        """The row's canonical bytes."""
        return row_of(self.access, self.first, self.salt, self.readings, self.last if self.readings > 1 else None)


_Begun = Counter[tuple[Caller, str | None]]
"""Rows with names by reader and owner, and by reader with None for all owners."""


class OpenRows:
    """The rows of the current hour that a process has written. Times are instants in UTC."""

    def __init__(self) -> None:
        self._hour = ""
        self._named: dict[Access, OpenRow] = {}
        self._shared: dict[Access, OpenRow] = {}
        self._begun: _Begun = Counter()

    def joined(self, accesses: Sequence[Access], time: str) -> list[OpenRow]:
        """The rows that note these accesses, with their new counts: each is to be written, then `wrote` follows.
        After a write that failed, `doubted` or `forget` follows, or no call."""
        if time[:_HOUR] != self._hour:
            if time[:_DAY] != self._hour[:_DAY]:
                self._begun.clear()
            self._hour = time[:_HOUR]
            self.forget()
        joined: dict[Access, OpenRow] = {}
        beginning: _Begun = Counter()
        for each in accesses:
            access = each._replace(caller=each.caller._replace(scopes=frozenset()))
            if access not in self._named and access not in joined:
                if self._may_begin(access, beginning):
                    beginning.update(_budgets(access))
                else:
                    access = Access(_reader(access), access.owner, access.right, None, (), access.grant)
            row = joined.get(access) or self._named.get(access) or self._shared.get(access) or OpenRow(
                access, time, time, secrets.token_hex(_SALT_BYTES))
            joined[access] = row._replace(last=max(row.last, time), readings=row.readings + 1)
        return list(joined.values())

    def wrote(self, rows: Sequence[OpenRow]) -> None:
        """Remembers rows that are committed, with their numbers."""
        named = {row.access: row for row in rows if row.access.route is not None}
        for access in named.keys() - self._named.keys():
            self._begun.update(_budgets(access))
        if len(self._named) + len(named) > MOST_OPEN:
            self._named.clear()
        self._named.update(named)
        self._shared.update((row.access, row) for row in rows if row.access.route is None)

    def doubted(self, rows: Sequence[OpenRow]) -> None:
        """After a write of which nobody knows whether it was committed. Rows that were there before keep their new
        counts, since the database lets no count fall; whether the others are there is not known, so they begin anew."""
        self.wrote([row for row in rows if row.number is not None])

    def forget(self) -> None:
        """Begins new rows from now on."""
        self._named.clear()
        self._shared.clear()

    def _may_begin(self, access: Access, beginning: _Begun) -> bool:
        """Whether the reader may begin another row with names; `beginning`: those that it begins meanwhile."""
        of_reader, of_owner = [self._begun[one] + beginning[one] for one in _budgets(access)]
        return of_owner < (OWNER_ROWS if of_reader < READER_ROWS else RESERVED_ROWS)


def _budgets(access: Access) -> tuple[tuple[Caller, None], tuple[Caller, str]]:
    reader = _reader(access)
    return (reader, None), (reader, access.owner)


def _reader(access: Access) -> Caller:
    """Who read, by whatever key or client."""
    return access.caller._replace(client=None)
