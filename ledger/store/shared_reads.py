"""Look-ups that requests share: those that come at the same time go to the database in one statement.

A statement costs the server and the database more than the few rows that it looks up. While one is under way, the next
look-ups collect. No look-up gets an answer that was read before it began, so nothing is ever out of date.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from asyncpg import Record

from ledger.errors import InvalidInput

Key: TypeAlias = tuple[object, ...]
Fetch: TypeAlias = Callable[..., Awaitable[list[Record]]]
MOST_KEYS: Final = 200
"""Keys of one statement. Whoever has more of them does not wait for others, nor let others wait."""
AT_ONCE: Final = 2
"""Statements that are under way, so that a slow one does not hold up all requests."""


class _LookUp(NamedTuple):
    keys: Sequence[Key]
    done: "asyncio.Future[list[list[Record]]]"


class SharedReads:
    """The look-ups of one statement. Its parameters are the columns of the keys, each an array; its rows begin with the
    place of their key, from 1. `fetch` runs it."""

    def __init__(self, fetch: Fetch, sql: str) -> None:
        self._fetch, self._sql = fetch, sql
        self._waiting: list[_LookUp] = []
        self._collecting = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def rows(self, keys: Sequence[Key]) -> list[list[Record]]:
        """The rows of each key. Raises Unavailable, and InvalidInput for a value that no row can hold."""
        if len(keys) > MOST_KEYS:
            return await self._read(keys)
        waiting = _LookUp(keys, asyncio.get_running_loop().create_future())
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
        await self._answer(self._next_group())

    def _next_group(self) -> list[_LookUp]:
        count, keys = 0, 0
        for waiting in self._waiting:
            keys += len(waiting.keys)
            if keys > MOST_KEYS:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return [waiting for waiting in group if not waiting.done.done()]

    async def _answer(self, group: Sequence[_LookUp]) -> None:
        # Equal keys share a place.
        places = {key: place for place, key in enumerate(dict.fromkeys([key for one in group for key in one.keys]))}
        try:
            rows = await self._read(list(places))
        except InvalidInput as error:
            if len(group) == 1:
                _fail(group, error)
            else:
                # One request names something that no row can hold. The others must not fail with it; halves find it
                # with few statements.
                middle = len(group) // 2
                await self._answer(group[:middle])
                await self._answer(group[middle:])
        except BaseException as error:
            _fail(group, error)
            if not isinstance(error, Exception):
                raise
        else:
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_result([rows[places[key]] for key in waiting.keys])

    async def _read(self, keys: Sequence[Key]) -> list[list[Record]]:
        if not keys:
            return []
        lists: list[list[Record]] = [[] for _ in keys]
        for row in await self._fetch(self._sql, *[list(column) for column in zip(*keys, strict=True)]):
            lists[row[0] - 1].append(row)
        return lists


def _fail(group: Sequence[_LookUp], error: BaseException) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)
