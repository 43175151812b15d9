"""Answers only requests that name this server in `Host`.

This prevents DNS rebinding: a foreign page can point its own host name to this server. A browser in the operator's
network then treats the ledger as part of that page, so the page can read everything that the browser's user may read.
Such a request has the foreign name in `Host`. The check applies to every path, including the log: clients read a
published log under its own address or from a mirror, and a ledger on loopback has published nothing.
"""

import ipaddress
from collections.abc import Awaitable, Iterable
from typing import Final
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Scope, Send

from ledger.web.door.answers import Headers, Refusal, header
from ledger.web.problems import refused_request

LOCAL: Final = ("localhost", "127.0.0.1", "::1")
FROM_ANYWHERE: Final = frozenset({"/en/login", "/zh/login"})
"""Paths to which a page of another site may post, since that changes nothing: a file on the user's disk counts as such
a site."""
_SENT_BY_BROWSERS: Final = frozenset({b"sec-fetch-site", b"origin"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def names_of(bound: str, public_url: str | None, others: Iterable[str]) -> "HostNames":
    """The names of a server that listens at `bound`: that address, the loopback names, the host of its public URL, and
    `others`. A server that listens at all addresses accepts any IP address as its name: a foreign page needs a host
    name, so an IP address cannot come from DNS rebinding."""
    names = {*LOCAL, bound.lower(), *[name.lower() for name in others]}
    public = urlsplit(public_url).hostname if public_url else None
    if public:
        names.add(public.lower())
    return HostNames(frozenset(names), _is_wildcard(bound))


class HostNames:
    """Names in lower case, without ports. `addresses`: any IP address counts as a name too."""

    def __init__(self, names: frozenset[str], addresses: bool) -> None:
        self._names = names
        self._addresses = addresses
        self._checked: dict[bytes, bool] = {}

    def __contains__(self, host: bytes) -> bool:
        """Whether a Host field names this server, with any port."""
        is_ours = self._checked.get(host)
        if is_ours is None:
            is_ours = self._has(host)
            if len(self._checked) < 64:
                self._checked[host] = is_ours
        return is_ours

    def _has(self, host: bytes) -> bool:
        try:
            name = urlsplit(f"//{host.decode('ascii')}").hostname
        except ValueError:
            return False
        if not name or b"/" in host or b"@" in host:
            return False
        return name.rstrip(".") in self._names or (self._addresses and _is_address(name))

    def __str__(self) -> str:
        return ", ".join([*sorted(self._names), *(["any address"] if self._addresses else [])])


class OwnHosts:
    """Answers 421 to a request with a foreign name, and 403 to a write by a page of another site."""

    def __init__(self, app: ASGIApp, names: HostNames) -> None:
        self._app = app
        self._names = names

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        try:
            self._check(str(scope.get("method")), scope["path"], scope["headers"])
        except Refusal as refusal:
            return refusal.send(send)
        return self._app(scope, receive, send)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        hosts = header(headers, b"host")
        if len(hosts) != 1 or not hosts[0]:
            problem = refused_request(400, "host", "the request must have exactly one Host field", field="Host",
                                      rule="one Host field")
            raise Refusal(problem, close=True)
        if hosts[0] not in self._names:
            name = hosts[0].decode("latin-1")[:255]
            raise Refusal(refused_request(
                421, "unknown-host", f"this server does not answer for the host {name}", field="Host", value=name,
                rule=f"one of: {self._names}; the operator can add hosts with CARBON_LEDGER_HOSTS",
            ), close=True)
        if method not in _READING and path not in FROM_ANYWHERE and self._is_foreign(headers):
            raise Refusal(refused_request(
                403, "cross-site", "a page of another site must not write to this ledger", field="Origin",
                rule="writes come from this server's own pages, or from a program",
            ), close=True)

    def _is_foreign(self, headers: Headers) -> bool:
        if not _SENT_BY_BROWSERS & dict(headers).keys():
            return False
        if header(headers, b"sec-fetch-site") not in ([], [b"same-origin"], [b"none"]):
            return True
        origins = header(headers, b"origin")
        return any(origin.partition(b"://")[2] not in self._names for origin in origins)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified
