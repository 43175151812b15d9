"""Issues tokens, and says who holds one."""

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from hmac import compare_digest
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.access.caller import SCOPES
from ledger.access.links import link_digest
from ledger.errors import InvalidInput, Unauthenticated
from ledger.service.access.rights import AskingCaller, TokenBasis, read_link, read_rights
from ledger.service.identity.assertions import AssertionKey, keyid_of, verified_assertion
from ledger.service.identity.faults import OAuthFault, invalid_client, invalid_request
from ledger.service.identity.guesses import Guesses
from ledger.service.identity.requests import CREDENTIALS, ByAssertion, BySecret, Proof, proof_of, scopes_of
from ledger.service.identity.secrets import SecretHasher
from ledger.service.identity.token_keys import TokenKeys
from ledger.service.identity.tokens import (
    ACCESS,
    CODE,
    SESSION,
    TokenClaims,
    TokenKind,
    VerifiedToken,
    check_time,
    kid_of,
    signed,
    verified,
)
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_CACHED: Final = 4_096
_GRANT: Final = re.compile(r"[0-9a-f]{64}")
_READ: Final = {"scope": "read"}
_UNKNOWN: Final = "unknown client, wrong secret, or a client or grant that has ended"


class TokenEndpoint(NamedTuple):
    """Where a token is asked for. `issuer`: of the token. `audiences`: the names of this endpoint in assertions.
    `address`: of the client."""

    issuer: str
    audiences: Collection[str]
    address: str


