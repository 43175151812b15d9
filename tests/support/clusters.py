"""Databases that begin as a copy: one is made and migrated a test session, each new home gets a copy of it.

Making one takes as much work as a test does; tests of how it is made ask for a home without one.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Final

from ledger.store.embedded import EmbeddedPostgres, default_home
from ledger.store.embedded.account import account_for
from ledger.store.embedded.binaries import programs_for
from ledger.store.embedded.layout import APP_ROLE, OWNER_ROLE, Layout, make_folders
from ledger.store.embedded.programs import run
from ledger.store.migrating.migrate import migrate

_VARIABLE: Final = "LEDGER_TEST_CLUSTER"
"""Names the folder of this session's database; processes of the session inherit it."""


def begin_session() -> None:
    """To be called once, before other processes of the session start."""
    os.environ[_VARIABLE] = str(default_home().parent / f"test-cluster-{uuid.uuid4().hex}")


def end_session() -> None:
    """Removes the database that the session made."""
    shutil.rmtree(os.environ.pop(_VARIABLE), ignore_errors=True)


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
                asyncio.run(migrate(server.owner_url, app_role=APP_ROLE))
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
