"""A misspelt or repeated parameter is refused on every route: the answer would be to another question."""

from typing import cast

import httpx
import pytest
from support.server import Server

from ledger.app import create_app
from ledger.service.ledger import Ledger

ROUTES = sorted(
    path for path, item in (create_app(cast(Ledger, None)).openapi_schema.paths or {}).items()
    if path.startswith("/v1/") and item.get is not None
)


@pytest.mark.parametrize("path", ROUTES)
def test_a_parameter_that_a_route_does_not_have(serving: Server, path: str) -> None:
    answer = httpx.get(serving.url + path.format_map({"digest": "00", "sector": "works", "name": "x"}),
                       params={"prodct": "urn:x"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (400, "invalid-request", "prodct")


def test_the_names_of_the_route_are_allowed(serving: Server) -> None:
    problem = httpx.get(f"{serving.url}/v1/received", params={"organization": "x", "since": "2026-01-01"}).json()
    assert (problem["field"], problem["value"]) == ("since", "2026-01-01")
    assert sorted(problem["allowed"]) == ["after", "at", "from", "limit", "organization", "party", "to"]
    assert problem["rule"] == "one of: after, at, from, limit, organization, party, to"


@pytest.mark.parametrize(("path", "name"), [
    ("/v1/lots", "lot"), ("/v1/organizations", "after"), ("/v1/footprint", "at"), ("/v1/record-list", "from"),
    ("/auth/clients", "limit"),
])
def test_a_parameter_with_two_values(serving: Server, path: str, name: str) -> None:
    answer = httpx.get(serving.url + path, params=[(name, "1"), (name, "2")])
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (400, "invalid-request", name)
    assert (problem["value"], problem["rule"]) == ("1, 2", "one value")


@pytest.mark.parametrize(("path", "name", "others"), [
    ("/v1/chain", "lot", {}), ("/v1/chain", "stage", {"lot": "urn:x"}),
    ("/v1/statement", "parameter", {"lot": "urn:x"}), ("/v1/verification", "share", {"lot": "urn:x"}),
])
def test_a_parameter_that_may_be_repeated(serving: Server, path: str, name: str, others: dict[str, str]) -> None:
    answer = httpx.get(serving.url + path, params=[*others.items(), (name, "urn:a"), (name, "urn:b")])
    assert answer.json().get("rule") != "one value"
    assert answer.status_code in (400, 404)