class TokenAnswer(Struct, frozen=True):
    """The answer of the token endpoint (RFC 6749, 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class CodeAnswer(Struct, frozen=True):
    """A code that begins the session of a browser, once, within so many seconds."""

    code: str
    expires_in: int


class Principal(NamedTuple):
    """Who has proved an identity. `link`: digest of the grant whose link it holds."""

    name: str
    client: str
    scopes: frozenset[str]
    link: str | None = None


class HeldToken(NamedTuple):
    """A token whose signature is verified. `asking`: its holder, with the things that must stand for it to hold."""

    claims: TokenClaims
    asking: AskingCaller


class TokenService:
    """The tokens of a log. `clock`: seconds since 1970."""

    def __init__(self, pool: DatabasePool, keys: TokenKeys, origin: str, clock: Callable[[], float]) -> None:
        self._pool, self._origin, self._clock = pool, origin, clock
        self.keys = keys
        self.hasher = SecretHasher()
        self._guesses = Guesses(clock)
        self._verified: OrderedDict[tuple[TokenKind, str], HeldToken] = OrderedDict()

    async def issue(self, form: Mapping[str, str], authorization: str | None, place: TokenEndpoint) -> TokenAnswer:
        """A token for whoever proves who it is. Raises OAuthFault."""
        if form.get("grant_type") != CREDENTIALS:
            code = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
            raise OAuthFault(code, f"grant_type must be {CREDENTIALS}")
        subject = await self._subject(proof_of(form, authorization), place)
        scope = scopes_of(form, subject.scopes)
        return TokenAnswer(await self._signed(subject, scope, place, ACCESS), "Bearer", ACCESS.seconds, scope)

    async def code(self, form: Mapping[str, str], authorization: str | None, place: TokenEndpoint) -> CodeAnswer:
        """A code for whoever proves who it is, and may read. Raises OAuthFault."""
        subject = await self._subject(proof_of(form, authorization), place)
        return CodeAnswer(await self._signed(subject, scopes_of(_READ, subject.scopes), place, CODE), CODE.seconds)

    async def opener(self, form: Mapping[str, str], place: TokenEndpoint) -> Principal:
        """Whose session a form would begin: it has a `code`, or a proof as for a token. Raises OAuthFault; also for a
        code that was used, or whose key, client or grant has ended."""
        if "code" not in form:
            subject = await self._subject(proof_of(form, None), place)
        else:
            held = await self._code(form["code"])
            claims = held.claims
            subject = Principal(claims.sub, claims.client_id, held.asking.caller.scopes, claims.link)
        scopes_of(_READ, subject.scopes)
        return subject

    async def begin(self, form: Mapping[str, str], place: TokenEndpoint) -> str:
        """The token of a new session, for a form as in `opener`. A code is used up. Raises OAuthFault."""
        subject = await self.opener(form, place)
        if "code" in form:
            claims = (await self._code(form["code"])).claims
            if not await self._spend(_spent(claims), claims.exp):
                raise _code_ended()
        return await self._signed(subject, "read", place, SESSION)

    async def end(self, session: str) -> None:
        """Ends a session, at every replica. One that is not valid is no fault."""
        try:
            claims = (await self.check(session, SESSION)).claims
        except Unauthenticated:
            return
        await self._spend(_spent(claims), claims.exp)

    async def _code(self, code: str) -> HeldToken:
        """A code that holds. Raises OAuthFault."""
        try:
            held = await self.check(code, CODE)
        except Unauthenticated:
            raise _code_ended() from None
        if await read_rights(self._pool, held.asking) is None:
            raise _code_ended()
        return held

    async def _signed(self, subject: Principal, scope: str, place: TokenEndpoint, kind: TokenKind) -> str:
        now = int(self._clock())
        claims = TokenClaims(place.issuer, self._origin, subject.name, subject.client, scope, now, now + kind.seconds,
                             secrets.token_urlsafe(16), subject.link)
        return signed(claims, await self.keys.signing(), kind)

    async def check(self, token: str, kind: TokenKind = ACCESS) -> HeldToken:
        """A token of this log and kind that is not expired; its signature is checked once. Whether it stands is not
        read. Raises Unauthenticated, or Unavailable."""
        held = self._verified.get((kind, token))
        if held is None:
            keys = await self.keys.verifying(kid_of(token))
            held = self._verified[kind, token] = _held(verified(token, keys, self._origin, self._clock(), kind))
            if len(self._verified) > _CACHED:
                self._verified.popitem(last=False)
        else:
            check_time(held.claims, self._clock())
        return held

    def asking(self, held: HeldToken) -> AskingCaller:
        """Who asks by a token. Its standing and the holder's rights are read for each request, so a revocation acts at
        the next one. Raises Unauthenticated if the token is expired."""
        check_time(held.claims, self._clock())
        return held.asking

    async def revoke(self, form: Mapping[str, str], authorization: str | None, place: TokenEndpoint) -> None:
        """Revokes a token of the client that asks (RFC 7009). A token that is not valid is no fault. Raises
        OAuthFault."""
        subject = await self._subject(proof_of(form, authorization), place)
        if "token" not in form:
            raise invalid_request("token is missing")
        try:
            claims = (await self.check(form["token"])).claims
        except Unauthenticated:
            return
        if (claims.sub, claims.client_id) != (subject.name, subject.client):
            raise OAuthFault("unauthorized_client", "the token was issued to another client")
        await self._spend(_spent(claims), claims.exp)

    async def _subject(self, proof: Proof, place: TokenEndpoint) -> Principal:
        if isinstance(proof, ByAssertion):
            return await self._by_assertion(proof, place)
        self._guesses.begin(place.address, proof.client)
        try:
            subject = await (self._by_link(proof) if _GRANT.fullmatch(proof.client) else self._by_secret(proof))
        except InvalidInput:
            # Text that no row can hold.
            raise invalid_client(_UNKNOWN) from None
        self._guesses.succeeded(place.address, proof.client)
        return subject

    async def _by_assertion(self, proof: ByAssertion, place: TokenEndpoint) -> Principal:
        keyid = keyid_of(proof.assertion)
        row = await self._pool.fetchrow(queries("identity")["key"], bytes.fromhex(keyid))
        key = None if row is None else AssertionKey(row["spki"], row["organization"], row["revoked"])
        assertion = verified_assertion(proof.assertion, keyid, key, place.audiences, self._clock())
        if key is None or proof.client not in ("", keyid, key.organization):
            raise invalid_client("client_id is not the client of the assertion")
        if not await self._spend(assertion.id, assertion.expires):
            raise invalid_client("the client assertion was used before")
        return Principal(key.organization, keyid, frozenset(SCOPES))

    async def _by_secret(self, proof: BySecret) -> Principal:
        row = await self._pool.fetchrow(queries("identity")["client"], proof.client)
        if not await self.hasher.matches(None if row is None else row["secret"], proof.secret) or row is None:
            raise invalid_client(_UNKNOWN)
        return Principal(row["organization"], proof.client, frozenset(row["scopes"]))

    async def _by_link(self, proof: BySecret) -> Principal:
        """The secret of a link is random, so its plain digest is enough."""
        expected = await read_link(self._pool, proof.client)
        if expected is None or not compare_digest(expected, link_digest(proof.secret)):
            raise invalid_client(_UNKNOWN)
        return Principal(proof.client, proof.client, frozenset({"read"}), proof.client)

    async def _spend(self, name: bytes, expires: float) -> bool:
        """Whether an id was free. It is used up now, at every replica."""
        return bool(await self._pool.fetchval(queries("identity")["spend"], name, expires))


def _held(token: VerifiedToken) -> HeldToken:
    claims, caller = token.claims, token.claims.caller()
    keyid = caller.keyid
    client = claims.client_id if claims.link is None and keyid is None else None
    return HeldToken(claims, AskingCaller(caller, TokenBasis(token.key, _spent(claims), keyid, client)))


def _code_ended() -> OAuthFault:
    return OAuthFault("invalid_grant", "the code is used, or older than a minute, or its key, client or grant has "
                                       "ended; `carbon-ledger login --browser` makes a new one")


def _spent(claims: TokenClaims) -> bytes:
    return hashlib.sha256(f"token\n{claims.jti}".encode()).digest()
