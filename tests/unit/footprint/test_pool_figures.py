"""Figures of stock that blends: burdens and contents are averaged with each addition. Cases solved by hand, in kg."""

import hashlib
import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Carrier, Gap, Make, registry
from support.site import END, START, Site, document, ore, quantity, raw, supply
from unit.footprint.yard import Yard

from ledger.admission.facts import LotFacts
from ledger.core.outcome.leaves import read
from ledger.core.record.kinds import Amendment, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Evidence, Factor
from ledger.engine.batch import Sequenced
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError, Refused
from ledger.footprint.stored.contents import ContentsIn, Flowing, Holding, follow_matter
from ledger.sdk import Activity, Assessment, Context, Line, Route, Sector

PRE, POST = "recycledPreConsumer:steel", "recycledPostConsumer:steel"


def close(expected: Mapping[str, float]) -> Any:
    return pytest.approx(dict(expected), rel=1e-12, abs=1e-12)


@pytest.fixture
def yard(memory: MemoryLedger) -> Yard:
    return Yard(memory)


def test_burdens_average_with_each_addition(yard: Yard) -> None:
    """100 kg of 300 kg CO2. 40 kg are drawn, with 40 / 100 * 300 = 120; 60 kg with 180 are left. 60 kg of 60 come in:
    120 kg of 240. 30 kg are drawn, with 60, and 10 of their own. 90 kg with 180 are left; 10 kg of 0 come in: 100 kg
    of 180, and all of them are drawn."""
    yard.steel("a", "100", "300")
    yard.steel("b", "60", "60")
    yard.steel("c", "10", "0")
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.draw("heap", "40", "x")
    yard.add("heap", {"b": "60 KGM"})
    yard.draw("heap", "30", "y", co2="10")
    yard.add("heap", {"c": "10 KGM"})
    yard.draw("heap", "100", "z")
    found = {lot: yard.fossil(lot) for lot in ("heap:1", "x", "heap:2", "y", "heap:3", "z")}
    assert found == close({"heap:1": 300.0, "x": 120.0, "heap:2": 240.0, "y": 70.0, "heap:3": 180.0, "z": 180.0})


def test_a_part_of_several_lots_goes_in(yard: Yard) -> None:
    """25 of 100 kg with 300, and 1,000 GRM of 10 kg with 50: 75 + 5 in 26 kg. What stays outside keeps the rest."""
    yard.steel("a", "100", "300")
    yard.steel("b", "10", "50")
    yard.pool("heap")
    yard.add("heap", {"a": "25 KGM", "b": "1000 GRM"})
    assert yard.fossil("heap:1") == pytest.approx(80.0, rel=1e-12)
    yard.draw("a", "75", "x")
    assert yard.fossil("x") == pytest.approx(225.0, rel=1e-12)


def test_all_burdens_average_and_the_quality_with_them(yard: Yard) -> None:
    """100 kg with 30 kg CO2, 200 MJ of power and a gap of 5 kg; 300 kg with 90 kg CO2, 400 MJ, a gap that nobody
    estimated. 200 of the 400 kg carry half of all of it."""
    yard.steel("a", "100", "30", energy=[Carrier(carrier="electricity", amount="200", renewable=True)],
               gaps=[Gap(what="oil", estimate="5")])
    yard.steel("b", "300", "90", energy=[Carrier(carrier="electricity", amount="400")], gaps=[Gap(what="dust")])
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM", "b": "300 KGM"})
    yard.draw("heap", "200", "x")
    both = {"fossilGhgEmissions": 120.0, "energyMj": 600.0, "renewableEnergyMj": 200.0, "absGhg": 120.0,
            "primaryAbs": 120.0, "omittedAbs": 5.0, "unestimated": 1.0}
    found = yard.ledger.burdens(yard.name("heap:1"))
    assert {name: found[name] for name in both} == close(both)
    found = yard.ledger.burdens(yard.name("x"))
    assert {name: found[name] for name in both} == close({name: amount / 2 for name, amount in both.items()})


def test_an_addition_keeps_and_makes_nothing(yard: Yard) -> None:
    """Its outcome has no retained burden, and a content balance of nothing lost, arisen or declared."""
    yard.steel("a", "100", "300")
    yard.steel("b", "60", "60")
    yard.pool("heap")
    yard.add("heap", {"a": "70 KGM"})
    leaf = yard.ledger.assessment(yard.add("heap", {"b": "13 KGM", "a": "30 KGM"}).index)
    assert [read(part) for part in (leaf.retained, leaf.declared, leaf.arisen, leaf.lost)] == [{}, {}, {}, {}]
    assert yard.contents("heap:2") == close({"mass": 113.0, "material:steel": 113.0})


def test_recycled_content_and_elements_average(yard: Yard) -> None:
    """Steel of scrap (100 % recycled) and of ore: 100 and 300 kg make 25 %, in the pool and in what is drawn of it.
    Copper: 0.4 % of 100 kg and 0.1 % of 300 kg are 0.4 + 0.3 kg in 400, so 0.175 kg in 100 kg."""
    yard.collected("s", "100", materials={"steel": "1"}, elements={"Cu": "0.004"})
    yard.make([yard.out("a", "steel", "100 KGM")], {"s": "100 KGM"})
    yard.make([yard.out("b", "steel", "300 KGM", elements={"Cu": "0.001"})], supplies=[ore("300 KGM")])
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM", "b": "300 KGM"})
    yard.draw("heap", "100", "x")
    assert yard.contents("a") == close({"mass": 100.0, "material:steel": 100.0, POST: 100.0, "element:Cu": 0.4})
    assert yard.contents("heap:1") == close({"mass": 400.0, "material:steel": 400.0, POST: 100.0, "element:Cu": 0.7})
    assert yard.contents("x") == close({"mass": 100.0, "material:steel": 100.0, POST: 25.0, "element:Cu": 0.175})


