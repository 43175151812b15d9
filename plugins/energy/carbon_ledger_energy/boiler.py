"""Boilers and heat pumps: heat as lots."""

from decimal import Decimal
from typing import Final, Literal, NamedTuple

from carbon_ledger_energy.common import Burning, carrying, check_outputs, converted, heat_of, share_by_energy
from ledger.sdk import Assessment, Context, Draft, Lack, Reading, book_energy, leak_gases


class _Limits(NamedTuple):
    """Heat out / energy in: below `least` the record warns, above `most` it is refused."""

    least: Decimal
    most: Decimal


_LIMITS: Final = {
    # GB/T 15317 demands at least 0.7 of coal boilers; by the net calorific value no boiler gives more than it takes.
    "combustion": _Limits(Decimal("0.6"), Decimal(1)),
    # Condensing the water of burnt methane returns at most 11 % of the net calorific value.
    "condensing": _Limits(Decimal("0.85"), Decimal("1.11")),
    "electrode": _Limits(Decimal("0.9"), Decimal(1)),
    # Carnot allows 8 from 20 to 60 degrees Celsius; half of it is good.
    "heatPump": _Limits(Decimal("1.5"), Decimal(8)),
}


# Heat of 35 degrees for floors out of water of 10: 6. Pumps of industry and district heat give 2 to 5.
BEST_PUMP: Final = Decimal(6)
USUAL_PUMP: Final = Decimal("3.5")


class HeatBoiler(Burning, frozen=True, kw_only=True):
    """How heat was made.

    Supplies: every standard fuel, others with an analysis, `electricity`. Inputs: power for electrodes, pumps, fans.
    Outputs: heat (steam, hot water) in joules, net of the heat of feed water and condensate; ash as waste. `kind`: of
    the boiler.
    """

    kind: Literal["combustion", "condensing", "electrode", "heatPump"] = "combustion"


def assess(context: Context, activity: HeatBoiler) -> Assessment:
    """Emissions of fuels and power (GB/T 32150); efficiency = heat out / energy in, by net calorific values. Heat
    that a heat pump takes from its surroundings is no supplied energy."""
    draft = Draft(context)
    leak_gases(draft, context)
    check_outputs(draft, context, power=False, heat=True)
    share_by_energy(draft, context)
    book_energy(draft, context, analyses=activity.analyses)
    delivered, entered = heat_of(carrying(context)), draft.megajoules
    _check_efficiency(draft, activity, delivered, entered)
    return converted(draft.assessment(), delivered)


def _check_efficiency(draft: Draft, activity: HeatBoiler, delivered: Decimal, entered: Decimal) -> None:
    least, most = _LIMITS[activity.kind]
    if entered == 0:
        draft.find("no-energy", "no fuel and no power is supplied: heat needs energy", refuses=True)
    elif delivered > entered * most:
        draft.find("efficiency-above-limit", f"{delivered:f} MJ of heat out of {entered:f} MJ: a boiler of kind "
                   f"{activity.kind} gives at most {most} of the energy", refuses=True)
    else:
        draft.indicate("boilerEfficiency", delivered / entered)
        if activity.kind == "heatPump" and delivered > entered * BEST_PUMP and draft.questions:
            missing = Lack(material="electricity", amount=delivered / USUAL_PUMP - entered, unit="3B")
            draft.warn(
                "coefficient-unusual", f"{delivered / entered:.3g} MJ of heat per MJ of power: usual are {least} to "
                f"{BEST_PUMP}", Reading(delivered / entered, "MJ/MJ", (least, BEST_PUMP), (least, most)),
                lacks=(missing,),
            )
        if delivered < entered * least:
            draft.find(
                "efficiency-unusual", f"only {delivered / entered:.3f} of the energy became heat",
            )
