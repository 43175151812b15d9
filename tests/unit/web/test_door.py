"""The door of the server: bodies within a size and speed, host names, queues of posts, places for questions."""

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import msgspec
import pytest

from ledger.errors import Overloaded
from ledger.host.waker import Waker
from ledger.web.door import bodies, questions
from ledger.web.door.answers import Headers
from ledger.web.door.bodies import FREE, BodyLimits, BodyReader
from ledger.web.door.clients import BehindProxies, client_of
from ledger.web.door.even_refusals import STEP_SECONDS, EvenRefusals
from ledger.web.door.hosts import OwnHosts, names_of
from ledger.web.door.posts import LARGE, LARGE_PLACES, ROOM_FOR_LARGE, ROOM_FOR_SMALL, SMALL_PLACES, PostQueue
from ledger.web.door.questions import Questions
from ledger.web.problems import error_response

END: Any = {"type": "http.disconnect"}


class Client:
    """One request whose body comes in pieces; `answer` is there once it is answered."""

    def __init__(self, door: BodyReader, address: str = "a", kind: str = "application/json", **fields: str) -> None:
        self._pieces: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: list[Any] = []
        headers = [(b"content-type", kind.encode())]
        headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
        scope: Any = {"type": "http", "method": "POST", "path": "/", "headers": headers, "client": (address, 1)}
        self.task = asyncio.create_task(door(scope, self._pieces.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def give(self, *pieces: bytes, last: bool = False) -> "Client":
        for number, piece in enumerate(pieces, start=1):
            more = not last or number < len(pieces)
            self._pieces.put_nowait({"type": "http.request", "body": piece, "more_body": more})
        await settle()
        return self

    async def go(self) -> "Client":
        self._pieces.put_nowait(END)
        await settle()
        return self

    async def answer(self) -> tuple[int, Any]:
        await self.task
        return self.sent[0]["status"], msgspec.json.decode(b"".join([one["body"] for one in self.sent[1:]]))

    @property
    def fields(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def counting(_: Any, receive: Any, send: Any) -> None:
    """Answers how many bytes came."""
    count, more = 0, True
    while more:
        message = await receive()
        count, more = count + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % count, "more_body": False})


def door(app: Any = counting, **limits: Any) -> BodyReader:
    return BodyReader(app, BodyLimits(**limits))


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(work)


def test_a_body_comes_through_piece_by_piece() -> None:
    async def work() -> None:
        client = await Client(door()).give(b"abc", b"", b"de", last=True)
        assert await client.answer() == (200, 5)

    run(work())


def test_a_body_that_stays_away() -> None:
    async def work() -> None:
        client = await Client(door(seconds=0.05)).give(b"abc")
        status, problem = await client.answer()
        assert (status, problem["code"], client.fields[b"connection"]) == (408, "body-timeout", b"close")

    run(work())


def test_a_body_that_comes_too_slowly() -> None:
    async def work() -> None:
        client = Client(door(seconds=0.05))
        while not client.task.done():
            await client.give(b"a")
            await asyncio.sleep(0.005)
        assert (await client.answer())[0] == 408

    run(work())


def test_a_fast_one_may_take_longer() -> None:
    async def work() -> None:
        limits = BodyLimits(seconds=0.2)
        client = Client(BodyReader(counting, limits), kind="application/x-ndjson")
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < began + 4 * limits.seconds:
            await client.give(bytes(32 << 10))
            await asyncio.sleep(0.001)
        await client.give(b"", last=True)
        assert (await client.answer())[0] == 200

    run(work())


def test_sizes_by_type() -> None:
    async def work() -> None:
        own = door(envelope=10, lines=20)
        for kind, size, wanted in (
            ("application/json", 10, 200), ("application/json", 11, 413), ("", 11, 413), ("text/plain", 11, 413),
            ("application/x-ndjson", 20, 200), ("application/NDJSON; charset=utf-8", 20, 200),
            ("application/x-ndjson", 21, 413),
        ):
            client = await Client(own, kind=kind).give(bytes(size), last=True)
            assert (await client.answer())[0] == wanted, (kind, size)

    run(work())


def test_what_is_announced_as_too_large_is_not_awaited() -> None:
    async def work() -> None:
        status, problem = await Client(door(envelope=10), content_length="11").answer()
        assert (status, problem["code"]) == (413, "too-large")

    run(work())


def test_a_body_that_ends_before_its_end() -> None:
    async def work() -> None:
        client = await (await Client(door()).give(b"abc")).go()
        status, problem = await client.answer()
        assert (status, problem["code"]) == (400, "broken-body")

    run(work())


def test_bodies_that_hold_too_much_make_room() -> None:
    """The oldest of the client that has most gives up its own; what is sent at once goes through."""
    async def work() -> None:
        own = door(held=3 * FREE, envelope=4 * FREE)
        slow = [await Client(own, "slow").give(bytes(2 * FREE)) for _ in range(3)]
        assert own.held == 3 * FREE
        client = await Client(own, "fast").give(bytes(2 * FREE), last=True)
        assert (await client.answer())[0] == 200
        status, problem = await slow[0].answer()
        assert (status, problem["code"], slow[0].fields[b"retry-after"]) == (503, "busy", b"1")
        assert not slow[1].task.done()
        for one in slow[1:]:
            assert (await (await one.give(b"", last=True)).answer())[0] == 200
        assert own.held == 0

    run(work())


def test_small_bodies_go_through_while_others_are_worked_on() -> None:
    async def work() -> None:
        working = asyncio.Event()

        async def patient(scope: Any, receive: Any, send: Any) -> None:
            if scope["client"][0] == "big":
                await working.wait()
            await counting(scope, receive, send)

        own = door(patient, held=3 * FREE, envelope=10 * FREE)
        big = await Client(own, "big").give(bytes(4 * FREE), last=True)
        status, problem = await (await Client(own, "other").give(bytes(2 * FREE), last=True)).answer()
        assert (status, problem["code"]) == (503, "busy")
        assert (await (await Client(own, "small").give(bytes(FREE), last=True)).answer())[0] == 200
        working.set()
        assert ((await big.answer())[0], own.held) == (200, 0)

    run(work())


def test_bodies_that_stay_away_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST", 4)

    async def work() -> None:
        own = door()
        away = [await Client(own).give(b"x") for _ in range(9)]
        client = await Client(own).give(b"abc", last=True)
        assert (await client.answer(), [one.task.done() for one in away]) == ((200, 3), [True] * 6 + [False] * 3)
        for one in away[6:]:
            await one.go()

    run(work())


@pytest.mark.parametrize(("fields", "seen"), [
    ([], "198.51.100.1"), (["192.0.2.1"], "192.0.2.1"), (["forged, 192.0.2.1"], "192.0.2.1"),
    (["forged", "192.0.2.1"], "192.0.2.1"),
])
def test_what_a_proxy_has_seen(fields: Sequence[str], seen: str) -> None:
    found: list[str] = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        found.append(client_of(scope))

    for address in ("198.51.100.1", "198.51.100.2"):
        scope: Any = {"client": (address, 1), "headers": [(b"x-forwarded-for", one.encode()) for one in fields]}
        asyncio.run(BehindProxies(app, ["198.51.100.1"])(scope, None, None))  # type: ignore[arg-type]
    assert found == [seen, "198.51.100.2"]


@pytest.mark.parametrize(("proxy", "counts"), [
    ("198.51.100.1", True), ("198.51.100.255", True), ("::ffff:198.51.100.7", True), ("198.51.101.1", False),
    ("2001:db8::1", True), ("2001:DB8:0:ffff::1", True), ("2001:db9::1", False), ("unix:socket", False), ("", False),
])
def test_networks_of_proxies(proxy: str, counts: bool) -> None:
    found: list[str] = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        found.append(client_of(scope))

    scope: Any = {"client": (proxy, 1), "headers": [(b"x-forwarded-for", b"192.0.2.1")]}
    door = BehindProxies(app, ["198.51.100.0/24", "2001:db8::/32"])  # type: ignore[arg-type]
    asyncio.run(door(scope, None, None))  # type: ignore[arg-type]
    assert found == ["192.0.2.1" if counts else proxy]


# Which names a server answers to.


async def _application(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


def answer(door: OwnHosts, *fields: tuple[str, str], method: str = "GET") -> tuple[int, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is received")

    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields]
    scope: Any = {"type": "http", "method": method, "path": "/", "headers": headers}
    asyncio.run(door(scope, receive, send))
    return sent[0]["status"], msgspec.json.decode(sent[1]["body"])


def host_door(bound: str = "127.0.0.1", public_url: str | None = None, *others: str) -> OwnHosts:
    return OwnHosts(_application, names_of(bound, public_url, others))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "localhost."])
