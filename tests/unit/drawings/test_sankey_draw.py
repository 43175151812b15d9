"""The SVG of a chain, and the table with the same numbers."""

import random
from typing import Any

import pytest
from support.node_links import NodeLinks, lot, makes, random_chain, record, takes
from support.svg import HOSTILE, of_class, parsed, titles_of, words_of

from ledger.drawings.sankey.draw import draw_sankey
from ledger.drawings.sankey.fold import FoldOptions, fold
from ledger.drawings.sankey.labels import Texts, plain_name
from ledger.drawings.sankey.layout import NARROW, WIDE, DrawingForm
from ledger.drawings.sankey.model import Sankey
from ledger.drawings.sankey.rows import sankey_table
from ledger.drawings.sankey.shrink import shrink

MINUS, DASH, THIN = "\u2212", "\u2013", "\u202f"
CHAIN = NodeLinks(
    [
        record("melt", 1), lot("heat", 1000.0, questioned=100.0, process="steel.electricArcFurnace"),
        lot("power", 40.0, supplier="wind farm"), record("forge", 2), lot("gear", 880.0, questioned=60.0),
    ],
    [makes("melt", "heat"), takes("forge", "heat", 0.6), takes("forge", "power"), makes("forge", "gear")],
)
KINDS: dict[str, Any] = {"melt": {"own": 900.0, "inputs": 150.0, "negative": -50.0}, "forge": {"electricity": 240.0}}


@pytest.fixture
def sankey() -> Sankey:
    return fold(CHAIN.nodes, CHAIN.edges, ["gear"], FoldOptions(kinds=KINDS))


def test_labels(sankey: Sankey) -> None:
    assert words_of(parsed(draw_sankey(sankey))) == [
        "electric arc furnace: heat", f"+630 {MINUS}30", "60 questioned", "power", "40, hidden", "melt: gear",
        "+240 = 880", "up to 940, questioned",
    ]


@pytest.mark.parametrize("form", [WIDE, NARROW])
def test_every_shape_has_a_title(sankey: Sankey, form: DrawingForm) -> None:
    root = parsed(draw_sankey(sankey, form=form))
    shapes = [element for element in root.iter() if element.tag == "rect" or "link" in element.get("class", "")]
    assert len(shapes) == len(titles_of(root)) == 11
    assert "electric arc furnace: heat: negative "f"{MINUS}30 kg CO₂e" in titles_of(root)
    assert "electric arc furnace: heat → melt: gear: 600 kg CO₂e" in titles_of(root)
    assert "electric arc furnace: heat → melt: gear: 60 kg CO₂e, questioned" in titles_of(root)


def test_parts_by_class_and_size(sankey: Sankey) -> None:
    root = parsed(draw_sankey(sankey))
    heights = {name: [float(rect.get("height", "0")) for rect in of_class(root, f"k-{name}") if rect.tag == "rect"]
               for name in ("own", "inputs", "received", "electricity", "negative", "hidden", "questioned")}
    unit = heights["own"][0] / 540.0
    assert {name: [round(height / unit) for height in found] for name, found in heights.items()} == {
        "own": [540], "inputs": [90], "received": [640], "electricity": [240], "negative": [30], "hidden": [40],
        "questioned": [60, 60]}
    assert [element.tag for element in of_class(root, "ghost")] == ["path"]


def test_negative_flows_are_apart() -> None:
    coal = NodeLinks([record("char", 1), record("mix", 2), lot("coal", -300.0), lot("end", 100.0)],
                     [makes("char", "coal"), takes("mix", "coal"), makes("mix", "end")])
    root = parsed(draw_sankey(fold(coal.nodes, coal.edges, ["end"])))
    (flow,) = of_class(root, "link")
    assert flow.get("class") == "link k-negative"
    assert titles_of(root)[0] == f"melt: coal → melt: end: {MINUS}300 kg CO₂e"
    bars = [rect for rect in of_class(root, "k-negative") if rect.tag == "rect"]
    assert len(bars) == 2


def test_links_are_of_the_caller(sankey: Sankey) -> None:
    root = parsed(draw_sankey(sankey, Texts(href=lambda node: f"/lot?a=1&id={node.lot}")))
    assert root.get("role") == "group"
    assert [link.get("href") for link in root.iter("a")] == [f"/lot?a=1&id={node.lot}" for node in sankey.nodes]
    plain = parsed(draw_sankey(sankey, Texts(title="Chain of a gear")))
    assert (plain.get("role"), plain.get("aria-label")) == ("img", "Chain of a gear")
    assert list(plain.iter("a")) == []


