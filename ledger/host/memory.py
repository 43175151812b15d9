"""Gives memory back to the system after long answers and large revisions.

The C library keeps what was freed for what comes next, in as many pools as threads have asked for some. A server that
was once asked for the chain of 100,000 lots would look from outside as if it still held it.
"""

import ctypes
import functools
import threading
from collections.abc import Callable


def give_back() -> None:
    """Returns at once; the work is done in a thread, and once for all that ask meanwhile."""
    trim = _trim()
    if trim is not None and _busy.acquire(blocking=False):
        threading.Thread(target=_run, args=(trim,), name="memory", daemon=True).start()


_busy = threading.Lock()


def _run(trim: Callable[[int], int]) -> None:
    try:
        trim(0)
    finally:
        _busy.release()


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """glibc's own; other libraries have none and need none."""
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found
