"""The log over HTTP, to the letter of C2SP tlog-tiles: every width, one path for each resource, content types, caching,
gzip, HEAD, conditional requests; the log before its first entry; and full tiles, which never change."""

import asyncio
import gzip
import hashlib
import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from support.biglog import BigLog, big_log
from support.server import command, temporary_home
from support.witness import entries_of, roots_at

from ledger.core.log.checkpoint import open_checkpoint
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.tiles import Tile, tile_path
from ledger.errors import NotFound
from ledger.service.queries.records import read_checkpoint, read_log_path
from ledger.store import tiles
from ledger.store.database import Connection
from ledger.store.tiles import WIDTH, FullTiles
from ledger.web.resources import takes_gzip


def plain(network: Any, path: str, **headers: str) -> httpx.Response:
    """Without a coding, unless the test asks for one."""
    asked = {"Accept-Encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return network.client.get(path, headers=asked)


def raw(network: Any, request: str) -> tuple[str, dict[str, str], bytes]:
    """Status line, fields and content of a request exactly as it is written here: clients tidy paths up."""
    url = urlsplit(network.server.url)
    with socket.create_connection((url.hostname, url.port), timeout=120) as connection:
        connection.sendall(f"{request} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    return status, {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}, content


def size_of(network: Any) -> int:
    return int(plain(network, "/log/checkpoint").text.split("\n")[1])


def test_widths_of_every_bundle_and_tile(network: Any) -> None:
    """Widths up to the published size are there, not only those of sizes that were published. The first and the last of
    each, and some between."""
    size = size_of(network)
    entries = entries_of(network.server.url, size)
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    for index in range(-(-size // 256)):
        here = entries[index * 256 : index * 256 + 256]
        for width in {*range(1, len(here), 9), 2, len(here) - 1, len(here)}:
            suffix = f"{index:03d}" + (f".p/{width}" if width < 256 else "")
            bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in here[:width])
            assert plain(network, f"/log/tile/entries/{suffix}").content == bundle, suffix
            tile = b"".join(hashes[index * 256 : index * 256 + width])
            assert plain(network, f"/log/tile/0/{suffix}").content == tile, suffix
    assert plain(network, f"/log/tile/1/000.p/{size // 256}").status_code == 200
    assert plain(network, f"/log/tile/1/000.p/{size // 256 + 1}").status_code == 404


@pytest.mark.parametrize(("path", "media", "caching"), [
    ("checkpoint", "text/plain; charset=utf-8", "no-cache"), ("vkey", "text/plain; charset=utf-8", "no-cache"),
    ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
    ("tile/1/000.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
    ("tile/entries/000", "application/octet-stream", "public, max-age=31536000, immutable"),
    ("tile/entries/000.p/9", "application/octet-stream", "public, max-age=31536000, immutable"),
])
def test_content_types_caching_head_and_conditional_requests(
    network: Any, path: str, media: str, caching: str
) -> None:
    whole = plain(network, f"/log/{path}")
    assert (whole.status_code, whole.headers["Content-Type"], whole.headers["Cache-Control"]) == (200, media, caching)
    tag = whole.headers["ETag"]
    status, fields, content = raw(network, f"HEAD /log/{path}")
    assert (status.split()[1], content) == ("200", b"")
    assert (fields["content-type"], fields["etag"], fields["content-length"]) == (media, tag, str(len(whole.content)))
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        same = plain(network, f"/log/{path}", If_None_Match=known)
        assert (same.status_code, same.content) == (304, b""), known
        assert (same.headers["ETag"], same.headers["Cache-Control"]) == (tag, caching)
    assert plain(network, f"/log/{path}", If_None_Match='"other"').content == whole.content


def test_entry_bundles_are_compressed_for_those_who_ask(network: Any) -> None:
    whole = plain(network, "/log/tile/entries/000")
    packed = plain(network, "/log/tile/entries/000", Accept_Encoding="gzip")
    assert whole.headers.get("Content-Encoding") is None
    assert (packed.headers["Content-Encoding"], packed.content) == ("gzip", whole.content)
    assert int(packed.headers["Content-Length"]) < len(whole.content)
    # Two representations: a cache must not give one for the other.
    assert whole.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert whole.headers["ETag"] != packed.headers["ETag"]
    again = plain(network, "/log/tile/entries/000", Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert again.status_code == 304
    with network.client.stream("GET", "/log/tile/entries/000", headers={"Accept-Encoding": "gzip"}) as response:
        data = b"".join(response.iter_raw())
    assert gzip.decompress(data) == whole.content
    # Hashes repeat nothing.
    assert "Content-Encoding" not in plain(network, "/log/tile/0/000", Accept_Encoding="gzip").headers


@pytest.mark.parametrize(("field", "takes"), [
    ("", False), ("identity", False), ("gzip", True), ("GZIP", True), ("x-gzip", True), ("br, gzip", True), ("*", True),
    ("gzip;q=0", False), ("gzip; q=0.000", False), ("gzip;q=0.001", True), ("*;q=0", False), ("gzip;q=0, *", False),
    ("deflate, *;q=0.5", True), ("gzipped", False), ("br", False), ("*, gzip;q=0", False),
])
def test_what_accept_encoding_allows(field: str, takes: bool) -> None:
    assert takes_gzip(field) is takes


@pytest.mark.parametrize("path", [
    "/log/tile/0/000/", "/log//tile/0/000", "/log/tile//0/000", "//log/tile/0/000", "/log/tile/%30/000",
    "/log/tile/0/%30%30%30", "/log/tile/0/000%2Ep/5", "/log/tile/0/000.p/%35", "/log/tile%2F0/000", "/log/checkpoint/",
    "/log//checkpoint", "/log/%63heckpoint", "/log/vkey/", "/log/tile/0/./000", "/log/tile/0/x000/000",
    "/log/tile/1/../0/000", "/log/tile/0/000.p/0", "/log/tile/0/000.p/256", "/log/tile/0/000.p/01",
    "/log/tile/64/000", "/log/tile/00/000", "/log/tile/entries/000.p/256", "/log/tile/entries/00", "/log/Checkpoint",
    "/log/tile/0/x036/x028/x797/x018/x963/967", "/log/tile/entries/x036/x028/x797/x018/x963/967",
    "/log/tile/entries/x036/x028/x797/x018/x963/967.p/255", "/log/tile/6/x127/999",
    "/log/tile/8/000.p/1", "/log/tile/63/000.p/1", "/log/tile/0/999", "/log/tile/0/000\xff", "/log/tile/0/0",
    "/log/tile/0/00", "/log/tile/0/0000", "/log/tile/0/000.p/257", "/log/tile/0/000.p", "/log/tile/0/-01",
    "/log/tile/9/000", "/log/tile/entries/1", "/log/tile/data/000", "/log/tile/entries/999.p/1",
    "/log/tile/0/x999/x999/999", "/log/tile/0/%2e%2e/000", "/log/tile/0/000.p/1/2", "/log/tile/0/%D9%A0%D9%A0%D9%A0",
])
def test_every_other_path_is_not_found(network: Any, path: str) -> None:
    status, fields, _ = raw(network, f"GET {path}")
    assert status.split()[1] in ("404", "400"), status
    assert "\xff" in path or status.split()[1] == "404"
    if status.split()[1] == "404":
        assert fields["content-type"] == "application/problem+json"
        # What is not there yet may be there soon: no cache keeps that.
        assert fields["cache-control"] == "no-store"


def test_head_is_answered_wherever_get_is(network: Any) -> None:
    for path in ("/health/live", "/v1/organizations", "/schema/openapi.json"):
        status, fields, content = raw(network, f"HEAD {path}")
        assert (status.split()[1], content) == ("200", b"")
        assert fields["content-length"] == raw(network, f"GET {path}")[1]["content-length"]
    assert raw(network, "HEAD /v1/records")[0].split()[1] == "405"
    assert raw(network, "HEAD /nothing")[::2] == ("HTTP/1.1 404 Not Found", b"")


# --- the log before its first entry ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    async def set_up(folder: Path) -> None:
        async with big_log(folder):
            pass

    with temporary_home() as folder:
        asyncio.run(set_up(folder))
        yield folder


def test_a_log_without_entries_has_a_checkpoint_and_no_tile(home: Path) -> None:
    """`serve` enters the registrar at once; a database that was only set up has a head all the same."""

    async def run() -> None:
        async with big_log(home) as log:
            note = await read_checkpoint(log.pool, log.publication)
            head = open_checkpoint(note, log.identity.origin, log.identity.signer.verifier)
            assert (head.size, head.root) == (0, EMPTY_ROOT)
            assert note.split("\n")[1:3] == ["0", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
            assert roots_at([], [0]) == {0: head.root}
            for path in ("tile/0/000", "tile/0/000.p/1", "tile/entries/000.p/1", "tile/1/000.p/1"):
                with pytest.raises(NotFound, match="the log has no"):
                    await read_log_path(log.pool, log.publication, path)

    asyncio.run(run())


def test_a_log_without_entries_is_audited_and_exported(home: Path, tmp_path: Path) -> None:
    audited = command(home, "audit", "--json")
    assert audited.returncode == 0, audited.stderr
    assert (json.loads(audited.stdout)["ok"], json.loads(audited.stdout)["size"]) == (True, 0)
    exported = command(home, "export", "log", str(tmp_path / "log"), "--json")
    assert exported.returncode == 0, exported.stderr
    assert json.loads(exported.stdout)["root"] == EMPTY_ROOT.hex()
    assert {path.name for path in (tmp_path / "log").iterdir()} == {"checkpoint", "keys", "vkey"}


Reading = list[Tile]


@pytest.fixture(scope="module")
def tiled() -> Iterator[Path]:
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


def test_a_full_tile_is_read_once(tiled: Path, reading: Reading) -> None:
    full, partial = Tile(0, 1, WIDTH), Tile(0, 2, 700 - 2 * WIDTH)

    async def run() -> None:
        async with big_log(tiled) as log:
            await read_checkpoint(log.pool, log.publication)
            first = await ask(log, full), await ask(log, partial)
            assert (first, reading) == ((await ask(log, full), await ask(log, partial)), [full, partial, partial])

    asyncio.run(run())


def test_a_tile_is_kept_once_a_signed_head_holds_it(tiled: Path, reading: Reading) -> None:
    """What another server has committed is read anew until this one has checked and signed it."""
    tile = Tile(0, 2, WIDTH)

    async def run() -> None:
        async with big_log(tiled) as log:
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


def test_the_tiles_asked_for_last_are_kept(tiled: Path, reading: Reading) -> None:
    first, second, third = [Tile(0, index, WIDTH) for index in range(3)]

    async def run() -> None:
        async with big_log(tiled, [800]) as log, log.pool.acquire() as connection:
            full = FullTiles(limit=2)
            for asked in ([first, second], [first, third], [first, second]):
                found = await full.read(connection, asked, 800)
                assert found == await tiles.read_tiles(connection, asked)
                del reading[-len(asked):]
            assert reading == [first, second, third, second]

    asyncio.run(run())
