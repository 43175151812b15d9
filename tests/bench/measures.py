"""What a machine can do, measured in the same run as what the ledger does on it."""

import os
import time
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

ED25519: Final = "Ed25519 verifications on one core"


class Measure(Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of bench.json. `ratio`: how many times faster ours is than the peer; None without a peer."""

    name: str
    value: float
    unit: str
    memory_mi_b: float | None = None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None


def rate(name: str, value: float, peer: str, peer_value: float, memory: float | None) -> Measure:
    """A rate beside its peer's."""
    return Measure(
        name=name, value=round(value, 1), unit="1/s", memory_mi_b=memory, peer=peer, peer_value=round(peer_value, 1),
        ratio=round(value / peer_value, 3),
    )


def ed25519_verifications(seconds: float = 1.5) -> float:
    """Ed25519 verifications a second on one core: the floor of any ledger that checks every signature."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    message = bytes(100)
    signature, public = key.sign(message), key.public_key()
    count, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        for _ in range(100):
            public.verify(signature, message)
        count += 100
    return count / elapsed


def fsyncs(folder: Path, seconds: float = 1.0) -> float:
    """Durable 8 KiB writes a second in this folder: the floor of a commit."""
    path = folder / "fsync"
    count, began = 0, time.perf_counter()
    with open(path, "wb") as file:
        while (elapsed := time.perf_counter() - began) < seconds:
            file.write(bytes(8192))
            file.flush()
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / elapsed
