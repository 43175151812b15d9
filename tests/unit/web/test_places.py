"""Places: few inside, a bounded queue, and turns that go round by client."""

import asyncio
from collections.abc import Coroutine

import pytest

from ledger.web.door.places import Full, Places


class Crowd:
    """Clients that enter and stay until they are sent away; `inside` in the order in which they came in."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        """Names begin with the client's letter."""
        for name in names:
            self._tasks[name] = asyncio.create_task(self._stay(name))
            await self.settle()

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await self._tasks[name]
        await self.settle()

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.wait({self._tasks[name]})
        await self.settle()

    async def refused(self, name: str) -> bool:
        await self.settle()
        task = self._tasks[name]
        return task.done() and not task.cancelled() and isinstance(task.exception(), Full)

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _stay(self, name: str) -> None:
        self._leave[name] = asyncio.Event()
        async with self.places.taken(name[0]):
            self.inside.append(name)
            await self._leave[name].wait()


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(work)


def test_the_41st_is_refused() -> None:
    async def work() -> None:
        crowd = Crowd(Places(8, 32))
        await crowd.come(*[f"a{number}" for number in range(41)])
        assert (crowd.places.running, crowd.places.waiting) == (8, 32)
        assert await crowd.refused("a40")
        await crowd.leave("a0")
        assert crowd.inside[-1] == "a8"
        await crowd.come("a41")
        assert not await crowd.refused("a41")

    run(work())


def test_clients_take_turns() -> None:
    async def work() -> None:
        crowd = Crowd(Places(1, 10))
        await crowd.come("a0", "a1", "a2", "a3", "b0", "c0", "b1")
        for name in ("a0", "a1", "b0", "c0", "a2", "b1", "a3"):
            assert crowd.inside[-1] == name
            await crowd.leave(name)
        assert crowd.places.running == crowd.places.waiting == 0

    run(work())


def test_who_has_most_in_a_full_queue_gives_up_the_newest() -> None:
    async def work() -> None:
        crowd = Crowd(Places(1, 3))
        await crowd.come("a0", "a1", "a2", "a3", "b0")
        assert await crowd.refused("a3")
        await crowd.come("b1")
        assert await crowd.refused("b1")
        await crowd.leave("a0")
        await crowd.leave("a1")
        assert crowd.inside == ["a0", "a1", "b0"]

    run(work())


def test_who_leaves_the_queue_takes_no_place() -> None:
    async def work() -> None:
        crowd = Crowd(Places(1, 3))
        await crowd.come("a0", "a1", "a2")
        await crowd.cancel("a1")
        assert crowd.places.waiting == 1
        await crowd.cancel("a0")
        assert crowd.inside == ["a0", "a2"]
        await crowd.leave("a2")
        assert crowd.places.running == 0

    run(work())


def test_a_place_that_is_given_to_one_who_leaves_at_that_moment_goes_on() -> None:
    async def work() -> None:
        places = Places(1, 3)
        first = places.taken("a")
        await first.__aenter__()

        async def enter() -> None:
            async with places.taken("b"):
                raise AssertionError("it was cancelled")

        waiting = asyncio.create_task(enter())
        await asyncio.sleep(0)
        await first.__aexit__(None, None, None)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert places.running == 0

    run(work())
