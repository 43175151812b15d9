"""Mass balance (ISO 22095): credits are booked from the content of a pool, which leaves it by that. Masses in kg.

The yard's pool `heap` holds 100 kg of steel with 100 kg CO2, of which 60 kg are recycled post-consumer content.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make
from support.site import START, Site, ore, quantity
from unit.footprint.yard import Yard

from ledger.admission.facts import LotFacts
from ledger.core.outcome.leaves import read
from ledger.core.record.kinds import Amendment, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.engine.batch import Sequenced
from ledger.errors import LedgerError, Refused
from ledger.footprint.stored.contents import ContentsIn, Flowing, Holding, follow_matter

PRE, POST = "recycledPreConsumer:steel", "recycledPostConsumer:steel"
ATTRIBUTED = f"attributed:{POST}"
STEEL = "material:steel"


def close(expected: Mapping[str, float]) -> Any:
    return pytest.approx(dict(expected), rel=1e-12, abs=1e-12)


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
        assert leaf is not None
        return read(leaf.declared), read(leaf.arisen), read(leaf.lost)


@pytest.fixture
def yard(memory: MemoryLedger) -> Balance:
    return Balance(memory)


# Booking.


def test_credits_are_content_times_conversion_and_the_content_leaves(yard: Balance) -> None:
    """40 kg of credits need 40 / 0.8 = 50 of the 60 kg of content; 10 kg stay, and the steel with its burden."""
    entry = yard.full("40 KGM")
    assert yard.contents("heap:1") == close({"mass": 100.0, STEEL: 100.0, POST: 10.0})
    assert yard.contents("c") == {ATTRIBUTED: 40.0}
    assert yard.balance_of(entry) == (close({ATTRIBUTED: 40.0}), {}, close({POST: 50.0}))
    assert (yard.fossil("heap:1"), yard.fossil("c")) == (100.0, 0.0)
    assert not any(yard.ledger.burdens(yard.name("c")).values())


def test_a_lot_of_credits_is_no_matter_and_the_pools_own(yard: Balance) -> None:
    """Counted in kg, without mass; the record is of 2025-03-02, its quarter ends with March."""
    yard.full("0.04 TNE")
    lot = yard.lot("c")
    assert (lot.role, lot.quantity, lot.unit, lot.mass, lot.pool) == ("credit", 40, "KGM", None, None)
    assert (lot.holder, lot.owned_by, lot.credit, lot.expires) == (
        yard.id, yard.id, f"massBalance:{POST}", "2025-04-01T00:00:00Z")
    assert lot.maker is not None
    assert lot.maker[0] == yard.facility


def test_all_of_the_content_may_be_booked(yard: Balance) -> None:
    """60 * 0.8 = 48: the content is gone then, not a trace of it left."""
    yard.full("48 KGM")
    assert (yard.contents("heap:1"), yard.contents("c")) == (close({"mass": 100.0, STEEL: 100.0}), {ATTRIBUTED: 48.0})
    yard.draw("heap", "50", "x")
    assert yard.contents("x") == close({"mass": 50.0, STEEL: 50.0})


@pytest.mark.parametrize("amount", ["48.000001 KGM", "60 KGM", "1 TNE"])
def test_no_more_than_the_content_is_booked(yard: Balance, amount: str) -> None:
    yard.open()
    error = yard.refuse("credit-excess", "credits", yard.book, amount, "c", {"a": "60 KGM", "b": "40 KGM"})
    assert "at most the pool's content times its conversion: 48" in (error.rule or "")


def test_content_is_not_booked_twice(yard: Balance) -> None:
    """48 of 48 kg are booked; 10 kg more of pure recycled steel give 8 more, and no gram beyond."""
    yard.full("48 KGM")
    yard.collected("t", "20", materials={"steel": "1"})
    yard.make([yard.out("d", "steel", "20 KGM")], {"t": "20 KGM"})
    yard.steel("e", "1", "0")
    yard.refuse("credit-excess", "credits", yard.book, "0.001 KGM", "c-2", {"e": "1 KGM"})
    yard.refuse("credit-excess", "credits", yard.book, "8.001 KGM", "c-2", {"d": "10 KGM"})
    yard.book("8 KGM", "c-2", {"d": "10 KGM"})
    assert yard.contents("heap:2") == close({"mass": 110.0, STEEL: 110.0})
    # 100 kg as before, 10 kg without content, 10 kg with: nothing but the 10 of the last ones.
    yard.refuse("credit-excess", "credits", yard.book, "8.001 KGM", "c-3", {"d": "10 KGM"})


def test_what_was_drawn_is_not_booked_any_more(yard: Balance) -> None:
    """Half of the pool is drawn with half of the content, 30 kg; the rest gives 30 * 0.8 = 24."""
    yard.open()
    yard.add("heap", {"a": "60 KGM", "b": "39 KGM"})
    yard.draw("heap", "49.5", "x")
    assert yard.contents("x") == close({"mass": 49.5, STEEL: 49.5, POST: 30.0})
    yard.refuse("credit-excess", "credits", yard.book, "24.001 KGM", "c", {"b": "1 KGM"})
    yard.book("24 KGM", "c", {"b": "1 KGM"})
    assert yard.contents("heap:2") == close({"mass": 50.5, STEEL: 50.5})


def test_without_a_conversion_a_kilogram_gives_one(yard: Balance) -> None:
    yard.full("60 KGM", conversion=None)
    assert yard.contents("c") == {ATTRIBUTED: 60.0}
    assert POST not in yard.contents("heap:1")


def test_only_the_named_content_is_booked(yard: Balance) -> None:
    """There is no pre-consumer content in it."""
    yard.open(attribute=PRE)
    yard.refuse("credit-excess", "credits", yard.book, "0.001 KGM", "c", {"a": "60 KGM"})


def test_credits_of_stock_of_another_are_the_owners(memory: MemoryLedger, yard: Balance) -> None:
    """60 kg of recycled steel of the owner's, held by the yard."""
    owner = Balance(memory, "owner")
    owner.collected("s", "60", materials={"steel": "1"})
    owner.make([owner.out("a", "steel", "60 KGM")], {"s": "60 KGM"})
    memory.must((owner.party, Transfer(
        issuer=owner.id, nonce=memory.nonce(), lot=owner.name("a"), quantity=quantity("60 KGM"), to=yard.id,
        new_lot=owner.name("held"), time=START, purpose="storage",
    )))
    yard.pool("heap", owner.name("steel"), custody="massBalance", attribute=POST, balance_months=12)
    yard.book("30 KGM", "c", {owner.name("held"): "60 KGM"})
    assert (yard.lot("c").holder, yard.lot("c").owned_by) == (yard.id, owner.id)
    assert yard.lot("c").expires == "2026-01-01T00:00:00Z"


