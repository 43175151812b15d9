"""Notes the readings of a request: the things that it names, then the visible part of their upstream chain."""

from collections.abc import Collection, Sequence
from contextlib import suppress

import msgspec
from msgspec import Struct

from ledger.access.accesses import AskedName, accesses_of
from ledger.access.rights import Rights
from ledger.client.audit.source.interface import EntryRow
from ledger.core.log.entry import parse_entry
from ledger.core.record.base import PRIVATE
from ledger.errors import LedgerError
from ledger.service.access_log.access_log import AccessLog
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


class _Issued(Struct):
    issuer: str


_issued = msgspec.json.Decoder(_Issued)


def issuer_of(body: bytes) -> str:
    """The issuer of the record with this body. Raises msgspec.DecodeError."""
    return _issued.decode(body).issuer


def owners_of(rows: Sequence[EntryRow]) -> set[str]:
    """The issuers of the private records whose bodies are in rows for an audit. A body that cannot be read names
    nobody: the audit reports it."""
    owners = set()
    for row in rows:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, LedgerError):
            if row.body is not None and parse_entry(row.entry).kind == PRIVATE:
                owners.add(issuer_of(row.body))
    return owners


class Noter:
    """A request has one. `asked`: the names in the request. Each owner gets one row."""

    def __init__(self, accesses: AccessLog, rights: Rights, route: str, asked: Sequence[AskedName]) -> None:
        self._accesses, self._rights, self._route, self._asked = accesses, rights, route, asked
        self._noted: set[str] = set()
        self._walked: set[int] = set()

    async def note(self, owners: Collection[str]) -> None:
        """Returns when a row for each of these organisations is committed. Raises Unavailable, and then the request is
        not answered."""
        new = sorted(set(owners) - self._noted)
        await self._accesses.note(*accesses_of(self._rights, new, self._route, self._asked))
        self._noted.update(new)

    async def note_upstream(self, pool: DatabasePool, lots: Sequence[int], version: int) -> None:
        """Does the same for everybody whose records are upstream of lots, for a caller who sees everything."""
        new = set(lots) - self._walked
        if new:
            rows = await pool.fetch(queries("sight")["issuers"], sorted(new), version)
            await self.note([row["issuer"] for row in rows])
            self._walked |= new
