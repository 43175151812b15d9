"""Kinds of fuels: how much carbon and heat they may have, by `fuel-kinds.csv`."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import Span
from ledger.sdk import rows

_ANY, _UNKNOWN = "*", "unknown"
_NOTHING: Final = Decimal(0)
_MEGAJOULES: Final = 1000
"""Per GJ."""
_LEAST_HEAT, _MOST_HEAT = Decimal("0.5"), Decimal("1.5")


class FuelKind(NamedTuple):
    """Carbon per MJ as multiples of the row; the least kg of carbon per GJ, which counts in place of `low` unless the
    row has less; the heating value as multiples of the row; the most biogenic share, the least oxidation. Of biomass,
    the most MJ and the most carbon of a kg. Zero is no limit. `unreported`: the most biogenic share without a report;
    `least_heat`: of a fuel without a row, the least MJ of a kg without a report."""

    low: Decimal
    high: Decimal
    least: Decimal
    lean: Decimal
    rich: Decimal
    biogenic: Decimal
    oxidation: Decimal
    most_heat: Decimal
    most_carbon: Decimal
    unreported: Decimal
    least_heat: Decimal

    @property
    def is_mineral(self) -> bool:
        """Whether all fuels of the kind are coal, oil or gas. Waste may have biogenic carbon, and may be recycled."""
        return self.biogenic == _NOTHING

    @property
    def least_burning(self) -> Decimal:
        """The CO2 of burning as a multiple of the row, at least; zero for waste and biomass."""
        return self.low * (self.lean or _LEAST_HEAT) if self.is_mineral else _NOTHING

    def carbon(self, per_heat: Decimal) -> Span:
        """Kg of carbon per MJ, for a row that has `per_heat`."""
        low = min(self.least / _MEGAJOULES, per_heat) if self.least else self.low * per_heat
        return Span(low=low, high=self.high * per_heat)

    def heat(self, of_row: Decimal) -> Span:
        """MJ per unit, for a row that has `of_row`."""
        most = self.most_heat or of_row * (self.rich or _MOST_HEAT)
        return Span(low=of_row * (self.lean or _LEAST_HEAT), high=most)


def kind_of(key: str) -> FuelKind:
    """The kind of an entry of the factor sets, by its key."""
    return _kinds().get(key, _kinds()[_ANY])


def kind_of_unknown(material: str) -> FuelKind:
    """The kind of a fuel whose combustion no set knows: waste of a known kind, or any other name."""
    return _kinds().get(material, _kinds()[_UNKNOWN])


def twin_of(key: str) -> str | None:
    """The fossil supply in place of which a renewable one is bought; None for all other entries."""
    return _twins().get(key)


def carbon_of(key: str) -> Decimal:
    """Kg of carbon per kg of a pure substance, by its row in `substances.csv`; zero without one."""
    return _carbon().get(key, _NOTHING)


@cache
def _carbon() -> Mapping[str, Decimal]:
    return {row["name"]: Decimal(row["carbon"]) for row in rows("ledger.sdk.data", "substances.csv")}


@cache
def _twins() -> Mapping[str, str]:
    return {row["key"]: row["twin"] for row in rows("ledger.sdk.data", "fuel-kinds.csv") if row["twin"]}


@cache
def _kinds() -> Mapping[str, FuelKind]:
    return {
        row["key"]: FuelKind(*[Decimal(row[name] or 0) for name in FuelKind._fields])
        for row in rows("ledger.sdk.data", "fuel-kinds.csv")
    }
