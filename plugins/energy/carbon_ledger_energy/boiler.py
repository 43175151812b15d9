"""Boilers and heat pumps: heat as lots."""

from decimal import Decimal
from typing import Final, Literal, NamedTuple

from carbon_ledger_energy.cogeneration import HOTTEST, KELVIN
from carbon_ledger_energy.common import Burning, carrying, check_outputs, converted, heat_of, share_by_energy, stated
from ledger.sdk import (
    Assessment,
    Context,
    Draft,
    Lack,
    Positive,
    Reading,
    book_energy,
    invalid_activity,
    leak_gases,
)


class _Limits(NamedTuple):
    """Heat out / energy in: below `least` the record warns, above `most` it is refused."""

    least: Decimal
    most: Decimal


class _Heat(NamedTuple):
    """MJ of heat that was delivered, and of energy that was supplied for it."""

    delivered: Decimal
    entered: Decimal


_LIMITS: Final = {
    # GB/T 15317 demands at least 0.7 of coal boilers; by the net calorific value no boiler gives more than it takes.
    "combustion": _Limits(Decimal("0.6"), Decimal(1)),
    # Condensing the water of burnt methane returns at most 11 % of the net calorific value.
    "condensing": _Limits(Decimal("0.85"), Decimal("1.11")),
    "electrode": _Limits(Decimal("0.9"), Decimal(1)),
    # Carnot allows 8 from 20 to 60 degrees Celsius; half of it is good.
    "heatPump": _Limits(Decimal("1.5"), Decimal(8)),
}


BEST_PUMP: Final = Decimal("0.65")
"""Of the coefficient of Carnot. Large pumps of industry and district heat reach 0.45 to 0.6 (IEA HPT, Annex 48 and 58;
unverified)."""
USUAL_PUMP: Final = Decimal("0.5")
AMBIENT: Final = Decimal(20)
"""Degrees Celsius of a source that nobody states: air, ground and water are colder where heat is needed."""
WARMEST: Final = Decimal(30)
"""Degrees Celsius of the surroundings. A warmer source is heat of somebody, which a document shows."""
SOURCES: Final = ("heatContract", "sourceTemperature", "acceptanceTest")
"""Kinds of documents of the temperature of a source, alone or before a colon and their subject."""
BEST_UNSTATED: Final = Decimal("3.5")
USUAL_UNSTATED: Final = Decimal("2.5")
"""Coefficients of pumps whose temperature nobody states. Hot water of 60 degrees has 3.5, steam 1.5 to 2.5."""


class HeatBoiler(Burning, frozen=True, kw_only=True):
    """How heat was made.

    Supplies: every standard fuel, others with an analysis, `electricity`. Inputs: power for electrodes, pumps, fans.
    Outputs: heat (steam, hot water) in joules, net of the heat of feed water and condensate; ash as waste. `kind`: of
    the boiler. `heat_temperature`, `source_temperature`: degrees Celsius of the delivered heat, and of the source that
    a heat pump cools; evidence of kind `heatContract`, `sourceTemperature` or `acceptanceTest` shows one above 30.
    """

    kind: Literal["combustion", "condensing", "electrode", "heatPump"] = "combustion"
    heat_temperature: Positive | None = None
    source_temperature: Positive | None = None


def assess(context: Context, activity: HeatBoiler) -> Assessment:
    """Emissions of fuels and power (GB/T 32150); efficiency = heat out / energy in, by net calorific values. Heat
    that a heat pump takes from its surroundings is no supplied energy."""
    draft = Draft(context)
    leak_gases(draft, context)
    check_outputs(draft, context, power=False, heat=True)
    share_by_energy(draft, context)
    book_energy(draft, context, analyses=activity.analyses)
    delivered, entered = heat_of(carrying(context)), draft.megajoules
    _check_efficiency(draft, context, activity, _Heat(delivered, entered))
    return converted(draft.assessment(), delivered)


def _check_efficiency(draft: Draft, context: Context, activity: HeatBoiler, heat: _Heat) -> None:
    (least, most), (delivered, entered) = _LIMITS[activity.kind], heat
    if entered == 0:
        draft.find("no-energy", "no fuel and no power is supplied: heat needs energy", refuses=True)
    elif delivered > entered * most:
        draft.find("efficiency-above-limit", f"{delivered:f} MJ of heat out of {entered:f} MJ: a boiler of kind "
                   f"{activity.kind} gives at most {most} of the energy", refuses=True)
    else:
        draft.indicate("boilerEfficiency", delivered / entered)
        if activity.kind == "heatPump" and draft.questions:
            _check_pump(draft, context, activity, heat)
        if delivered < entered * least:
            draft.find(
                "efficiency-unusual", f"only {delivered / entered:.3f} of the energy became heat",
            )


def _check_pump(draft: Draft, context: Context, activity: HeatBoiler, heat: _Heat) -> None:
    """Asks for the power that a usual pump takes, where the coefficient is above the best one between the temperatures
    of source and heat: by Carnot, T / (T - T source) in kelvin. Raises PluginError for a source that is no colder than
    the heat."""
    coefficient = heat.delivered / heat.entered
    best, usual = BEST_UNSTATED, USUAL_UNSTATED
    carnot = _carnot(context, activity)
    if carnot is not None:
        best, usual = BEST_PUMP * carnot, USUAL_PUMP * carnot
    if coefficient > best:
        between = "and the heat has no temperature" if carnot is None else f"and Carnot allows {carnot:.3g}"
        missing = Lack(material="electricity", amount=heat.delivered / usual - heat.entered, unit="3B")
        least, most = _LIMITS["heatPump"]
        draft.warn(
            "coefficient-unusual", f"{coefficient:.3g} MJ of heat per MJ of power, {between}: usual are up to "
            f"{best:.3g}", Reading(coefficient, "MJ/MJ", (min(least, best), best), (min(least, best), most)),
            lacks=(missing,),
        )


def _carnot(context: Context, activity: HeatBoiler) -> Decimal | None:
    """The coefficient of an ideal pump; None if the temperature of the heat is not stated."""
    if activity.heat_temperature is None:
        return None
    hot = stated("heatTemperature", activity.heat_temperature, HOTTEST, f"at most {HOTTEST} degrees Celsius")
    cold = AMBIENT if activity.source_temperature is None else Decimal(activity.source_temperature)
    if cold >= hot:
        raise invalid_activity("sourceTemperature", f"{cold:f}", f"below the {hot:f} degrees of the heat")
    if not context.shows(*SOURCES):
        cold = min(cold, WARMEST)
    return (hot + KELVIN) / (hot - cold)
