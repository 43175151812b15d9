"""The amounts that lines of a record would have by other versions of the factor sets that priced them. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, Line
from ledger.core.record.amounts import CONTEXT
from ledger.engine.pricing.surroundings import Surroundings
from ledger.footprint.stored.burdens import line_co2e
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.lookup import choose
from ledger.sdk.sets.reading import co2e_of

_PARTS: Final = 4


class RepricedLines(NamedTuple):
    """Lines of one supply with one factor: kg CO2e as stored, and by the row `newest`. `newest` is None if no set has
    a row for the supply any more; the amount then stays."""

    factor: str
    newest: str | None
    stored: float
    repriced: float


def reprice(lines: Iterable[Line], around: Surroundings, sets: Sequence[FactorSetVersion]) -> list[RepricedLines]:
    """The lines of a record whose factor is a row of a factor set, by `sets`. Place and year come from the record,
    so a set with a row for a narrower place or a later year changes the amount too."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.factor is not None and line.value is not None and line.burden in ADDITIVE and "@" in line.factor:
            groups.setdefault((line.factor, line.source), []).append(line)
    return [_repriced(factor, group, around, sets) for (factor, _), group in groups.items()]


def _repriced(
    factor: str, lines: Sequence[Line], around: Surroundings, sets: Sequence[FactorSetVersion]
) -> RepricedLines:
    stored = sum([line_co2e(line) for line in lines])
    row = factor.partition(":")[2].split("/")
    measured = next((line for line in lines if line.value), None)
    if len(row) != _PARTS or measured is None or measured.value is None:
        return RepricedLines(factor, None, stored, stored)
    key, boundary, _, _ = row
    choice = choose(sets, key, boundary, around.places, around.year)  # type: ignore[arg-type]
    if choice is None:
        return RepricedLines(factor, None, stored, stored)
    # Several lines of one gas are several supplies of one name.
    quantity = sum(
        (CONTEXT.divide(line.amount, line.value) for line in lines if line.gas == measured.gas and line.value),
        Decimal(0),
    )
    return RepricedLines(factor, choice.name, stored, float(CONTEXT.multiply(quantity, co2e_of(choice.factor.gases))))
