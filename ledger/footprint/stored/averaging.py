"""Averages a pool over a period: every generation of the period gets the period's mean, per unit.

Moving averages give each generation the mean of the additions so far. When the period is closed, each addition k gets
an adjustment. Then all generations of the period hold the same per unit, as if the pool had held all additions from
the start:

    A = (opening stock + sum of added(k)) / (opening quantity + sum of quantity(k))
    adjustment(1) = A * (opening quantity + quantity(1)) - opening stock - added(1)
    adjustment(k) = A * quantity(k) - added(k)

The adjustments of a pool's period sum to zero: nothing is lost or made. They are fixed when the period is closed.
Later changes upstream flow on by the moving rule until the period is closed again.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import BURDENS
from ledger.footprint.stored.burdens import Vector
from ledger.footprint.stored.contents import MASS, Contents, ContentsOut
from ledger.footprint.stored.figures import LotFigures, RecordFigures

_SLOTS: Final = range(len(BURDENS))


class Added(NamedTuple):
    """Quantity (in the pool's unit), burdens and contents that one addition brought. The first addition of a period
    also has the `opening` stock before it, as quantity, burdens and contents."""

    quantity: float
    burdens: Vector
    contents: Contents
    opening: tuple[float, Vector, Contents] | None = None


class Adjustment(NamedTuple):
    """The difference between the period average and the moving average of an addition's lot; negative if the lot holds
    less than the moving average gives."""

    burdens: Vector
    contents: Contents


def adjustments(added: Sequence[Added]) -> list[Adjustment]:
    """One adjustment for each addition of a pool in the period, in log order. All quantities are in one unit. Burdens
    are in kg CO2e, MJ or kWh, contents in kg."""
    quantity = 0.0
    burdens = [0.0] * len(BURDENS)
    contents: dict[str, float] = {}
    for addition in added:
        parts = [(addition.quantity, addition.burdens, addition.contents)]
        if addition.opening is not None:
            parts.append(addition.opening)
        for amount, vector, held in parts:
            quantity += amount
            burdens = [total + more for total, more in zip(burdens, vector, strict=True)]
            for name, kilograms in held.items():
                contents[name] = contents.get(name, 0.0) + kilograms
    return [_adjustment(one, quantity, burdens, contents) for one in added]


def _adjustment(addition: Added, whole: float, burdens: Sequence[float], contents: Contents) -> Adjustment:
    quantity, own, held = addition.quantity, addition.burdens, dict(addition.contents)
    if addition.opening is not None:
        opening, vector, opening_contents = addition.opening
        quantity += opening
        own = tuple([a + b for a, b in zip(own, vector, strict=True)])
        for name, kilograms in opening_contents.items():
            held[name] = held.get(name, 0.0) + kilograms
    part = quantity / whole
    return Adjustment(
        tuple([part * burdens[slot] - own[slot] for slot in _SLOTS]),
        # The mass was weighed: the average does not change it.
        {name: part * amount - held.get(name, 0.0) for name, amount in contents.items() if name != MASS},
    )


def adjusted(figures: RecordFigures, adjustment: Adjustment) -> RecordFigures:
    """The figures of an addition with its adjustment: more content counts as declared, less as lost."""
    stock, *others = figures.outputs
    burdens = tuple([a + b for a, b in zip(stock.burdens, adjustment.burdens, strict=True)])
    contents, declared, lost = dict(stock.contents), dict(figures.contents.declared), dict(figures.contents.lost)
    for name, change in adjustment.contents.items():
        contents[name] = contents.get(name, 0.0) + change
        side, amount = (declared, change) if change > 0.0 else (lost, -change)
        side[name] = side.get(name, 0.0) + amount
    held = {name: amount for name, amount in contents.items() if amount > 0.0}
    outputs = (LotFigures(burdens, held), *others)
    balance = ContentsOut(
        declared, figures.contents.arisen, lost, (held, *[lot.contents for lot in others])
    )
    return RecordFigures(figures.retained, balance, outputs)
