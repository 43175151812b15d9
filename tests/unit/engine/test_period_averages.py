"""Pools that are averaged over closed periods, with hand-solved figures."""

from typing import Any

import pytest
from support.memory import MemoryLedger
from support.networks import content_errors
from support.sectors import Make, registry
from support.site import Site, ore, quantity

from ledger.core.record.kinds import Addition, Closing, Pool, Reopening
from ledger.core.record.values import Flow
from ledger.engine.batch import Sequenced
from ledger.errors import Refused


class Foundry(Site):
    """Two lots of metal: `a` with 1 kg CO2e a kg, `b` with 3, 100 kg each; a pool that is averaged over periods."""

    def __init__(self, ledger: MemoryLedger) -> None:
        super().__init__(ledger, "foundry")
        self.product("metal")
        self.product("part")
        self.make([self.out("a", "metal", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="100"))
        self.make([self.out("b", "metal", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="300"))
        self.post(Pool, id=self.name("pool"), facility=self.facility, product=self.name("metal"), averaging="period")

    def post(self, kind: Any, **fields: Any) -> Sequenced:
        return self._post(kind(issuer=self.id, nonce=self.ledger.nonce(), **fields))

    def add(self, lot: str, amount: str, time: str = "2025-03-10T00:00:00Z") -> Sequenced:
        return self.post(Addition, pool=self.name("pool"), time=time, inputs=[
            Flow(lot=self.name(lot), quantity=quantity(amount))])

    def draw(self, part: str, amount: str) -> Sequenced:
        return self.make([self.out(part, "part", amount)], {"pool": amount}, activity=Make())

    def close(self, start: str = "2025-03-01T00:00:00Z", end: str = "2025-04-01T00:00:00Z") -> Sequenced:
        return self.post(Closing, facility=self.facility, start=start, end=end)

    def co2(self, lot: str) -> float:
        return self.ledger.burdens(self.name(lot))["fossilGhgEmissions"]


@pytest.fixture
def foundry() -> Foundry:
    found = Foundry(MemoryLedger(registry()))
    found.add("a", "100 KGM")
    found.draw("first", "50 KGM")
    found.add("b", "100 KGM")
    found.draw("second", "75 KGM")
    found.make([found.out("c", "metal", "75 KGM")], supplies=[ore("75 KGM")], activity=Make(co2="450"))
    found.make([found.out("late", "metal", "50 KGM")], supplies=[ore("50 KGM")], activity=Make(co2="350"))
    return found


def test_before_the_closing_averages_move(foundry: Foundry) -> None:
    # 50 of 100 kg with 100 kg CO2e; then what is left, 50 kg CO2e, and 300 make 350 in 150 kg, of which half is drawn.
    assert [foundry.co2(lot) for lot in ("pool:1", "first", "pool:2", "second")] == [100.0, 50.0, 350.0, 175.0]


def test_a_closing_averages_over_the_period(foundry: Foundry) -> None:
    foundry.close()
    # 100 + 300 kg CO2e in 200 kg: 2 a kg.
    assert [foundry.co2(lot) for lot in ("pool:1", "first", "pool:2", "second")] == [200.0, 100.0, 300.0, 150.0]


def test_nothing_is_lost_by_averaging(foundry: Foundry) -> None:
    foundry.close()
    # 100 + 150 in parts, and half of the second generation.
    assert foundry.co2("first") + foundry.co2("second") + foundry.co2("pool:2") / 2 == 400.0
    for index, content, error, scale in content_errors(foundry.ledger):
        assert abs(error) <= 1e-9 * scale, (index, content)


def test_the_next_period_begins_with_the_stock_that_it_finds(foundry: Foundry) -> None:
    foundry.close()
    foundry.add("c", "75 KGM", time="2025-04-10T00:00:00Z")
    # 75 kg are left with 150 kg CO2e; with 450 more they make 600 in 150 kg.
    assert foundry.co2("pool:3") == 600.0
    foundry.close("2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z")
    assert (foundry.co2("pool:3"), foundry.co2("first")) == (600.0, 100.0)


def test_a_period_closed_anew_is_averaged_anew(foundry: Foundry) -> None:
    closing = foundry.close()
    foundry.post(Reopening, closing=closing.digest.hex(), reason="a late delivery")
    foundry.add("late", "50 KGM", time="2025-03-30T00:00:00Z")
    foundry.close()
    # 100 + 300 + 350 kg CO2e in 250 kg: 3 a kg.
    assert [foundry.co2(lot) for lot in ("pool:1", "first", "pool:2", "second", "pool:3")] == pytest.approx(
        [300.0, 150.0, 450.0, 225.0, 375.0], rel=1e-12)


def test_a_closed_period_takes_no_addition(foundry: Foundry) -> None:
    foundry.close()
    before = foundry.ledger.fingerprint()
    with pytest.raises(Refused, match="closed from 2025-03-01") as caught:
        foundry.add("late", "50 KGM", time="2025-03-30T00:00:00Z")
    assert (caught.value.code, caught.value.field) == ("period-closed", "time")
    assert foundry.ledger.fingerprint() == before


def test_a_pool_with_moving_averages_is_left_alone(foundry: Foundry) -> None:
    foundry.post(Pool, id=foundry.name("moving"), facility=foundry.facility, product=foundry.name("metal"))
    foundry.make([foundry.out("d", "metal", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="10"))
    foundry.make([foundry.out("e", "metal", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="30"))
    for lot in ("d", "e"):
        foundry.post(Addition, pool=foundry.name("moving"), time="2025-03-10T00:00:00Z", inputs=[
            Flow(lot=foundry.name(lot), quantity=quantity("10 KGM"))])
    foundry.close()
    assert [foundry.co2(lot) for lot in ("moving:1", "moving:2")] == [10.0, 40.0]
