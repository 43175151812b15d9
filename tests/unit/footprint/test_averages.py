"""Averages over calendar periods: which month a record is of, weighted means, and changes above ten per cent."""

from decimal import Decimal

import pytest

from ledger.footprint.derived.averages import (
    PeriodAverage,
    PeriodSums,
    ProducedLot,
    bounds,
    changes,
    month_of,
    period_before,
    reason_of,
    within,
)


@pytest.mark.parametrize(("ended", "month"), [
    ("2025-03-31T23:59:59Z", "2025-03"), ("2025-04-01T00:00:00Z", "2025-03"), ("2025-04-01T00:00:01Z", "2025-04"),
    ("2026-01-01T00:00:00Z", "2025-12"),
])
def test_midnight_belongs_to_the_month_that_ends(ended: str, month: str) -> None:
    assert month_of(ended) == month
    since, until = bounds(month)
    assert since < ended <= until


@pytest.mark.parametrize(("period", "expected"), [
    ("2025", ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")),
    ("2025-12", ("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z")),
    ("2025-02", ("2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z")),
])
def test_bounds(period: str, expected: tuple[str, str]) -> None:
    assert bounds(period) == expected
    assert within(period, *expected)
    assert within(period, None, None)
    assert not within(period, expected[0].replace("00:00:00", "00:00:01"), expected[1])
    assert not within(period, expected[0], f"{expected[1][:4]}-{expected[1][5:7]}-01T00:00:00"[:-9] + "00T23:59:59Z")


@pytest.mark.parametrize(("since", "until", "before"), [
    ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z", "2025-02-01T00:00:00Z"),
    ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
    ("2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z", "2024-10-01T00:00:00Z"),
    ("2025-03-10T00:00:00Z", "2025-03-20T12:00:00Z", "2025-02-27T12:00:00Z"),
])
def test_the_period_before(since: str, until: str, before: str) -> None:
    assert period_before(since, until) == (before, since)


@pytest.mark.parametrize(("since", "until"), [
    ("0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z"), ("0001-01-02T00:00:00Z", "0003-01-01T12:00:00Z"),
])
def test_no_period_before_the_calendar(since: str, until: str) -> None:
    assert period_before(since, until) is None


def lot(index: int, ended: str, quantity: str, footprint: float, mass: str | None = "1") -> ProducedLot:
    return ProducedLot(index, ended, Decimal(quantity), None if mass is None else Decimal(mass), footprint)


def test_weighted_by_production() -> None:
    sums = PeriodSums()
    sums.take([lot(1, "2025-01-15T00:00:00Z", "10", 20.0), lot(1, "2025-02-01T00:00:00Z", "30", 30.0, "3")])
    sums.take([lot(2, "2025-03-01T00:00:00Z", "5", 20.0, None), lot(3, "2024-12-31T00:00:00Z", "1", 9.0)])
    # 50 over 40: lots of 2 and 1.
    assert sums.average("2025-01") == PeriodAverage("2025-01", 2, Decimal(40), Decimal(4), 1.25, 1.0, 2.0)
    assert sums.average("2025-02") == PeriodAverage("2025-02", 1, Decimal(5), None, 4.0, 4.0, 4.0)
    assert sums.average("2025") == PeriodAverage("2025", 3, Decimal(45), None, pytest.approx(70 / 45), 1.0, 4.0)
    assert [one.period for one in sums.months()] == ["2024-12", "2025-01", "2025-02"]
    assert [one.period for one in sums.years()] == ["2024", "2025"]
    assert (sums.records("2025"), sums.records("2025-07"), sums.average("2025-07")) == ([1, 2], [], None)
    assert sums.last_before("2025-02") == sums.average("2025-01")
    assert (sums.last_before("2025-01"), sums.last_before("2024-12")) == (sums.average("2024-12"), None)


def average(period: str, per_unit: float) -> PeriodAverage:
    return PeriodAverage(period, 1, Decimal(1), None, per_unit, per_unit, per_unit)


def test_changes_above_ten_per_cent() -> None:
    months = [average("2025-01", 1.0), average("2025-03", 1.1), average("2025-04", 1.3), average("2025-05", 1.0)]
    assert [(one.period.period, one.last.period, one.change) for one in changes(months)] == [
        ("2025-04", "2025-03", pytest.approx(0.2 / 1.1)), ("2025-05", "2025-04", pytest.approx(-0.3 / 1.3))]


def test_the_reason_of_the_newest_restated_record() -> None:
    assert (reason_of([1, 3, 2], {1: "old", 2: "new"}), reason_of([4], {1: "old"})) == ("new", None)
