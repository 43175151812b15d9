"""The parts of a status that the database knows. All functions only read."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ledger.core.log.entry import parse_entry
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.policy import Policy
from ledger.core.log.tiles import TILE_WIDTH
from ledger.errors import NotFound
from ledger.host.clock import now, spelled
from ledger.service.settings import Settings
from ledger.service.status.answers import (
    ArchiveStatus,
    Backlog,
    DatabaseStatus,
    DueClosing,
    GrowthStatus,
    LogStatus,
    ServerSessions,
    TableStatus,
    WitnessesStatus,
    WitnessStatus,
)
from ledger.service.witnesses.policy_file import read_policy
from ledger.service.witnesses.witness_client import LastAnswer
from ledger.store.database import Connection, read_stored
from ledger.store.erasing.erasures import pending
from ledger.store.sql import queries

DAY: Final = 86_400_000
"""Milliseconds."""
PERIODS: Final = (7, 30)
"""Days over which growth is measured."""


async def complete_database(connection: Connection, before: DatabaseStatus) -> DatabaseStatus:
    """The database as it was before this command, with the facts that it states itself."""
    (row,) = await connection.fetch(queries("status")["database"])
    stored = await read_stored(connection)
    sessions = await connection.fetch(queries("status")["sessions"])
    return DatabaseStatus(
        kind=before.kind, place=before.place, running=before.running, owner=before.owner,
        postmaster=before.postmaster, version=row["version"], bytes=row["bytes"], folder=row["folder"],
        standby=row["standby"], schema=None if stored is None else stored.version,
        sessions=[ServerSessions(one["client"], one["sessions"], one["waiting"]) for one in sessions],
    )


class PublishedLog:
    """The log, with its policy and its newest published checkpoint. `policy` and `note` are None without witnesses."""

    def __init__(self, row: Mapping[str, Any], policy: Policy | None, published: Mapping[str, Any] | None) -> None:
        self.size: int = row["size"]
        self._row = row
        self.policy = policy
        self.note: str | None = None if published is None else published["note"]
        self.published: int = self.size if published is None else published["size"]
        self.unpublished_seconds = 0

    def status(self) -> LogStatus:
        newest = self._row["time"]
        since: int | None = newest or None
        if self.note is not None:
            times = {} if self.policy is None else self.policy.cosigned(self.note)
            seen = None if self.policy is None else self.policy.past(times)
            since = None if seen is None else seen * 1000
        return LogStatus(
            origin=self._row["origin"], vkey=self._row["vkey"], size=self.size, root=bytes(self._row["root"]).hex(),
            newest=spelled(newest) if newest else None, revisions=self._row["revisions"], published=self.published,
            unpublished_seconds=self.unpublished_seconds,
            checkpoint_seconds=None if since is None else max(0, time.time_ns() // 1_000_000 - since) // 1000,
        )

    def witnesses(self, settings: Settings, answers: Mapping[str, LastAnswer]) -> WitnessesStatus:
        """The witnesses of the policy, with their last answers to a server; without a policy there are no witnesses
        that this host knows."""
        if self.policy is None:
            return WitnessesStatus()
        times = {} if self.note is None else self.policy.cosigned(self.note)
        return WitnessesStatus(
            policy=str(settings.policy), quorum=self.note is not None and self.policy.satisfied(times),
            witnesses=[WitnessStatus(name=witness.name, url=witness.url, answer=answers.get(witness.name),
                                     cosigned=spelled(times[witness.name] * 1000) if witness.name in times else None)
                       for witness in self.policy.witnesses],
        )


async def read_log(connection: Connection, settings: Settings) -> PublishedLog:
    """Raises NotFound if the database holds no log, ConfigurationError if the policy cannot be read."""
    row = await connection.fetchrow(queries("status")["log"])
    if row is None:
        raise NotFound("the database holds no log", rule="run `carbon-ledger init`")
    notes = [one["note"] for one in await connection.fetch(queries("log_key")["all"])]
    policy = None if settings.policy is None else read_policy(settings.policy, LogKeys(row["vkey"], notes))
    newest = await connection.fetchrow(queries("publication")["newest"])
    log = PublishedLog(dict(row), policy, None if newest is None else dict(newest))
    log.unpublished_seconds = await unpublished_seconds(connection, log.published, log.size, now())
    return log


async def read_backlog(connection: Connection, log: PublishedLog, now: datetime) -> Backlog:
    erasures = await pending(connection)
    due = await connection.fetch(queries("status")["closings_due"], f"{now:%Y-%m-%dT%H:%M:%SZ}")
    return Backlog(
        entries=log.size - log.published, tiles=log.size // TILE_WIDTH - log.published // TILE_WIDTH,
        erasures=len(erasures.public), unpublished_erasures=len(erasures.waiting),
        recoveries=await connection.fetchval(queries("status")["recoveries"]),
        closings=[DueClosing(row["facility"], row["month"], row["records"], row["ended"]) for row in due],
    )


async def read_tables(connection: Connection, size: int) -> list[TableStatus]:
    """The sizes of the tables, for each of `size` records too."""
    return [
        TableStatus(name=row["name"], bytes=row["bytes"], index_bytes=row["index_bytes"],
                    per_record=round(row["bytes"] / max(size, 1), 1))
        for row in await connection.fetch(queries("status")["tables"])
    ]


async def read_growth(connection: Connection, size: int, per_record: float, now: datetime) -> list[GrowthStatus]:
    """The growth by the times of the entries, which never decrease."""
    if size == 0:
        return []
    first = await _time(connection, 0)
    growth = []
    for days in PERIODS:
        since = int((now - timedelta(days=days)).timestamp() * 1000)
        entries = size - await _first_since(connection, size, since)
        covered = min(days, max(1.0, (now.timestamp() * 1000 - first) / DAY))
        growth.append(GrowthStatus(
            days=days, entries=entries, entries_per_day=round(entries / covered, 1),
            bytes_per_day=round(entries / covered * per_record),
        ))
    return growth


async def _first_since(connection: Connection, size: int, since: int) -> int:
    """The index of the first entry that is not older than `since`; `size` if all are older."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if await _time(connection, middle) < since:
            low = middle + 1
        else:
            high = middle
    return low


async def _time(connection: Connection, index: int) -> int:
    data = await connection.fetchval(queries("status")["entry"], index)
    if data is None:
        raise NotFound(f"entry {index} is missing", rule="run `carbon-ledger audit`")
    return parse_entry(bytes(data)).time


async def unpublished_seconds(connection: Connection, published: int, size: int, now: int) -> int:
    """The age of the oldest entry without a published checkpoint, at a time in ms since 1970; 0 without such an entry.
    Raises NotFound if it is missing."""
    return 0 if published >= size else max(0, now - await _time(connection, published)) // 1000


async def read_archive(connection: Connection) -> ArchiveStatus:
    (row,) = await connection.fetch(queries("status")["archive"])
    archived, failed = row["last_archived_time"], row["last_failed_time"]
    return ArchiveStatus(mode=row["mode"], last_archived=_rfc3339(archived), last_failed=_rfc3339(failed))


def _rfc3339(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def fastest(growth: Sequence[GrowthStatus]) -> float | None:
    """The larger of the growth rates, in bytes per day."""
    return max([one.bytes_per_day for one in growth], default=None)


def folder_here(database: DatabaseStatus | None) -> Path | None:
    """The folder of the database's files, if it is on this host."""
    folder = None if database is None or database.folder is None else Path(database.folder)
    return folder if folder is not None and folder.is_dir() else None
