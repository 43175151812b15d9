"""Closings by the rules of version 4: a total is of all records of the period, also of those that were posted as final.

Steel has 3 kg CO2e per kg in the test set; `lacking` is what a record lacks of its share by the key.
"""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from support import factor_sets
from support.memory import MemoryLedger
from support.sectors import MAKE, NAME
from support.site import ore, quantity, supply
from unit.engine.works import APRIL, MARCH, Works, change, check_conserved, day, gas, refused

from ledger.core.record.kinds import Closing
from ledger.core.record.values import Supply
from ledger.engine.batch import Sequenced
from ledger.engine.revision.changes import closed
from ledger.footprint.derived.findings import StatedFinding, findings_in
from ledger.footprint.stored.burdens import footprint


@pytest.fixture
def works() -> Works:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return Works(memory)


def run(
    works: Works, lot: str, kilograms: str, *supplies: Supply, basis: str = "provisional", hours: int = 8,
    inputs: Any = None, **fields: Any,
) -> Sequenced:
    return works.run({lot: kilograms}, inputs, [*([] if inputs else [ore(f"{kilograms} KGM")]), *supplies],
                     **{"basis": basis, "start": day(2), "end": day(2, hours), **fields})


def steel(amount: str) -> Supply:
    return supply("steel", f"{amount} KGM")


def kilograms(works: Works, lots: Iterable[str]) -> list[float]:
    return [round(footprint(works.ledger.figures[works.name(lot)].burdens), 9) for lot in lots]


def findings(works: Works, closing: Sequenced) -> dict[str, StatedFinding]:
    return {one.code: one for one in findings_in(closing.index, works.ledger.leaves[closing.index][0]).findings}


def kept(works: Works, closing: Sequenced) -> float:
    """Kg CO2e that stay with a closing."""
    return works.ledger.retained(closing.index).get("fossilGhgEmissions", 0.0)


def test_a_gram_does_not_take_the_bill(works: Works) -> None:
    """1,000 kg are measured. The final lot of 999.999 kg stated 1 kg of its share of 999.999 kg, so it lacks 998.999;
    the gram lacks 0.001. Of the other 999 kg, each gets what it lacks."""
    run(works, "a", "999.999", steel("1"), basis="final")
    gram = run(works, "b", "0.001")
    closing = works.close(steel("1000"))
    assert (works.stated(gram, "steel"), kilograms(works, "ab")) == (["0.001"], [3.0, 0.003])
    assert kept(works, closing) == pytest.approx(3 * 998.999, abs=1e-9)
    told = findings(works, closing)
    assert told["total-on-final-records"].value == 998.999
    assert told["total-on-final-records"].amount == pytest.approx(3 * 998.999)
    assert told["total-on-final-records"].unit == "KGM"
    assert (told["final-records-counted"].value, told["final-records-counted"].severity) == (1.0, "note")
    check_conserved(works)


def test_a_final_record_with_readings_of_its_own_leaves_the_rest(works: Works) -> None:
    """Two lots of 100 kg; 1,000 kg are measured. The final one stated 600, more than its share of 500: it lacks
    nothing, and the provisional one gets all of the other 400."""
    run(works, "a", "100", steel("600"), basis="final")
    run(works, "b", "100")
    closing = works.close(steel("1000"))
    assert (kilograms(works, "ab"), kept(works, closing)) == ([1800.0, 1200.0], 0.0)
    assert list(findings(works, closing)) == ["final-records-counted"]


def test_what_each_lacks_divides_the_rest(works: Works) -> None:
    """Three lots of 100 kg, 1,200 kg measured: shares of 400. The final ones stated 700 and 100, so the second lacks
    300; the provisional one stated nothing and lacks 400. R = 400: 400 * 300/700 = 171.428571429 stay."""
    run(works, "a", "100", steel("700"), basis="final")
    run(works, "b", "100", steel("100"), basis="final")
    last = run(works, "c", "100")
    closing = works.close(steel("1200"))
    assert works.stated(last, "steel") == ["228.571428571"]
    assert findings(works, closing)["total-on-final-records"].value == 171.428571429
    check_conserved(works)


