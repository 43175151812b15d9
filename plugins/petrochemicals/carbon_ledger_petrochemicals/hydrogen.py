"""Hydrogen: reforming, gasification, electrolysis of water, and of brine with chlorine and caustic soda."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_petrochemicals.carbon import Plant, Process, balance, begin, direct_emissions
from carbon_ledger_petrochemicals.electrolysis import check_brine, check_water, indicate_power
from carbon_ledger_petrochemicals.sharing import share_out
from carbon_ledger_petrochemicals.substances import came, made
from carbon_ledger_petrochemicals.synthesis import COALS, METHANE_LIKE, hydrogen_limit
from ledger.sdk import ZERO, Assessment, Context, Reading, invalid_activity

FEEDS: Final = (*METHANE_LIKE, *COALS, "cokeOvenGas", "otherGas", "naphtha", "fuelOil", "refineryGas", "lpg",
                "methanol")
WEIGHING: Final = Decimal("0.01")
# Natural gas gives 9 to 11 kg per kg of hydrogen, coal 18 to 27; less means capture, more means a missing product.
MOST_EMITTED: Final = Decimal(30)

Method = Literal["steamReforming", "gasification", "electrolysis", "chlorAlkali"]
Cell = Literal["alkaline", "protonExchange", "anionExchange", "solidOxide", "membrane", "diaphragm"]


class Hydrogen(Process, frozen=True, kw_only=True):
    """How hydrogen was made; every field may be left out.

    Supplies: reforming and gasification: `naturalGas`, `bituminous` and other coals, `cokeOvenGas`, `naphtha`, as
    feedstock and fuel together; electrolysis: `electricity` and `water`; chlor-alkali: `electricity`, `salt`, `water`;
    `heat`, `steam`; others are left to the core. Green power comes as lots, with `renewable_share`.
    Outputs name their `materials`: `hydrogen`, `oxygen`, `chlorine`, `sodiumHydroxide` (0.5 of lye of 50 %; the rest
    is water), captured `carbonDioxide`.
    `method`: of making hydrogen. `electrolyser`: type of cell.
    """

    method: Method = "steamReforming"
    electrolyser: Cell | None = None


def assess(context: Context, activity: Hydrogen) -> Assessment:
    """Carbon balance of GB/T 32151.10 for methods with carbon; power as bought or as lots for electrolysis."""
    electric = activity.method in ("electrolysis", "chlorAlkali")
    if activity.electrolyser is not None and not electric:
        raise invalid_activity(
            "electrolyser", activity.electrolyser, "absent unless the method is electrolysis or chlorAlkali",
        )
    plant = begin(context, activity, () if electric else FEEDS, converted=True)
    balance(plant, "synthesisGas")
    hydrogen = made(context, "hydrogen")
    if activity.method == "chlorAlkali":
        check_brine(plant)
    elif hydrogen == 0:
        plant.draft.find("no-product", "no output names hydrogen among its materials", refuses=True)
    elif electric:
        check_water(plant, hydrogen)
    else:
        _check_reforming(plant, hydrogen)
    if electric:
        indicate_power(plant, activity)
    elif context.questions and context.allocation == "moles":
        plant.draft.find("moles-of-feedstock", f"{activity.method} is no electrolysis, which a rule shares by moles: "
                         "share by mass, energy or value", refuses=True)
    share_out(plant.draft, context)
    if hydrogen > 0:
        plant.draft.indicate("hydrogenProduced", hydrogen / 1000)
        plant.draft.indicate("directEmissionsPerTonneHydrogen", direct_emissions(plant) / hydrogen * 1000)
    return plant.draft.assessment()


def _check_reforming(plant: Plant, hydrogen: Decimal) -> None:
    """CH4 + 2 H2O -> CO2 + 4 H2: more hydrogen than the feedstock's carbon can give refuses."""
    draft = plant.draft
    # Hydrogen that comes with lots and supplies (purification) may leave as well.
    most = hydrogen_limit(plant)
    if plant.carbon.total == 0 and came(plant.context, "hydrogen") == 0:
        draft.find("no-feedstock", "no feedstock is supplied: state the method that makes the hydrogen", refuses=True)
        return
    if hydrogen > most * (1 + WEIGHING):
        draft.find(
            "hydrogen-yield", f"{hydrogen:f} kg of hydrogen, but the feedstock gives at most {most:f} kg", refuses=True,
        )
    emitted = direct_emissions(plant) / hydrogen
    if emitted > MOST_EMITTED:
        draft.warn("emissions-unusual", f"{emitted:.1f} kg of direct CO2 per kg of hydrogen",
                   Reading(emitted, "kg CO2/kg", (ZERO, MOST_EMITTED)))
    draft.indicate("hydrogenYield", hydrogen / most)
