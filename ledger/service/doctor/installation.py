"""The installation that the checks of `doctor` examine, opened as far as it can be opened."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

from msgspec import Struct

from ledger.errors import ConfigurationError, LedgerError
from ledger.service.heads.keyring import Keyring
from ledger.service.settings import Settings
from ledger.service.status.database import PublishedLog, read_log
from ledger.service.status.servers import ServerStatus
from ledger.store.database import PATIENCE_SECONDS, Connection, DatabasePool, open_pool, reading_connection
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted

Level = Literal["ok", "warning", "error", "unknown"]


class DoctorFinding(Struct, frozen=True, omit_defaults=True):
    """The result of a check, with a `remedy` for a fault. Level `unknown`: the check needs a part that is faulty
    itself, and the check of that part reports the fault."""

    check: str
    level: Level
    message: str
    remedy: str | None = None


class Installation:
    """`pool` is None if the database is not fit for a server; `failure` says why. `session` may still read it, as its
    owner; None if it does not answer. `servers`: the running ones, once they were asked. `keyring` is None if the
    database holds no log whose keys are here."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = environment
        self.session: Connection | None = None
        self.pool: DatabasePool | None = None
        self.keyring: Keyring | None = None
        self.failure: LedgerError | None = None
        self.servers: list[ServerStatus] = []

    @property
    def reading(self) -> Connection:
        """The session that reads. Raises MissingPart."""
        if self.session is None:
            raise MissingPart("the database does not answer")
        return self.session

    async def log(self) -> PublishedLog:
        """The log in the database. Raises MissingPart if the database is not fit for a server, LedgerError if it holds
        no log or the policy cannot be read."""
        if self.pool is None:
            raise MissingPart("the database could not be opened")
        return await read_log(self.reading, self.settings)


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
            session = reading_connection(database.owner_url, "carbon-ledger doctor")
            installation.session = await stack.enter_async_context(session)
            installation.pool = pool = await open_pool(database.app_url, patience=PATIENCE_SECONDS)
            stack.push_async_callback(pool.close)
        except LedgerError as error:
            installation.failure = error
        yield installation


def _require_database(settings: Settings) -> None:
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        raise ConfigurationError(
            f"there is no database in {settings.home}",
            rule="run `carbon-ledger init` for a new ledger or `carbon-ledger restore` for a lost one, or set "
                 "CARBON_LEDGER_DATABASE_URL",
        )
