"""Amendments: what they may change, what follows from it, and what refuses them. All numbers are solved by hand."""

from typing import Any

import msgspec
import pytest
from support.memory import MemoryLedger
from support.networks import content_errors
from support.raising import raised
from support.sectors import Make, registry
from support.site import ore, quantity, raw, supply
from unit.engine.works import APRIL, Works, change, day, gas, indexes, refused, revised, withdrawal

from ledger.core.record.kinds import Acceptance, Amendment
from ledger.core.record.values import Flow, Output
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidBody, LedgerError


def test_what_descends_is_recomputed(works: Works, other: Works) -> None:
    a = works.mine("a", "100", "100")
    b = works.run({"b": "40"}, {"a": "40"}, co2="10")
    sent = works.hand("b", "20", other, "sent")
    used = other.use({works.name("sent"): "5"})
    # 40 of 100 kg carry 40 kg CO2, with 10 of its own 50; half of that is sent, a quarter of which is used.
    assert [works.co2(lot) for lot in ("a", "b", "sent")] == [100.0, 50.0, 25.0]
    before = works.ledger.state.size
    works.amend(change(a, activity=Make(co2="200")))
    # 80 + 10, and half of it.
    assert [works.co2(lot) for lot in ("a", "b", "sent")] == [200.0, 90.0, 45.0]
    assert works.ledger.retained(used.index)["fossilGhgEmissions"] == 11.25
    assert indexes(works.ledger) == [a.index, b.index, sent.index, used.index]
    # As of the tree before, all is as it was.
    earlier = works.ledger.figures_at(before)
    assert [earlier[works.name(lot)].burdens[0] for lot in ("a", "b", "sent")] == [100.0, 50.0, 25.0]
    assert works.ledger.original_leaves[b.index] == b.leaves != works.ledger.leaves[b.index]


def test_only_what_descends_is_recomputed(works: Works) -> None:
    a = works.mine("a", "100", "100")
    works.mine("apart", "100", "7")
    b = works.run({"b": "10"}, {"a": "10"})
    works.run({"c": "10"}, {"apart": "10"})
    works.amend(change(a, activity=Make(co2="300")))
    assert indexes(works.ledger) == [a.index, b.index]


def test_a_diamond_is_recomputed_once_each_in_log_order(works: Works) -> None:
    a = works.mine("a", "100", "100")
    left = works.run({"left": "50"}, {"a": "50"})
    right = works.run({"right": "50"}, {"a": "50"}, co2="4")
    joined = works.run({"joined": "100"}, {"left": "50", "right": "50"}, co2="1")
    end = works.run({"end": "25"}, {"joined": "25"})
    works.amend(change(a, activity=Make(co2="60")))
    # 30 + (30 + 4) + 1 = 65; a quarter of it 16.25.
    assert [works.co2(lot) for lot in ("left", "right", "joined", "end")] == [30.0, 34.0, 65.0, 16.25]
    assert indexes(works.ledger) == [a.index, left.index, right.index, joined.index, end.index]


def test_an_unchanged_figure_stops_what_follows(works: Works) -> None:
    a = works.run({"a": "60", "s": works.out("s", "scrap", "40 KGM", "waste", origin="preConsumer")},
                  supplies=[ore("100 KGM")], co2="100")
    of_scrap = works.run({"b": "40"}, {"s": "40"})
    works.amend(change(a, activity=Make(co2="1")))
    # Waste leaves without burden, before as after.
    assert (works.co2("a"), indexes(works.ledger)) == (1.0, [a.index])
    works.amend(change(a, end=day(3)))
    assert indexes(works.ledger) == [a.index]
    assert of_scrap.index not in indexes(works.ledger)


