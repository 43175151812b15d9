"""Fuels that are stated in a unit of energy. It is net: their amount is that energy by the net heating value in force.

The record's own analysis wins over the row of a factor set, and the row over the table of standard fuels.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.sdk import FuelAnalysis, FuelFacts, HeatingValue, SupplyEntry, standard_fuels

_ENERGY: Final = "energy"
_NO_FUELS: Final = ("electricity", "heat", "steam")
"""The names by which sectors find power and heat."""


def heating_of(
    supply: Supply, analysis: FuelAnalysis | None, fuel: FuelFacts | None = None
) -> HeatingValue | None:
    """The heating value by which a sector counts a supply; None if it is no fuel in a unit of energy. `fuel`: how it
    burns by the sets."""
    if UNITS[supply.quantity.unit].dimension != _ENERGY or supply.material in _NO_FUELS:
        return None
    usual = standard_fuels().get(supply.material)
    if analysis is not None and analysis.heating_value is not None:
        unit = fuel.unit if fuel is not None else usual.unit if usual is not None else "KGM"
        return HeatingValue(unit="NM3" if unit == "NM3" else "KGM", megajoules=Decimal(analysis.heating_value))
    if fuel is not None:
        return HeatingValue(unit=fuel.unit, megajoules=fuel.heating_value)
    return None if usual is None else usual.heating


def analysed(entry: SupplyEntry, analysis: FuelAnalysis | None) -> SupplyEntry:
    """The entry of a fuel with the heating value of the record's own analysis."""
    if analysis is None or analysis.heating_value is None or entry.kind != "fuel":
        return entry
    return replace(entry, heating_value=Decimal(analysis.heating_value))
