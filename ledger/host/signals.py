"""Signals that end a process, held back for as long as it would lose track of another one that it starts."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signals_deferred() -> Iterator[None]:
    """SIGINT and SIGTERM take effect after the block, so that a process which it starts is known to whoever has to end
    it. Outside the main thread this changes nothing: no signal interrupts another thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    before = {number: signal.signal(number, lambda number, _: received.append(number))
              for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for deferred, handler in before.items():
            signal.signal(deferred, handler)
        for number in received:
            signal.raise_signal(number)
