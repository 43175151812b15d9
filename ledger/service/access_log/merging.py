"""Which readings share a row of the access log.

Equal readings of one hour share a row, which counts them. A reader who has begun `DAILY_ROWS` rows of a day shares one
row for each hour, owner and right from then on, without route and names. So nobody fills the log, or hides a reading by
others among rows of their own. Each server process has its own rows and counts.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from ledger.access.accesses import Access, row_of
from ledger.access.caller import Caller

DAILY_ROWS: Final = 1_000
_MOST_OPEN: Final = 20_000
"""Rows that a process remembers. Beyond it, all are forgotten: equal readings then begin another row."""
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


class OpenRows:
    """The rows of the current hour that a process has written. Times are instants in UTC."""

    def __init__(self) -> None:
        self._hour = ""
        self._rows: dict[Access, OpenRow] = {}
        self._begun: Counter[Caller] = Counter()

    def joined(self, accesses: Sequence[Access], time: str) -> list[OpenRow]:
        """The rows that note these accesses, with their new counts: each is to be written, then `wrote` or `forget`
        follows."""
        if time[:_HOUR] != self._hour:
            if time[:_DAY] != self._hour[:_DAY]:
                self._begun.clear()
            self._hour = time[:_HOUR]
            self.forget()
        joined: dict[Access, OpenRow] = {}
        beginning: Counter[Caller] = Counter()
        for each in accesses:
            access = each._replace(caller=each.caller._replace(scopes=frozenset()))
            if access not in self._rows and access not in joined:
                reader = _reader(access)
                if self._begun[reader] + beginning[reader] < DAILY_ROWS:
                    beginning[reader] += 1
                else:
                    access = Access(reader, access.owner, access.right, None, (), access.grant)
            row = joined.get(access) or self._rows.get(access) or OpenRow(
                access, time, time, secrets.token_hex(_SALT_BYTES))
            joined[access] = row._replace(last=time, readings=row.readings + 1)
        return list(joined.values())

    def wrote(self, rows: Sequence[OpenRow]) -> None:
        """Remembers rows that are committed, with their numbers."""
        self._begun.update(
            [_reader(row.access) for row in rows if row.access.route is not None and row.access not in self._rows])
        if len(self._rows) + len(rows) > _MOST_OPEN:
            self.forget()
        self._rows.update((row.access, row) for row in rows)

    def forget(self) -> None:
        """Begins new rows from now on, as after a write of which nobody knows whether it was committed."""
        self._rows.clear()


def _reader(access: Access) -> Caller:
    """Who read, by whatever key or client."""
    return access.caller._replace(client=None)
