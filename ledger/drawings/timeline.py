"""The lives of an item on a line of time: made, in use, core, remanufactured."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from ledger.drawings.calendar import DayTick, day_number, day_ticks
from ledger.drawings.numbers import when
from ledger.drawings.stacking import LabelledSpan, Stacked, stack
from ledger.drawings.svg import element, number, shortened, text, title, width_of

LifeKind = Literal["made", "use", "core", "remanufactured", "end"]
_SIZE: Final = 12.0
_LINE: Final = 14.5
_BAR: Final = 24.0
_LEAST: Final = 5.0
_TICK_ROOM: Final = 72.0
_MARGIN: Final = 12.0
_DAYS_AROUND: Final = 0.02


class LifePhase(NamedTuple):
    """A part of a life, from one ISO date or time to another. `words` stand in its bar if they fit, and in its
    title."""

    kind: LifeKind
    start: str
    end: str
    words: str = ""


class LifeEvent(NamedTuple):
    """A label at a day: above the bar, or below the axis, such as parts that went elsewhere. The name may be empty."""

    day: str
    name: str
    notes: tuple[str, ...] = ()
    below: bool = False


class _Axis(NamedTuple):
    first: int
    last: int
    width: float

    def at(self, day: int) -> float:
        """Pixels of a day."""
        return _MARGIN + (day - self.first) / (self.last - self.first) * (self.width - 2 * _MARGIN)


def draw_lives(
    phases: Sequence[LifePhase], events: Sequence[LifeEvent] = (), label: str = "", width: float = 1040.0,
    words: Callable[[str], str] = when,
) -> str:
    """The drawing. `words`: writes the day, month or year of a tick. Raises ValueError for a text without a date."""
    days = [day_number(day) for phase in phases for day in (phase.start, phase.end)]
    days += [day_number(event.day) for event in events]
    first, last = min(days, default=0), max(days, default=1)
    around = max(3, round((last - first) * _DAYS_AROUND))
    axis = _Axis(max(1, first - around), max(last, 1) + around, width)
    above = sorted([event for event in events if not event.below], key=lambda event: day_number(event.day))
    below = sorted([event for event in events if event.below], key=lambda event: day_number(event.day))
    over = _stacked(above, axis)
    top = max([place.level + _height(event) for event, place in zip(above, over, strict=True)], default=0) * _LINE
    bar = top + (14.0 if above else 2.0)
    shapes = _ticks(axis, day_ticks(axis.first, axis.last, int(width / _TICK_ROOM), words), bar + _BAR + 8.0)
    shapes += [_phase(phase, axis, bar) for phase in phases]
    shapes += [_above(event, place, axis, bar) for event, place in zip(above, over, strict=True)]
    base = bar + _BAR + 8.0 + 2 * _LINE + 6.0
    under = _stacked(below, axis)
    shapes += [_below(event, place, axis, (bar + _BAR, base)) for event, place in zip(below, under, strict=True)]
    lines = max([place.level + _height(event) for event, place in zip(below, under, strict=True)], default=0)
    height = base + lines * _LINE if below else base - _LINE
    return element("svg", shapes, class_="lives", viewBox=f"0 0 {number(width)} {number(height)}", width=width,
                   height=height, role="img", aria_label=label)


def _height(event: LifeEvent) -> int:
    return len(event.notes) + (1 if event.name else 0)


def _stacked(events: Sequence[LifeEvent], axis: _Axis) -> list[Stacked]:
    anchors = []
    for event in events:
        width = max(width_of(line, _SIZE, bold=True) for line in (event.name, *event.notes)) + _SIZE / 2
        x = axis.at(day_number(event.day))
        anchors.append(LabelledSpan(x, x, width, _height(event)))
    return stack(anchors, axis.width)


def _ticks(axis: _Axis, ticks: Sequence[DayTick], y: float) -> list[str]:
    shapes = [element("line", class_="axis", x1=axis.at(axis.first), x2=axis.at(axis.last), y1=y, y2=y)]
    for tick in ticks:
        x = axis.at(tick.day)
        shapes.append(element("line", class_="axis", x1=x, x2=x, y1=y, y2=y + 4))
        if x + width_of(tick.words, _SIZE) <= axis.width:
            shapes.append(element("text", [text(tick.words)], class_="tick", x=x, y=y + _LINE + 2))
    return shapes


def _phase(phase: LifePhase, axis: _Axis, y: float) -> str:
    begin, end = axis.at(day_number(phase.start)), axis.at(day_number(phase.end))
    wide = max(_LEAST, end - begin)
    shape = element("rect", [title(phase.words)] if phase.words else None, class_=f"life {phase.kind}", x=begin, y=y,
                    width=wide, height=_BAR)
    if not phase.words or width_of(phase.words, _SIZE) > wide - _SIZE:
        return shape
    middle = element("text", [text(phase.words)], class_="on", x=begin + wide / 2, y=y + _BAR / 2 + 4,
                     text_anchor="middle")
    return shape + middle


def _label(event: LifeEvent, place: Stacked, y: float, room: float) -> str:
    x = place.x
    lines = [(event.name, "name")] if event.name else []
    lines += [(note, "note") for note in event.notes]
    spans = [
        element("tspan", [text(shortened(words, room, _SIZE, bold=css == "name"))], class_=css, x=x, y=y + row * _LINE)
        for row, (words, css) in enumerate(lines)
    ]
    return element("text", spans, class_="label", text_anchor="end" if place.at_end else None)


def _above(event: LifeEvent, place: Stacked, axis: _Axis, bar: float) -> str:
    x, bottom = axis.at(day_number(event.day)), bar - 14.0 - place.level * _LINE
    lead = element("path", class_="lead", d=f"M{number(x)} {number(bottom + 4)}V{number(bar - 1)}")
    return lead + _label(event, place, bottom - (_height(event) - 1) * _LINE, axis.width)


def _below(event: LifeEvent, place: Stacked, axis: _Axis, edges: tuple[float, float]) -> str:
    x, top = axis.at(day_number(event.day)), edges[1] + place.level * _LINE
    lead = element("path", class_="lead", d=f"M{number(x)} {number(edges[0] + 1)}V{number(top - _LINE + 4)}")
    return lead + _label(event, place, top, axis.width)
