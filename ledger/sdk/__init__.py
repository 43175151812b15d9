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
from ledger.core.values import Fraction, Key, Name, Part, Positive, Quantity, Role, Signed
from ledger.errors import PluginError
from ledger.sdk.context import Context, FacilityFacts, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.factors import (
    FactorRow,
    FactorTable,
    Fuel,
    carbon_dioxide_of,
    grid_electricity,
    read_factors,
    rows,
    standard_fuels,
)
from ledger.sdk.pricing import Draft
from ledger.sdk.sector import CONTEXT, Activity, Indicator, Route, Sector

__all__ = [
    "CONTEXT",
    "Activity",
    "Assessment",
    "Assigned",
    "Basis",
    "Context",
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
    "PluginError",
    "Positive",
    "Quantity",
    "Role",
    "Route",
    "Sector",
    "Signed",
    "SupplyFacts",
    "carbon_dioxide_of",
    "convert",
    "grid_electricity",
    "read_factors",
    "rows",
    "standard_fuels",
]
