"""What happens to lots: taking, creating, balances, roles, items, masses, transfers, acceptance, consumption."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.admission.world import (
    FORGE,
    MILL,
    START,
    STRANGER,
    Party,
    World,
    acceptance,
    consumption,
    declaration,
    digest_of,
    facility,
    flow,
    nonce,
    ore,
    organization,
    output,
    product,
    quantity,
    stocked,
    transfer,
    transformation,
)

from ledger.admission.facts import Composition
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.core.record.values import Flow, Money, Output, PreviousLife, Quantity
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidInput, InvalidQuantity, Refused

GEAR_ITEM = MILL.name("gear-no-1")
MADE_AT = "urn:example:mill:site"

# Taking


def test_a_transformation_takes_and_creates(world: World) -> None:
    world.admit(transformation([output("a", "7"), output("b", "2", "waste")], [flow("steel-1", "9")]))
    assert (world.left("steel-1"), world.left("a")) == (1, 7)
    lot = world.state.lots[MILL.name("b")]
    assert (lot.role, lot.origin, lot.holder, lot.quantity, lot.mass) == ("waste", "preConsumer", MILL.id, 2, 2000)
    assert lot.maker == (MADE_AT, "works.make")
    assert (lot.index, lot.number) == (world.state.size - 1, (world.state.size - 1) * 1024 + 1)


def test_quantities_are_counted_in_the_unit_of_the_product(world: World) -> None:
    world.admit(transformation([output("a", "2500 KGM")], [flow("steel-1", "2500 KGM")]))
    assert (world.left("steel-1"), world.state.lots[MILL.name("a")].quantity) == (Decimal("7.5"), Decimal("2.5"))


@pytest.mark.parametrize("of", [MILL, FORGE], ids=["unknown", "of another"])
@pytest.mark.parametrize("kind", ["transformation", "consumption", "transfer"])
def test_a_lot_of_another_is_refused_with_the_words_for_an_unknown_one(world: World, of: Party, kind: str) -> None:
    """Nobody learns by asking what others have."""
    world.admit(transformation([output("secret", of=FORGE)], by=FORGE))
    taken = Flow(lot=of.name("secret"), quantity=quantity("1"))
    if kind == "transformation":
        record = transformation([output("a", "1")], [flow("steel-1", "1"), taken])
    elif kind == "consumption":
        record = consumption([flow("steel-1", "1"), taken])
    else:
        record = replace(transfer("x", "1", "y"), lot=taken.lot)
    field = "lot" if kind == "transfer" else "inputs[1].lot"
    error = world.refuse(record, "unknown-lot", field, taken.lot)
    assert error.message == f"{field}: {taken.lot!r} is not a lot that {MILL.id} holds"
    assert error.rule == "lots on the ledger that the issuer holds"


def test_nothing_else_of_the_answer_tells_the_two_apart(world: World) -> None:
    """Not even a quantity that the other's lot could not give, or a unit that it is not counted in."""
    world.admit(transformation([output("secret", of=FORGE)], by=FORGE))
    for amount in ("1", "999999", "1 KWH", "1 XYZ"):
        for name in ("secret", "never"):
            world.refuse(consumption([flow(name, amount, of=FORGE)]), "unknown-lot", "inputs[0].lot", FORGE.name(name))


def test_a_lot_handed_on_is_no_longer_held(world: World) -> None:
    world.admit(transfer("steel-1", "10", "sent"))
    world.refuse(consumption([flow("sent", "1")]), "unknown-lot", "inputs[0].lot", MILL.name("sent"))
    world.admit(consumption([flow("sent", "1")], by=FORGE))
    world.refuse(consumption([flow("steel-1", "1")]), "over-consumption", "inputs[0].quantity")


def test_a_lot_and_an_item_are_named_once_in_a_record(world: World) -> None:
    twice = transformation([output("a")], [flow("steel-1", "1"), flow("gear-1", "1 H87"), flow("steel-1", "2")])
    cores = [_core(lot, mass=quantity("20 KGM")) for lot in ("core-1", "core-2")]
    items = [output(lot, "1 H87", product="gear", item=MILL.name("no-2")) for lot in ("a", "b")]
    for record, code, field, value in (
        (twice, "duplicate-input", "inputs[2].lot", MILL.name("steel-1")),
        (transformation([output("a"), output("b"), output("a")]), "duplicate-output", "outputs[2]", MILL.name("a")),
        (consumption([flow("gear-1", "1 H87")], cores), "duplicate-output", "outputs[1]", GEAR_ITEM),
        (transformation(items), "duplicate-output", "outputs[1]", MILL.name("no-2")),
    ):
        world.refuse(record, code, field, value, says="named twice")


