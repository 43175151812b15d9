"""Connections to the database: a pool whose sessions may only read and append, and checks at the start."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple, TypeAlias

import asyncpg

from ledger.errors import ConfigurationError, InvalidInput, Unavailable
from ledger.store.migrating.versions import CODE, StoredSchema, program_schema, require_schema
from ledger.store.outage import DOWN, Outage, is_outage
from ledger.store.shared_reads import Fetch, Key, SharedReads
from ledger.store.sql import queries
from ledger.store.wait_budget import WaitBudget, patient

WRITER = "carbon_ledger_writer"
ERASER = "carbon_ledger_eraser"
MINIMUM_VERSION = 150000
_CLOSE_SECONDS = 10
Connection: TypeAlias = asyncpg.connection.Connection | asyncpg.pool.PoolConnectionProxy

UNREACHABLE = (OSError, asyncio.TimeoutError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError,
               asyncpg.InternalClientError, asyncpg.TooManyConnectionsError)
"""The errors of connecting to a database that does not run, or does not run yet."""

LOST = (OSError, asyncio.TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError,
        asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.CannotConnectNowError,
        asyncpg.LockNotAvailableError, asyncpg.IdleInTransactionSessionTimeoutError,
        asyncpg.InsufficientResourcesError)
"""The errors of a lost, stalled or restarting database; another try may succeed. asyncpg raises InternalClientError for
a pooled session that died between two steps of the pool itself."""

# The timeouts prevent that a stalled replica holds the lock for ever. All look-ups use an index: they must not turn
# into scans while the planner's statistics still describe an empty table. They must not be planned again each time
# either, because planning costs more than the look-up. Hash and merge joins would read one whole side.
SETTINGS = {
    "application_name": "carbon-ledger",
    "synchronous_commit": "on",
    "jit": "off",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


PATIENCE_SECONDS = 2.0
"""How long an operator's command waits for a session with a database that does not answer."""
_GRACE_SECONDS = 0.5
_READING_SECONDS = 60.0
# A query of an operator must not wait for a lock that a server holds, and must not load the database for long.
_READING = {
    "default_transaction_read_only": "on", "statement_timeout": "30s", "lock_timeout": "5s", "jit": "off",
}


class PoolSessions(NamedTuple):
    """Open sessions, and of these the ones in use; `most`: how many the pool opens."""

    open: int
    used: int
    most: int


class DatabasePool:
    """Sessions that read. Raises Unavailable if the database is lost, stalled or restarting: nothing was changed, and
    another try may succeed. Raises InvalidInput for a parameter that no row can hold."""

    def __init__(self, sessions: asyncpg.Pool, outage: Outage, grace: float | None = None) -> None:
        self._sessions = sessions
        self.outage = outage
        self._grace = grace
        self._shared: dict[tuple[str, ...], SharedReads] = {}

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A session for several queries."""
        with self._stated():
            async with self._sessions.acquire(timeout=self._grace) as connection:
                yield connection

    @asynccontextmanager
    async def _shared_session(self) -> AsyncIterator[Fetch]:
        """A session whose statements fail alone."""
        async with self.acquire() as connection:
            async def fetch(sql: str, *parameters: object) -> list[asyncpg.Record]:
                with self._stated():
                    return await connection.fetch(sql, *parameters)

            yield fetch

    async def fetch(self, sql: str, *parameters: object) -> list[asyncpg.Record]:
        async with self.acquire() as connection:
            return await connection.fetch(sql, *parameters)

    async def fetchrow(self, sql: str, *parameters: object) -> asyncpg.Record | None:
        async with self.acquire() as connection:
            return await connection.fetchrow(sql, *parameters)

    async def fetchval(self, sql: str, *parameters: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(sql, *parameters)

    async def fetch_each(self, sql: str, keys: Sequence[Key]) -> list[list[asyncpg.Record]]:
        """The rows of each key, in one statement with the keys of other requests; see `SharedReads`."""
        (rows,) = await self.fetch_together((sql,), keys)
        return rows

    async def fetch_together(
        self, statements: tuple[str, ...], *keys: Sequence[Key]
    ) -> list[list[list[asyncpg.Record]]]:
        """The same for several statements, each with its keys."""
        shared = self._shared.get(statements)
        if shared is None:
            shared = self._shared[statements] = SharedReads(self._shared_session, statements)
        return await shared.rows(*keys)

    def sessions(self) -> PoolSessions:
        """The present state, for metrics."""
        size = self._sessions.get_size()
        return PoolSessions(size, size - self._sessions.get_idle_size(), self._sessions.get_max_size())

    @contextmanager
    def _stated(self) -> Iterator[None]:
        """Turns errors of the driver into errors of the ledger."""
        try:
            yield
        except LOST as error:
            if isinstance(error, ValueError):
                # asyncpg raises such an error for a parameter that it cannot encode.
                raise InvalidInput(f"the database cannot hold a value: {error}", code="invalid-request") from error
            if is_outage(error):
                self.outage.failed("reading", error)
            raise Unavailable(f"the database does not answer: {str(error) or 'it says nothing'}", code=DOWN) from error
        except asyncpg.DataError as error:
            # A parameter that no row can hold, such as text with NUL or an integer of 65 bits.
            raise InvalidInput(f"the database cannot hold a value: {error}", code="invalid-request") from error
        self.outage.succeeded("reading")

    async def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Closes all sessions, after a short wait for running queries."""
        try:
            await asyncio.wait_for(self._sessions.close(), seconds)
        except TimeoutError:
            self._sessions.terminate()


