"""Client assertions (RFC 7523), by which an organisation's ledger key asks for a token. Pure."""

import hashlib
import re
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import json_b64decode
from msgspec import Struct

from ledger.core.signatures.assertions import LONGEST
from ledger.core.signatures.signing import load_spki
from ledger.service.identity.faults import OAuthFault, invalid_client
from ledger.service.identity.tokens import SKEW, UNREADABLE

MOST_CHARACTERS: Final = 4_096
_MOST_ID: Final = 200
_NAMES: Final = {"ed25519": ("Ed25519", "EdDSA"), "p256": ("ES256",)}
"""The names of JSON Web Algorithms that a key may have signed with. Many libraries know Ed25519 as EdDSA (RFC 8037)."""
_KEYID: Final = re.compile(r"[0-9a-f]{64}")


class AssertionKey(NamedTuple):
    """An enrolled key, as the head has it."""

    spki: bytes
    organization: str
    revoked: bool


class AssertionClaims(Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    jti: str
    iat: float | None = None
    nbf: float | None = None


class Assertion(NamedTuple):
    """A verified assertion. `id`: 32 bytes that may be used once."""

    id: bytes
    expires: float


def keyid_of(assertion: str) -> str:
    """The keyid that an assertion names, which proves nothing yet. Raises OAuthFault."""
    try:
        header = json_b64decode(assertion[:MOST_CHARACTERS].partition(".")[0].encode())
        keyid = str(header.get("kid")) if isinstance(header, dict) else ""
    except UNREADABLE:
        keyid = ""
    if len(assertion) > MOST_CHARACTERS or not _KEYID.fullmatch(keyid):
        raise invalid_client("the client assertion is no JSON Web Token whose `kid` is a keyid in hex")
    return keyid


def verified_assertion(assertion: str, keyid: str, key: AssertionKey | None, audiences: Collection[str], now: float
                       ) -> Assertion:
    """Checks an assertion by the key that it names. `audiences`: the addresses of this token endpoint and its issuer.
    Raises OAuthFault; the same one for a key that is not enrolled and for a wrong signature."""
    claims = None if key is None else _signed_claims(assertion, key.spki)
    if key is None or claims is None:
        raise invalid_client("the client assertion is not signed by an enrolled key")
    if key.revoked:
        raise invalid_client("the key of the client assertion is revoked")
    if claims.iss != claims.sub or claims.sub not in (key.organization, keyid):
        raise invalid_client("iss and sub of the client assertion must both be the organisation's id, or the keyid")
    if not ({claims.aud} if isinstance(claims.aud, str) else {*claims.aud}) & {*audiences}:
        raise invalid_client(f"aud of the client assertion must be one of: {', '.join(sorted(audiences))}")
    _check_times(claims, now)
    if not 0 < len(claims.jti) <= _MOST_ID:
        raise invalid_client(f"jti of the client assertion must have 1 to {_MOST_ID} characters")
    # Another key may use the same jti.
    return Assertion(hashlib.sha256(f"assertion\n{keyid}\n{claims.jti}".encode()).digest(), claims.exp)


def _signed_claims(assertion: str, spki: bytes) -> AssertionClaims | None:
    """The claims if the signature holds. The key decides the algorithm, not the header."""
    key, names = _jwk(spki)
    try:
        return msgspec.convert(jwt.decode(assertion, key, names).claims, AssertionClaims)
    except UNREADABLE:
        return None


def _jwk(spki: bytes) -> tuple[Any, tuple[str, ...]]:
    algorithm = load_spki(spki).algorithm
    pem = load_der_public_key(spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    kind = OKPKey if algorithm == "ed25519" else ECKey
    return kind.import_key(pem), _NAMES[algorithm]


def _check_times(claims: AssertionClaims, now: float) -> None:
    fault: OAuthFault | None = None
    if not claims.exp > now - SKEW:
        fault = invalid_client("the client assertion is expired")
    elif not claims.exp <= now + LONGEST + SKEW:
        fault = invalid_client(f"exp of the client assertion must be at most {LONGEST} s ahead")
    elif max(claims.iat or 0, claims.nbf or 0) > now + SKEW:
        fault = invalid_client("the client assertion is not valid yet; compare the clocks")
    if fault is not None:
        raise fault
