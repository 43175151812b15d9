"""Forging: billets are heated and formed under hammers, presses or rolls."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import Work, begin, check_temperature, indicate_yield, workpiece_mass
from ledger.sdk import (
    Assessment,
    Context,
    Draft,
    Positive,
    Quantity,
    Reading,
    Shortfall,
    amount_in,
    follow_composition,
    standard_fuels,
)

# Steel at 1250 C holds 0.83 GJ per t, and every furnace has losses. Below that the meter does not cover the furnace;
# old chamber furnaces take 6.
HEATING_GJ: Final = (Decimal("0.83"), Decimal(10))
HOT: Final = Decimal(1100)
# Flash, scale and ends take 10 to 50 %, of ring blanks and crankshafts more.
LEAST_YIELD: Final = Decimal("0.4")
# Above this temperature steel scales away and begins to melt.
HOTTEST: Final = Decimal(1400)


class Forging(Work, frozen=True, kw_only=True):
    """How a forge ran; every field may be left out.

    Supplies: `electricity`, `naturalGas`, `lpg`, `fuelOil`, `diesel` and other standard fuels, `heat`, `steam`,
    `acetylene`; material that becomes the product: `steel`, `billet`, `bar`, `aluminium`, `workpiece`; `dieLubricant`,
    `quenchOil` and others are left to the core. Flash, ends and scale are outputs with the role waste.
    `heating`: of the billets. `heating_energy`: of these furnaces alone. `temperature`: of the billet, degrees Celsius.
    `forming`: kind of machine. `heat_treatment`: in the order in which it was done.
    """

    heating: Literal["fuel", "induction", "resistance", "none"] | None = None
    heating_energy: Quantity | None = None
    temperature: Positive | None = None
    forming: Literal["hammer", "press", "ringRolling", "rollForging", "upsetting", "coldForging"] | None = None
    heat_treatment: tuple[Literal["normalising", "annealing", "quenching", "tempering", "carburising"], ...] = ()


def assess(context: Context, activity: Forging) -> Assessment:
    """Fuels and power; each material goes to outputs by their compositions."""
    check_temperature(activity.temperature, HOTTEST)
    draft, power = begin(context, activity)
    _check_heating(draft, context, activity, power)
    follow_composition(draft, context)
    indicate_yield(draft, context, power, LEAST_YIELD)
    return draft.assessment()


def _check_heating(draft: Draft, context: Context, activity: Forging, power: Decimal) -> None:
    if activity.heating == "fuel" and not context.supplied("heat", "steam", *standard_fuels()):
        draft.find("heating-missing", "billets are heated with fuel, but no fuel is supplied", refuses=True)
    if activity.heating in ("induction", "resistance") and power == 0:
        draft.find(
            "heating-missing", "billets are heated with electricity, but no electricity is supplied", refuses=True,
        )
    heated = workpiece_mass(context)
    if activity.heating_energy is None or heated == 0:
        return
    energy = activity.heating_energy
    per_tonne = amount_in(energy, "3B", "heatingEnergy") / heated
    hot = activity.temperature is not None and Decimal(activity.temperature) >= HOT
    if per_tonne > HEATING_GJ[1] or (hot and per_tonne < HEATING_GJ[0]):
        draft.warn("heating-unusual", f"{per_tonne:.2f} GJ of billet heating per t",
                   Reading(per_tonne, "GJ/t", HEATING_GJ),
                   lacks=Shortfall("naturalGas", "3B", heated).below(HEATING_GJ[0], draft.megajoules / heated))
    draft.indicate("heatingPerTonne", per_tonne * 1000)
