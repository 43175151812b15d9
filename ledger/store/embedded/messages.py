"""PostgreSQL's own messages: the first ones go to `start.log`, those of a running server to files in `log/`."""

import os
from contextlib import suppress
from pathlib import Path

from ledger.store.embedded.layout import Layout
from ledger.store.embedded.programs import last_fault
from ledger.store.embedded.settings import LOG_FILES_KEPT

_TAIL_BYTES = 16384
_COLLECTOR_STARTED = "redirecting log output to logging collector"


def last_messages(layout: Layout, lines: int) -> str:
    """The end of what was written since the last start."""
    return "\n".join(_messages(layout)[-lines:])


def why_it_ended(layout: Layout) -> str:
    """The line that tells most, then the end of the log and where to read on."""
    messages = _messages(layout)
    return "\n".join((last_fault(messages), f"last messages, more in {layout.folder}:", *messages[-8:]))


def prune_logs(folder: Path) -> None:
    """Keep the newest files; each is of 10 MB at most."""
    with suppress(OSError):
        for path in _newest_first(folder)[LOG_FILES_KEPT:]:
            path.unlink(missing_ok=True)


def _messages(layout: Layout) -> list[str]:
    """Of the last start and, if it came as far as the log collector, of the newest log file."""
    lines = _tail(layout.start_log)
    newest = _newest_first(layout.log)
    if newest and any(_COLLECTOR_STARTED in line for line in lines):
        lines += _tail(newest[0])
    return [line for line in lines if line.strip()]


def _newest_first(folder: Path) -> list[Path]:
    """Their names begin with the time."""
    return sorted(folder.glob("postgresql-*.log"), reverse=True)


def _tail(path: Path) -> list[str]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return []
    with open(handle, "rb") as file:
        file.seek(max(0, os.fstat(handle).st_size - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace").splitlines()
