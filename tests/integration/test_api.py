"""Every route: what it answers, compared with the records themselves and with an own tree; and how it refuses."""

import base64
import hashlib
from typing import Any

import httpx
import msgspec
import pytest
from support.server import answer_of
from support.witness import Witness, entries_of, roots_at

from ledger.admission.rules import RULES
from ledger.core.log.checkpoint import open_checkpoint
from ledger.core.log.entry import parse_entry
from ledger.core.log.note import parse_vkey
from ledger.core.record import canonical
from ledger.core.record.kinds import Organization

PLUGINS = ["building-materials", "circular", "consumer-goods", "electronics", "energy", "equipment", "factors-open",
           "logistics", "nonferrous", "petrochemicals", "steel", "works"]
PROBLEM = "application/problem+json"


def get(network: Any, path: str, **parameters: Any) -> httpx.Response:
    return network.client.get(path, params=parameters or None)


def found(network: Any, path: str, **parameters: Any) -> Any:
    response = get(network, path, **parameters)
    assert response.status_code == 200, response.text
    return response.json()


def check_problem(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == PROBLEM
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"] == f"urn:carbon-ledger:problem:{code}"
    assert problem["title"]
    assert problem["detail"]


# --- records and proofs ----------------------------------------------------------------------------------------------


def test_records(network: Any) -> None:
    """Body, entry and leaves are those that were posted and receipted."""
    for (_, record), receipt in list(zip(network.posted, network.receipts, strict=True))[::7]:
        answer = found(network, f"/v1/records/{receipt.digest}")
        body = canonical.encode(record)
        assert canonical.encode(answer["body"]) == body
        assert (answer["index"], answer["digest"], answer["entry"]) == (receipt.index, receipt.digest, receipt.entry)
        assert (answer["type"], answer["issuer"]) == (msgspec.json.decode(body)["type"], record.issuer)
        assert answer.get("leaves", []) == msgspec.to_builtins(msgspec.json.decode(msgspec.json.encode(receipt.leaves)))


def test_proofs(network: Any) -> None:
    for receipt in network.receipts[::7]:
        response = get(network, f"/v1/records/{receipt.digest}/proof")
        assert (response.content, answer_of(response.content)) == (msgspec.json.encode(receipt), receipt)


@pytest.mark.parametrize("suffix", ["", "/proof"])
def test_records_that_are_not_there(network: Any, suffix: str) -> None:
    check_problem(get(network, f"/v1/records/{'0' * 64}{suffix}"), 404, "not-found")
    for wrong in ("0" * 63, "0" * 65, "G" * 64, "A" * 64, "%00" * 64):
        check_problem(get(network, f"/v1/records/{wrong}{suffix}"), 400, "invalid-input")


# --- lots ------------------------------------------------------------------------------------------------------------


def test_lots(network: Any) -> None:
    indices = {receipt.digest: receipt.index for receipt in network.receipts}
    for lot in network.lots[::5]:
        (answer,) = found(network, "/v1/lots", lot=lot)
        (maker,) = network.graph.predecessors(lot)
        assert (answer["lot"], answer["index"]) == (lot, indices[maker])
        assert answer == found(network, "/v1/footprint", lot=lot)["lot"]


def test_the_lives_of_an_item(network: Any) -> None:
    """All lots that carry a serial number, oldest first; at most one of them has a balance."""
    items: dict[str, list[str]] = {}
    for lot in network.lots:
        (answer,) = found(network, "/v1/lots", lot=lot)
        if "item" in answer:
            items.setdefault(answer["item"], []).append(lot)
    assert max(map(len, items.values())) > 2
    for item, lots in items.items():
        answers = found(network, "/v1/lots", item=item)
        assert [answer["lot"] for answer in answers] == lots
        assert [answer["index"] for answer in answers] == sorted(answer["index"] for answer in answers)
        assert sum(answer["remaining"] != "0" for answer in answers) <= 1


@pytest.mark.parametrize(("parameters", "status", "code"), [
    ({}, 400, "invalid-input"),
    ({"lot": "x", "item": "y"}, 400, "invalid-input"),
    ({"lot": "urn:example:nobody:lot"}, 404, "not-found"),
    ({"item": "urn:example:nobody:item"}, 404, "not-found"),
    ({"lot": "x" * 256}, 400, "invalid-request"),
    ({"lot": "a\0b"}, 400, "invalid-request"),
])
def test_lots_that_are_not_there(network: Any, parameters: dict[str, str], status: int, code: str) -> None:
    check_problem(get(network, "/v1/lots", **parameters), status, code)


# --- organisations and plugins ---------------------------------------------------------------------------------------


def test_organizations(network: Any) -> None:
    """The registrar first; pages of any length make the same list."""
    whole = found(network, "/v1/organizations")
    enrolled = [(record, receipt) for (_, record), receipt in zip(network.posted, network.receipts, strict=True)
                if isinstance(record, Organization)]
    assert (len(whole), whole[0]["index"], whole[0]["roles"]) == (len(enrolled) + 1, 0, ["registrar"])
    assert whole[0]["names"] == {"en": "Registrar", "zh": "登记机构"}
    for answer, (record, receipt) in zip(whole[1:], enrolled, strict=True):
        assert (answer["id"], answer["index"], answer["prefixes"]) == (record.id, receipt.index, record.prefixes)
        (key,) = answer["keys"]
        assert key == {"keyid": hashlib.sha256(base64.b64decode(record.keys[0].spki)).hexdigest(),
                       "algorithm": "ed25519", "enrolled": receipt.index}
    for limit in (1, 2, 1000):
        pages: list[Any] = []
        while page := found(network, "/v1/organizations", after=pages[-1]["index"] if pages else -1, limit=limit):
            assert len(page) <= limit
            pages += page
        assert pages == whole


@pytest.mark.parametrize("parameters", [
    {"limit": "0"}, {"limit": "1001"}, {"after": "-2"}, {"after": "x"}, {"after": "9" * 30}, {"limit": "1.5"},
])
def test_pages_that_cannot_be(network: Any, parameters: dict[str, str]) -> None:
    check_problem(get(network, "/v1/organizations", **parameters), 400, "invalid-request")


def test_plugins(network: Any) -> None:
    plugins = found(network, "/v1/plugins")
    assert [one["name"] for one in plugins] == [RULES, *PLUGINS]
    # The server of these tests activates no factor set.
    assert [one["name"] for one in plugins if "inForce" not in one] == ["factors-open"]
    for one in (one for one in plugins if "inForce" in one):
        assert one["inForce"] == one["version"]
        assert one["installed"] is True
        assert (one["names"].keys(), bool(one["routes"])) == ({"en", "zh"}, one["name"] != RULES)
    activated = [msgspec.json.decode(base64.b64decode(row["body"])) for row in found(
        network, "/v1/audit/entries", **{"from": 1, "to": 1 + len(PLUGINS)}
    )]
    assert {one["plugin"]: one["digest"] for one in activated} == {
        one["name"]: one["digest"] for one in plugins if "inForce" in one
    }


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_checkpoint(network: Any) -> None:
    response = get(network, "/log/checkpoint")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    origin, size, root, blank, signature, rest = response.text.split("\n")
    assert (origin, int(size)) == (network.server.origin, network.receipts[-1].index + 1)
    entries = entries_of(network.server.url, int(size))
    assert (base64.b64decode(root), blank, rest) == (roots_at(entries, [int(size)])[int(size)], "", "")
    assert signature.startswith(f"— {origin} ")
    verifier = parse_vkey(network.server.vkey)
    assert open_checkpoint(response.text, verifier.name, verifier).size == int(size)
    Witness(network.server.vkey).check(network.server.url)


def test_entries_are_what_receipts_say(network: Any) -> None:
    size = network.receipts[-1].index + 1
    entries = entries_of(network.server.url, size)
    assert [base64.b64encode(entries[receipt.index]).decode() for receipt in network.receipts] == [
        receipt.entry for receipt in network.receipts
    ]
    times = [parse_entry(entry).time for entry in entries]
    assert times == sorted(times)
    rows = found(network, "/v1/audit/entries", **{"from": 3, "to": size})
    assert [base64.b64decode(row["entry"]) for row in rows] == entries[3:]


# --- what an auditor takes -------------------------------------------------------------------------------------------


def test_audit_pages(network: Any) -> None:
    size = network.receipts[-1].index + 1
    entries = entries_of(network.server.url, size)
    batches = found(network, "/v1/audit/batches")
    roots = roots_at(entries, [batch["size"] for batch in batches])
    assert [base64.b64decode(batch["root"]) for batch in batches] == [roots[batch["size"]] for batch in batches]
    assert batches[-1]["size"] == size
    assert found(network, "/v1/audit/batches", after=batches[-2]["size"]) == batches[-1:]
    balances = found(network, "/v1/audit/balances")
    assert {row["lot"] for row in balances} == set(network.lots)
    assert [row["number"] for row in balances] == sorted(row["number"] for row in balances)
    assert found(network, "/v1/audit/balances", after=balances[-3]["number"]) == balances[-2:]
    assert found(network, "/v1/audit/entries", **{"from": size, "to": size + 10}) == []


@pytest.mark.parametrize(("path", "parameters"), [
    ("entries", {}), ("entries", {"from": "0"}), ("entries", {"from": "-1", "to": "5"}),
    ("entries", {"from": "x", "to": "5"}), ("entries", {"from": "9" * 30, "to": "9" * 31}),
    ("balances", {"after": "-2"}), ("batches", {"after": "9" * 30}),
])
def test_audit_pages_that_cannot_be(network: Any, path: str, parameters: dict[str, str]) -> None:
    check_problem(get(network, f"/v1/audit/{path}", **parameters), 400, "invalid-request")


# --- the rest --------------------------------------------------------------------------------------------------------


def test_health(network: Any) -> None:
    assert found(network, "/health/live") == {"status": "live"}
    assert found(network, "/health/ready") == {
        "status": "ready", "size": network.receipts[-1].index + 1, "origin": network.server.origin,
    }


def test_the_schema_names_every_route(network: Any) -> None:
    schema = found(network, "/schema/openapi.json")
    assert schema["openapi"].startswith("3.1")
    assert set(schema["paths"]) == {
        "/v1/records", "/v1/records/check", "/v1/records/{digest}", "/v1/records/{digest}/proof", "/v1/lots",
        "/v1/footprint",
        "/v1/footprint/method", "/v1/footprint/chain-method", "/v1/footprint/product", "/v1/chain",
        "/v1/contributions", "/v1/methods", "/v1/sensitivity", "/v1/sensitivity/factors", "/v1/statement",
        "/v1/uncertainty", "/v1/changes", "/v1/schema", "/v1/schema/{name}", "/v1/verification",
        "/v1/sectors/{sector}/indicators", "/v1/inventory", "/v1/inventory/report", "/v1/cbam",
        "/v1/lot-list", "/v1/received", "/v1/delivered", "/v1/record-list", "/v1/show", "/v1/coverage",
        "/v1/grants", "/v1/readers", "/v1/passport", "/01/{key}", "/8003/{key}", "/8004/{key}",
        "/v1/footprint/received", "/v1/gaps", "/v1/organizations", "/v1/plugins", "/v1/plugins/versions",
        "/v1/plugins/{digest}/archive", "/v1/audit/entries", "/v1/audit/batches",
        "/v1/audit/balances", "/v1/audit/revisions", "/v1/audit/revised", "/v1/audit/scope",
        "/v1/accesses", "/v1/accesses/proof", "/auth/token", "/auth/revoke", "/auth/codes", "/auth/keys",
        "/auth/clients", "/auth/clients/{client}", "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/log/accesses", "/log/accesses/{day}", "/log/checkpoint",
        "/log/tile/{path}", "/log/vkey", "/log/keys", "/log/policy", "/health/live", "/health/ready", "/metrics",
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), (path, method)


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/v1", 404, "not-found"), ("GET", "/v2/records", 404, "not-found"),
    ("GET", "/log/tile/", 404, "not-found"), ("POST", "/log/checkpoint", 405, "method-not-allowed"),
    ("PUT", "/v1/records", 405, "method-not-allowed"),
])
def test_routes_that_are_not_there(network: Any, method: str, path: str, status: int, code: str) -> None:
    response = network.client.request(method, path)
    check_problem(response, status, code)
    problem = response.json()
    expected = ("path", "a path of /schema") if status == 404 else ("method", "one of ")
    assert problem["field"] == expected[0]
    assert problem["rule"].startswith(expected[1])


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("GET", "/v1/records", "OPTIONS, POST"), ("DELETE", "/v1/lots", "GET, HEAD, OPTIONS"),
    ("GET", "/v1/records/check", "OPTIONS, POST"),
    ("POST", f"/v1/records/{'0' * 64}/proof", "GET, HEAD, OPTIONS"), ("PUT", "/log/tile/0/000", "GET, HEAD, OPTIONS"),
])
def test_a_wrong_method_gets_the_right_ones(network: Any, method: str, path: str, allowed: str) -> None:
    answer = network.client.request(method, path)
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(("path", "allowed"), [
    ("/v1/records", "OPTIONS, POST"), ("/v1/records/check", "OPTIONS, POST"), ("/v1/lots", "GET, HEAD, OPTIONS"),
    ("/log/tile/0/000", "GET, HEAD, OPTIONS"),
    ("/auth/clients", "GET, HEAD, OPTIONS, POST"), ("/auth/keys", "GET, HEAD, OPTIONS, POST"),
    ("/auth/clients/x", "DELETE, OPTIONS"),
])
def test_options_has_the_methods_of_all_handlers(network: Any, path: str, allowed: str) -> None:
    answer = network.client.request("OPTIONS", path)
    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (204, b"", allowed)
