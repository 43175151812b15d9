"""The engine itself: what it assesses again and by which version, and how it catches up with the log."""

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from support import factor_sets
from support.catching import Beside
from support.examples import examples
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import NAME, Make, registry
from support.sectors import registry as without_sets
from support.site import ore, quantity, supply
from unit.engine.works import Works, change, check_conserved, indexes, refused, withdrawal

from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf
from ledger.core.record.kinds import Activation, Amendment
from ledger.core.record.revisions import Change
from ledger.core.record.units import plain
from ledger.core.record.values import Supply
from ledger.engine.batch import Sequenced
from ledger.engine.revision.changes import changes_of
from ledger.engine.revision.recompute import Engine
from ledger.engine.sectors import Installed, Registry
from ledger.errors import Refused, Unavailable
from ledger.sdk import Assessment, Context, FactorSetVersion, Line, NaturalInput, Route, Sector


class Meter:
    """A sector whose records emit what they say, and `rate` a kg of what they take, of copper twice as much. It notes
    what it assesses."""

    def __init__(self, version: str, rate: str) -> None:
        self.assessed: list[str] = []
        self.rate = Decimal(rate)
        sector = Sector(name=NAME, version=version, en=NAME, zh=NAME,
                        routes={"make": Route(activity=Make, assess=self._assess, en="Make", zh="制造")},
                        nature={"make": [NaturalInput(group="ore", source="a mine")]})
        self.installed = Installed(sector, hashlib.sha256(version.encode()).hexdigest(), "tests")
        self.registry = Registry([self.installed])

    def _assess(self, context: Context, activity: Any) -> Assessment:
        self.assessed.append(context.outputs[0].lot.rpartition(":")[2])
        mass = sum([
            (one.mass or Decimal(0)) * (1 + one.materials.get("copper", Decimal(0))) for one in context.inputs
        ], Decimal(0))
        amounts = [Decimal(activity.co2), self.rate * mass]
        return Assessment(lines=tuple(
            [Line(gas="CO2", amount=amount, source="site", kind="onSite") for amount in amounts if amount]))


class Metered(Works):
    """Begins with version 1.0.0 at a rate of 1; `renew` brings 2.0.0 at a rate of 10 into force."""

    def __init__(self) -> None:
        self.first, self.second = Meter("1.0.0", "1"), Meter("2.0.0", "10")
        super().__init__(MemoryLedger(self.first.registry))

    def gears(self, lot: str, kilograms: str) -> Any:
        return self.out(lot, "gear", "10 H87", mass=quantity(f"{kilograms} KGM"))

    def renew(self) -> None:
        self.activate(self.second)
        self.ledger.registry = Registry([self.second.installed], (), [self.first.installed])

    def activate(self, meter: Meter, **fields: Any) -> None:
        ledger = self.ledger
        ledger.registry = meter.registry
        ledger.must((ledger.registrar, Activation(
            issuer=ledger.registrar.id, nonce=ledger.nonce(), plugin=NAME, version=meter.installed.sector.version,
            digest=meter.installed.digest, **fields)))

    def newest(self, *changes: Change) -> Sequenced:
        """An amendment that asks for the versions in force now."""
        return self.post(Amendment, changes=list(changes), reason="another version", versions="newest")

    def plugins(self, index: int) -> set[str | None]:
        """Which versions the newest results of a record name."""
        first, *rest = self.ledger.leaves[index]
        return {msgspec.json.decode(first, type=AssessmentLeaf).plugin,
                *[msgspec.json.decode(leaf, type=LotLeaf).plugin for leaf in rest]}


@pytest.fixture
def metered() -> Metered:
    return Metered()


def test_untouched_descendants_keep_their_assessment_and_version(metered: Metered) -> None:
    a = metered.mine("a", "100", "100")
    b = metered.run({"b": "40"}, {"a": "40"})
    assert metered.co2("b") == 80.0
    metered.renew()
    metered.newest(change(a, activity=Make(co2="200")))
    # 80 of 200, and 1 a kg as before; the amended record is assessed by what is in force now.
    assert (metered.co2("b"), metered.first.assessed, metered.second.assessed) == (120.0, ["a", "b"], ["a"])
    assert (metered.plugins(a.index), metered.plugins(b.index)) == ({"works/2.0.0"}, {"works/1.0.0"})


def test_more_of_a_lot_is_nothing_that_a_sector_sees(metered: Metered) -> None:
    """What was taken weighs the same: new arithmetic over the old assessment."""
    a = metered.mine("a", "100", "100")
    b = metered.run({"b": "40"}, {"a": "40"})
    metered.renew()
    metered.newest(change(a, outputs=metered.outputs({"a": "80"})))
    assert (metered.co2("b"), metered.second.assessed, metered.plugins(b.index)) == (90.0, ["a"], {"works/1.0.0"})


