"""How long a stated figure is valid: three years after the end of its data, or until a change above ten per cent.

PACT 3 recalculates every three years, or earlier if the figure changes by more than 10 %; TfS ends a figure's validity
after three years.
"""

import math
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Final, Literal, NamedTuple

YEARS: Final = 3
CHANGE: Final = 0.10
"""The largest relative change of a figure that leaves a statement in force."""
FigureKind = Literal["lotFigure", "movingAverage", "periodAverage"]
"""The figure of one lot; of the stock of a pool, to which each addition blends; of a pool over a closed period."""
NEGLIGIBLE: Final = 0.01
"""The part of a lot whose data may be older than the end of its data."""
_YEAR: Final = 4
_LEAP_DAY: Final = "-02-29"


class DataSource(NamedTuple):
    """A record upstream of a lot. `ended`: its end or its time. `inputs`: the quantities that a transfer, an acceptance
    or an addition took, by the log index of the record that made them; empty for a record with data of its own."""

    ended: str | None
    inputs: Mapping[int, float]


_UNREAD: Final = DataSource(None, {})


def data_end(maker: int, sources: Mapping[int, DataSource]) -> str | None:
    """The end of the data of the lot that the record `maker` made: less than a hundredth of the lot has older data.

    `sources`: the records upstream, by log index. A record that is not among them counts as the oldest. If these alone
    are a hundredth, the oldest end or time among `sources` stands for theirs.
    """
    upstream = TopologicalSorter({index: source.inputs for index, source in sources.items()}).static_order()
    parts, dated, older = {maker: 1.0}, list[tuple[str, float]](), 0.0
    for index in reversed(list(upstream)):
        source, part = sources.get(index, _UNREAD), parts[index]
        if source.ended is None and not source.inputs:
            older += part
        elif source.ended is not None and not source.inputs:
            dated.append((source.ended, part))
        whole = math.fsum(source.inputs.values())
        for taken, quantity in source.inputs.items():
            parts[taken] = parts.get(taken, 0.0) + part * quantity / whole
    if older < NEGLIGIBLE:
        for ended, part in sorted(dated):
            older += part
            if older >= NEGLIGIBLE:
                return ended
    return min([source.ended for source in sources.values() if source.ended is not None], default=None)


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
