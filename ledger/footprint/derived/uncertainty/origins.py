"""What a record says of where its lines come from, and the lines themselves do not: which factor it is, who measured.

A line names the factor that a record brought by source and year alone, of which there may be many: "DEFRA/2024" prices
coal and lime. And a share of what a closing has spread reads like an amount that was measured for its record by itself.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.spreading import shares
from ledger.core.outcome.assessment import Line
from ledger.core.record.kinds import AnyRecord, Closing, Transformation
from ledger.core.record.values import Factor, Supply
from ledger.footprint.derived.uncertainty.pedigree import log_variance
from ledger.footprint.stored.supplies import factor_line, supplies_of

_Priced = tuple[str, str | None, str, Decimal]


class LineOrigins(NamedTuple):
    """Of one record: what its own `factors` are known by, and by material and variance the closings that measured."""

    factors: Mapping[_Priced, str]
    closings: Mapping[tuple[str, float], str]

    def factor(self, line: Line) -> str | None:
        """What the factor of a line is known by: its name, and for one that the record brought also what it is."""
        return self.factors.get(_priced(line), line.factor)

    def closing(self, source: str, own: float | None) -> str | None:
        """The digest of the closing whose total the amount of a line is a share of."""
        return None if own is None else self.closings.get((source, own))


NO_ORIGINS: Final = LineOrigins({}, {})


def origins(record: AnyRecord, closing: Closing | None = None, digest: str = "") -> LineOrigins:
    """Of a record as it reads. `closing` is the one, with this digest, that spread what was measured over it."""
    supplies = supplies_of(record)
    if not any(_states(supply) for supply in supplies):
        return NO_ORIGINS
    return LineOrigins(
        {_priced(factor_line(supply, supply.factor, "upstream")): _known_by(supply, supply.factor)
         for supply in supplies if supply.factor is not None},
        _closings(record, closing, digest) if closing is not None and isinstance(record, Transformation) else {},
    )


def states_amounts(record: AnyRecord) -> bool:
    """Whether a record says how uncertain the quantity of any of its supplies is."""
    return any(supply.deviation is not None or supply.pedigree is not None for supply in supplies_of(record))


def _states(supply: Supply) -> bool:
    factor = supply.factor
    return (
        supply.deviation is not None or supply.pedigree is not None
        or (factor is not None and (factor.deviation is not None or factor.pedigree is not None))
    )


def _priced(line: Line) -> _Priced:
    return line.source, line.factor, line.gas, line.amount


def _known_by(supply: Supply, factor: Factor) -> str:
    """Two that agree in all of this are one factor."""
    amount = f"{factor.value} kg {factor.gas or 'CO2e'} per {factor.unit}"
    return f"{factor.source}/{factor.year} ({supply.material}, {amount}, {factor.boundary})"


def _closings(record: Transformation, closing: Closing, digest: str) -> dict[tuple[str, float], str]:
    found: dict[tuple[str, float], str] = {}
    for supply in shares(closing, record):
        own = log_variance(supply.deviation, supply.pedigree)
        if own is not None:
            found[(supply.material, own)] = digest
    return found
