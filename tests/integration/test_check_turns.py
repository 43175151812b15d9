"""Checks hold few database sessions, none while they wait, and keep no posted record waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import asyncpg
import httpx
import pytest
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.app import create_app
from ledger.errors import LedgerError, Overloaded, ShuttingDown
from ledger.service.posting.checking import check as checking
from ledger.service.posting.checking.check import MOST_SESSIONS, CheckResult
from ledger.service.posting.revision import reviser
from ledger.service.posting.revision.foreseen import MOST_CHECKS_OF_ISSUER
from ledger.store.batches import Snapshot, lock_head, read_snapshot
from ledger.web.door.posts import LARGE, POSTS, PostQueue

MANY: Final = 12
SECONDS: Final = 60


class Sessions:
    """Counts the sessions of checks. Each stays open a little longer than it has to, so that they overlap."""

    def __init__(self) -> None:
        self.open = self.most = self.opened = 0

    @asynccontextmanager
    async def counted(self, url: str) -> AsyncIterator[tuple[asyncpg.Connection, Snapshot]]:
        async with read_snapshot(url) as snapshot:
            self.open += 1
            self.opened += 1
            self.most = max(self.most, self.open)
            try:
                await asyncio.sleep(0.05)
                yield snapshot
            finally:
                self.open -= 1


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    sessions = Sessions()
    monkeypatch.setattr(checking, "read_snapshot", sessions.counted)
    return sessions


@pytest.fixture
def shop() -> Workshop:
    return Workshop("shop")


@pytest.fixture
def ledger(shop: Workshop) -> Iterator[Inside]:
    """With the lots `pot` and `a` of the shop."""
    with prepared_home() as home, inside(home) as ledger:
        entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
        ledger.post([(ledger.registrar, entered), *shop.opening(), shop.mine("pot", "1000")])
        yield ledger


@pytest.fixture
def made(ledger: Inside, shop: Workshop) -> Posted:
    made = shop.make({"a": "10"}, {"pot": "10"})
    ledger.post([made])
    return made


async def check(ledger: Inside, posted: Sequence[Posted]) -> list[CheckResult]:
    return await ledger.ledger.submitter.check(ledger.envelopes(posted))


def kinds(answers: Sequence[object]) -> list[str]:
    return [one.code if isinstance(one, LedgerError) else type(one).__name__ for one in answers]


class Gate:
    """The running revision waits before the lock of the head until the gate opens."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()
        patch.setattr(reviser, "lock_head", self._gated)

    async def _gated(self, connection: Any) -> Any:
        self.arrived.set()
        await self.open.wait()
        return await lock_head(connection)


async def settled(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)


def test_refused_records_cost_no_session(ledger: Inside, shop: Workshop, sessions: Sessions) -> None:
    """Nobody needs a key to send a body, so a session for it would be free to a stranger."""
    stranger = Workshop("stranger")
    (answer,) = ledger.run(check(ledger, [stranger.mine("x", "1")]))
    broken = ledger.run(ledger.ledger.submitter.check([b"{", b"{}"]))
    assert kinds([answer]) == ["unknown-key"]
    assert [isinstance(one, LedgerError) for one in broken] == [True, True]
    assert sessions.opened == 0
    assert kinds(ledger.run(check(ledger, [shop.mine("y", "1")]))) == ["CheckedRecord"]
    assert sessions.opened == 1


def test_few_checks_hold_a_session_at_a_time(
    ledger: Inside, shop: Workshop, made: Posted, sessions: Sessions
) -> None:
    """Plain checks and checks of amendments, all at once."""
    posted = [shop.mine(f"lot-{i}", "1") for i in range(MANY)]
    posted += [amend(shop, change(made, activity=Make(co2=str(i + 2)))) for i in range(MOST_CHECKS_OF_ISSUER)]

    async def run() -> list[list[CheckResult]]:
        return await asyncio.gather(*[check(ledger, [one]) for one in posted])

    answers = [answer for part in ledger.run(run()) for answer in part]
    assert kinds(answers) == ["CheckedRecord"] * len(posted)
    assert sessions.opened == len(posted)
    assert 1 < sessions.most <= MOST_SESSIONS


