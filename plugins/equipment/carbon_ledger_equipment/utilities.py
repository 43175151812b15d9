"""Energy that enters a plant: power, heat, fuels."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.sdk import Context, Draft, FactorTable, convert, grid_electricity, standard_fuels

MJ_PER_KWH: Final = Decimal("3.6")
POWER_UNITS: Final = ("KWH", "MWH", "GWH")
HEAT_UNITS: Final = ("3B", "KJO", "JOU", "GV", "D30")


def book_energy(draft: Draft, context: Context, renewable_share: Decimal, table: FactorTable) -> Decimal:
    """Prices what the supplier has not priced, books all energy, and returns the electricity in kWh.

    Supplies: `electricity` (grid average by province and year), `heat` and `steam` (the table's default, kg CO2 per
    GJ), every standard fuel (complete combustion). Lots of energy bring their own burden: a unit of watt hours is
    electricity, of joules heat. Where a table knows no place of the facility, the core names the omission.
    `renewable_share` is of the electricity that comes as lots.
    """
    places = context.facility.places
    kilowatt_hours = Decimal(0)
    for supply in context.supplied("electricity"):
        amount = supply.amount("KWH")
        kilowatt_hours += amount
        if supply.priced or not _known(grid_electricity(), "electricity", places):
            draft.energy("electricity", amount * MJ_PER_KWH)
        else:
            draft.grid_power(amount)
    for supply in context.supplied("heat", "steam"):
        megajoules = supply.amount("3B")
        if not supply.priced and _known(table, "heat", places):
            factor = table.find("heat", places, context.year)
            draft.price(supply.material, megajoules / 1000, factor, kind="heat", basis="invoiced")
        draft.energy("heat", megajoules)
    fuels = standard_fuels()
    for supply in context.supplies:
        if supply.material in fuels:
            draft.burn(supply, fuels[supply.material])
    return kilowatt_hours + _book_lots(draft, context, renewable_share)


def _known(table: FactorTable, key: str, places: Sequence[str]) -> bool:
    return any(row.key == key and row.place in places for row in table)


def _book_lots(draft: Draft, context: Context, renewable_share: Decimal) -> Decimal:
    kilowatt_hours = Decimal(0)
    for taken in context.inputs:
        amount, unit = taken.quantity.amount, taken.quantity.unit
        if unit in POWER_UNITS:
            kilowatt_hours += convert(amount, unit, "KWH")
        elif unit in HEAT_UNITS:
            draft.energy("heat", convert(amount, unit, "3B"))
    draft.energy("electricity", kilowatt_hours * renewable_share * MJ_PER_KWH, renewable=True)
    draft.energy("electricity", kilowatt_hours * (1 - renewable_share) * MJ_PER_KWH)
    if renewable_share > 0 and kilowatt_hours == 0:
        draft.find("renewable-without-lot", "renewable electricity is claimed, but no such lot is taken", refuses=True)
    return kilowatt_hours


def matter_in(context: Context) -> Decimal:
    """Kg of inputs and supplies that can end up in an output: all but fuels."""
    fuels = standard_fuels()
    burnt = (supply.mass or Decimal(0) for supply in context.supplies if supply.material in fuels)
    return context.mass_in - sum(burnt, Decimal(0))
