"""Labels beside each other on a line: those that would overlap stand on lines further away."""

from collections.abc import Sequence
from typing import NamedTuple


class LabelledSpan(NamedTuple):
    """A thing to label, from `begin` to `end`, with a label of so many pixels and lines."""

    begin: float
    end: float
    width: float
    lines: int


class Stacked(NamedTuple):
    """The place of a label: it begins at `x`, or ends there if `at_end`. `level`: the line that it ends in,
    counted from its thing."""

    x: float
    level: int
    at_end: bool = False


class _Box(NamedTuple):
    left: float
    right: float
    level: int
    top: int

    def meets(self, other: "_Box") -> bool:
        """Whether two labels overlap."""
        return (self.left < other.right and other.left < self.right and self.level < other.top
                and other.level < self.top)


def stack(anchors: Sequence[LabelledSpan], room: float) -> list[Stacked]:
    """The places of labels, in the order of their anchors, which go from left to right. A label begins where its thing
    begins. If it does not fit there it ends where its thing ends, or else fills the room.

    Labels that begin at their things are placed from the right, the others from the left: so the line from a label on a
    higher level to its thing passes beside the labels below it.
    """
    results: dict[int, Stacked] = {}
    boxes: list[_Box] = []
    fitting = [place for place, anchor in enumerate(anchors) if anchor.begin + anchor.width <= room]
    for place in [*reversed(fitting), *[place for place in range(len(anchors)) if place not in fitting]]:
        anchor, at_end = anchors[place], place not in fitting
        right = max(min(anchor.end, room), min(anchor.width, room)) if at_end else anchor.begin + anchor.width
        left = max(0.0, right - anchor.width)
        box = _Box(left, right, 0, anchor.lines)
        while any(map(box.meets, boxes)):
            box = box._replace(level=box.level + 1, top=box.top + 1)
        boxes.append(box)
        results[place] = Stacked(right if at_end else left, box.level, at_end)
    return [results[place] for place in range(len(anchors))]
