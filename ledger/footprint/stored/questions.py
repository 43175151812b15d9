"""Questioned amounts: kg CO2e by which figures may be too low. They are part of every lot, in the slot `questionedAbs`.

A record makes a question where the figure of an output lies below its reference range. The low end of the range
triggers it; its size is the default less the figure, less its omissions, less the question that came in:

    made(o) = max(0, default(o) - figure(o) - omitted(o) - share(o) * in)    if figure(o) < low(o)

A figure above the low end is questioned by the part of the output that may be another good than it is said to be.
Ranges describe plants without capture: CO2 that the output carries as captured moves both ends down, at most to
zero. Captures have bounds of their own.

The questions of a transformation that makes goods follow the matter in question (see `question_shares`). Other
records pass questions on by mass, wastes and cores too, and never by allocation shares. So

    out + retained = in + made
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import DOCUMENTED, QUESTIONED, Reference
from ledger.footprint.stored.burdens import SLOT, Vector, footprint
from ledger.footprint.stored.contents import ATTRIBUTED, MATERIAL, PHYSICAL, RECYCLED, Contents

_SLOT: Final = SLOT[QUESTIONED]
_DOCUMENTED: Final = SLOT[DOCUMENTED]
_OMITTED: Final = SLOT["omittedAbs"]
_CAPTURED: Final = SLOT["ccsTechnologicalCO2Capture"]


class Made(NamedTuple):
    """The question that an output's `figure` makes, with the low end and the default of its range, kg CO2e."""

    amount: float
    figure: float
    low: float
    default: float


def shares_of_question(masses: Sequence[float], shares: Sequence[float]) -> list[float]:
    """The part of the incoming question that each output gets. `masses` in kg, 0 for an output without mass; `shares`:
    the allocation shares, empty if no output carries burdens."""
    if len(masses) == 1:
        return [1.0]
    massless = [0.0 if mass else share for mass, share in zip(masses, shares or masses, strict=True)]
    whole = 0.0
    for mass in masses:
        whole += mass
    if not whole:
        return massless
    if not any(mass and share for mass, share in zip(masses, shares or masses, strict=True)):
        # Beside power or services, the ashes would take all of it. An output without burden hides no question.
        return massless
    rest = 1.0
    for share in massless:
        rest -= share
    return [share if share else rest * mass / whole for mass, share in zip(masses, massless, strict=True)]


def make(references: Sequence[Reference], burdens: Sequence[Vector], contents: Sequence[Contents]) -> dict[int, Made]:
    """The questions that the figures of outputs make, by output. `burdens` have the incoming question already."""
    questions: dict[int, Made] = {}
    for output in dict.fromkeys([reference.output for reference in references]):
        vector = burdens[output]
        low, default, part = 0.0, 0.0, 0.0
        for reference in references:
            if reference.output == output:
                least, usual = range_of(reference, contents[output])
                low += least
                default += usual
                part = max(part, 0.0 if reference.part is None else float(reference.part))
        figure = footprint(vector)
        low, default = [max(end + min(vector[_CAPTURED], 0.0), 0.0) for end in (low, default)]
        amount = default - figure - vector[_OMITTED] - vector[_SLOT]
        if figure >= low:
            amount *= part
        if amount > 0.0:
            questions[output] = Made(amount, figure, low, default)
    return questions


def range_of(reference: Reference, contents: Contents) -> tuple[float, float]:
    """Low end and default of an output's material, kg CO2e, by its recycled share."""
    recycled = _recycled_share(reference, contents)
    low, default = float(reference.low), float(reference.default)
    recycled_low = 0.0 if reference.recycled_low is None else float(reference.recycled_low)
    recycled_default = low if reference.recycled_default is None else float(reference.recycled_default)
    mass = float(reference.mass)
    return (
        mass * (low + recycled * (min(recycled_low, low) - low)),
        mass * (default + recycled * (min(recycled_default, default) - default)),
    )


def _recycled_share(reference: Reference, contents: Contents) -> float:
    """Credits of a mass balance count too: they are recycled content that was bought. So does content in question: the
    scrap is there, whatever it may be called."""
    least = 0.0 if reference.scrap is None else float(reference.scrap)
    prefixes = [*PHYSICAL, *[ATTRIBUTED + prefix for prefix in RECYCLED.values()]]
    whole = float(reference.mass)
    if reference.material is not None:
        whole = contents.get(f"{MATERIAL}{reference.material}", 0.0)
    recycled = 0.0
    for material in reference.materials:
        for prefix in prefixes:
            recycled += contents.get(f"{prefix}{material}", 0.0)
    return min(max(recycled / whole if whole else 0.0, least), 1.0)


def with_made(burdens: Sequence[Vector], made: Mapping[int, Made]) -> list[Vector]:
    """The burdens of outputs with the questions that they make."""
    return [
        vector if i not in made else (*vector[:_SLOT], vector[_SLOT] + made[i].amount, *vector[_SLOT + 1:])
        for i, vector in enumerate(burdens)
    ]


def with_more_documented(vector: Vector, amount: float) -> Vector:
    """A vector with `amount` kg CO2e more that documents answer."""
    return (*vector[:_DOCUMENTED], vector[_DOCUMENTED] + amount, *vector[_DOCUMENTED + 1:])


def with_question(vector: Vector, amount: float) -> Vector:
    """A vector with `amount` kg CO2e in question in place of its own."""
    return (*vector[:_SLOT], amount, *vector[_SLOT + 1:])
