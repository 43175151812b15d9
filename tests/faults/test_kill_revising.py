"""`kill -9` of the server and of PostgreSQL in the middle of a large amendment and of a large closing: everything of it
is there afterwards, or nothing; posted again it is done; and what was appended beside is there, once.

The moments are spread over the work: each kill falls into a part of its own of the time that the same revision took
undisturbed.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import msgspec
import pytest
from support.databases import Database
from support.load import POT, Load, post, wait_for
from support.revising import (
    amend,
    change,
    check_replay,
    check_traces,
    close,
    digest_of,
    gas,
    outputs,
    reopen,
    revised_by,
)
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.errors import LedgerError
from ledger.store.database import LOST
from ledger.store.embedded import attach
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

_SECONDS: Final = 120
_BATCH: Final = 1_000
LOCK: Final = 0x7265766973
"""What orders revisions."""

HELD: Final = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
STATE: Final = """
    SELECT (SELECT index FROM record WHERE digest = $2) AS index,
           (SELECT count(*) FROM revised v JOIN revision n USING (version) JOIN record r ON r.index = n.record
            WHERE r.digest = $2) AS revised,
           md5(string_agg(concat_ws(' ', l.id, b.remaining, b.quantity, f.version, f.burdens), '|' ORDER BY l.number))
    FROM lot l JOIN balance b ON b.lot = l.number CROSS JOIN LATERAL (
        SELECT version, burdens FROM figure WHERE lot = l.number ORDER BY version DESC LIMIT 1) f
    WHERE l.holder = $1"""


class Amending:
    """A lot of which everything is made, in chains. Each amendment says that it was less, and emitted more."""

    def __init__(self, server: Server, count: int) -> None:
        self.shop = workshop(server, "amended", pot="1000000")
        self.expected = count + 1
        self._root = self.shop.make({"root": "1000000"}, {"pot": "1000000"})
        self._made = 0
        _fill(server, [self._root, *[self.shop.make(
            {f"part-{i}": "1", f"rest-{i}": "1"}, {"root": "2"} | ({f"part-{i - 10}": "1"} if i >= 10 else {})
        ) for i in range(count)]])

    def next(self) -> Posted:
        self._made += 1
        less = outputs(self.shop, {"root": str(1_000_000 - 1_000 * self._made)})
        return amend(self.shop, change(self._root, activity=Make(co2=str(1_000 * self._made)), outputs=less))

    def again(self, server: Server, _: Posted) -> None:
        """What was amended may be amended again."""


class Closing:
    """A month of provisional records. Each closing measures more gas than the one before, and is opened again."""

    def __init__(self, server: Server, count: int) -> None:
        self.shop = workshop(server, "closed", pot="1000000")
        self.expected = self._count = count
        self._made = 0
        _fill(server, [
            self.shop.make({f"heat-{i}": "10"}, {"pot": "10"}, basis="provisional") for i in range(count)
        ])

    def next(self) -> Posted:
        self._made += 1
        return close(self.shop, gas(str(10_000 * self._made)))

    def again(self, server: Server, done: Posted) -> None:
        server.post([reopen(self.shop, done)])
        # The next one takes the place of this one, besides.
        self.expected = self._count + 1


Story = Amending | Closing


def _fill(server: Server, records: Sequence[Posted]) -> None:
    for start in range(0, len(records), _BATCH):
        server.post(records[start : start + _BATCH])


class Servers:
    """The servers of a test on one home, one after the other. All are ended with it."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home = home
        self._stack = stack
        self.current = self.start()

    def start(self) -> Server:
        self.current = self._stack.enter_context(Server(self.home))
        return self.current

    def url(self) -> str:
        return self.current.url


@pytest.fixture
def home() -> Iterator[Path]:
    """Nothing of it is left running, whatever the test did to its owner."""
    with prepared_home() as found:
        yield found
        left = running_postmaster(Layout.at(found).data)
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)


def kill_server(servers: Servers) -> None:
    """What its sessions had sent may come to an end still; revisions wait for that, and so does this."""
    servers.current.kill()
    with operator(servers.home) as database:
        database.execute(f"SELECT pg_advisory_lock({LOCK})")
        database.execute(f"SELECT pg_advisory_unlock({LOCK})")
    servers.start()


def kill_postgres(servers: Servers) -> None:
    postmaster = running_postmaster(Layout.at(servers.home).data)
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)


@contextmanager
def operator(home: Path) -> Iterator[Database]:
    """A session of the owner, as soon as the database takes one."""
    give_up = time.monotonic() + _SECONDS
    while True:
        try:
            found = Database(attach(home).owner_url)
            break
        except (*LOST, asyncpg.PostgresError, LedgerError):
            assert time.monotonic() < give_up
            time.sleep(0.05)
    with found:
        yield found


class State(NamedTuple):
    """Where a revising record stands, if it does, how much it has revised, and a hash over the lots of the shop."""

    index: int | None
    revised: int
    lots: str


def state(home: Path, shop: Workshop, record: Posted) -> State:
    """As of one moment, when no revision is under way that a killed server has begun."""
    with operator(home) as database:
        check_traces(database)
        (row,) = database.fetch(STATE, shop.id, bytes.fromhex(digest_of(record)))
        return State(*row.values())


