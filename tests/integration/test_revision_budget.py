"""The budget of revised records, over two servers on one database: it is asked at the door, and no replay knows it."""

from collections.abc import Iterator

import httpx
import pytest
from support.databases import Database
from support.inside import Inside, inside
from support.revising import amend, change, check_replay, co2e, outputs, problem
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, workshop

from ledger.errors import Exhausted, LedgerError, Refused
from ledger.store.embedded import attach

pytestmark = pytest.mark.usefixtures("audited_server")

BUDGET = 10


@pytest.fixture(scope="module")
def serving() -> Iterator[Server]:
    """Both servers of this module allow ten revised records a day."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_REVISED_PER_DAY=str(BUDGET)) as server:
        yield server


@pytest.fixture(scope="module")
def inner(serving: Server) -> Iterator[Inside]:
    with inside(serving.home, revised_per_day=BUDGET) as found:
        yield found


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """Afterwards everything is as a replay in memory says."""
    with Database(attach(server.home).owner_url) as found:
        yield found
        check_replay(found, server.origin)


def amendment(shop: Workshop, record: Posted, co2: int) -> Posted:
    return amend(shop, change(record, activity=Make(co2=str(co2))))


def refusal(inner: Inside, record: Posted) -> LedgerError:
    (answer,) = inner.run(inner.submit([record]))
    assert isinstance(answer, LedgerError), answer
    return answer


def test_over_two_servers(server: Server, inner: Inside, database: Database, shop: Workshop) -> None:
    """Each amendment of a revises four records: one here, one there, and the third is refused by both, with what is
    left; one of two records goes through, and what is on the log is answered as before."""
    a = shop.mine("a", "100", co2="50")
    takers = [shop.make({name: "10"}, {"a": "10"}) for name in ("b", "c", "d")]
    first, second, third = [amendment(shop, a, 60 + i) for i in range(3)]
    inner.post([a, *takers])
    receipts = [*inner.post([first]), *server.post([second])]
    error = refusal(inner, third)
    assert (type(error), error.code, error.field, error.value) == (Exhausted, "revision-budget", "issuer", shop.id)
    assert "may have 10 records revised within 24 hours; it has used 8, and this revision can change 4" in error.message
    answer = httpx.post(f"{server.url}/v1/records", content=server.envelopes([third])[0],
                        headers={"Content-Type": "application/json"}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (429, "revision-budget")
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    (line,) = server.submit(server.envelopes([third]))
    assert isinstance(line, dict)
    assert (line["status"], line["detail"]) == (429, answer.json()["detail"])
    assert [*server.post([first]), *inner.post([second])] == receipts
    inner.post([amendment(shop, takers[0], 2), amendment(shop, takers[1], 2)])
    assert refusal(inner, amendment(shop, takers[2], 2)).code == "revision-budget"
    assert co2e(server, shop, "a", "b") == pytest.approx([61, 8.1], rel=1e-12)


def test_others_have_their_own(server: Server, inner: Inside, database: Database, shop: Workshop) -> None:
    """A server that has just started counts what is on the log; records that revise nothing are no matter of it."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a, *[shop.make({f"b{i}": "1"}, {"a": "1"}) for i in range(20)]])
    inner.post([amendment(shop, a, 60)])
    with inside(server.home, revised_per_day=BUDGET) as fresh:
        assert refusal(fresh, amendment(shop, a, 61)).code == "revision-budget"
        other = workshop(server, f"{shop.id.rpartition(':')[2]}-honest", own="10")
        own = other.mine("made", "10", co2="5")
        fresh.post([own, shop.make({"more": "1"}, {"a": "1"}), amendment(other, own, 6)])


def test_what_is_refused_counts_here(inner: Inside, database: Database, shop: Workshop) -> None:
    """Eleven records are loaded for an amendment that says too little of a: that was its organisation's one of the day,
    at this server."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a, *[shop.make({f"b{i}": "5"}, {"a": "5"}) for i in range(10)]])
    error = refusal(inner, amend(shop, change(a, outputs=outputs(shop, {"a": "20"}))))
    assert (type(error), error.code) == (Refused, "over-consumption")
    assert refusal(inner, amendment(shop, a, 60)).code == "revision-budget"


def test_what_is_wrong_with_it_comes_first(server: Server, inner: Inside, database: Database, shop: Workshop) -> None:
    """An amendment that admission refuses is told why, whatever is used up."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a, *[shop.make({f"b{i}": "1"}, {"a": "1"}) for i in range(10)], amendment(shop, a, 60)])
    assert problem(server, amendment(shop, shop.mine("z", "1"), 61))["code"] == "unknown-record"
