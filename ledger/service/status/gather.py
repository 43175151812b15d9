"""Gathers the status of an installation. A part that cannot be read does not keep the others from being read."""

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
from ledger.service.status.servers import ServerStatus, ask_servers, last_answers
from ledger.store.database import PATIENCE_SECONDS, Connection, fitting_schema, reading_connection
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted

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
    servers = await gathering.take("servers", ask_servers(settings.home))
    before = gathering.read("database", lambda: _before(settings))
    gathering.read("anchor", lambda: read_anchor(settings))
    gathering.read("backup", lambda: last_backup(settings.home))
    try:
        async with _connected(settings, progress) as connection:
            if before is not None:
                await gathering.take("database", complete_database(connection, before))
            await _read_log(connection, settings, gathering, now, servers or [])
    except _FAILURES as error:
        gathering.miss("database", error)
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
async def _connected(settings: Settings, progress: Callable[[str], None]) -> AsyncIterator[Connection]:
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        raise ConfigurationError(f"there is no database in {settings.home}: run `carbon-ledger init` for a new ledger "
                                 "or `carbon-ledger restore` for a lost one")
    async with (
        hosted(settings.home, settings.database_url, on_progress=progress, patience=PATIENCE_SECONDS) as database,
        reading_connection(database.owner_url, "carbon-ledger status") as connection,
    ):
        yield connection


async def _read_log(
    connection: Connection, settings: Settings, gathering: Gathering, now: datetime, servers: list[ServerStatus]
) -> None:
    if await gathering.take("schema", fitting_schema(connection)) is None:
        return
    gathering.parts.pop("schema")
    log = await gathering.take("log", read_log(connection, settings))
    gathering.parts.pop("log", None)
    tables = await gathering.take("tables", read_tables(connection, 0 if log is None else log.size))
    if log is not None:
        gathering.read("log", log.status)
        gathering.read("witnesses", lambda: log.witnesses(settings, last_answers(servers)))
        await gathering.take("backlog", read_backlog(connection, log, now))
        per_record = sum(table.per_record for table in tables or ())
        await gathering.take("growth", read_growth(connection, log.size, per_record, now))
    if settings.database_url is not None:
        await gathering.take("archive", read_archive(connection))
        gathering.skip("backup", "`carbon-ledger backup` covers only the embedded database: see the tool that backs up "
                                 "this one")


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