def test_collected_scrap_becomes_recycled_content_when_it_leaves_the_pool(yard: Yard) -> None:
    """Not before: 60 kg of 100 % steel and 40 kg of 80 % are 92 kg of steel in 100 kg. 50 kg of it make 46 kg of steel:
    all that is steel in it, 46 kg, is recycled then."""
    yard.collected("s", "60", materials={"steel": "1"})
    yard.collected("t", "40", materials={"steel": "0.8", "paint": "0.2"})
    yard.pool("bin", "scrap", role="waste", origin="postConsumer")
    yard.add("bin", {"s": "60 KGM"})
    yard.add("bin", {"t": "40 KGM"})
    assert yard.contents("bin:2") == close({"mass": 100.0, "material:steel": 92.0, "material:paint": 8.0})
    entry = yard.make([yard.out("x", "steel", "46 KGM")], {"bin": "50 KGM"},
                      activity=Make(matter={"material:steel": ["1"], "material:paint": ["0"]}))
    assert yard.contents("x") == close({"mass": 46.0, "material:steel": 46.0, POST: 46.0})
    leaf = yard.ledger.assessment(entry.index)
    # All materials that leave as waste arise as recycled content, the paint as well, which is lost.
    assert read(leaf.arisen) == close({POST: 46.0, "recycledPostConsumer:paint": 4.0})


def test_own_waste_from_a_pool_is_not_recycled_content(yard: Yard) -> None:
    """Swarf of the same process, pooled over two records, goes back into it; into another process it is recycled."""
    for i in (1, 2):
        yard.make([yard.out(f"m{i}", "steel", "80 KGM"),
                   yard.out(f"w{i}", "scrap", "20 KGM", "waste", origin="preConsumer", materials={"steel": "1"})],
                  supplies=[ore("100 KGM")])
    yard.pool("bin", "scrap", role="waste", origin="preConsumer")
    yard.add("bin", {"w1": "20 KGM"})
    yard.add("bin", {"w2": "20 KGM"})
    yard.draw("bin", "10", "x")
    assert yard.contents("x") == close({"mass": 10.0, "material:steel": 10.0})
    yard.draw("bin", "10", "y", facility=yard.another_facility("annex"))
    assert yard.contents("y") == close({"mass": 10.0, "material:steel": 10.0, f"questioned:{PRE}": 10.0})


def test_waste_has_the_burden_of_its_transport_alone(memory: MemoryLedger, yard: Yard) -> None:
    """Swarf comes without burden, and none arises from lying in a pool. 20 kg of it came by truck, with 5 kg CO2: they
    are those of 80 kg in the pool, and 1.25 those of 20 kg drawn."""
    mill = Yard(memory, "mill")
    mill.make([mill.out("m", "steel", "20 KGM"), mill.out("w", "scrap", "80 KGM", "waste", origin="preConsumer")],
              supplies=[ore("100 KGM")], activity=Make(co2="1000"))
    freight = Factor(value="0.1", unit="KWH", source="a study", year=2024, boundary="cradleToGate")
    mill.send("w", "20 KGM", yard, "w-1", transport=[supply("freight", "50 KWH", factor=freight)])
    mill.send("w", "60 KGM", yard, "w-2")
    yard.pool("bin", mill.name("scrap"), role="waste", origin="preConsumer")
    yard.add("bin", {mill.name("w-1"): "20 KGM"})
    yard.add("bin", {mill.name("w-2"): "60 KGM"})
    yard.draw("bin", "20", "x")
    assert (mill.fossil("w"), yard.fossil("bin:2"), yard.fossil("x")) == pytest.approx((0.0, 5.0, 1.25), rel=1e-12)


def test_stock_goes_from_pool_to_pool(yard: Yard) -> None:
    """100 kg of 300 in one, of which 50 go into another that holds 50 of 50: 100 kg of 200."""
    yard.steel("a", "100", "300")
    yard.steel("b", "50", "50")
    yard.pool("heap")
    yard.pool("silo")
    yard.add("heap", {"a": "100 KGM"})
    yard.add("silo", {"b": "50 KGM"})
    yard.add("silo", {"heap": "50 KGM"})
    assert yard.fossil("silo:2") == pytest.approx(200.0, rel=1e-12)
    yard.draw("heap", "50", "x")
    assert yard.fossil("x") == pytest.approx(150.0, rel=1e-12)


def test_a_pool_that_is_empty_starts_anew(yard: Yard) -> None:
    """Nothing of what was drawn stays behind."""
    yard.steel("a", "100", "300")
    yard.steel("b", "10", "1")
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.draw("heap", "100", "x")
    yard.add("heap", {"b": "10 KGM"})
    assert (yard.fossil("heap:2"), yard.fossil("x")) == (1.0, 300.0)


def test_what_is_sold_from_a_pool_carries_the_average(memory: MemoryLedger, yard: Yard) -> None:
    buyer = Yard(memory, "buyer")
    yard.steel("a", "100", "300")
    yard.steel("b", "100", "100")
    yard.pool("heap", default=True)
    yard.add("heap", {"a": "100 KGM", "b": "100 KGM"})
    yard.send("steel", "30 KGM", buyer, "sold")
    # 30 / 200 * 400
    assert yard.fossil("sold") == pytest.approx(60.0, rel=1e-12)
    entry = yard.consume({"steel": "10 KGM"})
    assert memory.retained(entry.index)["fossilGhgEmissions"] == pytest.approx(20.0, rel=1e-12)


class Burn(Activity, frozen=True):
    """Nothing is said of how it burns."""


def _burn(context: Context, _: Burn) -> Assessment:
    """All carbon of the inputs, by their composition."""
    carbon = sum(((one.mass or 0) * one.elements.get("C", Decimal(0)) for one in context.inputs), Decimal(0))
    return Assessment(lines=(Line(gas="CO2", amount=carbon * 44 / 12, source="fire", kind="onSite"),))


