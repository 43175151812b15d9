"""Work in threads that ends when nobody waits for it."""

import asyncio
import threading
import time
import weakref

import pytest
from support.raising import raised
from support.waiting import PATIENCE

from ledger.host.threads import in_thread


def test_what_it_gives_and_what_it_raises() -> None:
    assert asyncio.run(in_thread(divmod, 7, 2)) == (3, 1)
    raised(ZeroDivisionError, asyncio.run, in_thread(divmod, 7, 0))


def test_a_thread_ends_when_nobody_waits_for_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        try:
            begun.set()
            while True:
                pass
        finally:
            ended.set()

    async def run() -> None:
        task = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Who waits is told once the thread is through.
        assert ended.is_set()

    asyncio.run(run())


class _Watched:
    """An object whose end somebody waits for."""


def test_an_interruption_in_a_callback_of_a_weak_reference_is_repeated() -> None:
    begun, dropped = threading.Event(), threading.Event()

    def callback(_: weakref.ref[_Watched]) -> None:
        begun.set()
        while True:
            pass

    def work() -> bool:
        watched = _Watched()
        reference = weakref.ref(watched, callback)
        del watched
        dropped.set()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            pass
        return reference() is None

    async def run() -> None:
        task = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, PATIENCE / 2)

    asyncio.run(run())
    assert dropped.is_set()


def test_it_is_interrupted_at_any_moment() -> None:
    """Also where it is just through: the outcome is told all the same."""
    async def run() -> None:
        for turns in range(40):
            task = asyncio.create_task(in_thread(sum, range(2_000)))
            for _ in range(turns % 8):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled() or task.result() == 1_999_000

    asyncio.run(run())
