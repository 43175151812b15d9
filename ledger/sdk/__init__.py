"""The only module of the ledger that a plugin may import. A sector turns values into an assessment.

A sector plugin is a package with an entry point in group `carbon_ledger.plugins`. The entry point names a function that
returns a `Sector`. Amounts are Decimals. `assess` runs in `CONTEXT` (34 digits, half even), so `+ - * /` need no care.

Where to find the functions that you need:
- price and book all power, heat and fuels of a record: `book_energy`; a single supply: `Draft.buy_power`, `buy_heat`,
  `burn`;
- a site's own heating value, carbon, oxidation or biogenic share of a fuel: `FuelAnalysis`. Put `analyses:
  tuple[FuelAnalysis, ...] = ()` into your activity and hand it to `book_energy(..., analyses=activity.analyses)`,
  `matter_in(context, analyses)` and `is_fuel(supply, analyses)`; or hand a single analysis to
  `Draft.burn(supply, analysis=...)`. An analysis also describes fuels without default values (waste, biomass). Fossil
  CO2 becomes a line, biogenic CO2 is a burden apart from the footprint (`Draft.release_biogenic`, which `burn` calls);
- the amount of a fuel, which its record may state as energy: `Fuel.amount_of(supply)`, or `SupplyFacts.amount(unit)`;
- carbonates: `carbonate(mineral, purity, calcined)` in kg CO2 per kg; clinker and lime: `from_oxides` (GB/T 32151.8),
  or `calcination` (IPCC Tier 2);
- your own factors from CSV: `read_factors`, `FactorTable.find`, `Draft.price`;
- a warning with its value, its usual range and the amount in question: `Draft.warn` with a `Reading` and, for inputs
  that are missing or too small, a `Lack`, which the core prices; `judge` and `warn_outside` take a `Shortfall`;
- the flow of materials and elements: `follow_composition`, `Draft.follow`;
- tests: `ledger.sdk.testing`.
"""

from ledger.core.outcome.assessment import (
    Assessment,
    Assigned,
    Basis,
    EnergyUse,
    Finding,
    Lack,
    Line,
    LineKind,
    Omission,
)
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import POWER_UNITS, convert
from ledger.core.record.values import Deviation, Fraction, Key, Name, Part, Pedigree, Positive, Quantity, Role, Signed
from ledger.errors import PluginError
from ledger.sdk.calcination import CARBONATES, CO2_PER_CAO, CO2_PER_MGO, calcination, carbonate, from_oxides
from ledger.sdk.chain import ChainFigure, ChainLine, ChainMethod
from ledger.sdk.context import (
    CARRYING_ROLES,
    PRODUCT_ROLES,
    ZERO,
    AttributeFacts,
    Context,
    FacilityFacts,
    FuelFacts,
    HeatingValue,
    InputFacts,
    OutputFacts,
    SupplyFacts,
)
from ledger.sdk.documents import Answer, Document, invalid_field, read_document, spelled
from ledger.sdk.drafting import draft_with_energy, leak_gas, leak_gases, omit_upstream
from ledger.sdk.energy import HEAT_UNITS, RENEWABLE_POWER, book_energy, is_energy, is_fuel
from ledger.sdk.exchange import Exchange
from ledger.sdk.factors import (
    CO2_PER_C,
    FactorRow,
    FactorTable,
    FoundFactor,
    grid_electricity,
    purchased_heat,
    read_factors,
    residual_mix,
)
from ledger.sdk.fuels import Fuel, FuelAnalysis, analysis_of, carbon_dioxide_of, fuel_of, standard_fuels
from ledger.sdk.installation import (
    EmissionLine,
    Installations,
    InstallationYear,
    MadeLot,
    PowerUse,
    Production,
    Sheet,
    TakenLot,
)
from ledger.sdk.limits import judge, warn_outside
from ledger.sdk.matter import follow_composition, matter_in, used_up, warn_unaccounted
from ledger.sdk.places import ANYWHERE, wider_places
from ledger.sdk.pricing import Draft, Limits, Reading, Shortfall
from ledger.sdk.sector import (
    KG_PER_T,
    Activity,
    BurntFuels,
    Indicator,
    NaturalInput,
    Need,
    RawMaterials,
    Route,
    Sector,
    amount_in,
    invalid_activity,
    kilograms,
    read_indicators,
    read_nature,
    read_needs,
    read_raw_materials,
    read_words,
)
from ledger.sdk.sets.factor_set import FactorSet, FactorSetVersion, FactorSource, SetFactor, SupplyEntry
from ledger.sdk.sets.gases import gas_of, potential_of
from ledger.sdk.sets.lookup import SetChoice
from ledger.sdk.sets.prices import dry_part
from ledger.sdk.sets.reading import read_factor_set
from ledger.sdk.tabled.reading import read_burnt_lots, read_sector, read_table_routes, sector_of_files
from ledger.sdk.tables import rows

__all__ = [
    "ANYWHERE",
    "CARBONATES",
    "CARRYING_ROLES",
    "CO2_PER_C",
    "CO2_PER_CAO",
    "CO2_PER_MGO",
    "CONTEXT",
    "HEAT_UNITS",
    "KG_PER_T",
    "POWER_UNITS",
    "PRODUCT_ROLES",
    "RENEWABLE_POWER",
    "ZERO",
    "Activity",
    "Answer",
    "Assessment",
    "Assigned",
    "AttributeFacts",
    "Basis",
    "BurntFuels",
    "ChainFigure",
    "ChainLine",
    "ChainMethod",
    "Context",
    "Deviation",
    "Document",
    "Draft",
    "EmissionLine",
    "EnergyUse",
    "Exchange",
    "FacilityFacts",
    "FactorRow",
    "FactorSet",
    "FactorSetVersion",
    "FactorSource",
    "FactorTable",
    "Finding",
    "FoundFactor",
    "Fraction",
    "Fuel",
    "FuelAnalysis",
    "FuelFacts",
    "HeatingValue",
    "Indicator",
    "InputFacts",
    "InstallationYear",
    "Installations",
    "Key",
    "Lack",
    "Limits",
    "Line",
    "LineKind",
    "MadeLot",
    "Name",
    "NaturalInput",
    "Need",
    "Omission",
    "OutputFacts",
    "Part",
    "Pedigree",
    "PluginError",
    "Positive",
    "PowerUse",
    "Production",
    "Quantity",
    "RawMaterials",
    "Reading",
    "Role",
    "Route",
    "Sector",
    "SetChoice",
    "SetFactor",
    "Sheet",
    "Shortfall",
    "Signed",
    "SupplyEntry",
    "SupplyFacts",
    "TakenLot",
    "amount_in",
    "analysis_of",
    "book_energy",
    "calcination",
    "carbon_dioxide_of",
    "carbonate",
    "convert",
    "draft_with_energy",
    "dry_part",
    "follow_composition",
    "from_oxides",
    "fuel_of",
    "gas_of",
    "grid_electricity",
    "invalid_activity",
    "invalid_field",
    "is_energy",
    "is_fuel",
    "judge",
    "kilograms",
    "leak_gas",
    "leak_gases",
    "matter_in",
    "omit_upstream",
    "potential_of",
    "purchased_heat",
    "read_burnt_lots",
    "read_document",
    "read_factor_set",
    "read_factors",
    "read_indicators",
    "read_nature",
    "read_needs",
    "read_raw_materials",
    "read_sector",
    "read_table_routes",
    "read_words",
    "residual_mix",
    "rows",
    "sector_of_files",
    "spelled",
    "standard_fuels",
    "used_up",
    "warn_outside",
    "warn_unaccounted",
    "wider_places",
]
