"""Databases that begin as a copy: one is made and migrated a test session, each new home gets a copy of it.

Making one takes as much work as a test does; tests of how it is made ask for a home without one.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.store.embedded import EmbeddedPostgres, default_home
from ledger.store.embedded.account import account_for
from ledger.store.embedded.binaries import programs_for
from ledger.store.embedded.layout import APP_ROLE, OWNER_ROLE, Layout, make_folders
from ledger.store.embedded.programs import run
from ledger.store.migrating.migrate import migrate
from ledger.store.migrating.versions import program_schema

_VARIABLE: Final = "LEDGER_TEST_CLUSTER"
"""Names the folder of this session's database; processes of the session inherit it."""

_HOMES: Final = "LEDGER_TEST_HOMES"
"""Names the folder of homes, if that is not the one of this account."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each test makes a folder with a random name
_ROOM: Final = 8 << 30
"""Bytes that must be free for homes in memory: removing a home of a thousand files from a disk takes a second."""


def homes() -> Path:
    """The folder of the homes that tests make. The database's account can reach it."""
    return Path(os.environ.get(_HOMES) or default_home().parent)


@contextmanager
def homes_on_disk() -> Iterator[None]:
    """For tests of what a disk keeps: whatever the session chose, new homes are where a ledger's home is by default."""
    chosen = os.environ.pop(_HOMES, None)
    try:
        yield
    finally:
        if chosen is not None:
            os.environ[_HOMES] = chosen


def _has_room(folder: Path) -> bool:
    try:
        space = os.statvfs(folder)
    except OSError:
        return False
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return os.access(folder, os.W_OK | os.X_OK) and min(space.f_bavail * space.f_frsize, free) >= _ROOM


def begin_session() -> None:
    """To be called once, before other processes of the session start."""
    if _has_room(_MEMORY):
        os.environ[_HOMES] = str(_MEMORY)
    os.environ[_VARIABLE] = str(homes() / f"test-cluster-{uuid.uuid4().hex}")


def end_session() -> None:
    """Removes the database that the session made."""
    shutil.rmtree(os.environ.pop(_VARIABLE), ignore_errors=True)
    os.environ.pop(_HOMES, None)


def copy_cluster(home: Path) -> None:
    """Puts a database without a ledger into a new home. Outside a session the server makes its own."""
    if _VARIABLE not in os.environ:
        return
    made, layout = Layout.at(_made(Path(os.environ[_VARIABLE]))), Layout.at(home)
    make_folders(layout, account_for(layout.data))
    passwords = [made.password(role) for role in (OWNER_ROLE, APP_ROLE)]
    subprocess.run(["cp", "-a", made.data, *passwords, layout.folder], check=True)  # noqa: S607


def _made(folder: Path) -> Path:
    """The home of the session's database, which the first process that asks makes."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    home, done = folder / "home", folder / "done"
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            with EmbeddedPostgres(home) as server:
                asyncio.run(migrate(server.owner_url, program_schema(), app_role=APP_ROLE))
            _shrink(Layout.at(home))
            done.touch()
    return home


def _shrink(layout: Layout) -> None:
    """Makes segments of the log of changes 1 MB long instead of 16: each copy has one, and each start makes another."""
    account = account_for(layout.data)
    command = [programs_for(account, print).path("pg_resetwal"), "--wal-segsize=1", "-D", str(layout.data)]
    done = run(command, account)
    if done.returncode:
        raise RuntimeError(done.stderr)
