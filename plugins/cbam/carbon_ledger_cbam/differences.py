"""Named differences between the ledger's footprint (ISO 14067) and the embedded emissions of a process.

For every process: footprint = embedded + sum of its differences. The burden of a precursor beyond its embedded
emissions is split into burdens since it left its maker, the difference of the lots taken from their maker's average of
the year, and lines of the maker's process outside the boundary.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from carbon_ledger_cbam.boundary import REASONS
from carbon_ledger_cbam.chains import Chain
from carbon_ledger_cbam.nodes import Node, Take, TakeKey
from carbon_ledger_cbam.uses import OUTSIDE, Use

WHY: Final[Mapping[str, str]] = {
    **REASONS, **OUTSIDE,
    "potential": "the regulation's global warming potentials in place of the ledger's",
    "electricityFactor": "electricity with the factor that counts in place of the ledger's",
    "power": "lots of electricity: their burden beyond the emissions that count",
    "heat": "lots of heat: their burden beyond the emissions that count",
    "sinceMade": "transport, packaging and storage since it left its maker",
    "average": "the lots taken differ from their maker's average of the year",
    "behind": "outside the boundary, or counted differently, at the process that made it: see its differences",
    "default": "its burden in the ledger, in place of the default value that counts",
    "exempt": "its burden in the ledger: precursors of its origin count as zero",
    "declared": "its burden in the ledger beyond the embedded emissions of its declaration",
    "allocation": "shares and amounts that the ledger gives to by-products, or takes from them",
    "floor": "own emissions of a process are never below zero",
}
_POWER: Final = ("grid", "contract", "directLine")
_SMALLEST: Final = 1e-12


class Difference(NamedTuple):
    """Kg CO2e of the footprint that are not embedded."""

    reason: str
    source: str
    kilograms: float


def differences(node: Node, chain: Chain) -> list[Difference]:
    """Differences that are not zero, in the order of lines, electricity, inputs, shares."""
    least = _SMALLEST * abs(node.footprint)
    parts = [*_of_lines(node), *_of_takes(node, chain), Difference("allocation", node.key.route, node.allocation),
             Difference("floor", node.key.route, node.attributed - node.direct)]
    return [one for one in parts if abs(one.kilograms) > least]


def _of_lines(node: Node) -> Iterator[Difference]:
    electricity = -node.indirect
    for key, line in node.lines.items():
        if key.reason == "indirect":
            electricity += line.footprint
        else:
            yield Difference("potential" if key.inside else key.reason, key.source, line.footprint - line.embedded)
    yield Difference("electricityFactor", "electricity", electricity)


def _of_takes(node: Node, chain: Chain) -> Iterator[Difference]:
    for key, take in node.takes.items():
        use = chain.uses[node.key][key]
        counted = chain.counts(use)
        embedded = counted.direct + counted.indirect
        if use.link is None:
            yield Difference("power" if use.way in _POWER else use.way, key.product, take.carried - embedded)
        else:
            yield from _of_link(key, take, use, embedded, chain)


def _of_link(key: TakeKey, take: Take, use: Use, embedded: float, chain: Chain) -> Iterator[Difference]:
    yield Difference("sinceMade", key.product, take.carried - take.made)
    if use.link is not None:
        made = chain.nodes[use.link]
        average = use.amount * made.footprint / made.level
        yield Difference("average", key.product, take.made - average)
        reason = "power" if use.way in _POWER else "heat" if use.way == "heat" else "behind"
        yield Difference(reason, key.product, average - embedded)
