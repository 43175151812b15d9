"""Pools: what one generation has more or less is handed on to the newest; averages over closed periods."""

from typing import Any

import pytest
from support.memory import MemoryLedger
from support.networks import content_errors
from support.sectors import MAKE, Make, registry
from support.site import Site, ore, quantity
from unit.engine.works import Works, change, day, indexes, refused, revised, withdrawal

from ledger.core.record.kinds import Addition, Closing, Pool, Reopening
from ledger.core.record.values import Flow
from ledger.engine.batch import Sequenced
from ledger.errors import Refused


class Line:
    """100 kg with 100 kg CO2, of which 40 are drawn; 60 with 180 added, of which 60 are drawn; 30 with 30 added."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.lots = [works.mine("a1", "100", "100"), works.mine("a2", "60", "180"), works.mine("a3", "30", "30")]
        works.pool()
        self.additions: list[Sequenced] = []
        self.draws: list[Sequenced] = []
        self.additions.append(works.add({"a1": "100"}))
        self.draws.append(works.run({"d1": "40"}, {"pool": "40"}))
        self.additions.append(works.add({"a2": "60"}))
        self.draws.append(works.run({"d2": "60"}, {"pool": "60"}))
        self.additions.append(works.add({"a3": "30"}))

    def draw(self, index: int, amount: str) -> None:
        supplies = [ore("100 KGM")]
        self.works.amend(change(self.draws[index], inputs=self.works.kilograms({"pool": amount}), supplies=supplies))

    def co2(self) -> list[float]:
        return [self.works.co2(lot) for lot in ("pool:1", "d1", "pool:2", "d2", "pool:3")]

    def check(self) -> None:
        """Leftovers are zero but of the newest; nothing is lost of any content."""
        assert [self.works.left(f"pool:{number}") for number in (1, 2)] == [0, 0]
        newest = self.works.ledger.state.lots[self.works.name("pool:3")]
        assert self.works.left("pool:3") == newest.quantity
        for index, content, error, scale in content_errors(self.works.ledger):
            assert abs(error) <= 1e-9 * scale, (index, content)

    def quantities(self) -> list[int]:
        lots = self.works.ledger.state.lots
        return [int(lots[self.works.name(f"pool:{number}")].quantity) for number in (1, 2, 3)]


def test_the_line_itself(works: Works) -> None:
    line = Line(works)
    # 60 kg with 60 are left for the second: 120 kg with 240; half of it for the third: 90 kg with 150.
    assert (line.co2(), line.quantities()) == ([100.0, 40.0, 240.0, 120.0, 150.0], [100, 120, 90])
    line.check()


def test_a_smaller_draw_leaves_more_to_the_next(works: Works) -> None:
    line = Line(works)
    line.draw(0, "20")
    # 80 kg with 80 are left: 140 kg with 260. 60 of them take 260 * 3 / 7, 80 with 260 * 4 / 7 are left.
    assert line.co2() == pytest.approx([100, 20, 260, 780 / 7, 1040 / 7 + 30], rel=1e-14)
    assert line.quantities() == [100, 140, 110]
    line.check()
    assert indexes(works.ledger) == [one.index for one in (
        line.draws[0], line.additions[1], line.draws[1], line.additions[2])]
    assert [one.own for one in revised(works.ledger).values()] == [True, True, False, True]


def test_a_greater_draw_leaves_less(works: Works) -> None:
    line = Line(works)
    line.draw(0, "100")
    # Nothing is left of the first: 60 kg with 180, all of it drawn; then 30 with 30 alone.
    assert (line.co2(), line.quantities()) == ([100.0, 100.0, 180.0, 180.0, 30.0], [100, 60, 30])
    line.check()
    assert [taken.lot.id for taken in works.ledger.history.prepared[line.additions[1].index].plan.taken] == [
        works.name("a2")]
    # And back again: the additions take the rest that they had.
    line.draw(0, "40")
    assert (line.co2(), line.quantities()) == ([100.0, 40.0, 240.0, 120.0, 150.0], [100, 120, 90])
    line.check()


def test_a_generation_is_not_overdrawn_on_what_comes_later(works: Works) -> None:
    """The second addition brings 60 kg, but they were not there yet when the first generation was drawn from."""
    line = Line(works)
    refused(works, lambda: line.draw(0, "100.001"), "over-consumption", "changes", works.name("pool:1"),
            names=line.additions[1], says="overdrawn by 0.001 KGM")
    line.draw(0, "100")
    refused(works, lambda: line.draw(0, "110"), "over-consumption", "changes", works.name("pool:1"),
            names=line.additions[1], says="overdrawn by 10 KGM")


def test_a_later_draw_that_the_rest_no_longer_covers(works: Works) -> None:
    line = Line(works)
    line.draw(1, "110")
    refused(works, lambda: line.draw(0, "51"), "over-consumption", "changes", works.name("pool:2"),
            names=line.additions[2], says="overdrawn by 1 KGM")


def test_a_draw_that_is_withdrawn(works: Works) -> None:
    line = Line(works)
    works.amend(withdrawal(line.draws[0]))
    # 100 kg with 100 stay: 160 kg with 280; 60 take 105, 100 with 175 are left.
    assert [works.co2(lot) for lot in ("pool:2", "d2", "pool:3")] == [280.0, 105.0, 205.0]
    assert line.quantities() == [100, 160, 130]
    line.check()


def test_another_quantity_added(works: Works) -> None:
    line = Line(works)
    works.amend(change(line.additions[0], inputs=works.kilograms({"a1": "80"})))
    # 80 kg with 80; 40 drawn with 40, 40 left; 100 kg with 220; 60 with 132 drawn, 40 with 88 left.
    assert (line.co2(), line.quantities()) == ([80.0, 40.0, 220.0, 132.0, 118.0], [80, 100, 70])
    assert works.left("a1") == 20
    line.check()
    refused(works, lambda: works.amend(change(line.additions[0], inputs=works.kilograms({"a1": "39"}))),
            "over-consumption", "changes", works.name("pool:1"), names=line.additions[1])
    refused(works, lambda: works.amend(change(line.additions[0], inputs=works.kilograms({"a1": "101"}))),
            "over-consumption", "changes", works.name("a1"))


def test_what_was_added_was_another_figure(works: Works) -> None:
    line = Line(works)
    works.amend(change(line.lots[0], activity=Make(co2="200")))
    # 200; 80 drawn, 120 left; 300; half of it twice.
    assert line.co2() == [200.0, 80.0, 300.0, 150.0, 180.0]
    line.check()


def test_a_draw_and_an_addition_at_once(works: Works) -> None:
    line = Line(works)
    works.amend(
        change(line.draws[0], inputs=works.kilograms({"pool": "20"}), supplies=[ore("20 KGM")]),
        change(line.additions[1], inputs=works.kilograms({"a2": "20"})),
        withdrawal(line.draws[1]),
    )
    # 80 kg with 80 are left and 20 with 60 added: 100 kg with 140, all of it left; with 30 and 30 it is 130 with 170.
    assert [works.co2(lot) for lot in ("d1", "pool:2", "pool:3")] == [20.0, 140.0, 170.0]
    assert line.quantities() == [100, 100, 130]
    line.check()


def test_an_amended_draw_is_from_the_generation_of_its_time(works: Works) -> None:
    line = Line(works)
    works.amend(change(line.draws[0], activity=Make(co2="1")))
    assert (works.ledger.taken_by(line.draws[0].index), works.left("pool:3")) == ([(works.name("pool:1"), 0.4)], 90)


def test_a_record_from_before_there_was_something_in_the_pool(works: Works) -> None:
    early = works.mine("early", "10")
    Line(works)
    refused(works, lambda: works.amend(change(early, inputs=works.kilograms({"pool": "1"}))), "empty-pool",
            "inputs[0].lot", works.name("pool"), names=early)
    refused(works, lambda: works.amend(change(early, inputs=works.kilograms({"pool:1": "1"}))), "younger-lot",
            "inputs[0].lot", works.name("pool:1"), names=early)


def test_a_later_record_does_not_draw_from_a_generation_that_was_handed_on(works: Works) -> None:
    line = Line(works)
    refused(works, lambda: works.amend(change(line.draws[1], inputs=works.kilograms({"pool:1": "60"}))),
            "over-consumption", "changes", works.name("pool:1"), says="overdrawn by 60 KGM")


def test_an_earlier_record_begins_to_draw(works: Works) -> None:
    """It takes from the generation that was the newest before it, and that one's rest is the less."""
    works.mine("x", "10", "7")
    works.mine("a1", "100", "100")
    works.mine("a2", "60", "180")
    works.pool()
    works.add({"a1": "100"})
    made = works.run({"d": "10"}, {"x": "10"})
    works.add({"a2": "60"})
    works.amend(change(made, inputs=works.kilograms({"pool": "10"})))
    # 90 kg with 90 are left of the first.
    assert [works.co2(lot) for lot in ("d", "pool:2")] == [10.0, 270.0]
    assert [works.left(lot) for lot in ("x", "pool:1", "pool:2")] == [10, 0, 150]


