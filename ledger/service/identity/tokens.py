"""Tokens: JSON Web Tokens, signed with Ed25519; access tokens after RFC 9068. Pure: time and keys are values.

The audience is the log's origin. It is the same at every replica and under every address, and no other log has it.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.util import json_b64decode
from msgspec import Struct

from ledger.access.caller import SCOPES, Caller
from ledger.service.identity.faults import invalid_token

ALGORITHM: Final = "Ed25519"
ROTATION: Final = 86_400
"""Seconds for which a key signs tokens."""
SKEW: Final = 60
"""Seconds by which the clocks of replicas may differ."""
LONGEST: Final = 4_096
"""Characters of a token."""
UNREADABLE: Final = (JoseError, ValueError, TypeError, AttributeError, RecursionError)
"""The errors of joserfc for texts that are no signed tokens."""


class TokenKind(NamedTuple):
    """The use of a token. `type`: of its header, so that no token counts as one of another kind. `seconds`: for which
    it is valid."""

    type: str
    seconds: int


ACCESS: Final = TokenKind("at+jwt", 600)
CODE: Final = TokenKind("code+jwt", 60)
"""Begins a session of a browser, once."""
SESSION: Final = TokenKind("session+jwt", 28_800)
"""The session of a browser: a working day."""
LONGEST_LIFE: Final = max(kind.seconds for kind in (ACCESS, CODE, SESSION))


class TokenKey(NamedTuple):
    """A key that signs tokens, from `begins` on (seconds since 1970)."""

    number: int
    begins: float
    jwk: OKPKey

    @property
    def kid(self) -> str:
        return str(self.number)

    def public(self) -> dict[str, Any]:
        """The public half, as a JSON Web Key."""
        return {**self.jwk.as_dict(private=False), "kid": self.kid, "alg": ALGORITHM, "use": "sig"}


class TokenClaims(Struct, frozen=True):
    """The claims of a token. `link`: digest of the grant whose link the holder has."""

    iss: str
    aud: str
    sub: str
    client_id: str
    scope: str
    iat: int
    exp: int
    jti: str
    link: str | None = None

    def caller(self) -> Caller:
        """The caller that holds the token."""
        scopes = frozenset(self.scope.split()) & frozenset(SCOPES)
        organization = self.sub if self.link is None else None
        return Caller(organization, scopes, self.client_id, self.link)


class VerifiedToken(NamedTuple):
    """A verified token. `key`: the number of the key that signed it."""

    claims: TokenClaims
    key: int


def kid_of(token: str) -> str:
    """The id of the key that a token names, which proves nothing yet; "" for a text that is no token."""
    try:
        header = json_b64decode(token[:LONGEST].partition(".")[0].encode())
        return str(header.get("kid"))
    except UNREADABLE:
        return ""


def signed(claims: TokenClaims, key: TokenKey, kind: TokenKind = ACCESS) -> str:
    """The token with these claims."""
    content = {name: value for name, value in msgspec.to_builtins(claims).items() if value is not None}
    return jwt.encode({"alg": ALGORITHM, "typ": kind.type, "kid": key.kid}, content, key.jwk, [ALGORITHM])


def verified(
    token: str, keys: Mapping[str, TokenKey], audience: str, now: float, kind: TokenKind = ACCESS
) -> VerifiedToken:
    """The claims of a token of this log and kind. Raises Unauthenticated for any other one, and for an expired one."""
    if len(token) > LONGEST:
        raise invalid_token("it is too long")
    signer: list[TokenKey] = []

    def key_for(parts: Any) -> OKPKey:
        """The key that the header names, if the header is one of this log's tokens."""
        header = parts.headers()
        key = keys.get(str(header.get("kid")))
        if key is None or header.get("alg") != ALGORITHM or header.get("typ") != kind.type:
            raise invalid_token("its type, algorithm or key is not one of this log's tokens")
        signer.append(key)
        return key.jwk

    try:
        claims = msgspec.convert(jwt.decode(token, key_for, [ALGORITHM]).claims, TokenClaims)
    except UNREADABLE:
        raise invalid_token("its signature or its claims do not hold") from None
    key = signer[0]
    if claims.aud != audience:
        raise invalid_token("it is for another ledger")
    if not key.begins - SKEW <= claims.iat <= key.begins + ROTATION + SKEW or claims.exp > claims.iat + kind.seconds:
        raise invalid_token("its key did not sign at that time")
    check_time(claims, now)
    return VerifiedToken(claims, key.number)


def check_time(claims: TokenClaims, now: float) -> None:
    """Raises Unauthenticated if a token is not valid at this time."""
    if claims.exp <= now:
        raise invalid_token("it is expired")
    if claims.iat > now + SKEW:
        raise invalid_token("it is not valid yet")