def test_each_final_record_is_named_with_its_part(works: Works) -> None:
    """Three lots, 1,200 kg measured. The first lacks nothing, the second 300 of its share, the third, of twice the
    mass, 800: of the part that stays, 900, they get three and eight elevenths."""
    run(works, "a", "100", steel("300"), basis="final")
    run(works, "b", "100", basis="final")
    run(works, "c", "200", basis="final")
    closing = works.close(steel("1200"))
    told = findings_in(closing.index, works.ledger.leaves[closing.index][0]).findings
    notes = [one for one in told if one.code == "final-record-lacks"]
    assert [(one.value, one.unit, one.severity, one.amount) for one in notes] == [
        (pytest.approx(1800), "KGM", "note", None), (pytest.approx(900), "KGM", "note", None)]
    assert notes[0].message == (f"the final record of {works.name('c')}: 600 KGM of steel fall on it by mass: figures "
                                "too low by 1800 kg CO2e")
    (whole,) = [one for one in told if one.code == "total-on-final-records"]
    assert whole.amount == pytest.approx(2700)
    assert works.ledger.retained(closing.index)["questionedAbs"] == pytest.approx(2700)


def test_the_hundred_largest_are_named_and_the_others_together(works: Works) -> None:
    for number in range(102):
        run(works, f"lot{number}", str(100 + number), basis="final")
    closing = works.close(steel("15351"))  # nobody states steel, so it falls on all by their mass
    told = findings_in(closing.index, works.ledger.leaves[closing.index][0]).findings
    notes = [one for one in told if one.code == "final-record-lacks"]
    assert len(notes) == 101
    assert works.name("lot101") in notes[0].message
    assert notes[-1].message.startswith("2 more final records: 201 KGM of steel")
    assert sum(one.value or 0 for one in notes) == pytest.approx(3 * 15351)


def test_a_final_record_that_lacks_nothing_is_not_named(works: Works) -> None:
    run(works, "a", "100", steel("600"), basis="final")
    run(works, "b", "100", steel("100"), basis="final")
    closing = works.close(steel("1000"))
    told = findings_in(closing.index, works.ledger.leaves[closing.index][0]).findings
    assert [works.name("b") in one.message for one in told if one.code == "final-record-lacks"] == [True]


def test_only_the_facility_the_period_and_the_processes_count(works: Works) -> None:
    other = works.another_facility("elsewhere")
    run(works, "a", "100", basis="final", start=day(2), end="2025-04-02T00:00:00Z")
    run(works, "d", "100", basis="final", facility=other)
    run(works, "e", "100", basis="final")
    waiting = run(works, "b", "100")
    works.reopen(works.close(steel("10"), processes=[MAKE]))
    assert works.stated(waiting, "steel") == ["5"]
    refused(works, lambda: works.close(steel("10"), processes=["test.other"]), "nothing-to-close", "measured")


def test_with_final_records_alone_all_of_it_is_named(works: Works) -> None:
    """Before, a period without provisional records took no totals."""
    run(works, "a", "100", steel("10"), basis="final")
    closing = works.close(steel("25"))
    assert (kilograms(works, "a"), kept(works, closing)) == ([30.0], 45.0)
    assert findings(works, closing)["total-on-final-records"].value == 15.0


def test_no_record_at_all(works: Works) -> None:
    refused(works, lambda: works.close(steel("25"), period=APRIL), "nothing-to-close", "measured")


def test_final_records_above_the_total_reduce_nothing(works: Works) -> None:
    """10 kg were measured; the final record alone says 30. What the provisional one stated stays, and a note says by
    how much the records exceed the total."""
    run(works, "a", "100", steel("30"), basis="final")
    waiting = run(works, "b", "100", steel("4"))
    closing = works.close(steel("10"))
    assert works.stated(waiting, "steel") == ["4"]
    told = findings(works, closing)
    assert (told["records-above-total"].value, told["records-above-total"].severity) == (24.0, "note")
    assert "total-on-final-records" not in told


