"""Compiled passes over a chain's arrays: with the log for figures, against it for weights, both ways for reach.

They add in another order than stored figures do. Results may differ from these by 1e-9 and are never stored. Each
kernel is compiled at its first call, and cached if the package's folder or the user's cache is writable. Machine code
does not check array bounds, so the callers check all shapes first.
"""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

import numba
import numpy
from numpy.typing import ArrayLike

from ledger.footprint.derived.chain.arrays import Arrays, Flags, Floats, Integers

_Kernel: TypeAlias = Callable[..., None]
_Flows: TypeAlias = tuple[Integers, Floats]
"""`Arrays.inputs` and `Arrays.parts`."""

_INTEGERS: Final = numba.types.Array(numba.int64, 1, "C", readonly=True)
_FLOATS: Final = numba.types.Array(numba.float64, 1, "C", readonly=True)
_TABLE: Final = numba.types.Array(numba.float64, 2, "C", readonly=True)
_FLAGS: Final = numba.types.Array(numba.boolean, 1, "C", readonly=True)
_FLOWS: Final = numba.types.Tuple((_INTEGERS, _FLOATS))  # type: ignore[no-untyped-call]


def propagate(arrays: Arrays, direct: Floats, extra: Floats | None = None) -> Floats:
    """Figures of all lots, L x K, from `direct` figures of all records, R x K, by the shares:

        figure(lot) = share(lot) * (direct(record) + sum of part * figure(lot taken)) + extra(lot)

    `extra`, L x K: the figures of a lot besides its share (assigned amounts minus its share of them, a pool's
    adjustments). `direct` must include the inputs from lots outside the chain. Raises ValueError for other shapes.
    """
    own = _table("direct", direct, len(arrays.records))
    shape = (len(arrays.numbers), own.shape[1])
    lots = numpy.zeros(shape) if extra is None else numpy.array(extra, numpy.float64, order="C")
    if lots.shape != shape:
        raise ValueError(f"extra has shape {lots.shape}, expected {shape}")
    made, taken, shares, flows = _flat(arrays)
    _machine_code(_forward)(made, taken, shares, flows, own, lots)
    return lots


def propagate_contents(arrays: Arrays, entering: Floats, fractions: Floats) -> Floats:
    """Contents of all lots, L x K, from the contents `entering` each record besides its input lots, R x K:

        content(lot) = fraction(lot) * (entering(record) + sum of part * content(lot taken))

    `fractions`, L x K: the part of a record's total content that the lot holds; they differ by content. Raises
    ValueError for other shapes.
    """
    brought = _table("entering", entering, len(arrays.records))
    held = _table("fractions", fractions, len(arrays.numbers))
    if brought.shape[1] != held.shape[1]:
        raise ValueError(f"entering has {brought.shape[1]} contents, fractions has {held.shape[1]}")
    lots = numpy.zeros(held.shape)
    made, taken, _, flows = _flat(arrays)
    _machine_code(_forward_by_content)(made, taken, flows, brought, held, lots)
    return lots


def adjoint(arrays: Arrays, wanted: Floats) -> tuple[Floats, Floats]:
    """The parts of every record, R, and of every lot, L, in a weighted sum of lots (`wanted`: the weights, L):

        weight(record) = sum over its lots of weight(lot) * share(lot); weight(lot taken) += weight(record) * part

    Raises ValueError for another shape.
    """
    return adjoint_contents(arrays, arrays.shares, wanted)


