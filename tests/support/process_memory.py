"""Memory of a process, after the kernel."""

from pathlib import Path


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
