"""Clinker: raw meal burnt in a kiln, with alternative fuels and waste heat recovery."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_building_materials.calcining import (
    Calcination,
    book_calcination,
    check_closure,
    check_non_carbonate,
)
from carbon_ledger_building_materials.common import check_compositions, made, sell_energy, waste_used
from carbon_ledger_building_materials.kiln_fuels import Burnt, FuelLot, burn, kiln_fuels, without_fuels
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    FuelAnalysis,
    Key,
    Limits,
    Reading,
    Shortfall,
    book_energy,
    follow_composition,
    judge,
    matter_in,
)

# Forming clinker takes 1.75 GJ/t, most of it to decompose limestone: no kiln runs on less. Kilns with six preheater
# stages need 2.9, old wet ones 6. Above 12 a figure is in the wrong unit.
USUAL_HEAT: Final[Limits] = (Decimal(2900), Decimal(6000))
POSSIBLE_HEAT: Final[Limits] = (Decimal(1750), Decimal(12000))
# Raw meal and coal mills, kiln drive and fans take 50 to 75 kWh; waste heat recovery returns up to 45.
USUAL_POWER: Final = Decimal(130)


class Clinker(Calcination, frozen=True, kw_only=True):
    """How a kiln ran; every field may be left out.

    Supplies: raw materials (`limestone`, `clay`, `sandstone`, `ironOre`, ... ; of origin nature if the site quarries
    them); fuels: `bituminous` and every other standard fuel, `tyres`, `wasteOil`, `plastics`, `solvents`,
    `mixedWaste`, `industrialWaste`, `sewageSludge`, `animalMeal`, `biomass`, `charcoal`, `biodiesel`, and every
    analysed fuel; `electricity`, `heat`, `steam`. Lots of waste are raw material unless `fuel_lots` names them.
    `analyses`: of fuels, by the site. `fuel_lots`: lots that are burnt. `site_fuels`: fuels that the kiln does not
    burn (trucks, dryers).
    """

    analyses: tuple[FuelAnalysis, ...] = ()
    fuel_lots: tuple[FuelLot, ...] = ()
    site_fuels: tuple[Key, ...] = ()


def assess(context: Context, activity: Clinker) -> Assessment:
    """GB/T 32151.8 for one kiln: E = E_fuel + E_alternative + E_raw meal + E_electricity + E_heat, net of energy sold.

    Raises PluginError for an activity that contradicts itself, or names a fuel or lot that the record does not have.
    """
    draft = Draft(context)
    clinker = made(context)
    burnt = kiln_fuels(context, activity.analyses, activity.fuel_lots, activity.site_fuels)
    if clinker == 0:
        draft.find("no-clinker", "no product or co-product has a mass", refuses=True)
        return draft.assessment()
    burn(draft, burnt)
    rest = without_fuels(context, activity.analyses, activity.site_fuels)
    power = book_energy(
        draft, rest, renewable_share=Decimal(activity.renewable_share),
        analyses=[one for one in activity.analyses if one.material in activity.site_fuels],
    )
    lots = frozenset(one.lot for one in activity.fuel_lots)
    carbon_dioxide = book_calcination(draft, activity, clinker, _materials(rest, lots))
    check_closure(draft, context, carbon_dioxide)
    check_non_carbonate(draft, context, activity, clinker)
    sold = sell_energy(draft, context)
    _follow(draft, context, lots)
    check_compositions(draft, context, lots)
    _check_heat(draft, burnt, clinker, power)
    _indicate(draft, burnt, clinker, power, sold, carbon_dioxide)
    draft.indicate("solidWasteUsed", waste_used(context, lots) / KG_PER_T)
    return draft.assessment()


def _materials(context: Context, lots: frozenset[str]) -> Decimal:
    """Kg of inputs and supplies that are not burnt."""
    return matter_in(context) - sum((taken.mass or ZERO for taken in context.inputs if taken.lot in lots), ZERO)


def _follow(draft: Draft, context: Context, lots: frozenset[str]) -> None:
    """Materials by declared composition. Carbon leaves the kiln as CO2; only the ash of fuel stays in clinker."""
    nowhere: Sequence[Decimal] = [ZERO] * len(context.outputs)
    follow_composition(draft, context)
    burnt = {name for taken in context.inputs if taken.lot in lots for name in taken.materials}
    unburnt = {name for taken in context.inputs if taken.lot not in lots for name in taken.materials}
    for name in sorted(burnt - unburnt):
        draft.follow(f"material:{name}", nowhere)
    for content in ("fossilCarbon", "biogenicCarbon", "element:C"):
        draft.follow(content, nowhere)


def _check_heat(draft: Draft, burnt: Sequence[Burnt], clinker: Decimal, power: Decimal) -> None:
    """The usual range is of fuel heat, the possible range of all energy: electricity can heat kilns too."""
    heat = sum((one.heat for one in burnt), ZERO) / clinker * KG_PER_T
    whole = draft.megajoules / clinker * KG_PER_T
    # Electricity may give the heat that fuel does not.
    lacks = Shortfall("bituminous", "3B", clinker / KG_PER_T).below(USUAL_HEAT[0], whole)
    if heat == 0:
        # Only a warning: the closing of a provisional record may bring its fuel.
        draft.warn("kiln-without-fuel", "no fuel is supplied to the kiln", Reading(heat, "MJ/t", USUAL_HEAT),
                   lacks=lacks)
    else:
        judge(draft, "clinker-energy", "MJ per t of clinker", whole, usual=POSSIBLE_HEAT, possible=POSSIBLE_HEAT)
        if not USUAL_HEAT[0] <= heat <= USUAL_HEAT[1]:
            draft.warn(
                "clinker-heat-unusual", f"{heat:.5g} MJ of fuel per t of clinker: usual are {USUAL_HEAT[0]} to "
                f"{USUAL_HEAT[1]}", Reading(heat, "MJ/t", USUAL_HEAT), lacks=lacks,
            )
    per_tonne = power / clinker * KG_PER_T
    if per_tonne > USUAL_POWER:
        draft.warn("electricity-unusual", f"{per_tonne:.4g} kWh per t of clinker",
                   Reading(per_tonne, "kWh/t", (ZERO, USUAL_POWER)))


def _indicate(
    draft: Draft, burnt: Sequence[Burnt], clinker: Decimal, power: Decimal, sold: Decimal, carbon_dioxide: Decimal
) -> None:
    """Energy per tonne counts fuels, heat and power at 3.6 MJ per kWh, less energy sold (GB 16780, comprehensive energy
    consumption of clinker; 29.3076 MJ are 1 kgce)."""
    heat = sum((one.heat for one in burnt), ZERO)
    draft.indicate("clinker", clinker / KG_PER_T)
    draft.indicate("energyPerTonneClinker", (draft.megajoules - sold) / clinker * KG_PER_T)
    draft.indicate("electricityPerTonne", power / clinker * KG_PER_T)
    draft.indicate("processEmissionsPerTonne", carbon_dioxide / clinker * KG_PER_T)
    draft.indicate("biogenicCarbonDioxide", draft.biogenic / KG_PER_T)
    if heat > 0:
        draft.indicate("heatPerTonneClinker", heat / clinker * KG_PER_T)
        draft.indicate("alternativeFuelShare", sum((one.heat for one in burnt if one.alternative), ZERO) / heat)
