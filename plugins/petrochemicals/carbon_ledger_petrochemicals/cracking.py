"""Steam cracking of naphtha, ethane, LPG and gas oil into olefins and aromatics."""

from decimal import Decimal
from typing import Final

from carbon_ledger_petrochemicals.carbon import Plant, Process, balance, begin, direct_emissions
from carbon_ledger_petrochemicals.refining import CokeBurn, OwnFuel, own_supply
from carbon_ledger_petrochemicals.sharing import factors, share_out
from carbon_ledger_petrochemicals.substances import HIGH_VALUE, made
from ledger.sdk import (
    CO2_PER_C,
    ZERO,
    Assessment,
    Context,
    Shortfall,
    analysis_of,
    carbon_dioxide_of,
    fuel_of,
    is_energy,
    kilograms,
    standard_fuels,
    warn_outside,
)

FEEDS: Final = ("naphtha", "ethane", "propane", "butane", "lpg", "gasOil", "diesel", "crudeOil")
WEIGHING: Final = Decimal("0.01")
# Ethane gives 0.80 of its mass, naphtha 0.3; C2H6 -> C2H4 + H2 gives at most 0.933.
MOST_ETHYLENE: Final = Decimal("28.054") / Decimal("30.07")
# The furnaces' heat of reaction alone is 5 GJ per t of ethylene; naphtha crackers take 20 to 40.
USUAL_ENERGY: Final = (Decimal(10_000), Decimal(60_000))
# Carbon that neither own fuel nor decoking explains: flares and meters.
UNEXPLAINED: Final = Decimal("0.05")


class SteamCracking(Process, frozen=True, kw_only=True):
    """How a cracker ran; every field may be left out.

    Supplies: feedstocks `naphtha`, `ethane`, `propane`, `butane`, `lpg`, `diesel` (gas oil) unless `feedstocks` names
    others; all other standard fuels (`naturalGas`) are burnt; `electricity`, `heat`, `steam`; others are left to the
    core. Outputs name their `materials`: `ethylene`, `propylene`, `butadiene`, `benzene`, `toluene`, `xylene`,
    `butylenes`, `pyrolysisGasoline`, `pyrolysisFuelOil`, `hydrogen`, `methane`.
    `own_fuels`: fuel gas and oil made and burnt here, part of the balance, for energy and as a check. `decoking`: coke
    burnt off the furnaces' tubes, likewise.
    """

    own_fuels: tuple[OwnFuel, ...] = ()
    decoking: tuple[CokeBurn, ...] = ()


def assess(context: Context, activity: SteamCracking) -> Assessment:
    """GB/T 32151.10: (carbon of feed - carbon of products) * 44/12 is burnt as fuel gas, coke and in flares. Allocation
    by mass, moles, value or energy; methane that escapes by IPCC 2006, volume 3, 3.9.2."""
    plant = begin(context, activity, FEEDS, own=[own.material for own in activity.own_fuels])
    ethylene = made(context, "ethylene")
    escaped = _methane(plant, ethylene)
    emitted = balance(plant, "crackerFuelGas", escaped)
    if plant.carbon.total == 0:
        plant.draft.find("no-feedstock", "no feedstock brings carbon", refuses=True)
    _book_own(plant, activity, emitted)
    _check_yield(plant, ethylene)
    share_out(plant.draft, context)
    if ethylene > 0:
        per_tonne = plant.draft.megajoules / ethylene * 1000
        warn_outside(
            plant.draft, "energy-unusual", f"{per_tonne:.0f} MJ per t of ethylene", per_tonne, USUAL_ENERGY,
            with_range=False, unit="MJ/t", lacks=Shortfall("naturalGas", "3B", ethylene / 1000),
        )
        plant.draft.indicate("ethyleneProduced", ethylene / 1000)
        plant.draft.indicate("energyPerTonneEthylene", per_tonne)
        plant.draft.indicate("directEmissionsPerTonneEthylene", direct_emissions(plant) / ethylene * 1000)
    return plant.draft.assessment()


def _methane(plant: Plant, ethylene: Decimal) -> Decimal:
    """Line of methane by the main feedstock; returns its kg of carbon."""
    gases = {"ethane", "propane", "butane", "lpg"}
    light = sum((feed.mass or ZERO for feed in plant.feeds if feed.name_in(gases)), ZERO)
    heavy = sum((feed.mass or ZERO for feed in plant.feeds if not feed.name_in(gases)), ZERO)
    factor = factors().find("ethyleneFromEthane" if light > heavy else "ethyleneFromNaphtha")
    plant.draft.price("crackerMethane", ethylene / 1000, factor, kind="onSite")
    return ethylene / 1000 * factor.value * Decimal("0.749")


def _book_own(plant: Plant, activity: SteamCracking, emitted: Decimal) -> None:
    """Energy of the fuel that the cracker makes; stated fuel and coke may not emit more than the balance leaves.

    Without stated fuel, the carbon counts as refinery gas: MJ = kg of carbon / carbon content.
    """
    usual, stated = standard_fuels()["refineryGas"], ZERO
    for own in activity.own_fuels:
        supply = own_supply(own)
        fuel = fuel_of(supply, analysis_of(own.material, activity.analyses))
        amount = fuel.amount_of(supply)
        stated += amount * carbon_dioxide_of(fuel)
        plant.draft.energy(own.material, amount * fuel.megajoules)
    for i, burnt in enumerate(activity.decoking):
        coke = kilograms(burnt.coke, f"decoking[{i}].coke")
        stated += coke * Decimal(burnt.carbon or "1") * Decimal(burnt.oxidation or "1") * CO2_PER_C
    if not activity.own_fuels:
        plant.draft.energy("fuelGas", emitted / CO2_PER_C / usual.carbon_content)
        return
    whole = plant.carbon.total * CO2_PER_C
    if stated > emitted + whole * UNEXPLAINED:
        plant.draft.find(
            "own-fuel", f"own fuel and coke emit {stated:f} kg of CO2, but the balance leaves {emitted:f} kg",
            refuses=True,
        )
    elif stated < emitted - whole * UNEXPLAINED:
        plant.draft.find("carbon-unaccounted", f"own fuel and coke explain {stated:f} of {emitted:f} kg of CO2")


def _check_yield(plant: Plant, ethylene: Decimal) -> None:
    """Ethylene and high-value chemicals per feedstock; more than stoichiometry allows refuses."""
    context, draft = plant.context, plant.draft
    lots = sum((taken.mass or ZERO for taken in context.inputs if not is_energy(taken.quantity)), ZERO)
    fed = lots + sum((feed.mass or ZERO for feed in plant.feeds), ZERO)
    products = sum((output.mass or ZERO for output in context.outputs if not is_energy(output.quantity)), ZERO)
    if fed == 0:
        return
    if products > fed * (1 + WEIGHING):
        draft.find("cracking-yield", f"{products:f} kg of products out of {fed:f} kg of feedstock", refuses=True)
    if ethylene > fed * MOST_ETHYLENE:
        draft.find("ethylene-yield", f"{ethylene:f} kg of ethylene out of {fed:f} kg of feedstock", refuses=True)
    draft.indicate("ethyleneYield", ethylene / fed)
    draft.indicate("highValueYield", made(context, *HIGH_VALUE) / fed)
