"""The arithmetic of amounts: every Decimal of a footprint is computed in one context, whatever the caller's is."""

from decimal import Context, DivisionByZero, InvalidOperation, Overflow
from typing import Final

CONTEXT: Final = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
"""34 digits, half to even, as IEEE 754 decimal128 has them."""