def test_a_draw_from_more_or_less_of_a_pool_is_not_assessed_again(metered: Metered) -> None:
    """It names the pool, and means the generation of its time still."""
    metered.mine("a", "100", "100")
    metered.pool()
    first = metered.add({"a": "50"})
    metered.run({"b": "20"}, {"pool": "20"})
    metered.add({"a": "10"})
    metered.amend(change(first, inputs=metered.kilograms({"a": "80"})))
    assert (metered.co2("b"), metered.first.assessed) == (40.0, ["a", "b"])


def test_another_mass_is_assessed_again_by_its_own_version(metered: Metered) -> None:
    a = metered.run({"a": metered.gears("a", "100")}, supplies=[ore("100 KGM")], co2="100")
    b = metered.run({"b": "20"}, {"a": "4 H87"})
    c = metered.run({"c": "5"}, {"b": "5"})
    assert metered.co2("b") == 80.0
    metered.amend(change(a, outputs=[metered.gears("a", "90")]))
    # Four of ten gears carry 40 and weigh 36 kg.
    assert (metered.co2("b"), metered.first.assessed) == (76.0, ["a", "b", "c", "a", "b"])
    metered.renew()
    metered.newest(change(a, outputs=[metered.gears("a", "80")]))
    # They carry 40 and weigh 32 kg, at 1 a kg still.
    assert metered.co2("b") == 72.0
    # A quarter of what `b` has, and 1 a kg.
    assert (metered.co2("c"), metered.first.assessed) == (23.0, ["a", "b", "c", "a", "b", "b"])
    assert metered.second.assessed == ["a"]
    assert [metered.plugins(one.index) for one in (a, b, c)] == [{"works/2.0.0"}, {"works/1.0.0"}, {"works/1.0.0"}]


def test_another_composition_is_assessed_again(metered: Metered) -> None:
    def lot(copper: str) -> Any:
        return metered.out("d", "metal", "100 KGM", materials={"copper": copper})

    declared = metered.declared(lot("0.5"))
    metered.run({"b": "40"}, {"d": "40"})
    assert metered.co2("b") == 60.0
    metered.amend(change(declared, lot=lot("0.25")))
    assert metered.co2("b") == 50.0


def test_a_sector_that_was_retired(metered: Metered) -> None:
    """Nobody could say what the record emits by the version in force: it is not taken to emit nothing."""
    a = metered.run({"a": metered.gears("a", "100")}, supplies=[ore("100 KGM")], co2="100")
    b = metered.run({"b": "20"}, {"a": "4 H87"})
    metered.activate(metered.first, retired=True)
    refused(metered, lambda: metered.newest(change(b, activity=Make(co2="5"))), "unknown-sector", "process", NAME,
            names=b)
    # By its own version it can still be amended, and it can be withdrawn.
    metered.amend(change(b, activity=Make(co2="5")))
    assert metered.co2("b") == 85.0
    metered.amend(withdrawal(b))
    metered.amend(withdrawal(a))


def test_a_descendant_of_a_sector_that_was_retired(metered: Metered) -> None:
    def lot(mass: str) -> Any:
        return metered.out("d", "gear", "10 H87", mass=quantity(f"{mass} KGM"))

    declared = metered.declared(lot("100"), burdens={"fossilGhgEmissions": "100"})
    b = metered.run({"b": "20"}, {"d": "4 H87"})
    metered.activate(metered.first, retired=True)
    metered.amend(change(declared, burdens={"fossilGhgEmissions": "200"}))
    assert metered.co2("b") == 120.0
    metered.amend(change(declared, lot=lot("90")))
    # Four of ten gears carry 80 and weigh 36 kg.
    assert (metered.co2("b"), metered.plugins(b.index)) == (116.0, {"works/1.0.0"})


