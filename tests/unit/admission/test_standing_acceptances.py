"""Rules by which a receiver accepts deliveries when they arrive: each term to its edge, and who may not use them.

The forge buys castings of the mill: `cast` is 10 t with 1000 kg of CO2e (see `world.trading`). The log's time is 2030,
the deliveries of tests are of February 2024.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace
from unit.admission.world import (
    DEALER,
    END,
    FORGE,
    MILL,
    TREATER,
    Party,
    World,
    acceptance,
    consumption,
    credit,
    declaration,
    digest_of,
    dispute,
    flow,
    nonce,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.admission.standing import LARGEST_TOLERANCE, MOST_PRODUCTS
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record import canonical
from ledger.core.record.kinds import PassportPublication, StandingAcceptance, Transfer
from ledger.core.record.redacted import residue
from ledger.engine.batch import Sequenced
from ledger.errors import Refused

STEEL: Final = MILL.name("steel")
BEFORE, AFTER = "2024-01-31T23:59:59Z", "2024-02-01T00:00:01Z"
NOW: Final = 1_893_456_000_000
"""2030-01-01T00:00:00Z, the time of the entries."""


def standing(*, by: Party = FORGE, of: Party = MILL, **fields: Any) -> StandingAcceptance:
    """A rule for all products, valid since 2024, with a tolerance of 2 %."""
    fields = {"valid_from": "2024-01-01T00:00:00Z", "tolerance": "0.02", **fields}
    return StandingAcceptance(issuer=by.id, nonce=nonce(), sender=of.id, **fields)


def ended(*, by: Party = FORGE, of: Party = MILL, **fields: Any) -> StandingAcceptance:
    return StandingAcceptance(issuer=by.id, nonce=nonce(), sender=of.id, withdrawn=True, **fields)


@pytest.fixture
def world() -> World:
    return trading()


def accepted_by(world: World, record: Transfer) -> int | None:
    """The index of the rule by which a transfer is accepted; leaf 0 and the state agree."""
    (entry,) = world.admit(record)
    leaf = msgspec.json.decode(entry.leaves[0], type=AssessmentLeaf)
    assert (digest_of(record) in world.state.accepted) == (leaf.accepted_by is not None)
    return leaf.accepted_by


def covered(world: World, rule: StandingAcceptance, record: Transfer) -> bool:
    (entry,) = world.admit(rule)
    found = accepted_by(world, record)
    assert found in (None, entry.index)
    return found is not None


# What a rule covers


def test_a_delivery_is_accepted_by_its_own_entry(world: World) -> None:
    (rule,) = world.admit(standing())
    record = transfer("cast", "4", "sent")
    verdicts, batch = world.run(record)
    assert isinstance(verdicts[0], Sequenced)
    assert batch.rows.of("arrival")[1] == [(verdicts[0].index, rule.index)]
    assert world.state.presumed == {digest_of(record): Decimal("0.02")}
    world.refuse(acceptance(record), "accepted", "received", None)


def test_without_a_rule_nothing_is_accepted(world: World) -> None:
    (entry,) = world.admit(transfer("cast", "4", "sent"))
    assert b"acceptedBy" not in entry.leaves[0]
    assert (world.state.accepted, world.state.presumed) == (set(), {})


@pytest.mark.parametrize(("fields", "covers"), [
    ({"valid_from": END}, True), ({"valid_from": AFTER}, False), ({"valid_from": BEFORE}, True),
    ({"valid_until": "2030-01-01T00:00:01Z"}, True), ({"valid_until": "2030-01-01T00:00:00Z"}, False),
])
def test_the_period_to_the_second(world: World, fields: dict[str, str], covers: bool) -> None:
    """The delivery is of END, and its entry of 2030: a rule ends by whichever is later."""
    assert covered(world, standing(**fields), transfer("cast", "1", "sent")) == covers


def test_an_entry_may_come_before_the_time_that_it_states(world: World) -> None:
    """Clocks differ by less than a day: the rule has not ended when the entry comes, but when the goods leave."""
    late = "2030-01-01T12:00:00Z"
    assert not covered(world, standing(valid_until=late), transfer("cast", "1", "one", time=late))
    assert covered(world, standing(valid_until="2030-01-01T12:00:01Z"), transfer("cast", "1", "two", time=late))


@pytest.mark.parametrize(("stated", "covers"), [(None, True), ("0", True), ("0.02", True), ("0.020000001", False)])
def test_a_sender_leaves_no_more_to_the_receiver_than_the_tolerance(
    world: World, stated: str | None, covers: bool
) -> None:
    assert covered(world, standing(), transfer("cast", "1", "sent", tolerance=stated)) == covers


@pytest.mark.parametrize(("sent", "covers"), [
    ("5", True), ("5.1", True), ("5.100000001", False), ("4.9", True), ("4.899999999", False), ("5100 KGM", True),
    ("4899999 GRM", False), ("9.9", False), ("0.5", False),
])
def test_a_delivery_deviates_by_the_tolerance_from_the_agreed_quantity(world: World, sent: str, covers: bool) -> None:
    rule = standing(product=STEEL, quantity=quantity("5000 KGM"))
    assert covered(world, rule, transfer("cast", sent, "sent")) == covers


def test_no_tolerance_is_the_agreed_quantity_alone(world: World) -> None:
    world.admit(standing(product=STEEL, quantity=quantity("5"), tolerance="0"))
    assert accepted_by(world, transfer("cast", "4.999999999", "less")) is None
    assert accepted_by(world, transfer("cast", "5", "exact")) is not None


@pytest.mark.parametrize(("purposes", "purpose", "covers"), [
    ([], "sale", True), ([], "custody", False), (["custody", "storage"], "storage", True), (["custody"], "sale", False),
])
def test_the_purposes(world: World, purposes: list[Any], purpose: str, covers: bool) -> None:
    assert covered(world, standing(purposes=purposes), transfer("cast", "1", "sent", purpose=purpose)) == covers


def test_returns_are_accepted_if_the_rule_says_so(world: World) -> None:
    world.admit(transfer("cast", "1", "sent"))
    back = transfer("sent", "1", "back", by=FORGE, of=MILL, to=MILL, purpose="return")
    assert covered(world, standing(by=MILL, of=FORGE, purposes=["return"]), back)


@pytest.mark.parametrize(("roles", "covers"), [([], False), (["product"], False), (["product", "waste"], True)])
def test_the_roles(world: World, roles: list[Any], covers: bool) -> None:
    world.admit(declaration(lot=output("swarf", "1", "waste"), boundary="none"))
    assert covered(world, standing(roles=roles), transfer("swarf", "1", "sent")) == covers


def test_another_product_is_not_covered(world: World) -> None:
    assert not covered(world, standing(product=STEEL), transfer("gear-1", "1 H87", "gears"))
    assert accepted_by(world, transfer("cast", "1", "sent")) is not None


def test_another_party_is_not_covered(world: World) -> None:
    """Nor is what the receiver itself sends back to the sender."""
    world.admit(standing(of=DEALER), transfer("cast", "1", "sent"))
    assert world.state.accepted == set()
    world.admit(standing(), transfer("sent", "1", "back", by=FORGE, of=MILL, to=MILL, purpose="return"),
                transfer("cast", "1", "elsewhere", to=DEALER))
    assert world.state.accepted == set()


def test_lots_of_the_same_batch(world: World) -> None:
    """Rule, lot and delivery come together, and the order within the batch decides."""
    early, late = transfer("made", "1", "early"), transfer("made", "1", "late")
    world.admit(transformation([output("made", "3")]), early, standing(), late, ended(), transfer("made", "1", "third"))
    assert world.state.accepted == {digest_of(late)}


# Which rule decides


def test_the_newest_rule_for_a_product_replaces_the_one_before(world: World) -> None:
    world.admit(standing(product=STEEL))
    (newer,) = world.admit(standing(product=STEEL, tolerance="0.01"))
    assert accepted_by(world, transfer("cast", "1", "one", tolerance="0.02")) is None
    assert accepted_by(world, transfer("cast", "1", "two", tolerance="0.01")) == newer.index


@pytest.mark.parametrize("special_first", [True, False])
def test_the_rule_for_the_product_decides_alone(world: World, special_first: bool) -> None:
    """The narrower rule is no way around: what it does not cover is not covered, in whatever order they came."""
    both = [standing(product=STEEL, tolerance="0"), standing()]
    world.admit(*(both if special_first else reversed(both)))
    assert accepted_by(world, transfer("cast", "1", "one", tolerance="0.01")) is None
    assert accepted_by(world, transfer("gear-1", "1 H87", "gears", tolerance="0.01")) is not None
    world.admit(ended(product=STEEL))
    assert accepted_by(world, transfer("cast", "1", "two", tolerance="0.01")) is not None


def test_an_expired_rule_for_the_product_still_decides(world: World) -> None:
    world.admit(standing(), standing(product=STEEL, valid_until=AFTER))
    assert accepted_by(world, transfer("cast", "1", "one")) is None


def test_a_withdrawal_acts_from_its_index_on(world: World) -> None:
    first, second = transfer("cast", "1", "one"), transfer("cast", "1", "two")
    world.admit(standing(), first, ended(), second)
    assert world.state.accepted == {digest_of(first)}
    (again,) = world.admit(standing())
    assert accepted_by(world, transfer("cast", "1", "three")) == again.index


def test_a_rule_accepts_no_earlier_delivery(world: World) -> None:
    record = transfer("cast", "1", "sent")
    world.admit(record, standing())
    assert world.state.accepted == set()
    world.admit(acceptance(record))


# After the arrival


@pytest.fixture
def sent(world: World) -> tuple[World, Transfer]:
    """10 t are accepted on arrival: up to 0.2 t are no claim."""
    record = transfer("cast", "10", "sent", tolerance="0.01")
    world.admit(standing(), record)
    return world, record


@pytest.mark.parametrize(("received", "back"), [
    ("9.8", "back"), ("9800 KGM", "back"), ("9.9", None), ("9.999999999", None), ("10", None),
])
def test_a_shortage_within_the_tolerance_is_accepted(
    sent: tuple[World, Transfer], received: str, back: str | None
) -> None:
    world, record = sent
    error = world.refuse(acceptance(record, received, back), "accepted", "received", quantity(received))
    assert "more than 0.02 of the quantity" in (error.rule or "")


def test_a_larger_shortage_goes_back_whole(sent: tuple[World, Transfer]) -> None:
    world, record = sent
    world.admit(acceptance(record, "9.799999999", "back"))
    assert (world.left("sent"), world.left("back", FORGE)) == (Decimal("9.799999999"), Decimal("0.200000001"))
    assert (world.state.accepted, world.state.presumed) == ({digest_of(record)}, {})
    world.refuse(acceptance(record, "9", "more"), "accepted", "transfer", digest_of(record))
    world.refuse(dispute(record), "accepted", "transfer", digest_of(record))
    assert world.accounted() == pytest.approx(1000)


def test_the_first_use_ends_claims_and_disputes(sent: tuple[World, Transfer]) -> None:
    world, record = sent
    world.admit(consumption([flow("sent", "0.000000001")], by=FORGE))
    world.refuse(acceptance(record, "9", "back"), "accepted", "transfer", digest_of(record), says="has been used since")
    world.refuse(dispute(record), "used", "disputed", MILL.name("sent"))


def test_a_dispute_takes_the_acceptance_back(sent: tuple[World, Transfer]) -> None:
    """From then on everything is as without the rule, whose tolerance counts no more."""
    world, record = sent
    world.admit(dispute(record))
    assert (world.state.accepted, world.state.presumed) == (set(), {})
    world.refuse(consumption([flow("sent", "1")], by=FORGE), "disputed", "inputs[0].lot", MILL.name("sent"))
    world.refuse(dispute(record), "used", "disputed", MILL.name("sent"))
    world.admit(acceptance(record, "9.95"))
    assert world.state.accepted == {digest_of(record)}


def test_a_small_loss_is_a_consumption(sent: tuple[World, Transfer]) -> None:
    world, _ = sent
    world.admit(consumption([flow("sent", "0.1")], by=FORGE, purpose="loss"))
    assert world.left("sent") == Decimal("9.9")


# What no rule may say


@pytest.mark.parametrize(("fields", "field", "says"), [
    ({"tolerance": None}, "tolerance", "missing"), ({"valid_from": None}, "validFrom", "missing"),
    ({"quantity": quantity("1")}, "product", "beside quantity"),
])
def test_what_a_rule_needs(world: World, fields: dict[str, Any], field: str, says: str) -> None:
    world.refuse(standing(**fields), "standing-form", field, None, says=says)


@pytest.mark.parametrize(("field", "fields"), [
    ("tolerance", {"tolerance": "0"}), ("validFrom", {"valid_from": END}), ("validUntil", {"valid_until": END}),
    ("quantity", {"quantity": quantity("1")}), ("purposes", {"purposes": ["sale"]}), ("roles", {"roles": ["waste"]}),
])
def test_a_withdrawal_has_no_terms(world: World, field: str, fields: dict[str, Any]) -> None:
    world.admit(standing(product=STEEL))
    error = world.refuse(ended(product=STEEL, **fields), "standing-form", field)
    assert error.rule == "only sender, product and withdrawn"
    world.admit(ended(product=STEEL))


def test_the_tolerance_is_bounded(world: World) -> None:
    error = world.refuse(standing(tolerance="0.100000001"), "tolerance", "tolerance", "0.100000001")
    assert str(LARGEST_TOLERANCE) in (error.rule or "")
    world.admit(standing(tolerance="0.1"))


@pytest.mark.parametrize("end", ["2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"])
def test_a_period_ends_after_it_starts(world: World, end: str) -> None:
    world.refuse(standing(valid_until=end), "period", "validUntil", end)


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"valid_from": "2024-02-30T00:00:00Z"}, "instant", "validFrom"),
    ({"valid_until": "2024-02-30T00:00:00Z"}, "instant", "validUntil"),
    ({"valid_from": "1899-12-31T23:59:59Z"}, "instant-range", "validFrom"),
    ({"valid_until": "2200-01-01T00:00:00Z"}, "instant-range", "validUntil"),
])
def test_times_are_bounded_days_of_the_calendar(world: World, fields: dict[str, str], code: str, field: str) -> None:
    world.refuse(standing(**fields), code, field)


def test_a_rule_may_begin_and_end_later(world: World) -> None:
    world.admit(standing(valid_from="2031-01-01T00:00:00Z", valid_until="2032-01-01T00:00:00Z"))


@pytest.mark.parametrize(("of", "value"), [("9 KWH", "wrong-dimension"), ("1 XYZ", "unknown-unit")])
def test_an_agreed_quantity_is_in_a_unit_of_the_product(world: World, of: str, value: str) -> None:
    world.admit(published(STEEL))
    world.refuse(standing(product=STEEL, quantity=quantity(of)), value, "quantity")


def published(name: str) -> PassportPublication:
    """The mill shows everybody its product."""
    return PassportPublication(issuer=MILL.id, nonce=nonce(), product=name)


def test_a_product_that_was_not_shown_keeps_its_unit_to_itself(world: World) -> None:
    """A quantity in another unit fits no delivery."""
    world.refuse(standing(product=STEEL, quantity=quantity("1 XYZ")), "unknown-unit", "quantity")
    wrong = standing(product=STEEL, quantity=quantity("9 KWH"))
    sent = transfer("cast", "1", "sent")
    world.admit(wrong, sent)
    assert digest_of(sent) not in world.state.accepted


def test_pieces_are_agreed_whole(world: World) -> None:
    world.admit(published(MILL.name("gear")))
    world.refuse(standing(product=MILL.name("gear"), quantity=quantity("1.5 H87")), "fraction-of-a-piece", "quantity")
    world.admit(standing(product=MILL.name("gear"), quantity=quantity("2 H87")))


@pytest.mark.parametrize("sender", [FORGE.id, "urn:example:nobody"])
def test_the_sender_is_another_organisation(world: World, sender: str) -> None:
    world.refuse(replace(standing(), sender=sender), "unknown-organization", "sender", sender)


def test_the_product_is_on_the_ledger(world: World) -> None:
    world.refuse(standing(product=MILL.name("gold")), "unknown-product", "product", MILL.name("gold"))


def test_only_a_rule_in_force_is_withdrawn(world: World) -> None:
    world.refuse(ended(), "unknown-rule", "withdrawn", True)
    world.admit(standing(product=STEEL))
    world.refuse(ended(), "unknown-rule", "withdrawn", True)
    world.refuse(ended(product=STEEL, of=DEALER), "unknown-rule", "withdrawn", True)
    world.admit(ended(product=STEEL))
    world.refuse(ended(product=STEEL), "unknown-rule", "withdrawn", True)


def test_rules_for_products_of_one_sender_are_bounded(world: World) -> None:
    names = [f"part-{number}" for number in range(MOST_PRODUCTS + 1)]
    world.admit(*[product(name) for name in names])
    world.admit(*[standing(product=MILL.name(name)) for name in names[:-1]])
    world.refuse(standing(product=MILL.name(names[-1])), "too-many-rules", "product", MILL.name(names[-1]))
    world.admit(standing(), standing(product=MILL.name(names[0])), ended(product=MILL.name(names[1])))
    # A withdrawn rule counts too: it makes room for its own product alone.
    error = world.refuse(standing(product=MILL.name(names[-1])), "too-many-rules", "product", MILL.name(names[-1]))
    assert "withdrawn ones included" in str(error)
    assert "a product that had a rule" in (error.rule or "")
    world.admit(standing(product=MILL.name(names[1])))


def test_what_remains_of_an_erased_rule_covers_the_same(world: World) -> None:
    record = standing(product=STEEL, quantity=quantity("5"), purposes=["custody"], roles=["waste"], valid_until=END)
    redacted = residue(record)
    assert isinstance(redacted, StandingAcceptance)
    assert replace(redacted, nonce=record.nonce) == record
    assert canonical.decode_record(canonical.encode(record)) == record


# Who may not use a rule


def test_nobody_accepts_for_another(world: World) -> None:
    """A rule that the sender signs is refused; one of a sister of the receiver is about her own deliveries."""
    world.refuse(standing(), "wrong-issuer", "issuer", key=world._keys[MILL.id])
    world.admit(standing(by=TREATER), standing(by=DEALER))
    assert accepted_by(world, transfer("cast", "1", "sent")) is None


def test_a_delivery_is_not_dated_back_into_an_ended_rule(world: World) -> None:
    world.admit(standing(valid_until="2029-12-31T00:00:00Z"))
    assert accepted_by(world, transfer("cast", "1", "sent", time="2029-12-30T00:00:00Z")) is None


def test_a_sender_pushes_nothing_but_what_the_rule_names(world: World) -> None:
    """Waste, by-products and credits in place of the goods, and more of the goods than was agreed."""
    world.admit(
        standing(product=STEEL, quantity=quantity("1")),
        declaration(lot=output("scrap", "2", "waste"), boundary="none"),
        transformation([output("bar"), credit("tonne", "1")], [flow("scrap", "1")]),
        transformation([output("castings"), output("slag", "1", "byProduct")]),
    )
    for lot, amount in (("scrap", "1"), ("tonne", "1"), ("slag", "1"), ("cast", "9")):
        assert accepted_by(world, transfer(lot, amount, f"sent-{lot}")) is None, lot


def test_a_disputed_lot_is_not_sent_on_into_a_rule(world: World) -> None:
    record = transfer("cast", "1", "sent")
    world.admit(record, dispute(record), standing(by=DEALER, of=FORGE))
    world.refuse(transfer("sent", "1", "on", by=FORGE, of=MILL, to=DEALER), "disputed", "lot", MILL.name("sent"))
    assert world.state.accepted == set()


def test_a_rule_changes_no_figure(world: World) -> None:
    """The same delivery with and without a rule has the same figures; it still says what it lacks."""
    (plain,) = world.admit(transfer("cast", "1", "plain"))
    (_, ruled) = world.admit(standing(), transfer("cast", "1", "ruled"))
    bare, told = [msgspec.json.decode(one.leaves[0], type=AssessmentLeaf) for one in (plain, ruled)]
    assert replace(told, accepted_by=None, salt=bare.salt) == bare
    assert world.figures[MILL.name("plain")] == world.figures[MILL.name("ruled")]


def test_a_refused_delivery_is_not_accepted(world: World) -> None:
    world.admit(standing())
    verdicts, _ = world.run(transfer("cast", "11", "sent"))
    assert isinstance(verdicts[0], Refused)
    assert (world.state.accepted, world.state.presumed) == (set(), {})