@pytest.mark.parametrize(
    ("amount", "code", "value"),
    [("1 KWH", "wrong-dimension", "1 KWH"), ("1 XYZ", "unknown-unit", "XYZ"), ("1 H87", "wrong-dimension", "1 H87"),
     ("0.000000001 GRM", "inexact-conversion", "0.000000001 GRM")],
)
def test_quantities_that_do_not_fit_the_lot(world: World, amount: str, code: str, value: str) -> None:
    error = world.refuse(consumption([flow("steel-1", amount)]), code, "inputs[0].quantity", value)
    assert isinstance(error, InvalidQuantity)
    world.refuse(transfer("steel-1", amount, "x"), code, "quantity", value)


def test_a_fraction_of_a_piece(world: World) -> None:
    world.refuse(consumption([flow("gear-1", "0.5 H87")]), "fraction-of-a-piece", "inputs[0].quantity", "0.5 H87")
    world.refuse(transfer("gear-1", "0.5 H87", "x"), "fraction-of-a-piece", "quantity", "0.5 H87")
    world.refuse(transformation([output("a", "1.5 H87", product="gear")]), "fraction-of-a-piece",
                 "outputs[0].quantity", "1.5 H87")
    world.admit(transformation([output("a", "0.25 DZN", product="gear")]))
    assert world.left("a") == 3
    world.refuse(transformation([output("b", "0.1 DZN", product="gear")]), "fraction-of-a-piece", "outputs[0].quantity")


# Balances


def test_over_consumption_in_one_record(world: World) -> None:
    record = transformation([output("a", "1")], [flow("gear-1", "1 H87"), flow("steel-1", "10.000000001")])
    error = world.refuse(record, "over-consumption", "inputs[1].quantity", "10.000000001 TNE")
    assert "'urn:example:mill:steel-1', which has 10 left" in error.message
    assert "10 TNE" in (error.rule or "")
    world.refuse(transfer("steel-1", "10000001 GRM", "x"), "over-consumption", "quantity", "10.000001 TNE")
    world.refuse(consumption([flow("steel-1", "11")]), "over-consumption", "inputs[0].quantity", "11 TNE")


def test_a_lot_is_used_up_to_the_last_grain(world: World) -> None:
    world.admit(consumption([flow("steel-1", "9.999999999")]))
    error = world.refuse(consumption([flow("steel-1", "0.000000002")]), "over-consumption", "inputs[0].quantity",
                         "0.000000002 TNE")
    assert "0.000000001 left" in error.message
    world.admit(consumption([flow("steel-1", "0.000000001")]))
    error = world.refuse(consumption([flow("steel-1", "0.000000001")]), "over-consumption", "inputs[0].quantity")
    assert "0E" not in error.message


@pytest.mark.parametrize("amounts", [("6", "5"), ("10", "0.000000001"), ("9000 KGM", "1000001 GRM")])
def test_over_consumption_split_over_two_records_of_one_batch(world: World, amounts: tuple[str, str]) -> None:
    first, second = (consumption([flow("steel-1", amount)]) for amount in amounts)
    verdicts, batch = world.run(first, second, consumption([flow("gear-1", "1 H87")]))
    assert [isinstance(verdict, Sequenced) for verdict in verdicts] == [True, False, True]
    error = verdicts[1]
    assert isinstance(error, Refused)
    assert (error.code, error.field, len(batch.leaf_hashes)) == ("over-consumption", "inputs[0].quantity", 2)
    taken = {"6": "6", "10": "10", "9000 KGM": "9"}[amounts[0]]
    assert world.left("steel-1") == 10 - Decimal(taken)


def test_a_lot_of_the_same_batch_is_taken_from_up_to_its_quantity(world: World) -> None:
    verdicts, _ = world.run(
        transformation([output("a", "3")]), consumption([flow("a", "2")]), consumption([flow("a", "2")]),
        consumption([flow("a", "1")]), consumption([flow("later", "1")]), transformation([output("later")]),
    )
    codes = [verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts]
    assert codes == [None, None, "over-consumption", None, "unknown-lot", None]
    assert (world.left("a"), world.left("later")) == (0, 1)


@given(st.lists(st.integers(min_value=1, max_value=4 * 10**9), max_size=8))
def test_no_order_of_takings_gives_more_than_there_was(grains: list[int]) -> None:
    world = stocked()
    left = 10 * 10**9
    records = [consumption([Flow(lot=MILL.name("steel-1"), quantity=Quantity(value=_written(one), unit="TNE"))])
               for one in grains]
    for verdict, amount in zip(world.run(*records)[0], grains, strict=True):
        assert isinstance(verdict, Sequenced) is (amount <= left)
        left -= amount if amount <= left else 0
    assert Fraction(world.left("steel-1")) == Fraction(left, 10**9)


def _written(grains: int) -> str:
    return f"{grains // 10**9}.{grains % 10**9:09d}".rstrip("0").rstrip(".")


# Creating