def test_a_version_that_is_not_installed_here(metered: Metered) -> None:
    """A server says that it cannot; who audits takes the assessment that the log commits to."""
    a = metered.mine("a", "100", "100")
    b = metered.run({"b": "40"}, {"a": "40"})
    elsewhere = Meter("3.0.0", "7")
    metered.activate(elsewhere)
    metered.ledger.registry = metered.first.registry
    before = metered.ledger.fingerprint()
    with pytest.raises(Unavailable, match=f"record {a.digest.hex()} ") as caught:
        metered.newest(change(a, activity=Make(co2="200")))
    assert (caught.value.code, metered.ledger.fingerprint()) == ("plugin-version", before)
    metered.ledger.registry = elsewhere.registry
    stored = msgspec.json.decode(metered.ledger.leaves[a.index][0], type=AssessmentLeaf)
    told = msgspec.structs.replace(stored, plugin="works/3.0.0", assessment=Raw(
        msgspec.json.encode(elsewhere._assess(_context("a"), Make(co2="300")))))
    amendment = Amendment(issuer=metered.id, nonce=metered.ledger.nonce(), reason="r", versions="newest",
                          changes=[change(a, activity=Make(co2="300"))])
    engine = Engine(metered.ledger.history, metered.first.registry, {a.index: told})
    revision = engine.run(changes_of(amendment, metered.ledger.history), amendment=amendment)
    assert [one.index for one in revision.revised] == [a.index, b.index]
    assert (revision.revised[0].prepared.tag, metered.co2("b")) == ("works/3.0.0", 160.0)


class _Output(msgspec.Struct):
    lot: str


class _Context(msgspec.Struct):
    outputs: list[_Output]
    inputs: list[Any] = []


def _context(lot: str) -> Any:
    return _Context(outputs=[_Output(lot=lot)])


def test_a_second_run_that_is_refused_puts_back_the_first_too(works: Works) -> None:
    serial = works.name("serial")
    a = works.run({"g": works.out("g", "gear", "1 H87", mass=quantity("10 KGM"), item=serial)},
                  supplies=[ore("10 KGM")], co2="10")
    used = works.use({"g": "1 H87"})
    works.mine("x", "10")
    before = works.ledger.fingerprint()
    engine = Engine(works.ledger.history, works.ledger.registry)
    engine.run({used.index: None, a.index: msgspec.structs.replace(works.reading(a), evidence=[])})
    assert works.ledger.state.holding[serial] == {works.name("g")}
    late = works.reading(a)
    raised(Refused, engine.run, {a.index: msgspec.structs.replace(late, inputs=works.kilograms({"x": "10"}))})
    assert works.ledger.fingerprint() == before


class Two:
    """The same ledger twice; `amend` computes an amendment beside the one while the other goes on."""

    def __init__(self, opening: Callable[[Works], list[Sequenced]]) -> None:
        self.aside, self.log = Works(MemoryLedger(registry())), Works(MemoryLedger(registry()))
        self.entries = opening(self.aside)
        assert opening(self.log) == self.entries

    def amend(self, *changes: Change) -> Beside:
        self.amendment = Amendment(issuer=self.log.id, nonce="A" * 22, reason="r", changes=list(changes))
        return Beside(self.aside.ledger, self.log.ledger, self.amendment)

    def agree(self, beside: Beside) -> None:
        """What was caught up with is what the amendment comes to where the log has all that before it."""
        ledger = self.log.ledger
        beside.catch_up()
        ledger.must((self.log.party, self.amendment))
        straight = ledger.revisions[-1][1]
        assert [(one.index, one.root) for one in beside.revision.revised] == [
            (one.index, one.root) for one in straight.revised]
        assert (beside.revision.balances, self.aside.ledger.figures) == (straight.balances, ledger.figures)
        assert self.aside.ledger.state.remaining == ledger.state.remaining


def opening(works: Works) -> list[Sequenced]:
    """A lot of metal, gears of 10 kg, and a pool whose first generation is drawn from."""
    a = works.mine("a", "100", "100")
    gears = works.run({"g": works.out("g", "gear", "10 H87", mass=quantity("100 KGM"))}, supplies=[ore("100 KGM")])
    works.mine("p", "100", "100")
    works.pool()
    works.add({"p": "100"})
    return [a, gears, works.run({"d": "40"}, {"pool": "40"})]


def test_what_the_log_gains_of_other_lots() -> None:
    two = Two(opening)
    beside = two.amend(change(two.entries[0], activity=Make(co2="200")))
    two.log.run({"e": "10"}, {"d": "10"})
    two.log.mine("x", "10", "5")
    two.agree(beside)
    assert [one.index for one in beside.revision.revised] == [two.entries[0].index]


def test_takers_that_the_log_gains_and_theirs() -> None:
    two = Two(opening)
    beside = two.amend(change(two.entries[0], activity=Make(co2="200")))
    b = two.log.run({"b": "50"}, {"a": "50"})
    c = two.log.run({"c": "25"}, {"b": "25"})
    assert two.log.co2("c") == 25.0
    two.agree(beside)
    assert [one.index for one in beside.revision.revised] == [two.entries[0].index, b.index, c.index]
    assert two.aside.co2("c") == two.log.co2("c") == 50.0


