"""Finds out whether a postmaster runs on a data folder, from its `postmaster.pid` and from the process itself."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ConfigurationError


@dataclass(frozen=True)
class Postmaster:
    """The content of `postmaster.pid`. `status` is `starting`, `ready`, `stopping`, or empty while PostgreSQL writes
    the file."""

    pid: int
    sockets: Path | None
    status: str


def read_postmaster(data: Path) -> Postmaster | None:
    """The content of the file. It may be stale: see `is_postmaster`."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read {data / 'postmaster.pid'}: {error.strerror}") from error
    lines = [line.strip() for line in lines] + [""] * 8
    if not lines[0].isdecimal():
        return None
    return Postmaster(int(lines[0]), Path(lines[4]) if lines[4] else None, lines[7])


def running_postmaster(data: Path) -> Postmaster | None:
    """The postmaster that runs on this folder; None if no process does."""
    postmaster = read_postmaster(data)
    return postmaster if postmaster is not None and is_postmaster(postmaster.pid, data) else None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether the process lives and is the postmaster of this folder, not a later process with the same number.

    This checks the command line, because any account can read it without privileges, and a zombie has no command line.
    """
    command = _command(pid)
    if len(command) < 3 or Path(command[0]).name != "postgres" or command[1] != "-D":
        return False
    try:
        return os.path.samefile(command[2], data)
    except OSError:
        return False


def is_alive(pid: int) -> bool:
    """Whether any process uses the number, including a zombie. PostgreSQL itself makes the same check."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _command(pid: int) -> list[str]:
    if os.path.isdir("/proc/self"):
        try:
            return [os.fsdecode(part) for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
        except OSError:
            return []
    # macOS has no /proc. Our own command lines have the folder between " -D " and " -p ".
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    program, _, rest = listed.partition(" -D ")
    return [program, "-D", rest.partition(" -p ")[0]]
