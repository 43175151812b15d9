"""The contents of a chain: how much each record added, how much its lots hold, and where a content came from.

The outcome of every record states the content declared with it (by supplies, declarations, compositions) and the
content that arose in it (recycled content, if the record made something of waste). Together with the content of its
inputs this is the record's total:

    total(record) = declared + arisen + sum of part * content(lot taken)
    fraction(lot) = content(lot) / total(record)

So contents are passed on linearly, each by fractions of its own; the rest of a record's total is lost. If waste with
recycled content is recycled again, the new recycled content replaces the old one. Then less arises than the waste
weighs, possibly a negative amount, and the sums still hold. Valid for a whole closure only: content of lots outside
the chain would be missing.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.passes import adjoint_contents
from ledger.footprint.stored.contents import Contents, ContentsOut

_ROUNDING: Final = 1e-12


class ChainContents(NamedTuple):
    """K contents by name, in kg. `held`: in each lot, L x K. `entering`: declared or arisen with each record, R x K.
    `fractions`: of a record's total in each of its lots, L x K, the input of `propagate_contents` and
    `adjoint_contents`."""

    names: tuple[str, ...]
    held: Floats
    entering: Floats
    fractions: Floats


def contents_of(
    arrays: Arrays, outcomes: Mapping[int, ContentsOut], names: Sequence[str] | None = None
) -> ChainContents:
    """Contents of a chain from the content balances of its records, by log index: all contents, or only `names`.

    Raises KeyError for a record without a content balance.
    """
    balances = [outcomes[index] for index in arrays.records.tolist()]
    columns = _names(balances) if names is None else tuple(names)
    declared = _table([one.declared for one in balances], columns)
    arisen = _table([one.arisen for one in balances], columns)
    held = _table([
        balances[maker].outputs[number % LOT_SLOTS]
        for number, maker in zip(arrays.numbers.tolist(), arrays.makers.tolist(), strict=True)
    ], columns)
    fractions = _fractions(arrays, numpy.abs(declared) + numpy.abs(arisen), declared + arisen, held)
    return ChainContents(columns, held, declared + arisen, fractions)


def origins(arrays: Arrays, contents: ChainContents, name: str, wanted: Floats) -> Floats:
    """Kg of a content that each record brought into a weighted sum of lots, R. `wanted`: the weight of each lot (1: the
    whole lot), L. The result adds up to the content of that sum. Raises ValueError for an unknown content."""
    column = contents.names.index(name) if name in contents.names else None
    if column is None:
        raise ValueError(f"unknown content {name!r}; one of: {', '.join(contents.names)}")
    weights, _ = adjoint_contents(arrays, contents.fractions[:, column], wanted)
    amounts: Floats = weights * contents.entering[:, column]
    return amounts


def _names(balances: Sequence[ContentsOut]) -> tuple[str, ...]:
    return tuple(sorted({
        name for one in balances for part in (one.declared, one.arisen, *one.outputs) for name in part
    }))


def _table(rows: Sequence[Contents], names: Sequence[str]) -> Floats:
    amounts = [[row.get(name, 0.0) for name in names] for row in rows]
    return numpy.array(amounts, numpy.float64).reshape(len(rows), len(names))


def _fractions(arrays: Arrays, brought: Floats, entering: Floats, held: Floats) -> Floats:
    """The content of lots over the total of their records; 0 if that total is only the rounding error of amounts that
    cancel out. `brought`: the absolute amounts that were declared and that arose."""
    total, moved = entering.copy(), brought.copy()
    flowing = arrays.parts[:, numpy.newaxis] * held[arrays.inputs]
    numpy.add.at(total, arrays.takers, flowing)
    numpy.add.at(moved, arrays.takers, flowing)
    whole = total[arrays.makers]
    significant = whole > _ROUNDING * moved[arrays.makers]
    fractions: Floats = numpy.divide(held, whole, out=numpy.zeros_like(held), where=significant)
    return numpy.minimum(fractions, 1.0)