def test_a_lot_identifier_is_used_once(world: World) -> None:
    taken = MILL.name("steel-1")
    world.refuse(transformation([output("a"), output("steel-1")]), "lot-taken", "outputs[1].lot", taken,
                 says="already on the ledger")
    world.refuse(transfer("gear-1", "1 H87", "steel-1"), "lot-taken", "newLot", taken)
    world.refuse(declaration(lot=output("steel-1")), "lot-taken", "lot.lot", taken)
    world.refuse(consumption([flow("gear-1", "1 H87")], [output("steel-1", "0.01", "waste")]), "lot-taken",
                 "outputs[0].lot", taken)


def test_a_lot_used_up_keeps_its_identifier(world: World) -> None:
    world.admit(consumption([flow("steel-1", "10")]))
    world.refuse(transformation([output("steel-1")]), "lot-taken", "outputs[0].lot")


def test_a_lot_that_is_known_by_name_alone_is_taken_too(world: World) -> None:
    world.state.used[MILL.name("old")] = MILL.id
    world.refuse(transformation([output("old")]), "lot-taken", "outputs[0].lot", MILL.name("old"))


def test_lots_of_one_batch_have_different_identifiers(world: World) -> None:
    verdicts, _ = world.run(transformation([output("a")]), transformation([output("a")]), declaration(lot=output("a")))
    assert [verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts] == [
        None, "lot-taken", "lot-taken"
    ]


@pytest.mark.parametrize("lot", ["urn:example:forge:new", "urn:example:forge:steel-1", "urn:example:mill-two:x",
                                 "urn:example:mill", "urn:x1:y"])
def test_lots_outside_the_prefix(world: World, lot: str) -> None:
    """Prefix before existence: whether another has a lot by this name is not told."""
    world.admit(transformation([output("steel-1", of=FORGE)], by=FORGE))
    records: list[tuple[AnyRecord, str]] = [
        (transformation([replace(output("x"), lot=lot)]), "outputs[0].lot"),
        (replace(transfer("steel-1", "1", "x"), new_lot=lot), "newLot"),
        (declaration(lot=replace(output("x"), lot=lot)), "lot.lot"),
        (consumption([flow("steel-1", "1")], [replace(output("x", "1", "waste"), lot=lot)]), "outputs[0].lot"),
    ]
    for record, field in records:
        error = world.refuse(record, "outside-prefix", field, lot)
        assert error.message == f"{field}: {lot!r} is not under a prefix of {MILL.id}"


@pytest.mark.parametrize("lot", ["urn:example:mill:%7e", "urn:example:mill:a#b#c", "URN:example:mill:a"])
def test_lots_that_are_not_normal(world: World, lot: str) -> None:
    error = world.refuse(transformation([replace(output("x"), lot=lot)]), "invalid-identifier", "outputs[0].lot", lot)
    assert isinstance(error, InvalidInput)
    world.refuse(replace(transfer("steel-1", "1", "x"), new_lot=lot), "invalid-identifier", "newLot", lot)


@pytest.mark.parametrize("of", ["urn:example:forge:steel", "urn:example:mill:never", "urn:example:forge:never"])
@pytest.mark.parametrize("role", ["product", "coProduct", "byProduct", "waste"])
def test_another_s_product(world: World, of: str, role: str) -> None:
    record = transformation([output("x", role=role, product=of)])
    error = world.refuse(record, "unknown-product", "outputs[0].product", of)
    assert error.message == f"outputs[0].product: {of!r} is not a product of {MILL.id}"
    world.refuse(declaration(lot=output("x", product=of)), "unknown-product", "lot.product", of)


@pytest.mark.parametrize("name", ["urn:example:forge:site", "urn:example:mill:never"])
def test_another_s_site(world: World, name: str) -> None:
    error = world.refuse(transformation([output("x")], facility=name), "unknown-facility", "facility", name)
    assert error.message == f"facility: {name!r} is not a facility that {MILL.id} operates"


@pytest.mark.parametrize(
    ("amount", "product_name", "code", "value"),
    [("1 KWH", "steel", "wrong-dimension", "1 KWH"), ("1 TNE", "gear", "wrong-dimension", "1 TNE"),
     ("1 3B", "power", "inexact-conversion", "1 3B"), ("1 XYZ", "steel", "unknown-unit", "XYZ")],
)
def test_outputs_that_their_product_is_not_counted_in(
    world: World, amount: str, product_name: str, code: str, value: str
) -> None:
    world.refuse(transformation([output("a"), output("x", amount, product=product_name)]), code, "outputs[1].quantity",
                 value)
    world.refuse(declaration(lot=output("x", amount, product=product_name)), code, "lot.quantity", value)


@pytest.mark.parametrize("heat", ["1 KGM", "1 XYZ"])
def test_a_heating_value_is_an_energy(world: World, heat: str) -> None:
    made = output("x", heating_value=quantity(heat))
    for record, field in ((transformation([output("a"), made]), "outputs[1].heatingValue"),
                          (declaration(lot=made), "lot.heatingValue")):
        error = world.refuse(record, "unknown-unit" if "XYZ" in heat else "wrong-dimension", field)
        assert heat.split()[1] in (error.value or "")
    world.admit(declaration(lot=output("x", heating_value=quantity("1 GV"))))


