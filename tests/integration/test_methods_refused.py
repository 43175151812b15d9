"""What cannot be asked of methods, what may be asked, and the command line."""

import json
from typing import Any

import httpx
import pytest
from support.asking import CIRCULAR, ask, make, new_shop, out, refused, scrap_steel, two_stages
from support.cli import run
from support.sectors import Make
from support.server import Server

from ledger.footprint.derived.methods.catalogue import METHODS


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"method": "magic/1"}, 400, "unknown-method", "method"),
    ({"method": "cut-off/2"}, 400, "unknown-method", "method"),
    ({"method": "works.magic/1"}, 400, "unknown-method", "method"),
    ({"gwp": "AR4"}, 400, "unknown-gwp", "gwp"),
    ({"allocation": "price"}, 400, "unknown-allocation", "allocation"),
    ({"parameter": "R=1"}, 400, "unknown-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "R=1"}, 400, "unknown-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "MMRout"}, 400, "invalid-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "MMRout=1.5"}, 400, "invalid-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "phlogiston.MMRout=1"}, 400, "unknown-material", "parameter"),
    ({"method": "module-d/1"}, 400, "missing-parameter", "parameter"),
    ({"gwp": "AR5", "at": 1 << 40}, 400, "tree-size", "at"),
    ({"gwp": "AR5", "at": 0}, 400, "tree-size", "at"),
    ({"gwp": "AR5", "at": -1}, 400, "tree-size", "at"),
    ({"gwp": "AR5", "at": 3}, 404, "not-found", "lot"),
    ({"gwp": "AR5", "lot": "urn:example:nobody"}, 404, "not-found", "lot"),
    ({"allocation": "mass", "lot": "urn:example:nobody"}, 404, "not-found", "lot"),
    ({"lot": None}, 400, "invalid-request", "lot"),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"from": "2025-01-01"}, 400, "invalid-request", "from"),
])
def test_what_cannot_be_asked(
    network: Any, parameters: dict[str, Any], status: int, code: str, field: str
) -> None:
    asked = {name: value for name, value in ({"lot": network.lots[-1]} | parameters).items() if value is not None}
    assert refused(network.server, **asked)[:3] == (status, code, field)


@pytest.mark.parametrize(("route", "parameters", "field"), [
    ("", {"gwp": "AR5"}, "gwp"), ("", {"product": "urn:example:part"}, "product"),
    ("method", {"product": "urn:example:part"}, "product"), ("method", {"from": "2025-01-01"}, "from"),
    ("chain-method", {"method": "works.magic/1", "gwp": "AR5"}, "gwp"),
    ("chain-method", {"method": "works.magic/1", "allocation": "mass"}, "allocation"),
    ("chain-method", {"method": "works.magic/1", "parameter": "A=1"}, "parameter"), ("chain-method", {}, "method"),
    ("product", {"product": "urn:example:part"}, "lot"), ("product", {"lot": None}, "product"),
    ("product", {"lot": None, "product": "urn:example:part", "gwp": "AR5"}, "gwp"),
    ("method", {"lot": None}, "lot"), ("method", {"GWP": "AR5"}, "GWP"),
])
def test_what_a_route_does_not_take(network: Any, route: str, parameters: dict[str, Any], field: str) -> None:
    """Left out of the answer, it would make it look like the answer to another question."""
    asked = {name: value for name, value in ({"lot": network.lots[-1]} | parameters).items() if value is not None}
    told = refused(network.server, f"/v1/footprint/{route}".rstrip("/"), **asked)
    assert told[:3] == (400, "invalid-request", field)


def test_all_that_does_not_parse(network: Any) -> None:
    response = httpx.get(f"{network.server.url}/v1/footprint/product", timeout=60, params={
        "product": "urn:example:part", "limit": "many", "at": "then", "from": "x" * 31,
    })
    problem = response.json()
    assert (response.status_code, problem["field"]) == (400, problem["errors"][0]["field"])
    assert {fault["field"] for fault in problem["errors"]} == {"limit", "at", "from"}
    for fault in problem["errors"]:
        assert f"{fault['field']}: {fault['detail']}" in problem["detail"]


