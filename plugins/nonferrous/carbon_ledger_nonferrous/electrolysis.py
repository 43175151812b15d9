"""Primary aluminium: alumina is reduced in cells with prebaked carbon anodes (Hall-Heroult).

    E = aluminium * NC * (1 - S - A) * 44/12 + perfluorocarbons + electricity      (GB/T 32151.4-2015)

NC: net consumption of anodes, t per t (0.42 by default); S and A: sulphur and ash in them (0.02 and 0.004).
"""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.balance import check_recovery, entering, held_by, indicate_metal, made_of, total
from carbon_ledger_nonferrous.common import Work, begin, factors, indicate_energy, renewable_power
from carbon_ledger_nonferrous.matter import Melt, follow_melt
from carbon_ledger_nonferrous.metals import ALUMINIUM
from carbon_ledger_nonferrous.perfluorocarbons import AnodeEffects, emit_perfluorocarbons
from ledger.sdk import (
    CO2_PER_C,
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Positive,
    Shortfall,
    invalid_activity,
    warn_outside,
)

NET_CONSUMPTION: Final = Decimal("0.42")
SULPHUR: Final = Decimal("0.02")
ASH: Final = Decimal("0.004")
"""Defaults of GB/T 32151.4-2015, recalled."""

# 2 Al2O3 + 3 C -> 4 Al + 3 CO2: 36.033 kg of carbon for 107.926 kg of aluminium; no cell needs less.
LEAST_CARBON: Final = Decimal("36.033") / Decimal("107.926")
# Air burn and reaction with CO2 come on top: lines use 400 to 450 kg net per t.
USUAL_ANODE: Final = (Decimal("0.4"), Decimal("0.45"))
# The reaction itself takes 6.3 MWh per t at 960 C, and a cell loses as much again as heat: 12.5 to 16 MWh with
# rectifiers and auxiliaries. Twice the poorest line is a wrong unit, or includes another user's power.
USUAL_POWER: Final = (Decimal(12500), Decimal(16000))
POSSIBLE_POWER: Final = (Decimal(6300), Decimal(32000))
# Faraday: 3 * 96485.33 C/mol / 26.98154 g/mol = 2.97996 kAh per kg.
AMPERE_HOURS: Final = Decimal("2979.96")
# 1.92 to 1.95 t of alumina per t: dust and sludge take 1 to 3 %; beyond 5 % a weight is missing.
LEAST_RECOVERY: Final = Decimal("0.95")


PROOFS: Final = ("emissionMeasurement", "analysis", "monitoringReport", "pilotReport")
"""Kinds of evidence for inert anodes, and for anodes and anode effects far below the defaults."""
LEAST_EFFECTS: Final = Decimal("0.1")
LEAST_BURNT: Final = Decimal("0.9")
"""Of the defaults of perfluorocarbons and of the carbon of anodes: the best lines state so much without a document."""


class AluminiumElectrolysis(Work, frozen=True, kw_only=True):
    """How a potline ran; every field may be left out.

    Inputs: alumina, and power that comes as lots. Outputs: aluminium; anode butts, dross, spent lining as waste.
    Supplies: `alumina` (if it is no lot), `electricity`, standard fuels; `anode`, `aluminiumFluoride`, `cryolite`
    and others are left to the core.
    `anodes`: `inert` ones emit neither CO2 nor, by default, perfluorocarbons. `anode_net_consumption`: t per t of
    aluminium, without butts. `sulphur`, `ash`: of the anodes. `anode_effects`: as counted. `metal`: `molten` if
    liquid metal leaves the record, `ingot` if it was cast within. `cell_voltage`: V; `current_efficiency`: they give
    the direct current that the power has to cover.
    """

    anodes: Literal["prebaked", "inert"] = "prebaked"
    anode_net_consumption: Positive | None = None
    sulphur: Fraction | None = None
    ash: Fraction | None = None
    anode_effects: AnodeEffects | None = None
    metal: Literal["molten", "ingot"] = "molten"
    cell_voltage: Positive | None = None
    current_efficiency: Fraction | None = None


