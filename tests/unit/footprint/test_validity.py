"""How long a figure is valid, of what kind it is, and which changes end its validity."""

import pytest

from ledger.footprint.derived.validity import change_of, figure_kind, is_above_limit, valid_until


@pytest.mark.parametrize(("end", "until"), [
    ("2025-04-01T00:00:00Z", "2028-04-01T00:00:00Z"), ("2024-02-29T12:00:00Z", "2027-02-28T12:00:00Z"),
    ("2025-02-28T23:59:59Z", "2028-02-28T23:59:59Z"),
])
def test_three_years_after_the_data(end: str, until: str) -> None:
    assert valid_until(end) == until


@pytest.mark.parametrize(("record", "averaged", "kind"), [
    ("transformation", False, "lotFigure"), ("transfer", False, "lotFigure"), ("addition", False, "movingAverage"),
    ("addition", True, "periodAverage"),
])
def test_kinds_of_figures(record: str, averaged: bool, kind: str) -> None:
    assert figure_kind(record, averaged=averaged) == kind


@pytest.mark.parametrize(("before", "now", "change", "ends"), [
    (100.0, 100.0, 0.0, False), (100.0, 110.0, 0.1, False), (100.0, 111.0, 0.11, True), (100.0, 89.0, -0.11, True),
    (-10.0, -12.0, -0.2, True), (0.0, 0.0, 0.0, False), (0.0, 1.0, None, True), (2.0, 0.0, -1.0, True),
])
def test_a_change_above_ten_per_cent_ends_it(before: float, now: float, change: float | None, ends: bool) -> None:
    found = change_of(before, now)
    assert found == (None if change is None else pytest.approx(change))
    assert is_above_limit(found) == ends
