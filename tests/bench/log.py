"""What the log does beside its peers: proofs from tiles, and tiles over HTTP."""

import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.load import drive, get
from bench.measures import Measure, rate
from bench.peers import served
from pymerkle import SqliteTree
from support.biglog import big_log, entries
from support.process_memory import peak_memory
from support.server import Server, command, temporary_home

from ledger.core.log.merkle import leaf_hash, verify_inclusion
from ledger.core.log.tiles import Tile, entries_path, tile_path
from ledger.store.tiles import inclusion_path

ENTRIES: Final = 1_000_000
PROOFS: Final = 1_000
SERVED: Final = 100_000
READS: Final = 10_000
CONNECTIONS: Final = 64


def measure_inclusion(name: str) -> Measure:
    """Inclusion proofs of random entries, one after the other: ours from the tiles in PostgreSQL, as receipts are
    proved, nothing kept between two; the peer's from SQLite, with all that it keeps. Both are warm, and agree."""
    picked = random.Random(1).choices(range(ENTRIES), k=PROOFS)
    with temporary_home() as home:
        ours, root, paths = asyncio.run(_prove(home, picked))
    with tempfile.TemporaryDirectory() as folder:
        peer, peers = _prove_with_peer(Path(folder) / "tree", picked)
    if paths != peers:
        raise SystemExit("the peer's proofs are others")
    for index, path in zip(picked[:20], paths, strict=False):
        (entry,) = entries(index, index + 1)
        verify_inclusion(leaf_hash(entry), index, ENTRIES, root, path)
    return rate(name, PROOFS / ours, "pymerkle on SQLite", PROOFS / peer, None)


async def _prove(home: Path, picked: Sequence[int]) -> tuple[float, bytes, list[list[bytes]]]:
    async with big_log(home, [ENTRIES]) as log, log.pool.acquire() as connection:
        root = await connection.fetchval("SELECT root FROM head")
        for index in picked[:50]:
            await inclusion_path(connection, index, ENTRIES)
        began = time.perf_counter()
        paths = [await inclusion_path(connection, index, ENTRIES) for index in picked]
        return time.perf_counter() - began, bytes(root), paths


def _prove_with_peer(file: Path, picked: Sequence[int]) -> tuple[float, list[list[bytes]]]:
    tree = SqliteTree(str(file))
    tree.append_entries(entries(0, ENTRIES))
    for index in picked[:50]:
        tree.prove_inclusion(index + 1, ENTRIES)
    began = time.perf_counter()
    proofs = [tree.prove_inclusion(index + 1, ENTRIES) for index in picked]
    seconds = time.perf_counter() - began
    tree.close()
    return seconds, [proof.path[1:] for proof in proofs]


def measure_tiles(name: str) -> Measure:
    """Random full tiles and entry bundles over HTTP, 64 connections, each read from the database; the peer serves the
    same paths out of the exported folder."""
    picked = random.Random(1).choices(range(SERVED // 256), k=READS)
    names = [tile_path(Tile(0, index, 256)) if i % 2 else entries_path(index, 256) for i, index in enumerate(picked)]
    sizes: set[int] = set()

    def check(status: int, body: bytes) -> None:
        sizes.add(len(body))
        if status != 200:
            raise SystemExit(f"read failed: {status} {body[:400]!r}")

    def lanes() -> list[Iterator[bytes]]:
        requests = [get(f"/log/{name}") for name in names]
        return [iter(requests[i::CONNECTIONS]) for i in range(CONNECTIONS)]

    with temporary_home() as home, tempfile.TemporaryDirectory() as folder:
        asyncio.run(_fill(home))
        with Server(home) as server:
            done = command(home, "export", "log", folder, "--from", server.url)
            if done.returncode:
                raise SystemExit(done.stderr)
            asyncio.run(drive(server.url, [itertools.islice(lane, 20) for lane in lanes()], check))
            count, seconds = asyncio.run(drive(server.url, lanes(), check))
            memory = peak_memory(server.process.pid)
        peer = _static(Path(folder), lanes, check)
    if sizes != {8192, 256 * 172}:
        raise SystemExit(f"other tiles than asked for: {sizes}")
    return rate(name, count / seconds, "granian's file server", peer, memory)


async def _fill(home: Path) -> None:
    async with big_log(home, [SERVED]):
        pass


def _static(folder: Path, lanes: Callable[[], list[Iterator[bytes]]], check: Callable[[int, bytes], None]) -> float:
    with served("static.py", str(folder)) as url:
        asyncio.run(drive(url, [itertools.islice(lane, 20) for lane in lanes()], check))
        done, seconds = asyncio.run(drive(url, lanes(), check))
        return done / seconds


MEASURES: Final[dict[str, Callable[[str], Measure]]] = {
    "proof.inclusion": measure_inclusion,
    "tile.read": measure_tiles,
}
"""How each is made, by its name."""
