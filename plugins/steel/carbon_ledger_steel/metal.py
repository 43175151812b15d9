"""Metal in a furnace's outputs, its yield, and the flow of metal and elements to the outputs."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.charge import FERROUS, Charged, ferrous_share
from ledger.sdk import PRODUCT_ROLES, ZERO, Context, Draft, OutputFacts

# Nobler than iron: they stay in the bath.
_NOBLE: Final = frozenset(("Ag", "As", "Co", "Cu", "Mo", "Ni", "Sb", "Sn", "W"))
# They boil below the temperature of the bath and leave with the dust.
_VOLATILE: Final = frozenset(("Cd", "Hg", "Pb", "Zn"))


def metal_held(output: OutputFacts) -> Decimal:
    """Kg of iron and steel in an output: by its materials; all of a product or co-product without materials."""
    mass = output.mass or ZERO
    if output.materials:
        return mass * ferrous_share(output)
    return mass if output.role in PRODUCT_ROLES else ZERO


def steel_made(context: Context) -> Decimal:
    """Kg of crude steel: products and co-products that hold metal other than pig iron."""
    return sum(
        (output.mass or ZERO for output in context.outputs
         if output.role in PRODUCT_ROLES and metal_held(output) and "pigIron" not in output.materials),
        ZERO,
    )


def check_yield(draft: Draft, context: Context, charged: Sequence[Charged]) -> Decimal:
    """Metal out / metal in; an impossible yield refuses, an unusual one warns."""
    came = sum((part.metal for part in charged), ZERO)
    most = sum((part.most for part in charged), ZERO)
    held = sum((metal_held(output) for output in context.outputs), ZERO)
    if held == 0:
        draft.find("no-metal-out", "no output holds iron or steel", refuses=True)
    if most == 0:
        draft.find("no-metal-in", "no input or supply brings iron or steel", refuses=True)
        return ZERO
    if held > most:
        draft.find("metallic-yield", f"{held:f} kg of metal out of {most:f} kg of metal", refuses=True)
    elif held > came:
        draft.find(
            "metallic-yield", f"{held:f} kg of metal out of {came:f} kg at typical ore grades: say ironContent",
        )
    # A furnace loses 3 to 12 % to slag and dust; a loss of 30 % is a missing output or a wrong weight.
    elif held < came * Decimal("0.7"):
        draft.find("metallic-yield", f"only {held:f} kg of metal out of {came:f} kg")
    if any(taken.role == "waste" and not taken.materials for taken in context.inputs):
        draft.find(
            "scrap-without-composition", "recycled content cannot be traced from a lot without materials",
        )
    return held / came if came else ZERO


def follow_metal(draft: Draft, context: Context, charged: Sequence[Charged]) -> None:
    """Sends metal and its elements to the outputs that are metal, never into slag.

    All iron and steel melt into one bath, so every ferrous material of the charge loses the same share:
    part(o, M) = min(metal of o / metal in, mass of M that o can hold / mass of M in lots).
    The carbon balance follows fossil carbon. Elements: as an output declares; without a declaration noble elements go
    wholly by the outputs' metal, volatile ones into no output, all others, and carbon, as the metal.
    """
    held = [metal_held(output) for output in context.outputs]
    out = sum(held, ZERO)
    came = max(sum((part.metal for part in charged), ZERO), out)
    if out == 0:
        return
    pool = [metal / came for metal in held]
    for material in FERROUS:
        in_lots = sum(((taken.mass or ZERO) * taken.materials.get(material, ZERO) for taken in context.inputs), ZERO)
        if in_lots > 0:
            draft.follow(f"material:{material}", [
                min(part, _held_of(output, material) / in_lots)
                for part, output in zip(pool, context.outputs, strict=True)
            ])
    noble = [metal / out for metal in held]
    for element in sorted({name for taken in context.inputs for name in taken.elements}):
        default = noble if element in _NOBLE else [ZERO] * len(held) if element in _VOLATILE else pool
        follow_element(draft, context, element, default)


def _held_of(output: OutputFacts, material: str) -> Decimal:
    return (output.mass or ZERO) * output.materials.get(material, ZERO) if output.materials else metal_held(output)


def follow_element(draft: Draft, context: Context, element: str, default: Sequence[Decimal]) -> None:
    """Parts of an element: as outputs declare; the `default` part for outputs that do not declare it."""
    came = sum(((taken.mass or ZERO) * taken.elements.get(element, ZERO) for taken in context.inputs), ZERO)
    if came == 0:
        return
    wanted = [
        (output.mass or ZERO) * output.elements[element] / came if element in output.elements else part
        for output, part in zip(context.outputs, default, strict=True)
    ]
    whole = max(sum(wanted, ZERO), Decimal(1))
    draft.follow(f"element:{element}", [part / whole for part in wanted])
