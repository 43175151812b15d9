"""The origin of a content of a lot: the amount that each upstream record brought, declared with it or arisen in it.

Contents follow matter, not allocation shares: each is passed on by fractions of its own (`derived.chain.contents`).
Declared recycled content comes from before the ledger. Arisen recycled content comes from a record that made something
of waste. A record that replaces content that was carried before brings a negative amount.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.contents import contents_of
from ledger.footprint.derived.chain.passes import adjoint_contents
from ledger.footprint.derived.tables.parts import TablePart
from ledger.footprint.derived.tables.rows import NONE
from ledger.footprint.stored.contents import (
    ATTRIBUTED,
    CARBONS,
    ELEMENT,
    MASS,
    MATERIAL,
    PHYSICAL,
    RECYCLED,
    ContentsOut,
)

CONTENT_GROUPINGS: Final = (
    "record", "organization", "facility", "sector", "stage", "country", "subdivision", "source", "year",
)
"""The groupings of a table of a content. Its sources are `declared` and `arisen`."""

_NAMED: Final = (MATERIAL, ELEMENT, *PHYSICAL, *[ATTRIBUTED + prefix for prefix in RECYCLED.values()])


class Entered(NamedTuple):
    """Kg of one content that a record brought, in addition to the content of its inputs."""

    declared: float = 0.0
    arisen: float = 0.0


def is_content(name: str) -> bool:
    """Whether this is a valid name of a content."""
    return name == MASS or name in CARBONS or any(
        name.startswith(prefix) and len(name) > len(prefix) for prefix in _NAMED
    )


def content_weights(
    arrays: Arrays, target: int, entered: Mapping[int, Entered], held: Mapping[int, float]
) -> dict[int, float]:
    """The parts in lot number `target` of the content that each record brought (`entered`, by log index). `held`: kg of
    the content in each lot, by number. The result omits records that brought nothing."""
    weights = all_content_weights(arrays, target, entered, held)
    return {index: weight for index, weight in weights.items() if weight and any(entered[index])}


def all_content_weights(
    arrays: Arrays, target: int, entered: Mapping[int, Entered], held: Mapping[int, float]
) -> dict[int, float]:
    """The same of all records, including those that only passed the content on."""
    outcomes = {
        index: ContentsOut({"": entered[index].declared}, {"": entered[index].arisen}, {}, outputs)
        for index, outputs in _outputs(arrays, held).items()
    }
    contents = contents_of(arrays, outcomes, [""])
    wanted = numpy.zeros(len(arrays.numbers))
    wanted[arrays.position(target)] = 1.0
    weights, _ = adjoint_contents(arrays, contents.fractions[:, 0], wanted)
    return dict(zip(arrays.records.tolist(), weights.tolist(), strict=True))


def _outputs(arrays: Arrays, held: Mapping[int, float]) -> dict[int, tuple[dict[str, float], ...]]:
    """Kg in each record's lots, by position; lots outside the chain are empty."""
    outputs: dict[int, list[dict[str, float]]] = {index: [] for index in arrays.records.tolist()}
    for number in arrays.numbers.tolist():
        lots = outputs[number // LOT_SLOTS]
        lots.extend({} for _ in range(number % LOT_SLOTS + 1 - len(lots)))
        lots[number % LOT_SLOTS] = {"": held.get(number, 0.0)}
    return {index: tuple(lots) for index, lots in outputs.items()}


def content_parts(weight: float, entered: Entered) -> Iterator[TablePart]:
    """The content that a record brought, as parts of a table."""
    for source, amount in (("declared", entered.declared), ("arisen", entered.arisen)):
        if amount:
            yield TablePart(weight * amount, source, NONE, NONE, NONE, NONE)
