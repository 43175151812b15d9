"""A solver: from all that answers tell, it determines hidden values, or shows that they may be others.

It knows nothing of how the answers are computed. Each hidden value is changed a little in a ledger of its own; the
numbers of all answers then say, as derivatives, which changes of the hidden values nobody could notice. A value is
determined if no such change moves it by more than the given fraction, with no value below zero.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy
from scipy.optimize import linprog

_NUMBER: Final = re.compile(r"-?\d{1,20}(\.\d+)?([eE]-?\d+)?")
_IN_TEXT: Final = re.compile(r"(?<![\w+/=.-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w+/=])")
"""A number in a text, but no digits of a hash or a signature."""
_SMALL: Final = 1e-9
_ROUNDING: Final = 1e-12
_CURVED: Final = 0.003
Observed = Mapping[str, float]
"""The numbers of answers, by question and place."""


def numbers_in(question: str, body: bytes) -> Iterator[tuple[str, float]]:
    """The numbers of a JSON answer, also those that stand in texts, by their place."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return
    yield from _walk(question, parsed)


def _walk(place: str, value: Any) -> Iterator[tuple[str, float]]:
    match value:
        case bool() | None:
            return
        case int() | float():
            yield place, float(value)
        case str():
            if _NUMBER.fullmatch(value):
                yield place, float(value)
            elif " " in value:
                for count, number in enumerate(_IN_TEXT.findall(value)):
                    yield f"{place}~{count}", float(number.replace(",", ""))
        case list():
            for count, member in enumerate(value):
                yield from _walk(f"{place}[{count}]", member)
        case dict():
            for name, member in value.items():
                yield from _walk(f"{place}.{name}", member)


def determined(
    values: Sequence[float], base: Observed, again: Observed, changed: Sequence[Observed], steps: Sequence[float],
    within: float = 0.1,
) -> dict[int, tuple[float, float]]:
    """The hidden values, by position, that the observations determine within a fraction, each with its possible range.

    `again`: the observations of an equal ledger; what differs there, such as times, tells nothing. `changed`: the
    observations after a change of one value each, by `steps`.
    """
    places = [place for place, number in base.items() if again.get(place) == number]
    columns = []
    for observed, step in zip(changed, steps, strict=True):
        # Whether a sum that is zero but for rounding has a row of its own tells nothing.
        columns.append([
            (observed.get(place, 0.0 if abs(base[place]) < _ROUNDING else numpy.inf) - base[place]) / step
            for place in places])
    matrix = numpy.array(columns).T
    # An answer that another value makes appear or vanish tells of it, as an equation of its own.
    matrix[~numpy.isfinite(matrix)] = 1.0
    scale = numpy.abs(matrix * numpy.array(values)).max(axis=1) if len(matrix) else numpy.zeros(0)
    telling = matrix[scale > _SMALL * numpy.maximum(1.0, numpy.abs([base[place] for place in places]))]
    telling = _distinct(telling, numpy.array(values))
    return {
        position: bounds for position, value in enumerate(values)
        if (bounds := _range(telling, values, position))[1] - bounds[0] < 2 * within * value
    }


def _distinct(equations: Any, values: Any) -> Any:
    """The equations without those that only the curvature of the figures tells apart: a small step is not a
    derivative, so equal facts give slightly different equations."""
    if not len(equations):
        return equations
    relative = equations * values
    relative = numpy.unique(numpy.round(relative / numpy.abs(relative).max(axis=1, keepdims=True), 6), axis=0)
    _, weights, directions = numpy.linalg.svd(relative, full_matrices=False)
    return directions[weights > _CURVED * weights[0]] / values


def _range(equations: Any, values: Sequence[float], position: int) -> tuple[float, float]:
    """The least and the largest value at a position with which all observations stay as they are."""
    if not len(equations):
        return 0.0, numpy.inf
    count = len(values)
    limits = [(-value, 10 * value) for value in values]
    ends = []
    for sign in (1.0, -1.0):
        aim = numpy.zeros(count)
        aim[position] = sign
        found = linprog(aim, A_eq=equations, b_eq=numpy.zeros(len(equations)), bounds=limits)
        ends.append(0.0 if found.x is None else found.x[position])
    return values[position] + ends[0], values[position] + ends[1]