def test_currencies_are_not_mixed(world: World) -> None:
    outputs = [output("a", value=Money(value="1", currency="CNY")), output("b", value=Money(value="1", currency="EUR"))]
    world.refuse(
        transformation(outputs, allocation="value"), "currencies", "outputs", "['CNY', 'EUR']", says="CNY and EUR"
    )
    world.refuse(transformation(outputs), "currencies", "outputs")
    world.admit(transformation([outputs[0], replace(outputs[1], value=Money(value="2", currency="CNY"))],
                               allocation="value"))


# Roles


def test_waste_says_its_origin_and_nothing_else_does(world: World) -> None:
    world.refuse(transformation([output("a"), output("x", role="waste", origin=None)]), "waste-origin",
                 "outputs[1].origin", None, says="role waste with no origin")
    for role in ("product", "coProduct", "byProduct"):
        world.refuse(transformation([output("x", role=role, origin="postConsumer")]), "waste-origin",
                     "outputs[0].origin", "postConsumer", says=f"role {role} with origin postConsumer")
    world.refuse(consumption([flow("steel-1", "1")], [output("x", role="waste", origin=None)]), "waste-origin",
                 "outputs[0].origin")
    world.refuse(declaration(lot=output("x", role="waste", origin=None), boundary="none"), "waste-origin", "lot.origin")


@pytest.mark.parametrize("role", ["product", "coProduct", "byProduct"])
def test_a_consumption_leaves_waste_and_cores_only(world: World, role: str) -> None:
    record = consumption([flow("steel-1", "1")], [output("w", "0.5", "waste"), output("x", "0.5", role)])
    error = world.refuse(record, "role", "outputs[1].role", role)
    assert role in error.message
    assert "one of: waste, core" in (error.rule or "")


def test_a_consumption_needs_masses_to_leave_waste(world: World) -> None:
    world.refuse(consumption([flow("steel-1", "1")], [output("w", "1.000000001", "waste")]), "mass-balance", "outputs")
    world.admit(consumption([flow("steel-1", "1")], [output("w", "1", "waste")]))


# Cores


def used_gear(world: World, **fields: object) -> AnyRecord:
    return consumption([flow("gear-1", "1 H87")], [_core("core-1", **fields)])


def _core(lot: str, **fields: object) -> Output:
    return output(lot, "1 H87", "core", **{"product": "gear", "item": GEAR_ITEM, **fields})  # type: ignore[arg-type]


def test_a_core_is_what_is_left_of_a_consumed_lot(world: World) -> None:
    record = used_gear(world)
    world.admit(record)
    lot = world.state.lots[MILL.name("core-1")]
    assert lot.previous_life == digest_of(record)
    assert (lot.role, lot.item, lot.product, lot.mass) == ("core", GEAR_ITEM, MILL.name("gear"), 50)
    assert world.state.holding == {GEAR_ITEM: {MILL.name("core-1")}}


def test_a_core_keeps_its_product(world: World) -> None:
    world.admit(product("wheel", "H87", mass_per_unit=quantity("50 KGM")))
    world.refuse(used_gear(world, product="wheel"), "core-product", "outputs[0].product", MILL.name("wheel"),
                 says="of this core")
    world.refuse(used_gear(world, product="never"), "core-product", "outputs[0].product", MILL.name("never"))


def test_a_core_keeps_its_item(world: World) -> None:
    for item in (None, MILL.name("gear-no-2")):
        world.refuse(used_gear(world, item=item), "core", "outputs[0].item", says=GEAR_ITEM)


def test_a_core_is_of_one_lot_and_states_no_previous_life(world: World) -> None:
    several = consumption([flow("gear-1", "1 H87"), flow("steel-1", "1")], [_core("core-1")])
    world.refuse(several, "core", "outputs[0]", says="a single consumed lot")
    world.refuse(used_gear(world, previous_life=PreviousLife(estimated_years="10")), "core",
                 "outputs[0].previousLife", says="the consumed lot is the previous life")


def test_a_transformation_makes_no_core_of_new_things(world: World) -> None:
    world.refuse(transformation([output("a"), output("x", "1", "core")], [flow("steel-1", "5")]), "core",
                 "outputs[1]", says="a core comes from a core")
    world.refuse(transformation([output("x", "1", "core")]), "core", "outputs[0]")


def test_a_core_may_be_taken_apart_into_cores(world: World) -> None:
    """Sorting and cleaning: a core stays one, and what else goes in does not become one."""
    world.admit(used_gear(world))
    taken = [flow("core-1", "1 H87"), flow("steel-1", "1")]
    world.refuse(transformation([output("x", "1", "core")], taken), "core", "outputs[0]", says="and its materials")
    world.refuse(transformation([_core("x", previous_life=PreviousLife(estimated_years="3"))], taken), "core",
                 "outputs[0].previousLife", says="declared core")
    world.admit(transformation([_core("clean"), output("dirt", "1 KGM", "waste")], taken))
    assert world.state.lots[MILL.name("dirt")].previous_life is None


