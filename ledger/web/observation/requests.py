"""The outermost layer of a server: gives each request an id, and counts, logs and traces its answer.

It never sees a query string or a body, except the code in a problem answer. The route in metrics and logs is the
template, such as `/v1/records/{digest}`, so a client cannot make new series.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator
from itertools import count
from time import perf_counter
from typing import Final, cast

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from msgspec import Struct

from ledger.service.observation import catalogue
from ledger.service.observation.families import Family, by_label, by_labels, single
from ledger.service.observation.recorder import SECONDS, Distributions, Tally
from ledger.web.door.answers import header
from ledger.web.door.clients import Networks, client_of
from ledger.web.observation.note import RequestNote, note_of, put_note
from ledger.web.observation.tracing import Tracer
from ledger.web.problems import MEDIA_TYPE

REQUEST_ID: Final = b"x-request-id"
ABORTED: Final = "none"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
OTHER_METHOD: Final = "_OTHER"
"""The method of a span for all other words, which clients can choose freely. OpenTelemetry defines it."""
MOST_PATH: Final = 1_000
"""Characters of a path in the access log."""
_ID_CHARACTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_MOST_ID: Final = 64
_PROBLEM: Final = MEDIA_TYPE.encode()
_UNTRACED: Final = frozenset({"/metrics"})
"""Scrapes come every few seconds, and a trace of one tells nothing."""
_log = logging.getLogger("ledger.access")


class _Coded(Struct):
    code: str = ""


_read_code = msgspec.json.Decoder(_Coded)


class HttpCounts:
    """The counts of the outermost layer; a process has one."""

    def __init__(self) -> None:
        self.in_progress = 0
        self.requests: dict[tuple[str, ...], int] = {}
        self.seconds: Distributions[str] = Distributions(SECONDS)
        self.problems = Tally()

    def answered(self, method: str, note: RequestNote, seconds: float) -> None:
        status = f"{note.status // 100}xx" if note.status else ABORTED
        key = (method if method in METHODS else "other", note.route, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        self.seconds.add(note.route, seconds)
        if note.code:
            self.problems.add(note.code)

    def families(self) -> Iterator[Family]:
        yield by_labels(catalogue.REQUESTS, self.requests)
        yield by_label(catalogue.REQUEST_SECONDS, self.seconds.by_key.items())
        yield single(catalogue.IN_PROGRESS, self.in_progress)
        yield by_label(catalogue.PROBLEMS, self.problems.counts)


class Observed:
    """`proxies`: networks whose `X-Request-Id` and `traceparent` are taken over. `logs`: whether each answer is a line
    of the log."""

    def __init__(
        self, app: ASGIApp, counts: HttpCounts, proxies: Iterable[str] = (), *, logs: bool = False,
        tracer: Tracer | None = None,
    ) -> None:
        self._app = app
        self._counts = counts
        self._proxies = Networks(proxies)
        self._logs = logs
        self._tracer = tracer
        self._start = secrets.token_hex(6)
        self._number = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = str(scope.get("method"))
        trace = None
        if self._tracer is not None and scope["path"] not in _UNTRACED:
            # Only a proxy of ours may continue a trace: a stranger could have all requests recorded, or hide its own.
            headers = scope["headers"] if client_of(scope) in self._proxies else ()
            trace = self._tracer.begin(method if method in METHODS else OTHER_METHOD, headers)
        note = RequestNote(self._id(scope), client_of(scope), trace)
        put_note(scope, note)
        started = perf_counter()
        self._counts.in_progress += 1
        try:
            await self._app(scope, receive, _NotedAnswer(note, send))
        finally:
            seconds = perf_counter() - started
            self._counts.in_progress -= 1
            self._counts.answered(method, note, seconds)
            if trace is not None:
                trace.end(note.route, note.status, note.id)
            if self._logs:
                _write(scope, method, note, seconds)

    def _id(self, scope: Scope) -> str:
        """A proxy's id, so that its log and this one can be compared; otherwise an id of our own."""
        if client_of(scope) in self._proxies:
            given = header(scope["headers"], REQUEST_ID)
            if len(given) == 1 and 0 < len(given[0]) <= _MOST_ID and _ID_CHARACTERS.issuperset(given[0]):
                return given[0].decode()
        return f"{self._start}-{next(self._number):x}"


class _NotedAnswer:
    """Sends the answer, with the request's id in its headers, and notes status and problem code."""

    __slots__ = ("_note", "_send")

    def __init__(self, note: RequestNote, send: Send) -> None:
        self._note = note
        self._send = send

    async def __call__(self, message: Message) -> None:
        note = self._note
        if message["type"] == "http.response.start":
            note.status = message["status"]
            headers = [*message["headers"], (REQUEST_ID, note.id.encode())]
            note.problem = note.status >= 400 and header(headers, b"content-type") == [_PROBLEM]
            message["headers"] = headers
        elif note.problem and message["type"] == "http.response.body" and message["body"]:
            try:
                note.code = _read_code.decode(message["body"]).code
            except msgspec.MsgspecError:
                note.code = ""
        await self._send(message)


class Routed:
    """The innermost layer: notes the route that the framework has chosen, and the client as the door knows it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            note = note_of(scope)
            template = cast(HTTPScope, scope).get("path_template")
            if note is not None:
                note.client = client_of(scope)
                note.route = str(template or note.route)


def _write(scope: Scope, method: str, note: RequestNote, seconds: float) -> None:
    path = str(scope["path"])[:MOST_PATH]
    fields = {
        "request": note.id, "client": note.client, "method": method, "path": path, "route": note.route,
        "status": note.status or None, "seconds": round(seconds, 6),
    }
    if note.code:
        fields["code"] = note.code
    _log.info("%s %s %d", method, path, note.status, extra={"fields": fields})
