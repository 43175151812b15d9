"""How much of each record, and of its question, reaches the asked lots.

    weight(lot) = 1 if it is asked + sum over the records that take it of scale(record) * part
    scale(record) = sum over its lots of weight(lot) * share(lot)

A pool is a mixture of all that went into it: its scale is the amount that leaves it for the asked lots, over the amount
that went in. Goods that return to a pool from which they were drawn make a cycle; then the pass is repeated until
nothing changes.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from ledger.drawings.sankey.chain import HIDDEN, LOT, POOL, FlatChain
from ledger.footprint.derived.findings import MADE

_MOST_PASSES: Final = 100
_SETTLED: Final = 1e-13


class Passing(NamedTuple):
    """A quantity that passes through a chain, by node: of each whole lot, and the sum of the inputs of each record or
    pool. `shares`: the part of a record that each lot takes on, where it is not the allocation share."""

    amounts: list[float]
    incoming: list[float]
    shares: list[float] | None = None


def passing(chain: FlatChain, amounts: list[float]) -> Passing:
    """CO2e or mass, which pass by the allocation shares."""
    return Passing(amounts, _incoming(chain, amounts))


def passing_questions(chain: FlatChain, amounts: list[float]) -> Passing:
    """Questions, which pass by shares of their own: see `footprint.derived.rank_findings`. Findings about a lot alone
    are its own, if the record makes no other lot; else the chain does not say which lot they mean."""
    incoming = _incoming(chain, amounts)
    shares = [0.0] * len(amounts)
    for step in chain.order:
        lots = chain.lots_of(step)
        entering, own = incoming[step], 0.0
        for finding in chain.table.findings.get(step, ()):
            amount = finding.get("amount") or 0.0
            if finding.get("output") is None or finding["code"] not in MADE:
                entering += amount
            elif len(lots) == 1:
                own += amount
        if entering > 0.0:
            for lot in lots:
                shares[lot] = min(1.0, max(amounts[lot] - own, 0.0) / entering)
    return Passing(amounts, incoming, shares)


def scales_of(chain: FlatChain, quantity: Passing, asked: Collection[int]) -> list[float]:
    """The scale of each record and pool."""
    scales = [0.0] * chain.size
    cyclic = _is_cyclic(chain)
    for _ in range(_MOST_PASSES):
        change = _pass(chain, quantity, asked, scales)
        if not cyclic or change <= _SETTLED:
            break
    return scales


def _incoming(chain: FlatChain, amounts: list[float]) -> list[float]:
    code, incoming = chain.code, [0.0] * len(amounts)
    for source, target, part in zip(chain.sources, chain.targets, chain.parts, strict=True):
        if code[target] != LOT and code[source] != HIDDEN:
            incoming[target] += part * amounts[source]
    return incoming


def _is_cyclic(chain: FlatChain) -> bool:
    """Whether a pool takes a lot that was made after its first addition: its own goods may have returned."""
    place = {step: number for number, step in enumerate(chain.order)}
    pools = [node for node, code in enumerate(chain.code) if code == POOL]
    if not pools:
        return False
    return any(
        place.get(chain.maker[source], place.get(source, -1)) > place[target]
        for source, target in zip(chain.sources, chain.targets, strict=True) if chain.code[target] == POOL
    )


def _pass(chain: FlatChain, quantity: Passing, asked: Collection[int], scales: list[float]) -> float:
    """Sets the scales, against the log. Returns the largest change. Written out, since it runs for every lot."""
    first, following, targets, parts, code = chain.first, chain.following, chain.targets, chain.parts, chain.code
    amounts, incoming, shares = quantity
    change = 0.0
    for step in reversed(chain.order):
        scale = amount = 0.0
        edge = first[step]
        while edge >= 0:
            lot = targets[edge]
            if code[lot] == LOT:
                weight = 1.0 if lot in asked else 0.0
                use = first[lot]
                while use >= 0:
                    weight += scales[targets[use]] * parts[use]
                    use = following[use]
                scale += weight * (parts[edge] if shares is None else shares[lot])
                amount += weight * amounts[lot]
            else:
                amount += scales[lot] * parts[edge] * amounts[step]
            edge = following[edge]
        if code[step] == POOL:
            amount += amounts[step] if step in asked else 0.0
            scale = min(amount / incoming[step], 1.0) if incoming[step] > 0.0 and amount > 0.0 else 0.0
        if abs(scale - scales[step]) > change:
            change = abs(scale - scales[step])
        scales[step] = scale
    return change
