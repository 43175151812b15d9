"""Whoever waits for a COMMIT is cancelled in it, as when a client goes away: its outcome is open, for an append and for
a revision alike. It is asked again through the lock, and the record is on the log once.

PostgreSQL is told to wait for a standby that does not exist, so that every COMMIT hangs.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

import pytest
from support.databases import Database
from support.inside import Answer, Inside, inside
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded import attach

WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' OR wait_event_type = 'Lock'"
SECONDS: Final = 120


@pytest.fixture(scope="module")
def server() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as found:
        yield found


@pytest.fixture
def database(server: Inside) -> Iterator[Database]:
    """A session of the owner whose own statements do not wait for the standby."""
    with Database(attach(server.ledger.settings.home).owner_url) as found:
        found.execute("SET synchronous_commit = local")
        yield found
    report = server.audited()
    assert report.ok, report.findings


def until(database: Database, condition: Callable[[list[int]], bool]) -> list[int]:
    """The sessions that wait in their COMMIT, or for one that does, once they are as they should be."""
    give_up = time.monotonic() + SECONDS
    while True:
        pids = [row["pid"] for row in database.fetch(WAITING)]
        if condition(pids):
            return pids
        assert time.monotonic() < give_up, pids
        time.sleep(0.02)


async def cancelled_in_commit(
    database: Database, work: Coroutine[Any, Any, list[Answer]],
    waiting: Callable[[asyncio.Task[Any]], asyncio.Task[Any]],
) -> list[Answer]:
    """What the work comes to if the task that waits for its COMMIT is cancelled there."""
    await asyncio.to_thread(standby, database, "'nobody'")
    try:
        task = asyncio.create_task(work)
        first = await asyncio.to_thread(until, database, bool)
        waiting(task).cancel()
        # It asks again in another session, which has to wait for this COMMIT.
        await asyncio.to_thread(until, database, lambda pids: bool(set(pids) - set(first)))
        assert not task.done()
    finally:
        await asyncio.to_thread(standby, database, "''")
    return await asyncio.wait_for(task, SECONDS)


def standby(database: Database, name: str) -> None:
    """The standby that commits wait for, or none."""
    database.execute(f"ALTER SYSTEM SET synchronous_standby_names = {name}")
    database.execute("SELECT pg_reload_conf()")
    give_up = time.monotonic() + SECONDS
    while database.one("SHOW synchronous_standby_names") != name.strip("'"):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def opened(server: Inside, name: str) -> tuple[Workshop, Posted]:
    """An organisation, and its lot `pot` of 100 kg."""
    shop = Workshop(name)
    pot = shop.mine("pot", "100")
    server.post([(server.registrar, shop.enrolment(server)[1])])
    server.post([*shop.opening(), pot])
    return shop, pot


def check(server: Inside, database: Database, record: Posted, answers: list[Answer]) -> None:
    """It is on the log once, and posted again it is answered the same."""
    (receipt,) = answers
    assert isinstance(receipt, Receipt)
    assert receipt.digest == digest_of(record)
    assert server.post([record]) == [receipt]
    assert database.one("SELECT count(*) FROM record WHERE digest = $1", bytes.fromhex(receipt.digest)) == 1


def test_an_append(server: Inside, database: Database) -> None:
    shop, _ = opened(server, "appends")
    record = shop.use({"pot": "1"})

    def sequencing(_: asyncio.Task[Any]) -> asyncio.Task[Any]:
        (task,) = [one for one in asyncio.all_tasks() if one.get_name() == "sequencer"]
        return task

    answers = server.run(cancelled_in_commit(database, server.submit([record]), sequencing))
    check(server, database, record, answers)


def test_a_revision(server: Inside, database: Database) -> None:
    shop, pot = opened(server, "revises")
    record = amend(shop, change(pot, activity=Make(co2="7")))
    answers = server.run(cancelled_in_commit(database, server.submit([record]), lambda task: task))
    check(server, database, record, answers)
