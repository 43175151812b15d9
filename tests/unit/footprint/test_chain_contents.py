"""Where the contents of a lot came from, by hand."""

from collections.abc import Mapping

import numpy
import pytest

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, compiled_from
from ledger.footprint.derived.chain.contents import contents_of, origins
from ledger.footprint.derived.chain.passes import propagate_contents
from ledger.footprint.stored.contents import Contents, ContentsOut

POST, PRE, STEEL = "recycledPostConsumer:steel", "recycledPreConsumer:steel", "material:steel"


def number(record: int, position: int = 0) -> int:
    return record * LOT_SLOTS + position


def outcome(
    *outputs: Contents, declared: Contents | None = None, arisen: Contents | None = None, lost: Contents | None = None
) -> ContentsOut:
    return ContentsOut(declared or {}, arisen or {}, lost or {}, outputs)


@pytest.fixture
def billet() -> tuple[Arrays, Mapping[int, ContentsOut]]:
    """100 kg of old scrap with 90 kg of steel, 50 kg of new scrap that is all steel. A billet of 100 kg is made of half
    of the old scrap, 20 kg of the new one and 40 kg of ore's steel: 105 kg of steel went in, the billet holds 84 kg of
    them, and as much of what was recycled. A bar is half of the billet."""
    arrays = compiled_from(
        [(number(1), 1.0), (number(2), 1.0), (number(3), 1.0), (number(4), 1.0)],
        [(3, number(1), 0.5), (3, number(2), 0.4), (4, number(3), 0.5)],
    )
    return arrays, {
        1: outcome({"mass": 100.0, STEEL: 90.0}, declared={"mass": 100.0, STEEL: 90.0}),
        2: outcome({"mass": 50.0, STEEL: 50.0}, declared={"mass": 50.0, STEEL: 50.0}),
        3: outcome({"mass": 100.0, STEEL: 84.0, POST: 36.0, PRE: 16.0}, declared={"mass": 40.0, STEEL: 40.0},
                   arisen={POST: 45.0, PRE: 20.0}, lost={"mass": 10.0, STEEL: 21.0, POST: 9.0, PRE: 4.0}),
        4: outcome({"mass": 50.0, STEEL: 42.0, POST: 18.0, PRE: 8.0}),
    }


def wanted(arrays: Arrays, *lots: tuple[int, float]) -> numpy.ndarray:
    found = numpy.zeros(len(arrays.numbers))
    for one, part in lots:
        found[arrays.position(one)] = part
    return found


