"""A misspelt parameter is refused on every route: the answer would be to another question."""

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
    assert problem["rule"] == "one of: after at from limit organization party to"
