"""Flat glass: batch and cullet melted in a furnace, and floated."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from carbon_ledger_building_materials.carbonates import Carbonate, book_carbonates
from carbon_ledger_building_materials.common import Plant, check_compositions, made, sell_energy, waste_used
from ledger.sdk import (
    CO2_PER_C,
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Key,
    Limits,
    Reading,
    Shortfall,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    is_energy,
    judge,
    matter_in,
    omit_upstream,
)

# Melting batch takes 2.6 GJ/t, cullet 1.9; reaction and hot glass alone need at least 1.5. Float furnaces take 5 to 9,
# small old ones 15.
USUAL_ENERGY: Final[Limits] = (Decimal(4000), Decimal(15000))
POSSIBLE_ENERGY: Final[Limits] = (Decimal(1500), Decimal(40000))
# Edges, breakage at start-up and changes of colour: lines sell 75 to 95 % of their melt.
LEAST_YIELD: Final = Decimal("0.6")
# Belt scales.
WEIGHING: Final = Decimal("0.02")
CULLET: Final = ("glass", "cullet")
"""Materials of lots that are cullet."""


class FlatGlass(Plant, frozen=True, kw_only=True):
    """How glass was melted; every field may be left out.

    Supplies: `sodaAsh`, `limestone`, `dolomite`, `potash`, `bariumCarbonate`, `lithiumCarbonate`,
    `strontiumCarbonate`, `sodiumBicarbonate`, `magnesite`, `siderite`, `rhodochrosite`; `carbonPowder` (burns off as it
    takes oxygen from salt cake); `electricity`, `naturalGas`, `fuelOil`, `petroleumCoke` and other standard fuels,
    `heat`, `steam`; `sand`, `feldspar`, `saltCake` and others are left to the core. Cullet comes as lots whose material
    is `glass` or `cullet`; cullet of the same line is no recycled content.
    `carbonates`: purity and calcined part by supply. `carbon_powder_content`: carbon in carbon powder, mass fraction.
    """

    carbonates: Mapping[Key, Carbonate] = {}
    carbon_powder_content: Fraction = "1"


def assess(context: Context, activity: FlatGlass) -> Assessment:
    """GB/T 32151.7: E = E_fuel + E_carbon powder + E_carbonates + E_electricity + E_heat, net of energy sold.

    Cullet ratio = cullet / charge; yield = glass sold / glass melted (charge less CO2).
    """
    draft, power = draft_with_energy(context, activity)
    carbon_dioxide = book_carbonates(draft, context, activity.carbonates)
    powder = _book_powder(draft, context, activity)
    sold = sell_energy(draft, context)
    follow_composition(draft, context)
    check_compositions(draft, context)
    glass, charged = made(context), matter_in(context)
    melted = charged - carbon_dioxide - powder
    if glass == 0 or melted <= 0:
        draft.find("no-glass", "no product has a mass, or no material to melt came in", refuses=True)
        return draft.assessment()
    _check_yield(draft, context, glass, melted)
    energy = (draft.megajoules - sold) / glass * KG_PER_T
    lacks = Shortfall("naturalGas", "3B", glass / KG_PER_T)
    if draft.megajoules == 0:
        draft.warn("melting-missing", "furnaces melt with fuel or electricity, but none is supplied",
                   Reading(ZERO, "MJ/t", USUAL_ENERGY), lacks=lacks.below(USUAL_ENERGY[0], ZERO))
    else:
        judge(draft, "glass-energy", "MJ per t of glass", energy, usual=USUAL_ENERGY, possible=POSSIBLE_ENERGY,
              lacks=lacks)
    draft.indicate("glassYield", glass / melted)
    draft.indicate("culletRatio", _cullet(context) / charged)
    draft.indicate("energyPerTonne", energy)
    draft.indicate("electricityPerTonne", power / glass * KG_PER_T)
    draft.indicate("processEmissionsPerTonne", (carbon_dioxide + powder) / glass * KG_PER_T)
    draft.indicate("solidWasteUsed", waste_used(context) / KG_PER_T)
    return draft.assessment()


def _book_powder(draft: Draft, context: Context, activity: FlatGlass) -> Decimal:
    """Carbon powder burns off: mass * carbon content * 44/12 (GB/T 32151.7, 5.2.2). Returns kg of CO2."""
    supplies = context.supplied("carbonPowder")
    if activity.carbon_powder_content != "1" and not supplies:
        raise invalid_activity(
            "carbonPowderContent", activity.carbon_powder_content, "absent without a supply `carbonPowder`",
        )
    total = ZERO
    for supply in supplies:
        amount = supply.amount("KGM") * Decimal(activity.carbon_powder_content) * CO2_PER_C
        draft.carbon(supply.material, amount, supply=supply)
        total += amount
        omit_upstream(draft, supply)
    return total


def _cullet(context: Context) -> Decimal:
    """Kg of cullet; a lot of waste without a composition counts as cullet."""
    total = ZERO
    for taken in context.inputs:
        if is_energy(taken.quantity):
            continue
        share = sum((taken.materials.get(name, ZERO) for name in CULLET), ZERO)
        total += (taken.mass or ZERO) * (share if taken.materials else Decimal(taken.role == "waste"))
    return total


def _check_yield(draft: Draft, context: Context, glass: Decimal, melted: Decimal) -> None:
    out = context.mass_out()
    if out > melted * (1 + WEIGHING):
        draft.find("glass-yield", f"{out:.6g} kg came out of {melted:.6g} kg of melt", refuses=True)
    elif glass < melted * LEAST_YIELD:
        draft.find("glass-yield", f"only {glass:.6g} kg of glass out of {melted:.6g} kg of melt")
