"""How much carbon and heat a material can hold at most, and holds at least, by the factor sets and `substances.csv`.

A fuel has the values of its own row in the sets. Every other material has the values of its name, else of its class. A
name that the sets do not know has the values of its own row, or may hold all that matter can hold.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final, NamedTuple

from ledger.admission.facts import Composition
from ledger.admission.lots import Supplied
from ledger.core.record.units import UNITS
from ledger.engine.bounds.process import ONE, ZERO, is_energy, is_power, megajoules
from ledger.engine.pricing.heating import analysed
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.sdk import CO2_PER_C, FactorSetVersion, FuelAnalysis, SupplyEntry, rows
from ledger.sdk.sets.lookup import amount_of, entry_of
from ledger.sdk.sets.lookup import is_power as is_power_supply

SPREAD: Final = Decimal("1.25")
"""By so much a fuel may be richer than its row: coals of one name differ by a fifth."""
_ANYTHING: Final = "*"
_GROWN_CARBON: Final = Decimal("0.0306")
"""Kg of carbon per MJ of biomass, whose rows state no carbon: 112 kg CO2 per GJ of wood (IPCC 2006, volume 2, table
1.4)."""
_POOREST_GAS: Final = Decimal("0.075")
"""Kg of carbon per MJ of blast furnace gas, the fuel with most (IPCC 2006, volume 2, table 1.3: 0.0708)."""
_CARBON_DIOXIDE: Final = "CO2"
_CARBON: Final = "C"
_CACHED: Final = 4096


class Substance(NamedTuple):
    """Of one unit (`unit`) of a material: kg of carbon and MJ, at most (`carbon`, `heat`) and at least (`held`,
    `least_heat`). `grown`: its carbon may be biogenic. `entry`: the material in the sets; `known`: whether the sets or
    a row know it."""

    unit: str
    carbon: Decimal
    held: Decimal
    heat: Decimal
    least_heat: Decimal
    grown: bool
    known: bool
    entry: SupplyEntry | None = None

    @property
    def group(self) -> str:
        return self.entry.group if self.entry is not None else ""

    @property
    def is_matter(self) -> bool:
        """Whether it can become a part of a good: services and freight cannot."""
        return self.entry is None or self.entry.kind not in ("transport", "treatment", "service", "electricity", "heat")


def amount_of_supply(
    sets: tuple[FactorSetVersion, ...], supplied: Supplied, analysis: FuelAnalysis | None = None
) -> MaterialAmount:
    """A supply. A fuel in a unit of energy is counted in its own unit, so that it holds the same in every unit. Other
    energy that is no power is counted in MJ: its name decides, and not its watt hours."""
    quantity, mass = supplied.supply.quantity, supplied.mass
    amount = MaterialAmount(quantity.amount, quantity.unit, mass)
    if not is_energy(quantity.unit):
        return amount
    material = supplied.supply.material
    entry = substance_of(sets, material).entry
    if entry is not None and entry.kind == "fuel":
        own = amount_of(analysed(entry, analysis), quantity.amount, quantity.unit, mass)
        return amount if own is None else MaterialAmount(own, entry.unit, mass)
    if supplied.supply.origin == "nature" or is_power_supply(sets, material, quantity.unit):
        return amount
    heat = megajoules(quantity.amount, quantity.unit)
    if entry is None and analysis is not None and analysis.heating_value:
        return MaterialAmount(heat / Decimal(analysis.heating_value), "KGM", mass)
    return MaterialAmount(heat, "3B", mass)


class MostHeld(NamedTuple):
    """Kg of carbon and MJ that a thing holds: at most, at most by known materials, at most of biogenic carbon."""

    carbon: Decimal = ZERO
    known: Decimal = ZERO
    grown: Decimal = ZERO
    heat: Decimal = ZERO

    def plus(self, other: "MostHeld") -> "MostHeld":
        return MostHeld(*[mine + its for mine, its in zip(self, other, strict=True)])


NOTHING: Final = MostHeld()


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["name"]: row for row in rows("ledger.sdk.data", "substances.csv")}


@lru_cache(_CACHED)
def substance_of(sets: tuple[FactorSetVersion, ...], material: str) -> Substance:
    """The substance of a material by its name."""
    known = entry_of(sets, material)
    entry = None if known is None else known[1]
    if entry is not None and entry.kind == "fuel" and entry.heating_value is not None:
        return _fuel(known[0] if known is not None else sets[0], entry, entry.heating_value)
    names = (material,) if entry is None else (entry.key, material, f"class:{entry.group}")
    name = next((name for name in names if name in _rows()), _ANYTHING)
    row = _rows()[name]
    return Substance(
        "KGM", Decimal(row["carbon"]), Decimal(row["held"]), Decimal(row["heat"]), Decimal(row["least_heat"]),
        row["grown"] == "yes", name != _ANYTHING, entry,
    )


def class_carbon(group: str) -> Decimal:
    """Kg of carbon that a kg of a class of materials can hold at most; of an unknown class, all of it."""
    return Decimal(_rows()[f"class:{group}" if f"class:{group}" in _rows() else _ANYTHING]["carbon"])


def _fuel(version: FactorSetVersion, entry: SupplyEntry, heat: Decimal) -> Substance:
    burnt = [
        amount for factor in version.factors(entry.key, "combustion")
        for gas, amount in factor.gases if gas == _CARBON_DIOXIDE
    ]
    carbon = max(burnt, default=ZERO) / CO2_PER_C
    grown = not burnt
    most = (heat * _GROWN_CARBON if grown else carbon) * SPREAD
    return Substance(
        entry.unit, most, min(burnt, default=ZERO) / CO2_PER_C / SPREAD, heat, heat / SPREAD, grown, True, entry,
    )


def most_of(sets: tuple[FactorSetVersion, ...], material: str, amount: MaterialAmount) -> MostHeld:
    """The most that an amount of a material holds."""
    if is_energy(amount.unit):
        return _of_energy(sets, material, amount)
    substance = substance_of(sets, material)
    if not substance.is_matter:
        return NOTHING
    own = in_unit(substance, amount)
    if own is None:
        mass = amount.mass or ZERO
        return MostHeld(mass, ZERO, mass, mass * Decimal(_rows()[_ANYTHING]["heat"]))
    carbon = own * substance.carbon
    if amount.mass is not None:
        carbon = min(carbon, amount.mass)
    return MostHeld(
        carbon, carbon if substance.known else ZERO, carbon if substance.grown else ZERO, own * substance.heat,
    )


def _of_energy(sets: tuple[FactorSetVersion, ...], material: str, amount: MaterialAmount) -> MostHeld:
    """Fuel that is counted by its heating value: heat, and carbon per MJ. Power and heat hold no carbon; joules of a
    name that nobody knows may be a gas."""
    heat = megajoules(amount.value, amount.unit)
    substance = substance_of(sets, material)
    if not substance.known and not is_power(amount.unit):
        gas = heat * _POOREST_GAS
        return MostHeld(gas, ZERO, gas, heat)
    if substance.entry is None or substance.entry.kind != "fuel" or not substance.heat:
        return MostHeld(heat=heat)
    carbon = heat / substance.heat * substance.carbon
    return MostHeld(carbon, carbon, carbon if substance.grown else ZERO, heat)


def in_unit(substance: Substance, amount: MaterialAmount) -> Decimal | None:
    """The amount in the substance's unit; None if that is not known."""
    if substance.entry is not None and substance.unit != "KGM":
        return amount_of(substance.entry, amount.value, amount.unit, amount.mass)
    if amount.mass is not None:
        return amount.mass
    return amount.value * UNITS[amount.unit].scale if UNITS[amount.unit].dimension == "mass" else None


