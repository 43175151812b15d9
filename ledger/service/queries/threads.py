"""Work in threads that ends when nobody waits for it any more.

A thread cannot be ended as a process can. One that runs Python is told to stop by an exception in its midst; what waits
in C heeds it when it comes back.
"""

import asyncio
import ctypes
import threading
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class Interrupted(BaseException):
    """Raised in the midst of work for which nobody waits any more."""


async def in_thread(
    work: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Value:
    """What `work` gives, computed in a thread of its own. Cancelled, it interrupts the thread and ends with it, so that
    who counts what is under way counts threads as well."""
    thread = Interruptible(lambda: work(*args, **kwargs))
    try:
        return await asyncio.shield(thread.found)
    except asyncio.CancelledError:
        thread.interrupt()
        await thread.ended()
        raise


class Interruptible(Generic[Value]):
    """One thread at one piece of work. `found` is its outcome; `on_end` is called in the thread, at its very end."""

    def __init__(self, work: Callable[[], Value], on_end: Callable[[], None] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self.found: asyncio.Future[Value] = self._loop.create_future()
        self._work = work
        self._on_end = on_end
        self._lock = threading.Lock()
        self._finished = False
        # A daemon: the server's end does not wait for it.
        self._thread = threading.Thread(target=self._run, name="question", daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Raises Interrupted in the thread, if it is still at its work."""
        with self._lock:
            if not self._finished and self._thread.ident is not None:
                self._finished = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread.ident), ctypes.py_object(Interrupted)
                )

    async def ended(self) -> None:
        """Returns once the outcome is there; a second cancellation does not hasten it."""
        while not self.found.done():
            try:
                await asyncio.wait({self.found})
            except asyncio.CancelledError:
                continue
        if not self.found.cancelled():
            self.found.exception()

    def _run(self) -> None:
        try:
            self._compute()
        except Interrupted as error:
            # It came at the moment when the outcome was being told; it comes once.
            interruption = error
            self._tell(lambda: self.found.set_exception(interruption))
        finally:
            if self._on_end is not None:
                self._on_end()

    def _compute(self) -> None:
        try:
            try:
                found = self._work()
            finally:
                # Later on nobody interrupts it any more.
                with self._lock:
                    self._finished = True
        except BaseException as error:
            failure = error
            self._tell(lambda: self.found.set_exception(failure))
        else:
            self._tell(lambda: self.found.set_result(found))

    def _tell(self, what: Callable[[], None]) -> None:
        """In the loop, where anybody still waits; a loop that is closed waits for nothing."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: None if self.found.done() else what())
