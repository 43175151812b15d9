"""SIGTERM in the midst of a long revision and of posts: every request is answered, durable or refused; nothing is half
done; the end is near; a restart goes on, and the audit holds."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest
from support.databases import Database
from support.load import Load, Promise, check_promises, wait_for
from support.revising import amend, change, check_replay, check_traces, digest_of, outputs
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.waiting import until
from support.witness import Witness
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded import attach
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

DESCENDANTS: Final = 400
HELD: Final = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
ON_LOG: Final = "SELECT count(*) FROM record WHERE digest = $1"


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as folder:
        yield folder
        left = running_postmaster(Layout.at(folder).data)
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)


def _story(server: Server) -> tuple[Workshop, Posted]:
    """A lot of which so many others are made."""
    shop = workshop(server, "amended", pot="1000000")
    root = shop.make({"root": "1000000"}, {"pot": "1000000"})
    records = [root, *[
        shop.make({f"part-{i}": "1", f"rest-{i}": "1"}, {"root": "2"} | ({f"part-{i - 10}": "1"} if i >= 10 else {}))
        for i in range(DESCENDANTS)
    ]]
    for start in range(0, len(records), 1_000):
        server.post(records[start : start + 1_000])
    return shop, root


def _amendments(shop: Workshop, root: Posted, count: int) -> list[Posted]:
    return [
        amend(shop, change(root, activity=Make(co2=str(1_000 * i)),
                           outputs=outputs(shop, {"root": str(1_000_000 - 1_000 * i)})))
        for i in range(1, count + 1)
    ]


def _post(url: str, envelope: bytes) -> httpx.Response:
    return httpx.post(f"{url}/v1/records", content=envelope, headers={"Content-Type": "application/json"}, timeout=120)


def test_a_signal_while_revisions_and_posts_run(home: Path) -> None:
    with ExitStack() as stack:
        running = [stack.enter_context(Server(home))]
        first = running[0]
        shop, root = _story(first)
        amendments = _amendments(shop, root, 3)
        envelopes = first.envelopes(amendments)
        witness = Witness(first.vkey)
        before = witness.look(first.url).size
        loads = [Load(first, f"beside-{i}", lambda: running[-1].url, (1, 3, 8)) for i in range(1)]
        for load in loads:
            load.start()
        wait_for(loads, 2)
        with ThreadPoolExecutor(len(envelopes)) as threads:
            with Database(attach(home).owner_url) as database:
                asked = [threads.submit(_post, first.url, envelope) for envelope in envelopes]
                until(lambda: database.fetch(HELD), "no revision begins")
            first.process.send_signal(signal.SIGTERM)
            answers = [future.result(120) for future in asked]
            refused = [i for i, answer in enumerate(answers) if answer.status_code == 503]
            # Revisions run one at a time: at the most the first was so quick that it is done.
            assert len(refused) >= 2
            assert {answer.status_code for answer in answers} <= {201, 503}
            for answer in [answers[i] for i in refused]:
                assert answer.headers["Content-Type"].startswith("application/problem+json")
                assert int(answer.headers["Retry-After"]) >= 1
                assert answer.json()["code"] == "shutting-down"
            until(lambda: first.process.poll() is not None, "the server does not end")
        # An end by force, after the limit, has another exit code.
        assert first.process.returncode == 0, first.log()

        running.append(stack.enter_context(Server(home)))
        again = running[-1]
        with Database(attach(home).owner_url) as database:
            check_traces(database)
            for i, record in enumerate(amendments):
                assert database.one(ON_LOG, bytes.fromhex(digest_of(record))) == (0 if i in refused else 1)
        receipts = [receipt for receipt in again.submit(envelopes) if isinstance(receipt, Receipt)]
        assert len(receipts) == len(envelopes)
        wait_for(loads, 2)
        for load in loads:
            load.finish()
        check_promises(again, loads, witness, before, [
            Promise(envelope, receipt) for envelope, receipt in zip(envelopes, receipts, strict=True)
        ])
        with Database(attach(home).owner_url) as database:
            check_replay(database, again.origin)
        assert again.stop() == 0


HOLD: Final = "SELECT 1 FROM head FOR UPDATE"
BEHIND: Final = 20


def _held(database: Database) -> None:
    """The lock of the log, so that nothing is appended until the session ends."""
    database.execute("BEGIN")
    database.fetch(HOLD)


def test_posts_that_are_accepted_at_the_signal_are_durable(home: Path) -> None:
    """They wait for the lock of the log while the server is told to end, and are answered once it is free."""
    with ExitStack() as stack:
        server = stack.enter_context(Server(home))
        shop = workshop(server, "waiting", pot="1000")
        envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(BEHIND)])
        with ThreadPoolExecutor(BEHIND) as threads:
            with Database(attach(home).owner_url) as database:
                _held(database)
                asked = [threads.submit(_post, server.url, envelope) for envelope in envelopes]
                process = psutil.Process(server.process.pid)
                until(lambda: _connections(process, server) >= BEHIND, "not all have connected")
                assert httpx.get(f"{server.url}/health/live").status_code == 200
                server.process.send_signal(signal.SIGTERM)
                until(lambda: "stopping" in server.log(), "the signal did not arrive")
            answers = [future.result(120) for future in asked]
        assert {answer.status_code for answer in answers} == {201}, {answer.text for answer in answers}
        until(lambda: server.process.poll() is not None, "the server does not end")
        assert server.process.returncode == 0, server.log()
        again = stack.enter_context(Server(home))
        receipts = again.submit(envelopes)
        assert [one.digest for one in receipts if isinstance(one, Receipt)] == [
            answer.json()["digest"] for answer in answers]


def _connections(process: psutil.Process, server: Server) -> int:
    port = int(server.url.rpartition(":")[2])
    return sum(one.status == "ESTABLISHED" and one.laddr.port == port for one in process.net_connections("tcp"))
