"""Workers under load: killed at random moments, held up by a hundred records that hang. What was acknowledged is on the
log, once, and nothing else is."""

import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from support.hazards import act, server_of_hazards, workers_of
from support.load import Load, check_promises, wait_for
from support.server import Server, prepared_home
from support.waiting import until
from support.witness import Witness
from support.workshop import workshop

LOADS = 3


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def under_load(server: Server) -> tuple[list[Load], Witness, int]:
    witness = Witness(server.vkey)
    before = witness.look(server.url).size
    loads = [Load(server, f"works-{i}", lambda: server.url) for i in range(LOADS)]
    for load in loads:
        load.start()
    return loads, witness, before


def kill_workers(server: Server, kills: int, loads: list[Load]) -> None:
    """One at a time, whatever it is at; now and then all of them at once."""
    source = random.Random(8)
    for turn in range(kills):
        until(lambda: len(workers_of(server)) == 2, "a worker was not replaced")
        chosen = workers_of(server)
        for worker in chosen if turn % 4 == 3 else source.sample(chosen, min(1, len(chosen))):
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        if turn % 3 == 2:
            wait_for(loads, 1)


def check_killed(home: Path, kills: int) -> None:
    with server_of_hazards(home) as server:
        loads, witness, before = under_load(server)
        kill_workers(server, kills, loads)
        wait_for(loads, 2)
        for load in loads:
            load.finish()
            assert not load.failures
        check_promises(server, loads, witness, before)


def test_workers_are_killed_under_load(home: Path) -> None:
    """No request fails for it, and no record is refused."""
    check_killed(home, 6)


@pytest.mark.faults_long
def test_workers_are_killed_fifty_times(home: Path) -> None:
    check_killed(home, 50)


@pytest.mark.faults_long
def test_a_hundred_hang_while_others_post(home: Path) -> None:
    """Ten requests of ten that loop: each is refused, by name or with a word to come again; never more than two workers
    are there; and those of others are admitted all the while."""
    with server_of_hazards(home) as server:
        shop = workshop(server, "hanging")
        # What the load counts begins after this.
        loads, witness, before = under_load(server)
        codes: list[object] = []

        def hang(turn: int) -> None:
            answers = server.submit(server.envelopes([act(shop, f"bad-{turn}-{i}", "loops") for i in range(10)]), 300)
            codes.extend(answer["code"] if isinstance(answer, dict) else answer for answer in answers)

        threads = [threading.Thread(target=hang, args=(turn,)) for turn in range(10)]
        for thread in threads:
            thread.start()
        most = 0
        while any(thread.is_alive() for thread in threads):
            most = max(most, len(workers_of(server)))
            wait_for(loads, 1)
        for load in loads:
            load.finish()
            assert not load.failures
        assert most <= 2
        assert len(codes) == 100
        assert set(codes) <= {"plugin-timeout", "plugin-busy"}
        assert codes.count("plugin-timeout") >= 10
        check_promises(server, loads, witness, before)
