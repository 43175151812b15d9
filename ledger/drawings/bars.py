"""Bars in the rows of a table, stacked by kind on one scale, and the bar that shows how far a figure may reach.

Widths are percentages of the cell, so a bar needs neither a style nor a width in pixels.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.drawings.svg import element, percentage, title

HEIGHT: Final = 10
_REACH_HEIGHT: Final = 22
_GAP: Final = 0.6
"""Percent between the stated part of a reach and its doubts."""


class BarPart(NamedTuple):
    """A part of a bar: its `kind` is the class `k-KIND`; `words` are its title."""

    kind: str
    amount: float
    words: str = ""


class BarScale(NamedTuple):
    """The scale of all bars of a table: from `low`, at most zero, to `high`, at least zero."""

    low: float
    high: float

    def at(self, amount: float) -> float:
        """Where an amount lies, in percent of the width."""
        width = self.high - self.low
        return (amount - self.low) / width * 100.0 if width > 0.0 else 0.0


def bar_scale(rows: Iterable[Sequence[BarPart]]) -> BarScale:
    """The scale on which the longest bar has the full width."""
    sums = [(_sum(parts, -1.0), _sum(parts, 1.0)) for parts in rows]
    return BarScale(-max([low for low, _ in sums], default=0.0), max([high for _, high in sums], default=0.0))


def row_bar(parts: Sequence[BarPart], scale: BarScale, *, height: float = HEIGHT, label: str = "") -> str:
    """The bar of a row. Negative amounts go to the left of zero, which has a line if the table has any. Without a
    `label`, screen readers skip it: the numbers stand beside it."""
    ends = {True: scale.at(0.0), False: scale.at(0.0)}
    shapes = []
    for part in parts:
        width = abs(scale.at(part.amount) - scale.at(0.0))
        if width > 0.0:
            forward = part.amount > 0.0
            begin = ends[forward] if forward else ends[forward] - width
            ends[forward] += width if forward else -width
            shapes.append(_part(part, begin, width, height))
    if scale.low < 0.0:
        zero = percentage(scale.at(0.0))
        shapes.append(element("line", class_="axis", x1=zero, x2=zero, y1=0, y2=height))
    return _bar(shapes, "bar", height, label)


class FigureReach(NamedTuple):
    """A figure with its doubts, in one unit. `provisional` is a part of `stated`; `omitted`, by estimate, and
    `questioned` come on top of it."""

    stated: float
    provisional: float = 0.0
    omitted: float = 0.0
    questioned: float = 0.0

    @property
    def most(self) -> float:
        """The figure if every question is right and every estimate holds."""
        return self.stated + self.omitted + self.questioned


def reach_bar(reach: FigureReach, words: Sequence[str] = ("", "", "", ""), label: str = "") -> str:
    """The stated figure, in which the provisional part is dotted, the omitted part dashed, the questioned part hatched.
    `words`: the titles of stated, provisional, omitted and questioned."""
    provisional = min(max(reach.provisional, 0.0), max(reach.stated, 0.0))
    amounts = (max(reach.stated, 0.0) - provisional, provisional, reach.omitted, reach.questioned)
    kinds = ("stated", "provisional", "omitted", "questioned")
    parts = [BarPart(*part) for part in zip(kinds, amounts, words, strict=True) if part[1] > 0.0]
    room = 100.0 - _GAP * max(0, len(parts) - 1)
    whole = sum([part.amount for part in parts])
    shapes, begin = [], 0.0
    for part in parts:
        width = part.amount / whole * room
        shapes.append(_part(part, begin, width, _REACH_HEIGHT))
        begin += width + _GAP
    return _bar(shapes, "bar reach", _REACH_HEIGHT, label)


def share_bar(share: float, kind: str = "plain", *, height: float = HEIGHT, label: str = "") -> str:
    """A share of the whole width, such as a share in doubt or of recycled material."""
    part = BarPart(kind, min(max(share, 0.0), 1.0))
    return row_bar([part] if part.amount else [], BarScale(0.0, 1.0), height=height, label=label)


def _sum(parts: Sequence[BarPart], sign: float) -> float:
    return sum([abs(part.amount) for part in parts if part.amount * sign > 0.0])


def _part(part: BarPart, begin: float, width: float, height: float) -> str:
    words = [title(part.words)] if part.words else None
    return element("rect", words, class_=f"k-{part.kind}", x=percentage(begin), width=percentage(width), height=height)


def _bar(shapes: Sequence[str], css: str, height: float, label: str) -> str:
    role = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return element("svg", shapes, class_=css, width="100%", height=height, **role)
