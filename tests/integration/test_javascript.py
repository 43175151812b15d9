"""The JavaScript client: its own tests, its types, and its requests to a real server."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.javascript import run_node
from support.parties import Party, enrolment, nonces
from support.server import Server, prepared_home

from ledger.core.signatures.signing import SigningKey


def test_its_own_tests_pass() -> None:
    done = run_node("--test", "--test-reporter=tap")
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    assert "\n# skipped 0\n" in done.stdout
    assert "\n# fail 0\n" in done.stdout


def test_its_types_hold() -> None:
    """`make test` fetches the compiler."""
    done = run_node(str(Path(sys.prefix, "compilers", "typescript", "package", "bin", "tsc")), "--project", ".")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as serving:
        yield serving


@pytest.mark.parametrize("algorithm", ["ed25519", "p256"])
def test_records_signed_by_node_are_admitted(server: Server, algorithm: str) -> None:
    """After a login with the key. Of the records one is refused, with each of its faults."""
    mill = Party(f"urn:example:{algorithm}", SigningKey.from_seed(bytes(range(32)), algorithm))
    server.post([(server.registrar, enrolment(
        mill, server.registrar, server.origin, next(nonces(5, algorithm))))])
    random = nonces(6, algorithm)
    records = [{"type": "facility", "issuer": mill.id, "nonce": next(random), "id": f"{mill.id}:{name}",
                "country": country} for name, country in (("works", "CN"), ("no where", "China"))]
    found = _posted(server, mill.key, records)
    (admitted, refused) = found["posted"]
    assert found["receipts"] == [admitted["digest"]]
    assert admitted["index"] > 0
    assert refused["name"] == "InvalidInput"
    assert [(part["code"], part["field"]) for part in refused["parts"]] == [
        ("invalid-field", "$.country"), ("invalid-field", "$.id")]
    assert found["footprint"]["name"] == "Problem"
    assert found["footprint"]["code"] == "not-found"
    assert server.audit().returncode == 0


def test_a_key_that_the_ledger_does_not_know_gets_no_token(server: Server) -> None:
    found = _posted(server, SigningKey.from_seed(bytes(32)), [])
    assert found["footprint"]["name"] == "Unauthenticated"


def _posted(server: Server, key: SigningKey, records: list[dict[str, str]]) -> Any:
    given = {"url": server.url, "origin": server.origin, "pem": key.to_pem().decode(), "records": records,
             "lot": "urn:example:none"}
    done = run_node("tests/post.js", stdin=json.dumps(given))
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout)