def test_what_there_is_instead(network: Any) -> None:
    lot = network.lots[-1]
    assert "one of: cut-off/1, circular-footprint/1, end-of-life/1" in refused(network.server, lot=lot, method="x")[3]
    assert "one of: AR6, AR5" in refused(network.server, lot=lot, gwp="AR4")[3]


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"lot": "urn:example:nobody"}, 404, "not-found", "lot"),
    ({"at": 1 << 40}, 400, "tree-size", "at"),
    ({"at": 3}, 404, "not-found", "lot"),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"lot": None}, 400, "invalid-request", "lot"),
])
def test_what_sensitivity_cannot_be_asked(
    network: Any, parameters: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    asked = {name: value for name, value in ({"lot": network.lots[-1]} | parameters).items() if value is not None}
    assert refused(network.server, "/v1/sensitivity", **asked)[:3] == (status, code, field)


def test_a_product_is_still_asked_for(server: Server) -> None:
    shop = new_shop(server)
    server.post([shop.make({"a": "50"}, ore="50", activity=Make(co2="100"))])
    answer = ask(server, product=shop.name("part"), limit=1)
    assert (answer["product"], answer["footprint"], answer["numberOfLots"]) == (shop.name("part"), 100, 1)


def test_the_catalogue(network: Any) -> None:
    found = ask(network.server, "/v1/methods")
    assert [one["name"] for one in found["methods"]] == [one.name for one in METHODS]
    assert found["allocations"].keys() == {"mass", "value", "energy", "moles", "declared"}
    assert (found["gwp"]["AR6"]["CH4"], found["gwp"]["AR5"]["CH4"]) == ("29.8", "30")
    recovered = next(one for one in found["methods"][2]["parameters"] if one["name"] == "RR")
    assert (recovered["unit"], recovered["low"], recovered["high"]) == ("kg/kg", "0", "1")
    assert recovered["meaning"]


def test_the_schema_tells_every_parameter(network: Any) -> None:
    schema = ask(network.server, "/schema/openapi.json")
    for route, names in (
        ("", {"lot", "at", "averages", "findings"}), ("/chain-method", {"lot", "method", "at"}),
        ("/method", {"lot", "method", "gwp", "allocation", "parameter", "at"}),
        ("/product", {"product", "from", "to", "limit", "findings", "at"}),
    ):
        told = {one["name"] for one in schema["paths"][f"/v1/footprint{route}"]["get"]["parameters"]}
        assert told == names, route
    assert {"/v1/methods", "/v1/sensitivity"} <= schema["paths"].keys()
    assert {"FootprintAnswer", "MethodAnswer", "ProductAnswer", "SensitivityAnswer", "CatalogueAnswer"} <= {
        name.rpartition("_")[2] for name in schema["components"]["schemas"]
    }


def test_methods_by_the_command_line(server: Server) -> None:
    lot = scrap_steel(server)
    options = [option for one in CIRCULAR for option in ("--parameter", one)]
    told = run("footprint", lot, "--method", "circular-footprint/1", *options, "--url", server.url)
    assert told.code == 0, told.err
    for part in (f"footprint of {lot} by circular-footprint/1", "1,045.400 kg CO2e", "-1,058.400", "recyclingOutput",
                 "each record's own", "1,800.000 kg CO2e by cut-off, this figure differs by -41.92 %", "PEF Annex C",
                 "credit: ", "limitation: Pre-consumer"):
        assert part in told.out, part
    as_json = run("footprint", lot, "--method", "circular-footprint/1", *options, "--url", server.url, "--json")
    assert json.loads(as_json.out) == ask(server, lot=lot, method="circular-footprint/1", parameter=CIRCULAR)
    beside = run("footprint", lot, "--method", "module-d/1", "--parameter", "MMRout=0.9", "--parameter", "EMR=0.4",
                 "--parameter", "EVMSub=2", "--parameter", "Q=0.9", "--gwp", "AR5", "--allocation", "mass",
                 "--url", server.url)
    assert "never added" in beside.out
    assert "-891.8" in beside.out
    stored = run("footprint", lot, "--method", "cut-off/1", "--url", server.url, "--json")
    assert json.loads(stored.out) == ask(server, lot=lot, averages=True)
    wrong = run("footprint", lot, "--method", "magic/1", "--url", server.url, "--json")
    assert (wrong.code, json.loads(wrong.err)["code"]) == (1, "unknown-method")
    assert run("footprint", "--product", "x", "--gwp", "AR5", "--url", server.url).code == 2
    assert run("footprint", "--product", "x", "--method", "cut-off/1", "--url", server.url).code == 2


def test_sensitivity_by_the_command_line(server: Server) -> None:
    shop = two_stages(server)
    lot = shop.name("steel")
    told = run("sensitivity", lot, "--url", server.url)
    assert told.code == 0, told.err
    for part in (f"of {lot} by each allocation key", "2 upstream records leave a choice: 1 by value, 1 by mass",
                 "71.000", "15.250", "-78.52 %", "-56.800", "works.make", "moles +5.250"):
        assert part in told.out, part
    size = ask(server, "/v1/sensitivity", lot=lot)["size"]
    as_json = run("sensitivity", lot, "--at", size, "--url", server.url, "--json")
    assert json.loads(as_json.out) == ask(server, "/v1/sensitivity", lot=lot, at=size)
    server.post([make(shop, [out(shop, "x", "50"), out(shop, "y", "50")], ore="100")])
    lacking = run("sensitivity", shop.name("x"), "--url", server.url)
    assert "outputs[0].value is missing" in lacking.out
    unknown = run("sensitivity", "urn:example:nobody", "--url", server.url, "--json")
    assert (unknown.code, json.loads(unknown.err)["code"]) == (1, "not-found")


def test_the_catalogue_by_the_command_line(network: Any) -> None:
    told = run("methods", "--url", network.server.url)
    assert told.code == 0, told.err
    for part in ("circular-footprint/1: PEF circular footprint formula", "potentials: AR6, AR5",
                 "at least 0 and at most 1", "heatingValue"):
        assert part in told.out, part
    as_json = run("methods", "--url", network.server.url, "--json")
    assert json.loads(as_json.out) == ask(network.server, "/v1/methods")