def test_names_of_this_host(host: str) -> None:
    assert answer(host_door(), ("Host", host))[0] == 200


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "198.51.100.1",
    "localhost@evil.example", "evil.example#localhost", "localhost/../evil", "[::1", "xn--lcalhost-", "\xe9", ":8080",
])
def test_other_names(host: str) -> None:
    status, problem = answer(host_door(), ("Host", host))
    assert (status, problem["code"], problem["field"]) == (421, "unknown-host", "Host")
    assert "CARBON_LEDGER_HOSTS" in problem["rule"]


@pytest.mark.parametrize("fields", [(), (("Host", ""),), (("Host", "localhost"), ("Host", "localhost"))])
def test_no_host_or_two(fields: tuple[tuple[str, str], ...]) -> None:
    status, problem = answer(host_door(), *fields)
    assert (status, problem["code"]) == (400, "host")


def test_names_that_the_operator_gives() -> None:
    named = host_door("192.0.2.7", "https://Ledger.example/base", "ledger", "2001:db8::7")
    for host in ("ledger.example", "LEDGER:8080", "192.0.2.7:80", "[2001:db8::7]:8080", "localhost"):
        assert answer(named, ("Host", host))[0] == 200, host
    assert answer(named, ("Host", "192.0.2.8"))[0] == 421


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])  # noqa: S104 - named, not bound
def test_who_listens_everywhere_has_all_addresses_and_no_names(bound: str) -> None:
    everywhere = host_door(bound)
    for host in ("198.51.100.3:8080", "[2001:db8::1]", "localhost"):
        assert answer(everywhere, ("Host", host))[0] == 200, host
    assert answer(everywhere, ("Host", "evil.example"))[0] == 421


