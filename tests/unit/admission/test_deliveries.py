"""What arrives: short deliveries, lost or sent back, and disputes.

`cast` is 10 t of castings of the mill's with 1000 kg of CO2e (see `world.trading`). All of it is sent with 50 kg of
freight, so that 1050 kg are on the way; 1 % of it, 0.1 t, may be short.
"""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from support.raising import raised
from unit.admission.world import (
    DEALER,
    END,
    FORGE,
    MILL,
    START,
    TREATER,
    World,
    acceptance,
    burdened,
    claiming,
    consumption,
    credit,
    declaration,
    digest_of,
    dispute,
    emitting,
    flow,
    nonce,
    output,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.core.outcome.leaves import LotLeaf
from ledger.core.record import canonical
from ledger.core.record.kinds import Addition, AnyRecord, Closing, Pool, Transfer
from ledger.errors import InvalidBody, InvalidInput, InvalidQuantity, Refused

EXACT = 1e-12


@pytest.fixture
def world() -> World:
    return trading()


def send(world: World, *, tolerance: str | None = "0.01", **fields: Any) -> Transfer:
    """All castings go out as `sent`."""
    record = transfer("cast", "10", "sent", transport=[emitting("50")], tolerance=tolerance, **fields)
    world.admit(record)
    return record


# Within the tolerance


def test_a_shortage_within_the_tolerance_is_the_receiver_s_loss(world: World) -> None:
    """0.05 of 10 t are missing, with 0.05/10 of 1050 = 5.25 kg, which stay with the acceptance."""
    (accepted,) = world.admit(acceptance(send(world), "9.95"))
    assert (world.left("sent"), world.retained[-1]) == (quantity("9.95").amount, pytest.approx(5.25, rel=EXACT))
    assert (len(accepted.leaves), world.accounted()) == (1, pytest.approx(1050, rel=EXACT))
    assert world.parties("sent") == (FORGE.id, FORGE.id, MILL.id)
    world.admit(consumption([flow("sent", "9.95")], by=FORGE))
    assert (world.retained[-1], world.accounted()) == pytest.approx((1044.75, 1050), rel=EXACT)


@pytest.mark.parametrize(
    ("tolerance", "received", "lost"),
    [("0.01", "9.9", "0.1"), ("0.01", "9900 KGM", "0.1"), ("0.01", "9.999999999", "0.000000001"),
     ("0.1", "9", "1")],
)
def test_the_tolerance_to_the_last_grain(world: World, tolerance: str, received: str, lost: str) -> None:
    record = send(world, tolerance=tolerance)
    world.refuse(acceptance(record, received, "back"), "return-lot", "returnLot", FORGE.name("back"),
                 says="without a shortage beyond the tolerance")
    world.admit(acceptance(record, received))
    assert world.left("sent") == 10 - quantity(lost).amount


@pytest.mark.parametrize(
    ("tolerance", "received"),
    [("0.01", "9.899999999"), ("0.01", "9899999 GRM"), ("0", "9.999999999"), (None, "9.999999999"), ("0.3", "6.9")],
)
def test_beyond_the_tolerance_by_the_last_grain(world: World, tolerance: str | None, received: str) -> None:
    record = send(world, tolerance=tolerance)
    error = world.refuse(acceptance(record, received), "return-lot", "returnLot", None,
                         says="returnLot is missing: the shortage is beyond")
    assert "goes back, as a lot" in (error.rule or "")
    world.admit(acceptance(record, received, "back"))
    assert world.left("back", FORGE) == 10 - world.left("sent")


@pytest.mark.parametrize("received", ["10", "10000 KGM"])
def test_what_arrives_in_full(world: World, received: str) -> None:
    record = send(world)
    world.refuse(acceptance(record, received, "back"), "return-lot", "returnLot", FORGE.name("back"))
    (accepted,) = world.admit(acceptance(record, received))
    assert (accepted.leaves, world.left("sent"), world.state.accepted) == ((), 10, {digest_of(record)})


def test_pieces_arrive_whole(world: World) -> None:
    """2 of 20 gears are short, of 1000 kg 100: a tenth is within the tolerance."""
    world.admit(burdened(output("gears", "20 H87", product="gear"), "1000"))
    record = transfer("gears", "20 H87", "sent", tolerance="0.1")
    world.admit(record)
    world.refuse(acceptance(record, "18.5 H87"), "fraction-of-a-piece", "received", "18.5 H87")
    world.admit(acceptance(record, "18 H87"))
    assert world.left("sent") == 18
    assert (world.retained[-1], world.accounted()) == pytest.approx((100, 1000 + 1000), rel=EXACT)


@pytest.mark.parametrize(("received", "fits"), [("9", True), ("8.999999999", False), ("0.001", False)])
def test_a_tenth_is_lost_on_the_way(world: World, received: str, fits: bool) -> None:
    """Whatever the sender tolerates, by the newest rules."""
    record = send(world, tolerance="1")
    if not fits:
        error = world.refuse(acceptance(record, received), "lost-on-the-way", "received", f"{received} TNE")
        assert "a document (loss), or dispute it" in (error.rule or "")
        received = "10"
    world.admit(acceptance(record, received))
    assert world.left("sent") == quantity(received).amount


# Beyond the tolerance


def test_what_is_short_beyond_the_tolerance_goes_back(world: World) -> None:
    """1 of 10 t never came: it is with the mill still, is the mill's again, and carries 105 of 1050 kg."""
    (accepted,) = world.admit(acceptance(send(world), "9", "back"))
    assert world.parties("back", FORGE)[:2] == (MILL.id, MILL.id)
    assert (world.left("sent"), world.left("back", FORGE)) == (9, 1)
    back = world.lot("back", FORGE)
    assert (back.product, back.role, back.quantity, back.unit, back.mass, world.fossil("back", FORGE),
            world.retained[-1]) == (MILL.name("steel"), "product", 1, "TNE", 1000, pytest.approx(105, rel=EXACT), 0)
    assert world.accounted() == pytest.approx(1050, rel=EXACT)
    leaf = msgspec.json.decode(accepted.leaves[1], type=LotLeaf)
    assert (leaf.lot, leaf.holder, leaf.owner, leaf.quantity) == (FORGE.name("back"), MILL.id, None, quantity("1"))
    assert float(leaf.burdens["fossilGhgEmissions"]) == world.fossil("back", FORGE)
    world.refuse(consumption([flow("back", "1", of=FORGE)], by=FORGE), "unknown-lot", "inputs[0].lot")
    world.admit(transformation([output("part")], [flow("back", "1", of=FORGE)]), consumption([flow("sent", "9")],
                                                                                           by=FORGE))
    assert (world.fossil("part"), world.accounted()) == pytest.approx((105, 1050), rel=EXACT)


def test_what_goes_back_may_be_sent_again(world: World) -> None:
    world.admit(acceptance(send(world), "9", "back"))
    world.admit(transfer("back", "1", "late", of=FORGE, transport=[emitting("7")]))
    assert world.parties("late") == (FORGE.id, FORGE.id, MILL.id)
    assert (world.fossil("late"), world.accounted()) == pytest.approx((112, 1057), rel=EXACT)


def test_what_another_owns_and_is_short_stays_its_own(world: World) -> None:
    """The mill's castings, stored with the dealer, do not all reach the treater: the rest is with the dealer still."""
    world.admit(transfer("cast", "4", "stored", to=DEALER, purpose="storage"))
    record = transfer("stored", "4", "out", by=DEALER, of=MILL, to=TREATER, purpose="custody")
    world.admit(record, acceptance(record, "3", "back", by=TREATER))
    assert world.parties("back", TREATER)[:2] == (DEALER.id, MILL.id)
    assert world.parties("out", DEALER)[:2] == (TREATER.id, MILL.id)
    assert world.fossil("back", TREATER) == pytest.approx(100, rel=EXACT)
    world.refuse(transfer("back", "1", "x", by=DEALER, of=TREATER), "not-owner", "lot", TREATER.name("back"))
    world.admit(transfer("back", "1", "home", by=DEALER, of=TREATER, to=MILL, purpose="return"))
    assert world.accounted() == pytest.approx(1000, rel=EXACT)


@pytest.mark.parametrize("purpose", ["return", "custody"])
def test_a_treater_does_not_come_to_own_what_is_short_of_a_return(world: World, purpose: str) -> None:
    world.admit(transfer("cast", "4", "out", to=TREATER, purpose="custody"))
    record = transfer("out", "4", "home", by=TREATER, of=MILL, to=MILL, purpose=purpose)
    world.admit(record, acceptance(record, "3", "back", by=MILL))
    assert world.parties("back")[:2] == (TREATER.id, MILL.id)
    world.refuse(consumption([flow("back", "1")], by=TREATER), "not-owner", "inputs[0].lot", MILL.name("back"))
    world.admit(transfer("back", "1", "found", by=TREATER, of=MILL, to=MILL, purpose="return"))
    assert world.parties("found", TREATER)[:2] == (MILL.id, MILL.id)
    assert world.accounted() == pytest.approx(1000, rel=EXACT)


def test_a_short_return_of_what_was_bought_is_the_buyer_s_again(world: World) -> None:
    """2 t, with 200 kg, were bought; of the 2 t on the way back half comes."""
    world.admit(transfer("cast", "2", "sold"))
    record = transfer("sold", "2", "return", by=FORGE, of=MILL, to=MILL, purpose="return")
    world.admit(record, acceptance(record, "1", "missing", by=MILL))
    assert world.parties("return", FORGE)[:2] == (MILL.id, MILL.id)
    assert world.parties("missing")[:2] == (FORGE.id, FORGE.id)
    assert world.fossil("missing") == pytest.approx(100, rel=EXACT)
    world.admit(transfer("missing", "1", "found", by=FORGE, of=MILL, to=MILL, purpose="return"))
    assert world.parties("found", FORGE)[:2] == (MILL.id, MILL.id)
    assert world.accounted() == pytest.approx(1000, rel=EXACT)


@pytest.mark.parametrize("lot", [MILL.name("x"), MILL.name("cast"), "urn:example:forge-two:x", "urn:example:forge"])
def test_what_goes_back_is_named_by_the_receiver(world: World, lot: str) -> None:
    error = world.refuse(replace(acceptance(send(world), "9"), return_lot=lot), "outside-prefix", "returnLot", lot)
    assert FORGE.name("") in (error.rule or "")


def test_what_goes_back_has_a_normal_identifier(world: World) -> None:
    record = replace(acceptance(send(world), "9"), return_lot="urn:example:forge:%7e")
    assert isinstance(world.refuse(record, "invalid-identifier", "returnLot", "urn:example:forge:%7e"), InvalidInput)


def test_what_goes_back_has_an_identifier_of_its_own(world: World) -> None:
    world.admit(transformation([output("taken", of=FORGE)], by=FORGE))
    world.refuse(acceptance(send(world), "9", "taken"), "lot-taken", "returnLot", FORGE.name("taken"))


def test_an_item_does_not_go_back_in_part(world: World) -> None:
    """A coil of 5 t with a serial may lose some of itself on the way, and stays one thing."""
    item = MILL.name("coil-no-1")
    world.admit(burdened(output("coil", "5", item=item), "500"))
    record = transfer("coil", "5", "sent", tolerance="0.1")
    world.admit(record)
    error = world.refuse(acceptance(record, "4.4", "back"), "item-taken", "received", "4.4 TNE", says=repr(item))
    assert "dispute the delivery" in (error.rule or "")
    world.admit(acceptance(record, "4.5"))
    assert (world.state.holding[item], world.retained[-1]) == ({MILL.name("sent")}, pytest.approx(50, rel=EXACT))


# What is not so received


@pytest.mark.parametrize("received", ["10.000000001", "10001 KGM", "11"])
def test_no_more_is_received_than_was_sent(world: World, received: str) -> None:
    record = send(world)
    error = world.refuse(acceptance(record, received), "over-received", "received", quantity(received),
                         says="but only 10 were sent")
    assert "at most the quantity sent" in (error.rule or "")
    world.refuse(acceptance(record, received, "back"), "over-received", "received")


@pytest.mark.parametrize(("received", "code"), [("9 KWH", "wrong-dimension"), ("9 H87", "wrong-dimension"),
                                                ("9 XYZ", "unknown-unit"), ("0.000000001 GRM", "inexact-conversion")])
def test_quantities_that_do_not_fit_the_delivery(world: World, received: str, code: str) -> None:
    assert isinstance(world.refuse(acceptance(send(world), received), code, "received"), InvalidQuantity)


def test_nothing_received_is_no_quantity(world: World) -> None:
    """Who received nothing disputes the delivery."""
    record = acceptance(send(world), "0")
    assert raised(InvalidBody, canonical.decode_record, canonical.encode(record)).field == "$.received.value"


def test_nothing_goes_back_where_nothing_was_weighed(world: World) -> None:
    world.refuse(acceptance(send(world), None, "back"), "return-lot", "returnLot", FORGE.name("back"))


def test_no_more_is_short_than_is_there(world: World) -> None:
    """9 of 10 t were used already, so they came: at most the last is short."""
    record = send(world)
    world.admit(consumption([flow("sent", "9")], by=FORGE))
    assert "1 TNE" in (world.refuse(acceptance(record, "8", "back"), "over-consumption", "received", "2 TNE",
                                    says="the shortage exceeds the remaining quantity").rule or "")
    world.admit(acceptance(record, "9", "back"))
    assert (world.left("sent"), world.left("back", FORGE)) == (0, 1)
    assert world.accounted() == pytest.approx(1050, rel=EXACT)


@pytest.mark.parametrize("received", [None, "9.95"])
def test_a_delivery_is_accepted_once(world: World, received: str | None) -> None:
    record = send(world)
    world.admit(acceptance(record, received))
    for again in (acceptance(record), acceptance(record, "9.9"), dispute(record)):
        world.refuse(again, "accepted", "transfer", digest_of(record))


def test_a_stranger_accepts_nothing(world: World) -> None:
    """Nor does the sender, and who may not accept may not dispute. None learns whether there is such a transfer."""
    record = send(world)
    never = replace(record, nonce=nonce())
    for who in (MILL, DEALER):
        for one, of in ((acceptance(record, by=who), record), (acceptance(record, "9", "back", by=who), record),
                        (dispute(record, by=who), record), (acceptance(never, by=who), never)):
            error = world.refuse(one, "unknown-transfer", "transfer", digest_of(of))
            assert error.message == f"transfer: {digest_of(of)!r} is not a transfer to {who.id}"
            assert error.rule == "the digest of a transfer to the issuer"


# Disputes


def frozen_uses() -> dict[str, AnyRecord]:
    """Everything that the forge could do with `sent`, in the order of the fields that name it."""
    taken = flow("sent", "1")
    return {
        "transformation": transformation([output("x", of=FORGE)], [flow("own", "1", of=FORGE), taken], by=FORGE),
        "consumption": consumption([flow("own", "1", of=FORGE), taken], by=FORGE),
        "loss": consumption([flow("own", "1", of=FORGE), taken], by=FORGE, purpose="loss"),
        "sale": transfer("sent", "1", "x", by=FORGE, of=MILL, to=DEALER),
        "custody": transfer("sent", "1", "x", by=FORGE, of=MILL, to=DEALER, purpose="custody"),
        "return": transfer("sent", "1", "x", by=FORGE, of=MILL, to=MILL, purpose="return"),
        "addition": Addition(issuer=FORGE.id, nonce=nonce(), pool=FORGE.name("heap"), time=END,
                             inputs=[flow("sent-2", "1"), taken]),
        "closing": Closing(issuer=FORGE.id, nonce=nonce(), facility=FORGE.name("site"), start=START, end=END,
                           retired=[flow("own", "1", of=FORGE), taken]),
    }


FIELDS = {"transformation": "inputs[1].lot", "consumption": "inputs[1].lot", "loss": "inputs[1].lot", "sale": "lot",
          "custody": "lot", "return": "lot", "addition": "inputs[1].lot", "closing": "retired[1].lot"}


@pytest.fixture
def disputed(world: World) -> tuple[World, Transfer]:
    """`sent` is in dispute; `sent-2` came by the way and is not. The forge has a lot of its own, and a pool."""
    world.admit(
        burdened(output("own", "10", of=FORGE), "10", by=FORGE),
        Pool(issuer=FORGE.id, nonce=nonce(), id=FORGE.name("heap"), facility=FORGE.name("site"),
             product=MILL.name("steel")),
        burdened(output("cast-2", "2"), "20"), transfer("cast-2", "2", "sent-2"),
    )
    record = send(world)
    world.admit(dispute(record))
    return world, record


@pytest.mark.parametrize("use", FIELDS)
def test_a_disputed_lot_is_frozen_for_every_use(disputed: tuple[World, Transfer], use: str) -> None:
    world, record = disputed
    assert (world.state.frozen, world.left("sent")) == ({MILL.name("sent")}, 10)
    error = world.refuse(frozen_uses()[use], "disputed", FIELDS[use], MILL.name("sent"), says="in dispute")
    assert "settled" in (error.rule or "")
    # Once it is settled nothing else is wrong with the record.
    world.admit(acceptance(record))
    if use != "closing":
        world.admit(frozen_uses()[use])
        assert world.left("sent") == 9


def test_a_disputed_credit_is_not_claimed(world: World) -> None:
    world.admit(declaration(lot=output("scrap", "1", "waste"), boundary="none"),
                transformation([output("bar"), credit("tonne", "1")], [flow("scrap", "1")]))
    record = transfer("tonne", "1", "sent")
    world.admit(record, dispute(record))
    world.refuse(claiming("sent", "1", by=FORGE, of=MILL), "disputed", "inputs[0].lot", MILL.name("sent"))
    world.admit(acceptance(record), claiming("sent", "1", by=FORGE, of=MILL))


def test_a_dispute_freezes_within_its_batch(world: World) -> None:
    record = send(world)
    use = consumption([flow("sent", "1")], by=FORGE)
    verdicts, _ = world.run(dispute(record), use, acceptance(record), use)
    codes = [verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts]
    assert codes == [None, "disputed", None, None]


def test_other_lots_of_the_parties_are_free(disputed: tuple[World, Transfer]) -> None:
    world, _ = disputed
    world.admit(consumption([flow("sent-2", "1")], by=FORGE), transfer("sent-2", "1", "x", by=FORGE, of=MILL, to=MILL,
                                                                      purpose="return"))


def test_a_dispute_has_no_results(world: World) -> None:
    (disputing,) = world.admit(dispute(send(world)))
    assert (disputing.leaves, world.state.accepted) == ((), set())
    assert world.accounted() == pytest.approx(1050, rel=EXACT)


@pytest.mark.parametrize(("received", "back", "lost", "returned"), [(None, None, 0.0, 0.0), ("9.95", None, 5.25, 0.0),
                                                                    ("9", "back", 0.0, 105.0)])
def test_a_later_acceptance_settles_a_dispute(
    world: World, received: str | None, back: str | None, lost: float, returned: float
) -> None:
    record = send(world)
    world.admit(dispute(record), acceptance(record, received, back))
    assert (world.state.frozen, world.state.accepted) == (set(), {digest_of(record)})
    assert sum(world.retained) == pytest.approx(lost, rel=EXACT)
    if back is not None:
        assert world.fossil(back, FORGE) == pytest.approx(returned, rel=EXACT)
    world.admit(consumption([flow("sent", "9")], by=FORGE))
    assert world.accounted() == pytest.approx(1050, rel=EXACT)
    world.refuse(dispute(record), "accepted", "transfer", digest_of(record))


def test_only_the_receiver_settles_a_dispute(disputed: tuple[World, Transfer]) -> None:
    world, record = disputed
    for who in (MILL, DEALER):
        world.refuse(acceptance(record, by=who), "unknown-transfer", "transfer", digest_of(record))


def test_what_was_used_is_not_disputed(world: World) -> None:
    """First use accepts."""
    record = send(world)
    world.admit(consumption([flow("sent", "0.000000001")], by=FORGE))
    error = world.refuse(dispute(record), "used", "disputed", MILL.name("sent"))
    assert "before its first use, which accepts it" in (error.rule or "")


def test_a_delivery_is_disputed_once(disputed: tuple[World, Transfer]) -> None:
    world, record = disputed
    world.refuse(dispute(record, reason="too soft as well"), "used", "disputed", MILL.name("sent"),
                 says="already disputed")


@pytest.mark.parametrize("received", ["9", "10"])
def test_a_disputed_delivery_is_not_received(world: World, received: str) -> None:
    world.refuse(dispute(send(world), received=received), "acceptance-form", "received", f"{received} TNE")


def test_a_disputed_delivery_does_not_go_back_by_itself(world: World) -> None:
    world.refuse(dispute(send(world), back="back"), "return-lot", "returnLot", FORGE.name("back"))


def test_a_dispute_has_a_reason(world: World) -> None:
    record = dispute(send(world), reason=None)
    assert "`reason`" in (world.refuse(record, "acceptance-form", "reason", None).rule or "")
    assert raised(
        InvalidBody, canonical.decode_record, canonical.encode(replace(record, reason=""))
    ).field == "$.reason"


def test_what_came_into_custody_is_disputed_too(world: World) -> None:
    record = transfer("cast", "4", "out", to=TREATER, purpose="custody")
    world.admit(record, dispute(record, by=TREATER))
    back = transfer("out", "4", "back", by=TREATER, of=MILL, to=MILL, purpose="return")
    world.refuse(back, "disputed", "lot", MILL.name("out"))
    world.admit(acceptance(record, by=TREATER), back)
    assert world.parties("back", TREATER)[:2] == (MILL.id, MILL.id)
