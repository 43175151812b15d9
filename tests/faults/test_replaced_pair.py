"""A new certificate while a post takes long: it gets its answer, however long the replaced server has to stay."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.certificates import Authority, key_pem, new_key, pem
from support.databases import Database
from support.server import Server, prepared_home
from support.waiting import until
from support.workshop import Workshop

from ledger.cli.operator.listening.listener import CUT_SECONDS, DRAIN_SECONDS, IDLE_SECONDS, REQUEST_SECONDS
from ledger.store.embedded import attach

HOLD = "SELECT 1 FROM head FOR UPDATE"
STAY_SECONDS = IDLE_SECONDS + DRAIN_SECONDS + REQUEST_SECONDS + CUT_SECONDS


@pytest.mark.faults_long
def test_a_post_that_takes_longer_than_idle_connections_stay(tmp_path: Path) -> None:
    root, cert, key = Authority(), tmp_path / "cert", tmp_path / "key"

    def write() -> None:
        fresh = new_key()
        key.write_bytes(key_pem(fresh))
        cert.write_bytes(pem(root.issue(fresh)))

    write()
    variables = {"CARBON_LEDGER_TLS_CERT": str(cert), "CARBON_LEDGER_TLS_KEY": str(key)}
    with prepared_home() as home, Server(home, **variables) as server, ThreadPoolExecutor(1) as threads, httpx.Client(
        verify=root.context(), timeout=300
    ) as client:
        shop = Workshop("patient")
        (envelope,) = server.envelopes([shop.enrolment(server)])
        with Database(attach(home).owner_url) as database:
            database.execute("BEGIN")
            database.fetch(HOLD)
            asked = threads.submit(
                client.post, f"{server.url}/v1/records", content=envelope, headers={"Content-Type": "application/json"})
            write()
            until(lambda: "a new certificate" in server.log(), "the new certificate is not in use")
            give_up = time.monotonic() + STAY_SECONDS + 5
            while time.monotonic() < give_up and not asked.done():
                # A session that does something is not taken for one of a server that has stalled.
                database.fetch("SELECT pg_sleep(1)")
        answer = asked.result(120)
        assert answer.status_code == 201, answer.text
        assert server.stop() == 0