def test_a_taker_of_a_lot_that_weighs_otherwise_now() -> None:
    """It was assessed, and let in, by the old mass."""
    two = Two(opening)
    beside = two.amend(change(two.entries[1], outputs=[
        two.log.out("g", "gear", "10 H87", mass=quantity("90 KGM"))]))
    b = two.log.run({"b": "40"}, {"g": "4 H87"})
    with pytest.raises(Refused, match=f"record {b.digest.hex()} .*outputs weigh 40 kg") as caught:
        beside.catch_up()
    assert caught.value.code == "mass-balance"
    refused(two.log, lambda: two.log.ledger.must((two.log.party, two.amendment)), "mass-balance", "changes", names=b)


def test_an_addition_that_has_taken_the_rest() -> None:
    """It took 60 kg; by the amendment 80 are there, or 50, or none."""
    for drawn, rest in (("20", 80), ("50", 50), ("100", 0)):
        two = Two(opening)
        beside = two.amend(change(two.entries[2], inputs=two.log.kilograms({"pool": drawn}),
                                  supplies=[ore("40 KGM")]))
        two.log.mine("q", "10", "30")
        two.log.add({"q": "10"})
        two.log.run({"e": "1"}, {"pool": "1"})
        two.agree(beside)
        assert (two.aside.left("pool:1"), two.aside.left("pool:2")) == (0, rest + 9)


def test_more_is_taken_in_the_meantime_than_there_is_now() -> None:
    two = Two(opening)
    beside = two.amend(change(two.entries[0], outputs=two.log.outputs({"a": "60"})))
    two.log.run({"b": "61"}, {"a": "61"})
    with pytest.raises(Refused, match="overdrawn by 1 KGM") as caught:
        beside.catch_up()
    assert (caught.value.code, caught.value.value) == ("over-consumption", two.log.name("a"))


def test_a_lot_that_is_withdrawn_is_taken_in_the_meantime() -> None:
    two = Two(opening)
    beside = two.amend(withdrawal(two.entries[0]))
    two.log.run({"b": "1"}, {"a": "1"})
    with pytest.raises(Refused, match="overdrawn by 1 KGM") as caught:
        beside.catch_up()
    assert caught.value.code == "over-consumption"
    assert raised(Refused, two.log.ledger.must, (two.log.party, two.amendment)).code == "used"


# Records keep the versions that assessed them: a new version of a factor set moves no figure by itself.


OLD, NEW = factor_sets.version("1"), factor_sets.changed("2", steel="CO2e 9", electricity="CO2e 1")


def works_on(*versions: FactorSetVersion) -> Works:
    """Version 1 is in force."""
    memory = MemoryLedger(factor_sets.registry(*versions))
    memory.activate(OLD.name, OLD.version, OLD.digest, 1)
    return Works(memory)


def update(works: Works) -> None:
    """Version 2 comes into force."""
    works.ledger.activate(NEW.name, NEW.version, NEW.digest, 1)


def bought(works: Works, lot: str, *supplies: Supply, inputs: Mapping[str, str] | None = None) -> Sequenced:
    taken = sum(int(amount) for amount in (inputs or {}).values())
    return works.run({lot: "100"}, inputs, [ore(f"{100 - taken} KGM"), *supplies])


def newest(works: Works, *records: Sequenced, **fields: Any) -> Sequenced:
    return works.post(Amendment, changes=[change(one, **fields) for one in records], reason="news", versions="newest")


STEEL = supply("steel", "10 KGM")


def test_a_new_version_moves_no_record() -> None:
    """10 kg of steel at 3 are 30, and stay 30 when another version says 9; the next record has 90."""
    works = works_on(OLD, NEW)
    bought(works, "a", STEEL)
    before = dict(works.ledger.figures)
    update(works)
    assert works.ledger.figures == before
    bought(works, "b", STEEL)
    assert [works.co2(lot) for lot in "ab"] == [30.0, 90.0]


def test_an_installed_version_that_is_not_activated_prices_nothing() -> None:
    """The same log with and without the second version installed: the same leaves."""
    logs = [works_on(OLD), works_on(OLD, NEW)]
    for works in logs:
        bought(works, "a", STEEL, supply("electricity", "7 KWH"))
    assert (logs[0].ledger.leaves, logs[0].ledger.root()) == (logs[1].ledger.leaves, logs[1].ledger.root())
    plain, with_set = MemoryLedger(without_sets()), MemoryLedger(factor_sets.registry())
    for memory in (plain, with_set):
        bought(Works(memory), "a", STEEL)
    assert plain.root() == with_set.root()