def test_scrap_of_two_sources_in_one_billet(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    arrays, outcomes = billet
    found = contents_of(arrays, outcomes)
    assert found.names == ("mass", STEEL, POST, PRE)
    # The billet holds 100 of 110 kg of mass and 0.8 of steel and of what was recycled; the bar all that it took.
    assert found.fractions[2] == pytest.approx([100 / 110, 0.8, 0.8, 0.8], rel=1e-15)
    assert found.fractions[3] == pytest.approx([1, 1, 1, 1], rel=1e-15)
    assert found.entering.tolist() == [[100, 90, 0, 0], [50, 50, 0, 0], [40, 40, 45, 20], [0, 0, 0, 0]]
    of_bar = wanted(arrays, (number(4), 1.0))
    # Half of 0.8 * (0.5 * 90), of 0.8 * (0.4 * 50) and of 0.8 * 40: 42 kg of steel in all
    assert origins(arrays, found, STEEL, of_bar) == pytest.approx([18, 8, 16, 0], rel=1e-14)
    # What is recycled arose in the furnace: half of 0.8 * 45 and of 0.8 * 20.
    assert origins(arrays, found, POST, of_bar) == pytest.approx([0, 0, 18, 0], rel=1e-14)
    assert origins(arrays, found, PRE, of_bar) == pytest.approx([0, 0, 8, 0], rel=1e-14)
    # Half of 100 / 110 of 50, 20 and 40 kg
    assert origins(arrays, found, "mass", of_bar) == pytest.approx([250 / 11, 100 / 11, 200 / 11, 0], rel=1e-14)
    for name, amount in outcomes[4].outputs[0].items():
        assert abs(origins(arrays, found, name, of_bar).sum() - amount) <= 1e-12 * amount


def test_a_sum_of_lots(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    """A tenth of the old scrap, 9 kg of steel, and a quarter of the billet, 9 + 4 + 8."""
    arrays, outcomes = billet
    found = contents_of(arrays, outcomes, [STEEL])
    assert found.names == (STEEL,)
    parts = origins(arrays, found, STEEL, wanted(arrays, (number(1), 0.1), (number(3), 0.25)))
    assert parts == pytest.approx([18, 4, 8, 0], rel=1e-14)


def test_the_contents_come_out_again(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    arrays, outcomes = billet
    found = contents_of(arrays, outcomes)
    again = propagate_contents(arrays, found.entering, found.fractions)
    assert again == pytest.approx(found.held, rel=1e-14)
    assert found.held.tolist()[2:] == [[100, 84, 36, 16], [50, 42, 18, 8]]


def test_recycled_twice() -> None:
    """New scrap of 10 kg that holds 6 kg of old scrap's steel becomes a billet: all 10 kg are new scrap's now. What was
    carried is replaced, so -6 kg of it arise, and none of it is left to be traced."""
    arrays = compiled_from([(number(1), 1.0), (number(2), 1.0)], [(2, number(1), 1.0)])
    found = contents_of(arrays, {
        1: outcome({STEEL: 10.0, POST: 6.0}, declared={STEEL: 10.0}, arisen={POST: 6.0}),
        2: outcome({STEEL: 10.0, PRE: 10.0}, arisen={POST: -6.0, PRE: 10.0}),
    })
    of_billet = wanted(arrays, (number(2), 1.0))
    assert origins(arrays, found, POST, of_billet).tolist() == [0.0, 0.0]
    assert origins(arrays, found, PRE, of_billet).tolist() == [0.0, 10.0]
    # Of the same origin only the rest arises: 6 kg of the first record's stay what they are.
    found = contents_of(arrays, {
        1: outcome({STEEL: 10.0, POST: 6.0}, declared={STEEL: 10.0}, arisen={POST: 6.0}),
        2: outcome({STEEL: 10.0, POST: 10.0}, arisen={POST: 4.0}),
    })
    assert origins(arrays, found, POST, of_billet).tolist() == [6.0, 4.0]


def test_what_is_left_of_amounts_that_cancel_out_is_nothing() -> None:
    """Three parts of 0.1 less 0.3 are 5.6e-17 kg, of which a lot may well say that it holds them."""
    arrays = compiled_from(
        [(number(1), 1.0), (number(2), 1.0)], [(2, number(1), 0.1), (2, number(1), 0.1), (2, number(1), 0.1)]
    )
    found = contents_of(arrays, {
        1: outcome({POST: 1.0}, arisen={POST: 1.0}), 2: outcome({POST: 1e-16}, arisen={POST: -0.3}),
    })
    assert found.fractions.tolist() == [[1.0], [0.0]]
    assert origins(arrays, found, POST, wanted(arrays, (number(2), 1.0))).tolist() == [0.0, 0.0]


def test_outputs_by_their_place() -> None:
    """Only the third output of a record is in the chain; the first two hold what is its alone."""
    arrays = compiled_from([(number(1, 2), 0.0)], [])
    found = contents_of(arrays, {1: outcome({STEEL: 5.0}, {STEEL: 3.0}, {STEEL: 2.0}, declared={STEEL: 10.0})})
    assert found.held.tolist() == [[2.0]]
    assert found.fractions.tolist() == [[0.2]]


def test_nothing() -> None:
    found = contents_of(compiled_from([], []), {})
    assert (found.names, found.held.shape, found.entering.shape) == ((), (0, 0), (0, 0))
    alone = compiled_from([(number(1), 1.0)], [])
    assert contents_of(alone, {1: outcome({})}).held.shape == (1, 0)


def test_what_is_not_there(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    arrays, outcomes = billet
    with pytest.raises(ValueError, match="unknown content 'element:Cu'"):
        origins(arrays, contents_of(arrays, outcomes), "element:Cu", numpy.zeros(4))
    with pytest.raises(KeyError, match="3"):
        contents_of(arrays, {index: one for index, one in outcomes.items() if index != 3})
    # One that was asked for and is nowhere is zero.
    assert origins(arrays, contents_of(arrays, outcomes, ["element:Cu"]), "element:Cu", numpy.ones(4)).sum() == 0.0