@pytest.mark.parametrize(("kilograms", "b", "left"), [("125", 42.0, "85"), ("50", 90.0, "10"), ("40", 110.0, "0")])
def test_more_or_less_of_a_lot(works: Works, kilograms: str, b: float, left: str) -> None:
    a = works.mine("a", "100", "100")
    works.run({"b": "40"}, {"a": "40"}, co2="10")
    works.amend(change(a, outputs=works.outputs({"a": kilograms}), supplies=[ore(f"{kilograms} KGM")]))
    # 100 * 40 / 125 + 10, 100 * 40 / 50 + 10, all of it + 10.
    assert (works.co2("b"), str(works.left("a"))) == (b, left)
    assert works.ledger.state.lots[works.name("a")].quantity == int(kilograms)
    assert [(one.own, one.resized) for one in revised(works.ledger).values()] == [(True, True), (False, False)]


def test_a_part_of_a_resized_lot_that_was_sent_on(works: Works, other: Works) -> None:
    """Sent quantities are stated: they stay, and carry another part."""
    a = works.mine("a", "100", "100")
    works.hand("a", "30", other, "sent")
    works.amend(change(a, outputs=works.outputs({"a": "60"})))
    # 40 kg of the ore are lost, and 100 * 30 / 60 go with the lot that was sent.
    assert (works.co2("sent"), works.ledger.contents(works.name("sent")), works.left("a")) == (50.0, {"mass": 30.0}, 30)


def test_other_supplies_allocation_and_evidence(works: Works) -> None:
    a = works.run({"a": "60", "by": works.out("by", "part", "20 KGM", "byProduct")},
                  supplies=[ore("80 KGM"), gas("10")], co2="60")
    # (60 + 2 * 10) kg CO2e by mass: 60 of 80, 20 of 80.
    assert [works.co2(lot) for lot in ("a", "by")] == [60.0, 20.0]
    works.amend(change(a, supplies=[ore("80 KGM"), gas("30")]))
    assert [works.co2(lot) for lot in ("a", "by")] == [90.0, 30.0]
    outputs = [msgspec.structs.replace(one, share=share)
               for one, share in zip(works.reading(a).outputs, ("0.5", "0.5"), strict=True)]
    works.amend(change(a, outputs=outputs, allocation="declared"))
    assert [works.co2(lot) for lot in ("a", "by")] == [60.0, 60.0]


def test_what_was_amended_is_amended_again(works: Works) -> None:
    a = works.mine("a", "100", "100")
    works.run({"b": "50"}, {"a": "50"})
    sizes = [works.ledger.state.size]
    for fields in ({"activity": Make(co2="200")}, {"supplies": [ore("100 KGM"), gas("10")]}, {"end": day(4)}):
        works.amend(change(a, **fields))
        sizes.append(works.ledger.state.size)
    # Each replaces its own fields of the newest reading: 200 + 2 * 10 remain after the third.
    assert (works.reading(a).activity, works.stated(a), works.reading(a).end) == (raw(Make(co2="200")), ["10"], day(4))
    assert works.co2("b") == 110.0
    assert [works.ledger.figures_at(size)[works.name("b")].burdens[0] for size in sizes] == [50.0, 100.0, 110.0, 110.0]


def test_other_inputs(works: Works) -> None:
    works.mine("a", "100", "100")
    works.mine("x", "50", "500")
    b = works.run({"b": "40"}, {"a": "40"})
    c = works.run({"c": "20"}, {"b": "20"})
    works.amend(change(b, inputs=works.kilograms({"x": "30", "a": "10"})))
    # 500 * 30 / 50 + 100 * 10 / 100 = 310.
    assert [works.co2(lot) for lot in ("b", "c")] == [310.0, 155.0]
    assert [works.left(lot) for lot in ("a", "x")] == [90, 20]
    assert revised(works.ledger)[b.index].own
    assert not revised(works.ledger)[c.index].own
    assert works.ledger.history.takers[works.name("x")] == {b.index}
    # From now on it descends from `x`.
    works.amend(change(str(works.ledger.digests[works.ledger.state.lots[works.name("x")].index].hex()),
                       activity=Make(co2="50")))
    assert works.co2("c") == 20.0


