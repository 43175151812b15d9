"""What revisions changed for a holder: each of its lots once a revision, by hand; and pages that make the same list."""

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from support.revising import amend, change, close, digest_of, flows
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import audited
from support.workshop import Workshop, kilograms, workshop

from ledger.answers.stored import ChangeAnswer
from ledger.core.record.values import Output
from ledger.errors import NotFound
from ledger.service.queries.restatements.of_holder import ChangesPage, read_changes
from ledger.store.database import open_pool
from ledger.store.embedded import attach


class Ledger(NamedTuple):
    """`indexes` and `records` by the step of the story."""

    server: Server
    client: httpx.Client
    mill: Workshop
    buyer: Workshop
    idle: Workshop
    indexes: dict[str, int]
    records: dict[str, Posted]

    def post(self, step: str, record: Posted) -> None:
        (receipt,) = self.server.post([record])
        self.records[step], self.indexes[step] = record, receipt.index

    def page(self, holder: str, **parameters: Any) -> dict[str, Any]:
        response = self.client.get("/v1/changes", params={"holder": holder, **parameters})
        assert response.status_code == 200, response.text
        return response.json()

    def changes(self, holder: str, **parameters: Any) -> list[dict[str, Any]]:
        return self.page(holder, **parameters)["changes"]


def output(shop: Workshop, lot: str, amount: str) -> Output:
    return Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(amount), role="product")


def tell(ledger: Ledger) -> None:
    mill, buyer, post = ledger.mill, ledger.buyer, ledger.post
    # a 50; b 0.75 * (10 + 0.8 * 50) = 37.5, b2 12.5; sold half of b = 18.75; own 2 + half of that = 11.375
    post("a", mill.mine("a", "100", co2="50"))
    post("b", mill.make({"b": "60", "b2": "20"}, {"a": "80"}, activity=Make(co2="10")))
    post("sold", mill.send("b", "30", buyer, "sold"))
    party, record = buyer.make({"own": "15"}, {}, activity=Make(co2="2"))
    post("own", (party, replace(record, inputs=flows(mill, {"sold": "15"}))))
    # 1 kg of h, of which all waits for a closing; d 1 + a quarter of b2 = 4.125
    post("h", mill.make({"h": "1"}, ore="1", activity=Make(co2="7"), basis="provisional"))
    post("d", mill.make({"d": "5"}, {"b2": "5"}, activity=Make(co2="1")))
    # a 150: b 97.5, b2 32.5, sold 48.75, own 26.375, d 9.125
    post("a again", amend(mill, change(ledger.records["a"], activity=Make(co2="150"))))
    # b2 10 kg instead of 20: b 130 * 6/7, b2 130/7, sold 130 * 3/7, own 2 + 130 * 3/14, d 1 + half of b2 = 1 + 130/14
    post("less b2", amend(
        mill, change(ledger.records["b"], outputs=[output(mill, "b", "60"), output(mill, "b2", "10")])
    ))
    post("no d", amend(mill, change(ledger.records["d"])))
    # Nothing was measured, so h is 7 as before, but no longer provisional.
    post("closing", close(mill))


