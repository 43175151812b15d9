"""Findings behind a figure, out of a real database: as of any moment, through wastes and pools, and over more records
than a query examines; and what a buyer learns of those behind its delivery."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.callers import Callers
from support.cli import run
from support.doubtful_routes import CASES, END, START, STEEL, Doubtful, Signer, doubtful_records, slab
from support.inside import inside
from support.parties import nonces, party
from support.revising import change, digest_of
from support.sectors import MAKE, Make
from support.server import Posted, Server, prepared_home
from support.witness import registry

from ledger.core.record.kinds import Addition, Amendment, AppointedReader, Pool, Transfer, Transformation
from ledger.core.record.values import Flow, Output, Quantity, Supply
from ledger.engine.findings import answer_to, finding_codes
from ledger.engine.sectors import Registry
from ledger.footprint.derived.findings import BELOW_RANGE
from ledger.footprint.derived.rank_findings import FindingList
from ledger.registry.installed import factor_sets
from ledger.service.queries.findings import (
    HIDDEN_NOTE,
    MAX_RECORDS,
    FindingTargets,
    may_have_findings,
    note_on,
    read_findings,
)
from ledger.service.queries.tree_size import NOW
from ledger.store.database import open_pool
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.embedded.addresses import attach


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        yield server


@pytest.fixture(scope="module")
def cases(served: Server) -> Mapping[str, Doubtful]:
    return doubtful_records(served)


def get(server: Server, path: str, **parameters: Any) -> Any:
    response = httpx.get(f"{server.url}{path}", params=parameters, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def codes(answer: Any) -> set[str]:
    return {finding["code"] for finding in answer.get("findings", [])}


def kilograms(value: str) -> Quantity:
    return Quantity(value=value, unit="KGM")


def made(maker: Signer, inputs: Mapping[str, str], outputs: Mapping[str, str], waste: str | None = None) -> Posted:
    """Parts out of lots, in kg; with a lot of so many kg of scrap."""
    scrap = [] if waste is None else [Output(
        lot=maker.name("lot:scrap"), product=maker.name("scrap"), quantity=kilograms(waste), role="waste",
        origin="preConsumer")]
    return maker.signed(
        Transformation, facility=maker.name("site"), process=MAKE, start=START, end=END,
        activity=Raw(msgspec.json.encode(Make(co2="1"))),
        inputs=[Flow(lot=maker.name(lot), quantity=kilograms(amount)) for lot, amount in inputs.items()],
        outputs=[
            *[Output(lot=maker.name(lot), product=maker.name("part"), quantity=kilograms(amount), role="product")
              for lot, amount in outputs.items()], *scrap,
        ],
    )


def test_questions_arrive_through_wastes_and_pools(served: Server) -> None:
    """By mass. The listed findings account for the whole question of each lot."""
    maker = Signer(served, "stockist")
    served.post([maker.product(name, "works", STEEL) for name in ("slab", "part", "scrap")])
    (cheap,) = served.post([slab(maker, "10").posted])
    page = " ".join(run("show", cheap.digest, "--url", served.url).succeeded().out.split())
    assert f"to answer {BELOW_RANGE}: {finding_codes()[BELOW_RANGE].answer} Documents: " in page
    served.post([
        made(maker, {"lot:slab": "1000"}, {"lot:part": "800"}, waste="200"),
        made(maker, {"lot:scrap": "200"}, {"lot:recast": "200"}),
        maker.signed(Pool, id=maker.name("stock"), facility=maker.name("site"), product=maker.name("part")),
        maker.signed(Addition, pool=maker.name("stock"), time=END,
                     inputs=[Flow(lot=maker.name("lot:part"), quantity=kilograms("800"))]),
        made(maker, {"stock": "400"}, {"lot:drawn": "400"}),
    ])
    whole = get(served, "/v1/lots", lot=maker.name("lot:slab"))[0]["questioned"]
    for lot, part in (("part", 0.8), ("scrap", 0.2), ("recast", 0.2), ("drawn", 0.4)):
        answer = get(served, "/v1/footprint", lot=maker.name(f"lot:{lot}"))
        assert answer["questioned"] >= part * whole * (1 - 1e-12)
        amounts = [finding.get("questioned", 0.0) for finding in answer["findings"]]
        assert sum(amounts) == pytest.approx(answer["questioned"], rel=1e-9)
        (slabs,) = [one for one in answer["findings"] if one["amount"] == whole]
        assert (slabs["code"], slabs["questioned"]) == (BELOW_RANGE, pytest.approx(part * whole))
        # By cut-off, waste carries no burdens.
        assert (slabs["recordBurdens"] > 0) == (lot in ("part", "drawn"))


def test_an_amendment_settles_a_finding(served: Server) -> None:
    maker = Signer(served, "settled")
    served.post([maker.product("slab", "steel", STEEL), maker.product("plate", "steel", STEEL)])
    bought = slab(maker, "2000")
    rolled = maker.signed(
        Transformation, facility=maker.name("site"), process="steel.rolling", start=START, end=END,
        activity=Raw(b"{}"), inputs=[Flow(lot=bought.lot, quantity=bought.quantity)], outputs=[
            Output(lot=maker.name("lot:plate"), product=maker.name("plate"), quantity=kilograms("950"), role="product"),
        ],
    )
    *_, before = served.post([bought.posted, rolled])
    plate = maker.name("lot:plate")
    missing = {"electricity-unusual", "heat-unusual"}
    assert missing <= codes(get(served, "/v1/footprint", lot=plate))
    shown = get(served, "/v1/show", name=before.digest)["findings"]
    assert shown == get(served, f"/v1/records/{before.digest}")["findings"]
    page = " ".join(run("show", before.digest, "--url", served.url).succeeded().out.split())
    for finding in shown:
        assert f"{finding['code']}: {finding['message']}" in page
    (listed,) = [one for one in get(served, "/v1/record-list", issuer=maker.party.id, findings="true")["records"]
                 if one["index"] == before.index]
    assert (listed["findings"], listed["process"]) == (shown, "steel.rolling")
    table = " ".join(run("findings", maker.party.id, "--url", served.url).succeeded().out.split())
    for finding in shown:
        assert f"{finding['code']}: {finding['message']}" in table
    for code in codes({"findings": shown}):
        for text in (page, table):
            assert f"to answer {code}: {answer_to(code)}" in text
    energy = [
        Supply(material="electricity", quantity=Quantity(value="95", unit="KWH")),
        Supply(material="naturalGas", quantity=Quantity(value="40", unit="NM3"), mass=kilograms("30")),
    ]
    served.post([maker.signed(Amendment, reason="the bills", changes=[change(rolled, supplies=energy)])])
    for path in ("/v1/footprint", "/v1/gaps", "/v1/contributions"):
        assert not missing & codes(get(served, path, lot=plate))
    for path in ("/v1/footprint", "/v1/contributions"):
        assert missing <= codes(get(served, path, lot=plate, at=before.index + 1))
    record = get(served, f"/v1/records/{before.digest}")
    assert missing <= codes(record)
    assert not missing & codes(record["revisions"][0])
    assert not missing & codes(get(served, "/v1/show", name=before.digest))
    assert missing <= codes(get(served, "/v1/show", name=before.digest, at=before.index + 1))
    still = get(served, "/v1/record-list", issuer=maker.party.id, findings="true")
    assert not missing & {finding["code"] for one in still["records"] for finding in one["findings"]}
    assert not missing & still.get("toAnswer", {}).keys()
    (restated,) = get(served, "/v1/changes", holder=maker.party.id)["changes"]
    assert not missing & codes(restated)


def test_an_amendment_says_which_findings_remain(served: Server, tmp_path: Path) -> None:
    """Before it is posted and after, in the same words."""
    maker = Signer(served, "remaining")
    served.post([maker.product("slab", "steel", STEEL), maker.product("plate", "steel", STEEL)])
    bought = slab(maker, "2000")
    rolled = maker.signed(
        Transformation, facility=maker.name("site"), process="steel.rolling", start=START, end=END,
        activity=Raw(b"{}"), inputs=[Flow(lot=bought.lot, quantity=bought.quantity)], outputs=[
            Output(lot=maker.name("lot:plate"), product=maker.name("plate"), quantity=kilograms("950"), role="product"),
        ],
    )
    served.post([bought.posted, rolled])
    power = [Supply(material="electricity", quantity=Quantity(value="95", unit="KWH"))]
    path = tmp_path / "signed.ndjson"
    path.write_bytes(b"\n".join(served.envelopes(
        [maker.signed(Amendment, reason="the bill", changes=[change(rolled, supplies=power)])])))
    foreseen = run("submit", path, "--url", served.url, "--dry-run", "--json").succeeded()
    (told,) = json.loads(foreseen.out)["checked"][0]["restatement"]["findings"]
    assert told["record"] == digest_of(rolled)
    assert {one["code"] for one in told["settled"]} == {"electricity-unusual"}
    assert {one["code"] for one in told["remaining"]} == {"heat-unusual"}
    before = run("submit", path, "--url", served.url, "--dry-run").succeeded().out
    stated = json.loads(run("submit", path, "--url", served.url, "--json").succeeded().out)
    assert stated["receipts"][0]["restatement"]["findings"] == [told]
    after = run("submit", path, "--url", served.url).succeeded().out
    for text in (before, after):
        assert f"settled at record {digest_of(rolled)[:16]}…: warning electricity-unusual: " in text
        assert f"remains at record {digest_of(rolled)[:16]}…: warning heat-unusual: " in text


def in_database(server: Server, targets: FindingTargets, most: int) -> FindingList:
    async def read() -> FindingList:
        pool = await open_pool(attach(server.home).app_url, size=1)
        try:
            assert await may_have_findings(pool)
            return await read_findings(pool, targets, NOW, most)
        finally:
            await pool.close()

    return asyncio.run(read())


def test_more_records_than_a_query_examines(served: Server, cases: Mapping[str, Doubtful]) -> None:
    """Only its own findings are listed then, and the answer says so."""
    case = cases["firing"]
    (lot,) = get(served, "/v1/lots", lot=case.lot)
    (part,) = get(served, "/v1/lots", lot=case.part)
    for answer, own in ((lot, True), (part, False)):
        targets = FindingTargets({answer["index"] * 1024: 1.0}, answer["questioned"], frozenset({answer["index"]}))
        whole = in_database(served, targets, MAX_RECORDS)
        assert case.code in {finding.code for finding in whole.items}
        assert (note_on(whole) or "").startswith("" if own else "the log's key vouches")
        beyond = in_database(served, targets, 0)
        assert (beyond.beyond, case.code in {finding.code for finding in beyond.items}) == (0, own)
        assert "findings=all examines up to 250,000" in (note_on(beyond) or "")


def test_a_log_without_findings_is_not_walked() -> None:
    async def read(url: str) -> bool:
        pool = await open_pool(url, size=1)
        try:
            return await may_have_findings(pool)
        finally:
            await pool.close()

    with prepared_home() as home, EmbeddedPostgres(home) as postgres:
        run("init", "--home", home).succeeded()
        assert asyncio.run(read(postgres.app_url)) is False


def test_all_findings_on_request(served: Server, cases: Mapping[str, Doubtful]) -> None:
    case = cases["melting"]
    near, everything = (get(served, "/v1/footprint", lot=case.part, findings=depth) for depth in ("near", "all"))
    assert near == everything
    response = httpx.get(f"{served.url}/v1/footprint", params={"lot": case.part, "findings": "some"}, timeout=60)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


ASKED: Final = ("electrolysis", "declared", "shared")
"""The cases whose findings question an amount that the amendment leaves."""
OFFICE: Final = "office"
"""Sees everything."""


class Deliveries(NamedTuple):
    callers: Callers
    cases: Mapping[str, Doubtful]
    shop: Signer
    """Bought a part of each buyer."""

    def ask(self, caller: str, path: str, **parameters: str) -> Any:
        answer = self.callers.get(caller, path, parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def findings(self, caller: str, lot: str, path: str = "/v1/footprint") -> list[dict[str, Any]]:
        return self.ask(caller, path, lot=lot).get("findings", [])

    def delivery(self, case: Doubtful) -> int:
        """Log index of the transfer to the buyer."""
        (lot,) = self.ask(case.buyer, "/v1/lots", lot=case.delivered)
        return lot["index"]

    def made(self, case: Doubtful, lot: str) -> dict[tuple[str, str], float]:
        """What the maker's record contributes to a lot, as the office sees it: kg by code and severity."""
        amounts: dict[tuple[str, str], float] = {}
        for one in self.findings(f"urn:example:{OFFICE}", lot):
            if one["record"] == case.receipt.index:
                key = one["code"], one["severity"]
                amounts[key] = amounts.get(key, 0.0) + one.get("questioned", 0.0)
        return amounts


