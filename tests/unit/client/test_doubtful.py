"""The most doubtful figures of a log, as an audit lists them."""

from decimal import Decimal

from ledger.client.audit.checks.doubtful import SHOWN, DoubtfulFigures
from ledger.core.outcome.assessment import Assessment, Finding, Line
from ledger.core.outcome.leaves import AssessmentLeaf, assessment_bytes, leaf_bytes

DIGEST = bytes(32)


def leaf(amount: int | None, *, co2: int = 1, severity: str = "warning") -> bytes:
    findings = () if amount is None else (
        Finding(code="doubtful", message="a claim", severity=severity, amount=Decimal(amount) if amount else None),
    )
    line = Line(gas="CO2", amount=Decimal(co2), source="site", kind="onSite")
    assessment = Assessment(lines=(line,), findings=findings)
    return leaf_bytes(AssessmentLeaf(activation=1, salt="x", assessment=assessment_bytes(assessment),
                                     method="cut-off/1"))


def test_the_largest_questions_come_first_then_the_largest_warned_records() -> None:
    figures = DoubtfulFigures()
    for index, (amount, co2) in enumerate([(0, 5), (7, 1), (0, 9), (30, 1), (None, 1000)]):
        figures.see(index, DIGEST, leaf(amount, co2=co2))
    figures.see(5, DIGEST, leaf(0, co2=10_000, severity="note"))
    figures.see(6, DIGEST, None)
    assert [(one.index, one.questioned, one.burdens) for one in figures.largest()] == [
        (3, 30.0, 1.0), (1, 7.0, 1.0), (2, 0.0, 9.0), (0, 0.0, 5.0)]


def test_a_revision_settles_a_question() -> None:
    figures = DoubtfulFigures()
    figures.see(3, DIGEST, leaf(30))
    figures.see(4, DIGEST, leaf(20))
    figures.see(3, DIGEST, leaf(None))
    figures.see(4, DIGEST, leaf(5))
    assert [(one.index, one.questioned) for one in figures.largest()] == [(4, 5.0)]


def test_ten_of_any_number_in_bounded_memory() -> None:
    figures = DoubtfulFigures()
    for index in range(3_000):
        figures.see(index, DIGEST, leaf(1 + index))
    assert [one.index for one in figures.largest()] == list(range(2_999, 2_999 - SHOWN, -1))
    assert SHOWN == 10
    assert (len(figures.kept()), DoubtfulFigures(figures.kept()).largest()) == (1_000, figures.largest())
