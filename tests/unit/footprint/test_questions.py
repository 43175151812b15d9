"""Questioned amounts: who makes them, how large they are, and where they go."""

from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.core.outcome.assessment import QUESTIONED, Reference
from ledger.footprint.stored.burdens import SLOT, vector_of
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.figures import Allocation, LotFigures, RecordFigures, TakenFigures, record_figures
from ledger.footprint.stored.question_shares import Bearing, BearingGood, parts_of_goods
from ledger.footprint.stored.questions import make, range_of, shares_of_question

ASKED: Final = SLOT[QUESTIONED]
STEEL: Final = Reference(output=0, mass=Decimal(1000), low=Decimal("0.4"), default=Decimal("2.34"),
                         high=Decimal("3.5"), factor="set@1:steel/cradleToGate/*/2019")
ALUMINIUM: Final = Reference(
    output=0, mass=Decimal(10), low=Decimal(3), default=Decimal(15), factor="set@1:aluminium/cradleToGate/*/2023",
    recycled_low=Decimal("0.25"), recycled_default=Decimal(1), material="aluminium", materials=("aluminium",),
)


@pytest.mark.parametrize(("figures", "made"), [
    ({"fossilGhgEmissions": 399.0}, 2340 - 399),
    ({"fossilGhgEmissions": 401.0}, 0),
    ({"fossilGhgEmissions": 0.0}, 2340),
    ({"fossilGhgEmissions": 2000.0, "technologicalCO2Removals": -2500.0}, 2340 + 500),
    ({"fossilGhgEmissions": 100.0, "omittedAbs": 900.0}, 2340 - 1000),
    ({"fossilGhgEmissions": 100.0, "omittedAbs": 2300.0}, 0),
    ({"fossilGhgEmissions": 100.0, QUESTIONED: 2000.0}, 240),
    ({"fossilGhgEmissions": 100.0, QUESTIONED: 2300.0}, 0),
])
def test_low_triggers_and_the_default_measures(figures: dict[str, float], made: float) -> None:
    asked = make([STEEL], [vector_of(figures)], [{}])
    assert [one.amount for one in asked.values()] == pytest.approx([made] if made else [])
    assert all((one.low, one.default) == pytest.approx((400, 2340)) for one in asked.values())


@pytest.mark.parametrize(("contents", "low", "default"), [
    ({}, 30, 150),
    ({"material:aluminium": 10.0}, 30, 150),
    ({"material:aluminium": 10.0, "recycledPostConsumer:aluminium": 4.0}, 30 * 0.6 + 2.5 * 0.4, 150 * 0.6 + 10 * 0.4),
    ({"material:aluminium": 10.0, "recycledPreConsumer:aluminium": 10.0}, 2.5, 10),
    ({"material:aluminium": 8.0, "attributed:recycledPostConsumer:aluminium": 2.0}, 30 * 0.75 + 2.5 * 0.25,
     150 * 0.75 + 10 * 0.25),
    ({"material:aluminium": 10.0, "recycledPostConsumer:copper": 4.0}, 30, 150),
])
def test_the_recycled_part_has_a_range_of_its_own(contents: dict[str, float], low: float, default: float) -> None:
    assert range_of(ALUMINIUM, contents) == pytest.approx((low, default))


def test_recycled_material_without_a_range_is_usual_at_the_low_end() -> None:
    plain = replace(ALUMINIUM, recycled_low=None, recycled_default=None)
    contents = {"material:aluminium": 10.0, "recycledPostConsumer:aluminium": 5.0}
    assert range_of(plain, contents) == pytest.approx((15, 75 + 15))


def test_several_materials_make_one_range() -> None:
    half = [replace(STEEL, mass=Decimal(500)), replace(ALUMINIUM, mass=Decimal(500))]
    (asked,) = make(half, [vector_of({"fossilGhgEmissions": 10.0})], [{"material:aluminium": 500.0}]).values()
    assert (asked.low, asked.default) == pytest.approx((200 + 1500, 1170 + 7500))
    assert asked.amount == pytest.approx(1170 + 7500 - 10)


