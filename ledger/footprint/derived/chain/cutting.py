"""Chains cut short: behind the records of some stages nothing is shown."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import numpy

from ledger.footprint.derived.chain.arrays import Arrays, Flags, compiled
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.passes import downstream_steps, upstream_steps

_MAKING: Final = "transformation"


class StageParts(NamedTuple):
    """A chain as its parts; `quantities` by flow."""

    arrays: Arrays
    lots: LotColumns
    records: Records
    quantities: Sequence[Decimal]


def cut(
    whole: StageParts, targets: Sequence[int], direction: Literal["upstream", "downstream"], stages: Collection[str]
) -> StageParts:
    """The part of a chain that is reached from lots (`targets`: their numbers) without passing a record whose process
    is one of `stages`. Such a record is the last one on its way. Raises KeyError for a target that is not in it."""
    arrays, ends = whole.arrays, _ends(whole, stages)
    positions = numpy.array([arrays.position(number) for number in targets], numpy.int64)
    go = upstream_steps if direction == "upstream" else downstream_steps
    records, lots = go(arrays, positions, ends)
    lots_kept, takers = lots >= 0, arrays.takers
    flows_kept = lots_kept[arrays.inputs] & (records[takers] >= 0)
    if direction == "upstream":
        flows_kept &= ~ends[takers]
    return _subset(whole, lots_kept, flows_kept)


def _ends(whole: StageParts, stages: Collection[str]) -> Flags:
    """The transformations by one of the stages. Transfers and additions hand on what they take: its process too."""
    ends = numpy.zeros(len(whole.arrays.records), numpy.bool_)
    of_stages = numpy.array([process in stages for process in whole.lots.processes], numpy.bool_)
    ends[whole.arrays.makers[of_stages]] = True
    return ends & numpy.array([kind == _MAKING for kind in whole.records.types], numpy.bool_)


def _subset(whole: StageParts, lots: Flags, flows: Flags) -> StageParts:
    arrays = whole.arrays
    takers = arrays.takers[flows]
    kept = compiled(
        arrays.numbers[lots], arrays.shares[lots], arrays.records[takers], arrays.numbers[arrays.inputs[flows]],
        arrays.parts[flows], arrays.records[takers],
    )
    rows = numpy.searchsorted(arrays.records, kept.records).tolist()
    return StageParts(
        kept, whole.lots.at(numpy.flatnonzero(lots).tolist()), whole.records.at(rows),
        [whole.quantities[i] for i in numpy.flatnonzero(flows).tolist()],
    )
