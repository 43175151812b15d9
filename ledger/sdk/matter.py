"""Follows materials and elements from inputs to outputs by the compositions that the outputs declare. It suits
processes that melt nothing."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import Lack
from ledger.sdk.context import ZERO, Context
from ledger.sdk.energy import is_fuel
from ledger.sdk.fuels import FuelAnalysis
from ledger.sdk.pricing import Draft, Reading

_USED_UP: Final = frozenset({
    "water", "freight", "solvent", "lubricant", "oil", "fluid", "cleaner", "degreaser", "argon", "nitrogen", "oxygen",
    "dioxide", "flux", "packaging", "corrugated", "cardboard", "carton", "paper", "pallet", "bag",
})
"""Words in the names of supplies that leave a process beside the mass of its products and of their waste."""
_TREATED: Final = frozenset({
    "wastewater", "treatment", "landfill", "landfilling", "incineration", "disposal", "recycling",
})
"""Words in the names of treatments of waste."""


def matter_in(context: Context, analyses: Sequence[FuelAnalysis] = ()) -> Decimal:
    """Kg of inputs and supplies that can end up in an output: all except standard or analysed fuels."""
    burnt = ZERO
    for supply in context.supplies:
        if is_fuel(supply, analyses):
            burnt += supply.mass or ZERO
    return context.mass_in - burnt


def used_up(context: Context) -> Decimal:
    """Kg of supplies that `matter_in` counts and no output holds: water and other gifts of nature, gases, solvents and
    packaging. Treatments of waste count twice: they bring no matter, and take their mass away."""
    used = ZERO
    for supply in context.supplies:
        words = {word.lower() for word in re.findall("[A-Z]?[a-z]+", supply.material)}
        if words & _TREATED:
            used += 2 * (supply.mass or ZERO)
        elif supply.nature or words & _USED_UP:
            used += supply.mass or ZERO
    return used


def warn_unaccounted(
    draft: Draft, missing: Decimal, message: str, treatment: str, used: Decimal = ZERO, usual: Decimal = ZERO
) -> None:
    """Adds the warning `mass-unaccounted`: `missing` kg are in no output, of which `used` are no waste. The products
    carry all that was bought, so the figure lacks only the `treatment` of that matter as waste, a row of the factor
    sets. Up to the `usual` loss, nothing is in question."""
    left = missing - used
    lacks = (Lack(material=treatment, amount=left, unit="KGM"),) if left > usual else ()
    draft.warn("mass-unaccounted", message, Reading(missing, "KGM"), lacks=lacks)


class _EnteringMatter(NamedTuple):
    """Kg of a material or element that come in, and the kg that each output declares, None if it declares nothing."""

    came: Decimal
    declared: list[Decimal | None]

    @property
    def rest(self) -> Decimal:
        """Kg that no output declares."""
        total = sum((amount for amount in self.declared if amount is not None), ZERO)
        return max(self.came, total) - total


def follow_composition(draft: Draft, context: Context) -> None:
    """Sets the part of each incoming material and element that each output holds.

    part(o, M) = mass of M that o declares / mass of M that comes in. Outputs which declare nothing share the remainder
    by mass. They cannot hold more materials than they weigh; the excess is lost. If no output declares a material or
    element, this sets no parts for it: the core's default (by mass) is right then.
    """
    masses = [output.mass or ZERO for output in context.outputs]
    materials = {name: _material(context, name) for name in _names(context, "materials")}
    unknown = sum((mass for mass, output in zip(masses, context.outputs, strict=True) if not output.materials), ZERO)
    rests = sum((one.rest for one in materials.values()), ZERO)
    room = unknown / rests if rests > unknown else None
    for name, entering in materials.items():
        _follow(draft, f"material:{name}", entering, masses, room)
    for name in _names(context, "elements"):
        _follow(draft, f"element:{name}", _element(context, name), masses)


def _names(context: Context, field: str) -> list[str]:
    return sorted({name for taken in context.inputs for name in getattr(taken, field)})


def _material(context: Context, name: str) -> _EnteringMatter:
    came = sum(((taken.mass or ZERO) * taken.materials.get(name, ZERO) for taken in context.inputs), ZERO)
    # A list of materials describes the whole output: a material that it does not name is not in the output.
    return _EnteringMatter(came, [
        (output.mass or ZERO) * output.materials.get(name, ZERO) if output.materials else None
        for output in context.outputs
    ])


def _element(context: Context, name: str) -> _EnteringMatter:
    came = sum(((taken.mass or ZERO) * taken.elements.get(name, ZERO) for taken in context.inputs), ZERO)
    # A list of elements is an analysis: an element that it does not name may still be in the output.
    return _EnteringMatter(came, [
        (output.mass or ZERO) * output.elements[name] if name in output.elements else None
        for output in context.outputs
    ])


def _follow(
    draft: Draft, content: str, entering: _EnteringMatter, masses: Sequence[Decimal], room: Decimal | None = None
) -> None:
    if entering.came > 0 and any(amount is not None for amount in entering.declared):
        draft.follow(content, _parts(entering, masses, room))


def _parts(entering: _EnteringMatter, masses: Sequence[Decimal], room: Decimal | None) -> list[Decimal]:
    """Parts of the incoming mass, together at most 1. Declared amounts come first. The other outputs share the
    remainder by mass; `room` is the fraction of the remainder that fits into them, None if all of it fits."""
    whole = max(entering.came, sum((amount for amount in entering.declared if amount is not None), ZERO))
    unknown = sum((mass for amount, mass in zip(entering.declared, masses, strict=True) if amount is None), ZERO)
    rest = min(entering.rest if room is None else entering.rest * room, unknown)
    return [
        (rest * mass / unknown if unknown else ZERO) / whole if amount is None else amount / whole
        for amount, mass in zip(entering.declared, masses, strict=True)
    ]
