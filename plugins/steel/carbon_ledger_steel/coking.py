"""Coke ovens: coal becomes coke, coke oven gas, tar and benzol."""

from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.carbon import all_factors
from carbon_ledger_steel.named import gas_megajoules
from carbon_ledger_steel.process import Process
from ledger.sdk import (
    KG_PER_T,
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Lack,
    OutputFacts,
    Reading,
    invalid_activity,
)

COALS: Final = ("cokingCoal", "washedCoal", "bituminous", "anthracite", "otherWashedCoal", "lignite", "petroleumCoke")

# Coking coals lose 20 to 30 % of their dry mass as gas, tar and water of reaction.
USUAL_YIELD: Final = (Decimal("0.7"), Decimal("0.8"))
# Coal with less than a tenth of volatile matter is anthracite, which does not cake.
HIGHEST_YIELD: Final = Decimal("0.9")
# A t of coal gives 300 to 360 Nm3 of gas of 17 MJ; more gas than any oven makes is an error of unit.
MOST_GAS: Final = Decimal(8000)


class Coking(Process, frozen=True, kw_only=True):
    """How a battery ran; every field may be left out.

    Supplies or lots: `cokingCoal`, `washedCoal` and other coals; gas that fires the ovens (`blastFurnaceGas`,
    `cokeOvenGas` of others); `electricity`, `heat`, `steam`. Outputs: coke (materials `coke`), `coalTar`,
    `crudeBenzol`, gas by `waste_gases`; the ovens' own gas that fires them is neither supply nor output.
    `moisture`: of the coal as weighed; the yield is of dry coal.
    """

    moisture: Fraction = "0"


def assess(context: Context, activity: Coking) -> Assessment:
    """Carbon balance of the ovens (IPCC 2006, volume 3, equation 4.2), methane (equation 4.1, table 4.2).

    Energy is the works' own use: coal less coke, tar, benzol and gas, as GB 21342 counts it. Raises PluginError for an
    impossible activity.
    """
    if Decimal(activity.moisture) == 1:
        raise invalid_activity("moisture", activity.moisture, "below 1")
    draft = Draft(context)
    balanced = balance(draft, context, activity, usual="coke")
    coke = sum((coke_in(output) for output in context.outputs), ZERO)
    draft.price("coke", coke / KG_PER_T, all_factors().find("cokeOvenMethane"), kind="onSite")
    _check(draft, context, activity, balanced, coke)
    return draft.assessment()


def coke_in(output: OutputFacts) -> Decimal:
    """Kg of coke in an output: by its materials; all of a product without materials."""
    mass = output.mass or ZERO
    if output.materials:
        return mass * output.materials.get("coke", ZERO)
    return mass if output.role in PRODUCT_ROLES else ZERO


def _check(draft: Draft, context: Context, activity: Coking, balanced: Balanced, coke: Decimal) -> None:
    coal = balanced.mass(*COALS) * (1 - Decimal(activity.moisture))
    if coal == 0 or coke == 0:
        draft.find("no-coal" if coal == 0 else "no-coke", f"{coal:f} kg of dry coal, {coke:f} kg of coke", refuses=True)
        return
    made = coke / coal
    if made > HIGHEST_YIELD:
        draft.find("coke-yield", f"{coke:f} kg of coke from {coal:f} kg of dry coal: the yield is at most "
                   f"{HIGHEST_YIELD}", refuses=True)
    else:
        # A yield above the range lacks coal.
        missing = Lack(material="cokingCoal", amount=coke / USUAL_YIELD[1] - coal, unit="KGM")
        if not USUAL_YIELD[0] <= made <= USUAL_YIELD[1]:
            draft.warn(
                "coke-yield", f"{made:.4g} kg of coke per kg of dry coal: usual are {USUAL_YIELD[0]} to "
                f"{USUAL_YIELD[1]}", Reading(made, "kg/kg", USUAL_YIELD), lacks=(missing,),
            )
    gas = gas_megajoules(context, activity.waste_gases)
    if gas > coal * MOST_GAS / KG_PER_T:
        per_tonne = gas / coal * KG_PER_T
        draft.warn("gas-unusual", f"{per_tonne:.0f} MJ of gas per t of coal",
                   Reading(per_tonne, "MJ/t", (ZERO, MOST_GAS)))
    draft.indicate("cokeProduced", coke / KG_PER_T)
    draft.indicate("cokeYield", made)
    draft.indicate("wasteGasExported", gas / 1000)
    draft.indicate("electricityPerTonne", balanced.power / coke * KG_PER_T)
