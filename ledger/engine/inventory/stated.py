"""The inputs of a record by the names under which they meet needs, with their energy and their amounts."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import EnergyUse
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import POWER_UNITS, UNITS
from ledger.engine.bounds.substances import most_of
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.sdk import HEAT_UNITS, ZERO, Context, FactorSetVersion, InputFacts, SupplyFacts
from ledger.sdk.sets.lookup import entry_of, is_power

FUEL: Final = "fuel"
ELECTRICITY: Final = "electricity"
HEAT: Final = "heat"
CARRIERS: Final = (ELECTRICITY, HEAT, FUEL)
FREIGHT: Final = "freight"
_ENERGY: Final = "energy"
_GASES: Final = ("NM3",)
_HALF: Final = Decimal("0.5")
_RICH_GAS: Final = Decimal(40)
"""MJ per Nm3 of a gas that no set knows: natural gas has 32 to 40."""
_RICH_FUEL: Final = Decimal(50)
"""MJ per kg of a fuel that no set knows: methane has 50."""
_STEAM: Final = Decimal(3)
"""MJ per kg of steam that is stated by its mass: 2.7 above feed water of 20 degrees Celsius."""


class StatedInput(NamedTuple):
    """An input under all names by which it can meet a need. `carrier`: energy that the sector books and
    energy that the record states are the same if their carriers are. `value` in `unit`, and `mass` in kg if it has
    one."""

    names: tuple[str, ...]
    carrier: str
    value: Decimal
    unit: str
    mass: Decimal | None = None
    material: str = ""
    booked: bool = False


def stated_inputs(
    context: Context, energy: Sequence[EnergyUse], sets: Sequence[FactorSetVersion]
) -> Iterator[StatedInput]:
    """The inputs of a record, those that are quick to find first. `energy`: as the sector booked it."""
    for use in energy:
        fuel = () if use.carrier in (ELECTRICITY, HEAT) else (FUEL,)
        yield StatedInput((use.carrier, *fuel), use.carrier, use.amount, "3B", booked=True)
    for supply in context.supplies:
        yield _supplied(supply, sets)
    for taken in context.inputs:
        names = tuple(_names_of_lot(taken, sets))
        yield StatedInput(names, _carrier(names, taken.lot), taken.quantity.amount, taken.quantity.unit, taken.mass,
                          _main_material(taken))


def _supplied(supply: SupplyFacts, sets: Sequence[FactorSetVersion]) -> StatedInput:
    """A fuel in a unit of energy counts in its own unit, and not as heat."""
    value, unit = supply.quantity.amount, supply.quantity.unit
    carriers = () if supply.nature else _carriers_of(supply, sets)
    if supply.heating is not None:
        value, unit, carriers = supply.amount(supply.heating.unit), supply.heating.unit, ()
    names = (*carriers, *_names(supply.material, sets))
    return StatedInput(names, _carrier(names, supply.material), value, unit, supply.mass, supply.material)


def _carrier(names: Sequence[str], own: str) -> str:
    return next((carrier for carrier in (ELECTRICITY, HEAT) if carrier in names), own)


def _main_material(taken: InputFacts) -> str:
    return max(taken.materials, key=lambda name: taken.materials[name], default="")


def _names_of_lot(taken: InputFacts, sets: Sequence[FactorSetVersion]) -> Iterator[str]:
    """A lot burns if it is a gas, or if at least half of it is fuel: scrap with some plastics is no fuel."""
    yield "lot"
    yield from _carriers(taken.quantity.unit)
    burning = ZERO
    for material, share in taken.materials.items():
        names = set(_names(material, sets))
        burning = CONTEXT.add(burning, share if FUEL in names else ZERO)
        yield from sorted(names - {FUEL})
    if taken.quantity.unit in _GASES or burning >= _HALF:
        yield FUEL


def _names(material: str, sets: Sequence[FactorSetVersion]) -> Iterator[str]:
    """The names under which a material meets a need: its own, its key, its kind and its class. The kind alone says
    whether a known material is a fuel: coal dust for moulds is in the class of fuels, but is not burnt for energy."""
    yield material
    entry = entry_of(sets, material)
    if entry is not None:
        yield entry[1].key
        yield entry[1].kind
        if entry[1].group != FUEL:
            yield entry[1].group
        return
    for version in sets:
        group = version.class_of(material)
        if group is not None:
            yield group.id


def _carriers_of(supply: SupplyFacts, sets: Sequence[FactorSetVersion]) -> tuple[str, ...]:
    """The carriers that a supply of energy can be. Sun and wind meet no need: no route can run on them as they come."""
    if UNITS[supply.quantity.unit].dimension != _ENERGY:
        return ()
    power = is_power(sets, supply.material, supply.quantity.unit)
    return (ELECTRICITY,) if power else (HEAT, FUEL)


def _carriers(unit: str) -> tuple[str, ...]:
    """The carriers that the unit of a lot stands for. Joules count heat, or the heating value of a fuel."""
    if unit in POWER_UNITS:
        return (ELECTRICITY,)
    return (HEAT, FUEL) if unit in HEAT_UNITS else ()


def energy_of(stated: StatedInput, sets: Sequence[FactorSetVersion]) -> Decimal:
    """The most MJ that an input can bring: by its unit, by its heating value, or as much as steam, a gas or a fuel of a
    name that no set knows can hold."""
    unit = UNITS[stated.unit]
    if unit.dimension == _ENERGY:
        return CONTEXT.multiply(stated.value, unit.scale)
    if HEAT in stated.names:
        return CONTEXT.multiply(stated.mass or ZERO, _STEAM)
    if stated.material:
        held = most_of(tuple(sets), stated.material, MaterialAmount(stated.value, stated.unit, stated.mass)).heat
        if held:
            return held
    if stated.unit in _GASES:
        return CONTEXT.multiply(stated.value, _RICH_GAS)
    return CONTEXT.multiply(stated.mass or ZERO, _RICH_FUEL)
