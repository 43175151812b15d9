"""Rolling: slabs and billets become plate, coil, bar and section."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_steel.burning import burn_lots, metal_in
from carbon_ledger_steel.metal import metal_held
from ledger.sdk import (
    KG_PER_T,
    PRODUCT_ROLES,
    ZERO,
    Activity,
    Assessment,
    Context,
    Fraction,
    FuelAnalysis,
    Shortfall,
    draft_with_energy,
    follow_composition,
    warn_outside,
)

# Scale, crops and side trim take 2 to 10 % at hot mills and pickling lines, up to 15 % at section and seamless mills.
LEAST_YIELD: Final = Decimal("0.85")
# Weighbridges agree to half a per cent.
WEIGHING: Final = Decimal("0.005")
# Reheating from cold takes 0.8 GJ per t in the steel itself, 1.1 to 2 with the furnace; hot charging saves half.
USUAL_HEAT: Final = (Decimal(500), Decimal(3000))
USUAL_POWER: Final = {"hot": (Decimal(30), Decimal(300)), "cold": (Decimal(30), Decimal(500))}


class Rolling(Activity, frozen=True, kw_only=True):
    """How a mill ran; every field may be left out.

    Lots: steel, gas of the works (in GJ: heat that brings its burden; by mass with its carbon: burnt here). Supplies:
    standard and analysed fuels, `electricity`, `heat`, `steam`; others (rolls, acid) are left to the core.
    Outputs: products, crops and scale as waste. `mill`: hot or cold. `analyses`: of fuels, by the site.
    `renewable_share`: of the electricity that comes as lots.
    """

    mill: Literal["hot", "cold"] = "hot"
    analyses: tuple[FuelAnalysis, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: Rolling) -> Assessment:
    """Fuels and power by GB/T 32151.5; the steel keeps its carbon, so no carbon balance is made."""
    draft, power = draft_with_energy(context, activity)
    burn_lots(draft, context)
    heat = draft.megajoules - power * Decimal("3.6")
    follow_composition(draft, context)
    came = sum((metal_in(lot) for lot in context.inputs), ZERO)
    came += sum((supply.mass or ZERO for supply in context.raw_materials), ZERO)
    made = sum((metal_held(output) for output in context.outputs if output.role in PRODUCT_ROLES), ZERO)
    held = sum((metal_held(output) for output in context.outputs), ZERO)
    if came == 0 or made == 0:
        draft.find("no-steel", f"{came:f} kg of steel in, {made:f} kg of products out", refuses=True)
        return draft.assessment()
    if held > came * (1 + WEIGHING):
        draft.find("rolling-yield", f"{held:f} kg of steel out of {came:f} kg", refuses=True)
    elif made < came * LEAST_YIELD:
        draft.find("rolling-yield", f"only {made:f} kg of products out of {came:f} kg of steel")
    per_tonne = power / made * KG_PER_T
    usual = USUAL_POWER[activity.mill]
    warn_outside(draft, "electricity-unusual", f"{per_tonne:.4g} kWh per t of product", per_tonne, usual, unit="kWh/t",
                 lacks=Shortfall("electricity", "KWH", made / KG_PER_T))
    if activity.mill == "hot":
        heat_per_tonne = heat / made * KG_PER_T
        message = f"{heat_per_tonne:.4g} MJ of heat per t of product"
        warn_outside(draft, "heat-unusual", message, heat_per_tonne, USUAL_HEAT, unit="MJ/t",
                     lacks=Shortfall("naturalGas", "3B", made / KG_PER_T))
    draft.indicate("rolledSteel", made / KG_PER_T)
    draft.indicate("rollingYield", made / came)
    draft.indicate("electricityPerTonne", per_tonne)
    draft.indicate("energyPerTonneRolled", draft.megajoules / made * KG_PER_T)
    return draft.assessment()
