"""The figures in the demo's records, each with its source.

Status: `read` is a value from the named source; `recalled` is a usual value of the literature whose source was not
checked; `assumed` is a value chosen for the demo. Emission factors of power, fuels and materials come from the factor
sets in force, factors of steelmaking from the sector.
"""

from decimal import Decimal
from typing import Final, Literal, NamedTuple

_DEMO: Final = "chosen for this demo"
_USUAL: Final = "usual value of the literature, from memory"
_GUIDELINE: Final = "MEE guidelines for accounting of enterprises' greenhouse gas emissions, default values of fuels"


class SourcedFigure(NamedTuple):
    """`value` in `unit`, its meaning, and its source."""

    value: str
    unit: str
    meaning: str
    source: str
    status: Literal["read", "recalled", "assumed"]

    def times(self, amount: str) -> str:
        """This figure times an amount, in the spelling of records."""
        return _spelt(Decimal(self.value) * Decimal(amount))

    def rest(self, amount: str) -> str:
        """The remainder of an amount, if this figure is a share of it."""
        return _spelt((1 - Decimal(self.value)) * Decimal(amount))

    def __str__(self) -> str:
        return f"{self.meaning}: {self.value} {self.unit} ({self.status}: {self.source})"


def _spelt(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


DIESEL: Final = SourcedFigure(
    "3.1451", "kg CO2/kg", "diesel burnt in lorries: 43.33 GJ/t * 0.0202 t C/GJ * 98 % * 44/12", _GUIDELINE, "read",
)
FREIGHT: Final = SourcedFigure(
    "0.03", "kg diesel/tkm",
    "diesel of a 26 to 32 t lorry with average load: 0.09516 kg CO2e/tkm tank to wheel / 3.1451",
    "GLEC Framework 2.0 default (5 % biodiesel, 22 % uplift), as shown by climatiq.io", "read",
)
ROUNDS: Final = SourcedFigure("3", "kg diesel/t", "diesel of collection rounds per t of scrap", _DEMO, "assumed")

STEEL_IN_SCRAP: Final = SourcedFigure("0.95", "kg/kg", "iron and steel in old scrap", _DEMO, "assumed")
COPPER_IN_SCRAP: Final = SourcedFigure("0.0025", "kg/kg", "copper in old scrap", _USUAL, "recalled")
STEEL_IN_SHREDDED: Final = SourcedFigure("0.98", "kg/kg", "iron and steel in shredded scrap", _DEMO, "assumed")
STEEL_IN_RESIDUE: Final = SourcedFigure("0.2", "kg/kg", "iron and steel in shredder residue", _DEMO, "assumed")
SHREDDING: Final = SourcedFigure("30", "kWh/t", "shredding and shearing per t of scrap", _USUAL, "recalled")
ARC_POWER: Final = SourcedFigure(
    "400", "kWh/t", "electric arc furnace per t of steel, roughly 400 in modern furnaces",
    "The electric arc furnace process: towards an electricity consumption below 200 kWh/t (abstract); range 300 to 550"
    " in the Industrial Efficiency Technology Database, iipinetwork.org", "read",
)
ARC_YIELD: Final = SourcedFigure("0.91", "t/t", "steel per t of scrap charged", _USUAL, "recalled")
ELECTRODES: Final = SourcedFigure("1.7", "kg/t", "graphite electrodes per t of arc furnace steel", _USUAL, "recalled")
CARBURISER: Final = SourcedFigure(
    "10", "kg/t", "carbon for foaming slag per t of arc furnace steel", _USUAL, "recalled"
)
ARC_GAS: Final = SourcedFigure("8", "Nm3/t", "natural gas of burners per t of arc furnace steel", _USUAL, "recalled")
ARC_LIME: Final = SourcedFigure("40", "kg/t", "lime per t of arc furnace steel", _USUAL, "recalled")

COKE: Final = SourcedFigure("0.36", "t/t", "coke per t of hot metal", _USUAL, "recalled")
COAL: Final = SourcedFigure("0.15", "t/t", "injected coal per t of hot metal", _USUAL, "recalled")
HOT_METAL: Final = SourcedFigure("0.95", "t/t", "hot metal per t of crude steel", _USUAL, "recalled")
SINTER: Final = SourcedFigure("1.2", "t/t", "sinter per t of crude steel", _DEMO, "assumed")
PELLETS: Final = SourcedFigure("0.38", "t/t", "pellets per t of crude steel", _DEMO, "assumed")
CONVERTER_SCRAP: Final = SourcedFigure("0.12", "t/t", "scrap per t of converter steel", _USUAL, "recalled")
LIMESTONE: Final = SourcedFigure("0.1", "t/t", "limestone per t of crude steel", _USUAL, "recalled")
DOLOMITE: Final = SourcedFigure("0.05", "t/t", "dolomite per t of crude steel", _USUAL, "recalled")
MILL_POWER: Final = SourcedFigure("300", "kWh/t", "bought power per t of crude steel of an integrated mill", _USUAL,
                                  "recalled")

METHANE: Final = SourcedFigure(
    "0.716", "kg/Nm3", "mass of natural gas taken as methane: 16.04 kg per kmol / 22.414 Nm3 per kmol",
    "molar mass and molar volume", "read",
)
GEARS_FORGED: Final = SourcedFigure("0.8", "t/t", "gear blanks per t of billet; the rest is flash", _USUAL, "recalled")
SHAFTS_FORGED: Final = SourcedFigure(
    "0.85", "t/t", "shaft blanks per t of billet; the rest is flash", _USUAL, "recalled"
)
GEARS_CUT: Final = SourcedFigure("0.75", "t/t", "gears per t of blanks; the rest is swarf", _DEMO, "assumed")
PARTS_CUT: Final = SourcedFigure("0.8", "t/t", "shafts and housings per t of blanks and plate; the rest is swarf",
                                 _DEMO, "assumed")
FORGE_GAS: Final = SourcedFigure("60", "Nm3/t", "natural gas of forging furnaces per t of billet", _USUAL, "recalled")
FORGE_POWER: Final = SourcedFigure("100", "kWh/t", "power of presses per t of billet", _USUAL, "recalled")
CUTTING: Final = SourcedFigure("800", "kWh/t", "cutting and grinding per t of blank", _DEMO, "assumed")
ASSEMBLING: Final = SourcedFigure("60", "kWh/piece", "assembly and test run of a gearbox", _DEMO, "assumed")
REBUILDING: Final = SourcedFigure("400", "kWh/piece", "cleaning, grinding, cladding and test run of a used gearbox",
                                  _DEMO, "assumed")
NEW_GEARS: Final = SourcedFigure("100", "kg/piece", "new gears in a rebuilt gearbox of 1490 kg", _DEMO, "assumed")
NEW_BEARINGS: Final = SourcedFigure("40", "kg/piece", "new bearings in a gearbox, rebuilt or new", _DEMO, "assumed")

WIND: Final = SourcedFigure(
    "33.6", "kg CO2e/MWh", "life cycle of wind power in China, 2023",
    "MEE, NBS and NEA of China, announcement 3 of 2025",
    "read",
)

REFERENCES: Final = (
    SourcedFigure("34", "%", "saving of a remanufactured car gearbox: 284.5 instead of 432.5 kg CO2e",
                  "Centre for Remanufacturing and Reuse, remanufacturing.org.uk report 263 (summary)", "read"),
    SourcedFigure("36", "%", "saving of a remanufactured car gearbox",
                  "Kaddoura and Gabhane, Chalmers University of Technology, 2017 (abstract)", "read"),
    SourcedFigure("565", "kg CO2/piece", "saving of a remanufactured engine",
                  "Yang and Chen 2005, J. Cent. South Univ. Technol. 12(S2) 81", "read"),
)
"""Published results for comparison with the demo's; no record uses them."""

SOURCES: Final = (
    DIESEL, FREIGHT, ROUNDS, STEEL_IN_SCRAP, COPPER_IN_SCRAP, STEEL_IN_SHREDDED, STEEL_IN_RESIDUE, SHREDDING,
    ARC_POWER, ARC_YIELD, ELECTRODES, CARBURISER, ARC_GAS, ARC_LIME, COKE, COAL, HOT_METAL,
    SINTER, PELLETS, CONVERTER_SCRAP, LIMESTONE, DOLOMITE, MILL_POWER, METHANE, GEARS_FORGED,
    SHAFTS_FORGED, GEARS_CUT, PARTS_CUT, FORGE_GAS, FORGE_POWER, CUTTING,
    ASSEMBLING, REBUILDING, NEW_GEARS, NEW_BEARINGS, WIND, *REFERENCES,
)
