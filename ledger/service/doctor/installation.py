"""The installation that the checks of `doctor` examine, opened as far as it can be opened."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Literal

import asyncpg
from msgspec import Struct

from ledger.errors import ConfigurationError, LedgerError, Unavailable
from ledger.service.heads.keyring import Keyring
from ledger.service.settings import Settings
from ledger.service.status.database import PublishedLog, read_log
from ledger.service.status.servers import ServerStatus, ask_servers
from ledger.store.database import (
    LOST,
    PATIENCE_SECONDS,
    Connection,
    DatabasePool,
    open_pool,
    reading_connection,
    reading_pool,
)
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import Hosted, hosted
from ledger.store.wait_budget import WaitBudget

_OPENING_SECONDS: Final = 2.5
_WATCH_SECONDS: Final = 0.5
_CLOSING_SECONDS: Final = 0.5
_NAME: Final = "carbon-ledger doctor"
Level = Literal["ok", "warning", "error", "unknown"]


class DoctorFinding(Struct, frozen=True, omit_defaults=True):
    """The result of a check, with a `remedy` for a fault. Level `unknown`: the check needs a part that is faulty
    itself, and the check of that part reports the fault."""

    check: str
    level: Level
    message: str
    remedy: str | None = None


class Installation:
    """`pool` is None if the database is not fit for a server; `failure` says why. `reader` may still read it, as its
    owner; None if it does not answer. `lost` is set once the database answers no more. `asking`: for the running
    servers. `keyring` is None if the database holds no log whose keys are here."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = environment
        self.reader: DatabasePool | None = None
        self.pool: DatabasePool | None = None
        self.keyring: Keyring | None = None
        self.failure: LedgerError | None = None
        self.lost = asyncio.Event()
        self._heard = asyncio.Event()
        self.asking: asyncio.Future[list[ServerStatus]] = asyncio.ensure_future(ask_servers(settings.home))

    @property
    def reading(self) -> DatabasePool:
        """The sessions that read. Raises MissingPart."""
        if self.reader is None:
            raise MissingPart("the database does not answer")
        return self.reader

    def hear(self) -> None:
        """The database has answered the question whether it answers."""
        self._heard.set()

    async def answers(self) -> bool:
        """Whether the database still answers other questions, once one has remained without an answer."""
        self._heard.clear()
        waits = [asyncio.ensure_future(event.wait()) for event in (self._heard, self.lost)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return not self.lost.is_set()

    def lose(self, why: str) -> None:
        """The database answers no more. No check waits for it from now on."""
        self.failure = Unavailable(f"the database does not answer: {why}", code="database-down",
                                   rule="see the log of PostgreSQL and its host; if it hangs, restart it")
        self.reader = self.pool = self.keyring = None
        self.lost.set()

    async def log(self) -> PublishedLog:
        """The log in the database. Raises MissingPart if the database is not fit for a server, LedgerError if it holds
        no log or the policy cannot be read."""
        if self.pool is None:
            raise MissingPart("the database could not be opened")
        async with self.reading.acquire() as connection:
            return await read_log(connection, self.settings)


class MissingPart(Exception):
    """The check needs a part that is missing or faulty."""


Check = Callable[[Installation], Awaitable[DoctorFinding]]


@asynccontextmanager
async def opened(settings: Settings, environment: Mapping[str, str] | None = None) -> AsyncIterator[Installation]:
    """Opens the database, if it can be opened. It sets nothing up."""
    installation = Installation(settings, os.environ if environment is None else environment)
    async with AsyncExitStack() as stack:
        try:
            _require_database(settings)
            database = await stack.enter_async_context(
                hosted(settings.home, settings.database_url, patience=PATIENCE_SECONDS))
            await _open_database(installation, database, stack)
        except LedgerError as error:
            installation.failure = error
        yield installation


async def _open_database(here: Installation, database: Hosted, stack: AsyncExitStack) -> None:
    """Opens the sessions, and begins to watch whether the database answers. Raises LedgerError."""
    budget = WaitBudget()
    try:
        async with asyncio.timeout(_OPENING_SECONDS):
            here.reader = await stack.enter_async_context(reading_pool(database.owner_url, _NAME, budget))
            watched = await stack.enter_async_context(reading_connection(database.owner_url, _NAME))
            watching = asyncio.create_task(_watch(here, watched))
            stack.callback(watching.cancel)
            pool = await open_pool(database.app_url, budget=budget)
    except (TimeoutError, Unavailable) as error:
        if isinstance(error, Unavailable) and not isinstance(error.__cause__, TimeoutError):
            raise
        here.lose("it accepts connections, and says nothing")
        return
    stack.push_async_callback(pool.close, _CLOSING_SECONDS)
    if not here.lost.is_set():
        here.pool = pool


async def _watch(here: Installation, session: Connection) -> None:
    """Asks the database until it answers no more."""
    try:
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await session.fetchval("SELECT 1")
            here.hear()
            await asyncio.sleep(_WATCH_SECONDS)
    except (*LOST, asyncpg.PostgresError) as error:
        here.lose(str(error) or f"it has stopped answering, and says nothing for {PATIENCE_SECONDS:g} s")


def _require_database(settings: Settings) -> None:
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        raise ConfigurationError(
            f"there is no database in {settings.home}",
            rule="run `carbon-ledger init` for a new ledger or `carbon-ledger restore` for a lost one, or set "
                 "CARBON_LEDGER_DATABASE_URL",
        )
