"""Shared code of the equipment routes: factors, shop gases, yields, pieces, and checks of activity fields."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ledger.sdk import (
    PRODUCT_ROLES,
    ZERO,
    Activity,
    Context,
    Draft,
    FactorTable,
    Fraction,
    Lack,
    Quantity,
    Reading,
    amount_in,
    convert,
    draft_with_energy,
    invalid_activity,
    matter_in,
    omit_upstream,
    read_factors,
    warn_unaccounted,
)

COUNTED: Final = ("H87", "C62", "EA", "PR", "DZN", "MIL")
"""Units of pieces."""

SCRAP: Final = "landfillMetal"
"""The treatment of metal that nobody recorded, by the factor sets: at least, it was dumped."""
_SHOP_GASES: Final = ("acetylene", "carbonDioxide")


ORES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ironOre", "ironOreConcentrate", "ironOreFines", "ironOreLump", "lumpOre", "sinterFeed", "sinter",
                     "sinteredOre", "pellet", "ironOrePellet", "millScale", "ironOxide", "pyriteCinder", "sinterDust"),
                    "steel"),
    **dict.fromkeys(("bauxite", "alumina", "cryolite", "aluminiumFluoride"), "aluminium"),
    "oreConcentrate": "copper", "copperSulphate": "copper",
}
"""Ores and oxides, with the metal for which they may stand."""
FEW: Final = Decimal("0.1")

# Scales of a workshop agree within one per cent.
WEIGHING: Final = Decimal("0.01")


class Work(Activity, frozen=True, kw_only=True):
    """Fields of every equipment route.

    `renewable_share`: of the electricity that comes as lots. `rejected`: pieces that failed inspection, zero or more.
    """

    renewable_share: Fraction = "0"
    rejected: int | None = None


def factors() -> FactorTable:
    """The sector's factors: kg CO2 per kg of shop gas."""
    return read_factors("carbon_ledger_equipment", "factors.csv", "equipment")


def begin(context: Context, activity: Work) -> tuple[Draft, Decimal]:
    """A draft with energy and shop gases priced, and the electricity in kWh.

    Shop gases: `carbonDioxide` (shielding gas, all vented) and `acetylene` (burnt), by mass.
    """
    if activity.rejected is not None and activity.rejected < 0:
        raise invalid_activity("rejected", activity.rejected, "a number of pieces, zero or more")
    draft, power = draft_with_energy(context, activity)
    if context.questions:
        _check_ores(draft, context)
    table = factors()
    for supply in context.supplied(*_SHOP_GASES):
        factor = table.find(supply.name_in(_SHOP_GASES) or supply.material)
        draft.price(supply.material, supply.amount("KGM"), factor, kind="onSite", supply=supply)
        omit_upstream(draft, supply)
    return draft, power


def _check_ores(draft: Draft, context: Context) -> None:
    """Workshops reduce no ore: the mass that ores, scale and oxides bring to their goods was metal."""
    out = context.mass_out() - sum(((one.mass or ZERO) * share for one in context.outputs
                                    for name, share in one.materials.items() if name in ORES), ZERO)
    ores = [(ORES[name], supply.mass or ZERO) for supply in context.supplies if (name := supply.name_in(ORES))]
    ores += [(ORES[name], (taken.mass or ZERO) * share) for taken in context.inputs
             for name, share in taken.materials.items() if name in ORES]
    mass = sum((one for _, one in ores), ZERO)
    short = max(out - (matter_in(context) - mass), ZERO)
    if short <= mass * FEW:
        return
    lacks = [Lack(metal, short * one / mass, "KGM") for metal, one in ores if one]
    draft.warn("ore-in-a-workshop", f"{mass:.6g} kg of ore or oxide come in, and {short:.6g} kg of goods need them",
               Reading(mass, "kg"), lacks=lacks)


def workpiece_mass(context: Context) -> Decimal:
    """Kg of lots, and of supplies that become the product; other supplies are process aids (coolant, grit)."""
    return context.mass_taken() + sum((supply.mass or ZERO for supply in context.raw_materials), ZERO)


def indicate_yield(draft: Draft, context: Context, power: Decimal, least: Decimal) -> None:
    """Material yield = products and co-products / workpieces, electricity and energy per tonne of product.

    A yield above 1 refuses, one below `least` warns.
    """
    came, made = workpiece_mass(context), context.mass_out(*PRODUCT_ROLES)
    if came == 0:
        draft.find("no-workpiece", "no lot and no supply that becomes the product has a mass", refuses=True)
    elif made > came * (1 + WEIGHING):
        draft.find("material-yield", f"{made:f} kg of products out of {came:f} kg of workpieces", refuses=True)
    elif made < came * least:
        draft.find("material-yield", f"only {made:f} kg of products out of {came:f} kg of workpieces")
    if came > 0:
        draft.indicate("materialYield", made / came)
        if context.mass_out() < came * Decimal("0.95"):
            warn_unaccounted(
                draft, came - context.mass_out(), f"{came - context.mass_out():f} kg of workpieces are in no output",
                SCRAP,
            )
    indicate_energy(draft, made, power)


def indicate_energy(draft: Draft, made: Decimal, power: Decimal) -> None:
    """Electricity and energy per tonne of `made` kg."""
    if made > 0:
        draft.indicate("electricityPerTonne", power / made * 1000)
        draft.indicate("energyPerTonne", draft.megajoules / made * 1000)


def pieces(quantity: Quantity) -> Decimal | None:
    """A quantity in pieces, or None if it is not counted in pieces."""
    return convert(quantity.amount, quantity.unit, "H87") if quantity.unit in COUNTED else None


def check_named(context: Context, field: str, material: str | None) -> None:
    """Raises PluginError if the activity names a supply that the record does not have."""
    if material is not None and not context.supplied(material):
        raise invalid_activity(field, material, "the material of a supply of this record")


def check_temperature(celsius: str | None, hottest: Decimal) -> None:
    """Raises PluginError for a temperature above the `hottest` of the process, degrees Celsius."""
    if celsius is not None and Decimal(celsius) > hottest:
        raise invalid_activity("temperature", celsius, f"at most {hottest} degrees Celsius")


def check_test_power(quantity: Quantity | None, power: Decimal, draft: Draft) -> None:
    """Electricity of the test bench, a part of the record's; raises PluginError if it is more."""
    if quantity is None:
        return
    test = amount_in(quantity, "KWH", "testElectricity")
    if test > power:
        raise invalid_activity("testElectricity", quantity, f"at most {power:f} kWh, the record's electricity")
    draft.indicate("testElectricity", test)
