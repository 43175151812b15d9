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
from ledger.footprint.stored.figures import Allocation, LotFigures, TakenFigures, record_figures
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