def test_a_product_means_the_default_pool_as_it_was_then(works: Works) -> None:
    works.mine("a1", "100", "100")
    works.mine("a2", "60", "180")
    works.pool(default=True)
    works.add({"a1": "100"})
    draw = works.run({"d": "40"}, {"metal": "40"})
    works.add({"a2": "60"})
    works.amend(change(draw, inputs=works.kilograms({"metal": "10"}), supplies=[ore("30 KGM")]))
    assert (works.co2("d"), [works.left(lot) for lot in ("pool:1", "pool:2")]) == (10.0, [0, 150])


def test_what_a_pool_makes_of_a_composition(works: Works) -> None:
    a1 = works.run({"a1": works.out("a1", "metal", "50 KGM", materials={"steel": "0.8"})}, supplies=[ore("50 KGM")])
    works.run({"a2": works.out("a2", "metal", "50 KGM", materials={"steel": "0.6"})}, supplies=[ore("50 KGM")])
    works.pool()
    works.add({"a1": "50"})
    works.add({"a2": "50"})
    works.run({"d": "10"}, {"pool": "10"})
    assert works.ledger.contents(works.name("d"))["material:steel"] == 7.0
    works.amend(change(a1, outputs=[works.out("a1", "metal", "50 KGM", materials={"steel": "1"})]))
    assert works.ledger.contents(works.name("d"))["material:steel"] == 8.0
    assert works.ledger.state.lots[works.name("pool:2")].composition.materials == {"steel": "0.8"}


