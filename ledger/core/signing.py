"""Who says so: keys, and the bytes they sign. Everything signed carries a namespace and this ledger's origin.

A record's signature covers `carbon-ledger/record/v1\\n` origin `\\n` kind digest, so it cannot be replayed on another
ledger, and anyone can check who signed an entry without its body. A key's proof of possession covers
`carbon-ledger/key/v1\\n` origin `\\n` organisation `\\n` keyid, so nobody can enrol a key that is not theirs.
The algorithm belongs to the key: Ed25519 (RFC 8032).
"""

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.core.values import PublicKey
from ledger.errors import InvalidKey, VerificationError

SIGNATURE_BYTES = 64
KEYID_BYTES = 32

_P = 2**255 - 19
# The y coordinates of Curve25519's eight points of small order (RFC 7748, section 6: all-zero results); with such a
# key, one signature can hold for many messages.
_ORDER_8 = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
_SMALL_ORDER = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})


def record_message(origin: str, kind: int, digest: bytes) -> bytes:
    """The bytes that a record's issuer signs."""
    return b"carbon-ledger/record/v1\n" + origin.encode() + b"\n" + bytes((kind,)) + digest


def possession_message(origin: str, organization: str, keyid: bytes) -> bytes:
    """The bytes that a key signs to show that its owner wants it enrolled for this organisation on this ledger."""
    return b"carbon-ledger/key/v1\n" + origin.encode() + b"\n" + organization.encode() + b"\n" + keyid


class VerifyingKey(NamedTuple):
    """A public key: `keyid` is SHA-256 of its DER SubjectPublicKeyInfo."""

    keyid: bytes
    spki: bytes
    check: Callable[[bytes, bytes], None]

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises VerificationError where the signature does not hold."""
        try:
            self.check(signature, message)
        except InvalidSignature:
            raise VerificationError(
                f"the signature does not verify with key {self.keyid.hex()}", code="wrong-signature", field="signature",
                value=signature.hex(), rule="signed with this key, over this body, for this ledger's origin",
            ) from None

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature holds."""
        try:
            self.check(signature, message)
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=4096)
def load_spki(spki: bytes, field: str = "spki") -> VerifyingKey:
    """The key of a DER SubjectPublicKeyInfo; raises InvalidKey for other algorithms, spellings and weak keys."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKey("not a public key", field=field, value=spki.hex(), rule="DER SubjectPublicKeyInfo") from None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidKey(
            f"keys of type {type(key).__name__} are not supported", code="unsupported-key", field=field,
            value=type(key).__name__, rule="Ed25519",
        )
    if _der(key) != spki:
        raise InvalidKey("not the canonical DER", field=field, value=spki.hex(), rule="canonical DER")
    y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
    if y >= _P or y in _SMALL_ORDER:
        raise InvalidKey(
            "the key is of small order or not canonical", code="weak-key", field=field, value=spki.hex(),
            rule="a canonical point of large order",
        )
    return VerifyingKey(hashlib.sha256(spki).digest(), spki, key.verify)


def check_possession(key: VerifyingKey, proof: bytes, origin: str, organization: str, field: str) -> None:
    """Raises InvalidKey where the key did not sign its own enrolment."""
    if not key.holds(proof, possession_message(origin, organization, key.keyid)):
        raise InvalidKey(
            f"{field}: the key's proof of possession does not hold", code="no-possession", field=field,
            value=key.keyid.hex(), rule="the key signs its enrolment for this organisation and this ledger's origin",
        )


class SigningKey:
    """A private key. `keyid` and `spki` are those of its public half."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.spki = _der(private.public_key())
        self.keyid = hashlib.sha256(self.spki).digest()

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key of a 32-byte seed: for tests and simulations that must repeat."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes | None = None) -> "SigningKey":
        """Reads PKCS#8 PEM; raises InvalidKey where it is none, or the passphrase is missing or wrong."""
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except TypeError:
            state = "needs a passphrase" if passphrase is None else "is not encrypted, but a passphrase was given"
            raise InvalidKey(f"the key file {state}", field="passphrase", rule="a passphrase iff encrypted") from None
        except (ValueError, UnsupportedAlgorithm):
            raise InvalidKey(
                "not a private key, or a wrong passphrase", field="key", rule="PKCS#8 PEM and its passphrase"
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidKey(f"a {type(key).__name__}", code="unsupported-key", field="key", rule="Ed25519")
        return cls(key)

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """PKCS#8 PEM, encrypted when a passphrase is given. Raises InvalidKey for an empty one."""
        if passphrase == b"":
            raise InvalidKey("the passphrase is empty", field="passphrase", rule="at least one byte, or none at all")
        encryption: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        )
        return self._private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    @property
    def private(self) -> Ed25519PrivateKey:
        return self._private

    def sign_record(self, origin: str, kind: int, digest: bytes) -> bytes:
        return self._private.sign(record_message(origin, kind, digest))

    def prove_possession(self, origin: str, organization: str) -> bytes:
        return self._private.sign(possession_message(origin, organization, self.keyid))


def public_key(key: SigningKey, origin: str, organization: str) -> PublicKey:
    """A key as an organization or keyChange record enters it, with its proof of possession."""
    return PublicKey(
        spki=base64.b64encode(key.spki).decode(),
        proof=base64.b64encode(key.prove_possession(origin, organization)).decode(),
    )


def _der(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