def test_a_total_below_what_the_provisional_ones_stated_reduces_them(works: Works) -> None:
    run(works, "a", "100", steel("1"), basis="final")
    waiting = [run(works, "b", "100", steel("10")), run(works, "c", "100", steel("10"))]
    works.close(steel("12"))
    assert [works.stated(one, "steel") for one in waiting] == [["6"], ["6"]]


def test_by_hours(works: Works) -> None:
    """8 hours of a final record, 2 of the provisional one: 80 and 20 of 100 kg."""
    run(works, "a", "1", basis="final", hours=8)
    waiting = run(works, "b", "1000", hours=2)
    closing = works.close(steel("100"), spread="hours")
    assert (works.stated(waiting, "steel"), findings(works, closing)["total-on-final-records"].value) == (["20"], 80.0)


def test_by_stated_amounts_to_state_nothing_is_no_way_out(works: Works) -> None:
    """The final lot of 900 kg stated nothing; the provisional one stated 1 kg for 100 kg. Of the same process, the
    final one weighs 9: of 100 kg its share is 90. R = 99, lacking 90 and 9: 90 stay, the lot gets 9 more."""
    run(works, "a", "900", basis="final")
    waiting = run(works, "b", "100", steel("1"))
    closing = works.close(steel("100"), spread="stated")
    assert works.stated(waiting, "steel") == ["1", "9"]
    assert findings(works, closing)["total-on-final-records"].value == 90.0


@pytest.mark.parametrize(("stating", "process"), [
    (["1", None, None], MAKE), (["1", None, "1"], MAKE), (["1", None, None], f"{NAME}.bind")])
def test_by_stated_amounts_no_provisional_record_escapes(
    works: Works, stating: list[str | None], process: str
) -> None:
    """One final gram states 1 kg, of the same process or of another, and a month stays provisional without: nobody
    would carry the meter."""
    gram, *month = [[steel(amount)] if amount else [] for amount in stating]
    source = ore("0.001 KGM") if process == MAKE else supply("water", "0.001 KGM", origin="nature")
    works.run({"a": "0.001"}, supplies=[source, *gram], start=day(2), end=day(3), process=process)
    for lot, own in zip("bc", month, strict=True):
        run(works, lot, "100", *own)
    assert "state no steel" in refused(works, lambda: works.close(steel("100"), spread="stated"), "zero-weights",
                                       "spread", "stated", says=f"the first makes {works.name('b')}").message
    works.close(steel("100"))


def test_by_stated_amounts_without_a_rest_nothing_is_refused(works: Works) -> None:
    run(works, "a", "100", steel("2"), basis="final")
    run(works, "b", "100", steel("1"))
    run(works, "c", "100")
    works.close(steel("3"), spread="stated")
    assert kilograms(works, "abc") == [6.0, 3.0, 0.0]


def test_records_that_the_key_leaves_out_are_named(works: Works) -> None:
    """A process that states none of the material does not use it."""
    run(works, "a", "100", steel("1"), basis="final")
    run(works, "b", "100", steel("1"))
    works.run({"c": "100"}, supplies=[supply("water", "100 KGM", origin="nature")], process=f"{NAME}.bind",
              basis="provisional", start=day(2), end=day(3))
    told = findings(works, works.close(steel("4"), spread="stated"))
    assert (told["records-outside-key"].value, told["records-outside-key"].unit) == (1.0, "records")


@pytest.mark.parametrize(("spread", "process"), [("mass", MAKE), ("stated", MAKE), ("stated", f"{NAME}.bind")])
def test_a_final_record_in_another_unit_blocks_nothing(works: Works, spread: str, process: str) -> None:
    """200 kg of gas are measured; a final record of 100 kg stated 90 NM3 of it, which are no kg. It counts as if it
    stated nothing: by mass, and as much per kg as the other one. R = 196, lacking 100 and 96: 100 stay."""
    source = ore("100 KGM") if process == MAKE else supply("water", "100 KGM", origin="nature")
    works.run({"a": "100"}, supplies=[source, gas("90", "NM3", mass=quantity("60 KGM"))], start=day(2), end=day(3),
              process=process)
    waiting = run(works, "b", "100", gas("4"))
    told = findings(works, works.close(gas("200"), spread=spread))
    assert (works.stated(waiting), told["total-on-final-records"].value) == (["4", "96"], 100.0)
    assert (told["records-outside-key"].value, told["records-outside-key"].severity) == (1.0, "note")
    assert "1 final records state gas in units that do not convert to KGM" in told["records-outside-key"].message
    assert "final-records-counted" not in told
    check_conserved(works)


