"""The goods that an organisation bought: their footprint by supplier, and the coverage of the data behind it."""

import asyncio
import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace
from support.parties import enrolment
from support.sectors import Emission, Make
from support.trade import Trade, sent, traded
from support.workshop import END, START, Workshop, workshop

from ledger.core.log.entry import parse_entry
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.kinds import Attestation, Subject
from ledger.errors import InvalidInput
from ledger.service.queries.bought.read import ReadLimits, read_coverage, read_received_footprint
from ledger.service.queries.lists.transfers import TransferQuery
from ledger.store.database import open_pool
from ledger.store.embedded import attach
from ledger.store.sql import queries

YEAR = 365.25 * 86_400


@pytest.fixture(scope="module")
def trade() -> Iterator[Trade]:
    """Of the mill the shop bought 40 kg of a (20 kg CO2), and of b 50 kg (40, with 10 left out) and 30 kg (24, with 6).
    Of the smith it buys 20 kg with 6 kg of CO2 of its own and 30 by an estimate. An auditor attested the mill's a."""
    with traded() as trade:
        server, smith, auditor = trade.server, workshop(trade.server, "smith"), Workshop("auditor")
        enrolled = replace(enrolment(auditor.party, server.registrar, server.origin, auditor.nonce()),
                           roles=["auditor"])
        estimated = Emission(source="power", amount="30", primary=False)
        server.post([
            (server.registrar, enrolled),
            smith.make({"s": "20"}, ore="20", activity=Make(co2="6", emissions=[estimated])),
        ])
        server.post([
            sent(smith, trade.shop, "s", "20", "s1", "2025-07-01"),
            auditor.signed(Attestation(
                issuer=auditor.id, nonce=auditor.nonce(), subject=Subject(kind="lot", id=trade.mill.name("a")),
                standard="ISO 14064-3", level="limited", opinion="unmodified", start=START, end=END,
                valid_until="2099-01-01T00:00:00Z", accreditation=Accreditation(body="DAkkS", number="D-VS-1"),
                scope=AttestationScope(criteria="PACT 3", coverage="product"))),
        ])
        yield trade


def coverage(trade: Trade, **parameters: Any) -> Any:
    return trade.ask("coverage", organization=trade.shop.id, **parameters)


def test_the_footprint_of_goods_from_one_supplier(trade: Trade) -> None:
    """20 + 40 + 24 = 84 kg over 40 + 50 + 30 = 120 kg. What is disputed, withdrawn or in custody counts apart."""
    answer = trade.ask("footprint/received", organization=trade.shop.id, party=trade.mill.id)
    assert answer["footprint"] == pytest.approx(84)
    (total,) = answer["quantities"]
    assert (total["quantity"], total["footprintPerUnit"]) == ({"value": "120", "unit": "KGM"}, pytest.approx(0.7))
    assert answer["goods"] == [total]
    assert (answer["lots"], answer["open"], answer["omitted"]) == (3, 1, pytest.approx(16))
    assert {one["reason"]: (one["lots"], round(one["footprint"], 6)) for one in answer["apart"]} == {
        "custody": (1, 5.0), "disputed": (1, 10.0), "withdrawn": (1, 0.0)}
    assert {one["title"]: (one["lots"], one["share"]) for one in answer["titles"]} == {
        "incomplete footprint": (2, pytest.approx(64 / 84)), "footprint": (1, pytest.approx(20 / 84))}
    assert (answer["primaryShare"], answer["secondaryShare"]) == (1.0, 0.0)
    listed = trade.ask("received", organization=trade.shop.id, party=trade.mill.id)["transfers"]
    assert answer["transfers"] == [
        row for row in listed if row["state"] not in ("disputed", "withdrawn") and row["purpose"] == "sale"]
    assert "leftOff" not in answer


def test_coverage_by_supplier(trade: Trade) -> None:
    """36 of 120 kg CO2e are the smith's, 30 of them estimated: 6 / 36 and, of all, (84 + 6) / 120 are primary."""
    answer = coverage(trade)
    mill, smith = answer["suppliers"]
    assert (mill["party"], smith["party"]) == (trade.mill.id, smith_id(trade))
    assert (mill["weight"], smith["weight"]) == (pytest.approx(0.7), pytest.approx(0.3))
    assert (answer["footprint"], mill["footprint"], smith["footprint"]) == (
        pytest.approx(120), pytest.approx(84), pytest.approx(36))
    assert (answer["primaryShare"], smith["primaryShare"]) == (pytest.approx(0.75), pytest.approx(1 / 6))
    assert smith["secondaryShare"] == pytest.approx(5 / 6)
    assert (mill["omitted"], smith["omitted"]) == (pytest.approx(16), 0)
    alone = trade.ask("footprint/received", organization=trade.shop.id, party=trade.mill.id)
    names = set(mill) - {"party", "weight", "goods", "goodsLeftOff", "verified"}
    assert {name: mill[name] for name in names} == {name: alone[name] for name in names}
    assert mill["goods"] == alone["goods"]


