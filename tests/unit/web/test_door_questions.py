"""Questions that cost much: they have places, and end with their client."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from ledger.web.door import questions
from ledger.web.door.questions import Questions


class Asked:
    """One request to a door, whose client stays until it goes."""

    def __init__(self, door: Questions, path: str, query: str = "", *, reads: bool = True, method: str = "GET") -> None:
        self._gone = asyncio.Event()
        self._reads = reads
        self.sent: list[Any] = []
        scope: Any = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": [],
                      "client": ("a", 1)}
        self.task = asyncio.create_task(door(scope, self._receive, self._send))

    def go(self) -> None:
        self._gone.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)
        if not self._reads and message["type"] == "http.response.body":
            await asyncio.get_running_loop().create_future()


class Application:
    """Works until it may answer; `cancelled` counts what was ended."""

    def __init__(self, answer: bytes = b"{}") -> None:
        self.may = asyncio.Event()
        self.begun = self.cancelled = 0
        self._answer = answer

    async def __call__(self, _: Any, __: Any, send: Any) -> None:
        self.begun += 1
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self._answer, "more_body": False})


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(work)


def test_what_is_under_way_ends_when_the_client_has_gone() -> None:
    async def work() -> None:
        app = Application()
        door = Questions(app, 2)
        asked = [Asked(door, "/v1/contributions") for _ in range(6)]
        await settle()
        assert (door.questions.running, door.questions.waiting) == (2, 4)
        for one in asked:
            one.go()
        await asyncio.gather(*[one.task for one in asked])
        assert (app.begun, app.cancelled) == (2, 2)
        assert (door.questions.running, door.questions.waiting) == (0, 0)

    run(work())


def test_what_is_beyond_the_queue_is_refused() -> None:
    async def work() -> None:
        app = Application()
        door = Questions(app, 1)
        asked = [Asked(door, "/v1/chain") for _ in range(1 + questions.ROOM_A_PLACE)]
        await settle()
        beyond = Asked(door, "/v1/chain")
        await beyond.task
        assert (beyond.status, dict(beyond.sent[0]["headers"])[b"retry-after"]) == (429, b"2")
        assert msgspec.json.decode(beyond.sent[1]["body"])["code"] == "too-many-questions"
        app.may.set()
        await asyncio.gather(*[one.task for one in asked])
        assert {one.status for one in asked} == {200}

    run(work())


def test_many_questions_of_a_row_wait_and_the_health_does_not() -> None:
    async def work() -> None:
        app = Application()
        door = Questions(app, 1)
        asked = [Asked(door, "/v1/lots") for _ in range(questions.ROWS + 5)]
        await settle()
        assert (app.begun, door.rows.waiting) == (questions.ROWS, 5)
        for path, query in (("/health/live", ""), ("/v1/records/aa/proof", "wait=9")):
            asked.append(Asked(door, path, query))
        await settle()
        assert app.begun == questions.ROWS + 2
        app.may.set()
        await asyncio.gather(*[one.task for one in asked])
        assert {one.status for one in asked} == {200}

    run(work())


def test_who_waits_too_long_for_a_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "_WAIT_SECONDS", 0.01)

    async def work() -> None:
        app = Application()
        door = Questions(app, 1)
        first, second = Asked(door, "/v1/chain"), Asked(door, "/v1/chain")
        await second.task
        assert second.status == 429
        app.may.set()
        await first.task
        assert first.status == 200

    run(work())


def test_an_answer_that_nobody_reads_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "_WAIT_SECONDS", 0.01)

    async def work() -> None:
        app = Application()
        app.may.set()
        door = Questions(app, 1)
        await Asked(door, "/v1/chain", reads=False).task
        assert door.questions.running == 0

    run(work())


def test_long_answers_go_out_in_pieces() -> None:
    async def work() -> None:
        content = bytes(range(256)) * 4096
        app = Application(content)
        app.may.set()
        asked = Asked(Questions(app, 1), "/v1/audit/entries")
        await asked.task
        pieces = [one["body"] for one in asked.sent[1:]]
        assert b"".join(pieces) == content
        assert len(pieces) == 4
        assert [one["more_body"] for one in asked.sent[1:]] == [True, True, True, False]

    run(work())


@pytest.mark.parametrize(("path", "query", "dear"), [
    ("/v1/chain", "", True), ("/v1/chain", "wait=1", True), ("/v1//chain/", "", True), ("/v1/lots", "lot=a", False),
    ("/v1/uncertainty", "lot=a", True), ("/v1/sectors/steel/indicators", "", True), ("/v1/inventory/report", "", True),
    ("/v1/footprint", "lot=a", False), ("/v1/footprint", "lot=a&at=7", False), ("/v1/footprint", "product=a", True),
    ("/v1/footprint/method", "lot=a", True), ("/v1/footprint/product", "", True),
    ("/v1/footprint", "lot=a&method=x", True), ("/v1/statement", "lot=a&g%77p=AR5", True),
    ("/v1/received", "organization=a&limit=9&after=7&at=8", False), ("/v1/received", "organization=a&party=b", True),
    ("/v1/delivered", "organization=a", False), ("/v1/delivered", "organization=a&from=2025-01-01", True),
    ("/v1/record-list", "issuer=a&kind=transfer", False), ("/v1/record-list", "facility=a", True),
    ("/v1/lot-list", "holder=a", False), ("/v1/lot-list", "holder=a&stock=true", True),
    ("/v1/records/aa", "", False), ("/log/checkpoint", "", False), ("/health/live", "", False),
])
def test_which_questions_cost_much(path: str, query: str, dear: bool) -> None:
    async def work() -> None:
        door = Questions(Application(), 1)
        asked = Asked(door, path, query)
        await settle()
        assert (door.questions.running == 1) == dear
        asked.task.cancel()
        await asyncio.wait({asked.task})

    run(work())
