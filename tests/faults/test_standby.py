"""A synchronous standby: what is acknowledged is there too, also when it is frozen, and when it takes over."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import httpx
import pytest
from support.databases import Database
from support.load import Load, check_promises, wait_for
from support.proxy import Proxy
from support.revising import digest_of
from support.server import Server, prepared_home
from support.standby import Standby
from support.waiting import until
from support.witness import Witness, audited
from support.workshop import workshop

from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.store.embedded import EmbeddedPostgres

WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
SYNCHRONOUS: Final = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'"


@contextmanager
def operator(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A session of the owner whose own statements wait for no standby."""
    with Database(postgres.owner_url) as found:
        found.execute("SET synchronous_commit = local")
        yield found


def wait_for_standby(database: Database) -> None:
    """From now on an answer means that the standby has it as well."""
    database.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    database.execute("SELECT pg_reload_conf()")
    until(lambda: database.one(SYNCHRONOUS) == 1)


@pytest.mark.parametrize("interrupt", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_is_interrupted_while_the_standby_is_frozen(interrupt: str) -> None:
    """It is written here and not there: nobody is promised anything until the standby has it as well."""
    with (
        prepared_home() as home, EmbeddedPostgres(home) as postgres, Server(home, postgres.owner_url) as server,
        operator(postgres) as database, Standby(home, postgres) as standby,
    ):
        shop = workshop(server, "works", pot="100")
        envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)])
        before = httpx.get(f"{server.url}/health/ready").json()["size"]
        wait_for_standby(database)
        with ThreadPoolExecutor(1) as threads:
            standby.freeze()
            try:
                asked = threads.submit(server.submit, envelopes)
                for _ in range(2):
                    until(lambda: database.fetch(WAITING))
                    pid = database.one(WAITING)
                    database.execute(f"SELECT {interrupt}({pid})")
                    until(lambda pid=pid: pid not in [row["pid"] for row in database.fetch(WAITING)])
                until(lambda: database.fetch(WAITING))
                assert database.one("SELECT size FROM head") == before + 5
                assert not asked.done()
            finally:
                standby.thaw()
            answers = asked.result(120)
        receipts = [answer for answer in answers if isinstance(answer, Receipt)]
        assert [receipt.index for receipt in receipts] == list(range(before, before + 5))
        assert server.submit(envelopes) == answers
        with Database(standby.url) as copy:
            until(lambda: copy.one("SELECT size FROM head") == before + 5)
        assert audited(server).ok


@pytest.mark.parametrize("interrupt", ["pg_cancel_backend", "pg_terminate_backend"])
def test_what_an_interrupted_commit_shows_is_not_signed(interrupt: str) -> None:
    """Every session sees its rows though the standby has them not. No replica signs such a head, until it has."""
    with (
        prepared_home() as home, EmbeddedPostgres(home) as postgres, Server(home, postgres.owner_url) as server,
        Server(home, postgres.owner_url) as other, operator(postgres) as database, Standby(home, postgres) as standby,
    ):
        shop = workshop(server, "works", pot="100")
        posted = [shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)]
        envelopes = server.envelopes(posted)
        wait_for_standby(database)
        before = Witness(server.vkey).look(other.url).size
        with ThreadPoolExecutor(1) as threads:
            standby.freeze()
            try:
                asked = threads.submit(server.submit, envelopes)
                until(lambda: database.fetch(WAITING))
                database.execute(f"SELECT {interrupt}({database.one(WAITING)})")
                until(lambda: database.one("SELECT size FROM head") == before + 5)
                paths = ("/log/checkpoint", f"/v1/records/{digest_of(posted[0])}/proof")
                urls = [one.url + path for one in (other, server) for path in paths]
                with ThreadPoolExecutor(len(urls)) as readers:  # Each waits for the standby for seconds.
                    for answer in readers.map(lambda url: httpx.get(url, timeout=60), urls):
                        assert (answer.status_code, answer.json()["code"]) == (503, "not-replicated")
                assert httpx.get(f"{other.url}/health/live").status_code == 200
                assert not asked.done()
            finally:
                standby.thaw()
            answers = asked.result(120)
        assert all(isinstance(answer, Receipt) for answer in answers)
        for one in (other, server):
            assert Witness(server.vkey).look(one.url).size == before + 5
            assert audited(one).ok


def test_a_synchronous_standby_is_promoted() -> None:
    """The primary and its server are killed under load. On the standby another server goes on: nothing is lost."""
    with prepared_home() as home, EmbeddedPostgres(home) as postgres, Server(home, postgres.owner_url) as first:
        witness = Witness(first.vkey)
        with Standby(home, postgres) as standby:
            with operator(postgres) as database:
                wait_for_standby(database)
            before = witness.look(first.url).size
            current = [first.url]
            loads = [Load(first, f"works-{i}", lambda: current[0]) for i in range(3)]
            for load in loads:
                load.start()
            wait_for(loads, 6)
            first.kill()
            assert postgres.pid is not None
            os.kill(postgres.pid, signal.SIGKILL)
            postgres.stop()
            standby.promote()
            with Server(home, standby.url) as second:
                current[0] = second.url
                wait_for(loads, 6)
                for load in loads:
                    load.finish()
                check_promises(second, loads, witness, before)
        assert all(load.failures for load in loads), "no load noticed"


def test_a_lagging_standby_is_promoted() -> None:
    """What it lacks was acknowledged. Neither the replica that runs on, nor one that is started, signs its head."""
    with (
        prepared_home() as home, EmbeddedPostgres(home) as postgres, Proxy(postgres.owner_url) as proxy,
        Server(home, proxy.url) as server, Standby(home, postgres) as standby,
    ):
        shop = workshop(server, "works", pot="100")
        size = httpx.get(f"{server.url}/health/ready").json()["size"]
        with Database(standby.url) as copy:
            until(lambda: copy.one("SELECT size FROM head") == size)
        standby.detach()
        receipts = server.post([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)])
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        postgres.stop()
        standby.promote()
        proxy.aim(standby.url)
        until(lambda: told(server).get("code") == "log-mismatch")
        with Server(home, standby.url) as other:
            for one in (server, other):
                answer = told(one)
                assert answer["code"] == "log-mismatch"
                assert f"entries {size} to {size + 4} are missing" in answer["detail"]
                assert httpx.get(f"{one.url}/log/checkpoint").status_code == 503
                (envelope,) = server.envelopes([shop.make({"later": "1"}, {"pot": "1"})])
                posted = httpx.post(f"{one.url}/v1/records", content=envelope, timeout=60)
                assert (posted.status_code, posted.json()["code"]) == (503, "log-mismatch")
        for receipt in receipts:
            verify_receipt(receipt, server.vkey)


def told(server: Server) -> dict[str, str]:
    """What a server says of itself."""
    found: dict[str, str] = httpx.get(f"{server.url}/health/ready", timeout=60).json()
    return found
