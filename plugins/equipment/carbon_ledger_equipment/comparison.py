"""A remanufactured product compared with a new one: the saving, and the loss by a lower efficiency in use.

Neither travels with a lot: a footprint counts emissions, and avoided emissions are reported separately (ISO 14067).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_equipment.parts import ReplacedPart, replaced_mass
from ledger.sdk import (
    ZERO,
    Context,
    Draft,
    Fraction,
    Name,
    Part,
    Quantity,
    grid_electricity,
    invalid_activity,
    is_energy,
    kilograms,
)

LINE_KINDS: Final = ("onSite", "electricity", "heat", "transport", "treatment", "upstream")
DRIVEN: Final = ("motor", "machineTool", "pump", "compressor")
"""Machines that take their power from the grid."""
_DIGEST: Final = 64


class NewProduct(Part, frozen=True, kw_only=True):
    """The new product that a remanufactured one replaces, per piece.

    `footprint`: cradle to gate, kg CO2e as a mass. `source`: the declaration and its publisher. `evidence`: SHA-256 of
    the document, which is among the record's `evidence`. `mass`: of a piece. `efficiency`: rated work / energy.
    """

    footprint: Quantity
    source: Name
    evidence: Name
    mass: Quantity | None = None
    efficiency: Fraction | None = None


def check_new(new: NewProduct | None, efficiency: str | None) -> None:
    """Raises PluginError for evidence that is no digest, and for an efficiency of 0 or 1."""
    for field, rated in (("efficiency", efficiency), ("comparedTo.efficiency", new.efficiency if new else None)):
        if rated in ("0", "1"):
            raise invalid_activity(field, rated, "above 0 and below 1: no machine works without loss")
    if new is not None and (len(new.evidence) != _DIGEST or set(new.evidence) - set("0123456789abcdef")):
        raise invalid_activity("comparedTo.evidence", new.evidence, "the SHA-256 of a document, 64 digits 0-9a-f")


def compare(
    draft: Draft, context: Context, new: NewProduct, units: Decimal, made: Decimal, replaced: Sequence[ReplacedPart]
) -> Decimal:
    """Indicates and returns kg CO2e saved = units * new - emissions of this record - emissions of new parts.

    `made`: kg of the products. New parts without a footprint count with the new product's footprint by mass. A sector
    does not know the burden of lots of energy, so it warns of them. With factor sets in force, emissions are the
    record's lines and the figures of its supplies, new parts among them; without, they are CO2 of the sector's
    default factors, and it warns of supplies with their own figures too.
    """
    whole = units * kilograms(new.footprint, "comparedTo.footprint")
    mass = made
    if new.mass is not None:
        mass = units * kilograms(new.mass, "comparedTo.mass")
    parts = _parts(replaced, whole / mass if mass else ZERO)
    lots_of_energy = any(is_energy(taken.quantity) for taken in context.inputs)
    if context.sets:
        saved = whole - draft.footprint - _bought(context) - parts * _of_lots(context, replaced)
        if lots_of_energy:
            draft.find("saving-incomplete", "energy from lots is not in the saving")
    else:
        saved = whole - sum((draft.emitted(kind) for kind in LINE_KINDS), ZERO) - parts
        if lots_of_energy or any(one.priced for one in context.supplies):
            message = "energy from lots and supplies with their own figures are not in the saving"
            draft.find("saving-incomplete", message)
    if saved <= 0:
        draft.find("no-saving", f"{-saved:.1f} kg CO2e more than {units:f} new products")
    draft.indicate("savedComparedToNew", saved)
    draft.indicate("savingRate", saved / whole)
    return saved


def _bought(context: Context) -> Decimal:
    """Kg CO2e of the upstream of all supplies, and of fuels whose own factor covers their combustion."""
    return sum((one.upstream or ZERO for one in context.supplies), ZERO)


def _of_lots(context: Context, replaced: Sequence[ReplacedPart]) -> Decimal:
    """The share of the new parts that came as lots; the others are supplies, whose upstream counts already."""
    fitted = replaced_mass(replaced)
    lots = sum((
        taken.mass or ZERO for taken in context.inputs if taken.role != "core" and not is_energy(taken.quantity)
    ), ZERO)
    return min(lots / fitted, Decimal(1)) if fitted else ZERO


def _parts(replaced: Sequence[ReplacedPart], per_kilogram: Decimal) -> Decimal:
    total = ZERO
    for i, part in enumerate(replaced):
        if part.footprint is None:
            total += replaced_mass((part,)) * per_kilogram
        else:
            total += kilograms(part.footprint, f"replaced[{i}].footprint")
    return total


def check_use(
    draft: Draft, context: Context, machine: str | None, new: NewProduct, efficiency: str | None, saved: Decimal
) -> None:
    """Warns if the remanufactured machine is less efficient than a new one.

    Extra energy per work = 1 / own efficiency - 1 / new efficiency. For a machine that runs on power, saving / (extra *
    grid factor of the place and year) is the work, kWh, after which the saving is used up. With factor sets in force,
    the factor is the figure of the record's own power.
    """
    if new.efficiency is None:
        return
    if efficiency is None:
        draft.find("efficiency-unknown", "the new product's efficiency is stated, the remanufactured one's is not")
        return
    extra = 1 / Decimal(efficiency) - 1 / Decimal(new.efficiency)
    if extra <= 0:
        return
    message = f"in use {extra:.4f} kWh more per kWh of work than a new one ({efficiency} against {new.efficiency})"
    factor = _power_factor(context)
    if machine in DRIVEN and saved > 0 and factor is not None:
        work = saved / (extra * factor)
        draft.indicate("breakEvenWork", work)
        message += f": the saving is used up after {work:.0f} kWh of work"
    draft.find("use-phase", message)


def _power_factor(context: Context) -> Decimal | None:
    """Kg CO2e per kWh of the grid's power; None if it is not known."""
    if context.sets:
        bought = [(one.amount("KWH"), one.upstream) for one in context.supplied("electricity")]
        power = sum((amount for amount, _ in bought), ZERO)
        emitted = sum((upstream or ZERO for _, upstream in bought), ZERO)
        return emitted / power if power and emitted > 0 else None
    places = context.facility.places
    if not grid_electricity().covers("electricity", places):
        return None
    return grid_electricity().find("electricity", places, context.year).value
