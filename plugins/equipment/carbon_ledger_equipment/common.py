"""What the equipment routes share: factors, shop gases, yields, pieces, and checks of what an activity names."""

from decimal import Decimal
from typing import Final

from carbon_ledger_equipment.composition import ZERO
from carbon_ledger_equipment.utilities import HEAT_UNITS, POWER_UNITS, book_energy
from ledger.sdk import Activity, Context, Draft, FactorTable, Fraction, PluginError, Quantity, convert, read_factors

COUNTED: Final = ("H87", "C62", "EA", "PR", "DZN", "MIL")
"""Units of pieces."""

WORKPIECES: Final = ("steel", "billet", "bar", "casting", "forging", "aluminium", "workpiece")
"""Supplies that become the product; what else has a mass helps the process (coolant, grit)."""

# Scales of a workshop agree to a per cent.
WEIGHING: Final = Decimal("0.01")


class Work(Activity, frozen=True, kw_only=True):
    """What every equipment route may say.

    `renewable_share`: of the electricity that comes as lots. `rejected`: pieces that failed inspection, zero or more.
    """

    renewable_share: Fraction = "0"
    rejected: int | None = None


def factors() -> FactorTable:
    """The sector's factors: kg CO2 per GJ of heat, per kg of shop gas."""
    return read_factors("carbon_ledger_equipment", "factors.csv", "equipment")


def invalid(field: str, value: object, rule: str) -> PluginError:
    """The error for a value of the activity."""
    return PluginError(
        f"activity.{field} is {value}: it must be {rule}", code="invalid-activity", field=f"activity.{field}",
        value=value, rule=rule,
    )


def begin(context: Context, activity: Work) -> tuple[Draft, Decimal]:
    """A draft with energy and shop gases priced, and the electricity in kWh.

    Shop gases: `carbonDioxide` (shielding gas, all vented) and `acetylene` (burnt), by mass.
    """
    if activity.rejected is not None and activity.rejected < 0:
        raise invalid("rejected", activity.rejected, "a number of pieces, zero or more")
    draft = Draft(context)
    table = factors()
    power = book_energy(draft, context, Decimal(activity.renewable_share), table)
    for supply in context.supplied("acetylene", "carbonDioxide"):
        mass = supply.amount("KGM") if supply.mass is None else supply.mass
        draft.price(supply.material, mass, table.find(supply.material), kind="onSite")
        if not supply.priced:
            draft.omit(f"{supply.material} upstream")
    return draft, power


def workpiece_mass(context: Context) -> Decimal:
    """Kg of lots, and of supplies that become the product."""
    lots = sum((taken.mass or ZERO for taken in context.inputs), ZERO)
    return lots + sum((supply.mass or ZERO for supply in context.supplied(*WORKPIECES)), ZERO)


def indicate_yield(draft: Draft, context: Context, power: Decimal, least: Decimal) -> None:
    """Material yield = products and co-products / workpieces, electricity and energy per tonne of product.

    A yield above 1 refuses, one below `least` warns.
    """
    came, made = workpiece_mass(context), context.mass_out("product", "coProduct")
    if came == 0:
        draft.find("no-workpiece", "no lot and no supply that becomes the product has a mass", refuses=True)
    elif made > came * (1 + WEIGHING):
        draft.find("material-yield", f"{made:f} kg of products out of {came:f} kg of workpieces", refuses=True)
    elif made < came * least:
        draft.find("material-yield", f"only {made:f} kg of products out of {came:f} kg of workpieces")
    if came > 0:
        draft.indicate("materialYield", made / came)
        if context.mass_out() < came * Decimal("0.95"):
            draft.find("mass-unaccounted", f"{came - context.mass_out():f} kg of workpieces are in no output")
    indicate_energy(draft, made, power)


def indicate_energy(draft: Draft, made: Decimal, power: Decimal) -> None:
    """Electricity and energy per tonne of `made` kg."""
    if made > 0:
        megajoules = sum((use.amount for use in draft.assessment().energy), ZERO)
        draft.indicate("electricityPerTonne", power / made * 1000)
        draft.indicate("energyPerTonne", megajoules / made * 1000)


def pieces(quantity: Quantity) -> Decimal | None:
    """A quantity in pieces, or None where it is not counted."""
    return convert(quantity.amount, quantity.unit, "H87") if quantity.unit in COUNTED else None


def is_energy(quantity: Quantity) -> bool:
    return quantity.unit in POWER_UNITS or quantity.unit in HEAT_UNITS


def check_named(context: Context, field: str, material: str | None) -> None:
    """Raises PluginError where the activity names a supply that the record has not."""
    if material is not None and not context.supplied(material):
        raise invalid(field, material, "the material of a supply of this record")


def check_test_power(quantity: Quantity | None, power: Decimal, draft: Draft) -> None:
    """Electricity of the test bench is part of the record's; raises PluginError where it is more."""
    if quantity is None:
        return
    test = convert(quantity.amount, quantity.unit, "KWH", "activity.testElectricity")
    if test > power:
        raise invalid("testElectricity", quantity, f"a part of the {power:f} kWh of electricity of this record")
    draft.indicate("testElectricity", test)
