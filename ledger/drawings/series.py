"""A small chart of values over time: lines or steps, with gaps where values are missing."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import floor, isfinite, log10
from typing import Final, NamedTuple

from ledger.drawings.calendar import day_number, day_ticks
from ledger.drawings.numbers import grouped, when
from ledger.drawings.svg import element, number, text, title, width_of

_SIZE: Final = 12.0
_TICKS: Final = 4
_TICK_ROOM: Final = 80.0
_BELOW: Final = 22.0
_ABOVE: Final = 10.0
_DOT: Final = 3.0
_MOST_DOTS: Final = 40
_PAD: Final = 8.0


class SeriesPoint(NamedTuple):
    """A value at an ISO date or month; None where it is missing. `words`: its title."""

    day: str
    value: float | None
    words: str = ""


class SeriesLine(NamedTuple):
    """The points of a line, in order of time. `kind`: the class `s-KIND`; `step`: each value holds until the next."""

    points: Sequence[SeriesPoint]
    kind: str = "plain"
    step: bool = False


class SeriesFrame(NamedTuple):
    """Size in pixels. `from_zero`: the axis of values has zero. `words`: writes the day, month or year of a tick."""

    width: float = 520.0
    height: float = 180.0
    from_zero: bool = True
    words: Callable[[str], str] = when


FRAME: Final = SeriesFrame()


class _Plot(NamedTuple):
    """Where values and days lie. The room for numbers at the left is `left`."""

    frame: SeriesFrame
    left: float
    days: tuple[int, int]
    values: tuple[float, float]

    def x(self, day: int) -> float:
        first, last = self.days
        room = self.frame.width - self.left - 2 * _PAD
        return self.left + _PAD + (room * (day - first) / (last - first) if last > first else room / 2)

    def y(self, value: float) -> float:
        low, high = self.values
        room = self.frame.height - _ABOVE - _BELOW
        return _ABOVE + room * (high - value) / (high - low)


def value_ticks(low: float, high: float, most: int = _TICKS) -> list[float]:
    """Round values (1, 2 or 5 times a power of ten) that enclose a range."""
    if not high > low:
        low, high = min(low, 0.0), max(high, 0.0)
        high = high if high > low else low + 1.0
    rough = (high - low) / most
    power = Decimal(10) ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if float(factor * power) >= rough * (1 - 1e-9))
    first, last = floor(Decimal(repr(low)) / step), -floor(-Decimal(repr(high)) / step)
    return [float(step * count) for count in range(first, last + 1)]


def draw_series(lines: Sequence[SeriesLine], label: str, frame: SeriesFrame = FRAME) -> str:
    """The chart. `label`: its name with the unit of the values. Raises ValueError for a text that is not a date."""
    values = [value for line in lines for point in line.points if (value := _value(point)) is not None]
    days = [day_number(point.day) for line in lines for point in line.points]
    low, high = min(values, default=0.0), max(values, default=1.0)
    ticks = value_ticks(min(low, 0.0), max(high, 0.0)) if frame.from_zero else value_ticks(low, high)
    decimals = _decimals(ticks)
    left = max([width_of(grouped(tick, decimals), _SIZE) for tick in ticks]) + _PAD
    plot = _Plot(frame, left, (min(days, default=0), max(days, default=0)), (ticks[0], ticks[-1]))
    shapes = []
    for tick in ticks:
        y = plot.y(tick)
        css = "axis" if tick == 0.0 or tick == ticks[0] else "rule"
        shapes.append(element("line", class_=css, x1=left, x2=frame.width, y1=y, y2=y))
        words = text(grouped(tick, decimals))
        shapes.append(element("text", [words], class_="tick", x=left - _PAD, y=y + 4, text_anchor="end"))
    shapes += _day_axis(plot)
    for line in lines:
        shapes += _line(line, plot)
    size = f"0 0 {number(frame.width)} {number(frame.height)}"
    return element("svg", shapes, class_="series", viewBox=size, width=frame.width, height=frame.height, role="img",
                   aria_label=label)


def _value(point: SeriesPoint) -> float | None:
    return point.value if point.value is not None and isfinite(point.value) else None


def _decimals(ticks: Sequence[float]) -> int:
    step = Decimal(repr(ticks[1])) - Decimal(repr(ticks[0]))
    return max(0, -step.normalize().adjusted())


def _day_axis(plot: _Plot) -> list[str]:
    first, last = plot.days
    if not first:
        return []
    most = max(1, int((plot.frame.width - plot.left) / _TICK_ROOM))
    ticks = day_ticks(first, last, most, plot.frame.words)
    y, shapes = plot.frame.height - _BELOW, []
    for tick in ticks:
        x, wide = plot.x(tick.day), width_of(tick.words, _SIZE)
        shapes.append(element("line", class_="axis", x1=x, x2=x, y1=y, y2=y + 4))
        begin = min(max(x - wide / 2, 0.0), plot.frame.width - wide)
        shapes.append(element("text", [text(tick.words)], class_="tick", x=begin, y=y + 17))
    return shapes


def _line(line: SeriesLine, plot: _Plot) -> list[str]:
    """A path with a gap at each missing value, and a dot for each value unless there are too many."""
    path, dots, pen = "", [], False
    for point in line.points:
        value = _value(point)
        if value is None:
            pen = False
            continue
        x, y = plot.x(day_number(point.day)), plot.y(value)
        turn = f"H{number(x)}V{number(y)}" if line.step else f"L{number(x)} {number(y)}"
        path += turn if pen else f"M{number(x)} {number(y)}"
        pen = True
        words = [title(point.words)] if point.words else None
        dots.append(element("circle", words, class_=f"dot s-{line.kind}", cx=x, cy=y, r=_DOT))
    shapes = [element("path", class_=f"line s-{line.kind}", d=path)] if path else []
    return shapes + dots if len(dots) <= _MOST_DOTS and not line.step else shapes
