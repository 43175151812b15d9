"""The only reader of servers, with limits in bytes on the wire, bytes after decompression, and seconds.

A server does not decide how much its answer costs the client. The request offers gzip and no other encoding. The reader
decompresses the answer piece by piece, up to the limit for this kind of answer. A deadline covers the whole exchange,
so that a slow server gains nothing. The reader follows no redirects and keeps no cookies, and h11 limits the headers
(100 KiB).
"""

import asyncio
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar

import httpx
import msgspec

from ledger.client import limits
from ledger.client.login import (
    CODES,
    ENDPOINT,
    REVOCATION,
    AccessToken,
    Session,
    check_oauth,
    encoded_form,
    issued_code,
    issued_token,
    session_at,
)
from ledger.client.trust import refusal, tls_context
from ledger.core.urls import shown
from ledger.errors import InvalidInput, LedgerError, Unauthenticated, Unavailable

_CONNECT_SECONDS: Final = 10.0
_PIECE: Final = 64 << 10
_LOCAL: Final = ("127.0.0.1", "localhost", "::1")
_GZIP: Final = ("gzip", "x-gzip")
Parameters = Mapping[str, str | int | float | Sequence[str]]
Take = Callable[[bytes], None]
Value = TypeVar("Value")


class HttpAnswer(NamedTuple):
    """An answer. `content` is empty if the caller took it piece by piece. `retry_after`: seconds until another request
    makes sense, if the server says so."""

    status: int
    reason: str
    media_type: str
    content: bytes
    retry_after: int | None = None

    @property
    def text(self) -> str:
        """The beginning of the content, for a message."""
        return self.content[:200].decode(errors="replace").strip()

    @property
    def missing(self) -> bool:
        """Whether the server says that it has no such resource."""
        return self.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class TooLarge(Unavailable):
    """The answer exceeds the limit for its kind. Asking again does not help."""

    code = "answer-too-large"


def address_of(url: str, field: str = "url") -> httpx.URL:
    """The address of a server. Raises InvalidInput unless it is an http or https URL with a host."""
    try:
        address = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise InvalidInput(f"{shown(url)!r} is not the address of a server", field=field, value=shown(url),
                           rule="http:// or https://")
    return address


def _http_client(address: httpx.URL, connections: int, tls: ssl.SSLContext | None) -> httpx.AsyncClient:
    """The connections of a `Reader`. A proxy in the environment applies only to other hosts than this one."""
    # Plain HTTP needs no trusted certificates, and loading them takes longer than a request.
    plain = address.scheme != "https"
    return httpx.AsyncClient(
        base_url=address, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else tls or tls_context(),
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        trust_env=address.host not in _LOCAL, limits=httpx.Limits(max_connections=connections), follow_redirects=False,
    )


class HttpRequest(NamedTuple):
    """The parts of a request other than its path."""

    method: str = "GET"
    parameters: Parameters | None = None
    headers: Mapping[str, str] = {}
    content: bytes | None = None


GET: Final = HttpRequest()


