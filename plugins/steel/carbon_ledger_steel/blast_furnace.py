"""The blast furnace: hot metal from ore with coke, and with coal, gas or hydrogen blown in."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.charge import Charged, charge_of
from carbon_ledger_steel.furnace import check_charge
from carbon_ledger_steel.metal import follow_metal, metal_held
from carbon_ledger_steel.named import gas_megajoules
from carbon_ledger_steel.process import Reduction
from carbon_ledger_steel.reduction import check_iron, check_reduction, hydrogen_of
from ledger.sdk import (
    KG_PER_T,
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Key,
    Shortfall,
    invalid_activity,
    warn_outside,
)

COALS: Final = ("anthracite", "bituminous", "lignite", "washedCoal", "otherWashedCoal")
HYDROGEN_RICH: Final = ("hydrogen", "cokeOvenGas", "naturalGas")
REDUCTANTS: Final = ("coke", *COALS, "petroleumCoke", "fuelOil", "charcoal")

IRON: Final = Decimal("0.94")
"""Iron in hot metal that states no elements: 4 to 5 % of it is carbon, 0.3 to 1 % silicon."""

# Only coke stays solid and supports the charge: no furnace has run on less than 200 kg per t of hot metal. Furnaces
# with much coal reach 280, small furnaces without coal take 600.
POSSIBLE_COKE: Final = Decimal(150)
USUAL_COKE: Final = (Decimal(250), Decimal(700))
# Coke, coal, oil and charcoal together: 450 to 550 at good furnaces.
USUAL_FUEL: Final = (Decimal(400), Decimal(750))
COKE_MJ: Final = Decimal("28.3")
"""Per kg: gas that is blown into the furnace takes the place of coke by its heat."""
# More than 260 kg of coal per t leaves unburnt with the dust.
USUAL_COAL: Final = (ZERO, Decimal(260))
# Hydrogen cools the shaft: trials stop at about 30 kg per t of hot metal.
USUAL_HYDROGEN: Final = (ZERO, Decimal(35))
# 200 kg per t with rich ore, 600 with poor.
USUAL_SLAG: Final = (Decimal(150), Decimal(700))


class BlastFurnace(Reduction, frozen=True, kw_only=True):
    """How a furnace and its stoves ran; every field may be left out.

    Supplies or lots: `ironOre`, `sinter`, `pellet`, scrap; `coke`, coals, `charcoal` (with an analysis), gases for
    stoves and tuyeres, `hydrogen` (a mass); `limestone`, `dolomite`; `electricity`, `heat`, `steam`; others (`oxygen`)
    are left to the core. Outputs: hot metal (materials `pigIron`), slag by `slags`, gas by `waste_gases`, dust with its
    carbon. `injected`: which of `hydrogen`, `cokeOvenGas`, `naturalGas` are blown into the furnace.
    """

    injected: tuple[Key, ...] = ()


def assess(context: Context, activity: BlastFurnace) -> Assessment:
    """Carbon balance of the furnace (IPCC 2006, volume 3, equation 4.9); raises PluginError for an impossible
    activity."""
    check_charge(activity, context)
    draft = Draft(context)
    charged = charge_of(context, activity)
    follow_metal(draft, context, charged)
    balanced = balance(draft, context, activity, usual="pigIron", charge=activity.charge, granulated=True)
    _check_injected(activity, balanced)
    iron = sum((metal_held(output) * output.elements.get("Fe", IRON) for output in context.outputs), ZERO)
    reduced = iron - sum((part.metal for part in charged if part.kind != "ore"), ZERO)
    made = hot_metal(context)
    if check_iron(draft, iron, charged) and made > 0:
        check_reduction(draft, reduced, balanced.carbon, hydrogen_of(balanced.came, HYDROGEN_RICH))
        _check_rates(draft, context, activity, balanced, made)
        _indicate(draft, context, activity, balanced, made)
        draft.indicate("scrapUsed", _scrap(charged) / KG_PER_T)
    return draft.assessment()


def hot_metal(context: Context) -> Decimal:
    """Kg of hot metal: products and co-products that hold metal."""
    return sum(
        (output.mass or ZERO for output in context.outputs
         if output.role in PRODUCT_ROLES and metal_held(output)), ZERO,
    )


def _scrap(charged: Sequence[Charged]) -> Decimal:
    return sum((part.mass for part in charged if part.kind == "scrap"), ZERO)


def _check_injected(activity: BlastFurnace, balanced: Balanced) -> None:
    came = {one.material for one in balanced.came}
    for i, material in enumerate(activity.injected):
        if material not in HYDROGEN_RICH or material not in came:
            raise invalid_activity(f"injected[{i}]", material, "a supply or lot of " + ", ".join(HYDROGEN_RICH))


def _check_rates(draft: Draft, context: Context, activity: BlastFurnace, balanced: Balanced, made: Decimal) -> None:
    coke = balanced.mass("coke", "charcoal") / made * KG_PER_T
    if coke < POSSIBLE_COKE:
        draft.find("coke-rate", f"{coke:.0f} kg of coke per t of hot metal cannot support the charge: at least "
                   f"{POSSIBLE_COKE}", refuses=True)
    else:
        warn_outside(draft, "coke-rate", f"{coke:.4g} kg of coke per t of hot metal", coke, USUAL_COKE, unit="kg/t")
    coal = balanced.mass(*COALS) / made * KG_PER_T
    warn_outside(draft, "coal-rate", f"{coal:.4g} kg of coal per t of hot metal", coal, USUAL_COAL, unit="kg/t")
    fuel = balanced.mass(*REDUCTANTS) / made * KG_PER_T
    gas = sum((balanced.megajoules(material) for material in activity.injected), ZERO) / COKE_MJ / made * KG_PER_T
    warn_outside(draft, "fuel-rate", f"{fuel:.4g} kg of solid and liquid fuel per t of hot metal", fuel, USUAL_FUEL,
                 unit="kg/t", lacks=Shortfall("coke", "KGM", made / KG_PER_T, USUAL_FUEL[0] - gas))
    hydrogen = hydrogen_of(balanced.came, activity.injected) / made * KG_PER_T
    warn_outside(draft, "hydrogen-rate", f"{hydrogen:.4g} kg of hydrogen per t of hot metal", hydrogen, USUAL_HYDROGEN,
                 unit="kg/t")
    if activity.slags:
        rate = _slag(context, activity) / made * KG_PER_T
        warn_outside(draft, "slag-rate", f"{rate:.4g} kg of slag per t of hot metal", rate, USUAL_SLAG, unit="kg/t")


def _slag(context: Context, activity: BlastFurnace) -> Decimal:
    named = {slag.lot for slag in activity.slags}
    return sum((output.mass or ZERO for output in context.outputs if output.lot in named), ZERO)


def _indicate(draft: Draft, context: Context, activity: BlastFurnace, balanced: Balanced, made: Decimal) -> None:
    draft.indicate("hotMetal", made / KG_PER_T)
    draft.indicate("cokeRate", balanced.mass("coke") / made * KG_PER_T)
    draft.indicate("coalRate", balanced.mass(*COALS) / made * KG_PER_T)
    draft.indicate("hydrogenRate", hydrogen_of(balanced.came, activity.injected) / made * KG_PER_T)
    draft.indicate("wasteGasExported", gas_megajoules(context, activity.waste_gases) / 1000)
    draft.indicate("electricityPerTonne", balanced.power / made * KG_PER_T)
    draft.indicate("directEmissionsPerTonneHotMetal", balanced.emitted / made * KG_PER_T)
