"""Questioned amounts: kg CO2e by which figures may be too low. They are part of every lot, in the slot `questionedAbs`.

A record makes a question where the figure of an output lies below its reference range. The low end of the range
triggers it; its size is the default less the figure, less its omissions, less the question that came in:

    made(o) = max(0, default(o) - figure(o) - omitted(o) - share(o) * in)    if figure(o) < low(o)

A figure above the low end is questioned by the part of the output that may be another good than it is said to be.

A question is a burden that may be missing, so outputs without burdens, such as wastes and cores, get nothing of it: ash
and water that pass through a record would take it away. A record declares its allocation shares, so the others divide
the question by the defaults of their ranges:

    ranged(o)    default(o) / sum of defaults, of the rest beside the others
    without one  share(o)
    massless     share(o), such as power and services
    at most      the larger of share(o) and mass(o) / sum of masses: nothing small and dear takes all; the rest goes to
                 the outputs below their most
    no ranges    mass(o) / sum of masses; so do wastes alone, where no output carries burdens

So out + retained = in + made.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import QUESTIONED, Reference
from ledger.footprint.stored.burdens import SLOT, Vector, footprint
from ledger.footprint.stored.contents import ATTRIBUTED, MATERIAL, PHYSICAL, RECYCLED, Contents

_SLOT: Final = SLOT[QUESTIONED]
_OMITTED: Final = SLOT["omittedAbs"]


class Made(NamedTuple):
    """The question that an output's `figure` makes, with the low end and the default of its range, kg CO2e."""

    amount: float
    figure: float
    low: float
    default: float


def shares_of_question(
    masses: Sequence[float], shares: Sequence[float], defaults: Mapping[int, float] | None = None
) -> list[float]:
    """The part of the incoming question that each output gets. `masses` in kg, 0 for an output without mass; `shares`:
    the allocation shares, empty if no output carries burdens; `defaults`: kg CO2e of the outputs that have a range."""
    if len(masses) == 1:
        return [1.0]
    massless = [0.0 if mass else share for mass, share in zip(masses, shares or masses, strict=True)]
    if not any(masses):
        return massless
    carrying = [i for i, share in enumerate(shares or masses) if share and masses[i]]
    rest = 1.0
    for share in massless:
        rest -= share
    parts = _parts([masses[i] for i in carrying], [shares[i] for i in carrying] if shares else [],
                   [(defaults or {}).get(i, 0.0) for i in carrying])
    for i, part in zip(carrying, parts, strict=True):
        massless[i] = rest * part
    return massless


def _parts(masses: Sequence[float], shares: Sequence[float], defaults: Sequence[float]) -> list[float]:
    """The parts of outputs that all have a mass and carry burdens; by mass if no output has a range."""
    by_mass = _divided(masses)
    if not shares or not any(defaults):
        return by_mass
    by_share, left = _divided(shares), 1.0
    for share, default in zip(by_share, defaults, strict=True):
        left -= 0.0 if default else share
    by_default = _divided(defaults)
    most = [max(mass, share) for mass, share in zip(by_mass, by_share, strict=True)]
    parts = [min(left * default if default else share, limit)
             for share, default, limit in zip(by_share, by_default, most, strict=True)]
    over, room = 1.0, 0.0
    for part, limit in zip(parts, most, strict=True):
        over -= part
        room += limit - part
    if over <= 0.0 or room <= 0.0:
        return parts
    return [part + over * (limit - part) / room for part, limit in zip(parts, most, strict=True)]


def _divided(amounts: Sequence[float]) -> list[float]:
    """Each amount over their sum."""
    whole = 0.0
    for amount in amounts:
        whole += amount
    return [amount / whole for amount in amounts]


def defaults_of(references: Sequence[Reference]) -> dict[int, float]:
    """Kg CO2e of the defaults of outputs, by output."""
    defaults: dict[int, float] = {}
    for reference in references:
        own = float(reference.mass) * float(reference.default)
        defaults[reference.output] = defaults.get(reference.output, 0.0) + own
    return defaults


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


def with_question(vector: Vector, amount: float) -> Vector:
    """A vector with `amount` kg CO2e in question in place of its own."""
    return (*vector[:_SLOT], amount, *vector[_SLOT + 1:])
