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
    does not know the burden of lots of energy and of supplies with their own figures, so it warns of them.
    """
    whole = units * kilograms(new.footprint, "comparedTo.footprint")
    mass = made
    if new.mass is not None:
        mass = units * kilograms(new.mass, "comparedTo.mass")
    own = sum((draft.emitted(kind) for kind in LINE_KINDS), ZERO)
    saved = whole - own - _parts(replaced, whole / mass if mass else ZERO)
    if any(is_energy(taken.quantity) for taken in context.inputs) or any(one.priced for one in context.supplies):
        draft.find("saving-incomplete", "energy from lots and supplies with their own figures are not in the saving")
    if saved <= 0:
        draft.find("no-saving", f"{-saved:.1f} kg CO2e more than {units:f} new products")
    draft.indicate("savedComparedToNew", saved)
    draft.indicate("savingRate", saved / whole)
    return saved


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
    grid factor of the place and year) is the work, kWh, after which the saving is used up.
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
    places = context.facility.places
    if machine in DRIVEN and saved > 0 and grid_electricity().covers("electricity", places):
        work = saved / (extra * grid_electricity().find("electricity", places, context.year).value)
        draft.indicate("breakEvenWork", work)
        message += f": the saving is used up after {work:.0f} kWh of work"
    draft.find("use-phase", message)
