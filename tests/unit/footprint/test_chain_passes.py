"""The passes over a chain: solved by hand, by sparse linear algebra and by networkx."""

import random
from typing import Any

import networkx
import numpy
import pytest
import scipy.sparse
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as st
from support.chains import arrays_at_random, graph_of
from support.examples import examples
from support.raising import raised

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, compiled, compiled_from, distinct
from ledger.footprint.derived.chain.passes import (
    adjoint,
    adjoint_contents,
    downstream_steps,
    propagate,
    propagate_contents,
    upstream_steps,
)

NOWHERE = numpy.zeros(4, numpy.bool_)


def number(record: int, position: int = 0) -> int:
    return record * LOT_SLOTS + position


@pytest.fixture
def diamond() -> Arrays:
    """Record 0 makes A (share 0.75) and the waste W (0.25). Record 1 takes half of A and makes B. Record 2 takes a
    quarter of A and all of W and makes C. Record 3 takes 0.2 of B, half of C, and 0.1 of A, in that order, and makes
    D."""
    return compiled_from(
        [(number(0), 0.75), (number(0, 1), 0.25), (number(1), 1.0), (number(2), 1.0), (number(3), 1.0)],
        [(1, number(0), 0.5), (2, number(0), 0.25), (2, number(0, 1), 1.0), (3, number(1), 0.2), (3, number(2), 0.5),
         (3, number(0), 0.1)],
    )


def test_figures_by_hand(diamond: Arrays) -> None:
    found = propagate(diamond, numpy.array([[100.0, 0.0], [10.0, 1.0], [0.0, 0.0], [5.0, -2.0]]))
    # A = 0.75 * 100, W = 0.25 * 100; B = 10 + 0.5 * 75; C = 0.25 * 75 + 25; D = 5 + 0.2 * 47.5 + 0.5 * 43.75 + 7.5
    assert found[:, 0] == pytest.approx([75, 25, 47.5, 43.75, 43.875], rel=1e-15)
    # Only B's 1 goes on, a fifth of it into D, beside its own -2.
    assert found[:, 1] == pytest.approx([0, 0, 1, 0, -1.8], rel=1e-15)


def test_what_lots_have_beside_their_share(diamond: Arrays) -> None:
    """12 of 100 kg assigned to W: A = 0.75 * (100 - 12), W = 0.25 * (100 - 12) + 12, in sum 100; 6 moved into B."""
    direct = numpy.array([[100.0], [0.0], [0.0], [0.0]])
    extra = numpy.array([[-0.75 * 12], [12 - 0.25 * 12], [6.0], [0.0], [0.0]])
    kept = extra.copy()
    found = propagate(diamond, direct, extra)
    # B = 0.5 * 66 + 6; C = 0.25 * 66 + 34; D = 0.2 * 39 + 0.5 * 50.5 + 0.1 * 66
    assert found[:, 0] == pytest.approx([66, 34, 39, 50.5, 39.65], rel=1e-15)
    assert (extra == kept).all()


def test_contents_by_hand(diamond: Arrays) -> None:
    """Mass and steel, each with fractions of its own. Record 0 has 10 kg, of which A holds 6 and W 3, and 8 kg of
    steel, A 0.5 of it and W nothing; B holds what record 1 had; C all mass and half of the steel; record 3 adds 2 kg of
    mass, and D holds 0.9 of it and all steel."""
    entering = numpy.array([[10.0, 8.0], [0.0, 0.0], [0.0, 0.0], [2.0, 0.0]])
    fractions = numpy.array([[0.6, 0.5], [0.3, 0.0], [1.0, 1.0], [1.0, 0.5], [0.9, 1.0]])
    found = propagate_contents(diamond, entering, fractions)
    # C = 0.25 * 6 + 3; D = 0.9 * (2 + 0.2 * 3 + 0.5 * 4.5 + 0.1 * 6)
    assert found[:, 0] == pytest.approx([6, 3, 3, 4.5, 4.905], rel=1e-15)
    # A = 4, B = 2, C = 0.5 * 0.25 * 4, D = 0.2 * 2 + 0.5 * 0.5 + 0.1 * 4
    assert found[:, 1] == pytest.approx([4, 0, 2, 0.5, 1.05], rel=1e-15)