EXPECTED = {
    "mill": [
        ("a again", "a", 50.0, 150.0), ("a again", "b", 37.5, 97.5), ("a again", "b2", 12.5, 32.5),
        ("a again", "d", 4.125, 9.125), ("less b2", "b", 97.5, 130 * 6 / 7), ("less b2", "b2", 32.5, 130 / 7),
        ("less b2", "d", 9.125, 1 + 130 / 14), ("no d", "d", 1 + 130 / 14, 0.0), ("closing", "h", 7.0, 7.0),
    ],
    "buyer": [
        ("a again", "sold", 18.75, 48.75), ("a again", "own", 11.375, 26.375), ("less b2", "sold", 48.75, 130 * 3 / 7),
        ("less b2", "own", 26.375, 2 + 130 * 3 / 14),
    ],
    "idle": [],
}


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with prepared_home() as home, Server(home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        found = Ledger(server, client, *[workshop(server, name) for name in EXPECTED], {}, {})
        tell(found)
        report = audited(server)
        assert report.ok, report.findings
        yield found


def shop_of(ledger: Ledger, name: str) -> Workshop:
    return getattr(ledger, name)


@pytest.mark.parametrize("name", list(EXPECTED))
def test_each_lot_of_a_holder_before_and_after(ledger: Ledger, name: str) -> None:
    """In log order of the revising record and of the lot; a lot that was sold is told to its seller's buyer alone."""
    answer = ledger.page(shop_of(ledger, name).id)
    assert "next" not in answer
    found = [(one["index"], one["lot"].rpartition(":")[2]) for one in answer["changes"]]
    assert found == [(ledger.indexes[step], lot) for step, lot, *_ in EXPECTED[name]]
    for one, (step, _, before, now) in zip(answer["changes"], EXPECTED[name], strict=True):
        assert one["footprintBefore"] == pytest.approx(before, abs=1e-9)
        assert one["footprint"] == pytest.approx(now, abs=1e-9)
        assert one["difference"] == pytest.approx(now - before, abs=1e-9)
        assert one["record"] == digest_of(ledger.records[step])
        assert one["type"] == ("closing" if step == "closing" else "amendment")
        assert one.get("reason") == (None if step == "closing" else "another reading")


def test_before_and_after_are_what_footprint_says(ledger: Ledger) -> None:
    for name in EXPECTED:
        for one in ledger.changes(shop_of(ledger, name).id):
            for size, key in ((one["index"], "footprintBefore"), (one["index"] + 1, "footprint")):
                asked = ledger.client.get("/v1/footprint", params={"lot": one["lot"], "at": size}).json()
                assert one[key] == asked["footprint"]


def test_other_quantities_and_withdrawals_are_told(ledger: Ledger) -> None:
    found = {(one["index"], one["lot"]): one for one in ledger.changes(ledger.mill.id)}
    less = found[ledger.indexes["less b2"], ledger.mill.name("b2")]
    assert (less["quantity"]["value"], less["quantityBefore"]["value"]) == ("10", "20")
    assert "withdrawn" not in less
    gone = found[ledger.indexes["no d"], ledger.mill.name("d")]
    assert gone["withdrawn"] is True
    assert [key for key, one in found.items() if "quantityBefore" in one] == [(less["index"], less["lot"])]
    assert [key for key, one in found.items() if "withdrawn" in one] == [(gone["index"], gone["lot"])]


def test_from_an_index_on(ledger: Ledger) -> None:
    whole = ledger.changes(ledger.mill.id)
    for since in (0, *{one["index"] for one in whole}, whole[-1]["index"] + 1):
        assert ledger.changes(ledger.mill.id, since=since) == [one for one in whole if one["index"] >= since]
    assert ledger.changes(ledger.mill.id, since=ledger.indexes["less b2"] + 1) == whole[-2:]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 1000])
def test_pages_make_the_whole(ledger: Ledger, limit: int) -> None:
    for shop in (ledger.mill, ledger.buyer):
        found: list[Any] = []
        following: dict[str, int] | None = {}
        while following is not None:
            page = ledger.page(shop.id, limit=limit, **following)
            assert len(page["changes"]) <= limit
            found += page["changes"]
            following = page.get("next")
            assert following is None or len(page["changes"]) == limit
        assert found == ledger.changes(shop.id)


@pytest.mark.parametrize(("parameters", "status", "code"), [
    ({}, 400, "invalid-request"),
    ({"holder": ""}, 400, "invalid-request"),
    ({"holder": "x" * 256}, 400, "invalid-request"),
    ({"holder": "urn:example:nobody"}, 404, "not-found"),
    ({"holder": "urn:example:mill:a"}, 404, "not-found"),
    ({"holder": "urn:example:mill", "since": "-1"}, 400, "invalid-request"),
    ({"holder": "urn:example:mill", "since": "9" * 30}, 400, "invalid-request"),
    ({"holder": "urn:example:mill", "after": "-2"}, 400, "invalid-request"),
    ({"holder": "urn:example:mill", "limit": "0"}, 400, "invalid-request"),
    ({"holder": "urn:example:mill", "limit": "1001"}, 400, "invalid-request"),
    ({"holder": "a\0b"}, 400, "invalid-request"),
])
def test_what_cannot_be_asked(ledger: Ledger, parameters: dict[str, str], status: int, code: str) -> None:
    response = ledger.client.get("/v1/changes", params=parameters)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_page_looks_at_so_many_records_and_says_where_it_stopped(ledger: Ledger) -> None:
    """Pages may be empty, since the records between belong to others, and all of them make the same list."""
    asyncio.run(check_pages(attach(ledger.server.home).app_url, [shop_of(ledger, name).id for name in EXPECTED]))


async def check_pages(url: str, holders: list[str]) -> None:
    pool = await open_pool(url, size=1)
    try:
        for holder in holders:
            whole = await read_changes(pool, holder, ChangesPage())
            assert whole.next is None
            for looked_at, limit in ((1, 1000), (1, 1), (2, 1), (3, 2), (4, 1000)):
                found: list[ChangeAnswer] = []
                pages, since, after = 0, 0, -1
                while True:
                    page = await read_changes(pool, holder, ChangesPage(since, after, limit), looked_at)
                    found += page.changes
                    pages += 1
                    if page.next is None:
                        break
                    assert (page.next.since, page.next.after) > (since, after)
                    since, after = page.next.since, page.next.after
                assert found == whole.changes, (holder, looked_at, limit)
                # 11 records were revised: those of a, b, sold, own, d; b, sold, own, d; d; h.
                assert pages >= 11 // looked_at
        with pytest.raises(NotFound) as raised:
            await read_changes(pool, "urn:example:nobody", ChangesPage())
        assert raised.value.field == "holder"
    finally:
        await pool.close()
