"""Reads the metrics of the log and its database: the same values for all processes and replicas."""

import asyncio
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg

from ledger.core.log.entry import parse_entry
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.service.heads.publication import Publication
from ledger.service.ledger import Ledger
from ledger.service.observation import catalogue
from ledger.service.observation.families import Family, by_label, single
from ledger.store.database import Connection, DatabasePool
from ledger.store.outage import severity
from ledger.store.sql import queries

NOTES: Final = 50
"""Published notes in which the newest cosignature of each witness is searched for."""
RECENT: Final = 20_000
"""Provisional records, the newest ones, among which closings that are due are searched for."""
_CLOSINGS_SECONDS: Final = 300.0
_PATIENCE_SECONDS: Final = 5.0
_log = logging.getLogger(__name__)


class LogReadings:
    """A process has one. It reads closings that are due once in five minutes, since they change from day to day."""

    def __init__(self, ledger: Ledger) -> None:
        self._pool = ledger.parts.pool
        self._publication = ledger.publication
        self._home = ledger.settings.home
        self._keeper = ledger.keeper
        self._closings: list[Family] = []
        self._closings_read = -inf

    async def read(self) -> list[Family]:
        """The metrics of the log. If the database does not answer, they say so, and the others are left out."""
        families = [*_disk(self._home)]
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                families += await self._read_log()
        except (LedgerError, TimeoutError, asyncpg.PostgresError) as error:
            _log.log(severity(error), "the metrics of the log cannot be read: %s", type(error).__name__)
            return [*families, single(catalogue.DATABASE_UP, 0)]
        return [*families, single(catalogue.DATABASE_UP, 1)]

    async def _read_log(self) -> list[Family]:
        now = self._keeper() / 1000
        async with self._pool.acquire() as connection:
            sizes = await connection.fetchrow(queries("metrics")["log"])
            if sizes is None:
                raise Unavailable("the database holds no ledger", code="no-ledger")
            families = [
                single(catalogue.DATABASE_BYTES, sizes["bytes"]), single(catalogue.LOG_ENTRIES, sizes["size"]),
                *await _heads(connection, self._publication, sizes["size"], sizes["time"] / 1000, now),
            ]
        if monotonic() - self._closings_read >= _CLOSINGS_SECONDS:
            self._closings = await _closings(self._pool, now)
            self._closings_read = monotonic()
        return [*families, *self._closings]


async def _heads(
    connection: Connection, publication: Publication, size: int, newest: float, now: float
) -> list[Family]:
    """`size` of the log; `newest`: time of its last entry."""
    if publication.policy is None:
        age = max(0.0, now - newest) if size else 0.0
        return [single(catalogue.PUBLISHED, size), single(catalogue.CHECKPOINT_AGE, age),
                single(catalogue.UNPUBLISHED_AGE, 0), by_label(catalogue.COSIGNATURE_AGE, {})]
    policy = publication.policy
    published = await publication.limit(connection) or 0
    times: dict[str, int] = {}
    cosigned_last = None
    for row in await connection.fetch(queries("metrics")["notes"], NOTES):
        try:
            cosigned = policy.cosigned(row["note"])
        except VerificationError:
            continue  # an audit names the note
        if cosigned_last is None:
            cosigned_last = max(cosigned.values(), default=None)
        for name, time in cosigned.items():
            times[name] = max(time, times.get(name, 0))
    waiting = await connection.fetchval(queries("metrics")["entry"], published) if published < size else None
    since = 0.0 if waiting is None else max(0.0, now - parse_entry(bytes(waiting)).time / 1000)
    ages = {one.name: max(0.0, now - times[one.name]) if one.name in times else inf for one in policy.witnesses}
    return [
        single(catalogue.PUBLISHED, published), single(catalogue.UNPUBLISHED_AGE, since),
        single(catalogue.CHECKPOINT_AGE, inf if cosigned_last is None else max(0.0, now - cosigned_last)),
        by_label(catalogue.COSIGNATURE_AGE, ages),
    ]


async def _closings(pool: DatabasePool, now: float) -> list[Family]:
    today = datetime.fromtimestamp(now, UTC)
    row = await pool.fetchrow(queries("metrics")["closings_due"], f"{today:%Y-%m-%dT%H:%M:%SZ}", RECENT)
    due, oldest = (0, None) if row is None else (row["due"], row["oldest"])
    age = 0.0 if oldest is None else (today - datetime.fromisoformat(oldest).astimezone(UTC)).total_seconds()
    return [single(catalogue.CLOSINGS_DUE, due), single(catalogue.CLOSING_AGE, max(0.0, age))]


def _disk(home: Path) -> Iterator[Family]:
    try:
        disk = os.statvfs(home)
    except OSError:
        return
    yield single(catalogue.DISK_FREE, disk.f_bavail * disk.f_frsize)
    yield single(catalogue.DISK_SIZE, disk.f_blocks * disk.f_frsize)
