"""Combined heat and power: one fuel, two products, and several customary ways to share its emissions."""

from decimal import Decimal
from typing import Final, Literal, NamedTuple

from carbon_ledger_energy.common import (
    MJ_PER_KWH,
    Burning,
    carrying,
    check_outputs,
    converted,
    heat_of,
    is_power,
    megajoules_of,
    power_of,
    stated,
)
from ledger.sdk import (
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    OutputFacts,
    Positive,
    Quantity,
    amount_in,
    book_energy,
    carbonate,
    invalid_activity,
    is_fuel,
    leak_gases,
    omit_upstream,
)

KELVIN: Final = Decimal("273.15")
HOTTEST: Final = Decimal(650)
"""Degrees Celsius; live steam of the best plants has 630."""

# The best combined cycles turn 0.64 of their gas into power.
_MOST_POWER: Final = Decimal("0.65")
# China counts a plant as cogeneration from 0.45 of all its fuel on, as a mean of the year.
_LEAST: Final = Decimal("0.45")
POWER_EFFICIENCIES: Final = (Decimal("0.25"), Decimal("0.65"))
HEAT_EFFICIENCIES: Final = (Decimal("0.65"), Decimal(1))
"""Of separate plants. Delegated Regulation (EU) 2023/2104 has 0.25 (waste, biogas of old plants) to 0.53 for power and
0.7 to 0.92 for heat, recalled; combined cycles reach 0.64."""
LEAST_WORK: Final = Decimal("0.1")
"""The least part of sold heat that could become work: a network of 60 degrees Celsius above 25."""
_PURITY: Final = Decimal("0.9")
"""Calcium carbonate in limestone for desulphurisation without an analysis (default of GB/T 32151.1)."""


class CombinedHeatAndPower(Burning, frozen=True, kw_only=True):
    """How heat and power were made together.

    Supplies: every standard fuel, others with an analysis, `electricity`, `limestone` (desulphurisation). Outputs:
    electricity in watt hours, net of the plant's own needs, and heat in joules, net of condensate; ash as waste.
    `basis`: the weight in an `allocation` by `energy`: the energy itself; its exergy; the fuel that separate plants of
    `power_efficiency` and `heat_efficiency` would need; or, as Chinese power plants report, heat by its share of
    `boiler_heat`, all heat of the boilers. `heat_temperature` and `ambient_temperature`: degrees Celsius, mean
    of the delivered heat and of the surroundings, for exergy.
    """

    basis: Literal["energy", "exergy", "efficiency", "heatSupplyRatio"] = "energy"
    heat_temperature: Positive | None = None
    ambient_temperature: Positive = "25"
    power_efficiency: Fraction = "0.35"
    heat_efficiency: Fraction = "0.8"
    boiler_heat: Quantity | None = None


class _Made(NamedTuple):
    """MJ of power and of heat."""

    power: Decimal
    heat: Decimal

    @property
    def all(self) -> Decimal:
        return self.power + self.heat


def assess(context: Context, activity: CombinedHeatAndPower) -> Assessment:
    """Emissions: fuels, limestone * purity * 0.44 and power by province and year (GB/T 32151.1: combustion,
    desulphurisation, purchased power); shared out by the weights of `basis`. Efficiency = (power + heat) / energy in,
    by net calorific values."""
    draft = Draft(context)
    leak_gases(draft, context)
    check_outputs(draft, context, power=True, heat=True)
    book_energy(draft, context, analyses=activity.analyses)
    for supply in context.supplied("limestone"):
        # The purity is a default. Under rules without factor sets, the line counted as primary.
        draft.carbon(
            supply.material, supply.amount("KGM") * _PURITY * carbonate("calcite"), supply=supply,
            primary=not context.sets, ratings=(2, 2, 2) if context.sets else (1, 1, 1),
        )
        omit_upstream(draft, supply)
    made = _Made(power_of(carrying(context)) * MJ_PER_KWH, heat_of(carrying(context)))
    if not any(is_fuel(supply, activity.analyses) for supply in context.supplies) and heat_of(context.inputs) == 0:
        draft.find("no-fuel", "no fuel and no heat is supplied: heat and power need energy", refuses=True)
    elif made.power == 0 or made.heat == 0:
        draft.find("not-combined", "cogeneration makes heat and power; heat alone is `energy.heatBoiler`", refuses=True)
    else:
        _check_efficiency(draft, made)
        _share(draft, context, activity, made)
    return converted(draft.assessment(), made.all)


def _check_efficiency(draft: Draft, made: _Made) -> None:
    entered = draft.megajoules
    if made.all > entered:
        draft.find("efficiency-above-limit", f"{made.all:f} MJ of heat and power out of {entered:f} MJ of energy",
                   refuses=True)
    elif made.power > entered * _MOST_POWER:
        draft.find("efficiency-above-limit", f"{made.power / entered:.3f} of the energy became power; the best plants "
                   "reach 0.64", refuses=True)
    elif made.all < entered * _LEAST:
        draft.find("efficiency-unusual", f"only {made.all / entered:.3f} of the energy became heat and power")
    draft.indicate("totalEfficiency", made.all / entered)
    draft.indicate("electricEfficiency", made.power / entered)
    draft.indicate("heatToPowerRatio", made.heat / made.power)