def deliver(url: Callable[[], str], envelope: bytes) -> Receipt:
    """Posts until it is answered."""
    give_up = time.monotonic() + _SECONDS
    while True:
        try:
            (answer,) = post(url(), [envelope])
        except httpx.HTTPError:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        else:
            assert isinstance(answer, Receipt), answer
            return answer


def revised(story: Story, servers: Servers, record: Posted, envelope: bytes) -> Receipt:
    """Posts, and checks what comes back."""
    receipt = deliver(servers.url, envelope)
    verify_receipt(receipt, servers.current.vkey)
    # A receipt shows at most 1,000 of them, and says how many there are.
    assert receipt.leaves[-1].size == 1 + story.expected
    assert len(revised_by(receipt)) == min(story.expected, 1_000)
    now = state(servers.home, story.shop, record)
    assert (now.index, now.revised) == (receipt.index, story.expected)
    return receipt


def in_the_middle(servers: Servers, asked: "Future[Any]", after: float) -> None:
    """Waits until the revision has begun, and then for so many seconds."""
    with operator(servers.home) as database:
        while not database.fetch(HELD) and not asked.done():
            time.sleep(0.002)
    time.sleep(after)


def killed_while(
    home: Path, begin: Callable[[Server], Story], break_it: Callable[[Servers], None], kills: int, loads: int, seed: int
) -> None:
    """Breaks something so many times, each time in the middle of a revision, while others append."""
    moments = random.Random(seed)
    with ExitStack() as stack:
        servers = Servers(home, stack)
        witness = Witness(servers.current.vkey)
        story = begin(servers.current)
        before = witness.look(servers.url()).size
        beside = [Load(servers.current, f"beside-{i}", servers.url, (1, 3, 8)) for i in range(loads)]
        for load in beside:
            load.start()
        promised: list[tuple[bytes, Receipt]] = []

        def complete(record: Posted, envelope: bytes) -> None:
            promised.append((envelope, revised(story, servers, record, envelope)))
            story.again(servers.current, record)

        record = story.next()
        began = time.monotonic()
        complete(record, servers.current.envelopes([record])[0])
        took = time.monotonic() - began
        interrupted = 0
        for number in range(kills):
            record = story.next()
            (envelope,) = servers.current.envelopes([record])
            untouched = state(home, story.shop, record)
            assert untouched.index is None
            with ThreadPoolExecutor(1) as threads:
                asked = threads.submit(post, servers.url(), [envelope])
                in_the_middle(servers, asked, took * (number + moments.random()) / max(kills, 2))
                break_it(servers)
                seen = state(home, story.shop, record)
                # With the server gone nobody answers; with PostgreSQL gone the server goes on by itself.
                asked.exception(_SECONDS)
            complete(record, envelope)
            done = state(home, story.shop, record)
            if seen.index is None:
                interrupted += 1
                assert seen == untouched, "something is there of a revision that is not"
            else:
                assert seen == done, "not everything is there of a revision that is"
        assert interrupted, "no kill fell into a revision"
        wait_for(beside, 2)
        for load in beside:
            load.finish()
        check_beside(servers.current, beside, witness, before, promised)
        assert servers.current.stop() == 0


def check_beside(
    server: Server, loads: Sequence[Load], witness: Witness, before: int, promised: Sequence[tuple[bytes, Receipt]]
) -> None:
    """Every record that was acknowledged is on the log once, with the receipt that was given, by one history; nothing
    was taken twice; the audit holds, and so does a replay in memory."""
    given = [*promised, *[(one.envelope, one.receipt) for load in loads for one in load.promises]]
    for _, receipt in given:
        witness.note(parse_proof(receipt.proof).checkpoint_note)
    logged = [entry[2:34].hex() for entry in witness.check(server.url)]
    assert len(set(logged)) == len(logged), "a record is on the log twice"
    assert {receipt.digest for _, receipt in given} <= set(logged[before:])
    again = server.submit([envelope for envelope, _ in given])
    assert [msgspec.json.encode(one) for one in again] == [msgspec.json.encode(receipt) for _, receipt in given]
    for load in loads:
        (pot,) = httpx.get(f"{server.url}/v1/lots", params={"lot": load.workshop.name("pot")}).json()
        assert pot["remaining"] == str(POT - (len(load.promises) - 5)), "a record was lost, or counted twice"
    report = audited(server)
    assert report.ok, report.findings
    with Database(attach(server.home).owner_url) as database:
        check_replay(database, server.origin)


BREAKS: Final = {"the server": kill_server, "PostgreSQL": kill_postgres}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_kill_while_records_are_revised(home: Path, broken: str) -> None:
    """One kill, in an amendment of 300 descendants."""
    killed_while(home, lambda server: Amending(server, 300), BREAKS[broken], kills=1, loads=1, seed=7)


@pytest.mark.faults_long
@pytest.mark.parametrize("broken", BREAKS)
def test_kills_in_a_large_amendment(home: Path, broken: str) -> None:
    killed_while(home, lambda server: Amending(server, 3_000), BREAKS[broken], kills=3, loads=2, seed=11)


@pytest.mark.faults_long
@pytest.mark.parametrize("broken", BREAKS)
def test_kills_in_a_large_closing(home: Path, broken: str) -> None:
    killed_while(home, lambda server: Closing(server, 600), BREAKS[broken], kills=3, loads=2, seed=13)