def test_parts_of_a_core_are_cores_of_their_own_products(world: World) -> None:
    """A gear of 50 kg is 40 kg of steel and 10 kg of bronze: it gives no more of either, and no copper."""
    gear = _core("core-1", materials={"steel": "0.8", "bronze": "0.2"})
    world.admit(consumption([flow("gear-1", "1 H87")], [gear]))
    world.admit(product("ring", "KGM"))

    def taken_apart(*parts: Output) -> Transformation:
        return transformation(list(parts), [flow("core-1", "1 H87")])

    def part(name: str, kilograms: str, **materials: str) -> Output:
        return output(name, f"{kilograms} KGM", "core", product="ring", materials=materials)

    world.refuse(taken_apart(part("x", "41", steel="1")), "core", "outputs[0]",
                 says="no more steel than the cores taken apart: 41 kg of 40 kg")
    world.refuse(taken_apart(part("x", "30", steel="1"), part("y", "20", steel="0.6", bronze="0.4")), "core",
                 "outputs[0]", says="42 kg of 40 kg")
    world.refuse(taken_apart(part("x", "1", copper="1")), "core", "outputs[0]", says="no more copper")
    world.admit(taken_apart(part("x", "30", steel="1"), part("y", "15", steel="0.4", bronze="0.6"),
                            output("dirt", "5 KGM", "waste")))
    assert (world.state.lots[MILL.name("y")].role, world.state.lots[MILL.name("y")].mass) == ("core", 15)


def test_only_cores_have_a_previous_life(world: World) -> None:
    life = PreviousLife(record="0" * 64)
    world.refuse(transformation([output("a"), output("x", previous_life=life)]), "core", "outputs[1].previousLife")
    world.refuse(declaration(lot=output("x", previous_life=life)), "core", "lot.previousLife", says="only a core")


# Items


def test_a_second_core_for_one_item(world: World) -> None:
    world.admit(used_gear(world))
    again = declaration(lot=_core("core-2", previous_life=PreviousLife(estimated_years="5")), boundary="none")
    world.refuse(again, "item-taken", "lot.item", GEAR_ITEM, says=repr(GEAR_ITEM))


def test_an_item_is_in_one_lot(world: World) -> None:
    world.refuse(transformation([output("x", "1 H87", product="gear", item=GEAR_ITEM)]), "item-taken",
                 "outputs[0].item", GEAR_ITEM)
    verdicts, _ = world.run(*[transformation([output(lot, "1 H87", product="gear", item=MILL.name("no-2"))])
                              for lot in ("a", "b")])
    assert isinstance(verdicts[0], Sequenced)
    assert isinstance(verdicts[1], Refused)
    assert verdicts[1].code == "item-taken"


def test_a_lot_and_an_item_may_have_the_same_name(world: World) -> None:
    """They are names of different things: the gear with this serial, and the first lot that it is in."""
    world.admit(transformation([output("no-2", "1 H87", product="gear", item=MILL.name("no-2"))]))


def test_an_item_that_left_may_come_back(world: World) -> None:
    world.admit(consumption([flow("gear-1", "1 H87")]))
    assert world.state.holding == {GEAR_ITEM: set()}
    world.admit(declaration(lot=_core("core-1", previous_life=PreviousLife(record="0" * 64)), boundary="none"))
    assert world.state.holding == {GEAR_ITEM: {MILL.name("core-1")}}


def test_a_part_of_an_item_does_not_move(world: World) -> None:
    item = MILL.name("coil-no-1")
    world.admit(transformation([output("coil", "5", item=item)]))
    world.refuse(transfer("coil", "4.999999999", "x"), "item-taken", "quantity", item, says=repr(item))
    world.refuse(transformation([output("x", "2", item=item)], [flow("coil", "2")]), "item-taken",
                 "outputs[0].item", item)
    world.admit(transfer("coil", "5000 KGM", "sent"))
    assert world.state.holding[item] == {MILL.name("sent")}


def test_a_part_of_an_item_may_be_used_up(world: World) -> None:
    """The rest is still that item."""
    item = MILL.name("coil-no-1")
    world.admit(transformation([output("coil", "5", item=item)]))
    world.admit(transformation([output("x", "2")], [flow("coil", "2")]))
    assert world.state.holding[item] == {MILL.name("coil")}
    world.refuse(transformation([output("y", "1", item=item)]), "item-taken", "outputs[0].item", item)


