"""Full tiles never change: each is read from the database once, and kept once a head that was signed holds it."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.biglog import BigLog, big_log
from support.server import temporary_home

from ledger.core.log.tiles import Tile, tile_path
from ledger.service.queries.records import read_checkpoint, read_log_path
from ledger.store import tiles
from ledger.store.database import Connection
from ledger.store.tiles import WIDTH, FullTiles

Reading = list[Tile]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    async def set_up(folder: Path) -> None:
        async with big_log(folder, [700]):
            pass

    with temporary_home() as folder:
        asyncio.run(set_up(folder))
        yield folder


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    """The tiles that are read from the database, in order."""
    original, wanted = tiles.read_tiles, Reading()

    async def read_tiles(connection: Connection, asked: Sequence[Tile]) -> dict[Tile, bytes]:
        wanted.extend(asked)
        return await original(connection, asked)

    monkeypatch.setattr(tiles, "read_tiles", read_tiles)
    return wanted


async def ask(log: BigLog, tile: Tile) -> bytes:
    _, data = await read_log_path(log.pool, log.publication, tile_path(tile))
    return data


def test_a_full_tile_is_read_once(home: Path, reading: Reading) -> None:
    full, partial = Tile(0, 1, WIDTH), Tile(0, 2, 700 - 2 * WIDTH)

    async def run() -> None:
        async with big_log(home) as log:
            await read_checkpoint(log.pool, log.publication)
            first = await ask(log, full), await ask(log, partial)
            assert first == (await ask(log, full), await ask(log, partial))
            assert reading == [full, partial, partial]

    asyncio.run(run())


def test_a_tile_is_kept_once_a_signed_head_holds_it(home: Path, reading: Reading) -> None:
    """What another server has committed is read anew until this one has checked and signed it."""
    tile = Tile(0, 2, WIDTH)

    async def run() -> None:
        async with big_log(home) as log:
            await read_checkpoint(log.pool, log.publication)
            await log.grow(800)
            for expected in (1, 2):
                await ask(log, tile)
                assert reading == [tile] * expected
            await read_checkpoint(log.pool, log.publication)
            reading.clear()
            for _ in range(3):
                await ask(log, tile)
            assert reading == [tile]

    asyncio.run(run())


def test_the_tiles_asked_for_last_are_kept(home: Path, reading: Reading) -> None:
    first, second, third = [Tile(0, index, WIDTH) for index in range(3)]

    async def run() -> None:
        async with big_log(home, [800]) as log, log.pool.acquire() as connection:
            full = FullTiles(limit=2)
            for asked in ([first, second], [first, third], [first, second]):
                found = await full.read(connection, asked, 800)
                assert found == await tiles.read_tiles(connection, asked)
                del reading[-len(asked):]
            assert reading == [first, second, third, second]

    asyncio.run(run())
