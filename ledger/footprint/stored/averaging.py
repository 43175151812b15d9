"""Averaging a pool over a period: every generation of the period comes to hold the period's mean, per unit.

Moving averages give each generation what had come in until then. When a period is closed, each addition k gets an
adjustment, so that all generations of the period hold the same per unit as if all had been there from the start:

    A = (opening stock + sum of what was added) / (its quantity + sum of the quantities added)
    adjustment(1) = A * (opening quantity + quantity(1)) - opening stock - added(1)
    adjustment(k) = A * quantity(k) - added(k)

The adjustments of a pool's period sum to zero: nothing is lost or made. They are fixed when the period is closed;
what changes upstream later flows on by the moving rule, until the period is closed anew.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import BURDENS
from ledger.footprint.stored.burdens import Vector
from ledger.footprint.stored.contents import MASS, Contents, ContentsOut
from ledger.footprint.stored.figures import LotFigures, RecordFigures

_SLOTS: Final = range(len(BURDENS))


class Added(NamedTuple):
    """What one addition brought: quantity in the pool's unit, burdens and contents. The first one of a period also has
    the `opening` stock that it found, as quantity, burdens and contents."""

    quantity: float
    burdens: Vector
    contents: Contents
    opening: tuple[float, Vector, Contents] | None = None


class Adjustment(NamedTuple):
    """What an addition's lot holds more (or, negative, less) than the moving average gives."""

    burdens: Vector
    contents: Contents


def adjustments(added: Sequence[Added]) -> list[Adjustment]:
    """One for each addition of a pool in the period, in log order. Quantities in one unit; kg CO2e, MJ, kWh, kg."""
    quantity = 0.0
    burdens = [0.0] * len(BURDENS)
    contents: dict[str, float] = {}
    for one in added:
        parts = [(one.quantity, one.burdens, one.contents)]
        if one.opening is not None:
            parts.append(one.opening)
        for amount, vector, held in parts:
            quantity += amount
            burdens = [total + more for total, more in zip(burdens, vector, strict=True)]
            for name, kilograms in held.items():
                contents[name] = contents.get(name, 0.0) + kilograms
    return [_adjustment(one, quantity, burdens, contents) for one in added]


def _adjustment(one: Added, whole: float, burdens: Sequence[float], contents: Contents) -> Adjustment:
    quantity, own, held = one.quantity, one.burdens, dict(one.contents)
    if one.opening is not None:
        opening, vector, more = one.opening
        quantity += opening
        own = tuple([a + b for a, b in zip(own, vector, strict=True)])
        for name, kilograms in more.items():
            held[name] = held.get(name, 0.0) + kilograms
    part = quantity / whole
    return Adjustment(
        tuple([part * burdens[slot] - own[slot] for slot in _SLOTS]),
        # The mass is what was weighed, whatever the average says.
        {name: part * amount - held.get(name, 0.0) for name, amount in contents.items() if name != MASS},
    )


def adjusted(found: RecordFigures, adjustment: Adjustment) -> RecordFigures:
    """The figures of an addition with its adjustment: more content counts as declared, less as lost."""
    stock, *others = found.outputs
    burdens = tuple([a + b for a, b in zip(stock.burdens, adjustment.burdens, strict=True)])
    contents, declared, lost = dict(stock.contents), dict(found.contents.declared), dict(found.contents.lost)
    for name, change in adjustment.contents.items():
        contents[name] = contents.get(name, 0.0) + change
        where, amount = (declared, change) if change > 0.0 else (lost, -change)
        where[name] = where.get(name, 0.0) + amount
    held = {name: amount for name, amount in contents.items() if amount > 0.0}
    outputs = (LotFigures(burdens, held), *others)
    balance = ContentsOut(
        declared, found.contents.arisen, lost, (held, *[lot.contents for lot in others])
    )
    return RecordFigures(found.retained, balance, outputs)
