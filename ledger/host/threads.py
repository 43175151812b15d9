"""Work in threads that stops when no caller waits for it any more.

A thread cannot be killed like a process. An exception that is raised inside the thread stops its Python code. A thread
that waits in C code gets the exception when it returns to Python. One that comes while the thread runs a finaliser or a
callback of a weak reference is printed and lost, so the exception is raised again until the function has ended.
"""

import asyncio
import ctypes
import threading
from collections.abc import Callable
from typing import Final, Generic, ParamSpec, TypeVar

AGAIN_SECONDS: Final = 0.5
"""The time between two interruptions of a thread that still runs."""
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class Interrupted(BaseException):
    """Is raised inside a thread when no caller waits for its result any more."""


async def in_thread(
    function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Value:
    """Returns the result of `function`, computed in a thread of its own.

    On cancellation it interrupts the thread and waits for its end. So a counter of running queries also counts their
    threads.
    """
    thread = Interruptible(lambda: function(*args, **kwargs))
    try:
        return await asyncio.shield(thread.outcome)
    except asyncio.CancelledError:
        thread.interrupt()
        await thread.ended()
        raise


class Interruptible(Generic[Value]):
    """A thread that runs one function. `outcome` is its result or error; the thread calls `on_end` as its last step."""

    def __init__(self, function: Callable[[], Value], on_end: Callable[[], None] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Value] = self._loop.create_future()
        self._function = function
        self._on_end = on_end
        self._lock = threading.Lock()
        self._finished = False
        # A daemon thread: the server does not wait for it at shutdown.
        self._thread = threading.Thread(target=self._run, name="question", daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Raises Interrupted in the thread, for as long as its function runs."""
        with self._lock:
            if self._finished or self._thread.ident is None:
                return
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(Interrupted)
            )
        self._loop.call_later(AGAIN_SECONDS, self.interrupt)

    async def ended(self) -> None:
        """Returns once the outcome is set. A second cancellation does not shorten the wait."""
        while not self.outcome.done():
            try:
                await asyncio.wait({self.outcome})
            except asyncio.CancelledError:
                continue
        if not self.outcome.cancelled():
            self.outcome.exception()

    def _run(self) -> None:
        try:
            self._compute()
        except Interrupted as error:
            # The exception came while the thread noted its end or reported its outcome.
            interruption = error
            self._report(lambda: self.outcome.set_exception(interruption))
        finally:
            try:
                if self._on_end is not None:
                    self._on_end()
            finally:
                # Another thread may get this one's number next.
                with self._lock:
                    self._finished = True

    def _compute(self) -> None:
        try:
            try:
                result = self._function()
            finally:
                # After this, no caller may interrupt the thread.
                with self._lock:
                    self._finished = True
        except BaseException as error:
            failure = error
            self._report(lambda: self.outcome.set_exception(failure))
        else:
            self._report(lambda: self.outcome.set_result(result))

    def _report(self, set_outcome: Callable[[], None]) -> None:
        """Sets the outcome in the event loop, unless it is set already or the loop is closed."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: None if self.outcome.done() else set_outcome())
