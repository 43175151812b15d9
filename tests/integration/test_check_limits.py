"""Checks count in quotas and budgets, take no lock, and end when the server ends. They hold few database sessions, none
while they wait, and keep no posted record waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop

from ledger.app import create_app
from ledger.errors import Exhausted, LedgerError, Overloaded, ShuttingDown
from ledger.host.clock import HostClock
from ledger.service.limits import ClientLimits
from ledger.service.posting.checking import check as checking
from ledger.service.posting.checking.check import MOST_SESSIONS, CheckResult
from ledger.service.posting.revision import reviser
from ledger.service.posting.revision.foreseen import MOST_CHECKS_OF_ISSUER
from ledger.store.batches import Snapshot, lock_head, read_snapshot
from ledger.store.embedded import attach
from ledger.web.door.posts import LARGE, POSTS, PostQueue

DAY: Final = 86_400_000
NOON: Final = 20_300 * DAY + DAY // 2


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as home:
        yield home


def check(ledger: Inside, posted: Sequence[Posted]) -> list[CheckResult]:
    return ledger.run(ledger.ledger.submitter.check(ledger.envelopes(posted)))


def opened(ledger: Inside, *shops: Workshop) -> None:
    """Each shop with its site, its product and the lot `pot`: three records of its own."""
    for shop in shops:
        entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
        ledger.post([(ledger.registrar, entered), *shop.opening(), shop.mine("pot", "1000")])


def outcomes(answers: Sequence[object]) -> list[str]:
    return [one.code if isinstance(one, LedgerError) else type(one).__name__ for one in answers]


def test_checks_use_up_the_quota_of_records(home: Path) -> None:
    """Eight a day: three are posted, three are checked, so that two are left. What is refused or on the ledger does not
    count; midnight frees all."""
    time = [NOON]
    clock, shop = HostClock(lambda: time[0], lambda: time[0]), Workshop("shop")
    with inside(home, clock=clock, limits=ClientLimits(records=8)) as ledger:
        opened(ledger, shop)
        known = shop.mine("lot-0", "1")
        ledger.post([known])
        checked = check(ledger, [shop.make({"x": "1"}, {"none": "1"}), known, shop.mine("a", "1"), shop.mine("b", "1")])
        assert outcomes(checked) == ["unknown-lot", "CheckedRecord", "CheckedRecord", "CheckedRecord"]
        answers = ledger.run(ledger.submit([shop.mine(f"lot-{i}", "1") for i in range(1, 5)]))
        assert outcomes(answers) == ["Receipt", "Receipt", "quota", "quota"]
        assert outcomes(check(ledger, [shop.mine("c", "1")])) == ["quota"]
        time[0] += DAY // 2
        assert outcomes(check(ledger, [shop.mine("d", "1")])) == ["CheckedRecord"]


def test_checked_transfers_leave_the_receiver_alone(home: Path) -> None:
    """Two transfers a day to a receiver who has accepted none: checks are held to it, but do not use it up."""
    shop, other = Workshop("shop"), Workshop("other")
    with inside(home, limits=ClientLimits(unasked=2)) as ledger:
        opened(ledger, shop, other)
        sent = [shop.send("pot", "1", other, f"sent-{i}") for i in range(3)]
        for _ in range(3):
            assert outcomes(check(ledger, sent)) == ["CheckedRecord", "CheckedRecord", "quota"]
        assert outcomes(ledger.run(ledger.submit(sent))) == ["Receipt", "Receipt", "quota"]


def test_checked_revisions_have_a_budget_of_their_own(home: Path) -> None:
    """Four records a day: the second check of three records is too many; the correction itself is not."""
    shop = Workshop("shop")
    with inside(home, revised_per_day=4) as ledger:
        opened(ledger, shop)
        made = shop.make({"a": "10"}, {"pot": "10"})
        ledger.post([made, shop.make({"b": "5"}, {"a": "5"}), shop.make({"c": "5"}, {"b": "5"})])
        amended = amend(shop, change(made, activity=Make(co2="4")))
        assert outcomes(check(ledger, [amended])) == ["CheckedRecord"]
        (exhausted,) = check(ledger, [amended])
        assert isinstance(exhausted, Exhausted)
        assert (exhausted.code, outcomes(ledger.run(ledger.submit([amended])))) == ("revision-budget", ["Receipt"])


def test_a_check_waits_for_no_lock(server: Server, shop: Workshop) -> None:
    """Somebody holds the lock of the head and the lock of revisions; records and amendments are checked meanwhile."""
    made = shop.make({"a": "10"}, {"pot": "10"})
    server.post([made])
    envelopes = server.envelopes([shop.make({"b": "1"}, {"a": "1"}), amend(shop, change(made, activity=Make(co2="2")))])

    async def held() -> list[httpx.Response]:
        connection = await asyncpg.connect(attach(server.home).owner_url)
        try:
            async with connection.transaction():
                await connection.execute("SELECT size FROM head FOR UPDATE")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", 0x7265766973)
                async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
                    return [await client.post("/v1/records/check", content=one) for one in envelopes]
        finally:
            await connection.close()

    answers = asyncio.run(held())
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert answers[1].json()["restatement"]["records"] == 1


def test_a_server_that_ends_answers_its_checks(home: Path) -> None:
    shop = Workshop("shop")
    with inside(home) as ledger:
        opened(ledger, shop)
        made = shop.make({"a": "10"}, {"pot": "10"})
        ledger.post([made])
        ledger.ledger.end()
        with pytest.raises(ShuttingDown):
            check(ledger, [amend(shop, change(made, activity=Make(co2="2")))])


def test_too_many_lines_and_bad_bodies_are_refused_as_in_a_posting(server: Server) -> None:
    def both(content: bytes, kind: str) -> list[dict[str, Any]]:
        headers = {"Content-Type": kind}
        answers = [httpx.post(f"{server.url}/v1/records{path}", content=content, headers=headers, timeout=60)
                   for path in ("", "/check")]
        return [answer.json() | {"status code": answer.status_code} for answer in answers]

    for content, kind in ((b"{}\n" * 20_001, "application/x-ndjson"), (b"{", "application/json")):
        posted, checked = both(content, kind)
        assert posted == checked
        assert posted["code"] in ("too-many-lines", "not-json", "invalid-input"), posted


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


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as ledger:
        yield ledger


_numbers = count(1)


@pytest.fixture
def maker(ledger: Inside) -> Workshop:
    maker = Workshop(f"maker-{next(_numbers)}")
    opened(ledger, maker)
    return maker


@pytest.fixture
def made(ledger: Inside, maker: Workshop) -> Posted:
    return makes(ledger, maker)


def makes(ledger: Inside, maker: Workshop) -> Posted:
    """The lot `a` of the lot `pot`."""
    made = maker.make({"a": "10"}, {"pot": "10"})
    ledger.post([made])
    return made


async def check_beside(ledger: Inside, posted: Sequence[Posted]) -> list[CheckResult]:
    return await ledger.ledger.submitter.check(ledger.envelopes(posted))


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


def test_refused_records_cost_no_session(ledger: Inside, maker: Workshop, sessions: Sessions) -> None:
    """Nobody needs a key to send a body, so a session for it would be free to a stranger."""
    (answer,) = ledger.run(check_beside(ledger, [Workshop("stranger").mine("x", "1")]))
    broken = ledger.run(ledger.ledger.submitter.check([b"{", b"{}"]))
    assert (outcomes([answer]), [isinstance(one, LedgerError) for one in broken]) == (["unknown-key"], [True, True])
    assert sessions.opened == 0
    assert outcomes(ledger.run(check_beside(ledger, [maker.mine("y", "1")]))) == ["CheckedRecord"]
    assert sessions.opened == 1


def test_few_checks_hold_a_session_at_a_time(
    ledger: Inside, maker: Workshop, made: Posted, sessions: Sessions
) -> None:
    """Plain checks and checks of amendments, all at once."""
    posted = [maker.mine(f"lot-{i}", "1") for i in range(MANY)]
    posted += [amend(maker, change(made, activity=Make(co2=str(i + 2)))) for i in range(MOST_CHECKS_OF_ISSUER)]

    async def run() -> list[list[CheckResult]]:
        return await asyncio.gather(*[check_beside(ledger, [one]) for one in posted])

    answers = [answer for part in ledger.run(run()) for answer in part]
    assert (outcomes(answers), sessions.opened) == (["CheckedRecord"] * len(posted), len(posted))
    assert 1 < sessions.most <= MOST_SESSIONS


def test_waiting_checks_hold_no_session_and_keep_no_amendment_out(
    ledger: Inside, maker: Workshop, made: Posted, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An amendment runs, and checks wait for their turn. Those beyond the most of an organisation are refused; its
    second amendment is not, though there is room for two only."""
    monkeypatch.setattr(reviser, "MOST_WAITING", 2)
    gate = Gate(monkeypatch)
    checked = [amend(maker, change(made, activity=Make(co2=str(i)))) for i in range(2, 4 + MOST_CHECKS_OF_ISSUER)]
    first, second = [amend(maker, change(made, activity=Make(co2=co2))) for co2 in ("20", "30")]

    async def run() -> tuple[list[Any], list[Any]]:
        posts = [asyncio.create_task(ledger.must([first]))]
        await gate.arrived.wait()
        checks = [asyncio.create_task(check_beside(ledger, [one])) for one in checked]
        await settled(lambda: sum(one.done() for one in checks) == 2)
        posts.append(asyncio.create_task(ledger.must([second])))
        await settled(lambda: posts[1].done() or ledger.ledger.parts.reviser.waiting == 2)
        assert sessions.opened == 0
        plain = await check_beside(ledger, [maker.mine("plain", "1")])
        assert outcomes(plain) == ["CheckedRecord"]
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
        f"{maker.id}; nothing was checked: check the records again")
    assert [outcomes(one) for one in checks if isinstance(one, list)] == [["CheckedRecord"]] * MOST_CHECKS_OF_ISSUER
    assert len(posts) == 2


def test_a_server_that_ends_answers_checks_that_wait(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, maker = Gate(monkeypatch), Workshop("maker")

    async def run(ledger: Inside, made: Posted) -> list[Any]:
        posting = asyncio.create_task(ledger.must([amend(maker, change(made, activity=Make(co2="20")))]))
        await gate.arrived.wait()
        checked = amend(maker, change(made, activity=Make(co2="2")))
        waiting = asyncio.create_task(check_beside(ledger, [checked]))
        await settled(lambda: ledger.ledger.parts.reviser.waiting == 1)
        ledger.ledger.end()
        async with asyncio.timeout(SECONDS):
            return await asyncio.gather(posting, waiting, return_exceptions=True)

    with inside(home) as ledger:
        opened(ledger, maker)
        found = ledger.run(run(ledger, makes(ledger, maker)))
    assert [type(one) for one in found] == [ShuttingDown, ShuttingDown]


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
