"""Keys, and the bytes that they sign. All signed bytes carry a namespace and this ledger's origin.

A record's signature covers `carbon-ledger/record/v1\\n` origin `\\n` kind digest, so it cannot be replayed on another
ledger, and anyone can check who signed an entry without its body. A key's proof of possession covers
`carbon-ledger/key/v1\\n` origin `\\n` organisation `\\n` keyid, so nobody can enrol a key that is not theirs. At the
enrolment of an organisation with a parent, `\\n` parent follows: nobody is put under a reader without consent.
The algorithm belongs to the key: see `ledger.core.signatures.algorithms`.
"""

import base64
import hashlib
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from ledger.core.record.values import PublicKey
from ledger.core.signatures.algorithms import ALGORITHMS, Check, supported
from ledger.core.signatures.algorithms import SIGNATURE_BYTES as SIGNATURE_BYTES
from ledger.errors import InvalidKey, VerificationError

KEYID_BYTES = 32

# The library raises InternalError for a key of a known type with an impossible length.
_UNREADABLE = (ValueError, UnsupportedAlgorithm, InternalError)


def record_message(origin: str, kind: int, digest: bytes) -> bytes:
    """The bytes that a record's issuer signs."""
    return b"carbon-ledger/record/v1\n" + origin.encode() + b"\n" + bytes((kind,)) + digest


def possession_message(origin: str, organization: str, keyid: bytes, parent: str | None = None) -> bytes:
    """The bytes that a key signs to show that its owner wants it enrolled for this organisation on this ledger, and, if
    the organisation is enrolled with a parent, under this parent."""
    above = b"" if parent is None else b"\n" + parent.encode()
    return b"carbon-ledger/key/v1\n" + origin.encode() + b"\n" + organization.encode() + b"\n" + keyid + above


