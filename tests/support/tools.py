"""Programs that tests run and that are no Python packages. `.ci/tools.py` provides those that the machine lacks."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

FOLDER: Final = Path(sys.prefix, "tools")
"""Where `.ci/tools.py` puts them: in the virtual environment that runs this, the programs below `bin`."""
_SYSTEM: Final = ("/usr/sbin", "/sbin")
"""Debian's folders of servers, which are not on an ordinary user's PATH."""


def find(name: str) -> str | None:
    """The path of a program: the one that was provided because the machine's was missing or too old, otherwise the
    machine's own."""
    return shutil.which(name, path=os.pathsep.join([str(FOLDER / "bin"), os.environ.get("PATH", ""), *_SYSTEM]))


def tool(name: str) -> str:
    """The path of a program that a test needs. Raises FileNotFoundError: a test never skips for a missing program."""
    path = find(name)
    if path is None:
        raise FileNotFoundError(f"the program {name} is missing; `make test` provides it, or names what to install")
    return path
