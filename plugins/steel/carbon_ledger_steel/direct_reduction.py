"""Direct reduction: ore becomes sponge iron by gas, hydrogen or coal, without melting."""

from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.carbon import all_factors
from carbon_ledger_steel.charge import charge_of
from carbon_ledger_steel.furnace import check_charge
from carbon_ledger_steel.metal import follow_metal, metal_held
from carbon_ledger_steel.process import Reduction
from carbon_ledger_steel.reduction import check_iron, check_reduction, hydrogen_of
from ledger.sdk import (
    KG_PER_T,
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Shortfall,
    standard_fuels,
    warn_outside,
)

GASES: Final = ("naturalGas", "cokeOvenGas", "otherGas", "lng", "refineryGas", "hydrogen")

# A shaft with a gas reformer takes 9.5 to 11 GJ per t, with coke oven gas or heating of hydrogen up to 14.
USUAL_GAS: Final = (Decimal(9000), Decimal(14000))
# A rotary kiln with coal takes 16 to 24.
USUAL_COAL: Final = (Decimal(14000), Decimal(26000))
# Hematite takes 54 kg of hydrogen per t of iron; with gangue in the product, and losses, 55 to 60 per t of product.
USUAL_HYDROGEN: Final = (Decimal(50), Decimal(65))


class DirectReduction(Reduction, frozen=True, kw_only=True):
    """How a shaft or kiln ran; every field may be left out.

    Supplies or lots: `pellet`, `ironOre`; `naturalGas`, `cokeOvenGas`, `hydrogen` (a mass), coals; `limestone`;
    `electricity`, `heat`, `steam`. Output: direct reduced iron (materials `directReducedIron`).
    `total_iron`: iron, as metal and oxide, in the product. `metallisation`: the part of it that is metal.
    """

    total_iron: Fraction = "0.92"
    metallisation: Fraction = "0.94"


def assess(context: Context, activity: DirectReduction) -> Assessment:
    """Carbon balance of the plant (IPCC 2006, volume 3, equation 4.11), methane of natural gas (table 4.2).

    The product holds the carbon that it declares; without a declaration the standard's, but no more than came in:
    sponge iron made with hydrogen holds no carbon. Raises PluginError for an impossible activity.
    """
    check_charge(activity, context)
    draft = Draft(context)
    charged = charge_of(context, activity)
    made = sum((metal_held(output) for output in context.outputs if output.role in PRODUCT_ROLES), ZERO)
    follow_metal(draft, context, charged)
    balanced = balance(draft, context, activity, usual="directReducedIron", charge=activity.charge)
    methane = all_factors().find("directReductionMethane")
    draft.price("naturalGas", balanced.megajoules("naturalGas") / 1000, methane, kind="onSite")
    iron = made * Decimal(activity.total_iron)
    if not check_iron(draft, iron, charged):
        return draft.assessment()
    bought = sum((part.metal for part in charged if part.kind != "ore"), ZERO)
    reduced = iron * Decimal(activity.metallisation) - bought
    check_reduction(draft, reduced, balanced.carbon, hydrogen_of(balanced.came, GASES))
    _check_energy(draft, balanced, made)
    _indicate(draft, balanced, made)
    return draft.assessment()


def _check_energy(draft: Draft, balanced: Balanced, made: Decimal) -> None:
    hydrogen = hydrogen_of(balanced.came, ("hydrogen",)) / made * KG_PER_T
    heat = balanced.megajoules() / made * KG_PER_T
    solid = sum((one.megajoules for one in balanced.came if _solid(one.material)), ZERO) / made * KG_PER_T
    if heat > 0 and balanced.megajoules("hydrogen") * 2 > balanced.megajoules():
        message = f"{hydrogen:.4g} kg of hydrogen per t of product"
        warn_outside(draft, "hydrogen-rate", message, hydrogen, USUAL_HYDROGEN, unit="kg/t",
                     lacks=Shortfall("hydrogen", "KGM", made / KG_PER_T))
        return
    fuel, usual = ("bituminous", USUAL_COAL) if solid * 2 > heat else ("naturalGas", USUAL_GAS)
    warn_outside(draft, "reductant-energy", f"{heat:.4g} MJ of fuel per t of product", heat, usual, unit="MJ/t",
                 lacks=Shortfall(fuel, "3B", made / KG_PER_T))


def _solid(material: str) -> bool:
    fuel = standard_fuels().get(material)
    return fuel is not None and fuel.unit == "TNE"


def _indicate(draft: Draft, balanced: Balanced, made: Decimal) -> None:
    draft.indicate("directReducedIron", made / KG_PER_T)
    draft.indicate("reductantEnergyPerTonne", balanced.megajoules() / made * KG_PER_T)
    draft.indicate("hydrogenRate", hydrogen_of(balanced.came, ("hydrogen",)) / made * KG_PER_T)
    draft.indicate("electricityPerTonne", balanced.power / made * KG_PER_T)
