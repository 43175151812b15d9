"""A kilogram of a thing by its materials: the least that it holds, and the most that it explains of outputs.

Every record needs it for each of its inputs and outputs, and most products are made again and again. So the profiles of
materials are kept, and the bounds look closer only where a profile gives a reason.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final, NamedTuple

from ledger.admission.facts import Composition
from ledger.engine.bounds.nature import AIR, WATER, group_of
from ledger.engine.bounds.process import ONE, ZERO
from ledger.engine.bounds.substances import substance_of
from ledger.sdk import FactorSetVersion, rows

Materials = tuple[tuple[str, str], ...]
"""Names with their mass fractions."""
UNSTATED: Final[Materials] = ()
_CLASS: Final = "class:"
_CACHED: Final = 8192


class MetalShare(NamedTuple):
    """A metal of a product: its class, or its key if `holders.csv` has rows of its own for it; its name, and its mass
    fraction."""

    group: str
    material: str
    share: Decimal


class Profile(NamedTuple):
    """Per kg: carbon and MJ that it holds at least, its metals, kg of each class of metals that it can hold. `alloys`:
    the part of these kg that only alloys the metal. `matter`, `water` and `air`: the fractions that explain mass.
    `measured`: a part of it has its values per volume."""

    carbon: Decimal
    heat: Decimal
    metals: tuple[MetalShare, ...]
    holds: Mapping[str, Decimal]
    matter: Decimal
    water: Decimal
    air: Decimal
    measured: bool
    alloys: Mapping[str, Decimal]


@cache
def alloying() -> Mapping[str, Mapping[str, Decimal]]:
    """The most of a class of metals that others explain as its alloys, per kg of it that the rest explains: by class,
    and by the class that alloys it."""
    table: dict[str, dict[str, Decimal]] = {}
    for row in rows("ledger.sdk.data", "alloys.csv"):
        table.setdefault(row["content"].removeprefix(_CLASS), {})[row["alloy"]] = Decimal(row["most"])
    return table


@cache
def holders() -> Mapping[str, Mapping[str, Decimal]]:
    """The most of a class of metals, or of a metal that is rarer than its class, in a kg of a material or class."""
    table: dict[str, dict[str, Decimal]] = {}
    for row in rows("ledger.sdk.data", "holders.csv"):
        table.setdefault(row["content"].removeprefix(_CLASS), {})[row["holder"]] = Decimal(row["most"])
    return table


def materials_of(composition: Composition, name: str = "") -> Materials:
    """The stated materials; else the whole thing under its `name`, if it has one."""
    if composition.materials:
        return tuple(composition.materials.items())
    return ((name, "1"),) if name else UNSTATED


@lru_cache(_CACHED)
def profile_of(sets: tuple[FactorSetVersion, ...], materials: Materials) -> Profile:
    """The profile of a thing of these materials. The rest that they leave open may be anything."""
    carbon = heat = matter = ZERO
    rest, measured = ONE, False
    free = {WATER: ZERO, AIR: ZERO}
    metals: list[MetalShare] = []
    held, alloys = dict.fromkeys(holders(), ZERO), dict.fromkeys(holders(), ZERO)
    for material, fraction in materials:
        share, substance = Decimal(fraction), substance_of(sets, material)
        rest -= share
        measured = measured or substance.unit != "KGM"
        carbon += share * substance.held
        heat += share * substance.least_heat
        group = group_of(material)
        group = WATER if substance.group == WATER else group
        if group in (WATER, AIR):
            free[group] += share
        elif substance.is_matter:
            matter += share
        own = "" if substance.entry is None else substance.entry.key
        content = own if own in holders() else substance.group
        if content in holders():
            metals.append(MetalShare(content, material, share))
        if substance.is_matter and group not in (WATER, AIR):
            for metal, table in holders().items():
                names = (material, own, f"{_CLASS}{substance.group}")
                most = ONE if not substance.known else next((table[name] for name in names if name in table), ZERO)
                held[metal] += share * most
                if substance.known and names[2] in alloying().get(metal, {}) and not any(
                        name in table for name in names[:2]):
                    alloys[metal] += share * most
    rest = max(rest, ZERO)
    return Profile(
        carbon, heat, tuple(metals), {metal: most + rest for metal, most in held.items()}, matter + rest,
        free[WATER], free[AIR], measured, alloys,
    )
