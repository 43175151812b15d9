"""Masses of gases, liquids and waste water that a record counts by volume: a factor set has their density.

The ledger converts no volume into a mass by itself, since a record's balance must hold without a factor set. So the
mass is written into the record before it is signed, where its maker sees it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.kinds import AnyRecord
from ledger.core.record.units import UNITS
from ledger.core.record.values import Quantity, Supply
from ledger.engine.bounds.matter import VOLUMES, mass_of_volume
from ledger.sdk import FactorSetVersion

_FIELDS: Final = ("supplies", "overheads", "transport", "packaging", "measured")
Sets = Callable[[], tuple[FactorSetVersion, ...]]


class WritingSets(NamedTuple):
    """The factor sets that are known here, for densities and the nearest keys, and those that have to know the keys of
    supplies."""

    densities: Sets
    keys: Sets


class Weighing(NamedTuple):
    """A supply that got its mass by the density of its material. `field`: its path in the record."""

    field: str
    supply: Supply
    mass: Quantity


def weighed(record: AnyRecord, sets: Sets) -> tuple[AnyRecord, Sequence[Weighing]]:
    """The record with a mass for each supply that is counted by volume, states no mass and has a density in the sets.
    `sets` is called only if there is such a supply."""
    weighings = [
        Weighing(f"{name}[{i}]", supply, mass) for name in _FIELDS
        for i, supply in enumerate(getattr(record, name, None) or ()) if (mass := _mass(supply, sets)) is not None
    ]
    masses = {one.field: one.mass for one in weighings}
    changed = {
        name: [replace(supply, mass=masses.get(f"{name}[{i}]", supply.mass))
               for i, supply in enumerate(getattr(record, name))]
        for name in {one.field.partition("[")[0] for one in weighings}
    }
    return (replace(record, **changed) if changed else record), weighings


def weighed_lines(weighings: Sequence[Weighing]) -> list[str]:
    """A line for each material: how often it was weighed, and the first example."""
    first: dict[str, Weighing] = {}
    for weighing in weighings:
        first.setdefault(weighing.supply.material, weighing)
    counts = Counter([weighing.supply.material for weighing in weighings])
    return [
        f"{weighing.field}.mass: {weighing.supply.quantity} of {material} get {weighing.mass} by the density of the "
        f"factor set{'' if counts[material] == 1 else f' ({counts[material]} times, such as this)'}"
        for material, weighing in first.items()
    ]


def _mass(supply: Supply, sets: Sets) -> Quantity | None:
    unit = UNITS.get(supply.quantity.unit)
    if supply.mass is not None or unit is None or unit.dimension not in VOLUMES:
        return None
    return mass_of_volume(sets(), supply.material, supply.quantity)
