"""Energy that enters a process: power, heat and fuels as supplies; power and heat as lots."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import LineKind
from ledger.core.record.units import POWER_UNITS, convert
from ledger.core.record.units import unit as unit_of
from ledger.core.record.values import Quantity
from ledger.errors import PluginError
from ledger.footprint.stored.attributes import RENEWABLE_POWER as RENEWABLE_POWER
from ledger.sdk.context import ENERGY, ZERO, Context, SupplyFacts
from ledger.sdk.fuels import FuelAnalysis, analysis_of, standard_fuels
from ledger.sdk.pricing import Draft

HEAT_UNITS: Final = ("3B", "KJO", "JOU", "GV", "D30", "BTU")


def book_energy(
    draft: Draft, context: Context, *, renewable_share: Decimal = ZERO, vehicle_fuels: Collection[str] = (),
    analyses: Sequence[FuelAnalysis] = (),
) -> Decimal:
    """Prices the supplies that have no price from the supplier, books all energy in MJ, returns the electricity in kWh.

    Supplies: `electricity` (grid average by province and year), `heat` and `steam` (China's default), every standard
    fuel (complete combustion; fuels in `vehicle_fuels` as transport). Lots of energy bring their own burdens: a lot
    counted in watt hours is electricity, a lot counted in joules is heat.

    `renewable_share`: the renewable fraction of the electricity that comes as declared lots. Electricity that a record
    of this ledger generated is renewable only by its green attributes. If the record takes attributes
    (`context.green_power`), the core counts that much of its electricity as renewable, whatever the share.
    `analyses`: the site's measurements of its fuels. An analysed material is burnt, whether it is a standard fuel or
    not.

    Raises InvalidQuantity if a supply's unit does not fit its kind, PluginError for an analysis of a material that no
    supply has.
    """
    _check_analyses(context, analyses)
    power = ZERO
    for supply in context.supplied("electricity"):
        power += draft.buy_power(supply)
    for supply in context.supplied("heat", "steam"):
        draft.buy_heat(supply)
    for supply in context.supplies:
        # Nobody analyses a lot: its maker states its materials.
        analysis = analysis_of(supply.material, analyses) if supply.lot is None else None
        if is_fuel(supply, analyses):
            kind: LineKind = "transport" if supply.material in vehicle_fuels else "onSite"
            draft.burn(supply, analysis=analysis, kind=kind)
    return power + _book_lots(draft, context, renewable_share)


def _book_lots(draft: Draft, context: Context, renewable_share: Decimal) -> Decimal:
    power = declared = ZERO
    for taken in context.inputs:
        amount, unit = taken.quantity.amount, taken.quantity.unit
        if unit in POWER_UNITS:
            power += convert(amount, unit, "KWH")
            declared += ZERO if taken.generated else convert(amount, unit, "KWH")
        elif unit in HEAT_UNITS:
            draft.energy("heat", convert(amount, unit, "3B"))
    draft.power(declared * renewable_share, renewable=True)
    draft.power(power - declared * renewable_share)
    if renewable_share > 0 and power == 0:
        draft.find("renewable-without-lot", "renewable electricity is claimed, but no such lot is taken", refuses=True)
    elif renewable_share > 0 and declared == 0 and not context.attributes:
        draft.find("renewable-without-attribute", "power that was generated on this ledger is renewable by its green "
                   "attributes alone, and the record takes no attribute", refuses=True)
    return power


def is_energy(quantity: Quantity) -> bool:
    """Whether a lot of this quantity is power or heat."""
    return quantity.unit in POWER_UNITS or quantity.unit in HEAT_UNITS


def is_fuel(supply: SupplyFacts, analyses: Sequence[FuelAnalysis] = ()) -> bool:
    """Whether a supply is burnt, so that it does not end up in an output: a standard fuel or an analysed one. Raw
    material of the route burns only if it is analysed, or counted by its energy."""
    if any(one.material == supply.material for one in analyses):
        return True
    if supply.raw and unit_of(supply.quantity.unit).dimension != ENERGY:
        return False
    return supply.fuel is not None or supply.material in standard_fuels()


def _check_analyses(context: Context, analyses: Sequence[FuelAnalysis]) -> None:
    for i, analysis in enumerate(analyses):
        if all(supply.lot is not None for supply in context.supplied(analysis.material)):
            raise PluginError(
                f"activity.analyses[{i}].material is {analysis.material}: it must be the material of a supply",
                code="invalid-activity", field=f"activity.analyses[{i}].material", value=analysis.material,
                rule="the material of a supply of this record",
            )
