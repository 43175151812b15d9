"""Checks the figure that a plugin's chain method returns before anybody sees it: types, finite numbers, the sum."""

import math
from typing import Final

from ledger.errors import PluginError
from ledger.sdk import ChainFigure, ChainLine

TOLERANCE: Final = 1e-9
"""Largest allowed difference between total and sum of the lines, relative to the sum of the lines' absolute amounts.
Computing over a chain may differ from the stored figures by as much."""

_RULE: Final = "a ChainFigure of finite numbers whose lines add up to its total"


def checked(value: object, method: str) -> ChainFigure:
    """The figure, with every number as a float. Raises PluginError, which names `method` and the fault."""
    if not isinstance(value, ChainFigure):
        raise _wrong(method, f"returned a {type(value).__name__}, not a ChainFigure", "total", type(value).__name__)
    total = _number(value.total, method, "total")
    if not isinstance(value.lines, tuple | list) or not isinstance(value.notes, tuple | list):
        raise _wrong(method, "returned lines or notes that are not a tuple", "lines", type(value.lines).__name__)
    lines = tuple([_line(line, method, f"lines[{i}]") for i, line in enumerate(value.lines)])
    notes = tuple([_text(note, method, f"notes[{i}]") for i, note in enumerate(value.notes)])
    amounts = [line.amount for line in lines]
    scale = _sum([abs(amount) for amount in amounts], method)
    if not abs(_sum([total, *[-amount for amount in amounts]], method)) <= TOLERANCE * scale:
        raise _wrong(
            method, f"returned lines that add up to {_sum(amounts, method)!r}, but a total of {total!r}", "lines", total
        )
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
    """Accepts subclasses of Python's integers and floats, from any library, but no booleans."""
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
        raise _wrong(method, f"returned {field} that is a {type(value).__name__}, not a text", field,
                     type(value).__name__)
    return value


def _sum(amounts: list[float], method: str) -> float:
    try:
        return math.fsum(amounts)
    except OverflowError:
        raise _wrong(method, "returned lines whose sum is too large for a float", "lines", None) from None


def _wrong(method: str, fault: str, field: str, value: object) -> PluginError:
    return PluginError(f"chain method {method} {fault}", code="invalid-chain-figure", field=field, value=value,
                       rule=_RULE)
