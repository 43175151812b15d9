"""Returns memory to the system after long answers and large revisions, and now and then.

The C library keeps freed memory for later use, in a pool per thread. After an answer with a chain of 100,000 lots, a
server would seem to hold all of that memory for ever.
"""

import asyncio
import ctypes
import functools
import threading
from collections.abc import Callable
from typing import Final


def give_back() -> None:
    """Returns at once. A thread does the work; calls during that time need no further run."""
    trim = _trim()
    if trim is not None and _busy.acquire(blocking=False):
        threading.Thread(target=_run, args=(trim,), name="memory", daemon=True).start()


_EVERY_SECONDS: Final = 60.0


async def give_back_regularly(seconds: float = _EVERY_SECONDS) -> None:
    """Runs until it is cancelled. Many short requests at a time leave free memory behind, of which no single request
    gives anything back."""
    while True:
        await asyncio.sleep(seconds)
        give_back()


_busy = threading.Lock()


def _run(trim: Callable[[int], int]) -> None:
    try:
        trim(0)
    finally:
        _busy.release()


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; other libraries neither have nor need it."""
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
