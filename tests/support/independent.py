"""Trees, tiles, proofs and notes by implementations that are not ours, each made of the entries alone.

`pymerkle` knows RFC 6962 trees on every Python; `aics_tlog` knows C2SP's tiles, bundles, proofs and notes as well, from
Python 3.12 on. What pymerkle lacks, the form of bundles and notes, is written here straight from the specification.
"""

import base64
import hashlib
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InclusionProof, InmemoryTree

if sys.version_info >= (3, 12):
    from support.independent_tiles import AicsTlog

WIDTH: Final = 256


class Checker(Protocol):
    """Of a log with these entries. Methods raise where something does not hold."""

    def __init__(self, entries: Sequence[bytes]) -> None: ...

    def files(self, size: int) -> Mapping[str, bytes]:
        """Every tile and bundle that the tree of `size` has, by path."""
        ...

    def root(self, size: int) -> bytes: ...

    def inclusion(self, index: int, size: int, path: Sequence[bytes]) -> None:
        """Checks an RFC 6962 path."""
        ...

    def consistency(self, old: int, new: int, path: Sequence[bytes]) -> None:
        """Checks an RFC 6962 proof."""
        ...

    def note(self, note: str, vkey: str, size: int) -> None:
        """Checks a signed checkpoint of the tree of `size`."""
        ...


class Pymerkle:
    """The trees of pymerkle."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._entries = entries
        self._roots: dict[int, bytes] = {}
        self._tree = InmemoryTree("sha256")
        for entry in entries:
            self._tree.append_entry(entry)

    def files(self, size: int) -> dict[str, bytes]:
        level, hashes = 0, [self._tree.get_leaf(index + 1) for index in range(size)]
        found = {
            f"tile/entries/{name}": b"".join(struct.pack(">H", len(one)) + one for one in self._entries[start:end])
            for name, start, end in _parts(size)
        }
        while hashes:
            for name, start, end in _parts(len(hashes)):
                found[f"tile/{level}/{name}"] = b"".join(hashes[start:end])
            level, span = level + 1, WIDTH ** (level + 1)
            hashes = [self._range(start, span) for start in range(0, size - span + 1, span)]
        return found

    def _range(self, start: int, count: int) -> bytes:
        """The root over some entries."""
        return bytes(self._tree._get_root(start, start + count))

    def root(self, size: int) -> bytes:
        if size not in self._roots:
            self._roots[size] = bytes(self._tree.get_root(size))
        return self._roots[size]

    def inclusion(self, index: int, size: int, path: Sequence[bytes]) -> None:
        leaf = self._tree.get_leaf(index + 1)
        own = self._tree.prove_inclusion(index + 1, size)
        InclusionProof(
            algorithm="sha256", security=True, size=size, index=index + 1, rule=own.rule, path=[leaf, *path],
        ).verify(leaf, self.root(size), index=index + 1, size=size)

    def consistency(self, old: int, new: int, path: Sequence[bytes]) -> None:
        """The hashes are pymerkle's; which of them make a proof says RFC 6962, section 2.1.2: pymerkle's own proofs are
        made of others."""
        assert list(path) == (self._subproof(old, 0, new, whole=True) if old else [])

    def _subproof(self, old: int, start: int, size: int, *, whole: bool) -> list[bytes]:
        if old == size:
            return [] if whole else [self._range(start, size)]
        left = 1 << (size - 1).bit_length() - 1
        if old <= left:
            return [*self._subproof(old, start, left, whole=whole), self._range(start + left, size - left)]
        return [*self._subproof(old - left, start + left, size - left, whole=False), self._range(start, left)]

    def note(self, note: str, vkey: str, size: int) -> None:
        name, key_id, key = vkey.split("+", 2)
        raw = base64.b64decode(key)
        assert hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == key_id
        text, _, lines = note.rpartition("\n\n")
        assert f"{text}\n" == f"{name}\n{size}\n{base64.b64encode(self.root(size)).decode()}\n"
        signed = {line.split(" ")[1]: base64.b64decode(line.split(" ")[2]) for line in lines.splitlines()}
        assert (signed[name][:4].hex(), raw[:1]) == (key_id, b"\x01")
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signed[name][4:], f"{text}\n".encode())


def _parts(count: int) -> list[tuple[str, int, int]]:
    """Name, first and end of the tiles of a level with so many hashes, fewer than 1,000 of them."""
    found = []
    for start in range(0, count, WIDTH):
        end = min(start + WIDTH, count)
        found.append((f"{start // WIDTH:03d}" + ("" if end - start == WIDTH else f".p/{end - start}"), start, end))
    return found


if sys.version_info >= (3, 12):
    CHECKERS: tuple[type[Checker], ...] = (Pymerkle, AicsTlog)
else:
    CHECKERS = (Pymerkle,)
