"""The operator's socket of a home: who can open it is the operator, and nobody else is."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.cli import run, served, temporary_folder
from support.oauth import bearer, by_key, token_of
from support.server import Server, prepared_home
from support.waiting import until


def ask(home: Path, path: str, method: str = "GET") -> httpx.Response:
    """Asks through the socket."""
    transport = httpx.HTTPTransport(uds=str(home / "serve.sock"))
    with httpx.Client(transport=transport, base_url="http://localhost") as client:
        return client.request(method, path)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as serving:
        yield serving


def test_the_socket_is_the_operators_alone(server: Server) -> None:
    state = os.stat(server.home / "serve.sock")
    assert stat.S_ISSOCK(state.st_mode)
    assert stat.S_IMODE(state.st_mode) == 0o600
    assert [path.name for path in server.home.glob("*.sock")] == ["serve.sock"]
    assert ask(server.home, "/health/ready").json()["status"] == "ready"


def test_the_operator_replaces_the_key_of_tokens(server: Server) -> None:
    """All tokens end at once; over the network nobody does this, with or without a token."""
    registrar = server.registrar
    token = token_of(by_key(server.url, registrar.key, registrar.id))
    clients = f"{server.url}/auth/clients"
    for headers in ({}, bearer(token), {"X-Forwarded-For": "127.0.0.1"}):
        refused = httpx.post(f"{server.url}/auth/keys", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "operator-only")
    assert httpx.get(clients, headers=bearer(token)).status_code == 200
    answer = ask(server.home, "/auth/keys", "POST")
    assert answer.status_code == 200, answer.text
    refused = httpx.get(clients, headers=bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid-token")
    assert httpx.get(f"{server.url}/auth/keys").json() == answer.json()
    token = token_of(by_key(server.url, registrar.key, registrar.id))
    assert httpx.get(clients, headers=bearer(token)).status_code == 200


def test_the_command_ends_all_tokens(server: Server) -> None:
    """Beside the running server, which has the earlier key in its memory; the newer one signs the next token."""
    registrar, clients = server.registrar, f"{server.url}/auth/clients"
    token = token_of(by_key(server.url, registrar.key, registrar.id))
    assert httpx.get(clients, headers=bearer(token)).status_code == 200
    done = run("key", "rotate-tokens", "--home", server.home, "--json").succeeded()
    assert httpx.get(clients, headers=bearer(token)).status_code == 401
    keys = httpx.get(f"{server.url}/auth/keys").json()["keys"]
    assert [key["kid"] for key in keys] == [str(json.loads(done.out)["tokenKey"])]
    token = token_of(by_key(server.url, registrar.key, registrar.id))
    assert httpx.get(clients, headers=bearer(token)).status_code == 200


def test_the_operator_reads_metrics_but_no_records(server: Server) -> None:
    assert (ask(server.home, "/metrics").status_code, httpx.get(f"{server.url}/metrics").status_code) == (200, 401)
    listed = ask(server.home, f"/v1/record-list?issuer={server.registrar.id}")
    assert (listed.status_code, ask(server.home, "/auth/clients").status_code) == (404, 401)


def test_the_host_is_checked_at_the_socket_too(server: Server) -> None:
    transport = httpx.HTTPTransport(uds=str(server.home / "serve.sock"))
    with httpx.Client(transport=transport, base_url="http://elsewhere.example") as client:
        assert client.get("/health/live").status_code == 421


def test_a_socket_that_a_killed_server_left_is_replaced() -> None:
    with prepared_home() as home:
        with Server(home) as first:
            first.kill()
            assert (home / "serve.sock").exists()
        with Server(home):
            assert ask(home, "/health/live").status_code == 200
        assert not (home / "serve.sock").exists()


def test_the_newest_server_of_a_home_has_the_socket() -> None:
    with prepared_home() as home, Server(home) as first:
        with Server(home):
            assert ask(home, "/health/live").status_code == 200
            first.stop()
            assert ask(home, "/health/live").status_code == 200
        assert not (home / "serve.sock").exists()


def test_several_processes_have_a_single_socket() -> None:
    with temporary_folder() as folder, served(folder / "home", "--processes", "2") as running:
        until(lambda: ask(folder / "home", "/health/live").status_code == 200, "no socket")
        assert httpx.get(f"{running.url}/health/live").status_code == 200


def test_a_home_with_a_long_path_is_served_without_a_socket() -> None:
    with temporary_folder() as folder:
        home = folder / ("x" * 90) / "home"
        with served(home) as running:
            assert httpx.get(f"{running.url}/health/live").status_code == 200
            assert not (home / "serve.sock").exists()
