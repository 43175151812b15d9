"""Places the bars of a Sankey drawing in their columns, after the published method of d3-sankey.

Each bar moves to the weighted mean of the places where its flows would be straight, in turns from the left and from the
right, less and less from turn to turn; then bars of a column that overlap move apart. Unlike d3-sankey, a flow over
several columns has a place of its own in each of them, so that it passes no bar and no label; and bars move apart by as
little as possible (isotonic regression), in place of a push in one direction.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

_TURNS: Final = 24
_COOLING: Final = 0.97


class LayoutItem:
    """A bar, or the place of a passing flow. `head`: the room before it, for a label. `size`: of the bar or flow, and
    `room`: of both, with the gap behind. `across`: where the bar begins."""

    __slots__ = ("across", "column", "head", "inward", "name", "outward", "room", "size")

    def __init__(self, name: str, column: int, size: float, head: float, gap: float) -> None:
        self.name, self.column, self.size, self.head = name, column, size, head
        self.room = head + size + gap
        self.across = 0.0
        self.inward: list[Segment] = []
        self.outward: list[Segment] = []


class Segment:
    """The part of a flow from one column to the next. `start` and `end`: where its edge lies from the beginning of its
    bars. `lane`: 0 for amounts, 1 for questions beside them, 2 for negative amounts."""

    __slots__ = ("end", "lane", "size", "source", "start", "target", "weight")

    def __init__(self, source: LayoutItem, target: LayoutItem, size: float, lane: int) -> None:
        self.source, self.target, self.size, self.lane = source, target, size, lane
        self.weight = max(size, 0.5)
        self.start = self.end = 0.0


class LaneStarts(NamedTuple):
    """Where the lanes of a bar begin, for flows that leave it and for flows that reach it."""

    outward: tuple[float, float, float] = (0.0, 0.0, 0.0)
    inward: tuple[float, float, float] = (0.0, 0.0, 0.0)


def relax(columns: Sequence[Sequence[LayoutItem]], breadth: float, lanes: dict[str, LaneStarts]) -> None:
    """Sets `across` of all items, and `start` and `end` of all segments."""
    order = [list(column) for column in columns]
    for column in order:
        offset = 0.0
        for item in column:
            item.across = offset + item.head
            offset += item.room
    strength = 1.0
    for turn in range(_TURNS):
        _dock(order, lanes)
        _sweep(order, breadth, strength, rightwards=turn % 2 == 0)
        strength *= _COOLING
    _dock(order, lanes)
    _settle(order, breadth)
    _dock(order, lanes)


def apart(wanted: Sequence[float], rooms: Sequence[float], weights: Sequence[float], breadth: float) -> list[float]:
    """The places without overlaps that are nearest to the wanted ones, in the same order: the least squares solution,
    by pooling adjacent violators. If the rooms exceed the breadth, they overflow it at the end."""
    free = max(0.0, breadth - sum(rooms))
    blocks: list[tuple[float, float, int]] = []
    before = 0.0
    for want, room, weight in zip(wanted, rooms, weights, strict=True):
        place, mass, count = want - before, weight, 1
        before += room
        while blocks and blocks[-1][0] > place:
            other, more, members = blocks.pop()
            place = (place * mass + other * more) / (mass + more)
            mass, count = mass + more, count + members
        blocks.append((place, mass, count))
    places, before = [], 0.0
    shifts = [min(max(place, 0.0), free) for place, _, count in blocks for _ in range(count)]
    for shift, room in zip(shifts, rooms, strict=True):
        places.append(shift + before)
        before += room
    return places


def _sweep(order: list[list[LayoutItem]], breadth: float, strength: float, *, rightwards: bool) -> None:
    for column in order if rightwards else reversed(order):
        for item in column:
            segments = item.inward if rightwards else item.outward
            if segments:
                item.across += (_straight(item, segments) - item.across) * strength
        _separate(column, breadth)


def _settle(order: list[list[LayoutItem]], breadth: float) -> None:
    """A last turn by the flows of both sides, in the order that was found."""
    for column in order:
        wanted = []
        for item in column:
            segments = [*item.inward, *item.outward]
            wanted.append((_straight(item, segments) if segments else item.across) - item.head)
        _assign(column, wanted, breadth)


def _straight(item: LayoutItem, segments: Sequence[Segment]) -> float:
    """The place at which the flows would be straight, on average."""
    total = weight = 0.0
    for segment in segments:
        if segment.target is item:
            place = segment.source.across + segment.start - segment.end
        else:
            place = segment.target.across + segment.end - segment.start
        total += place * segment.weight
        weight += segment.weight
    return total / weight


def _separate(column: list[LayoutItem], breadth: float) -> None:
    column.sort(key=lambda item: (item.across + item.size / 2, item.name))
    _assign(column, [item.across - item.head for item in column], breadth)


def _assign(column: Sequence[LayoutItem], wanted: Sequence[float], breadth: float) -> None:
    rooms, weights = [item.room for item in column], [1.0 + item.size for item in column]
    for item, place in zip(column, apart(wanted, rooms, weights, breadth), strict=True):
        item.across = place + item.head


def _dock(order: list[list[LayoutItem]], lanes: dict[str, LaneStarts]) -> None:
    """Orders the flows at each bar by where they come from or go to, so that they do not cross beside it."""
    none = LaneStarts()
    for column in order:
        for item in column:
            starts = lanes.get(item.name, none)
            offsets = list(starts.outward)
            for segment in sorted(item.outward, key=_target_place):
                segment.start = offsets[segment.lane]
                offsets[segment.lane] += segment.size
            offsets = list(starts.inward)
            for segment in sorted(item.inward, key=_source_place):
                segment.end = offsets[segment.lane]
                offsets[segment.lane] += segment.size


def _target_place(segment: Segment) -> tuple[float, str]:
    return segment.target.across, segment.target.name


def _source_place(segment: Segment) -> tuple[float, str]:
    return segment.source.across, segment.source.name
