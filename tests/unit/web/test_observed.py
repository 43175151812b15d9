"""The outermost layer: what it counts, which id a request gets, what a line of the access log holds."""

import asyncio
import logging
from typing import Any

import pytest
from litestar.types import Message, Receive, Scope, Send
from support.containing import Containing

from ledger.web.observation.note import UNMATCHED
from ledger.web.observation.requests import MOST_PATH, HttpCounts, Observed, Routed

REPORTED = "198.51.100.7"
PROBLEM = b'{"type":"urn:carbon-ledger:problem:overdraft","title":"x","status":422,"detail":"y","code":"overdraft"}'


class App:
    """Answers with a status, as the framework does: it notes the template in the scope that it was given."""

    def __init__(self, status: int = 200, body: bytes = b"{}", media: bytes = b"application/json",
                 template: str | None = "/v1/records/{digest}") -> None:
        self.status, self.body, self.media, self.template = status, body, media, template

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.template is not None:
            scope["path_template"] = self.template  # type: ignore[index]
        headers = [(b"content-type", self.media)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


class Copying:
    """A layer that hands on a copy of the scope, as the layer for proxies does."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner: Any = scope.copy()
        inner["client"] = (REPORTED, 0)
        await self.app(inner, receive, send)


def ask(app: App, *, path: str = "/v1/records/ab", client: str = "192.0.2.9", request_id: bytes | None = None,
        method: str = "GET", **options: Any) -> tuple[HttpCounts, dict[bytes, bytes]]:
    counts = HttpCounts()
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing is read here")

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost")] + ([] if request_id is None else [(b"x-request-id", request_id)])
    scope: Any = {"type": "http", "method": method, "path": path, "query_string": b"lot=urn:secret", "headers": headers,
                  "client": (client, 1234)}
    asyncio.run(Observed(Copying(Routed(app)), counts, **options)(scope, receive, send))
    return counts, dict(sent[0]["headers"])


def test_an_answer_counts_by_template_and_class() -> None:
    counts, _ = ask(App(404))
    assert counts.requests == {("GET", "/v1/records/{digest}", "4xx"): 1}
    assert (sum(counts.seconds.by_key["/v1/records/{digest}"].counts), counts.in_progress) == (1, 0)


def test_unknown_paths_and_methods_make_no_new_series() -> None:
    counts, _ = ask(App(404, template=None), path="/anything/at/all", method="BREW")
    assert counts.requests == {("other", UNMATCHED, "4xx"): 1}


def test_a_problem_counts_by_its_code() -> None:
    counts, _ = ask(App(422, PROBLEM, b"application/problem+json"))
    assert counts.problems.counts == {"overdraft": 1}
    plain, _ = ask(App(200, PROBLEM))
    assert plain.problems.counts == {}
    broken, _ = ask(App(500, b"{", b"application/problem+json"))
    assert broken.problems.counts == {}


def test_a_client_that_left_counts_too() -> None:
    class Leaving(App):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise asyncio.CancelledError

    counts = HttpCounts()
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Observed(Leaving(), counts)(scope, None, None))  # type: ignore[arg-type]
    assert (counts.requests, counts.in_progress) == ({("GET", UNMATCHED, "none"): 1}, 0)


def test_only_a_named_proxy_chooses_the_id() -> None:
    _, headers = ask(App(), request_id=b"from-proxy.1", proxies=["192.0.2.9"])
    assert headers[b"x-request-id"] == b"from-proxy.1"
    _, headers = ask(App(), request_id=b"from-client")
    assert headers[b"x-request-id"] != b"from-client"
    for bad in (b"", b"a b", b"a\nb", b"x" * 65, "ä".encode()):
        _, headers = ask(App(), request_id=bad, proxies=["192.0.2.9"])
        assert headers[b"x-request-id"] != bad


def test_a_line_has_no_query_and_a_bounded_path(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="ledger.access"):
        _, headers = ask(App(422, PROBLEM, b"application/problem+json"), path="/v1/" + "x" * 5_000, logs=True)
        ask(App())
    (record,) = caplog.records
    fields = record.fields  # type: ignore[attr-defined]
    assert fields == Containing({
        "request": headers[b"x-request-id"].decode(), "code": "overdraft", "status": 422, "client": REPORTED
    })
    assert len(fields["path"]) == MOST_PATH
    assert "secret" not in record.getMessage() + str(fields)
