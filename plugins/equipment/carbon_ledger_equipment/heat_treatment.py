"""Heat treatment: parts are heated, held and cooled, often for their owner (tolling)."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import Work, begin, check_temperature, indicate_yield, workpiece_mass
from ledger.sdk import (
    ZERO,
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
    warn_outside,
)

# MJ per kg of the part. Steel holds 0.11 at 250 C and 0.6 at 900 C; a furnace that is mostly empty, or heats in steps
# for days, takes twenty times as much.
HEATING_MJ: Final = (Decimal("0.1"), Decimal(12))
# Scale takes one or two per cent.
LEAST_YIELD: Final = Decimal("0.9")
# High-speed steel is hardened from 1230 C; above that cast iron has melted and steel is burnt.
HOTTEST: Final = Decimal(1350)

Step = Literal[
    "normalising", "annealing", "stressRelieving", "solutionTreatment", "quenching", "tempering", "austempering",
    "carburising", "nitriding", "inductionHardening", "ageing",
]


class HeatTreatment(Work, frozen=True, kw_only=True):
    """How parts were treated; every field may be left out.

    Supplies: `electricity`, `naturalGas`, `lpg` and other standard fuels, `heat`, `steam`, `acetylene` (carburising
    and heating), `carbonDioxide`; material that becomes the product: `steel`, `casting`, `forging`, `workpiece`;
    `quenchOil`, `nitrogen`, `methanol`, `ammonia`, `salt` and others are left to the core. Scale is an output with the
    role waste.
    `steps`: in the order in which they were done. `heating`: of the furnace. `heating_energy`: of these
    furnaces alone. `temperature`: the highest, degrees Celsius. `holding`: hours at it.
    """

    steps: tuple[Step, ...] = ()
    heating: Literal["fuel", "induction", "resistance"] | None = None
    heating_energy: Quantity | None = None
    temperature: Positive | None = None
    holding: Positive | None = None


def assess(context: Context, activity: HeatTreatment) -> Assessment:
    """Fuels, power and shop gases; each material goes to outputs by their compositions."""
    check_temperature(activity.temperature, HOTTEST)
    draft, power = begin(context, activity)
    _check_heating(draft, context, activity, power)
    follow_composition(draft, context)
    indicate_yield(draft, context, power, LEAST_YIELD)
    return draft.assessment()


def _check_heating(draft: Draft, context: Context, activity: HeatTreatment, power: Decimal) -> None:
    """Warns only: the meter reading of a provisional record may still be missing."""
    treated = workpiece_mass(context)
    reading = Reading(ZERO, "MJ/kg", HEATING_MJ)
    if activity.heating == "fuel" and not context.supplied("heat", "steam", *standard_fuels()):
        draft.warn("heating-missing", "the furnace is heated with fuel, but none is supplied", reading,
                   lacks=Shortfall("naturalGas", "3B", treated).below(HEATING_MJ[0], ZERO))
    if activity.heating in ("induction", "resistance") and power == 0:
        draft.warn("heating-missing", "the furnace is heated with electricity, but none is supplied", reading,
                   lacks=Shortfall("electricity", "3B", treated).below(HEATING_MJ[0], ZERO))
    if activity.heating_energy is None or treated == 0:
        return
    energy = activity.heating_energy
    per_kilogram = amount_in(energy, "3B", "heatingEnergy") / treated
    warn_outside(
        draft, "heating-unusual", f"{per_kilogram:.2f} MJ of heating per kg", per_kilogram, HEATING_MJ,
        with_range=False, unit="MJ/kg",
    )
    draft.indicate("heatingPerTonne", per_kilogram * 1000)
