"""Memory of a process, after the kernel."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_RUN: Final = """
import re, sys
from pathlib import Path
from ledger.cli.root import main
try:
    sys.exit(main(sys.argv[1:]))
finally:
    print(re.search("VmHWM:\\\\s+([0-9]+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""


class MeasuredCommand(NamedTuple):
    """A command that has ended, with the most memory that its process has had, MiB."""

    code: int
    out: str
    err: str
    peak: float


def measured_command(arguments: Sequence[object], env: Mapping[str, str]) -> MeasuredCommand:
    """Runs the command line in a process of its own, which reads its own peak: `ru_maxrss` would begin with the memory
    of the process that started it."""
    done = subprocess.run([sys.executable, "-c", _RUN, *map(str, arguments)], env=env, cwd="/", capture_output=True,
                          text=True, check=False)
    *lines, peak = done.stderr.splitlines()
    return MeasuredCommand(done.returncode, done.stdout, "\n".join(lines), round(int(peak) / 1024, 1))


def peak_memory(pid: int) -> float:
    """The most memory that a process has had, MiB."""
    return _memory(pid, "VmHWM:")


def present_memory(pid: int) -> float:
    """The memory that a process has now, MiB."""
    return _memory(pid, "VmRSS:")


def _memory(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError(f"no memory figure for process {pid}")
