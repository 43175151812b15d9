"""Step 7 of a statement: with the bodies, all of it is done again and comes out the same; or it is said what is not."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from support.histories import History
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make, registry
from support.site import ore, quantity
from support.statements import REMOVED, VKEY, Path, bodies_of, changed, signed, stated, tree_of
from unit.engine.works import Works, change, gas
from unit.footprint.yard import Yard

from ledger.client.verify.statement_bodies import Recomputed, recompute_from_bodies
from ledger.core.record import canonical
from ledger.core.record.values import Factor
from ledger.engine.sectors import Installed, Registry
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement
from ledger.footprint.derived.validity import valid_until
from ledger.sdk import Assessment, Line

CO2E = "fossilGhgEmissions"
DONE = Recomputed(results=True, assessment=True)


def again(memory: MemoryLedger, tree: Any, without: str | None = None, sectors: Registry | None = None) -> Recomputed:
    """Done again with all bodies there are, but for one."""
    bodies = bodies_of(memory)
    bodies.pop(without or "", None)
    proven = check_statement(signed(tree), VKEY)
    return recompute_from_bodies(proven, lambda _, reads: bodies.get(reads), sectors or memory.registry)


def fails(memory: MemoryLedger, tree: Any, sectors: Registry | None = None) -> tuple[str, str | None]:
    """Code and field of what does not hold in step 7, where the steps before hold."""
    error = raised(VerificationError, again, memory, tree, sectors=sectors)
    assert error.message.startswith("7. "), error.message
    return error.code, error.field


@pytest.fixture
def memory() -> MemoryLedger:
    return MemoryLedger(registry())


@pytest.fixture
def works(memory: MemoryLedger) -> Works:
    """b and b2 by declared shares, of 80 kg of a with 50 kg CO2e, of 5 kg of d that is without burden, and of gas."""
    found = Works(memory)
    found.mine("a", "100", co2="50")
    found.mine("d", "10")
    found.run({
        "b": found.out("b", "metal", "60 KGM", share="0.75"), "b2": found.out("b2", "part", "20 KGM", share="0.25"),
    }, {"a": "80", "d": "5"}, [gas("3")], co2="10", allocation="declared")
    return found


@pytest.fixture
def tree(works: Works) -> Any:
    return tree_of(stated(works.ledger, works.name("b")))


# --- what comes out again --------------------------------------------------------------------------------------------


def test_all_of_it_comes_out_again(works: Works, tree: Any) -> None:
    """0.75 * (10 + 3 * 2 + 0.8 * 50)."""
    assert (tree["figure"]["footprint"], again(works.ledger, tree)) == (repr(0.75 * (16 + 0.8 * 50)), DONE)


def test_every_lot_of_histories() -> None:
    """Random ones with pools, closings, deliveries, credits, cores and amendments."""
    types = set()
    for seed in (3, 4, 6):
        told = History(MemoryLedger(registry(), seed=seed), random.Random(seed))
        for _ in range(80):
            told.step()
        memory = told.memory
        for index in memory.history.prepared:
            for lot in memory.history.made[index]:
                tree = tree_of(stated(memory, lot))
                assert again(memory, tree) == DONE, (seed, lot)
                types.add(tree["type"])
    assert types == {"transformation", "transfer", "addition", "declaration", "acceptance", "consumption"}


def test_an_amended_record_is_done_again_as_it_reads_now(works: Works) -> None:
    """The body that was posted is not the one that counts."""
    works.amend(change(works.mine("x", "10", co2="5"), activity=Make(co2="7")))
    tree = tree_of(stated(works.ledger, works.name("x")))
    (record,) = tree["records"]
    assert record["reads"] != tree["digest"]
    assert (again(works.ledger, tree), again(works.ledger, tree, without=tree["digest"])) == (DONE, DONE)
    assert again(works.ledger, tree, without=record["reads"]).notes == (
        f"not recomputed: the body {record['reads']} is not at hand",)
    assert fails(works.ledger, changed(tree, ("records", 0, "reads"), REMOVED)) == (
        "wrong-assessment", "claims.assessment")


def test_a_closed_record_is_done_again_as_it_reads_now(works: Works) -> None:
    annex = works.another_facility("annex")
    works.mine("x", "10", co2="5", basis="provisional", facility=annex)
    works.close(gas("4"), facility=annex)
    tree = tree_of(stated(works.ledger, works.name("x")))
    assert (tree["figure"]["footprint"], again(works.ledger, tree)) == ("13.0", DONE)


def test_pools_and_what_is_booked_of_them(memory: MemoryLedger) -> None:
    """A lot of credits; a pool that was emptied, and one that begins; a lot that is drawn by the pool's name."""
    yard = Yard(memory)
    yard.collected("s", "60", materials={"steel": "1"})
    yard.make([yard.out("a", "steel", "60 KGM")], {"s": "60 KGM"}, activity=Make(co2="60"))
    yard.steel("b", "40", "40")
    yard.pool("heap", custody="massBalance", attribute="recycledPostConsumer:steel", balance_months=3, conversion="0.8")
    yard.add("heap", {"a": "60 KGM"}, credit_lot=yard.name("c"), credits=quantity("40 KGM"))
    yard.draw("heap", "60", "x")
    yard.add("heap", {"b": "40 KGM"})
    for lot in ("s", "a", "heap:1", "c", "x", "heap:2"):
        assert again(memory, tree_of(stated(memory, yard.name(lot)))) == DONE, lot


