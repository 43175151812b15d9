"""A chain as flat arrays: records, their lots and their inputs, compiled to positions, all in log order.

Log order is a topological order of the supply graph, so nothing needs sorting. A pass in array order meets every lot
before the records that take from it; a pass against that order meets every record before the lots that it takes from.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy
from numpy.typing import ArrayLike, NDArray

from ledger.admission.facts import LOT_SLOTS

Integers = NDArray[numpy.int64]
Floats = NDArray[numpy.float64]
Flags = NDArray[numpy.bool_]


class Arrays(NamedTuple):
    """R records, L lots and F flows, as rows of compressed sparse matrices.

    `records` are log indexes. The lots of record i are rows `made[i]:made[i + 1]` of `numbers` (lot numbers) and
    `shares` (allocation shares). Record i takes `parts` (q/Q) of the lots at the positions
    `inputs[taken[i]:taken[i + 1]]`. Shapes: records R, made and taken R + 1, numbers and shares L, inputs and parts F.
    """

    records: Integers
    made: Integers
    taken: Integers
    numbers: Integers
    shares: Floats
    inputs: Integers
    parts: Floats

    def position(self, number: int) -> int:
        """The position of the lot with this number. Raises KeyError if it is not in the chain."""
        position = int(numpy.searchsorted(self.numbers, number))
        if position == len(self.numbers) or self.numbers[position] != number:
            raise KeyError(number)
        return position

    @property
    def makers(self) -> Integers:
        """The position of each lot's record."""
        return numpy.repeat(numpy.arange(len(self.records)), numpy.diff(self.made))

    @property
    def takers(self) -> Integers:
        """The position of each flow's record."""
        return numpy.repeat(numpy.arange(len(self.records)), numpy.diff(self.taken))


def compiled(
    numbers: ArrayLike, shares: ArrayLike, takers: ArrayLike, lots: ArrayLike, parts: ArrayLike,
    records: ArrayLike | None = None,
) -> Arrays:
    """Arrays of lots (`numbers`, `shares`) in any order, and of flows: `parts` of `lots` into the records `takers`. The
    order of flows within a record is kept. `records`: further records of the chain, besides the makers of its lots.

    Raises ValueError for a duplicate lot, for a flow from a lot or into a record that is not in the chain, for a flow
    from a lot that is not older than the record, and for columns of different lengths. A pass would be wrong then.
    """
    lot_numbers, lot_shares = _sorted(numpy.asarray(numbers, numpy.int64), numpy.asarray(shares, numpy.float64))
    makers = lot_numbers // LOT_SLOTS
    indexes = _indexes(makers, records)
    flow_takers, flow_lots = numpy.asarray(takers, numpy.int64), numpy.asarray(lots, numpy.int64)
    flow_parts = numpy.asarray(parts, numpy.float64)
    _check_lengths("flows", flow_takers, flow_lots, flow_parts)
    if not _ascending(flow_takers):
        order = numpy.argsort(flow_takers, kind="stable")
        flow_takers, flow_lots, flow_parts = flow_takers[order], flow_lots[order], flow_parts[order]
    inputs = numpy.searchsorted(lot_numbers, flow_lots)
    _check_flows(indexes, lot_numbers, flow_takers, flow_lots, inputs)
    return Arrays(
        records=indexes, made=_starts(indexes, makers), taken=_starts(indexes, flow_takers), numbers=lot_numbers,
        shares=lot_shares, inputs=inputs, parts=flow_parts,
    )


def compiled_from(
    lots: Iterable[tuple[int, float]], flows: Iterable[tuple[int, int, float]]
) -> Arrays:
    """As `compiled`, from tuples: lots as (number, share), flows as (record, number of the input lot, q/Q)."""
    lot_list, flow_list = list(lots), list(flows)
    return compiled(
        [number for number, _ in lot_list], [share for _, share in lot_list], [record for record, _, _ in flow_list],
        [lot for _, lot, _ in flow_list], [part for _, _, part in flow_list],
    )


def _sorted(numbers: Integers, shares: Floats) -> tuple[Integers, Floats]:
    _check_lengths("lots", numbers, shares)
    if not _ascending(numbers):
        order = numpy.argsort(numbers, kind="stable")
        numbers, shares = numbers[order], shares[order]
    twice = numpy.flatnonzero(numbers[1:] == numbers[:-1])
    if len(twice):
        raise ValueError(f"lot {numbers[twice[0]]} occurs twice in the chain")
    return numbers, shares


def distinct(values: Integers) -> Integers:
    """The distinct values, in order. Faster than `numpy.unique` for nearly ordered values, since that hashes first."""
    ordered = values if _ascending(values) else numpy.sort(values)
    return ordered[numpy.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _ascending(values: Integers) -> bool:
    """Whether values are in order, as the database returns them. Sorting them again would dominate the run time."""
    return bool((values[1:] >= values[:-1]).all())


def _indexes(makers: Integers, records: ArrayLike | None) -> Integers:
    """The log indexes of the records, in order. `makers` are in order already."""
    return distinct(makers if records is None else numpy.append(makers, numpy.asarray(records, numpy.int64)))


def _check_lengths(table: str, *columns: Integers | Floats) -> None:
    if len({column.shape for column in columns}) > 1 or columns[0].ndim != 1:
        raise ValueError(f"the columns of {table} must be one-dimensional and of equal length, but have the shapes "
                         f"{[column.shape for column in columns]}")


def _starts(indexes: Integers, column: Integers) -> Integers:
    """The position in a sorted column at which the run of each index begins, and the end of the last run."""
    return numpy.append(numpy.searchsorted(column, indexes), len(column)).astype(numpy.int64)


def _check_flows(
    indexes: Integers, numbers: Integers, takers: Integers, lots: Integers, inputs: Integers
) -> None:
    if not len(takers):
        return
    wrong = lots // LOT_SLOTS >= takers
    if len(numbers):
        wrong |= numbers[numpy.minimum(inputs, len(numbers) - 1)] != lots
        wrong |= indexes[numpy.minimum(numpy.searchsorted(indexes, takers), len(indexes) - 1)] != takers
    else:
        wrong[:] = True
    if wrong.any():
        first = int(numpy.flatnonzero(wrong)[0])
        raise ValueError(f"record {takers[first]} takes from lot {lots[first]}, which is not upstream of it")