def test_a_provisional_record_in_another_unit_is_refused(works: Works) -> None:
    run(works, "a", "100", basis="final")
    run(works, "b", "100", gas("90", "NM3", mass=quantity("60 KGM")))
    refused(works, lambda: works.close(gas("200")), "wrong-dimension", "measured[0].quantity")


def test_overheads_by_mass(works: Works) -> None:
    """100 kg of overheads. A final record makes 300 kg. Another works on half of the provisional lot of 100 kg and adds
    nothing. So the provisional lot gets 25 kg, and half of them reach the product of that half."""
    run(works, "a", "300", basis="final")
    run(works, "b", "100")
    run(works, "c", "50", inputs={"b": "50"}, basis="final")
    closing = works.close(overheads=[steel("100")], spread_overheads="mass")
    assert (kept(works, closing), kilograms(works, "bc")) == (225.0, [75.0, 37.5])
    assert findings(works, closing)["total-on-final-records"].value == 75.0
    check_conserved(works)


def test_overheads_by_value_count_final_lots_without_one_by_mass(works: Works) -> None:
    """The provisional lot is worth 10 for 100 kg; the final one of 100 kg says no value and counts as much."""
    run(works, "a", "100", basis="final")
    works.run({"b": works.out("b", "metal", "100 KGM", value={"value": "10", "currency": "CNY"})},
              supplies=[ore("100 KGM")], basis="provisional", start=day(2), end=day(2, 8))
    closing = works.close(overheads=[steel("100")], spread_overheads="value")
    assert (kept(works, closing), kilograms(works, "b")) == (150.0, [150.0])


@pytest.mark.parametrize("spreading", [{"spread": "mass"}, {"spread": "hours"}, {"spread_overheads": "mass"}])
def test_final_steps_on_own_goods_take_nothing(works: Works, spreading: Any) -> None:
    """Nine final records hand the goods of the one heat on: its whole burden stays in the goods."""
    run(works, "lot-0", "100")
    for i in range(9):
        run(works, f"lot-{i + 1}", "100", inputs={f"lot-{i}": "100"}, basis="final")
    total = {"overheads": [steel("50")]} if "spread_overheads" in spreading else {}
    closing = works.close(*([] if total else [steel("50")]), **total, **spreading)
    assert (kilograms(works, ["lot-9"]), kept(works, closing)) == ([150.0], 0.0)
    check_conserved(works)


def test_final_steps_on_blended_own_goods_take_nothing(works: Works) -> None:
    """Through a pool of the site, named by its own name."""
    run(works, "a", "100")
    works.pool()
    works.add({"a": "100"})
    run(works, "b", "90", inputs={"pool": "90"}, basis="final")
    assert (kept(works, works.close(steel("50"))), kilograms(works, "b")) == (0.0, [135.0])


def test_final_records_count_by_the_mass_that_they_add(works: Works) -> None:
    """100 kg of the provisional lot and 300 kg of ore become 400 kg: 300 of 400 kg count. So 75 of 100 kg of steel
    stay."""
    run(works, "a", "100")
    works.run({"b": "400"}, {"a": "100"}, [ore("300 KGM")], start=day(2), end=day(3))
    assert (kept(works, works.close(steel("100"))), kilograms(works, "b")) == (225.0, [75.0])