def smith_id(trade: Trade) -> str:
    return trade.mill.id.replace("mill", "smith")


def test_who_attested_and_until_when(trade: Trade) -> None:
    """The attestation of a covers the 20 kg CO2e that the shop has of it, out of the mill's 84."""
    mill, smith = coverage(trade)["suppliers"]
    (attested,) = mill["verified"]["attestations"]
    assert (attested["validUntil"], attested["countsAs"]) == ("2099-01-01T00:00:00Z", "thirdParty")
    assert attested["auditor"] == trade.mill.id.replace("mill", "auditor")
    assert mill["verified"]["thirdParty"] == pytest.approx(20 / 84)
    assert "verified" not in smith
    alone = trade.ask("footprint/received", organization=trade.shop.id, party=trade.mill.id)
    assert alone["verified"] == mill["verified"]


def test_the_age_of_data(trade: Trade) -> None:
    """All lots can have been made from 1 March 2025 on: so old are they at the time of the newest entry."""
    answer = coverage(trade)
    record = trade.ask("records/" + trade.ask("show", name=str(answer["at"] - 1))["entered"]["record"])
    time = parse_entry(base64.b64decode(record["entry"])).time / 1000
    age = (time - datetime.fromisoformat(START).timestamp()) / YEAR
    assert (answer["oldestData"], answer["dataAge"]) == (START, pytest.approx(age, abs=1e-6))
    assert "undated" not in answer


def test_periods_and_tree_sizes(trade: Trade) -> None:
    """A period selects by the time of the transfers; an earlier tree has neither the smith's goods nor the dispute."""
    april = coverage(trade, **{"from": "2025-04-01", "to": "2025-04-30"})
    assert (april["footprint"], april["lots"], april["from"]) == (pytest.approx(40), 1, "2025-04-01T00:00:00Z")
    before = trade.ask("show", name=trade.transfers["t6"])["entered"]["index"] + 1
    then = coverage(trade, at=before)
    assert then["at"] == before
    # 20 + 48 + 10 + 24 + 8: nothing is short, disputed or withdrawn yet.
    assert (then["footprint"], then["open"], len(then["suppliers"])) == (pytest.approx(110), 5, 1)
    assert coverage(trade, at=before) == then


@pytest.mark.parametrize(("path", "parameters", "status", "code", "field"), [
    ("coverage", {}, 400, "invalid-request", "organization"),
    ("coverage", {"organization": "urn:x"}, 404, "unknown-organization", "organization"),
    ("coverage", {"organization": "SHOP", "from": "2030-01-01"}, 404, "no-purchases", "organization"),
    ("coverage", {"organization": "STRANGER"}, 404, "no-purchases", "organization"),
    ("coverage", {"organization": "SHOP", "to": "x"}, 400, "instant", "to"),
    ("footprint/received", {"organization": "SHOP"}, 400, "invalid-request", "party"),
    ("footprint/received", {"organization": "SHOP", "party": "urn:x"}, 404, "unknown-organization", "party"),
    ("footprint/received", {"organization": "SHOP", "party": "STRANGER"}, 404, "no-purchases", "organization"),
    ("footprint/received", {"organization": "SHOP", "party": "STRANGER", "limit": "1001"}, 400, "invalid-request",
     "limit"),
    ("footprint/received", {"organization": "SHOP", "party": "STRANGER", "at": "99999"}, 400, "tree-size", "at"),
])
def test_questions_that_have_no_answer(
    trade: Trade, path: str, parameters: dict[str, str], status: int, code: str, field: str
) -> None:
    names = {"SHOP": trade.shop.id, "STRANGER": trade.stranger.id}
    response = trade.get(path, **{name: names.get(value, value) for name, value in parameters.items()})
    problem = response.json()
    assert (response.status_code, problem["code"], problem.get("field")) == (status, code, field), problem


def test_an_error_names_transfers_that_do_not_count(trade: Trade) -> None:
    response = trade.get("coverage", organization=trade.shop.id, **{"from": "2025-06-10", "to": "2025-06-30"})
    assert "transfers that do not count: 1 custody, 1 withdrawn" in response.json()["detail"]


