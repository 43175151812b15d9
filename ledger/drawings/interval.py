"""A figure as a dot with its 95 % interval, on an axis of the figure ± 20 %, or more if the interval needs it."""

from typing import Final

from ledger.drawings.numbers import FigureInterval
from ledger.drawings.svg import element, percentage, title

_SPREAD: Final = 0.2
_MARGIN: Final = 1.1
_HEIGHT: Final = 20


def axis_of(figure: float, interval: FigureInterval) -> FigureInterval:
    """The ends of the axis. Several figures that are compared share the widest one."""
    needed = max(abs(float(interval.high) - figure), abs(figure - float(interval.low))) * _MARGIN
    spread = max(_SPREAD * abs(figure), needed)
    return FigureInterval(figure - spread, figure + spread)


def interval_dot(
    figure: float, interval: FigureInterval, axis: FigureInterval | None = None, words: str = "", label: str = ""
) -> str:
    """The drawing, as wide as its cell. `words`: its title. Without a `label`, screen readers skip it."""
    low, high = map(float, axis_of(figure, interval) if axis is None else axis)

    def at(amount: float) -> str:
        return percentage(min(max((amount - low) / (high - low), 0.0), 1.0) * 100.0 if high > low else 50.0)

    middle = _HEIGHT / 2
    shapes = [
        title(words) if words else "",
        element("line", class_="axis", x1="0%", x2="100%", y1=middle, y2=middle),
        element("line", class_="range", x1=at(float(interval.low)), x2=at(float(interval.high)), y1=middle, y2=middle),
        element("circle", class_="dot", cx=at(figure), cy=middle, r=5),
    ]
    role = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return element("svg", shapes, class_="interval", width="100%", height=_HEIGHT, **role)
