"""Waits end at their moments: never before, in order, and in whichever event loop they are."""

import asyncio

from ledger.host.waker import Waker


def test_waits_end_in_the_order_of_their_moments_and_never_before() -> None:
    waker, ended = Waker(), list[tuple[str, bool]]()

    async def wait(name: str, moment: float) -> None:
        await waker.until(moment)
        ended.append((name, waker.now() >= moment))

    async def work() -> None:
        now = waker.now()
        await asyncio.gather(
            wait("late", now + 0.3), wait("past", now - 1), wait("early", now + 0.1), wait("middle", now + 0.2))

    for _ in range(2):
        # Each run has an event loop of its own, and one thread serves both.
        asyncio.run(work())
        assert ended == [(name, True) for name in ("past", "early", "middle", "late")]
        ended.clear()


def test_a_wait_that_nobody_waits_for_any_more_holds_up_none() -> None:
    async def work() -> None:
        waker = Waker()
        left = asyncio.create_task(waker.until(waker.now() + 0.01))
        await asyncio.sleep(0)
        left.cancel()
        await waker.until(waker.now() + 0.02)
        assert left.cancelled()

    asyncio.run(work())
