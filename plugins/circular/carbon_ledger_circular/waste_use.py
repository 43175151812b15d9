"""Use of bulk solid waste (slag, fly ash, gypsum, tailings) as a raw material."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import MINERAL, check_accounted, check_carried
from ledger.sdk import (
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    Quantity,
    Reading,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    kilograms,
    matter_in,
)

# Grinding slag to cement fineness takes 35 to 60 kWh per t, steel slag up to 90; bricks and aggregate less.
USUAL_POWER: Final = Decimal(150)
LOSS: Final = Decimal("0.1")
USED: Final = ("waste", "byProduct")
"""Roles of lots that are residues of another process."""

Use = Literal[
    "cementAddition", "concreteAddition", "aggregate", "brick", "board", "roadBase", "backfill", "soilConditioner",
    "metalRecovery", "other",
]


class WasteUse(Activity, frozen=True, kw_only=True):
    """How solid waste was used; every field may be left out.

    Supplies: `electricity`, `diesel`, `naturalGas` and other standard fuels (drying), `heat`, `steam`; binders and
    virgin raw materials are left to the core.
    `use`: of the waste. `generated`: mass of the same waste that arose at its source in this period; the use rate needs
    it.
    `moisture_loss`: share of the input mass that dried off, below 1. `renewable_share`: of the electricity that comes
    as lots.
    """

    use: Use = "other"
    generated: Quantity | None = None
    moisture_loss: Fraction = "0"
    renewable_share: Fraction = "0"


def assess(context: Context, activity: WasteUse) -> Assessment:
    """Power and fuels; contents by declared composition."""
    return use(context, activity).assessment()


def use(context: Context, activity: WasteUse) -> Draft:
    """The draft of waste that became a raw material: energy, matter, findings, rates.

    Use rate = waste used / waste generated (comprehensive utilisation rate of industrial solid waste). Content of solid
    waste = waste used / all inputs and supplies but fuels.
    """
    if activity.moisture_loss == "1":
        raise invalid_activity("moistureLoss", activity.moisture_loss, "below 1")
    draft, power = draft_with_energy(context, activity)
    used = context.mass_taken(*USED)
    if used == 0:
        draft.find("no-waste", "no input lot is waste or a by-product", refuses=True)
        return draft
    if activity.generated is not None:
        generated = kilograms(activity.generated, "generated")
        if generated < used:
            # Only a warning: stock of earlier periods may be used up.
            draft.find("use-above-generation", f"{used:f} kg used of {generated:f} kg generated")
        draft.indicate("useRate", used / generated)
    follow_composition(draft, context)
    check_accounted(draft, context, Decimal(activity.moisture_loss), LOSS, MINERAL)
    check_carried(draft, context)
    came = matter_in(context)
    per_tonne = power / came * 1000
    if per_tonne > USUAL_POWER:
        draft.warn("electricity-unusual", f"{per_tonne:.1f} kWh per t of raw material",
                   Reading(per_tonne, "kWh/t", (ZERO, USUAL_POWER)))
    draft.indicate("solidWasteUsed", used / 1000)
    draft.indicate("solidWasteContent", used / came)
    draft.indicate("electricityPerTonne", per_tonne)
    return draft
