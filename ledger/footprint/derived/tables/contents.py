"""Where a content of a lot came from: how much each record upstream brought of it, declared with it or arisen in it.

Contents follow matter, not shares: each is passed on by fractions of its own (`derived.chain.contents`). Where recycled
content is declared, it came from before the ledger; where it has arisen, waste was made into something there.
What replaces content that was carried before is negative at the record that replaces it.
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
from ledger.footprint.stored.contents import ATTRIBUTED, CARBONS, ELEMENT, MASS, MATERIAL, RECYCLED, ContentsOut

CONTENT_GROUPINGS: Final = (
    "record", "organization", "facility", "sector", "stage", "country", "subdivision", "source", "year",
)
"""What a table of a content may be grouped by; its sources are `declared` and `arisen`."""

_NAMED: Final = (MATERIAL, ELEMENT, *RECYCLED.values(), *[ATTRIBUTED + prefix for prefix in RECYCLED.values()])


class Entered(NamedTuple):
    """Kg of one content that a record brought besides its lots."""

    declared: float = 0.0
    arisen: float = 0.0


def is_content(name: str) -> bool:
    """Whether a content may be called so."""
    return name == MASS or name in CARBONS or any(
        name.startswith(prefix) and len(name) > len(prefix) for prefix in _NAMED
    )


def content_weights(
    arrays: Arrays, target: int, entered: Mapping[int, Entered], held: Mapping[int, float]
) -> dict[int, float]:
    """Which part of what each record brought (`entered`, by log index) is in the lot with number `target`. `held`: kg
    of the content in each lot, by number. Records that brought nothing are left out."""
    outcomes = {
        index: ContentsOut({"": entered[index].declared}, {"": entered[index].arisen}, {}, outputs)
        for index, outputs in _outputs(arrays, held).items()
    }
    contents = contents_of(arrays, outcomes, [""])
    wanted = numpy.zeros(len(arrays.numbers))
    wanted[arrays.position(target)] = 1.0
    weights, _ = adjoint_contents(arrays, contents.fractions[:, 0], wanted)
    return {
        index: weight for index, weight in zip(arrays.records.tolist(), weights.tolist(), strict=True)
        if weight and any(entered[index])
    }


def _outputs(arrays: Arrays, held: Mapping[int, float]) -> dict[int, tuple[dict[str, float], ...]]:
    """Kg in each record's lots, by position, as far as they are in the chain."""
    found: dict[int, list[dict[str, float]]] = {index: [] for index in arrays.records.tolist()}
    for number in arrays.numbers.tolist():
        lots = found[number // LOT_SLOTS]
        lots.extend({} for _ in range(number % LOT_SLOTS + 1 - len(lots)))
        lots[number % LOT_SLOTS] = {"": held.get(number, 0.0)}
    return {index: tuple(lots) for index, lots in found.items()}


def content_parts(weight: float, entered: Entered) -> Iterator[TablePart]:
    """What a record brought, as parts of a table."""
    for source, amount in (("declared", entered.declared), ("arisen", entered.arisen)):
        if amount:
            yield TablePart(weight * amount, source, NONE, NONE, NONE, NONE)
