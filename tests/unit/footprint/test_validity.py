"""How long a figure is valid, of what kind it is, and which changes end its validity."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.footprint.derived.validity import (
    DataSource,
    change_of,
    data_end,
    figure_kind,
    is_above_limit,
    valid_until,
)


@pytest.mark.parametrize(("end", "until"), [
    ("2025-04-01T00:00:00Z", "2028-04-01T00:00:00Z"), ("2024-02-29T12:00:00Z", "2027-02-28T12:00:00Z"),
    ("2025-02-28T23:59:59Z", "2028-02-28T23:59:59Z"),
])
def test_three_years_after_the_data(end: str, until: str) -> None:
    assert valid_until(end) == until


def day(number: int) -> str:
    return f"{datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"


def silo(days: int, most: int = 10_000) -> str | None:
    """The end of the data of a silo of 1000 t into which 5 t of the day come on each day, after as much went out."""
    sources = {0: DataSource(day(0), {})}
    for number in range(1, days + 1):
        before = 2 * number - 2
        sources[2 * number - 1] = DataSource(day(number), {})
        sources[2 * number] = DataSource(day(number), {before: 995.0, 2 * number - 1: 5.0})
    newest = sorted(sources, reverse=True)[:most]
    return data_end(2 * days, {index: sources[index] for index in newest})


def test_small_parts_add_up() -> None:
    """After k days 0.995^k of the silo is older than k days: less than a hundredth after 919."""
    assert (silo(300), silo(918), silo(3000)) == (day(0), day(0), day(3000 - 918))


def test_records_that_were_not_read_are_the_oldest() -> None:
    """Of 1000 records, 500 days; without all of the rest no end is too late."""
    assert (silo(3000, most=2000), silo(3000, most=1000)) == (day(3000 - 918), day(3000 - 499))
    assert data_end(7, {7: DataSource(None, {3: 1.0})}) is None


def test_the_oldest_hundredth_does_not_count() -> None:
    def mixed(old: float) -> str | None:
        return data_end(9, {9: DataSource(day(9), {1: old, 2: old, 3: 100.0 - 2 * old}), 1: DataSource(day(1), {}),
                            2: DataSource(day(2), {}), 3: DataSource(day(3), {})})

    assert (mixed(0.4), mixed(0.6), mixed(1.0)) == (day(3), day(2), day(1))


def test_what_comes_on_two_ways_counts_as_a_whole() -> None:
    """0.7 % of the old lot comes through each of two sales."""
    old, new = DataSource(day(1), {}), DataSource(day(5), {})
    sold = DataSource(day(6), {1: 1.0})
    assert data_end(9, {9: DataSource(day(9), {6: 0.7, 7: 0.7, 5: 98.6}), 6: sold, 7: sold, 5: new, 1: old}) == day(1)


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
    assert (found, is_above_limit(found)) == (None if change is None else pytest.approx(change), ends)
