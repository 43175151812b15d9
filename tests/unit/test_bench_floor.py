"""The floors of `make bench`."""

from bench.floor import Floor, floors_of, read_floors, shortfalls
from bench.measures import Measure


def _measure(ratio: float | None, name: str = "append.batch") -> Measure:
    return Measure(name=name, value=1.0, unit="1/s", ratio=ratio)


def test_a_floor_is_the_median_with_the_distance_from_the_second_to_the_ninth_of_ten() -> None:
    ratios = [0.90, 0.28, 0.27, 0.26, 0.29, 0.30, 0.31, 0.25, 0.32, 0.01]
    assert floors_of([[_measure(ratio)] for ratio in ratios]) == {"append.batch": Floor(0.285, 0.07)}


def test_all_of_three_runs_count() -> None:
    assert floors_of([[_measure(0.2)], [_measure(0.3)], [_measure(0.1)]]) == {"append.batch": Floor(0.2, 0.2)}


def test_only_a_ratio_that_every_run_has_gets_a_floor() -> None:
    runs = [[_measure(0.2), _measure(0.5, "audit.replay")], [_measure(0.3), _measure(None, "audit.replay")]]
    assert list(floors_of(runs)) == ["append.batch"]


def test_a_ratio_is_short_if_it_is_below_its_median_by_more_than_the_spread() -> None:
    floors = {"append.batch": Floor(0.28, 0.02), "audit.replay": Floor(0.31, 0.05)}
    assert shortfalls([_measure(0.261), _measure(0.27, "audit.replay")], floors) == []
    assert shortfalls([_measure(0.259), _measure(0.27, "audit.replay")], floors) == [
        "append.batch: 0.259 is below 0.28 by more than the spread of 0.02"]


def test_measures_without_a_ratio_or_a_floor_are_not_short() -> None:
    assert shortfalls([_measure(None), _measure(0.001, "other")], {"append.batch": Floor(0.28, 0.02)}) == []


def test_the_floors_of_the_repository_are_readable() -> None:
    assert all(floor.median > 0 and floor.spread >= 0 for floor in read_floors().values())
