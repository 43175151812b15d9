"""A process whose clock a test sets: a folder that Python loads at its start, as if it were installed."""

from pathlib import Path
from typing import Final

_CODE: Final = '''\
"""Loaded by the interpreter before anything else. The offset is read at each look at the clock."""

import pathlib
import time

_real = time.time_ns
_offset = pathlib.Path(__file__).with_name("offset")
time.time_ns = lambda: _real() + int(_offset.read_text()) * 1_000_000_000
time.time = lambda: time.time_ns() / 1e9
'''


class Clock:
    """`folder` is to be given to a `Server`, a `WitnessProcess` or a command as installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.set(0)
        (folder / "sitecustomize.py").write_text(_CODE)

    def set(self, seconds: int) -> None:
        """So many seconds from the host's clock, from now on."""
        partial = self.folder / "partial"
        partial.write_text(str(seconds))
        partial.rename(self.folder / "offset")