class Reader:
    """Reads from one server. Raises Unavailable if the server does not answer within the limits, and Unauthenticated if
    it refuses the login of the session."""

    def __init__(self, http: httpx.AsyncClient, session: Session | None = None) -> None:
        self._http = http
        self.url = shown(str(http.base_url).rstrip("/"))
        """The address, without passwords."""
        self._session = session
        self._token: AccessToken | None = None
        self._renewing = asyncio.Lock()

    @classmethod
    def at(
        cls, url: str, field: str = "url", connections: int = 8, *, tls: ssl.SSLContext | None = None,
        session: Session | None = None, anonymous: bool = False,
    ) -> Self:
        """Reads from the server at `url`. `tls` replaces the authorities that this program trusts, `session` the
        session of this program at that server; an `anonymous` reader uses no session. Raises InvalidInput, for `field`,
        if `url` is not an http or https address, or if a token would be sent over a network without TLS."""
        address = address_of(url, field)
        session = None if anonymous else session or session_at(str(address))
        if session is not None and address.scheme != "https" and address.host not in _LOCAL:
            raise InvalidInput(f"{shown(url)} would get an access token without TLS", code="no-tls", field=field,
                               value=shown(url), rule="https://, or a server on this host")
        if tls is None and session is not None and address.scheme == "https":
            tls = tls_context(session.ca)
        return cls(_http_client(address, connections, tls), session)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def fetch(
        self, path: str, limit: int, seconds: float = limits.SECONDS, request: HttpRequest = GET,
        take: Take | None = None,
    ) -> HttpAnswer:
        """The answer, of at most `limit` bytes after decompression. With `take`, the content of a success goes there
        piece by piece, and an error that `take` raises ends the reading.

        With a session the request has an access token, which is renewed once if the server refuses it."""
        if self._session is None or httpx.URL(path).is_absolute_url:
            return await self._exchange(path, limit, seconds, request, take)
        token = await self._fresh_token(None)
        answer = await self._exchange(path, limit, seconds, _with_token(request, token), take)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            token = await self._fresh_token(token)
            answer = await self._exchange(path, limit, seconds, _with_token(request, token), take)
        return answer

    async def _fresh_token(self, refused: AccessToken | None) -> AccessToken:
        """The token of the session; a new one if it expires soon, or if the server has refused it."""
        if self._session is None:
            raise RuntimeError("only a session has a token")
        store = self._session.store
        async with self._renewing:
            if self._token is None and store is not None:
                self._token = store.load()
            if self._token is None or not self._token.fresh or self._token == refused:
                answer = await self._post_form(ENDPOINT, self._session, {"grant_type": "client_credentials"})
                self._token = issued_token(self.url, answer.status, answer.content, answer.retry_after)
                if store is not None:
                    store.save(self._token)
            return self._token

    async def _post_form(self, path: str, session: Session, fields: Mapping[str, str]) -> HttpAnswer:
        """Posts a form with a new proof of the session's login."""
        proof = session.login.proof(str(self._http.base_url).rstrip("/"))
        headers = {**proof.headers, "Content-Type": "application/x-www-form-urlencoded"}
        request = HttpRequest("POST", headers=headers, content=encoded_form(proof, fields))
        return await self._exchange(path, limits.PROBLEM, limits.SECONDS, request)

    async def sign_in(self) -> AccessToken:
        """Asks for a new token of the session, and keeps it. Raises Unauthenticated or Unavailable."""
        self._token = None if self._session is None or self._session.store is None else self._session.store.load()
        return await self._fresh_token(self._token)

    async def browser_code(self) -> str:
        """A code with which a browser begins a session as this one, once, within a minute. Raises Unauthenticated or
        Unavailable."""
        if self._session is None:
            raise Unauthenticated(f"there is no session at {self.url}", code="token-needed", field="key",
                                  rule="carbon-ledger login --key KEY")
        answer = await self._post_form(CODES, self._session, {})
        return issued_code(self.url, answer.status, answer.content, answer.retry_after)

    async def revoke_token(self) -> None:
        """Revokes the token that is kept for the session, if there is one. Raises Unauthenticated or Unavailable."""
        token = self._session.store.load() if self._session and self._session.store else None
        if self._session is not None and token is not None and token.fresh:
            answer = await self._post_form(REVOCATION, self._session, {"token": token.value})
            check_oauth(self.url, answer.status, answer.content, answer.retry_after)

    async def _exchange(
        self, path: str, limit: int, seconds: float, request: HttpRequest, take: Take | None = None,
    ) -> HttpAnswer:
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(seconds), self._http.stream(
                request.method, path, params=request.parameters, content=request.content,
                headers={**request.headers, "Accept-Encoding": "gzip"},
            ) as response:
                into = take if take is not None and response.is_success else parts.append
                await _read(response, limit, f"{self.url} answers {path} with", into)
                return HttpAnswer(response.status_code, response.reason_phrase,
                                  response.headers.get("Content-Type", ""), b"".join(parts),
                                  _seconds(response.headers.get("Retry-After", "")))
        except TimeoutError:
            raise Unavailable(f"{self.url} did not complete its answer to {path} within {seconds:g} s",
                              code="server-down") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # h11 and httpx raise ValueError for some headers.
            raise refusal(self.url, error) or Unavailable(
                f"{self.url} does not answer: {str(error) or type(error).__name__}", code="server-down") from None
        finally:
            # An error that leaves this call keeps its frame alive, and the parts with it.
            parts.clear()
            self._http.cookies.clear()

    async def close(self) -> None:
        await self._http.aclose()


