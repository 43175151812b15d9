"""The contents of a chain: what each record brought of them, what its lots hold, and where a content came from.

The outcome of every record says what was declared with it (by supplies, declarations, compositions) and what arose in
it (recycled content, where waste was made into something). With what it took from its lots that is all that it had:

    had(record) = declared + arisen + sum of part * content(lot taken)
    fraction(lot) = content(lot) / had(record)

So contents are passed on linearly, each by fractions of its own; the rest of what a record had is lost. Where waste
that carries recycled content is recycled again, what it carried is replaced: then less arises than the waste weighs, or
less than nothing, and the sums hold all the same. For a whole closure alone: what comes from lots outside is missing.
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
    """K contents by name, kg: what is `held` by each lot, L x K, what enters with each record besides its lots
    (`entering`, R x K), and the `fractions` of what a record had that its lots hold, L x K, as `propagate_contents`
    and `adjoint_contents` take them."""

    names: tuple[str, ...]
    held: Floats
    entering: Floats
    fractions: Floats


def contents_of(
    arrays: Arrays, outcomes: Mapping[int, ContentsOut], names: Sequence[str] | None = None
) -> ChainContents:
    """Contents of a chain from the content balances of its records, by log index; all of them, or those of `names`.

    Raises KeyError for a record of the chain without one.
    """
    balances = [outcomes[index] for index in arrays.records.tolist()]
    found = _names(balances) if names is None else tuple(names)
    declared = _table([one.declared for one in balances], found)
    arisen = _table([one.arisen for one in balances], found)
    held = _table([
        balances[maker].outputs[number % LOT_SLOTS]
        for number, maker in zip(arrays.numbers.tolist(), arrays.makers.tolist(), strict=True)
    ], found)
    fractions = _fractions(arrays, numpy.abs(declared) + numpy.abs(arisen), declared + arisen, held)
    return ChainContents(found, held, declared + arisen, fractions)


def origins(arrays: Arrays, contents: ChainContents, name: str, wanted: Floats) -> Floats:
    """Kg of a content that each record, R, brought into a sum of lots, of each of which there is as much as is `wanted`
    (parts of whole lots, L): their sum is the content of that sum. Raises ValueError for a content that is not there.
    """
    column = contents.names.index(name) if name in contents.names else None
    if column is None:
        raise ValueError(f"{name!r} is not among the contents {contents.names}")
    weights, _ = adjoint_contents(arrays, contents.fractions[:, column], wanted)
    found: Floats = weights * contents.entering[:, column]
    return found


def _names(balances: Sequence[ContentsOut]) -> tuple[str, ...]:
    return tuple(sorted({
        name for one in balances for part in (one.declared, one.arisen, *one.outputs) for name in part
    }))


def _table(rows: Sequence[Contents], names: Sequence[str]) -> Floats:
    amounts = [[row.get(name, 0.0) for name in names] for row in rows]
    return numpy.array(amounts, numpy.float64).reshape(len(rows), len(names))


def _fractions(arrays: Arrays, brought: Floats, entering: Floats, held: Floats) -> Floats:
    """What lots hold over what their records had; nothing of what is but the rounding of amounts that cancel out.
    `brought`: how much was declared and arose, whatever its sign."""
    had, moved = entering.copy(), brought.copy()
    flowing = arrays.parts[:, numpy.newaxis] * held[arrays.inputs]
    numpy.add.at(had, arrays.takers, flowing)
    numpy.add.at(moved, arrays.takers, flowing)
    whole = had[arrays.makers]
    there = whole > _ROUNDING * moved[arrays.makers]
    found: Floats = numpy.divide(held, whole, out=numpy.zeros_like(held), where=there)
    return numpy.minimum(found, 1.0)
