"""The log's tree as an audit grows it: over all entries, tile by tile, from nothing or from an earlier edge."""

from collections.abc import Sequence

from msgspec import Struct

from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import tree_root
from ledger.core.log.tiles import TILE_WIDTH, Tile


class Edge(Struct, frozen=True):
    """The right edge of a tree: its frontier (see `Frontier.to_bytes`), and of each level the hashes of the tile that
    is not full yet."""

    frontier: bytes = bytes(8)
    tiles: list[list[bytes]] = []


class AuditedTree:
    """Grows by leaf hashes; `size` leaves so far."""

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
        """All that it takes to go on."""
        return Edge(self._frontier.to_bytes(), [list(hashes) for hashes in self._tiles])

    def grow(self, hashes: Sequence[bytes], ends: Sequence[int]) -> tuple[dict[int, bytes], list[tuple[Tile, bytes]]]:
        """Adds leaves; the roots at the sizes `ends`, which lie within these leaves, and the tiles that became full."""
        roots, first, done = {}, self.size, 0
        for end in sorted(ends):
            self._frontier = self._frontier.extended(hashes[done : end - first])
            done = end - first
            roots[end] = self.root()
        self._frontier = self._frontier.extended(hashes[done:])
        return roots, self._fill(0, list(hashes), first)

    def _fill(self, level: int, hashes: list[bytes], first: int) -> list[tuple[Tile, bytes]]:
        """Full tiles of a level and of those above, from the nodes that come to it, the first at `first`."""
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
