"""Refining of crude oil: bought and own fuel, coke burnt off catalysts, flares, hydrogen made from feedstock.

Crude is weighed to half a per cent and a refinery emits 5 to 10 % of its carbon, so the difference of carbon in and out
is too uncertain: each source is measured, by China's guideline for petrochemical enterprises (2014), and the balance
only checks the sum.
"""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_petrochemicals.carbon import (
    CARBON_TOLERANCE,
    Plant,
    Process,
    begin,
    direct_emissions,
    follow,
    outputs_carbon,
)
from carbon_ledger_petrochemicals.sharing import factors, share_out
from carbon_ledger_petrochemicals.substances import REFINED, came, made
from ledger.sdk import (
    CO2_PER_C,
    ZERO,
    Assessment,
    Context,
    Fraction,
    Key,
    Part,
    Positive,
    Quantity,
    Shortfall,
    SupplyFacts,
    amount_in,
    analysis_of,
    invalid_activity,
    is_energy,
    kilograms,
    standard_fuels,
    warn_outside,
)

FEEDS: Final = ("crudeOil",)
# Tank gauges, and hydrogen and oxygenates that are not weighed.
WEIGHING: Final = Decimal("0.01")
# Own use, coke and losses take 5 to 12 % of the crude's carbon; a larger gap means a missing product.
MISSING: Final = Decimal("0.1")
# Topping alone takes 0.8 GJ per t of crude, deep conversion 4.
USUAL_ENERGY: Final = (Decimal(800), Decimal(6000))
CO2_PER_NM3: Final = Decimal("1.977")
METHANE_PER_NM3: Final = Decimal("0.717")
_RICHEST_GAS: Final = Decimal(3)


class OwnFuel(Part, frozen=True, kw_only=True):
    """Fuel that the site makes and burns: refinery gas, fuel oil. A standard fuel, or one with an analysis."""

    material: Key = "refineryGas"
    quantity: Quantity


class CokeBurn(Part, frozen=True, kw_only=True):
    """Coke burnt off a catalyst. `carbon`: kg per kg, `oxidation`: share that burns; the guideline's if absent."""

    unit: Literal["catalyticCracking", "catalyticReforming", "coking", "other"] = "catalyticCracking"
    coke: Quantity
    carbon: Fraction | None = None
    oxidation: Fraction | None = None


class Flare(Part, frozen=True, kw_only=True):
    """Gas flared. `carbon`: kg per Nm3, without CO2; `carbon_dioxide`, `methane`: parts by volume; `oxidation`: 0.98
    without a measurement (also the default of 40 CFR 98.253)."""

    gas: Quantity
    carbon: Positive
    carbon_dioxide: Fraction = "0"
    methane: Fraction = "0"
    oxidation: Fraction = "0.98"


class HydrogenPlant(Part, frozen=True, kw_only=True):
    """A hydrogen unit of the site: carbon in its feed, and carbon that leaves it other than as CO2 (tail gas),
    masses."""

    carbon_in: Quantity
    carbon_out: Quantity | None = None


class Refining(Process, frozen=True, kw_only=True):
    """How a refinery ran; every field may be left out.

    Supplies: `crudeOil`, and other feedstocks that `feedstocks` names; bought fuels; `electricity`, `heat`, `steam`;
    others (`hydrogen`, catalyst, methanol) are left to the core. Outputs name their `materials`: `gasoline`, `diesel`,
    `kerosene`, `naphtha`, `lpg`, `fuelOil`, `petroleumCoke`, `propylene`, `benzene` and so on; heat sold is counted in
    joules. Gas, coke and tail gas that the site makes and burns are no supplies.
    `own_fuels`: made and burnt on the site. `coke_burn`: by unit. `flares`: by flare. `hydrogen_plants`: by unit.
    """

    own_fuels: tuple[OwnFuel, ...] = ()
    coke_burn: tuple[CokeBurn, ...] = ()
    flares: tuple[Flare, ...] = ()
    hydrogen_plants: tuple[HydrogenPlant, ...] = ()


def assess(context: Context, activity: Refining) -> Assessment:
    """Sum of the sources, checked against the balance of carbon; allocation by mass, energy or value."""
    plant = begin(context, activity, FEEDS, own=[own.material for own in activity.own_fuels])
    bought = plant.draft.emitted("onSite")
    _burn_own(plant, activity)
    for i, burnt in enumerate(activity.coke_burn):
        _burn_coke(plant, burnt, i)
    for i, flare in enumerate(activity.flares):
        _flare(plant, flare, i)
    for i, unit in enumerate(activity.hydrogen_plants):
        _make_hydrogen(plant, unit, i)
    own = plant.draft.emitted("onSite") - bought
    _check_balance(plant, own / CO2_PER_C)
    share_out(plant.draft, context)
    _indicate(plant, own)
    return plant.draft.assessment()


def own_supply(own: OwnFuel) -> SupplyFacts:
    """The site's own fuel as a priced supply: the site makes it, so its upstream is no omission."""
    return SupplyFacts(index=-1, material=own.material, quantity=own.quantity, mass=None, nature=False, priced=True)


def _burn_own(plant: Plant, activity: Refining) -> None:
    """CO2 = quantity * NCV * carbon content * oxidation * 44/12, and its energy."""
    for own in activity.own_fuels:
        plant.draft.burn(own_supply(own), analysis=analysis_of(own.material, activity.analyses))