def test_an_item_goes_through_many_hands_and_lives(world: World) -> None:
    sent = transfer("gear-1", "1 H87", "sent")
    back = consumption([flow("sent", "1 H87", of=MILL)], [output("core", "1 H87", "core", of=FORGE,
                                                              product=MILL.name("gear"), item=GEAR_ITEM)], by=FORGE)
    remade = transformation(
        [output("remade", "1 H87", of=FORGE, product="gear", item=GEAR_ITEM)],
        [flow("core", "1 H87", of=FORGE)], [ore("1 KGM")], by=FORGE,
    )
    world.admit(sent, acceptance(sent), back, remade)
    assert world.state.holding == {GEAR_ITEM: {FORGE.name("remade")}}
    assert world.state.lots[FORGE.name("remade")].item == GEAR_ITEM


@pytest.mark.parametrize("item", [FORGE.name("no-1"), "urn:example:mill", "urn:example:mill-two:no-1"])
def test_an_item_of_another_prefix(world: World, item: str) -> None:
    for record, field in (
        (transformation([output("x", "1 H87", product="gear", item=item)]), "outputs[0].item"),
        (declaration(lot=output("x", "1 H87", product="gear", item=item)), "lot.item"),
    ):
        error = world.refuse(record, "outside-prefix", field, item)
        assert error.message == f"{field}: {item!r} is not under a prefix of {MILL.id}"


def test_an_item_is_a_normal_identifier(world: World) -> None:
    world.refuse(transformation([output("x", "1 H87", product="gear", item="urn:example:mill:%7e")]),
                 "invalid-identifier", "outputs[0].item", "urn:example:mill:%7e")


# Masses


def test_matter_does_not_appear(world: World) -> None:
    record = transformation([output("a", "8"), output("w", "2.000000001", "waste")], [flow("steel-1", "9")], [ore("1")])
    error = world.refuse(record, "mass-balance", "outputs", "10000.000001")
    assert "10000.000001 kg" in error.message
    assert "10000 kg" in error.message
    world.admit(transformation([output("a", "8"), output("w", "2", "waste")], [flow("steel-1", "9")], [ore("1")]))


def test_matter_may_get_lost(world: World) -> None:
    world.admit(transformation([output("a", "0.000000001")], [flow("steel-1", "9")]))


@pytest.mark.parametrize("origin", ["nature", "technosphere"])
def test_what_nature_supplies_weighs_too(world: World, origin: object) -> None:
    supply = ore("2", origin=origin)
    world.refuse(transformation([output("a", "2.000000001")], [], [supply]), "mass-balance", "outputs")
    world.admit(transformation([output("a", "2")], [], [supply]))


@pytest.mark.parametrize(("made", "fits"), [("10.2", True), ("10.199999999", True), ("10.200000001", False)])
def test_the_sector_s_tolerance_to_the_last_grain(world: World, made: str, fits: bool) -> None:
    """2 % of 10 t."""
    record = transformation([output("a", made)], [flow("steel-1", "9")], [ore("1")], process="loose.make")
    if fits:
        world.admit(record)
    else:
        assert "0.02" in (world.refuse(record, "mass-balance", "outputs", "10200.000001").rule or "")


def test_another_sector_s_tolerance_does_not_count(world: World) -> None:
    world.refuse(transformation([output("a", "10.1")], [flow("steel-1", "10")]), "mass-balance", "outputs")
    world.refuse(consumption([flow("steel-1", "1")], [output("w", "1.01", "waste")]), "mass-balance", "outputs")


def test_pieces_weigh_what_their_product_says(world: World) -> None:
    world.refuse(transformation([output("a", "3 H87", product="gear")], [], [ore("149.999999999 KGM")]), "mass-balance",
                 "outputs")
    world.admit(transformation([output("a", "3 H87", product="gear")], [], [ore("150 KGM")]))
    assert world.state.lots[MILL.name("a")].mass == 150


def test_a_part_of_a_lot_weighs_its_part(world: World) -> None:
    world.admit(transformation([output("a", "4 H87", product="gear", mass=quantity("202 KGM"))]))
    world.admit(product("dust", "KGM"))
    world.refuse(transformation([output("x", "101.000000001 KGM", product="dust")], [flow("a", "2 H87")]),
                 "mass-balance", "outputs")
    world.admit(transformation([output("x", "101 KGM", product="dust")], [flow("a", "2 H87")]))


def test_three_thirds_are_a_whole(world: World) -> None:
    """A third of 100 kg has no end. Split and put together again, nothing is missing."""
    world.admit(transformation([output("a", "3 H87", product="gear", mass=quantity("100 KGM"))]))
    world.admit(*[transfer("a", "1 H87", f"third-{i}") for i in range(3)])
    thirds = [flow(f"third-{i}", "1 H87") for i in range(3)]
    world.admit(product("dust", "KGM", by=FORGE))
    more = output("w", "100.000000001 KGM", "waste", of=FORGE, product="dust")
    world.refuse(consumption(thirds, [more], by=FORGE), "mass-balance", "outputs")
    world.admit(consumption(thirds, [output("w", "100 KGM", "waste", of=FORGE, product="dust")], by=FORGE))


