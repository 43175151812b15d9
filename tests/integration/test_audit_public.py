"""The audit of an exported folder: all that a public log allows, without bodies of private records. Whoever serves it
may change any file, and may sign any checkpoint."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest
from support.server import Server, command, temporary_home
from support.witness import entries_of
from support.workshop import Workshop, workshop

from ledger.cli.audit_target import public_log
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.entry import Entry, parse_entry
from ledger.core.frontier import Frontier
from ledger.core.merkle import leaf_hash
from ledger.core.note import NoteSigner
from ledger.core.records import KeyChange
from ledger.core.signing import SigningKey, public_key
from ledger.core.tiles import Tile, all_tiles, encode_entries, entries_path, tile_path, tile_width
from ledger.service.audit.public import audit_public
from ledger.service.audit.public_source import PublicSource
from ledger.service.audit.report import Report
from ledger.service.keyfiles import LOG_KEY, read_key

Finding = tuple[str, int | None]


class Exported(NamedTuple):
    """A folder with a log of two tiles and a part of one, and the log's key. `indexes` of the records by name."""

    folder: Path
    home: Path
    signer: NoteSigner
    vkey: str
    registrar: str
    entries: list[bytes]
    indexes: dict[str, int]


def changed_key(mill: Workshop, server: Server, *, compromised: int | None = None) -> KeyChange:
    new = SigningKey.from_seed(hashlib.sha256(b"another").digest())
    return KeyChange(
        issuer=mill.id, nonce=mill.nonce(), organization=mill.id, added=[public_key(new, server.origin, mill.id)],
        revoked=[mill.party.key.keyid.hex()], compromised_since=compromised,
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    folder = tmp_path_factory.mktemp("export") / "log"
    with temporary_home() as home, Server(home) as server:
        mill, smith = [workshop(server, name, pot="100000") for name in ("mill", "smith")]
        for start in range(0, 540, 90):
            server.post([smith.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(start, start + 90)])
        (last,) = server.post([mill.make({"last": "1"}, {"pot": "1"})])
        (revoked,) = server.post([mill.signed(changed_key(mill, server, compromised=last.index))])
        (after,) = server.post([smith.use({"lot-0": "1"})])
        done = command(home, "export", "log", str(folder), "--from", server.url, "--vkey", server.vkey)
        assert done.returncode == 0, done.stderr
        signer = NoteSigner(server.origin, read_key(home / LOG_KEY).private)
        entries = entries_of(server.url, after.index + 1)
        indexes = {"last": last.index, "revoked": revoked.index, "after": after.index}
        yield Exported(folder, home, signer, server.vkey, parse_entry(entries[0]).keyid.hex(), entries, indexes)


class Copy:
    """A folder whose owner is free to do as he likes."""

    def __init__(self, exported: Exported, folder: Path) -> None:
        self.exported = exported
        self.folder = folder
        shutil.copytree(exported.folder, folder)

    def audit(self) -> Report:
        async def run() -> Report:
            async with public_log(str(self.folder)) as log:
                return await audit_public(
                    PublicSource(log), vkey=self.exported.vkey, registrar=self.exported.registrar,
                    progress=lambda _, __: None,
                )

        return asyncio.run(run())

    def findings(self) -> list[Finding]:
        report = self.audit()
        assert report.ok == (not report.findings)
        return [(one.rule, one.index) for one in report.findings]

    def write(self, entries: Sequence[bytes]) -> None:
        """All that a log of these entries consists of, signed: every hash fits."""
        size, level = len(entries), [leaf_hash(entry) for entry in entries]
        levels = [level]
        while len(level) >= 256:
            level = [Frontier().extended(level[i : i + 256]).root() for i in range(0, len(level) // 256 * 256, 256)]
            levels.append(level)
        for tile in all_tiles(size):
            place = slice(tile.index * 256, tile.index * 256 + tile.width)
            self.put(tile_path(tile), b"".join(levels[tile.level][place]))
        for index in range(-(-size // 256)):
            width = tile_width(0, index, size)
            self.put(entries_path(index, width), encode_entries(list(entries[index * 256 : index * 256 + width])))
        root = Frontier().extended(levels[0]).root()
        self.put("checkpoint", sign_checkpoint(Checkpoint(self.exported.signer.name, size, root),
                                               self.exported.signer).encode())

    def put(self, path: str, data: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)

    def change(self, index: int, change: Callable[[Entry], Entry]) -> None:
        entries = list(self.exported.entries)
        entries[index] = change(parse_entry(entries[index])).to_bytes()
        self.write(entries)


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Copy:
    return Copy(exported, tmp_path / "log")


def test_an_honest_log(copy: Copy) -> None:
    report = copy.audit()
    assert report.findings == []
    size = len(copy.exported.entries)
    assert (report.entries, report.signatures, report.size) == (size, size, size)
    public = sum(parse_entry(entry).kind != 0 for entry in copy.exported.entries)
    assert report.records["private"] == size - public
    doubted, unchecked = report.notes
    assert doubted.startswith(f"2 entries from {copy.exported.indexes['last']} on are signed by key ")
    assert unchecked == (
        f"not checked: the bodies of {size - public} private records, and so whether they may follow what is before "
        "them, their figures and balances"
    )


def test_written_anew_it_is_the_same(copy: Copy) -> None:
    """What the cases below change is what they find."""
    copy.write(copy.exported.entries)
    assert copy.findings() == []


def test_a_record_signed_by_a_revoked_key(copy: Copy) -> None:
    """The entry of before, moved behind the revocation: every hash and every signature holds."""
    entries, indexes = list(copy.exported.entries), copy.exported.indexes
    moved = entries.pop(indexes["last"])
    entries.insert(indexes["revoked"], parse_entry(moved)._replace(
        time=parse_entry(entries[indexes["revoked"] - 1]).time).to_bytes())
    copy.write(entries)
    assert copy.findings() == [("admission", indexes["revoked"])]


def test_a_record_before_its_key_was_enrolled(copy: Copy) -> None:
    entries = list(copy.exported.entries)
    early = next(i for i, entry in enumerate(entries) if i and parse_entry(entry).kind == 1)
    moved = parse_entry(entries.pop(copy.exported.indexes["last"]))
    entries.insert(early, moved._replace(time=parse_entry(entries[early]).time).to_bytes())
    copy.write(entries)
    assert ("admission", early) in copy.findings()


def test_a_record_that_is_there_twice(copy: Copy) -> None:
    copy.write([*copy.exported.entries, copy.exported.entries[copy.exported.indexes["after"]]])
    assert copy.findings() == [("admission", len(copy.exported.entries))]


CHANGES: Final[dict[str, tuple[Callable[[Entry], Entry], str]]] = {
    "a signature": (lambda entry: entry._replace(signature=bytes(64)), "signature"),
    "a digest": (lambda entry: entry._replace(digest=bytes(32)), "signature"),
    "another key": (lambda entry: entry._replace(keyid=bytes(32)), "signature"),
    "a time": (lambda entry: entry._replace(time=1), "time"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_entry(copy: Copy, what: str) -> None:
    change, rule = CHANGES[what]
    copy.change(300, change)
    assert copy.findings()[0] == (rule, 300)


def test_a_public_record_passed_off_as_private(copy: Copy) -> None:
    """Its signature covers the kind; and the keys that it entered are then on no log."""
    index = copy.exported.indexes["revoked"]
    copy.change(index, lambda entry: entry._replace(kind=0))
    assert copy.findings() == [("signature", index)]


def test_an_outcome_of_a_public_record(copy: Copy) -> None:
    index = copy.exported.indexes["revoked"]
    copy.change(index, lambda entry: entry._replace(outcome=bytes(32)))
    assert copy.findings() == [("outcome", index)]


@pytest.mark.parametrize("kept", [None, b"{}"])
def test_a_public_body(copy: Copy, kept: bytes | None) -> None:
    index = copy.exported.indexes["revoked"]
    path = copy.folder / "bodies" / f"{parse_entry(copy.exported.entries[index]).digest.hex()}.json"
    path.unlink()
    if kept is not None:
        path.write_bytes(kept)
    assert copy.findings() == [("body", index)]


def test_an_entry_that_the_checkpoint_does_not_hold(copy: Copy) -> None:
    """The files alone are changed: there is no new checkpoint."""
    entries = list(copy.exported.entries[:256])
    entries[30] = parse_entry(entries[30])._replace(outcome=bytes(32)).to_bytes()
    copy.put(entries_path(0, 256), encode_entries(entries))
    assert {("root", None), ("tiles", None)} <= set(copy.findings())


@pytest.mark.parametrize("tile", [Tile(0, 0, 256), Tile(0, 1, 256), Tile(1, 0, 2)])
def test_a_tile(copy: Copy, tile: Tile) -> None:
    (copy.folder / tile_path(tile)).write_bytes(bytes(32 * tile.width))
    assert copy.findings() == [("tiles", None)]


def test_a_partial_tile(copy: Copy) -> None:
    width = len(copy.exported.entries) % 256
    (copy.folder / tile_path(Tile(0, 2, width))).write_bytes(bytes(32 * width))
    assert copy.findings() == [("tiles", None)]


def test_a_missing_bundle(copy: Copy) -> None:
    (copy.folder / entries_path(1, 256)).unlink()
    assert copy.findings() == [("order", 256)]


def test_a_bundle_that_is_none(copy: Copy) -> None:
    width = len(copy.exported.entries) % 256
    (copy.folder / entries_path(2, width)).write_bytes(b"\0")
    assert {("complete", None), ("root", None)} <= set(copy.findings())


def test_a_checkpoint_that_another_key_signed(copy: Copy) -> None:
    other = NoteSigner(copy.exported.signer.name, SigningKey.from_seed(bytes(32)).private)
    copy.put("checkpoint", sign_checkpoint(Checkpoint(other.name, 1, bytes(32)), other).encode())
    assert copy.findings() == [("checkpoint", None)]


def test_on_the_command_line(copy: Copy, tmp_path: Path) -> None:
    home = copy.exported.home
    done = command(home, "audit", str(copy.folder), "--vkey", copy.exported.vkey, "--json")
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout)["ok"]
    copy.change(300, lambda entry: entry._replace(signature=bytes(64)))
    done = command(home, "audit", str(copy.folder), "--vkey", copy.exported.vkey)
    assert done.returncode == 1
    assert "DOES NOT HOLD at index 300, rule signature" in done.stdout
    assert "not checked: the bodies of" in done.stdout
    (tmp_path / "empty").mkdir()
    done = command(home, "audit", str(tmp_path / "empty"), "--json")
    assert done.returncode == 1
    assert json.loads(done.stderr)["code"] == "configuration"


def test_over_http(tmp_path: Path) -> None:
    with temporary_home() as home, Server(home) as server:
        workshop(server, "mill", pot="10")
        done = command(home, "audit", server.url, "--public", "--vkey", server.vkey, "--json")
        assert done.returncode == 0, done.stderr
        report = msgspec.json.decode(done.stdout)
        whole = msgspec.json.decode(server.audit("--json").stdout)
    assert report["size"] == report["signatures"] == whole["size"]
    assert report["root"] == whole["root"]
