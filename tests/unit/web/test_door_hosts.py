"""Which names a server answers to."""

import asyncio
from typing import Any

import msgspec
import pytest

from ledger.web.door.hosts import OwnHosts, names_of


async def _application(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


def answer(door: OwnHosts, *fields: tuple[str, str], method: str = "GET") -> tuple[int, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is received")

    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields]
    scope: Any = {"type": "http", "method": method, "path": "/", "headers": headers}
    asyncio.run(door(scope, receive, send))
    return sent[0]["status"], msgspec.json.decode(sent[1]["body"])


def door(bound: str = "127.0.0.1", public_url: str | None = None, *others: str) -> OwnHosts:
    return OwnHosts(_application, names_of(bound, public_url, others))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "localhost."])
def test_names_of_this_host(host: str) -> None:
    assert answer(door(), ("Host", host))[0] == 200


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "198.51.100.1",
    "localhost@evil.example", "evil.example#localhost", "localhost/../evil", "[::1", "xn--lcalhost-", "\xe9", ":8080",
])
def test_other_names(host: str) -> None:
    status, problem = answer(door(), ("Host", host))
    assert (status, problem["code"], problem["field"]) == (421, "unknown-host", "Host")
    assert "CARBON_LEDGER_HOSTS" in problem["rule"]


@pytest.mark.parametrize("fields", [(), (("Host", ""),), (("Host", "localhost"), ("Host", "localhost"))])
def test_no_host_or_two(fields: tuple[tuple[str, str], ...]) -> None:
    status, problem = answer(door(), *fields)
    assert (status, problem["code"]) == (400, "host")


def test_names_that_the_operator_gives() -> None:
    named = door("192.0.2.7", "https://Ledger.example/base", "ledger", "2001:db8::7")
    for host in ("ledger.example", "LEDGER:8080", "192.0.2.7:80", "[2001:db8::7]:8080", "localhost"):
        assert answer(named, ("Host", host))[0] == 200, host
    assert answer(named, ("Host", "192.0.2.8"))[0] == 421


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])  # noqa: S104 - named, not bound
def test_who_listens_everywhere_has_all_addresses_and_no_names(bound: str) -> None:
    everywhere = door(bound)
    for host in ("198.51.100.3:8080", "[2001:db8::1]", "localhost"):
        assert answer(everywhere, ("Host", host))[0] == 200, host
    assert answer(everywhere, ("Host", "evil.example"))[0] == 421


def test_what_a_page_of_another_site_writes() -> None:
    own = ("Host", "localhost:8080")
    for field in (("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
                  ("Sec-Fetch-Site", "same-site")):
        status, problem = answer(door(), own, field, method="POST")
        assert (status, problem["code"]) == (403, "cross-site"), field
        assert answer(door(), own, field)[0] == 200
    for field in (("Origin", "http://localhost:8080"), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none")):
        assert answer(door(), own, field, method="POST")[0] == 200, field