def test_an_averaged_pool(works: Works) -> None:
    works.pool(averaging="period")
    works.mine("e", "5", co2="40")
    works.add({"a": "20"})
    works.add({"e": "5"})
    works.close()
    tree = tree_of(stated(works.ledger, works.name("pool:2")))
    assert tree["assessment"]["leaf"]["averaged"][CO2E]
    assert again(works.ledger, tree) == DONE


def test_compositions_items_and_waste_of_its_own(memory: MemoryLedger) -> None:
    """What a lot declares of itself, a serial, and waste that goes back where it came from, which is no recycled
    content."""
    works = Works(memory)
    works.product("steel", materials={"steel": "0.9"}, elements={"Cu": "0.001"})
    works.run({"x": works.out("x", "steel", "8 KGM", materials={"steel": "0.7"}, item=works.name("serial")),
               "w": works.out("w", "scrap", "2 KGM", "waste", origin="preConsumer", materials={"steel": "1"})},
              supplies=[ore("10 KGM")], co2="5")
    works.run({"y": works.out("y", "steel", "8 KGM")}, {"x": "7", "w": "1"}, co2="1")
    tree = tree_of(stated(memory, works.name("y")))
    assert [one["facts"].get("sameMaker") for one in tree["inputs"]] == [True, True]
    assert "recycledPreConsumer:steel" not in tree["figure"]["contents"]
    assert again(memory, tree) == DONE
    lie = changed(tree, ("inputs", 1, "facts", "sameMaker"), False)
    assert fails(memory, lie) == ("wrong-outcome", "claims.result")


def test_a_supply_that_names_a_declaration(works: Works) -> None:
    """The declaration's body is one of those that are named."""
    declaration = works.declare(per=quantity("1 KGM"), burdens={CO2E: "1.5"})
    works.run({"x": "4"}, supplies=[replace(gas("4"), factor=None, declaration=declaration.digest.hex())])
    tree = tree_of(stated(works.ledger, works.name("x")))
    assert declaration.digest.hex() in tree["named"]
    assert (tree["figure"]["footprint"], again(works.ledger, tree)) == ("6.0", DONE)


# --- what is not done again, and says so -----------------------------------------------------------------------------


def test_without_a_body(works: Works, tree: Any) -> None:
    """The record's own, or one that it names: nothing is claimed to have been done."""
    for digest in (tree["digest"], *tree["named"]):
        found = again(works.ledger, tree, without=digest)
        assert found == Recomputed(False, False, (f"not recomputed: the body {digest} is not at hand",))


def other_version(memory: MemoryLedger, **changes: Any) -> Registry:
    """The sector as somebody else has it."""
    (one,) = memory.registry.sectors.values()
    return Registry([replace(one, **changes)])


