"""The solver finds the values that answers determine, and only those."""

import pytest
from support.solving import determined, numbers_in


def observed(*values: float) -> dict[str, float]:
    a, b, c = values
    return {"sum": a + b, "clock": 1.0, "twice": 2 * c, "text~0": 7.0}


def test_two_parts_of_a_sum_stay_hidden_and_a_multiple_does_not() -> None:
    values, step = (10.0, 20.0, 5.0), 0.5
    changed = [observed(*(value + step * (place == moved) for place, value in enumerate(values)))
               for moved in range(3)]
    found = determined(values, observed(*values), observed(*values), changed, [step] * 3)
    assert found == {2: (pytest.approx(5.0), pytest.approx(5.0))}


def test_a_small_part_of_a_sum_bounds_the_large_one() -> None:
    """The sum of 100 and 1 determines the large part within 10 %, and says nothing of the small one."""
    def seen(a: float, b: float) -> dict[str, float]:
        return {"sum": a + b}

    found = determined((100.0, 1.0), seen(100, 1), seen(100, 1), [seen(101, 1), seen(100, 2)], [1.0, 1.0])
    assert list(found) == [0]


def test_times_tell_nothing() -> None:
    changed = [{"clock": 8.0, "sum": 1.0}]
    assert determined((1.0,), {"clock": 7.0, "sum": 1.0}, {"clock": 9.0, "sum": 1.0}, changed, [1.0]) == {}


def test_numbers_of_texts_count_too() -> None:
    found = dict(numbers_in("q", b'{"a": [1, "2.5", "holds 3 of 1,200 kg", true, null, "5a"]}'))
    assert found == {"q.a[0]": 1.0, "q.a[1]": 2.5, "q.a[2]~0": 3.0, "q.a[2]~1": 1200.0}
