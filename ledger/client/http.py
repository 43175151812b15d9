"""The one reader of servers: bounded in bytes on the wire, bytes after inflation, and seconds.

A server does not choose what its answer costs here. It is offered gzip and nothing else; the answer is inflated piece
by piece and cut off at the limit of what was asked for. A deadline covers the whole exchange, so that a server wins
nothing by dripping. Redirects are not followed, cookies are not kept, and h11 bounds the headers (100 KiB).
"""

import asyncio
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar

import httpx
import msgspec

from ledger.client import limits
from ledger.core.urls import shown
from ledger.errors import InvalidInput, LedgerError, Unavailable

_CONNECT_SECONDS: Final = 10.0
_PIECE: Final = 64 << 10
_LOCAL: Final = ("127.0.0.1", "localhost", "::1")
_GZIP: Final = ("gzip", "x-gzip")
Parameters = Mapping[str, str | int | float | Sequence[str]]
Take = Callable[[bytes], None]
Value = TypeVar("Value")


class HttpAnswer(NamedTuple):
    """`content` is empty where it was taken while it came."""

    status: int
    reason: str
    media_type: str
    content: bytes

    @property
    def text(self) -> str:
        """The beginning, for a message."""
        return self.content[:200].decode(errors="replace").strip()


class TooLarge(Unavailable):
    """An answer that is longer than what was asked for can be; asking again does not help."""

    code = "answer-too-large"


def address_of(url: str, field: str = "url") -> httpx.URL:
    """Raises InvalidInput for what is no address of a server."""
    try:
        address = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise InvalidInput(f"{shown(url)!r} is no address of a server", field=field, value=shown(url),
                           rule="http:// or https://")
    return address


def http_client(address: httpx.URL, connections: int = 8) -> httpx.AsyncClient:
    """For `Reader`. A proxy of the environment is for other hosts than this one."""
    return httpx.AsyncClient(
        base_url=address, timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS), trust_env=address.host not in _LOCAL,
        limits=httpx.Limits(max_connections=connections), follow_redirects=False,
    )


class HttpRequest(NamedTuple):
    """What is sent beside the path."""

    method: str = "GET"
    parameters: Parameters | None = None
    headers: Mapping[str, str] = {}
    content: bytes | None = None


GET: Final = HttpRequest()


class Reader:
    """Reads from one server. Raises Unavailable where it does not answer, or not within the bounds."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.url = shown(str(http.base_url).rstrip("/"))

    async def fetch(
        self, path: str, limit: int, seconds: float = limits.SECONDS, request: HttpRequest = GET,
        take: Take | None = None,
    ) -> HttpAnswer:
        """The answer, of at most `limit` bytes when it is inflated. `take` gets the content of a success piece by
        piece instead; what it raises ends the reading."""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(seconds), self._http.stream(
                request.method, path, params=request.parameters, content=request.content,
                headers={**request.headers, "Accept-Encoding": "gzip"},
            ) as response:
                into = take if take is not None and response.is_success else parts.append
                await _read(response, limit, f"{self.url} answers {path} with", into)
                return HttpAnswer(response.status_code, response.reason_phrase,
                                  response.headers.get("Content-Type", ""), b"".join(parts))
        except TimeoutError:
            raise Unavailable(f"{self.url} does not answer {path} to the end within {seconds:g} s",
                              code="server-down") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # A ValueError is what h11 and httpx let out for some headers.
            raise Unavailable(f"{self.url} does not answer: {str(error) or type(error).__name__}", code="server-down"
                              ) from None
        finally:
            # The frame outlives this call with the error that leaves it.
            parts.clear()
            self._http.cookies.clear()

    async def close(self) -> None:
        await self._http.aclose()


class BlockingReader:
    """The same for code that waits for each answer; for a `with` statement."""

    def __init__(self, url: str, field: str = "url") -> None:
        self._reader = Reader(http_client(address_of(url, field)))
        self._runner = asyncio.Runner()
        self.url = self._reader.url

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


class Lines:
    """Takes an answer line by line: each of at most `longest` bytes, `count` at most, to `read`."""

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
        """After the last part: the last line may lack its end."""
        self._line(self._rest)
        self._rest = b""

    def _line(self, line: bytes) -> None:
        if not line:
            return
        if not self._left:
            raise LedgerError("the answer has more lines than were asked for", code="unexpected-answer")
        self._left -= 1
        self._read(line)


def decoded(data: bytes, kind: type[Value]) -> Value:
    """JSON of a server's choosing, as a value of the type that was asked for. Raises LedgerError."""
    check_values(data)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LedgerError(f"the server's answer cannot be read: {error}", code="unexpected-answer") from None


def check_values(data: bytes) -> None:
    """Raises LedgerError for JSON of so many values that it would fill the memory."""
    if sum(map(data.count, (b",", b"[", b"{"))) > limits.VALUES:
        raise LedgerError(f"the server's answer holds more than {limits.VALUES} values", code="unexpected-answer")


async def _read(response: httpx.Response, limit: int, what: str, into: Take) -> None:
    """Hands over the content of an answer; of an error its beginning. Raises TooLarge, Unavailable, ValueError."""
    coding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if coding not in (*_GZIP, "identity"):
        raise Unavailable(f"{what} the encoding {coding[:40]!r}, which was not offered", code="unexpected-answer")
    parts = _UrlParts(coding in _GZIP, limit if response.is_success else limits.PROBLEM, what)
    try:
        async for data in response.aiter_raw():
            for part in parts.of(data):
                into(part)
        parts.check_end()
    except TooLarge:
        if response.is_success:
            raise
    except zlib.error as error:
        raise ValueError(f"what is no gzip: {error}") from None


class _UrlParts:
    """The content in the bytes of an answer. Raises TooLarge."""

    def __init__(self, gzip: bool, limit: int, what: str) -> None:
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None
        self._limit, self._what = limit, what
        self._wire, self._size = 0, 0

    def of(self, data: bytes) -> Iterator[bytes]:
        self._wire += len(data)
        if self._inflater is None:
            yield self._counted(data)
            return
        if self._wire > self._limit + self._limit // 1000 + 1024:
            # gzip adds less than that to what it cannot compress.
            raise self._too_large()
        part = data
        while len(part) == _PIECE or data:
            part = self._inflater.decompress(data, _PIECE)
            data = self._inflater.unconsumed_tail
            if self._inflater.unused_data:
                raise ValueError("bytes after the end of what is compressed")
            yield self._counted(part)

    def check_end(self) -> None:
        if self._inflater is not None and self._wire and not self._inflater.eof:
            raise ValueError("what is compressed is cut off")

    def _counted(self, part: bytes) -> bytes:
        self._size += len(part)
        if self._size > self._limit:
            raise self._too_large()
        return part

    def _too_large(self) -> TooLarge:
        return TooLarge(f"{self._what} more than {self._limit} bytes")