class VerifyingKey(NamedTuple):
    """A public key: `keyid` is SHA-256 of its DER SubjectPublicKeyInfo, `algorithm` a name of the table."""

    keyid: bytes
    spki: bytes
    check: Check
    algorithm: str

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises VerificationError if the signature does not hold, with a specific code if the cause is known."""
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
        except (InvalidSignature, VerificationError):
            return False
        return True


@lru_cache(maxsize=4096)
def load_spki(spki: bytes, field: str = "spki") -> VerifyingKey:
    """The key of a DER SubjectPublicKeyInfo. Raises InvalidKey for other algorithms, spellings and weak keys."""
    try:
        key = serialization.load_der_public_key(spki)
    except _UNREADABLE:
        raise InvalidKey("not a public key", field=field, value=spki.hex(), rule="DER SubjectPublicKeyInfo") from None
    checks = [(name, algorithm.public(key, spki, field)) for name, algorithm in ALGORITHMS.items()]
    name, check = next(((name, check) for name, check in checks if check is not None), ("", None))
    if check is None:
        key_type = _described(key)
        raise InvalidKey(f"keys of type {key_type} are not supported", code="unsupported-key", field=field,
                         value=key_type, rule=supported())
    if _der(key) != spki:
        raise InvalidKey("the key is not in canonical DER", field=field, value=spki.hex(), rule="canonical DER")
    return VerifyingKey(hashlib.sha256(spki).digest(), spki, check, name)


def check_prime_order(key: VerifyingKey, field: str) -> None:
    """Raises InvalidKey for an Ed25519 key of mixed order, about whose signatures verifiers disagree."""
    if not ALGORITHMS[key.algorithm].of_prime_order(key.spki):
        raise InvalidKey(
            f"{field}: the key is of mixed order", code="mixed-order", field=field, value=key.spki.hex(),
            rule="a point of the group of prime order, as in every key made by RFC 8032",
        )


def check_possession(
    key: VerifyingKey, proof: bytes, origin: str, organization: str, field: str, parent: str | None = None
) -> None:
    """Raises InvalidKey if the key did not sign its own enrolment."""
    if not key.holds(proof, possession_message(origin, organization, key.keyid, parent)):
        raise InvalidKey(
            f"{field}: the key's proof of possession does not hold", code="no-possession", field=field,
            value=key.keyid.hex(),
            rule="the key signs its enrolment for this organisation" +
                 ("" if parent is None else f" under the parent {parent}") + " and this ledger's origin",
        )


class SigningKey:
    """A private key. `keyid` and `spki` belong to its public key."""

    def __init__(self, private: PrivateKeyTypes) -> None:
        """Raises InvalidKey if the key's algorithm is not in the table."""
        halves = [(name, algorithm.private(private)) for name, algorithm in ALGORITHMS.items()]
        supported_half = next(((name, half) for name, half in halves if half is not None), None)
        if supported_half is None:
            raise InvalidKey(f"keys of type {_described(private)} are not supported", code="unsupported-key",
                             field="key", rule=supported())
        self.algorithm, self._half = supported_half
        self.spki = _der(self._half.public)
        self.keyid = hashlib.sha256(self.spki).digest()

    @classmethod
    def from_seed(cls, seed: bytes, algorithm: str = "ed25519") -> "SigningKey":
        """The key of a 32-byte seed. Random bytes make a new key, fixed bytes a repeatable one."""
        return cls(ALGORITHMS[algorithm].from_seed(seed).key)

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes | None = None) -> "SigningKey":
        """The key in PKCS#8 PEM. Raises InvalidKey if it is not PEM of a key, or the passphrase is missing or wrong."""
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except TypeError:
            state = "needs a passphrase" if passphrase is None else "is not encrypted, but a passphrase was given"
            raise InvalidKey(f"the key file {state}", field="passphrase",
                             rule="a passphrase if the file is encrypted, otherwise no passphrase") from None
        except _UNREADABLE:
            raise InvalidKey(
                "not a private key, or a wrong passphrase", field="key", rule="PKCS#8 PEM and its passphrase"
            ) from None
        return cls(key)

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """PKCS#8 PEM, encrypted when a passphrase is given. Raises InvalidKey for an empty one."""
        if passphrase == b"":
            raise InvalidKey("the passphrase is empty", field="passphrase", rule="at least one byte, or no passphrase")
        encryption: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        )
        return self._half.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    @property
    def private(self) -> Ed25519PrivateKey:
        """The key that signs notes. Raises InvalidKey for another algorithm: C2SP has no note signatures for P-256."""
        key = self._half.key
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidKey(f"a log signs with Ed25519, but this key is {ALGORITHMS[self.algorithm].title}",
                             code="unsupported-key", field="key", value=self.algorithm, rule="Ed25519")
        return key

    def sign_record(self, origin: str, kind: int, digest: bytes) -> bytes:
        return self._half.sign(record_message(origin, kind, digest))

    def sign_assertion(self, message: bytes) -> bytes:
        """Signs the first two parts of a JSON Web Signature. These are ASCII without a line end, so they cannot be the
        message of a record or of an enrolment. Raises InvalidKey for other bytes."""
        if b"\n" in message or not message.isascii():
            raise InvalidKey("only the parts of a JSON Web Signature can be signed", field="message",
                             rule="header and claims in base64url")
        return self._half.sign(message)

    def prove_possession(self, origin: str, organization: str, parent: str | None = None) -> bytes:
        return self._half.sign(possession_message(origin, organization, self.keyid, parent))


def public_key(key: SigningKey, origin: str, organization: str, parent: str | None = None) -> PublicKey:
    """A key as an organization or keyChange record enters it, with its proof of possession. `parent`: with which the
    organisation is enrolled."""
    return PublicKey(
        spki=base64.b64encode(key.spki).decode(),
        proof=base64.b64encode(key.prove_possession(origin, organization, parent)).decode(),
    )


def _der(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _described(key: PublicKeyTypes | PrivateKeyTypes) -> str:
    """The type of a key; for elliptic curves, also the curve."""
    curve = f" on {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) else ""
    return f"{type(key).__name__}{curve}"
