"""Where materials and elements go when nothing is melted: by the compositions that the outputs declare."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from ledger.sdk.context import ZERO, Context
from ledger.sdk.energy import is_fuel
from ledger.sdk.fuels import FuelAnalysis
from ledger.sdk.pricing import Draft


def matter_in(context: Context, analyses: Sequence[FuelAnalysis] = ()) -> Decimal:
    """Kg of inputs and supplies that can end up in an output: all but fuels, standard or analysed."""
    burnt = ZERO
    for supply in context.supplies:
        if is_fuel(supply, analyses):
            burnt += supply.mass or ZERO
    return context.mass_in - burnt


class _EnteringMatter(NamedTuple):
    """Kg of a material or element that come in, and what each output declares of it, None where it declares nothing."""

    came: Decimal
    declared: list[Decimal | None]

    @property
    def rest(self) -> Decimal:
        """Kg that no output declares."""
        known = sum((amount for amount in self.declared if amount is not None), ZERO)
        return max(self.came, known) - known


def follow_composition(draft: Draft, context: Context) -> None:
    """The part of each incoming material and element that each output holds.

    part(o, M) = mass of M that o declares / mass of M that comes in. Outputs which declare nothing share the rest by
    mass, and hold no more materials than they weigh: what is beyond is lost. Where no output declares anything the
    core's default (by mass) is right, and none is given.
    """
    masses = [output.mass or ZERO for output in context.outputs]
    materials = {name: _material(context, name) for name in _names(context, "materials")}
    unknown = sum((mass for mass, output in zip(masses, context.outputs, strict=True) if not output.materials), ZERO)
    rests = sum((one.rest for one in materials.values()), ZERO)
    room = unknown / rests if rests > unknown else None
    for name, one in materials.items():
        _follow(draft, f"material:{name}", one, masses, room)
    for name in _names(context, "elements"):
        _follow(draft, f"element:{name}", _element(context, name), masses)


def _names(context: Context, field: str) -> list[str]:
    return sorted({name for taken in context.inputs for name in getattr(taken, field)})


def _material(context: Context, name: str) -> _EnteringMatter:
    came = sum(((taken.mass or ZERO) * taken.materials.get(name, ZERO) for taken in context.inputs), ZERO)
    # A list of materials is the whole output: what it does not name is not in it.
    return _EnteringMatter(came, [
        (output.mass or ZERO) * output.materials.get(name, ZERO) if output.materials else None
        for output in context.outputs
    ])


def _element(context: Context, name: str) -> _EnteringMatter:
    came = sum(((taken.mass or ZERO) * taken.elements.get(name, ZERO) for taken in context.inputs), ZERO)
    # A list of elements is an analysis: what it does not name may still be there.
    return _EnteringMatter(came, [
        (output.mass or ZERO) * output.elements[name] if name in output.elements else None
        for output in context.outputs
    ])


def _follow(
    draft: Draft, content: str, one: _EnteringMatter, masses: Sequence[Decimal], room: Decimal | None = None
) -> None:
    if one.came > 0 and any(amount is not None for amount in one.declared):
        draft.follow(content, _parts(one, masses, room))


def _parts(one: _EnteringMatter, masses: Sequence[Decimal], room: Decimal | None) -> list[Decimal]:
    """Parts of what came: declared amounts first, the rest (the part `room` of it, where not all of it fits) by mass to
    outputs without one; together at most 1."""
    whole = max(one.came, sum((amount for amount in one.declared if amount is not None), ZERO))
    unknown = sum((mass for amount, mass in zip(one.declared, masses, strict=True) if amount is None), ZERO)
    rest = min(one.rest if room is None else one.rest * room, unknown)
    return [
        (rest * mass / unknown if unknown else ZERO) / whole if amount is None else amount / whole
        for amount, mass in zip(one.declared, masses, strict=True)
    ]