# Using credits.


def use(yard: Balance, credits_: str, steel: str = "b2", amount: str = "50", made: str | None = None, *,
        end: str = "2025-03-02T00:00:00Z", lot: str = "c", **fields: Any) -> Sequenced:
    """Steel out of ore and credits make `made` kg (as much as goes in, if nothing else is said) in the lot `x`."""
    outputs = fields.pop("outputs", None) or [yard.out("x", "steel", f"{made or amount} KGM")]
    activity = fields.pop("activity", Make(co2="7"))
    return yard.ledger.must((yard.party, Transformation(
        issuer=yard.id, nonce=yard.ledger.nonce(), facility=yard.facility, start=START, end=end, process="works.make",
        activity=Raw(msgspec.json.encode(activity)), outputs=outputs,
        inputs=yard.flows({steel: f"{amount} KGM", lot: f"{credits_} KGM"}), **fields,
    )))[0]


@pytest.fixture
def booked(yard: Balance) -> Balance:
    """40 kg of credits in `c`; `b2` are 200 kg of steel of ore with 200 kg CO2."""
    yard.full("40 KGM")
    yard.steel("b2", "200", "200")
    return yard


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
    leaf = memory.assessment(entry.index)
    assert leaf is not None
    assert read(leaf.arisen) == close({PRE: 6.0, ATTRIBUTED: -4.8})


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


def test_an_addition_is_not_amended_below_what_was_booked_from_it(yard: Balance) -> None:
    """40 kg of credits need 50 kg of content: 49 of the 60 kg of recycled steel are too little, 50 are enough."""
    entry = yard.full("40 KGM")

    def amended(kilograms: str) -> Amendment:
        flows = [{"lot": yard.name("a"), "quantity": {"value": kilograms, "unit": "KGM"}}]
        return Amendment(issuer=yard.id, nonce=yard.ledger.nonce(), reason="weighed again", changes=[Change(
            record=entry.digest.hex(), fields={"inputs": Raw(msgspec.json.encode(flows))})])

    before = yard.ledger.fingerprint()
    assert raised(Refused, yard.ledger.must, (yard.party, amended("49"))).code == "credit-excess"
    assert yard.ledger.fingerprint() == before
    yard.ledger.must((yard.party, amended("50")))
    assert (yard.contents("heap:1"), yard.contents("c")) == (close({"mass": 50.0, STEEL: 50.0}), {ATTRIBUTED: 40.0})
    assert yard.ledger.left(yard.name("a")) * 60 == 10


def test_credits_and_content_together_are_what_came_in(yard: Balance) -> None:
    """Over 20 bookings: content drawn + content left + credits / 0.8 = content that went in, 20 * 6 kg."""
    yard.pool("heap", custody="massBalance", attribute=POST, balance_months=1, conversion="0.8")
    drawn = credits_ = 0.0
    for i in range(20):
        yard.collected(f"s{i}", "6", materials={"steel": "1"})
        yard.make([yard.out(f"a{i}", "steel", "6 KGM")], {f"s{i}": "6 KGM"})
        yard.steel(f"b{i}", "4", "1")
        yard.book(f"{1 + i % 4}.5 KGM", f"c{i}", {f"a{i}": "6 KGM", f"b{i}": "4 KGM"})
        credits_ += yard.contents(f"c{i}")[ATTRIBUTED]
        yard.draw("heap", "7", f"x{i}")
        drawn += yard.contents(f"x{i}").get(POST, 0.0)
    left = float(yard.ledger.left(yard.name("heap:20"))) * yard.contents("heap:20")[POST]
    # 1.5 + 2.5 + 3.5 + 4.5, five times
    assert credits_ == pytest.approx(60.0, rel=1e-12)
    assert drawn + left + credits_ / 0.8 == pytest.approx(120.0, rel=1e-9)
