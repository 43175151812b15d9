"""The budget of revised records: what is used up, what is refused, and when there is room again."""

import pytest
from support.raising import raised

from ledger.errors import Exhausted
from ledger.service.posting.revision.budget import DAY, RevisionBudget

HOUR = DAY // 24


@pytest.fixture
def budget() -> RevisionBudget:
    """100 a day, of which `mill` has used 40 at 1 h and 50 at 3 h."""
    found = RevisionBudget(100)
    found.charge("mill", 40, HOUR)
    found.charge("mill", 50, 3 * HOUR)
    return found


def test_up_to_the_limit(budget: RevisionBudget) -> None:
    budget.check("mill", 10, 4 * HOUR)
    budget.check("smith", 100, 4 * HOUR)


@pytest.mark.parametrize(("asked", "hours"), [(11, 21), (50, 21), (51, 23), (101, 23), (200_000, 23)])
def test_beyond_it(budget: RevisionBudget, asked: int, hours: int) -> None:
    """At 4 h: from 25 h on 50 are used, from 27 h on none; whoever has used none may revise whatever it takes."""
    with pytest.raises(Exhausted) as refused:
        budget.check("mill", asked, 4 * HOUR)
    error = refused.value
    assert (error.code, error.field, error.value) == ("revision-budget", "issuer", "mill")
    assert error.retry_after == hours * 3_600
    assert error.message == (
        f"mill may have 100 records revised within 24 hours; it has used 90, and this revision can change {asked}; "
        f"post it again after 1970-01-02T0{hours - 20}:00:00Z"
    )
    budget.check("mill", asked, (4 + hours) * HOUR)


def test_what_is_older_counts_no_more(budget: RevisionBudget) -> None:
    raised(Exhausted, budget.check, "mill", 50, 25 * HOUR - 1)
    budget.check("mill", 50, 25 * HOUR)


def test_more_than_a_day_has_at_once() -> None:
    """A budget that is smaller than a correction ends none: but one alone in 24 hours."""
    budget = RevisionBudget(10)
    budget.check("mill", 1_000, HOUR)
    budget.charge("mill", 1_000, HOUR)
    assert raised(Exhausted, budget.check, "mill", 1, 2 * HOUR).retry_after == 23 * 3_600
