"""Findings, questions, data gaps and escaped burdens of a lot's chain."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace
from support.containing import Containing
from support.networks import network
from support.upstream import chain_of, gathered

from ledger.core.outcome.assessment import (
    QUESTIONED,
    Assessment,
    Assigned,
    Finding,
    Line,
    Omission,
    Reference,
    Span,
    UsualShare,
)
from ledger.core.outcome.leaves import AssessmentLeaf, Question, assessment_bytes, leaf_bytes
from ledger.core.record.kinds import AnyRecord, Declaration, Transfer, Transformation
from ledger.core.record.values import Evidence, Factor, Output, PreviousLife, Quantity, Supply
from ledger.footprint.derived.chain.arrays import compiled, compiled_from
from ledger.footprint.derived.chain.delivered_findings import DeliveredLot, delivered_findings, in_figure, of_lot
from ledger.footprint.derived.contributions import Upstream, Weights, weights_of_sum
from ledger.footprint.derived.findings import (
    BELOW_RANGE,
    FindingRange,
    FindingRecord,
    ListedFinding,
    StatedFinding,
    about,
    findings_in,
)
from ledger.footprint.derived.gaps import WEAK, Gap
from ledger.footprint.derived.gather_gaps import GapGathering
from ledger.footprint.derived.rank_findings import NO_FINDINGS, NO_PATHS, QuestionPaths, question_paths, ranked
from ledger.footprint.stored.burdens import SLOT, vector_of
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.escaped import escaped, with_escaped
from ledger.footprint.stored.figures import Allocation, LotFigures, RecordFigures, TakenFigures, record_figures
from ledger.footprint.stored.question_shares import Bearing, BearingGood, parts_of_goods
from ledger.footprint.stored.questions import make, range_of, shares_of_question

MELTING: Final = Finding(
    code="melting-missing", message="no energy melts the charge", value=Decimal("0.0"), unit="MJ",
    usual=Span(low=Decimal(2), high=Decimal("3.5")), possible=Span(low=Decimal("0.8")), supply=1, factor="set@1:row",
)
DOUBTED: Final = Finding(code="yield-low", message="little comes out", severity="note", amount=Decimal(12), output=1)
STEEL: Final = Reference(output=0, mass=Decimal(1000), low=Decimal("0.4"), default=Decimal(2), factor="set@1:steel")


def leaf(*findings: Finding, questions: tuple[Question, ...] = (), co2: str = "5") -> bytes:
    line = Line(gas="CO2", amount=Decimal(co2), source="site", kind="onSite")
    assessment = Assessment(lines=(line,), findings=findings, references=(STEEL,))
    return leaf_bytes(AssessmentLeaf(
        activation=1, salt="x", assessment=assessment_bytes(assessment), method="cut-off/1", questions=questions))


def made(amount: float, output: int = 0, share: str = "1.0") -> Question:
    return Question(output=output, share=share, made=repr(amount), figure="10.0", low="400.0", default="2000.0")


def test_the_record_shows_all_of_a_finding() -> None:
    record = findings_in(7, leaf(MELTING, DOUBTED, questions=(made(1990.0),)))
    assert [finding.code for finding in record.findings] == [BELOW_RANGE, "yield-low", "melting-missing"]
    below, doubted, melting = record.findings
    assert (below.amount, below.output, below.value, below.usual) == (1990.0, 0, 10.0, FindingRange(low=400.0))
    assert below.factor == "set@1:steel"
    assert "begins at 400 kg" in below.message
    assert (doubted.severity, doubted.amount, doubted.output) == ("note", 12.0, 1)
    assert msgspec.to_builtins(melting) == {
        "record": 7, "code": "melting-missing", "severity": "warning", "message": "no energy melts the charge",
        "value": 0.0, "unit": "MJ", "usual": {"low": 2.0, "high": 3.5}, "possible": {"low": 0.8}, "supply": 1,
        "factor": "set@1:row",
    }
    assert (record.entering, record.made, record.absolute) == (12.0, {0: 1990.0}, 5.0)


def test_a_question_that_only_passes_on_is_no_finding() -> None:
    record = findings_in(7, leaf(questions=(Question(output=0, share="0.5"),)))
    assert (list(record.findings), record.made) == ([], {})


def test_others_see_code_severity_and_kilograms() -> None:
    record = findings_in(7, leaf(MELTING, DOUBTED))
    assert about(record.findings, 0) == [ListedFinding(record=7, code="melting-missing", severity="warning")]
    assert about(record.findings, 1)[0] == ListedFinding(
        record=7, code="yield-low", severity="note", amount=12.0, output=1)


def lot(record: int, output: int = 0) -> int:
    return record * 1024 + output


# A questioned lot; half of it goes into record 2 with a finding of its own, which makes a product (3 of 4 kg) and waste
# (1 of 4 kg) without allocation share. Record 3 takes a half of the product, and nothing of the waste.
CHAIN: Final = compiled_from(
    [(lot(1), 1.0), (lot(2), 1.0), (lot(2, 1), 0.0), (lot(3), 1.0)],
    [(2, lot(1), 0.5), (3, lot(2), 0.5)],
)
RECORDS: Final = (
    findings_in(1, leaf(questions=(made(100.0),), co2="10")),
    findings_in(2, leaf(Finding(code="doubtful", message="a claim", amount=Decimal(20)), co2="6")),
    findings_in(3, leaf(Finding(code="no-reference", message="no code", output=0), co2="1")),
)
FINDINGS_QUESTIONED: Final = numpy.array([100.0, (50.0 + 20.0) * 0.75, (50.0 + 20.0) * 0.25, (50.0 + 20.0) * 0.75 / 2])


def test_questions_arrive_by_their_own_shares() -> None:
    wanted = numpy.array([0.0, 0.0, 0.0, 1.0])
    paths = question_paths(CHAIN, wanted, FINDINGS_QUESTIONED, RECORDS)
    assert (paths.lots[lot(1)], paths.records[2]) == pytest.approx((0.5 * 0.75 * 0.5, 0.75 * 0.5))
    listed = ranked(RECORDS, weights_of_sum(CHAIN, wanted), paths, frozenset({3}))
    assert [(one.code, one.own) for one in listed.items] == [
        ("no-reference", True), (BELOW_RANGE, False), ("doubtful", False)]
    assert [one.questioned for one in listed.items] == pytest.approx([0.0, 18.75, 7.5])
    assert sum(one.questioned for one in listed.items) == pytest.approx(FINDINGS_QUESTIONED[3])
    assert [one.record_burdens for one in listed.items] == pytest.approx([1.0, 10 * 0.5 * 0.5, 6 * 0.5])
    assert listed.left_off == 0


def test_waste_carries_questions_and_no_burdens() -> None:
    wanted = numpy.array([0.0, 0.0, 1.0, 0.0])
    listed = ranked(
        RECORDS, weights_of_sum(CHAIN, wanted), question_paths(CHAIN, wanted, FINDINGS_QUESTIONED, RECORDS),
                    frozenset({2}))
    assert [(one.code, round(one.questioned, 9), one.record_burdens) for one in listed.items] == [
        ("doubtful", 5.0, 0.0), (BELOW_RANGE, 12.5, 0.0)]


def test_without_questions_the_kilograms_of_the_records_decide() -> None:
    wanted = numpy.array([0.0, 0.0, 0.0, 1.0])
    records = [findings_in(index, leaf(MELTING, co2=co2)) for index, co2 in ((1, "4"), (2, "8"), (3, "1"))]
    listed = ranked(records, weights_of_sum(CHAIN, wanted), NO_PATHS, frozenset({3}))
    assert [(one.record, one.record_burdens) for one in listed.items] == [(3, 1.0), (2, 4.0), (1, 1.0)]


def test_a_finding_about_an_output_of_which_nothing_arrives_is_not_listed() -> None:
    wanted = numpy.array([0.0, 0.0, 0.0, 1.0])
    records = [findings_in(2, leaf(DOUBTED))]
    assert ranked(records, weights_of_sum(CHAIN, wanted), NO_PATHS, frozenset({3})).items == []


# The findings behind a delivery, over a chain solved by hand. The mill takes half of a lot with 40 kg in question,
# and its record questions 20 more: 40 enter it. Of these, its plate takes on 30, the rest its scrap; the plate itself
# makes a question of 10. The shop gets a quarter of the plate.


SLOTS: Final = 1024
ORE, PLATE, SCRAP, SENT = 1 * SLOTS, 2 * SLOTS, 2 * SLOTS + 1, 3 * SLOTS
DELIVERED_CHAIN: Final = compiled([ORE, PLATE, SCRAP, SENT], [1.0, 1.0, 0.0, 1.0], [2, 3], [ORE, PLATE], [0.5, 0.25])
DELIVERED_QUESTIONED: Final = numpy.array([40.0, 40.0, 10.0, 10.0])


def finding(code: str, amount: float | None, output: int | None = None) -> StatedFinding:
    return StatedFinding(record=2, code=code, severity="warning", message="m", value=7.0, amount=amount, output=output)


MILL: Final = FindingRecord(
    2, [finding("energy", 20.0), finding("low", 10.0, 0), finding("scrap", 5.0, 1), finding("note", None)], 20.0,
    {0: 10.0}, 500.0, frozenset({("low", 0)}))


def test_a_delivery_tells_code_and_kg_of_the_suppliers_record() -> None:
    found = delivered_findings(DELIVERED_CHAIN, DELIVERED_QUESTIONED, [DeliveredLot(SENT, [PLATE])], [MILL])[SENT]
    # Of the 20 kg, 30/40 arrive in the plate and a quarter of that here; of the plate's own 10 kg, a quarter.
    assert {one.code: one.questioned for one in found} == {"energy": 3.75, "low": 2.5, "note": 0.0}
    assert {(one.record, one.amount, one.output, one.record_burdens, one.own) for one in found} == {
        (3, None, None, 0.0, False)}


def test_the_rest_of_the_question_is_a_sum() -> None:
    found = delivered_findings(DELIVERED_CHAIN, DELIVERED_QUESTIONED, [DeliveredLot(SENT, [PLATE])], [MILL])[SENT]
    listed = NO_FINDINGS.with_delivered(found, 10.0)
    # Of the ore's question, 20 kg enter the mill.
    assert listed.hidden == pytest.approx(20 * 30 / 40 * 0.25)
    assert [one.code for one in listed.items] == ["energy", "low", "note"]
    assert NO_FINDINGS.with_delivered(found, 6.25).hidden == 0.0


def test_a_hidden_record_tells_of_its_own_lot() -> None:
    found = delivered_findings(DELIVERED_CHAIN, DELIVERED_QUESTIONED, [DeliveredLot(PLATE)], [MILL])[PLATE]
    assert {(one.code, one.questioned, one.output, one.own) for one in found} == {
        ("energy", 15.0, None, True), ("low", 10.0, 0, True), ("note", 0.0, None, True)}
    assert {(one.code, one.amount) for one in of_lot(found)} == {("energy", 15.0), ("low", 10.0), ("note", None)}


def test_a_withdrawn_delivery_tells_nothing() -> None:
    alone = compiled([SENT], [1.0], [], [], [])
    assert delivered_findings(alone, numpy.zeros(1), [DeliveredLot(SENT, [PLATE])], []) == {}


def test_a_figure_lists_the_lots_that_it_carries() -> None:
    found = delivered_findings(DELIVERED_CHAIN, DELIVERED_QUESTIONED, [DeliveredLot(SENT, [PLATE])], [MILL])
    assert in_figure(found, {}, NO_PATHS) == []
    half = in_figure(found, {}, QuestionPaths({}, {SENT: 0.5}))
    assert [one.questioned for one in half] == [1.875, 1.25, 0.0]
    # A figure without a question still lists what its supplier noted.
    assert [one.questioned for one in in_figure(found, {}, NO_PATHS, {SENT: 0.5})] == [0.0, 0.0, 0.0]
    assert [one.questioned for one in in_figure(found, {SENT: 1.0}, NO_PATHS)] == [3.75, 2.5, 0.0]


# Questioned amounts: who makes them, how large they are, and where they go.

ASKED: Final = SLOT[QUESTIONED]
QUESTION_STEEL: Final = Reference(output=0, mass=Decimal(1000), low=Decimal("0.4"), default=Decimal("2.34"),
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
    asked = make([QUESTION_STEEL], [vector_of(figures)], [{}])
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
    half = [replace(QUESTION_STEEL, mass=Decimal(500)), replace(ALUMINIUM, mass=Decimal(500))]
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
    question_lot = LotFigures(vector_of({QUESTIONED: entered, "fossilGhgEmissions": 3.0}), {})
    figures = record_figures(
        vector_of({}), [TakenFigures(0.5, question_lot)], Allocation(shares),
                             [Holding(mass, {}, False) for mass in masses], {},
    )
    out = sum(one.burdens[ASKED] for one in figures.outputs)
    assert out + figures.retained[ASKED] == pytest.approx(0.5 * entered)


# Questions of a transformation follow the matter in question, whatever passes through beside it.


def question_lot(question: float, **materials: float) -> TakenFigures:
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
    assert questions([question_lot(100, aluminium=1000)], [1.0, 0.0],
                     [holding(aluminium=900), holding(aluminium=100)]) == (
        pytest.approx([90, 10]))
    assert questions([question_lot(100, aluminium=1000)], [1.0, 0.0],
                     [holding(gravel=1), holding(aluminiumScrap=999)]) == (
        pytest.approx([0.1, 99.9]))


@pytest.mark.parametrize("heap", ["bottomAsh", "water", "aluminium", "aluminiumScrap"])
def test_what_passes_through_takes_nothing(heap: str) -> None:
    """300000 t from a lot without a question, or as a supply."""
    outputs = [holding(aluminium=1000), holding(**{heap: 300_000})]
    taken = [question_lot(100, aluminium=1000), question_lot(0, **{heap: 300_000})]
    assert questions(taken, [1.0, 0.0], outputs) == pytest.approx([100, 0])
    assert questions([question_lot(100, aluminium=1000)], [1.0, 0.0], outputs,
                     **{heap: 300_000}) == pytest.approx([100, 0])


def test_waste_of_a_material_that_the_record_makes_another_of() -> None:
    """Bought alumina passes through pots that make aluminium of alumina in question."""
    outputs = [holding(aluminium=1000), holding(alumina=50_000)]
    assert questions([question_lot(100, alumina=1900)], [1.0, 0.0], outputs, alumina=50_000) == pytest.approx([100, 0])


def test_questions_of_the_record_stay_with_its_goods() -> None:
    outputs = [holding(aluminium=1000), holding(aluminium=100), holding(ash=5000)]
    assert questions([question_lot(0, aluminium=1100)], [1.0, 0.0, 0.0], outputs, own=50) == pytest.approx([50, 0, 0])


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
        assert questions([question_lot(100, aluminium=1000)], [0.5, 0.5], [holding(aluminium=1000), stone],
                         gravel=100_000) == (
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
    taken = [question_lot(asked, **materials) for asked, materials in lots]
    goods = parts_of_goods([BearingGood(weight / sum([1e-300, *[one for _, one in outputs]])) for _, weight in outputs])
    if not any(goods):
        goods[0] = 1.0
    figures = _figures(taken, goods, [holding(**materials) for materials, _ in outputs], own, supplied)
    out = [one.burdens[ASKED] for one in figures.outputs]
    assert all(amount >= -1e-6 for amount in out)
    assert sum(out) + figures.retained[ASKED] == pytest.approx(own + sum(asked for asked, _ in lots), abs=1e-6)


# What a lot's gaps are, of whom to ask, and that they are sorted by weight: by hand, and over random networks.

GAP_MILL, SITE, FORGE = "urn:example:mill", "urn:example:mill:site", "urn:example:forge"
NONCE = "A" * 22
START, END = "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"


def kilograms(value: str) -> Quantity:
    return Quantity(value=value, unit="KGM")


def supply(material: str, value: str = "40", unit: str = "KGM", **fields: Any) -> Supply:
    return Supply(material=material, quantity=Quantity(value=value, unit=unit), **fields)


def factor(source: str = "table", boundary: Any = "cradleToGate") -> Factor:
    return Factor(value="1", unit="KGM", source=source, year=2025, boundary=boundary)


def gap_made(*supplies: Supply, start: str = START, end: str = END, **fields: Any) -> Transformation:
    return Transformation(
        issuer=GAP_MILL, nonce=NONCE, facility=SITE, start=start, end=end, process="works.make", outputs=[],
        activity=Raw(b"{}"), supplies=list(supplies), **fields,
    )


def declared(role: Any = "product", **fields: Any) -> Declaration:
    given = {"basis": "pact", "boundary": "cradleToGate"} | fields
    lot = Output(lot="urn:example:forge:lot", product="urn:example:forge:bar", quantity=kilograms("100"), role=role,
                 previous_life=given.pop("life", None))
    return Declaration(
        issuer=FORGE, nonce=NONCE, start=START, end=END, lot=None if "per" in given else lot,
        facility="urn:example:forge:site", **given,
    )


def line(amount: str, source: str = "site", **fields: Any) -> Line:
    return Line(gas="CO2e", amount=Decimal(amount), source=source, kind=fields.pop("kind", "onSite"), **fields)


def found(
    *upstream: tuple[str, AnyRecord, Assessment, float], absolute: float = 100.0, **declarations: Declaration
) -> tuple[list[Gap], float, GapGathering]:
    """Gaps, kg that are well founded, and the gathering, of records with digest and weight."""
    gathering = GapGathering()
    for digest, record, assessment, weight in upstream:
        gathering.add(Upstream(0, digest, record, assessment, weight))
    gaps, founded = gathering.finish(declarations, absolute)
    return gaps, founded, gathering


def test_measured_data_are_no_gap() -> None:
    """0.5 of 30 and of -10 kg: 20 kg by amount, as absGhg counts. Energy and of-which burdens do not count again."""
    assessment = Assessment(lines=(
        line("30", primary=True), line("-10", burden="technologicalCO2Removals", primary=True),
        line("5", burden="transportGhgEmissions"), line("700", burden="energyMj"),
    ))
    gaps, founded, gathering = found(("a", gap_made(), assessment, 0.5))
    assert gaps == []
    assert founded == gathering.explained == 20.0
    assert gathering.provisional == 0.0


def test_an_omission_with_an_estimate_and_one_without() -> None:
    """A quarter of an estimate of 8 kg is 2 kg, 2 % of 100; a quarter of 40 kg of coke stands behind the lot."""
    assessment = Assessment(omissions=(
        Omission(what="oil", estimate=Decimal(8)), Omission(what="coke upstream"),
    ))
    (oil, coke), founded, gathering = found(("a", gap_made(supply("coke"), supply("coal")), assessment, 0.25))
    assert (oil.kind, oil.what, oil.whom, oil.behind, oil.facility) == ("omission", "oil", GAP_MILL, None, SITE)
    assert (oil.kg_co2e, oil.percent, oil.weight, oil.amount) == (2.0, 2.0, 0.25, None)
    assert (coke.kind, coke.what, coke.whom, coke.behind) == ("omission", "coke upstream", GAP_MILL,
                                                              "the supplier of coke")
    assert (coke.kg_co2e, coke.percent, coke.weight) == (None, None, 0.25)
    assert (coke.amount, coke.unit, coke.records, coke.count) == (10.0, "KGM", ["a"], 1)
    assert "coke upstream" in coke.ask
    assert "cradle-to-gate" in coke.ask
    # An omission is beside the figure.
    assert founded == gathering.explained == 0.0


def test_omissions_of_one_issuer_are_one_gap() -> None:
    """Weights 0.25 and 0.5, of which the second record omits two: 0.25 + 2 * 0.5 = 1.25 of them. The most weighty
    record first. 0.25 * 40 + 0.5 * (40 + 10) = 35 kg of coke."""
    omitted = Omission(what="coke")
    (gap,), _, _ = found(
        ("a", gap_made(supply("coke")), Assessment(omissions=(omitted,)), 0.25),
        ("b", gap_made(supply("coke"), supply("coke", "10")), Assessment(omissions=(omitted, omitted)), 0.5),
    )
    assert (gap.weight, gap.count, gap.records, gap.amount, gap.unit) == (1.25, 2, ["b", "a"], 35.0, "KGM")


def test_at_most_five_records_are_named() -> None:
    omissions = Assessment(omissions=(Omission(what="coke"),))
    (gap,), _, _ = found(*[(name, gap_made(), omissions, 0.1 * (i + 1)) for i, name in enumerate("abcdefg")])
    assert (gap.count, gap.records) == (7, ["g", "f", "e", "d", "c"])


@pytest.mark.parametrize("bought", [
    supply("coke", origin="nature"), supply("coke", factor=factor()), supply("cokeOvenGas"),
], ids=["out of nature", "priced from cradle to gate", "another material"])
def test_supplies_that_an_omission_is_not_of(bought: Supply) -> None:
    (gap,), _, _ = found(("a", gap_made(bought), Assessment(omissions=(Omission(what="coke upstream"),)), 1.0))
    assert (gap.behind, gap.amount) == (None, None)


def test_amounts_in_two_units_do_not_add_up() -> None:
    bought = (supply("coke"), supply("coke", "1", "TNE"))
    (gap,), _, _ = found(("a", gap_made(*bought), Assessment(omissions=(Omission(what="coke"),)), 1.0))
    assert (gap.behind, gap.amount, gap.unit) == ("the supplier of coke", None, None)


def test_freight_is_asked_of_the_sender() -> None:
    """0.5 of 20 kg by a factor; the crate has no price."""
    record = Transfer(
        issuer=GAP_MILL, nonce=NONCE, lot="urn:example:mill:a", quantity=kilograms("1"), to=FORGE,
        new_lot="urn:example:mill:b", time=END, transport=[supply("truck", "100", "TKM", factor=factor())],
        packaging=[supply("crate", "2")],
    )
    assessment = Assessment(
        lines=(line("20", "truck", kind="transport", factor="table/2025"),), omissions=(Omission(what="crate"),)
    )
    (truck, crate), _, _ = found(("a", record, assessment, 0.5))
    assert (truck.kind, truck.whom, truck.behind, truck.facility) == ("data", GAP_MILL, "the supplier of truck", None)
    assert (truck.kg_co2e, truck.amount, truck.unit) == (10.0, 50.0, "TKM")
    assert (crate.kind, crate.behind, crate.amount) == ("omission", "the supplier of crate", 1.0)


def test_a_stated_amount_asks_for_its_factor_alone() -> None:
    """A metered amount with a default factor is secondary data by its factor. An estimated amount is asked for."""
    power = replace(line("40", "electricity", kind="electricity", factor="grid"), supply=0, basis="metered")
    lime = replace(line("10", "lime", kind="upstream", factor="lime"), supply=1)
    guess = replace(line("5", "sand", kind="upstream", factor="sand"), supply=2, basis="estimated")
    gaps, _, _ = found(("a", gap_made(supply("electricity", "7", "KWH"), supply("lime"), supply("sand")),
                        Assessment(lines=(power, lime, guess)), 1.0))
    assert [gap.ask for gap in gaps] == [
        "nothing on the amount of electricity, which the record states: the factor of the grid is secondary; power as "
        "a lot of its producer, over a direct line, would be primary",
        "the supplier's own figure for lime: the record states the amount, and the default factor is secondary",
        "measured data on sand",
    ]


def test_data_that_are_not_primary_or_not_checked() -> None:
    """By source, factor and issuer. Half of 40 + 20 kg of power, of 30 of coal (measured, the factor recalled) and of
    10 of lime (neither); half of 8 kg is measured."""
    power = line("40", "electricity", kind="electricity", factor="grid")
    coal = line("30", "coal", primary=True, recalled=True, factor="coal CO2")
    lime = line("10", "lime", kind="upstream", recalled=True, factor="lime")
    first = Assessment(lines=(power, coal, lime, line("8", primary=True)))
    second = Assessment(lines=(line("20", "electricity", kind="electricity", factor="grid"),))
    gaps, founded, gathering = found(
        ("a", gap_made(supply("electricity", "7", "KWH"), supply("lime")), first, 0.5),
        ("b", gap_made(supply("electricity", "5", "KWH")), second, 0.5),
    )
    assert [(gap.kind, gap.what, gap.factor, gap.kg_co2e, gap.percent) for gap in gaps] == [
        ("data", "electricity", "grid", 30.0, 30.0), ("data", "coal", "coal CO2", 15.0, 15.0),
        ("data", "lime", "lime", 5.0, 5.0),
    ]
    assert [gap.ask for gap in gaps] == [
        "measured data on electricity", "the source of the factor coal CO2, which could not be checked",
        "measured data on lime; the source of the factor lime, which could not be checked",
    ]
    # 0.5 * (7 + 5) kWh; what is burnt on site is the issuer's own.
    assert [(gap.behind, gap.amount, gap.unit, gap.count) for gap in gaps] == [
        ("the supplier of electricity", 6.0, "KWH", 2), (None, None, None, 1), ("the supplier of lime", 20.0, "KGM", 1),
    ]
    assert ({gap.whom for gap in gaps}, founded, gathering.explained) == ({GAP_MILL}, 4.0, 54.0)


def test_one_material_at_two_prices() -> None:
    """Each line with the amount of its own supply: 10 kg of 40 by a table, 3 of 12 by the sector."""
    assessment = Assessment(lines=(
        line("4", "lime", kind="upstream", factor="table/2025"), line("2", "lime", kind="upstream", factor="sector"),
    ))
    bought = (supply("lime", "40", factor=factor(), product="urn:example:quarry:lime"), supply("lime", "12"))
    (table, sector), _, _ = found(("a", gap_made(*bought), assessment, 0.25))
    assert (table.factor, table.amount, table.behind) == ("table/2025", 10.0, "the supplier of urn:example:quarry:lime")
    assert (sector.factor, sector.amount, sector.behind) == ("sector", 3.0, "the supplier of lime")


@pytest.mark.parametrize("basis", list(WEAK))
def test_a_declaration_that_rests_on_little(basis: Any) -> None:
    """Whatever it says of primary data. Half of 60 + 40 kg."""
    evidence = [Evidence(digest="5" * 64, media_type="application/pdf", kind="report")]
    record = declared(basis=basis, evidence=evidence, primary_share="0.6")
    lines = (
        line("60", basis, kind="upstream", primary=True, factor="declaration:d"),
        line("40", basis, kind="upstream", factor="declaration:d"),
    )
    (gap,), founded, gathering = found(("d", record, Assessment(lines=lines), 0.5), d=record)
    assert (gap.kind, gap.basis, gap.whom, gap.facility) == ("declaration", basis, FORGE, "urn:example:forge:site")
    assert (gap.kg_co2e, gap.percent, gap.weight, gap.records) == (50.0, 50.0, 0.5, ["d"])
    assert (gap.ask, gap.evidence, gap.what) == (WEAK[basis], evidence, "urn:example:forge:bar")
    assert (gap.behind is not None, founded, gathering.explained) == (basis in ("statement", "study"), 0.0, 50.0)


@pytest.mark.parametrize(("share", "expected"), [
    (None, ("declaration", 50.0, 0.0)), ("0", ("declaration", 50.0, 0.0)), ("0.6", ("data", 20.0, 30.0)),
    ("1", None),
])
def test_a_declaration_by_its_primary_share(share: str | None, expected: tuple[str, float, float] | None) -> None:
    """None at all is a gap by itself, else the rest is. Half of 60 + 40, or 100 kg."""
    record = declared(primary_share=share)
    primary = {None: "0", "0": "0", "0.6": "60", "1": "100"}[share]
    lines = tuple(
        line(amount, "pact", kind="upstream", primary=is_primary, factor="declaration:d")
        for amount, is_primary in ((primary, True), (str(100 - int(primary)), False)) if amount != "0"
    )
    gaps, founded, gathering = found(("d", record, Assessment(lines=lines), 0.5), d=record)
    assert gathering.explained == 50.0
    if expected is None:
        assert (gaps, founded) == ([], 50.0)
    else:
        (gap,) = gaps
        assert (gap.kind, gap.kg_co2e, founded) == expected
        assert (gap.whom, gap.basis, gap.records, gap.weight) == (FORGE, "pact", ["d"], 0.5)


def test_a_declaration_that_two_records_rest_on() -> None:
    """Its issuer is asked, once, for 0.5 * 10 + 0.25 * 8 = 7 kg; not those who bought by it."""
    record = declared(per=kilograms("1000"), basis="study")
    bought = supply("alloy", declaration="d")
    gaps, founded, _ = found(
        ("a", gap_made(bought, bought), Assessment(lines=(
            line("6", "alloy", kind="upstream", factor="declaration:d"),
            line("4", "alloy", kind="upstream", factor="declaration:d"),
        )), 0.5),
        ("b", gap_made(bought), Assessment(lines=(
            line("8", "alloy", kind="upstream", primary=True, factor="declaration:d"),
        )), 0.25),
        d=record,
    )
    (gap,) = gaps
    assert (gap.kind, gap.kg_co2e, gap.whom, gap.records, gap.count) == ("declaration", 7.0, FORGE, ["d"], 1)
    assert (gap.weight, gap.what, founded) == (0.75, "figures per 1000 KGM", 0.0)


def test_who_declared_knows_more_than_who_bought() -> None:
    """40 % of 10 kg are primary data."""
    record = declared(per=kilograms("1000"), primary_share="0.4")
    lines = (
        line("4", "alloy", kind="upstream", primary=True, factor="declaration:d"),
        line("6", "alloy", kind="upstream", factor="declaration:d"),
    )
    (gap,), founded, _ = found(("a", gap_made(supply("alloy", declaration="d")), Assessment(lines=lines), 1.0),
                               d=record)
    assert (gap.kind, gap.what, gap.whom, gap.kg_co2e, founded) == ("data", "alloy", FORGE, 6.0, 4.0)


@pytest.mark.parametrize(("fields", "kinds"), [
    ({"basis": "statement"}, ["declaration"]),
    ({"basis": "pact"}, []),
    ({"basis": "collected", "role": "waste", "boundary": "none"}, []),
    ({"basis": "opening", "role": "waste", "boundary": "none"}, []),
])
def test_declarations_of_nothing(fields: dict[str, Any], kinds: list[str]) -> None:
    """A statement that something has no burden rests on little too; waste has none by cut-off."""
    record = declared(**fields)
    gaps, _, _ = found(("d", record, Assessment(), 1.0), d=record)
    assert [gap.kind for gap in gaps] == kinds
    assert all(gap.kg_co2e == 0.0 for gap in gaps)


def test_a_factor_that_only_looks_like_a_declaration() -> None:
    """Where no declaration has that digest, who used it is asked."""
    lines = (line("6", "alloy", kind="upstream", factor="declaration:nobody"),)
    (gap,), _, _ = found(("a", gap_made(), Assessment(lines=lines), 1.0))
    assert (gap.kind, gap.whom, gap.factor, gap.kg_co2e) == ("data", GAP_MILL, "declaration:nobody", 6.0)


def test_records_that_wait_for_a_closing() -> None:
    """By process and facility, over the whole time: 0.5 * (30 + 10) + 0.25 * 8 = 22 kg, of which 5 are no primary data
    either. What is measured is not well founded until the closing: 0.5 * 3 of another record is."""
    first = Assessment(lines=(line("30", primary=True), line("10", "lime", kind="upstream")))
    second = Assessment(lines=(line("8", primary=True),))
    gaps, founded, gathering = found(
        ("a", gap_made(basis="provisional", start="2025-03-05T00:00:00Z", end="2025-03-06T00:00:00Z"), first, 0.5),
        ("b", gap_made(basis="provisional", start="2025-03-02T00:00:00Z", end="2025-03-03T00:00:00Z"), second, 0.25),
        ("d", gap_made(basis="provisional", start="2025-03-03T00:00:00Z", end="2025-03-04T00:00:00Z"), Assessment(),
         0.5),
        ("c", gap_made(), Assessment(lines=(line("3", primary=True),)), 0.5),
    )
    waiting, lime = gaps
    assert (waiting.kind, waiting.what, waiting.whom, waiting.facility) == ("provisional", "works.make", GAP_MILL, SITE)
    assert (waiting.kg_co2e, waiting.percent, waiting.count, waiting.records) == (22.0, 22.0, 3, ["a", "b", "d"])
    assert (waiting.start, waiting.end) == ("2025-03-02T00:00:00Z", "2025-03-06T00:00:00Z")
    assert (lime.kind, lime.kg_co2e, founded) == ("data", 5.0, 1.5)
    assert (gathering.explained, gathering.provisional) == (23.5, 22.0)


def test_a_declaration_in_a_provisional_record_is_not_founded_yet() -> None:
    record = declared(per=kilograms("1000"), primary_share="1")
    lines = (line("4", "alloy", kind="upstream", primary=True, factor="declaration:d"),)
    provisional = gap_made(supply("alloy", declaration="d"), basis="provisional")
    (gap,), founded, _ = found(("a", provisional, Assessment(lines=lines), 1.0), d=record)
    assert (gap.kind, gap.kg_co2e, founded) == ("provisional", 4.0, 0.0)


def test_cores_by_their_first_life() -> None:
    """One whose age is estimated is asked about; one whose first life a record ended is not. Neither brings kg."""
    fields: dict[str, Any] = {"role": "core", "basis": "collected", "boundary": "none", "collector": "urn:example:c"}
    old = declared(life=PreviousLife(estimated_years="12"), **fields)
    known = declared(life=PreviousLife(record="1" * 64), **fields)
    (gap,), _, _ = found(("a", old, Assessment(), 0.5), ("b", known, Assessment(), 0.5), a=old, b=known)
    assert (gap.kind, gap.whom, gap.behind) == ("firstLife", FORGE, "the collector urn:example:c")
    assert (gap.kg_co2e, gap.percent, gap.weight, gap.records) == (0.0, 0.0, 0.5, ["a"])
    assert gap.what == "urn:example:forge:bar, age estimated at 12 years"


def test_the_most_weighty_first() -> None:
    """Known kg, then what is of unknown size by weight, then what is no kg."""
    core = declared(role="core", basis="collected", boundary="none", life=PreviousLife(estimated_years="12"))
    assessment = Assessment(
        lines=(line("3", "lime"), line("9", "coke")),
        omissions=(Omission(what="little", estimate=Decimal("0.5")), Omission(what="a")),
    )
    gaps, _, _ = found(
        ("a", gap_made(), assessment, 1.0), ("b", core, Assessment(), 1.0),
        ("c", gap_made(), Assessment(omissions=(Omission(what="b"), Omission(what="b"))), 1.0),
    )
    assert [(gap.what, gap.kg_co2e) for gap in gaps[:5]] == [
        ("coke", 9.0), ("lime", 3.0), ("little", 0.5), ("b", None), ("a", None),
    ]
    assert [gap.kind for gap in gaps[5:]] == ["firstLife"]


def test_a_record_of_which_nothing_is_carried_has_no_gaps() -> None:
    assessment = Assessment(lines=(line("9"),), omissions=(Omission(what="coke"),))
    gaps, founded, gathering = found(("a", gap_made(basis="provisional"), assessment, 0.0))
    assert (gaps, founded, gathering.explained, gathering.declarations) == ([], 0.0, 0.0, [])


def test_percent_of_nothing_is_unknown() -> None:
    (gap,), _, _ = found(("a", gap_made(), Assessment(omissions=(Omission(what="a", estimate=Decimal(2)),)), 1.0),
                         absolute=0.0)
    assert (gap.kg_co2e, gap.percent) == (2.0, None)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_gaps_of_random_networks_add_up(seed: int) -> None:
    """No record of the generator waits for a closing, so each kg is either well founded or in one gap."""
    memory = network(seed, 400, 3)
    chain = chain_of(memory)
    kinds: set[str] = set()
    cores = [lot for lot, facts in memory.state.lots.items() if facts.role == "core"]
    for lot in [*list(memory.figures)[-60:], *cores]:
        gathering, gaps, founded = gathered(memory, lot, chain)
        burdens = memory.figures[lot].burdens
        absolute = burdens[SLOT["absGhg"]]
        sums = {"omission": 0.0, "declaration": 0.0, "data": 0.0, "firstLife": 0.0, "": 0.0}
        for gap in gaps:
            kinds.add(gap.kind)
            sums["" if gap.kg_co2e is None else gap.kind] += gap.weight if gap.kg_co2e is None else gap.kg_co2e
        tight = {"rel": 1e-9, "abs": 1e-9 * absolute}
        assert gathering.explained == pytest.approx(absolute, **tight)
        assert founded + sums["declaration"] + sums["data"] == pytest.approx(absolute, **tight)
        assert sums == Containing({
            "omission": pytest.approx(burdens[SLOT["omittedAbs"]], **tight),
            "": pytest.approx(burdens[SLOT["unestimated"]], rel=1e-9, abs=1e-12), "firstLife": 0.0,
        })
        assert sum(gap.percent or 0.0 for gap in gaps if gap.kind in ("declaration", "data")) <= 100.0 + 1e-6
    assert kinds == {"omission", "declaration", "data", "firstLife"}


# Burdens that an output escapes by its allocation share: how large they are, and who is asked for them.

CODE: Final = "allocation-key"


def usual(output: int, share: str) -> UsualShare:
    return UsualShare(output=output, share=Decimal(share), code=CODE)


@pytest.mark.parametrize(("total", "assigned", "amounts"), [
    ({"fossilGhgEmissions": 1000.0}, (), {0: 500.0}),
    ({"fossilGhgEmissions": 1000.0, "omittedAbs": 200.0}, (), {0: 600.0}),
    ({"fossilGhgEmissions": 1000.0, QUESTIONED: 200.0, "electricityLocation": 300.0}, (), {0: 500.0}),
    ({"fossilGhgEmissions": 1000.0, "technologicalCO2Removals": -400.0}, (), {0: 300.0}),
    ({"fossilGhgEmissions": 1000.0},
     (Assigned(output=1, burden="fossilGhgEmissions", amount=Decimal(400)),
      Assigned(output=1, burden="energyMj", amount=Decimal(77))), {0: 300.0}),
    ({"fossilGhgEmissions": 100.0, "technologicalCO2Removals": -400.0}, (), {}),  # who carries less of it is worse off
    ({}, (), {}),
])
def test_the_missing_share_of_what_is_shared(
    total: dict[str, float], assigned: tuple[Assigned, ...], amounts: dict[int, float]
) -> None:
    assert escaped([usual(0, "0.75")], [0.25, 0.75], vector_of(total), assigned) == pytest.approx(amounts)


def test_a_share_above_the_usual_one_is_no_question() -> None:
    assert escaped([usual(0, "0.2"), usual(1, "0.9")], [0.25, 0.75], vector_of({"fossilGhgEmissions": 100.0})) == (
        pytest.approx({1: 15.0}))


def test_a_burden_that_left_otherwise_adds_to_the_share() -> None:
    """1,000 kg are shared. Output 0 has half of its usual share, and 30 kg left without a lot to carry them."""
    left = UsualShare(output=0, share=Decimal("0.25"), code="by-product-mass", amount=Decimal(30))
    total = vector_of({"fossilGhgEmissions": 1000.0})
    assert escaped([usual(0, "0.5"), left], [0.25, 0.75], total) == pytest.approx({0: 280.0})
    assert escaped([left], [0.25, 0.75], total) == {0: 30.0}


@pytest.mark.parametrize(("carried", "amount"), [(-200.0, 30.0), (-100.0, 30.0), (-45.0, 8.0), (-25.0, 0.0)])
def test_gas_is_captured_anew_up_to_the_capture_that_came(carried: float, amount: float) -> None:
    """The record captures 25 kg; an output of two fifths escapes 30 kg at most, and two fifths of the rest."""
    again = UsualShare(
        output=1, share=Decimal("0.4"), code="captured-in-lots", amount=Decimal(30), captured=Decimal(25))
    total = vector_of({"fossilGhgEmissions": 900.0, "ccsTechnologicalCO2Capture": carried})
    assert escaped([again], [0.6, 0.4], total) == ({1: pytest.approx(amount)} if amount else {})


def test_a_capture_that_did_not_come_before_is_no_finding() -> None:
    finding = Finding(code="captured-in-lots", message="again", output=0)
    again = UsualShare(output=0, share=Decimal(1), code="captured-in-lots", amount=Decimal(30), captured=Decimal(30))
    for escaping, shown in (("12.0", [12.0]), ("0.0", [])):
        record = findings_in(3, leaf_bytes(AssessmentLeaf(
            activation=1, salt="x", method="cut-off/1", questions=(Question(output=0, share="1.0", escaped=escaping),),
            assessment=assessment_bytes(Assessment(findings=(finding,), usual_shares=(again,))))))
        assert [one.amount for one in record.findings] == shown


def test_each_finding_has_its_own_part() -> None:
    findings = (Finding(code=CODE, message="it carries too little", output=0),
                Finding(code="by-product-mass", message="too much slag", output=0))
    left = UsualShare(output=0, share=Decimal("0.25"), code="by-product-mass", amount=Decimal(30))
    record = findings_in(3, leaf_bytes(AssessmentLeaf(
        activation=1, salt="x", method="cut-off/1", questions=(Question(output=0, share="0.25", escaped="280.0"),),
        assessment=assessment_bytes(Assessment(findings=findings, usual_shares=(left, usual(0, "0.5")))))))
    assert {one.code: one.amount for one in record.findings} == {CODE: 250.0, "by-product-mass": 30.0}
    assert record.made == {0: 280.0}


def test_it_adds_to_what_came_in() -> None:
    burdens = [vector_of({QUESTIONED: 5.0, "fossilGhgEmissions": 1.0}), vector_of({QUESTIONED: 7.0})]
    asked = with_escaped(burdens, {0: 2.0})
    assert ([vector[SLOT[QUESTIONED]] for vector in asked], asked[0][SLOT["fossilGhgEmissions"]]) == ([7.0, 7.0], 1.0)


def test_the_finding_has_the_amount_and_the_output_makes_it() -> None:
    """Of 30 kg that output 1 escapes, half arrives in a figure that has half of its lot."""
    finding = Finding(code=CODE, message="it carries too little", output=1)
    assessment = Assessment(findings=(finding,), usual_shares=(usual(1, "0.5"),))
    record = findings_in(3, leaf_bytes(AssessmentLeaf(
        activation=1, salt="x", assessment=assessment_bytes(assessment), method="cut-off/1",
        questions=(Question(output=0, share="0.5"), Question(output=1, share="0.5", escaped="30.0")))))
    (shown,) = record.findings
    assert (shown.code, shown.output, shown.amount, record.entering, record.made) == (CODE, 1, 30.0, 0.0, {1: 30.0})
    lot = 3 * 1024 + 1
    listed = ranked([record], Weights({3: 0.5}, {lot: 0.5}), QuestionPaths({3: 0.25}, {lot: 0.5}), frozenset({3}))
    assert [one.questioned for one in listed.items] == [15.0]
    assert "usualShares" in msgspec.json.decode(assessment_bytes(assessment))
