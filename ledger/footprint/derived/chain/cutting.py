"""Cuts a chain at the records of some stages: the result has nothing beyond these records."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import numpy

from ledger.footprint.derived.chain.arrays import Arrays, Flags, compiled
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.passes import downstream_steps, upstream_steps

_MAKING: Final = "transformation"


class StageParts(NamedTuple):
    """The parts of a chain. `quantities`: by flow."""

    arrays: Arrays
    lots: LotColumns
    records: Records
    quantities: Sequence[Decimal]


def cut(
    whole: StageParts, targets: Sequence[int], direction: Literal["upstream", "downstream"], stages: Collection[str]
) -> StageParts:
    """The part of a chain that can be reached from lots (`targets`: their numbers) without passing a record whose
    process is one of `stages`. Such a record is included and ends its path. Raises KeyError for a target that is not in
    the chain."""
    arrays, ends = whole.arrays, _ends(whole, stages)
    positions = numpy.array([arrays.position(number) for number in targets], numpy.int64)
    steps = upstream_steps if direction == "upstream" else downstream_steps
    records, lots = steps(arrays, positions, ends)
    reached_lots, takers = lots >= 0, arrays.takers
    reached_flows = reached_lots[arrays.inputs] & (records[takers] >= 0)
    if direction == "upstream":
        reached_flows &= ~ends[takers]
    return _subset(whole, reached_lots, reached_flows)


def _ends(whole: StageParts, stages: Collection[str]) -> Flags:
    """The transformations whose process is one of the stages. Lots of transfers and additions also carry the process of
    their inputs, so the record's type decides."""
    ends = numpy.zeros(len(whole.arrays.records), numpy.bool_)
    of_stages = numpy.array([process in stages for process in whole.lots.processes], numpy.bool_)
    ends[whole.arrays.makers[of_stages]] = True
    return ends & numpy.array([kind == _MAKING for kind in whole.records.types], numpy.bool_)


def _subset(whole: StageParts, lots: Flags, flows: Flags) -> StageParts:
    arrays = whole.arrays
    takers = arrays.takers[flows]
    cut_arrays = compiled(
        arrays.numbers[lots], arrays.shares[lots], arrays.records[takers], arrays.numbers[arrays.inputs[flows]],
        arrays.parts[flows], arrays.records[takers],
    )
    rows = numpy.searchsorted(arrays.records, cut_arrays.records).tolist()
    return StageParts(
        cut_arrays, whole.lots.at(numpy.flatnonzero(lots).tolist()), whole.records.at(rows),
        [whole.quantities[i] for i in numpy.flatnonzero(flows).tolist()],
    )
