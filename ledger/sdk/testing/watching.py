"""Records every access of a call to files, network and processes, by Python's audit events."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

_EVENTS: Final = ("open", "os.", "socket.", "subprocess.", "urllib.", "shutil.", "tempfile.", "sqlite3.", "ctypes.")


class _CallWatch:
    """The audit hook. Python cannot remove a hook, so there is only one; it records events only during `watched`."""

    def __init__(self) -> None:
        self.seen: list[str] | None = None

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is not None and (event == "open" or event.startswith(_EVENTS[1:])):
            self.seen.append(f"{event} {arguments[0] if arguments else ''}".strip())


@cache
def _watch() -> _CallWatch:
    watch = _CallWatch()
    sys.addaudithook(watch)
    return watch


@contextmanager
def watched() -> Iterator[list[str]]:
    """Yields a list, to which the events of the block are added."""
    watch = _watch()
    seen: list[str] = []
    watch.seen = seen
    try:
        yield seen
    finally:
        watch.seen = None
