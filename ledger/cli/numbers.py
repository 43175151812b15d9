"""Numbers for people: no exponents, thousands in groups, and rounding dust as zero. `--json` prints them in full."""

from math import floor, log10
from typing import Final

from ledger.core.record.units import UNITS
from ledger.core.record.values import Quantity

_DUST: Final = 1e-9
"""Amounts below this, a microgram of CO2e, are rounding errors of binary arithmetic."""
_SMALLEST_FIXED: Final = 0.0005
_SMALLEST_PER_CENT: Final = 0.0005
"""A share below this would show as `0.0 %`, and one of so much less than the whole as `100.0 %`."""


def numeral(amount: float, digits: int = 6, *, signed: bool = False) -> str:
    """An amount with this many significant digits; all of them before the decimal point if it is larger."""
    if abs(amount) < _DUST:
        return "0"
    decimals = max(0, digits - 1 - floor(log10(abs(amount))))
    text = f"{amount:{'+' if signed else ''},.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def fixed(amount: float, *, signed: bool = False) -> str:
    """An amount in kg or t with three decimals; one that would show as zero has three significant digits instead."""
    if abs(amount) < _SMALLEST_FIXED:
        return numeral(amount, 3, signed=signed)
    return f"{amount:{'+' if signed else ''},.3f}"


def share_words(share: float) -> str:
    """A share in per cent with one decimal. Only nothing shows as `0.0 %`, and only the whole as `100.0 %`."""
    size, sign = abs(share), "-" if share < 0 else ""
    if size < _DUST:
        return "0.0 %"
    if size < _SMALLEST_PER_CENT:
        return f"{'> -' if sign else '< '}0.1 %"
    if 1 - _SMALLEST_PER_CENT <= size < 1 - _DUST:
        return f"{sign}99.9 %"
    return f"{share * 100:.1f} %"


def unit_words(code: str) -> str:
    """The name of a unit with its code: `piece (H87)`."""
    unit = UNITS.get(code)
    return code if unit is None else f"{unit.name} ({code})"


def quantity_words(quantity: Quantity) -> str:
    """A quantity with the name of its unit: `110 TNE (tonne)`."""
    unit = UNITS.get(quantity.unit)
    return str(quantity) if unit is None else f"{quantity} ({unit.name})"


def per_unit(amount: float, code: str) -> str:
    """A figure for one unit: `232.18 kg CO2e per tonne (TNE)`."""
    return f"{numeral(amount)} kg CO2e per {unit_words(code)}"


def counted(count: int, noun: str) -> str:
    """A number of things, in words: `1 lot`, `2 lots`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