async def open_pool(
    url: str, *, size: int = 10, budget: WaitBudget | None = None, outage: Outage | None = None
) -> DatabasePool:
    """A pool of sessions in role carbon_ledger_writer (INSERT and SELECT; UPDATE of head and balances only). With
    `budget`, for an operator's command, it waits neither long for sessions nor for answers.

    Raises ConfigurationError if the database is not suitable, Unavailable if it does not answer.
    """
    with _connecting():
        sessions = await asyncpg.create_pool(
            url, min_size=1, max_size=size, server_settings=SETTINGS, init=_become_writer, reset=_keep_session,
            **_waiting(budget),
        )
    pool = DatabasePool(sessions, outage or Outage(), None if budget is None else _GRACE_SECONDS)
    try:
        await check_database(pool)
    except BaseException:
        sessions.terminate()
        raise
    return pool


def _waiting(budget: WaitBudget | None) -> dict[str, Any]:
    if budget is None:
        return {"timeout": 60, "command_timeout": _READING_SECONDS}
    return {"timeout": PATIENCE_SECONDS, "command_timeout": _READING_SECONDS, "connection_class": patient(budget)}


@contextmanager
def _connecting() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise Unavailable(f"the database does not answer: {str(error) or 'it says nothing'}",
                          code="database-down") from error
    except asyncpg.PostgresError as error:
        raise ConfigurationError(f"the database refuses the connection: {error}") from error
    except ValueError as error:
        # Other errors are not shown: they quote an address that could not be parsed, with its password anywhere in it.
        detail = f": {error}" if isinstance(error, asyncpg.ClientConfigurationError) else ""
        raise ConfigurationError(
            f"the address of the database cannot be read{detail}", field="database",
            rule="postgresql://USER:PASSWORD@HOST:PORT/NAME, with a number as PORT, special characters percent-encoded",
        ) from error


async def _keep_session(connection: Connection) -> None:
    """Does nothing when a session returns to the pool: it has no state to reset, and a reset costs a round trip."""


async def _become_writer(connection: Connection) -> None:
    try:
        await connection.execute(f"SET SESSION ROLE {WRITER}")
    except BaseException:
        # The pool would wait for the database to close the session.
        connection.terminate()
        raise


async def check_database(pool: DatabasePool) -> None:
    """Raises ConfigurationError for a version before 15, `fsync=off`, or a schema that does not fit this program."""
    async with pool.acquire() as connection:
        version = int(await connection.fetchval("SHOW server_version_num"))
        if version < MINIMUM_VERSION:
            raise ConfigurationError(f"PostgreSQL {version // 10000} is too old: 15 or newer is needed")
        for setting in ("fsync", "full_page_writes"):
            if await connection.fetchval(f"SHOW {setting}") != "on":
                raise ConfigurationError(
                    f"PostgreSQL runs with {setting}=off, so that acknowledged records may be lost: turn it on"
                )
        await fitting_schema(connection)


async def read_stored(connection: Connection) -> StoredSchema | None:
    """The statement of a database about its schema; None if it holds no ledger. Raises ConfigurationError if it holds a
    part of one."""
    sql = queries("schema_version")
    if not await connection.fetchval(sql["is_stated"]):
        return None
    row = await connection.fetchrow(sql["stated"])
    if row is None:
        raise ConfigurationError("unknown version of the database's schema: its table schema_version is empty",
                                 code=CODE)
    return StoredSchema(**row)


async def fitting_schema(connection: Connection) -> StoredSchema:
    """The statement of the database about its schema. Raises ConfigurationError if this program cannot run with it."""
    return require_schema(await read_stored(connection), program_schema())


@asynccontextmanager
async def owner_connection(url: str) -> AsyncIterator[Connection]:
    """One session as the database's owner, whatever the database holds: only for set-up."""
    with _connecting():
        connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def ledger_connection(owner_url: str) -> AsyncIterator[Connection]:
    """One session as the owner of a ledger's database. Raises ConfigurationError if its schema does not fit this
    program."""
    async with owner_connection(owner_url) as connection:
        await fitting_schema(connection)
        yield connection


@asynccontextmanager
async def reading_connection(url: str, name: str) -> AsyncIterator[Connection]:
    """One session that only reads, for operators. `name` is its application name. It checks neither version nor schema.
    Raises ConfigurationError or Unavailable."""
    with _connecting():
        connection = await asyncpg.connect(url, timeout=PATIENCE_SECONDS, command_timeout=_READING_SECONDS,
                                           server_settings={**_READING, "application_name": name})
    try:
        yield connection
    finally:
        try:
            await asyncio.wait_for(connection.close(), _GRACE_SECONDS)
        except LOST:
            connection.terminate()


@asynccontextmanager
async def reading_pool(url: str, name: str, budget: WaitBudget) -> AsyncIterator[DatabasePool]:
    """Does the same with sessions whose questions wait for this time; after one that was not answered, the next one
    gets another session."""
    with _connecting():
        sessions = await asyncpg.create_pool(
            url, min_size=1, max_size=2, reset=_keep_session, **_waiting(budget),
            server_settings={**_READING, "application_name": name},
        )
    pool = DatabasePool(sessions, Outage(), _GRACE_SECONDS)
    try:
        yield pool
    finally:
        await pool.close(_GRACE_SECONDS)


def quoted(identifier: str) -> str:
    """An SQL identifier in quotes."""
    return '"' + identifier.replace('"', '""') + '"'
