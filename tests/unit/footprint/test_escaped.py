"""Burdens that an output escapes by its allocation share: how large they are, and who is asked for them."""

from decimal import Decimal
from typing import Final

import msgspec
import pytest

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Assigned, Finding, UsualShare
from ledger.core.outcome.leaves import AssessmentLeaf, Question, assessment_bytes, leaf_bytes
from ledger.footprint.derived.contributions import Weights
from ledger.footprint.derived.findings import findings_in
from ledger.footprint.derived.rank_findings import QuestionPaths, ranked
from ledger.footprint.stored.burdens import SLOT, vector_of
from ledger.footprint.stored.escaped import escaped, with_escaped

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