@pytest.mark.parametrize("change_", [
    lambda memory: Registry(), lambda memory: other_version(memory, digest="0" * 64),
    lambda memory: other_version(memory, sector=replace(memory.registry.sector("works").sector, version="2.0.0")),
])
def test_without_that_plugin_version(
    works: Works, tree: Any, change_: Callable[[MemoryLedger], Registry]
) -> None:
    """The committed assessment is taken; parts, share, contents and results are done again all the same."""
    found = again(works.ledger, tree, sectors=change_(works.ledger))
    assert (found.results, found.assessment) == (True, False)
    (note,) = found.notes
    assert note.startswith("not recomputed: the assessment by plugin works/1.0.0, ")
    assert tree["pluginDigest"] in note


# --- what does not come out ------------------------------------------------------------------------------------------


def test_a_plugin_that_says_something_else(works: Works, tree: Any) -> None:
    """With the very digest: whoever assessed the record did not do it with this code."""
    (one,) = works.ledger.registry.sectors.values()
    line = Line(gas="CO2", amount=Decimal(9), source="site", kind="onSite")
    routes = {name: replace(route, assess=lambda _, __: Assessment(lines=(line,)))
              for name, route in one.sector.routes.items()}
    sectors = Registry([Installed(replace(one.sector, routes=routes), one.digest, one.distribution)])
    assert fails(works.ledger, tree, sectors) == ("wrong-assessment", "claims.assessment")


@pytest.mark.parametrize(("where", "value", "code", "field"), [
    (("type",), "transfer", "wrong-record", "claims.type"),
    (("inputs", 1, "facts", "mass"), "6000", None, None),
    (("inputs", 1, "facts", "mass"), "heavy", "not-recomputable", "claims.record"),
    (("inputs", 1, "facts", "composition"), {"materials": {"gold": "1"}}, None, None),
    (("named",), REMOVED, "not-recomputable", "claims.record"),
    (("named", 1), REMOVED, "not-recomputable", "claims.record"),
])
def test_what_a_lying_log_says_of_what_no_tree_shows(
    works: Works, tree: Any, where: Path, value: object, code: str | None, field: str | None
) -> None:
    """It passes steps 1 to 6. What changes nothing that was committed is nobody's harm: this sector does not look at
    what a lot weighs and consists of, and contents come of what the log committed to."""
    lie = changed(tree, where, value)
    if code is None:
        assert again(works.ledger, lie) == DONE
    else:
        assert fails(works.ledger, lie) == (code, field)


def test_an_input_without_burden(works: Works, tree: Any) -> None:
    """It is in no figure, so it may be missing, or be more, in what a lying log signs: not in what the body says."""
    assert tree["inputs"][1]["shown"]["leaf"].get("burdens", {}) == {}
    more = changed(changed(tree, ("inputs", 1, "quantity"), "10"), ("inputs", 1, "part"), "1.0")
    assert fails(works.ledger, more) == ("wrong-part", "claims.inputs[1].quantity")
    gone = changed(tree, ("inputs", 1), REMOVED)
    index = tree["inputs"][1]["record"]
    for name in ("records", "entries"):
        gone[name] = [one for one in gone[name] if one["index"] != index]
    assert fails(works.ledger, gone) == ("wrong-input", "claims.inputs")


def test_another_input_without_burden(memory: MemoryLedger) -> None:
    """In the place of the one that the body names."""
    works = Works(memory)
    works.mine("d", "10")
    works.mine("d2", "10")
    works.run({"x": "5"}, {"d": "5"}, co2="4")
    tree, other = (tree_of(stated(memory, works.name(lot))) for lot in ("x", "d2"))
    tree["inputs"][0] |= {"record": other["record"], "shown": other["result"]}
    tree["records"][0], tree["entries"][0] = other["records"][0], other["entries"][0]
    assert fails(memory, tree) == ("wrong-input", "claims.inputs[0].shown")


@pytest.mark.parametrize("mass", ["6", REMOVED])
def test_what_is_handed_on_weighs_what_it_did(works: Works, mass: object) -> None:
    """A lot that is handed over, or goes into a pool, has its mass of the lot that it was."""
    works.hand("a", "10", Works(works.ledger, "other"), "sent")
    works.pool()
    works.add({"a": "10"})
    for lot in ("sent", "pool:1"):
        lie = changed(tree_of(stated(works.ledger, works.name(lot))), ("inputs", 0, "facts", "mass"), mass)
        if lot == "sent":
            assert fails(works.ledger, lie) == ("wrong-outcome", "claims.result")
        else:
            # What is counted in kg weighs what it counts.
            assert again(works.ledger, lie) == DONE


