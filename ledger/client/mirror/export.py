"""Copies a log into a folder, or extends an existing copy.

    vkey                            the log's verifier key, one line: the newest one
    keys                            the rotations of that key: notes that lead from each key to the next
    policy                          the policy of the log's witnesses, if it has witnesses
    checkpoint                      the signed checkpoint, as the log served it
    tile/<level>/<index>[.p/<w>]    tiles
    tile/entries/<index>[.p/<w>]    entry bundles
    bodies/<digest>.json            canonical bodies of records of public kinds

Paths below `tile` follow C2SP tlog-tiles, so a static host that serves the folder as `/log` serves the log. The export
replaces the checkpoint last: at every moment the folder holds everything that its checkpoint commits to. Partial tiles
of an earlier checkpoint stay until the full tile exists. The export checks every byte against the new checkpoint before
it writes it. It checks the files of a run that was killed in the same way, and does not fetch them again.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from ledger.client.mirror.folder import Folder
from ledger.client.mirror.proven_tree import Skeleton, check_extends, read_skeleton
from ledger.client.mirror.source import PublicLog
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.entry import parse_entry
from ledger.core.log.key_rotation import LogKeys, check_continues, rotations_in, rotations_of
from ledger.core.log.note import parse_vkey
from ledger.core.log.tiles import (
    TILE_WIDTH,
    EntriesTile,
    Tile,
    all_tiles,
    decode_entries,
    entries_path,
    tile_path,
    tile_width,
)
from ledger.core.record.base import PRIVATE
from ledger.errors import InvalidNote, NotFound, VerificationError

_KEYS = "keys"
AT_ONCE = 16
"""Bundles that are fetched at the same time."""


class ExportSummary(Protocol):
    """Takes the number of entries that are done, and their total."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


class Exported(Struct, frozen=True, kw_only=True, rename="camel"):
    """The content of the folder now. `added` counts new entries, `written` counts files. `root` is hex, `vkey` is the
    newest key, and `notes` say which rotations lead to it."""

    folder: str
    origin: str
    vkey: str
    size: int
    root: str
    added: int
    written: int
    notes: list[str]


async def export(log: PublicLog, folder: Folder, *, vkey: str | None, progress: ExportSummary) -> Exported:
    """Copies a log, or extends the copy. Raises VerificationError if the log is not the log of `vkey` and of the
    folder, does not extend the folder's log, or serves data that its checkpoint does not commit to. In this case the
    folder's checkpoint, and everything that it commits to, is unchanged."""
    old_keys = _old_keys(folder)
    old = None if old_keys is None else _old_checkpoint(folder, old_keys)
    note = await log.checkpoint()
    keys = await _keys(log, old_keys, vkey)
    head = _opened(note, keys, "the log's checkpoint")
    if old is not None:
        await check_extends(old, head, log.tile)
    skeleton = await read_skeleton(head, log.tile)
    writer = _Writer(log, folder, skeleton)
    newest = keys.signing[-1]
    written = [folder.write("vkey", f"{newest}\n".encode()), folder.write(_KEYS, rotations_of(keys))]
    policy = await log.policy()
    written += [] if policy is None else [folder.write("policy", policy)]
    start = 0 if old is None else old.size // TILE_WIDTH
    written += await writer.bundles(start, progress)
    written += [folder.write(tile_path(tile), data) for tile, data in skeleton.tiles.items()]
    written += [folder.write("checkpoint", note.encode())]
    for path in _outgrown(0 if old is None else old.size, head.size):
        folder.remove(path)
    return Exported(
        folder=str(folder.root), origin=head.origin, vkey=newest, size=head.size, root=head.root.hex(),
        added=head.size - (old.size if old else 0), written=sum(map(int, written)),
        notes=[] if keys.led is None else [keys.led],
    )


def _old_keys(folder: Folder) -> LogKeys | None:
    """The keys that signed the folder's checkpoint."""
    vkey, notes = folder.read("vkey"), folder.read(_KEYS)
    if vkey is None:
        return None
    return LogKeys(vkey.decode("utf-8", "replace").strip(), () if notes is None else rotations_in(notes))


async def _keys(log: PublicLog, old: LogKeys | None, pinned: str | None) -> LogKeys:
    """The log's keys, beginning with the key that the caller pins, else the folder's, else the log's own. They must
    continue the chain of keys in the folder."""
    shown = await log.rotations()
    if old is not None:
        if pinned is not None and parse_vkey(pinned).name != old.origin:
            raise VerificationError(f"the folder holds the log of {old.origin}", code="another-log", field="vkey",
                                    value=pinned, rule="a folder of its own for each log")
        check_continues(old.notes, shown)
        pinned = pinned or old.pinned
    return LogKeys(pinned or await log.vkey(), shown)


