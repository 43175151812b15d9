"""Amounts that an activity states, in the unit that a route computes with."""

from decimal import Decimal
from typing import Final

from ledger.core.record.units import convert
from ledger.core.record.values import Quantity

KG_PER_T: Final = 1000


def amount_in(quantity: Quantity, unit: str, field: str) -> Decimal:
    """A quantity of the activity in `unit` (a Rec 20 code). Raises InvalidQuantity that names `field` if the quantity
    has another dimension; `field` is the path below `activity`, such as `gases[0].held`."""
    return convert(quantity.amount, quantity.unit, unit, f"activity.{field}")


def kilograms(quantity: Quantity, field: str) -> Decimal:
    """A mass of the activity in kg, as `amount_in`."""
    return amount_in(quantity, "KGM", field)