@pytest.mark.parametrize(("masses", "shares", "parts"), [
    ([5.0], [1.0], [1.0]),
    ([0.0], [], [1.0]),
    ([], [], []),
    ([80.0, 20.0], [0.99, 0.01], [0.8, 0.2]),  # not by declared shares
    ([80.0, 20.0], [1.0, 0.0], [0.8, 0.2]),  # slag takes its part
    ([80.0, 20.0], [], [0.8, 0.2]),  # waste alone
    ([0.0, 0.0], [0.7, 0.3], [0.7, 0.3]),  # power and heat
    ([0.0, 20.0], [1.0, 0.0], [1.0, 0.0]),  # power, and ashes
    ([80.0, 0.0, 20.0], [0.75, 0.25, 0.0], [0.6, 0.25, 0.15]),  # steel, steam, slag
])
def test_questions_go_by_mass(masses: list[float], shares: list[float], parts: list[float]) -> None:
    assert shares_of_question(masses, shares) == pytest.approx(parts)


@given(
    masses=st.lists(st.sampled_from([0.0, 1.0, 3.5, 1e-6, 1e9]), max_size=5), carry=st.data(),
    entered=st.floats(min_value=0.0, max_value=1e12),
)
def test_nothing_of_a_question_is_lost(masses: list[float], carry: st.DataObject, entered: float) -> None:
    weights = [carry.draw(st.sampled_from([0.0, 1.0, 7.0])) for _ in masses]
    whole = sum(weights)
    shares = [weight / whole for weight in weights] if whole else []
    lot = LotFigures(vector_of({QUESTIONED: entered, "fossilGhgEmissions": 3.0}), {})
    figures = record_figures(
        vector_of({}), [TakenFigures(0.5, lot)], Allocation(shares), [Holding(mass, {}, False) for mass in masses], {},
    )
    out = sum(one.burdens[ASKED] for one in figures.outputs)
    assert out + figures.retained[ASKED] == pytest.approx(0.5 * entered)


# Questions of a transformation follow the matter in question, whatever passes through beside it.


def lot(question: float, **materials: float) -> TakenFigures:
    contents = {"mass": sum(materials.values()), **{f"material:{name}": mass for name, mass in materials.items()}}
    return TakenFigures(1.0, LotFigures(vector_of({QUESTIONED: question}), contents))


def holding(**materials: float) -> Holding:
    return Holding(sum(materials.values()), {f"material:{name}": mass for name, mass in materials.items()}, True)


def questions(
    taken: list[TakenFigures], goods: list[float], outputs: list[Holding], own: float = 0.0, **supplied: float
) -> list[float]:
    figures = _figures(taken, goods, outputs, own, supplied)
    return [one.burdens[ASKED] for one in figures.outputs]


def _figures(
    taken: list[TakenFigures], goods: list[float], outputs: list[Holding], own: float, supplied: dict[str, float]
) -> RecordFigures:
    return record_figures(vector_of({QUESTIONED: own}), taken, Allocation(goods, (), Bearing(goods, supplied)), outputs,
                          {"mass": sum(supplied.values())})


def test_scrap_of_a_questioned_bar_takes_its_part() -> None:
    assert questions([lot(100, aluminium=1000)], [1.0, 0.0], [holding(aluminium=900), holding(aluminium=100)]) == (
        pytest.approx([90, 10]))
    assert questions([lot(100, aluminium=1000)], [1.0, 0.0], [holding(gravel=1), holding(aluminiumScrap=999)]) == (
        pytest.approx([0.1, 99.9]))


@pytest.mark.parametrize("heap", ["bottomAsh", "water", "aluminium", "aluminiumScrap"])
def test_what_passes_through_takes_nothing(heap: str) -> None:
    """300000 t from a lot without a question, or as a supply."""
    outputs = [holding(aluminium=1000), holding(**{heap: 300_000})]
    taken = [lot(100, aluminium=1000), lot(0, **{heap: 300_000})]
    assert questions(taken, [1.0, 0.0], outputs) == pytest.approx([100, 0])
    assert questions([lot(100, aluminium=1000)], [1.0, 0.0], outputs, **{heap: 300_000}) == pytest.approx([100, 0])


def test_waste_of_a_material_that_the_record_makes_another_of() -> None:
    """Bought alumina passes through pots that make aluminium of alumina in question."""
    outputs = [holding(aluminium=1000), holding(alumina=50_000)]
    assert questions([lot(100, alumina=1900)], [1.0, 0.0], outputs, alumina=50_000) == pytest.approx([100, 0])