def test_changes_of_a_group_hold_together(works: Works) -> None:
    """Two records that had been given each other's lots: one alone would overdraw."""
    works.mine("x", "30", "30")
    works.mine("y", "20", "200")
    b = works.run({"b": "20"}, {"y": "20"}, supplies=[ore("10 KGM")])
    c = works.run({"c": "20"}, {"x": "30"})
    refused(works, lambda: works.amend(change(c, inputs=works.kilograms({"y": "20"}))),
            "over-consumption", "changes", works.name("y"), says="overdrawn by 20 KGM")
    works.amend(change(c, inputs=works.kilograms({"y": "20"})), change(b, inputs=works.kilograms({"x": "30"})))
    assert ([works.co2(lot) for lot in ("b", "c")], [works.left(lot) for lot in ("x", "y")]) == ([30.0, 200.0], [0, 0])


def test_one_that_is_wrong_refuses_the_whole_group(works: Works) -> None:
    a = works.mine("a", "100", "100")
    b = works.run({"b": "40"}, {"a": "40"})
    refused(works, lambda: works.amend(
        change(a, activity=Make(co2="900")), change(b, inputs=works.kilograms({"a": "100.001"}))),
        "over-consumption", "changes", works.name("a"), says="overdrawn by 0.001 KGM")
    refused(works, lambda: works.amend(change(a, activity=Make(co2="900")), change(b, facility=works.facility)),
            "not-amendable", "changes[1].fields.facility", "facility")


def test_a_lot_is_not_made_less_than_was_taken_of_it(works: Works, other: Works) -> None:
    a = works.mine("a", "100", "100")
    works.run({"b": "40"}, {"a": "40"})
    works.hand("a", "30", other, "sent")
    works.amend(change(a, outputs=works.outputs({"a": "70"})))
    refused(works, lambda: works.amend(change(a, outputs=works.outputs({"a": "69.999"}))),
            "over-consumption", "changes", works.name("a"), says="overdrawn by 0.001 KGM")


def test_a_lot_that_is_younger_than_the_record(works: Works) -> None:
    works.mine("a", "100")
    b = works.run({"b": "10"}, {"a": "10"})
    works.mine("late", "100")
    refused(works, lambda: works.amend(change(b, inputs=works.kilograms({"late": "10"}))),
            "younger-lot", "inputs[0].lot", works.name("late"), names=b)
    # Its own outputs are no older than itself.
    refused(works, lambda: works.amend(change(b, inputs=works.kilograms({"b": "1"}), supplies=[ore("10 KGM")])),
            "younger-lot", "inputs[0].lot", works.name("b"), names=b)


def test_a_lot_of_another_or_of_nobody(works: Works, other: Works) -> None:
    works.mine("a", "100")
    other.mine("theirs", "100")
    b = works.run({"b": "10"}, {"a": "10"})
    for lot in (other.name("theirs"), works.name("nowhere")):
        refused(works, lambda lot=lot: works.amend(change(b, inputs=works.kilograms({lot: "10"}))),
                "unknown-lot", "inputs[0].lot", lot, names=b, says="is not a lot that")


@pytest.mark.parametrize("outputs", [
    {"b": "30"}, {"b": "30", "d": "10"}, {"c": "10", "b": "30"}, {"b": "29", "c": "10", "d": "1"}, {},
])
def test_other_lots_than_before(works: Works, outputs: dict[str, str]) -> None:
    works.mine("a", "100")
    b = works.run({"b": "30", "c": "10"}, {"a": "40"})
    refused(works, lambda: works.amend(change(b, outputs=works.outputs(outputs))), "amended-lots", "changes",
            " ".join(works.name(lot) for lot in outputs), names=b, says="other lots")


@pytest.mark.parametrize("fields", [
    {"product": "part"}, {"role": "coProduct"}, {"item": "serial"}, {"role": "waste", "origin": "preConsumer"},
    {"product": "gear", "quantity": "30 H87", "mass": "30 KGM"},
])
def test_a_lot_of_another_kind(works: Works, fields: dict[str, Any]) -> None:
    works.mine("a", "100")
    b = works.run({"b": "30"}, {"a": "40"})
    named = {name: works.name(text) if name in ("product", "item") else
             quantity(text) if name in ("quantity", "mass") else text for name, text in fields.items()}
    output = msgspec.structs.replace(works.reading(b).outputs[0], **named)
    refused(works, lambda: works.amend(change(b, outputs=[output])), "amended-lots", "changes", names=b)


