"""Gathers the status of an installation. A part that cannot be read does not keep the others from being read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, TypeVar

import asyncpg
import msgspec

from ledger.core.urls import shown
from ledger.errors import ConfigurationError, LedgerError
from ledger.service.backup.last import last_backup
from ledger.service.settings import Settings
from ledger.service.status.answers import DatabaseStatus, StatusAnswer, UnknownPart
from ledger.service.status.database import (
    PublishedLog,
    complete_database,
    fastest,
    folder_here,
    read_archive,
    read_backlog,
    read_growth,
    read_log,
    read_tables,
)
from ledger.service.status.host import StoredPlace, embedded_before, read_anchor, read_disks
from ledger.service.status.servers import ask_servers, last_answers
from ledger.store.database import PATIENCE_SECONDS, Connection, DatabasePool, fitting_schema, reading_pool
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted
from ledger.store.wait_budget import WaitBudget

Value = TypeVar("Value")
_FAILURES = (LedgerError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, msgspec.MsgspecError)


class Gathering:
    """The parts so far, by the names of their fields, and the reasons for missing parts."""

    def __init__(self) -> None:
        self.parts: dict[str, Any] = {}
        self.unknown: list[UnknownPart] = []

    async def take(self, part: str, reading: Awaitable[Value]) -> Value | None:
        """Awaits a part, and keeps it; None if it cannot be read."""
        try:
            self.parts[part] = value = await reading
            return value
        except _FAILURES as error:
            self.miss(part, error)
            return None

    async def ask(
        self, part: str, pool: DatabasePool, reading: Callable[[Connection], Awaitable[Value]]
    ) -> Value | None:
        """`take` for a part that the database knows."""
        async def asked() -> Value:
            async with pool.acquire() as connection:
                return await reading(connection)

        return await self.take(part, asked())

    def read(self, part: str, reading: Callable[[], Value]) -> Value | None:
        """`take` for a part that is read without waiting."""
        try:
            self.parts[part] = value = reading()
            return value
        except _FAILURES as error:
            self.miss(part, error)
            return None

    def skip(self, part: str, why: str) -> None:
        self.unknown.append(UnknownPart(part, why))

    def miss(self, part: str, error: BaseException) -> None:
        """Notes why a part cannot be read."""
        why = str(error) or type(error).__name__
        rule = error.rule if isinstance(error, LedgerError) else None
        self.skip(part, " ".join(why.split()) + (f" ({rule})" if rule else ""))


async def gather(settings: Settings, progress: Callable[[str], None]) -> StatusAnswer:
    """The status. It starts the embedded database if it does not run, and stops it again. It raises no error of the
    installation: `unknown` names the parts that could not be read."""
    now, gathering = datetime.now(UTC), Gathering()
    # The servers answer while the database is asked.
    asking = asyncio.ensure_future(ask_servers(settings.home))
    before = gathering.read("database", lambda: _before(settings))
    gathering.read("anchor", lambda: read_anchor(settings))
    gathering.read("backup", lambda: last_backup(settings.home))
    log = None
    try:
        async with _connected(settings, progress) as pool:
            if before is not None:
                await gathering.ask("database", pool, lambda connection: complete_database(connection, before))
            log = await _read_log(pool, settings, gathering, now)
    except _FAILURES as error:
        gathering.miss("database", error)
    servers = await gathering.take("servers", asking) or []
    if log is not None:
        gathering.read("witnesses", lambda: log.witnesses(settings, last_answers(servers)))
    _read_disks(settings, gathering)
    return StatusAnswer(
        time=f"{now:%Y-%m-%dT%H:%M:%SZ}", home=str(settings.home), program=version("carbon-ledger"),
        unknown=gathering.unknown, **{name: value for name, value in gathering.parts.items() if value is not None},
    )


def _before(settings: Settings) -> DatabaseStatus:
    if settings.database_url is None:
        return embedded_before(settings)
    return DatabaseStatus(kind="external", place=shown(settings.database_url))


@asynccontextmanager
async def _connected(settings: Settings, progress: Callable[[str], None]) -> AsyncIterator[DatabasePool]:
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        raise ConfigurationError(f"there is no database in {settings.home}: run `carbon-ledger init` for a new ledger "
                                 "or `carbon-ledger restore` for a lost one")
    async with (
        hosted(settings.home, settings.database_url, on_progress=progress, patience=PATIENCE_SECONDS) as database,
        reading_pool(database.owner_url, "carbon-ledger status", WaitBudget()) as pool,
    ):
        yield pool


async def _read_log(
    pool: DatabasePool, settings: Settings, gathering: Gathering, now: datetime
) -> PublishedLog | None:
    if await gathering.ask("schema", pool, fitting_schema) is None:
        return None
    gathering.parts.pop("schema")
    log = await gathering.ask("log", pool, lambda connection: read_log(connection, settings))
    gathering.parts.pop("log", None)
    tables = await gathering.ask("tables", pool, lambda connection: read_tables(
        connection, 0 if log is None else log.size))
    if log is not None:
        gathering.read("log", log.status)
        await gathering.ask("backlog", pool, lambda connection: read_backlog(connection, log, now))
        per_record = sum(table.per_record for table in tables or ())
        await gathering.ask("growth", pool, lambda connection: read_growth(connection, log.size, per_record, now))
    if settings.database_url is not None:
        await gathering.ask("archive", pool, read_archive)
        gathering.skip("backup", "`carbon-ledger backup` covers only the embedded database: see the tool that backs up "
                                 "this one")
    return log


def _read_disks(settings: Settings, gathering: Gathering) -> None:
    """The disks of the home, and of the database if it is on this host."""
    places = [StoredPlace(settings.home, "the home")]
    data = Layout.at(settings.home).data
    if settings.database_url is None:
        if data.is_dir():
            places.insert(0, StoredPlace(data, "the embedded database", grows=True))
    else:
        folder = folder_here(gathering.parts.get("database"))
        if folder is not None:
            places.insert(0, StoredPlace(folder, "the database", grows=True))
        else:
            gathering.skip("disks", "the files of the database are on another host, or this account may not see them")
    gathering.read("disks", lambda: read_disks(places, fastest(gathering.parts.get("growth") or ())))
