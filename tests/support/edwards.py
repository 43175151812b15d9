"""Edwards25519 (RFC 8032, section 5.1), written out so that nothing of the module under test is used, and keys of mixed
order that sign."""

import hashlib
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.core.signatures.algorithms import PrivateHalf
from ledger.core.signatures.signing import SigningKey

SPKI: Final = bytes.fromhex("302a300506032b6570032100")
"""RFC 8410, section 10.1, up to the key's bytes."""
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def add(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    t = D * x1 * x2 * y1 * y2 % P
    # One inverse for both quotients.
    inverse = pow((1 + t) * (1 - t), -1, P)
    return (x1 * y2 + x2 * y1) * (1 - t) * inverse % P, (y1 * y2 + x1 * x2) * (1 + t) * inverse % P


def times(number: int, point: Point) -> Point:
    found = NEUTRAL
    for bit in f"{number:b}":
        found = add(found, found)
        if bit == "1":
            found = add(found, point)
    return found


def roots(square: int) -> list[int]:
    """Both square roots, smallest first; none where there is none."""
    candidate = pow(square, (P + 3) // 8, P)
    for root in (candidate, candidate * pow(2, (P - 1) // 4, P) % P):
        if root * root % P == square:
            return sorted({root, -root % P})
    return []


def points_at(y: int) -> list[Point]:
    return [(x, y) for x in roots((y * y - 1) * pow(D * y * y + 1, -1, P) % P)]


@cache
def small_order_points() -> tuple[Point, ...]:
    """L times any point has an order that divides 8; a few points give all eight."""
    found: set[Point] = set()
    y = 2
    while len(found) < 8:
        found.update(times(L, point) for point in points_at(y))
        y += 1
    return tuple(sorted(found))


def spellings(point: Point) -> list[bytes]:
    """The encodings that decoders take for a point: y and y + p where that fits, the sign bit free where x is 0."""
    x, y = point
    signs = (0, 1) if x == 0 else (x & 1,)
    return [
        (value | sign << 255).to_bytes(32, "little") for value in (y, y + P) if value < 2**255 for sign in signs
    ]


BASE: Final = next(point for point in points_at(4 * pow(5, -1, P) % P) if point[0] & 1 == 0)
ORDER_8: Final = next(point for point in small_order_points() if times(4, point) != NEUTRAL)


class MixedKey(SigningKey):
    """The key of a seed with a point of order 8 added. One signature in eight holds, so it looks for one that does."""

    def __init__(self, seed: bytes) -> None:
        private = Ed25519PrivateKey.from_private_bytes(seed)
        self._scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & ((1 << 254) - 8) | 1 << 254
        self._public = spellings(add(times(self._scalar, BASE), ORDER_8))[0]
        self._half = PrivateHalf(private, Ed25519PublicKey.from_public_bytes(self._public), self._signature)
        self.algorithm = "ed25519"
        self.spki = SPKI + self._public
        self.keyid = hashlib.sha256(self.spki).digest()

    def _signature(self, message: bytes) -> bytes:
        number = int.from_bytes(hashlib.sha512(b"nonce" + self._public + message).digest(), "little") % L
        point = times(number, BASE)
        while True:
            encoded = spellings(point)[0]
            challenge = int.from_bytes(hashlib.sha512(encoded + self._public + message).digest(), "little") % L
            if challenge % 8 == 0:
                return encoded + ((number + challenge * self._scalar) % L).to_bytes(32, "little")
            number, point = number + 1, add(point, BASE)
