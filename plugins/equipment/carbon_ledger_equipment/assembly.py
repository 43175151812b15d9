"""Assembly of parts into machines."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import SCRAP, Work, begin, check_test_power, indicate_energy, pieces
from ledger.sdk import (
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Quantity,
    follow_composition,
    matter_in,
    used_up,
    warn_unaccounted,
)

# Parts leave as machines; if more mass than this is in no output, something was not weighed.
LOSS: Final = Decimal("0.05")

Joining = Literal["bolting", "pressing", "shrinking", "welding", "brazing", "riveting", "bonding"]


class Assembly(Work, frozen=True, kw_only=True):
    """How machines were assembled; every field may be left out.

    Supplies: `electricity`, standard fuels, `heat`, `steam`, `carbonDioxide` (shielding gas), `acetylene`; bought parts
    with a mass, `weldingWire`, `lubricant`, `paint` and others are left to the core.
    `joining`: how parts are joined. `test_electricity`: of the test bench, part of the record's. `intermediate`: the
    products are groups of parts, not machines, so they do not count as new units.
    """

    joining: tuple[Joining, ...] = ()
    test_electricity: Quantity | None = None
    intermediate: bool = False


def assess(context: Context, activity: Assembly) -> Assessment:
    """Power, fuels and welding gas; each material goes to products by their compositions."""
    draft, power = begin(context, activity)
    check_test_power(activity.test_electricity, power, draft)
    follow_composition(draft, context)
    came, made = matter_in(context), context.mass_out(*PRODUCT_ROLES)
    if came == 0:
        draft.find("no-parts", "no input or supply has a mass, so there are no parts to assemble", refuses=True)
    elif came - context.mass_out() > came * LOSS:
        warn_unaccounted(
            draft, came - context.mass_out(), f"{came - context.mass_out():f} kg of {came:f} kg are in no output",
            SCRAP, used_up(context), (came - used_up(context)) * LOSS,
        )
    assembled = sum((pieces(output.quantity) or ZERO for output in context.outputs if output.role == "product"), ZERO)
    if assembled > 0:
        draft.indicate("electricityPerPiece", power / assembled)
        if not activity.intermediate:
            draft.indicate("newUnits", assembled)
        if activity.rejected is not None:
            draft.indicate("rejectRate", Decimal(activity.rejected) / (assembled + activity.rejected))
    if came > 0:
        draft.indicate("materialYield", made / came)
    indicate_energy(draft, made, power)
    return draft.assessment()