def test_words_of_another_language(sankey: Sankey) -> None:
    words = {"questioned": "存疑", "questioned amount": "存疑 {amount}", "up to": "最多 {amount}",
             "hidden amount": "{amount}（不可见）", "own": "自身过程"}
    root = parsed(draw_sankey(sankey, Texts(words=words, unit="kg")))
    assert {"存疑 60", "最多 940", "40（不可见）"} <= set(words_of(root))
    assert "electric arc furnace: heat: 自身过程 540 kg" in titles_of(root)


@pytest.mark.parametrize("form", [WIDE, NARROW])
def test_hostile_names(form: DrawingForm) -> None:
    links = NodeLinks([record("melt", 1, issuer=HOSTILE), lot("end", 1.0, product=HOSTILE, process=HOSTILE)],
                      [makes("melt", "end")])
    sankey = fold(links.nodes, links.edges, ["end"])
    for texts in (Texts(), Texts(name=lambda _: HOSTILE, href=lambda _: f"/{HOSTILE}", title=HOSTILE)):
        drawing = draw_sankey(sankey, texts, form)
        parsed(drawing)
        assert "<script" not in drawing
        assert "\u202e" not in drawing


@pytest.mark.parametrize("seed", range(10))
def test_random_chains(seed: int) -> None:
    links = random_chain(random.Random(seed), 50)
    sankey = shrink(fold(links.nodes, links.edges, ["end"]), 20)
    for form in (WIDE, NARROW):
        drawing = draw_sankey(sankey, form=form)
        parsed(drawing)
        assert "nan" not in drawing
        assert "inf" not in drawing


def test_the_table_has_the_numbers_of_the_drawing(sankey: Sankey) -> None:
    table = sankey_table(sankey)
    assert (table.unit, table.kinds) == ("kg CO₂e", ("own", "inputs", "electricity", "hidden", "negative"))
    assert [(row.name, row.received.text, *[row.added[kind].text for kind in table.kinds], row.leaves.text,
             row.questioned.text) for row in table.rows] == [
        ("electric arc furnace: heat", DASH, "540", "90", DASH, DASH, f"{MINUS}30", "600", "60"),
        ("power", DASH, DASH, DASH, DASH, "40", DASH, "40", DASH),
        ("melt: gear", "640", DASH, DASH, "240", DASH, DASH, "880", "60"),
    ]
    assert [row.holder for row in table.rows] == ["mill", "wind farm", "mill"]
    assert {kind: cell.text for kind, cell in table.sums.items()} == {
        "own": "540", "inputs": "90", "electricity": "240", "hidden": "40", "negative": f"{MINUS}30"}
    assert (table.total.text, table.questioned.text) == ("880", "60")
    assert sum(cell.exact or 0.0 for cell in table.sums.values()) == pytest.approx(table.total.exact)


def test_small_amounts_are_not_zero() -> None:
    links = NodeLinks([record("a", 1), record("b", 2), lot("s", 0.2), lot("end", 5000.2)],
                      [makes("a", "s"), takes("b", "s"), makes("b", "end")])
    table = sankey_table(fold(links.nodes, links.edges, ["end"]))
    assert [row.leaves.text for row in table.rows] == [f"<{THIN}1", f"5{THIN}000"]


def test_amounts_that_round_to_nothing() -> None:
    """They do not stand beside larger ones; alone they are not zero."""
    links = NodeLinks([record("a", 1), record("b", 2), record("c", 3), lot("s", 0.2), lot("t", 400.0),
                       lot("end", 400.1)],
                      [makes("a", "s"), takes("b", "s"), makes("b", "t"), takes("c", "t"), makes("c", "end")])
    sankey = fold(links.nodes, links.edges, ["end"], FoldOptions(kinds={"b": {"own": 400.0, "negative": -0.2}}))
    words = words_of(parsed(draw_sankey(sankey)))
    assert [word for word in words if "melt" not in word] == [f"<{THIN}1", "+400", "= 400"]


def test_an_empty_drawing() -> None:
    for form in (WIDE, NARROW):
        parsed(draw_sankey(fold([], [], []), form=form))


def test_a_note_that_does_not_fit_is_left_out(sankey: Sankey) -> None:
    """A part of a number is another number."""
    narrow = WIDE._replace(width=100.0)
    assert not [word for word in words_of(parsed(draw_sankey(sankey, form=narrow))) if "…" in word and "+" in word]


def test_plain_names(sankey: Sankey) -> None:
    melt, power, _ = sankey.nodes
    assert plain_name(melt) == "electric arc furnace: heat"
    assert plain_name(power) == "power"
    assert plain_name(power._replace(product="")) == "lot"
