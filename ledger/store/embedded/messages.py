"""Reads PostgreSQL's own messages. It writes the first ones to `start.log`, later ones to files in `log/`."""

import os
from contextlib import suppress
from pathlib import Path

from ledger.store.embedded.layout import Layout
from ledger.store.embedded.programs import last_fault
from ledger.store.embedded.settings import LOG_FILES_KEPT

_TAIL_BYTES = 16384
_COLLECTOR_STARTED = "redirecting log output to logging collector"


def last_messages(layout: Layout, lines: int) -> str:
    """The last `lines` messages since the last start."""
    return "\n".join(_messages(layout)[-lines:])


def why_it_ended(layout: Layout) -> str:
    """The most informative line, then the end of the log and the folder of the whole log."""
    messages = _messages(layout)
    return "\n".join((last_fault(messages), f"last messages, more in {layout.folder}:", *messages[-8:]))


def prune_logs(folder: Path) -> None:
    """Keep only the newest files. Each file has at most 10 MB."""
    with suppress(OSError):
        for path in _newest_first(folder)[LOG_FILES_KEPT:]:
            path.unlink(missing_ok=True)


def _messages(layout: Layout) -> list[str]:
    """The lines of the last start and, if the start reached the log collector, of the newest log file."""
    lines = _tail(layout.start_log)
    newest = _newest_first(layout.log)
    if newest and any(_COLLECTOR_STARTED in line for line in lines):
        lines += _tail(newest[0])
    return [line for line in lines if line.strip()]


def _newest_first(folder: Path) -> list[Path]:
    """The log files by name, which begins with the time."""
    return sorted(folder.glob("postgresql-*.log"), reverse=True)


def _tail(path: Path) -> list[str]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return []
    with open(handle, "rb") as file:
        file.seek(max(0, os.fstat(handle).st_size - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace").splitlines()
