"""Withdrawals: what a record that is taken back leaves, and what it takes to be taken back."""

import pytest
from support.sectors import Make
from support.site import ore, quantity
from unit.engine.works import Works, change, day, indexes, refused, revised, withdrawal

from ledger.core.log.merkle import EMPTY_ROOT
from ledger.engine.batch import Sequenced


def gone(works: Works, entry: Sequenced, *lots: str) -> None:
    """The record holds no more, and its lots hold nothing."""
    ledger = works.ledger
    assert (ledger.reading(entry.index), ledger.leaves[entry.index]) == (None, ())
    assert ledger.original_leaves[entry.index]
    for lot in lots:
        assert works.left(lot) == 0
        assert (set(ledger.burdens(works.name(lot)).values()), ledger.contents(works.name(lot))) == ({0.0}, {})
    last = revised(ledger)[entry.index]
    assert (last.own, last.prepared, last.outcome, last.root) == (True, None, None, EMPTY_ROOT)
    assert [lot.id for lot in last.lots] == [works.name(lot) for lot in lots]


def test_a_transformation(works: Works) -> None:
    works.mine("a", "100", "100")
    size = works.ledger.state.size
    b = works.run({"b": "30", "c": "10"}, {"a": "40"}, co2="10")
    works.amend(withdrawal(b))
    gone(works, b, "b", "c")
    assert (works.left("a"), indexes(works.ledger)) == (100, [b.index])
    assert works.ledger.figures_at(size + 1)[works.name("b")].burdens[0] == 37.5
    # Its lots' names stay taken.
    refused(works, lambda: works.run({"b": "1"}, {"a": "1"}), "lot-taken", "outputs[0].lot", works.name("b"))
    # What it had taken is there for others.
    works.run({"d": "100"}, {"a": "100"})


def test_a_transfer(works: Works, other: Works) -> None:
    works.mine("a", "100", "100")
    sent = works.hand("a", "30", other, "sent")
    works.amend(withdrawal(sent))
    gone(works, sent, "sent")
    assert works.left("a") == 100
    refused(other, lambda: other.use({works.name("sent"): "1"}), "over-consumption", "inputs[0].quantity")


def test_a_transfer_in_dispute(works: Works, other: Works) -> None:
    works.mine("a", "100", "100")
    sent = works.hand("a", "30", other, "sent")
    other.accept(sent, disputed=True, reason="wet")
    works.amend(withdrawal(sent))
    gone(works, sent, "sent")
    assert works.left("a") == 100


def test_a_delivery_that_was_accepted_or_used(works: Works, other: Works) -> None:
    works.mine("a", "100", "100")
    accepted = works.hand("a", "30", other, "accepted")
    other.accept(accepted)
    refused(works, lambda: works.amend(withdrawal(accepted)), "accepted", "changes[0]", accepted.digest.hex())
    used = works.hand("a", "30", other, "used")
    other.use({works.name("used"): "1"})
    refused(works, lambda: works.amend(withdrawal(used)), "used", "changes[0]", works.name("used"))


def test_a_consumption_gives_back(works: Works) -> None:
    works.mine("a", "100", "100")
    used = works.use({"a": "30"}, [works.out("s", "scrap", "10 KGM", "waste", origin="postConsumer")])
    works.amend(withdrawal(used))
    gone(works, used, "s")
    assert (works.left("a"), works.ledger.retained(used.index)) == (100, {})


def test_a_declared_lot(works: Works) -> None:
    declared = works.declared(works.out("d", "metal", "50 KGM"), burdens={"fossilGhgEmissions": "100"})
    works.amend(withdrawal(declared))
    gone(works, declared, "d")


def test_a_lot_of_which_something_was_taken(works: Works) -> None:
    a = works.mine("a", "100", "100")
    b = works.run({"b": "1"}, {"a": "0.001"}, [ore("1 KGM")])
    refused(works, lambda: works.amend(withdrawal(a)), "used", "changes[0]", works.name("a"),
            says="has been used")
    works.amend(withdrawal(b))
    works.amend(withdrawal(a))
    gone(works, a, "a")


def test_a_group_is_looked_at_as_it_was_before(works: Works) -> None:
    """What another of the group takes counts as taken: those two are withdrawn one after the other."""
    a = works.mine("a", "100", "100")
    b = works.run({"b": "40"}, {"a": "40"})
    refused(works, lambda: works.amend(withdrawal(a), withdrawal(b)), "used", "changes[0]", works.name("a"))
    refused(works, lambda: works.amend(withdrawal(b), withdrawal(a)), "used", "changes[1]", works.name("a"))


def test_one_is_withdrawn_and_another_takes_its_place(works: Works) -> None:
    """A heat was posted twice, and the wrong one used up all there was."""
    works.mine("a", "50", "100")
    works.mine("x", "50", "10")
    wrong = works.run({"wrong": "50"}, {"a": "50"})
    b = works.run({"b": "50"}, {"x": "50"})
    refused(works, lambda: works.amend(change(b, inputs=works.kilograms({"a": "50"}))), "over-consumption", "changes",
            works.name("a"))
    works.amend(change(b, inputs=works.kilograms({"a": "50"})), withdrawal(wrong))
    gone(works, wrong, "wrong")
    assert (works.co2("b"), [works.left(lot) for lot in ("a", "x")]) == (100.0, [0, 50])