def _old_checkpoint(folder: Folder, keys: LogKeys) -> Checkpoint | None:
    """The folder's checkpoint, None if no export has completed yet."""
    note = folder.read("checkpoint")
    return None if note is None else _opened(note.decode("utf-8", "replace"), keys, f"{folder.root / 'checkpoint'}")


def _opened(note: str, keys: LogKeys, subject: str) -> Checkpoint:
    """The checkpoint in a note that one of the keys has signed. `subject` names the note in a message."""
    try:
        return keys.opened(note)
    except (InvalidNote, VerificationError) as error:
        code = error.code if error.code == "ended-key" else "wrong-checkpoint"
        raise VerificationError(f"{subject} is not signed by the log: {error.message}", code=code, field="checkpoint",
                                value=keys.origin) from None


class _Writer:
    """Writes bundles, their tiles of level 0 and the public bodies, several bundles at the same time."""

    def __init__(self, log: PublicLog, folder: Folder, skeleton: Skeleton) -> None:
        self._log, self._folder, self._skeleton = log, folder, skeleton

    async def bundles(self, start: int, progress: ExportSummary) -> list[bool]:
        """Writes the bundles from `start` on. Says of each file whether it was written."""
        size = self._skeleton.size
        waiting = iter(range(start, -(-size // TILE_WIDTH)))
        written: list[bool] = []
        done = start * TILE_WIDTH

        async def write_bundles() -> None:
            nonlocal done
            for index in waiting:
                written.extend(await self._bundle(index))
                done += tile_width(0, index, size)
                progress(done, size)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(write_bundles())
        except ExceptionGroup as failed:
            # The first error cancelled the other tasks.
            raise failed.exceptions[0] from None
        return written

    async def _bundle(self, index: int) -> list[bool]:
        tile = EntriesTile(index, tile_width(0, index, self._skeleton.size))
        bundle, hashes = await self._proven(tile)
        written = [await self._public(entry.digest) for entry in map(parse_entry, decode_entries(bundle))
                   if entry.kind != PRIVATE]
        return [*await asyncio.to_thread(self._write, tile, bundle, hashes), *written]

    async def _proven(self, tile: EntriesTile) -> tuple[bytes, Sequence[bytes]]:
        """The folder's bundle if it is in the tree, else the log's."""
        stored = self._folder.read(entries_path(*tile))
        if stored is not None:
            try:
                return stored, self._skeleton.hashes_of(tile.index, stored)
            except VerificationError:
                # The bundle belongs to another tree, or is damaged: the log's bundle replaces it.
                pass
        bundle = await self._log.bundle(tile)
        return bundle, self._skeleton.hashes_of(tile.index, bundle)

    async def _public(self, digest: bytes) -> bool:
        """Writes one body at a time: the bodies of a bundle may have 256 MiB."""
        return await asyncio.to_thread(self._folder.write, _body_path(digest), await self._body(digest))

    async def _body(self, digest: bytes) -> bytes:
        stored = self._folder.read(_body_path(digest))
        body = stored if stored is not None and _has_digest(stored, digest) else await self._fetched(digest)
        if not _has_digest(body, digest):
            raise VerificationError(f"the body of record {digest.hex()} has another digest", code="wrong-body",
                                    field="digest", value=digest.hex())
        return body

    async def _fetched(self, digest: bytes) -> bytes:
        try:
            return await self._log.body(digest)
        except NotFound:
            raise VerificationError(
                f"the log does not serve the body of record {digest.hex()}, whose kind is public",
                code="missing-body", field="digest", value=digest.hex(),
                rule="a log serves the bodies of public kinds to everybody",
            ) from None

    def _write(self, tile: EntriesTile, bundle: bytes, hashes: Sequence[bytes]) -> list[bool]:
        return [
            self._folder.write(entries_path(*tile), bundle),
            self._folder.write(tile_path(Tile(0, *tile)), b"".join(hashes)),
        ]


def _has_digest(body: bytes, digest: bytes) -> bool:
    return hashlib.sha256(body).digest() == digest


def _body_path(digest: bytes) -> str:
    return f"bodies/{digest.hex()}.json"


def _outgrown(old: int, new: int) -> Iterator[str]:
    """The folders of the old tree's partial tiles that are full tiles in the new tree."""
    for tile in all_tiles(old):
        if tile.width < TILE_WIDTH == tile_width(tile.level, tile.index, new):
            yield tile_path(tile).rpartition("/")[0]
            if tile.level == 0:
                yield entries_path(tile.index, tile.width).rpartition("/")[0]