def test_weights_by_hand(diamond: Arrays) -> None:
    records, lots = adjoint(diamond, numpy.array([0.0, 0.0, 0.0, 0.0, 1.0]))
    # A: 0.1 + 0.2 * 0.5 + 0.5 * 0.25; W: 0.5 * 1; record 0: 0.75 * 0.325 + 0.25 * 0.5
    assert lots == pytest.approx([0.325, 0.5, 0.2, 0.5, 1.0], rel=1e-15)
    assert records == pytest.approx([0.36875, 0.2, 0.5, 1.0], rel=1e-15)
    # What test_figures_by_hand gives for D: 100 and 10 and 5
    assert records @ [100.0, 10.0, 0.0, 5.0] == pytest.approx(43.875, rel=1e-15)


def test_weights_of_a_sum(diamond: Arrays) -> None:
    """Two thirds of B and all of C: what is in both counts from both sides."""
    records, lots = adjoint(diamond, numpy.array([0.0, 0.0, 2 / 3, 1.0, 0.0]))
    # A: 2/3 * 0.5 + 0.25 = 7/12; record 0: 0.75 * 7/12 + 0.25 * 1
    assert lots == pytest.approx([7 / 12, 1.0, 2 / 3, 1.0, 0.0], rel=1e-15)
    assert records == pytest.approx([0.6875, 2 / 3, 1.0, 0.0], rel=1e-15)


def test_weights_of_a_content(diamond: Arrays) -> None:
    """The steel of test_contents_by_hand: all of it from record 0, 1.05 of 8 kg."""
    records, _ = adjoint_contents(diamond, numpy.array([0.5, 0.0, 1.0, 0.5, 1.0]), numpy.array([0, 0, 0, 0, 1]))
    assert records[0] == pytest.approx(1.05 / 8, rel=1e-15)


def test_steps_by_hand(diamond: Arrays) -> None:
    records, lots = upstream_steps(diamond, numpy.array([4]), NOWHERE)
    # A is taken by record 3 itself, so it lies one record away, however many other ways lead to it.
    assert (records.tolist(), lots.tolist()) == ([2, 2, 2, 1], [1, 2, 1, 1, 0])
    records, lots = downstream_steps(diamond, numpy.array([1]), NOWHERE)
    assert (records.tolist(), lots.tolist()) == ([-1, -1, 1, 2], [-1, 0, -1, 1, 2])
    records, lots = upstream_steps(diamond, numpy.array([2, 1]), NOWHERE)
    assert (records.tolist(), lots.tolist()) == ([1, 1, -1, -1], [1, 0, 0, -1, -1])


def test_a_shorter_way_that_is_found_later() -> None:
    """Record 5 takes from 4 and from 2; 4 takes from 3, and 3 and 2 take from 1: newest first, 1 is met by way of 4 and
    3, three records away, before it is met by way of 2."""
    arrays = compiled_from(
        [(number(i), 1.0) for i in range(1, 6)],
        [(2, number(1), 0.1), (3, number(1), 0.1), (4, number(3), 0.1), (5, number(4), 0.1), (5, number(2), 0.1)],
    )
    records, lots = upstream_steps(arrays, numpy.array([4]), numpy.zeros(5, numpy.bool_))
    assert (records.tolist(), lots.tolist()) == ([3, 2, 3, 2, 1], [2, 1, 2, 1, 0])
    # Downstream of the first: 5 by way of 2, in two steps.
    records, lots = downstream_steps(arrays, numpy.array([0]), numpy.zeros(5, numpy.bool_))
    assert (records.tolist(), lots.tolist()) == ([-1, 1, 1, 2, 2], [0, 1, 1, 2, 2])
    # A target that is made of another stays one.
    _, lots = downstream_steps(arrays, numpy.array([0, 3]), numpy.zeros(5, numpy.bool_))
    assert lots.tolist() == [0, 1, 1, 0, 1]


def test_steps_that_end(diamond: Arrays) -> None:
    """Nothing behind record 2; record 0 is reached by the others."""
    ends = numpy.array([False, False, True, False])
    records, lots = upstream_steps(diamond, numpy.array([3]), ends)
    assert (records.tolist(), lots.tolist()) == ([-1, -1, 1, -1], [-1, -1, -1, 0, -1])
    records, lots = upstream_steps(diamond, numpy.array([4]), ends)
    assert (records.tolist(), lots.tolist()) == ([2, 2, 2, 1], [1, -1, 1, 1, 0])
    records, lots = downstream_steps(diamond, numpy.array([1]), ends)
    assert (records.tolist(), lots.tolist()) == ([-1, -1, 1, -1], [-1, 0, -1, -1, -1])


