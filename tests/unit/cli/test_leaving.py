"""An application that leaves: its answers close connections, and what runs too long gets an answer too."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from litestar.types import Message, Receive, Scope, Send

from ledger.cli.operator.listening.leaving import Leaving

SCOPE: Any = {"type": "http", "method": "POST", "path": "/v1/records", "headers": []}


async def _receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


class Requests:
    """Requests to an application, with the messages that each was answered with."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]) -> None:
        self.leaving = Leaving(app)

    def begin(self) -> tuple["asyncio.Task[None]", list[Message]]:
        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        return asyncio.ensure_future(self.leaving(SCOPE, _receive, send)), messages


async def _quick(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Connection", b"keep-alive")]})
    await send({"type": "http.response.body", "body": b"done", "more_body": False})


async def _endless(_: Scope, __: Receive, ___: Send) -> None:
    await asyncio.Event().wait()


async def _begun(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.Event().wait()


def _headers(messages: list[Message]) -> list[tuple[bytes, bytes]]:
    start: Any = messages[0]
    return list(start["headers"])


def test_answers_close_connections_only_while_it_leaves() -> None:
    async def ask() -> list[list[tuple[bytes, bytes]]]:
        requests, answers = Requests(_quick), []
        for closing in (False, True):
            requests.leaving.closing = closing
            task, messages = requests.begin()
            await task
            answers.append(_headers(messages))
        assert requests.leaving.running == 0
        return answers

    before, after = asyncio.run(ask())
    assert (before, after) == ([(b"Connection", b"keep-alive")], [(b"connection", b"close")])


def test_what_has_no_answer_yet_gets_one() -> None:
    async def cut() -> list[Message]:
        requests = Requests(_endless)
        task, messages = requests.begin()
        await asyncio.sleep(0)
        assert requests.leaving.running == 1
        requests.leaving.cut_off()
        await task
        assert not task.cancelled()
        return messages

    start, body = asyncio.run(cut())
    problem = msgspec.json.decode(dict(body)["body"])  # type: ignore[arg-type]
    assert (dict(start)["status"], problem["code"]) == (503, "shutting-down")
    assert dict(dict(start)["headers"])[b"retry-after"] == b"5"  # type: ignore[call-overload]
    assert dict(dict(start)["headers"])[b"content-type"] == b"application/problem+json"  # type: ignore[call-overload]


def test_an_answer_that_has_begun_is_not_followed_by_another() -> None:
    async def cut() -> list[Message]:
        requests = Requests(_begun)
        task, messages = requests.begin()
        await asyncio.sleep(0)
        requests.leaving.cut_off()
        with pytest.raises(asyncio.CancelledError):
            await task
        return messages

    assert len(asyncio.run(cut())) == 1


def test_a_cancellation_by_others_stays_one() -> None:
    async def cancel() -> list[Message]:
        task, messages = Requests(_endless).begin()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return messages

    assert asyncio.run(cancel()) == []


def test_it_is_drained_when_no_request_comes() -> None:
    async def drained() -> tuple[float, float]:
        loop, requests = asyncio.get_running_loop(), Requests(_quick)
        began = loop.time()
        await requests.leaving.drained(5.0, 10.0)
        unused = loop.time() - began
        await requests.begin()[0]
        await requests.leaving.drained(0.05, 10.0)
        return unused, loop.time() - requests.leaving.newest

    unused, quiet = asyncio.run(drained())
    assert unused < 5.0
    assert quiet >= 0.05
