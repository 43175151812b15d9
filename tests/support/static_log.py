"""A log in memory that may lie: the files of a tree, made by an implementation that is not ours, and a signed head."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.entry import parse_entry
from ledger.core.log.note import NoteSigner, vkey
from ledger.core.log.tiles import EntriesTile, Tile, entries_path, tile_path
from ledger.core.record.base import ORGANIZATION
from ledger.errors import NotFound
from support.biglog import entries
from support.independent import Pymerkle

SIGNER: Final = NoteSigner("static.example/log", Ed25519PrivateKey.from_private_bytes(b"\6" * 32))
ROGUE: Final = NoteSigner("static.example/log", Ed25519PrivateKey.from_private_bytes(b"\7" * 32))
BODY: Final = b'{"public":"body"}'


def some_entries(count: int, *, changed: int | None = None) -> list[bytes]:
    """Entries of which the fourth is of a public kind; `changed`: from that index on they are others."""
    found = list(entries(0, count))
    if len(found) > 3:
        found[3] = parse_entry(found[3])._replace(kind=ORGANIZATION, digest=hashlib.sha256(BODY).digest()).to_bytes()
    if changed is not None:
        found[changed:] = list(entries(count, 2 * count - changed))
    return found


class StaticLog:
    """`files` and `bodies` are what it serves; `asked` is what it was asked for."""

    def __init__(self, logged: Sequence[bytes], signer: NoteSigner = SIGNER) -> None:
        tree = Pymerkle(logged)
        self.head = Checkpoint(signer.name, len(logged), tree.root(len(logged)))
        self.note = sign_checkpoint(self.head, signer)
        self.files: dict[str, bytes] = tree.files(len(logged))
        self.bodies: Mapping[bytes, bytes] = {hashlib.sha256(BODY).digest(): BODY}
        self.key = vkey(signer.name, signer.verifier.key)
        self.notes: list[str] = []
        self.asked: list[str] = []

    async def vkey(self) -> str:
        return self.key

    async def rotations(self) -> Sequence[str]:
        return self.notes

    async def checkpoint(self) -> str:
        return self.note

    async def policy(self) -> bytes | None:
        return None

    async def tile(self, tile: Tile) -> bytes:
        return self._read(tile_path(tile))

    async def bundle(self, tile: EntriesTile) -> bytes:
        return self._read(entries_path(*tile))

    async def body(self, digest: bytes) -> bytes:
        self.asked.append(digest.hex())
        if digest not in self.bodies:
            raise NotFound("no such record")
        return self.bodies[digest]

    def _read(self, path: str) -> bytes:
        self.asked.append(path)
        if path in self.files:
            return self.files[path]
        # As other partial tiles of a log that has this much.
        whole, _, width = path.partition(".p/")
        longer = [name for name in self.files if name == whole or name.startswith(f"{whole}.p/")]
        if not longer or not width:
            raise NotFound(f"no {path}")
        step = 172 if "/entries/" in path else 32
        return self.files[longer[0]][: step * int(width)]