def _share(draft: Draft, context: Context, activity: CombinedHeatAndPower, made: _Made) -> None:
    """Each output's part of its carrier's weight, so that outputs of one carrier have one figure per unit."""
    power, heat = _weights(activity, made)
    if draft.questions:
        _check_basis(activity, draft.megajoules)
    draft.indicate("heatShare", heat / (power + heat))
    if activity.basis != "energy" and context.allocation != "energy":
        draft.find("basis-unused", f"basis {activity.basis} weighs energy, but allocation is by {context.allocation}")
    lots = carrying(context)
    draft.weigh("energy", [_part(output, power, heat, made) if output in lots else ZERO for output in context.outputs])


def _check_basis(activity: CombinedHeatAndPower, entered: Decimal) -> None:
    """Raises PluginError for a parameter that no plant has, by which one carrier would leave its emissions to the
    other. `entered`: MJ of energy."""
    match activity.basis:
        case "exergy" if _carnot(activity) < LEAST_WORK:
            raise invalid_activity(
                "heatTemperature", activity.heat_temperature, f"so hot that {LEAST_WORK} of the heat could become "
                "work, as of 60 degrees Celsius above 25; weigh cooler heat by another basis")
        case "efficiency":
            _within("powerEfficiency", activity.power_efficiency, POWER_EFFICIENCIES)
            _within("heatEfficiency", activity.heat_efficiency, HEAT_EFFICIENCIES)
        case "heatSupplyRatio" if activity.boiler_heat is not None:
            total = amount_in(activity.boiler_heat, "3B", "boilerHeat")
            if total > entered:
                raise invalid_activity(
                    "boilerHeat", activity.boiler_heat, f"at most {entered:f} MJ, the energy that went in")


def _within(field: str, value: str, usual: tuple[Decimal, Decimal]) -> None:
    if not usual[0] <= Decimal(value) <= usual[1]:
        raise invalid_activity(field, value, f"{usual[0]} to {usual[1]}, as of separate plants")


def _part(output: OutputFacts, power: Decimal, heat: Decimal, made: _Made) -> Decimal:
    energy = megajoules_of(output)
    return power * energy / made.power if is_power(output) else heat * energy / made.heat


def _weights(activity: CombinedHeatAndPower, made: _Made) -> tuple[Decimal, Decimal]:
    """Weights of power and of heat.

    energy:           P, H (GHG Protocol, Allocation of GHG Emissions from a CHP Plant, 2006, energy content method)
    exergy:           P, H * (1 - T0/T), T in kelvin (same source, work potential method, after Carnot)
    efficiency:       P / eP, H / eH (same source, efficiency method; 0.35 and 0.8 by default)
    heatSupplyRatio:  Q - H, H with Q the heat of the boilers: a = H / Q (GB/T 32151.1, annex)
    """
    match activity.basis:
        case "exergy":
            return made.power, made.heat * _carnot(activity)
        case "efficiency":
            return _over(made.power, activity.power_efficiency, "powerEfficiency"), _over(
                made.heat, activity.heat_efficiency, "heatEfficiency")
        case "heatSupplyRatio":
            return _boiled(activity, made) - made.heat, made.heat
        case _:
            return made.power, made.heat


def _carnot(activity: CombinedHeatAndPower) -> Decimal:
    """1 - T0/T: the part of heat at T that can become work. Raises PluginError for heat below ambient temperature."""
    if activity.heat_temperature is None:
        raise invalid_activity(
            "heatTemperature", None, "stated for the basis exergy: degrees Celsius of the delivered heat",
        )
    hot = stated("heatTemperature", activity.heat_temperature, HOTTEST, f"at most {HOTTEST} degrees Celsius")
    cold = Decimal(activity.ambient_temperature)
    if hot <= cold:
        raise invalid_activity(
            "heatTemperature", activity.heat_temperature, f"above the ambient temperature of {cold} degrees",
        )
    return 1 - (cold + KELVIN) / (hot + KELVIN)


def _over(amount: Decimal, efficiency: str, field: str) -> Decimal:
    if Decimal(efficiency) == 0:
        raise invalid_activity(field, efficiency, "above 0")
    return amount / Decimal(efficiency)


def _boiled(activity: CombinedHeatAndPower, made: _Made) -> Decimal:
    """MJ of heat of the boilers: turbines made power from the heat that was not delivered."""
    if activity.boiler_heat is None:
        raise invalid_activity("boilerHeat", None, "stated for the basis heatSupplyRatio: all heat of the boilers")
    total = amount_in(activity.boiler_heat, "3B", "boilerHeat")
    if total < made.all:
        raise invalid_activity(
            "boilerHeat", activity.boiler_heat, f"at least {made.all:f} MJ, the power and heat made from it",
        )
    return total
