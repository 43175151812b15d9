"""Reads the access log: the rows of an organisation, their inclusion proofs, and the roots of days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Raw

from ledger.access.accesses import parse_day
from ledger.answers.lists import (
    AccessListAnswer,
    AccessProofAnswer,
    AccessProofsAnswer,
    AccessRootAnswer,
    AccessRootsAnswer,
    ListedAccessAnswer,
)
from ledger.core.log.tiles import Tile, inclusion_path_from_tiles, inclusion_tiles
from ledger.errors import NotFound
from ledger.store.database import Connection, DatabasePool
from ledger.store.sql import queries

MOST_PROOFS: Final = 100
_MOST_ROOTS: Final = 1_000
_EVER: Final = 1 << 62
_EPOCH: Final = date(1970, 1, 1)
_ROWS: Final = 1 << 32
"""More rows than a day can have."""
_FIRST, _LAST = date(1970, 1, 2), date(9999, 1, 1)


async def read_accesses(
    pool: DatabasePool, organization: str, since: str | None, until: str | None, after: int | None, limit: int
) -> AccessListAnswer:
    """A page of the rows about an organisation's data, newest first: from the day `since` on, before the day
    `until`. Raises InvalidInput for a malformed day."""
    first = _FIRST if since is None else parse_day(since, "from")
    end = (_LAST if until is None else parse_day(until, "to")) - timedelta(days=1)
    before = (end, _EVER) if after is None else min((end, _EVER), _place(after))
    rows = await pool.fetch(queries("accesses")["of_owner"], organization, first, *before, limit)
    listed = [ListedAccessAnswer(row["day"].isoformat(), row["number"], Raw(bytes(row["data"]))) for row in rows]
    more = _cursor(rows[-1]["day"], rows[-1]["number"]) if len(rows) == limit else None
    return AccessListAnswer(organization, listed, more)


async def read_access_proofs(
    pool: DatabasePool, organization: str, day: str, indexes: Sequence[int]
) -> AccessProofsAnswer:
    """The inclusion paths of rows about an organisation's data in the tree of their day. Raises NotFound for rows of
    others, unknown and expired rows alike, and for a day that is not closed."""
    parsed, sql = parse_day(day, "day"), queries("accesses")
    wanted = sorted(set(indexes))
    async with pool.acquire() as connection:
        owned = {row["number"] for row in await connection.fetch(sql["owned"], parsed, wanted, organization)}
        root = await connection.fetchrow(sql["root"], parsed)
        for index in wanted:
            if index not in owned:
                raise NotFound(f"no row {index} of {day} in the access log is about data of {organization}",
                               field="index", value=index, rule="the day and index of a row of /v1/accesses")
        if root is None:
            raise NotFound(f"the access log of {day} is not closed yet", code="day-open", field="day", value=day,
                           rule="a day is closed some minutes after its end at 00:00 UTC")
        places = {index: inclusion_tiles(index, root["size"]) for index in wanted}
        tiles = await _tiles(connection, parsed, list({tile for each in places.values() for tile in each}))
    return AccessProofsAnswer(day, root["note"], [
        AccessProofAnswer(index, [node.hex() for node in inclusion_path_from_tiles(index, root["size"], tiles)])
        for index in wanted
    ])


async def _tiles(connection: Connection, day: date, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    rows = await connection.fetch(queries("accesses")["tiles"], day, [tile.level for tile in tiles],
                       [tile.index for tile in tiles])
    held = {(row["level"], row["index"]): bytes(row["hashes"]) for row in rows}
    return {tile: held[tile.level, tile.index] for tile in tiles if (tile.level, tile.index) in held}


async def read_day_root(pool: DatabasePool, day: str) -> str:
    """The signed note of a day. Raises NotFound if no day with readings of that date is closed."""
    row = await pool.fetchrow(queries("accesses")["root"], parse_day(day, "day"))
    if row is None:
        raise NotFound(f"the access log has no closed day {day}", field="day", value=day,
                       rule="a day of /log/accesses")
    return str(row["note"])


async def read_day_roots(pool: DatabasePool, origin: str, after: str | None, kept_from: date) -> AccessRootsAnswer:
    """Signed notes of closed days, oldest first, after a day."""
    past = _FIRST if after is None else parse_day(after, "after")
    rows = await pool.fetch(queries("accesses")["roots"], past, _MOST_ROOTS)
    return AccessRootsAnswer(
        origin, [AccessRootAnswer(row["day"].isoformat(), row["note"]) for row in rows],
        kept_from=kept_from.isoformat(),
        next=rows[-1]["day"].isoformat() if len(rows) == _MOST_ROOTS else None,
    )


def _cursor(day: date, index: int) -> int:
    """The place of a row among the rows of all days, for pages."""
    return (day - _EPOCH).days * _ROWS + index


def _place(cursor: int) -> tuple[date, int]:
    """The inverse of `_cursor`."""
    return _EPOCH + timedelta(days=cursor // _ROWS), cursor % _ROWS
