"""Logins: how a client proves who it is to a server, and keeps the access token that it gets for that.

A token goes to the server that has issued it, and to no other: a reader has one server and follows no redirect.
"""

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote, quote_plus, urlencode

import msgspec
from msgspec import Struct

from ledger.core.signatures.assertions import KIND, client_assertion
from ledger.core.signatures.signing import SigningKey
from ledger.errors import LedgerError, Unauthenticated, Unavailable

ENDPOINT: Final = "/auth/token"
REVOCATION: Final = "/auth/revoke"
CODES: Final = "/auth/codes"
CLIENTS: Final = "/auth/clients"
AWAY: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
"""Statuses of a server that is away, or of the proxy before it: a later request may succeed."""
RENEW_SECONDS: Final = 30
"""A token is renewed so long before it expires."""


class LoginProof(NamedTuple):
    """The proof of an identity in a request to a token endpoint."""

    form: Mapping[str, str]
    headers: Mapping[str, str] = {}


class Login(Protocol):
    """Proves an identity. `name` tells logins at one server apart; it is no secret."""

    @property
    def name(self) -> str: ...

    def proof(self, url: str) -> LoginProof:
        """A new proof for the server at `url`."""
        ...


class KeyLogin(NamedTuple):
    """By a ledger key of an organisation. `organization`: its id, if the server is to compare it."""

    key: SigningKey
    organization: str | None = None

    @property
    def name(self) -> str:
        return self.key.keyid.hex()

    def proof(self, url: str) -> LoginProof:
        subject = self.organization or self.name
        signed = client_assertion(self.key, subject, url + ENDPOINT, secrets.token_urlsafe(16), int(time.time()))
        return LoginProof({"client_assertion_type": KIND, "client_assertion": signed})


class SecretLogin(NamedTuple):
    """By the id and the secret of a client, or by the digest of a grant and the secret of its link."""

    client: str
    secret: str

    def __repr__(self) -> str:
        return f"SecretLogin({self.client!r}, ...)"

    @property
    def name(self) -> str:
        return self.client

    def proof(self, url: str) -> LoginProof:
        pair = f"{quote_plus(self.client)}:{quote_plus(self.secret)}"
        return LoginProof({}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


class _TokenSubject(Struct):
    """The claim of a token that this module reads."""

    sub: str


class AccessToken(Struct, frozen=True):
    """`expires`: seconds since 1970."""

    value: str
    expires: float

    @property
    def fresh(self) -> bool:
        return time.time() < self.expires - RENEW_SECONDS

    @property
    def subject(self) -> str | None:
        """Whom the token stands for, by its own claim, which is not verified here; None if it is no JWT."""
        try:
            body = self.value.split(".")[1]
            return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_TokenSubject).sub
        except (IndexError, ValueError, msgspec.DecodeError, RecursionError):
            return None


class TokenStore(Protocol):
    """Keeps the token of a login for the next program."""

    def load(self) -> AccessToken | None: ...

    def save(self, token: AccessToken) -> None: ...


class Session(NamedTuple):
    """A login, and where its tokens are kept besides the memory. `ca`: a file with the authorities to trust at this
    server, unless the program trusts others."""

    login: Login
    store: TokenStore | None = None
    ca: Path | None = None


_FINDER: Final[ContextVar[Callable[[str], Session | None] | None]] = ContextVar("logins", default=None)


def find_sessions_by(find: Callable[[str], Session | None]) -> None:
    """From now on clients of this program ask `find` for the session at the address of a server."""
    _FINDER.set(find)


def session_at(url: str) -> Session | None:
    """The session of this program at a server."""
    find = _FINDER.get()
    return None if find is None else find(url)


def client_path(client: str) -> str:
    """The path of a client of the organisation."""
    return f"{CLIENTS}/{quote(client, safe='')}"


def encoded_form(proof: LoginProof, fields: Mapping[str, str]) -> bytes:
    """The body of a request to the token endpoint."""
    return urlencode({**fields, **proof.form}).encode()


class _IssuedToken(Struct):
    access_token: str
    expires_in: float


class _OAuthError(Struct):
    error: str
    error_description: str = ""


def check_oauth(url: str, status: int, content: bytes, retry_after: int | None) -> None:
    """Raises the error in an answer of a token endpoint: Unavailable if a later request may succeed, Unauthenticated
    otherwise."""
    if status == HTTPStatus.OK:
        return
    try:
        fault = msgspec.json.decode(content, type=_OAuthError)
        code, words = fault.error, fault.error_description or fault.error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        code, words = "unexpected-answer", content[:200].decode(errors="replace").strip()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status in AWAY:
        unavailable = Unavailable(f"{url} gives no access token now: {words}", code=code)
        unavailable.retry_after = retry_after
        raise unavailable
    raise Unauthenticated(f"{url} refuses the login: {status} {words}", code=code,
                          rule="a key or client of that ledger that is not revoked: carbon-ledger login")


def login_address(url: str, language: str) -> str:
    """The address at which a browser logs in."""
    return f"{url.rstrip('/')}/{language}/login"


def link_address(url: str, language: str, client: str, secret: str) -> str:
    """The address that opens a link. Client and secret stand in the fragment, which a browser does not send."""
    fields = urlencode({"client_id": client, "client_secret": secret})
    return f"{login_address(url, language)}#{fields}"


class _IssuedCode(Struct):
    code: str


def issued_code(url: str, status: int, content: bytes, retry_after: int | None) -> str:
    """The code in an answer of a token endpoint. Raises Unavailable, Unauthenticated or LedgerError."""
    check_oauth(url, status, content, retry_after)
    try:
        return msgspec.json.decode(content, type=_IssuedCode).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise LedgerError(f"{url} answers with no code", code="unexpected-answer") from None


def issued_token(url: str, status: int, content: bytes, retry_after: int | None) -> AccessToken:
    """The token in an answer of a token endpoint. Raises Unavailable, Unauthenticated or LedgerError."""
    check_oauth(url, status, content, retry_after)
    try:
        token = msgspec.json.decode(content, type=_IssuedToken)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise LedgerError(f"{url} answers with no access token", code="unexpected-answer") from None
    if not token.access_token.isascii() or not token.access_token.isprintable():
        raise LedgerError(f"the access token of {url} cannot be sent", code="unexpected-answer")
    return AccessToken(token.access_token, time.time() + token.expires_in)
