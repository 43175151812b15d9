"""The charge of a furnace: metal and carbon of its lots and supplies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_steel.furnace import ORES, Charging
from ledger.sdk import ZERO, Context, InputFacts, OutputFacts, SupplyFacts, is_energy

FERROUS: Final = ("alloySteel", "castIron", "directReducedIron", "iron", "pigIron", "stainlessSteel", "steel")
"""Materials of products that are iron or steel."""

RICHEST_ORE: Final = Decimal("0.724")
"""Iron in pure magnetite, 3 * 55.85 / 231.5: no ore holds more."""

KINDS: Final = frozenset((
    "scrap", "pigIron", "directReducedIron", "crudeSteel", "ferrochrome", "ferronickel", "ferromolybdenum",
))
"""Kinds of metal in the charge that have a carbon content of their own."""


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
        ore = supply.name_in(ORES)
        if ore is not None:
            mass = supply.amount("KGM")
            charged.append(Charged("ore", mass, mass * grades[ore], mass * best[ore], ZERO, lot=False))
        elif supply.raw:
            mass = supply.amount("KGM")
            charged.append(Charged(kind_of_supply(supply), mass, mass, mass, ZERO, lot=False))
    return tuple(charged)


def kind_of_supply(supply: SupplyFacts) -> str:
    """The kind of a raw material. Other steel holds the carbon of crude steel; other metals hold no carbon."""
    return supply.name_in(KINDS) or ("crudeSteel" if supply.group == "steel" else supply.material)


def kind_of(taken: InputFacts) -> str:
    """The kind of a lot by its materials, role and sector; a waste or steel lot without a composition counts as
    scrap."""
    materials = taken.materials
    if not materials:
        return "scrap" if taken.role in ("waste", "core") or taken.sector == "steel" else "other"
    if any(ore in materials for ore in ORES):
        return "ore"
    if not ferrous_share(taken):
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
    share = ferrous_share(taken)
    for ore, grade in grades.items():
        share += taken.materials.get(ore, ZERO) * grade
    return share


def ferrous_share(lot: InputFacts | OutputFacts) -> Decimal:
    """The mass fraction that is iron or steel: by name, or by the classes of the factor sets."""
    return max(sum((lot.materials.get(name, ZERO) for name in FERROUS), ZERO), lot.known_classes.get("steel", ZERO))
