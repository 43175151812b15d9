"""The disk is full: nothing is answered as done that is not, and with room again everything goes on.

A small file system needs a mount, which is made in a namespace of its own: by root, or by an ordinary user where the
host lets users have namespaces. Where it lets neither, a limit to the size of files stands for it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import TESTS, environment
from support.small_disk import MEGABYTES, small_disk

from ledger.store.embedded import default_home


@pytest.fixture
def folder() -> Iterator[Path]:
    """In reach of the account that PostgreSQL runs under."""
    base = default_home().parent
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix="disk-", ignore_cleanup_errors=True) as found:
        Path(found).chmod(0o711)
        yield Path(found)


def way(folder: Path) -> tuple[list[str], str]:
    """What this host allows."""
    prefix = small_disk(folder, MEGABYTES)
    return (prefix, "tmpfs") if prefix else ([], "limit")


def told(folder: Path, prefix: list[str], *arguments: str) -> str:
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "support.small_disk", str(folder), *arguments], capture_output=True, text=True,
        # Sockets too: in a user's namespace /tmp belongs to nobody who is known there.
        env={**environment(folder / "home"), "TMPDIR": str(folder)}, cwd=TESTS, check=False, timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    return done.stdout


def test_the_disk_is_full(folder: Path) -> None:
    assert "are on the log" in told(folder, *way(folder))


def test_the_database_cannot_start_on_a_full_disk(folder: Path) -> None:
    """`doctor` and `status` say so within seconds. Once there is room, it starts by itself, and the runbook ends."""
    assert "are on the log" in told(folder, *way(folder), "stopped")


@pytest.mark.faults_long
def test_it_cannot_start_for_another_reason(folder: Path) -> None:
    """As the host that allows no mount."""
    assert "are on the log" in told(folder, [], "limit", "stopped")


@pytest.mark.faults_long
def test_no_file_may_grow(folder: Path) -> None:
    """As the host that allows no mount."""
    assert "are on the log" in told(folder, [], "limit")
