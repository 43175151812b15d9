"""Client assertions (RFC 7523): a ledger key signs a short-lived JSON Web Token, to be given an access token for it."""

import base64
from typing import Final

import msgspec

from ledger.core.signatures.signing import SigningKey

LIFETIME: Final = 120
"""Seconds for which an assertion is valid. A server accepts up to `LONGEST`."""
LONGEST: Final = 300
KIND: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = {"ed25519": "Ed25519", "p256": "ES256"}
"""Names of JSON Web Algorithms (RFC 9864, RFC 7518) by our own names."""


def client_assertion(key: SigningKey, subject: str, audience: str, jti: str, now: int) -> str:
    """The assertion that `subject`, an organisation's id or the keyid in hex, asks for a token at `audience`. `jti`
    must be new: an assertion can be used once. `now`: seconds since 1970."""
    header = {"alg": ALGORITHMS[key.algorithm], "typ": "JWT", "kid": key.keyid.hex()}
    claims = {"iss": subject, "sub": subject, "aud": audience, "jti": jti, "iat": now, "exp": now + LIFETIME}
    message = b".".join([_encoded(msgspec.json.encode(part)) for part in (header, claims)])
    return b".".join([message, _encoded(key.sign_assertion(message))]).decode()


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
