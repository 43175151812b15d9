"""Chains of any size for measurements, and the same chains as the matrices that peers solve."""

from typing import Any, Final, NamedTuple

import numpy
from numpy.typing import NDArray
from scipy import sparse

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, Floats, compiled

INPUTS: Final = 3
BURDENS: Final = 12
_RECENT: Final = 50
"""Records back, in the mean, of four inputs in five; the fifth is of any age."""


class Graph(NamedTuple):
    """A chain and the direct burdens of its records, R x 12."""

    arrays: Arrays
    direct: Floats


def graph_of(lots: int, seed: int = 1) -> Graph:
    """Records of two outputs and three inputs, as logs have them: mostly of what was made lately. Those that take from
    a lot use all of it, so that burdens are conserved along the chain; what nobody takes is stock."""
    random = numpy.random.default_rng(seed)
    records = lots // 2
    index = numpy.arange(records)
    first = random.random(records)
    takers = numpy.repeat(index[1:], INPUTS)
    back = numpy.minimum(numpy.ceil(random.exponential(_RECENT, len(takers))).astype(numpy.int64), takers)
    old = random.random(len(takers)) < 0.2
    back[old] = (random.random(old.sum()) * takers[old]).astype(numpy.int64) + 1
    maker, output = takers - back, (random.random(len(takers)) < 0.5).astype(numpy.int64)
    wanted = random.random(len(takers))
    whole = numpy.bincount(2 * maker + output, wanted)
    arrays = compiled(
        numpy.concatenate([index * LOT_SLOTS, index * LOT_SLOTS + 1]), numpy.concatenate([first, 1 - first]),
        takers, maker * LOT_SLOTS + output, wanted / whole[2 * maker + output],
    )
    return Graph(arrays, random.random((records, BURDENS)))


class Entries(NamedTuple):
    """What lots take of lots: `amounts` of the lots at `sources` by those at `lots`, positions in the arrays."""

    lots: NDArray[Any]
    sources: NDArray[Any]
    amounts: Floats


def entries_of(arrays: Arrays) -> Entries:
    """share * q/Q for each lot and each input of its record."""
    makers = arrays.makers
    counts = numpy.diff(arrays.taken)[makers]
    lots = numpy.repeat(numpy.arange(len(makers)), counts)
    within = numpy.arange(len(lots)) - numpy.repeat(numpy.cumsum(counts) - counts, counts)
    flows = arrays.taken[makers][lots] + within
    return Entries(lots, arrays.inputs[flows], arrays.shares[lots] * arrays.parts[flows])


def triangle_of(arrays: Arrays) -> Any:
    """I - takes, a lower triangular matrix of lots: solved for share * direct, it gives the figures of all lots."""
    entries, size = entries_of(arrays), len(arrays.numbers)
    takes = sparse.csc_matrix((entries.amounts, (entries.lots, entries.sources)), (size, size))
    found = sparse.identity(size, format="csc") - takes
    found.sort_indices()
    return found


def same(ours: Floats, theirs: Floats, within: float, what: str) -> None:
    """Stops the run where two results differ by more than a part of the greatest of them."""
    if not numpy.abs(ours - theirs).max() <= within * numpy.abs(theirs).max():
        raise SystemExit(f"{what}: the peer has another result")

