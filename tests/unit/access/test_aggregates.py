"""Sums over organisations: which of them are shown to whom."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.access.aggregates import LARGEST_PART, MIN_ORGANIZATIONS, Parts, hidden_cells, is_ended_year, may_show

_AMOUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1000), max_size=8)


@pytest.mark.parametrize(("parts", "shown"), [
    ({}, True),
    ({"a": 1.0}, False),
    ({"a": 1.0, "b": 1.0}, False),
    ({"a": 1.0, "b": 1.0, "c": 1.0}, True),
    ({"a": 1.0, "b": 1.0, "c": 0.0}, False),
    ({"a": 2.0, "b": 1.0, "c": 1.0}, True),
    ({"a": 2.1, "b": 1.0, "c": 1.0}, False),
    ({"a": -2.1, "b": 1.0, "c": 1.0}, False),
])
def test_three_organisations_none_above_half(parts: Parts, shown: bool) -> None:
    assert may_show([parts], ()) is shown


def test_the_caller_subtracts_its_own_part() -> None:
    parts = {"a": 1.0, "b": 1.0, "c": 1.0, "own": 1.0}
    assert may_show([parts], ["own"])
    del parts["c"]
    assert may_show([parts], ())
    assert not may_show([parts], ["own"])


def test_each_sum_behind_a_value_counts() -> None:
    mixed = {"a": 1.0, "b": 1.0, "c": 1.0}
    assert may_show([mixed, mixed], ())
    assert not may_show([mixed, {"a": 1.0}], ())


def test_the_smallest_other_cells_are_hidden_with_a_hidden_one() -> None:
    def even(amount: float) -> list[Parts]:
        return [dict.fromkeys("abc", amount)]

    assert hidden_cells({"small": even(2.0), "large": even(9.0), "single": [{"d": 1.0}]}, ()) == {"single", "small"}
    assert hidden_cells({"small": even(2.0), "large": even(9.0)}, ()) == frozenset()


def test_cells_are_hidden_until_their_sum_is_mixed() -> None:
    cells = {"single": [{"d": 10.0}], "small": [dict.fromkeys("abc", 1.0)], "large": [dict.fromkeys("abc", 9.0)]}
    assert hidden_cells(cells, ()) == {"single", "small", "large"}


@given(st.dictionaries(st.sampled_from("PQRSTU"), _AMOUNTS, min_size=1), st.sets(st.sampled_from("abcdefgh")))
def test_neither_cells_nor_their_differences_from_the_total_are_of_few(
    cells: dict[str, dict[str, float]], own: set[str]
) -> None:
    hidden = hidden_cells({name: [parts] for name, parts in cells.items()}, own)
    shown = [parts for name, parts in cells.items() if name not in hidden]
    rest: dict[str, float] = {}
    for name in hidden:
        for organization, amount in cells[name].items():
            rest[organization] = rest.get(organization, 0.0) + amount
    for parts in [*shown, *([rest] if shown else [])]:
        others = [amount for organization, amount in parts.items() if organization not in own and amount]
        assert not others or (
            len(others) >= MIN_ORGANIZATIONS and max(others) <= LARGEST_PART * sum(others))


@pytest.mark.parametrize(("since", "until", "ended"), [
    ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", True),
    ("2024-01-01T00:00:00Z", "2025-01-01T00:00:01Z", False),
    ("2024-01-02T00:00:00Z", "2025-01-01T00:00:00Z", False),
    ("2023-01-01T00:00:00Z", "2025-01-01T00:00:00Z", False),
    ("2024-01-01T00:00:00Z", None, False),
    (None, "2025-01-01T00:00:00Z", False),
    ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
])
def test_a_period_is_a_year_that_has_ended(since: str | None, until: str | None, ended: bool) -> None:
    assert is_ended_year(since, until, "2025-06-30T00:00:00Z") is ended


def test_years_do_not_overlap() -> None:
    source = random.Random(4)
    instants = [f"{source.randrange(2000, 2020)}-0{source.randrange(1, 3)}-01T00:00:00Z" for _ in range(60)]
    allowed = sorted({(since, until) for since in instants for until in instants
                      if is_ended_year(since, until, "2021-01-01T00:00:00Z")})
    assert allowed
    assert all(one[1] <= next_one[0] for one, next_one in pairwise(allowed))
