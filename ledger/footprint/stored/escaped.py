"""Burdens that an output escapes by its allocation share, or by a burden that left without a lot to carry it: they are
questioned.

    escaped(o) = (usual(o) - share(o)) * (burdens that the shares divide + omissions) + amounts(o)

The burdens are known in the accounting alone, so the assessment has the usual share, and leaf 0 the escaped amount. The
outputs that carry the burdens instead get no question: their figures are too high.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.core.outcome.assessment import ADDITIVE, QUESTIONED, Assigned, UsualShare
from ledger.footprint.stored.burdens import SLOT, Vector, footprint
from ledger.footprint.stored.questions import with_question

_SLOT: Final = SLOT[QUESTIONED]
_OMITTED: Final = SLOT["omittedAbs"]
_CAPTURED: Final = SLOT["ccsTechnologicalCO2Capture"]
_ADDITIVE: Final = frozenset(ADDITIVE)


def escaped(
    usual: Sequence[UsualShare], shares: Sequence[float], total: Sequence[float], assigned: Sequence[Assigned] = ()
) -> dict[int, float]:
    """Kg CO2e by output. `total`: the burdens of the record and of the lots that it takes. Shares divide them without
    the `assigned` amounts."""
    divided = footprint(total) + total[_OMITTED]
    for expanded in assigned:
        if expanded.burden in _ADDITIVE:
            divided -= float(expanded.amount)
    amounts: dict[int, float] = {}
    for expected in usual:
        amount = (float(expected.share) - shares[expected.output]) * divided
        if expected.amount is not None:
            amount = float(expected.amount)
        if expected.captured is not None:
            # The gas of a lot that carries a capture was taken before, wherever the lot has been since.
            carried = -total[_CAPTURED] - float(expected.captured)
            amount = min(amount, float(expected.share) * carried)
        if amount > 0.0:
            amounts[expected.output] = amounts.get(expected.output, 0.0) + amount
    return amounts


def with_escaped(burdens: Sequence[Vector], amounts: Mapping[int, float]) -> list[Vector]:
    """The burdens of outputs with the amounts that they escape as questions."""
    return [
        with_question(vector, vector[_SLOT] + amounts[i]) if i in amounts else vector
        for i, vector in enumerate(burdens)
    ]
