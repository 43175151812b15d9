"""The parts of remanufactured machines: what was kept, what was restored, what is new, by number and by mass.

Rates by number and by mass as GB/T 28620 (rates of remanufacturing) tells them apart.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from ledger.sdk import ZERO, Draft, Name, Part, Quantity, invalid_activity, kilograms

Machine = Literal[
    "engine", "gearbox", "motor", "machineTool", "pump", "compressor", "turbocharger", "starter", "generator",
    "hydraulicCylinder",
]

WEAR_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "engine": ("piston ring", "bearing shell", "main bearing", "gasket", "oil seal", "seal"),
    "gearbox": ("bearing", "oil seal", "seal", "synchroniser ring", "friction plate"),
    "motor": ("bearing", "brush", "seal"),
    "machineTool": ("bearing", "seal", "belt", "ball screw", "way wiper"),
    "pump": ("seal", "bearing", "wear ring"), "compressor": ("seal", "bearing", "valve plate"),
    "turbocharger": ("bearing", "seal", "seal ring"), "starter": ("brush", "bearing"),
    "generator": ("brush", "bearing"), "hydraulicCylinder": ("seal", "wiper"),
}
"""Parts that wear, and that a machine like new gets anew: at least one of them is replaced, none is kept as it was."""


class ReplacedPart(Part, frozen=True, kw_only=True):
    """`count` new pieces of `part` fitted, above zero; `mass` is that of all of them together, and `footprint` their kg
    CO2e, where it is known: a comparison with a new product needs it."""

    part: Name
    count: int
    mass: Quantity
    footprint: Quantity | None = None


class ReusedPart(Part, frozen=True, kw_only=True):
    """`count` pieces of `part` of the cores kept, above zero; `mass` is that of all of them. `restored`: worked on
    (ground, clad, rewound); else cleaned, tested and fitted again as they were."""

    part: Name
    count: int
    mass: Quantity
    restored: bool = False


def replaced_mass(replaced: Sequence[ReplacedPart]) -> Decimal:
    """Kg; raises PluginError for a count that is not above zero."""
    total = ZERO
    for i, fitted in enumerate(replaced):
        _check_count(f"replaced[{i}]", fitted.count)
        total += kilograms(fitted.mass, f"replaced[{i}].mass")
    return total


def reused_mass(kept: Sequence[ReusedPart]) -> tuple[Decimal, Decimal]:
    """Kg of all parts kept, and of those that were restored; raises PluginError for a count not above zero."""
    total, restored = ZERO, ZERO
    for i, one in enumerate(kept):
        _check_count(f"reusedParts[{i}]", one.count)
        mass = kilograms(one.mass, f"reusedParts[{i}].mass")
        total += mass
        restored += mass if one.restored else ZERO
    return total, restored


def indicate_parts(
    draft: Draft, machine: str | None, kept: Sequence[ReusedPart], replaced: Sequence[ReplacedPart], restored: Decimal
) -> None:
    """Numbers of parts, the rate of reuse by number, and the mass of what was restored; warns of worn parts kept."""
    if kept:
        reused, new = sum(one.count for one in kept), sum(one.count for one in replaced)
        draft.indicate("partsReused", Decimal(reused))
        draft.indicate("partsReplaced", Decimal(new))
        draft.indicate("reusedPartsRate", Decimal(reused) / (reused + new))
        draft.indicate("restoredMass", restored)
    if machine is None:
        return
    wear = {_plain(name) for name in WEAR_PARTS[machine]}
    as_it_was = [one.part for one in kept if _plain(one.part) in wear and not one.restored]
    if as_it_was:
        draft.find("wear-part-reused", f"{as_it_was[0]} of a {machine} wears, and was fitted again as it was")
    if not any(_plain(one.part) in wear for one in replaced):
        draft.find("no-wear-part-replaced", f"no new part is one that wears: {', '.join(WEAR_PARTS[machine])}")


def _check_count(field: str, count: int) -> None:
    if count < 1:
        raise invalid_activity(f"{field}.count", count, "a number of pieces above zero")


def _plain(name: str) -> str:
    """Letters only, without the plural: `Piston rings`, `pistonRing` and `piston ring` are one."""
    return "".join(letter for letter in name.lower() if letter.isalpha()).removesuffix("s")
