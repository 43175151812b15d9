"""Notes which functions a test calls, in whatever process they run. `measure.py` copies it into `ledger`, and puts a
call of `note` into the functions of a copy of the tree.

In the folder STRENGTH_REACH each process of pytest has a file `running-WORKER` with the number of its test, and a
function that was called leaves an empty file `NUMBER-WORKER-TEST`.
"""

import mmap
import os
from pathlib import Path
from typing import Final

WIDTH: Final = 8
_noted: set[tuple[int, bytes]] = set()
_running: dict[Path, mmap.mmap] = {}


def worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def running_file(folder: str) -> Path:
    return Path(folder, f"running-{worker()}")


def note(function: int) -> None:
    """Notes that the test which runs has called this function."""
    folder = os.environ.get("STRENGTH_REACH")
    if not folder:
        return
    file = running_file(folder)
    if file not in _running and file.exists():
        with file.open("rb") as opened:
            _running[file] = mmap.mmap(opened.fileno(), WIDTH, access=mmap.ACCESS_READ)
    test = _running[file][:WIDTH] if file in _running else b"0" * WIDTH
    if (function, test) not in _noted:
        _noted.add((function, test))
        Path(folder, f"{function}-{worker()}-{int(test)}").touch()
