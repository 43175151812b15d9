"""Chains as arrays: in log order whatever order they come in, and refused where a pass over them would be wrong."""

import random
from typing import Any

import numpy
import pytest
from hypothesis import given
from support.chains import arrays_at_random
from support.examples import examples

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, compiled, compiled_from, distinct


def number(record: int, position: int = 0) -> int:
    return record * LOT_SLOTS + position


def test_a_chain_in_any_order() -> None:
    """Record 1 makes two lots, record 4 one, which takes half of the second lot and all of the first; record 6 takes
    from a lot twice and makes none."""
    found = compiled(
        [number(4), number(1, 1), number(1)], [1.0, 0.25, 0.75], [6, 4, 6, 4],
        [number(4), number(1, 1), number(4), number(1)], [0.125, 0.5, 0.25, 1.0], records=[6, 6],
    )
    assert found.records.tolist() == [1, 4, 6]
    assert found.numbers.tolist() == [number(1), number(1, 1), number(4)]
    assert found.shares.tolist() == [0.75, 0.25, 1.0]
    assert found.made.tolist() == [0, 2, 3, 3]
    assert found.taken.tolist() == [0, 0, 2, 4]
    # The order within a record is kept: it is that of its inputs.
    assert found.inputs.tolist() == [1, 0, 2, 2]
    assert found.parts.tolist() == [0.5, 1.0, 0.125, 0.25]
    assert found.makers.tolist() == [0, 0, 1]
    assert found.takers.tolist() == [1, 1, 2, 2]
    assert [found.position(one) for one in found.numbers.tolist()] == [0, 1, 2]


def test_nothing() -> None:
    found = compiled_from([], [])
    assert [len(column) for column in found] == [0, 1, 1, 0, 0, 0, 0]
    assert (found.makers.tolist(), found.takers.tolist()) == ([], [])
    with pytest.raises(KeyError):
        found.position(0)


def test_a_lot_alone() -> None:
    found = compiled_from([(number(3, 2), 0.5)], [])
    assert (found.records.tolist(), found.made.tolist(), found.taken.tolist()) == ([3], [0, 1], [0, 0])


@pytest.mark.parametrize("absent", [number(0), number(2), number(1, 1), number(9)])
def test_the_position_of_a_lot_that_is_not_there(absent: int) -> None:
    found = compiled_from([(number(1), 1.0), (number(3), 1.0)], [])
    with pytest.raises(KeyError):
        found.position(absent)


def test_the_most_that_a_record_can_make() -> None:
    """Positions go up to 1,023: the next number is the next record's first lot."""
    found = compiled_from([(number(1, LOT_SLOTS - 1), 1.0), (number(2), 1.0)], [(2, number(1, LOT_SLOTS - 1), 1.0)])
    assert found.makers.tolist() == [0, 1]


def test_kinds_of_numbers_that_machine_code_reads() -> None:
    found = compiled([number(2), number(1)], [1, 0], [2], [number(1)], [1], records=[2])
    for column in (found.records, found.made, found.taken, found.numbers, found.inputs, found.makers, found.takers):
        assert column.dtype == numpy.int64
        assert column.flags.c_contiguous
    for column in (found.shares, found.parts):
        assert column.dtype == numpy.float64
        assert column.flags.c_contiguous


@pytest.mark.parametrize(("lots", "message"), [
    ([(number(2), 1.0), (number(1), 0.5), (number(2), 1.0)], f"lot {number(2)} occurs twice"),
    ([(number(1), 0.5), (number(1), 0.5)], f"lot {number(1)} occurs twice"),
], ids=["in any order", "in order"])
def test_a_lot_that_stands_twice(lots: list[tuple[int, float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compiled_from(lots, [])


@pytest.mark.parametrize(("lots", "flow"), [
    ([], (2, number(1), 0.5)),
    ([number(1)], (2, number(1), 0.5)),
    ([number(1), number(2)], (2, number(0), 0.5)),
    ([number(1), number(2)], (2, number(1, 1), 0.5)),
    ([number(1), number(2)], (1, number(2), 0.5)),
    ([number(1), number(2)], (2, number(2), 0.5)),
    ([number(1), number(2)], (9, number(3), 0.5)),
], ids=["no lots", "a record that is not there", "before all lots", "between lots", "a younger lot", "its own lot",
        "after all lots"])
def test_a_flow_that_cannot_be(lots: list[int], flow: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match=f"record {flow[0]} takes from lot {flow[1]}, which is not upstream of it"):
        compiled_from([(one, 1.0) for one in lots], [flow])


@pytest.mark.parametrize("columns", [
    ([1024, 2048], [1.0], [2], [1024], [1.0]),
    ([1024, 2048], [1.0, 1.0], [2, 2], [1024], [1.0]),
    ([1024, 2048], [1.0, 1.0], [2], [1024], [1.0, 0.5]),
    ([[1024, 2048]], [[1.0, 1.0]], [2], [1024], [1.0]),
])
def test_columns_that_do_not_fit(columns: Any) -> None:
    with pytest.raises(ValueError, match="but have the shapes"):
        compiled(*columns)


def test_each_once_in_order() -> None:
    for values, expected in (([], []), ([3], [3]), ([1, 1, 2, 2], [1, 2]), ([2, 1, 2, 0], [0, 1, 2])):
        assert distinct(numpy.array(values, numpy.int64)).tolist() == expected


@examples(60)
@given(arrays=arrays_at_random())
def test_the_order_in_which_a_chain_comes_makes_no_difference(arrays: Arrays) -> None:
    lots = list(zip(arrays.numbers.tolist(), arrays.shares.tolist(), strict=True))
    takers = arrays.records[arrays.takers].tolist()
    flows = list(zip(takers, arrays.numbers[arrays.inputs].tolist(), arrays.parts.tolist(), strict=True))
    source = random.Random(1)
    source.shuffle(lots)
    # Records in any order, what one takes in its own.
    order = sorted(set(takers), key=lambda _: source.random())
    flows.sort(key=lambda flow: order.index(flow[0]))
    found = compiled(
        [one for one, _ in lots], [share for _, share in lots], [one for one, _, _ in flows],
        [lot for _, lot, _ in flows], [part for _, _, part in flows], arrays.records[::-1],
    )
    for column, expected in zip(found, arrays, strict=True):
        assert column.tolist() == expected.tolist()
