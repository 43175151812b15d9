"""The log's tree in an audit: it grows over all entries, tile by tile, from nothing or from an earlier edge."""

from collections.abc import Sequence

from msgspec import Struct

from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import tree_root
from ledger.core.log.tiles import TILE_WIDTH, Tile


class Edge(Struct, frozen=True):
    """The right edge of a tree: its frontier (see `Frontier.to_bytes`), and for each level the hashes of the partial
    tile."""

    frontier: bytes = bytes(8)
    tiles: list[list[bytes]] = []


class AuditedTree:
    """A tree that grows by leaf hashes. It has `size` leaves so far."""

    def __init__(self, edge: Edge | None = None) -> None:
        edge = edge or Edge()
        self._frontier = Frontier.from_bytes(edge.frontier)
        self._tiles = [list(hashes) for hashes in edge.tiles]

    @property
    def size(self) -> int:
        return self._frontier.size

    def root(self) -> bytes:
        return self._frontier.root()

    def edge(self) -> Edge:
        """The data to continue from."""
        return Edge(self._frontier.to_bytes(), [list(hashes) for hashes in self._tiles])

    def grow(self, hashes: Sequence[bytes], ends: Sequence[int]) -> tuple[dict[int, bytes], list[tuple[Tile, bytes]]]:
        """Adds leaves. Returns the roots at the sizes `ends`, which lie within these leaves, and the tiles that became
        full."""
        roots, first, done = {}, self.size, 0
        for end in sorted(ends):
            self._frontier = self._frontier.extended(hashes[done : end - first])
            done = end - first
            roots[end] = self.root()
        self._frontier = self._frontier.extended(hashes[done:])
        return roots, self._fill(0, list(hashes), first)

    def _fill(self, level: int, hashes: list[bytes], first: int) -> list[tuple[Tile, bytes]]:
        """Adds nodes to a level, the first at `first`. Returns the full tiles of this level and of the levels above."""
        if not hashes:
            return []
        if level == len(self._tiles):
            self._tiles.append([])
        row = self._tiles[level] + hashes
        index = (first - len(self._tiles[level])) // TILE_WIDTH
        full, above = [], []
        whole = len(row) // TILE_WIDTH * TILE_WIDTH
        for start in range(0, whole, TILE_WIDTH):
            part = row[start : start + TILE_WIDTH]
            full.append((Tile(level, index + start // TILE_WIDTH, TILE_WIDTH), b"".join(part)))
            above.append(tree_root(part))
        self._tiles[level] = row[whole:]
        return full + self._fill(level + 1, above, index)
