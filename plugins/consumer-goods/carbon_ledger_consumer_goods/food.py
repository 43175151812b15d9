"""Food, drink, feed and other products of farms: cooked, brewed, milled, dried, fermented, cooled, filled."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final, Literal

from carbon_ledger_consumer_goods.common import PACKAGE, judge_energy, made
from carbon_ledger_consumer_goods.effluent import METERS, Effluent, book_effluents
from carbon_ledger_consumer_goods.fibre import share_grown_carbon
from carbon_ledger_consumer_goods.gases import leak_refrigerants
from carbon_ledger_consumer_goods.residues import RICHEST, OwnFuel, burn_residues, heat_of
from ledger.sdk import (
    CARRYING_ROLES,
    CO2_PER_C,
    KG_PER_T,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    FuelAnalysis,
    InputFacts,
    Lack,
    Limits,
    OutputFacts,
    Quantity,
    Reading,
    amount_in,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    kilograms,
    omit_upstream,
    rows,
)

Food = Literal[
    "beer", "wine", "spirits", "softDrink", "dairy", "meat", "fish", "fruitAndVegetables", "oilAndFat", "grain",
    "bakery", "sugar", "malt", "feed", "coffeeTeaCocoa", "other",
]
FERMENTED: Final = ("beer", "wine", "spirits")
CO2_PER_ALCOHOL: Final = Decimal("0.9553")
"""Kg of CO2 per kg of ethanol: C6H12O6 -> 2 C2H6O + 2 CO2, 44.01 / 46.07."""
ALCOHOL_PER_LITRE: Final = Decimal("0.78924")
"""Kg of pure ethanol per litre at 20 degrees Celsius (OIML R 22)."""
GAS: Final = ("carbonDioxide", "dryIce")
"""Bought gas, which is fossil unless it comes as a lot that states biogenic carbon."""
PURE_GAS: Final = Decimal("0.01")
"""A lot without materials is gas if its stated carbon makes up its mass as CO2, within this fraction."""
# Ten times the energy of freeze-drying means a wrong unit.
POSSIBLE_ENERGY: Final[Limits] = (Decimal(0), Decimal(500000))


MOST_WATER: Final[Mapping[str, Decimal]] = {
    "dairy": Decimal("0.2"), "meat": Decimal("0.3"), "fish": Decimal("0.3"), "oilAndFat": Decimal("0.1"),
    "grain": Decimal("0.3"), "sugar": Decimal("0.2"), "malt": Decimal("0.2"), "feed": Decimal("0.3"),
}
"""Kg of added water per kg of all that leaves, by kind of food: brine and ice of meat and fish, water of soaked grain;
bread, drinks and prepared food take more. Own judgement."""
FUEL_PROOFS: Final = ("analysis", "monitoringReport")
"""Kinds of evidence for the site's own fuels."""
FREE: Final = ("water", "tapWater", "processWater", "air", "oxygen")


class FoodAndDrink(Activity, frozen=True, kw_only=True):
    """How food was made; every field may be left out.

    Lots and supplies: raw materials of farms (`malt`, `barley`, `hops`, `sugar`, `milk`, `wheat`), `water`, packaging
    (`glassBottle`), cleaning agents, left to the core. Priced: `electricity`, `heat`, `steam`, standard and analysed
    fuels; refrigerants, which replace leaked ones; bought `carbonDioxide` and `dryIce`, all of which the air gets.
    Lots of them count too, by their fossil carbon.
    `food`: its kind. `alcohol`: volume of pure ethanol that fermentation formed. `captured`: CO2 of fermentation that
    was captured and leaves in lots. `effluents`: waste water. `own_fuels`: residues and biogas that the site burns.
    `analyses`: of fuels, by the site. `renewable_share`: of electricity that comes as lots.
    """

    food: Food = "other"
    alcohol: Quantity | None = None
    captured: Quantity | None = None
    effluents: tuple[Effluent, ...] = ()
    own_fuels: tuple[OwnFuel, ...] = ()
    analyses: tuple[FuelAnalysis, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: FoodAndDrink) -> Assessment:
    """E = fuels + bought power and heat + CH4 of waste water + refrigerants + bought CO2. CO2 of fermentation is
    biogenic, so no part of the footprint.

    Raises PluginError for more alcohol than products, and for more CO2 captured than formed.
    """
    draft, power = draft_with_energy(context, activity)
    own = burn_residues(draft, activity.own_fuels, sets=context.sets)
    book_effluents(draft, context, activity.effluents, grown=True)
    leak_refrigerants(draft, context)
    _release_gas(draft, context)
    fermented = _ferment(draft, context, activity)
    follow_composition(draft, context)
    share_grown_carbon(draft, context, own.carbon + fermented / CO2_PER_C)
    food = made(context)
    if food == 0:
        draft.find("no-food", "no product or co-product has a mass", refuses=True)
        return draft.assessment()
    if context.questions:
        _check_water(draft, context, activity)
        _check_own_fuels(draft, context, activity)
    judge_energy(draft, "food-energy", food / KG_PER_T, usual=_usual_energy()[activity.food], possible=POSSIBLE_ENERGY)
    draft.indicate("foodMade", food / KG_PER_T)
    draft.indicate("energyPerTonneFood", draft.megajoules / food * KG_PER_T)
    draft.indicate("electricityPerTonne", power / food * KG_PER_T)
    _indicate_water(draft, context, food)
    return draft.assessment()


