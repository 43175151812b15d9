"""Carbon and energy that enter a process: with fuels and reductants, fluxes and metals, as supplies and as lots."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_steel.carbon import STANDARD, all_factors, factors
from carbon_ledger_steel.charge import kind_of, kind_of_supply
from carbon_ledger_steel.furnace import Charge
from ledger.sdk import (
    CO2_PER_C,
    KG_PER_T,
    ZERO,
    Context,
    FactorRow,
    Fuel,
    FuelAnalysis,
    InputFacts,
    SupplyFacts,
    analysis_of,
    fuel_of,
    is_energy,
    is_fuel,
    standard_fuels,
)

COKING_COAL_MJ: Final = Decimal("28.2")
"""MJ per kg of coking coal: Regulation (EU) 2025/2547, annex II, table 1."""

HYDROGEN_MJ: Final = Decimal(120)
"""MJ per kg of hydrogen, net."""

FLUXES: Final = ("limestone", "dolomite")

_KNOWN: Final = STANDARD | {"cokingCoal", "hydrogen"}

METALS: Final[Mapping[str, str]] = {
    "steel": "crudeSteel", "alloySteel": "crudeSteel", "stainlessSteel": "crudeSteel", "pigIron": "pigIron",
    "castIron": "pigIron", "iron": "pigIron", "directReducedIron": "directReducedIron",
}
"""Materials of lots, and the key of the standard's factor for their carbon."""


class Entering(NamedTuple):
    """Carbon and heat that enter with one supply or lot: kg of `fossil` and `biogenic` carbon, MJ net.

    `counted`: the core makes the line of its CO2. `material`: the fuel, empty if it is no fuel.
    """

    source: str
    fossil: Decimal
    biogenic: Decimal = ZERO
    megajoules: Decimal = ZERO
    material: str = ""
    mass: Decimal = ZERO
    primary: bool = False
    factor: str | None = None
    recalled: bool = False
    counted: bool = False
    supply: SupplyFacts | None = None


def entering(
    context: Context, analyses: Sequence[FuelAnalysis] = (), charge: Sequence[Charge] = ()
) -> tuple[Entering, ...]:
    """All supplies and lots that bring carbon or heat into the process, except power, heat and lots of energy."""
    supplies = [_supplied(supply, analyses) for supply in context.supplies]
    kinds = {named.lot: named.kind for named in charge}
    taken = [_taken(lot, kinds.get(lot.lot)) for lot in context.inputs if not is_energy(lot.quantity)]
    return tuple(one for one in (*supplies, *taken) if one is not None)


def _supplied(supply: SupplyFacts, analyses: Sequence[FuelAnalysis]) -> Entering | None:
    name = supply.name_in(_KNOWN) or (kind_of_supply(supply) if supply.raw else "")
    if is_fuel(supply, analyses):
        supplied = _fuel(supply, fuel_of(supply, analysis_of(supply.material, analyses)))
    elif name == "cokingCoal":
        heat = (supply.mass or ZERO) * COKING_COAL_MJ
        supplied = _priced(supply, all_factors().find(name))._replace(megajoules=heat, material=name)
    elif name == "hydrogen":
        heat = supply.amount("KGM") * HYDROGEN_MJ
        return Entering(supply.material, ZERO, megajoules=heat, material=name, supply=supply)
    elif name in factors():
        supplied = _priced(supply, factors().find(name))
    else:
        return None
    if supply.combustion is not None:
        return supplied._replace(fossil=supply.combustion / CO2_PER_C, counted=True)
    return supplied


def _fuel(supply: SupplyFacts, fuel: Fuel) -> Entering:
    amount = fuel.amount_of(supply)
    carbon = amount * carbon_of(fuel)
    mass = supply.mass
    if mass is None:
        # Coal that is bought by its energy reduces ore all the same.
        mass = amount * KG_PER_T if fuel.unit == "TNE" else ZERO
    return Entering(
        supply.material, carbon * (1 - fuel.biogenic), carbon * fuel.biogenic, amount * fuel.megajoules,
        material=supply.name_in(standard_fuels()) or supply.material, mass=mass, primary=fuel.measured,
        factor=fuel.name,
        recalled=fuel.recalled, supply=supply,
    )


def carbon_of(fuel: Fuel) -> Decimal:
    """Kg of carbon per `fuel.unit`: all of it, burnt or not."""
    return fuel.megajoules * fuel.carbon_content