def test_a_sector_sees_the_composition_of_the_blend() -> None:
    """100 kg of 1 % carbon and 300 kg of 3 %: 10 kg in 400, 2.5 %. 200 kg hold 5 kg of it: 5 * 44 / 12 kg CO2."""
    sector = Sector(name="fire", version="1.0.0", en="Fire", zh="火", routes={
        "burn": Route(activity=Burn, assess=_burn, en="Burn", zh="燃烧")})
    installed = Installed(sector, hashlib.sha256(b"fire").hexdigest(), "tests")
    yard = Yard(MemoryLedger(Registry([*registry().sectors.values(), installed])))
    yard.make([yard.out("a", "steel", "100 KGM", elements={"C": "0.01"})], supplies=[ore("100 KGM")])
    yard.make([yard.out("b", "steel", "300 KGM", elements={"C": "0.03"})], supplies=[ore("300 KGM")])
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.add("heap", {"b": "300 KGM"})
    yard.ledger.must((yard.party, Transformation(
        issuer=yard.id, nonce=yard.ledger.nonce(), facility=yard.facility, start=START, end=END, process="fire.burn",
        activity=raw(Burn()), inputs=yard.flows({"heap": "200 KGM"}), outputs=[yard.out("ash", "scrap", "1 KGM")],
    )))
    assert yard.fossil("ash") == pytest.approx(5 * 44 / 12, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_or_made_in_random_histories(seed: int, memory: MemoryLedger) -> None:
    """Emissions of all records = what is left of all lots + what records retained; steel and copper likewise. And every
    lot of the pool is what exact fractions make of it."""
    drawn = random.Random(seed)
    yard = Yard(memory)
    yard.pool("heap")
    emitted = Fraction(0)
    held: tuple[Fraction, Fraction, Fraction] = (Fraction(0), Fraction(0), Fraction(0))
    retained = 0.0
    for i in range(1, 61):
        amount, co2, copper = drawn.randrange(1, 500), drawn.randrange(1000), drawn.randrange(1, 9)
        emitted += co2
        yard.make([yard.out(f"a{i}", "steel", f"{amount} KGM", elements={"Cu": f"0.00{copper}"})],
                  supplies=[ore(f"{amount} KGM")], activity=Make(co2=str(co2)))
        part = drawn.randrange(1, amount + 1)
        yard.add("heap", {f"a{i}": f"{part} KGM"})
        held = (held[0] + part, held[1] + Fraction(co2 * part, amount), held[2] + Fraction(copper * part, 1000))
        lot = f"heap:{i}"
        assert yard.fossil(lot) == pytest.approx(float(held[1]), rel=1e-9, abs=1e-9)
        assert yard.contents(lot) == pytest.approx(
            {"mass": float(held[0]), "material:steel": float(held[0]), "element:Cu": float(held[2])}, rel=1e-9)
        take = drawn.randrange(1, int(held[0]) + 1)
        if drawn.random() < 0.3:
            entry = yard.consume({"heap": f"{take} KGM"}, evidence=[document("invoice")])
            retained += memory.retained(entry.index).get("fossilGhgEmissions", 0.0)
        else:
            yard.draw("heap", str(take), f"x{i}")
        kept = 1 - Fraction(take) / held[0]
        held = (held[0] - take, held[1] * kept, held[2] * kept)
    left = sum(float(memory.left(lot)) * yard.fossil(lot.removeprefix(yard.party.prefix)) for lot in memory.figures)
    assert left + retained == pytest.approx(float(emitted), rel=1e-9)


# Mass balance (ISO 22095): credits are booked from the content of a pool, which leaves it by that. Masses in kg.

ATTRIBUTED = f"attributed:{POST}"
STEEL = "material:steel"


class Balance(Yard):
    """A yard that books. `conversion` is 0.8 where no other is given."""

    def open(self, **fields: Any) -> None:
        self.collected("s", "60", materials={"steel": "1"})
        self.make([self.out("a", "steel", "60 KGM")], {"s": "60 KGM"}, activity=Make(co2="60"))
        self.steel("b", "40", "40")
        fields = {"custody": "massBalance", "attribute": POST, "balance_months": 3, "conversion": "0.8", **fields}
        self.pool("heap", **fields)

    def book(self, credits_: str, lot: str, inputs: Mapping[str, str]) -> Sequenced:
        return self.add("heap", inputs, credit_lot=self.name(lot), credits=quantity(credits_))

    def full(self, credits_: str = "40 KGM", **fields: Any) -> Sequenced:
        """All of it in the pool, and so many credits in the lot `c`."""
        self.open(**fields)
        return self.book(credits_, "c", {"a": "60 KGM", "b": "40 KGM"})

    def refuse(self, code: str, field: str | None, call: Any, *arguments: Any, **fields: Any) -> LedgerError:
        """The record is refused so, and leaves no trace."""
        state = self.ledger.state
        before = self.ledger.fingerprint(), dict(state.lines), dict(state.remaining)
        with pytest.raises(LedgerError) as error:
            call(*arguments, **fields)
        assert (error.value.code, error.value.field) == (code, field), error.value
        assert (self.ledger.fingerprint(), state.lines, state.remaining) == before
        return error.value

    def lot(self, short: str) -> LotFacts:
        return self.ledger.state.lots[self.name(short)]

    def balance_of(self, entry: Sequenced) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """What a record declared, what arose, what it lost."""
        leaf = self.ledger.assessment(entry.index)
        return read(leaf.declared), read(leaf.arisen), read(leaf.lost)


@pytest.fixture
def balance_yard(memory: MemoryLedger) -> Balance:
    return Balance(memory)


# Booking.


def test_credits_are_content_times_conversion_and_the_content_leaves(balance_yard: Balance) -> None:
    """40 kg of credits need 40 / 0.8 = 50 of the 60 kg of content; 10 kg stay, and the steel with its burden."""
    entry = balance_yard.full("40 KGM")
    assert balance_yard.contents("heap:1") == close({"mass": 100.0, STEEL: 100.0, POST: 10.0})
    assert balance_yard.contents("c") == {ATTRIBUTED: 40.0}
    assert balance_yard.balance_of(entry) == (close({ATTRIBUTED: 40.0}), {}, close({POST: 50.0}))
    assert (balance_yard.fossil("heap:1"), balance_yard.fossil("c")) == (100.0, 0.0)
    assert not any(balance_yard.ledger.burdens(balance_yard.name("c")).values())


def test_a_lot_of_credits_is_no_matter_and_the_pools_own(balance_yard: Balance) -> None:
    """Counted in kg, without mass; the record is of 2025-03-02, its quarter ends with March."""
    balance_yard.full("0.04 TNE")
    lot = balance_yard.lot("c")
    assert (lot.role, lot.quantity, lot.unit, lot.mass, lot.pool) == ("credit", 40, "KGM", None, None)
    assert (lot.holder, lot.owned_by, lot.credit, lot.expires) == (
        balance_yard.id, balance_yard.id, f"massBalance:{POST}", "2025-04-01T00:00:00Z")
    assert lot.maker[0] == balance_yard.facility


def test_all_of_the_content_may_be_booked(balance_yard: Balance) -> None:
    """60 * 0.8 = 48: the content is gone then, not a trace of it left."""
    balance_yard.full("48 KGM")
    assert (balance_yard.contents("heap:1"), balance_yard.contents("c")) == (close({"mass": 100.0, STEEL: 100.0}),
                                                                             {ATTRIBUTED: 48.0})
    balance_yard.draw("heap", "50", "x")
    assert balance_yard.contents("x") == close({"mass": 50.0, STEEL: 50.0})


@pytest.mark.parametrize("amount", ["48.000001 KGM", "60 KGM", "1 TNE"])
def test_no_more_than_the_content_is_booked(balance_yard: Balance, amount: str) -> None:
    balance_yard.open()
    error = balance_yard.refuse("credit-excess", "credits", balance_yard.book, amount, "c",
                                {"a": "60 KGM", "b": "40 KGM"})
    assert "at most the pool's content times its conversion: 48" in (error.rule or "")


def test_content_is_not_booked_twice(balance_yard: Balance) -> None:
    """48 of 48 kg are booked; 10 kg more of pure recycled steel give 8 more, and no gram beyond."""
    balance_yard.full("48 KGM")
    balance_yard.collected("t", "20", materials={"steel": "1"})
    balance_yard.make([balance_yard.out("d", "steel", "20 KGM")], {"t": "20 KGM"})
    balance_yard.steel("e", "1", "0")
    balance_yard.refuse("credit-excess", "credits", balance_yard.book, "0.001 KGM", "c-2", {"e": "1 KGM"})
    balance_yard.refuse("credit-excess", "credits", balance_yard.book, "8.001 KGM", "c-2", {"d": "10 KGM"})
    balance_yard.book("8 KGM", "c-2", {"d": "10 KGM"})
    assert balance_yard.contents("heap:2") == close({"mass": 110.0, STEEL: 110.0})
    # 100 kg as before, 10 kg without content, 10 kg with: nothing but the 10 of the last ones.
    balance_yard.refuse("credit-excess", "credits", balance_yard.book, "8.001 KGM", "c-3", {"d": "10 KGM"})


def test_what_was_drawn_is_not_booked_any_more(balance_yard: Balance) -> None:
    """Half of the pool is drawn with half of the content, 30 kg; the rest gives 30 * 0.8 = 24."""
    balance_yard.open()
    balance_yard.add("heap", {"a": "60 KGM", "b": "39 KGM"})
    balance_yard.draw("heap", "49.5", "x")
    assert balance_yard.contents("x") == close({"mass": 49.5, STEEL: 49.5, POST: 30.0})
    balance_yard.refuse("credit-excess", "credits", balance_yard.book, "24.001 KGM", "c", {"b": "1 KGM"})
    balance_yard.book("24 KGM", "c", {"b": "1 KGM"})
    assert balance_yard.contents("heap:2") == close({"mass": 50.5, STEEL: 50.5})


def test_without_a_conversion_a_kilogram_gives_one(balance_yard: Balance) -> None:
    balance_yard.full("60 KGM", conversion=None)
    assert balance_yard.contents("c") == {ATTRIBUTED: 60.0}
    assert POST not in balance_yard.contents("heap:1")


def test_only_the_named_content_is_booked(balance_yard: Balance) -> None:
    """There is no pre-consumer content in it."""
    balance_yard.open(attribute=PRE)
    balance_yard.refuse("credit-excess", "credits", balance_yard.book, "0.001 KGM", "c", {"a": "60 KGM"})


def test_credits_of_stock_of_another_are_the_owners(memory: MemoryLedger, balance_yard: Balance) -> None:
    """60 kg of recycled steel of the owner's, held by the yard."""
    owner = Balance(memory, "owner")
    owner.collected("s", "60", materials={"steel": "1"})
    owner.make([owner.out("a", "steel", "60 KGM")], {"s": "60 KGM"})
    memory.must((owner.party, Transfer(
        issuer=owner.id, nonce=memory.nonce(), lot=owner.name("a"), quantity=quantity("60 KGM"), to=balance_yard.id,
        new_lot=owner.name("held"), time=START, purpose="storage",
    )))
    balance_yard.pool("heap", owner.name("steel"), custody="massBalance", attribute=POST, balance_months=12)
    balance_yard.book("30 KGM", "c", {owner.name("held"): "60 KGM"})
    assert (balance_yard.lot("c").holder, balance_yard.lot("c").owned_by) == (balance_yard.id, owner.id)
    assert balance_yard.lot("c").expires == "2026-01-01T00:00:00Z"


# Using credits.


def use(balance_yard: Balance, credits_: str, steel: str = "b2", amount: str = "50", made: str | None = None, *,
        end: str = "2025-03-02T00:00:00Z", lot: str = "c", **fields: Any) -> Sequenced:
    """Steel out of ore and credits make `made` kg (as much as goes in, if nothing else is said) in the lot `x`."""
    outputs = fields.pop("outputs", None) or [balance_yard.out("x", "steel", f"{made or amount} KGM")]
    activity = fields.pop("activity", Make(co2="7"))
    return balance_yard.ledger.must((balance_yard.party, Transformation(
        issuer=balance_yard.id, nonce=balance_yard.ledger.nonce(), facility=balance_yard.facility, start=START,
                                                                        end=end, process="works.make",
        activity=Raw(msgspec.json.encode(activity)), outputs=outputs,
        inputs=balance_yard.flows({steel: f"{amount} KGM", lot: f"{credits_} KGM"}), **fields,
    )))[0]


@pytest.fixture
def booked(balance_yard: Balance) -> Balance:
    """40 kg of credits in `c`; `b2` are 200 kg of steel of ore with 200 kg CO2."""
    balance_yard.full("40 KGM")
    balance_yard.steel("b2", "200", "200")
    return balance_yard


def test_a_product_shows_attributed_content_and_never_recycled(booked: Balance) -> None:
    """50 kg of steel of ore with 50 kg CO2 and 7 of its own; 40 kg of credits change none of it."""
    entry = use(booked, "40")
    assert (booked.contents("x"), booked.fossil("x")) == (close({"mass": 50.0, STEEL: 50.0, ATTRIBUTED: 40.0}), 57.0)
    assert (booked.balance_of(entry), booked.ledger.left(booked.name("c"))) == (({}, {}, {}), 0)


def test_credits_are_used_up_once(booked: Balance) -> None:
    """15 and 25 of 40 kg; not a gram more, in the same quarter or ever."""
    use(booked, "15", outputs=[booked.out("x", "steel", "50 KGM")])
    use(booked, "25", outputs=[booked.out("y", "steel", "50 KGM")])
    assert (booked.contents("x")[ATTRIBUTED], booked.contents("y")[ATTRIBUTED]) == (15.0, 25.0)
    booked.refuse("over-consumption", "inputs[1].quantity", use, booked, "0.000000001",
                  outputs=[booked.out("z", "steel", "50 KGM")])


def test_what_is_lost_of_the_material_is_lost_of_the_attributed_content(booked: Balance) -> None:
    """50 kg make 45: 36 of 40 kg."""
    entry = use(booked, "40", made="45")
    assert booked.contents("x") == close({"mass": 45.0, STEEL: 45.0, ATTRIBUTED: 36.0})
    assert booked.balance_of(entry)[2] == close({"mass": 5.0, STEEL: 5.0, ATTRIBUTED: 4.0})


def test_attributed_content_goes_where_its_material_goes(booked: Balance) -> None:
    """50 kg of steel: 30 in rods, 10 in swarf, 5 in slag that holds none of it by its composition, 5 lost. So 24 and 8
    of 40 kg; nothing to the slag."""
    use(booked, "40", outputs=[
        booked.out("x", "steel", "30 KGM"), booked.out("y", "scrap", "10 KGM", "waste", origin="preConsumer"),
        booked.out("z", "scrap", "5 KGM", "byProduct", materials={"slag": "1"}),
    ])
    assert booked.contents("x") == close({"mass": 30.0, STEEL: 30.0, ATTRIBUTED: 24.0})
    assert booked.contents("y") == close({"mass": 10.0, STEEL: 10.0, ATTRIBUTED: 8.0})
    assert booked.contents("z") == close({"mass": 5.0, "material:slag": 5.0})


def test_a_sector_that_says_where_the_material_goes_says_it_of_attributed_content(booked: Balance) -> None:
    """All steel into the first of two lots of the same mass."""
    use(booked, "40", activity=Make(matter={STEEL: ["1", "0"], "mass": ["0.5", "0.5"]}), outputs=[
        booked.out("x", "scrap", "50 KGM"), booked.out("y", "scrap", "0.001 KGM")],
        supplies=[ore("0.001 KGM")])
    assert booked.contents("x")[ATTRIBUTED] == pytest.approx(40.0, rel=1e-12)
    assert ATTRIBUTED not in booked.contents("y")


def test_attributed_content_travels_on(memory: MemoryLedger, booked: Balance) -> None:
    """With transfers, through other records and pools, always as such: 40 of 50 kg; 20 of 25; in a blend with 25 kg
    of ore 20 of 50."""
    use(booked, "40")
    buyer = Yard(memory, "buyer")
    booked.send("x", "25 KGM", buyer, "sold")
    assert booked.contents("sold") == close({"mass": 25.0, STEEL: 25.0, ATTRIBUTED: 20.0})
    buyer.make([buyer.out("part", "steel", "25 KGM")], {booked.name("sold"): "25 KGM"})
    buyer.steel("own", "25", "0")
    buyer.pool("heap")
    buyer.add("heap", {"part": "25 KGM", "own": "25 KGM"})
    assert buyer.contents("heap:1") == close({"mass": 50.0, STEEL: 50.0, ATTRIBUTED: 20.0})
    buyer.draw("heap", "10", "y")
    assert buyer.contents("y") == close({"mass": 10.0, STEEL: 10.0, ATTRIBUTED: 4.0})


def test_waste_becomes_recycled_content_in_place_of_what_was_attributed(memory: MemoryLedger, booked: Balance) -> None:
    """10 kg of swarf hold 8 kg of attributed content. Another's process makes them 10 kg of recycled content, not 18;
    its own takes them back as they are."""
    use(booked, "40", outputs=[
        booked.out("x", "steel", "40 KGM"), booked.out("y", "scrap", "10 KGM", "waste", origin="preConsumer")])
    booked.make([booked.out("again", "steel", "4 KGM")], {"y": "4 KGM"})
    assert booked.contents("again") == close({"mass": 4.0, STEEL: 4.0, ATTRIBUTED: 3.2})
    smelter = Yard(memory, "smelter")
    booked.send("y", "6 KGM", smelter, "y-sold")
    entry = smelter.make([smelter.out("z", "steel", "6 KGM")], {booked.name("y-sold"): "6 KGM"})
    assert smelter.contents("z") == close({"mass": 6.0, STEEL: 6.0, PRE: 6.0})
    assert read(memory.assessment(entry.index).arisen) == close({PRE: 6.0, ATTRIBUTED: -4.8})


def test_no_more_is_attributed_than_there_is_of_the_material(booked: Balance) -> None:
    """30.001 kg to 30 kg of steel."""
    booked.refuse("contents-above-100", "inputs", use, booked, "30.001", amount="30")
    use(booked, "30", amount="30")
    assert booked.contents("x") == close({"mass": 30.0, STEEL: 30.0, ATTRIBUTED: 30.0})


def test_recycled_and_attributed_content_are_together_at_most_the_material(booked: Balance) -> None:
    """The pool's steel holds 10 % of recycled content still: 3 kg in 30, so 27 kg may be attributed."""
    booked.refuse("contents-above-100", "inputs", use, booked, "27.001", "heap", "30")
    use(booked, "27", "heap", "30")
    assert booked.contents("x") == close({"mass": 30.0, STEEL: 30.0, POST: 3.0, ATTRIBUTED: 27.0})


def test_credits_of_one_material_are_of_no_use_to_another(booked: Balance) -> None:
    booked.make([booked.out("g", "scrap", "50 KGM", materials={"glass": "1"})], supplies=[ore("50 KGM")])
    booked.refuse("contents-above-100", "inputs", use, booked, "1", "g",
                  outputs=[booked.out("x", "scrap", "50 KGM", materials={"glass": "1"})])


def test_where_recycled_content_gathers_the_rest_is_lost() -> None:
    """100 kg of steel with 40 kg of recycled and 60 of attributed content, in two halves. A sector puts all of the
    recycled content into the first: 40 of its 50 kg, where 10 of the 30 attributed fit; the second holds its 30."""
    taken = Flowing(1.0, {"mass": 100.0, STEEL: 100.0, POST: 40.0, ATTRIBUTED: 60.0}, None)
    found = follow_matter(
        ContentsIn([taken], {}), [Holding(50.0, {}, False), Holding(50.0, {}, False)], {POST: [1.0, 0.0]}
    )
    assert [dict(lot) for lot in found.outputs] == [
        close({"mass": 50.0, STEEL: 50.0, POST: 40.0, ATTRIBUTED: 10.0}),
        close({"mass": 50.0, STEEL: 50.0, ATTRIBUTED: 30.0}),
    ]
    assert dict(found.lost) == close({ATTRIBUTED: 20.0})


def test_both_kinds_of_attributed_content_share_the_room() -> None:
    """100 kg with 20 recycled, 60 + 20 attributed: an output that is half another material by its composition keeps the
    same shares of its 50 kg of steel."""
    pre = f"attributed:{PRE}"
    taken = Flowing(1.0, {"mass": 100.0, STEEL: 100.0, POST: 20.0, ATTRIBUTED: 60.0, pre: 20.0}, None)
    found = follow_matter(ContentsIn([taken], {}), [Holding(100.0, {STEEL: 50.0, "material:zinc": 50.0}, True)], {})
    # 30 + 10 would be attributed, but the recycled content by mass is 20 already: 30 of 50 are free, as 3 to 1.
    assert dict(found.outputs[0]) == close({
        "mass": 100.0, STEEL: 50.0, "material:zinc": 50.0, POST: 20.0, ATTRIBUTED: 22.5, pre: 7.5})


# The end of the balance period, and other ways to use credits.


def test_credits_expire_with_their_balance_period(booked: Balance) -> None:
    """Booked on 2025-03-02 of a quarter that ends with March."""
    booked.refuse("credit-form", "inputs[1].lot", use, booked, "1", end="2025-04-01T00:00:01Z")
    use(booked, "40", end="2025-04-01T00:00:00Z")


def test_credits_of_a_mass_balance_serve_no_claim_and_no_sale(booked: Balance) -> None:
    """Nor are they written off: what is not used expires."""
    for purpose in ("finalUse", "soldOutside", "ownUse", "retired", "loss", "stockCorrection"):
        booked.refuse("claim-form", "inputs[0].lot", booked.consume, {"c": "1 KGM"}, purpose=purpose)
    booked.refuse("credit-form", "lot", booked.send, "c", "40 KGM", Site(booked.ledger, "other"), "sold")


def test_credits_do_not_go_into_pools(booked: Balance) -> None:
    booked.refuse("pool-mix", "inputs[0].lot", booked.add, "heap", {"c": "1 KGM"})


# Corrections.


def test_an_addition_is_not_amended_below_what_was_booked_from_it(balance_yard: Balance) -> None:
    """40 kg of credits need 50 kg of content: 49 of the 60 kg of recycled steel are too little, 50 are enough."""
    entry = balance_yard.full("40 KGM")

    def amended(kilograms: str) -> Amendment:
        flows = [{"lot": balance_yard.name("a"), "quantity": {"value": kilograms, "unit": "KGM"}}]
        return Amendment(issuer=balance_yard.id, nonce=balance_yard.ledger.nonce(), reason="weighed again",
                         changes=[Change(
            record=entry.digest.hex(), fields={"inputs": Raw(msgspec.json.encode(flows))})])

    before = balance_yard.ledger.fingerprint()
    assert raised(Refused, balance_yard.ledger.must, (balance_yard.party, amended("49"))).code == "credit-excess"
    assert balance_yard.ledger.fingerprint() == before
    balance_yard.ledger.must((balance_yard.party, amended("50")))
    assert (balance_yard.contents("heap:1"), balance_yard.contents("c")) == (close({"mass": 50.0, STEEL: 50.0}),
                                                                             {ATTRIBUTED: 40.0})
    assert balance_yard.ledger.left(balance_yard.name("a")) * 60 == 10


def test_credits_and_content_together_are_what_came_in(balance_yard: Balance) -> None:
    """Over 20 bookings: content drawn + content left + credits / 0.8 = content that went in, 20 * 6 kg."""
    balance_yard.pool("heap", custody="massBalance", attribute=POST, balance_months=1, conversion="0.8")
    drawn = credits_ = 0.0
    for i in range(20):
        balance_yard.collected(f"s{i}", "6", materials={"steel": "1"})
        balance_yard.make([balance_yard.out(f"a{i}", "steel", "6 KGM")], {f"s{i}": "6 KGM"})
        balance_yard.steel(f"b{i}", "4", "1")
        balance_yard.book(f"{1 + i % 4}.5 KGM", f"c{i}", {f"a{i}": "6 KGM", f"b{i}": "4 KGM"})
        credits_ += balance_yard.contents(f"c{i}")[ATTRIBUTED]
        balance_yard.draw("heap", "7", f"x{i}")
        drawn += balance_yard.contents(f"x{i}").get(POST, 0.0)
    left = float(balance_yard.ledger.left(balance_yard.name("heap:20"))) * balance_yard.contents("heap:20")[POST]
    # 1.5 + 2.5 + 3.5 + 4.5, five times
    assert credits_ == pytest.approx(60.0, rel=1e-12)
    assert drawn + left + credits_ / 0.8 == pytest.approx(120.0, rel=1e-9)


# Contents follow matter, and waste becomes recycled content: cases solved by hand. Masses in kg.

WEIGHED = [Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")]


def collected(site: Site, lot: str, amount: str) -> str:
    """Post-consumer scrap, all steel."""
    site.declare(
        basis="collected", boundary="none", collector=site.id, evidence=WEIGHED,
        lot=site.out(lot, "scrap", amount, "waste", origin="postConsumer"),
    )
    return site.name(lot)


@pytest.fixture
def collector(memory: MemoryLedger) -> Site:
    site = Site(memory, "collector")
    site.product("scrap", "TNE", materials={"steel": "1"})
    return site


@pytest.fixture
def mill(memory: MemoryLedger) -> Site:
    site = Site(memory, "mill")
    site.product("steel", "TNE")
    site.product("crop", "TNE")
    return site


@pytest.fixture
def forge(memory: MemoryLedger) -> Site:
    site = Site(memory, "forge")
    site.product("gears", "TNE")
    site.product("swarf", "TNE")
    return site


def test_scrap_to_steel_to_gears_and_swarf_back_to_the_mill(
    memory: MemoryLedger, collector: Site, mill: Site, forge: Site
) -> None:
    collected(collector, "s1", "1.9 TNE")
    collector.send("s1", "1.1 TNE", mill, "s2")
    collector.send("s1", "0.8 TNE", mill, "s3")

    # 1.10 t of scrap make 1.00 t of steel: all of it recycled, and a tenth of a tonne of everything is lost.
    melt = mill.make([mill.out("steel1", "steel", "1 TNE")], {collector.name("s2"): "1.1 TNE"},
                     activity=Make(co2="300"))
    steel = mill.name("steel1")
    assert memory.contents(steel) == close({"mass": 1000.0, "material:steel": 1000.0, POST: 1000.0})
    assert memory.burdens(steel)["fossilGhgEmissions"] == 300.0
    leaf = memory.assessment(melt.index)
    assert read(leaf.arisen) == close({POST: 1100.0})
    assert (read(leaf.lost), leaf.declared) == (close({"mass": 100.0, "material:steel": 100.0, POST: 100.0}), {})

    # 1.00 t of steel make 0.70 t of gears, which carry the burden, and 0.30 t of swarf, which do not.
    mill.send("steel1", "1 TNE", forge, "steel2")
    forge.make(
        [forge.out("gears1", "gears", "0.7 TNE"), forge.out("swarf1", "swarf", "0.3 TNE", "waste",
                                                            origin="preConsumer")],
        {mill.name("steel2"): "1 TNE"}, activity=Make(co2="50"),
    )
    gears, swarf = forge.name("gears1"), forge.name("swarf1")
    assert memory.contents(gears) == close({"mass": 700.0, "material:steel": 700.0, POST: 700.0})
    assert memory.burdens(gears)["fossilGhgEmissions"] == 350.0
    assert memory.contents(swarf) == close({"mass": 300.0, "material:steel": 300.0, POST: 300.0})
    assert not any(memory.burdens(swarf).values())

    # The swarf is melted with 0.80 t of collected scrap. It counts as pre-consumer now, whatever it held before.
    forge.send("swarf1", "0.3 TNE", mill, "swarf2")
    again = mill.make(
        [mill.out("steel3", "steel", "1 TNE")],
        {forge.name("swarf2"): "0.3 TNE", collector.name("s3"): "0.8 TNE"}, activity=Make(co2="300"),
    )
    assert memory.contents(mill.name("steel3")) == close({
        "mass": 1000.0, "material:steel": 1000.0, PRE: 1000 * 0.3 / 1.1, POST: 1000 * 0.8 / 1.1,
    })
    leaf = memory.assessment(again.index)
    assert read(leaf.arisen) == close({PRE: 300.0, POST: 800.0 - 300.0})


def test_half_ore_is_half_recycled(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    collected(collector, "s1", "0.5 TNE")
    collector.send("s1", "500 KGM", mill, "s2")
    mill.product("pig", "TNE", materials={"steel": "1"})
    mill.make([mill.out("pig1", "pig", "0.5 TNE")], supplies=[ore("0.5 TNE")])
    mill.make([mill.out("steel1", "steel", "1 TNE")],
              {collector.name("s2"): "0.5 TNE", "pig1": "0.5 TNE"})
    assert memory.contents(mill.name("steel1")) == close({"mass": 1000.0, "material:steel": 1000.0, POST: 500.0})


def test_scrap_that_returns_to_its_own_process_is_not_recycled_content(memory: MemoryLedger, mill: Site) -> None:
    """ISO 14021, 7.8.1.1: material that the process which made it takes back is left out."""
    mill.product("pig", "TNE", materials={"steel": "1"})
    mill.make(
        [mill.out("steel1", "pig", "0.8 TNE"), mill.out("crop1", "crop", "0.2 TNE", "waste", origin="preConsumer")],
        supplies=[ore("1 TNE")],
    )
    # `crop` declares no materials, so it holds none of the ore's (ore says nothing); give it steel by its own lot.
    mill.make(
        [mill.out("steel2", "steel", "0.3 TNE"), mill.out("crop2", "crop", "0.5 TNE", "waste", origin="preConsumer")],
        {"steel1": "0.8 TNE"},
    )
    assert memory.contents(mill.name("crop2")) == close({"mass": 500.0, "material:steel": 500.0})

    mill.make([mill.out("same", "steel", "0.1 TNE")], {"crop2": "0.1 TNE"})
    assert memory.contents(mill.name("same")) == close({"mass": 100.0, "material:steel": 100.0})

    mill.make([mill.out("hall", "steel", "0.1 TNE")], {"crop2": "0.1 TNE"}, facility=mill.another_facility("hall2"))
    # Scrap of the group's own production counts as recycled, in question.
    assert memory.contents(mill.name("hall"))[f"questioned:{PRE}"] == pytest.approx(100.0, rel=1e-12)

    mill.make([mill.out("route", "steel", "0.1 TNE")], {"crop2": "0.1 TNE"}, route="smelt",
              activity={"co2": "1", "prices": ["1"]})
    assert memory.contents(mill.name("route"))[f"questioned:{PRE}"] == pytest.approx(100.0, rel=1e-12)


def test_a_round_trip_does_not_hide_the_maker(memory: MemoryLedger, mill: Site, forge: Site) -> None:
    mill.product("pig", "TNE", materials={"steel": "1"})
    mill.make([mill.out("pig1", "pig", "1 TNE")], supplies=[ore("1 TNE")])
    mill.make([mill.out("crop1", "crop", "1 TNE", "waste", origin="preConsumer")], {"pig1": "1 TNE"})
    mill.send("crop1", "1 TNE", forge, "crop2")
    forge.send(mill.name("crop2"), "1 TNE", mill, "crop3")
    mill.make([mill.out("steel1", "steel", "1 TNE")], {forge.name("crop3"): "1 TNE"})
    assert PRE not in memory.contents(mill.name("steel1"))


def test_a_consumption_makes_nothing_recycled(memory: MemoryLedger, collector: Site) -> None:
    collected(collector, "s1", "1 TNE")
    used = collector.consume({"s1": "1 TNE"}, [collector.out("s2", "scrap", "0.6 TNE", "waste", origin="postConsumer")],
                             purpose="disposed")
    assert memory.contents(collector.name("s2")) == close({"mass": 600.0, "material:steel": 600.0})
    assert read(memory.assessment(used.index).lost) == close({"mass": 400.0, "material:steel": 400.0})


def test_recycled_content_is_never_more_than_its_material(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    """1.1 t of scrap into 1.0 t of an alloy that is declared to be 90 % steel: 900 kg recycled, the rest is lost."""
    collected(collector, "s1", "1.1 TNE")
    collector.send("s1", "1.1 TNE", mill, "s2")
    mill.product("alloy", "TNE", materials={"steel": "0.9", "nickel": "0.1"})
    melt = mill.make([mill.out("a1", "alloy", "1 TNE")], {collector.name("s2"): "1.1 TNE"})
    assert memory.contents(mill.name("a1")) == close({
        "mass": 1000.0, "material:steel": 900.0, "material:nickel": 100.0, POST: 900.0,
    })
    leaf = memory.assessment(melt.index)
    assert read(leaf.declared) == close({"material:nickel": 100.0})
    assert read(leaf.lost) == close({"mass": 100.0, "material:steel": 200.0, POST: 200.0})


def test_an_output_that_lists_its_materials_holds_no_others(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    """Half of 1 t of scrap is aluminium, which the output does not list: it is lost, with its recycled content."""
    collector.product("mixed", "TNE", materials={"steel": "0.5", "aluminium": "0.5"})
    collector.declare(basis="study", boundary="none",
                      lot=collector.out("m1", "mixed", "1 TNE", "waste", origin="postConsumer"))
    collector.send("m1", "1 TNE", mill, "m2")
    melt = mill.make([mill.out("steel1", "steel", "1 TNE", materials={"steel": "0.5"})],
                     {collector.name("m2"): "1 TNE"})
    assert memory.contents(mill.name("steel1")) == close({"mass": 1000.0, "material:steel": 500.0, POST: 500.0})
    leaf = memory.assessment(melt.index)
    assert read(leaf.lost) == close({"material:aluminium": 500.0, "recycledPostConsumer:aluminium": 500.0})


def test_supplies_bring_their_composition(memory: MemoryLedger, mill: Site) -> None:
    product = mill.product("ferro", "KGM", materials={"chromium": "0.6"}, elements={"Cr": "0.6"},
                           fossil_carbon="0.08")
    melt = mill.make([mill.out("steel1", "steel", "0.5 TNE")],
                     supplies=[supply("ferro", "100 KGM", product=product), ore("900 KGM")])
    assert memory.contents(mill.name("steel1")) == close({
        "mass": 500.0, "material:chromium": 30.0, "element:Cr": 30.0, "fossilCarbon": 4.0,
    })
    assert read(memory.assessment(melt.index).declared) == close({"mass": 1000.0, "material:chromium": 60.0,
                                                                  "element:Cr": 60.0, "fossilCarbon": 8.0})


def test_a_plugin_says_where_matter_goes(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    """All steel to the first output; recycled content goes where its material goes."""
    collected(collector, "s1", "1 TNE")
    collector.send("s1", "1 TNE", mill, "s2")
    mill.make(
        [mill.out("steel1", "steel", "1 TNE"), mill.out("slag1", "crop", "0.5 TNE", "byProduct")],
        {collector.name("s2"): "1 TNE"}, [ore("0.5 TNE")],
        activity=Make(matter={"material:steel": ["1", "0"]}),
    )
    assert memory.contents(mill.name("steel1")) == close({"mass": 1000.0, "material:steel": 1000.0, POST: 1000.0})
    assert memory.contents(mill.name("slag1")) == close({"mass": 500.0})


@pytest.mark.parametrize("matter", [
    {"material:steel": ["0.5", "0.5"], POST: ["1", "0"]},
    {"material:steel": ["1", "0"]},
    {POST: ["1", "0"]},
], ids=["recycled above its material", "material above the mass", "recycled alone"])
def test_contents_above_100_percent_are_refused(
    memory: MemoryLedger, collector: Site, mill: Site, matter: dict[str, list[str]]
) -> None:
    collected(collector, "s1", "1 TNE")
    collector.send("s1", "1 TNE", mill, "s2")
    before = memory.fingerprint()
    assert raised(
        Refused, mill.make, [mill.out("a", "steel", "0.5 TNE"), mill.out("b", "steel", "0.5 TNE")],
        {collector.name("s2"): "1 TNE"}, activity=Make(matter=matter),
    ).code == "contents-above-100"
    assert memory.fingerprint() == before


@pytest.mark.parametrize("fractions", [{"steel": "0.9", "copper": "0.2"}, {"steel": "1", "copper": "0.000000001"}])
def test_compositions_above_100_percent_are_refused(
    memory: MemoryLedger, mill: Site, fractions: dict[str, str]
) -> None:
    assert raised(Refused, mill.product, "bad", materials=fractions).code == "contents-above-100"
    assert raised(
        Refused, mill.make, [mill.out("a", "steel", "1 TNE", materials=fractions)], supplies=[ore("1 TNE")]
    ).code == "contents-above-100"
