"""Bars in tables, reaches and intervals."""

import pytest
from support.svg import HOSTILE, of_class, parsed, titles_of

from ledger.drawings.bars import BarPart, BarScale, FigureReach, bar_scale, reach_bar, row_bar, share_bar
from ledger.drawings.interval import axis_of, interval_dot
from ledger.drawings.numbers import FigureInterval
from ledger.drawings.patterns import DEFINITIONS, KINDS, legend, swatch


def spans(drawing: str) -> list[tuple[str, float, float]]:
    """Class, begin and width of the parts, in percent."""
    return [(part.get("class", ""), float(part.get("x", "").rstrip("%")), float(part.get("width", "").rstrip("%")))
            for part in parsed(drawing).iter("rect")]


def test_bars_of_a_table_have_one_scale() -> None:
    rows = [[BarPart("own", 60.0), BarPart("inputs", 40.0)], [BarPart("electricity", 25.0)], []]
    scale = bar_scale(rows)
    assert scale == BarScale(0.0, 100.0)
    assert spans(row_bar(rows[0], scale)) == [("k-own", 0.0, 60.0), ("k-inputs", 60.0, 40.0)]
    assert spans(row_bar(rows[1], scale)) == [("k-electricity", 0.0, 25.0)]
    assert spans(row_bar(rows[2], scale)) == []
    assert bar_scale([]) == BarScale(0.0, 0.0)
    assert spans(row_bar([BarPart("own", 0.0)], bar_scale([]))) == []


def test_negative_amounts_go_to_the_other_side() -> None:
    rows = [[BarPart("own", 75.0), BarPart("negative", -25.0)], [BarPart("own", 30.0)]]
    drawing = row_bar(rows[0], bar_scale(rows))
    assert spans(drawing) == [("k-own", 25.0, 75.0), ("k-negative", 0.0, 25.0)]
    assert of_class(parsed(drawing), "axis")[0].get("x1") == "25%"
    assert spans(row_bar(rows[1], bar_scale(rows))) == [("k-own", 25.0, 30.0)]


def test_screen_readers_read_a_bar_with_a_label_only() -> None:
    assert parsed(row_bar([], BarScale(0.0, 1.0))).get("aria-hidden") == "true"
    labelled = parsed(share_bar(0.265, "recycled", label="26.5 % recycled"))
    assert (labelled.get("role"), labelled.get("aria-label")) == ("img", "26.5 % recycled")
    assert spans(share_bar(1.7)) == [("k-plain", 0.0, 100.0)]


def test_the_reach_of_a_figure() -> None:
    reach = FigureReach(stated=500.0, provisional=200.0, omitted=100.0, questioned=400.0)
    assert reach.most == 1000.0
    drawing = reach_bar(reach, ("stated", "provisional", "omitted", "questioned"))
    assert [css for css, _, _ in spans(drawing)] == ["k-stated", "k-provisional", "k-omitted", "k-questioned"]
    assert [round(width / 0.982) for _, _, width in spans(drawing)] == [30, 20, 10, 40]
    assert spans(drawing)[-1][1] + spans(drawing)[-1][2] == pytest.approx(100.0)
    assert titles_of(parsed(drawing)) == ["stated", "provisional", "omitted", "questioned"]
    assert spans(reach_bar(FigureReach(500.0))) == [("k-stated", 0.0, 100.0)]
    assert spans(reach_bar(FigureReach(0.0))) == []
    assert spans(reach_bar(FigureReach(-5.0, questioned=10.0))) == [("k-questioned", 0.0, 100.0)]


def test_an_interval() -> None:
    drawing = parsed(interval_dot(100.0, FigureInterval(90.0, 110.0), words="95 % between 90 and 110"))
    (dot,), (line,) = of_class(drawing, "dot"), of_class(drawing, "range")
    assert (dot.get("cx"), line.get("x1"), line.get("x2")) == ("50%", "25%", "75%")
    assert axis_of(100.0, FigureInterval(40.0, 160.0)) == FigureInterval(34.0, 166.0)
    wide = parsed(interval_dot(100.0, FigureInterval(90.0, 110.0), FigureInterval(0.0, 400.0)))
    assert of_class(wide, "dot")[0].get("cx") == "25%"
    assert of_class(parsed(interval_dot(0.0, FigureInterval(0.0, 0.0))), "dot")[0].get("cx") == "50%"


def test_patterns_and_swatches() -> None:
    assert {pattern.get("id") for pattern in parsed(DEFINITIONS).iter("pattern")} == {
        "hatch-negative", "hatch-question", "hatch-hidden", "dots-provisional"}
    for kind in KINDS:
        parsed(swatch(kind))
    words = parsed(legend([("own", HOSTILE)]))
    assert len(list(words.iter("li"))) == 1
