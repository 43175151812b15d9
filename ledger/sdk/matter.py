"""Where materials and elements go when nothing is melted: by the compositions that the outputs declare."""

from collections.abc import Sequence
from decimal import Decimal

from ledger.sdk.context import ZERO, Context
from ledger.sdk.energy import is_fuel
from ledger.sdk.pricing import Draft


def matter_in(context: Context) -> Decimal:
    """Kg of inputs and supplies that can end up in an output: all but fuels."""
    burnt = ZERO
    for supply in context.supplies:
        if is_fuel(supply):
            burnt += supply.mass or ZERO
    return context.mass_in - burnt


def follow_composition(draft: Draft, context: Context) -> None:
    """The part of each incoming material and element that each output holds.

    part(o, M) = mass of M that o declares / mass of M that comes in. Outputs which declare nothing share the rest by
    mass. Where no output declares anything the core's default (by mass) is right, and none is given.
    """
    for material in sorted({name for taken in context.inputs for name in taken.materials}):
        came = sum(((taken.mass or ZERO) * taken.materials.get(material, ZERO) for taken in context.inputs), ZERO)
        # A list of materials is the whole output: what it does not name is not in it.
        declared = [
            (output.mass or ZERO) * output.materials.get(material, ZERO) if output.materials else None
            for output in context.outputs
        ]
        _follow(draft, context, f"material:{material}", came, declared)
    for element in sorted({name for taken in context.inputs for name in taken.elements}):
        came = sum(((taken.mass or ZERO) * taken.elements.get(element, ZERO) for taken in context.inputs), ZERO)
        # A list of elements is an analysis: what it does not name may still be there.
        declared = [
            (output.mass or ZERO) * output.elements[element] if element in output.elements else None
            for output in context.outputs
        ]
        _follow(draft, context, f"element:{element}", came, declared)


def _follow(
    draft: Draft, context: Context, content: str, came: Decimal, declared: Sequence[Decimal | None]
) -> None:
    if came > 0 and any(amount is not None for amount in declared):
        draft.follow(content, _parts(came, declared, [output.mass or ZERO for output in context.outputs]))


def _parts(came: Decimal, declared: Sequence[Decimal | None], masses: Sequence[Decimal]) -> list[Decimal]:
    """Parts of `came` kg: declared amounts first, the rest by mass to outputs without one; together at most 1."""
    known = sum((amount for amount in declared if amount is not None), ZERO)
    whole = max(came, known)
    unknown = sum((mass for amount, mass in zip(declared, masses, strict=True) if amount is None), ZERO)
    rest = min(whole - known, unknown)  # no output holds more of a material than it weighs
    return [
        (rest * mass / unknown if unknown else ZERO) / whole if amount is None else amount / whole
        for amount, mass in zip(declared, masses, strict=True)
    ]
