"""The sizes at which tiles begin and end: every tile, bundle, proof and checkpoint, by implementations not of ours.

One log in PostgreSQL grows through all of them; at each it is signed and exported into one folder, at the end all of it
is read over HTTP.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest
from support.biglog import BigLog, big_log, entries
from support.independent import CHECKERS, Checker
from support.server import Server, environment, temporary_home

from ledger.client.mirror.export import Exported, export
from ledger.client.mirror.folder import opened
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.merkle import all_paths, leaf_hash
from ledger.core.log.tiles import (
    all_tiles,
    consistency_path_from_tiles,
    consistency_tiles,
    entries_path,
    inclusion_path_from_tiles,
    inclusion_tiles,
    tile_path,
)
from ledger.service.mirror_source import DatabaseLog
from ledger.service.queries.records import read_checkpoint
from ledger.store.tiles import consistency_path, inclusion_path

GOLDEN: Final = (0, 1, 2, 255, 256, 257, 65_536, 65_537, 70_000)
LARGEST: Final = GOLDEN[-1]
BORDERS: Final = sorted({
    near for size in GOLDEN for near in (size - 1, size, size + 1) if 0 <= near < LARGEST
} | {tile * 256 + offset for tile in (1, 2, 17, 128, 255, 256, 257, 273) for offset in (-1, 0, 1)})
PAIRS: Final = [*combinations(GOLDEN, 2), *((size, size) for size in GOLDEN)]


class Golden(NamedTuple):
    """`notes`: the checkpoint that was published at each size; `folders`: the folder's files then, by path."""

    server: Server
    notes: dict[int, str]
    exports: dict[int, Exported]
    folders: dict[int, dict[str, bytes]]
    stored_inclusion: dict[tuple[int, int], list[bytes]]
    stored_consistency: dict[tuple[int, int], list[bytes]]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golden]:
    folder = tmp_path_factory.mktemp("export") / "log"
    with temporary_home() as home:
        notes, exports, folders = {}, {}, {}

        async def run() -> tuple[dict[tuple[int, int], list[bytes]], dict[tuple[int, int], list[bytes]]]:
            async with big_log(home) as log:
                for size in GOLDEN:
                    await log.grow(size)
                    notes[size] = await read_checkpoint(log.pool, log.publication)
                    exports[size] = await exported(log, folder)
                    folders[size] = files_in(folder)
                return await proofs(log)

        inclusion, consistency = asyncio.run(run())
        with Server(home) as server:
            yield Golden(server, notes, exports, folders, inclusion, consistency)


async def exported(log: BigLog, folder: Path) -> Exported:
    with opened(folder) as target:
        source = DatabaseLog(log.pool, log.publication)
        return await export(source, target, vkey=None, progress=lambda _done, _total=None: None)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


async def proofs(log: BigLog) -> tuple[dict[tuple[int, int], list[bytes]], dict[tuple[int, int], list[bytes]]]:
    """As receipts and witnesses get them: from the tiles in the database."""
    async with log.pool.acquire() as connection:
        inclusion = {
            (index, size): await inclusion_path(connection, index, size)
            for size in GOLDEN for index in BORDERS if index < size
        }
        return inclusion, {(old, new): await consistency_path(connection, old, new) for old, new in PAIRS}


@pytest.fixture(scope="module")
def whole() -> list[bytes]:
    return list(entries(0, LARGEST))


@pytest.fixture(scope="module", params=CHECKERS, ids=lambda checker: checker.__name__)
def checker(request: pytest.FixtureRequest, whole: list[bytes]) -> Checker:
    return request.param(whole)


@pytest.fixture(scope="module")
def served(golden: Golden) -> dict[str, bytes]:
    """Every tile and bundle of every golden size, over HTTP."""
    paths = {
        path for size in GOLDEN for tile in all_tiles(size)
        for path in (tile_path(tile), *([entries_path(tile.index, tile.width)] if tile.level == 0 else []))
    }
    with httpx.Client(base_url=golden.server.url, timeout=60) as client:
        return {path: client.get(f"/log/{path}").raise_for_status().content for path in sorted(paths)}


def test_every_tile_and_bundle_of_every_size(served: dict[str, bytes], checker: Checker) -> None:
    named: set[str] = set()
    for size in GOLDEN:
        files = checker.files(size)
        assert {path: served.get(path) for path in files} == files, size
        named |= set(files)
    assert named == set(served)
    assert len(named) > 2 * 273


def test_tiles_of_no_size_are_not_there(golden: Golden) -> None:
    with httpx.Client(base_url=golden.server.url, timeout=60) as client:
        for path in ("tile/0/273.p/113", "tile/0/273", "tile/1/001.p/18", "tile/2/000.p/2", "tile/2/000",
                     "tile/3/000.p/1", "tile/entries/273.p/113", "tile/entries/274.p/1"):
            assert client.get(f"/log/{path}").status_code == 404, path


def test_the_checkpoint_of_every_size(golden: Golden, checker: Checker) -> None:
    for size in GOLDEN:
        checker.note(golden.notes[size], golden.server.vkey, size)
    assert httpx.get(f"{golden.server.url}/log/checkpoint").text == golden.notes[LARGEST]


