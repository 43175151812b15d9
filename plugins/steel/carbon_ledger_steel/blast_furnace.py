"""The blast furnace: hot metal from ore with coke, and with coal, gas or hydrogen blown in."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.carbon import KG_PER_T
from carbon_ledger_steel.charge import Charged, charge_of
from carbon_ledger_steel.furnace import check_charge
from carbon_ledger_steel.metal import follow_metal, metal_held
from carbon_ledger_steel.named import gas_megajoules
from carbon_ledger_steel.process import Reduction
from carbon_ledger_steel.reduction import check_iron, check_range, check_reduction, hydrogen_of
from ledger.sdk import ZERO, Assessment, Context, Draft, Key, invalid_activity

COALS: Final = ("anthracite", "bituminous", "lignite", "washedCoal", "otherWashedCoal")
HYDROGEN_RICH: Final = ("hydrogen", "cokeOvenGas", "naturalGas")
REDUCTANTS: Final = ("coke", *COALS, "petroleumCoke", "fuelOil", "charcoal")

IRON: Final = Decimal("0.94")
"""Iron in hot metal that states no elements: 4 to 5 % are carbon, 0.3 to 1 % silicon."""

# Coke bears the burden where all else melts: below 200 kg per t of hot metal no furnace has run. 280 is the best with
# much coal, 600 what small furnaces without coal take.
POSSIBLE_COKE: Final = Decimal(150)
USUAL_COKE: Final = (Decimal(250), Decimal(700))
# Coke, coal, oil and charcoal together: 450 to 550 at good furnaces.
USUAL_FUEL: Final = (Decimal(400), Decimal(750))
# Coal beyond 260 kg per t leaves unburnt with the dust.
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
    """Carbon balance of the furnace (IPCC 2006, volume 3, equation 4.9); raises PluginError for what cannot be."""
    check_charge(activity, context)
    draft = Draft(context)
    charged = charge_of(context, activity)
    follow_metal(draft, context, charged)
    found = balance(draft, context, activity, usual="pigIron", charge=activity.charge, granulated=True)
    _check_injected(activity, found)
    iron = sum((metal_held(output) * output.elements.get("Fe", IRON) for output in context.outputs), ZERO)
    reduced = iron - sum((part.metal for part in charged if part.kind != "ore"), ZERO)
    made = hot_metal(context)
    if check_iron(draft, iron, charged) and made > 0:
        check_reduction(draft, reduced, found.carbon, hydrogen_of(found.came, HYDROGEN_RICH))
        _check_rates(draft, context, activity, found, made)
        _indicate(draft, context, activity, found, made)
        draft.indicate("scrapUsed", _scrap(charged) / KG_PER_T)
    return draft.assessment()


def hot_metal(context: Context) -> Decimal:
    """Kg of pig iron: products and co-products that hold metal."""
    return sum(
        (output.mass or ZERO for output in context.outputs
         if output.role in ("product", "coProduct") and metal_held(output)), ZERO,
    )


def _scrap(charged: Sequence[Charged]) -> Decimal:
    return sum((part.mass for part in charged if part.kind == "scrap"), ZERO)


def _check_injected(activity: BlastFurnace, found: Balanced) -> None:
    came = {one.material for one in found.came}
    for i, material in enumerate(activity.injected):
        if material not in HYDROGEN_RICH or material not in came:
            raise invalid_activity(f"injected[{i}]", material, "a supply or lot of " + ", ".join(HYDROGEN_RICH))


def _check_rates(draft: Draft, context: Context, activity: BlastFurnace, found: Balanced, made: Decimal) -> None:
    coke = found.mass("coke", "charcoal") / made * KG_PER_T
    if coke < POSSIBLE_COKE:
        draft.find("coke-rate", f"{coke:.0f} kg of coke per t of hot metal cannot bear the burden", refuses=True)
    else:
        check_range(draft, "coke-rate", coke, USUAL_COKE, "kg of coke per t of hot metal")
    check_range(draft, "coal-rate", found.mass(*COALS) / made * KG_PER_T, USUAL_COAL, "kg of coal per t of hot metal")
    fuel = found.mass(*REDUCTANTS) / made * KG_PER_T
    check_range(draft, "fuel-rate", fuel, USUAL_FUEL, "kg of solid and liquid fuel per t of hot metal")
    hydrogen = hydrogen_of(found.came, activity.injected) / made * KG_PER_T
    check_range(draft, "hydrogen-rate", hydrogen, USUAL_HYDROGEN, "kg of hydrogen per t of hot metal")
    if activity.slags:
        rate = _slag(context, activity) / made * KG_PER_T
        check_range(draft, "slag-rate", rate, USUAL_SLAG, "kg of slag per t of hot metal")


def _slag(context: Context, activity: BlastFurnace) -> Decimal:
    named = {slag.lot for slag in activity.slags}
    return sum((output.mass or ZERO for output in context.outputs if output.lot in named), ZERO)


def _indicate(draft: Draft, context: Context, activity: BlastFurnace, found: Balanced, made: Decimal) -> None:
    draft.indicate("hotMetal", made / KG_PER_T)
    draft.indicate("cokeRate", found.mass("coke") / made * KG_PER_T)
    draft.indicate("coalRate", found.mass(*COALS) / made * KG_PER_T)
    draft.indicate("hydrogenRate", hydrogen_of(found.came, activity.injected) / made * KG_PER_T)
    draft.indicate("wasteGasExported", gas_megajoules(context, activity.waste_gases) / 1000)
    draft.indicate("electricityPerTonne", found.power / made * KG_PER_T)
    draft.indicate("directEmissionsPerTonneHotMetal", found.emitted / made * KG_PER_T)
