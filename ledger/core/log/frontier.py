"""The right edge of a growing tree: enough to append leaves, and to prove the appended leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core.log.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, node_hash, parents, paths_below
from ledger.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees that make up a tree of `size` leaves: one for each set bit of `size`, largest first."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise InvalidInput("the size of a frontier is out of range", field="size", value=self.size)
        if len(self.nodes) != self.size.bit_count():
            raise InvalidInput(f"{len(self.nodes)} nodes cannot be a frontier of size {self.size}", field="nodes")
        if any(len(node) != HASH_SIZE for node in self.nodes):
            raise InvalidInput(f"a node of a frontier is not {HASH_SIZE} bytes", field="nodes")

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in self.nodes[-2::-1]:
            root = node_hash(node, root)
        return root

    def extended(self, leaf_hashes: Sequence[bytes]) -> "Frontier":
        """The frontier after these leaves."""
        _check_leaves(leaf_hashes)
        old = list(self.nodes)
        new = []
        level = list(leaf_hashes)
        remaining = self.size
        while level or remaining:
            if remaining & 1:
                level.insert(0, old.pop())
            if len(level) & 1:
                new.append(level.pop())
            level = parents(level)
            remaining >>= 1
        return Frontier(self.size + len(leaf_hashes), tuple(reversed(new)))

    def to_bytes(self) -> bytes:
        """Size as 8 bytes, big-endian, then the nodes."""
        return self.size.to_bytes(8, "big") + b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """The inverse of `to_bytes`. Raises InvalidInput for any other bytes."""
        if len(data) < 8 or len(data) % HASH_SIZE != 8:
            raise InvalidInput(f"{len(data)} bytes cannot be a frontier")
        nodes = tuple(data[start : start + HASH_SIZE] for start in range(8, len(data), HASH_SIZE))
        return cls(int.from_bytes(data[:8], "big"), nodes)


def batch_paths(before: Frontier, leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The inclusion path of each of these leaves in the tree that they complete; treat the lists as read-only."""
    return grow(before, leaf_hashes)[1]


def grow(before: Frontier, leaf_hashes: Sequence[bytes]) -> tuple[Frontier, list[list[bytes]]]:
    """`extended` and `batch_paths` in one pass, which hashes each node above the leaves once."""
    if not leaf_hashes:
        return before, []
    _check_leaves(leaf_hashes)
    old = list(before.nodes)
    new = []
    start, size = before.size, before.size + len(leaf_hashes)
    width = size  # of the whole level, a last incomplete node included
    level = list(leaf_hashes)
    levels = [level]
    while True:
        if start & 1:
            level.insert(0, old.pop())
        if size & 1:
            # The last complete node: an incomplete one may follow it.
            new.append(level[size - 1 - (start & ~1)])
        if width == 1:
            break
        level = parents(level)
        levels.append(level)
        start, size, width = start >> 1, size >> 1, (width + 1) >> 1
    after = Frontier(before.size + len(leaf_hashes), tuple(reversed(new)))
    return after, paths_below(levels, before.size)


def _check_leaves(leaf_hashes: Sequence[bytes]) -> None:
    if any(len(leaf) != HASH_SIZE for leaf in leaf_hashes):
        raise InvalidInput(f"a leaf hash is not {HASH_SIZE} bytes", field="leaf_hashes")
