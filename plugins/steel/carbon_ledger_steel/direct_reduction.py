"""Direct reduction: ore becomes sponge iron by gas, hydrogen or coal, without melting."""

from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.carbon import KG_PER_T, all_factors
from carbon_ledger_steel.charge import charge_of
from carbon_ledger_steel.furnace import check_charge
from carbon_ledger_steel.metal import follow_metal, metal_held
from carbon_ledger_steel.process import Reduction
from carbon_ledger_steel.reduction import check_iron, check_range, check_reduction, hydrogen_of
from ledger.sdk import ZERO, Assessment, Context, Draft, Fraction, standard_fuels

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

    The carbon of the product is what it declares; else the standard's, as far as carbon came in at all: sponge iron
    made with hydrogen has none. Raises PluginError for an activity that cannot be.
    """
    check_charge(activity, context)
    draft = Draft(context)
    charged = charge_of(context, activity)
    made = sum((metal_held(output) for output in context.outputs if output.role in ("product", "coProduct")), ZERO)
    follow_metal(draft, context, charged)
    found = balance(draft, context, activity, usual="directReducedIron", charge=activity.charge)
    methane = all_factors().find("directReductionMethane")
    draft.price("naturalGas", found.megajoules("naturalGas") / 1000, methane, kind="onSite")
    iron = made * Decimal(activity.total_iron)
    if not check_iron(draft, iron, charged):
        return draft.assessment()
    bought = sum((part.metal for part in charged if part.kind != "ore"), ZERO)
    reduced = iron * Decimal(activity.metallisation) - bought
    check_reduction(draft, reduced, found.carbon, hydrogen_of(found.came, GASES))
    _check_energy(draft, found, made)
    _indicate(draft, found, made)
    return draft.assessment()


def _check_energy(draft: Draft, found: Balanced, made: Decimal) -> None:
    hydrogen = hydrogen_of(found.came, ("hydrogen",)) / made * KG_PER_T
    heat = found.megajoules() / made * KG_PER_T
    solid = sum((one.megajoules for one in found.came if _solid(one.material)), ZERO) / made * KG_PER_T
    if heat > 0 and found.megajoules("hydrogen") * 2 > found.megajoules():
        check_range(draft, "hydrogen-rate", hydrogen, USUAL_HYDROGEN, "kg of hydrogen per t of product")
    elif solid * 2 > heat:
        check_range(draft, "reductant-energy", heat, USUAL_COAL, "MJ of fuel per t of product")
    else:
        check_range(draft, "reductant-energy", heat, USUAL_GAS, "MJ of fuel per t of product")


def _solid(material: str) -> bool:
    fuel = standard_fuels().get(material)
    return fuel is not None and fuel.unit == "TNE"


def _indicate(draft: Draft, found: Balanced, made: Decimal) -> None:
    draft.indicate("directReducedIron", made / KG_PER_T)
    draft.indicate("reductantEnergyPerTonne", found.megajoules() / made * KG_PER_T)
    draft.indicate("hydrogenRate", hydrogen_of(found.came, ("hydrogen",)) / made * KG_PER_T)
    draft.indicate("electricityPerTonne", found.power / made * KG_PER_T)
