"""Parts of remanufactured machines: reused, restored and new ones, by number and by mass.

GB/T 28620 (rates of remanufacturing) distinguishes rates by number and by mass.
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
"""Parts that wear: a remanufactured machine has at least one of them replaced, and reuses no wear part without
restoration."""


class ReplacedPart(Part, frozen=True, kw_only=True):
    """`count` new pieces of `part` fitted, above zero; `mass` of all of them together; `footprint`: their kg CO2e, if
    it is known, for the comparison with a new product."""

    part: Name
    count: int
    mass: Quantity
    footprint: Quantity | None = None


class ReusedPart(Part, frozen=True, kw_only=True):
    """`count` pieces of `part` of the cores reused, above zero; `mass` of all of them together. `restored`: worked on
    (ground, clad, rewound); otherwise only cleaned and tested."""

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


def reused_mass(reused: Sequence[ReusedPart]) -> tuple[Decimal, Decimal]:
    """Kg of all reused parts, and of the restored ones; raises PluginError for a count that is not above zero."""
    total, restored = ZERO, ZERO
    for i, part in enumerate(reused):
        _check_count(f"reusedParts[{i}]", part.count)
        mass = kilograms(part.mass, f"reusedParts[{i}].mass")
        total += mass
        restored += mass if part.restored else ZERO
    return total, restored


def indicate_parts(
    draft: Draft, machine: str | None, reused_parts: Sequence[ReusedPart], replaced: Sequence[ReplacedPart],
    restored: Decimal,
) -> None:
    """Numbers of parts, the reuse rate by number, and the mass of restored parts; warns of wear parts reused as they
    were."""
    if reused_parts:
        reused, new = sum(one.count for one in reused_parts), sum(one.count for one in replaced)
        draft.indicate("partsReused", Decimal(reused))
        draft.indicate("partsReplaced", Decimal(new))
        draft.indicate("reusedPartsRate", Decimal(reused) / (reused + new))
        draft.indicate("restoredMass", restored)
    if machine is None:
        return
    wear = {_plain(name) for name in WEAR_PARTS[machine]}
    as_it_was = [one.part for one in reused_parts if _plain(one.part) in wear and not one.restored]
    if as_it_was:
        draft.find("wear-part-reused", f"{as_it_was[0]} of a {machine} wears, and was fitted again as it was")
    if not any(_plain(one.part) in wear for one in replaced):
        draft.find("no-wear-part-replaced", f"no new part is one that wears: {', '.join(WEAR_PARTS[machine])}")


def _check_count(field: str, count: int) -> None:
    if count < 1:
        raise invalid_activity(f"{field}.count", count, "a number of pieces above zero")


def _plain(name: str) -> str:
    """Letters only, without the plural: `Piston rings`, `pistonRing` and `piston ring` are equal."""
    return "".join(letter for letter in name.lower() if letter.isalpha()).removesuffix("s")