def test_a_share_of_nothing(memory: MemoryLedger) -> None:
    """Where there is no burden at all, any share gives the figure; the body says which one it is."""
    works = Works(memory)
    works.run({"x": "30", "y": "10"}, supplies=[ore("40 KGM")])
    tree = tree_of(stated(memory, works.name("x")))
    assert tree["share"] == "0.75"
    assert fails(memory, changed(tree, ("share",), "0.5")) == ("wrong-share", "claims.share")


def test_a_provisional_record_without_burden_of_its_own(memory: MemoryLedger) -> None:
    works = Works(memory)
    works.run({"w": works.out("w", "scrap", "4 KGM", "waste", origin="preConsumer")}, supplies=[ore("4 KGM")])
    tree = tree_of(stated(memory, works.name("w")))
    assert fails(memory, changed(tree, ("provisional",), True)) == ("wrong-record", "claims.type")


def test_bodies_that_are_not_those(works: Works, tree: Any) -> None:
    """Whoever gives bodies may give others: their digests say so. A named one must be of a record."""
    proven = check_statement(signed(tree), VKEY)
    bodies = bodies_of(works.ledger)

    def given(digest: str) -> tuple[str, str | None]:
        error = raised(
            VerificationError, recompute_from_bodies, proven,
            lambda _, reads: b"{}" if reads == digest else bodies.get(reads), works.ledger.registry,
        )
        assert error.message.startswith("7. ")
        return error.code, error.field

    assert given(tree["digest"]) == ("wrong-body", "claims.digest")
    for i, digest in enumerate(tree["named"]):
        assert given(digest) == ("wrong-body", f"claims.named[{i}]")
    none = canonical.digest(b"{}").hex()
    lie = check_statement(signed(changed(tree, ("named", 0), none)), VKEY)
    error = raised(
        VerificationError, recompute_from_bodies, lie, lambda _, reads: b"{}" if reads == none else bodies.get(reads),
        works.ledger.registry,
    )
    assert (error.code, error.field) == ("wrong-body", "claims.named[0]")


def test_the_body_of_another_record(works: Works, tree: Any) -> None:
    """A log that says that the record reads like another one now."""
    lie = changed(tree, ("records", 2, "reads"), tree_of(stated(works.ledger, works.name("a")))["digest"])
    assert fails(works.ledger, lie) == ("wrong-input", "claims.inputs")


def test_factors_are_of_the_body(works: Works) -> None:
    """Gas at 2.5 instead of 2 kg a kg would have been another assessment."""
    record = works.ledger.records[works.run({"x": "4"}, supplies=[gas("4")]).index]
    factor = Factor(value="2.5", unit="KGM", source="measured", year=2025, boundary="cradleToGate")
    other = canonical.encode(replace(record, supplies=[replace(gas("4"), factor=factor)]))
    tree = tree_of(stated(works.ledger, works.name("x")))
    lie = check_statement(signed(changed(tree, ("records", 0, "reads"), canonical.digest(other).hex())), VKEY)
    bodies = {**bodies_of(works.ledger), canonical.digest(other).hex(): other}
    error = raised(
        VerificationError, recompute_from_bodies, lie, lambda _, reads: bodies.get(reads), works.ledger.registry
    )
    assert (error.code, error.field) == ("wrong-assessment", "claims.assessment")


def test_the_end_of_the_data_is_of_the_body(works: Works, tree: Any) -> None:
    assert (tree["dataEnd"], again(works.ledger, tree)) == (works.ledger.records[tree["record"]].end, DONE)
    later = "2026-01-01T00:00:00Z"
    lie = changed(changed(tree, ("dataEnd",), later), ("validUntil",), valid_until(later))
    assert fails(works.ledger, lie) == ("wrong-validity", "claims.dataEnd")
    silent = changed(changed(tree, ("dataEnd",), REMOVED), ("validUntil",), REMOVED)
    assert fails(works.ledger, silent) == ("wrong-validity", "claims.dataEnd")
