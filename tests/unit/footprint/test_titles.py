"""Titles of figures: one formula, and no method that gives a better one."""

from typing import Final

import pytest

from ledger.admission.title_limit import DEFAULT_LIMIT
from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.footprint.derived.completeness import NO_REFERENCE, doubtful_of, referenced, worse
from ledger.footprint.stored.burdens import vector_of

CO2E: Final = "fossilGhgEmissions"
REMOVED: Final = "technologicalCO2Removals"


@pytest.mark.parametrize(("burdens", "title", "share"), [
    ({}, "footprint", 0),
    ({CO2E: 100.0}, "footprint", 0),
    ({CO2E: 97.0, "omittedAbs": 3.0}, "footprint", 0.03),
    ({CO2E: 96.9, "omittedAbs": 3.1}, "incomplete footprint", 0.031),
    ({CO2E: 50.0, QUESTIONED: 50.0}, "questioned footprint", 0.5),
    ({CO2E: 100.0, "provisionalAbs": 4.0}, "provisional footprint", 0.04),
    ({CO2E: 80.0, "omittedAbs": 10.0, QUESTIONED: 10.0}, "incomplete and questioned footprint", 0.2),
    ({CO2E: 94.0, "omittedAbs": 4.0, QUESTIONED: 2.0}, "incomplete footprint", 0.06),
    # None exceeds the limit by itself: the largest is the reason.
    ({CO2E: 95.6, "omittedAbs": 2.0, QUESTIONED: 2.4}, "questioned footprint", 0.044),
    # Removals make the figure smaller, not the part that is doubtful.
    ({CO2E: 97.0, REMOVED: -90.0, "omittedAbs": 3.0}, "footprint", 0.03),
    ({CO2E: 10.0, REMOVED: -50.0, QUESTIONED: 90.0}, "questioned footprint", 0.9),
    ({CO2E: 100.0, "unestimated": 0.5}, "incomplete footprint", 0),
    ({CO2E: 50.0, QUESTIONED: 50.0, "unestimated": 1.0}, "incomplete and questioned footprint", 0.5),
])
def test_the_doubtful_share_decides(burdens: dict[str, float], title: str, share: float) -> None:
    doubtful = doubtful_of(vector_of(burdens), DEFAULT_LIMIT)
    assert (doubtful.title, doubtful.share) == (title, pytest.approx(share))


def test_a_product_without_a_reference_has_no_footprint() -> None:
    assert doubtful_of(vector_of({CO2E: 100.0}), DEFAULT_LIMIT, referenced=False).title == "incomplete footprint"
    finding = Finding(code=NO_REFERENCE, message="it says nothing", output=1)
    assert [referenced(Assessment(findings=(finding,)), output) for output in (0, 1)] == [True, False]


def test_what_a_method_cannot_compute_counts_as_left_out() -> None:
    doubtful = doubtful_of(vector_of({CO2E: 90.0}), DEFAULT_LIMIT, beyond=10.0)
    assert (doubtful.title, doubtful.shares) == ("incomplete footprint", {"omitted": pytest.approx(0.1)})


def test_no_method_gives_a_better_title() -> None:
    committed = doubtful_of(vector_of({CO2E: 50.0, QUESTIONED: 50.0}), DEFAULT_LIMIT)
    other = doubtful_of(vector_of({CO2E: 5000.0}), DEFAULT_LIMIT)
    assert worse(committed, other).title == worse(other, committed).title == "questioned footprint"
    unknown = doubtful_of(vector_of({"unestimated": 1.0}), DEFAULT_LIMIT)
    assert worse(committed, unknown).title == "incomplete and questioned footprint"


def test_the_log_sets_the_limit() -> None:
    burdens = vector_of({CO2E: 96.0, "omittedAbs": 4.0})
    assert doubtful_of(burdens, DEFAULT_LIMIT).title == "incomplete footprint"
    assert doubtful_of(burdens, 0.05).title == "footprint"
    # A method with a looser limit gives no better title.
    assert worse(doubtful_of(burdens, 0.05), doubtful_of(vector_of({}), DEFAULT_LIMIT)).title == "incomplete footprint"
