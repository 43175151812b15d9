"""Limits failed attempts to get a token, for each client at an address and for each address.

A client has no limit over all addresses: then anybody could lock it out. Its secret has 256 random bits, which nobody
guesses from any number of addresses.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Final

from ledger.service.identity.faults import OAuthFault

SECONDS: Final = 60.0
OF_CLIENT: Final = 20
OF_ADDRESS: Final = 60
"""Failures within `SECONDS`."""
_MOST: Final = 10_000
_LONGEST: Final = 100


class Guesses:
    """The failures of this process. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def begin(self, address: str, client: str) -> None:
        """Counts an attempt as a failure until it succeeds, so that attempts at the same time count too. Raises
        OAuthFault (429)."""
        for key, most in self._keys(address, client):
            since, count = self._failures.get(key, (self._clock(), 0))
            wait = since + SECONDS - self._clock()
            if count >= most and wait > 0:
                raise OAuthFault(
                    "temporarily_unavailable", "too many failed attempts; ask again later", status=429,
                    retry_after=ceil(wait))
        self._add(address, client, 1)

    def succeeded(self, address: str, client: str) -> None:
        """The attempt was no guess."""
        self._add(address, client, -1)

    def _add(self, address: str, client: str, number: int) -> None:
        for key, _ in self._keys(address, client):
            since, count = self._failures.pop(key, (self._clock(), 0))
            if since + SECONDS <= self._clock():
                since, count = self._clock(), 0
            if count + number > 0:
                self._failures[key] = since, count + number
        while len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def _keys(self, address: str, client: str) -> list[tuple[tuple[str, str], int]]:
        network = _network(address)
        return [((network, client[:_LONGEST]), OF_CLIENT), ((network, ""), OF_ADDRESS)]


def _network(address: str) -> str:
    """One host has all addresses of an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