def test_a_descendant_whose_mass_rule_does_not_hold(works: Works) -> None:
    a = works.run({"a": works.out("a", "gear", "10 H87", mass=quantity("100 KGM"))}, supplies=[ore("100 KGM")])
    b = works.run({"b": "40"}, {"a": "4 H87"})
    lighter = works.out("a", "gear", "10 H87", mass=quantity("99.9 KGM"))
    # Four of ten gears weigh 39.96 kg then, and 40 kg came of them.
    refused(works, lambda: works.amend(change(a, outputs=[lighter])), "mass-balance", "changes", "40", names=b,
            says="outputs weigh 40 kg, inputs and supplies 39.96")
    refused(works, lambda: works.amend(change(a, outputs=works.outputs({"a": works.out(
        "a", "gear", "10 H87", mass=quantity("100.001 KGM"))}))), "mass-balance", "outputs", names=a)


def test_a_descendant_whose_contents_do_not_hold(works: Works) -> None:
    def lot(copper: str) -> Any:
        return works.out("a", "metal", "100 KGM", materials={"copper": copper})

    a = works.run({"a": lot("0.4")}, supplies=[ore("100 KGM")])
    # All copper goes into 45 kg: 40 kg of it fit, 60 do not.
    b = works.run({"b": "45"}, {"a": "100"}, activity=Make(matter={"material:copper": ["1"]}))
    assert works.ledger.contents(works.name("b"))["material:copper"] == 40.0
    refused(works, lambda: works.amend(change(a, outputs=[lot("0.6")])), "contents-above-100", "changes", names=b,
            says="would hold 60.0 kg of materials, but weighs 45.0 kg")
    works.amend(change(a, outputs=[lot("0.45")]))
    assert works.ledger.contents(works.name("b"))["material:copper"] == 45.0


def test_another_composition(works: Works, other: Works) -> None:
    a = works.run({"a": works.out("a", "metal", "100 KGM", materials={"steel": "0.9"})}, supplies=[ore("100 KGM")])
    works.hand("a", "50", other, "sent")
    other.run({"c": "10"}, {works.name("sent"): "10"})
    assert other.ledger.contents(other.name("c")) == {"mass": 10.0, "material:steel": 9.0}
    works.amend(change(a, outputs=[works.out("a", "metal", "100 KGM", materials={"steel": "0.5", "zinc": "0.25"})]))
    for lot, mass in ((works.name("sent"), 50.0), (other.name("c"), 10.0)):
        assert works.ledger.contents(lot) == {
            "mass": mass, "material:steel": mass * 0.5, "material:zinc": mass * 0.25}
    assert len({str(works.ledger.state.lots[works.name(lot)].composition) for lot in ("a", "sent")}) == 1
    for index, content, error, scale in content_errors(works.ledger):
        assert abs(error) <= 1e-9 * scale, (index, content)


@pytest.mark.parametrize("field", ["facility", "process", "issuer", "nonce", "type", "colour"])
def test_fields_of_a_transformation_that_do_not_change(works: Works, field: str) -> None:
    a = works.mine("a", "100")
    refused(works, lambda: works.amend(change(a, **{field: "x"})), "not-amendable", f"changes[0].fields.{field}",
            field, says="cannot change this field of a transformation")


@pytest.mark.parametrize(("kind", "fields"), [
    ("transfer", ["lot", "to", "newLot", "purpose", "tolerance"]), ("consumption", ["purpose", "claim"]),
    ("declaration", ["facility", "per"]), ("addition", ["pool", "creditLot", "credits"]),
    ("acceptance", ["transfer", "received", "returnLot", "disputed", "reason"]),
    ("closing", ["measured", "overheads", "retired", "start"]),
])
def test_fields_of_others_that_do_not_change(works: Works, other: Works, kind: str, fields: list[str]) -> None:
    works.mine("a", "100")
    works.pool()
    transfer = works.hand("a", "10", other, "sent")
    found = {
        "transfer": (works, transfer), "acceptance": (other, other.accept(
            transfer, received=quantity("9 KGM"), return_lot=other.name("back"))),
        "consumption": (works, works.use({"a": "1"})),
        "declaration": (works, works.declared(works.out("d", "metal", "5 KGM"))),
        "addition": (works, works.add({"a": "1"})),
        "closing": (works, works.close(retired=works.kilograms({"a": "1"}), period=APRIL)),
    }
    who, entry = found[kind]
    for field in fields:
        value = day(1) if field in ("start", "end", "time") else "x"
        refused(who, lambda field=field, value=value: who.amend(change(entry, **{field: value})), "not-amendable",
                f"changes[0].fields.{field}", field, says=f"cannot change this field of a {kind}")


