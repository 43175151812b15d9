"""A COMMIT whose outcome is open: written or not, the answer comes only when that is known, and it comes once.

PostgreSQL is told to wait for a standby that does not exist. A session that waits there has written its commit; what
interrupts the wait leaves the client without word of it.
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import asyncpg
import httpx
import pytest
from support.databases import Database
from support.load import post
from support.server import Server, prepared_home
from support.waiting import until
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.database import LOST
from ledger.store.embedded import attach

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_SECONDS = 120


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as found:
        yield found


@pytest.fixture
def verified(server: Server) -> Iterator[Server]:
    """Afterwards the whole log is verified."""
    witness = Witness(server.vkey)
    witness.look(server.url)
    yield server
    witness.check(server.url)
    report = audited(server)
    assert report.ok, report.findings


@contextmanager
def operator(server: Server) -> Iterator[Database]:
    """A session of the owner whose own statements do not wait for the standby."""
    with Database(attach(server.home).owner_url) as found:
        found.execute("SET synchronous_commit = local")
        yield found


@pytest.fixture
def database(verified: Server) -> Iterator[Database]:
    with operator(verified) as found:
        yield found


def wait_for_nobody(database: Database) -> None:
    """From now on every commit hangs, durable here and not elsewhere."""
    database.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    database.execute("SELECT pg_reload_conf()")
    until(lambda: database.one("SHOW synchronous_standby_names") == "nobody")


def wait_no_more(database: Database) -> None:
    database.execute("ALTER SYSTEM RESET synchronous_standby_names")
    database.execute("SELECT pg_reload_conf()")


@contextmanager
def nobody_to_wait_for(database: Database) -> Iterator[None]:
    wait_for_nobody(database)
    try:
        yield
    finally:
        wait_no_more(database)


def interrupted(database: Database, interrupt: str, times: int) -> None:
    """Interrupts so many sessions, one after the other, each while it waits in its COMMIT."""
    for _ in range(times):
        until(lambda: database.fetch(WAITING))
        pid = database.one(WAITING)
        database.execute(f"SELECT {interrupt}({pid})")
        until(lambda pid=pid: pid not in [row["pid"] for row in database.fetch(WAITING)])


@pytest.mark.parametrize("interrupt", ["pg_cancel_backend", "pg_terminate_backend"])
def test_an_interrupted_commit_is_not_answered_as_done(server: Server, database: Database, interrupt: str) -> None:
    """After a cancel the client gets a warning and COMMIT; after a termination it gets nothing. Either way the records
    are run again through the lock, where they show as known, and that transaction has to wait as well."""
    shop = workshop(server, f"works-{interrupt.split('_')[1]}", pot="100")
    envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)])
    before = httpx.get(f"{server.url}/health/ready").json()["size"]
    with ThreadPoolExecutor(1) as threads:
        with nobody_to_wait_for(database):
            asked = threads.submit(server.submit, envelopes)
            interrupted(database, interrupt, 3)
            until(lambda: database.fetch(WAITING))
            # By now the rows are there for all to see, and still nobody has been promised anything.
            assert database.one("SELECT size FROM head") == before + 5
            assert not asked.done()
        answers = asked.result(_SECONDS)
    receipts = [answer for answer in answers if isinstance(answer, Receipt)]
    assert [receipt.index for receipt in receipts] == list(range(before, before + 5))
    assert server.submit(envelopes) == answers
    assert left(server, shop) == "95"


def test_a_server_that_is_killed_in_its_commit(server: Server, database: Database) -> None:
    """The commit stands without anyone to answer. Whoever posts again is answered by the next server, not doubled."""
    shop = workshop(server, "works-killed", pot="100")
    envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)])
    before = httpx.get(f"{server.url}/health/ready").json()["size"]
    with Server(server.home) as other:
        with ThreadPoolExecutor(1) as threads, nobody_to_wait_for(database):
            asked = threads.submit(other.submit, envelopes)
            until(lambda: database.fetch(WAITING))
            other.kill()
            assert isinstance(asked.exception(_SECONDS), httpx.TransportError)
        (first, *_) = answers = post(server.url, envelopes)
    assert isinstance(first, Receipt)
    assert first.index == before
    assert httpx.get(f"{server.url}/health/ready").json()["size"] == before + 5
    assert server.submit(envelopes) == answers
    assert left(server, shop) == "95"


def test_a_backend_that_is_killed_in_its_commit(server: Server, verified: Server) -> None:
    """No warning, no last word, and PostgreSQL starts all over. What was written is recovered, once."""
    shop = workshop(server, "works-backend", pot="100")
    envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)])
    before = httpx.get(f"{server.url}/health/ready").json()["size"]
    with ThreadPoolExecutor(1) as threads:
        with operator(server) as database:
            wait_for_nobody(database)
            asked = threads.submit(server.submit, envelopes)
            until(lambda: database.fetch(WAITING))
            os.kill(database.one(WAITING), signal.SIGKILL)
            # PostgreSQL takes sessions until it has seen the death. It has once it ended this one as well.
            until(lambda: not is_alive(database))
        until(lambda: answers_again(server))
        with operator(server) as database:
            try:
                until(lambda: database.fetch(WAITING))
                assert database.one("SELECT size FROM head") == before + 5
                assert not asked.done()
            finally:
                wait_no_more(database)
        answers = asked.result(_SECONDS)
    assert [answer.index for answer in answers if isinstance(answer, Receipt)] == list(range(before, before + 5))
    assert server.submit(envelopes) == answers
    assert left(server, shop) == "95"


def is_alive(database: Database) -> bool:
    try:
        return bool(database.one("SELECT true"))
    except (*LOST, asyncpg.PostgresError):
        return False


def answers_again(server: Server) -> bool:
    try:
        with operator(server) as found:
            return is_alive(found)
    except (*LOST, asyncpg.PostgresError):
        return False


def left(server: Server, shop: Workshop) -> str:
    (pot,) = httpx.get(f"{server.url}/v1/lots", params={"lot": shop.name("pot")}).json()
    remaining: str = pot["remaining"]
    return remaining
