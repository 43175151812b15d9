"""The connection to PostgreSQL is lost before, during and after COMMIT, with the write done and not done.

A proxy cuts it at messages of the protocol. Before the server may connect anew, the test looks whether the write was
done; afterwards every record is on the log once, and its answer is the receipt of that.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Final, NamedTuple

import httpx
import pytest
from support.databases import Database
from support.proxy import BEGUN, COMMIT, COMMITTED, COPYING, LOCKED, UPDATED, Point, Proxy
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.waiting import until
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded import EmbeddedPostgres

_OURS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'carbon-ledger' AND xact_start IS NOT NULL"
)
_numbers = count(1)


class Cut(NamedTuple):
    """Where the connection is cut, how much of that message passes, and whether the write is done then."""

    point: Point
    passing: float
    done: bool


CUTS: Final = {
    "as the transaction begins": Cut(BEGUN, 0, False),
    "as the lock is taken": Cut(LOCKED, 0, False),
    "between two rows": Cut(COPYING, 0, False),
    "within a row": Cut(COPYING, 0.5, False),
    "as the head is updated": Cut(UPDATED, 0, False),
    "before COMMIT is sent": Cut(COMMIT, 0, False),
    "within COMMIT": Cut(COMMIT, 0.5, False),
    "as COMMIT is sent": Cut(COMMIT, 1, True),
    "before COMMIT is answered": Cut(COMMITTED, 0, True),
    "within the answer": Cut(COMMITTED, 0.5, True),
    "right after the answer": Cut(COMMITTED, 1, True),
}


class Site(NamedTuple):
    server: Server
    proxy: Proxy
    database: Database


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with (
        prepared_home() as home, EmbeddedPostgres(home) as postgres, Proxy(postgres.owner_url) as proxy,
        Server(home, proxy.url) as server, Database(postgres.owner_url) as database,
    ):
        yield Site(server, proxy, database)


@pytest.fixture
def verified(site: Site) -> Iterator[Site]:
    """Afterwards the whole log is verified."""
    witness = Witness(site.server.vkey)
    witness.look(site.server.url)
    yield site
    witness.check(site.server.url)
    report = audited(site.server)
    assert report.ok, report.findings


def records(shop: Workshop) -> list[Posted]:
    return [shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(5)]


def amendment(shop: Workshop, server: Server) -> list[Posted]:
    made = shop.make({"made": "5"}, {"pot": "5"})
    server.post([made])
    return [amend(shop, change(made, activity=Make(co2="7")))]


@pytest.mark.parametrize("where", CUTS)
@pytest.mark.parametrize("what", ["records", "an amendment"])
def test_a_connection_that_is_lost(verified: Site, what: str, where: str) -> None:
    server, proxy, database = verified
    shop = workshop(server, f"works-{next(_numbers)}", pot="100")
    envelopes = server.envelopes(records(shop) if what == "records" else amendment(shop, server))
    before = database.one("SELECT size FROM head")
    proxy.cut(CUTS[where].point, CUTS[where].passing)
    with ThreadPoolExecutor(1) as threads:
        try:
            asked = threads.submit(server.submit, envelopes)
            proxy.wait()
            # What was sent is worked on, or rolled back, by a session that has nobody to answer to.
            until(lambda: database.one(_OURS) == 0)
            assert database.one("SELECT size FROM head") == before + (len(envelopes) if CUTS[where].done else 0)
        finally:
            proxy.release()
        answers = asked.result(120)
    assert [answer.index for answer in answers if isinstance(answer, Receipt)] == [
        before + i for i in range(len(envelopes))
    ], server.log()
    assert database.one("SELECT size FROM head") == before + len(envelopes)
    assert server.submit(envelopes) == answers
    (pot,) = httpx.get(f"{server.url}/v1/lots", params={"lot": shop.name("pot")}).json()
    assert pot["remaining"] == "95"
