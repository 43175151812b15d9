"""Household appliances: bodies and parts assembled, insulated with foam, filled with refrigerant, tested."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_consumer_goods.common import is_made
from carbon_ledger_consumer_goods.fibre import check_closure
from carbon_ledger_consumer_goods.gases import FilledGas, is_coolant, lose_gases, usual_loss
from ledger.sdk import (
    KG_PER_T,
    PRODUCT_ROLES,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    FuelAnalysis,
    Lack,
    Limits,
    Reading,
    Shortfall,
    convert,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    matter_in,
    used_up,
    warn_outside,
    warn_unaccounted,
)

COUNTED: Final = ("H87", "C62", "EA", "PR", "DZN", "MIL")
Appliance = Literal[
    "refrigerator", "freezer", "airConditioner", "heatPump", "washingMachine", "dryer", "dishwasher", "waterHeater",
    "television", "rangeHood", "cooker", "smallAppliance",
]

USUAL_MASS: Final[Mapping[str, Limits]] = {
    "refrigerator": (Decimal(15), Decimal(200)), "freezer": (Decimal(15), Decimal(200)),
    "airConditioner": (Decimal(8), Decimal(250)), "heatPump": (Decimal(20), Decimal(400)),
    "washingMachine": (Decimal(10), Decimal(130)), "dryer": (Decimal(15), Decimal(130)),
    "dishwasher": (Decimal(10), Decimal(90)), "waterHeater": (Decimal(3), Decimal(150)),
    "television": (Decimal(2), Decimal(90)), "rangeHood": (Decimal(5), Decimal(60)),
    "cooker": (Decimal(2), Decimal(80)), "smallAppliance": (Decimal("0.1"), Decimal(25)),
}
"""Kg of an appliance, ready to sell without packaging; a lighter or heavier output is a part, a pallet or another
kind."""

TYPICAL_MASS: Final[Mapping[str, Decimal]] = {
    "refrigerator": Decimal(60), "freezer": Decimal(50), "airConditioner": Decimal(40), "heatPump": Decimal(100),
    "washingMachine": Decimal(65), "dryer": Decimal(45), "dishwasher": Decimal(40), "waterHeater": Decimal(25),
    "television": Decimal(15), "rangeHood": Decimal(12), "cooker": Decimal(30), "smallAppliance": Decimal(2),
}
"""Kg; own judgement. Below the usual mass, parts that weigh the rest are in question."""
CHARGE: Final[Mapping[str, Decimal]] = {"airConditioner": Decimal("0.025"), "heatPump": Decimal("0.02")}
"""Kg of refrigerant per kg of appliance: 0.7 to 1 kg for a split unit of 30 to 40 kg; own judgement."""
FILLED: Final = ("fillingRecord", "safetyDataSheet")
COOLANT: Final = "HFC134a"
PART: Final = "machine"
"""The factor sets price it."""

# MJ per appliance: a kettle's last assembly 1, a refrigerator with pressing, painting and foaming 100 to 600.
USUAL_ENERGY: Final[Limits] = (Decimal(1), Decimal(3000))
# Swarf, offcuts and packaging of parts leave as waste; if more mass than this is in no output, something was not
# weighed.
LOSS: Final = Decimal("0.10")


class HouseholdAppliances(Activity, frozen=True, kw_only=True):
    """How appliances were made; a line that makes several kinds posts one record for each.

    Inputs: sheet, resin, compressors, motors, boards as lots, or as supplies with a mass, left to the core. Outputs:
    appliances in pieces with their mass. Priced supplies: `electricity`, `heat`, `steam`, standard and analysed fuels.
    `appliance`: the kind. `gases`: refrigerants and blowing agents. `rejected`: pieces that failed inspection, zero or
    more. `analyses`: of fuels, by the site. `renewable_share`: of the electricity that comes as lots.
    """

    appliance: Appliance
    gases: tuple[FilledGas, ...] = ()
    rejected: int | None = None
    analyses: tuple[FuelAnalysis, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: HouseholdAppliances) -> Assessment:
    """Energy and gases lost; each material goes to products by their compositions. Raises PluginError for a negative
    number of rejects."""
    if activity.rejected is not None and activity.rejected < 0:
        raise invalid_activity("rejected", activity.rejected, "a number of pieces, zero or more")
    draft, power = draft_with_energy(context, activity)
    lose_gases(draft, context, activity.gases)
    follow_composition(draft, context)
    came = matter_in(context, activity.analyses)
    if came == 0:
        draft.find("no-parts", "no input or supply has a mass, so there are no parts to assemble", refuses=True)
    else:
        made = context.mass_out(*PRODUCT_ROLES)
        check_closure(draft, "material-yield", made, came)
        if context.mass_out() < came * (1 - LOSS):
            missing = came - context.mass_out()
            warn_unaccounted(draft, missing, f"{missing:.6g} kg of {came:.6g} kg are in no output",
                             "landfillElectronics", used_up(context), (came - used_up(context)) * LOSS)
        draft.indicate("materialYield", made / came)
    _count(draft, context, activity, power)
    if context.questions:
        _check_coolant(draft, context, activity)
    return draft.assessment()


def _check_coolant(draft: Draft, context: Context, activity: HouseholdAppliances) -> None:
    """Air conditioners and heat pumps leave with their refrigerant. A part that came filled names it in its materials,
    or a document does."""
    charge = CHARGE.get(activity.appliance)
    named = [*[supply.material for supply in context.supplies],
             *[name for one in context.inputs for name in one.materials],
             *[name for one in context.outputs for name in one.materials]]
    if charge is None or activity.gases or context.shows(*FILLED) or any(is_coolant(name) for name in named):
        return
    mass = context.mass_out(*PRODUCT_ROLES) * charge
    draft.warn(
        "refrigerant-missing", f"no refrigerant for {activity.appliance}: {mass:.6g} kg are usual",
        Reading(ZERO, "kg/kg", (charge / 2, charge * 2)), emits={COOLANT: mass * usual_loss()},
        lacks=(Lack(COOLANT, mass, "KGM"),),
    )


def _count(draft: Draft, context: Context, activity: HouseholdAppliances, power: Decimal) -> None:
    products = [output for output in context.outputs if is_made(output)]
    if not products or any(one.quantity.unit not in COUNTED or one.mass is None for one in products):
        draft.find(
            "not-pieces", "appliances are products that are counted in pieces and state their mass", refuses=True,
        )
        return
    units = sum((convert(one.quantity.amount, one.quantity.unit, "H87") for one in products), ZERO)
    mass = sum((one.mass or ZERO for one in products), ZERO)
    draft.indicate("appliancesMade", units)
    draft.indicate("massPerAppliance", mass / units)
    draft.indicate("energyPerAppliance", draft.megajoules / units)
    draft.indicate("electricityPerTonne", power / mass * KG_PER_T)
    if activity.rejected is not None:
        draft.indicate("rejectRate", Decimal(activity.rejected) / (units + activity.rejected))
    each, energy = mass / units, draft.megajoules / units
    warn_outside(
        draft, "mass-unusual", f"{each:.4g} kg per {activity.appliance}", each, USUAL_MASS[activity.appliance],
        unit="kg", lacks=Shortfall(PART, "KGM", units, TYPICAL_MASS[activity.appliance]),
    )
    warn_outside(
        draft, "energy-unusual", f"{energy:.4g} MJ per {activity.appliance}", energy, USUAL_ENERGY, with_range=False,
        unit="MJ", lacks=Shortfall("electricity", "3B", units),
    )
