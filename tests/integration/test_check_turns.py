"""Checks hold few database sessions."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import pytest
from support.inside import Inside, inside
from support.parties import enrolment
from support.server import Posted, temporary_home
from support.workshop import Workshop

from ledger.errors import LedgerError
from ledger.service.posting.checking import check as checking
from ledger.service.posting.checking.check import MOST_SESSIONS, CheckResult
from ledger.store.batches import Snapshot, read_snapshot

MANY: Final = 12


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
    """With the lot `pot` of the shop."""
    with temporary_home() as home, inside(home) as ledger:
        entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
        ledger.post([(ledger.registrar, entered), *shop.opening(), shop.mine("pot", "1000")])
        yield ledger


async def check(ledger: Inside, posted: Sequence[Posted]) -> list[CheckResult]:
    return await ledger.ledger.submitter.check(ledger.envelopes(posted))


def kinds(answers: Sequence[object]) -> list[str]:
    return [one.code if isinstance(one, LedgerError) else type(one).__name__ for one in answers]


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


def test_few_checks_hold_a_session_at_a_time(ledger: Inside, shop: Workshop, sessions: Sessions) -> None:
    posted = [shop.mine(f"lot-{i}", "1") for i in range(MANY)]

    async def run() -> list[list[CheckResult]]:
        return await asyncio.gather(*[check(ledger, [one]) for one in posted])

    answers = [answer for part in ledger.run(run()) for answer in part]
    assert kinds(answers) == ["CheckedRecord"] * len(posted)
    assert sessions.opened == len(posted)
    assert 1 < sessions.most <= MOST_SESSIONS
