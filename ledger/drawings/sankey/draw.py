"""Writes a placed Sankey drawing as SVG."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.drawings.sankey.labels import PLAIN, Texts
from ledger.drawings.sankey.layout import (
    BAR,
    FLAG,
    SPLIT,
    WIDE,
    DrawingForm,
    PlacedFlow,
    PlacedNode,
    SankeyLayout,
    length_of,
    place,
)
from ledger.drawings.sankey.model import KINDS, Sankey
from ledger.drawings.svg import element, number, text, title

_LEAST_PART: Final = 1.5
_LEAST_FLOW: Final = 1.2
_CLASSES: Final = ("link", "link k-questioned ghost", "link k-negative")


def draw_sankey(sankey: Sankey, texts: Texts = PLAIN, form: DrawingForm = WIDE) -> str:
    """The drawing as an `svg` element, with the classes that `ledger/drawings/README.md` lists. `form`: WIDE from left
    to right, NARROW downwards."""
    return draw(place(sankey, texts, form), texts)


def draw(layout: SankeyLayout, texts: Texts) -> str:
    """A layout as an `svg` element."""
    pen = _Pen(layout, texts)
    flows = sorted(layout.flows, key=lambda flow: -flow.thickness)
    shapes = [pen.flow(flow) for flow in flows]
    for placed in layout.nodes:
        href = texts.href(placed.node)
        content = [*pen.bar(placed), pen.label(placed)]
        shapes.append(element("g", content, class_="node") if href is None else element("a", content, href=href))
    linked = any(texts.href(placed.node) is not None for placed in layout.nodes)
    size = f"0 0 {number(layout.width)} {number(layout.height)}"
    return element(
        "svg", shapes, class_=f"sankey {layout.form.direction}", viewBox=size, width=layout.width,
        height=layout.height, role="group" if linked else "img", aria_label=texts.title or texts.word("drawing"),
    )


class _Pen:
    """Writes shapes whose places are along and across the flows."""

    def __init__(self, layout: SankeyLayout, texts: Texts) -> None:
        self._layout, self._texts = layout, texts
        self._down = layout.form.direction == "down"
        self._names = {placed.node.id: texts.name_of(placed.node) for placed in layout.nodes}

    def flow(self, flow: PlacedFlow) -> str:
        amount = flow.link.questioned if flow.lane == 1 else flow.link.amount
        words = f"{self._names[flow.link.source]} → {self._names[flow.link.target]}: {self._amount(amount)}"
        if flow.lane == 1:
            words = f"{words}, {self._texts.word('questioned')}"
        thickness = max(_LEAST_FLOW, flow.thickness)
        points = flow.points
        there, back = "", ""
        for start, end in zip(points[::2], points[1::2], strict=True):
            there += ("L" if there else "M") + self._at(*start) + self._curve(start, end)
            low, high = (start[0], start[1] + thickness), (end[0], end[1] + thickness)
            back = "L" + self._at(*high) + self._curve(high, low) + back
        return element("path", [title(words)], class_=_CLASSES[flow.lane], d=f"{there}{back}Z")

    def _curve(self, start: Sequence[float], end: Sequence[float]) -> str:
        middle = (start[0] + end[0]) / 2
        return f"C{self._at(middle, start[1])} {self._at(middle, end[1])} {self._at(*end)}"

    def bar(self, placed: PlacedNode) -> Iterator[str]:
        """Arrivals in grey, then the coloured parts that the process adds, questions, and behind them the negatives."""
        node, unit = placed.node, self._layout.unit
        across = placed.across
        added = [(kind, max(node.added.get(kind, 0.0), 0.0)) for kind in KINDS[:-1]]
        for kind, amount in (("received", node.received), *added):
            if amount > 0.0:
                size = max(_LEAST_PART, amount * unit)
                yield self._part(placed, kind, across, size, amount)
                across += amount * unit
        across = placed.across + length_of(node, unit) - node.in_question * unit
        if node.in_question:
            yield self._part(placed, "questioned", across, max(_LEAST_PART, node.in_question * unit), node.in_question)
        across = placed.across + length_of(node, unit) + SPLIT
        negatives = [node.received_negative, *[amount for amount in node.added.values() if amount < 0.0]]
        for amount in [amount for amount in negatives if amount]:
            yield self._part(placed, "negative", across, max(3.0, -amount * unit), amount)
            across -= amount * unit

    def _part(self, placed: PlacedNode, kind: str, across: float, size: float, amount: float) -> str:
        flag = 0.0 if kind in ("received", "questioned", "hidden") else FLAG
        along, thick = placed.along - flag, BAR + flag
        x, y, width, height = (across, along, size, thick) if self._down else (along, across, thick, size)
        name, word = self._names[placed.node.id], self._texts.kind_of(kind, self._layout.measure)
        words = f"{name}: {word} {self._amount(amount)}"
        return element("rect", [title(words)], class_=f"k-{kind}", x=x, y=y, width=width, height=height)

    def label(self, placed: PlacedNode) -> str:
        label, x, y, at_end, lead = placed.label
        spans = []
        for place_, line in enumerate(label.lines):
            css = "name" if place_ < len(label.name) else "note"
            spans.append(element("tspan", [text(line)], class_=css, x=x, y=y + place_ * self._layout.form.line))
        words = element("text", spans, class_="label", text_anchor="end" if at_end else None)
        if lead is None:
            return words
        begin = y + (len(label.lines) - 1) * self._layout.form.line + 3.0
        line = element("path", class_="lead", d=f"M{number(x)} {number(begin)}V{number(lead)}")
        return line + words

    def _amount(self, amount: float) -> str:
        return f"{self._layout.scale.text(amount)} {self._layout.scale.unit}"

    def _at(self, along: float, across: float) -> str:
        return f"{number(across)} {number(along)}" if self._down else f"{number(along)} {number(across)}"
