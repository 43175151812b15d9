"""An organisation that lost its keys, on a real database: a week by the entries' own times, whatever the clock does."""

import json
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from support.inside import Inside, inside
from support.parties import Party
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.admission.kinds.key_change import RECOVERY_DELAY
from ledger.admission.state import CONFIRMING_DAYS, DAY
from ledger.answers.stored import OrganizationAnswer
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import LedgerError
from ledger.host.clock import HostClock
from ledger.service.queries.records import read_organizations

HOUR = 3_600_000
_numbers = count(1)
START = 1_800_000_000_000


class Clock:
    """The host's clock, which the test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


class Held(NamedTuple):
    """A ledger, its clock, and an organisation on it."""

    ledger: Inside
    clock: Clock
    shop: Workshop

    def post(self, *posted: Posted) -> list[Receipt]:
        return self.ledger.post(posted)

    def refused(self, *posted: Posted) -> list[str | None]:
        """Codes of one request, None where a record is admitted."""
        answers = self.ledger.run(self.ledger.submit(posted))
        return [answer.code if isinstance(answer, LedgerError) else None for answer in answers]

    def change(self, **fields: object) -> KeyChange:
        return KeyChange(issuer=self.ledger.registrar.id, nonce=self.shop.nonce(),  # type: ignore[arg-type]
                         organization=self.shop.id, **fields)

    def asked(self, key: SigningKey) -> Posted:
        added = [public_key(key, self.ledger.origin, self.shop.id)]
        return self.ledger.registrar, self.change(recovery="request", added=added)

    def completing(self, asked: Posted) -> Posted:
        digest = canonical.digest(canonical.encode(asked[1])).hex()
        return self.ledger.registrar, self.change(recovery="complete", request=digest)

    def objecting(self, asked: Posted) -> Posted:
        digest = canonical.digest(canonical.encode(asked[1])).hex()
        return self.shop.party, replace(self.change(recovery="objection", request=digest), issuer=self.shop.id)

    def days(self, count: int = CONFIRMING_DAYS - 1) -> None:
        """So many days pass, each with a record."""
        for _ in range(count):
            self.clock.now += DAY
            self.post(self.shop.mine(f"ore-{next(_numbers)}", "1"))

    def told(self) -> OrganizationAnswer:
        found = self.ledger.run(read_organizations(self.ledger.ledger.pool, -1, 1000))
        return next(one for one in found if one.id == self.shop.id)


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Inside, Clock]]:
    clock = Clock()
    with prepared_home() as home, inside(home, clock=HostClock(clock, clock)) as ledger:
        yield ledger, clock


@pytest.fixture
def held(opened: tuple[Inside, Clock], request: pytest.FixtureRequest) -> Iterator[Held]:
    ledger, clock = opened
    shop = Workshop(f"lost-{request.node.name.replace('_', '-')}"[:60])
    ledger.post([shop.enrolment(ledger), *shop.opening()])
    yield Held(ledger, clock, shop)
    report = ledger.audited()
    assert report.ok, report.findings


def test_a_week_on_the_log(held: Held) -> None:
    new = Party(held.shop.id, SigningKey.from_seed(b"\x31" * 32, "p256"))
    asked = held.asked(new.key)
    (receipt,) = held.post(asked)
    waiting = held.told().recovery
    assert waiting is not None
    assert (waiting.request, waiting.index, waiting.keys) == (receipt.digest, receipt.index, [new.key.keyid.hex()])
    assert waiting.due - waiting.time == RECOVERY_DELAY
    mined = held.shop.mine("ore", "10")
    assert held.refused((new, mined[1])) == ["unknown-key"]
    held.post(mined)
    held.days()
    held.clock.now = waiting.due - 1
    assert held.refused(held.completing(asked)) == ["recovery-early"]
    held.clock.now = waiting.due
    (done,) = held.post(held.completing(asked))
    after = held.told()
    assert after.recovery is None
    assert [(key.keyid, key.enrolled == done.index, key.revoked) for key in after.keys] == [
        (held.shop.party.key.keyid.hex(), False, done.index), (new.key.keyid.hex(), True, None)]
    later = held.shop.make({"piece": "1"}, {"ore": "1"})
    assert held.refused(later, (new, later[1])) == ["revoked-key", None]


def test_a_clock_that_is_set_back_shortens_nothing(held: Held) -> None:
    """An entry's time is never below that of the one before it, so neither does the week begin earlier."""
    asked = held.asked(SigningKey.from_seed(b"\x32" * 32))
    before = held.clock.now
    held.clock.now = before - HOUR
    held.post(asked)
    waiting = held.told().recovery
    assert waiting is not None
    assert waiting.time >= before
    held.clock.now = before
    held.days()
    held.clock.now = before - HOUR + RECOVERY_DELAY
    assert held.refused(held.completing(asked)) == ["recovery-early"]
    held.clock.now = waiting.due
    held.post(held.completing(asked))


