"""SIGTERM ends a command in good order, together with the processes that it started."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending_at_sigterm() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does, so that its database and its processes end with it. Outside the main
    thread this changes nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: object) -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _exit(number)
    else:
        # Between two steps of the loop: an exception in the midst of asyncpg's compiled code can crash the process,
        # which then stops no database.
        loop.call_soon_threadsafe(_exit, number)


def _exit(number: int) -> None:
    raise SystemExit(128 + number)
