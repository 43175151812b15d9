"""Bodies: within a size, at a least speed, and only so many bytes at a time."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
import pytest

from ledger.web.door import bodies
from ledger.web.door.bodies import FREE, BodyLimits, BodyReader
from ledger.web.door.clients import BehindProxies, client_of

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
        assert (status, problem["code"]) == (408, "body-timeout")
        assert client.fields[b"connection"] == b"close"

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
        assert (await big.answer())[0] == 200
        assert own.held == 0

    run(work())


def test_bodies_that_stay_away_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST", 4)

    async def work() -> None:
        own = door()
        away = [await Client(own).give(b"x") for _ in range(9)]
        client = await Client(own).give(b"abc", last=True)
        assert await client.answer() == (200, 3)
        assert [one.task.done() for one in away] == [True] * 6 + [False] * 3
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
