"""Turns: whoever waits, waits for one turn of each other organisation at most."""

import asyncio

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
