"""Copies a log into a folder, or extends the copy that is there.

    vkey                            the log's verifier key, one line: the newest one
    keys                            how that key was rotated: notes that lead from each key to the next
    policy                          that of the log's witnesses, where it has some
    checkpoint                      the signed checkpoint, as the log served it
    tile/<level>/<index>[.p/<w>]    tiles
    tile/entries/<index>[.p/<w>]    entry bundles
    bodies/<digest>.json            canonical bodies of records of public kinds

Paths below `tile` are those of C2SP tlog-tiles, so a static host that serves the folder as `/log` serves the log. The
checkpoint is replaced last: at every moment the folder holds all that its checkpoint commits to. Partial tiles of a
checkpoint that was here stay until the full one is there. Every byte is checked against the new checkpoint before it is
written, whether it comes from the log or was left by a run that was killed; that one's files are not fetched again.
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
"""Bundles that are under way."""


class ExportSummary(Protocol):
    """Is told how much is done."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


class Exported(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is in the folder now; `added` entries are new, `written` counts files. `root` is hex, `vkey` the newest key;
    `notes` say how it was come to."""

    folder: str
    origin: str
    vkey: str
    size: int
    root: str
    added: int
    written: int
    notes: list[str]


async def export(log: PublicLog, folder: Folder, *, vkey: str | None, progress: ExportSummary) -> Exported:
    """Copies or extends. Raises VerificationError where the log is not the one of `vkey` and of the folder, does not
    extend what the folder holds, or serves what its checkpoint does not commit to; then the folder's checkpoint, and
    all that it commits to, is as it was."""
    held = _held_keys(folder)
    old = None if held is None else _held(folder, held)
    note = await log.checkpoint()
    keys = await _keys(log, held, vkey)
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


def _held_keys(folder: Folder) -> LogKeys | None:
    """Those with which the folder's checkpoint was checked."""
    vkey, notes = folder.read("vkey"), folder.read(_KEYS)
    if vkey is None:
        return None
    return LogKeys(vkey.decode("utf-8", "replace").strip(), () if notes is None else rotations_in(notes))


async def _keys(log: PublicLog, held: LogKeys | None, pinned: str | None) -> LogKeys:
    """The keys that count: from the one on that the caller pins, else the folder, else the log's own; a line of keys
    that the folder has goes on."""
    shown = await log.rotations()
    if held is not None:
        if pinned is not None and parse_vkey(pinned).name != held.origin:
            raise VerificationError(f"the folder holds the log of {held.origin}", code="another-log", field="vkey",
                                    value=pinned, rule="a folder of its own for each log")
        check_continues(held.notes, shown)
        pinned = pinned or held.pinned
    return LogKeys(pinned or await log.vkey(), shown)


def _held(folder: Folder, keys: LogKeys) -> Checkpoint | None:
    """What the folder has, None where a run has not come to its end yet."""
    note = folder.read("checkpoint")
    return None if note is None else _opened(note.decode("utf-8", "replace"), keys, f"{folder.root / 'checkpoint'}")


def _opened(note: str, keys: LogKeys, what: str) -> Checkpoint:
    """The checkpoint in a note that one of the keys has signed."""
    try:
        return keys.opened(note)
    except (InvalidNote, VerificationError) as error:
        code = error.code if error.code == "ended-key" else "wrong-checkpoint"
        raise VerificationError(f"{what} is not signed by the log: {error.message}", code=code, field="checkpoint",
                                value=keys.origin) from None


class _Writer:
    """Bundles with their tiles of level 0 and the public bodies, several at once."""

    def __init__(self, log: PublicLog, folder: Folder, skeleton: Skeleton) -> None:
        self._log, self._folder, self._skeleton = log, folder, skeleton

    async def bundles(self, start: int, progress: ExportSummary) -> list[bool]:
        """From bundle `start` on. Whether each file was written anew."""
        size = self._skeleton.size
        waiting = iter(range(start, -(-size // TILE_WIDTH)))
        written: list[bool] = []
        done = start * TILE_WIDTH

        async def work() -> None:
            nonlocal done
            for index in waiting:
                written.extend(await self._bundle(index))
                done += tile_width(0, index, size)
                progress(done, size)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(work())
        except ExceptionGroup as failed:
            # The first one cancelled the others.
            raise failed.exceptions[0] from None
        return written

    async def _bundle(self, index: int) -> list[bool]:
        tile = EntriesTile(index, tile_width(0, index, self._skeleton.size))
        bundle, hashes = await self._proven(tile)
        written = [await self._public(entry.digest) for entry in map(parse_entry, decode_entries(bundle))
                   if entry.kind != PRIVATE]
        return [*await asyncio.to_thread(self._write, tile, bundle, hashes), *written]

    async def _proven(self, tile: EntriesTile) -> tuple[bytes, Sequence[bytes]]:
        """The folder's bundle where it is right, else the log's."""
        kept = self._folder.read(entries_path(*tile))
        if kept is not None:
            try:
                return kept, self._skeleton.hashes_of(tile.index, kept)
            except VerificationError:
                # Of another tree, or damaged: written anew from the log.
                pass
        bundle = await self._log.bundle(tile)
        return bundle, self._skeleton.hashes_of(tile.index, bundle)

    async def _public(self, digest: bytes) -> bool:
        """One body at a time: those of a bundle may be 256 MiB."""
        return await asyncio.to_thread(self._folder.write, _body_path(digest), await self._body(digest))

    async def _body(self, digest: bytes) -> bytes:
        kept = self._folder.read(_body_path(digest))
        body = kept if kept is not None and _is(kept, digest) else await self._fetched(digest)
        if not _is(body, digest):
            raise VerificationError(f"the body of record {digest.hex()} has another digest", code="wrong-body",
                                    field="digest", value=digest.hex())
        return body

    async def _fetched(self, digest: bytes) -> bytes:
        try:
            return await self._log.body(digest)
        except NotFound:
            raise VerificationError(
                f"the log does not serve the body of record {digest.hex()}, which is of a public kind",
                code="missing-body", field="digest", value=digest.hex(),
                rule="bodies of public kinds are served to all",
            ) from None

    def _write(self, tile: EntriesTile, bundle: bytes, hashes: Sequence[bytes]) -> list[bool]:
        return [
            self._folder.write(entries_path(*tile), bundle),
            self._folder.write(tile_path(Tile(0, *tile)), b"".join(hashes)),
        ]


def _is(body: bytes, digest: bytes) -> bool:
    return hashlib.sha256(body).digest() == digest


def _body_path(digest: bytes) -> str:
    return f"bodies/{digest.hex()}.json"


def _outgrown(old: int, new: int) -> Iterator[str]:
    """The folders of partial tiles that the old tree had, and whose full tile the new one has."""
    for tile in all_tiles(old):
        if tile.width < TILE_WIDTH == tile_width(tile.level, tile.index, new):
            yield tile_path(tile).rpartition("/")[0]
            if tile.level == 0:
                yield entries_path(tile.index, tile.width).rpartition("/")[0]

