"""The note about figures and amounts far above what is usual, by hand."""

from decimal import Decimal
from typing import Any

import pytest

from ledger.core.outcome.assessment import NOTHING, Assessment, Finding, Reference
from ledger.footprint.derived.unusually_high import (
    HighEnd,
    about_figure,
    amount_note,
    figure_note,
    high_end_of,
    without_notes,
)


def reference(output: int, mass: str, high: str | None) -> Reference:
    end = None if high is None else Decimal(high)
    return Reference(
        output=output, mass=Decimal(mass), low=Decimal(1), default=Decimal(2), high=end, factor="set@1:row")


def test_the_high_end_of_an_output_adds_up_its_materials() -> None:
    references = [reference(0, "10", "3"), reference(0, "5", "4"), reference(1, "100", "1")]
    assert high_end_of(references, 0) == HighEnd(50.0, "set@1:row")
    assert high_end_of(references, 1) == HighEnd(100.0, "set@1:row")
    assert high_end_of(references, 2) is None
    assert high_end_of([*references, reference(0, "1", None)], 0) is None


@pytest.mark.parametrize(("figure", "end", "is_high"), [
    (500.1, 100.0, True), (500.0, 100.0, False), (99.0, 100.0, False), (-900.0, 100.0, False), (900.0, 0.0, False),
])
def test_a_figure_is_unusually_high_above_five_times_the_high_end(figure: float, end: float, is_high: Any) -> None:
    assert (about_figure(figure, HighEnd(end, "set@1:row")) is not None) is is_high
    assert (figure_note(3, figure, HighEnd(end, "set@1:row")) is not None) is is_high
    assert about_figure(figure, None) is None
    assert figure_note(3, figure, None) is None


def test_the_words() -> None:
    assert about_figure(5_900.0, HighEnd(14.25, "set@1:row")) == (
        "unusually high, check the units: 5,900 kg CO2e are more than 5 times the 14.25 kg CO2e at which the range of "
        "the product ends (set@1:row)")
    note = amount_note("electricity", Decimal("5.1"), Decimal(1), "3B")
    assert note is not None
    assert note.message == ("electricity: unusually high, check the units: more than 5 times the amount that is usual "
                            "for the products")
    assert (note.severity, note.amount, note.value) == ("note", None, Decimal("5.1"))
    assert amount_note("electricity", Decimal(5), Decimal(1), "3B") is None


def test_notes_are_never_committed() -> None:
    note = amount_note("lime", Decimal(6), Decimal(1), "KGM")
    assert note is not None
    other = Finding(code="input-too-small", message="less")
    assert without_notes(Assessment(findings=(other, note))) == (Assessment(findings=(other,)), (note,))
    own = Finding(code="unusually-high", message="a warning of a sector", amount=Decimal(5))
    assert without_notes(Assessment(findings=(own,))) == (Assessment(findings=(own,)), ())
    assert without_notes(NOTHING) == (NOTHING, ())