def most_of_lot(sets: tuple[FactorSetVersion, ...], composition: Composition, amount: MaterialAmount) -> MostHeld:
    """The most that a lot holds: by its stated carbon, else by its materials, else all that matter can hold."""
    held, rest = NOTHING, ONE
    for name, share in composition.materials.items():
        held = held.plus(most_of(sets, name, amount.part(Decimal(share))))
        rest -= Decimal(share)
    if rest > ZERO:
        held = held.plus(most_of(sets, _ANYTHING, amount.part(rest)))
    carbon = stated_carbon(composition, amount.mass or ZERO)
    if carbon is None:
        return held
    fossil, biogenic = carbon
    return MostHeld(fossil + biogenic, fossil + biogenic, biogenic, held.heat)


def stated_carbon(composition: Composition, mass: Decimal) -> tuple[Decimal, Decimal] | None:
    """Kg of fossil and biogenic carbon that a composition states; None if it states neither."""
    if composition.fossil_carbon is None and composition.biogenic_carbon is None:
        return None
    return mass * Decimal(composition.fossil_carbon or 0), mass * Decimal(composition.biogenic_carbon or 0)


def least_of_output(
    sets: tuple[FactorSetVersion, ...], composition: Composition, amount: MaterialAmount
) -> tuple[Decimal, Decimal]:
    """Kg of carbon and MJ that an output holds at least: by its stated carbon or element, and by its materials."""
    mass = amount.mass or ZERO
    carbon = heat = ZERO
    for name, share in composition.materials.items():
        substance, part = substance_of(sets, name), amount.part(Decimal(share))
        own = None if is_energy(part.unit) else in_unit(substance, part)
        if own is not None and substance.is_matter:
            carbon += own * substance.held
            heat += own * substance.least_heat
    stated = stated_carbon(composition, mass)
    if stated is not None:
        return stated[0] + stated[1], heat
    return mass * Decimal(composition.elements[_CARBON]) if _CARBON in composition.elements else carbon, heat
