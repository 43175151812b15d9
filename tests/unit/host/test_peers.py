"""The kernel's word on who is still connected, for both families and for IPv4 at a socket of IPv6."""

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest
from support.waiting import until

from ledger.host import peers
from ledger.host.peers import has_gone

RESET: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: a close sends a reset."""


class Connected:
    """A listening socket, and one that is connected to it. `peer`: the latter, as a server shows it."""

    def __init__(self, stack: ExitStack, listens: str, connects: str) -> None:
        dual = listens == "::"
        listening = stack.enter_context(socket.create_server(
            (listens, 0), family=socket.AF_INET6 if ":" in listens else socket.AF_INET, dualstack_ipv6=dual))
        self.port = listening.getsockname()[1]
        self.client = stack.enter_context(socket.create_connection((connects, self.port), timeout=10))
        self.server, shown = listening.accept()
        stack.enter_context(self.server)
        self.peer = shown[:2]

    @property
    def gone(self) -> bool:
        return has_gone(self.port, self.peer)


@pytest.fixture(params=[("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")], ids=str)
def connected(request: pytest.FixtureRequest) -> Iterator[Connected]:
    with ExitStack() as stack:
        yield Connected(stack, *request.param)


@pytest.mark.parametrize("how", ["closed", "half", "reset"])
def test_a_peer_that_goes(connected: Connected, how: str) -> None:
    """What it has sent still waits to be read."""
    connected.client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
    assert not connected.gone
    if how == "reset":
        connected.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    if how == "half":
        connected.client.shutdown(socket.SHUT_WR)
    else:
        connected.client.close()
    until(lambda: connected.gone)


def test_ipv4_in_either_form(connected: Connected) -> None:
    host, port = connected.peer
    for form in () if host == "::1" else (host.removeprefix("::ffff:"), f"::ffff:{host.removeprefix('::ffff:')}"):
        assert not has_gone(connected.port, (form, port))


def test_nobody_has_gone_where_the_system_says_nothing(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    connected.client.close()
    assert not has_gone(connected.port, ("no address", 1))
    monkeypatch.setattr(peers, "_TABLES", ())
    assert not connected.gone
