"""Pages of other sites read the log where the operator lets them, without credentials, and nothing else anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest
from litestar.routes import HTTPRoute
from support.inside import inside
from support.server import Server, prepared_home

from ledger.app import create_app

ORIGINS: Final = ("null", "https://page.example")
LOG: Final = ("checkpoint", "vkey", "keys", "accesses", "tile/0/000.p/1", "tile/entries/000.p/1")
PREFIX: Final = "access-control-"


@contextmanager
def served(**variables: str) -> Iterator[Server]:
    with prepared_home() as home, Server(home, **variables) as server:
        yield server


def allowed(url: str, path: str, method: str = "GET", **headers: str) -> dict[str, set[str]]:
    """The headers by which an answer says who may read it, with their values for each origin."""
    found: dict[str, set[str]] = {}
    for origin in ORIGINS:
        answer = httpx.request(method, url + path, headers={"Origin": origin, **headers}, timeout=60)
        for name, value in answer.headers.items():
            if name.startswith(PREFIX):
                found.setdefault(name, set()).add(value)
    return found


@pytest.fixture(scope="module")
def sharing() -> Iterator[Server]:
    """A ledger that is open to all: its log is, too, and the rest only for programs and its own pages."""
    with served(CARBON_LEDGER_CORS="any") as server:
        yield server


def paths_of_routes() -> list[str]:
    """Of every route, with some value for each parameter."""
    with prepared_home() as home, inside(home) as ledger:
        routes = [route for route in create_app(ledger.ledger).routes if isinstance(route, HTTPRoute)]
    values = {"digest": "0" * 64, "day": "2026-01-01"}
    return sorted({"/".join([values.get(part.strip("{}").partition(":")[0], "x") if part.startswith("{") else part
                             for part in route.path.split("/")]) for route in routes})


def test_the_log_answers_pages_of_every_site(sharing: Server) -> None:
    for path in LOG:
        assert allowed(sharing.url, f"/log/{path}") == {f"{PREFIX}allow-origin": {"*"}}, path
    tag = httpx.get(f"{sharing.url}/log/vkey").headers["ETag"]
    again = httpx.get(f"{sharing.url}/log/vkey", headers={"If-None-Match": tag, "Origin": ORIGINS[1]})
    assert (again.status_code, again.headers[f"{PREFIX}allow-origin"]) == (304, "*")


def test_no_other_route_does(sharing: Server) -> None:
    paths = [path for path in paths_of_routes() if not path.startswith("/log/")]
    assert len(paths) > 50
    with httpx.Client(base_url=sharing.url, timeout=60) as client:
        for path in paths:
            for method in ("GET", "OPTIONS", "POST"):
                answer = client.request(method, path, headers={
                    "Origin": ORIGINS[1], "Access-Control-Request-Method": "GET"})
                assert [name for name in answer.headers if name.startswith(PREFIX)] == [], (method, path)


def test_a_server_at_loopback_shares_nothing() -> None:
    with served() as server:
        for path in (*[f"/log/{name}" for name in LOG], "/v1/organizations", "/en/log"):
            assert allowed(server.url, path) == {}, path
