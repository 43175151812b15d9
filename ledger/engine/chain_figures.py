"""What a plugin's chain method returned, checked before anybody sees it: types, finite numbers, lines that add up."""

import math
from typing import Final

from ledger.errors import PluginError
from ledger.sdk import ChainFigure, ChainLine

TOLERANCE: Final = 1e-9
"""Of the lines' absolute amounts: as much as passes over a chain may differ from stored figures."""

_RULE: Final = "a ChainFigure of finite numbers whose lines add up to its total"


def checked(found: object, method: str) -> ChainFigure:
    """The figure, with every number as a float. Raises PluginError that names `method` and what is wrong."""
    if not isinstance(found, ChainFigure):
        raise _wrong(method, f"returned a {type(found).__name__}, not a ChainFigure", "total", type(found).__name__)
    total = _number(found.total, method, "total")
    if not isinstance(found.lines, tuple | list) or not isinstance(found.notes, tuple | list):
        raise _wrong(method, "returned lines or notes that are no tuple", "lines", type(found.lines).__name__)
    lines = tuple([_line(line, method, f"lines[{i}]") for i, line in enumerate(found.lines)])
    notes = tuple([_text(note, method, f"notes[{i}]") for i, note in enumerate(found.notes)])
    amounts = [line.amount for line in lines]
    scale = _sum([abs(amount) for amount in amounts], method)
    if not abs(_sum([total, *[-amount for amount in amounts]], method)) <= TOLERANCE * scale:
        raise _wrong(method, f"returned lines of {_sum(amounts, method)!r} for a total of {total!r}", "lines", total)
    return ChainFigure(total=total, lines=lines, notes=notes)


def _line(line: object, method: str, field: str) -> ChainLine:
    if not isinstance(line, ChainLine):
        raise _wrong(method, f"returned {field} that is a {type(line).__name__}", field, type(line).__name__)
    name = _text(line.name, method, f"{field}.name")
    if not name:
        raise _wrong(method, f"returned {field} without a name", f"{field}.name", name)
    return ChainLine(
        name=name, amount=_number(line.amount, method, f"{field}.amount"),
        what=_text(line.what, method, f"{field}.what"),
    )


def _number(value: object, method: str, field: str) -> float:
    """Integers and floats of any library that are subclasses of Python's; no booleans."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(method, f"returned {field} that is a {type(value).__name__}, not a number", field,
                     type(value).__name__)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(method, f"returned {field} of {number}", field, number)
    return number


def _text(value: object, method: str, field: str) -> str:
    if not isinstance(value, str):
        raise _wrong(method, f"returned {field} that is a {type(value).__name__}, no text", field, type(value).__name__)
    return value


def _sum(amounts: list[float], method: str) -> float:
    try:
        return math.fsum(amounts)
    except OverflowError:
        raise _wrong(method, "returned lines beyond all numbers", "lines", None) from None


def _wrong(method: str, what: str, field: str, value: object) -> PluginError:
    return PluginError(f"chain method {method} {what}", code="invalid-chain-figure", field=field, value=value,
                       rule=_RULE)