def test_questions_of_the_record_stay_with_its_goods() -> None:
    outputs = [holding(aluminium=1000), holding(aluminium=100), holding(ash=5000)]
    assert questions([lot(0, aluminium=1100)], [1.0, 0.0, 0.0], outputs, own=50) == pytest.approx([50, 0, 0])


@pytest.mark.parametrize(("goods", "parts"), [
    ([BearingGood(0.96, 0, 15.8), BearingGood(0.04, 0, 0.5)], [15.8 / 16.3, 0.5 / 16.3]),  # metal, and a heap of gravel
    ([BearingGood(0.99, 0, 80), BearingGood(0.01, 0, 20)], [0.8, 0.2]),  # one good, by shares that the record declares
    ([BearingGood(0.97, 0, 15.8), BearingGood(0.03, 0.9)], [0.97, 0.03]),  # ash without a range
    ([BearingGood(0.1, 0.75, 15.8), BearingGood(0.9)], [0.75, 0.25]),  # a service that would carry it
    ([BearingGood(0.7), BearingGood(0.3), BearingGood(0)], [0.7, 0.3, 0]),
    ([BearingGood(0, 0.6, 30), BearingGood(1, 0, 20)], [0.6, 0.4]),
    ([BearingGood(0, 0.6, 30), BearingGood(1)], [0.6, 0.4]),
    ([], []),
])
def test_goods_take_questions_by_their_usual_burdens(goods: list[BearingGood], parts: list[float]) -> None:
    assert parts_of_goods(goods) == pytest.approx(parts)


def test_a_heap_beside_the_good_takes_nothing_of_its_matter() -> None:
    """Aluminium and stone, and stone that does not state its materials."""
    for stone in (holding(gravel=100_000), Holding(100_000, {}, False)):
        assert questions([lot(100, aluminium=1000)], [0.5, 0.5], [holding(aluminium=1000), stone], gravel=100_000) == (
            pytest.approx([100, 0]))


def test_all_mass_counts_of_a_lot_that_states_no_materials() -> None:
    """A bar by its code, and chips beside ash that passes through."""
    bar = TakenFigures(1.0, LotFigures(vector_of({QUESTIONED: 100.0}), {"mass": 80.0}))
    chips = Holding(20, {}, False)
    assert questions([bar], [1.0, 0.0], [holding(steel=60), chips]) == pytest.approx([75, 25])
    assert questions([bar], [1.0, 0.0, 0.0], [holding(steel=60), chips, holding(ash=980)], ash=980) == pytest.approx(
        [75, 25 * 20 / 1000, 25 * 980 / 1000])
    assert questions([bar], [0.9, 0.1], [holding(steel=80), holding(gravel=9000)], gravel=9000) == (
        pytest.approx([90, 10]))


AMOUNTS: Final = st.sampled_from([0.0, 1.0, 3.5, 1e-6, 1e9])
MATERIALS: Final = st.dictionaries(st.sampled_from(["steel", "steelScrap", "ash", "copper"]), AMOUNTS, max_size=3)


@given(
    lots=st.lists(st.tuples(AMOUNTS, MATERIALS), min_size=1, max_size=4), own=AMOUNTS, supplied=MATERIALS,
    outputs=st.lists(st.tuples(MATERIALS, st.sampled_from([0.0, 0.0, 1.0, 7.0])), min_size=1, max_size=5),
)
def test_shared_nothing_of_a_question_is_lost(
    lots: list[tuple[float, dict[str, float]]], own: float, supplied: dict[str, float],
    outputs: list[tuple[dict[str, float], float]],
) -> None:
    taken = [lot(asked, **materials) for asked, materials in lots]
    goods = parts_of_goods([BearingGood(weight / sum([1e-300, *[one for _, one in outputs]])) for _, weight in outputs])
    if not any(goods):
        goods[0] = 1.0
    figures = _figures(taken, goods, [holding(**materials) for materials, _ in outputs], own, supplied)
    out = [one.burdens[ASKED] for one in figures.outputs]
    assert all(amount >= -1e-6 for amount in out)
    assert sum(out) + figures.retained[ASKED] == pytest.approx(own + sum(asked for asked, _ in lots), abs=1e-6)
