"""How long a stated figure is valid: three years after the end of its data, or until a change above ten per cent.

PACT 3 recalculates every three years, or earlier if the figure changes by more than 10 %; TfS ends a figure's validity
after three years.
"""

from typing import Final, Literal

YEARS: Final = 3
CHANGE: Final = 0.10
"""The largest relative change of a figure that leaves a statement in force."""
FigureKind = Literal["lotFigure", "movingAverage", "periodAverage"]
"""The figure of one lot; of the stock of a pool, to which each addition blends; of a pool over a closed period."""
_YEAR: Final = 4
_LEAP_DAY: Final = "-02-29"


def valid_until(data_end: str) -> str:
    """The end of the validity of a figure whose data end at this instant."""
    rest = data_end[_YEAR:]
    if rest.startswith(_LEAP_DAY):
        rest = "-02-28" + rest[len(_LEAP_DAY):]
    return f"{int(data_end[:_YEAR]) + YEARS:04d}{rest}"


def figure_kind(record_type: str, *, averaged: bool) -> FigureKind:
    """The kind of a lot's figure, by the type of the record that made it. `averaged`: a period average adjusted it."""
    if averaged:
        return "periodAverage"
    return "movingAverage" if record_type == "addition" else "lotFigure"


def change_of(before: float, now: float) -> float | None:
    """The relative change of a figure; None if it was zero and is not any more."""
    if before == now:
        return 0.0
    return (now - before) / abs(before) if before else None


def is_above_limit(change: float | None) -> bool:
    """Whether a change ends the validity of the earlier figure, or asks for a reason. Rounding does not."""
    return change is None or abs(change) > CHANGE * (1.0 + 1e-9)
