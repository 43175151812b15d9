"""Pages, readings and revisions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support.raising import raised

from ledger.admission.activations import Activations
from ledger.admission.names import Names
from ledger.errors import Exhausted, InvalidInput, LedgerError, Unavailable
from ledger.service.posting.prefetch import FactPrefetcher, PrefetchedFacts
from ledger.service.posting.revision import reviser
from ledger.service.posting.revision.budget import DAY, RevisionBudget
from ledger.service.posting.turns import FairLock, Turns
from ledger.service.queries.lists.pages import PageKeys, read_keys
from ledger.store.facts import InForce

END = 10_000


def page(
    keys: Sequence[int], chosen: Callable[[int], bool], limit: int, below: int, most: int,
    seconds_a_row: float = 0.0,
) -> tuple[PageKeys, list[int]]:
    """A page out of descending keys, and how many rows each read asked for."""
    asked: list[int] = []
    spent = 0.0

    async def source(start: int, count: int) -> Any:
        asked.append(count)
        return [(key,) for key in keys if key < start][:count]

    async def matching(rows: Sequence[Any]) -> list[int]:
        nonlocal spent
        spent += seconds_a_row * len(rows)
        return [key for (key,) in rows if chosen(key)]

    return asyncio.run(read_keys(source, matching, limit, below, most, lambda: spent)), asked


@pytest.mark.parametrize("most", [1, 2, 7, 50, 1000])
@pytest.mark.parametrize("limit", [1, 2, 10, 200])
@pytest.mark.parametrize("step", [1, 2, 3, 13, 200])
def test_pages_make_the_whole(step: int, limit: int, most: int) -> None:
    keys = list(range(99, -1, -1))
    found, below, pages = [], END, 0
    while True:
        got, asked = page(keys, lambda key: key % step == 0, limit, below, most)
        assert len(got.keys) <= limit
        assert sum(asked) <= most
        found += got.keys
        pages += 1
        if got.next is None:
            break
        assert got.next < below
        below = got.next
    assert found == [key for key in keys if key % step == 0]
    assert pages <= 102


def test_a_page_without_a_filter_is_read_once() -> None:
    """One row more than the page shows whether there is another."""
    keys = list(range(99, -1, -1))
    got, asked = page(keys, lambda _: True, 10, END, 1000)
    assert (got, asked) == (PageKeys(keys[:10], 90, 11), [11])
    got, asked = page(keys, lambda _: True, 10, 10, 1000)
    assert (got, asked) == (PageKeys(keys[-10:], None, 10), [11])
    assert page([], lambda _: True, 10, END, 1000) == (PageKeys([], None, 0), [11])


def test_a_rare_row_ends_a_page_at_the_limit_of_examined_rows() -> None:
    got, asked = page(list(range(9_999, -1, -1)), lambda key: key == 5, 10, END, 1_000)
    assert (got, asked) == (PageKeys([], 9_000, 1_000), [11, 44, 176, 500, 269])


def test_no_read_is_long() -> None:
    """Neither of a long page nor of a filter that drops most."""
    keys = list(range(9_999, -1, -1))
    got, asked = page(keys, lambda _: True, 1_000, END, 20_000)
    assert (got.keys, got.next, asked) == (keys[:1_000], 9_000, [101, 404, 500])
    got, asked = page(keys, lambda _: False, 100, END, 20_000)
    assert (got.next, max(asked)) == (None, 500)


@pytest.mark.parametrize(("seconds", "asked"), [
    (0.001, [101, 404, 404, 404, 404, 404]), (0.01, [101, 101]), (1.0, [101]),
])
def test_slow_rows_end_a_page(seconds: float, asked: list[int]) -> None:
    """After two seconds the page ends; a slow read is followed by no longer one. The next page goes on."""
    keys = list(range(50_000, -1, -1))
    got, steps = page(keys, lambda _: False, 100, 60_000, 20_000, seconds)
    assert (got, steps) == (PageKeys([], keys[sum(asked) - 1], sum(asked)), asked)


# What is read for several requests at once, where one of them cannot be read for. The database is a stand-in: no name
# that gets past a record's schema is one that PostgreSQL refuses today.

class Base:
    """Reads slowly enough that the rest gathers; `refused` names fail whatever names them."""

    def __init__(self, refused: str, error: LedgerError) -> None:
        self.readings: list[set[str]] = []
        self._refused = refused
        self._error = error

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Base"]:
        yield self

    async def in_force(self, _: Any) -> InForce:
        return InForce(Activations(), 0, 0)

    async def load(self, _: Any, names: Any, *__: Any) -> None:
        if not isinstance(names, Names):
            return  # keys
        self.readings.append(set(names.lots))
        for _ in range(3):
            await asyncio.sleep(0)
        if self._refused in names.lots:
            raise self._error


def names_of(*lots: str) -> Names:
    found = Names()
    found.lots.update(lots)
    return found


async def read_all(base: Base, lots: Iterable[str]) -> list[PrefetchedFacts | BaseException]:
    reader = FactPrefetcher(base, base, base)  # type: ignore[arg-type]
    return await asyncio.gather(*[reader.read_together(names_of(lot), ()) for lot in lots], return_exceptions=True)


def test_only_the_one_that_cannot_be_read_for_is_told() -> None:
    base = Base("c", InvalidInput("no row can hold it"))
    found = asyncio.run(read_all(base, "abcde"))
    assert [isinstance(one, PrefetchedFacts) for one in found] == [True, True, False, True, True]
    assert isinstance(found[2], InvalidInput)
    assert base.readings == [set("abcde"), *[{lot} for lot in "abcde"]]


def test_a_lost_database_is_told_to_all() -> None:
    base = Base("c", Unavailable("it is gone"))
    found = asyncio.run(read_all(base, "abcde"))
    assert ([type(one) for one in found], len(base.readings)) == ([Unavailable] * 5, 1)


@pytest.mark.parametrize("count", [1, 250])
def test_all_at_once(count: int) -> None:
    """As many readings as it takes, a hundred requests each; and again after a pause."""
    base = Base("none", InvalidInput("never"))
    for turn in (1, 2):
        found = asyncio.run(read_all(base, map(str, range(count))))
        assert all(isinstance(one, PrefetchedFacts) for one in found)
        assert len(base.readings) == turn * -(-count // 100)


# Revisions: whose turn it is, the budget of each organisation, and the memory that goes back.

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
