"""Several processes on one home: whoever remains runs the embedded PostgreSQL, and the last one stops it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from support.cli import run as command
from support.databases import Database
from support.server import Server, prepared_home
from support.waiting import PATIENCE, until
from support.workshop import workshop

from ledger.store.embedded import SharedPostgres
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.lock import UserLock, owner_of
from ledger.store.embedded.pidfile import running_postmaster

PROGRAM: Final = """
import sys
from pathlib import Path
from ledger.store.embedded import SharedPostgres
postgres = SharedPostgres(Path(sys.argv[1]))
print(postgres.start().app_url, flush=True)
sys.stdin.read()
postgres.stop()
"""


class User:
    """A process that uses the database until it is told to end."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url

    def end(self) -> None:
        self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as folder:
        yield folder


def postmaster(home: Path) -> int | None:
    """The pid of PostgreSQL's first process, also while it starts or stops; None without one."""
    running = running_postmaster(Layout.at(home).data)
    return None if running is None else running.pid


def is_ready(home: Path) -> bool:
    running = running_postmaster(Layout.at(home).data)
    return running is not None and running.status == "ready"


def owner(home: Path) -> int | None:
    return owner_of(Layout.at(home).owner_lock)


def test_the_last_one_stops_it(home: Path) -> None:
    """In the order of their begin, as if a server that was started during `status` went on."""
    users = [User(home) for _ in range(3)]
    assert (owner(home), len({user.url for user in users})) == (users[0].process.pid, 1)
    running = postmaster(home)
    for user, others in zip(users, ([1, 2], [2], []), strict=True):
        user.end()
        if others:
            until(lambda: owner(home) in {users[i].process.pid for i in others}, "nobody took it over")  # noqa: B023
            assert postmaster(home) == running
            with Database(users[others[-1]].url) as database:
                assert len(database.fetch("SELECT 1")) == 1
    assert (postmaster(home), owner(home)) == (None, None)


def test_one_that_only_uses_it_leaves_it_alone(home: Path) -> None:
    first, second = User(home), User(home)
    running = postmaster(home)
    second.end()
    assert (postmaster(home), owner(home)) == (running, first.process.pid)
    first.end()
    assert postmaster(home) is None


def test_both_end_at_once(home: Path) -> None:
    """Whoever ends last finds that it runs nothing, and nobody else does: it stops PostgreSQL all the same."""
    first, second = User(home), User(home)
    second.process.send_signal(signal.SIGSTOP)
    first.end()
    assert postmaster(home) is not None
    assert second.process.stdin is not None
    second.process.stdin.close()
    second.process.stdin = None
    second.process.send_signal(signal.SIGCONT)
    second.end()
    assert (postmaster(home), owner(home)) == (None, None)


def test_one_that_is_killed_is_followed(home: Path) -> None:
    first, second = User(home), User(home)
    running = postmaster(home)
    first.process.kill()
    first.process.communicate(timeout=PATIENCE)
    until(lambda: owner(home) == second.process.pid, "nobody took it over")
    assert postmaster(home) == running
    # From now on it is watched: if it is killed, it is started again.
    assert running is not None
    os.kill(running, signal.SIGKILL)
    until(lambda: postmaster(home) != running and is_ready(home), "it was not started again")
    with Database(second.url) as database:
        assert len(database.fetch("SELECT 1")) == 1
    second.end()
    assert postmaster(home) is None


def test_one_that_comes_while_it_is_stopped_starts_it_again(home: Path) -> None:
    """The process that stops it holds the lock of the users, so a new one waits instead of attaching to it."""
    first = SharedPostgres(home)
    first.start()
    lock = UserLock(Layout.at(home).users_lock)
    with lock.alone() as alone:
        assert alone
        late = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        first._server.stop()
    assert late.stdout is not None
    assert late.stdout.readline().startswith("postgresql://")
    assert owner(home) == late.pid
    late.communicate(timeout=PATIENCE)
    assert late.returncode == 0
    assert postmaster(home) is None


def test_a_server_that_was_started_during_a_session_of_psql(home: Path) -> None:
    """The session ends, and the server goes on appending: without a refused post."""
    session = User(home)
    with Server(home) as server:
        shop = workshop(server, "shop", pot="1000")
        session.end()
        until(lambda: owner(home) == server.process.pid, "the server did not take it over")
        server.post([shop.make({"lot": "1"}, {"pot": "1"})])
        code, out, _ = command("status", "--home", str(home))
        assert (code, owner(home)) == (0, server.process.pid), out
    assert postmaster(home) is None