def test_processes_that_use_none_of_a_material_do_not_count(works: Works) -> None:
    """A final record of another route states no steel, and no provisional record has its route: the closing names it,
    and the provisional lot gets everything. Once it states some, it counts."""
    water = supply("water", "100 KGM", origin="nature")
    bound: dict[str, Any] = {"process": f"{NAME}.bind", "start": day(2), "end": day(3)}
    works.run({"a": "100"}, supplies=[water], **bound)
    run(works, "b", "100")
    closing = works.close(steel("50"))
    assert (kilograms(works, "b"), list(findings(works, closing))) == ([150.0], ["records-outside-key"])
    works.reopen(closing)
    works.run({"c": "100"}, supplies=[water, steel("20")], **bound)
    # 60 kg over three lots of 100 kg: 20 each, and the second final one has its part.
    assert (kept(works, works.close(steel("60"))), kilograms(works, "b")) == (60.0, [60.0])


def test_opened_and_closed_anew(works: Works) -> None:
    """The second closing replaces what the first one kept, and a record that came late counts."""
    run(works, "a", "100", basis="final")
    waiting = run(works, "b", "100")
    first = works.close(steel("100"))
    assert kept(works, first) == 150.0
    works.reopen(first)
    run(works, "c", "200", basis="final")
    second = works.close(steel("200"))
    assert (works.ledger.leaves[first.index], works.stated(waiting, "steel")) == ((), ["50"])
    assert kept(works, second) == 450.0
    check_conserved(works)


def test_an_amended_final_record_counts_as_it_reads(works: Works) -> None:
    one = run(works, "a", "100", basis="final")
    waiting = run(works, "b", "100")
    works.amend(change(one, supplies=[{"material": "ore", "quantity": {"value": "100", "unit": "KGM"},
                                       "origin": "nature"},
                                      {"material": "steel", "quantity": {"value": "60", "unit": "KGM"}}]))
    works.close(steel("100"))
    assert works.stated(waiting, "steel") == ["40"]


def test_pieces_stay_whole(works: Works) -> None:
    """10 pieces over 2 and 1 kg: 6.67 would fall on the final record."""
    run(works, "a", "2", basis="final")
    waiting = run(works, "b", "1")
    closing = works.close(supply("bolts", "10 H87", mass=quantity("1 KGM")))
    assert (findings(works, closing)["total-on-final-records"].value, works.stated(waiting, "bolts")) == (7.0, ["3"])


def test_exact_to_the_last_digit(works: Works) -> None:
    """What the records get and what stays is the total, in decimals."""
    run(works, "a", "0.7", steel("0.3"), basis="final")
    waiting = [run(works, lot, "0.1") for lot in "bcd"]
    closing = works.close(steel("1.000000001"))
    parts = sum((Decimal(amount) for one in waiting for amount in works.stated(one, "steel")), Decimal("0.3"))
    assert parts + Decimal(repr(findings(works, closing)["total-on-final-records"].value)) == Decimal("1.000000001")


@pytest.mark.parametrize("spreading", [{"spread": "mass"}, {"spread": "stated"}, {"spread_overheads": "mass"}])
def test_whatever_the_decimal_context_of_the_caller(spreading: Any) -> None:
    """A caller with few digits gets the same amounts: an audit runs in other programs."""
    books = []
    for context in (Context(prec=28), Context(prec=5)):
        memory = MemoryLedger(factor_sets.registry())
        memory.activate_sets()
        works = Works(memory)
        run(works, "a", "1234567.891", steel("98765.4321"), basis="final")
        run(works, "b", "7654321.987", steel("12345.6789"))
        run(works, "c", "1111111.111", steel("10000.0001"), inputs={"b": "1111111.111"})
        run(works, "d", "2222222.222", inputs={"b": "2222222.222"}, basis="final")
        history, total = memory.history, steel("7777777.777777")
        fields: Any = {"overheads": [total]} if "spread_overheads" in spreading else {"measured": [total]}
        closing = Closing(
            issuer=works.id, nonce=memory.nonce(), facility=works.facility, start=MARCH[0], end=MARCH[1], **fields,
            **spreading)
        with localcontext(context):
            books.append(closed(closing, history))
    assert books[0] == books[1]
