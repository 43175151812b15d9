"""The audit of an exported folder: all that a public log allows, without bodies of private records. Whoever serves it
may change any file, and may sign any checkpoint."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest
from support.server import Server, command, prepared_home
from support.witness import entries_of
from support.workshop import Workshop, workshop

from ledger.cli.auditor.audit_target import public_log
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run_public import audit_public
from ledger.client.audit.source.public import PublicSource
from ledger.client.mirror.source import PublicLog
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.key_rotation import LogKeys, Rotation, rotations_of, sign_rotation
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.note import NoteSigner
from ledger.core.log.tiles import Tile, all_tiles, encode_entries, entries_path, tile_path, tile_width
from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import ConfigurationError
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.heads.keyring import vkey_of

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
    with prepared_home() as home, Server(home) as server:
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


class Watched(PublicSource):
    """It notes from which entry on it is read."""

    def __init__(self, log: PublicLog, read: list[int]) -> None:
        super().__init__(log)
        self._read = read

    def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        self._read.append(start)
        return super().pages(size, start)


class Copy:
    """A folder whose owner is free to do anything."""

    def __init__(self, exported: Exported, folder: Path) -> None:
        self.exported = exported
        self.folder = folder
        shutil.copytree(exported.folder, folder)

    def audit(self, state: Path | None = None, read: list[int] | None = None, vkey: str | None = None) -> AuditReport:
        """`read` gets the entries at which reading began."""
        async def run() -> AuditReport:
            async with public_log(str(self.folder)) as log:
                return await audit_public(
                    Watched(log, [] if read is None else read), AuditOptions(
                        vkey=vkey or self.exported.vkey, registrar=self.exported.registrar, state=state,
                        lots_in_memory=10,
                    ),
                )

        return asyncio.run(run())

    def findings(self, state: Path | None = None) -> list[Finding]:
        report = self.audit(state)
        assert report.ok == (not report.findings)
        return [(one.rule, one.index) for one in report.findings]

    def write(self, entries: Sequence[bytes], *signers: NoteSigner) -> None:
        """All that a log of these entries consists of, signed by its key or these: every hash fits."""
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
        head = Checkpoint(self.exported.signer.name, size, Frontier().extended(levels[0]).root())
        self.put("checkpoint", sign_checkpoint(head, *(signers or [self.exported.signer])).encode())

    def rotate(self, new: NoteSigner, begun: int, ended: int | None = None) -> str:
        """From `begun` on `new` signs too, from `ended` on alone. Returns its vkey."""
        old, name = self.exported.signer, vkey_of(new)
        step = Rotation(True, old.name, self.exported.vkey, name, begun)
        notes = [sign_rotation(step, old, new)]
        if ended is not None:
            notes.append(sign_rotation(step._replace(begins=False, size=ended), new))
        self.put("keys", rotations_of(LogKeys(name, notes)))
        return name

    def put(self, path: str, data: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)

    def change(self, index: int, change: Callable[[Entry], Entry]) -> None:
        entries = list(self.exported.entries)
        entries[index] = change(parse_entry(entries[index])).to_bytes()
        self.write(entries)


def other_signer(copy: Copy, seed: int) -> NoteSigner:
    return NoteSigner(copy.exported.signer.name, SigningKey.from_seed(bytes([seed]) * 32).private)


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
    assert doubted.startswith(f"in doubt: 2 entries from {copy.exported.indexes['last']} on are signed by key ")
    assert unchecked == (
        f"not checked: the bodies of {size - public} private records, and so whether these are admissible after "
        "the earlier records, their figures and their balances"
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


# --- from a state ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2", "255", "256", "257", "512", "last", "revoked", "after", "all"])
def test_it_goes_on_from_a_state(copy: Copy, tmp_path: Path, name: str) -> None:
    """It says what one from zero says, and reads what is new alone, unless a key is newly reported."""
    state, read, again = tmp_path / "public.state", list[int](), list[int]()
    indexes, entries = copy.exported.indexes, copy.exported.entries
    size = indexes[name] if name in indexes else len(entries) if name == "all" else int(name)
    copy.write(entries[:size])
    assert copy.findings(state) == []
    copy.write(entries)
    report = copy.audit(state, read)
    assert (report.findings, report.start, report.counted("signatures")) == ([], size, len(entries) - size)
    assert msgspec.structs.replace(report, start=0, earlier={}) == copy.audit()
    reported = [] if size > indexes["revoked"] else [indexes["last"]]
    assert read == [size, *([size] if not reported and size < len(entries) else reported)]
    last = copy.audit(state, again)
    assert (last.counted("entries"), last.counted("signatures")) == (0, 0)
    assert (msgspec.structs.replace(last, start=0, earlier={}), again) == (copy.audit(), [len(entries)])


def test_a_record_of_before_the_state_is_there_again(copy: Copy, tmp_path: Path) -> None:
    state, entries = tmp_path / "public.state", copy.exported.entries
    copy.write(entries)
    assert copy.findings(state) == []
    kept = state.read_bytes()
    copy.write([*entries, parse_entry(entries[300])._replace(time=parse_entry(entries[-1]).time).to_bytes()])
    assert copy.findings(state) == copy.findings() == [("admission", len(entries))]
    assert state.read_bytes() == kept


def test_a_key_that_was_revoked_before_the_state(copy: Copy, tmp_path: Path) -> None:
    state, entries = tmp_path / "public.state", list(copy.exported.entries)
    moved = parse_entry(entries.pop(copy.exported.indexes["last"]))
    copy.write(entries)
    assert copy.findings(state) == []
    copy.write([*entries, moved._replace(time=parse_entry(entries[-1]).time).to_bytes()])
    assert copy.findings(state) == copy.findings() == [("admission", len(entries))]


def test_a_public_log_that_was_rolled_back_or_forked(copy: Copy, tmp_path: Path) -> None:
    state, entries = tmp_path / "public.state", list(copy.exported.entries)
    copy.write(entries[:500])
    assert copy.findings(state) == []
    kept = state.read_bytes()
    copy.write(entries[:400])
    assert copy.findings(state) == [("consistency", 400)]
    copy.change(300, lambda entry: entry._replace(outcome=bytes(32)))
    assert (copy.findings(), copy.findings(state), state.read_bytes()) == ([], [("consistency", None)], kept)


def test_the_log_s_key_is_rotated_between_two_audits(copy: Copy, tmp_path: Path) -> None:
    """From the old key's state on, who names the old key, the new one or none is led to the same; the state knows the
    rotation afterwards, whichever key was named."""
    state, entries, old = tmp_path / "public.state", copy.exported.entries, copy.exported.vkey
    new = other_signer(copy, 1)
    copy.write(entries[:500])
    assert copy.audit(state).notes[-1].startswith("not checked")
    first = state.read_bytes()
    name = copy.rotate(new, 500)
    copy.write(entries[:510], copy.exported.signer, new)
    for vkey in (old, name):
        state.write_bytes(first)
        report = copy.audit(state, vkey=vkey)
        assert (report.findings, report.start, report.vkey) == ([], 500, vkey)
        assert any("which signs together with it" in note for note in report.notes) == (vkey == old)
    copy.rotate(new, 500, 520)
    copy.write(entries, new)
    overlapping = state.read_bytes()
    for kept, start in ((first, 500), (overlapping, 510)):
        for vkey in (old, name):
            state.write_bytes(kept)
            for begun in (start, len(entries)):
                report = copy.audit(state, vkey=vkey)
                assert (report.findings, report.start) == ([], begun)
                assert any(f"to {name}, which signs now" in note for note in report.notes) == (vkey == old)
                assert msgspec.structs.replace(report, start=0, earlier={}) == copy.audit(vkey=vkey)


def test_a_key_to_which_no_rotation_leads_from_the_state(copy: Copy, tmp_path: Path) -> None:
    """Neither by the notes that the state holds nor by those that the log shows, which may be of another line."""
    state, entries, old = tmp_path / "public.state", copy.exported.entries, copy.exported.vkey
    new, thief = other_signer(copy, 1), other_signer(copy, 2)
    copy.write(entries[:500])
    assert copy.findings(state) == []
    before = state.read_bytes()
    with pytest.raises(ConfigurationError, match="no rotation leads from it") as caught:
        copy.audit(state, vkey=vkey_of(thief))
    assert (caught.value.field, caught.value.value) == ("vkey", vkey_of(thief))
    # A line that begins at the key that is asked for says nothing of the state's.
    alone = Rotation(True, new.name, vkey_of(new), vkey_of(thief), 500)
    copy.put("keys", rotations_of(LogKeys(vkey_of(new), [sign_rotation(alone, new, thief)])))
    copy.write(entries, new, thief)
    report = copy.audit(state, vkey=vkey_of(new))
    assert [one.message[:35] for one in report.findings] == ["the rotations do not lead from or t"]
    assert state.read_bytes() == before
    name = copy.rotate(new, 500, 510)
    copy.write(entries, new)
    assert copy.audit(state, vkey=name).ok
    kept = state.read_bytes()
    with pytest.raises(ConfigurationError, match="no rotation leads from it"):
        copy.audit(state, vkey=vkey_of(thief))
    # Whoever has the old key makes another line of it, or keeps the end back.
    for signer, ended in ((thief, 510), (new, None)):
        shown = copy.rotate(signer, 500, ended)
        for vkey in (old, name, shown):
            report = copy.audit(state, vkey=vkey)
            assert [(one.rule, "was seen before" in one.message) for one in report.findings] == [("checkpoint", True)]
    assert state.read_bytes() == kept


# --- as users do -----------------------------------------------------------------------------------------------------


def test_on_the_command_line(copy: Copy, tmp_path: Path) -> None:
    home = copy.exported.home
    done = command(home, "audit", str(copy.folder), "--vkey", copy.exported.vkey, "--json")
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout)["ok"]
    state = tmp_path / "public.state"
    for start in (0, len(copy.exported.entries)):
        done = command(home, "audit", str(copy.folder), "--vkey", copy.exported.vkey, "--state", str(state), "--json")
        assert msgspec.json.decode(done.stdout)["start"] == start
    copy.change(300, lambda entry: entry._replace(signature=bytes(64)))
    done = command(home, "audit", str(copy.folder), "--vkey", copy.exported.vkey)
    assert done.returncode == 1
    assert "DOES NOT HOLD at index 300, rule signature" in done.stdout
    assert "not checked: the bodies of" in done.stdout
    (tmp_path / "empty").mkdir()
    done = command(home, "audit", str(tmp_path / "empty"), "--json")
    assert (done.returncode, json.loads(done.stderr)["code"]) == (1, "configuration")


def test_over_http(server: Server, shop: Workshop) -> None:
    done = command(server.home, "audit", server.url, "--public", "--vkey", server.vkey, "--json")
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(done.stdout)
    whole = msgspec.json.decode(server.audit("--json").stdout)
    assert report["size"] == report["signatures"] == whole["size"]
    assert report["root"] == whole["root"]


@pytest.mark.parametrize("first", [[], ["--public"]], ids=["with bodies", "without"])
def test_a_state_of_another_kind(server: Server, tmp_path: Path, first: list[str]) -> None:
    state = tmp_path / "audit.state"
    then = [] if first else ["--public"]
    assert server.audit("--state", str(state), *first).returncode == 0
    kept = state.read_bytes()
    done = server.audit("--state", str(state), *then)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"the state belongs to an audit {'without' if first else 'with'} bodies of private records" in done.stderr
    assert state.read_bytes() == kept
