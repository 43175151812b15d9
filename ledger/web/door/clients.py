"""The client's address: of the connection, or as a proxy of the operator reports it."""

import ipaddress
from collections.abc import Awaitable, Iterable
from typing import Final, cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from ledger.web.door.answers import header

_NO_PORT: Final = 0


def client_of(scope: Scope) -> str:
    """The address of the client."""
    client = scope.get("client")
    return client[0] if client else ""


class Networks:
    """The addresses of several networks. Texts that are not addresses are outside; an IPv4 address may have the form
    that a socket of IPv6 gives it, `::ffff:192.0.2.1`."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)


class BehindProxies:
    """Uses the last address of `X-Forwarded-For` as the client's if the connection comes from the networks `proxies`.
    Any client can write the addresses before the last one."""

    def __init__(self, app: ASGIApp, proxies: Iterable[str]) -> None:
        self._app = app
        self._proxies = Networks(proxies)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if client_of(scope) in self._proxies:
            seen = header(scope["headers"], b"x-forwarded-for")
            address = seen[-1].rpartition(b",")[2].strip().decode("latin-1") if seen else ""
            if address:
                scope = cast(HTTPScope, scope).copy()
                scope["client"] = (address, _NO_PORT)
        return self._app(scope, receive, send)
