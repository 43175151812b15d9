"""Ammonia from natural gas, coal, coke oven gas or hydrogen, with nitrogen of the air."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_petrochemicals.carbon import Plant, Process, balance, begin, direct_emissions
from carbon_ledger_petrochemicals.sharing import heat_sold, share_out
from carbon_ledger_petrochemicals.substances import FREE_NITROGEN, came, made, nitrogen_in, nitrogen_out
from carbon_ledger_petrochemicals.synthesis import (
    COALS,
    HYDROGEN_HEAT,
    HYDROGEN_MOLE,
    METHANE_LIKE,
    energy_missing,
    hydrogen_limit,
)
from ledger.sdk import ZERO, Assessment, Context, Lack, Reading, warn_outside

FEEDS: Final = (*METHANE_LIKE, *COALS, "cokeOvenGas", "otherGas", "naphtha", "fuelOil", "refineryGas", "lpg")
AMMONIA_MOLE: Final = Decimal("17.031")
MJ_PER_KWH: Final = Decimal("3.6")
WEIGHING: Final = Decimal("0.01")
# Lower heating value of ammonia is 18.6 GJ per t; the best gas plants take 28, coal plants 40 to 60.
USUAL_ENERGY: Final = (Decimal(26_000), Decimal(75_000))
# Reformers and synthesis leave steam: gas plants sell at most so many MJ per t (own judgement). The rest was fuel.
MOST_SOLD: Final = (ZERO, Decimal(5_000))


class Ammonia(Process, frozen=True, kw_only=True):
    """How an ammonia plant ran; every field may be left out.

    Supplies: `naturalGas`, `anthracite`, `bituminous`, `lignite`, `cokeOvenGas` and the like, as feedstock and fuel
    together (all of their carbon counts), or `hydrogen`; `air` of origin nature, with its mass, or bought `nitrogen`;
    `water` of origin nature; `electricity`, `heat`, `steam`; others are left to the core. If coal also fires a
    boiler, name the converted materials in `feedstocks`; the rest burns by the fuel formula.
    Outputs: `ammonia`; `carbonDioxide` for urea or storage leaves with its carbon, which is not emitted here.
    `method`: of making hydrogen. Electrolysis within the plant uses the record's own power.
    """

    method: Literal["steamReforming", "gasification", "electrolysis", "other"] = "steamReforming"


def assess(context: Context, activity: Ammonia) -> Assessment:
    """GB/T 32151.10: all carbon of the feedstock, less the carbon of outputs, is CO2.

    Nitrogen: no more leaves in ammonia than air, nitrogen and lots bring. Hydrogen: N2 + 3 H2 -> 2 NH3, so
    NH3 <= 2/3 * H2 in moles, with the hydrogen limit of the feedstock.
    """
    plant = begin(context, activity, FEEDS, converted=True)
    balance(plant, "synthesisGas")
    ammonia = made(context, "ammonia")
    _check(plant, ammonia, activity.method)
    share_out(plant.draft, context)
    if ammonia > 0:
        _indicate(plant, ammonia)
        if context.questions and activity.method == "steamReforming":
            _check_sold(plant, ammonia)
    return plant.draft.assessment()


def _check(plant: Plant, ammonia: Decimal, method: str) -> None:
    context, draft = plant.context, plant.draft
    if ammonia == 0:
        draft.find("no-product", "no output names ammonia among its materials", refuses=True)
        return
    brought, bound = nitrogen_in(context, *FREE_NITROGEN), nitrogen_out(context)
    if bound > brought * (1 + WEIGHING):
        draft.find(
            "nitrogen-missing", f"{bound:f} kg of nitrogen in ammonia, but {brought:f} kg in air and nitrogen: name "
            "air as a supply of origin nature, with its mass", refuses=True,
        )
    if any(not supply.nature and not supply.priced for supply in context.supplied("air")):
        draft.find("air-of-nature", "air that is not of origin nature counts as bought without a footprint")
    coal = any(feed.name_in(COALS) for feed in plant.feeds)
    if plant.carbon.total > 0 and (method == "electrolysis" or (method == "gasification" and not coal)):
        draft.find("feedstock-unusual", f"the feedstock does not fit {method}")
    hydrogen = hydrogen_limit(plant)
    if method == "electrolysis":
        hydrogen += plant.power * MJ_PER_KWH / HYDROGEN_HEAT
    most = hydrogen / HYDROGEN_MOLE * 2 / 3 * AMMONIA_MOLE
    if ammonia > most * (1 + WEIGHING):
        draft.find(
            "ammonia-yield", f"{ammonia:f} kg of ammonia, but feedstock and hydrogen give at most {most:f} kg",
            refuses=True,
        )


def _check_sold(plant: Plant, ammonia: Decimal) -> None:
    per_tonne = heat_sold(plant.context) / ammonia * 1000
    if per_tonne > MOST_SOLD[1]:
        plant.draft.warn(
            "heat-sold-unusual", f"{per_tonne:.0f} MJ of heat are sold per t of ammonia: usual are {MOST_SOLD[1]}",
            Reading(per_tonne, "MJ/t", MOST_SOLD),
            lacks=(Lack("naturalGas", (per_tonne - MOST_SOLD[1]) * ammonia / 1000, "3B"),),
        )


def _indicate(plant: Plant, ammonia: Decimal) -> None:
    """Energy: feedstock, fuel, power, heat, and hydrogen by its lower heating value, MJ per t."""
    hydrogen = came(plant.context, "hydrogen") * HYDROGEN_HEAT
    per_tonne = (plant.draft.megajoules + hydrogen) / ammonia * 1000
    warn_outside(
        plant.draft, "energy-unusual", f"{per_tonne:.0f} MJ per t of ammonia", per_tonne, USUAL_ENERGY,
        with_range=False, unit="MJ/t", lacks=energy_missing(per_tonne, hydrogen, ammonia),
    )
    plant.draft.indicate("ammoniaProduced", ammonia / 1000)
    plant.draft.indicate("energyPerTonneAmmonia", per_tonne)
    plant.draft.indicate("directEmissionsPerTonneAmmonia", direct_emissions(plant) / ammonia * 1000)
    plant.draft.indicate("carbonDioxideDelivered", made(plant.context, "carbonDioxide") / 1000)