class BlockingReader:
    """A `Reader` for synchronous code, as a context manager."""

    def __init__(
        self, url: str, field: str = "url", *, tls: ssl.SSLContext | None = None, session: Session | None = None
    ) -> None:
        self._reader = Reader.at(url, field, tls=tls, session=session)
        self._runner = asyncio.Runner()
        self.url = self._reader.url
        """The address, without passwords."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._runner:
            self._runner.run(self._reader.close())

    def fetch(
        self, path: str, limit: int, seconds: float = limits.SECONDS, request: HttpRequest = GET,
        take: Take | None = None,
    ) -> HttpAnswer:
        return self._runner.run(self._reader.fetch(path, limit, seconds, request, take))

    def sign_in(self) -> AccessToken:
        """See `Reader.sign_in`."""
        return self._runner.run(self._reader.sign_in())

    def browser_code(self) -> str:
        """See `Reader.browser_code`."""
        return self._runner.run(self._reader.browser_code())

    def revoke_token(self) -> None:
        """See `Reader.revoke_token`."""
        self._runner.run(self._reader.revoke_token())


class Lines:
    """Splits an answer into lines and hands each to `read`: at most `count` lines of at most `longest` bytes."""

    def __init__(self, count: int, longest: int, read: Take) -> None:
        self._left, self._longest, self._read = count, longest, read
        self._rest = b""

    def take(self, part: bytes) -> None:
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            self._line(line)
        if len(self._rest) > self._longest:
            raise TooLarge(f"a line of the answer has more than {self._longest} bytes")

    def end(self) -> None:
        """Takes the last line, which may lack its line end."""
        self._line(self._rest)
        self._rest = b""

    def _line(self, line: bytes) -> None:
        if not line:
            return
        if not self._left:
            raise LedgerError("the answer has more lines than the request asked for", code="unexpected-answer")
        self._left -= 1
        self._read(line)


def _with_token(request: HttpRequest, token: AccessToken) -> HttpRequest:
    return request._replace(headers={**request.headers, "Authorization": f"Bearer {token.value}"})


def decoded(data: bytes, kind: type[Value]) -> Value:
    """The JSON of a server, as a value of the expected type. Raises LedgerError."""
    check_values(data)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LedgerError(f"the server's answer cannot be read: {error}", code="unexpected-answer") from None


def check_values(data: bytes) -> None:
    """Raises LedgerError for JSON with so many values that it would fill the memory."""
    if sum(map(data.count, (b",", b"[", b"{"))) > limits.VALUES:
        raise LedgerError(f"the server's answer has more than {limits.VALUES} values", code="unexpected-answer")


def _seconds(retry_after: str) -> int | None:
    """The seconds of a Retry-After field. A date, which a ledger's server does not send, is ignored."""
    return int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10 else None


async def _read(response: httpx.Response, limit: int, subject: str, into: Take) -> None:
    """Hands over the content of an answer, or the beginning of an error. `subject` begins the message of an error.
    Raises TooLarge, Unavailable, ValueError."""
    coding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if coding not in (*_GZIP, "identity"):
        raise Unavailable(f"{subject} the encoding {coding[:40]!r}, which was not offered", code="unexpected-answer")
    parts = _ContentParts(coding in _GZIP, limit if response.is_success else limits.PROBLEM, subject)
    try:
        async for data in response.aiter_raw():
            for part in parts.of(data):
                into(part)
        parts.check_end()
    except TooLarge:
        if response.is_success:
            raise
    except zlib.error as error:
        raise ValueError(f"its content is not valid gzip: {error}") from None


class _ContentParts:
    """Decompresses the bytes of an answer. Raises TooLarge."""

    def __init__(self, gzip: bool, limit: int, subject: str) -> None:
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None
        self._limit, self._subject = limit, subject
        self._wire, self._size = 0, 0

    def of(self, data: bytes) -> Iterator[bytes]:
        self._wire += len(data)
        if self._inflater is None:
            yield self._counted(data)
            return
        if self._wire > self._limit + self._limit // 1000 + 1024:
            # gzip adds less than that to incompressible data.
            raise self._too_large()
        part = data
        while len(part) == _PIECE or data:
            part = self._inflater.decompress(data, _PIECE)
            data = self._inflater.unconsumed_tail
            if self._inflater.unused_data:
                raise ValueError("there are bytes after the end of its gzip content")
            yield self._counted(part)

    def check_end(self) -> None:
        if self._inflater is not None and self._wire and not self._inflater.eof:
            raise ValueError("its gzip content is cut off")

    def _counted(self, part: bytes) -> bytes:
        self._size += len(part)
        if self._size > self._limit:
            raise self._too_large()
        return part

    def _too_large(self) -> TooLarge:
        return TooLarge(f"{self._subject} more than {self._limit} bytes")