def test_a_clock_that_is_set_forward_shortens_nothing(held: Held) -> None:
    """The steady clock goes with it, as if the week had been slept away: no other entries confirm that it passed."""
    asked = held.asked(SigningKey.from_seed(b"\x39" * 32))
    held.post(asked)
    held.clock.now += RECOVERY_DELAY
    held.post(held.shop.mine("ore", "1"))
    assert held.refused(held.completing(asked)) == ["recovery-early"]
    held.days()
    held.post(held.completing(asked))


def test_a_clock_that_is_set_back_in_the_middle(held: Held) -> None:
    """The week was over once: a clock that goes back afterwards does not make it longer than the log says."""
    asked = held.asked(SigningKey.from_seed(b"\x33" * 32))
    held.post(asked)
    held.days(CONFIRMING_DAYS)
    held.clock.now -= HOUR
    held.post(held.completing(asked))
    held.clock.now += HOUR


def test_who_still_has_a_key_objects(held: Held) -> None:
    asked = held.asked(SigningKey.from_seed(b"\x34" * 32))
    held.post(asked)
    held.post(held.objecting(asked))
    assert held.told().recovery is None
    held.clock.now += RECOVERY_DELAY
    assert held.refused(held.completing(asked)) == ["no-recovery"]
    held.post(held.shop.mine("ore", "1"))


def test_steps_in_one_request_go_by_their_order(held: Held) -> None:
    first, second = (held.asked(SigningKey.from_seed(seed * 32)) for seed in (b"\x35", b"\x36"))
    assert held.refused(first, held.completing(first), held.objecting(first), second) == [
        None, "recovery-early", None, None]
    held.days()
    held.clock.now += DAY
    ore = held.shop.mine("ore", "1")
    assert held.refused(held.completing(second), held.objecting(second), ore) == [None, "revoked-key", "revoked-key"]


def test_a_key_that_somebody_enrolled_meanwhile(held: Held) -> None:
    key = SigningKey.from_seed(b"\x37" * 32)
    asked = held.asked(key)
    held.post(asked)
    other = Workshop(f"{held.shop.id.rpartition(':')[2]}-o")
    held.post(other.enrolment(held.ledger),
              other.signed(KeyChange(issuer=other.id, nonce=other.nonce(), organization=other.id,
                                     added=[public_key(key, held.ledger.origin, other.id)])))
    held.days(CONFIRMING_DAYS)
    assert held.refused(held.completing(asked)) == ["key-taken"]


def test_what_an_outsider_reads_of_it(held: Held) -> None:
    """The request is a public record: its body is what others watch for."""
    asked = held.asked(SigningKey.from_seed(b"\x38" * 32))
    (receipt,) = held.post(asked)
    body = json.loads(canonical.encode(asked[1]))
    assert (body["recovery"], body["organization"], asked[1].kind) == ("request", held.shop.id, 2)
    assert receipt.leaves == []
