"""Findings behind a figure, out of a real database: as of any moment, through wastes and pools, and over more records
than a query examines."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.doubtful_routes import END, START, STEEL, Doubtful, Signer, doubtful_records, slab
from support.revising import change
from support.sectors import MAKE, Make
from support.server import Posted, Server, prepared_home

from ledger.core.record.kinds import Addition, Amendment, Pool, Transformation
from ledger.core.record.values import Flow, Output, Quantity, Supply
from ledger.footprint.derived.findings import BELOW_RANGE
from ledger.footprint.derived.rank_findings import FindingList
from ledger.service.queries.findings import MAX_RECORDS, FindingTargets, may_have_findings, note_on, read_findings
from ledger.service.queries.tree_size import NOW
from ledger.store.database import open_pool
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
    served.post([slab(maker, "10").posted])
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
    (restated,) = get(served, "/v1/changes", holder=maker.party.id)["changes"]
    assert not missing & codes(restated)


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
        assert beyond.beyond == 0
        assert (case.code in {finding.code for finding in beyond.items}) == own
        assert "findings=all examines up to 250,000" in (note_on(beyond) or "")


def test_a_log_without_findings_is_not_walked() -> None:
    with prepared_home() as home, Server(home) as server:
        async def read() -> bool:
            pool = await open_pool(attach(server.home).app_url, size=1)
            try:
                return await may_have_findings(pool)
            finally:
                await pool.close()

        assert asyncio.run(read()) is False


def test_all_findings_on_request(served: Server, cases: Mapping[str, Doubtful]) -> None:
    case = cases["melting"]
    near, everything = (get(served, "/v1/footprint", lot=case.part, findings=depth) for depth in ("near", "all"))
    assert near == everything
    response = httpx.get(f"{served.url}/v1/footprint", params={"lot": case.part, "findings": "some"}, timeout=60)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