def _burn_coke(plant: Plant, burnt: CokeBurn, index: int) -> None:
    """CO2 = coke * carbon * oxidation * 44/12; its heat as petroleum coke."""
    field = f"cokeBurn[{index}]"
    coke = kilograms(burnt.coke, f"{field}.coke")
    plant.draft.energy("catalystCoke", coke * standard_fuels()["petroleumCoke"].heating_value)
    usual = factors().find("catalystCoke")
    if burnt.carbon is None:
        if burnt.oxidation is not None:
            raise invalid_activity(f"{field}.oxidation", burnt.oxidation, "stated together with carbon")
        plant.draft.price("catalystCoke", coke / 1000, usual, kind="onSite")
        return
    plant.draft.carbon("catalystCoke", coke * Decimal(burnt.carbon) * Decimal(burnt.oxidation or "1") * CO2_PER_C)


def _flare(plant: Plant, flare: Flare, index: int) -> None:
    """CO2 = Q * (C * OF * 44/12 + V_CO2 * 1.977); CH4 = Q * V_CH4 * (1 - OF) * 0.717."""
    gas = amount_in(flare.gas, "NM3", f"flares[{index}].gas")
    carbon, oxidised = Decimal(flare.carbon), Decimal(flare.oxidation)
    inert, methane = Decimal(flare.carbon_dioxide), Decimal(flare.methane)
    if carbon > _RICHEST_GAS:
        raise invalid_activity(f"flares[{index}].carbon", flare.carbon, "at most 3 kg of carbon per Nm3")
    if inert + methane > 1:
        raise invalid_activity(f"flares[{index}].methane", flare.methane, "at most 1 together with carbonDioxide")
    plant.draft.carbon("flare", gas * (carbon * oxidised * CO2_PER_C + inert * CO2_PER_NM3))
    plant.draft.carbon("flare", gas * methane * (1 - oxidised) * METHANE_PER_NM3, gas="CH4")


def _make_hydrogen(plant: Plant, unit: HydrogenPlant, index: int) -> None:
    """CO2 = (carbon of the feed - carbon of tail gas and residue) * 44/12."""
    came = kilograms(unit.carbon_in, f"hydrogenPlants[{index}].carbonIn")
    left = ZERO
    if unit.carbon_out is not None:
        left = kilograms(unit.carbon_out, f"hydrogenPlants[{index}].carbonOut")
    if left > came:
        raise invalid_activity(f"hydrogenPlants[{index}].carbonOut", f"{left:f}", f"at most {came:f} kg, the carbon in")
    plant.draft.carbon("hydrogenPlant", (came - left) * CO2_PER_C)


def _check_balance(plant: Plant, burnt: Decimal) -> None:
    """Refuses more carbon in products and `burnt` kg than came in; warns if much carbon is in neither."""
    draft = plant.draft
    holds = outputs_carbon(plant)
    follow(plant, holds)
    if plant.carbon.total == 0:
        draft.find("no-feedstock", "no crude oil or other feedstock brings carbon", refuses=True)
        return
    out = sum((one.total for one in holds), burnt)
    if out > plant.carbon.total:
        draft.find(
            "carbon-balance", f"products and what was burnt hold {out:f} kg of carbon, {plant.carbon.total:f} kg came",
            refuses=out > plant.carbon.total * (1 + CARBON_TOLERANCE),
        )
    elif out < plant.carbon.total * (1 - MISSING):
        draft.find("carbon-unaccounted", f"only {out:f} of {plant.carbon.total:f} kg of carbon are accounted for")


def _indicate(plant: Plant, own: Decimal) -> None:
    """Refined yield = gasoline, kerosene and diesel / crude; energy and CO2 per tonne of crude."""
    draft, context = plant.draft, plant.context
    crude = came(context, "crudeOil")
    fed = _fed(plant)
    products = sum((output.mass or ZERO for output in context.outputs if not is_energy(output.quantity)), ZERO)
    if products > fed * (1 + WEIGHING):
        draft.find("refining-yield", f"{products:f} kg of products out of {fed:f} kg of feedstock", refuses=True)
    if draft.megajoules == 0:
        draft.find("energy-missing", "no fuel, coke, heat or power is stated: a refinery needs energy", refuses=True)
    elif own == 0:
        draft.find("own-fuel-missing", "neither own fuel nor coke is stated: only bought energy is counted")
    if crude == 0:
        return
    per_tonne = draft.megajoules / crude * 1000
    warn_outside(
        draft, "energy-unusual", f"{per_tonne:.0f} MJ per t of crude oil", per_tonne, USUAL_ENERGY, with_range=False,
        unit="MJ/t", lacks=Shortfall("naturalGas", "3B", crude / 1000),
    )
    draft.indicate("crudeProcessed", crude / 1000)
    draft.indicate("refinedYield", made(context, *REFINED) / crude)
    draft.indicate("energyPerTonneCrude", per_tonne)
    draft.indicate("directEmissionsPerTonneCrude", direct_emissions(plant) / crude * 1000)


def _fed(plant: Plant) -> Decimal:
    """Kg of feedstock, with bought hydrogen, which hydrocracking binds, and methanol."""
    lots = sum((taken.mass or ZERO for taken in plant.context.inputs if not is_energy(taken.quantity)), ZERO)
    feeds = sum((feed.mass or ZERO for feed in plant.feeds), ZERO)
    return lots + feeds + sum((one.mass or ZERO for one in plant.context.supplied("hydrogen", "methanol")), ZERO)
