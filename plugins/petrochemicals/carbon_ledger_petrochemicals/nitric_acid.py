"""Nitric acid: N2O by technology and abatement, or as the stack's analyser measures it."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_petrochemicals.carbon import Plant, Process, balance, begin
from carbon_ledger_petrochemicals.sharing import factors, share_out
from carbon_ledger_petrochemicals.substances import came, made, substances
from ledger.sdk import ZERO, Assessment, Context, Fraction, Quantity, Reading, invalid_activity, kilograms

WEIGHING: Final = Decimal("0.01")
# 93 to 97 % of the ammonia's nitrogen becomes acid; much less means a wrong mass or strength.
LEAST_YIELD: Final = Decimal("0.85")
# The worst old plants, at high pressure, emitted 19 kg per t.
MOST_N2O: Final = Decimal(20)
_FACTORS: Final = {
    "nonSelectiveReduction": "nitricAcidNscr", "integratedDestruction": "nitricAcidIntegrated",
    "atmospheric": "nitricAcidAtmospheric", "mediumPressure": "nitricAcidMedium", "highPressure": "nitricAcidHigh",
}
PROOFS: Final = ("emissionMeasurement", "meterReading", "analysis", "monitoringReport")
"""Kinds of evidence for abatement and for N2O that was measured."""
_ABATED: Final = ("nonSelectiveReduction", "integratedDestruction")
_CLEAN: Final = (*_ABATED, "atmospheric")


class NitricAcid(Process, frozen=True, kw_only=True):
    """How a nitric acid plant ran; every field may be left out.

    Inputs: lots or a supply of `ammonia`; supplies `air` of origin nature and `water`, with their mass; `naturalGas`
    (reducing agent, burnt); `electricity`, `heat`, `steam`; others are left to the core. Outputs name `nitricAcid`
    among their materials: 0.6 of acid of 60 %; heat sold is counted in joules.
    `technology`: selects the factor. `abatement`: share of the N2O that a catalyst destroys when it runs, 0 to 1;
    `utilisation`: share of the production during which it runs. `measured`: mass of N2O by continuous measurement,
    instead of factor and abatement.
    """

    technology: Literal[
        "nonSelectiveReduction", "integratedDestruction", "atmospheric", "mediumPressure", "highPressure",
    ] = "highPressure"
    abatement: Fraction = "0"
    utilisation: Fraction = "1"
    measured: Quantity | None = None


def assess(context: Context, activity: NitricAcid) -> Assessment:
    """N2O = acid of 100 % * factor * (1 - abatement * utilisation): IPCC 2006, volume 3, equation 3.6; GB/T 32151.10.

    Yield = nitrogen in acid / nitrogen in ammonia, at most 1.
    """
    _check(activity)
    plant = begin(context, activity, ())
    balance(plant, "nitricAcidCarbon")
    acid = made(context, "nitricAcid")
    if acid == 0:
        plant.draft.find("no-product", "no output names nitricAcid among its materials", refuses=True)
        return plant.draft.assessment()
    emitted = _emit(plant, activity, acid)
    if context.questions:
        _check_proof(plant, activity, acid, emitted)
    _check_yield(plant, acid)
    share_out(plant.draft, context)
    per_tonne = emitted / acid * 1000
    if per_tonne > MOST_N2O:
        plant.draft.warn("n2o-unusual", f"{per_tonne:.1f} kg of N2O per t of acid",
                         Reading(per_tonne, "kg/t", (ZERO, MOST_N2O)))
    plant.draft.indicate("nitricAcidProduced", acid / 1000)
    plant.draft.indicate("n2oPerTonneAcid", per_tonne)
    return plant.draft.assessment()


def _check(activity: NitricAcid) -> None:
    """Raises PluginError if abatement would count twice."""
    if activity.abatement == "0":
        return
    if activity.technology in _ABATED:
        raise invalid_activity("abatement", activity.abatement, f"0: the factor of {activity.technology} includes it")
    if activity.measured is not None:
        raise invalid_activity("abatement", activity.abatement, "0 if N2O is measured behind it")


def _emit(plant: Plant, activity: NitricAcid, acid: Decimal) -> Decimal:
    """The line of N2O; returns its kg."""
    if activity.measured is not None:
        mass = kilograms(activity.measured, "measured")
        plant.draft.carbon("nitricAcidTailGas", mass, gas="N2O", basis="metered")
        return mass
    left = 1 - Decimal(activity.abatement) * Decimal(activity.utilisation)
    factor = factors().find(_FACTORS[activity.technology])
    plant.draft.price("nitricAcidTailGas", acid / 1000 * left, factor, kind="onSite")
    return acid / 1000 * left * factor.value


def _check_proof(plant: Plant, activity: NitricAcid, acid: Decimal, emitted: Decimal) -> None:
    """N2O below the factor of the technology needs a document: of the abatement, or of the analyser in the stack. So
    does a technology that destroys N2O, or has little of it: without one, the factor of high pressure counts."""
    technology = "highPressure" if activity.technology in _CLEAN else activity.technology
    factor = factors().find(_FACTORS[technology]).value
    hidden = acid / 1000 * factor - emitted
    if hidden > 0 and not plant.context.shows(*PROOFS):
        per_tonne = emitted / acid * 1000
        plant.draft.warn(
            "abatement-unproven", f"{per_tonne:.3g} kg of N2O per t of acid: no document ({', '.join(PROOFS)}) shows "
            f"less than {factor}", Reading(per_tonne, "kg/t", (factor, MOST_N2O)), emits={"N2O": hidden},
        )


def _check_yield(plant: Plant, acid: Decimal) -> None:
    """Nitrogen of ammonia becomes acid; nitrogen of the air passes through."""
    brought = came(plant.context, "ammonia") * substances()["ammonia"].nitrogen
    bound = acid * substances()["nitricAcid"].nitrogen
    if brought <= 0 or bound > brought * (1 + WEIGHING):
        plant.draft.find(
            "nitric-acid-yield", f"{bound:f} kg of nitrogen in acid out of {brought:f} kg in ammonia", refuses=True,
        )
    elif bound < brought * LEAST_YIELD:
        plant.draft.find("nitric-acid-yield", f"only {bound:f} kg of nitrogen in acid out of {brought:f} kg in ammonia")
    if brought > 0:
        plant.draft.indicate("ammoniaConversion", bound / brought)
