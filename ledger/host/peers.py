"""Whether the other end of a TCP connection is still there, as the kernel says it."""

import ipaddress
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
_ESTABLISHED: Final = "01"
_MAPPED: Final = bytes(10) + b"\xff\xff"
_WORD: Final = 4


def has_gone(port: int, peer: tuple[str, int]) -> bool:
    """Whether the peer has closed its connection to a port of this host, or the connection is no more. False where the
    system does not say it."""
    try:
        address = ipaddress.ip_address(peer[0]).packed
    except ValueError:
        return False
    # A socket of IPv6 has the addresses of IPv4 in a form of its own.
    forms = {address, address.removeprefix(_MAPPED), address if len(address) > _WORD else _MAPPED + address}
    wanted = [f":{port:04X} {_hex(form)}:{peer[1]:04X} {_ESTABLISHED} ".encode() for form in forms]
    says = False
    for table in _TABLES:
        with suppress(OSError):
            connections = table.read_bytes()
            if any(each in connections for each in wanted):
                return False
            says = True
    return says


def _hex(address: bytes) -> str:
    """As the kernel writes it: words of four bytes in the byte order of the machine."""
    words = [address[start : start + _WORD] for start in range(0, len(address), _WORD)]
    return "".join([f"{int.from_bytes(word, sys.byteorder):08X}" for word in words])
