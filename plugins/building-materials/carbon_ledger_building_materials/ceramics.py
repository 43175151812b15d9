"""Ceramics: bodies and glazes fired; tiles, sanitary ware, tableware, bricks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from carbon_ledger_building_materials.carbonates import CARBONATES, Carbonate, book_carbonates
from carbon_ledger_building_materials.common import Plant, check_compositions, made, sell_energy, waste_used
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Key,
    Limits,
    Part,
    Reading,
    Shortfall,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    judge,
    matter_in,
    omit_upstream,
)

CO2_PER_CACO3: Final = Decimal(44) / Decimal(100)
CO2_PER_MGCO3: Final = Decimal(44) / Decimal(84)

# Drying a body and firing it at 1,100 C takes 1 GJ/t in the best kilns; bricks 1.5 to 3, tiles 3 to 8, sanitary ware
# and porcelain that is fired twice up to 60.
USUAL_ENERGY: Final[Limits] = (Decimal(1000), Decimal(60000))
POSSIBLE_ENERGY: Final[Limits] = (Decimal(400), Decimal(200000))
WEIGHING: Final = Decimal("0.02")
# Clay loses 20 to 30 % of water, and ware breaks; below a third something was not weighed.
LEAST_YIELD: Final = Decimal("0.33")


class RawMaterial(Part, frozen=True, kw_only=True):
    """Carbonates in a raw material, mass fractions. `used`: the part of the material that is fired (GB/T 32151.9: 0.9
    without a measurement)."""

    calcium_carbonate: Fraction = "0"
    magnesium_carbonate: Fraction = "0"
    used: Fraction = "0.9"


class Ceramics(Plant, frozen=True, kw_only=True):
    """How ware was fired; every field may be left out.

    Supplies: `clay`, `kaolin`, `feldspar`, `quartz`, `glaze` and other raw materials, with their carbonates in
    `raw_materials`; `limestone`, `dolomite` and other carbonates by name; `electricity`, `naturalGas`, `lpg` and other
    standard fuels, `heat`, `steam`. Ware counted in square metres or pieces states its mass.
    `raw_materials`: carbonates by supply. `carbonates`: purity and calcined part of carbonates that are supplies.
    """

    raw_materials: Mapping[Key, RawMaterial] = {}
    carbonates: Mapping[Key, Carbonate] = {}


def assess(context: Context, activity: Ceramics) -> Assessment:
    """GB/T 32151.9: E = E_fuel + E_electricity + E_heat + sum of mass * used * (CaCO3 * 44/100 + MgCO3 * 44/84)."""
    draft, power = draft_with_energy(context, activity)
    carbon_dioxide = book_carbonates(draft, context, activity.carbonates) + _book_bodies(draft, context, activity)
    sold = sell_energy(draft, context)
    follow_composition(draft, context)
    check_compositions(draft, context)
    ware, charged = made(context), matter_in(context)
    if ware == 0 or charged == 0:
        draft.find("no-ware", "no product has a mass, or no raw material came in", refuses=True)
        return draft.assessment()
    _check_yield(draft, context, ware, charged - carbon_dioxide)
    energy = (draft.megajoules - sold) / ware * KG_PER_T
    lacks = Shortfall("naturalGas", "3B", ware / KG_PER_T)
    if draft.megajoules == 0:
        draft.warn("firing-missing", "kilns fire with fuel or electricity, but none is supplied",
                   Reading(ZERO, "MJ/t", USUAL_ENERGY), lacks=lacks.below(USUAL_ENERGY[0], ZERO))
    else:
        judge(draft, "ceramics-energy", "MJ per t of ware", energy, usual=USUAL_ENERGY, possible=POSSIBLE_ENERGY,
              lacks=lacks)
    draft.indicate("materialYield", ware / charged)
    draft.indicate("energyPerTonne", energy)
    draft.indicate("electricityPerTonne", power / ware * KG_PER_T)
    draft.indicate("processEmissionsPerTonne", carbon_dioxide / ware * KG_PER_T)
    draft.indicate("solidWasteUsed", waste_used(context) / KG_PER_T)
    return draft.assessment()


def _book_bodies(draft: Draft, context: Context, activity: Ceramics) -> Decimal:
    """Lines of the carbonates in raw materials; returns kg of CO2. Raises PluginError for an impossible material."""
    total = ZERO
    for name, raw_material in activity.raw_materials.items():
        lime, magnesia = Decimal(raw_material.calcium_carbonate), Decimal(raw_material.magnesium_carbonate)
        if name in CARBONATES or not context.supplied(name):
            raise invalid_activity("rawMaterials", name, "a supply of this record that is no carbonate itself")
        if lime + magnesia > 1:
            raise invalid_activity(f"rawMaterials.{name}", lime + magnesia, "at most 1 for all carbonates together")
        for supply in context.supplied(name):
            ratio = lime * CO2_PER_CACO3 + magnesia * CO2_PER_MGCO3
            amount = supply.amount("KGM") * Decimal(raw_material.used) * ratio
            draft.carbon(name, amount, supply=supply)
            total += amount
            omit_upstream(draft, supply, skip_nature=True)
    return total


def _check_yield(draft: Draft, context: Context, ware: Decimal, fired: Decimal) -> None:
    out = context.mass_out()
    if out > fired * (1 + WEIGHING):
        draft.find("material-yield", f"{out:.6g} kg came out of {fired:.6g} kg of raw material less CO2", refuses=True)
    elif ware < fired * LEAST_YIELD:
        draft.find("material-yield", f"only {ware:.6g} kg of ware out of {fired:.6g} kg of raw material")
