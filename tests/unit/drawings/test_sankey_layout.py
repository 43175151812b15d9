"""Labels neither overlap nor leave the drawing, bars do not overlap, flows meet their bars."""

import random
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import pytest
from support.node_links import line, random_chain

from ledger.drawings.sankey.fold import fold
from ledger.drawings.sankey.labels import Texts, wrapped
from ledger.drawings.sankey.layout import BAR, NARROW, WIDE, DrawingForm, SankeyLayout, length_of, place
from ledger.drawings.sankey.model import Sankey, SankeyNode
from ledger.drawings.sankey.placing import apart
from ledger.drawings.sankey.shrink import shrink
from ledger.drawings.svg import width_of

CHINESE = "长三角再制造工业园区第二炼钢厂电弧炉炼钢与连铸车间（二〇二六年度）"
ENGLISH = "Electric arc furnace with continuous casting, second shop of the remanufacturing park: low-alloy billet"


def short(node: SankeyNode) -> str:
    return f"Machining {node.id}"


def long(node: SankeyNode) -> str:
    return ENGLISH[: 10 + 7 * len(node.id)]


def unbroken(_: SankeyNode) -> str:
    return "W" * 200


def chinese(node: SankeyNode) -> str:
    return CHINESE[: 4 + 9 * len(node.id)]


NAMES = (short, long, unbroken, chinese)


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        return (self.left < other.right - 0.01 and other.left < self.right - 0.01
                and self.top < other.bottom - 0.01 and other.top < self.bottom - 0.01)


def drawing(seed: int, size: int, most: int) -> Sankey:
    links = random_chain(random.Random(seed), size)
    return shrink(fold(links.nodes, links.edges, ["end"]), most)


def labels(layout: SankeyLayout) -> Iterator[Box]:
    for placed in layout.nodes:
        words, size = placed.label.label, layout.form.size
        wide = max([width_of(part, size, bold=True) for part in words.name] +
                   [width_of(part, size) for part in words.notes], default=0.0)
        left = placed.label.x - (wide if placed.label.at_end else 0.0)
        top = placed.label.y - size
        yield Box(left, top, left + wide, top + size + (len(words.lines) - 1) * layout.form.line)


def bars(layout: SankeyLayout) -> Iterator[Box]:
    for placed in layout.nodes:
        box = Box(placed.along, placed.across, placed.along + BAR,
                  placed.across + length_of(placed.node, layout.unit))
        yield Box(box.top, box.left, box.bottom, box.right) if layout.form.direction == "down" else box


def check(layout: SankeyLayout) -> None:
    drawn = Box(0.0, 0.0, layout.width, layout.height)
    words, shapes = list(labels(layout)), list(bars(layout))
    for box in [*words, *shapes]:
        assert box.left >= -0.01, box
        assert box.top >= -0.01, box
        assert box.right <= drawn.right + 0.01, box
        assert box.bottom <= drawn.bottom + 0.01, box
    for boxes in (words, shapes):
        assert [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1])] == []
    for flow in layout.flows:
        for along, across in flow.points:
            place_ = (across, along) if layout.form.direction == "down" else (along, across)
            assert -0.01 <= place_[0] <= layout.width + 0.01
            assert -0.01 <= place_[1] <= layout.height + 0.01


@pytest.mark.parametrize("form", [WIDE, NARROW])
@pytest.mark.parametrize(("size", "most"), [(1, 15), (4, 15), (25, 15), (60, 30), (40, 40)])
def test_labels_do_not_overlap_nor_leave_the_drawing(form: DrawingForm, size: int, most: int) -> None:
    for seed in range(6):
        sankey = drawing(seed, size, most)
        for name in NAMES:
            check(place(sankey, Texts(name=name), form))


@pytest.mark.parametrize("form", [WIDE, NARROW])
def test_a_long_line_of_processes(form: DrawingForm) -> None:
    links = line([1.0] * 25)
    sankey = fold(links.nodes, links.edges, ["end"])
    for name in NAMES:
        check(place(sankey, Texts(name=name), form))


@pytest.mark.parametrize("form", [WIDE, NARROW])
def test_many_sources_of_one_process(form: DrawingForm) -> None:
    links = random_chain(random.Random(1), 1)
    for count in range(24):
        links.nodes.insert(0, {**links.nodes[-1], "id": f"s{count}", "supplier": "mill", "footprint": 1.0})
        links.edges.append({"source": f"s{count}", "target": "r0", "part": 1.0})
    links.nodes[-1]["footprint"] = 30.0
    sankey = fold(links.nodes, links.edges, ["end"])
    assert len(sankey.nodes) == 25
    for name in NAMES:
        check(place(sankey, Texts(name=name), form))


def test_a_layout_is_deterministic() -> None:
    assert place(drawing(3, 40, 20), Texts()) == place(drawing(3, 40, 20), Texts())


def test_flows_begin_and_end_in_their_bars() -> None:
    layout = place(drawing(5, 40, 20), Texts())
    across = {placed.node.id: placed.across for placed in layout.nodes}
    for flow in layout.flows:
        if flow.lane == 0:
            for end, (_, at) in ((flow.link.source, flow.points[0]), (flow.link.target, flow.points[-1])):
                placed = next(placed for placed in layout.nodes if placed.node.id == end)
                assert at >= across[end] - 0.01
                assert at + flow.thickness <= across[end] + length_of(placed.node, layout.unit) + 0.01


def test_a_drawing_of_one_unit() -> None:
    """Thickness is proportional to kg, in every column."""
    layout = place(drawing(5, 40, 20), Texts())
    for flow in layout.flows:
        amount = flow.link.questioned if flow.lane == 1 else abs(flow.link.amount)
        assert flow.thickness == pytest.approx(amount * layout.unit)


def test_bars_move_apart_as_little_as_possible() -> None:
    assert apart([0.0, 10.0, 30.0], [10.0, 10.0, 10.0], [1.0, 1.0, 1.0], 100.0) == [0.0, 10.0, 30.0]
    assert apart([20.0, 20.0], [10.0, 10.0], [1.0, 1.0], 100.0) == [15.0, 25.0]
    assert apart([20.0, 20.0], [10.0, 10.0], [1.0, 3.0], 100.0) == pytest.approx([12.5, 22.5])
    assert apart([95.0, 96.0], [10.0, 10.0], [1.0, 1.0], 100.0) == [80.0, 90.0]
    assert apart([], [], [], 100.0) == []


def test_names_wrap_at_spaces_and_between_chinese_letters() -> None:
    assert wrapped("Arc furnace", 500.0, 12.0) == ("Arc furnace",)
    first, second = wrapped("Electric arc furnace: billet", 120.0, 12.0)
    assert (first, second.startswith("furnace:")) == ("Electric arc", True)
    lines = wrapped("电弧炉炼钢车间钢坯", 70.0, 12.0)
    assert "".join(lines) == "电弧炉炼钢车间钢坯"
    assert wrapped("W" * 50, 60.0, 12.0)[0].endswith("…")
    assert wrapped("anything", 1.0, 12.0) == ()
