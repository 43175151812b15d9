"""Footprints over HTTP: the parts add up, the quality is said, and every figure is the one that a receipt proves."""

import math
from typing import Any

import httpx
import msgspec
import pytest
from carbon_ledger_circular.collection import Collection
from support.sectors import Emission, Gap, Given, Make
from support.server import Server
from support.workshop import STORED, kilograms, workshop

from ledger.core.outcome.assessment import ADDITIVE
from ledger.core.outcome.leaves import LotLeaf
from ledger.core.receipts.receipt import verify_receipt
from ledger.core.record.values import Factor, Output, Quantity, Supply


def footprint(server: Server, lot: str) -> dict[str, Any]:
    response = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot}, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def added(burdens: dict[str, float]) -> float:
    total = 0.0
    for name in ADDITIVE:
        total += burdens.get(name, 0.0)
    return total


def check_parts(answer: dict[str, Any]) -> None:
    """Direct, inputs and what was assigned make the whole: as a footprint, and burden by burden where nothing was."""
    direct, inputs, assigned = answer["direct"], answer.get("inputs", []), answer.get("assigned", 0.0)
    parts = [direct["footprint"], *[one["footprint"] for one in inputs], assigned]
    scale = math.fsum(map(abs, parts)) or 1.0
    assert math.fsum(parts) == pytest.approx(answer["footprint"], abs=1e-9 * scale)
    assert added(answer["burdens"]) == pytest.approx(answer["footprint"], abs=1e-9 * scale)
    assert added(direct["burdens"]) == pytest.approx(direct["footprint"], abs=1e-9 * scale)
    lines = math.fsum(line["amount"] for line in direct["lines"] if line["burden"] in ADDITIVE)
    assert lines == pytest.approx(direct["footprint"], abs=1e-9 * scale)
    for one in inputs:
        assert added(one["burdens"]) == pytest.approx(one["footprint"], abs=1e-9 * scale)
        assert 0 < one["part"] <= 1
    if not assigned:
        for burden, amount in answer["burdens"].items():
            found = [part["burdens"].get(burden, 0.0) for part in (direct, *inputs)]
            assert math.fsum(found) == pytest.approx(amount, abs=1e-9 * (math.fsum(map(abs, found)) or 1.0)), burden
    amount = float(answer["lot"]["quantity"]["value"])
    assert answer["footprintPerUnit"] == pytest.approx(answer["footprint"] / amount)
    assert answer["unit"] == answer["lot"]["quantity"]["unit"]


def check_quality(answer: dict[str, Any]) -> None:
    """Title, completeness and primary share follow from the figures."""
    burdens = answer["burdens"]
    absolute, omitted = burdens.get("absGhg", 0.0), burdens.get("omittedAbs", 0.0)
    if burdens.get("unestimated", 0.0):
        expected = None
        assert answer["completeness"] == answer["exempted"] == "unknown"
    else:
        expected = absolute / (absolute + omitted) if absolute + omitted else 1.0
        assert answer["completeness"] == f"{expected * 100:.1f} %"
        assert answer["exempted"] == f"{(1 - expected) * 100:.1f} %"
    complete = expected is not None and expected >= 0.95
    assert answer["title"] == ("footprint" if complete else "incomplete footprint")
    assert answer["unestimated"] == burdens.get("unestimated", 0.0)
    if absolute:
        assert answer["primaryShare"] == pytest.approx(burdens.get("primaryAbs", 0.0) / absolute)
        assert -1e-12 <= answer["primaryShare"] <= 1 + 1e-12
    assert answer["biogenicUptake"] == pytest.approx(-44 / 12 * answer["contents"].get("biogenicCarbon", 0.0))


