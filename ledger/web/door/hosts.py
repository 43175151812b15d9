"""Only requests that name this server are answered.

A page from elsewhere can have its own name lead to this host, and a browser here then takes the ledger for a part of
that page: whoever may read it because of where they are, gives it away. Such a request says in `Host` which name it
used. Every path is checked, those of the log too: what is published is read under the log's address or from a copy of
it, and a ledger on loopback has published nothing.
"""

import ipaddress
from collections.abc import Awaitable, Iterable
from typing import Final
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Scope, Send

from ledger.web.door.answers import Headers, Refusal, header

LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_TOLD_BY_BROWSERS: Final = frozenset({b"sec-fetch-site", b"origin"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def names_of(bound: str, public_url: str | None, others: Iterable[str]) -> "HostNames":
    """The names of a server that listens at `bound`: that address, those of this host, the host of its public address,
    and `others`. One that listens everywhere has all addresses, since a name that leads here is none of them."""
    names = {*LOCAL, bound.lower(), *[name.lower() for name in others]}
    public = urlsplit(public_url).hostname if public_url else None
    if public:
        names.add(public.lower())
    return HostNames(frozenset(names), _is_wildcard(bound))


class HostNames:
    """Names in lower case, without ports. `addresses`: any address counts as one."""

    def __init__(self, names: frozenset[str], addresses: bool) -> None:
        self._names = names
        self._addresses = addresses
        self._known: dict[bytes, bool] = {}

    def __contains__(self, host: bytes) -> bool:
        """Whether a Host field names this server, at whatever port."""
        found = self._known.get(host)
        if found is None:
            found = self._has(host)
            if len(self._known) < 64:
                self._known[host] = found
        return found

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
    """421 for any other name; 403 for what a page of another site would have a browser write."""

    def __init__(self, app: ASGIApp, names: HostNames) -> None:
        self._app = app
        self._names = names

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        try:
            self._check(str(scope.get("method")), scope["headers"])
        except Refusal as refusal:
            return refusal.send(send)
        return self._app(scope, receive, send)

    def _check(self, method: str, headers: Headers) -> None:
        hosts = header(headers, b"host")
        if len(hosts) != 1 or not hosts[0]:
            raise Refusal(400, "host", "a request names one host", field="Host", rule="one Host field", close=True)
        if hosts[0] not in self._names:
            name = hosts[0].decode("latin-1")[:255]
            raise Refusal(
                421, "unknown-host", f"this server is not {name}", field="Host", value=name,
                rule=f"one of: {self._names}; the operator names more with CARBON_LEDGER_HOSTS", close=True,
            )
        if method not in _READING and self._is_foreign(headers):
            raise Refusal(403, "cross-site", "a page of another site writes nothing here", field="Origin",
                          rule="a request by this server's own pages, or by a program", close=True)

    def _is_foreign(self, headers: Headers) -> bool:
        if not _TOLD_BY_BROWSERS & dict(headers).keys():
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