def by_code(findings: list[dict[str, Any]], amount: str = "questioned") -> dict[tuple[str, str], float]:
    amounts: dict[tuple[str, str], float] = {}
    for one in findings:
        key = one["code"], one["severity"]
        amounts[key] = amounts.get(key, 0.0) + one.get(amount, 0.0)
    return amounts


@pytest.fixture(scope="module")
def deliveries() -> Iterator[Deliveries]:
    known = Registry([*registry().sectors.values()], factor_sets())
    with prepared_home() as home, inside(home, access="parties", known=known) as ledger:
        cases = doubtful_records(ledger)
        shop, office = Signer(ledger, "shop"), Signer(ledger, OFFICE)
        ledger.post([(ledger.registrar, AppointedReader(
            issuer=ledger.registrar.id, nonce="A" * 22, organization=office.party.id, purpose="supervision"))])
        callers = Callers(ledger)
        fresh = nonces(1, "resold")
        for name, case in cases.items():
            (part,) = callers.get(case.buyer, "/v1/lots", {"lot": case.part}).json()
            buyer = party(1, f"buyer-of-{name}")
            ledger.post([(buyer, Transfer(
                issuer=buyer.id, nonce=next(fresh), lot=case.part, quantity=Quantity(**part["quantity"]),
                to=shop.party.id, new_lot=f"{case.part}-sold", time=END))])
        yield Deliveries(callers, cases, shop)


