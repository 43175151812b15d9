"""Says who asks: verifies the signature of a request's access token or of its browser's session, if it has one. Whether
it stands is read with the rights of its holder, when a handler is chosen."""

from collections.abc import Awaitable
from typing import Final, cast

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from ledger.access.caller import Caller
from ledger.answers.problems import problem_of
from ledger.errors import LedgerError, Unauthenticated, Unavailable
from ledger.service.identity.issuing import HeldToken, TokenService
from ledger.service.identity.tokens import SESSION
from ledger.web.authorization import CALLER, TOKEN
from ledger.web.door.answers import Headers, Refusal, header

METRICS: Final = "/metrics"
"""The path whose handler checks a token of its own, also while the database is away."""
COOKIE: Final = "__Host-carbon-ledger"
"""The cookie with the token of a browser's session."""
_NAME: Final = COOKIE.encode()
IN_SESSION: Final = "session"
"""The key of a request's state that is set if a session says who asks."""
_READING: Final = frozenset({"GET", "HEAD"})
_BEARER: Final = b"bearer"
_CACHING: Final = b"cache-control"
_UNAUTHORIZED: Final = 401
_NOWHERE: Final = (_CACHING, b"no-store")
_FORGET: Final = (b"set-cookie", f"{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax".encode())
_OPERATOR: Final = Caller(operator=True)


class Callers:
    """Puts the caller into the state of a request. Answers 401 to a token that does not hold; a request without a token
    is nobody's. A caller that is known already stays: the server's own socket has put it there."""

    def __init__(self, app: ASGIApp, tokens: TokenService) -> None:
        self._app = app
        self._tokens = tokens

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["path"] == METRICS or CALLER in (scope.get("state") or {}):
            return self._app(scope, receive, send)
        fields = header(scope["headers"], b"authorization")
        if fields:
            return self._with_token(fields, scope, receive, send)
        # A session reads only: no page of others can make its browser write.
        session = session_of(scope["headers"]) if scope.get("method") in _READING else None
        if session is not None:
            return self._in_session(session, scope, receive, send)
        return self._app(scope, receive, send)

    async def _in_session(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A session that does not hold any more is forgotten, and its browser is nobody."""
        try:
            held = await self._tokens.check(session, SESSION)
        except Unauthenticated:
            await self._app(scope, receive, _forgetting(send, always=True))
            return
        except LedgerError as error:
            await Refusal(problem_of(error), retry_after=_retry_after(error)).send(send)
            return
        scope = known(scope, held.asking.caller, held)
        scope["state"][IN_SESSION] = True
        await self._app(scope, receive, _forgetting(_stored_nowhere(send)))

    async def _with_token(self, fields: list[bytes], scope: Scope, receive: Receive, send: Send) -> None:
        try:
            token = _token(fields)
            held = None if token is None else await self._tokens.check(token)
        except LedgerError as error:
            await Refusal(problem_of(error), retry_after=_retry_after(error)).send(send)
            return
        if held is not None:
            scope, send = known(scope, held.asking.caller, held), _stored_nowhere(send)
        await self._app(scope, receive, send)


def _retry_after(error: LedgerError) -> float | None:
    return error.retry_after if isinstance(error, Unavailable) else None


def session_of(headers: Headers) -> str | None:
    """The token of the browser's session; None without one, or with several. Cookies of others may have any bytes and
    any length, so nothing reads them."""
    pairs = [pair.strip(b" \t").partition(b"=") for field in header(headers, b"cookie") for pair in field.split(b";")]
    sessions = [value for name, _, value in pairs if name == _NAME]
    return sessions[0].decode("latin-1") if len(sessions) == 1 and sessions[0] else None


def _forgetting(send: Send, *, always: bool = False) -> Send:
    """Has the browser forget its session with a refusal of it, or `always`."""
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and (always or message["status"] == _UNAUTHORIZED):
            message = {**message, "headers": [*message["headers"], _FORGET]}
        await send(message)

    return sending


def _stored_nowhere(send: Send) -> Send:
    """Forbids caches to keep an answer to a caller with a token, unless the handler allows it: rights end at once."""
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and not header(message["headers"], _CACHING):
            message = {**message, "headers": [*message["headers"], _NOWHERE]}
        await send(message)

    return sending


class AsOperator:
    """The application as the operator asks it, through a socket that only they can open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._app(known(scope, _OPERATOR), receive, send)


def known(scope: Scope, caller: Caller, token: HeldToken | None = None) -> Scope:
    """The scope of a request of this caller. `token`: by which it is known."""
    scope = cast(HTTPScope, scope).copy()
    scope["state"] = {**(scope.get("state") or {}), CALLER: caller, TOKEN: token}
    return scope


def _token(fields: list[bytes]) -> str | None:
    """The bearer token; None for another scheme, which a route may use. Raises Unauthenticated for several fields."""
    if len(fields) > 1:
        raise Unauthenticated("the request has several Authorization fields", code="invalid-token",
                              field="Authorization", rule="one field: Bearer TOKEN")
    scheme, _, token = fields[0].partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == _BEARER else None
