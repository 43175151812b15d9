"""Waiting for what another process does: until it is so, and no longer than is reasonable."""

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
"""Seconds after which a test gives up on something that will not come to be. Nothing that works takes as long."""


def until(condition: Callable[[], object], why: str = "") -> None:
    """Raises AssertionError where it does not come to be so; `why` says what that means."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError(why or f"it did not come to be in {PATIENCE:.0f} s: {condition}")
        time.sleep(0.02)