def _priced(supply: SupplyFacts, factor: FactorRow) -> Entering:
    mass = supply.amount("KGM")
    return Entering(
        supply.material, mass / KG_PER_T * factor.value / CO2_PER_C, mass=mass, factor=factor.name,
        recalled=factor.recalled, supply=supply,
    )


def _taken(lot: InputFacts, named: str | None) -> Entering | None:
    """A lot: by the carbon that it declares, else by its materials, else by its kind."""
    mass = lot.mass or ZERO
    kind = named or kind_of(lot)
    material = fuel_material(lot.materials, lot.quantity.unit)
    heat = ZERO
    for name, share in lot.materials.items():
        heat += mass * share * megajoules_per_kg(name)
    if material and lot.quantity.unit == "NM3":
        heat = lot.quantity.amount * standard_fuels()[material].megajoules
    source = material or (next(iter(lot.materials)) if len(lot.materials) == 1 and kind == "other" else kind)
    if lot.fossil_carbon > 0 or lot.biogenic_carbon > 0:
        return Entering(
            source, mass * lot.fossil_carbon, mass * lot.biogenic_carbon, heat, material, mass, primary=True,
        )
    if material and lot.quantity.unit == "NM3":
        fuel = standard_fuels()[material]
        return Entering(source, lot.quantity.amount * carbon_of(fuel), ZERO, heat, material, mass, factor=fuel.name)
    fuel_row = standard_fuels().get(material) if material else None
    if fuel_row is not None and mass and fuel_row.unit == "TNE":
        return Entering(source, mass / KG_PER_T * carbon_of(fuel_row), ZERO, heat, material, mass, factor=fuel_row.name)
    parts = [
        _by_factor(kind, mass * share) if name in METALS and kind in factors() else held(name, mass * share)
        for name, share in lot.materials.items()
    ]
    if not lot.materials and kind in factors():
        parts = [_by_factor(kind, mass)]
    carbon = sum((part.carbon for part in parts), ZERO)
    if carbon == 0 and heat == 0:
        return None
    return Entering(
        source, carbon, ZERO, heat, material, mass, factor=_joined(part.factor for part in parts),
        recalled=any(part.recalled for part in parts),
    )


class Held(NamedTuple):
    """Kg of carbon that a material holds by a default, and the factor's name."""

    carbon: Decimal
    factor: str = ""
    recalled: bool = False


def held(material: str, mass: Decimal) -> Held:
    """Carbon in `mass` kg of a material: iron, steel and fluxes by the standard, fuels counted by mass by their
    defaults."""
    if material in METALS:
        return _by_factor(METALS[material], mass)
    if material in FLUXES:
        return _by_factor(material, mass)
    fuel = standard_fuels().get(material)
    if fuel is not None and fuel.unit == "TNE":
        return Held(mass / KG_PER_T * carbon_of(fuel), fuel.name, fuel.recalled)
    if material == "cokingCoal":
        factor = all_factors().find(material)
        return Held(mass / KG_PER_T * factor.value / CO2_PER_C, factor.name, factor.recalled)
    return Held(ZERO)


def _by_factor(key: str, mass: Decimal) -> Held:
    factor = factors().find(key)
    return Held(mass / KG_PER_T * factor.value / CO2_PER_C, factor.name, factor.recalled)


def megajoules_per_kg(material: str) -> Decimal:
    """Net heat of a kg of a fuel that is counted by mass; 0 for every other material."""
    if material == "cokingCoal":
        return COKING_COAL_MJ
    if material == "hydrogen":
        return HYDROGEN_MJ
    fuel = standard_fuels().get(material)
    return fuel.megajoules / KG_PER_T if fuel is not None and fuel.unit == "TNE" else ZERO


def fuel_material(materials: Iterable[str], unit: str) -> str:
    """The fuel of a lot that consists of one fuel alone; an empty string for every other lot."""
    names = list(materials)
    if len(names) != 1:
        return ""
    fuel = standard_fuels().get(names[0])
    gas = fuel is not None and fuel.unit == "NM3"
    return names[0] if megajoules_per_kg(names[0]) > 0 or (gas and unit == "NM3") else ""


def _joined(names: Iterable[str]) -> str | None:
    distinct = sorted({name for name in names if name})
    return " ".join(distinct) if distinct else None
