"""A standard error that stops no server: if nobody reads it, its lines are dropped.

A collector of logs that hangs leaves the pipe full. Then a write would wait in the event loop's thread, so the server
would neither answer nor end at a signal.
"""

import os
import select
from contextlib import suppress
from threading import Lock
from typing import Final

PATIENCE_SECONDS: Final = 1.0
"""The longest wait for a reader who is late. After it, lines are dropped without a wait until there is room again."""
_PIECE: Final = select.PIPE_BUF
"""As many bytes as a pipe takes without a wait if it is ready for any."""


class PatientOutput:
    """A stream of lines to a descriptor, for handlers of `logging`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = Lock()
        self._stuck = False
        self._cut = b""
        self._dropped = 0

    def write(self, text: str) -> None:
        """Writes whole lines, or drops them. Never raises."""
        data = text.encode(errors="backslashreplace")
        with self._lock, suppress(OSError):
            if not self._is_ready():
                self._dropped += 1
                return
            if self._dropped:
                data = self._cut + b"%d lines of the log were dropped: nobody read them\n" % self._dropped + data
            self._cut, self._dropped = b"", 0
            while data:
                data = data[os.write(self._descriptor, data[:_PIECE]):]
                if data and not self._is_ready():
                    self._cut, self._dropped = b"\n", 1
                    return

    def flush(self) -> None:
        """Nothing is kept back."""

    def _is_ready(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        self._stuck = not poll.poll(0 if self._stuck else PATIENCE_SECONDS * 1_000)
        return not self._stuck
