"""Plugins' part in questions: in threads of their own, few at a time, each with a deadline.

One that does not heed its interruption, or waits in C, keeps its place until the server ends, and takes none from the
threads that append.
"""

import asyncio
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final, TypeVar

from ledger.errors import PluginError, Unavailable
from ledger.service.queries.threads import Interruptible

SECONDS: Final = 30.0
_PLACES: Final = threading.BoundedSemaphore(4)
_LOOK_SECONDS: Final = 0.05
Value = TypeVar("Value")


async def ask(work: Callable[[], Value], what: str, seconds: float = SECONDS) -> Value:
    """What `work` gives. Raises what it raises; PluginError where it takes longer than `seconds`, Unavailable where no
    place is free for as long."""
    give_up = monotonic() + seconds
    while not _PLACES.acquire(blocking=False):
        if monotonic() > give_up:
            raise Unavailable(f"{what} has to wait: others take too long", code="plugin-busy", field="method")
        await asyncio.sleep(_LOOK_SECONDS)
    asking = Interruptible(work, _PLACES.release)
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
