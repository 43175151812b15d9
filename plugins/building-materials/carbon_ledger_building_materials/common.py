"""Shared code of the routes: factors, products, sold energy, and use of solid waste."""

from decimal import Decimal
from typing import Final

from ledger.sdk import (
    CARRYING_ROLES,
    POWER_UNITS,
    PRODUCT_ROLES,
    ZERO,
    Activity,
    Context,
    Draft,
    FactorTable,
    Fraction,
    OutputFacts,
    SupplyFacts,
    is_energy,
    read_factors,
)

WASTES: Final = ("waste", "byProduct")
"""Roles of lots that are residues of another process."""

CARBON_DIOXIDE: Final = "carbonDioxide"
"""The material of a lot of captured CO2."""



class Plant(Activity, frozen=True, kw_only=True):
    """Fields of every route. `renewable_share`: of the electricity that comes as lots."""

    renewable_share: Fraction = "0"


def factors() -> FactorTable:
    """The sector's factors: kg CO2 per t of material, or per GJ of fuel."""
    return read_factors("carbon_ledger_building_materials", "factors.csv", "building-materials")


def is_material(output: OutputFacts) -> bool:
    """Whether an output is material that the plant makes: no energy, no captured CO2."""
    return not is_energy(output.quantity) and output.materials.get(CARBON_DIOXIDE, ZERO) < Decimal("0.5")


def made(context: Context) -> Decimal:
    """Kg of products and co-products that are material."""
    return sum(
        (output.mass or ZERO for output in context.outputs
         if output.role in PRODUCT_ROLES and is_material(output)),
        ZERO,
    )


def sell_energy(draft: Draft, context: Context) -> Decimal:
    """Power and heat made of waste heat and sold as lots; returns their MJ.

    Each is assigned the figure of the same amount bought at this place and in this year, so the site counts net
    purchases (GB/T 32151.8: electricity and heat bought, less electricity and heat sold). Without a factor nothing is
    assigned, and the record warns. Energy has no mass: by mass the products share the rest.
    """
    sold = ZERO
    for i, output in enumerate(context.outputs):
        if not is_energy(output.quantity) or output.role not in CARRYING_ROLES:
            continue
        amount, bought = _bought(context, output)
        sold += amount
        if bought == 0:
            draft.find(
                "sold-energy-unpriced", f"no factor is known for energy sold here: {output.lot} carries nothing",
            )
        draft.assign(i, "fossilGhgEmissions", bought)
    weigh_materials(draft, context)
    return sold


def weigh_materials(draft: Draft, context: Context) -> None:
    """By mass, the material outputs share the burden; energy and captured CO2 get no share."""
    if all(is_material(output) for output in context.outputs):
        return
    draft.weigh("mass", [
        output.mass or ZERO if is_material(output) and output.role in CARRYING_ROLES else ZERO
        for output in context.outputs
    ])


def _bought(context: Context, output: OutputFacts) -> tuple[Decimal, Decimal]:
    """MJ of an output of energy, and kg CO2 of the same energy if bought."""
    # The sector's own defaults: with factor sets in force, a draft makes no line of bought energy.
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    other = Draft(Context(**(fields | {"sets": False})))
    power = output.quantity.unit in POWER_UNITS
    supply = SupplyFacts(
        index=-1, material="electricity" if power else "heat", quantity=output.quantity, mass=None, nature=False,
        priced=False,
    )
    if power:
        other.buy_power(supply)
    else:
        other.buy_heat(supply)
    return other.megajoules, other.emitted("electricity") + other.emitted("heat")


def waste_used(context: Context, burnt: frozenset[str] = frozenset()) -> Decimal:
    """Kg of lots that are residues of another process and become material; `burnt`: ids of lots of fuel."""
    return sum(
        (taken.mass or ZERO for taken in context.inputs if taken.role in WASTES and taken.lot not in burnt), ZERO
    )


def check_compositions(draft: Draft, context: Context, burnt: frozenset[str] = frozenset()) -> None:
    """Warns of waste without a composition: its recycled content cannot be traced. `burnt`: ids of lots of fuel."""
    if any(taken.role == "waste" and taken.mass and not taken.materials and taken.lot not in burnt
           for taken in context.inputs):
        draft.find("waste-without-composition", "recycled content cannot be traced from a lot without materials")
