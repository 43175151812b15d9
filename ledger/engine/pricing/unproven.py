"""Questions of supplies that their record prices itself.

A figure for which nobody has shown a document is questioned below the default of its material; a figure that has one,
below its reference range. The question is the default less the figure, less its omissions.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import Finding, Span
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.values import Supply
from ledger.sdk import SetChoice

UNPROVEN: Final = "unproven-figure"
BELOW_RANGE: Final = "supply-below-range"
_NOTHING: Final = Decimal(0)


class StatedSupply(NamedTuple):
    """A supply with a figure of its own. `covered`: kg CO2e of the figure and its omissions; `amount`: in the
    unit of the default; `default`: its kg CO2e. `proven`: whether a document shows the figure."""

    supply: Supply
    covered: Decimal
    amount: Decimal
    default: Decimal
    proven: bool


def question_of(stated: StatedSupply, choice: SetChoice | None) -> Finding | None:
    """The finding of a figure that is too low to be believed. `choice`: the default of the sets, None if they know the
    material by its class alone."""
    low = None if choice is None else choice.factor.low
    least = stated.default
    if stated.proven:
        least = _NOTHING if low is None else CONTEXT.multiply(stated.amount, low)
    if stated.covered >= least:
        return None
    value = CONTEXT.divide(stated.covered, stated.amount)
    unit = stated.supply.quantity.unit if choice is None else choice.entry.unit
    name = stated.supply.material
    if stated.proven:
        message = f"{name}: the figure of {value:.4g} kg CO2e per {unit} is below the usual range"
    else:
        message = (f"{name}: no document shows the figure of {value:.4g} kg CO2e per {unit}, which is "
                   "below the default")
    return Finding(
        code=BELOW_RANGE if stated.proven else UNPROVEN, message=message, value=value, unit=unit,
        usual=None if choice is None else Span(low=low, high=choice.factor.high),
        amount=CONTEXT.subtract(stated.default, stated.covered), factor=None if choice is None else choice.name,
    )