def test_a_version_that_is_in_force_but_not_installed() -> None:
    works = works_on(OLD)
    update(works)
    error = raised(Unavailable, bought, works, "a", STEEL)
    assert error.code == "plugin-version"
    assert NEW.digest in str(error.rule)


def test_grams_change_what_grams_weigh() -> None:
    """100 kg with 10 kg of steel (30) and 100 kWh (60), of which 50 kg go on with 10 kg of steel: 45 + 30. After
    version 2, ten grams more of steel upstream: 0.01 * 3 = 0.03, of which half goes on."""
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL, supply("electricity", "100 KWH"))
    bought(works, "b", STEEL, inputs={"a": "50"})
    assert [works.co2(lot) for lot in "ab"] == [90.0, 75.0]
    update(works)
    works.amend(change(one, supplies=[ore("100 KGM"), supply("steel", "10.01 KGM"), supply("electricity", "100 KWH")]))
    assert [works.co2(lot) for lot in "ab"] == pytest.approx([90.03, 75.015], abs=1e-12)


def test_newest_prices_anew() -> None:
    """By version 2 the first record has 10 * 9 + 100 * 1 = 190. The second keeps its own 30: 95 + 30."""
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL, supply("electricity", "100 KWH"))
    other = bought(works, "b", STEEL, inputs={"a": "50"})
    update(works)
    newest(works, one)
    assert ([works.co2(lot) for lot in "ab"], indexes(works.ledger)) == ([190.0, 125.0], [one.index, other.index])
    # An ordinary amendment keeps the versions that the record has by now.
    works.amend(change(one, supplies=[ore("100 KGM"), STEEL]))
    assert works.co2("a") == 90.0
    newest(works, other)
    assert works.co2("b") == 45.0 + 90.0


def test_newest_with_fields() -> None:
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL)
    update(works)
    newest(works, one, supplies=[ore("100 KGM"), supply("steel", "20 KGM")])
    assert works.co2("a") == 180.0


def test_newest_is_refused_where_it_says_nothing() -> None:
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL)
    refused(works, lambda: works.amend(change(one)), "amendment-form", "changes[0]", one.digest.hex(),
            says="changes nothing")
    refused(works, lambda: newest(works, one, supplies=[ore("100 KGM"), STEEL]), "amendment-form",
            "changes[0].fields", "supplies", says="nothing changes")


UNKNOWN = ("superalloy", "unheardOf")
MATERIALS = ("steel", "zinc", "gravel", "gas", "oil", "electricity", *UNKNOWN)
AMOUNTS = st.lists(st.tuples(st.sampled_from(MATERIALS), st.integers(1, 10**6)), max_size=4)


def supplies_of(drawn: list[tuple[str, int]]) -> list[Supply]:
    """Amounts in grams, or in watt hours."""
    return [
        supply(material, f"{plain(Decimal(amount) / 1000)} {'KWH' if material == 'electricity' else 'KGM'}",
               unknown=material in UNKNOWN)
        for material, amount in drawn
    ]


@examples(40)
@given(chain=st.lists(st.tuples(AMOUNTS, st.integers(0, 90)), min_size=2, max_size=6), gram=st.integers(0, 5))
def test_random_chains(chain: list[tuple[list[tuple[str, int]], int]], gram: int) -> None:
    """A chain of records, a new version, and a change upstream: what the chain comes to is what it would have come to
    with the changed record and the first version alone; all burdens are conserved."""
    changed = [(drawn if i else [*drawn, ("steel", 1 + gram)], taken) for i, (drawn, taken) in enumerate(chain)]
    works = works_on(OLD, NEW)
    entries = post_chain(works, chain)
    check_conserved(works)
    update(works)
    works.amend(change(entries[0], supplies=[ore("100 KGM"), *supplies_of(changed[0][0])]))
    check_conserved(works)
    fresh = works_on(OLD)
    post_chain(fresh, changed)
    assert works.ledger.figures == fresh.ledger.figures
    newest(works, *entries)
    check_conserved(works)
    anew = works_on(OLD, NEW)
    update(anew)
    post_chain(anew, changed)
    assert works.ledger.figures == anew.ledger.figures


def post_chain(works: Works, chain: list[tuple[list[tuple[str, int]], int]]) -> list[Sequenced]:
    entries: list[Sequenced] = []
    for i, (drawn, taken) in enumerate(chain):
        inputs = {f"lot{i - 1}": str(taken)} if i and taken else {}
        entries.append(bought(works, f"lot{i}", *supplies_of(drawn), inputs=inputs))
    return entries