def assess(context: Context, activity: AluminiumElectrolysis) -> Assessment:
    """GB/T 32151.4 for one potline; raises PluginError for an impossible activity."""
    draft, power = begin(context, activity)
    entered = entering(context, ALUMINIUM, activity.contents)
    held = [held_by(output, ALUMINIUM) for output in context.outputs]
    made = made_of(context, held)
    draft.indicate("metalRecovery", check_recovery(draft, context, entered, held, LEAST_RECOVERY))
    follow_melt(draft, context, Melt(ALUMINIUM, total(entered), held, stays=True))
    if made == 0:
        return draft.assessment()
    _consume_anodes(draft, context, activity, made)
    if activity.anodes == "prebaked" or activity.anode_effects is not None:
        emit_perfluorocarbons(draft, activity.anode_effects, made)
    if activity.anodes == "inert":
        _ask_for_anodes(draft, context, activity, made)
    elif context.questions and not context.shows(*PROOFS):
        _ask_for_little(draft, made)
    _check_power(draft, activity, power, made)
    _indicate(draft, context, activity, power, made)
    indicate_metal(draft, entered, made, "recycledAluminiumProduced")
    return draft.assessment()


def _consume_anodes(draft: Draft, context: Context, activity: AluminiumElectrolysis, made: Decimal) -> None:
    stated = (activity.anode_net_consumption, activity.sulphur, activity.ash)
    lots = [taken for taken in context.inputs if "anode" in taken.materials]
    # Carbon of anodes leaves with the gas: no output holds any of it.
    if any(taken.fossil_carbon > 0 for taken in lots):
        draft.follow("fossilCarbon", [ZERO] * len(context.outputs))
    if activity.anodes == "inert":
        if any(one is not None for one in stated):
            raise invalid_activity("anodeNetConsumption", activity.anode_net_consumption, "absent: anodes are inert")
        return
    net, sulphur, ash = (Decimal(one) if one is not None else default
                         for one, default in zip(stated, (NET_CONSUMPTION, SULPHUR, ASH), strict=True))
    if sulphur + ash >= 1:
        raise invalid_activity("sulphur", activity.sulphur, "below 1 together with ash")
    if net * (1 - sulphur - ash) < LEAST_CARBON:
        raise invalid_activity("anodeNetConsumption", net, f"enough for {LEAST_CARBON:.4f} t of carbon per t of metal")
    if net >= 1:
        raise invalid_activity("anodeNetConsumption", net, "below 1 t per t of aluminium")
    warn_outside(
        draft, "anode-unusual", f"{net * KG_PER_T:f} kg of anodes per t of aluminium, net", net, USUAL_ANODE,
        with_range=False, unit="t/t", lacks=Shortfall("anode", "KGM", made),
    )
    _check_anodes(draft, context, net * made)
    draft.indicate("anodeConsumption", net * KG_PER_T)
    if all(one is None for one in stated):
        draft.price("anodeConsumption", made / KG_PER_T, factors().find("anode"), kind="onSite")
        return
    # A line with a default in it stays flagged.
    default = any(one is None for one in stated)
    draft.carbon(
        "anodeConsumption", made * net * (1 - sulphur - ash) * CO2_PER_C, recalled=default, primary=not default,
        factor=factors().find("anode").name if default else None,
    )


def _ask_for_anodes(draft: Draft, context: Context, activity: AluminiumElectrolysis, made: Decimal) -> None:
    """Inert anodes need a document. Without one, the defaults of carbon anodes are in question."""
    if not context.questions or context.shows(*PROOFS):
        return
    tonnes = made / KG_PER_T
    hidden = {"CO2": tonnes * factors().find("anode").value}
    if activity.anode_effects is None:
        hidden |= {gas: tonnes * factors().find(f"anodeEffect{gas}").value for gas in ("CF4", "C2F6")}
    draft.warn("abatement-unproven", f"no document ({', '.join(PROOFS)}) shows that the anodes are inert", emits=hidden)


