"""The amounts of a record by the words of `ranges.csv`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.record.units import UNITS
from ledger.sdk.context import PRODUCT_ROLES, ZERO, Context
from ledger.sdk.energy import is_energy
from ledger.sdk.fuels import FuelAnalysis
from ledger.sdk.matter import matter_in

_MEGAJOULE: Final = "3B"
_KILOWATT_HOUR: Final = "KWH"
_KILOGRAM: Final = "KGM"
_CLASS: Final = "class:"
SUMS: Final[Mapping[str, str]] = {
    "energy": _MEGAJOULE, "electricity": _KILOWATT_HOUR, "products": _KILOGRAM, "outputs": _KILOGRAM,
    "inputs": _KILOGRAM, "matter": _KILOGRAM, "cores": _KILOGRAM,
}
"""Sums over a record, with their units: all energy that is booked, and the electricity; products and co-products, all
outputs, all input lots, the matter that can end up in an output, and cores. All but the first two are masses."""


class RecordAmounts:
    """The amounts of one record. `energy`, `power`: as booked, in MJ and kWh. `fields`: the quantities of its activity,
    by name, with their units."""

    def __init__(
        self, context: Context, energy: tuple[Decimal, Decimal], fields: Mapping[str, tuple[Decimal, str]],
        analyses: Sequence[FuelAnalysis] = (),
    ) -> None:
        self._context = context
        self._fields = fields
        self._sums = {
            "energy": energy[0], "electricity": energy[1], "products": _made(context), "outputs": context.mass_out(),
            "inputs": sum((one.mass or ZERO for one in context.inputs if not is_energy(one.quantity)), ZERO),
            "matter": matter_in(context, analyses), "cores": context.mass_out("core"),
        }

    def amount(self, words: Sequence[str], unit: str) -> Decimal:
        """The amount of a sum, of a field, or of materials and classes together, in `unit`."""
        (first, *others) = words
        if not others and first in SUMS:
            return _in_unit(self._sums[first], SUMS[first], unit)
        if not others and first in self._fields:
            amount, own = self._fields[first]
            return _in_unit(amount, own, unit)
        return _in_unit(self._mass(words), _KILOGRAM, unit)

    def _mass(self, words: Sequence[str]) -> Decimal:
        """Kg of supplies and lots that are one of these materials, or of one of the classes."""
        classes = frozenset([word.removeprefix(_CLASS) for word in words if word.startswith(_CLASS)])
        total = ZERO
        for supply in self._context.supplies:
            if supply.name_in(words) is not None or supply.group in classes:
                total += supply.mass or ZERO
        for taken in self._context.inputs:
            named = sum([share for name, share in taken.materials.items() if name in words], ZERO)
            grouped = sum([taken.known_classes.get(group, ZERO) for group in classes], ZERO)
            total += (taken.mass or ZERO) * max(named, grouped)
        return total


def dimension_of(words: Sequence[str], fields: Mapping[str, str]) -> str:
    """The dimension of an amount; `fields`: units of the activity's quantities by name."""
    first = words[0] if len(words) == 1 else ""
    return UNITS[SUMS.get(first) or fields.get(first) or _KILOGRAM].dimension


def _made(context: Context) -> Decimal:
    """Kg of products and co-products that are no power and no heat."""
    return sum((one.mass or ZERO for one in context.outputs
                if one.role in PRODUCT_ROLES and not is_energy(one.quantity)), ZERO)


def _in_unit(amount: Decimal, own: str, unit: str) -> Decimal:
    """An amount in another unit of its dimension, in the arithmetic of assessments."""
    return amount * UNITS[own].scale / UNITS[unit].scale
