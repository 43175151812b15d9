"""The graph of a chain as a caller sees it who does not see all of it: hidden nodes are merged into one.

A lot that the caller received stays a node, without the record that made it. All other lots of hidden records become
the node `HIDDEN`. If it would stand for a single hidden party, there is no such node, and the records that take these
lots are marked instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from msgspec import to_builtins

from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.derived.findings import ListedFinding

HIDDEN: Final = "hidden parts"
"""The id of the node of all hidden parts. Ids of lots and pools have no space."""
DOWNSTREAM_NOTE: Final = "the uses of lots by other organisations are hidden from you"


class Contraction(NamedTuple):
    """`merged`: the nodes that the graph does not show: ids of lots, digests of records. `suppliers`: of the received
    lots, by id. `remainder`: the data of the node for the merged lots; None if they are of a single party. `findings`:
    behind received lots, by id."""

    merged: frozenset[str]
    suppliers: Mapping[str, str]
    remainder: Mapping[str, Any] | None
    note: str
    findings: Mapping[str, Sequence[ListedFinding]] = MappingProxyType({})

    def attributes(self, chain: Chain) -> dict[str, Any]:
        """The attributes of the graph, with a note on the hidden parts."""
        return {**chain.graph, "hidden": {"note": self.note}}

    def nodes(self, chain: Chain) -> Iterator[tuple[str, dict[str, Any]]]:
        """The nodes with their data."""
        takers = self._takers(chain) if self.remainder is None else frozenset()
        for name, data in chain.each_node():
            if name in self.merged:
                continue
            if name in self.suppliers:
                data = {**data, "supplier": self.suppliers[name]}
            if name in self.findings:
                data = {**data, "findings": to_builtins(self.findings[name])}
            yield name, {**data, "hiddenInputs": True} if name in takers else data
        if self.remainder is not None:
            yield HIDDEN, dict(self.remainder)

    def edges(self, chain: Chain) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The edges with their data. An edge from the hidden parts has no data."""
        for source, target, data in chain.each_edge():
            if source not in self.merged and target not in self.merged:
                yield source, target, data
        if self.remainder is not None:
            for taker in sorted(self._takers(chain)):
                yield HIDDEN, taker, {}

    def _takers(self, chain: Chain) -> frozenset[str]:
        return frozenset([
            target for source, target, _ in chain.each_edge() if source in self.merged and target not in self.merged])
