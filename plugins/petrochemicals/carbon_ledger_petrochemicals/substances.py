"""Substances of the sector: molar mass, carbon, nitrogen and heating value, and their masses in inputs and outputs.

The declared `materials` of an output name its substances: `{"ethylene": "1"}`, or `{"nitricAcid": "0.6", "water":
"0.4"}` for 60 % acid. Keys are the keys of `substances.csv` and the standard fuels (`gasoline`, `diesel`, `naphtha` and
so on), whose carbon is default heating value * carbon content.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.sdk import ZERO, Context, InputFacts, OutputFacts, SupplyFacts, rows, standard_fuels

HIGH_VALUE: Final = ("ethylene", "propylene", "butadiene", "benzene", "toluene", "xylene")
"""High-value chemicals of a steam cracker; C4 fractions and pyrolysis gasoline are not counted."""

REFINED: Final = ("gasoline", "kerosene", "diesel")
"""Refined products in the sense of China's statistics (成品油): gasoline, kerosene, diesel."""

FREE_NITROGEN: Final = ("air", "nitrogen")
"""Nitrogen that only the synthesis of ammonia binds."""


class Substance(NamedTuple):
    """`molar_mass` g/mol (None for a mixture), `carbon` and `nitrogen` kg/kg, `heating_value` lower, MJ/kg.

    `recalled`: the source of the carbon content could not be checked.
    """

    key: str
    molar_mass: Decimal | None
    carbon: Decimal
    nitrogen: Decimal
    heating_value: Decimal
    recalled: bool


@cache
def substances() -> Mapping[str, Substance]:
    """`substances.csv`, and the standard fuels that are weighed: carbon = heating value * carbon content."""
    fuels = {
        key: Substance(key, None, fuel.heating_value * fuel.carbon_content, ZERO, fuel.heating_value, fuel.recalled)
        for key, fuel in standard_fuels().items() if fuel.unit == "TNE"
    }
    table = {
        row["key"]: Substance(
            row["key"], Decimal(row["molar_mass"]) if row["molar_mass"] else None, Decimal(row["carbon"]),
            Decimal(row["nitrogen"]), Decimal(row["heating_value"]), row["status"] == "recalled",
        )
        for row in rows("carbon_ledger_petrochemicals", "substances.csv")
    }
    return {**fuels, **table}


def known(materials: Mapping[str, Decimal]) -> bool:
    """Whether a composition is declared, and all of its substances are in the table."""
    return bool(materials) and all(name in substances() for name in materials)


def held(output: OutputFacts, *names: str) -> Decimal:
    """Kg of these substances in an output, by its declared materials."""
    return (output.mass or ZERO) * sum((output.materials.get(name, ZERO) for name in names), ZERO)


def made(context: Context, *names: str) -> Decimal:
    """Kg of these substances in all outputs."""
    return sum((held(output, *names) for output in context.outputs), ZERO)


def came(context: Context, *names: str) -> Decimal:
    """Kg of these substances in input lots and in supplies of that name."""
    lots = ((taken.mass or ZERO) * taken.materials.get(name, ZERO) for taken in context.inputs for name in names)
    return sum(lots, ZERO) + sum((supply.amount("KGM") for supply in context.supplied(*names)), ZERO)


def nitrogen_in(context: Context, *free: str) -> Decimal:
    """Kg of nitrogen in supplies and lots of the table; elementary nitrogen counts only if its supply is in `free`."""
    total, table = ZERO, substances()
    for supply in context.supplies:
        name = supply.name_in(table)
        if name is not None and (name in free or name not in FREE_NITROGEN) and table[name].nitrogen:
            total += supply.amount("KGM") * table[name].nitrogen
    return total + sum(((taken.mass or ZERO) * _nitrogen(taken) for taken in context.inputs), ZERO)


def nitrogen_out(context: Context) -> Decimal:
    """Kg of nitrogen in the outputs."""
    return sum(((output.mass or ZERO) * _nitrogen(output) for output in context.outputs), ZERO)


def _nitrogen(item: InputFacts | OutputFacts) -> Decimal:
    """Kg of nitrogen per kg: as analysed, else by materials."""
    if "N" in item.elements:
        return item.elements["N"]
    table = substances()
    return sum((share * table[name].nitrogen for name, share in item.materials.items() if name in table), ZERO)


def carbon_share(item: InputFacts | OutputFacts) -> Decimal | None:
    """Kg of carbon per kg by declared materials; None without materials. Unknown materials count as carbon-free."""
    table = substances()
    if not item.materials:
        return None
    return sum((share * table[name].carbon for name, share in item.materials.items() if name in table), ZERO)


def moles(output: OutputFacts) -> Decimal | None:
    """Moles as declared, else by mass and molar mass of all substances except water; None if unknown."""
    if output.moles is not None:
        return output.moles
    total = ZERO
    for name, share in output.materials.items():
        substance = substances().get(name)
        if name == "water":
            continue
        if substance is None or substance.molar_mass is None:
            return None
        total += (output.mass or ZERO) * share * 1000 / substance.molar_mass
    return total if output.materials else None


def heat(output: OutputFacts) -> Decimal | None:
    """MJ as declared, else by mass and lower heating value of its substances; None if one is unknown."""
    if output.heating_value is not None:
        return output.heating_value
    if not known(output.materials):
        return None
    table = substances()
    return sum((held(output, name) * table[name].heating_value for name in output.materials), ZERO)


def is_carbon_dioxide(item: InputFacts | OutputFacts | SupplyFacts) -> bool:
    """Whether it is a stream of carbon dioxide, at least half of it."""
    if isinstance(item, SupplyFacts):
        return item.material == "carbonDioxide"
    return item.materials.get("carbonDioxide", ZERO) * 2 >= 1
