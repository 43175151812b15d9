"""Numbers, instants and quantities as people type them, read as records spell them.

A reading is certain if the text can mean nothing else: `5,9` and `1.234,5`, but not `1,234` or `3.100`, which are
thousands in one country and a little more than one or three in another. Only certain readings are ever applied without
a question. A number with a raised digit is not read: `10³` is a thousand, but plain digits make it 103.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final, NamedTuple

from ledger.core.record.unit_names import read_unit
from ledger.core.record.units import plain

_LONGEST: Final = 64
_SEPARATORS: Final = "[ '’_\u00a0\u2009\u202f]"
_GROUPED: Final = re.compile(rf"([+-]?)([0-9]{{1,3}}(?:{_SEPARATORS}[0-9]{{3}})+)(?:[.,]([0-9]+))?")
_POINTED: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)")
_COMMAED: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]+)")
_MANY: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:([.,])[0-9]{3})(?:\3[0-9]{3})+)")
_EITHER: Final = re.compile(r"([+-]?)([1-9][0-9]{0,2}),([0-9]{3})")
_ROUND: Final = re.compile(r"([+-]?)([1-9][0-9]{0,2})\.([0-9]{2}0)")
"""A point before three digits that end in zero: no record spells a decimal so."""
_COMMA: Final = re.compile(r"([+-]?)([0-9]*),([0-9]+)")
_QUANTITY: Final = re.compile(r"([+-]?[0-9][0-9., '’_\u00a0\u2009\u202f]*?)\s*([^0-9\s.,].*)")
_DOTTED_DATE: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_SLASHED_DATE: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_ENDS: Final = ("end", "until")


class TextReading(NamedTuple):
    """`values`: the JSON values that a text may mean. `certain`: it can mean nothing else, so there is one value."""

    values: tuple[Any, ...] = ()
    certain: bool = False
    note: str = ""


UNREAD: Final = TextReading()


def read_number(given: object) -> TextReading:
    """The decimal strings that a text or a JSON number may mean, without superfluous zeros."""
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        return UNREAD
    if not isinstance(given, str):
        return _spelled(str(given), certain=True)
    text = _normal(given).replace("\u2212", "-")
    if not text or text[:-1].rstrip().endswith("%"):
        return UNREAD
    if text.endswith("%"):
        part = read_number(text[:-1])
        return TextReading(tuple([plain(Decimal(value).scaleb(-2)) for value in part.values]), part.certain)
    either = _EITHER.fullmatch(text) or _ROUND.fullmatch(text)
    if either:
        whole, small = "".join(either.groups()), f"{either[1]}{either[2]}.{either[3]}"
        readings = (*_spelled(small).values, *_spelled(whole).values)
        return TextReading(readings, note=f"{given!r} may be {readings[0]} or {readings[1]}: state which")
    return _spelled(_without_groups(text), certain=True)


def _normal(given: str) -> str:
    """A text in plain characters; empty if it is too long, or if a sign in it would become a digit of a number. A
    raised digit after a letter belongs to a unit, as in `m³`."""
    text = given.strip()
    if len(text) > _LONGEST or any(_moved(char) and not before.isalpha() for before, char in pairwise(f" {text}")):
        return ""
    normal = unicodedata.normalize("NFKC", text)
    return normal if len(normal) <= _LONGEST else ""


def _moved(char: str) -> bool:
    """Whether a sign that is no digit begins with one in plain characters, as `³`, `⑩` and `½` do."""
    return not char.isdecimal() and unicodedata.normalize("NFKC", char)[:1].isdecimal()


def _without_groups(text: str) -> str:
    for pattern in (_GROUPED, _POINTED, _COMMAED):
        match = pattern.fullmatch(text)
        if match:
            digits = re.sub(r"[^0-9]", "", match[2])
            return f"{match[1]}{digits}" + (f".{match[3]}" if match[3] else "")
    match = _MANY.fullmatch(text)
    if match:
        return match[1] + re.sub(r"[^0-9]", "", match[2])
    match = _COMMA.fullmatch(text)
    return f"{match[1]}{match[2] or '0'}.{match[3]}" if match else text


def _spelled(text: str, *, certain: bool = False) -> TextReading:
    try:
        amount = Decimal(text if text.isascii() and "_" not in text else "?")
    except InvalidOperation:
        return UNREAD
    if not amount.is_finite() or abs(amount.adjusted()) > _LONGEST:
        return UNREAD
    return TextReading((plain(amount) if amount else "0",), certain)


def read_instant(given: object, field: str = "") -> TextReading:
    """The instants that a text may mean. Without an offset or a time it is uncertain. A date at which a period ends
    includes that day, so it stands for the midnight after it."""
    if not isinstance(given, str) or len(given) > _LONGEST:
        return UNREAD
    text = given.strip()
    dates = list(_days(text))
    if dates:
        days = [day for day in dates if day is not None and day < date.max]
        ends = field.lower().endswith(_ENDS)
        values = tuple([f"{day + timedelta(days=int(ends))}T00:00:00Z" for day in days])
        if len(values) > 1:
            return TextReading(values, note=f"{given!r} may be " + " or ".join(values))
        return TextReading(values, note="the day of the end counts in full" if ends and values else "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return UNREAD
    zoned = moment.tzinfo is not None
    try:
        utc = moment.astimezone(UTC) if zoned else moment
    except OverflowError:
        return UNREAD
    note = "" if zoned else "in UTC; another zone as an offset, such as +01:00"
    return TextReading((f"{utc:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0"),), certain=zoned and not utc.microsecond, note=note)


def _days(text: str) -> Iterator[date | None]:
    """The days that a date without a time may mean."""
    dotted, slashed = _DOTTED_DATE.fullmatch(text), _SLASHED_DATE.fullmatch(text)
    if dotted:
        yield _day(dotted[3], dotted[2], dotted[1])
    elif slashed:
        first = _day(slashed[3], slashed[2], slashed[1])
        yield first
        second = _day(slashed[3], slashed[1], slashed[2])
        if second != first:
            yield second
    elif "T" not in text and ":" not in text:
        try:
            yield date.fromisoformat(text.replace("/", "-"))
        except ValueError:
            return


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_quantity(given: object) -> TextReading:
    """The quantities that a text such as `110 t` may mean. A number alone has no unit: it gives `value` alone."""
    if isinstance(given, str):
        match = _QUANTITY.fullmatch(_normal(given))
        if match:
            number, unit = read_number(match[1]), read_unit(match[2])
            values = [{"value": value, "unit": code} for value in number.values for code in unit.codes]
            return TextReading(tuple(values), number.certain and unit.certain, unit.note)
    number = read_number(given)
    note = "it has no unit" if number.values else ""
    return TextReading(tuple([{"value": value} for value in number.values]), note=note)
