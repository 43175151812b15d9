"""Look-ups that requests share: those that come at the same time go to the database in one statement.

A statement costs the server and the database more than the few rows that it looks up. While one is under way, the next
look-ups collect. No look-up gets an answer that was read before it began, so nothing is ever out of date.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple, TypeAlias

from asyncpg import Record

from ledger.errors import InvalidInput

Key: TypeAlias = tuple[object, ...]
Fetch: TypeAlias = Callable[..., Awaitable[list[Record]]]
Session: TypeAlias = Callable[[], AbstractAsyncContextManager[Fetch]]
MOST_KEYS: Final = 200
"""Keys of one statement. Whoever has more of them does not wait for others, nor let others wait."""
AT_ONCE: Final = 2
"""Statements that are under way, so that a slow one does not hold up all requests."""
MOST_GROUPS: Final = 16
"""Statements that run one after the other in one session. Then others may have the session."""


class _LookUp(NamedTuple):
    keys: Sequence[Sequence[Key]]
    done: "asyncio.Future[list[list[list[Record]]]]"

    @property
    def size(self) -> int:
        return sum(len(keys) for keys in self.keys)


class SharedReads:
    """The look-ups of one statement, or of several that are needed together. The parameters of each are the columns of
    its keys, each an array; its rows begin with the place of their key, from 1. `session` opens a session of the
    database, in which a function runs statements."""

    def __init__(self, session: Session, statements: Sequence[str]) -> None:
        self._session, self._statements = session, statements
        self._waiting: list[_LookUp] = []
        self._collecting = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def rows(self, *keys: Sequence[Key]) -> list[list[list[Record]]]:
        """For each statement the rows of each of its keys; it does not run without keys. Raises Unavailable, and
        InvalidInput for a value that no row can hold."""
        waiting = _LookUp(keys, asyncio.get_running_loop().create_future())
        if waiting.size > MOST_KEYS:
            async with self._session() as fetch:
                return [await _read(sql, each, fetch) for sql, each in zip(self._statements, keys, strict=True)]
        if not waiting.size:
            return [[] for _ in keys]
        self._waiting.append(waiting)
        self._begin()
        return await waiting.done

    def _begin(self) -> None:
        if not self._collecting and len(self._under_way) < AT_ONCE:
            self._collecting = True
            task = asyncio.create_task(self._run(), name="shared reads")
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if self._waiting:
            self._begin()

    async def _run(self) -> None:
        # Requests that came in the same turn of the event loop are here already.
        self._collecting = False
        try:
            async with self._session() as fetch:
                for _ in range(MOST_GROUPS):
                    if not self._waiting or not await self._answer(self._next_group(), fetch):
                        break
        except BaseException as error:
            # There was no session, or this program ends.
            _fail(self._next_group(), error)
            if not isinstance(error, Exception):
                raise

    def _next_group(self) -> list[_LookUp]:
        count, keys = 0, 0
        for waiting in self._waiting:
            keys += waiting.size
            if keys > MOST_KEYS:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return [waiting for waiting in group if not waiting.done.done()]

    async def _answer(self, group: Sequence[_LookUp], fetch: Fetch) -> bool:
        """Whether the session can be used again."""
        # Equal keys share a place.
        places = [{key: place for place, key in enumerate(dict.fromkeys([key for one in group for key in one.keys[i]]))}
                  for i in range(len(self._statements))]
        try:
            rows = [await _read(sql, list(each), fetch) for sql, each in zip(self._statements, places, strict=True)]
        except InvalidInput as error:
            if len(group) > 1:
                # One request names something that no row can hold. The others must not fail with it; halves find it
                # with few statements. The second half waits again, so that it is not lost with the session.
                middle = len(group) // 2
                self._waiting[:0] = group[middle:]
                return await self._answer(group[:middle], fetch)
            _fail(group, error)
        except BaseException as error:
            _fail(group, error)
            if not isinstance(error, Exception):
                raise
            return False
        else:
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_result([
                        [read[at[key]] for key in keys]
                        for keys, read, at in zip(waiting.keys, rows, places, strict=True)])
        return True


async def _read(sql: str, keys: Sequence[Key], fetch: Fetch) -> list[list[Record]]:
    lists: list[list[Record]] = [[] for _ in keys]
    if keys:
        for row in await fetch(sql, *[list(column) for column in zip(*keys, strict=True)]):
            lists[row[0] - 1].append(row)
    return lists


def _fail(group: Sequence[_LookUp], error: BaseException) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)
