"""A revision whose COMMIT has an open outcome, whose server is told to end, or stalls: it is answered once that is
known, it is there once, and others are not kept waiting for ever.

As in the tests of other COMMITs, PostgreSQL is told to wait for a standby that does not exist.
"""

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest
from support.databases import Database
from support.load import post
from support.revising import amend, change, check_replay, co2e, digest_of
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.waiting import until
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded import attach

WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
HELD: Final = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
_SECONDS: Final = 120


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as found:
        yield found


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A session of the owner whose own statements do not wait for the standby. Afterwards the whole log is verified."""
    witness = Witness(server.vkey)
    witness.look(server.url)
    with Database(attach(server.home).owner_url) as found:
        found.execute("SET synchronous_commit = local")
        yield found
        check_replay(found, server.origin)
    witness.check(server.url)
    report = audited(server)
    assert report.ok, report.findings


@contextmanager
def nobody_to_wait_for(database: Database) -> Iterator[None]:
    """Every commit hangs, durable here and not elsewhere."""
    database.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    database.execute("SELECT pg_reload_conf()")
    until(lambda: database.one("SHOW synchronous_standby_names") == "nobody")
    try:
        yield
    finally:
        database.execute("ALTER SYSTEM RESET synchronous_standby_names")
        database.execute("SELECT pg_reload_conf()")


def interrupted(database: Database, interrupt: str, times: int) -> None:
    """Interrupts so many sessions, one after the other, each while it waits in its COMMIT."""
    for _ in range(times):
        until(lambda: database.fetch(WAITING))
        pid = database.one(WAITING)
        database.execute(f"SELECT {interrupt}({pid})")
        until(lambda pid=pid: pid not in [row["pid"] for row in database.fetch(WAITING)])


def amendable(server: Server, name: str) -> tuple[Workshop, Posted, bytes]:
    """A shop with 50 kg CO2e in lot a, of which b takes half; the amendment that makes it 90 kg, and its envelope."""
    shop = workshop(server, name)
    a = shop.mine("a", "100", co2="50")
    server.post([a, shop.make({"b": "50"}, {"a": "50"})])
    amendment = amend(shop, change(a, activity=Make(co2="90")))
    return shop, amendment, server.envelopes([amendment])[0]


def count(database: Database, record: Posted) -> int:
    found: int = database.one("SELECT count(*) FROM record WHERE digest = $1", bytes.fromhex(digest_of(record)))
    return found


@pytest.mark.parametrize("interrupt", ["pg_cancel_backend", "pg_terminate_backend"])
def test_an_interrupted_commit_is_not_answered_as_done(server: Server, database: Database, interrupt: str) -> None:
    """After a cancel there is a warning, after a termination nothing. Either way it is asked again through the lock,
    where the amendment shows as known, and that transaction has to wait as well."""
    shop, amendment, envelope = amendable(server, f"works-{interrupt.split('_')[1]}")
    with ThreadPoolExecutor(1) as threads:
        with nobody_to_wait_for(database):
            asked = threads.submit(server.submit, [envelope])
            interrupted(database, interrupt, 3)
            until(lambda: database.fetch(WAITING))
            # By now the rows are there for all to see, and still nobody has been promised anything.
            assert count(database, amendment) == 1
            assert not asked.done()
        (receipt,) = asked.result(_SECONDS)
    assert isinstance(receipt, Receipt)
    assert server.submit([envelope]) == [receipt]
    assert co2e(server, shop, "a", "b") == pytest.approx([90, 46], rel=1e-12)


def test_a_server_that_is_killed_in_its_commit(server: Server, database: Database) -> None:
    """The commit stands without anyone to answer. Whoever posts again is answered by the next server, not doubled."""
    shop, amendment, envelope = amendable(server, "works-killed")
    with Server(server.home) as other:
        with ThreadPoolExecutor(1) as threads, nobody_to_wait_for(database):
            asked = threads.submit(other.submit, [envelope])
            until(lambda: database.fetch(WAITING))
            other.kill()
            assert isinstance(asked.exception(_SECONDS), httpx.TransportError)
        (receipt,) = post(server.url, [envelope])
    assert isinstance(receipt, Receipt)
    assert count(database, amendment) == 1
    assert server.submit([envelope]) == [receipt]
    assert co2e(server, shop, "b") == pytest.approx([46], rel=1e-12)


def test_a_server_that_is_told_to_end(server: Server, database: Database) -> None:
    """In the middle of a revision, which waits for the head: it is refused, the server ends in good order, and another
    one makes the revision."""
    shop, _, envelope = amendable(server, "works-ended")
    with Server(server.home) as other, ThreadPoolExecutor(1) as threads, held(database):
        asked = threads.submit(other.submit, [envelope])
        waits_for_head(database)
        other.process.send_signal(signal.SIGTERM)
        with pytest.raises(httpx.HTTPStatusError) as refused:
            asked.result(_SECONDS)
        assert refused.value.response.json()["code"] == "shutting-down"
        assert other.process.wait(_SECONDS) == 0
    (receipt,) = server.submit([envelope])
    assert isinstance(receipt, Receipt)
    assert co2e(server, shop, "b") == pytest.approx([46], rel=1e-12)


@contextmanager
def held(database: Database) -> Iterator[None]:
    """The head is locked by this session."""
    database.execute("BEGIN")
    database.execute("SELECT 1 FROM head FOR UPDATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")


def waits_for_head(database: Database) -> None:
    """Until a session that holds the lock of revisions waits for another lock."""
    until(lambda: database.fetch(
        "SELECT 1 FROM pg_locks held JOIN pg_locks wanted USING (pid) "
        "WHERE held.locktype = 'advisory' AND held.granted AND NOT wanted.granted"
    ))


@pytest.mark.faults_long
def test_a_server_that_stalls_in_a_revision(server: Server, database: Database) -> None:
    """Stopped while it computes, with the lock of all revisions: after 30 s the database ends its session, and another
    server's revision goes on. The stalled one, when it wakes, does its own again."""
    shop, amendment, envelope = amendable(server, "works-stalled")
    other_shop, _, other_envelope = amendable(server, "works-other")
    with Server(server.home) as other, ThreadPoolExecutor(2) as threads:
        with held(database):
            asked = threads.submit(other.submit, [envelope])
            waits_for_head(database)
            other.process.send_signal(signal.SIGSTOP)
        # The session gets the head now, and nobody tells it what to do with it.
        answers: Future[list[Any]] = threads.submit(server.submit, [other_envelope])
        assert isinstance(answers.result(_SECONDS)[0], Receipt)
        assert count(database, amendment) == 0
        other.process.send_signal(signal.SIGCONT)
        (receipt,) = asked.result(_SECONDS)
        assert isinstance(receipt, Receipt)
    assert co2e(server, shop, "b") == co2e(server, other_shop, "b") == pytest.approx([46], rel=1e-12)
