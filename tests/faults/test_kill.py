"""`kill -9` under load, of the server and of PostgreSQL: what was acknowledged stays, once, and still proves."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from support.load import Load, check_promises, wait_for
from support.server import Server, prepared_home
from support.waiting import until
from support.witness import Witness

from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

KILLS = 2
LOADS = 3


@pytest.fixture
def home() -> Iterator[Path]:
    """Nothing of it is left running, whatever the test did to its owner."""
    with prepared_home() as found:
        yield found
        left = running_postmaster(Layout.at(found).data)
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)


class Servers:
    """The servers of a test on one home, one after the other. All are ended with it."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack
        self.current = self.start()

    def start(self) -> Server:
        self.current = self._stack.enter_context(Server(self._home))
        return self.current

    def url(self) -> str:
        return self.current.url


def under_load(home: Path, break_it: Callable[[Servers], None], times: int = KILLS) -> list[Load]:
    """Breaks something so often while records are posted, then checks every promise that was made."""
    with ExitStack() as stack:
        servers = Servers(home, stack)
        witness = Witness(servers.current.vkey)
        before = witness.look(servers.url()).size
        loads = [Load(servers.current, f"works-{i}", servers.url) for i in range(LOADS)]
        for load in loads:
            load.start()
        for _ in range(times):
            wait_for(loads, 4)
            witness.look(servers.url())
            break_it(servers)
        wait_for(loads, 4)
        for load in loads:
            load.finish()
        check_promises(servers.current, loads, witness, before)
        # Nothing that the kills left behind keeps it from a good end.
        assert servers.current.stop() == 0
    return loads


def kill_postgres(home: Path) -> int:
    postmaster = running_postmaster(Layout.at(home).data)
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)
    return postmaster.pid


def test_the_server_is_killed_under_load(home: Path) -> None:
    """PostgreSQL goes on without its owner; the next server takes it over."""
    def kill(servers: Servers) -> None:
        servers.current.kill()
        servers.start()

    loads = under_load(home, kill)
    assert all(load.failures for load in loads), "no load noticed"


def test_postgres_is_killed_under_load(home: Path) -> None:
    """The server starts it again, and answers nothing as done in between."""
    killed: set[int] = set()
    under_load(home, lambda _: killed.add(kill_postgres(home)))
    assert len(killed) == KILLS, "PostgreSQL was not started anew each time"


def test_both_are_killed_under_load(home: Path) -> None:
    """As when the host loses its power, but for the disk's own memory."""
    def kill(servers: Servers) -> None:
        servers.current.process.send_signal(signal.SIGSTOP)
        kill_postgres(home)
        servers.current.kill()
        servers.start()

    under_load(home, kill)


def test_postgres_is_restarted_under_load(home: Path) -> None:
    """Fast, immediate, and smart, which waits for the sessions there are until it is told to be fast: the server starts
    it again each time."""
    kinds = [[signal.SIGINT], [signal.SIGQUIT], [signal.SIGTERM, signal.SIGINT]]
    signals = iter(kinds)

    def restart(_: Servers) -> None:
        before = running_postmaster(Layout.at(home).data)
        assert before is not None
        for number in next(signals):
            os.kill(before.pid, number)
        until(lambda: (now := running_postmaster(Layout.at(home).data)) is not None and now.pid != before.pid
              and now.status == "ready")

    under_load(home, restart, len(kinds))


def test_a_server_without_its_database_says_so(home: Path) -> None:
    """503 and the time to ask again, never 500; and as soon as the database is back, it answers."""
    with Server(home) as server:
        load = Load(server, "works", lambda: server.url)
        digest = load.promises[-1].receipt.digest
        reads = ["/health/ready", f"/v1/records/{digest}/proof", "/v1/organizations", "/log/checkpoint"]
        seen: set[int] = set()
        for _ in range(2):
            kill_postgres(home)
            pending = set(reads)
            while pending:
                for path in list(pending):
                    answer = httpx.get(server.url + path, timeout=60)
                    seen.add(answer.status_code)
                    assert answer.status_code in (200, 503), answer.text + server.log()
                    if answer.status_code == 200:
                        pending.discard(path)
                    else:
                        assert answer.headers["Retry-After"]
                        assert answer.headers["Content-Type"] == "application/problem+json"
                        assert answer.json()["code"] == "database-down", answer.text
        load.start()
        wait_for([load], 2)
        load.finish()
        check_promises(server, [load], Witness(server.vkey), load.promises[0].receipt.index)
    assert 503 in seen