def test_energy_has_no_mass(world: World) -> None:
    world.admit(declaration(lot=output("p", "100 KWH", product="power")))
    assert world.state.lots[MILL.name("p")].mass is None
    world.refuse(transformation([output("x", "1 KGM")], [flow("p", "100 KWH")]), "mass-balance", "outputs")
    world.admit(transformation([output("x", "1 KGM")], [flow("p", "180 3B")], [ore("1 KGM")]))
    assert world.left("p") == 50
    world.admit(transfer("p", "50 KWH", "sent"))
    assert world.state.lots[MILL.name("sent")].mass is None


def test_an_output_says_its_mass_where_nothing_else_does(world: World) -> None:
    world.refuse(transformation([output("x", "1 LTR", product="oil")]), "missing-mass", "outputs[0].mass", says="1 LTR")
    world.refuse(declaration(lot=output("x", "1 LTR", product="oil")), "missing-mass", "lot.mass")
    world.admit(transformation([output("x", "1 LTR", product="oil", mass=quantity("0.9 KGM"))]))


@pytest.mark.parametrize("mass", ["999 KGM", "1.000000001 TNE"])
def test_a_lot_has_one_mass(world: World, mass: str) -> None:
    error = world.refuse(transformation([output("x", "1", mass=quantity(mass))]), "two-masses", "outputs[0].mass", mass)
    assert mass in error.message
    assert "1 TNE" in error.message
    world.refuse(declaration(lot=output("x", "1", mass=quantity(mass))), "two-masses", "lot.mass", mass)
    world.admit(transformation([output("x", "1", mass=quantity("1000 KGM"))]))


def test_a_mass_is_a_mass(world: World) -> None:
    world.refuse(transformation([output("x", "1 LTR", product="oil", mass=quantity("1 KWH"))]), "wrong-dimension",
                 "outputs[0].mass", "1 KWH")


@pytest.mark.parametrize("field", ["materials", "elements"])
def test_a_lot_s_composition_is_at_most_whole(world: World, field: str) -> None:
    whole = {"iron": "0.5", "carbon": "0.5"}
    world.refuse(transformation([output("a"), output("x", **{field: {**whole, "lead": "0.000000001"}})]),
                 "contents-above-100", f"outputs[1].{field}", "1.000000001", says="1.000000001")
    world.admit(transformation([output("x", **{field: whole})]))


def test_a_composition_is_kept_where_it_differs_from_the_product_s(world: World) -> None:
    world.admit(product("alloy", materials={"iron": "1"}, elements={"Fe": "0.9"}, fossil_carbon="0.01"),
                transformation([output("plain", product="alloy"),
                                output("own", product="alloy", materials={"iron": "0.5"}),
                                output("other", product="alloy", elements={"Fe": "0.8"})]))
    plain, own, other = (world.state.lots[MILL.name(name)] for name in ("plain", "own", "other"))
    assert plain.composition is None
    assert world.state.composition(plain) == Composition({"iron": "1"}, {"Fe": "0.9"}, "0.01", None)
    assert own.composition == Composition({"iron": "0.5"}, {"Fe": "0.9"}, "0.01", None)
    assert other.composition == Composition({"iron": "1"}, {"Fe": "0.8"}, "0.01", None)


# Periods


@pytest.mark.parametrize("end", [START, "2023-12-31T23:59:59Z"])
def test_a_period_ends_after_it_starts(world: World, end: str) -> None:
    error = world.refuse(transformation([output("x")], end=end), "period", "end", end)
    assert START in error.message
    assert end in error.message
    world.refuse(declaration(lot=output("x"), end=end), "period", "end", end)


@pytest.mark.parametrize("day", ["2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-04-31T00:00:00Z"])
def test_days_that_no_calendar_has(world: World, day: str) -> None:
    for record, field in (
        (transformation([output("x")], end=day), "end"), (transformation([output("x")], start=day), "start"),
        (declaration(lot=output("x"), start=day), "start"), (transfer("steel-1", "1", "x", time=day), "time"),
        (consumption([flow("steel-1", "1")], time=day), "time"),
    ):
        world.refuse(record, "instant", field, day, says=day)


def test_leap_days_exist(world: World) -> None:
    world.admit(transformation([output("x")], start="2024-02-29T00:00:00Z", end="2024-02-29T00:00:01Z"))


# Transfers and acceptance


def test_a_transfer_passes_everything_on(world: World) -> None:
    world.admit(transformation([output("swarf", "2", "waste", origin="postConsumer", materials={"iron": "1"})],
                               [flow("steel-1", "2")]))
    record = transfer("swarf", "500 KGM", "sent")
    world.admit(record)
    old, new = world.state.lots[MILL.name("swarf")], world.state.lots[MILL.name("sent")]
    assert (new.holder, new.quantity, new.unit, new.mass) == (FORGE.id, Decimal("0.5"), "TNE", 500)
    for kept in ("product", "role", "origin", "item", "composition", "maker"):
        assert getattr(new, kept) == getattr(old, kept)
    assert (world.left("swarf"), world.state.transfers[digest_of(record)].to) == (Decimal("1.5"), FORGE.id)


