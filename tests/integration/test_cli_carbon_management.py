"""`inventory` and `indicators` against a real server: over HTTP, for people, for programs, and asked wrongly."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from support.cli import Done, run
from support.sectors import Carrier, Emission, Make
from support.server import Posted, Server, prepared_home
from support.witness import audited
from support.workshop import Workshop, kilograms, workshop

from ledger.core.record.kinds import Report
from ledger.core.record.values import Money, Supply


class Told(NamedTuple):
    """100 kg from 250 kg of coal that emits 500 kg in 2025, with 40 kg upstream and power of 60 kg; 200 kg in 2024."""

    server: Server
    shop: Workshop
    size: int

    def run(self, *arguments: object) -> Done:
        return run(*arguments, "--url", self.server.url)

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return httpx.get(f"{self.server.url}{path}", params=parameters, timeout=60)


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with prepared_home() as home, Server(home) as server:
        shop = workshop(server, "mill")
        activity = Make(
            emissions=[Emission(amount="500", source="coal"), Emission(amount="40", source="coal", kind="upstream"),
                       Emission(amount="60", source="electricity", kind="electricity", market="0")],
            energy=[Carrier(carrier="coal", amount="5000"), Carrier(carrier="electricity", amount="360")],
        )
        receipts = server.post([
            dated(shop.mine("old", "10", co2="200"), "2024"),
            dated(shop.make({"new": "100"}, ore="100", activity=activity,
                            supplies=[Supply(material="coal", quantity=kilograms("250"))]), "2025"),
            shop.signed(Report(
                issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), start="2025-01-01T00:00:00Z",
                end="2026-01-01T00:00:00Z", value_added=Money(value="1000", currency="CNY"),
            )),
        ])
        yield Told(server, shop, receipts[-1].index + 1)
        report = audited(server)
        assert report.ok, report.findings


def dated(posted: Posted, year: str) -> Posted:
    party, record = posted
    return party, replace(record, start=f"{year}-05-01T00:00:00Z", end=f"{year}-06-01T00:00:00Z")


def test_inventory_over_http(told: Told) -> None:
    response = told.get("/v1/inventory", organization=told.shop.id, year=2025)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["from"], answer["to"], answer["at"]) == (
        "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", told.size)
    scopes = answer["scopes"]
    assert scopes["scope1Categories"] == {"combustion": 500.0}
    assert (scopes["scope2"], scopes["scope3Categories"]) == ({"location": 60.0, "market": 0.0}, {"3": 40.0})
    assert [one["figure"] for one in answer["changes"]][:2] == ["scope1", "scope2Location"]
    earlier = told.get("/v1/inventory", organization=told.shop.id, year=2024, at=told.size - 1).json()
    assert earlier["scopes"]["scope1"] == 200.0


def test_site_report_over_http(told: Told) -> None:
    answer = told.get("/v1/inventory/report", facility=told.shop.name("site"), year=2025).json()
    burnt, power = answer["sections"]
    assert (burnt["section"], burnt["total"], burnt["lines"][0]["activity"]) == ("combustion", 500.0, 0.25)
    assert burnt["lines"][0]["factor"] == 2000.0
    assert (power["section"], answer["total"], answer["market"]) == ("electricity", 560.0, 500.0)


def test_indicators_over_http(told: Told) -> None:
    response = told.get("/v1/sectors/works/indicators", **{"from": "2025-01-01", "to": "2026-01-01", "by": "year"})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["coverage"] == {"facilities": 1, "known": 1}
    values = {one["name"]: one.get("value") for one in answer["indicators"]}
    assert (values["energyPerValueAdded"], values["co2PerValueAdded"]) == (5.36, 0.56)
    assert [one["key"] for one in answer["groups"]] == ["2025"]
    steel = told.get("/v1/sectors/steel/indicators").json()
    assert {one["missing"] for one in steel["targets"]} == {"no record or report of the period states it"}


@pytest.mark.parametrize(("path", "parameters", "status", "code"), [
    ("/v1/inventory", {"organization": "urn:example:nobody", "year": 2025}, 404, "unknown-organization"),
    ("/v1/inventory", {"organization": "urn:example:mill", "year": 2000}, 404, "no-records"),
    ("/v1/inventory", {"organization": "urn:example:mill", "year": 12}, 400, "year"),
    ("/v1/inventory", {"organization": "urn:example:mill", "year": "soon"}, 400, "invalid-request"),
    ("/v1/inventory", {"organization": "urn:example:mill"}, 400, "invalid-request"),
    ("/v1/inventory", {"organization": "urn:example:mill", "year": 2025, "at": -1}, 400, "tree-size"),
    ("/v1/inventory/report", {"facility": "urn:example:mill:nowhere", "year": 2025}, 404, "unknown-facility"),
    ("/v1/sectors/alchemy/indicators", {}, 404, "unknown-sector"),
    ("/v1/sectors/steel/indicators", {"by": "colour"}, 400, "unknown-by"),
    ("/v1/sectors/steel/indicators", {"from": "2025-02-30"}, 400, "instant"),
    ("/v1/sectors/steel/indicators", {"from": "2026-01-01", "to": "2025-01-01"}, 400, "period"),
])
def test_what_is_asked_wrongly(told: Told, path: str, parameters: dict[str, Any], status: int, code: str) -> None:
    response = told.get(path, **parameters)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_inventory_for_people(told: Told) -> None:
    done = told.run("inventory", told.shop.id, "--year", 2025).succeeded()
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == f"inventory of {told.shop.id} in 2025"
    assert "1 direct 0.500 0.500" in lines
    assert "2 electricity and heat 0.060 0" in lines
    assert "scope1 0.200 0.500 +0.300 +150.0 %" in lines
    assert any(line.startswith("6 Business travel unknown") for line in lines)


def test_a_site_report_for_people(told: Told) -> None:
    done = told.run("inventory", told.shop.id, "--year", 2025, "--site", told.shop.name("site"), "--format", "report")
    assert done.code == 0, done.err
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "coal CO2 0.250 TNE 2,000 0.500 primary" in lines
    assert "total 0.560" in lines


def test_indicators_for_people(told: Told) -> None:
    done = told.run("indicators", "steel", "--from", "2025-01-01", "--to", "2026-01-01", "--by", "province").succeeded()
    assert "0 of 0 facilities on this ledger" in done.out
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "Share of short-process steel 2030 > 20 - - % no data" in lines
    assert "not figures of a country" in " ".join(done.out.split())
    industry = told.run("indicators", "industry", "--by", "organization")
    assert f"{told.shop.id} 5.36 1 of 1" in [" ".join(line.split()) for line in industry.out.splitlines()]


@pytest.mark.parametrize("arguments", [
    ("inventory", "urn:example:mill", "--year", "2025"), ("indicators", "works", "--by", "park"),
])
def test_json_is_what_the_server_said(told: Told, arguments: tuple[str, ...]) -> None:
    done = told.run(*arguments, "--json").succeeded()
    path = "/v1/inventory" if arguments[0] == "inventory" else "/v1/sectors/works/indicators"
    parameters = {"organization": told.shop.id, "year": 2025} if arguments[0] == "inventory" else {"by": "park"}
    assert json.loads(done.out) == told.get(path, **parameters).json()


def test_wrong_usage(told: Told) -> None:
    assert told.run("inventory", told.shop.id).code == 2
    assert (told.run("inventory", told.shop.id, "--year", "soon").code, told.run("indicators").code) == (2, 2)
    alone = told.run("inventory", told.shop.id, "--year", 2025, "--site", told.shop.name("site"))
    assert alone.code == 1
    assert "--format report" in alone.err
    assert told.run("indicators", "al/chemy").code == 1
    refused = told.run("inventory", "urn:example:nobody", "--year", 2025, "--json")
    assert (refused.code, json.loads(refused.err)["code"]) == (1, "unknown-organization")