def test_a_withdrawn_record_is_gone_for_good(works: Works) -> None:
    works.mine("x", "50")
    a = works.mine("a", "100", "100")
    b = works.run({"b": "40"}, {"x": "40"})
    works.amend(withdrawal(a))
    for attempt in (withdrawal(a), change(a, activity=Make())):
        refused(works, lambda attempt=attempt: works.amend(attempt), "not-amendable", "changes[0].record",
                a.digest.hex(), says="withdrawn")
    # Its lot has nothing that an amendment could take.
    refused(works, lambda: works.amend(change(b, inputs=works.kilograms({"a": "40"}))), "over-consumption", "changes",
            works.name("a"))


def test_a_lot_that_is_withdrawn_and_taken_at_once(works: Works) -> None:
    works.mine("x", "50")
    a = works.mine("a", "100", "100")
    b = works.run({"b": "40"}, {"x": "40"})
    refused(works, lambda: works.amend(withdrawal(a), change(b, inputs=works.kilograms({"a": "40"}))),
            "over-consumption", "changes", works.name("a"))


def test_an_item_is_in_its_previous_lot_again(works: Works, other: Works) -> None:
    serial = works.name("serial")
    works.run({"g1": works.out("g1", "gear", "1 H87", mass=quantity("10 KGM"), item=serial)}, supplies=[ore("10 KGM")])
    first = works.hand("g1", "1 H87", other, "g2")
    assert works.ledger.state.holding[serial] == {works.name("g2")}
    works.amend(withdrawal(first))
    assert works.ledger.state.holding[serial] == {works.name("g1")}
    second = works.hand("g1", "1 H87", other, "g3")
    other.use({works.name("g3"): "1 H87"})
    assert works.ledger.state.holding[serial] == set()
    refused(works, lambda: works.amend(withdrawal(second)), "used", "changes[0]", works.name("g3"))


def test_an_item_does_not_come_back_into_a_second_lot(works: Works) -> None:
    """The gear was used up and made anew under its serial: its end cannot be taken back."""
    serial = works.name("serial")

    def gear(lot: str) -> None:
        works.run({lot: works.out(lot, "gear", "1 H87", mass=quantity("10 KGM"), item=serial)},
                  supplies=[ore("10 KGM")])

    gear("g1")
    used = works.use({"g1": "1 H87"})
    gear("g2")
    error = refused(works, lambda: works.amend(withdrawal(used)), "item-taken", "changes", serial)
    assert error.rule.endswith(f"{works.name('g1')} {works.name('g2')}")
    # Two ends at once would make it three lots.
    again = works.use({"g2": "1 H87"})
    refused(works, lambda: works.amend(withdrawal(used), withdrawal(again)), "item-taken", "changes", serial,
            says="in 2 lots")


@pytest.mark.parametrize("kind", ["addition", "acceptance", "closing"])
def test_records_that_are_not_withdrawn(works: Works, other: Works, kind: str) -> None:
    works.mine("a", "100")
    works.pool()
    works.add({"a": "10"})
    transfer = works.hand("a", "10", other, "sent", tolerance="0.2")
    who, entry = {
        "addition": lambda: (works, works.add({"a": "1"})),
        "acceptance": lambda: (other, other.accept(transfer, received=quantity("9 KGM"))),
        "closing": lambda: (works, works.close(retired=works.kilograms({"a": "1"}), start=day(27), end=day(28))),
    }[kind]()
    refused(who, lambda: who.amend(withdrawal(entry)), "not-amendable", "changes[0]",
            says=f"this record of type {kind} cannot be withdrawn")


def test_a_delivery_that_was_withdrawn_is_not_accepted(works: Works, other: Works) -> None:
    works.mine("a", "100")
    sent = works.hand("a", "10", other, "sent")
    works.amend(withdrawal(sent))
    for fields in ({}, {"disputed": True, "reason": "never came"}, {"received": quantity("10 KGM")}):
        refused(other, lambda fields=fields: other.accept(sent, **fields), "unknown-transfer", "transfer",
                sent.digest.hex())


def test_opening_stock_that_was_withdrawn_is_declared_anew(works: Works) -> None:
    def stock(lot: str, amount: str) -> Sequenced:
        return works.declared(works.out(lot, "metal", f"{amount} KGM"), facility=works.facility, basis="opening")

    first = stock("old", "50")
    refused(works, lambda: stock("again", "40"), "opening-taken", "lot.product", works.name("metal"))
    works.amend(withdrawal(first))
    stock("again", "40")
    assert works.left("again") == 40
    refused(works, lambda: stock("third", "30"), "opening-taken", "lot.product", works.name("metal"))