def test_records_without_flows_do_not_change(works: Works) -> None:
    entries = [works.pool(), works.declared(None, per=quantity("1 KGM"))]
    entries.append(works.amend(change(works.mine("a", "100"), activity=Make(co2="7"))))
    for entry in entries:
        refused(works, lambda entry=entry: works.amend(change(entry, reason="x")), "not-amendable",
                "changes[0].record", entry.digest.hex())


def test_the_record_of_another_reads_like_an_unknown_one(works: Works, other: Works) -> None:
    theirs = other.mine("theirs", "100")
    unknown = "ab" * 32
    errors = [
        refused(works, lambda digest=digest: works.amend(change(digest, activity=Make())), "unknown-record",
                "changes[0].record", digest)
        for digest in (theirs.digest.hex(), unknown)
    ]
    assert errors[0].message.replace(theirs.digest.hex(), unknown) == errors[1].message
    assert errors[0].rule == errors[1].rule


def test_the_form_of_an_amendment(works: Works) -> None:
    a = works.mine("a", "100", "5")
    twice = [change(a, end=day(3)), change(a, activity=Make())]
    both = msgspec.structs.replace(withdrawal(a), fields=change(a, end=day(3)).fields)
    for changes, at in ((twice, "changes[1]"), ([both], "changes[0]"), ([change(a)], "changes[0]")):
        refused(works, lambda changes=changes: works.amend(*changes), "amendment-form", at, a.digest.hex())
    refused(works, lambda: works.amend(change(a, end=day(2), activity=Make(co2="5"))), "amendment-form",
            "changes[0].fields", "activity end", says="nothing changes")


@pytest.mark.parametrize(("field", "value", "where"), [
    ("supplies", [{"material": "gas", "quantity": {"value": "-1", "unit": "KGM"}}], "supplies[0].quantity.value"),
    ("supplies", "none", "supplies"), ("end", "2025-03-32", "end"),
    ("outputs", [{"lot": "urn:x"}], "outputs[0]"), ("inputs", [{"lot": "urn:x", "colour": "red"}], "inputs[0]"),
])
def test_a_field_that_cannot_be_read(works: Works, field: str, value: Any, where: str) -> None:
    a = works.mine("a", "100")
    before = works.ledger.fingerprint()
    error = raised(InvalidBody, works.amend, change(a, **{field: value}))
    assert (error.field or "").startswith(f"changes[0].fields.{where}")
    assert works.ledger.fingerprint() == before


def test_an_activity_that_its_sector_does_not_read(works: Works) -> None:
    a = works.mine("a", "100", "100")
    works.run({"b": "40"}, {"a": "40"})
    refused(works, lambda: works.amend(change(a, activity={"colour": "red"})), "unknown-field", "activity.colour",
            "red", names=a)


def test_a_short_delivery_of_which_less_was_sent(works: Works, other: Works) -> None:
    works.mine("a", "100", "100")
    sent = works.hand("a", "50", other, "sent")
    accepted = other.accept(sent, received=quantity("40 KGM"), return_lot=other.name("back"))
    assert (works.left("sent"), other.left("back")) == (40, 10)
    # What was weighed and accepted is no longer the sender's to correct.
    for amount in ("45 KGM", "60 KGM"):
        refused(works, lambda amount=amount: works.amend(change(sent, quantity=quantity(amount))), "accepted",
                "changes[0].fields.quantity", sent.digest.hex())
    assert isinstance(works.ledger.records[accepted.index], Acceptance)


