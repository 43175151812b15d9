"""The charge of a furnace: metal and carbon of its lots and supplies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_steel.furnace import ORES, Charging
from ledger.sdk import ZERO, Context, InputFacts, is_energy

FERROUS: Final = ("alloySteel", "castIron", "directReducedIron", "iron", "pigIron", "stainlessSteel", "steel")
"""Materials of products that are iron or steel."""

RICHEST_ORE: Final = Decimal("0.724")
"""Iron in pure magnetite, 3 * 55.85 / 231.5: no ore holds more."""

_METALS: Final = frozenset((
    "scrap", "pigIron", "directReducedIron", "crudeSteel", "silicomanganese", "nickel", "chromium", "manganese",
    "molybdenum", "copper", "aluminium",
))


class Charged(NamedTuple):
    """A part of the charge, kg. `metal`: the stated or typical metal. `most`: the most metal that it can hold.
    `carbon`: as the lot declares (0: the standard's factor applies)."""

    kind: str
    mass: Decimal
    metal: Decimal
    most: Decimal
    carbon: Decimal
    lot: bool


def charge_of(context: Context, activity: Charging) -> tuple[Charged, ...]:
    """Inputs with a mass, then supplies that hold iron."""
    kinds = {named.lot: named.kind for named in activity.charge}
    grades = {ore: Decimal(activity.iron_content.get(ore, typical)) for ore, typical in ORES.items()}
    best = {ore: grade if ore in activity.iron_content else RICHEST_ORE for ore, grade in grades.items()}
    charged: list[Charged] = []
    for taken in context.inputs:
        if is_energy(taken.quantity):
            continue
        mass = taken.mass or ZERO
        kind = kinds.get(taken.lot) or kind_of(taken)
        charged.append(Charged(
            kind, mass, mass * _metal_share(taken, kind, grades), mass * _metal_share(taken, kind, best),
            mass * taken.fossil_carbon, lot=True,
        ))
    for supply in context.supplies:
        material = supply.material
        if material in ORES:
            mass = supply.amount("KGM")
            charged.append(Charged("ore", mass, mass * grades[material], mass * best[material], ZERO, lot=False))
        elif material in _METALS or material.startswith("ferro"):
            mass = supply.amount("KGM")
            charged.append(Charged(material, mass, mass, mass, ZERO, lot=False))
    return tuple(charged)


def kind_of(taken: InputFacts) -> str:
    """The kind of a lot by its materials, role and sector; a waste or steel lot without a composition counts as
    scrap."""
    materials = taken.materials
    if not materials:
        return "scrap" if taken.role in ("waste", "core") or taken.sector == "steel" else "other"
    if any(ore in materials for ore in ORES):
        return "ore"
    if not any(metal in materials for metal in FERROUS):
        return "other"
    if "directReducedIron" in materials:
        return "directReducedIron"
    if "pigIron" in materials or ("steel" not in materials and "iron" in materials and taken.role != "waste"):
        return "pigIron"
    return "scrap"


def _metal_share(taken: InputFacts, kind: str, grades: Mapping[str, Decimal]) -> Decimal:
    if not taken.materials:
        if kind == "other":
            return ZERO
        return taken.elements.get("Fe", grades["ironOre"]) if kind == "ore" else Decimal(1)
    share = ferrous_share(taken.materials)
    for ore, grade in grades.items():
        share += taken.materials.get(ore, ZERO) * grade
    return share


def ferrous_share(materials: Mapping[str, Decimal]) -> Decimal:
    """The mass fraction that is iron or steel."""
    return sum((materials.get(name, ZERO) for name in FERROUS), ZERO)
