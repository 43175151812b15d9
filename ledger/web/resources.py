"""Cacheable answers: one path for each, an entity tag, gzip for clients that accept it; HEAD is answered as GET.

Everything follows RFC 9110. The log consists of such answers, so that any proxy and any static host can serve it.
"""

import gzip
import hashlib
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

from ledger.errors import NotFound

IMMUTABLE: Final = "public, max-age=31536000, immutable"
CHANGING: Final = "no-cache"
NOT_MODIFIED: Final = {304: ResponseSpec(None, generate_examples=False, description="The client has these bytes")}
"""The other answer of a route that answers with `resource`, for the OpenAPI document."""
_GZIP_LEVEL: Final = 6
_TAG_BYTES: Final = 16


def check_path(request: Request[Any, Any, Any], path: str) -> None:
    """Raises NotFound unless the requested path is this one, byte for byte. Routing accepts `//`, a slash at the end
    and percent-encodings as other spellings of a path; caches and static hosts do not."""
    requested: bytes = request.scope["raw_path"]
    if requested.partition(b"?")[0] != path.encode():
        raise NotFound(f"not the canonical spelling of {path}", field="path",
                       value=requested.decode("ascii", "replace"))


def resource(
    request: Request[Any, Any, Any], data: bytes, media_type: str, caching: str, *, compressible: bool = False
) -> Response[bytes]:
    """An answer with these bytes, or 304 if the client has them. `compressible`: uses gzip if the client accepts it."""
    tag = hashlib.sha256(data).hexdigest()[: 2 * _TAG_BYTES]
    headers = {"Cache-Control": caching}
    if compressible:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("Accept-Encoding", "")):
            # Without a file name and a time, gzip gives the same bytes each time.
            data, tag = gzip.compress(data, _GZIP_LEVEL, mtime=0), f"{tag}-gzip"
            headers["Content-Encoding"] = "gzip"
    headers["ETag"] = f'"{tag}"'
    if parse_etags(request.headers.get("If-None-Match")).contains_weak(tag):
        return Response(b"", status_code=304, media_type=media_type, headers=_headers_of_304(headers))
    return Response(data, media_type=media_type, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding field allows gzip, or `x-gzip`, which means the same (RFC 9110, 8.4.1.3)."""
    return parse_accept_header(accepted.lower().replace("x-gzip", "gzip"), Accept).quality("gzip") > 0


def _headers_of_304(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that a 304 repeats."""
    return {name: value for name, value in headers.items() if name != "Content-Encoding"}


class HeadAsGet:
    """Answers HEAD with the headers of GET, without the content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope.get("method") != HttpMethod.HEAD:
            return self._app(scope, receive, send)

        async def without_content(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        get_scope = cast(HTTPScope, scope).copy()
        get_scope["method"] = HttpMethod.GET
        return self._app(get_scope, receive, without_content)
