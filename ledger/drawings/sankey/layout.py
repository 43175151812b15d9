"""The places of bars, flows and labels of a Sankey drawing: wide, from left to right, or narrow, downwards.

`along` is the direction of the flows, `across` the other one, so both forms share a layout. Labels neither overlap
nor leave the drawing: in the wide form each column has its own strip for labels, and each bar has room for
its label before it; in the narrow form the labels of a row take as many lines as they need.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from ledger.drawings.numbers import Scale
from ledger.drawings.sankey.columns import NodeColumns, columns_of
from ledger.drawings.sankey.labels import Label, Texts, label_of
from ledger.drawings.sankey.model import Measure, Sankey, SankeyLink, SankeyNode
from ledger.drawings.sankey.placing import LaneStarts, LayoutItem, Segment, relax
from ledger.drawings.stacking import LabelledSpan, Stacked, stack
from ledger.drawings.svg import width_of

Direction = Literal["right", "down"]
BAR: Final = 12.0
"""The thickness of a bar, along the flows."""
FLAG: Final = 8.0
"""How far emissions that a process adds stick out of its bar."""
SPLIT: Final = 3.0
"""The gap between a bar and the negative amounts behind it."""
_LEAST_BAR: Final = 2.0
_LEAST_NEGATIVE: Final = 3.0


class DrawingForm(NamedTuple):
    """The measures of a drawing. `size` and `line`: of its letters and lines. `flows`: the room across for the amounts
    of a column, besides labels and gaps. `gap`: between bars."""

    direction: Direction
    width: float
    size: float
    line: float
    flows: float
    gap: float


WIDE: Final = DrawingForm("right", 1040.0, 12.0, 14.5, 270.0, 10.0)
NARROW: Final = DrawingForm("down", 354.0, 11.0, 13.0, 0.0, 14.0)
_FEW: Final = 3
_FLOWS_OF_FEW: Final = 130.0
_BETWEEN_ROWS: Final = 44.0


class PlacedLabel(NamedTuple):
    """A label that begins at `x`, or ends there if `at_end`, with the baseline of its first line at `y`. `lead`: from
    below the label, a line leads to its bar, down to this place."""

    label: Label
    x: float
    y: float
    at_end: bool = False
    lead: float | None = None


class PlacedNode(NamedTuple):
    """A bar that begins at `along` and `across`, with `length` across for its positive parts and questions."""

    node: SankeyNode
    along: float
    across: float
    label: PlacedLabel


class PlacedFlow(NamedTuple):
    """A flow as a band through points (along, across) at its first edge. `lane`: 0 for amounts, 1 for questions, 2 for
    negative amounts. `back`: it returns to a pool, against the direction."""

    link: SankeyLink
    lane: int
    points: tuple[tuple[float, float], ...]
    thickness: float
    back: bool = False


class SankeyLayout(NamedTuple):
    """A drawing in pixels. `unit`: pixels across for each kg."""

    form: DrawingForm
    width: float
    height: float
    unit: float
    nodes: tuple[PlacedNode, ...]
    flows: tuple[PlacedFlow, ...]
    scale: Scale
    measure: Measure


class _Bars(NamedTuple):
    """The items of a drawing before they are placed: bars by id, passing flows in their columns, segments of flows."""

    columns: list[list[LayoutItem]]
    bars: Mapping[str, LayoutItem]
    paths: Sequence[tuple[SankeyLink, int, tuple[Segment, ...]]]
    lanes: dict[str, LaneStarts]


def place(sankey: Sankey, texts: Texts, form: DrawingForm = WIDE) -> SankeyLayout:
    """The layout of a drawing. Deterministic; meant for at most about a hundred nodes, see `shrink`."""
    columns = columns_of(sankey.nodes, sankey.links)
    scale = texts.scale_of(sankey)
    if form.direction == "right":
        return _place_right(sankey, columns, (scale, texts), form)
    return _place_down(sankey, columns, (scale, texts), form)


def length_of(node: SankeyNode, unit: float) -> float:
    """The length of a bar without its negative parts."""
    return max(_LEAST_BAR, node.positive * unit) + node.in_question * unit


def negative_length(node: SankeyNode, unit: float) -> float:
    """The length of the negative parts behind a bar, without the gap; else 0."""
    return max(_LEAST_NEGATIVE, -node.negative * unit) if node.negative else 0.0


def _size(node: SankeyNode, unit: float) -> float:
    negative = negative_length(node, unit)
    return length_of(node, unit) + (SPLIT + negative if negative else 0.0)


def _amount(node: SankeyNode) -> float:
    return node.positive + node.in_question - node.negative


def _place_right(sankey: Sankey, columns: NodeColumns, texts: tuple[Scale, Texts], form: DrawingForm) -> SankeyLayout:
    pitch = _pitch(sankey, columns, texts, form)
    last = columns.number - 1
    labels, heads = {}, {}
    for node in sankey.nodes:
        room = form.width - last * pitch if columns.of[node.id] == last else pitch - form.size
        labels[node.id] = label_of(node, *texts, room, form.size)
        heads[node.id] = len(labels[node.id].lines) * form.line + 6.0
    amounts = form.flows if len(sankey.nodes) > _FEW else _FLOWS_OF_FEW
    unit, breadth = _unit(sankey, columns, heads, form, amounts)
    bars = _bars(sankey, columns, heads, unit, form.gap)
    relax(bars.columns, breadth, bars.lanes)
    top = min([item.across - item.head for item in bars.bars.values()], default=0.0)
    top = min([top, *[item.across for column in bars.columns for item in column]])
    alongs = [FLAG + column * pitch for column in range(columns.number)]
    nodes = []
    for node in sankey.nodes:
        item, label = bars.bars[node.id], labels[node.id]
        across = item.across - top
        first = across - 6.0 - form.line * (len(label.lines) - 1)
        along = alongs[item.column]
        nodes.append(PlacedNode(node, along, across, PlacedLabel(label, along - FLAG, first)))
    height = max([item.across + item.size for column in bars.columns for item in column], default=0.0) - top + 6.0
    flows = _flows(sankey, columns, bars, alongs, -top)
    return SankeyLayout(form, form.width, height, unit, tuple(nodes), flows, texts[0], sankey.measure)


def _pitch(sankey: Sankey, columns: NodeColumns, texts: tuple[Scale, Texts], form: DrawingForm) -> float:
    """The distance of columns. The last one has room for its labels, at most 220 pixels."""
    widest = 0.0
    for node in sankey.nodes:
        if columns.of[node.id] == columns.number - 1:
            label = label_of(node, *texts, 220.0, form.size)
            widest = max([widest, *[width_of(line, form.size, bold=True) for line in label.lines]])
    return (form.width - max(widest + 2.0, 60.0)) / max(1, columns.number - 1)


def _unit(
    sankey: Sankey, columns: NodeColumns, heads: Mapping[str, float], form: DrawingForm, flows: float
) -> tuple[float, float]:
    """Pixels for each kg, such that every column fits, and the room across that the columns then have."""
    fixed, amounts = [0.0] * columns.number, [0.0] * columns.number
    for node in sankey.nodes:
        column = columns.of[node.id]
        fixed[column] += heads[node.id] + form.gap + (SPLIT if node.negative else 0.0)
        amounts[column] += _amount(node)
    for place_, link in enumerate(sankey.links):
        if place_ not in columns.back:
            for column in range(columns.of[link.source] + 1, columns.of[link.target]):
                fixed[column] += 2 * form.gap
                amounts[column] += abs(link.amount) + link.questioned
    breadth = max(fixed) + flows
    units = [(breadth - room) / amount for room, amount in zip(fixed, amounts, strict=True) if amount > 0.0]
    return min(units, default=1.0), breadth


def _bars(
    sankey: Sankey, columns: NodeColumns, heads: Mapping[str, float], unit: float, gap: float
) -> _Bars:
    rows: list[list[LayoutItem]] = [[] for _ in range(columns.number)]
    bars, lanes = {}, {}
    for node in sankey.nodes:
        item = LayoutItem(node.id, columns.of[node.id], _size(node, unit), heads[node.id], gap)
        rows[item.column].append(item)
        bars[node.id] = item
        positive, behind = max(_LEAST_BAR, node.positive * unit), length_of(node, unit) + SPLIT
        lanes[node.id] = LaneStarts((0.0, positive, behind), (0.0, positive, behind))
    paths = []
    for place_, link in enumerate(sankey.links):
        if place_ not in columns.back:
            items = [bars[link.source], *_passing(place_, link, columns, unit, gap), bars[link.target]]
            for item in items[1:-1]:
                rows[item.column].append(item)
                lanes[item.name] = LaneStarts(*[(0.0, abs(link.amount) * unit, 0.0)] * 2)
            paths += [(link, lane, _path(items, size, lane)) for lane, size in _lanes(link, unit)]
    return _Bars(rows, bars, paths, lanes)


def _passing(place_: int, link: SankeyLink, columns: NodeColumns, unit: float, gap: float) -> list[LayoutItem]:
    size = (abs(link.amount) + link.questioned) * unit
    between = range(columns.of[link.source] + 1, columns.of[link.target])
    return [LayoutItem(f"{place_}/{column}", column, size, gap / 2, gap / 2) for column in between]


def _lanes(link: SankeyLink, unit: float) -> list[tuple[int, float]]:
    lanes = [(2 if link.amount < 0.0 else 0, abs(link.amount) * unit)] if link.amount else []
    return [*lanes, (1, link.questioned * unit)] if link.questioned else lanes


def _path(items: Sequence[LayoutItem], size: float, lane: int) -> tuple[Segment, ...]:
    segments = tuple([Segment(source, target, size, lane) for source, target in pairwise(items)])
    for segment in segments:
        segment.source.outward.append(segment)
        segment.target.inward.append(segment)
    return segments


def _flows(
    sankey: Sankey, columns: NodeColumns, bars: _Bars, alongs: Sequence[float], shift: float
) -> tuple[PlacedFlow, ...]:
    flows = []
    for link, lane, segments in bars.paths:
        points = []
        for segment in segments:
            points.append((alongs[segment.source.column] + BAR, segment.source.across + segment.start + shift))
            points.append((alongs[segment.target.column], segment.target.across + segment.end + shift))
        flows.append(PlacedFlow(link, lane, tuple(points), segments[0].size))
    for place_ in sorted(columns.back):
        link = sankey.links[place_]
        source, target = bars.bars[link.source], bars.bars[link.target]
        points = [(alongs[source.column] + BAR, source.across + shift), (alongs[target.column], target.across + shift)]
        flows.append(PlacedFlow(link, 0, tuple(points), 0.0, back=True))
    return tuple(flows)


def _place_down(sankey: Sankey, columns: NodeColumns, texts: tuple[Scale, Texts], form: DrawingForm) -> SankeyLayout:
    form = form._replace(gap=_gap_down(sankey, columns, form))
    unit = _unit_down(sankey, columns, form)
    bars = _bars(sankey, columns, dict.fromkeys(columns.of, 0.0), unit, form.gap)
    relax(bars.columns, form.width + form.gap / 2, bars.lanes)
    rows: list[list[SankeyNode]] = [[] for _ in range(columns.number)]
    for node in sankey.nodes:
        rows[columns.of[node.id]].append(node)
    along, alongs, placed = 0.0, [], []
    for row in rows:
        row.sort(key=lambda node: bars.bars[node.id].across)
        labels = [label_of(node, *texts, form.width, form.size) for node in row]
        places = _stacked([bars.bars[node.id] for node in row], labels, form)
        depth = max([place.level + len(label.lines) for place, label in zip(places, labels, strict=True)], default=0)
        along += depth * form.line + FLAG + 4.0
        for node, label, place in zip(row, labels, places, strict=True):
            base = along - FLAG - 5.0 - place.level * form.line
            lead = along - FLAG if place.level else None
            first = base - (len(label.lines) - 1) * form.line
            words = PlacedLabel(label, place.x, first, place.at_end, lead)
            placed.append(PlacedNode(node, along, bars.bars[node.id].across, words))
        alongs.append(along)
        along += BAR + _BETWEEN_ROWS
    height = along - _BETWEEN_ROWS + 6.0
    flows = _flows(sankey, columns, bars, alongs, 0.0)
    return SankeyLayout(form, form.width, height, unit, tuple(placed), flows, texts[0], sankey.measure)


def _gap_down(sankey: Sankey, columns: NodeColumns, form: DrawingForm) -> float:
    """The gap between bars. Half of the width is for amounts, however many bars and flows share a row."""
    counts = [1] * columns.number
    for node in sankey.nodes:
        counts[columns.of[node.id]] += 1
    for place_, link in enumerate(sankey.links):
        if place_ not in columns.back:
            for column in range(columns.of[link.source] + 1, columns.of[link.target]):
                counts[column] += 1
    return min(form.gap, 0.5 * form.width / max(counts))


def _unit_down(sankey: Sankey, columns: NodeColumns, form: DrawingForm) -> float:
    """Pixels for each kg, such that every row fits into the width, with the least sizes of small bars."""
    low, high = 0.0, form.width / max(max([_amount(node) for node in sankey.nodes], default=0.0), 1e-300)
    for _ in range(40):
        unit = (low + high) / 2
        rows = [0.0] * columns.number
        for node in sankey.nodes:
            rows[columns.of[node.id]] += _size(node, unit) + form.gap
        for place_, link in enumerate(sankey.links):
            if place_ not in columns.back:
                for column in range(columns.of[link.source] + 1, columns.of[link.target]):
                    rows[column] += (abs(link.amount) + link.questioned) * unit + form.gap
        low, high = (unit, high) if max(rows) - form.gap / 2 <= form.width else (low, unit)
    return low


def _stacked(bars: Sequence[LayoutItem], labels: Sequence[Label], form: DrawingForm) -> list[Stacked]:
    """The places of the labels of a row, in the order of its bars."""
    anchors = []
    for bar, label in zip(bars, labels, strict=True):
        width = max([width_of(line, form.size, bold=True) for line in label.lines], default=0.0) + form.size / 2
        anchors.append(LabelledSpan(bar.across, bar.across + bar.size, width, len(label.lines)))
    return stack(anchors, form.width)
