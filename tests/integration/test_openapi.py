"""The OpenAPI document of a running server: it is valid, its examples fit its schemas, and a client that a public
generator makes of it posts records."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from support.oauth import bearer, by_key, token_of
from support.parties import enrolment, nonces, party
from support.server import Server, prepared_home

from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Activation
from ledger.core.signatures.signing import load_spki

MOST_BYTES = 2 << 20
SCRIPT = Path(__file__).parents[1] / "support" / "generated_client.py"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as serving:
        yield serving


def fetched(server: Server, name: str = "openapi.json", **headers: str) -> httpx.Response:
    return httpx.get(f"{server.url}/schema/{name}", headers=headers, timeout=120)


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    return fetched(server).json()


def faults(document: Any, schema: dict[str, Any], value: object) -> list[str]:
    return [error.message for error in Draft202012Validator({**document, **schema}).iter_errors(value)]


def test_the_document_is_valid(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    broken = {name: value for name, value in document.items() if name != "info"}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_routes_state_the_problems_that_they_alone_have(document: Any) -> None:
    stated = {status: {f"{method} {path}" for path, item in document["paths"].items()
                       for method, operation in item.items() if status in operation["responses"]}
              for status in ("304", "408", "410", "413", "414", "421", "422")}
    everywhere = {f"{method} {path}" for path, item in document["paths"].items() for method in item}
    assert stated["410"] == {"get /v1/records/{digest}"}
    assert stated["422"] == {"get /v1/footprint/chain-method", "post /v1/records", "post /v1/records/check"}
    assert stated["304"] == {*[f"get /log/{name}" for name in (
        "accesses/{day}", "checkpoint", "keys", "policy", "tile/{path}", "vkey")], "get /v1/plugins/{digest}/archive"}
    assert stated["408"] == stated["413"] == {one for one in everywhere if not one.startswith("get ")}
    assert stated["414"] == stated["421"] == everywhere


def test_examples_fit_their_schemas(document: Any) -> None:
    """Of every kind of record, of every activity, of every envelope."""
    schemas = document["components"]["schemas"]
    kinds = schemas["Record"]["discriminator"]["mapping"]
    with_examples = {name for name, schema in schemas.items() if "examples" in schema}
    activities = {choice["$ref"].rpartition("/")[2]
                  for choice in schemas["Transformation"]["properties"]["activity"]["anyOf"]}
    assert len(kinds) >= 18
    assert "SteelElectricArcFurnace" in activities
    without = ({ref.rpartition("/")[2] for ref in kinds.values()} | activities | {"Envelope"}) - with_examples
    assert all(name.startswith("Works") for name in without), "only the tests' own sector has no examples"
    for name in with_examples:
        for example in schemas[name]["examples"]:
            assert faults(document, {"$ref": f"#/components/schemas/{name}"}, example) == [], name
    for kind, ref in kinds.items():
        (example,) = schemas[ref.rpartition("/")[2]]["examples"]
        assert (example["type"], faults(document, {"$ref": "#/components/schemas/Record"}, example)) == (kind, [])
        assert faults(document, {"$ref": ref}, example | {"unknown": 1}) != []
        assert faults(document, {"$ref": ref}, {key: value for key, value in example.items() if key != "issuer"}) != []


def test_posts_are_described_in_full(document: Any) -> None:
    post = document["paths"]["/v1/records"]["post"]
    assert set(post["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    examples = post["requestBody"]["content"]["application/json"]["examples"]
    assert set(examples) == set(document["components"]["schemas"]["Record"]["discriminator"]["mapping"])
    for kind, example in examples.items():
        assert faults(document, {"$ref": "#/components/schemas/Envelope"}, example["value"]) == []
        assert str(decode_record(base64.b64decode(example["value"]["body"])).__struct_config__.tag) == kind
    lines = post["requestBody"]["content"]["application/x-ndjson"]["example"].splitlines()
    assert [faults(document, {"$ref": "#/components/schemas/Envelope"}, json.loads(line)) for line in lines] == [[], []]
    answers = {status: answer.get("content") for status, answer in post["responses"].items()}
    assert set(answers) == {
        "200", "201", "400", "401", "403", "404", "408", "413", "414", "421", "422", "429", "503"}
    assert answers["422"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert "errors" in document["components"]["schemas"]["Problem"]["properties"]


def test_answers_fit_the_document(document: Any, server: Server) -> None:
    """A receipt and a problem of the server itself."""
    new = party(7, "described")
    (envelope,) = server.envelopes(
        [(server.registrar, enrolment(new, server.registrar, server.origin, next(nonces(7, "x"))))])
    created = httpx.post(f"{server.url}/v1/records", content=envelope, headers={"Content-Type": "application/json"})
    assert created.status_code == 201
    assert faults(document, {"$ref": "#/components/schemas/Receipt"}, created.json()) == []
    refused = httpx.post(f"{server.url}/v1/records", json={"body": "", "key": "0" * 64, "signature": ""})
    assert refused.status_code == 400
    assert faults(document, {"$ref": "#/components/schemas/Problem"}, refused.json()) == []
    missing = httpx.get(f"{server.url}/v1/footprint", params={"lot": "urn:example:none"})
    assert missing.status_code == 404
    assert faults(document, {"$ref": "#/components/schemas/Problem"}, missing.json()) == []


def test_an_address_that_is_too_long_is_refused_as_the_document_says(document: Any, server: Server) -> None:
    """httpx takes no such address, so the request is written by hand."""
    host, port = server.url.removeprefix("http://").split(":")
    answers = []
    for length in (65_534, 65_535):
        target = "/v1/chain?lot=".ljust(length, "x")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            answers.append(connection.recv(12))
    assert answers == [b"HTTP/1.1 400", b"HTTP/1.1 414"]
    assert "65,534" in document["paths"]["/v1/chain"]["get"]["responses"]["414"]["description"]


def test_tokens_and_clients_are_described(document: Any, server: Server) -> None:
    registrar = server.registrar
    for path in ("/auth/token", "/auth/revoke", "/auth/codes"):
        operation = document["paths"][path]["post"]
        (form,) = operation["requestBody"]["content"].values()
        assert "client_assertion" in form["schema"]["properties"]
        refused = httpx.post(f"{server.url}{path}", data={})
        stated = operation["responses"][str(refused.status_code)]["content"]["application/json"]["schema"]
        assert faults(document, stated, refused.json()) == []
    issued = by_key(server.url, registrar.key, registrar.id)
    stated = document["paths"]["/auth/token"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert faults(document, stated, issued.json()) == []
    assert document["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]["tokenUrl"] == "/auth/token"
    clients = document["paths"]["/auth/clients"]
    body = clients["post"]["requestBody"]["content"]["application/json"]["schema"]
    new = {"name": "described", "scopes": ["read"]}
    assert faults(document, body, new) == []
    created = httpx.post(f"{server.url}/auth/clients", json=new, headers=bearer(token_of(issued)))
    assert created.status_code == 201
    stated = clients["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert faults(document, stated, created.json()) == []


def test_it_is_bounded_and_cached(server: Server) -> None:
    whole = fetched(server)
    assert len(whole.content) < MOST_BYTES
    again = fetched(server, **{"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert yaml.load(fetched(server, "openapi.yaml").content, yaml.CSafeLoader) == whole.json()
    assert fetched(server, "openapi.xml").status_code == 404


def test_a_generated_client_posts_records(server: Server, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(fetched(server).content)
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(tmp_path / "openapi.json"),
         "--output-path", str(tmp_path / "generated"), "--meta", "none"],
        capture_output=True, text=True, check=False, timeout=240, cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    unread = [line for line in (made.stdout + made.stderr).splitlines() if line.startswith("WARNING")]
    assert set(unread) == {  # other types than JSON beside it
        "WARNING parsing POST /v1/records within records.", "WARNING parsing POST /v1/records/check within records.",
        "WARNING parsing GET /v1/plugins/{digest}/archive within queries."}, made.stdout
    mill = party(7, "generated-mill")
    server.post([(server.registrar, enrolment(mill, server.registrar, server.origin, next(nonces(7, "mill"))))])
    seed = hashlib.sha256(b"7/key/generated-mill").digest()
    assert load_spki(mill.key.spki).keyid == mill.key.keyid
    done = subprocess.run(
        [sys.executable, str(SCRIPT), server.url, server.origin, mill.id, seed.hex()], capture_output=True, text=True,
        check=False, timeout=240, env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (len(answer["indexes"]), answer["refused"]) == (5, ["Problem", "wrong-signature"])
    assert answer["footprint"] > 0


def test_it_has_the_sectors_in_force(server: Server) -> None:
    """Last of the file: it retires a sector."""
    assert "CircularDismantling" in fetched(server).json()["components"]["schemas"]
    plugin = next(one for one in httpx.get(f"{server.url}/v1/plugins", timeout=60).json() if one["name"] == "circular")
    server.post([(server.registrar, Activation(
        issuer=server.registrar.id, nonce=next(nonces(7, "retired")), plugin="circular", version=plugin["version"],
        digest=plugin["digest"], retired=True))])
    after = fetched(server).json()
    assert "CircularDismantling" not in after["components"]["schemas"]
    assert "SteelElectricArcFurnace" in after["components"]["schemas"]
    assert [str(error) for error in OpenAPIV31SpecValidator(after).iter_errors()] == []
