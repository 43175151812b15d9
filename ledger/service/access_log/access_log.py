"""Writes the access log. No answer with another organisation's data leaves before its row is committed.

Rows of requests that come at the same time share one statement and one commit, as records do in a batch. While one
commit is under way, the next rows collect. Equal readings share a row (`merging.py`). If the database refuses the rows,
all of these requests are answered 503.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple

import asyncpg

from ledger.access.accesses import Access
from ledger.errors import InvalidInput, LedgerError, Unavailable
from ledger.service.access_log.merging import OpenRow, OpenRows
from ledger.store.database import LOST, WRITER
from ledger.store.sessions import close_quietly, connect_as
from ledger.store.sql import queries

NOT_NOTED: Final = "access-not-noted"
MOST_ROWS: Final = 2_000
"""Rows of one statement."""
MOST_WAITING: Final = 20_000
"""Rows that wait at most. Requests beyond are answered 503."""
_END_SECONDS: Final = 5.0


class _Noting(NamedTuple):
    accesses: tuple[Access, ...]
    done: "asyncio.Future[None]"


class AccessLog:
    """A process has one, with a session of its own. `clock` gives ms since 1970."""

    def __init__(self, url: str, clock: Callable[[], int]) -> None:
        self._url, self._clock = url, clock
        self._waiting: list[_Noting] = []
        self._expected = 0
        self._rows = OpenRows()
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "AccessLog":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._task), _END_SECONDS)
        await close_quietly(self._connection)

    async def note(self, *accesses: Access) -> None:
        """Returns when these accesses are committed, equal ones as one. Raises Unavailable."""
        wanted = tuple(dict.fromkeys(accesses))
        if not wanted:
            return
        if self._expected + len(wanted) > MOST_WAITING:
            raise _not_noted("too many rows wait for the database")
        noting = _Noting(wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(noting)
        self._expected += len(wanted)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="access log")
        await noting.done

    async def _run(self) -> None:
        try:
            while self._waiting:
                group = self._next_group()
                # The rows of a request that was cancelled meanwhile are written too: one row too many is no harm.
                await self._write_group(group)
        finally:
            self._task = None

    def _next_group(self) -> list[_Noting]:
        count, rows = 0, 0
        for noting in self._waiting:
            if count and rows + len(noting.accesses) > MOST_ROWS:
                break
            count, rows = count + 1, rows + len(noting.accesses)
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._expected -= rows
        return group

    async def _write_group(self, group: Sequence[_Noting]) -> None:
        try:
            await self._write([access for noting in group for access in noting.accesses])
        except LedgerError as error:
            if isinstance(error, InvalidInput) and len(group) > 1:
                # One request names something that no row can hold. The others must not fail with it.
                for noting in group:
                    await self._write_group([noting])
                return
            _fail(group, error)
        except BaseException as error:
            _fail(group, _not_noted(type(error).__name__))
            raise
        else:
            for noting in group:
                if not noting.done.done():
                    noting.done.set_result(None)

    async def _write(self, accesses: Sequence[Access]) -> None:
        now = datetime.fromtimestamp(self._clock() / 1000, UTC)
        rows = self._rows.joined(accesses, f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z")
        self._rows.wrote(await self._write_rows(rows))

    async def _write_rows(self, rows: Sequence[OpenRow]) -> list[OpenRow]:
        try:
            return await self._write_once(rows)
        except LOST:
            # The session was lost, perhaps long ago. If new rows were committed, they are written twice, which is
            # better than not at all.
            await self._disconnect()
            try:
                return await self._write_once(rows)
            except (*LOST, asyncpg.PostgresError) as error:
                await self._disconnect()
                self._rows.doubted(rows)
                raise _not_noted(str(error)) from error
        except asyncpg.DataError as error:
            raise InvalidInput(f"the access log cannot hold a value: {error}", code="invalid-request") from error
        except asyncpg.InsufficientPrivilegeError as error:
            # A row that does not take this reading does not take the next ones either.
            self._rows.forget()
            raise _not_noted(str(error)) from error
        except asyncpg.PostgresError as error:
            raise _not_noted(str(error)) from error
        except BaseException:
            self._rows.doubted(rows)
            raise

    async def _write_once(self, rows: Sequence[OpenRow]) -> list[OpenRow]:
        """Commits rows of one day. Returns them with their numbers."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect_as(WRITER, self._url)
        day = rows[0].day
        new = [row for row in rows if row.number is None]
        grown = [row for row in rows if row.number is not None]
        written = await self._connection.fetchrow(
            queries("accesses")["write"], day, [row.access.owner for row in new],
            [row.data() for row in new], [row.number for row in grown], [row.data() for row in grown])
        if written is None or (written["added"], written["replaced"]) != (len(new), len(grown)):
            self._rows.forget()
            raise _not_noted(f"the day {day} of the access log is closed: this host's clock is behind")
        return grown + [row._replace(number=number) for number, row in enumerate(new, written["first"])]

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        await close_quietly(connection)


def _not_noted(why: str) -> Unavailable:
    return Unavailable(f"the reading cannot be noted in the access log, so it is not answered: {why}", code=NOT_NOTED)


def _fail(group: Sequence[_Noting], error: BaseException) -> None:
    for noting in group:
        if not noting.done.done():
            noting.done.set_exception(error)