def test_the_folder_at_every_size(golden: Golden, checker: Checker) -> None:
    """All that the size has is in the folder, and what earlier sizes had until a full tile holds it."""
    for size, before in zip(GOLDEN, (0, *GOLDEN), strict=False):
        folder, files = golden.folders[size], checker.files(size)
        assert {path: folder.get(path) for path in files} == files, size
        assert folder["checkpoint"].decode() == golden.notes[size]
        assert (folder["vkey"].decode(), rotations_in(folder["keys"])) == (f"{golden.server.vkey}\n", [])
        checker.note(folder["checkpoint"].decode(), folder["vkey"].decode().strip(), size)
        for path in set(folder) - set(files) - {"checkpoint", "vkey", "keys"}:
            whole_tile = path.partition(".p/")[0]
            assert whole_tile != path
            assert whole_tile not in folder
            assert any(path in checker.files(older) for older in GOLDEN if older < size), path
        exported = golden.exports[size]
        assert (exported.size, exported.root, exported.added) == (size, checker.root(size).hex(), size - before)


@pytest.mark.parametrize("size", GOLDEN[1:])
def test_inclusion_of_every_entry(size: int, whole: list[bytes], checker: Checker) -> None:
    for index, path in enumerate(all_paths([leaf_hash(entry) for entry in whole[:size]])):
        checker.inclusion(index, size, path)


def test_inclusion_from_tiles(golden: Golden, served: dict[str, bytes], checker: Checker) -> None:
    """As a client computes it from what is served, and as the server does for receipts."""
    for (index, size), stored in golden.stored_inclusion.items():
        tiles = {tile: served[tile_path(tile)] for tile in inclusion_tiles(index, size)}
        path = inclusion_path_from_tiles(index, size, tiles)
        checker.inclusion(index, size, path)
        assert path == stored
    source = random.Random(1)
    for index in source.sample(range(LARGEST), 2_000):
        tiles = {tile: served[tile_path(tile)] for tile in inclusion_tiles(index, LARGEST)}
        checker.inclusion(index, LARGEST, inclusion_path_from_tiles(index, LARGEST, tiles))


def test_consistency_of_all_pairs(golden: Golden, served: dict[str, bytes], checker: Checker) -> None:
    for old, new in PAIRS:
        tiles = {tile: served[tile_path(tile)] for tile in consistency_tiles(old, new)}
        path = consistency_path_from_tiles(old, new, tiles)
        checker.consistency(old, new, path)
        assert path == golden.stored_consistency[old, new]
    source = random.Random(2)
    for old in source.sample(range(LARGEST), 100):
        tiles = {tile: served[tile_path(tile)] for tile in consistency_tiles(old, LARGEST)}
        checker.consistency(old, LARGEST, consistency_path_from_tiles(old, LARGEST, tiles))


def test_an_export_over_http_that_is_killed(golden: Golden, tmp_path: Path) -> None:
    """Killed at several points of its work: no checkpoint says what is not there, and the next run goes on."""
    folder = tmp_path / "log"
    command = [sys.executable, "-m", "ledger.cli", "export", "log", str(folder), "--from", golden.server.url]
    for share in (1, 40, 150):
        process = subprocess.Popen(command, env=environment(golden.server.home), stdout=subprocess.DEVNULL)
        while process.poll() is None and bundles_in(folder) < share:
            time.sleep(0.001)
        process.kill()
        assert process.wait(120) == -signal.SIGKILL
        assert bundles_in(folder) >= share
        assert not (folder / "checkpoint").exists()
    done = subprocess.run(command, env=environment(golden.server.home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"of {LARGEST} entries, {LARGEST} new" in done.stdout
    current = {
        path: data for path, data in golden.folders[LARGEST].items()
        if ".p/" not in path or path in {tile_path(tile) for tile in all_tiles(LARGEST)} | {"tile/entries/273.p/112"}
    }
    assert files_in(folder) == current


def bundles_in(folder: Path) -> int:
    try:
        return len(os.listdir(folder / "tile" / "entries"))
    except FileNotFoundError:
        return 0


def test_what_is_wrong_does_not_check(golden: Golden, checker: Checker) -> None:
    """The other implementations do refuse."""
    path = golden.stored_inclusion[256, 257]
    for index, size, wrong in ((255, 257, path), (256, LARGEST, path), (256, 257, [bytes(32), *path[1:]])):
        with pytest.raises(Exception):  # noqa: B017, PT011 - each has its own
            checker.inclusion(index, size, wrong)
    consistency = golden.stored_consistency[257, LARGEST]
    for old, wrong in ((256, consistency), (257, consistency[:-1]), (257, [bytes(32), *consistency[1:]])):
        with pytest.raises(Exception):  # noqa: B017, PT011 - as above
            checker.consistency(old, LARGEST, wrong)
    with pytest.raises(Exception):  # noqa: B017, PT011 - as above
        checker.note(golden.notes[256].replace("\n256\n", "\n257\n"), golden.server.vkey, 257)
