"""Quotas of a day are counted from rows: a start forgets nothing, servers know of each other, midnight frees them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from support.inside import Answer, Inside, inside
from support.parties import enrolment, party
from support.server import Posted, prepared_home
from support.workshop import START, Workshop

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import StandingAcceptance
from ledger.errors import Exhausted
from ledger.host.clock import HostClock
from ledger.service.limits import ClientLimits

DAY: Final = 86_400_000
NOON: Final = 20_300 * DAY + DAY // 2
LIMITS: Final = ClientLimits(records=8, unasked=2)


class Clock:
    """Ms since 1970, set by the test."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> int:
        return self.time


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with prepared_home() as home:
        yield home


_clock = Clock()
_numbers = count(1)


@pytest.fixture
def clock() -> Clock:
    """Noon of a day of which the log has no record."""
    _clock.time = (_clock.time // DAY + 2) * DAY + DAY // 2
    return _clock


@pytest.fixture
def shop() -> Workshop:
    return Workshop(f"shop-{next(_numbers)}")


@pytest.fixture(scope="module")
def ledger(home: Path) -> Iterator[Inside]:
    with opening(home, _clock) as ledger:
        yield ledger


def opening(home: Path, clock: Clock) -> AbstractContextManager[Inside]:
    return inside(home, clock=HostClock(clock, clock), limits=LIMITS)


def admitted(answers: Sequence[Answer]) -> int:
    """How many; all others have met a quota."""
    assert all(isinstance(answer, Receipt | Exhausted) for answer in answers), answers
    return sum([isinstance(answer, Receipt) for answer in answers])


def opened(ledger: Inside, shop: Workshop) -> None:
    """Three records of the shop's own: its site, its product and the lot `pot`."""
    enrolled = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
    ledger.post([(ledger.registrar, enrolled), *shop.opening(), shop.mine("pot", "1000")])


def mined(shop: Workshop, first: int, count: int) -> list[Posted]:
    return [shop.mine(f"lot-{number}", "1") for number in range(first, first + count)]


def test_a_start_forgets_nothing_and_midnight_frees(home: Path, clock: Clock, shop: Workshop) -> None:
    with opening(home, clock) as ledger:
        opened(ledger, shop)
        assert admitted(ledger.run(ledger.submit(mined(shop, 0, 3)))) == 3
    with opening(home, clock) as ledger:
        answers = ledger.run(ledger.submit(mined(shop, 3, 4)))
        assert admitted(answers) == 2
        refused = answers[-1]
        assert isinstance(refused, Exhausted)
        assert refused.retry_after == DAY // 2000
        clock.time += DAY // 2
        assert admitted(ledger.run(ledger.submit(mined(shop, 7, 9)))) == 8


def test_servers_of_one_database_know_of_each_other(home: Path, clock: Clock, ledger: Inside, shop: Workshop) -> None:
    with opening(home, clock) as there:
        opened(ledger, shop)
        assert admitted(there.run(there.submit(mined(shop, 0, 1)))) == 1
        assert admitted(ledger.run(ledger.submit(mined(shop, 1, 3)))) == 3
        # What was entered there within five seconds is not known here; then it is.
        clock.time += 5_000
        assert admitted(there.run(there.submit(mined(shop, 4, 3)))) == 1


@pytest.mark.parametrize("ruled", [True, False])
def test_a_receiver_with_a_rule_has_asked_for_deliveries(
    ledger: Inside, clock: Clock, shop: Workshop, ruled: bool
) -> None:
    """Two deliveries a day are let in that nobody asked for; a rule of the receiver accepts them, so more may come."""
    buyer = Workshop(f"buyer-{next(_numbers)}")
    opened(ledger, shop)
    ledger.post([(ledger.registrar, enrolment(buyer.party, ledger.registrar, ledger.origin, buyer.nonce()))])
    if ruled:
        ledger.post([buyer.signed(StandingAcceptance(
            issuer=buyer.id, nonce=buyer.nonce(), sender=shop.id, valid_from=START, tolerance="0"))])
    clock.time += DAY
    assert admitted(ledger.run(ledger.submit([shop.send("pot", "1", buyer, f"a-{i}") for i in range(2)]))) == 2
    clock.time += 5_000
    again = [shop.send("pot", "1", buyer, f"b-{i}") for i in range(4)]
    assert admitted(ledger.run(ledger.submit(again))) == (4 if ruled else 0)


def test_the_registrar_has_no_quota(ledger: Inside) -> None:
    shops = [Workshop(f"member-{number}") for number in range(LIMITS.records + 2)]
    ledger.post([
        (ledger.registrar, enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())) for shop in shops
    ])


def test_what_others_sign_in_ones_name_counts_for_nobody(ledger: Inside, clock: Clock, shop: Workshop) -> None:
    """A stranger's request brings its own key, and names the shop as issuer."""
    stranger = party(9, "stranger")
    opened(ledger, shop)
    forged = ledger.envelopes([
        (stranger, enrolment(stranger, ledger.registrar, ledger.origin, shop.nonce())),
        *[(stranger, record) for _, record in mined(shop, 100, 30)],
    ])

    async def both() -> list[Any]:
        submit = ledger.ledger.submitter.submit
        return await asyncio.gather(*[submit(forged) for _ in range(4)], ledger.submit(mined(shop, 0, 5)))

    *refused, answers = ledger.run(both())
    assert (admitted(answers), {one.error.code for part in refused for one in part}) == (5, {"unknown-key"})


def test_a_day_begins_where_the_log_says(home: Path, clock: Clock, shop: Workshop) -> None:
    """Wherever in the log midnight was."""
    with opening(home, clock) as ledger:
        opened(ledger, shop)
        for day in range(1, 4):
            clock.time += DAY
            assert admitted(ledger.run(ledger.submit(mined(shop, 100 * day, 4)))) == 4
    with opening(home, clock) as ledger:
        assert admitted(ledger.run(ledger.submit(mined(shop, 500, 6)))) == 4


def test_errors_that_are_answers_hold_nothing(ledger: Inside, clock: Clock, shop: Workshop) -> None:
    """No frame, and with it nothing that was worked on: neither of what cannot be read, nor of what is refused ahead of
    the lock, under it, or by a quota."""
    opened(ledger, shop)
    sound = ledger.envelopes(mined(shop, 0, 6))
    refused = ledger.envelopes([shop.use({"nothing": "1"}), shop.use({"pot": "2000"}), shop.mine("lot-0", "1")])
    lines = [b"{}", b"no JSON", sound[0][:-9] + b'AAAAAAA"}', *sound[:1], *refused, *sound[1:]]
    errors = [one.error for one in ledger.run(ledger.ledger.submitter.submit(lines)) if one.error is not None]
    assert len({error.code for error in errors}) >= 5, errors
    for error in errors:
        assert error.__traceback__ is None, error.code
        assert error.__context__ is None, error.code
