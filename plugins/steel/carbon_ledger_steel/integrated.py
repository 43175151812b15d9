"""Iron and steel at one site: blast furnace and basic oxygen furnace."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.carbon import check_balance, follow_carbon, price_process, subtract_fixed
from carbon_ledger_steel.charge import Charged, charge_of
from carbon_ledger_steel.entering import carbon_of
from carbon_ledger_steel.furnace import Furnace, check_furnace
from carbon_ledger_steel.indicators import indicate_steel
from carbon_ledger_steel.metal import check_yield, follow_metal, metal_held, steel_made
from carbon_ledger_steel.named import Slag, WasteGas, assign_named, gas_carbon
from carbon_ledger_steel.reduction import check_reduction
from ledger.sdk import (
    CO2_PER_C,
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Quantity,
    Shortfall,
    book_energy,
    kilograms,
    standard_fuels,
    warn_outside,
)

# Large furnaces with much coal run at 280 kg of coke per t of hot metal, small ones without coal at 600.
USUAL_COKE: Final = (Decimal(250), Decimal(700))
# Integrated sites emit 1.6 to 2.4 t per t; with much scrap, or coke and power for others, the range is wider.
USUAL_EMISSIONS: Final = (Decimal(800), Decimal(3500))

COKE_BURNT: Final = Decimal("3.02")
"""Kg of CO2 per kg of coke (IPCC 2006, volume 2: 107 kg per GJ, 28.2 GJ per t)."""

COALS: Final = ("anthracite", "bituminous", "lignite", "washedCoal", "otherWashedCoal")


class BlastFurnaceBasicOxygen(Furnace, frozen=True, kw_only=True):
    """How an integrated site ran; every field may be left out.

    Supplies: `ironOre`, `sinter`, `pellet`; `coke`, `anthracite`, `bituminous`, `washedCoal` and all other standard
    fuels, as reductants too (the standard counts them by the fuel formula); `limestone`, `dolomite`, `electrode`,
    `carburiser`; metals `scrap`, `pigIron`, `directReducedIron`, `crudeSteel`, `ferrochrome`, `ferronickel`,
    `ferromolybdenum`; `electricity`, `heat`, `steam`; others (`lime`, `oxygen`, `hydrogen`, `refractory`) are left to
    the core. Gas that the site makes and burns is no supply.
    `hot_metal`: liquid iron made, a mass; coke and coal rates need it.
    `waste_gases`, `slags`: outputs with an assigned amount instead of a share.
    """

    hot_metal: Quantity | None = None
    waste_gases: tuple[WasteGas, ...] = ()
    slags: tuple[Slag, ...] = ()


def assess(context: Context, activity: BlastFurnaceBasicOxygen) -> Assessment:
    """GB/T 32151.5 for one site; raises PluginError for an impossible activity."""
    check_furnace(activity, context)
    draft = Draft(context)
    charged = charge_of(context, activity)
    power = book_energy(draft, context, renewable_share=Decimal(activity.renewable_share))
    price_process(draft, context, charged)
    subtract_fixed(draft, context)
    emitted = check_balance(draft, context)
    draft.indicate("metallicYield", check_yield(draft, context, charged))
    follow_metal(draft, context, charged)
    follow_carbon(draft, context)
    _check_gas(draft, context, activity, emitted)
    assign_named(draft, context, activity.waste_gases, activity.slags)
    _check_reduction(draft, context, charged)
    made = steel_made(context)
    if made > 0:
        per_tonne = emitted / made * 1000
        message = f"{per_tonne:.0f} kg of direct CO2 per t of crude steel"
        warn_outside(draft, "emissions-unusual", message, per_tonne, USUAL_EMISSIONS, with_range=False, unit="kg CO2/t",
                     lacks=Shortfall("coke", "KGM", made / KG_PER_T / COKE_BURNT))
        draft.indicate("electricityPerTonne", power / made * 1000)
        indicate_steel(draft, made, emitted, charged)
    if activity.hot_metal is not None:
        _indicate_iron(draft, context, activity.hot_metal, made)
    if activity.heats is not None:
        draft.indicate("steelPerHeat", made / 1000 / activity.heats)
    return draft.assessment()


def _check_gas(draft: Draft, context: Context, activity: BlastFurnaceBasicOxygen, emitted: Decimal) -> None:
    """Gas whose carbon stays here holds no more carbon than was emitted; defaults may be off by a tenth."""
    carbon = gas_carbon(context, activity.waste_gases) * CO2_PER_C
    if carbon > emitted * Decimal("1.15"):
        draft.find("gas-carbon", f"waste gas holds about {carbon:.0f} kg of CO2 of {emitted:.0f} kg", refuses=True)


def _check_reduction(draft: Draft, context: Context, charged: Sequence[Charged]) -> None:
    """Iron that can only come from ore needs carbon or hydrogen to remove its oxygen."""
    held = sum((metal_held(output) for output in context.outputs), ZERO)
    reduced = held - sum((part.metal for part in charged if part.kind != "ore"), ZERO)
    fuels = standard_fuels()
    carbon = hydrogen = ZERO
    for supply in context.supplies:
        name = supply.name_in((*fuels, "carburiser", "hydrogen")) or ""
        if name in fuels:
            carbon += supply.amount(fuels[name].unit) * carbon_of(fuels[name])
        else:
            carbon += supply.amount("KGM") if name == "carburiser" else ZERO
            hydrogen += supply.amount("KGM") if name == "hydrogen" else ZERO
    for taken in context.inputs:
        carbon += (taken.mass or ZERO) * taken.fossil_carbon
    check_reduction(draft, reduced, carbon, hydrogen)


def _indicate_iron(draft: Draft, context: Context, quantity: Quantity, made: Decimal) -> None:
    iron = kilograms(quantity, "hotMetal")
    coke = sum((supply.amount("KGM") for supply in context.supplied("coke")), ZERO) / iron * 1000
    coal = sum((supply.amount("KGM") for supply in context.supplied(*COALS)), ZERO) / iron * 1000
    warn_outside(
        draft, "coke-rate-unusual", f"{coke:.0f} kg of coke per t of hot metal", coke, USUAL_COKE, with_range=False,
        unit="kg/t",
    )
    draft.indicate("cokeRate", coke)
    draft.indicate("coalRate", coal)
    if made > 0:
        draft.indicate("hotMetalRatio", iron / made)