def test_a_shortage_that_is_lost(works: Works, other: Works) -> None:
    """Its burden follows what the delivery itself carries."""
    made = works.mine("a", "100", "100")
    accepted = other.accept(works.hand("a", "50", other, "sent", tolerance="0.1"), received=quantity("48 KGM"))
    assert works.ledger.retained(accepted.index)["fossilGhgEmissions"] == 2.0
    works.amend(change(made, activity=Make(co2="200")))
    assert works.ledger.retained(accepted.index)["fossilGhgEmissions"] == pytest.approx(4.0, rel=1e-15)


def test_a_lot_in_dispute_is_not_taken_by_an_amendment(works: Works, other: Works) -> None:
    works.mine("a", "100", "100")
    other.accept(works.hand("a", "50", other, "first"))
    sent = works.hand("a", "50", other, "sent")
    made = other.run({"made": "10"}, {works.name("first"): "10"}, co2="5")
    other.accept(sent, disputed=True, reason="wet")
    flows = [Flow(lot=works.name("sent"), quantity=quantity("10 KGM"))]
    refused(other, lambda: other.amend(change(made, inputs=flows)), "disputed", "changes", works.name("sent"),
            names=made)
    other.accept(sent)
    other.amend(change(made, inputs=flows))
    assert (other.co2("made"), works.left("first"), works.left("sent")) == (15.0, 50, 40)


def test_a_basis_that_only_a_new_record_can_have(works: Works) -> None:
    a = works.mine("a", "100", "5")
    refused(works, lambda: works.amend(change(a, basis="provisional")), "not-amendable", "changes[0].fields.basis",
            "provisional")
    waiting = works.mine("b", "100", "5", basis="provisional")
    works.amend(change(waiting, basis="final"))
    works.amend(change(waiting, basis="provisional"))
    assert works.ledger.burdens(works.name("b"))["provisionalAbs"] == 5.0
    study = works.declared(works.out("d", "metal", "5 KGM"), facility=works.facility)
    opening = works.declared(works.out("o", "metal", "5 KGM"), facility=works.facility, basis="opening")
    refused(works, lambda: works.amend(change(study, basis="opening")), "not-amendable", "changes[0].fields.basis",
            "opening")
    refused(works, lambda: works.amend(change(opening, basis="study")), "not-amendable", "changes[0].fields.basis",
            "study")
    works.amend(change(study, basis="statement"))
    assert works.reading(study).basis == "statement"


def test_a_declared_lot(works: Works) -> None:
    declared = works.declared(works.out("d", "metal", "50 KGM"), burdens={"fossilGhgEmissions": "100"})
    works.run({"b": "20"}, {"d": "20"})
    works.amend(change(declared, burdens={"fossilGhgEmissions": "150"}, lot=works.out("d", "metal", "40 KGM")))
    # 150 * 20 / 40.
    assert (works.co2("b"), works.left("d")) == (75.0, 20)
    refused(works, lambda: works.amend(change(declared, lot=works.out("e", "metal", "40 KGM"))), "amended-lots",
            "changes", works.name("e"), names=declared)


def test_a_consumption_of_another_quantity(works: Works) -> None:
    works.mine("a", "100", "100")
    used = works.use({"a": "45"}, [works.out("s", "scrap", "10 KGM", "waste", origin="postConsumer")])
    works.amend(change(used, inputs=works.kilograms({"a": "30"})))
    assert (works.ledger.retained(used.index)["fossilGhgEmissions"], works.left("a")) == (30.0, 70)
    refused(works, lambda: works.amend(change(used, inputs=works.kilograms({"a": "9"}))), "mass-balance", "outputs",
            names=used)


def test_what_fails_unexpectedly_leaves_no_trace_either(works: Works) -> None:
    """A defect is no refusal, and yet the ledger goes on with what it had."""
    a = works.mine("a", "100", "100")
    works.mine("x", "100", "100")
    works.run({"b": "40"}, {"a": "40", "x": "40"})
    works.ledger.figures.pop(works.name("x"))
    before = works.ledger.fingerprint()
    raised(KeyError, works.amend, change(a, activity=Make(co2="900")))
    assert works.ledger.fingerprint() == before


