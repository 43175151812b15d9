"""Who holds a lot and whose it is: tolling, storage, sales, returns, packaging that comes back, things with a serial.

`cast` is 10 t of castings of the mill's with 1000 kg of CO2e (see `world.trading`).
"""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from unit.admission.world import (
    DEALER,
    END,
    FORGE,
    MILL,
    START,
    TREATER,
    Party,
    World,
    acceptance,
    burdened,
    consumption,
    declaration,
    digest_of,
    emitting,
    flow,
    nonce,
    ore,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.core.outcome.leaves import LotLeaf
from ledger.core.record.kinds import Closing
from ledger.core.record.values import Flow, Output
from ledger.engine.batch import Sequenced

CUSTODY: dict[str, Any] = {"purpose": "custody"}
RETURN: dict[str, Any] = {"purpose": "return"}
STORAGE: dict[str, Any] = {"purpose": "storage"}
EXACT = 1e-12


@pytest.fixture
def world() -> World:
    return trading()


def treated(lot: str, amount: str, role: str = "product", **fields: Any) -> Output:
    return output(lot, amount, role, of=TREATER, **fields)


def treatment(outputs: list[Output], inputs: list[Flow], **fields: Any) -> Any:
    return transformation(outputs, inputs, by=TREATER, **fields)


def tolled(world: World) -> World:
    """4 t of the castings are with the heat treater."""
    world.admit(transfer("cast", "4", "out", to=TREATER, **CUSTODY))
    return world


# Tolling


def test_castings_go_to_be_treated_and_come_home(world: World) -> None:
    """4/10 of 1000 kg go out, with 8 kg of freight: 408. The treatment adds 150: 558, all of it on the product. What
    comes home is sold with another 2 kg of freight: 560. 600 kg stay with the 6 t that were never sent."""
    out = transfer("cast", "4", "out", to=TREATER, transport=[emitting("8")], **CUSTODY)
    world.admit(
        out, acceptance(out, by=TREATER),
        treatment([treated("hard", "3.9", owner=MILL.id), treated("scale", "0.1", "waste", owner=MILL.id)],
                  [flow("out", "4")], supplies=[emitting("150")]),
    )
    assert world.parties("out") == (TREATER.id, MILL.id, MILL.id)
    assert world.parties("hard", TREATER) == (TREATER.id, MILL.id, None)
    assert world.parties("scale", TREATER) == (TREATER.id, MILL.id, None)
    assert (world.fossil("out"), world.fossil("hard", TREATER)) == pytest.approx((408, 558), rel=EXACT)
    assert world.fossil("scale", TREATER) == 0
    world.admit(transfer("hard", "3.9", "home", by=TREATER, to=MILL, **RETURN))
    assert (world.parties("home", TREATER), world.lot("home", TREATER).owner) == ((MILL.id, MILL.id, None), None)
    world.admit(transfer("home", "3.9", "sold", of=TREATER, transport=[emitting("2")]))
    assert world.parties("sold") == (FORGE.id, FORGE.id, MILL.id)
    assert (world.fossil("sold"), world.accounted()) == pytest.approx((560, 1000 + 8 + 150 + 2), rel=EXACT)


def test_the_outcome_says_whose_an_output_is(world: World) -> None:
    """The entry commits to the owner, where that is another than the holder."""
    tolled(world)
    (made,) = world.admit(treatment(
        [treated("hard", "3", owner=MILL.id), treated("scale", "0.1", "waste", owner=TREATER.id)], [flow("out", "4")],
    ))
    hard, scale = (msgspec.json.decode(leaf, type=LotLeaf) for leaf in made.leaves[1:])
    assert (hard.holder, hard.owner, scale.holder, scale.owner) == (TREATER.id, MILL.id, TREATER.id, None)


def test_outputs_from_another_s_lots_name_their_owner(world: World) -> None:
    tolled(world)
    outputs = [treated("a", "1", owner=MILL.id), treated("b", "1")]
    error = world.refuse(treatment(outputs, [flow("out", "4")]), "missing-owner", "outputs[1].owner", None)
    assert MILL.id in (error.rule or "")


@pytest.mark.parametrize("owner", [TREATER, FORGE])
@pytest.mark.parametrize("role", ["product", "coProduct", "byProduct"])
def test_nobody_else_owns_what_was_made_of_another_s_lots(world: World, owner: Party, role: str) -> None:
    tolled(world)
    record = treatment([treated("a", "1", role, owner=owner.id)], [flow("out", "4")])
    assert "an owner of an input" in (world.refuse(record, "wrong-owner", "outputs[0].owner", owner.id).rule or "")


def test_the_treater_may_keep_the_waste(world: World) -> None:
    """Scale and dust are often its to deal with; no stranger's, though."""
    tolled(world)
    outputs = [treated("hard", "3", owner=MILL.id), treated("scale", "0.1", "waste", owner=FORGE.id)]
    world.refuse(treatment(outputs, [flow("out", "4")]), "wrong-owner", "outputs[1].owner", FORGE.id)
    world.admit(treatment([outputs[0], replace(outputs[1], owner=TREATER.id)], [flow("out", "4")]))
    assert world.parties("scale", TREATER) == (TREATER.id, TREATER.id, None)
    world.admit(consumption([flow("scale", "0.1", of=TREATER)], by=TREATER, purpose="soldOutside"))


def test_own_and_another_s_lots_in_one_record(world: World) -> None:
    """An output belongs to one of those whose lots went in: here the mill, the forge or the treater itself."""
    world.admit(
        transfer("cast", "4", "out", to=TREATER, **CUSTODY),
        burdened(output("bar", "2", of=FORGE), "300", by=FORGE),
        transfer("bar", "2", "out", by=FORGE, to=TREATER, **CUSTODY),
        burdened(treated("wire", "1"), "70", by=TREATER),
    )
    inputs = [flow("out", "4"), flow("out", "2", of=FORGE), flow("wire", "1", of=TREATER)]
    outputs = [treated("a", "4", owner=MILL.id), treated("b", "2", owner=FORGE.id), treated("c", "1", owner=TREATER.id)]
    world.refuse(treatment([*outputs[:2], treated("c", "1")], inputs), "missing-owner", "outputs[2].owner")
    world.refuse(treatment([*outputs[:2], replace(outputs[2], owner=DEALER.id)], inputs), "wrong-owner",
                 "outputs[2].owner", DEALER.id)
    world.admit(treatment(outputs, inputs))
    assert [world.parties(name, TREATER)[1] for name in "abc"] == [MILL.id, FORGE.id, TREATER.id]
    assert world.lot("c", TREATER).owner is None
    # By mass, 4, 2 and 1 of the 7 t, of 400 + 300 + 70 kg.
    assert [world.fossil(name, TREATER) for name in "abc"] == pytest.approx([440, 220, 110], rel=EXACT)
    assert world.accounted() == pytest.approx(1000 + 300 + 70, rel=EXACT)


@pytest.mark.parametrize("owner", [FORGE.id, "urn:example:nobody"])
def test_what_is_made_of_own_lots_belongs_to_its_maker(world: World, owner: str) -> None:
    for record, field in (
        (transformation([output("a", owner=owner)], [flow("cast", "1")]), "outputs[0].owner"),
        (transformation([output("a", owner=owner)]), "outputs[0].owner"),
        (declaration(lot=output("a", owner=owner)), "lot.owner"),
        (consumption([flow("cast", "1")], [output("a", "1", "waste", owner=owner)]), "outputs[0].owner"),
    ):
        error = world.refuse(record, "wrong-owner", field, owner)
        assert "no input belongs to another organisation" in (error.rule or "")


def test_a_maker_may_name_itself(world: World) -> None:
    world.admit(transformation([output("a", owner=MILL.id)], [flow("cast", "1")]))
    assert world.lot("a").owner is None


# Only the owner lets a lot go


@pytest.mark.parametrize("purpose", ["soldOutside", "finalUse", "exported", "retired"])
def test_only_the_owner_lets_a_lot_leave_the_ledger(world: World, purpose: str) -> None:
    tolled(world)
    world.admit(burdened(treated("wire", "1"), "70", by=TREATER))
    record = consumption([flow("wire", "1", of=TREATER), flow("out", "1")], by=TREATER, purpose=purpose)
    error = world.refuse(record, "not-owner", "inputs[1].lot", MILL.name("out"), says=MILL.id)
    assert purpose in (error.rule or "")
    world.admit(consumption([flow("wire", "1", of=TREATER)], by=TREATER, purpose=purpose))
    world.admit(transfer("out", "4", "home", by=TREATER, of=MILL, to=MILL, **RETURN))
    world.admit(consumption([flow("home", "4", of=TREATER)], purpose=purpose))


def test_only_the_owner_sells(world: World) -> None:
    tolled(world)
    record = transfer("out", "1", "sold", by=TREATER, of=MILL)
    assert "(sale)" in (world.refuse(record, "not-owner", "lot", MILL.name("out"), says=MILL.id).rule or "")
    # Not even to the owner: it would buy what it has.
    world.refuse(transfer("out", "1", "sold", by=TREATER, of=MILL, to=MILL), "not-owner", "lot")


def test_the_owner_of_what_another_holds_does_not_hand_it_on(world: World) -> None:
    tolled(world)
    for purpose in (CUSTODY, RETURN, {}):
        world.refuse(transfer("out", "1", "x", **purpose), "unknown-lot", "lot", MILL.name("out"))


def test_only_the_owner_gives_a_lot_up_in_a_closing(world: World) -> None:
    tolled(world)
    world.admit(burdened(treated("wire", "1"), "70", by=TREATER))

    def closing(*retired: Flow) -> Closing:
        return Closing(issuer=TREATER.id, nonce=nonce(), facility=TREATER.name("site"), start=START, end=END,
                       retired=list(retired))

    wire, out = flow("wire", "0.5", of=TREATER), flow("out", "1")
    world.refuse(closing(wire, out), "not-owner", "retired[1].lot", MILL.name("out"), says=MILL.id)
    world.refuse(closing(wire, wire), "duplicate-input", "retired[1].lot", TREATER.name("wire"), says="named twice")
    for wrong, code, field in (
        (flow("never", "1"), "unknown-lot", "lot"), (flow("cast", "1"), "unknown-lot", "lot"),
        (flow("wire", "1 KWH", of=TREATER), "wrong-dimension", "quantity"),
        (flow("wire", "1.000000001", of=TREATER), "over-consumption", "quantity"),
    ):
        world.refuse(closing(wrong), code, f"retired[0].{field}")


@pytest.mark.parametrize("purpose", ["loss", "stockCorrection", "disposed", "ownUse"])
def test_a_holder_may_lose_use_or_dispose_of_what_it_holds(world: World, purpose: str) -> None:
    """A quarter of the 400 kg that went out stays with the record."""
    tolled(world)
    world.admit(consumption([flow("out", "1")], by=TREATER, purpose=purpose))
    assert world.left("out") == 3
    assert (world.retained[-1], world.accounted()) == pytest.approx((100, 1000), rel=EXACT)


def test_what_a_holder_s_disposal_leaves_has_an_owner(world: World) -> None:
    tolled(world)
    taken = [flow("out", "1")]
    left = treated("scrap", "0.5", "waste")
    world.refuse(consumption(taken, [left], by=TREATER, purpose="disposed"), "missing-owner", "outputs[0].owner")
    owned = replace(left, owner=FORGE.id)
    world.refuse(consumption(taken, [owned], by=TREATER, purpose="disposed"), "wrong-owner", "outputs[0].owner")
    world.admit(*[
        consumption([flow("out", "1")], [replace(left, lot=TREATER.name(name), owner=owner.id)], by=TREATER,
                    purpose="disposed") for name, owner in (("x", MILL), ("y", TREATER))
    ])
    assert (world.parties("x", TREATER)[1], world.parties("y", TREATER)[1]) == (MILL.id, TREATER.id)
    # Waste leaves without burden: twice 100 kg of the 400 stay with the disposals.
    assert world.retained[-2:] == pytest.approx([100, 100], rel=EXACT)
    assert world.accounted() == pytest.approx(1000, rel=EXACT)


# Storage, and custody over several hands


@pytest.mark.parametrize("purpose", [CUSTODY, STORAGE])
def test_what_is_stored_stays_its_owner_s_through_every_hand(world: World, purpose: dict[str, Any]) -> None:
    """Mill, dealer's store, treater, and the same way back; each hand passes it on with 5 kg of freight. 2/10 of 1000
    kg go out: 200, then 205, 210, 215, 220."""
    steps = [
        ("cast", "in-store", MILL, MILL, DEALER, purpose, 205),
        ("in-store", "at-work", MILL, DEALER, TREATER, purpose, 210),
        ("at-work", "in-store", DEALER, TREATER, DEALER, RETURN, 215),
        ("in-store", "home", TREATER, DEALER, MILL, RETURN, 220),
    ]
    for lot, new, of, by, to, how, burden in steps:
        world.admit(transfer(lot, "2", new, by=by, to=to, of=of, transport=[emitting("5")], **how))
        assert world.parties(new, by)[:2] == (to.id, MILL.id)
        assert world.fossil(new, by) == pytest.approx(burden, rel=EXACT)
        assert world.accounted() == pytest.approx(1000 + burden - 200, rel=EXACT)
    assert world.parties("home", DEALER) == (MILL.id, MILL.id, None)


def test_a_store_does_not_sell_what_it_keeps(world: World) -> None:
    world.admit(transfer("cast", "2", "stored", to=DEALER, **STORAGE))
    world.refuse(transfer("stored", "1", "sold", by=DEALER, of=MILL), "not-owner", "lot", MILL.name("stored"))
    world.refuse(consumption([flow("stored", "1")], by=DEALER), "not-owner", "inputs[0].lot", MILL.name("stored"))


def test_what_another_has_in_hand_may_go_straight_home(world: World) -> None:
    world.admit(transfer("cast", "2", "stored", to=DEALER, **STORAGE),
                transfer("stored", "2", "at-work", by=DEALER, of=MILL, to=TREATER, **CUSTODY),
                transfer("at-work", "2", "home", by=TREATER, of=DEALER, to=MILL, **RETURN))
    assert world.parties("home", TREATER) == (MILL.id, MILL.id, None)


# Sales


def test_a_sale_makes_the_receiver_the_owner(world: World) -> None:
    world.admit(transfer("cast", "2", "sold"))
    assert (world.parties("sold"), world.lot("sold").owner) == ((FORGE.id, FORGE.id, MILL.id), None)
    assert world.parties("cast") == (MILL.id, MILL.id, None)
    world.admit(transfer("sold", "1", "on", by=FORGE, of=MILL, to=DEALER), consumption([flow("sold", "1")], by=FORGE))
    assert world.parties("on", FORGE) == (DEALER.id, DEALER.id, FORGE.id)
    world.refuse(transfer("sold", "1", "x"), "unknown-lot", "lot", MILL.name("sold"))


# Returns


def test_a_return_makes_the_seller_the_owner_again(world: World) -> None:
    """2/10 of 1000 kg are sold; half of it comes back with 4 kg of freight: 104."""
    world.admit(transfer("cast", "2", "sold"),
                transfer("sold", "1", "back", by=FORGE, of=MILL, to=MILL, transport=[emitting("4")], **RETURN))
    assert (world.parties("back", FORGE), world.left("sold")) == ((MILL.id, MILL.id, FORGE.id), 1)
    assert (world.fossil("back", FORGE), world.accounted()) == pytest.approx((104, 1004), rel=EXACT)
    world.admit(consumption([flow("back", "1", of=FORGE)], purpose="soldOutside"))


def test_a_return_goes_to_the_one_who_handed_the_lot_over(world: World) -> None:
    world.admit(transfer("cast", "2", "sold"), transfer("sold", "2", "on", by=FORGE, of=MILL, to=DEALER))
    error = world.refuse(transfer("on", "1", "x", by=DEALER, of=FORGE, to=MILL, **RETURN), "wrong-return", "to",
                         MILL.id, says=repr(FORGE.name("on")))
    assert "goes to the sender of the lot" in (error.rule or "")
    world.admit(transfer("on", "1", "back", by=DEALER, of=FORGE, to=FORGE, **RETURN))
    assert world.parties("back", DEALER) == (FORGE.id, FORGE.id, DEALER.id)


@pytest.mark.parametrize("amounts", [("2.000000001",), ("1.5", "0.500000001"), ("2", "0.000000001")])
def test_no_more_comes_back_than_was_received(world: World, amounts: tuple[str, ...]) -> None:
    world.admit(transfer("cast", "2", "sold"))
    *before, last = [
        transfer("sold", amount, f"back-{i}", by=FORGE, of=MILL, to=MILL, **RETURN) for i, amount in enumerate(amounts)
    ]
    world.admit(*before)
    error = world.refuse(last, "over-consumption", "quantity", f"{amounts[-1]} TNE",
                         says="the return exceeds the received quantity")
    assert repr(MILL.name("sold")) in error.message
    assert f"{world.left('sold'):f} TNE" in (error.rule or "")


def test_what_was_used_does_not_come_back(world: World) -> None:
    world.admit(transfer("cast", "2", "sold"), consumption([flow("sold", "1.5")], by=FORGE))
    error = world.refuse(transfer("sold", "1", "back", by=FORGE, of=MILL, to=MILL, **RETURN), "over-consumption",
                         "quantity", "1 TNE", says="the return exceeds the received quantity")
    assert "0.5 left" in error.message


def test_what_was_made_since_is_not_what_was_received(world: World) -> None:
    world.admit(transfer("cast", "2", "sold"),
                transformation([output("part", "2", of=FORGE)], [flow("sold", "2")], by=FORGE))
    error = world.refuse(transfer("part", "2", "back", by=FORGE, to=MILL, **RETURN), "wrong-return", "to", MILL.id)
    assert "made or blended" in (error.rule or "")
    world.admit(transfer("part", "2", "back", by=FORGE, to=MILL))


def test_what_was_made_here_is_returned_to_nobody(world: World) -> None:
    world.refuse(transfer("cast", "1", "x", **RETURN), "wrong-return", "to", FORGE.id)


@pytest.mark.parametrize("how", [RETURN, CUSTODY, STORAGE])
def test_a_holder_never_becomes_the_owner_by_a_return(world: World, how: dict[str, Any]) -> None:
    """What came home from the treater, by whatever purpose, was never the treater's."""
    tolled(world)
    world.admit(transfer("out", "4", "home", by=TREATER, of=MILL, to=MILL, **how))
    assert world.parties("home", TREATER) == (MILL.id, MILL.id, None)
    world.refuse(transfer("home", "1", "x", of=TREATER, to=TREATER, **RETURN), "wrong-return", "to", TREATER.id)
    world.admit(transfer("home", "1", "again", of=TREATER, to=TREATER, **CUSTODY))
    assert world.parties("again")[:2] == (TREATER.id, MILL.id)


def test_a_return_may_itself_be_returned(world: World) -> None:
    """The mill does not take back what it sold: the forge owns it as before."""
    world.admit(transfer("cast", "2", "sold"), transfer("sold", "2", "back", by=FORGE, of=MILL, to=MILL, **RETURN),
                transfer("back", "2", "again", of=FORGE, **RETURN))
    assert world.parties("again") == (FORGE.id, FORGE.id, MILL.id)
    assert world.accounted() == pytest.approx(1000, rel=EXACT)


def test_the_lot_of_a_return_is_named_by_its_sender(world: World) -> None:
    world.admit(transfer("cast", "2", "sold"))
    world.refuse(replace(transfer("sold", "1", "x", by=FORGE, of=MILL, to=MILL, **RETURN), new_lot=MILL.name("x")),
                 "outside-prefix", "newLot", MILL.name("x"))


# Packaging that comes back


def test_a_crate_goes_out_and_comes_back_again_and_again(world: World) -> None:
    """It stays the mill's, and one thing: wherever it is, it is in one lot."""
    item = MILL.name("crate-no-7")
    world.admit(product("crate", "H87", mass_per_unit=quantity("80 KGM")),
                burdened(output("crate", "1 H87", product="crate", item=item), "120"))
    lot = ("crate", MILL)
    for trip in ("1", "2"):
        out, back = f"out-{trip}", f"back-{trip}"
        world.admit(transfer(lot[0], "1 H87", out, of=lot[1], transport=[emitting("1")], **CUSTODY))
        assert (world.parties(out), world.state.holding[item]) == ((FORGE.id, MILL.id, MILL.id), {MILL.name(out)})
        world.refuse(consumption([flow(out, "1 H87")], by=FORGE), "not-owner", "inputs[0].lot", MILL.name(out))
        world.refuse(transfer(out, "1 H87", "x", by=FORGE, of=MILL, to=DEALER), "not-owner", "lot", MILL.name(out))
        world.admit(transfer(out, "1 H87", back, by=FORGE, of=MILL, to=MILL, transport=[emitting("1")], **RETURN))
        assert (world.parties(back, FORGE)[:2], world.state.holding[item]) == ((MILL.id, MILL.id), {FORGE.name(back)})
        lot = (back, FORGE)
    assert (world.fossil("back-2", FORGE), world.accounted()) == pytest.approx((124, 1000 + 124), rel=EXACT)


# Things with a serial, through several owners and lives


def test_an_item_through_several_owners_and_lives(world: World) -> None:
    """A gear of the mill's with 10 kg: sold to the forge, treated (+3), sold on, used and taken back as a core, which
    the mill makes new (+6) and sells again. 13 kg stay with its first life; its second begins with 6."""
    item = MILL.name("gear-no-9")
    world.admit(burdened(output("gear-9", "1 H87", product="gear", item=item), "10"))
    piece = "1 H87"

    def handed(lot: str, new: str, by: Party, to: Party, of: Party, **how: Any) -> None:
        world.admit(transfer(lot, piece, new, by=by, to=to, of=of, **how))
        assert (world.state.holding[item], world.lot(new, by).item) == ({by.name(new)}, item)

    handed("gear-9", "sold", MILL, FORGE, MILL)
    handed("sold", "tolled", FORGE, TREATER, MILL, **CUSTODY)
    world.admit(treatment([treated("hard", piece, product="gear", item=item, owner=FORGE.id)],
                          [flow("tolled", piece, of=FORGE)], supplies=[emitting("3")]))
    handed("hard", "home", TREATER, FORGE, TREATER, **RETURN)
    assert world.parties("home", TREATER) == (FORGE.id, FORGE.id, None)
    handed("home", "bought", FORGE, DEALER, TREATER)
    assert world.fossil("bought", FORGE) == pytest.approx(13, rel=EXACT)
    worn = consumption(
        [flow("bought", piece, of=FORGE)], by=DEALER,
        outputs=[output("core", piece, "core", of=DEALER, product=TREATER.name("gear"), item=item)],
    )
    world.admit(worn)
    assert (world.retained[-1], world.fossil("core", DEALER)) == (pytest.approx(13, rel=EXACT), 0)
    handed("core", "core-back", DEALER, MILL, DEALER)
    made = output("new-9", piece, product="gear", item=item)
    world.admit(transformation([made], [flow("core-back", piece, of=DEALER)], [emitting("6")]))
    life = world.lot("new-9")
    assert (life.item, life.previous_life, life.role) == (item, digest_of(worn), "product")
    handed("new-9", "sold-9", MILL, FORGE, MILL)
    assert world.parties("sold-9") == (FORGE.id, FORGE.id, MILL.id)
    assert (world.fossil("sold-9"), world.accounted()) == pytest.approx((6, 1000 + 13 + 6), rel=EXACT)
    whole_life = [lot.holder for lot in world.state.lots.values() if lot.item == item]
    assert whole_life == [MILL.id, FORGE.id, TREATER.id, TREATER.id, FORGE.id, DEALER.id, DEALER.id, MILL.id, MILL.id,
                          FORGE.id]


def test_a_hired_thing_is_used_and_its_core_stays_its_owner_s(world: World) -> None:
    item = MILL.name("gear-no-9")
    world.admit(burdened(output("gear-9", "1 H87", product="gear", item=item), "10"),
                transfer("gear-9", "1 H87", "hired", **CUSTODY))
    core = output("core", "1 H87", "core", of=FORGE, product=MILL.name("gear"), item=item)
    used = consumption([flow("hired", "1 H87")], [core], by=FORGE, purpose="ownUse")
    world.refuse(used, "missing-owner", "outputs[0].owner")
    world.refuse(replace(used, outputs=[replace(core, owner=FORGE.id)]), "wrong-owner", "outputs[0].owner", FORGE.id)
    world.admit(replace(used, outputs=[replace(core, owner=MILL.id)]))
    assert world.parties("core", FORGE) == (FORGE.id, MILL.id, None)
    world.admit(transfer("core", "1 H87", "back", by=FORGE, to=MILL, **RETURN))
    assert world.parties("back", FORGE) == (MILL.id, MILL.id, None)
    assert world.accounted() == pytest.approx(1010, rel=EXACT)


def test_a_thing_is_worked_on_whoever_s_it_is_and_stays_one(world: World) -> None:
    """A second gear under the same serial, made by the treater, would be another thing."""
    item = MILL.name("gear-no-9")
    world.admit(burdened(output("gear-9", "1 H87", product="gear", item=item), "10"),
                transfer("gear-9", "1 H87", "tolled", to=TREATER, **CUSTODY))
    forged = treatment([treated("x", "1 H87", product="gear", item=item)], [], supplies=[ore("50 KGM")])
    world.refuse(forged, "outside-prefix", "outputs[0].item", item)
    record = treatment([treated("x", "1 H87", product="gear", item=item, owner=MILL.id)], [flow("tolled", "1 H87")])
    verdicts, _ = world.run(record, replace(
        record, nonce=nonce(), outputs=[replace(record.outputs[0], lot=TREATER.name("y"))]))
    assert [isinstance(verdict, Sequenced) for verdict in verdicts] == [True, False]
    assert getattr(verdicts[1], "code", None) == "over-consumption"