def test_nothing_at_all() -> None:
    empty = compiled_from([], [])
    assert propagate(empty, numpy.zeros((0, 3))).shape == (0, 3)
    assert propagate_contents(empty, numpy.zeros((0, 2)), numpy.zeros((0, 2))).shape == (0, 2)
    assert [one.shape for one in adjoint(empty, numpy.zeros(0))] == [(0,), (0,)]
    nowhere = numpy.zeros(0, numpy.bool_)
    assert [one.shape for one in upstream_steps(empty, numpy.zeros(0, numpy.int64), nowhere)] == [(0,), (0,)]


def test_no_figures_of_some_records(diamond: Arrays) -> None:
    assert propagate(diamond, numpy.zeros((4, 0))).shape == (5, 0)


def _frozen(values: Any) -> Any:
    values.setflags(write=False)
    return values


@pytest.mark.parametrize("spell", [
    lambda values: values.astype(numpy.float32), lambda values: values.astype(numpy.int16), numpy.asfortranarray,
    lambda values: numpy.repeat(values, 2, axis=0)[::2], lambda values: _frozen(values.copy()), lambda values:
    values.tolist(), lambda values: values[::-1].copy()[::-1],
], ids=["float32", "int16", "columns first", "every other", "read-only", "lists", "backwards"])
def test_numbers_however_they_lie(diamond: Arrays, spell: Any) -> None:
    """All the same figures, and what was given stays as it is."""
    table = numpy.array([[100.0, 3.0], [10.0, 1.0], [0.0, 7.0], [5.0, -2.0]])
    of_lots = numpy.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    wanted = numpy.array([0.0, 1.0, 0.0, 2.0, 1.0])
    given_table, given_lots, given_wanted = spell(table), spell(of_lots), spell(wanted)
    assert (propagate(diamond, given_table) == propagate(diamond, table)).all()
    assert (propagate(diamond, table, given_lots) == propagate(diamond, table, of_lots)).all()
    assert (propagate_contents(diamond, given_table, given_lots) == propagate_contents(diamond, table, of_lots)).all()
    for found, expected in zip(adjoint(diamond, given_wanted), adjoint(diamond, wanted), strict=True):
        assert (found == expected).all()
    assert numpy.array_equal(given_table, table)
    assert numpy.array_equal(given_lots, of_lots)
    assert numpy.array_equal(given_wanted, wanted)


def test_arrays_however_they_lie(diamond: Arrays) -> None:
    """As they come out of a file or of another's hands: half as long, backwards, not to be written."""
    other = Arrays(
        diamond.records, diamond.made.astype(numpy.int32), _frozen(diamond.taken.copy()), diamond.numbers,
        diamond.shares[::-1].copy()[::-1], diamond.inputs.astype(numpy.int32), _frozen(diamond.parts.copy()),
    )
    direct, wanted = numpy.array([[100.0], [10.0], [0.0], [5.0]]), numpy.array([0.0, 0.0, 0.0, 0.0, 1.0])
    assert (propagate(other, direct) == propagate(diamond, direct)).all()
    assert (adjoint(other, wanted)[0] == adjoint(diamond, wanted)[0]).all()
    assert (upstream_steps(other, numpy.array([4]), NOWHERE)[1] == [1, 2, 1, 1, 0]).all()


def test_shapes_that_do_not_fit(diamond: Arrays) -> None:
    """Machine code would read and write past the end."""
    records, lots = numpy.zeros((4, 2)), numpy.zeros((5, 2))
    for wrong in (numpy.zeros((5, 2)), numpy.zeros((3, 2)), numpy.zeros(4)):
        assert "direct has shape" in str(raised(ValueError, propagate, diamond, wrong))
    for wrong in (numpy.zeros((4, 2)), numpy.zeros((5, 1)), numpy.zeros(5)):
        assert "extra has shape" in str(raised(ValueError, propagate, diamond, records, wrong))
    assert "entering has shape" in str(raised(ValueError, propagate_contents, diamond, lots, lots))
    assert "fractions has shape" in str(raised(ValueError, propagate_contents, diamond, records, records))
    assert "entering has 2 contents, fractions has 1" in str(raised(
        ValueError, propagate_contents, diamond, records, numpy.zeros((5, 1))
    ))
    for short in (numpy.zeros(4), numpy.zeros(6), numpy.zeros((5, 1))):
        assert "wanted has shape" in str(raised(ValueError, adjoint, diamond, short))
        assert "fractions has shape" in str(raised(ValueError, adjoint_contents, diamond, short, numpy.zeros(5)))
    for steps in (upstream_steps, downstream_steps):
        assert "ends has shape" in str(raised(
            ValueError, steps, diamond, numpy.array([4]), numpy.zeros(3, numpy.bool_)
        ))
        raised(IndexError, steps, diamond, numpy.array([5]), NOWHERE)


