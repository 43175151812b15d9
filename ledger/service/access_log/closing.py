"""Closes ended days of the access log, and lets old ones expire. Every server does it; a lock admits one of them.

A day is closed ten minutes after its end, by the clocks of the host and of the database. Its tree, and the note with
its root, are written in one transaction, and the database refuses further rows. Rows and tiles expire, notes stay.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import asyncpg

from ledger.access.accesses import sign_day
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import tree_root
from ledger.core.log.tiles import TILE_HEIGHT, TILE_WIDTH
from ledger.errors import LedgerError, Unavailable
from ledger.host.background import Background
from ledger.service.heads.heads import Heads
from ledger.store.database import ERASER, LOST, WRITER, Connection
from ledger.store.outage import severity
from ledger.store.sessions import close_quietly, connect_as
from ledger.store.sql import queries

MARGIN: Final = timedelta(minutes=10)
"""How long after its end a day is closed. The clocks of all servers agree within it."""
BROKEN: Final = "access-log-broken"
_EVERY_SECONDS: Final = 60.0
MAX_LEVELS: Final = 8
"""Levels of tiles in a tree of 64-bit size."""
_PAGE: Final = 8_192
_EXPIRED_AT_ONCE: Final = 50_000
_log = logging.getLogger(__name__)


class DayTile(NamedTuple):
    """The hashes of a tile of a day's tree."""

    level: int
    place: int
    hashes: bytes


class DayTree:
    """The tree of a day while its leaves are read. `tiles`: those that are complete and not taken yet."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.tiles: list[DayTile] = []
        self._open: list[list[bytes]] = []
        self._places: list[int] = []

    def add(self, leaves: Sequence[bytes]) -> None:
        self.frontier = self.frontier.extended(leaves)
        for leaf in leaves:
            self._add(0, leaf)

    def end(self) -> None:
        """Adds the partial tiles."""
        for level, hashes in enumerate(self._open):
            if hashes:
                self.tiles.append(DayTile(level, self._places[level], b"".join(hashes)))

    def _add(self, level: int, node: bytes) -> None:
        if level == len(self._open):
            self._open.append([])
            self._places.append(0)
        hashes = self._open[level]
        hashes.append(node)
        if len(hashes) == TILE_WIDTH:
            self.tiles.append(DayTile(level, self._places[level], b"".join(hashes)))
            self._places[level] += 1
            self._open[level] = []
            self._add(level + 1, tree_root(hashes))


class DayCloser(Background):
    """A process has one. `clock` gives ms since 1970; rows of days that ended more than `days` days ago expire."""

    name = "closing of access days"

    def __init__(self, url: str, heads: Heads, clock: Callable[[], int], days: int) -> None:
        self._url, self._heads, self._clock, self._days = url, heads, clock, days

    async def _run(self) -> None:
        while True:
            try:
                if self._heads.signing:
                    await self.look()
            except (LedgerError, *LOST, asyncpg.PostgresError) as error:
                _log.log(severity(error), "closing the days of the access log waits: %s", error)
            except Exception:
                _log.exception("closing the days of the access log failed; it is tried again")
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> list[date]:
        """Closes ended days and expires old ones. Returns the closed days."""
        now = datetime.fromtimestamp(self._clock() / 1000, UTC)
        closed = []
        async with session_of(WRITER, self._url) as connection:
            rows = await connection.fetch(
                queries("accesses")["ended"], (now - MARGIN).date(), MARGIN.total_seconds())
            for row in rows:
                try:
                    if await close_day(connection, self._heads, row["day"]):
                        closed.append(row["day"])
                except Unavailable as error:
                    # The other days are closed all the same.
                    if error.code != BROKEN:
                        raise
        async with session_of(ERASER, self._url) as connection:
            await expire(connection, first_kept(self._clock(), self._days))
        return closed


def first_kept(now: int, days: int) -> date:
    """The first day whose rows are kept for `days` days, at a time in ms since 1970."""
    return datetime.fromtimestamp(now / 1000, UTC).date() - timedelta(days=days)


@asynccontextmanager
async def session_of(role: str, url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session in a role, closed afterwards. Raises Unavailable."""
    connection = await connect_as(role, url)
    try:
        yield connection
        await connection.close()
    finally:
        await close_quietly(connection)


async def close_day(connection: Connection, heads: Heads, day: date) -> bool:
    """Closes a day unless another server does or did. Raises Unavailable if this server signs nothing now. A day
    whose rows are incomplete stays open: its root would be signed evidence for a changed day."""
    heads.require_signing()
    sql = queries("accesses")
    async with connection.transaction():
        size = await connection.fetchval(sql["lock_day"], day)
        if size is None:
            return False
        tree = DayTree()
        async for leaves in _leaves(connection, day):
            tree.add(leaves)
            await _write_tiles(connection, day, tree)
        tree.end()
        await _write_tiles(connection, day, tree)
        if tree.frontier.size != size:
            raise _broken(day, size, tree.frontier.size)
        why = await heads.follow(connection)
        if why is not None:
            heads.halt(why)
        note = sign_day(heads.origin, day, size, tree.frontier.root(), heads.signers)
        await connection.execute(sql["add_root"], day, size, note)
        await connection.execute(sql["close_day"], day)
    _log.info("day %s of the access log is closed with %d rows", day, size)
    return True


async def expire(connection: Connection, before: date) -> int:
    """Deletes the rows and tiles of closed days before a day, in the role that erases. Returns how many days."""
    sql = queries("accesses")
    days = await connection.fetch(sql["expired"], before)
    for row in days:
        for first in range(0, row["size"], _EXPIRED_AT_ONCE):
            await connection.execute(sql["expire_rows"], row["day"], first, first + _EXPIRED_AT_ONCE)
        for level in range(MAX_LEVELS):
            tiles = (row["size"] >> TILE_HEIGHT * (level + 1)) + 1
            for first in range(0, tiles, _EXPIRED_AT_ONCE):
                await connection.execute(sql["expire_tiles"], row["day"], level, first, first + _EXPIRED_AT_ONCE)
        _log.info("the %d rows of day %s of the access log have expired", row["size"], row["day"])
    return len(days)


async def _leaves(connection: Connection, day: date) -> AsyncIterator[list[bytes]]:
    """The leaf hashes of a day, page by page. Ends where a number is missing."""
    first = 0
    while rows := await connection.fetch(queries("accesses")["leaves"], day, first, _PAGE):
        yield [bytes(row["leaf_hash"]) for place, row in enumerate(rows, first) if row["number"] == place]
        first += len(rows)


async def _write_tiles(connection: Connection, day: date, tree: DayTree) -> None:
    tiles, tree.tiles = tree.tiles, []
    if tiles:
        await connection.execute(
            queries("accesses")["add_tiles"], day, [tile.level for tile in tiles], [tile.place for tile in tiles],
            [tile.hashes for tile in tiles])


def _broken(day: date, size: int, rows: int) -> Unavailable:
    error = Unavailable(f"the access log noted {size} readings on {day}, but the database holds only {rows} in order",
                        code=BROKEN, field="day", value=day.isoformat(),
                        rule="bring back the rows; a day with missing rows is not signed")
    _log.critical("%s", error)
    return error
