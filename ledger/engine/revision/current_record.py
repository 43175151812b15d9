"""A record as it reads now: what a revision begins with, whether it comes from the database or from an audit's book."""

from decimal import Decimal

from msgspec import Struct


class Past(Struct, frozen=True, array_like=True):
    """A record of flows as it reads now: `body` and `leaf` (leaf 0) are None where it is withdrawn. `lots` are the ids
    of its lots; `rests`, of an addition, what it took by lot number. `erased`: the log says that its body, or that of a
    record which changed it, goes; `seed`: what its salts come of."""

    index: int
    digest: bytes
    type: str
    body: bytes | None
    leaf: bytes | None
    lots: tuple[str, ...]
    rests: dict[int, Decimal]
    seed: bytes
    erased: bool
