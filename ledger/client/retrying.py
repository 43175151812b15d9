"""When to ask a server again, and how long to wait before."""

from typing import Final

from ledger.client.http import TooLarge
from ledger.client.trust import Untrusted
from ledger.errors import Unavailable

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 10.0
WAITS: Final = 8
"""A wait is at most this part of the patience: the last attempt may begin one wait after the patience has ended."""


def pause_after(error: Exception, longest: float) -> bool | float:
    """False if asking again cannot help; the seconds that the server asked for, up to `longest`; otherwise True."""
    if not isinstance(error, Unavailable) or isinstance(error, TooLarge | Untrusted):
        return False
    return True if error.retry_after is None else float(min(error.retry_after, longest))


def longest_pause(patience: float) -> float:
    return min(LONGEST_DELAY, patience / WAITS)


def jitter(patience: float) -> float:
    return min(FIRST_DELAY, patience / WAITS)
