"""The lives of an item, charts over time, and the labels and ticks of both."""

import re

import pytest
from support.svg import HOSTILE, of_class, parsed, titles_of, words_of

from ledger.drawings.calendar import day_number, day_ticks
from ledger.drawings.numbers import when
from ledger.drawings.series import SeriesFrame, SeriesLine, SeriesPoint, draw_series, value_ticks
from ledger.drawings.stacking import LabelledSpan, Stacked, stack
from ledger.drawings.timeline import LifeEvent, LifePhase, draw_lives

PHASES = (
    LifePhase("made", "2022-02-21", "2022-03-01T08:00:00Z", "making"),
    LifePhase("use", "2022-03-01", "2022-10-10", "in use"),
    LifePhase("core", "2022-10-10", "2022-10-20"), LifePhase("remanufactured", "2022-10-20", "2022-10-20"),
)
EVENTS = (
    LifeEvent("2022-02-21", "Made new", ("5 175 kg",)), LifeEvent("2022-10-20", "Remanufactured", ("434 kg", "20 Oct")),
    LifeEvent("2022-10-10", "Core", ("0 kg", "10 Oct")),
    LifeEvent("2022-10-15", "", ("132 kg became scrap",), below=True),
)


def test_lives() -> None:
    root = parsed(draw_lives(PHASES, EVENTS, "Lives of a gearbox"))
    bars = of_class(root, "life")
    assert [bar.get("class") for bar in bars] == ["life made", "life use", "life core", "life remanufactured"]
    assert all(float(bar.get("width", "0")) >= 5.0 for bar in bars)
    assert [bars[1].get("x"), bars[2].get("x")] == [
        f"{float(bars[place].get('x', '0')) + float(bars[place].get('width', '0')):.2f}".rstrip("0").rstrip(".")
        for place in (0, 1)]
    words = words_of(root)
    assert {"Made new", "Core", "Remanufactured", "132 kg became scrap", "in use", "Mar\u00a02022"} <= set(words)
    assert "making" not in words, "it does not fit"
    assert "making" in titles_of(root)
    assert root.get("aria-label") == "Lives of a gearbox"
    for element in root.iter():
        for name in ("x", "y"):
            if element.tag in ("rect", "tspan") and name in element.attrib:
                limit = float(root.get("width" if name == "x" else "height", "0"))
                assert 0.0 <= float(element.get(name, "0")) <= limit


def test_lives_at_their_edges() -> None:
    parsed(draw_lives([], label="nothing yet"))
    parsed(draw_lives([LifePhase("use", "2022-01-01", "2022-01-01", HOSTILE)], [LifeEvent("2022-01-01", HOSTILE)]))
    with pytest.raises(ValueError, match="Invalid isoformat"):
        draw_lives([LifePhase("use", "soon", "later")])


def test_labels_are_stacked() -> None:
    near = [LabelledSpan(0.0, 0.0, 50.0, 2), LabelledSpan(30.0, 30.0, 50.0, 1), LabelledSpan(60.0, 60.0, 50.0, 1)]
    assert stack(near, 200.0) == [Stacked(0.0, 2), Stacked(30.0, 1), Stacked(60.0, 0)]
    right = [LabelledSpan(150.0, 160.0, 60.0, 1), LabelledSpan(170.0, 190.0, 60.0, 1)]
    assert stack(right, 200.0) == [Stacked(160.0, 0, at_end=True), Stacked(190.0, 1, at_end=True)]
    assert stack([LabelledSpan(10.0, 10.0, 500.0, 1)], 200.0) == [Stacked(200.0, 0, at_end=True)]


@pytest.mark.parametrize(("first", "last", "most", "words"), [
    ("2022-02-01", "2022-02-04", 4, ["1 Feb 2022", "2 Feb 2022", "3 Feb 2022", "4 Feb 2022"]),
    ("2022-02-10", "2022-06-20", 9, ["Mar 2022", "Apr 2022", "May 2022", "Jun 2022"]),
    ("2021-12-31", "2023-02-01", 6, ["Jan 2022", "Apr 2022", "Jul 2022", "Oct 2022", "Jan 2023"]),
    ("2015-05-01", "2025-05-01", 6, ["2016", "2018", "2020", "2022", "2024"]),
])
def test_ticks_of_days(first: str, last: str, most: int, words: list[str]) -> None:
    ticks = day_ticks(day_number(first), day_number(last), most)
    assert [tick.words.replace("\u00a0", " ") for tick in ticks] == words


def test_when() -> None:
    assert [when(text, "zh") for text in ("2022", "2022-03", "2022-03-04")] == ["2022年", "2022年3月", "2022年3月4日"]
    assert when("2022") == "2022"


@pytest.mark.parametrize(("low", "high", "ticks"), [
    (0.0, 530.0, [0.0, 200.0, 400.0, 600.0]), (0.0, 0.037, [0.0, 0.01, 0.02, 0.03, 0.04]),
    (5.0, 5.0, [0.0, 2.0, 4.0, 6.0]),
    (-30.0, 60.0, [-50.0, 0.0, 50.0, 100.0]), (0.0, 0.0, [0.0, 0.5, 1.0]), (0.0, 1e9, [0.0, 5e8, 1e9]),
])
def test_ticks_of_values(low: float, high: float, ticks: list[float]) -> None:
    assert value_ticks(low, high) == ticks


def test_a_line_has_a_gap_where_a_value_is_missing() -> None:
    values = [480.0, 512.0, None, 530.0, float("nan"), 440.0]
    points = [SeriesPoint(f"2022-{place + 1:02d}", value, f"{value}") for place, value in enumerate(values)]
    root = parsed(draw_series([SeriesLine(points)], "kg CO₂e per t, by month"))
    (line,) = of_class(root, "line")
    assert re.sub(r"[\d. ]+", "", line.get("d", "")) == "MLMM"
    assert titles_of(root) == ["480.0", "512.0", "530.0", "440.0"]
    assert {"0", "200", "400", "600", "Jan\u00a02022"} <= set(words_of(root))
    assert root.get("aria-label") == "kg CO₂e per t, by month"


def test_steps() -> None:
    points = [SeriesPoint(f"2022-02-{day:02d}", float(day * day)) for day in range(1, 5)]
    root = parsed(draw_series([SeriesLine(points, step=True)], "entries"))
    assert re.sub(r"[\d. ]+", "", of_class(root, "line")[0].get("d", "")) == "MHVHVHV"


def test_charts_at_their_edges() -> None:
    parsed(draw_series([], "nothing"))
    parsed(draw_series([SeriesLine([])], HOSTILE))
    one = parsed(draw_series([SeriesLine([SeriesPoint("2022-02", 5.0, HOSTILE)])], "one month"))
    assert len(of_class(one, "dot")) == 1
    high = [SeriesPoint("2022-01", 980.0), SeriesPoint("2022-02", 1010.0)]
    near = parsed(draw_series([SeriesLine(high)], "near", SeriesFrame(from_zero=False)))
    assert "0" not in words_of(near)
