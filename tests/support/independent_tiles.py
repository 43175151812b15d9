"""C2SP's tiles, bundles, proofs and notes by `aics_tlog`, which needs Python 3.12."""

from collections.abc import Sequence

import aics_tlog
from aics_tlog.tiles import materialise_tiles


class AicsTlog:
    """aics_tlog, whose verifiers share no code with its generators."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._entries = list(entries)
        self._tree = aics_tlog.MerkleTree(self._entries)
        self._roots: dict[int, bytes] = {}

    def files(self, size: int) -> dict[str, bytes]:
        return dict(materialise_tiles(self._entries[:size]))

    def root(self, size: int) -> bytes:
        if size not in self._roots:
            self._roots[size] = bytes(self._tree.root(size))
        return self._roots[size]

    def inclusion(self, index: int, size: int, path: Sequence[bytes]) -> None:
        assert aics_tlog.verify_leaf_inclusion(self._entries[index], index, size, path, self.root(size))

    def consistency(self, old: int, new: int, path: Sequence[bytes]) -> None:
        assert aics_tlog.verify_consistency(old, new, self.root(old), self.root(new), path)

    def note(self, note: str, vkey: str, size: int) -> None:
        key = aics_tlog.parse_vkey(vkey)
        result = aics_tlog.verify_checkpoint(aics_tlog.parse_note(note), key, expected_origin=key.name)
        assert (result.ok, result.size, result.root) == (True, size, self.root(size)), result.error
