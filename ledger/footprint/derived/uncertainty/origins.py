"""The origin of a record's lines that the record alone states: the exact factor, and the closing that measured.

A line names a factor from a record only by source and year, which may stand for several factors: "DEFRA/2024" prices
coal and lime. And the share of an amount that a closing spread looks like an amount measured for the record itself.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.closings.spreading import shares
from ledger.core.outcome.assessment import Line
from ledger.core.record.kinds import AnyRecord, Closing, Transformation
from ledger.core.record.values import Factor, Supply
from ledger.footprint.derived.uncertainty.pedigree import log_variance
from ledger.footprint.stored.supplies import factor_line, supplies_of

_Priced = tuple[str, str | None, str, Decimal]


class LineOrigins(NamedTuple):
    """The origins of one record's lines. `factors`: the full names of its own factors. `closings`: the closings that
    measured its amounts, by material and variance."""

    factors: Mapping[_Priced, str]
    closings: Mapping[tuple[str, float], str]

    def factor(self, line: Line) -> str | None:
        """The full name of a line's factor; for a factor from the record, with its description."""
        return self.factors.get(_priced(line), line.factor)

    def closing(self, source: str, own: float | None) -> str | None:
        """The digest of the closing that spread a total of which the line's amount is a share."""
        return None if own is None else self.closings.get((source, own))


NO_ORIGINS: Final = LineOrigins({}, {})


def origins(record: AnyRecord, closing: Closing | None = None, digest: str = "") -> LineOrigins:
    """The origins for the current version of a record. `closing`, with `digest`: the closing that spread measured
    amounts over it."""
    supplies = supplies_of(record)
    if not any(_states(supply) for supply in supplies):
        return NO_ORIGINS
    return LineOrigins(
        {_priced(factor_line(supply, supply.factor, "upstream")): _known_by(supply, supply.factor)
         for supply in supplies if supply.factor is not None},
        _closings(record, closing, digest) if closing is not None and isinstance(record, Transformation) else {},
    )


def states_amounts(record: AnyRecord) -> bool:
    """Whether a record states the uncertainty of the quantity of any of its supplies."""
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
    """The full name of a factor. Two factors with the same full name are one factor."""
    amount = f"{factor.value} kg {factor.gas or 'CO2e'} per {factor.unit}"
    return f"{factor.source}/{factor.year} ({supply.material}, {amount}, {factor.boundary})"


def _closings(record: Transformation, closing: Closing, digest: str) -> dict[tuple[str, float], str]:
    digests: dict[tuple[str, float], str] = {}
    for supply in shares(closing, record):
        own = log_variance(supply.deviation, supply.pedigree)
        if own is not None:
            digests[(supply.material, own)] = digest
    return digests