def test_lots_of_a_network(network: Any) -> None:
    """What the answer says is what the receipt of its record proves; of each third lot."""
    proved: dict[str, LotLeaf] = {}
    for receipt in network.receipts:
        proved.update({leaf.lot: leaf for leaf in verify_receipt(receipt, network.server.vkey).lots})
    assert proved.keys() == set(network.lots)
    titles, shares = set(), []
    for lot in network.lots[::3]:
        answer = network.client.get("/v1/footprint", params={"lot": lot}).json()
        check_parts(answer)
        check_quality(answer)
        leaf = proved[lot]
        assert answer["burdens"] == {name: float(text) for name, text in leaf.burdens.items()}
        assert answer["contents"] == {name: float(text) for name, text in leaf.contents.items()}
        assert (answer["method"], answer.get("plugin")) == (leaf.method, leaf.plugin)
        assert answer["lot"]["quantity"] == msgspec.to_builtins(leaf.quantity)
        assert answer["record"] in network.graph.predecessors(lot)
        titles.add(answer["title"])
        shares += [share for material in answer.get("recycledContent", {}).values() for share in material.values()]
    assert titles == {"footprint", "incomplete footprint"}
    assert shares
    assert all(0 < share <= 1 + 1e-9 for share in shares)


def test_a_footprint_worked_by_hand(server: Server) -> None:
    """100 kg with 50 kg CO2; 80 of them with 10 kg CO2 and a priced supply become 60 and 20."""
    shop = workshop(server, "hand")
    bought = Supply(
        material="alloy", quantity=kilograms("5"),
        factor=Factor(value="4", unit="KGM", source="a table", year=2024, boundary="cradleToGate"),
    )
    server.post([
        shop.mine("a", "100", co2="50"),
        shop.make({"b": "60", "b2": "20"}, {"a": "80"}, activity=Make(co2="10"), supplies=[bought]),
    ])
    answer = footprint(server, shop.name("b"))
    check_parts(answer)
    check_quality(answer)
    # 0.75 * (10 + 20 + 0.8 * 50)
    assert (answer["share"], answer["footprint"]) == (0.75, pytest.approx(52.5))
    assert answer["direct"]["footprint"] == pytest.approx(22.5)
    (given,) = answer["inputs"]
    assert (given["lot"], given["part"], given["footprint"]) == (shop.name("a"), 0.8, pytest.approx(30))
    assert (answer["title"], answer["completeness"], answer["plugin"]) == ("footprint", "100.0 %", "works/1.0.0")
    assert answer["lot"]["remaining"] == "60"
    (line,) = [one for one in answer["direct"]["lines"] if one["kind"] == "upstream"]
    assert line["factor"] in answer["factors"]
    assert line["amount"] == pytest.approx(15)


def test_what_is_left_out_is_said(server: Server) -> None:
    """With an estimate the completeness is a number, without one it is unknown; both pass down the chain."""
    shop = workshop(server, "gaps", pot="100")
    server.post([
        shop.make({"estimated": "10"}, {"pot": "10"}, activity=Make(co2="90", gaps=[Gap(what="oil", estimate="10")])),
        shop.make({"little": "10"}, {"pot": "10"}, activity=Make(co2="99", gaps=[Gap(what="oil", estimate="1")])),
        shop.make({"unknown": "10"}, {"pot": "10"}, activity=Make(co2="90", gaps=[Gap(what="oil")])),
        shop.make({"after": "10"}, {"unknown": "10"}, activity=Make(co2="90")),
    ])
    told = {name: footprint(server, shop.name(name)) for name in ("estimated", "little", "unknown", "after")}
    for answer in told.values():
        check_parts(answer)
        check_quality(answer)
    assert [answer["title"] for answer in told.values()] == [
        "incomplete footprint", "footprint", "incomplete footprint", "incomplete footprint",
    ]
    # The pot's own 1 kg CO2 a 100 kg counts too.
    assert told["estimated"]["completeness"] == f"{90.1 / 100.1 * 100:.1f} %"
    assert told["estimated"]["direct"]["omissions"] == [{"what": "oil", "estimate": 10.0}]
    assert (told["unknown"]["direct"]["omissions"], told["after"]["completeness"]) == ([{"what": "oil"}], "unknown")
    assert told["after"]["direct"].get("omissions", []) == []


