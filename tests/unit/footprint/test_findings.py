"""Findings in leaf 0 of an outcome, and how much of a figure they question."""

from decimal import Decimal
from typing import Final

import msgspec
import numpy
import pytest

from ledger.core.outcome.assessment import Assessment, Finding, Line, Reference, Span
from ledger.core.outcome.leaves import AssessmentLeaf, Question, assessment_bytes, leaf_bytes
from ledger.footprint.derived.chain.arrays import compiled, compiled_from
from ledger.footprint.derived.chain.delivered_findings import DeliveredLot, delivered_findings, in_figure, of_lot
from ledger.footprint.derived.contributions import weights_of_sum
from ledger.footprint.derived.findings import (
    BELOW_RANGE,
    FindingRange,
    FindingRecord,
    ListedFinding,
    StatedFinding,
    about,
    findings_in,
)
from ledger.footprint.derived.rank_findings import NO_FINDINGS, NO_PATHS, QuestionPaths, question_paths, ranked

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
QUESTIONED: Final = numpy.array([100.0, (50.0 + 20.0) * 0.75, (50.0 + 20.0) * 0.25, (50.0 + 20.0) * 0.75 / 2])


def test_questions_arrive_by_their_own_shares() -> None:
    wanted = numpy.array([0.0, 0.0, 0.0, 1.0])
    paths = question_paths(CHAIN, wanted, QUESTIONED, RECORDS)
    assert (paths.lots[lot(1)], paths.records[2]) == pytest.approx((0.5 * 0.75 * 0.5, 0.75 * 0.5))
    listed = ranked(RECORDS, weights_of_sum(CHAIN, wanted), paths, frozenset({3}))
    assert [(one.code, one.own) for one in listed.items] == [
        ("no-reference", True), (BELOW_RANGE, False), ("doubtful", False)]
    assert [one.questioned for one in listed.items] == pytest.approx([0.0, 18.75, 7.5])
    assert sum(one.questioned for one in listed.items) == pytest.approx(QUESTIONED[3])
    assert [one.record_burdens for one in listed.items] == pytest.approx([1.0, 10 * 0.5 * 0.5, 6 * 0.5])
    assert listed.left_off == 0


def test_waste_carries_questions_and_no_burdens() -> None:
    wanted = numpy.array([0.0, 0.0, 1.0, 0.0])
    listed = ranked(
        RECORDS, weights_of_sum(CHAIN, wanted), question_paths(CHAIN, wanted, QUESTIONED, RECORDS), frozenset({2}))
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
