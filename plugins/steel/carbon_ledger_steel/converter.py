"""The basic oxygen furnace: hot metal and scrap become steel, and most of their carbon becomes gas."""

from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.charge import charge_of
from carbon_ledger_steel.furnace import check_charge, check_heats
from carbon_ledger_steel.indicators import indicate_steel
from carbon_ledger_steel.metal import check_yield, follow_metal, steel_made
from carbon_ledger_steel.named import gas_megajoules
from carbon_ledger_steel.process import Reduction
from ledger.sdk import KG_PER_T, ZERO, Assessment, Context, Draft, Reading, Shortfall, warn_outside

# The carbon and silicon of the hot metal heat the bath: with less than 0.7 t per t of steel it freezes unless coal or
# coke is blown in, and more than 1.15 t is a wrong weight.
USUAL_HOT_METAL: Final = (Decimal("0.7"), Decimal("1.15"))
# Carbon of 4.5 % takes 45 to 60 Nm3 of oxygen per t.
USUAL_OXYGEN: Final = (Decimal(40), Decimal(70))
# 60 to 120 Nm3 of gas of 8 MJ per t.
MOST_GAS: Final = Decimal(1100)


class BasicOxygenFurnace(Reduction, frozen=True, kw_only=True):
    """How converters ran; every field may be left out.

    Lots or supplies: hot metal (`pigIron`), `scrap`, `directReducedIron`, coolant ore; `limestone`, `dolomite`,
    ferro-alloys, `carburiser`, fuels; `electricity`, `heat`, `steam`; others (`lime`, `oxygen` in Nm3) are left to the
    core. Outputs: crude steel, slag by `slags`, gas by `waste_gases`, dust. `heats`: number of heats tapped.
    """

    heats: int | None = None


def assess(context: Context, activity: BasicOxygenFurnace) -> Assessment:
    """Carbon balance of the converter (IPCC 2006, volume 3, equation 4.9); raises PluginError for an impossible
    activity."""
    check_charge(activity, context)
    check_heats(activity.heats)
    draft = Draft(context)
    charged = charge_of(context, activity)
    draft.indicate("metallicYield", check_yield(draft, context, charged))
    follow_metal(draft, context, charged)
    balanced = balance(draft, context, activity, usual="steel", charge=activity.charge)
    iron = sum((part.mass for part in charged if part.kind == "pigIron"), ZERO)
    if iron == 0 and balanced.megajoules() == 0:
        draft.find("no-hot-metal", "neither hot metal nor fuel heats the charge", refuses=True)
    made = steel_made(context)
    if made > 0:
        _check(draft, context, activity, made, iron)
        indicate_steel(draft, made, balanced.emitted, charged)
        _indicate(draft, context, activity, balanced, made, iron)
    return draft.assessment()


def _check(draft: Draft, context: Context, activity: BasicOxygenFurnace, made: Decimal, iron: Decimal) -> None:
    ratio = iron / made
    warn_outside(draft, "hot-metal-ratio", f"{ratio:.4g} t of hot metal per t of steel", ratio, USUAL_HOT_METAL,
                 unit="t/t")
    for supply in context.supplied("oxygen"):
        if supply.quantity.unit == "NM3":
            rate = supply.quantity.amount / made * KG_PER_T
            warn_outside(draft, "oxygen-unusual", f"{rate:.4g} Nm3 of oxygen per t of steel", rate, USUAL_OXYGEN,
                         unit="Nm3/t", lacks=Shortfall("oxygen", "NM3", made / KG_PER_T))
    gas = gas_megajoules(context, activity.waste_gases) / made * KG_PER_T
    if gas > MOST_GAS:
        draft.warn("gas-unusual", f"{gas:.0f} MJ of gas per t of steel", Reading(gas, "MJ/t", (ZERO, MOST_GAS)))


def _indicate(
    draft: Draft, context: Context, activity: BasicOxygenFurnace, balanced: Balanced, made: Decimal, iron: Decimal
) -> None:
    draft.indicate("hotMetalRatio", iron / made)
    draft.indicate("electricityPerTonne", balanced.power / made * KG_PER_T)
    draft.indicate("wasteGasExported", gas_megajoules(context, activity.waste_gases) / 1000)
    if activity.heats is not None:
        draft.indicate("steelPerHeat", made / KG_PER_T / activity.heats)
