"""Answers that a cache may keep: one path for each, an entity tag, gzip for those who take it; HEAD as GET answers.

RFC 9110 throughout. The log is made of such answers, so that any proxy and any static host can serve it.
"""

import gzip
import hashlib
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from ledger.errors import NotFound

IMMUTABLE: Final = "public, max-age=31536000, immutable"
CHANGING: Final = "no-cache"
_GZIP_LEVEL: Final = 6
_TAG_BYTES: Final = 16


def check_path(request: Request[Any, Any, Any], path: str) -> None:
    """Raises NotFound where the path, byte for byte as it was asked for, is not this one: routing takes `//`, a slash
    at the end and percent-encodings for the same, caches and static hosts do not."""
    asked: bytes = request.scope["raw_path"]
    if asked.partition(b"?")[0] != path.encode():
        raise NotFound("not the one spelling of this path", field="path", value=asked.decode("ascii", "replace"))


def resource(
    request: Request[Any, Any, Any], data: bytes, media_type: str, caching: str, *, compressible: bool = False
) -> Response[bytes]:
    """These bytes, or 304 where the client has them. `compressible`: as gzip, where the client takes that."""
    tag = hashlib.sha256(data).hexdigest()[: 2 * _TAG_BYTES]
    headers = {"Cache-Control": caching}
    if compressible:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("Accept-Encoding", "")):
            # No name and no time in it: the same bytes each time.
            data, tag = gzip.compress(data, _GZIP_LEVEL, mtime=0), f"{tag}-gzip"
            headers["Content-Encoding"] = "gzip"
    headers["ETag"] = f'"{tag}"'
    if _has(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Response(b"", status_code=304, media_type=media_type, headers=_kept(headers))
    return Response(data, media_type=media_type, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding field lets a server answer with gzip."""
    weights = {}
    for part in accepted.split(","):
        coding, *parameters = [one.strip().lower() for one in part.split(";")]
        weights[coding] = next((one[2:].strip() for one in parameters if one.startswith("q=")), "1")
    chosen = weights.get("gzip", weights.get("x-gzip", weights.get("*", "0")))
    return chosen.strip("0.") != ""


def _has(known: str, tag: str) -> bool:
    """Whether an If-None-Match field names the tag, by weak comparison."""
    tags = [one.strip().removeprefix("W/") for one in known.split(",")]
    return tag in tags or tags == ["*"]


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """What a 304 repeats."""
    return {name: value for name, value in headers.items() if name != "Content-Encoding"}


class HeadAsGet:
    """Answers HEAD as the application answers GET, without the content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope.get("method") != HttpMethod.HEAD:
            return self._app(scope, receive, send)

        async def without_content(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        asked = cast(HTTPScope, scope).copy()
        asked["method"] = HttpMethod.GET
        return self._app(asked, receive, without_content)
