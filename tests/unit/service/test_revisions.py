"""Revisions: whose turn it is, the budget of each organisation, and the memory that goes back.

Whoever waits, waits for one turn of each other organisation at most.
"""

import asyncio

import pytest
from support.raising import raised

from ledger.errors import Exhausted
from ledger.service.posting.revision import reviser
from ledger.service.posting.revision.budget import DAY, RevisionBudget
from ledger.service.posting.turns import FairLock, Turns


def drained(turns: "Turns[str]") -> list[str]:
    return [turns.pop() for _ in range(len(turns))]


def test_each_organisation_in_its_turn() -> None:
    turns = Turns[str]()
    for name in ("a1", "a2", "a3", "a4", "b1", "c1", "c2"):
        turns.add(name[0], name)
    assert (turns.first(), drained(turns)) == ("a1", ["a1", "b1", "c1", "a2", "c2", "a3", "a4"])
    assert not turns


def test_who_comes_later_was_not_served_yet() -> None:
    """b comes while a is served, which has much more: b is next, and after that a and c as long as they wait."""
    turns = Turns[str]()
    for name in ("a1", "a2", "a3", "c1", "c2"):
        turns.add(name[0], name)
    assert [turns.pop(), turns.pop()] == ["a1", "c1"]
    turns.add("b", "b1")
    turns.add("b", "b2")
    assert drained(turns) == ["b1", "a2", "c2", "b2", "a3"]


def test_going_away_gives_no_turn_of_others() -> None:
    """a has nothing waiting for a while; when it comes again, b has waited longer."""
    turns = Turns[str]()
    turns.add("b", "b1")
    turns.add("a", "a1")
    assert [turns.pop(), turns.pop()] == ["b1", "a1"]
    turns.add("a", "a2")
    turns.add("b", "b2")
    assert drained(turns) == ["b2", "a2"]


def test_a_lock_in_turns() -> None:
    """a holds it and has three more; b comes last and is next. One that gives up is passed over, at any moment."""

    async def run() -> list[str]:
        lock, order, begun = FairLock(), list[str](), asyncio.Event()

        async def hold(name: str) -> None:
            await lock.acquire(name[0])
            order.append(name)
            begun.set()
            await asyncio.sleep(0)
            lock.release()

        tasks = {name: asyncio.create_task(hold(name)) for name in ("a1", "a2", "a3", "a4", "b1")}
        await begun.wait()
        tasks["a2"].cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        return order

    assert asyncio.run(run()) == ["a1", "b1", "a3", "a4"]


def test_a_turn_that_comes_as_one_gives_up() -> None:
    """It is passed on, and the lock is free in the end."""

    async def run() -> bool:
        lock = FairLock()
        await lock.acquire("a")
        waiting = [asyncio.create_task(lock.acquire(name)) for name in ("b", "c")]
        await asyncio.sleep(0)
        lock.release()
        waiting[0].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        lock.release()
        await lock.acquire("d")
        return waiting[0].cancelled() and not waiting[1].cancelled()

    assert asyncio.run(run())


# The budget of revised records: what is used up, what is refused, and when there is room again.


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


# What a large revision was made of goes back to the system.


@pytest.mark.parametrize(("pieces", "times"), [(10, 0), (5_000, 1)])
def test_after_large_revisions(pieces: int, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    monkeypatch.setattr(reviser, "give_back", lambda: given.append(True))
    held = [object() for _ in range(pieces)]
    reviser._let_go(held)
    assert (held, len(given)) == ([], times)
