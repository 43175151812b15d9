"""Energy that enters a process: power, heat and fuels as supplies, power and heat as lots."""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from ledger.core.units import convert
from ledger.core.values import Quantity
from ledger.sdk.context import ZERO, Context, SupplyFacts
from ledger.sdk.factors import standard_fuels
from ledger.sdk.pricing import Draft

POWER_UNITS: Final = ("KWH", "MWH", "GWH")
HEAT_UNITS: Final = ("3B", "KJO", "JOU", "GV", "D30")


def book_energy(
    draft: Draft, context: Context, *, renewable_share: Decimal = ZERO, vehicle_fuels: Collection[str] = (),
) -> Decimal:
    """Prices what the supplier has not priced, books all energy in MJ, and returns the electricity in kWh.

    Supplies: `electricity` (grid average by province and year), `heat` and `steam` (China's default), every standard
    fuel (complete combustion; those in `vehicle_fuels` as transport). Lots of energy bring their own burden: a unit of
    watt hours is electricity, of joules heat. `renewable_share` is of the electricity that comes as lots. Raises
    InvalidQuantity where a supply is counted in a unit that measures no such thing.
    """
    power = ZERO
    for supply in context.supplied("electricity"):
        power += draft.buy_power(supply)
    for supply in context.supplied("heat", "steam"):
        draft.buy_heat(supply)
    for supply in context.supplies:
        if is_fuel(supply):
            draft.burn(supply, kind="transport" if supply.material in vehicle_fuels else "onSite")
    return power + _book_lots(draft, context, renewable_share)


def _book_lots(draft: Draft, context: Context, renewable_share: Decimal) -> Decimal:
    power = ZERO
    for taken in context.inputs:
        amount, unit = taken.quantity.amount, taken.quantity.unit
        if unit in POWER_UNITS:
            power += convert(amount, unit, "KWH")
        elif unit in HEAT_UNITS:
            draft.energy("heat", convert(amount, unit, "3B"))
    draft.power(power * renewable_share, renewable=True)
    draft.power(power * (1 - renewable_share))
    if renewable_share > 0 and power == 0:
        draft.find("renewable-without-lot", "renewable electricity is claimed, but no such lot is taken", refuses=True)
    return power


def is_energy(quantity: Quantity) -> bool:
    """Whether a lot of this quantity is power or heat."""
    return quantity.unit in POWER_UNITS or quantity.unit in HEAT_UNITS


def is_fuel(supply: SupplyFacts) -> bool:
    """Whether a supply is burnt, so that none of it ends up in an output."""
    return supply.material in standard_fuels()
