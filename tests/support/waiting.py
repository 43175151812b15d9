"""Waiting for what another process does: until it is so, and no longer than is reasonable."""

import time
from collections.abc import Callable
from typing import Final

_SECONDS: Final = 60.0


def until(condition: Callable[[], object], seconds: float = _SECONDS) -> None:
    """Raises AssertionError where it does not come to be so."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError(f"it did not come to be in {seconds:.0f} s: {condition}")
        time.sleep(0.02)