def test_amendments_of_one_request_see_what_is_before_them() -> None:
    """Records, an amendment of one of them, and a taker of it, posted at once."""
    works = Works(MemoryLedger(registry()))
    a = works.mine("a", "100", "100")
    amendment = Amendment(issuer=works.id, nonce=works.ledger.nonce(), reason="r",
                          changes=[change(a, activity=Make(co2="50"))])
    again = Amendment(issuer=works.id, nonce=works.ledger.nonce(), reason="r",
                      changes=[change(a, outputs=works.outputs({"a": "50"}))])
    works.ledger.must((works.party, amendment), (works.party, again))
    works.run({"b": "25"}, {"a": "25"})
    assert works.co2("b") == 25.0


# Amendments and the balances of elements: what reads otherwise is balanced anew, and so is all that takes from it.
# 100 kg of `mix` hold 30 kg of copper; `run` makes 32 kg of it with 90 %, 28.8 kg. All numbers are solved by hand.


CODE = "element-balance"


def mix(works: Works, fraction: str, kilograms: str = "100") -> Output:
    return works.out("mix", "metal", f"{kilograms} KGM", elements={"Cu": fraction})


def copper(works: Works, fraction: str = "0.9", kilograms: str = "32") -> Output:
    return works.out("copper", "metal", f"{kilograms} KGM", elements={"Cu": fraction})


def told(error: LedgerError, held: str, came: str) -> None:
    assert f"outputs[0]: {held} kg of Cu, but inputs and supplies hold at most {came} kg of it" in error.message


@pytest.fixture
def declared(works: Works) -> Sequenced:
    return works.declared(mix(works, "0.3"))


@pytest.fixture
def made(works: Works, declared: Sequenced) -> Sequenced:
    assert declared.index
    return works.run({"copper": copper(works)}, {"mix": "100"})


def test_an_output_s_own_elements(works: Works, made: Sequenced) -> None:
    """32 * 0.95 = 30.4 kg of 30; 32 * 0.9375 = 30."""
    told(refused(works, lambda: works.amend(change(made, outputs=[copper(works, "0.95")])), CODE, "outputs[0]",
                 "30.4", names=made), "30.4", "30")
    works.amend(change(made, outputs=[copper(works, "0.9375")]))
    assert works.ledger.contents(works.name("copper"))["element:Cu"] == 30.0


def test_elements_that_were_not_stated_before(works: Works, declared: Sequenced) -> None:
    assert declared.index
    made = works.run({"copper": "40"}, {"mix": "100"})
    told(refused(works, lambda: works.amend(change(made, outputs=[copper(works, "0.8", "40")])), CODE, "outputs[0]",
                 "32", names=made), "32", "30")


def test_less_of_what_came_in(works: Works, made: Sequenced) -> None:
    """Of 80 kg are 24 of copper."""
    told(refused(works, lambda: works.amend(change(made, inputs=works.kilograms({"mix": "80"}))), CODE,
                 "outputs[0]", "28.8", names=made), "28.8", "24")
    works.amend(change(made, inputs=works.kilograms({"mix": "96"})))
    assert works.left("mix") == 4


def test_a_supply_that_brought_it(works: Works, declared: Sequenced) -> None:
    """10 kg of bought scrap at 80 % bring 8 to the 30 kg; without its product they bring none."""
    assert declared.index
    bought = supply("copperScrap", "10 KGM", product=works.product("bought", elements={"Cu": "0.8"}))
    made = works.run({"copper": copper(works, "0.9", "40")}, {"mix": "100"}, [bought])
    told(refused(works, lambda: works.amend(change(made, supplies=[supply("copperScrap", "10 KGM")])), CODE,
                 "outputs[0]", "36", names=made), "36", "30")


