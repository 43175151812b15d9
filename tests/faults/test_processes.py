"""`serve --processes`: several processes at one port write one log; any of them may die, none outlives the first."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from support.load import Load, check_promises, wait_for
from support.server import Server, command, prepared_home
from support.waiting import until
from support.witness import Witness

from ledger.cli.operator.siblings import SIBLING

PROCESSES = 3


@pytest.fixture
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_PROCESSES=str(PROCESSES)) as server:
        yield server


def siblings_of(server: Server) -> list[psutil.Process]:
    return [one for one in psutil.Process(server.process.pid).children() if SIBLING in one.cmdline()]


def listening(server: Server) -> set[int]:
    """Which processes listen at the server's port."""
    port = int(server.url.rpartition(":")[2])
    found = set()
    for process in [psutil.Process(server.process.pid), *siblings_of(server)]:
        for one in process.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr.port == port:
                found.add(process.pid)
    return found


def loads_on(server: Server) -> list[Load]:
    """Each request is a connection of its own, so that all processes get some."""
    return [Load(server, f"mill-{i}", lambda: server.url) for i in range(4)]


def test_all_serve_one_port_and_write_one_log(server: Server) -> None:
    assert len(listening(server)) == PROCESSES
    witness = Witness(server.vkey)
    before = witness.look(server.url).size
    loads = loads_on(server)
    for load in loads:
        load.start()
    wait_for(loads, 8)
    for load in loads:
        load.finish()
    assert sum(load.failures for load in loads) == 0
    check_promises(server, loads, witness, before)


def test_one_that_dies_is_started_again(server: Server) -> None:
    """A client whose connection breaks posts the same records again, as any client must."""
    witness = Witness(server.vkey)
    before = witness.look(server.url).size
    loads = loads_on(server)
    for load in loads:
        load.start()
    wait_for(loads, 2)
    victim, spared = siblings_of(server)
    victim.kill()
    wait_for(loads, 4)
    until(lambda: len(listening(server)) == PROCESSES)
    assert victim.pid not in listening(server)
    assert spared.pid in listening(server)
    wait_for(loads, 4)
    for load in loads:
        load.finish()
    check_promises(server, loads, witness, before)


def test_they_stop_with_the_first_in_good_order(server: Server) -> None:
    others = siblings_of(server)
    assert server.stop() == 0
    assert not [one for one in others if one.is_running()]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health/live")


def test_none_outlives_a_first_that_was_killed() -> None:
    """So no port stays taken, and the next start has the home to itself."""
    with prepared_home() as home:
        with Server(home, CARBON_LEDGER_PROCESSES=str(PROCESSES)) as server:
            others = siblings_of(server)
            assert len(others) == PROCESSES - 1
            server.kill()
            _, left = psutil.wait_procs(others, 60)
            assert not left
        with Server(home) as again:
            assert len(siblings_of(again)) == 0
            assert again.audit().returncode == 0


@pytest.mark.parametrize("count", ["0", "65", "two"])
def test_a_number_of_processes_that_cannot_be_is_named(tmp_path: Path, count: str) -> None:
    done = command(tmp_path, "serve", "--processes", count)
    assert done.returncode == 2
    assert "'--processes'" in done.stderr
    assert count in done.stderr