def adjoint_contents(arrays: Arrays, fractions: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """As `adjoint`, for one content with its `fractions`, L, instead of the shares."""
    count = len(arrays.numbers)
    lots = _column("wanted", wanted, count).copy()
    records = numpy.zeros(len(arrays.records))
    made, taken, _, flows = _flat(arrays)
    _machine_code(_backward)(made, taken, _column("fractions", fractions, count), flows, lots, records)
    return records, lots


def upstream_steps(arrays: Arrays, targets: Integers, ends: Flags) -> tuple[Integers, Integers]:
    """Steps from the `targets` (positions of lots) to each record, R, and each lot, L: the number of records on the
    shortest path. The targets' own records are at 1 step; -1: not upstream. `ends`, R: records at which the search
    stops.

    Raises IndexError for a target that is not in the chain, ValueError for another shape of `ends`.
    """
    return _steps(_reach_up, arrays, targets, ends)


def downstream_steps(arrays: Arrays, targets: Integers, ends: Flags) -> tuple[Integers, Integers]:
    """As `upstream_steps`, in the other direction: records that took from the targets are at 1 step."""
    return _steps(_reach_down, arrays, targets, ends)


def _steps(kernel: _Kernel, arrays: Arrays, targets: Integers, ends: Flags) -> tuple[Integers, Integers]:
    records = numpy.full(len(arrays.records), -1, numpy.int64)
    lots = numpy.full(len(arrays.numbers), -1, numpy.int64)
    lots[targets] = 0
    stops = numpy.ascontiguousarray(ends, numpy.bool_)
    if stops.shape != records.shape:
        raise ValueError(f"ends has shape {stops.shape}, expected {records.shape}")
    made, taken, _, (inputs, _) = _flat(arrays)
    _machine_code(kernel)(made, taken, inputs, stops, lots, records)
    return records, lots


def _flat(arrays: Arrays) -> tuple[Integers, Integers, Floats, _Flows]:
    """The arrays `made`, `taken`, `shares` and the flows in the layout of the kernels. Raises ValueError if their
    lengths do not match."""
    records, lots, flows = len(arrays.records), len(arrays.numbers), len(arrays.inputs)
    lengths = (len(arrays.made), len(arrays.taken), len(arrays.shares), len(arrays.parts))
    if lengths != (records + 1, records + 1, lots, flows) or (arrays.made[-1], arrays.taken[-1]) != (lots, flows):
        raise ValueError(f"arrays of {records} records, {lots} lots and {flows} flows have mismatched lengths")
    return (
        numpy.ascontiguousarray(arrays.made, numpy.int64), numpy.ascontiguousarray(arrays.taken, numpy.int64),
        numpy.ascontiguousarray(arrays.shares, numpy.float64),
        (numpy.ascontiguousarray(arrays.inputs, numpy.int64), numpy.ascontiguousarray(arrays.parts, numpy.float64)),
    )


def _table(name: str, values: ArrayLike, rows: int) -> Floats:
    table = numpy.ascontiguousarray(values, numpy.float64)
    if table.ndim != 2 or len(table) != rows:
        raise ValueError(f"{name} has shape {table.shape}, expected {rows} rows and two dimensions")
    return table


def _column(name: str, values: ArrayLike, rows: int) -> Floats:
    column = numpy.ascontiguousarray(values, numpy.float64)
    if column.shape != (rows,):
        raise ValueError(f"{name} has shape {column.shape}, expected ({rows},)")
    return column


@cache
def _machine_code(kernel: _Kernel) -> _Kernel:
    """The compiled kernel, which runs without the interpreter's lock. It is compiled once per process, or read from
    the cache."""
    signature = _SIGNATURES[kernel]
    try:
        compiled: _Kernel = numba.njit(signature, cache=True, nogil=True)(kernel)
    except Exception:
        # Neither the package's folder nor the user's cache is writable, or the cached file is unreadable.
        compiled = numba.njit(signature, nogil=True)(kernel)
    return compiled


def _forward(
    made: Integers, taken: Integers, shares: Floats, flows: _Flows, direct: Floats, lots: Floats
) -> None:
    inputs, parts = flows
    columns = direct.shape[1]
    total = numpy.empty(columns)
    for i in range(len(made) - 1):
        for k in range(columns):
            total[k] = direct[i, k]
        for flow in range(taken[i], taken[i + 1]):
            part, lot = parts[flow], inputs[flow]
            for k in range(columns):
                total[k] += part * lots[lot, k]
        for lot in range(made[i], made[i + 1]):
            share = shares[lot]
            for k in range(columns):
                lots[lot, k] += share * total[k]


def _forward_by_content(
    made: Integers, taken: Integers, flows: _Flows, entering: Floats, fractions: Floats, lots: Floats
) -> None:
    inputs, parts = flows
    columns = entering.shape[1]
    total = numpy.empty(columns)
    for i in range(len(made) - 1):
        for k in range(columns):
            total[k] = entering[i, k]
        for flow in range(taken[i], taken[i + 1]):
            part, lot = parts[flow], inputs[flow]
            for k in range(columns):
                total[k] += part * lots[lot, k]
        for lot in range(made[i], made[i + 1]):
            for k in range(columns):
                lots[lot, k] = fractions[lot, k] * total[k]


def _backward(
    made: Integers, taken: Integers, shares: Floats, flows: _Flows, lots: Floats, records: Floats
) -> None:
    inputs, parts = flows
    for i in range(len(made) - 2, -1, -1):
        weight = 0.0
        for lot in range(made[i], made[i + 1]):
            weight += lots[lot] * shares[lot]
        records[i] = weight
        if weight != 0.0:
            for flow in range(taken[i], taken[i + 1]):
                lots[inputs[flow]] += weight * parts[flow]


def _reach_up(
    made: Integers, taken: Integers, inputs: Integers, ends: Flags, lots: Integers, records: Integers
) -> None:
    for i in range(len(made) - 2, -1, -1):
        nearest = -1
        for lot in range(made[i], made[i + 1]):
            if lots[lot] >= 0 and (nearest < 0 or lots[lot] < nearest):
                nearest = lots[lot]
        if nearest < 0:
            continue
        records[i] = nearest + 1
        if ends[i]:
            continue
        for flow in range(taken[i], taken[i + 1]):
            lot = inputs[flow]
            if lots[lot] < 0 or lots[lot] > nearest + 1:
                lots[lot] = nearest + 1


def _reach_down(
    made: Integers, taken: Integers, inputs: Integers, ends: Flags, lots: Integers, records: Integers
) -> None:
    for i in range(len(made) - 1):
        nearest = -1
        for flow in range(taken[i], taken[i + 1]):
            steps = lots[inputs[flow]]
            if steps >= 0 and (nearest < 0 or steps < nearest):
                nearest = steps
        if nearest < 0:
            continue
        records[i] = nearest + 1
        if ends[i]:
            continue
        for lot in range(made[i], made[i + 1]):
            if lots[lot] < 0:
                lots[lot] = nearest + 1


_STEPS: Final = numba.void(_INTEGERS, _INTEGERS, _INTEGERS, _FLAGS, numba.int64[::1], numba.int64[::1])
_SIGNATURES: Final = {
    _forward: numba.void(_INTEGERS, _INTEGERS, _FLOATS, _FLOWS, _TABLE, numba.float64[:, ::1]),
    _forward_by_content: numba.void(_INTEGERS, _INTEGERS, _FLOWS, _TABLE, _TABLE, numba.float64[:, ::1]),
    _backward: numba.void(_INTEGERS, _INTEGERS, _FLOATS, _FLOWS, numba.float64[::1], numba.float64[::1]),
    _reach_up: _STEPS,
    _reach_down: _STEPS,
}
"""The argument types of each kernel: contiguous arrays, read-only except for those that it writes. One fixed signature
gives one compiled version of each kernel."""