def test_the_composition_of_what_was_taken(works: Works, declared: Sequenced, made: Sequenced) -> None:
    """At 28 % the mix holds 28 kg: the 28.8 that were made of it cannot be. At 29 % it holds 29."""
    error = refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.28"))), CODE, "changes", "28.8",
                    names=made)
    assert "which descends from it" in error.message
    told(error, "28.8", "28")
    works.amend(change(declared, lot=mix(works, "0.29")))
    composition = works.ledger.state.lots[works.name("mix")].composition
    assert (composition.elements, indexes(works.ledger)) == ({"Cu": "0.29"}, [declared.index, made.index])
    # What the amendment was refused for goes with an amendment of its taker as well: 32 * 0.87 = 27.84.
    works.amend(change(declared, lot=mix(works, "0.28")), change(made, outputs=[copper(works, "0.87")]))
    assert works.ledger.contents(works.name("copper"))["element:Cu"] == 27.84


def test_an_analysis_that_is_taken_back(works: Works, declared: Sequenced, made: Sequenced) -> None:
    """What the mix holds is not known then, and may be copper."""
    works.amend(change(declared, lot=works.out("mix", "metal", "100 KGM")))
    works.amend(change(made, outputs=[copper(works, "1")]))
    assert works.ledger.contents(works.name("copper"))["element:Cu"] == 32.0
    # It comes back where it still holds: 32 kg of 30.
    told(refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.3"))), CODE, "changes", "32",
                 names=made), "32", "30")


def test_less_mass_of_what_was_taken(works: Works) -> None:
    """Ten gears of 100 kg with 30 % copper: five hold 15. Of 80 kg they hold 12, of 90 kg 13.5."""
    def gears(mass: str) -> Output:
        return works.out("gears", "gear", "10 H87", mass=quantity(f"{mass} KGM"), elements={"Cu": "0.3"})

    declared = works.declared(gears("100"))
    made = works.run({"copper": copper(works, "0.9", "15")}, {"gears": "5 H87"})
    error = refused(works, lambda: works.amend(change(declared, lot=gears("80"))), CODE, "changes", "13.5", names=made)
    told(error, "13.5", "12")
    works.amend(change(declared, lot=gears("90")))
    assert works.ledger.state.lots[works.name("gears")].mass == 90


def test_through_a_delivery_to_another(works: Works, other: Works, declared: Sequenced) -> None:
    """The receiver's 50 kg hold 15, of which it made 14.4; at 28 % they hold 14."""
    works.hand("mix", "50", other, "sent")
    made = other.run({"copper": copper(other, "0.9", "16")}, {works.name("sent"): "50"})
    told(refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.28"))), CODE, "changes", "14.4",
                 names=made), "14.4", "14")
    works.amend(change(declared, lot=mix(works, "0.29")))
    assert works.ledger.state.lots[works.name("sent")].composition.elements == {"Cu": "0.29"}


def test_through_a_pool(works: Works, declared: Sequenced) -> None:
    """100 kg at 30 % and 100 kg at 10 % are 200 kg with 40; half of that is 20, of which 18 were made. With 25 %
    instead of 30 the half holds 17.5, with 26 % 18."""
    works.declared(works.out("poor", "metal", "100 KGM", elements={"Cu": "0.1"}))
    works.pool()
    works.add({"mix": "100"})
    works.add({"poor": "100"})
    made = works.run({"copper": copper(works, "0.9", "20")}, {"pool": "100"})
    told(refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.25"))), CODE, "changes", "18",
                 names=made), "18", "17.5")
    works.amend(change(declared, lot=mix(works, "0.26")))
    assert works.ledger.state.lots[works.name("pool:2")].composition.elements == {"Cu": "0.18"}


def test_takers_of_takers(works: Works, declared: Sequenced, made: Sequenced) -> None:
    """The copper states what it holds: what is made of it rests on that."""
    wire: dict[str, Any] = {"wire": works.out("wire", "part", "30 KGM", elements={"Cu": "0.95"})}
    last = works.run(wire, {"copper": "32"})
    works.amend(change(declared, lot=mix(works, "0.29")))
    assert last.index not in indexes(works.ledger)
    # 30 * 0.95 = 28.5 kg of wire hold less than 28.8, and more than 32 * 0.89 = 28.48.
    told(refused(works, lambda: works.amend(change(made, outputs=[copper(works, "0.89")])), CODE, "changes", "28.5",
                 names=last), "28.5", "28.48")