@pytest.mark.parametrize("change", [
    {"shares": numpy.zeros(4)}, {"parts": numpy.zeros(5)}, {"made": numpy.array([0, 2, 3, 4])},
    {"taken": numpy.array([0, 0, 1, 3, 7])}, {"made": numpy.array([0, 2, 3, 4, 6])}, {"inputs": numpy.zeros(7)},
])
def test_arrays_that_do_not_fit_each_other(diamond: Arrays, change: dict[str, Any]) -> None:
    broken = diamond._replace(**change)
    with pytest.raises(ValueError, match=r"mismatched lengths|fractions has shape"):
        adjoint(broken, numpy.zeros(5))
    assert "mismatched lengths" in str(raised(ValueError, propagate, broken, numpy.zeros((4, 1))))


# --- compared with others --------------------------------------------------------------------------------------------


def matrices(arrays: Arrays, fractions: Any = None) -> tuple[Any, Any, Any]:
    """S (lots x records), P (records x lots), and I - S P, of lots x lots."""
    records, lots = len(arrays.records), len(arrays.numbers)
    shares = arrays.shares if fractions is None else fractions
    made = scipy.sparse.csc_array((shares, (numpy.arange(lots), arrays.makers)), shape=(lots, records))
    taken = scipy.sparse.coo_array((arrays.parts, (arrays.takers, arrays.inputs)), shape=(records, lots)).tocsc()
    return made, taken, (scipy.sparse.eye_array(lots, format="csc") - made @ taken).tocsc()


@examples(80)
@given(arrays=arrays_at_random(), seed=st.integers(0, 2**32 - 1))
def test_figures_solve_their_equations(arrays: Arrays, seed: int) -> None:
    """(I - S P) b = S d + e; and for each content with its own fractions in S."""
    random = numpy.random.default_rng(seed)
    records, lots = len(arrays.records), len(arrays.numbers)
    direct, extra = random.normal(size=(records, 3)), random.normal(size=(lots, 3))
    made, _, system = matrices(arrays)
    solved = numpy.column_stack([
        numpy.atleast_1d(scipy.sparse.linalg.spsolve(system, made @ direct[:, k] + extra[:, k])) for k in range(3)
    ])
    assert propagate(arrays, direct, extra) == pytest.approx(solved, rel=1e-9, abs=1e-9)
    fractions = random.uniform(size=(lots, 3))
    found = propagate_contents(arrays, direct, fractions)
    for k in range(3):
        made, _, system = matrices(arrays, fractions[:, k])
        solved = numpy.atleast_1d(scipy.sparse.linalg.spsolve(system, made @ direct[:, k]))
        assert found[:, k] == pytest.approx(solved, rel=1e-9, abs=1e-9)


@examples(80)
@given(arrays=arrays_at_random(), seed=st.integers(0, 2**32 - 1))
def test_weights_solve_the_transposed_equations(arrays: Arrays, seed: int) -> None:
    """(I - S P)' y = wanted gives the lots, S' y the records; and wanted . b = weights . d whatever d is."""
    random = numpy.random.default_rng(seed)
    lots = len(arrays.numbers)
    for fractions in (None, random.uniform(size=lots)):
        wanted = random.normal(size=lots)
        made, _, system = matrices(arrays, fractions)
        solved = numpy.atleast_1d(scipy.sparse.linalg.spsolve(system.T.tocsc(), wanted))
        of_records, of_lots = (
            adjoint(arrays, wanted) if fractions is None else adjoint_contents(arrays, fractions, wanted)
        )
        assert of_lots == pytest.approx(solved, rel=1e-9, abs=1e-9)
        assert of_records == pytest.approx(made.T @ solved, rel=1e-9, abs=1e-9)
    direct = random.normal(size=(len(arrays.records), 1))
    weights, _ = adjoint(arrays, wanted)
    assert wanted @ propagate(arrays, direct)[:, 0] == pytest.approx(weights @ direct[:, 0], rel=1e-9, abs=1e-9)