def test_amounts_that_are_assigned(server: Server) -> None:
    """System expansion: what one output is given is taken from the others."""
    shop = workshop(server, "given")
    given = Given(output=1, burden="fossilGhgEmissions", amount="30")
    server.post([shop.make({"steel": "60", "slag": "40"}, ore="100", activity=Make(co2="100", assigned=[given]))])
    steel, slag = footprint(server, shop.name("steel")), footprint(server, shop.name("slag"))
    for answer in (steel, slag):
        check_parts(answer)
    assert (steel["footprint"], slag["footprint"]) == (pytest.approx(0.6 * 70), pytest.approx(0.4 * 70 + 30))
    assert (steel["assigned"], slag["assigned"]) == (pytest.approx(-18), pytest.approx(18))


def test_removals_and_biogenic_carbon(server: Server) -> None:
    shop = workshop(server, "removals")
    captured = Emission(amount="-20", burden="technologicalCO2Removals", source="capture")
    server.post([shop.make({"lot": "10"}, ore="10", activity=Make(co2="50", emissions=[captured]),
                           evidence=STORED)])
    answer = footprint(server, shop.name("lot"))
    check_parts(answer)
    check_quality(answer)
    assert answer["footprint"] == pytest.approx(30)
    assert answer["burdens"]["technologicalCO2Removals"] == pytest.approx(-20)
    # Quality is weighted by absolute amounts: a removal hides no emission.
    assert answer["burdens"]["absGhg"] == pytest.approx(70)


def test_a_recalled_factor_is_flagged(server: Server) -> None:
    """China's grid average of 2021 could not be checked against its source; that of 2022 could."""
    shop = workshop(server, "grid", pot="100")
    power = Supply(material="electricity", quantity=Quantity(value="1000", unit="KWH"))

    def collected(lot: str, year: int) -> Any:
        party, record = shop.make({lot: "10"}, {"pot": "10"}, activity=Collection(), supplies=[power])
        return party, msgspec.structs.replace(
            record, process="circular.collection", start=f"{year}-03-01T00:00:00Z", end=f"{year}-03-02T00:00:00Z",
        )

    server.post([collected("recalled", 2021), collected("read", 2022)])
    recalled, read = footprint(server, shop.name("recalled")), footprint(server, shop.name("read"))
    assert read.get("recalledFactors", []) == []
    (name,) = recalled["recalledFactors"]
    assert "2021" in name
    assert name in recalled["factors"]
    assert [line["factor"] for line in recalled["direct"]["lines"] if line.get("recalled")] == [name]
    assert not any(line.get("recalled") for line in read["direct"]["lines"])
    assert recalled["direct"]["footprint"] == pytest.approx(556.8)
    for answer in (recalled, read):
        check_parts(answer)
        check_quality(answer)
        assert answer["plugin"].startswith("circular/")


def test_waste_leaves_its_record_without_burden(server: Server) -> None:
    """And says so: its footprint is nothing, the product carries it all."""
    shop = workshop(server, "scrap", pot="100")
    party, record = shop.make({"part": "70"}, {"pot": "100"}, activity=Make(co2="30"))
    scrap = Output(lot=shop.name("scrap"), product=shop.name("part"), quantity=kilograms("30"), role="waste",
                   origin="preConsumer")
    server.post([(party, msgspec.structs.replace(record, outputs=[*record.outputs, scrap]))])
    waste, part = footprint(server, shop.name("scrap")), footprint(server, shop.name("part"))
    assert (waste["footprint"], waste["share"]) == (0.0, 0.0)
    assert (part["footprint"], part["share"]) == (31.0, 1.0)
    assert waste["contents"]["material:steel"] == pytest.approx(30 * 0.98)
    for answer in (waste, part):
        check_parts(answer)


@pytest.mark.parametrize(("parameters", "status", "code"), [
    ({"lot": "urn:example:nobody:lot"}, 404, "not-found"),
    ({}, 400, "invalid-request"),
    ({"lot": ""}, 400, "invalid-request"),
    ({"lot": "x" * 256}, 400, "invalid-request"),
    ({"lot": "x\0"}, 400, "invalid-request"),
    ({"lot": "x", "method": "cut-off/1"}, 400, "invalid-request"),
])
def test_what_has_no_footprint(network: Any, parameters: dict[str, str], status: int, code: str) -> None:
    response = network.client.get("/v1/footprint", params=parameters)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["Content-Type"] == "application/problem+json"
