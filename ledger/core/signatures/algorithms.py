"""The signature algorithms, as one table: Ed25519 (RFC 8032), and ECDSA over P-256 with SHA-256 (FIPS 186-5).

A key's algorithm is in its SubjectPublicKeyInfo, so nobody chooses it when a signature is checked. Every algorithm here
has signatures of 64 bytes in one spelling. Another one (SM2 after GB/T 32918) needs one more row in `ALGORITHMS`.

ECDSA has two valid signatures, (r, s) and (r, n - s), for each message. Only s <= n/2 is accepted here: otherwise a
signed record would have two spellings, and anybody could make the second.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ledger.core.signatures.edwards import P, in_prime_order_group
from ledger.errors import InvalidKey, VerificationError

SIGNATURE_BYTES: Final = 64

Check = Callable[[bytes, bytes], None]
"""Checks signature and message. Raises InvalidSignature, or VerificationError if it can say more."""

# The y coordinates of Curve25519's eight points of small order (RFC 7748, section 6: all-zero results); with such a
# key, one signature can hold for many messages.
_ORDER_8 = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
_SMALL_ORDER = frozenset({0, 1, P - 1, _ORDER_8, P - _ORDER_8})

P256_ORDER: Final = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
"""The number n of points of P-256 (SP 800-186, 3.2.1.3)."""
_P256_SEED: Final = b"carbon-ledger/p256/v1\n"
_HALF: Final = 32
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
# Two signatures with one nonce reveal the key, so the nonce is derived (RFC 6979), not random.
_ECDSA_SIGNING: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class PrivateHalf(NamedTuple):
    """A private key: the library's object, and the function that signs."""

    key: PrivateKeyTypes
    public: PublicKeyTypes
    sign: Callable[[bytes], bytes]


class Algorithm(Protocol):
    """The interface of a row of the table. `title` is its name in words."""

    title: str

    def public(self, key: PublicKeyTypes, spki: bytes, field: str) -> Check | None:
        """The check for signatures of this key; None if the key is of another algorithm. Raises InvalidKey for a key of
        this algorithm that must not be used."""
        ...

    def of_prime_order(self, spki: bytes) -> bool:
        """Whether the point of a key that `public` accepted is in the group of prime order."""
        ...

    def private(self, key: PrivateKeyTypes) -> PrivateHalf | None:
        """The private key; None if it is of another algorithm."""
        ...

    def from_seed(self, seed: bytes) -> PrivateHalf:
        """The private key that 32 bytes determine."""
        ...


class _Ed25519:
    title = "Ed25519"

    def public(self, key: PublicKeyTypes, spki: bytes, field: str) -> Check | None:
        if not isinstance(key, Ed25519PublicKey):
            return None
        y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
        if y >= P or y in _SMALL_ORDER:
            raise InvalidKey(
                "the key has small order or a non-canonical encoding", code="weak-key", field=field, value=spki.hex(),
                rule="a canonical point of large order",
            )
        return key.verify

    def of_prime_order(self, spki: bytes) -> bool:
        return in_prime_order_group(spki[-_HALF:])

    def private(self, key: PrivateKeyTypes) -> PrivateHalf | None:
        return PrivateHalf(key, key.public_key(), key.sign) if isinstance(key, Ed25519PrivateKey) else None

    def from_seed(self, seed: bytes) -> PrivateHalf:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return PrivateHalf(key, key.public_key(), key.sign)


class _P256:
    title = "ECDSA P-256"

    def public(self, key: PublicKeyTypes, spki: bytes, field: str) -> Check | None:
        """The library has already checked that the point is on the curve and is not the neutral element."""
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return None

        def check(signature: bytes, message: bytes) -> None:
            r, s = _numbers(signature)
            key.verify(encode_dss_signature(r, s), message, _ECDSA)

        return check

    def of_prime_order(self, spki: bytes) -> bool:
        """True for every point of P-256: its cofactor is 1."""
        return True

    def private(self, key: PrivateKeyTypes) -> PrivateHalf | None:
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            return None

        def sign(message: bytes) -> bytes:
            r, s = decode_dss_signature(key.sign(message, _ECDSA_SIGNING))
            return r.to_bytes(_HALF, "big") + min(s, P256_ORDER - s).to_bytes(_HALF, "big")

        return PrivateHalf(key, key.public_key(), sign)

    def from_seed(self, seed: bytes) -> PrivateHalf:
        # Twice as many bits as the order has, so that every secret is about equally likely.
        secret = 1 + int.from_bytes(hashlib.sha512(_P256_SEED + seed).digest(), "big") % (P256_ORDER - 1)
        half = self.private(ec.derive_private_key(secret, ec.SECP256R1()))
        if half is None:
            raise TypeError("a derived P-256 key is not a P-256 key")
        return half


ALGORITHMS: Final[Mapping[str, Algorithm]] = {"ed25519": _Ed25519(), "p256": _P256()}
"""The algorithms, by the name that options use."""


def supported() -> str:
    """The algorithms in words."""
    return " or ".join([algorithm.title for algorithm in ALGORITHMS.values()])


def _numbers(signature: bytes) -> tuple[int, int]:
    """r and s, each within its range. Raises VerificationError if s is the larger of the two possible values."""
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
    if not 0 < r < P256_ORDER or not 0 < s < P256_ORDER:
        raise InvalidSignature
    if s > P256_ORDER // 2:
        raise VerificationError(
            "the signature's s is above n/2", code="high-s", field="signature", value=signature.hex(),
            rule="r and s of 32 bytes each, s at most n/2: sign with n - s instead",
        )
    return r, s
