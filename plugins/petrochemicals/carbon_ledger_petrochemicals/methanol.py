"""Methanol from natural gas, coal, coke oven gas, or carbon dioxide and hydrogen."""

from decimal import Decimal
from typing import Final

from carbon_ledger_petrochemicals.carbon import Plant, Process, balance, begin, direct_emissions
from carbon_ledger_petrochemicals.sharing import factors, share_out
from carbon_ledger_petrochemicals.substances import came, made, substances
from carbon_ledger_petrochemicals.synthesis import COALS, HYDROGEN_HEAT, METHANE_LIKE, energy_missing
from ledger.sdk import ZERO, Assessment, Context, warn_outside

FEEDS: Final = (*METHANE_LIKE, *COALS, "cokeOvenGas", "converterGas", "otherGas", "naphtha", "fuelOil", "refineryGas",
                "carbonDioxide")
# Lower heating value 19.9 GJ per t; the best gas plants take 29, coal plants 40 to 70.
USUAL_ENERGY: Final = (Decimal(24_000), Decimal(80_000))


class Methanol(Process, frozen=True, kw_only=True):
    """How a methanol plant ran; every field may be left out.

    Supplies: `naturalGas`, `bituminous` and other coals, `cokeOvenGas`, `carbonDioxide` (or lots of it), as feedstock
    and fuel together, `hydrogen`; `water` and `oxygen`; `electricity`, `heat`, `steam`; others are left to the core.
    Outputs name `methanol` among their materials.
    """


def assess(context: Context, activity: Methanol) -> Assessment:
    """GB/T 32151.10, as for ammonia; methanol is 37.5 % carbon. Methane that escapes from reforming by IPCC 2006,
    volume 3, 3.9.2. Carbon yield = carbon in methanol / carbon in, at most 1 by the balance."""
    plant = begin(context, activity, FEEDS, converted=True)
    methanol = made(context, "methanol")
    escaped = _methane(plant, methanol)
    balance(plant, "synthesisGas", escaped)
    share_out(plant.draft, context)
    if methanol == 0:
        plant.draft.find("no-product", "no output names methanol among its materials", refuses=True)
    elif plant.carbon.total == 0:
        plant.draft.find("no-feedstock", "no feedstock brings carbon", refuses=True)
    else:
        _indicate(plant, methanol)
    return plant.draft.assessment()


def _methane(plant: Plant, methanol: Decimal) -> Decimal:
    if not any(feed.name_in(METHANE_LIKE) for feed in plant.feeds):
        return ZERO
    factor = factors().find("methanolFromGas")
    plant.draft.price("methanolMethane", methanol / 1000, factor, kind="onSite")
    return methanol / 1000 * factor.value * substances()["methane"].carbon


def _indicate(plant: Plant, methanol: Decimal) -> None:
    hydrogen = came(plant.context, "hydrogen") * HYDROGEN_HEAT
    per_tonne = (plant.draft.megajoules + hydrogen) / methanol * 1000
    warn_outside(
        plant.draft, "energy-unusual", f"{per_tonne:.0f} MJ per t of methanol", per_tonne, USUAL_ENERGY,
        with_range=False, unit="MJ/t", lacks=energy_missing(per_tonne, hydrogen, methanol),
    )
    plant.draft.indicate("methanolProduced", methanol / 1000)
    plant.draft.indicate("carbonYield", methanol * substances()["methanol"].carbon / plant.carbon.total)
    plant.draft.indicate("energyPerTonneMethanol", per_tonne)
    plant.draft.indicate("directEmissionsPerTonneMethanol", direct_emissions(plant) / methanol * 1000)
