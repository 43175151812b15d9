"""Exporting a log that lies, into a folder that is damaged, in a run that ends in the middle.

What the folder's checkpoint commits to is never touched, and what is in the folder afterwards is the log.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.raising import raised
from support.static_log import BODY, ROGUE, SIGNER, StaticLog, some_entries

from ledger.client.mirror.export import Exported, export
from ledger.client.mirror.folder import opened
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.key_rotation import Rotation, Rotations, sign_rotation
from ledger.core.log.note import NoteSigner, sign_note, vkey
from ledger.core.log.tiles import encode_entries
from ledger.errors import ConfigurationError, LedgerError, Unavailable, VerificationError

BODY_PATH = f"bodies/{hashlib.sha256(BODY).hexdigest()}.json"


def run(log: StaticLog, folder: Path, key: str | None = None) -> Exported:
    with opened(folder) as target:
        return asyncio.run(export(log, target, vkey=key, progress=lambda _done, _total=None: None))


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(log: StaticLog) -> dict[str, bytes]:
    return log.files | {
        "checkpoint": log.note.encode(), "vkey": f"{log.key}\n".encode(), BODY_PATH: BODY,
        "keys": msgspec.json.encode(Rotations(log.head.origin, log.notes)),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_copy_is_the_log_and_only_that(folder: Path) -> None:
    log = StaticLog(some_entries(600))
    found = run(log, folder)
    assert files_in(folder) == expected(log)
    assert (found.size, found.added, found.written) == (600, 600, len(expected(log)))
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.rglob("*") if path.is_file())
    again = run(log, folder)
    assert (again.added, again.written) == (0, 0)


@pytest.mark.parametrize("sizes", [(4, 255, 256, 257, 511, 512, 513), (5, 700), (300, 301), (256, 700, 700)])
def test_a_copy_grows_through_sizes(folder: Path, sizes: tuple[int, ...]) -> None:
    """A partial tile of a checkpoint that was here stays until the full one is there."""
    kept: dict[str, bytes] = {}
    for size in sizes:
        log = StaticLog(some_entries(size))
        run(log, folder)
        kept = {
            path: data for path, data in (kept | expected(log)).items()
            if path in expected(log) or path.partition(".p/")[0] not in log.files
        }
        assert files_in(folder) == kept, size


def test_the_empty_log(folder: Path) -> None:
    assert (run(StaticLog([]), folder).size, set(files_in(folder))) == (0, {"checkpoint", "keys", "vkey"})
    assert run(StaticLog(some_entries(5)), folder).added == 5


Lie = Callable[[StaticLog], None]


def replaced(path: str, change: Callable[[bytes], bytes]) -> Lie:
    def lie(log: StaticLog) -> None:
        log.files[path] = change(log.files[path])

    return lie


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def forked(log: StaticLog) -> None:
    log.__init__(some_entries(700, changed=299))  # type: ignore[misc]


def rewritten(log: StaticLog) -> None:
    log.__init__(some_entries(700, changed=4))  # type: ignore[misc]


def shrunk(log: StaticLog) -> None:
    log.__init__(some_entries(299))  # type: ignore[misc]


def same_size(log: StaticLog) -> None:
    log.__init__(some_entries(300, changed=299))  # type: ignore[misc]


def other_key(log: StaticLog) -> None:
    log.note = sign_checkpoint(log.head, ROGUE)


def other_root(log: StaticLog) -> None:
    log.note = sign_checkpoint(Checkpoint(log.head.origin, log.head.size, bytes(32)), SIGNER)


def other_origin(log: StaticLog) -> None:
    log.note = sign_note(Checkpoint("other.example", log.head.size, log.head.root).text(), [SIGNER])


def no_checkpoint(log: StaticLog) -> None:
    log.note = "nothing\n"


def entries_swapped(log: StaticLog) -> None:
    path = "tile/entries/001"
    data = log.files[path]
    log.files[path] = data[172:344] + data[:172] + data[344:]


def bundle_of_nothing(log: StaticLog) -> None:
    log.files["tile/entries/001"] = encode_entries([b"x"] * 256)


@pytest.mark.parametrize(("lie", "code"), [
    (forked, "forked"), (rewritten, "forked"), (same_size, "forked"), (shrunk, "rolled-back"),
    (other_key, "wrong-checkpoint"), (other_origin, "wrong-checkpoint"), (no_checkpoint, "wrong-checkpoint"),
    (other_root, "forked"), (entries_swapped, "wrong-tile"), (bundle_of_nothing, "wrong-tile"),
    (replaced("tile/entries/001", flipped), "wrong-tile"),
    (replaced("tile/entries/001", lambda data: data[:-1]), "wrong-tile"),
    (replaced("tile/entries/001", lambda data: data + b"\0\0"), "wrong-tile"),
    (replaced("tile/entries/002.p/188", flipped), "wrong-tile"), (replaced("tile/0/002.p/188", flipped), "forked"),
    (replaced("tile/1/000.p/2", flipped), "wrong-tile"),
    (replaced("tile/1/000.p/2", lambda data: data[:-1]), "forked"),
])
def test_a_log_that_lies_changes_nothing(folder: Path, lie: Lie, code: str) -> None:
    """The folder holds 300 entries; the log claims 700 that are not, or not only, those."""
    before = StaticLog(some_entries(300))
    run(before, folder)
    log = StaticLog(some_entries(700))
    lie(log)
    error = raised(VerificationError, run, log, folder)
    assert error.code == code, error
    after = files_in(folder)
    assert {path: after[path] for path in expected(before)} == expected(before)
    if code != "wrong-tile":
        # Found before anything was written.
        assert after == expected(before)
    run(StaticLog(some_entries(700)), folder)
    assert {path: files_in(folder)[path] for path in expected(StaticLog(some_entries(700)))} == expected(
        StaticLog(some_entries(700))
    )


def test_a_first_copy_of_a_tree_that_its_head_does_not_have(folder: Path) -> None:
    log = StaticLog(some_entries(300))
    other_root(log)
    assert "tiles do not have the root" in str(raised(VerificationError, run, log, folder))
    assert files_in(folder) == {}


@pytest.mark.parametrize(("bodies", "code"), [
    ({}, "missing-body"), ({hashlib.sha256(BODY).digest(): BODY + b" "}, "wrong-body"),
])
def test_public_bodies_that_are_missing_or_others(folder: Path, bodies: dict[bytes, bytes], code: str) -> None:
    log = StaticLog(some_entries(300))
    log.bodies = bodies
    assert raised(VerificationError, run, log, folder).code == code
    assert "checkpoint" not in files_in(folder)


def test_a_run_that_ends_in_the_middle_is_gone_on_with(folder: Path) -> None:
    """What was written before is checked and not fetched again; the checkpoint comes last."""

    class Ending(StaticLog):
        async def bundle(self, tile: object) -> bytes:
            if len(self.asked) > 9:
                raise Unavailable("gone")
            return await super().bundle(tile)  # type: ignore[arg-type]

    logged = some_entries(2_000)
    raised(Unavailable, run, Ending(logged), folder)
    partly = files_in(folder)
    assert "checkpoint" not in partly
    written = {path for path in partly if path.startswith("tile/entries/")}
    assert 0 < len(written) < 8
    log = StaticLog(logged)
    run(log, folder)
    assert files_in(folder) == expected(log)
    assert not written & set(log.asked)


@pytest.mark.parametrize("damage", [b"", b"\0" * 10, None])
def test_what_a_killed_run_left_damaged_is_written_anew(folder: Path, damage: bytes | None) -> None:
    log = StaticLog(some_entries(600))
    run(log, folder)
    (folder / "checkpoint").unlink()
    path = folder / "tile" / "entries" / "001"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    (folder / BODY_PATH).write_bytes(b"{}")
    (folder / "tile" / ".new-abc").write_bytes(b"half")
    run(log, folder)
    assert files_in(folder) == expected(log)


def test_another_log_is_not_written_over(folder: Path) -> None:
    run(StaticLog(some_entries(300)), folder)
    before = files_in(folder)
    stranger = NoteSigner("stranger.example/log", ROGUE._key)
    assert "not signed by the log" in str(raised(
        VerificationError, run, StaticLog(some_entries(300), stranger), folder
    ))
    assert (raised(VerificationError, run, StaticLog(some_entries(300), stranger), folder,
                   vkey(stranger.name, stranger.verifier.key)).code, files_in(folder)) == ("another-log", before)


def test_a_log_that_changed_its_key(folder: Path) -> None:
    """The new key counts where the caller pins it; what the folder holds was checked with the old one."""
    run(StaticLog(some_entries(300)), folder)
    before = files_in(folder)
    changed = StaticLog(some_entries(700), ROGUE)
    assert "not signed by the log" in str(raised(VerificationError, run, changed, folder))
    assert (files_in(folder), run(changed, folder, changed.key).added) == (before, 400)
    assert (folder / "vkey").read_text() == f"{changed.key}\n"
    rewriting = StaticLog(some_entries(800, changed=5), ROGUE)
    assert raised(VerificationError, run, rewriting, folder, rewriting.key).code == "forked"


def rotated(*sizes: int) -> list[str]:
    """The key is rotated at the first size; it ends at the second, where there is one."""
    old, new = (vkey(one.name, one.verifier.key) for one in (SIGNER, ROGUE))
    both = ((SIGNER, ROGUE), (ROGUE,))
    return [sign_rotation(Rotation(i == 0, SIGNER.name, old, new, size), *both[i]) for i, size in enumerate(sizes)]


def test_a_log_whose_key_was_rotated(folder: Path) -> None:
    """Its notes lead from the key that the folder has; they are kept in it, and only grow."""
    old = run(StaticLog(some_entries(300)), folder)
    assert old.notes == []
    begun = StaticLog(some_entries(400))
    begun.notes = rotated(300)
    begun.note = sign_checkpoint(begun.head, SIGNER, ROGUE)
    assert "signs together with it" in run(begun, folder, old.vkey).notes[0]
    assert files_in(folder).items() >= expected(begun).items() - {("vkey", f"{begun.key}\n".encode())}
    ended = StaticLog(some_entries(500), ROGUE)
    ended.notes = rotated(300, 400)
    assert run(ended, folder).vkey == ended.key
    assert "signs now" in run(ended, folder, old.vkey).notes[0]
    assert (folder / "vkey").read_text() == f"{ended.key}\n"
    before = files_in(folder)
    for notes in ([], rotated(300), rotated(301, 400)):
        other = StaticLog(some_entries(600), ROGUE)
        other.notes = notes
        assert raised(VerificationError, run, other, folder).code == "forked-keys"
    retired = StaticLog(some_entries(600))
    retired.notes = ended.notes
    assert (raised(VerificationError, run, retired, folder).code, files_in(folder)) == ("ended-key", before)


def test_a_pinned_key_counts_and_not_what_the_log_says(folder: Path) -> None:
    assert "not signed by the log" in str(raised(VerificationError, run, StaticLog(some_entries(10), ROGUE), folder,
                                                 vkey(SIGNER.name, SIGNER.verifier.key)))
    assert files_in(folder) == {}


def test_signature_lines_of_others_are_kept(folder: Path) -> None:
    """The note is published as it was served, witnesses and all."""
    log = StaticLog(some_entries(10))
    log.note = sign_note(log.head.text(), [NoteSigner("witness.example", ROGUE._key), SIGNER])
    run(log, folder)
    assert (folder / "checkpoint").read_text() == log.note
    log.note = sign_checkpoint(log.head, SIGNER)
    assert run(log, folder).written == 1


def test_a_folder_that_holds_something_else_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    with pytest.raises(ConfigurationError, match="holds no log"), opened(folder):
        pass
    assert os.listdir(folder) == ["thesis.tex"]


def test_a_damaged_checkpoint_in_the_folder_is_named(folder: Path) -> None:
    log = StaticLog(some_entries(10))
    run(log, folder)
    (folder / "checkpoint").write_text("damaged")
    assert "checkpoint is not signed by the log" in str(raised(VerificationError, run, log, folder))


def test_two_exports_into_one_folder(folder: Path) -> None:
    with opened(folder):
        with pytest.raises(LedgerError) as caught, opened(folder):
            pass
        assert caught.value.code == "folder-in-use"
