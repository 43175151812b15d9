"""Values of cells as records spell them: numbers by a stated format, dates by a stated offset. Nothing is guessed: a
text that the stated format does not allow is a fault."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledger.client.sheets.columns import KINDS, TEXT, parsed, unescaped
from ledger.core.record.units import plain
from ledger.errors import InvalidInput, LedgerError

_FAULTS: Final[Mapping[str, str]] = {
    "formula": "a formula", "cell-error": "an error", "not-a-number": "not a number in the stated format",
    "not-a-whole-number": "not a whole number", "not-a-date": "not a date in the stated format",
    "not-a-text": "not a text", "invalid-field": "not such a value",
}
_DIGITS: Final = 15
"""Significant digits of a number in a workbook; a spreadsheet shows and keeps no more."""
_DECIMALS: Final = 9
"""Records have no more."""
_LEAST_ROUNDED: Final = Decimal("0.0001")
"""A smaller number would keep fewer than six significant digits."""
_MOST_WHOLE: Final = 1 << 53
"""Records have no larger integers."""
_INSTANT: Final = "instant"
_NUMBERS: Final = frozenset({"decimal", "signed decimal", "fraction", "deviation"})
_WHOLE: Final = "whole number"
_TRUTH: Final = "true or false"
_UNKNOWN: Final = ("", "JSON")
"""Types of fields whose cells are read by their own type."""
_DIGITS_ALONE: Final = re.compile(r"[-\u2212]?[0-9]+")
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DOTTED_MONTH: Final = re.compile(r"(0?[1-9]|1[0-2])\.([0-9]{4})")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
_LAST_MINUTE: Final = (23, 59)
_ENDS: Final = ("end", "until")
_WIRE: Final = "%Y-%m-%dT%H:%M:%SZ"
_YEARS: Final = "a date from the year 1 to the year 9999, in UTC"
_OFFSET: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


class Formula(NamedTuple):
    """The text of a cell with a formula, which is never evaluated."""

    text: str


class CellError(NamedTuple):
    """A cell that shows an error, such as `#N/A`."""

    text: str


CellValue = str | int | float | bool | Decimal | datetime | date | Formula | CellError
"""The content of a cell that is not empty. A CSV file has texts alone."""


class NumberFormat(NamedTuple):
    """How numbers are written: `point` before the decimals, any of `groups` between groups of three digits."""

    name: str
    point: str
    groups: str
    example: str

    def number(self, text: str) -> Decimal:
        """The number that a text states. Raises ValueError if the format does not allow it."""
        sign, digits = ("-", text[1:]) if text[:1] in "-\u2212" and text else ("", text)
        whole, point, decimals = digits.partition(self.point)
        if point and not (decimals.isascii() and decimals.isdigit()):
            raise ValueError(text)
        if not (whole.isascii() and whole.isdigit()):
            whole = self._ungrouped(whole)
        return Decimal(f"{sign}{whole}.{decimals or 0}")

    def _ungrouped(self, whole: str) -> str:
        """The digits of groups of three, all with the same sign between them."""
        group = next((sign for sign in self.groups if sign in whole), None)
        parts = [] if group is None else whole.split(group)
        regular = len(parts) > 1 and 1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])
        if not regular or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError(whole)
        return "".join(parts)


_SPACES: Final = " \u00a0\u202f"
FORMATS: Final[Mapping[str, NumberFormat]] = {one.name: one for one in (
    NumberFormat("en", ".", ",", "1,234.5"), NumberFormat("de", ",", ".", "1.234,5"),
    NumberFormat("fr", ",", _SPACES, "1 234,5"), NumberFormat("ch", ".", "'\u2019", "1'234.5"),
    NumberFormat("plain", ".", "", "1234.5"),
)}
"""The formats by the names that users give them. Spain, Italy and Brazil write numbers as `de`, China as `en`. No
format takes India's `1,23,456.7`."""


def stated_formats() -> str:
    """The option that states a format of numbers, with an example of each."""
    return "--numbers " + ", ".join([f"{name} ({one.example})" for name, one in FORMATS.items()])


