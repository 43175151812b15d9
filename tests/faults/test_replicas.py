"""Two server processes on one database: one log without a fork, nothing lost, nothing counted twice."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from itertools import count, cycle
from threading import Barrier, Event, Thread

import httpx
import msgspec
import pytest
from support.load import Load, check_promises, post, wait_for
from support.server import Server, prepared_home
from support.witness import Witness, audited
from support.workshop import workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster


@pytest.fixture
def replicas() -> Iterator[tuple[Server, Server]]:
    """The first runs the embedded database, the second attaches to it."""
    with prepared_home() as home:
        with Server(home) as first, Server(home) as second:
            yield first, second
        left = running_postmaster(Layout.at(home).data)
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)


class Watch(Thread):
    """Asks all servers for their checkpoints all the time."""

    def __init__(self, witness: Witness, *servers: Server) -> None:
        super().__init__(daemon=True)
        self._witness = witness
        self._servers = servers
        self._enough = Event()

    def run(self) -> None:
        for server in cycle(self._servers):
            if self._enough.wait(0.02):
                return
            with suppress(httpx.HTTPError):  # a server that was killed
                self._witness.look(server.url)

    def finish(self) -> None:
        self._enough.set()
        self.join(60)


def test_two_servers_write_one_log(replicas: tuple[Server, Server]) -> None:
    """Organisations post at one of the two, or at both in turn; the second server is killed in the midst of it."""
    first, second = replicas
    assert first.vkey == second.vkey
    witness = Witness(first.vkey)
    before = witness.look(second.url).size
    loads = [
        Load(first, "at-first", lambda: first.url), Load(second, "at-second", lambda: second.url),
        *[Load(first, f"in-turn-{i}", turns([first, second])) for i in range(2)],
    ]
    watch = Watch(witness, first, second)
    watch.start()
    for load in loads:
        load.start()
    wait_for(loads, 6)
    second.kill()
    with Server(first.home) as third:
        second.url = third.url
        wait_for(loads, 6)
        for load in loads:
            load.finish()
        watch.finish()
        check_promises(first, loads, witness, before)
        assert witness.check(third.url) == witness.check(first.url)
        assert audited(third) == audited(first)
        assert third.stop() == 0


def test_four_servers_of_which_three_are_killed(replicas: tuple[Server, Server]) -> None:
    """Organisations post at all four in turn. The owner of the database is among those that are killed."""
    first, second = replicas
    with Server(first.home) as third, Server(first.home) as fourth:
        servers = [first, second, third, fourth]
        alive = list(servers)
        witness = Witness(first.vkey)
        before = witness.look(first.url).size
        order = count()
        loads = [Load(first, f"works-{i}", lambda: alive[next(order) % len(alive)].url) for i in range(4)]
        watch = Watch(witness, *servers)
        watch.start()
        for load in loads:
            load.start()
        for victim in (second, first, third):
            wait_for(loads, 3)
            alive.remove(victim)
            victim.kill()
        wait_for(loads, 3)
        for load in loads:
            load.finish()
        watch.finish()
        check_promises(fourth, loads, witness, before)


def turns(servers: list[Server]) -> Callable[[], str]:
    order = cycle(servers)
    return lambda: next(order).url


def test_the_owner_of_the_database_is_killed(replicas: tuple[Server, Server]) -> None:
    """The other server goes on with the database that is left running; a new one takes it over."""
    first, second = replicas
    witness = Witness(first.vkey)
    before = witness.look(first.url).size
    load = Load(second, "works", lambda: second.url)
    load.start()
    wait_for([load], 3)
    first.kill()
    wait_for([load], 3)
    with Server(first.home) as owner:
        wait_for([load], 3)
        load.finish()
        check_promises(owner, [load], witness, before)
        assert load.failures == 0, "the killing of one server was felt at the other"


def test_the_same_records_at_both_at_once(replicas: tuple[Server, Server]) -> None:
    """One entry each, and every answer is the same receipt, byte for byte."""
    shop = workshop(replicas[0], "works", ore="1000")
    size = Witness(replicas[0].vkey).look(replicas[0].url).size
    batches = [
        replicas[0].envelopes([shop.make({f"lot-{i}-{j}": "1"}, {"ore": "1"}) for j in range(20)]) for i in range(4)
    ]
    start = Barrier(8)

    def deliver(number: int) -> list[bytes]:
        server = replicas[number % 2]
        start.wait(60)
        return [msgspec.json.encode(one) for batch in batches for one in post(server.url, batch)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(deliver, range(8)))
    assert all(answer == answers[0] for answer in answers)
    receipts = [msgspec.json.decode(answer, type=Receipt) for answer in answers[0]]
    assert sorted(receipt.index for receipt in receipts) == list(range(size, size + 80))
    assert left(replicas[1], shop.name("ore")) == 1000 - 80
    assert audited(replicas[1]).ok


def test_a_lot_is_not_consumed_twice_across_servers(replicas: tuple[Server, Server]) -> None:
    """Forty records want 3 of 100 kg each, twenty at each server, all at once: 33 get them, 7 are refused."""
    shop = workshop(replicas[0], "works", pot="100")
    envelopes = replicas[0].envelopes([shop.make({f"lot-{i}": "3"}, {"pot": "3"}) for i in range(40)])
    start = Barrier(8)

    def deliver(number: int) -> list[Receipt | dict[str, object]]:
        server = replicas[number % 2]
        start.wait(60)
        return [answer for envelope in envelopes[number::8] for answer in post(server.url, [envelope])]

    with ThreadPoolExecutor(8) as threads:
        answers = [answer for part in threads.map(deliver, range(8)) for answer in part]
    problems = [answer for answer in answers if not isinstance(answer, Receipt)]
    assert len(answers) - len(problems) == 33
    assert {problem["code"] for problem in problems} == {"over-consumption"}
    assert left(replicas[0], shop.name("pot")) == left(replicas[1], shop.name("pot")) == 1
    assert audited(replicas[0]).ok


def test_an_identifier_has_one_winner_across_servers(replicas: tuple[Server, Server]) -> None:
    """The same new lot by different records, at both servers: one of them has it."""
    shop = workshop(replicas[0], "works", pot="100")
    envelopes = replicas[0].envelopes([shop.make({"wanted": "1"}, {"pot": "1"}) for _ in range(8)])
    start = Barrier(8)

    def deliver(number: int) -> Receipt | dict[str, object]:
        start.wait(60)
        return post(replicas[number % 2].url, [envelopes[number]])[0]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(deliver, range(8)))
    problems = [answer for answer in answers if not isinstance(answer, Receipt)]
    assert [problem["code"] for problem in problems] == ["lot-taken"] * 7
    assert left(replicas[1], shop.name("pot")) == 99
    assert audited(replicas[0]).ok


def left(server: Server, lot: str) -> Decimal:
    (found,) = httpx.get(f"{server.url}/v1/lots", params={"lot": lot}, timeout=120).json()
    return Decimal(found["remaining"])
