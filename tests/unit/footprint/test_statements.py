"""Step 6 of a statement: its figure follows from leaf 0 and the inputs' figures, bit for bit, or it does not hold."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Carrier, Gap, Given, Make, registry
from support.site import document, ore, quantity
from support.statements import REMOVED, VKEY, Path, at, changed, other, paths, signed, stated, tree_of
from unit.engine.works import Works, change, gas
from unit.footprint.yard import Yard

from ledger.admission.title_limit import DEFAULT_LIMIT
from ledger.core.log.merkle import inclusion_path, leaf_hash
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf
from ledger.core.receipts.statement import Statement
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record.values import Quantity
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.statements import GWP, check_statement, figure_of
from ledger.footprint.derived.validity import (
    DataSource,
    change_of,
    data_end,
    figure_kind,
    is_above_limit,
    valid_until,
)
from ledger.footprint.stored.burdens import METHOD

CO2E = "fossilGhgEmissions"
ZERO = AssessmentLeaf(activation=1, salt="", method=METHOD, assessment=Raw(b"{}"))

VOUCHED = {
    ("software",), ("type",), ("pluginDigest",), ("named",), ("named", 0), ("named", 1), ("named", 2),
    ("inputs", 0, "facts"), ("inputs", 0, "facts", "mass"), ("inputs", 0, "facts", "sameMaker"),
    ("inputs", 1, "facts"), ("inputs", 1, "facts", "mass"), ("inputs", 1, "facts", "sameMaker"),
    # In a tree of one leaf more, a leaf that is not at the edge has the same path.
    ("records", 0, "revision", "size"),
    # The body and the activations on the log show these.
    ("versions",), ("versions", 0), ("versions", 0, "digest"), ("versions", 0, "name"),
    ("versions", 0, "version"), ("versions", 1), ("versions", 1, "digest"), ("versions", 1, "name"),
    ("versions", 1, "version"), ("inputs", 0, "facts", "made"), ("inputs", 0, "facts", "since"),
    ("inputs", 1, "facts", "made"), ("inputs", 1, "facts", "since"),
}
"""What no tree and no figure shows, and a lying log could sign: names, and what a recomputation from bodies uses and
checks."""


@pytest.fixture(scope="module")
def works() -> Works:
    """b and b2 of 80 of 100 kg of a (50 kg) and 5 of 10 kg of d (7 kg), and 10 kg of its own; a was amended to 90."""
    found = Works(MemoryLedger(registry()))
    a = found.mine("a", "100", co2="50")
    found.mine("d", "10", co2="7")
    found.run({"b": "60", "b2": "20", "b3": "5"}, {"a": "80", "d": "5"}, co2="10")
    found.amend(change(a, activity=Make(co2="90")))
    return found


@pytest.fixture(scope="module")
def statement(works: Works) -> Statement:
    return stated(works.ledger, works.name("b"))


@pytest.fixture
def tree(statement: Statement) -> Any:
    return tree_of(statement)


def holds(memory: MemoryLedger, lot: str) -> Proven:
    return check_statement(stated(memory, lot), VKEY)


def fails(statement: Statement) -> tuple[int, str, str | None]:
    """Step, code and field of what does not hold."""
    error = raised(VerificationError, check_statement, statement, VKEY)
    return error.step, error.code, error.field


def step_of(statement: Statement) -> int | None:
    """The step that fails, if one does."""
    try:
        check_statement(statement, VKEY)
    except LedgerError as error:
        return error.step
    return None


# --- what a statement says ------------------------------------------------------------------------------------------


def test_a_figure_by_hand(works: Works, statement: Statement) -> None:
    """60 of 85 kg carry 10 + 80/100 * 90 + 5/10 * 7 = 85.5: 60.35 kg, 1.005.. a kg."""
    figure = check_statement(statement, VKEY).claims.figure
    assert (float(figure.footprint), float(figure.per_unit)) == pytest.approx((85.5 * 60 / 85, 85.5 / 85), rel=1e-12)
    assert (figure.title, figure.completeness) == ("footprint", "100.0 %")


@pytest.mark.parametrize(("burdens", "title", "completeness"), [
    ({CO2E: "97", "absGhg": "97", "omittedAbs": "3"}, "footprint", "97.0 %"),
    ({CO2E: "96.9", "absGhg": "96.9", "omittedAbs": "3.1"}, "incomplete footprint", "96.9 %"),
    ({CO2E: "90", "absGhg": "90", "questionedAbs": "10"}, "questioned footprint", "100.0 %"),
    ({CO2E: "19", "absGhg": "19", "unestimated": "0.5"}, "incomplete footprint", "unknown"),
    ({}, "footprint", "100.0 %"),
])
def test_what_is_doubtful_is_titled_so(burdens: dict[str, str], title: str, completeness: str) -> None:
    figure = figure_of(LotLeaf(salt="", lot="l", product="p", quantity=Quantity(value="2", unit="KGM"), holder="h",
                               role="product", method=METHOD, burdens=burdens), ZERO, 0, DEFAULT_LIMIT)
    assert (figure.title, figure.completeness, figure.limit) == (title, completeness, "3.0 %")
    assert float(figure.footprint) == float(burdens.get(CO2E, 0))
    assert float(figure.per_unit) == float(burdens.get(CO2E, 0)) / 2


def test_removals_and_all_kinds_of_burdens(memory: MemoryLedger) -> None:
    """A removal, energy, gaps with and without an estimate, two gases; 3 of 7 kg of it go on."""
    works = Works(memory)
    works.run({"a": "7"}, supplies=[ore("7 KGM")], activity=Make(
        co2="0.1", ch4="0.3", energy=[Carrier(carrier="electricity", amount="36", renewable=True)],
        gaps=[Gap(what="oil", estimate="5"), Gap(what="dust")]))
    works.run({"b": "3"}, {"a": "3"}, co2="0.7")
    for lot in ("a", "b"):
        holds(memory, works.name(lot))
    assert holds(memory, works.name("b")).claims.inputs[0].part == repr(3 / 7)


# --- every type of record -------------------------------------------------------------------------------------------


def test_assigned_amounts(memory: MemoryLedger) -> None:
    """20 kg of its own and 30 that came in; 6 are e2's and 1 is e1's before the rest, 43, is shared 30:10."""
    works = Works(memory)
    works.mine("a", "50", co2="30")
    works.run({"e1": "30", "e2": "10"}, {"a": "50"}, activity=Make(
        co2="20", assigned=[Given(output=1, burden=CO2E, amount="6"), Given(output=0, burden=CO2E, amount="1")]))
    assert [float(holds(memory, works.name(lot)).claims.figure.footprint) for lot in ("e1", "e2")] == [
        0.75 * 43 + 1, 0.25 * 43 + 6]
    tree = tree_of(stated(memory, works.name("e2")))
    assert fails(signed(changed(tree, ("share",), "0.75"))) == (6, "wrong-figure", f"claims.figure.burdens.{CO2E}")


def test_waste_leaves_without_burden(memory: MemoryLedger) -> None:
    """A record of waste alone, and one that consumes, retain all of it: that must follow as well."""
    works = Works(memory)
    works.mine("a", "10", co2="5")
    works.run({"w": works.out("w", "scrap", "4 KGM", "waste", origin="preConsumer")}, {"a": "4"}, co2="1")
    works.use({"a": "6"}, [works.out("left", "scrap", "6 KGM", "waste", origin="postConsumer")],
              evidence=[document("invoice")])
    for lot, retained in (("w", 0.4 * 5 + 1), ("left", 0.6 * 5)):
        proven = holds(memory, works.name(lot))
        assert (proven.claims.figure.footprint, proven.claims.share) == ("0.0", "0.0")
        assert float(proven.assessment.retained[CO2E]) == pytest.approx(retained, rel=1e-12)
        tree = tree_of(stated(memory, works.name(lot)))
        less = changed(changed(tree, ("inputs", 0, "quantity"), "1"), ("inputs", 0, "part"), "0.1")
        assert fails(signed(less)) == (6, "wrong-figure", f"claims.assessment.leaf.retained.{CO2E}")


def test_deliveries_declarations_and_what_goes_back(memory: MemoryLedger) -> None:
    """d 16 of 8 kg; 4 kg of it handed over with 2 kg of gas at 2: 8 + 4; 1 of these 4 kg goes back with 3."""
    works, other_ = Works(memory), Works(memory, "other")
    works.declared(works.out("d", "metal", "8 KGM"), burdens={CO2E: "16"}, primary_share="0.3")
    transfer = works.hand("d", "4", other_, "sent", transport=[gas("2")])
    other_.accept(transfer, received=quantity("3 KGM"), return_lot=other_.name("back"))
    found = [holds(memory, name) for name in (works.name("d"), works.name("sent"), other_.name("back"))]
    assert [float(one.claims.figure.footprint) for one in found] == [16.0, 12.0, 3.0]
    assert [one.claims.type for one in found] == ["declaration", "transfer", "acceptance"]
    assert [[put.part for put in one.claims.inputs] for one in found] == [[], ["0.5"], ["0.25"]]


def test_stock_in_pools(memory: MemoryLedger) -> None:
    """100 kg of 300; 40 of them drawn; 60 kg of 60 come in: 180 + 60. What is left goes in first."""
    yard = Yard(memory)
    yard.steel("a", "100", "300")
    yard.steel("b", "60", "60")
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.draw("heap", "40", "x")
    yard.add("heap", {"b": "60 KGM"})
    found = [holds(memory, yard.name(lot)) for lot in ("heap:1", "x", "heap:2")]
    assert [float(one.claims.figure.footprint) for one in found] == pytest.approx([300.0, 120.0, 240.0], rel=1e-12)
    assert [lot.lot for lot in found[2].inputs] == [yard.name("heap:1"), yard.name("b")]


def test_a_pool_that_is_averaged_over_a_period(memory: MemoryLedger) -> None:
    """100 kg of 100 and 100 kg of 300, 50 kg drawn between: 200 kg CO2e a generation of 100 kg, 300 one of 150."""
    works = Works(memory)
    works.mine("a", "100", co2="100")
    works.mine("b", "100", co2="300")
    works.pool(averaging="period")
    works.add({"a": "100"})
    works.run({"x": "50"}, {"pool": "50"})
    works.add({"b": "100"})
    works.close()
    found = [holds(memory, works.name(lot)) for lot in ("pool:1", "x", "pool:2")]
    assert [float(one.claims.figure.footprint) for one in found] == pytest.approx([200.0, 100.0, 300.0], rel=1e-12)
    assert [bool(one.assessment.averaged) for one in found] == [True, False, True]


def test_what_waits_for_a_closing(memory: MemoryLedger) -> None:
    """Provisional is what the record emitted, not what came in; where it states nothing, that is a gap."""
    works = Works(memory)
    works.mine("a", "10", co2="5")
    works.run({"h": "10"}, {"a": "10"}, co2="20", basis="provisional")
    works.mine("empty", "1", basis="provisional")
    for lot, burdens in (("h", {"provisionalAbs": "20.0"}), ("empty", {"unestimated": "1.0"})):
        tree = tree_of(stated(memory, works.name(lot)))
        assert burdens.items() <= tree["figure"]["burdens"].items()
        check_statement(signed(tree), VKEY)
        assert fails(signed(changed(tree, ("provisional",), REMOVED)))[:2] == (6, "wrong-figure")
    works.close(gas("4"))
    found = holds(memory, works.name("h"))
    assert "provisionalAbs" not in found.claims.figure.burdens
    assert found.claims.records[-1].reads is not None


# --- a log that lies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("where", "value", "code", "field"), [
    (("share",), "0.5", "wrong-figure", f"claims.figure.burdens.{CO2E}"),
    (("share",), "1.5", "wrong-share", "claims.share"),
    (("share",), "-0.5", "wrong-share", "claims.share"),
    (("share",), "0.70588235294117650", "wrong-share", "claims.share"),
    (("share",), "NaN", "not-a-number", "claims.share"),
    (("share",), "much", "not-a-number", "claims.share"),
    (("inputs", 0, "part"), "0.9", "wrong-part", "claims.inputs[0].part"),
    (("inputs", 0, "part"), "0.80", "wrong-part", "claims.inputs[0].part"),
    (("inputs", 0, "quantity"), "81", "wrong-part", "claims.inputs[0].part"),
    (("inputs", 0, "quantity"), "101", "wrong-part", "claims.inputs[0].quantity"),
    (("inputs", 0, "quantity"), "0", "wrong-part", "claims.inputs[0].quantity"),
    (("inputs", 0, "quantity"), "-80", "wrong-part", "claims.inputs[0].quantity"),
    (("inputs", 0, "quantity"), "Infinity", "not-a-number", "claims.inputs[0].quantity"),
    (("inputs", 1, "quantity"), "five", "not-a-number", "claims.inputs[1].quantity"),
    (("figure", "footprint"), "60.0", "wrong-figure", "claims.figure.footprint"),
    (("figure", "perUnit"), "1.0", "wrong-figure", "claims.figure.perUnit"),
    (("figure", "title"), "certified footprint", "wrong-figure", "claims.figure.title"),
    (("figure", "completeness"), "99.0 %", "wrong-figure", "claims.figure.completeness"),
    (("gwp",), "AR5", "unknown-method", "claims.method"),
    (("provisional",), True, "wrong-figure", "claims.figure.burdens.provisionalAbs"),
])
def test_what_does_not_give_the_figure(tree: Any, where: Path, value: object, code: str, field: str) -> None:
    assert fails(signed(changed(tree, where, value))) == (6, code, field)


def test_another_quantity_with_its_part(tree: Any) -> None:
    """What fits in itself does not give the figure."""
    tree["inputs"][0] |= {"quantity": "81", "part": "0.81"}
    assert fails(signed(tree))[:2] == (6, "wrong-figure")


def test_a_missing_input(tree: Any) -> None:
    """With its record and entry."""
    d = tree["inputs"].pop(1)["record"]
    tree["records"] = [one for one in tree["records"] if one["index"] != d]
    tree["entries"] = [one for one in tree["entries"] if one["index"] != d]
    assert fails(signed(tree))[:2] == (6, "wrong-figure")


def test_another_lot_in_the_place_of_an_input(works: Works, tree: Any) -> None:
    """One that is on the log, with its own figures and proof."""
    works_tree = tree_of(stated(works.ledger, works.name("d")))
    tree["inputs"][0] |= {"record": works_tree["record"], "shown": works_tree["result"], "quantity": "8"}
    tree["inputs"].pop(1)
    tree["records"].pop(0)
    tree["entries"].pop(0)
    assert fails(signed(tree))[:2] == (6, "wrong-figure")


def test_inputs_in_another_order_may_add_up_otherwise(memory: MemoryLedger) -> None:
    """0.1, 0.2 and 0.3: binary64 adds them to another last bit."""
    works = Works(memory)
    for lot, co2 in (("a", "0.1"), ("b", "0.2"), ("c", "0.3")):
        works.mine(lot, "1", co2=co2)
    works.run({"x": "3"}, {"a": "1", "b": "1", "c": "1"})
    tree = tree_of(stated(memory, works.name("x")))
    assert tree["figure"]["footprint"] == repr(0.1 + 0.2 + 0.3) != repr(0.3 + 0.2 + 0.1)
    tree["inputs"].reverse()
    assert fails(signed(tree))[:2] == (6, "wrong-figure")


def test_nothing_else_is_left_to_a_lying_log(tree: Any) -> None:
    """Every value, object and list is changed or left out, and the claims signed: what is not found is named above."""
    undetected = set()
    for where in paths(tree):
        for value in (other(at(tree, where)), REMOVED):
            claims = changed(tree, where, value)
            if claims == tree:
                continue
            step = step_of(signed(claims))
            if step is None:
                undetected.add(where)
            else:
                assert step in range(1, 7), where
    assert undetected == VOUCHED


# --- revisions -------------------------------------------------------------------------------------------------------


class Amended(Works):
    """b of half of a, 4 kg and 3 of its own, amended twice: a 4, 8, 6; b 5, 7, 6."""

    def __init__(self) -> None:
        super().__init__(MemoryLedger(registry()))
        a = self.mine("a", "10", co2="4")
        self.run({"b": "5"}, {"a": "5"}, co2="3")
        self.trees = [tree_of(stated(self.ledger, self.name("b")))]
        for co2 in ("8", "6"):
            self.amend(change(a, activity=Make(co2=co2)))
            self.trees.append(tree_of(stated(self.ledger, self.name("b"))))

    def now(self, old: Any) -> Any:
        """Earlier claims, proved in the tree as it is now."""
        new = self.trees[-1]
        return {**old, "size": new["size"], "root": new["root"], "checkpoint": new["checkpoint"], "entries": [
            {**one, "path": self.path(one["index"])} for one in old["entries"]]}

    def path(self, index: int) -> list[str]:
        hashes = [leaf_hash(entry) for entry in self.ledger.entries]
        return [base64.b64encode(node).decode() for node in inclusion_path(hashes, index)]


@pytest.fixture(scope="module")
def amended() -> Amended:
    return Amended()


def test_the_newest_revision_counts(amended: Amended) -> None:
    found = [check_statement(signed(tree), VKEY) for tree in amended.trees]
    assert [float(one.claims.figure.footprint) for one in found] == [5.0, 7.0, 6.0]
    assert [[one.revision is not None for one in proven.claims.records] for proven in found] == [
        [False, False], [True, True], [True, True]]


@pytest.mark.parametrize(("lot", "inputs"), [(0, 2), (2, 0), (1, 2), (2, 1), (0, 1)])
def test_figures_of_different_revisions_do_not_fit(amended: Amended, lot: int, inputs: int) -> None:
    """The lot as of one revision, what went in as of another: both are in the tree, and do not give the figure."""
    tree, from_ = amended.now(amended.trees[lot]), amended.now(amended.trees[inputs])
    mixed = {**tree, "inputs": from_["inputs"], "records": [from_["records"][0], tree["records"][1]]}
    entries = {one["index"]: one for one in (*tree["entries"], *from_["entries"])}
    wanted = {one["index"] for one in mixed["records"]} | {
        one["revision"]["by"] for one in mixed["records"] if "revision" in one}
    mixed["entries"] = [entries[index] for index in sorted(wanted)]
    assert fails(signed(mixed))[:2] == (6, "wrong-figure")


@pytest.mark.parametrize("old", [0, 1])
def test_an_older_state_is_what_the_signature_rules_out(amended: Amended, old: int) -> None:
    """No path shows that nothing came later. A statement of the newest tree with the figures of an older one is signed
    by no honest log; if the log signs it, there are two statements of one tree, and an audit says which one is true."""
    stale = amended.now(amended.trees[old])
    honest = signed(amended.trees[2])
    assert fails(Statement(statement=honest.statement, note=honest.note, claims=signed(stale).claims)) == (
        2, "wrong-claims", "claims")
    lie, truth = check_statement(signed(stale), VKEY), check_statement(honest, VKEY)
    assert (lie.checkpoint, lie.claims.lot) == (truth.checkpoint, truth.claims.lot)
    assert lie.claims.figure != truth.claims.figure


def test_it_counts_what_this_version_computes() -> None:
    """Another set of potentials or another method takes another verifier."""
    assert (METHOD, GWP) == ("cut-off/1", "AR6")


# How long a figure is valid, of what kind it is, and which changes end its validity.


@pytest.mark.parametrize(("end", "until"), [
    ("2025-04-01T00:00:00Z", "2028-04-01T00:00:00Z"), ("2024-02-29T12:00:00Z", "2027-02-28T12:00:00Z"),
    ("2025-02-28T23:59:59Z", "2028-02-28T23:59:59Z"),
])
def test_three_years_after_the_data(end: str, until: str) -> None:
    assert valid_until(end) == until


def day(number: int) -> str:
    return f"{datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"


def silo(days: int, most: int = 10_000) -> str | None:
    """The end of the data of a silo of 1000 t into which 5 t of the day come on each day, after as much went out."""
    sources = {0: DataSource(day(0), {})}
    for number in range(1, days + 1):
        before = 2 * number - 2
        sources[2 * number - 1] = DataSource(day(number), {})
        sources[2 * number] = DataSource(day(number), {before: 995.0, 2 * number - 1: 5.0})
    newest = sorted(sources, reverse=True)[:most]
    return data_end(2 * days, {index: sources[index] for index in newest})


def test_small_parts_add_up() -> None:
    """After k days 0.995^k of the silo is older than k days: less than a hundredth after 919."""
    assert (silo(300), silo(918), silo(3000)) == (day(0), day(0), day(3000 - 918))


def test_records_that_were_not_read_are_the_oldest() -> None:
    """Of 1000 records, 500 days; without all of the rest no end is too late."""
    assert (silo(3000, most=2000), silo(3000, most=1000)) == (day(3000 - 918), day(3000 - 499))
    assert data_end(7, {7: DataSource(None, {3: 1.0})}) is None


def test_the_oldest_hundredth_does_not_count() -> None:
    def mixed(old: float) -> str | None:
        return data_end(9, {9: DataSource(day(9), {1: old, 2: old, 3: 100.0 - 2 * old}), 1: DataSource(day(1), {}),
                            2: DataSource(day(2), {}), 3: DataSource(day(3), {})})

    assert (mixed(0.4), mixed(0.6), mixed(1.0)) == (day(3), day(2), day(1))


def test_what_comes_on_two_ways_counts_as_a_whole() -> None:
    """0.7 % of the old lot comes through each of two sales."""
    old, new = DataSource(day(1), {}), DataSource(day(5), {})
    sold = DataSource(day(6), {1: 1.0})
    assert data_end(9, {9: DataSource(day(9), {6: 0.7, 7: 0.7, 5: 98.6}), 6: sold, 7: sold, 5: new, 1: old}) == day(1)


@pytest.mark.parametrize(("record", "averaged", "kind"), [
    ("transformation", False, "lotFigure"), ("transfer", False, "lotFigure"), ("addition", False, "movingAverage"),
    ("addition", True, "periodAverage"),
])
def test_kinds_of_figures(record: str, averaged: bool, kind: str) -> None:
    assert figure_kind(record, averaged=averaged) == kind


@pytest.mark.parametrize(("before", "now", "change", "ends"), [
    (100.0, 100.0, 0.0, False), (100.0, 110.0, 0.1, False), (100.0, 111.0, 0.11, True), (100.0, 89.0, -0.11, True),
    (-10.0, -12.0, -0.2, True), (0.0, 0.0, 0.0, False), (0.0, 1.0, None, True), (2.0, 0.0, -1.0, True),
])
def test_a_change_above_ten_per_cent_ends_it(before: float, now: float, change: float | None, ends: bool) -> None:
    found = change_of(before, now)
    assert (found, is_above_limit(found)) == (None if change is None else pytest.approx(change), ends)
