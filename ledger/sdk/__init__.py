"""What a plugin imports, and all that it may import: values in, an assessment out.

A sector plugin is a package with an entry point in group `carbon_ledger.plugins` that names a function returning a
`Sector`. Amounts are Decimals; `assess` runs in `CONTEXT` (34 digits, half even), so `+ - * /` need no care.
"""

from ledger.core.assessment import (
    Assessment,
    Assigned,
    Basis,
    EnergyUse,
    Finding,
    Line,
    LineKind,
    Omission,
)
from ledger.core.units import convert
from ledger.core.values import Deviation, Fraction, Key, Name, Part, Pedigree, Positive, Quantity, Role, Signed
from ledger.errors import PluginError
from ledger.sdk.chain import ChainFigure, ChainLine, ChainMethod
from ledger.sdk.context import ZERO, Context, FacilityFacts, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.energy import book_energy, is_energy, is_fuel
from ledger.sdk.factors import (
    CO2_PER_C,
    FactorRow,
    FactorTable,
    Fuel,
    carbon_dioxide_of,
    grid_electricity,
    purchased_heat,
    read_factors,
    rows,
    standard_fuels,
)
from ledger.sdk.matter import follow_composition, matter_in
from ledger.sdk.pricing import Draft
from ledger.sdk.sector import CONTEXT, Activity, Indicator, Route, Sector, invalid_activity

__all__ = [
    "CO2_PER_C",
    "CONTEXT",
    "ZERO",
    "Activity",
    "Assessment",
    "Assigned",
    "Basis",
    "ChainFigure",
    "ChainLine",
    "ChainMethod",
    "Context",
    "Deviation",
    "Draft",
    "EnergyUse",
    "FacilityFacts",
    "FactorRow",
    "FactorTable",
    "Finding",
    "Fraction",
    "Fuel",
    "Indicator",
    "InputFacts",
    "Key",
    "Line",
    "LineKind",
    "Name",
    "Omission",
    "OutputFacts",
    "Part",
    "Pedigree",
    "PluginError",
    "Positive",
    "Quantity",
    "Role",
    "Route",
    "Sector",
    "Signed",
    "SupplyFacts",
    "book_energy",
    "carbon_dioxide_of",
    "convert",
    "follow_composition",
    "grid_electricity",
    "invalid_activity",
    "is_energy",
    "is_fuel",
    "matter_in",
    "purchased_heat",
    "read_factors",
    "rows",
    "standard_fuels",
]
