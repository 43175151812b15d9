"""DNS rebinding with a real resolver: a page's own name leads to a public address, and then to this host. The ledger is
open, so an answer that comes through shows a secret."""

import socket
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from support.name_server import name_server, resolving_by
from support.server import METRICS_TOKEN, Server, prepared_home
from support.workshop import Workshop

SECRET: Final = "987654321.125"
PUBLIC: Final = "203.0.113.77"
PAGE: Final = "page.attacker.example"
OWN: Final = "ledger.example"
"""A name that the operator has entered."""
_PLACES: Final = {"127.0.0.1": "A", "127.0.0.77": "A", "0.0.0.0": "A", "::1": "AAAA"}  # noqa: S104 - an answer


class Attack(NamedTuple):
    """`port`: of the ledger. `asked`: the names for whose addresses the resolver was asked, in turn."""

    server: Server
    lot: str
    port: int
    asked: list[str]

    def get(self, path: str, name: str = PAGE, method: str = "GET", **how: Any) -> httpx.Response:
        """As a browser asks for the page: by its name, looked up anew, as part of the same site."""
        headers = {"Origin": f"http://{name}:{self.port}", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors",
                   "Referer": f"http://{name}:{self.port}/", **how.pop("headers", {})}
        with httpx.Client(trust_env=False, timeout=60) as browser:
            return browser.request(method, f"http://{name}:{self.port}{path}", headers=headers, **how)

    def paths(self) -> list[str]:
        return [f"/v1/footprint?lot={self.lot}", f"/v1/lots?lot={self.lot}", "/v1/organizations", "/log/checkpoint",
                "/log/tile/entries/000.p/1", "/health/ready", "/schema", "/metrics", "/auth/keys", "/nowhere"]


@pytest.fixture(scope="module")
def attack() -> Iterator[Attack]:
    asked: list[str] = []

    def answers(name: str, kind: str) -> Sequence[str] | None:
        """The page's name leads to a public address at first, and to this host from then on."""
        label, _, zone = name.rstrip(".").partition(".")
        if kind in ("A", "AAAA"):
            asked.append(name)
        if name == f"{OWN}.":
            return ["127.0.0.1"] if kind == "A" else []
        if name == f"{PAGE}.":
            return [] if kind != "A" else [PUBLIC] if asked.count(name) == 1 else ["127.0.0.1"]
        places = dict(zip("abcd", _PLACES.items(), strict=True))
        if zone == PAGE and label in places:
            address, own = places[label]
            return [address] if kind == own else []
        return None

    with prepared_home() as home, Server(home, CARBON_LEDGER_HOSTS=OWN) as server:
        mill = Workshop("mill")
        server.post([mill.enrolment(server), *mill.opening(), mill.mine("x", SECRET)])
        with name_server(answers) as resolver, resolving_by(resolver):
            (first,) = {info[4][0] for info in socket.getaddrinfo(PAGE, 80, socket.AF_INET)}
            assert first == PUBLIC
            yield Attack(server, mill.name("x"), urlsplit(server.url).port or 0, asked)


def test_the_page_reads_nothing_once_its_name_leads_here(attack: Attack) -> None:
    """The same request by a name of the server's own, through the same resolver, has the secret."""
    by_own = attack.get(attack.paths()[0], OWN)
    assert (by_own.status_code, SECRET in by_own.text) == (200, True)
    for path in attack.paths():
        refused = attack.get(path)
        assert (refused.status_code, refused.json()["code"]) == (421, "unknown-host"), path
        assert SECRET not in refused.text
        assert attack.lot not in refused.text
        assert "access-control-allow-origin" not in refused.headers
    assert attack.asked.count(f"{PAGE}.") > len(attack.paths())


@pytest.mark.parametrize("label", "abcd")
def test_no_other_address_of_this_host_opens_the_page(attack: Attack, label: str) -> None:
    """The whole of 127.0.0.0/8, the unspecified address and IPv6; a server that does not listen there refuses the
    connection."""
    try:
        refused = attack.get(attack.paths()[0], f"{label}.{PAGE}")
    except httpx.ConnectError:
        assert label in ("b", "d"), "only other addresses than 127.0.0.1 can be closed"
        return
    assert (refused.status_code, refused.json()["code"]) == (421, "unknown-host")


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/auth/keys"), ("POST", "/auth/token"), ("POST", "/v1/records"), ("DELETE", "/auth/clients/x"),
    ("GET", "/metrics"),
])
def test_the_page_does_nothing_as_the_operator(attack: Attack, method: str, path: str) -> None:
    """Neither by its name, nor if it knew the token of the metrics, nor with headers that name this host."""
    known = {"Authorization": f"Bearer {METRICS_TOKEN.read_text(encoding='utf-8').strip()}"}
    for headers in ({}, known, {"X-Forwarded-Host": "localhost"}, {"X-Forwarded-For": "127.0.0.1"},
                    {"Forwarded": "host=localhost;for=127.0.0.1"}):
        refused = attack.get(path, method=method, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (421, "unknown-host"), headers
    # A program that names the server itself comes from this host, and still is not the operator.
    answer = httpx.request(method, f"{attack.server.url}{path}", timeout=60)
    assert 400 <= answer.status_code < 500
    if (method, path) == ("POST", "/auth/keys"):
        assert answer.json()["code"] == "operator-only"


def test_the_operators_socket_answers_the_page_as_little(attack: Attack) -> None:
    """A page reaches no Unix socket, and a program that asks there by the page's name gets nothing."""
    transport = httpx.HTTPTransport(uds=str(attack.server.home / "serve.sock"))
    with httpx.Client(transport=transport, timeout=60) as operator:
        for method, path in (("GET", "/metrics"), ("POST", "/auth/keys"), ("GET", "/health/ready")):
            assert operator.request(method, f"http://{PAGE}{path}").status_code == 421
        foreign = {"Origin": f"http://{PAGE}", "Sec-Fetch-Site": "cross-site"}
        assert operator.post("http://localhost/auth/keys", headers=foreign).status_code == 403
        assert operator.get("http://localhost/metrics").status_code == 200
