"""Points of edwards25519 (RFC 8032, section 5.1), to find the group in which a public key lies.

The curve has 8 L points, L a prime. A public key made by RFC 8032 lies in the subgroup of order L. A point of
mixed order is the sum of such a point and a point of small order: verifiers that multiply by the cofactor 8 and
verifiers that do not disagree about its signatures, and several keys share one secret. Nothing here is secret, so
nothing runs in constant time.
"""

from functools import lru_cache
from typing import Final, NamedTuple

P: Final = 2**255 - 19
"""The prime of the field."""
L: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the subgroup to which keys belong."""
_D: Final = -121665 * pow(121666, -1, P) % P
_ROOT_OF_MINUS_ONE: Final = pow(2, (P - 1) // 4, P)
_SIGN: Final = 255


class _Point(NamedTuple):
    """Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z."""

    x: int
    y: int
    z: int
    t: int


_NEUTRAL: Final = _Point(0, 1, 1, 0)


@lru_cache(maxsize=4096)
def in_prime_order_group(encoded: bytes) -> bool:
    """Whether 32 bytes encode a point whose order is L (or 1): L times the point is the neutral
    element. This takes some milliseconds."""
    point = _decode(encoded)
    if point is None:
        return False
    product = _times(L, point)
    return product.x == 0 and product.y == product.z


def _decode(encoded: bytes) -> _Point | None:
    """The point (RFC 8032, section 5.1.3); None if the bytes do not encode a point."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & ((1 << _SIGN) - 1), number >> _SIGN
    if y >= P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * _ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return _Point(x, y, 1, x * y % P)


def _times(number: int, point: _Point) -> _Point:
    product = _NEUTRAL
    for bit in f"{number:b}":
        product = _sum(product, product)
        if bit == "1":
            product = _sum(product, point)
    return product


def _sum(left: _Point, right: _Point) -> _Point:
    """RFC 8032, section 5.1.4: the formula is complete, so it also doubles."""
    a = (left.y - left.x) * (right.y - right.x) % P
    b = (left.y + left.x) * (right.y + right.x) % P
    c = 2 * left.t * right.t * _D % P
    d = 2 * left.z * right.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % P, g * h % P, f * g % P, e * h % P)