def test_waiting_checks_hold_no_session_and_keep_no_amendment_out(
    ledger: Inside, shop: Workshop, made: Posted, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An amendment runs, and checks wait for their turn. Those beyond the most of an organisation are refused; its
    second amendment is not, though there is room for two only."""
    monkeypatch.setattr(reviser, "MOST_WAITING", 2)
    gate = Gate(monkeypatch)
    checked = [amend(shop, change(made, activity=Make(co2=str(i)))) for i in range(2, 4 + MOST_CHECKS_OF_ISSUER)]
    first, second = [amend(shop, change(made, activity=Make(co2=co2))) for co2 in ("20", "30")]

    async def run() -> tuple[list[Any], list[Any]]:
        posts = [asyncio.create_task(ledger.must([first]))]
        await gate.arrived.wait()
        checks = [asyncio.create_task(check(ledger, [one])) for one in checked]
        await settled(lambda: sum(one.done() for one in checks) == 2)
        posts.append(asyncio.create_task(ledger.must([second])))
        await settled(lambda: posts[1].done() or ledger.ledger.parts.reviser.waiting == 2)
        assert sessions.opened == 0
        plain = await check(ledger, [shop.mine("plain", "1")])
        assert kinds(plain) == ["CheckedRecord"]
        gate.open.set()
        return (await asyncio.gather(*checks, return_exceptions=True), await asyncio.gather(*posts))

    async def bounded() -> tuple[list[Any], list[Any]]:
        async with asyncio.timeout(SECONDS):
            return await run()

    checks, posts = ledger.run(bounded())
    refused = [one for one in checks if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [Overloaded] * 2
    assert str(refused[0]) == (
        f"{MOST_CHECKS_OF_ISSUER} checks of amendments and closings wait or run, {MOST_CHECKS_OF_ISSUER} of them of "
        f"{shop.id}; nothing was checked: check the records again")
    assert [kinds(one) for one in checks if isinstance(one, list)] == [["CheckedRecord"]] * MOST_CHECKS_OF_ISSUER
    assert len(posts) == 2


def test_a_server_that_ends_answers_checks_that_wait(
    ledger: Inside, shop: Workshop, made: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    checked = amend(shop, change(made, activity=Make(co2="2")))

    async def run() -> list[Any]:
        posting = asyncio.create_task(ledger.must([amend(shop, change(made, activity=Make(co2="20")))]))
        await gate.arrived.wait()
        waiting = asyncio.create_task(check(ledger, [checked]))
        await settled(lambda: ledger.ledger.parts.reviser.waiting == 1)
        ledger.ledger.end()
        async with asyncio.timeout(SECONDS):
            return await asyncio.gather(posting, waiting, return_exceptions=True)

    assert [type(one) for one in ledger.run(run())] == [ShuttingDown, ShuttingDown]


def test_posts_and_checks_wait_apart(ledger: Inside) -> None:
    """All places of posts are taken, yet a check is answered; and the other way round."""
    app = create_app(ledger.ledger)
    body, headers = b" " * LARGE + b"\n{}\n", {"Content-Type": "application/x-ndjson"}
    large = [(b"content-length", b"%d" % len(body))]
    posts: PostQueue = app.state.posts

    async def filled(queue: PostQueue, places: int, path: str) -> httpx.Response:
        async with AsyncExitStack() as stack, asyncio.timeout(SECONDS), httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://ledger"
        ) as client:
            for _ in range(places):
                await stack.enter_async_context(queue.taken("a client", large))
            return await client.post(path, content=body, headers=headers)

    answer = ledger.run(filled(posts, POSTS.large, "/v1/records/check"))
    assert (answer.status_code, answer.text.count('"code":"missing-field"')) == (200, 1), answer.text
    checks: PostQueue = app.state.checks
    answer = ledger.run(filled(checks, 1, "/v1/records"))
    assert (answer.status_code, answer.text.count('"code":"missing-field"')) == (200, 1), answer.text
