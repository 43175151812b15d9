"""Checks count in quotas and budgets, take no lock, and end when the server ends."""

import asyncio
from collections.abc import Iterator, Sequence
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

from ledger.errors import Exhausted, LedgerError, ShuttingDown
from ledger.host.clock import HostClock
from ledger.service.limits import ClientLimits
from ledger.service.posting.checking.check import CheckResult
from ledger.store.embedded import attach

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
        assert exhausted.code == "revision-budget"
        assert outcomes(ledger.run(ledger.submit([amended]))) == ["Receipt"]


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
