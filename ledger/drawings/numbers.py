"""How numbers are written for people, in any language: thin no-break spaces, a true minus, one resolution a column.

Amounts are floats or Decimals in the unit of their column. Every function returns the text alone; `exact` returns the
value as a machine reads it, for the attribute `value` of a `data` element.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, NamedTuple

Amount = float | int | Decimal

THIN: Final = "\u202f"
"""Between thousands, and before a percent sign. No line breaks there."""
MINUS: Final = "\u2212"
ABSENT: Final = "\u2013"
"""The cell of a value that does not exist. A measured zero is `0`."""
_MOST_DECIMALS: Final = 9
_NARROW: Final = Decimal("0.1")
_NOISE: Final = Decimal("1e-9")
"""Percent by which a whole may differ from 100: parts of floats add up to 99.99999999999999."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class FigureInterval(NamedTuple):
    """The 95 % interval of a figure."""

    low: Amount
    high: Amount


class Scale(NamedTuple):
    """The unit of a drawing or column: amounts in kg are divided by `divisor`, and written with `decimals`."""

    unit: str
    divisor: int
    decimals: int

    def text(self, kilograms: Amount, *, signed: bool = False) -> str:
        """An amount in kg as a cell, without its unit."""
        return cell(_exact(kilograms) / self.divisor, self.decimals, signed=signed)

    def shows(self, kilograms: Amount) -> bool:
        """Whether an amount is not zero once it is rounded."""
        return bool(_rounded(_exact(kilograms) / self.divisor, self.decimals))


def digits_of(figure: Amount, interval: FigureInterval | None = None) -> int:
    """The significant digits that a figure deserves: four if its interval lies within ±5 %, else three."""
    if interval is None or not figure:
        return 3
    width = abs(_exact(interval.high) - _exact(interval.low))
    return 4 if width <= _NARROW * abs(_exact(figure)) else 3


def figure(amount: Amount | None, interval: FigureInterval | None = None) -> str:
    """A figure that stands alone, such as `5 175` or `0.0434`. Digits before the decimal point are never dropped."""
    return ABSENT if amount is None else grouped(amount, decimals_for(amount, digits_of(amount, interval)))


def decimals_for(amount: Amount, digits: int = 3) -> int:
    """The decimals with which the amount shows so many significant digits; at least 0, at most 9."""
    value = _exact(amount)
    if not value.is_finite() or not value:
        return 0
    decimals = min(max(0, digits - 1 - value.adjusted()), _MOST_DECIMALS)
    # 9.996 has one digit more once it is rounded.
    return max(0, min(decimals, digits - 1 - _rounded(value, decimals).adjusted())) if decimals else 0


def grouped(amount: Amount, decimals: int = 0, *, signed: bool = False) -> str:
    """An amount with this many decimals, half rounded up. `signed`: a change or difference carries its sign."""
    value = _exact(amount)
    if not value.is_finite():
        return ABSENT
    rounded = _rounded(value, decimals)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + f"{abs(rounded):,.{decimals}f}".replace(",", THIN)


def cell(amount: Amount | None, decimals: int = 0, *, signed: bool = False) -> str:
    """An amount in a column with this resolution: `< 1` if it would only show as zero, `–` if it does not exist."""
    if amount is None:
        return ABSENT
    value = _exact(amount)
    if not value.is_finite():
        return ABSENT
    if value and not _rounded(value, decimals):
        least = f"{Decimal(1).scaleb(-decimals):f}"
        return f"> {MINUS}{least}".replace(" ", THIN) if value < 0 else f"<{THIN}{least}"
    return grouped(value, decimals, signed=signed)


def column_decimals(amounts: Iterable[Amount], digits: int = 3) -> int:
    """The resolution of a column: the decimals with which its largest amount shows so many significant digits."""
    return decimals_for(max((abs(_exact(amount)) for amount in amounts), default=Decimal(0)), digits)


def mass_scale(largest: Amount, unit: str = "", digits: int = 3) -> Scale:
    """The scale of a column of kg: kilograms below 10,000 t, else tonnes. `unit` follows: ` CO₂e`."""
    size = abs(_exact(largest))
    name, divisor = ("kg", 1) if size < 10_000_000 else ("t", 1_000)
    return Scale(f"{name}{unit}", divisor, decimals_for(size / divisor, digits))


def percent(share: Amount | None, *, signed: bool = False) -> str:
    """A share of 1 with one decimal: `69.2 %`, `< 0.1 %`; the whole alone shows as `100 %`."""
    if share is None:
        return ABSENT
    value = _exact(share) * 100
    if not value.is_finite():
        return ABSENT
    if abs(abs(value) - 100) < _NOISE:
        text = grouped(value, 0, signed=signed)
    elif abs(value) < 100 and abs(_rounded(value, 1)) == 100:
        text = grouped(Decimal("99.9").copy_sign(value), 1, signed=signed)
    elif not value:
        text = "0"
    else:
        text = cell(value, 1, signed=signed)
    return f"{text}{THIN}%"


def exact(amount: Amount) -> str:
    """The value in full, without exponent and grouping; it reads back to the same number."""
    return f"{_exact(amount):f}"


def day(text: str, language: Literal["en", "zh"] = "en") -> str:
    """The day of an ISO date or time: `21 Feb 2022` or `2022年2月21日`. Raises ValueError for another text."""
    year, month, number = _date(text)
    if language == "zh":
        return f"{year}年{month}月{number}日"
    return f"{number}\u00a0{_MONTHS[month - 1]}\u00a0{year}"


def month(text: str, language: Literal["en", "zh"] = "en") -> str:
    """The month of an ISO date or time, or of `2022-02`: `Feb 2022` or `2022年2月`."""
    year, number, _ = _date(text[:7] + "-01")
    return f"{year}年{number}月" if language == "zh" else f"{_MONTHS[number - 1]}\u00a0{year}"


def when(text: str, language: Literal["en", "zh"] = "en") -> str:
    """The day, month or year of an ISO date, as precise as it is: `2022-02-21`, `2022-02` or `2022`."""
    if len(text) == 4:
        return f"{text}年" if language == "zh" else text
    return month(text, language) if len(text) == 7 else day(text, language)


def _date(text: str) -> tuple[int, int, int]:
    parts = text[:10].split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts) or not 1 <= int(parts[1]) <= 12:
        raise ValueError(f"{text!r} does not begin with a date such as 2022-02-21")
    return int(parts[0]), int(parts[1]), int(parts[2])


def _exact(amount: Amount) -> Decimal:
    """The decimal that a reader sees: of a float, its shortest spelling."""
    return amount if isinstance(amount, Decimal) else Decimal(repr(amount))


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