@examples(120)
@given(arrays=arrays_at_random(), data=st.data())
def test_steps_are_the_shortest_ways(arrays: Arrays, data: st.DataObject) -> None:
    """Two edges a step; nothing goes on behind a record that ends, which may be reached itself."""
    records, lots = len(arrays.records), len(arrays.numbers)
    targets = data.draw(st.lists(st.integers(0, lots - 1), min_size=1, max_size=3))
    ends = numpy.array(data.draw(st.lists(st.booleans(), min_size=records, max_size=records)))
    graph = graph_of(arrays)
    stopping = [("record", i) for i in numpy.flatnonzero(ends).tolist()]
    for steps, way in ((upstream_steps, graph.reverse()), (downstream_steps, graph)):
        way.remove_edges_from([edge for node in stopping for edge in list(way.out_edges(node))])
        distances = networkx.multi_source_dijkstra_path_length(way, {("lot", lot) for lot in targets})
        of_records, of_lots = steps(arrays, numpy.array(targets), ends)
        assert of_records.tolist() == [
            (distances[("record", i)] + 1) // 2 if ("record", i) in distances else -1 for i in range(records)
        ]
        assert of_lots.tolist() == [
            distances[("lot", i)] // 2 if ("lot", i) in distances else -1 for i in range(lots)
        ]


@examples(60)
@given(arrays=arrays_at_random(), data=st.data())
def test_what_is_reached_is_what_weighs(arrays: Arrays, data: st.DataObject) -> None:
    """With shares and parts above zero exactly what lies upstream has a weight."""
    full = arrays._replace(shares=numpy.ones(len(arrays.shares)), parts=numpy.ones(len(arrays.parts)))
    target = data.draw(st.integers(0, len(full.numbers) - 1))
    behind = networkx.ancestors(graph_of(full), ("lot", target)) | {("lot", target)}
    wanted = numpy.zeros(len(full.numbers))
    wanted[target] = 1.0
    of_records, of_lots = adjoint(full, wanted)
    assert {("record", i) for i in numpy.flatnonzero(of_records).tolist()} == {one for one in behind if
                                                                            one[0] == "record"}
    assert {("lot", i) for i in numpy.flatnonzero(of_lots).tolist()} == {one for one in behind if one[0] == "lot"}


# Chains as arrays: in log order whatever order they come in, and refused where a pass over them would be wrong.


def test_a_chain_in_any_order() -> None:
    """Record 1 makes two lots, record 4 one, which takes half of the second lot and all of the first; record 6 takes
    from a lot twice and makes none."""
    found = compiled(
        [number(4), number(1, 1), number(1)], [1.0, 0.25, 0.75], [6, 4, 6, 4],
        [number(4), number(1, 1), number(4), number(1)], [0.125, 0.5, 0.25, 1.0], records=[6, 6],
    )
    assert (found.records.tolist(), found.numbers.tolist()) == ([1, 4, 6], [number(1), number(1, 1), number(4)])
    assert (found.shares.tolist(), found.made.tolist()) == ([0.75, 0.25, 1.0], [0, 2, 3, 3])
    assert found.taken.tolist() == [0, 0, 2, 4]
    # The order within a record is kept: it is that of its inputs.
    assert (found.inputs.tolist(), found.parts.tolist()) == ([1, 0, 2, 2], [0.5, 1.0, 0.125, 0.25])
    assert (found.makers.tolist(), found.takers.tolist()) == ([0, 0, 1], [1, 1, 2, 2])
    assert [found.position(one) for one in found.numbers.tolist()] == [0, 1, 2]


def test_nothing() -> None:
    found = compiled_from([], [])
    assert [len(column) for column in found] == [0, 1, 1, 0, 0, 0, 0]
    assert (found.makers.tolist(), found.takers.tolist()) == ([], [])
    raised(KeyError, found.position, 0)


def test_a_lot_alone() -> None:
    found = compiled_from([(number(3, 2), 0.5)], [])
    assert (found.records.tolist(), found.made.tolist(), found.taken.tolist()) == ([3], [0, 1], [0, 0])


@pytest.mark.parametrize("absent", [number(0), number(2), number(1, 1), number(9)])
def test_the_position_of_a_lot_that_is_not_there(absent: int) -> None:
    raised(KeyError, compiled_from([(number(1), 1.0), (number(3), 1.0)], []).position, absent)


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
    assert "but have the shapes" in str(raised(ValueError, compiled, *columns))


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
