"""Which months stand open behind a figure: every provisional record that it rests on, once, and as it reads now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import add, amend, change, close, pool, raw, reopen
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.answers.stored import FootprintAnswer
from ledger.core.record.kinds import Facility, Transformation
from ledger.service.queries.footprint.open_periods import OpenPeriods, read_open_periods
from ledger.service.queries.footprint.read import read_footprint
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import EVER

MONTHS = {
    "jan": ("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"), "feb": ("2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"),
}


@dataclass
class Yard:
    """A shop with two sites on a ledger in this process."""

    ledger: Inside
    shop: Workshop
    indexes: dict[str, int]

    def post(self, posted: Posted) -> int:
        (receipt,) = self.ledger.post([posted])
        return receipt.index

    def heat(self, lot: str, inputs: dict[str, str], month: str, site: str = "site", **fields: Any) -> Posted:
        """10 kg with 10 kg of CO2, provisional unless the fields say otherwise."""
        party, record = self.shop.make({lot: "10"}, inputs, ore="10", activity=Make(co2="10"))
        assert isinstance(record, Transformation)
        start, end = MONTHS[month]
        posted = party, replace(record, **{
            "basis": "provisional", "facility": self.shop.name(site), "start": start, "end": end, **fields,
        })
        self.indexes[lot] = self.post(posted)
        return posted

    def footprint(self, lot: str, at: int | None = None) -> FootprintAnswer:
        ledger = self.ledger.ledger
        return self.ledger.run(read_footprint(ledger.pool, LotQuestion(self.shop.name(lot), at), ledger.assessed))

    def open(self, lot: str, at: int | None = None) -> dict[tuple[str, str], int]:
        """Records by site and month."""
        found = self.footprint(lot, at).open_periods
        return {(one.facility.rpartition(":")[2], one.month): one.records for one in found}

    def look(self, most: int, *lots: str) -> OpenPeriods:
        indexes = [self.indexes[lot] for lot in lots]
        return self.ledger.run(read_open_periods(self.ledger.ledger.pool, indexes, EVER, most))


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as found:
        yield found


@pytest.fixture
def yard(ledger: Inside, request: pytest.FixtureRequest) -> Yard:
    shop = Workshop(f"yard-{request.node.name.replace('_', '-')}")
    ledger.post([
        (ledger.registrar, enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())), *shop.opening(),
        shop.signed(Facility(issuer=shop.id, nonce=shop.nonce(), id=shop.name("other"), country="CN")),
    ])
    return Yard(ledger, shop, {})


def test_every_record_counts_once_however_many_ways_lead_to_it(yard: Yard) -> None:
    """x goes into y and z, both go into the sum, with one of another site and one that is final."""
    yard.heat("x", {}, "jan")
    yard.heat("y", {"x": "5"}, "feb")
    yard.heat("z", {"x": "5"}, "feb", site="other")
    yard.heat("final", {}, "jan", basis="final")
    yard.heat("sum", {"y": "4", "z": "4", "final": "4"}, "feb", basis="final")
    assert yard.open("sum") == {("site", "2025-01"): 1, ("site", "2025-02"): 1, ("other", "2025-02"): 1}
    assert yard.open("y") == {("site", "2025-01"): 1, ("site", "2025-02"): 1}
    assert (yard.open("x"), yard.open("final")) == ({("site", "2025-01"): 1}, {})
    # x 10 open of 10; y 10 + 5 = 15, all open; the sum 10 + 0.4 * 15 + 0.4 * 15 + 0.4 * 10 = 26, of which 12.
    assert yard.footprint("sum").provisional_share == pytest.approx(12 / 26)
    assert yard.footprint("final").provisional_share == 0.0


def test_a_closing_takes_away_its_month_alone(yard: Yard) -> None:
    yard.heat("x", {}, "jan")
    yard.heat("y", {"x": "5"}, "feb")
    start, end = MONTHS["jan"]
    size = yard.post(close(yard.shop, start=start, end=end))
    assert yard.open("y", size) == {("site", "2025-01"): 1, ("site", "2025-02"): 1}
    assert (yard.open("y"), yard.open("x")) == ({("site", "2025-02"): 1}, {})


def test_a_month_that_is_opened_again(yard: Yard) -> None:
    """It takes records, but what was final stays so."""
    yard.heat("x", {}, "jan")
    yard.heat("y", {"x": "5"}, "feb")
    start, end = MONTHS["jan"]
    closed = close(yard.shop, start=start, end=end)
    yard.post(closed)
    yard.post(reopen(yard.shop, closed))
    assert yard.open("y") == {("site", "2025-02"): 1}
    yard.heat("late", {"x": "1"}, "jan")
    assert yard.open("late") == {("site", "2025-01"): 1}


def test_an_amended_record_counts_in_the_month_that_it_has_now(yard: Yard) -> None:
    posted = yard.heat("x", {}, "jan")
    yard.heat("y", {"x": "5"}, "feb", basis="final")
    start, end = MONTHS["feb"]
    size = yard.post(amend(yard.shop, change(posted, start=start, end=end)))
    assert (yard.open("y"), yard.open("y", size)) == ({("site", "2025-02"): 1}, {("site", "2025-01"): 1})
    # And in none once it is final.
    yard.post(amend(yard.shop, change(posted, basis="final")))
    assert yard.open("y") == {}


def test_what_carries_nothing_open_is_not_followed(yard: Yard) -> None:
    """A withdrawn taker counts no more, and a record that emits nothing has nothing that waits."""
    yard.heat("x", {}, "jan")
    yard.heat("nothing", {}, "jan", activity=raw(Make()))
    yard.heat("y", {"nothing": "5"}, "feb", basis="final")
    assert (yard.footprint("y").provisional_share, yard.open("y")) == (0.0, {})
    taker = yard.heat("z", {"x": "5"}, "feb")
    assert yard.open("z") == {("site", "2025-01"): 1, ("site", "2025-02"): 1}
    yard.post(amend(yard.shop, change(taker)))
    assert yard.open("z") == {}


def test_so_many_records_are_looked_at_and_no_more(yard: Yard) -> None:
    """A line of five: the nearest come first, and the answer says that there are others."""
    yard.heat("l0", {}, "jan")
    for i in range(1, 5):
        yard.heat(f"l{i}", {f"l{i - 1}": "5"}, "jan")
    looked = [yard.look(most, "l4") for most in range(6)]
    counted = [(sum(one.records for one in found.periods), found.more) for found in looked]
    assert counted == [(1, True), (2, True), (3, True), (4, True), (5, True), (5, False)]
    assert yard.footprint("l4").more_periods is False
    # Behind several, each once; of more than are looked at, the newest.
    assert yard.look(5, "l4", "l2", "l0") == yard.look(5, "l4")
    yard.heat("late", {}, "feb")
    (found,), more = yard.look(0, "l4", "late")
    assert (found.month, more) == ("2025-02", True)


def test_a_pool_that_is_averaged_over_its_period_tells_by_how_much(yard: Yard) -> None:
    """10 kg with 10 and 10 kg with 30 kg CO2e, none of it taken: 2 a kg for both generations, so the first one holds 10
    more than had come in, and the second one, 20 + 30, holds 10 less."""
    yard.heat("x", {}, "jan", basis="final")
    yard.heat("y", {}, "jan", basis="final", activity=raw(Make(co2="30")))
    yard.post(pool(yard.shop, "stock", averaging="period"))
    yard.post(add(yard.shop, "stock", {"x": "10"}))
    size = yard.post(add(yard.shop, "stock", {"y": "10"})) + 1
    yard.post(close(yard.shop, start="2025-03-01T00:00:00Z", end="2025-04-01T00:00:00Z"))
    for lot, before, now, averaged in (("stock:1", 10, 20, 10), ("stock:2", 40, 40, -10)):
        then, answer = yard.footprint(lot, size), yard.footprint(lot)
        assert (then.footprint, then.averaged) == (pytest.approx(before), 0.0)
        assert (answer.footprint, answer.averaged) == (pytest.approx(now), pytest.approx(averaged))
        parts = [answer.direct.footprint, answer.averaged, *[one.footprint for one in answer.inputs]]
        assert (sum(parts), answer.assigned) == (pytest.approx(now), 0.0)