def test_what_a_page_of_another_site_writes() -> None:
    own = ("Host", "localhost:8080")
    for field in (("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
                  ("Sec-Fetch-Site", "same-site")):
        status, problem = answer(host_door(), own, field, method="POST")
        assert (status, problem["code"]) == (403, "cross-site"), field
        assert answer(host_door(), own, field)[0] == 200
    for field in (("Origin", "http://localhost:8080"), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none")):
        assert answer(host_door(), own, field, method="POST")[0] == 200, field


# The queue of posted records: so many run, so many wait, further ones are refused; small and large ones apart.


def sized(size: int) -> Headers:
    return [(b"content-length", b"%d" % size)]


SMALL, BIG, UNKNOWN = sized(LARGE), sized(LARGE + 1), [(b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(("headers", "places", "room", "others"), [
    (SMALL, SMALL_PLACES, ROOM_FOR_SMALL, BIG), (BIG, LARGE_PLACES, ROOM_FOR_LARGE, SMALL),
    (UNKNOWN, LARGE_PLACES, ROOM_FOR_LARGE, SMALL),
])
def test_what_does_not_fit_is_refused(headers: Headers, places: int, room: int, others: Headers) -> None:
    async def fill() -> None:
        queue = PostQueue()

        async def wait() -> None:
            async with queue.taken("a client", headers):
                pass

        async with AsyncExitStack() as stack:
            for _ in range(places):
                await stack.enter_async_context(queue.taken("a client", headers))
            waiting = [asyncio.create_task(wait()) for _ in range(room)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded, match=f"{places} requests with records run and {room} wait") as caught:
                await stack.enter_async_context(queue.taken("a client", headers))
            answer = error_response(caught.value)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
            await stack.enter_async_context(queue.taken("a client", others))
        await asyncio.gather(*waiting)
        async with queue.taken("a client", headers):
            pass

    asyncio.run(fill())


def test_a_client_that_fills_the_queue_makes_room_for_others() -> None:
    async def fill() -> None:
        queue = PostQueue()

        async def wait(client: str) -> None:
            async with queue.taken(client, BIG):
                pass

        async with AsyncExitStack() as stack:
            for _ in range(LARGE_PLACES):
                await stack.enter_async_context(queue.taken("greedy", BIG))
            greedy = [asyncio.create_task(wait("greedy")) for _ in range(ROOM_FOR_LARGE)]
            await asyncio.sleep(0)
            modest = asyncio.create_task(wait("modest"))
            await asyncio.sleep(0)
        await modest
        results = await asyncio.gather(*greedy, return_exceptions=True)
        assert [isinstance(result, Overloaded) for result in results].count(True) == 1

    asyncio.run(fill())


# Questions that cost much: they have places, and end with their client.


class Asked:
    """One request to a door, whose client stays until it goes."""

    def __init__(self, door: Questions, path: str, query: str = "", *, reads: bool = True, method: str = "GET",
                 **scope_fields: Any) -> None:
        self._gone = asyncio.Event()
        self._reads = reads
        self.sent: list[Any] = []
        scope: Any = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": [],
                      "client": ("a", 1), **scope_fields}
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


async def question_settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_what_is_under_way_ends_when_the_client_has_gone() -> None:
    async def work() -> None:
        app = Application()
        door = Questions(app, 2)
        asked = [Asked(door, "/v1/contributions") for _ in range(6)]
        await question_settle()
        assert (door.questions.running, door.questions.waiting) == (2, 4)
        for one in asked:
            one.go()
        await asyncio.gather(*[one.task for one in asked])
        assert (app.begun, app.cancelled, door.questions.running, door.questions.waiting) == (2, 2, 0, 0)

    run(work())


def test_questions_end_though_the_next_request_of_a_closed_connection_waits() -> None:
    """Then the server does not read on, and `receive` says nothing. A client that stays gets its answer."""
    async def work() -> None:
        app = Application()
        door = Questions(app, 2)
        with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as stack:
            address = listening.getsockname()
            clients = [stack.enter_context(socket.create_connection(address)) for _ in range(5)]
            asked = [Asked(door, "/v1/contributions", server=address, client=client.getsockname())
                     for client in clients]
            await question_settle()
            assert (door.questions.running, door.questions.waiting) == (2, 3)
            for client in clients[:4]:
                client.close()
            await asyncio.gather(*[one.task for one in asked[:4]])
            assert (app.cancelled, door.questions.running) == (4, 1)
            app.may.set()
            await asked[4].task
            assert asked[4].status == 200

    run(work())


def test_what_is_beyond_the_queue_is_refused() -> None:
    async def work() -> None:
        app = Application()
        door = Questions(app, 1)
        asked = [Asked(door, "/v1/chain") for _ in range(1 + questions.ROOM_A_PLACE)]
        await question_settle()
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
        await question_settle()
        assert (app.begun, door.rows.waiting) == (questions.ROWS, 5)
        for path, query in (("/health/live", ""), ("/v1/records/aa/proof", "wait=9")):
            asked.append(Asked(door, path, query))
        await question_settle()
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
        assert (b"".join(pieces), len(pieces)) == (content, 4)
        assert [one["more_body"] for one in asked.sent[1:]] == [True, True, True, False]

    run(work())


@pytest.mark.parametrize(("path", "query", "dear"), [
    ("/v1/chain", "", True), ("/v1/chain", "wait=1", True), ("/v1//chain/", "", True), ("/v1/lots", "lot=a", False),
    ("/v1/uncertainty", "lot=a", True), ("/v1/sectors/steel/indicators", "", True), ("/v1/inventory/report", "", True),
    ("/v1/footprint", "lot=a", False), ("/v1/footprint", "lot=a&at=7", False),
    ("/en/lot", "lot=a", True), ("/zh/passport", "id=a", True), ("/en/organization", "id=a", True),
    ("/en/sectors/steel", "", True), ("/en/compare", "lot=a", True),
    ("/en/desk", "id=a", True), ("/en/inventory", "id=a", True),
    ("/en/log", "", False),
    ("/v1/footprint", "lot=a&averages=true", True),
    ("/v1/footprint/method", "lot=a", True), ("/v1/footprint/product", "", True),
    ("/v1/statement", "lot=a&g%77p=AR5", True),
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
        await question_settle()
        assert (door.questions.running == 1) == dear
        asked.task.cancel()
        await asyncio.wait({asked.task})

    run(work())


class Scripted(Waker):
    """A clock that tells these times, in steps; `reached`: the moments that were waited for, in steps."""

    def __init__(self, *steps: float) -> None:
        super().__init__()
        self._steps = iter(steps)
        self.reached: list[float] = []

    def now(self) -> float:
        return next(self._steps) * STEP_SECONDS

    async def until(self, moment: float) -> None:
        self.reached.append(moment / STEP_SECONDS)


@pytest.mark.parametrize(("status", "steps", "reached"), [
    (404, (7.25, 7.5), [8.25]), (404, (7.25, 8.0), [8.25]), (404, (7.25, 8.5), [9.25]), (404, (7.0, 10.5), [11.0]),
    (200, (7.25,), []), (403, (7.25,), []),
])
def test_a_404_leaves_a_whole_number_of_steps_after_its_request_came(
    status: int, steps: tuple[float, ...], reached: list[float]
) -> None:
    waker, sent = Scripted(*steps), list[Any]()

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        sent.append((message["type"], list(waker.reached)))

    async def work() -> None:
        scope: Any = {"type": "http", "method": "GET", "path": "/v1/lots", "headers": []}
        await EvenRefusals(app, waker)(scope, None, send)  # type: ignore[arg-type]

    run(work())
    assert waker.reached == pytest.approx(reached)
    assert sent == [("http.response.start", waker.reached), ("http.response.body", waker.reached)]
