"""Processes that ended before their inputs were made. Steel causes 2 kg CO2e per kg by default, from 1 kg on."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from msgspec import Raw, json
from support.memory import MemoryLedger
from support.raising import raised
from support.site import supply
from support.statements import VKEY, bodies_of, signed, stated, tree_of
from unit.engine.scrap import Works, document, registry

from ledger.client.verify.statement_bodies import Recomputed, recompute_from_bodies
from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Addition, Amendment, Closing, Pool, Reopening
from ledger.core.record.revisions import Change
from ledger.engine.batch import Sequenced
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement

LATE: Final = "input-later"
MARCH: Final[Any] = {"start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}


def works() -> Works:
    memory = MemoryLedger(registry())
    memory.activate_sets()
    mill = Works(memory, "mill")
    mill.product("power", "KWH")
    return mill


def billets(mill: Works, lot: str = "billet", co2: str = "110", **period: Any) -> str:
    """100 kg of clean steel, by default of March 2025: 1.1 kg per kg, which a document shows."""
    mill.declare(lot=mill.out(lot, "ingot", "100 KGM"), burdens={"fossilGhgEmissions": co2},
                 evidence=[document("productFootprint"), document("invoice")], **(period or MARCH))
    return lot


def rolled(mill: Works, inputs: Mapping[str, str], end: str, lot: str = "bar", **fields: Any) -> Sequenced:
    """Bars of these lots, up to that time."""
    return mill.run([mill.out(lot, "bar", fields.pop("made", "100 KGM"))], inputs,
                    **{"start": "2022-12-01T00:00:00Z", "end": end, **fields})


def findings(mill: Works, entry: Sequenced) -> list[Finding]:
    leaf = mill.ledger.assessment(entry.index)
    return [one for one in json.decode(leaf.assessment, type=Assessment).findings if one.code == LATE]


@pytest.mark.parametrize(("end", "question"), [
    ("2023-04-01T00:00:00Z", 90), ("2025-02-28T23:59:59Z", 90), ("2025-03-01T00:00:00Z", 0),
    ("2025-03-15T00:00:00Z", 0), ("2025-04-01T00:00:00Z", 0), ("2026-04-01T00:00:00Z", 0),
])
def test_old_bars_of_new_billets_count_by_the_default(end: str, question: float) -> None:
    mill = works()
    entry = rolled(mill, {billets(mill): "100 KGM"}, end)
    assert mill.asked("bar") == pytest.approx(question)
    assert [one.taken for one in findings(mill, entry)] == ([0] if question else [])


def test_the_finding_names_the_lot_and_both_times() -> None:
    mill = works()
    (finding,) = findings(mill, rolled(mill, {billets(mill): "100 KGM"}, "2023-04-01T00:00:00Z"))
    assert (finding.severity, finding.amount) == ("warning", None)
    for part in (mill.name("billet"), MARCH["start"], "2023-04-01T00:00:00Z"):
        assert part in finding.message


def test_a_buyer_of_new_billets_has_old_bars_neither() -> None:
    """The sale is dated before the lot was made, which makes it no older."""
    mill = works()
    buyer = Works(mill.ledger, "buyer")
    held = buyer.bought(mill, billets(mill), "100 KGM", "2023-01-01T00:00:00Z")
    rolled(buyer, {held: "100 KGM"}, "2023-04-01T00:00:00Z")
    assert buyer.asked("bar") == pytest.approx(90)


@pytest.mark.parametrize(("time", "early"), [
    ("2019-01-01T00:00:00Z", True), ("2025-02-28T23:59:59Z", True), ("2025-03-01T00:00:00Z", False),
    ("2025-04-02T00:00:00Z", False),
])
def test_a_sale_before_the_goods_were_made_is_a_finding(time: str, early: bool) -> None:
    """It would fall into a wrong period of the buyer. Nothing is questioned: the figure goes with the lot."""
    mill = works()
    held = Works(mill.ledger, "buyer").bought(mill, billets(mill), "100 KGM", time)
    leaf = mill.ledger.assessment(mill.ledger.state.size - 1)
    found = [one for one in json.decode(leaf.assessment, type=Assessment).findings if one.code == "transfer-earlier"]
    assert [(one.taken, one.severity, one.amount) for one in found] == ([(0, "warning", None)] if early else [])
    assert all(part in one.message for one in found for part in (mill.name("billet"), MARCH["start"], time))
    assert mill.ledger.burdens(held)[QUESTIONED] == 0


@pytest.mark.parametrize(("late", "question"), [("40 KGM", 90), ("5 KGM", 90), ("4.9 KGM", 0)])
def test_a_twentieth_of_the_mass_matters(late: str, question: float) -> None:
    """Below that the finding stands alone."""
    mill = works()
    billets(mill, "old", start="2022-11-01T00:00:00Z", end="2022-12-01T00:00:00Z")
    rest = f"{100 - float(late.split()[0]):g} KGM"
    entry = rolled(mill, {"old": rest, billets(mill): late}, "2023-04-01T00:00:00Z")
    assert (mill.asked("bar"), [one.taken for one in findings(mill, entry)]) == (pytest.approx(question), [1])


def test_supplies_count_as_mass_too() -> None:
    mill = works()
    rolled(mill, {billets(mill): "4 KGM"}, "2023-04-01T00:00:00Z", supplies=[supply("steel", "96 KGM", factor=None)])
    assert mill.asked("bar") == 0


def test_dirty_input_leaves_no_question() -> None:
    mill = works()
    entry = rolled(mill, {billets(mill, co2="200"): "100 KGM"}, "2023-04-01T00:00:00Z")
    assert (mill.asked("bar"), len(findings(mill, entry))) == (0, 1)


def test_power_of_next_year_matters_whatever_it_weighs() -> None:
    mill = works()
    mill.declare(lot=mill.out("wind", "power", "100 KWH"), burdens={"fossilGhgEmissions": "1"},
                 evidence=[document("productFootprint")], **MARCH)
    billets(mill, "old", start="2022-11-01T00:00:00Z", end="2022-12-01T00:00:00Z")
    entry = rolled(mill, {"old": "100 KGM", "wind": "100 KWH"}, "2023-04-01T00:00:00Z")
    # 50 kg of the grid are in the figure.
    assert (mill.asked("bar"), [one.taken for one in findings(mill, entry)]) == (pytest.approx(40), [1])


def test_a_declaration_for_a_year_serves_every_month_of_it() -> None:
    mill = works()
    billets(mill, start="2025-01-01T00:00:00Z", end="2026-01-01T00:00:00Z")
    assert findings(mill, rolled(mill, {"billet": "50 KGM"}, "2025-02-01T00:00:00Z", made="50 KGM")) == []
    assert findings(mill, rolled(mill, {"billet": "50 KGM"}, "2024-12-31T00:00:00Z", "older", made="50 KGM")) != []


@pytest.mark.parametrize(("end", "late"), [("2024-02-01T00:00:00Z", True), ("2024-03-01T00:00:00Z", False)])
def test_a_pool_is_late_after_a_further_year(end: str, late: bool) -> None:
    """Reopened months take from the newest stock."""
    mill = works()
    mill._post(Pool(issuer=mill.id, nonce=mill.ledger.nonce(), id=mill.name("heap"), facility=mill.facility,
                    product=mill.name("ingot")))
    mill._post(Addition(issuer=mill.id, nonce=mill.ledger.nonce(), pool=mill.name("heap"),
                        inputs=mill.flows({billets(mill): "100 KGM"}), time=MARCH["end"]))
    assert bool(findings(mill, rolled(mill, {"heap:1": "100 KGM"}, end))) == late


def test_a_closed_and_reopened_month_sees_nothing() -> None:
    """Provisional records of March, of billets of March; the closing comes in April, a reopening in June."""
    mill = works()
    billets(mill)
    half: Any = {"basis": "provisional", "made": "50 KGM"}
    entry = rolled(mill, {"billet": "50 KGM"}, MARCH["end"], start=MARCH["start"], **half)
    measured = [supply("electricity", "100 KWH")]
    closing = Closing(issuer=mill.id, nonce=mill.ledger.nonce(), facility=mill.facility, measured=measured, **MARCH)
    mill._post(closing)
    mill._post(Reopening(issuer=mill.id, nonce=mill.ledger.nonce(), closing=mill.ledger.digests[-1].hex(),
                         reason="a late bill"))
    late = rolled(mill, {"billet": "50 KGM"}, MARCH["end"], "more", start=MARCH["start"], **half)
    mill._post(Closing(issuer=mill.id, nonce=mill.ledger.nonce(), facility=mill.facility, measured=measured, **MARCH))
    assert findings(mill, entry) == findings(mill, late) == []


def amended(mill: Works, entry: Sequenced, **fields: Any) -> None:
    changed = {name: Raw(json.encode(value)) for name, value in fields.items()}
    mill._post(Amendment(issuer=mill.id, nonce=mill.ledger.nonce(), reason="a slip",
                         changes=[Change(record=entry.digest.hex(), fields=changed)]))


def test_an_amendment_of_the_process_answers_it_and_one_of_the_input_does_not() -> None:
    mill = works()
    billet = mill.declare(lot=mill.out("billet", "ingot", "100 KGM"), burdens={"fossilGhgEmissions": "110"},
                          evidence=[document("productFootprint")], **MARCH)
    entry = rolled(mill, {"billet": "100 KGM"}, "2023-04-01T00:00:00Z")
    amended(mill, billet, start="2022-03-01T00:00:00Z", end="2022-04-01T00:00:00Z")
    amended(mill, entry, evidence=[document("rollingLog")])
    assert mill.asked("bar") == pytest.approx(90)
    amended(mill, entry, start=MARCH["start"], end="2025-05-01T00:00:00Z")
    assert (mill.asked("bar"), findings(mill, entry)) == (0, [])
    amended(mill, entry, start="2022-12-01T00:00:00Z", end="2023-04-01T00:00:00Z")
    assert mill.asked("bar") == pytest.approx(90)


@pytest.mark.parametrize("ended", [False, True], ids=["late input", "unused good"])
def test_a_statement_shows_the_dates_of_the_inputs(ended: bool) -> None:
    """With other dates, the verifier finds another assessment than the committed one."""
    mill = works()
    billets(mill)
    if ended:
        mill.end({"billet": "100 KGM"}, MARCH["end"],
                 [mill.out("scrap", "swarf", "100 KGM", "waste", origin="postConsumer")], "disposed")
    else:
        rolled(mill, {"billet": "100 KGM"}, "2023-04-01T00:00:00Z")
    tree = tree_of(stated(mill.ledger, mill.name("scrap" if ended else "bar")))
    assert verified(mill, tree) == Recomputed(results=True, assessment=True)
    field = "since" if ended else "made"
    facts = tree["inputs"][0]["facts"]
    assert facts[field] == MARCH["end" if ended else "start"]
    facts[field] = "2020-01-01T00:00:00Z"
    assert raised(VerificationError, verified, mill, tree).code == "wrong-assessment"


def verified(mill: Works, tree: Any) -> Recomputed:
    bodies = bodies_of(mill.ledger)
    proven = check_statement(signed(tree), VKEY)
    return recompute_from_bodies(proven, lambda _, reads: bodies.get(reads), mill.ledger.registry)
