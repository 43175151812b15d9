"""An outage of the database in the log of a process: a line when it begins, and one when it ends."""

import logging
import time
from typing import Final

import asyncpg

from ledger.errors import LedgerError

DOWN: Final = "database-down"
_NO_OUTAGE: Final = (asyncpg.LockNotAvailableError, asyncpg.IdleInTransactionSessionTimeoutError)
_log = logging.getLogger(__name__)


class Outage:
    """A process has one. Its parts tell it which of their attempts failed and which succeeded: a full disk may stop
    writing and allow reading. The outage lasts as long as the newest attempt of one part failed."""

    def __init__(self) -> None:
        self._failing: set[str] = set()
        self._since = 0.0

    def failed(self, part: str, error: BaseException) -> None:
        """An attempt of this part has failed."""
        if not self._failing:
            self._since = time.monotonic()
            _log.error("database down: %s", _line(error))
        self._failing.add(part)

    def succeeded(self, part: str) -> None:
        """An attempt of this part has succeeded."""
        if part in self._failing:
            self._failing.discard(part)
            if not self._failing:
                _log.warning("database up, after %.0f s", time.monotonic() - self._since)


def is_outage(error: BaseException) -> bool:
    """Whether a failed attempt shows an outage; else the database answers, and another one is in the way."""
    return error.code == DOWN if isinstance(error, LedgerError) else not isinstance(error, _NO_OUTAGE)


def severity(error: BaseException) -> int:
    """The level at which parts log that they wait: an outage is in the log already."""
    return logging.DEBUG if is_outage(error) else logging.WARNING


def _line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
