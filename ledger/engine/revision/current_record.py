"""A record as it reads now, which is the input of a revision. It comes from the database or from an audit state."""

from decimal import Decimal

from msgspec import Struct


class Past(Struct, frozen=True, array_like=True):
    """A record of flows as it reads now. `body` and `leaf` (leaf 0) are None if it is withdrawn. `lots` are the ids of
    its lots. `rests`: the quantities that an addition took, by lot number. `seed`: the seed of its salts. `erased`: the
    log asks to erase its body, or the body of a record which changed it."""

    index: int
    digest: bytes
    type: str
    body: bytes | None
    leaf: bytes | None
    lots: tuple[str, ...]
    rests: dict[int, Decimal]
    seed: bytes
    erased: bool
