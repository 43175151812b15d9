"""Plugins' part in questions: in threads of their own, few at a time, each with a deadline.

A thread cannot be ended as a process can. One that runs Python is told to stop by an exception in its midst; one that
does not heed it, or waits in C, keeps its place until the server ends, and takes none from the threads that append.
"""

import asyncio
import ctypes
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final, Generic, TypeVar

from ledger.errors import PluginError, Unavailable

SECONDS: Final = 30.0
_PLACES: Final = threading.BoundedSemaphore(4)
_LOOK_SECONDS: Final = 0.05
Value = TypeVar("Value")


class Interrupted(BaseException):
    """Raised in the midst of a plugin whose time is over."""


async def ask(work: Callable[[], Value], what: str, seconds: float = SECONDS) -> Value:
    """What `work` gives. Raises what it raises; PluginError where it takes longer than `seconds`, Unavailable where no
    place is free for as long."""
    give_up = monotonic() + seconds
    while not _PLACES.acquire(blocking=False):
        if monotonic() > give_up:
            raise Unavailable(f"{what} has to wait: others take too long", code="plugin-busy", field="method")
        await asyncio.sleep(_LOOK_SECONDS)
    asking = _Asking(work)
    try:
        async with asyncio.timeout(seconds):
            return await asking.found
    except TimeoutError:
        raise PluginError(
            f"{what} gave no answer within {seconds:g} s", code="plugin-timeout", field="method",
            rule=f"an answer within {seconds:g} s",
        ) from None
    finally:
        asking.interrupt()


class _Asking(Generic[Value]):
    """One thread, which gives back its place at its end."""

    def __init__(self, work: Callable[[], Value]) -> None:
        self._loop = asyncio.get_running_loop()
        self.found: asyncio.Future[Value] = self._loop.create_future()
        self._work = work
        self._lock = threading.Lock()
        self._finished = False
        # A daemon: the server's end does not wait for it.
        self._thread = threading.Thread(target=self._run, name="plugin question", daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Raises Interrupted in the thread, if it is still at its work."""
        with self._lock:
            if not self._finished and self._thread.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread.ident), ctypes.py_object(Interrupted)
                )

    def _run(self) -> None:
        try:
            try:
                found = self._work()
            finally:
                # Later on nobody interrupts it any more.
                with self._lock:
                    self._finished = True
            self._tell(lambda: self.found.set_result(found))
        except BaseException as error:
            failure = error
            self._tell(lambda: self.found.set_exception(failure))
        finally:
            _PLACES.release()

    def _tell(self, what: Callable[[], None]) -> None:
        """In the loop, where anybody still waits; a loop that is closed waits for nothing."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: None if self.found.done() else what())
