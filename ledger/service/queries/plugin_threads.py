"""Runs the plugins' part of queries: in threads of their own, at most four at a time, each with a deadline.

A plugin that ignores its interruption, or waits in C code, occupies its place until the server ends. The threads that
append records are separate and lose no place.
"""

import asyncio
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final, TypeVar

from ledger.engine.sector_call import words_of
from ledger.errors import PluginError, Unavailable
from ledger.host.threads import Interrupted, Interruptible

SECONDS: Final = 30.0
_PLACES: Final = threading.BoundedSemaphore(4)
_LOOK_SECONDS: Final = 0.05
Value = TypeVar("Value")


async def ask(function: Callable[[], Value], label: str, seconds: float = SECONDS) -> Value:
    """Returns the result of `function`, which error messages call `label`.

    Raises the errors of `function`; PluginError if it takes longer than `seconds` or raises SystemExit; Unavailable if
    no place becomes free within `seconds`.
    """
    give_up = monotonic() + seconds
    while not _PLACES.acquire(blocking=False):
        if monotonic() > give_up:
            raise Unavailable(f"{label} has to wait: all plugin threads are busy; try again later", code="plugin-busy",
                              field="method")
        await asyncio.sleep(_LOOK_SECONDS)
    asking = Interruptible(lambda: _guarded(function, label), _PLACES.release)
    try:
        async with asyncio.timeout(seconds):
            return await asking.outcome
    except TimeoutError:
        raise PluginError(
            f"{label} gave no answer within {seconds:g} s", code="plugin-timeout", field="method",
            rule=f"an answer within {seconds:g} s",
        ) from None
    finally:
        asking.interrupt()


def _guarded(function: Callable[[], Value], label: str) -> Value:
    """The result of `function`. SystemExit and its like become a PluginError: in a task they would end the server."""
    try:
        return function()
    except (Exception, Interrupted):
        raise
    except BaseException as error:
        raise PluginError(
            f"{label} failed: {type(error).__name__}: {words_of(error)}", field="method",
            rule="the plugin computes a figure of the chain without an error",
        ) from error