@pytest.mark.parametrize("name", CASES)
def test_the_buyer_sees_code_severity_and_kg_of_the_makers_findings(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    transfer = deliveries.delivery(case)
    for lot in (case.delivered, case.part):
        made = deliveries.made(case, lot)
        assert made
        found = [one for one in deliveries.findings(case.buyer, lot) if one["record"] == transfer]
        assert by_code(found) == {key: pytest.approx(kg, rel=1e-9) for key, kg in made.items()}
        # Nothing that tells the maker's whole record, and no finding of the buyer's own.
        for one in found:
            assert one.keys() <= {"record", "code", "severity", "questioned"}
        assert case.receipt.index not in [one["record"] for one in deliveries.findings(case.buyer, lot)]


@pytest.mark.parametrize("name", CASES)
def test_what_lies_further_upstream_is_a_sum(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    answer = deliveries.ask(case.buyer, "/v1/footprint", lot=case.delivered)
    explained = sum([one.get("questioned", 0.0) for one in answer.get("findings", [])])
    rest = answer["questioned"] - explained
    assert rest >= -1e-9 * answer["questioned"]
    assert (HIDDEN_NOTE in answer.get("findingsNote", "")) == (rest > 1e-9 * answer["questioned"])
    # The shop is two steps behind the maker: it sees how much is in question, but no code of the maker's.
    shown = deliveries.ask(deliveries.shop.party.id, "/v1/footprint", lot=f"{case.part}-sold")
    assert {code for code, _ in deliveries.made(case, case.part)}.isdisjoint(
        [one["code"] for one in shown.get("findings", [])])
    assert shown["questioned"] == deliveries.ask(case.buyer, "/v1/footprint", lot=case.part)["questioned"]
    if name in ASKED:
        assert shown["questioned"] > 0
        assert HIDDEN_NOTE in shown["findingsNote"]


@pytest.mark.parametrize("name", CASES)
def test_lot_record_gaps_and_chain_show_the_same(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    made = {key: pytest.approx(kg, rel=1e-9) for key, kg in deliveries.made(case, case.delivered).items()}
    (lot,) = deliveries.ask(case.buyer, "/v1/lots", lot=case.delivered)
    assert by_code(lot["findings"], "amount") == made
    record = deliveries.ask(case.buyer, f"/v1/records/{lot['record']}")
    assert by_code(record["lotFindings"], "amount") == made
    assert "findings" not in record
    assert "findings" not in deliveries.ask(case.buyer, "/v1/show", name=lot["record"])
    graph = deliveries.ask(case.buyer, "/v1/chain", lot=case.part)
    (node,) = [one for one in graph["nodes"] if one["id"] == case.delivered]
    assert by_code(node["findings"], "amount") == made
    in_part = {key: pytest.approx(kg, rel=1e-9) for key, kg in deliveries.made(case, case.part).items()}
    transfer = deliveries.delivery(case)
    for path in ("/v1/gaps", "/v1/contributions"):
        found = [one for one in deliveries.findings(case.buyer, case.part, path) if one["record"] == transfer]
        assert by_code(found) == in_part
    rows = deliveries.ask(case.buyer, "/v1/contributions", lot=case.part, by="record")["rows"]
    (received,) = [row["received"] for row in rows if row["part"] == "received"]
    assert set(received["findings"]) == {code for code, _ in made}


@pytest.mark.parametrize("name", CASES)
def test_a_table_of_questions_counts_them_once(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    answer = deliveries.ask(case.buyer, "/v1/contributions", lot=case.part, burden="questionedAbs")
    assert sum([row["amount"] for row in answer["rows"]]) == pytest.approx(answer["figure"], rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_no_answer_has_a_stated_value_or_the_record_of_the_maker(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    digest = digest_of(case.posted)
    stated = deliveries.ask(case.maker, f"/v1/records/{digest}")["findings"]
    assert stated
    revised = deliveries.ask(case.maker, f"/v1/records/{digest}").get("revisions", [])
    now = revised[-1].get("findings", []) if revised else stated
    assert deliveries.ask(case.maker, "/v1/show", name=digest).get("findings", []) == now
    assert deliveries.callers.get(case.buyer, "/v1/show", {"name": digest}).status_code == 404
    asked = {"issuer": case.maker, "findings": "true"}
    assert deliveries.callers.get(case.buyer, "/v1/record-list", asked).status_code == 404
    listed = deliveries.ask(case.maker, "/v1/record-list", **asked)["records"]
    assert {one["record"]: one["findings"] for one in listed}.get(digest, []) == now
    for path in ("/v1/footprint", "/v1/lots", "/v1/gaps", "/v1/contributions", "/v1/chain"):
        for lot in (case.delivered, case.part):
            text = deliveries.callers.get(case.buyer, path, {"lot": lot}).text
            assert digest not in text
            for one in stated:
                assert one["message"] not in text
                assert not one.get("value") or f"{one['value']!r}" not in text
