"""Machining: turning, milling, grinding and the like."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import Work, begin, check_named, indicate_yield
from ledger.sdk import PRODUCT_ROLES, ZERO, Assessment, Context, Key, Positive, follow_composition

# Aircraft parts cut from the solid keep a tenth of the billet; below half of that a weight is wrong.
LEAST_YIELD: Final = Decimal("0.05")

Operation = Literal[
    "sawing", "turning", "milling", "drilling", "boring", "gearCutting", "grinding", "honing", "broaching",
    "electricDischarge", "laserCutting", "washing",
]


class Machining(Work, frozen=True, kw_only=True):
    """How parts were machined; every field may be left out.

    Supplies: `electricity`, standard fuels, `heat`, `steam`, `acetylene`; material that becomes the product: `steel`,
    `bar`, `casting`, `forging`, `aluminium`, `workpiece`; `coolant`, `cuttingTool` and others are left to the core.
    Swarf is an output with the role waste and the origin preConsumer.
    `operations`: in the order in which they were done. `coolant`: material of the coolant's supply.
    `machine_hours`: hours that machines ran.
    """

    operations: tuple[Operation, ...] = ()
    coolant: Key | None = None
    machine_hours: Positive | None = None


def assess(context: Context, activity: Machining) -> Assessment:
    """Power; each material goes to outputs by their compositions, but not into the coolant."""
    check_named(context, "coolant", activity.coolant)
    draft, power = begin(context, activity)
    follow_composition(draft, context)
    indicate_yield(draft, context, power, LEAST_YIELD)
    if activity.machine_hours is not None and power > 0:
        draft.indicate("electricityPerHour", power / Decimal(activity.machine_hours))
    made, chips = context.mass_out(*PRODUCT_ROLES), context.mass_out("waste")
    if made > 0:
        draft.indicate("chipRatio", chips / made if chips else ZERO)
    return draft.assessment()
