"""Shared code of the non-ferrous routes: factors, energy, carbonates, and carbon that burns with the charge."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ledger.sdk import (
    CO2_PER_C,
    KG_PER_T,
    POWER_UNITS,
    ZERO,
    Activity,
    Context,
    Draft,
    FactorTable,
    Fraction,
    FuelAnalysis,
    Key,
    convert,
    draft_with_energy,
    omit_upstream,
    read_factors,
)

CARBONATES: Final = ("limestone", "dolomite", "sodaAsh")
"""Supplies that give off their carbon dioxide in a furnace, kiln or sinter."""



class Work(Activity, frozen=True, kw_only=True):
    """Fields of every non-ferrous route.

    `contents`: mass fraction of the route's metal in a material, such as `{"bauxite": "0.27"}`; typical grades if
    absent. A lot that states the element itself needs no entry.
    `renewable_share`: of the electricity that comes as declared lots. `analyses`: of fuels, by the site.
    """

    contents: Mapping[Key, Fraction] = {}
    renewable_share: Fraction = "0"
    analyses: tuple[FuelAnalysis, ...] = ()


def factors() -> FactorTable:
    """The sector's factors: kg of gas per t or kg."""
    return read_factors("carbon_ledger_nonferrous", "factors.csv", "nonferrous")


def begin(context: Context, activity: Work) -> tuple[Draft, Decimal]:
    """A draft with energy and carbonates priced, and the electricity in kWh.

    Fuels that reduce (coke, anthracite) count by the fuel formula, as in the MEE guideline for other non-ferrous
    smelting. Carbonates by stoichiometry: kg CO2 = t * factor.
    """
    draft, power = draft_with_energy(context, activity)
    for supply in context.supplied(*CARBONATES):
        factor = factors().find(supply.name_in(CARBONATES) or supply.material)
        draft.price(supply.material, supply.amount("KGM") / KG_PER_T, factor, kind="onSite", supply=supply)
        # The factor is the reaction; it does not cover how the material was made.
        omit_upstream(draft, supply, skip_nature=True)
    return draft, power


def burn_charge(draft: Draft, context: Context) -> None:
    """One line of the fossil carbon that lots bring (lacquer, oil, plastics) and no output holds, * 44/12.

    Refuses outputs that state more fossil carbon than came in: a furnace makes no carbon, and fuel ends up in no metal.
    """
    came = sum(((taken.mass or ZERO) * taken.fossil_carbon for taken in context.inputs), ZERO)
    held = sum(((output.mass or ZERO) * output.fossil_carbon for output in context.outputs), ZERO)
    if held > came:
        draft.find("carbon-balance", f"outputs hold {held:f} kg of fossil carbon, lots brought {came:f}", refuses=True)
        return
    draft.carbon("chargeCarbon", (came - held) * CO2_PER_C)
    if came > 0:
        draft.follow("fossilCarbon", [
            (output.mass or ZERO) * output.fossil_carbon / came for output in context.outputs
        ])


def renewable_power(context: Context, activity: Work) -> Decimal:
    """KWh of renewable electricity: by green attributes if the record takes any, as the core counts it; else the
    renewable share of declared lots."""
    if context.attributes:
        return context.green_power
    declared = (taken.quantity for taken in context.inputs
                if taken.quantity.unit in POWER_UNITS and not taken.generated)
    return Decimal(activity.renewable_share) * sum((convert(one.amount, one.unit, "KWH") for one in declared), ZERO)


def indicate_energy(draft: Draft, made: Decimal, power: Decimal) -> None:
    """Electricity, energy and direct CO2 per tonne of `made` kg."""
    if made > 0:
        draft.indicate("electricityPerTonne", power / made * KG_PER_T)
        draft.indicate("energyPerTonne", draft.megajoules / made * KG_PER_T)
        draft.indicate("directEmissionsPerTonne", draft.emitted("onSite") / made * KG_PER_T)