@pytest.mark.parametrize("to", [MILL, STRANGER])
def test_a_transfer_goes_to_another_organisation_on_the_ledger(world: World, to: Party) -> None:
    world.refuse(transfer("steel-1", "1", "x", to=to), "unknown-organization", "to", to.id, says=repr(to.id))


def test_the_new_lot_is_the_sender_s_to_name(world: World) -> None:
    record = replace(transfer("steel-1", "1", "x"), new_lot=FORGE.name("x"))
    world.refuse(record, "outside-prefix", "newLot", FORGE.name("x"))
    same = replace(record, new_lot=MILL.name("steel-1"), nonce=nonce())
    world.refuse(same, "lot-taken", "newLot", MILL.name("steel-1"))


def test_freight_and_packaging_are_supplies(world: World) -> None:
    freight = replace(ore("100 TKM"), material="truck")
    for name in ("transport", "packaging"):
        world.refuse(transfer("steel-1", "1", "x", **{name: [freight, replace(ore("1 LTR"), material="diesel")]}),
                     "missing-mass", f"{name}[1].mass", says="diesel")
        world.refuse(transfer("steel-1", "1", "x", **{name: [ore("1 XYZ")]}), "unknown-unit",
                     f"{name}[0].quantity.unit", "XYZ")
    world.admit(transfer("steel-1", "1", "x", transport=[freight], packaging=[ore("1 KGM")]))


def test_a_transfer_is_accepted_once_by_its_receiver(world: World) -> None:
    record = transfer("steel-1", "1", "sent")
    world.admit(record)
    digest = digest_of(record)
    error = world.refuse(acceptance(record, by=MILL), "unknown-transfer", "transfer", digest)
    assert error.message == f"transfer: {digest!r} is not a transfer to {MILL.id}"
    world.admit(acceptance(record))
    assert world.state.accepted == {digest}
    world.refuse(acceptance(record), "accepted", "transfer", digest, says="already accepted")


def test_an_unknown_transfer_is_refused_with_the_words_for_another_s(world: World) -> None:
    never = transfer("steel-1", "1", "sent")
    digest = digest_of(never)
    error = world.refuse(acceptance(never), "unknown-transfer", "transfer", digest)
    assert error.message == f"transfer: {digest!r} is not a transfer to {FORGE.id}"


def test_what_is_no_transfer_is_not_accepted(world: World) -> None:
    record = consumption([flow("steel-1", "1")])
    world.admit(record)
    accepted = replace(acceptance(transfer("steel-1", "1", "x")), transfer=digest_of(record))
    world.refuse(accepted, "unknown-transfer", "transfer", digest_of(record))


def test_sent_accepted_and_accepted_again_in_one_batch(world: World) -> None:
    record = transfer("steel-1", "1", "sent")
    verdicts, _ = world.run(acceptance(record), record, acceptance(record), acceptance(record))
    assert [verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts] == [
        "unknown-transfer", None, None, "accepted"
    ]


def test_a_lot_may_be_used_before_it_is_accepted(world: World) -> None:
    record = transfer("steel-1", "1", "sent")
    world.admit(record, consumption([flow("sent", "1")], by=FORGE), acceptance(record))


def test_a_consumption_on_behalf_of_another(world: World) -> None:
    world.refuse(consumption([flow("steel-1", "1")], on_behalf_of=STRANGER.id), "unknown-organization", "onBehalfOf",
                 STRANGER.id, says=repr(STRANGER.id))
    world.admit(consumption([flow("steel-1", "1")], on_behalf_of=FORGE.id))


# Batches


def test_a_refused_record_harms_no_neighbour(world: World) -> None:
    world.admit(organization(STRANGER))
    size = world.state.size
    verdicts, batch = world.run(
        transformation([output("a", "2")]),
        transformation([output("b")], [flow("never", "1")]),
        transformation([output("c", "2")], [flow("a", "1")]),
        transformation([output("d")], [flow("a", "1")]),
        facility("site"),
        transfer("d", "1", "e", to=STRANGER),
    )
    codes = [verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts]
    assert codes == [None, "unknown-lot", "mass-balance", None, "facility-taken", None]
    assert [verdict.index for verdict in verdicts if isinstance(verdict, Sequenced)] == [size, size + 1, size + 2]
    assert len(batch.leaf_hashes) == 3
    assert MILL.name("c") not in world.state.lots
    assert world.state.lots[MILL.name("e")].holder == STRANGER.id


def test_time_of_records_is_no_matter_of_order(world: World) -> None:
    """Suppliers post when they can: order in the log decides, not what a record says of its time."""
    world.admit(consumption([flow("steel-1", "1")], time="1999-01-01T00:00:00Z"),
                transformation([output("x")], [flow("steel-1", "1")], start="1990-01-01T00:00:00Z",
                               end="1990-02-01T00:00:00Z"))