def test_a_pool_that_blends_nothing_refuses_another_composition(works: Works) -> None:
    def lot(name: str, steel: str) -> dict[str, object]:
        return {name: works.out(name, "metal", "50 KGM", materials={"steel": steel})}

    works.run(lot("a1", "0.8"), supplies=[ore("50 KGM")])
    a2 = works.run(lot("a2", "0.8"), supplies=[ore("50 KGM")])
    works.pool(custody="segregated")
    works.add({"a1": "50"})
    second = works.add({"a2": "50"})
    refused(works, lambda: works.amend(change(a2, outputs=list(lot("a2", "0.7").values()))), "pool-mix", "changes",
            works.name("a2"), names=second)


def test_credits_of_a_mass_balance_that_its_content_no_longer_covers(works: Works) -> None:
    def scrap(steel: str) -> object:
        return works.out("s", "scrap", "100 KGM", "waste", origin="postConsumer", materials={"steel": steel})

    declared = works.declared(scrap("1"), boundary="none")
    works.run({"a": "100"}, {"s": "100"})
    works.pool(custody="massBalance", attribute="recycledPostConsumer:steel", balance_months=12)
    booked = works.add({"a": "100"}, credit_lot=works.name("credit"), credits=ore("60 KGM").quantity)
    assert works.ledger.contents(works.name("pool:1"))["recycledPostConsumer:steel"] == 40.0
    works.amend(change(declared, lot=scrap("0.75")))
    assert works.ledger.contents(works.name("pool:1"))["recycledPostConsumer:steel"] == 15.0
    refused(works, lambda: works.amend(change(declared, lot=scrap("0.5"))), "credit-excess", "changes", names=booked)


def test_an_addition_of_a_closed_period(works: Works) -> None:
    line = Line(works)
    works.close()
    refused(works, lambda: works.amend(change(line.additions[1], inputs=works.kilograms({"a2": "50"}))),
            "period-closed", "time", day(10))


def test_a_draw_that_was_of_something_else(works: Works) -> None:
    line = Line(works)
    works.amend(change(line.draws[0], inputs=[], supplies=[ore("40 KGM")]))
    # As if it had been withdrawn, but for the part itself.
    assert [works.co2(lot) for lot in ("d1", "pool:2", "d2", "pool:3")] == [0.0, 280.0, 105.0, 205.0]
    assert line.quantities() == [100, 160, 130]
    line.check()


def test_what_a_closing_has_averaged_stays(works: Works) -> None:
    """What comes later flows on by the moving rule, on top of it."""
    a, b = (works.declared(works.out(lot, "metal", f"{kilograms} KGM"), burdens={"fossilGhgEmissions": co2})
            for lot, kilograms, co2 in (("a", "200", "200"), ("b", "100", "300")))
    works.pool(averaging="period")
    works.add({"a": "100"})
    works.add({"b": "100"})
    assert [works.co2(lot) for lot in ("pool:1", "pool:2")] == [100.0, 400.0]
    works.close()
    # 2 kg CO2 a kg: 100 more in the first, 100 less with the second.
    assert [works.co2(lot) for lot in ("pool:1", "pool:2")] == [200.0, 400.0]
    works.amend(change(a, burdens={"fossilGhgEmissions": "300"}))
    assert [works.co2(lot) for lot in ("pool:1", "pool:2")] == [250.0, 450.0]
    works.amend(change(a, lot=works.out("a", "metal", "100 KGM")))
    # All of 300, and 100; that, 300, and 100 less.
    assert [works.co2(lot) for lot in ("pool:1", "pool:2")] == [400.0, 600.0]
    works.amend(change(b, burdens={"fossilGhgEmissions": "200"}))
    assert [works.co2(lot) for lot in ("pool:1", "pool:2")] == [400.0, 500.0]


def test_a_generation_has_the_maker_of_what_was_added(works: Works) -> None:
    """Whether a process takes back its own decides what is recycled; a correction may change it."""
    works.mine("here", "50")
    works.mine("there", "50", facility=works.another_facility("yard"))
    works.pool()
    added = works.add({"here": "20"})
    for inputs, maker in (({"there": "20"}, (works.name("yard"), MAKE)), ({"here": "10", "there": "10"}, None)):
        works.amend(change(added, inputs=works.kilograms(inputs)))
        assert works.ledger.state.lots[works.name("pool:1")].maker == maker


# Pools that are averaged over closed periods, with hand-solved figures.


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
    foundry.post(Reopening, closing=foundry.close().digest.hex(), reason="a late delivery")
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
