"""A replica stalls inside its transaction and keeps the lock: the others go on after the timeout, and when it comes
back it harms nothing.

The proxy shortens the sessions' timeouts from 30 s, and says when the replica is in the middle of its transaction.
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final, NamedTuple

import pytest
from support.load import Load, Promise, check_promises, wait_for
from support.proxy import COMMIT, COPYING, LOCKED, UPDATED, Point, Proxy
from support.server import Server, prepared_home
from support.witness import Witness
from support.workshop import workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded import EmbeddedPostgres

POINTS: Final = {
    "with the lock alone": LOCKED, "between two rows": COPYING, "with the head updated": UPDATED,
    "in its COMMIT": COMMIT,
}


class Replicas(NamedTuple):
    """Two servers on one database, each through a proxy of its own."""

    stalling: Server
    proxy: Proxy
    other: Server


@pytest.fixture(scope="module")
def replicas() -> Iterator[Replicas]:
    with ExitStack() as stack:
        home = stack.enter_context(prepared_home())
        postgres = stack.enter_context(EmbeddedPostgres(home))
        proxies = [stack.enter_context(Proxy(postgres.owner_url, b"2s")) for _ in range(2)]
        first, second = [stack.enter_context(Server(home, proxy.url)) for proxy in proxies]
        yield Replicas(first, proxies[0], second)


@pytest.mark.parametrize("where", POINTS)
def test_a_replica_that_stalls(replicas: Replicas, where: str) -> None:
    stalling, proxy, other = replicas
    point: Point = POINTS[where]
    witness = Witness(other.vkey)
    shop = workshop(stalling, f"stalled {where}".replace(" ", "-"), pot="100")
    before = witness.look(other.url).size
    load = Load(other, f"going on {where}".replace(" ", "-"), lambda: other.url)
    envelopes = stalling.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)])
    proxy.freeze(point)
    with ThreadPoolExecutor(1) as threads:
        try:
            asked = threads.submit(stalling.submit, envelopes)
            proxy.wait()
            stalling.process.send_signal(signal.SIGSTOP)
            load.start()
            wait_for([load], 4)
            assert not asked.done()
        finally:
            os.kill(stalling.process.pid, signal.SIGCONT)
            proxy.thaw()
        answers = asked.result(120)
    wait_for([load], 2)
    load.finish()
    receipts = [answer for answer in answers if isinstance(answer, Receipt)]
    assert len(receipts) == 5, answers
    promised = [Promise(envelope, receipt) for envelope, receipt in zip(envelopes, receipts, strict=True)]
    check_promises(other, [load], witness, before, promised)
    assert stalling.submit(envelopes) == answers