def _check_own_fuels(draft: Draft, context: Context, activity: FoodAndDrink) -> None:
    """Biogas comes of the waste water, as much as was recovered there; other residues are raw material that leaves in
    no output. Heat without an origin is in question as natural gas."""
    if context.shows(*FUEL_PROOFS) or any(kind in METERS for kind in context.evidence):
        return
    recovered = sum((kilograms(one.recovered, "effluents.recovered") for one in activity.effluents
                     if one.recovered is not None), ZERO)
    left = max(context.mass_in - context.mass_out(), ZERO)
    excess = max(_heat_of(activity, biogas=True) - recovered * RICHEST["biogas"], ZERO)
    excess += max(_heat_of(activity, biogas=False) - left * RICHEST["plantResidue"], ZERO)
    if excess:
        draft.warn("residues-without-origin", f"{excess:.6g} MJ of biogas and residues are burnt that neither waste "
                   "water nor raw materials left", lacks=(Lack("naturalGas", excess, "3B"),))


def _heat_of(activity: FoodAndDrink, *, biogas: bool) -> Decimal:
    """MJ of the site's own fuels."""
    return sum((heat_of(i, own) for i, own in enumerate(activity.own_fuels) if (own.kind == "biogas") == biogas), ZERO)


def _check_water(draft: Draft, context: Context, activity: FoodAndDrink) -> None:
    """Drinks consist of water; other goods hold no more of it than of their raw materials, by kind of food."""
    most = MOST_WATER.get(activity.food)
    outputs = [output for output in context.outputs
               if output.role in CARRYING_ROLES and output.mass and output.materials]
    if most is None or not outputs:
        return
    solid = context.mass_in - sum((one.mass or ZERO for one in context.supplies if one.nature or one.material in FREE),
                                  ZERO)
    largest = max(outputs, key=lambda output: output.mass or ZERO)
    made = context.mass_out()
    water = made - max(solid, ZERO)
    if water > made * most:
        name = max(largest.materials, key=lambda material: largest.materials[material])
        draft.warn(
            "water-unusual", f"{water:.6g} kg of {made:.6g} kg of goods and waste come from water alone",
            Reading(water / made, "kg/kg", (ZERO, most)), lacks=(Lack(name, water - made * most, "KGM"),),
        )


@cache
def _usual_energy() -> Mapping[str, Limits]:
    """MJ per t of product, by kind."""
    return {row["food"]: (Decimal(row["low"]), Decimal(row["high"])) for row in rows(PACKAGE, "foods.csv")}


def _release_gas(draft: Draft, context: Context) -> None:
    """Bought carbon dioxide, as supplies and as lots, less fossil gas that leaves as a good: bubbles of drinks reach
    the air as surely as the gas that filling and cooling lose."""
    for supply in context.supplied(*GAS):
        draft.carbon(supply.material, supply.amount("KGM"), supply=supply)
        omit_upstream(draft, supply)
    # Gas without stated carbon is fossil where it comes in. Only stated fossil carbon leaves again.
    came = sum((min(_gas(taken), max(_fossil(taken), _gas(taken) - _grown(taken))) for taken in context.inputs), ZERO)
    leaves = sum((min(_gas(output), _fossil(output)) for output in context.outputs), ZERO)
    if came > leaves:
        draft.carbon(GAS[0], came - leaves)


def _gas(lot: InputFacts | OutputFacts) -> Decimal:
    """Kg of carbon dioxide in a lot, by its materials. The carbon of other matter, such as bottles, is no gas."""
    mass = lot.mass or ZERO
    if lot.materials:
        return mass * sum((lot.materials.get(name, ZERO) for name in GAS), ZERO)
    return mass if abs(_fossil(lot) + _grown(lot) - mass) < mass * PURE_GAS else ZERO


def _fossil(lot: InputFacts | OutputFacts) -> Decimal:
    """The fossil carbon that a lot states, in kg of CO2."""
    return (lot.mass or ZERO) * lot.fossil_carbon * CO2_PER_C


def _grown(lot: InputFacts | OutputFacts) -> Decimal:
    """The biogenic carbon that a lot states, in kg of CO2."""
    return (lot.mass or ZERO) * lot.biogenic_carbon * CO2_PER_C


def _ferment(draft: Draft, context: Context, activity: FoodAndDrink) -> Decimal:
    """The line of CO2 of fermentation; returns its kg, without the captured part."""
    if activity.alcohol is None:
        if activity.captured is not None:
            raise invalid_activity("captured", activity.captured, "stated together with alcohol")
        if context.questions and activity.food in FERMENTED:
            draft.warn("fermentation-not-stated", "no alcohol is stated, so no CO2 of fermentation is reported",
                       severity="note")
        return ZERO
    alcohol = amount_in(activity.alcohol, "LTR", "alcohol") * ALCOHOL_PER_LITRE
    whole = context.mass_out()
    if alcohol > whole:
        raise invalid_activity(
            "alcohol", activity.alcohol, f"at most {whole:.6g} kg of ethanol, the mass of all outputs",
        )
    formed = alcohol * CO2_PER_ALCOHOL
    captured = ZERO if activity.captured is None else kilograms(activity.captured, "captured")
    if captured > formed:
        raise invalid_activity("captured", activity.captured, f"at most {formed:.6g} kg, the CO2 of fermentation")
    if context.sets:
        draft.release_biogenic("fermentation", formed - captured, primary=True, ratings=(1, 1, 1))
    draft.indicate("fermentationCarbonDioxide", formed / KG_PER_T)
    draft.indicate("capturedFermentationCarbonDioxide", captured / KG_PER_T)
    return formed - captured


def _indicate_water(draft: Draft, context: Context, food: Decimal) -> None:
    """Fresh water per tonne; a kg of it is a litre."""
    supplies = context.supplied("water")
    if supplies:
        volume = sum((one.amount("MTQ") if one.mass is None else one.mass / KG_PER_T for one in supplies), ZERO)
        draft.indicate("waterPerTonneFood", volume / food * KG_PER_T)
