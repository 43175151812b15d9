"""Waits that end at exact moments.

A timer of the event loop ends a number of whole milliseconds after it was set, so its end tells when that was. Here a
thread waits for each moment, by the same clock.
"""

import asyncio
import heapq
import itertools
import threading
import time
from contextlib import suppress


class Waker:
    """Waits of any event loop. Its thread begins with the first wait, and serves all of them."""

    def __init__(self) -> None:
        self._waits: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def now(self) -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()

    async def until(self, moment: float) -> None:
        """Returns at a moment, and never before it."""
        reached = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._thread is None:
                # A daemon thread: the server does not wait for it at shutdown.
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
            heapq.heappush(self._waits, (moment, next(self._count), reached))
            if self._waits[0][-1] is reached:
                self._changed.notify()
        await reached

    def _run(self) -> None:
        while True:
            with self._changed:
                while (left := self._left()) is None or left > 0:
                    self._changed.wait(left)
                reached = heapq.heappop(self._waits)[-1]
            # The loop of a server that is being closed takes nothing any more.
            with suppress(RuntimeError):
                reached.get_loop().call_soon_threadsafe(_end, reached)

    def _left(self) -> float | None:
        """Seconds until the first moment; None if nobody waits."""
        return self._waits[0][0] - self.now() if self._waits else None


def _end(reached: "asyncio.Future[None]") -> None:
    """The request may have ended meanwhile."""
    if not reached.done():
        reached.set_result(None)