def _ask_for_little(draft: Draft, made: Decimal) -> None:
    """Perfluorocarbons and carbon of anodes that are far below their defaults need a document."""
    tonnes, lines = made / KG_PER_T, draft.assessment().lines
    gases = {"CF4": factors().find("anodeEffectCF4").value, "C2F6": factors().find("anodeEffectC2F6").value}
    stated = {gas: sum((line.amount for line in lines if line.gas == gas), ZERO) for gas in gases}
    if stated["CF4"] < tonnes * gases["CF4"] * LEAST_EFFECTS:
        draft.warn(
            "abatement-unproven", f"no document ({', '.join(PROOFS)}) shows so few anode effects",
            emits={gas: max(tonnes * usual - stated[gas], ZERO) for gas, usual in gases.items()},
        )
    carbon = sum((line.amount for line in lines if line.source == "anodeConsumption"), ZERO)
    usual = tonnes * factors().find("anode").value
    if carbon < usual * LEAST_BURNT:
        draft.warn("anode-unproven", f"no document ({', '.join(PROOFS)}) shows so little carbon of anodes",
                   emits={"CO2": usual - carbon})


def _check_anodes(draft: Draft, context: Context, net: Decimal) -> None:
    """Anodes that the record takes have to cover the stated consumption."""
    lots = (taken.mass or ZERO for taken in context.inputs if "anode" in taken.materials)
    came = sum(lots, ZERO) + sum((one.amount("KGM") for one in context.supplied("anode")), ZERO)
    if came > 0 and net > came:
        # Only a warning: cells also consume anodes that an earlier record set.
        draft.find("anode-balance", f"{net:f} kg of anodes consumed, {came:f} kg came in")


def _check_power(draft: Draft, activity: AluminiumElectrolysis, power: Decimal, made: Decimal) -> None:
    per_tonne = power / made * KG_PER_T
    message = f"{per_tonne:.0f} kWh per t of aluminium"
    if not POSSIBLE_POWER[0] <= per_tonne <= POSSIBLE_POWER[1]:
        draft.find("electricity-impossible", message, refuses=True)
    else:
        warn_outside(draft, "electricity-unusual", message, per_tonne, USUAL_POWER, with_range=False, unit="kWh/t",
                     lacks=Shortfall("electricity", "KWH", made / KG_PER_T))
    if activity.cell_voltage is None or activity.current_efficiency is None:
        return
    if Decimal(activity.current_efficiency) == 0:
        raise invalid_activity("currentEfficiency", activity.current_efficiency, "above zero")
    direct = AMPERE_HOURS * Decimal(activity.cell_voltage) / Decimal(activity.current_efficiency)
    if direct > per_tonne:
        draft.find(
            "electricity-balance",
            f"the cells take {direct:.0f} kWh of direct current per t, but the record has {message}", refuses=True,
        )


def _indicate(
    draft: Draft, context: Context, activity: AluminiumElectrolysis, power: Decimal, made: Decimal
) -> None:
    renewable = renewable_power(context, activity)
    draft.indicate("aluminiumProduced", made / KG_PER_T)
    # The record that casts or alloys liquid metal counts it.
    if activity.metal == "ingot":
        draft.indicate("moltenAluminium", made / KG_PER_T)
        draft.indicate("directAlloyedAluminium", ZERO)
    draft.indicate("electrolysisPower", power / KG_PER_T)
    draft.indicate("renewablePower", renewable / KG_PER_T)
    if power > 0:
        draft.indicate("renewablePowerShare", renewable / power)
    draft.indicate("electricityPerTonneAluminium", power / made * KG_PER_T)
    indicate_energy(draft, made, power)