@pytest.mark.parametrize("read", [read_received_footprint, read_coverage])
@pytest.mark.parametrize(("limits", "error"), [
    (ReadLimits(transfers=1, examined=7), None),
    (ReadLimits(transfers=1, examined=6), ("at", "more than 6 transfers before the tree size", "at most 6 transfers")),
    (ReadLimits(transfers=0, examined=7), ("from", "more than 0 transfers in the period", "at most 0 transfers")),
])
def test_a_search_among_too_many_transfers_ends(
    trade: Trade, monkeypatch: pytest.MonkeyPatch, read: Any, limits: ReadLimits, error: tuple[str, str, str] | None
) -> None:
    """Of the seven transfers to the shop, the question is about the newest. Each page holds one."""
    monkeypatch.setattr("ledger.service.queries.bought.read._CHUNK", 1)
    statements: list[str] = []

    async def run() -> Any:
        pool = await open_pool(attach(trade.server.home).app_url)
        fetchval = pool.fetchval

        async def counted(sql: str, *values: Any) -> Any:
            statements.append(sql)
            return await fetchval(sql, *values)

        monkeypatch.setattr(pool, "fetchval", counted)
        query = TransferQuery(trade.shop.id, "received", smith_id(trade), "2025-06-30")
        try:
            return await read(pool, query, limits=limits)
        finally:
            await pool.close()

    if error is None:
        assert asyncio.run(run()).lots == 1
    else:
        field, message, rule = error
        with pytest.raises(InvalidInput, match=message) as caught:
            asyncio.run(run())
        assert (caught.value.code, caught.value.field) == ("too-many-transfers", field)
        assert rule in str(caught.value.rule)
    assert statements.count(queries("lists")["enrolled"]) == 2


# --- the command line ------------------------------------------------------------------------------------------------


def test_the_footprint_for_a_purchaser(trade: Trade) -> None:
    done = trade.run("footprint", "--received-from", trade.mill.id, "--organization", trade.shop.id).succeeded()
    assert "84.000 kg CO2e of 3 lots" in done.out
    assert f"120 KGM of {trade.mill.name('part')}: 0.7 kg CO2e per kilogram (KGM)" in done.out
    assert "incomplete footprint 76.2 % (2 lots), footprint 23.8 % (1 lot)" in done.out
    assert "neither accepted nor used yet: 1 lot of these" in done.out
    assert "not in the figure: 1 transfer, disputed, 10.000 kg CO2e" in done.out
    assert "valid until 2099-01-01T00:00:00Z" in done.out
    answer = json.loads(trade.run("footprint", "--received-from", trade.mill.id, "--organization", trade.shop.id,
                                  "--limit", 1, "--json").out)
    assert (len(answer["transfers"]), answer["leftOff"]) == (1, 2)


def test_coverage_for_people_and_spreadsheets(trade: Trade) -> None:
    done = trade.run("coverage", "--organization", trade.shop.id).succeeded()
    assert "120.000 kg CO2e of 4 lots from 2 suppliers" in done.out
    row = next(line for line in done.out.splitlines() if line.startswith(smith_id(trade)))
    assert row.split("  ")[0] == smith_id(trade)
    assert "30.0 %" in row
    assert "83.3 %" in row
    done = trade.run("coverage", "--organization", trade.shop.id, "--csv")
    table = list(csv.DictReader(io.StringIO(done.out)))
    assert [(line["supplier"], line["quantity"], float(line["kg CO2e"])) for line in table] == [
        (trade.mill.id, "120", pytest.approx(84)), (smith_id(trade), "20", pytest.approx(36))]
    assert float(table[0]["attested share"]) == pytest.approx(20 / 84)
    assert [float(line["omitted of the supplier"]) for line in table] == [pytest.approx(16), 0]
    assert [line["titles of the supplier"] for line in table] == [
        "incomplete footprint 76.2 % (2 lots), footprint 23.8 % (1 lot)", "footprint 100.0 % (1 lot)"]
    assert {line["omissions of unknown size of the supplier"] for line in table} == {"0.0"}


@pytest.mark.parametrize("arguments", [
    ("footprint", "--received-from", "x"), ("footprint", "--organization", "x"),
    ("footprint", "lot", "--received-from", "x", "--organization", "y"),
    ("footprint", "--product", "p", "--received-from", "x", "--organization", "y"),
    ("footprint", "--received-from", "x", "--organization", "y", "--gwp", "AR5"),
    ("footprint", "lot", "--from", "2025-01-01"), ("coverage",), ("coverage", "--organization", "x", "--csv", "--json"),
])
def test_wrong_usage(trade: Trade, arguments: tuple[str, ...]) -> None:
    done = trade.run(*arguments)
    assert (done.code, done.out) == (2, "")