ISO: Final = "yyyy-mm-dd"
MONTHS: Final = "mm.yyyy"
DATES: Final[Mapping[str, str]] = {
    ISO: "%Y-%m-%d", "dd.mm.yyyy": "%d.%m.%Y", "dd/mm/yyyy": "%d/%m/%Y", "mm/dd/yyyy": "%m/%d/%Y", "yyyymmdd": "%Y%m%d",
    "yyyy/mm/dd": "%Y/%m/%d", MONTHS: "%m.%Y",
}
"""The formats of dates by the names that users give them."""


class Style(NamedTuple):
    """The stated formats of numbers and dates, and the offset of dates and times without one. Without a format of
    numbers, a text is a number only if it has digits alone."""

    numbers: NumberFormat | None
    offset: timedelta = timedelta(0)
    dates: str = ISO


def offset_named(text: str) -> timedelta:
    """The offset such as `+08:00`. Raises InvalidInput."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text!r} is not an offset from UTC", code="invalid-offset", field="offset", value=text,
                           rule="such as +08:00")
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -size if match[1] == "-" else size


def wire_value(cell: CellValue, field: str, suffix: str, style: Style, *, ends: bool = False) -> Any:
    """The value of a cell for a field of this type (as the reference names it, or empty if it is unknown), in a column
    with this suffix. `ends`: a month or a day is the end of a period, and counts in full.

    Raises InvalidInput with the value and the rule.
    """
    check_value(cell)
    if suffix not in (TEXT, ""):
        return _suffixed(cell, suffix, style)
    if field in _NUMBERS:
        return plain(_number(cell, style))
    if field == _WHOLE:
        return _whole(cell, style)
    if field == _TRUTH:
        return _truth(cell)
    if field == _INSTANT or (isinstance(cell, date) and field in _UNKNOWN):
        return _instant(cell, style, ends=ends)
    return _text(cell)


def is_end(name: str) -> bool:
    """Whether the field of this name is the end of a period."""
    return name.lower().endswith(_ENDS)


def as_entered(value: str, name: str, style: Style) -> str:
    """The instant of a record's field as a sheet with this offset has it: a day, where it is a day's first second; at
    the end of a period the day before, which counts in full. A value that is no instant stays."""
    try:
        moment = datetime.strptime(value, _WIRE).replace(tzinfo=UTC).astimezone(timezone(style.offset))
        day = moment - timedelta(days=int(is_end(name)))
    except (ValueError, OverflowError):
        return value
    return day.date().isoformat() if moment.time() == time() else moment.isoformat()


def check_value(cell: CellValue | None) -> None:
    """Raises InvalidInput if the cell has a formula or shows an error: its text is not its value."""
    if isinstance(cell, Formula):
        raise _fault(cell.text, "formula", "a value: formulas are never evaluated; paste the column as values")
    if isinstance(cell, CellError):
        raise _fault(cell.text, "cell-error", "a value")


def _suffixed(cell: CellValue, suffix: str, style: Style) -> Any:
    if suffix == "int":
        return _whole(cell, style)
    if suffix == "bool":
        return _truth(cell)
    text = _text(cell)
    if suffix != "json":
        return text
    try:
        return parsed(text)
    except (ValueError, RecursionError):
        raise _fault(text, "invalid-field", KINDS[suffix]) from None


def _fault(value: object, code: str, rule: str) -> LedgerError:
    return InvalidInput(f"{value!r} is {_FAULTS[code]}", code=code, value=value, rule=rule)


def _number(cell: CellValue, style: Style) -> Decimal:
    if isinstance(cell, str):
        return _typed_number(cell, style.numbers)
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        raise _fault(_shown(cell), "not-a-number", "a number")
    return _exact(cell)


def _typed_number(text: str, numbers: NumberFormat | None) -> Decimal:
    """The number that a text states. Digits alone are the same number in every format."""
    bare = text.strip()
    if numbers is None:
        if _DIGITS_ALONE.fullmatch(bare):
            return Decimal(bare.replace("\u2212", "-"))
        raise _fault(text, "not-a-number", "a cell with a number; where numbers are text, state how the file writes "
                     f"them: {stated_formats()}")
    try:
        return numbers.number(bare)
    except ValueError:
        raise _fault(text, "not-a-number", f"a number such as {numbers.example}, by --numbers {numbers.name}") from None


def _exact(number: float | Decimal) -> Decimal:
    """A number of a workbook as a spreadsheet shows it: 0.1 + 0.2 is 0.3 there. Its decimals are rounded, since a
    spreadsheet calculates with binary numbers; a number that rounding would change much stays, and is a fault later.
    """
    if isinstance(number, int):
        return Decimal(number)
    value = Decimal(number) if isinstance(number, Decimal) else Decimal(f"{number:.{_DIGITS}g}")
    if not value.is_finite():
        raise _fault(number, "not-a-number", "a finite number")
    exponent = value.as_tuple().exponent
    if isinstance(number, float) and abs(value) >= _LEAST_ROUNDED and isinstance(exponent, int) and (
            exponent < -_DECIMALS):
        return round(value, _DECIMALS)
    return value


def _whole(cell: CellValue, style: Style) -> int:
    number = _number(cell, style)
    if number != number.to_integral_value():
        raise _fault(_shown(cell), "not-a-whole-number", "a whole number")
    if abs(number) >= _MOST_WHOLE:
        raise _fault(_shown(cell), "not-a-whole-number", f"a whole number below {_MOST_WHOLE:,}")
    return int(number)


def _truth(cell: CellValue) -> bool:
    text = str(cell).strip().lower()
    if text not in ("true", "false"):
        raise _fault(_shown(cell), "invalid-field", KINDS["bool"])
    return text == "true"


def _text(cell: CellValue) -> str:
    """A text. A number in a workbook stands for its digits, since a spreadsheet turns `4711` into a number."""
    if isinstance(cell, str):
        return unescaped(cell.strip())
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        raise _fault(_shown(cell), "not-a-text", "a text; format the column as text and enter it again")
    return plain(_exact(cell))


def _shown(cell: CellValue) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _instant(cell: CellValue, style: Style, *, ends: bool) -> str:
    """A day or a month is its first second; if it `ends`, the first second after it. The last minute of a day is the
    day's end too, since people write 23:59 where they mean it; midnight stays as it is."""
    if isinstance(cell, str):
        text = cell.strip()
        month = _year_and_month(text, style)
        if month is not None:
            try:
                return _month(*month, style, ends=ends)
            except (OverflowError, ValueError):
                raise _fault(text, "not-a-date", _YEARS) from None
        cell = _moment(text, style)
    if not isinstance(cell, date):
        raise _fault(_shown(cell), "not-a-date", "a date; format the column as a date, or write 2026-03-31")
    try:
        if isinstance(cell, datetime):
            last = ends and (cell.hour, cell.minute) == _LAST_MINUTE
            return _utc(_next_minute(cell) if last else cell, style)
        return _utc(datetime(cell.year, cell.month, cell.day) + timedelta(days=int(ends)), style)
    except OverflowError:
        raise _fault(cell.isoformat(), "not-a-date", _YEARS) from None


def _year_and_month(text: str, style: Style) -> tuple[int, int] | None:
    """The month that a text states; None if it is no month."""
    if month := _MONTH.fullmatch(text):
        return int(month[1]), int(month[2])
    if style.dates == MONTHS and (month := _DOTTED_MONTH.fullmatch(text)):
        return int(month[2]), int(month[1])
    return None


def _moment(text: str, style: Style) -> date:
    """A date in the stated format, or a time by ISO 8601."""
    try:
        if _TIME.match(text):
            return datetime.fromisoformat(text)
        return datetime.strptime(text, DATES[style.dates]).date()
    except ValueError:
        raise _fault(text, "not-a-date", f"a date as {style.dates}, by --dates {style.dates} (or another of "
                     f"{', '.join(DATES)}), a time such as 2026-03-31T08:00:00+08:00, or a month such as 2026-03"
                     ) from None


def _month(year: int, month: int, style: Style, *, ends: bool) -> str:
    if ends:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return _utc(datetime(year, month, 1), style)


def _next_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _utc(moment: datetime, style: Style) -> str:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone(style.offset))
    return aware.astimezone(UTC).replace(microsecond=0).strftime(_WIRE)
