"""Pools: each addition takes what the newest lot still holds and makes the next one. What may blend, and what not.

The mill's pool `heap` holds its product `steel`, counted in tonnes. `steel-1` are 10 t.
"""

from decimal import Decimal
from typing import Any

import pytest
from unit.admission.world import (
    END,
    FORGE,
    MILL,
    STRANGER,
    TREATER,
    Party,
    World,
    burdened,
    consumption,
    declaration,
    facility,
    flow,
    nonce,
    organization,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.admission.checks.times import balance_period_end
from ledger.admission.facts import LotFacts
from ledger.admission.kinds.pool import MAX_POOL_ID
from ledger.core.record.kinds import Addition, Pool
from ledger.core.record.values import Evidence, Flow, PreviousLife
from ledger.errors import Refused

WEIGHED = [Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")]
CONTENT = "recycledPostConsumer:steel"


def pool(name: str = "heap", *, by: Party = MILL, of: str = "steel", **fields: Any) -> Pool:
    fields = {"facility": by.name("site"), "product": of if ":" in of else by.name(of), **fields}
    return Pool(issuer=by.id, nonce=nonce(), id=by.name(name), **fields)


def balance(name: str = "heap", **fields: Any) -> Pool:
    """A mass balance of the mill's."""
    fields = {"custody": "massBalance", "attribute": CONTENT, "balance_months": 3, **fields}
    return pool(name, **fields)


def add(inputs: dict[str, str], to: str = "heap", *, by: Party = MILL, **fields: Any) -> Addition:
    """Amounts by lot, tonnes where no unit is said. Names of others are whole ones."""
    fields = {"time": END, **fields}
    return Addition(issuer=by.id, nonce=nonce(), pool=by.name(to), inputs=[
        Flow(lot=lot if lot.startswith("urn:") else by.name(lot), quantity=quantity(amount))
        for lot, amount in inputs.items()
    ], **fields)


def made(lot: str, amount: str, **fields: Any) -> Any:
    return transformation([output(lot, amount, **fields)])


def scrap(lot: str, amount: str, origin: str = "postConsumer", *, by: Party = MILL, **fields: Any) -> Any:
    """Collected scrap of steel: nobody on the ledger made it."""
    return declaration(
        by=by, basis="collected", boundary="none", collector=by.id, evidence=WEIGHED,
        lot=output(lot, amount, "waste", of=by, origin=origin, **fields),
    )


def generation(world: World, number: int, name: str = "heap") -> LotFacts:
    return world.lot(f"{name}:{number}")


def left(world: World, number: int, name: str = "heap") -> Decimal:
    return world.left(f"{name}:{number}")


def draw(lot: str, amount: str, make: str) -> Any:
    """So much of a lot or pool becomes a lot of the mill's."""
    return transformation([output(make, amount)], [flow(lot, amount)])


# Generations.


def test_each_addition_takes_what_is_left_and_makes_the_next_lot(world: World) -> None:
    """10 t go in: heap:1. 4 t are drawn, 6 t are left. 3 of 5 t more: heap:2 of 9 t, and heap:1 is empty. 9 t are
    drawn, the pool is empty. The other 2 t: heap:3 of 2 t."""
    world.admit(pool(), add({"steel-1": "10"}), draw("heap", "4", "bar"), made("steel-2", "5"))
    first = generation(world, 1)
    assert (first.quantity, first.unit, first.mass) == (Decimal(10), "TNE", Decimal(10_000))
    assert (first.product, first.holder, first.role, first.pool, left(world, 1),
            world.left("steel-1")) == (MILL.name("steel"), MILL.id, "product", MILL.name("heap"), 6, 0)
    world.admit(add({"steel-2": "3"}))
    assert (generation(world, 2).quantity, generation(world, 2).mass) == (Decimal(9), Decimal(9000))
    assert (left(world, 1), left(world, 2), world.left("steel-2")) == (0, 9, 2)
    world.admit(draw("heap", "9", "rail"), add({"steel-2": "2"}))
    assert (generation(world, 3).quantity, left(world, 2), left(world, 3)) == (Decimal(2), 0, 2)
    assert world.state.lines[MILL.name("heap")] == tuple(MILL.name(f"heap:{i}") for i in (1, 2, 3))


def test_lots_go_in_by_themselves_or_together(world: World) -> None:
    """1 + 2 + 3 t of three lots in one addition, in the order of its inputs."""
    world.admit(made("a", "1"), made("b", "2"), made("c", "5"), pool())
    (entry,) = world.admit(add({"c": "3", "a": "1", "b": "2"}))
    assert (generation(world, 1).quantity, [world.left(lot) for lot in "abc"]) == (Decimal(6), [0, 0, 2])
    assert generation(world, 1).index == entry.index


def test_quantities_of_a_pool_are_exact_in_any_unit(world: World) -> None:
    """10 t, less 0.000000001 t, and 1 g more of it: 10.000000 999 kg exactly as decimals."""
    world.admit(made("more", "1"), pool(), add({"steel-1": "10"}), draw("heap", "0.000000001", "bar"),
                add({"more": "1 GRM"}))
    # 10 - 0.000000001 + 0.000001 t
    assert generation(world, 2).quantity == Decimal("10.000000999")
    assert generation(world, 2).mass == Decimal("10000.000999")


def test_a_pool_of_pieces_weighs_what_its_pieces_weigh(world: World) -> None:
    """3 gears of 60 kg, less one of them, and 2 of 50 kg: 4 gears of 120 + 100 kg."""
    world.admit(
        made("g", "3 H87", product="gear", mass=quantity("180 KGM")), made("h", "2 H87", product="gear"),
        pool(of="gear"), add({"g": "3 H87"}), transformation([output("r", "50 KGM")], [flow("heap", "1 H87")]),
        add({"h": "2 H87"}),
    )
    assert (generation(world, 2).quantity, generation(world, 2).mass) == (Decimal(4), Decimal(220))


def test_energy_blends_without_a_mass(world: World) -> None:
    world.admit(burdened(output("p", "60 KWH", product="power"), "0"),
                burdened(output("q", "40 KWH", product="power"), "0"), pool(of="power"),
                add({"p": "60 KWH", "q": "40 KWH"}))
    assert (generation(world, 1).quantity, generation(world, 1).mass) == (Decimal(100), None)


def test_nothing_is_lost_or_made_over_many_additions(world: World) -> None:
    """100 additions of 7 t, after each a draw of 5 t: 200 t are left, all of them in the newest lot."""
    world.admit(made("stock", "700"), pool())
    for i in range(100):
        world.admit(add({"stock": "7"}), draw("heap", "5", f"bar-{i}"))
    assert [left(world, number) for number in range(1, 101)] == [0] * 99 + [200]
    assert (world.left("stock"), generation(world, 100).quantity) == (0, Decimal(205))


def test_two_additions_of_one_batch(world: World) -> None:
    """Each rests on what the one before it left, whatever was prepared when."""
    world.admit(made("a", "1"), pool(), add({"steel-1": "10"}))
    verdicts, batch = world.run(add({"a": "1"}), draw("heap", "11", "bar"), made("b", "2"), add({"b": "2"}))
    assert len(batch.sequenced) == len(verdicts) == 4
    assert [generation(world, number).quantity for number in (1, 2, 3)] == [10, 11, 2]


# Naming a pool.


def test_an_input_names_the_pool_its_newest_lot_or_the_product(world: World) -> None:
    world.admit(pool(default=True), add({"steel-1": "10"}))
    world.admit(draw("heap", "1", "a"), draw("heap:1", "2", "b"), draw("steel", "3", "c"))
    assert left(world, 1) == 4
    world.admit(made("more", "1"), add({"more": "1"}))
    invoice = Evidence(digest="0" * 64, media_type="application/pdf", kind="salesInvoice")
    world.admit(draw("steel", "1", "d"), consumption([flow("heap", "1")], evidence=[invoice]),
                transfer("heap", "1", "sold"))
    assert (left(world, 1), left(world, 2)) == (0, 2)


def test_what_leaves_a_pool_is_a_lot_like_any_other(world: World) -> None:
    """No lot of the pool's any more, so it may be added to it again."""
    world.admit(pool(), add({"steel-1": "10"}), draw("heap", "1", "bar"), transfer("heap", "2", "sold"))
    assert (world.lot("bar").pool, world.lot("sold").pool, world.lot("sold").holder) == (None, None, FORGE.id)
    world.admit(add({"bar": "1"}))
    # 10 - 1 - 2 + 1
    assert generation(world, 2).quantity == Decimal(8)


def test_the_rest_of_one_pool_goes_into_another(world: World) -> None:
    world.admit(pool(), add({"steel-1": "10"}), pool("silo"), add({"heap": "7"}, to="silo"))
    assert (left(world, 1), left(world, 1, "silo"), generation(world, 1, "silo").pool) == (3, 7, MILL.name("silo"))


def test_an_older_lot_of_a_pool_has_nothing_left(world: World) -> None:
    world.admit(made("more", "1"), pool(), add({"steel-1": "10"}), add({"more": "1"}))
    world.refuse(draw("heap:1", "1", "bar"), "over-consumption", "inputs[0].quantity", "1 TNE")


def test_no_more_than_is_left_in_the_pool(world: World) -> None:
    world.admit(pool(), add({"steel-1": "10"}), draw("heap", "4", "bar"))
    world.refuse(draw("heap", "6.000000001", "rail"), "over-consumption", "inputs[0].quantity", "6.000000001 TNE")
    world.admit(draw("heap", "6", "rail"))
    world.refuse(draw("heap", "0.000000001", "rod"), "over-consumption", "inputs[0].quantity")


def test_a_pool_to_which_nothing_was_added_is_empty(world: World) -> None:
    world.admit(pool(default=True))
    for name in ("heap", "steel"):
        world.refuse(draw(name, "1", "bar"), "empty-pool", "inputs[0].lot", MILL.name(name))
        world.refuse(consumption([flow(name, "1")]), "empty-pool", "inputs[0].lot", MILL.name(name))
        world.refuse(transfer(name, "1", "sold"), "empty-pool", "lot", MILL.name(name))


def test_a_product_without_a_default_pool_is_no_lot(world: World) -> None:
    """One of another organisation is as unknown as a lot that does not exist, whether or not it has a default pool."""
    world.admit(pool(), add({"steel-1": "10"}))
    world.refuse(draw("steel", "1", "bar"), "no-default-pool", "inputs[0].lot", MILL.name("steel"))
    world.admit(pool("silo", default=True), add({"heap": "10"}, to="silo"))
    world.refuse(
        transformation([output("f", "1", of=FORGE)], [flow("steel", "1")], by=FORGE), "unknown-lot",
        "inputs[0].lot", MILL.name("steel"),
    )


@pytest.mark.parametrize(("one", "other"), [
    ("heap", "heap"), ("heap", "heap:1"), ("heap:1", "heap"), ("steel", "heap"), ("heap:1", "steel"),
])
def test_a_pool_is_named_once(world: World, one: str, other: str) -> None:
    """By whichever name; so it cannot be overdrawn in parts."""
    world.admit(pool(default=True), add({"steel-1": "10"}))
    world.refuse(transformation([output("bar", "2")], [flow(one, "1"), flow(other, "1")]), "duplicate-input",
                 "inputs[1].lot", MILL.name(other))


def test_the_pool_of_another_is_no_pool(world: World) -> None:
    """Refused with the words for one that does not exist."""
    world.admit(pool(), add({"steel-1": "10"}), burdened(output("f", "1", of=FORGE), "0", by=FORGE))
    drawn = world.refuse(
        transformation([output("g", "1", of=FORGE)], [flow("heap", "1")], by=FORGE), "unknown-lot", "inputs[0].lot",
        MILL.name("heap"),
    )
    unknown = world.refuse(
        transformation([output("g", "1", of=FORGE)], [flow("none", "1")], by=FORGE), "unknown-lot", "inputs[0].lot",
        MILL.name("none"),
    )
    assert drawn.message.replace("heap", "none") == unknown.message
    for name in ("heap", "none"):
        found = world.refuse(Addition(issuer=FORGE.id, nonce=nonce(), pool=MILL.name(name), time=END,
                                      inputs=[flow("f", "1", of=FORGE)]), "unknown-pool", "pool", MILL.name(name))
        assert found.message == f"pool: {MILL.name(name)!r} is not a pool of {FORGE.id}"


# Entering a pool.


def test_a_pool_says_how_it_is_kept(world: World) -> None:
    world.admit(pool(), balance("booked", conversion="0.8"), pool("own", custody="segregated", averaging="period"))
    found = {name: world.state.pools[MILL.name(name)] for name in ("heap", "booked", "own")}
    assert (found["heap"].custody, found["heap"].averaging, found["heap"].default) == (
        "controlledBlending", "moving", False)
    assert (found["booked"].attribute, found["booked"].conversion, found["booked"].balance_months,
            found["own"].custody, found["own"].averaging) == (CONTENT, Decimal("0.8"), 3, "segregated", "period")


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"id": FORGE.name("heap")}, "outside-prefix", "id"),
    ({"id": f"{MILL.id}:"}, "outside-prefix", "id"),
    ({"id": MILL.name("heap%2d")}, "invalid-identifier", "id"),
    ({"id": MILL.name("x" * (MAX_POOL_ID + 1 - len(MILL.name(""))))}, "pool-form", "id"),
    ({"id": MILL.name("silo:3")}, "pool-form", "id"),
    ({"facility": MILL.name("nowhere")}, "unknown-facility", "facility"),
    ({"facility": FORGE.name("site")}, "unknown-facility", "facility"),
    ({"product": MILL.name("gold")}, "unknown-product", "product"),
    ({"role": "credit"}, "pool-form", "role"),
    ({"role": "waste"}, "pool-form", "origin"),
    ({"origin": "preConsumer"}, "pool-form", "origin"),
    ({"attribute": CONTENT}, "pool-form", "attribute"),
    ({"conversion": "0.5"}, "pool-form", "attribute"),
    ({"balance_months": 3, "custody": "segregated"}, "pool-form", "attribute"),
    ({"custody": "massBalance"}, "pool-form", "attribute"),
    ({"custody": "massBalance", "attribute": CONTENT}, "pool-form", "attribute"),
    ({"custody": "massBalance", "balance_months": 3}, "pool-form", "attribute"),
])
def test_a_pool_that_cannot_be(world: World, fields: dict[str, Any], code: str, field: str) -> None:
    fields = {"id": MILL.name("heap"), "facility": MILL.name("site"), "product": MILL.name("steel"), **fields}
    world.refuse(Pool(issuer=MILL.id, nonce=nonce(), **fields), code, field)


@pytest.mark.parametrize(("fields", "field"), [
    ({"of": "gear"}, "attribute"),
    ({"of": "power"}, "attribute"),
    ({"attribute": "mass"}, "attribute"),
    ({"attribute": "material:steel"}, "attribute"),
    ({"attribute": "biogenicCarbon"}, "attribute"),
    ({"attribute": "recycledPostConsumer:"}, "attribute"),
    ({"attribute": "attributed:recycledPostConsumer:steel"}, "attribute"),
    ({"role": "waste", "origin": "postConsumer"}, "role"),
    ({"role": "core"}, "role"),
    ({"conversion": "0"}, "conversion"),
    ({"averaging": "period"}, "averaging"),
])
def test_a_mass_balance_that_cannot_be(world: World, fields: dict[str, Any], field: str) -> None:
    """Above all none whose content would be counted again: waste becomes recycled content when it is used."""
    world.refuse(balance(**fields), "pool-form", field)


def test_the_longest_id_of_a_pool_leaves_room_for_its_lots(world: World) -> None:
    name = "x" * (MAX_POOL_ID - len(MILL.name("")))
    world.admit(pool(name), add({"steel-1": "10"}, to=name))
    assert world.left(f"{name}:1") == 10


def test_a_pool_is_entered_once(world: World) -> None:
    world.admit(pool())
    world.refuse(pool(), "pool-taken", "id", MILL.name("heap"))
    world.refuse(pool("steel-1"), "pool-taken", "id", MILL.name("steel-1"))


def test_a_product_has_one_default_pool(world: World) -> None:
    """An organisation's own; the forge may have one of the same product, and the mill one of another."""
    world.admit(pool(default=True), pool("second"))
    world.refuse(pool("third", default=True), "default-pool-taken", "default", MILL.name("steel"))
    world.admit(pool("of-gears", of="gear", default=True), pool(by=FORGE, of=MILL.name("steel"), default=True))


# What blends.


def test_a_pool_holds_one_product_and_role(world: World) -> None:
    world.admit(
        made("oil-1", "10 LTR", product="oil", mass=quantity("9 KGM")), scrap("s", "1"), scrap("t", "1", "preConsumer"),
        transformation([output("main", "1"), output("by", "1", "byProduct")]),
        pool(), pool("bin", role="waste", origin="postConsumer"),
    )
    for lot in ("oil-1", "s", "by"):
        world.refuse(add({lot: "1 LTR" if lot == "oil-1" else "1"}), "pool-mix", "inputs[0].lot", MILL.name(lot))
    # The first lot of an addition is well, the second is not: nothing goes in.
    world.refuse(add({"steel-1": "1", "s": "1"}), "pool-mix", "inputs[1].lot", MILL.name("s"))
    for lot in ("steel-1", "t"):
        world.refuse(add({lot: "1"}, to="bin"), "pool-mix", "inputs[0].lot", MILL.name(lot))
    world.admit(add({"s": "1"}, to="bin"))
    assert (generation(world, 1, "bin").role, generation(world, 1, "bin").origin) == ("waste", "postConsumer")


def test_a_pool_of_what_another_makes(world: World) -> None:
    """The mill's steel in a pool of the forge's."""
    world.admit(transfer("steel-1", "10", "sold"), pool(by=FORGE, of=MILL.name("steel")),
                add({MILL.name("sold"): "4"}, by=FORGE))
    assert (world.left("heap:1", FORGE), world.lot("heap:1", FORGE).product) == (4, MILL.name("steel"))


def test_things_with_a_serial_do_not_blend(world: World) -> None:
    world.admit(pool(of="gear"))
    world.refuse(add({"gear-1": "1 H87"}), "pool-mix", "inputs[0].lot", MILL.name("gear-1"))


def test_what_is_in_the_pool_is_not_added_to_it(world: World) -> None:
    """Neither by its own name nor by the pool's or the product's."""
    world.admit(pool(default=True), add({"steel-1": "10"}))
    for name in ("heap:1", "heap", "steel"):
        world.refuse(add({name: "1"}), "pool-mix", "inputs[0].lot", MILL.name("heap:1"))


def test_a_pool_is_not_filled_from_lots_of_others_or_beyond_what_they_hold(world: World) -> None:
    world.admit(made("more", "3"), pool(), add({"steel-1": "10"}))
    world.refuse(add({"more": "3.1"}), "over-consumption", "inputs[0].quantity", "3.1 TNE")
    world.refuse(add({"steel-1": "1"}), "over-consumption", "inputs[0].quantity", "1 TNE")
    world.refuse(add({"more": "1", "more-2": "1"}), "unknown-lot", "inputs[1].lot", MILL.name("more-2"))
    world.refuse(add({"more": "1", FORGE.name("steel-1"): "1"}), "unknown-lot", "inputs[1].lot")
    world.refuse(add({"more": "1"}, time="2024-02-30T00:00:00Z"), "instant", "time", "2024-02-30T00:00:00Z")
    assert left(world, 1) == 10


def test_a_pool_holds_what_belongs_to_one_owner() -> None:
    """Castings of the mill's that the treater holds: two of the mill's go together, the treater's own do not."""
    world = trading()
    world.admit(
        transfer("cast", "4", "c-1", to=TREATER, purpose="custody"),
        transfer("cast", "5", "c-2", to=TREATER, purpose="custody"), transfer("cast", "1", "c-3", to=TREATER),
        pool(by=TREATER, of=MILL.name("steel")), add({MILL.name("c-1"): "4"}, by=TREATER),
    )
    assert world.parties("heap:1", TREATER) == (TREATER.id, MILL.id, None)
    world.refuse(add({MILL.name("c-3"): "1"}, by=TREATER), "pool-mix", "inputs[0].lot", MILL.name("c-3"))
    world.refuse(add({MILL.name("c-2"): "1", MILL.name("c-3"): "1"}, by=TREATER), "pool-mix", "inputs[1].lot")
    world.admit(add({MILL.name("c-2"): "5"}, by=TREATER))
    assert world.parties("heap:2", TREATER) == (TREATER.id, MILL.id, None)
    # A pool that is empty may hold what belongs to another.
    back = Flow(lot=TREATER.name("heap"), quantity=quantity("9"))
    world.admit(consumption([back], by=TREATER, purpose="loss"), add({MILL.name("c-3"): "1"}, by=TREATER))
    assert world.parties("heap:3", TREATER) == (TREATER.id, TREATER.id, None)


def test_what_is_weighed_does_not_blend_with_what_is_not(world: World) -> None:
    """Energy has no mass; a lot of it that says one is something else."""
    world.admit(
        burdened(output("p", "1 KWH", product="power"), "0"), burdened(output("q", "1 KWH", product="power"), "0"),
        burdened(output("r", "1 KWH", product="power", mass=quantity("1 KGM")), "0"), pool(of="power"),
        add({"p": "1 KWH"}),
    )
    world.refuse(add({"r": "1 KWH"}), "pool-mix", "inputs[0].lot", MILL.name("r"))
    world.refuse(add({"q": "1 KWH", "r": "1 KWH"}), "pool-mix", "inputs[1].lot", MILL.name("r"))


# A site's own waste (ISO 14021, 7.8.1.1).


def own(lot: str, amount: str = "1", *, site: str = "site", process: str = "works.make") -> Any:
    return transformation([output(f"made-with-{lot}", "1"), output(lot, amount, "waste")], facility=MILL.name(site),
                          process=process)


def bought(world: World, lot: str) -> str:
    """Waste of the forge's that the mill holds."""
    world.admit(
        transformation([output(f"made-with-{lot}", "1", of=FORGE),
                        output(lot, "2", "waste", of=FORGE, product=FORGE.name("steel"))], by=FORGE),
        transfer(lot, "2", f"{lot}-sold", by=FORGE, to=MILL),
    )
    return FORGE.name(f"{lot}-sold")


def bin_(name: str = "bin", of: str = "steel") -> Pool:
    return pool(name, of=of, role="waste", origin="preConsumer")


def test_own_waste_keeps_its_maker_in_a_pool(world: World) -> None:
    world.admit(own("w-1"), own("w-2"), bin_(), add({"w-1": "1"}, to="bin"), add({"w-2": "1"}, to="bin"))
    assert generation(world, 2, "bin").maker == (MILL.name("site"), "works.make")


def test_waste_of_others_blends_whoever_made_it(world: World) -> None:
    world.admit(organization(STRANGER), facility(by=STRANGER))
    first, second = bought(world, "x"), scrap("y", "1", "preConsumer", product=FORGE.name("steel"), by=FORGE)
    world.admit(second, transfer("y", "1", "y-sold", by=FORGE, to=MILL), bin_(of=FORGE.name("steel")),
                add({first: "2", FORGE.name("y-sold"): "1"}, to="bin"))
    assert (generation(world, 1, "bin").maker, generation(world, 1, "bin").quantity) == (None, Decimal(3))


@pytest.mark.parametrize("site", ["site", "annex"])
def test_own_waste_does_not_blend_with_that_of_others(world: World, site: str) -> None:
    """Whichever of the holder's sites made it, and whichever comes first: else it would come back as recycled."""
    world.admit(facility("annex"))
    world.admit(own("w-1", site=site), own("w-2", site=site), scrap("x", "1", "preConsumer"), bin_(), bin_("bin-2"),
                add({"w-1": "1"}, to="bin"), add({"x": "0.5"}, to="bin-2"))
    world.refuse(add({"x": "0.5"}, to="bin"), "pool-mix", "inputs[0].lot", MILL.name("x"))
    world.refuse(add({"w-2": "1"}, to="bin-2"), "pool-mix", "inputs[0].lot", MILL.name("w-2"))
    world.refuse(add({"w-2": "1", "x": "0.5"}, to="bin-3"), "unknown-pool", "pool")
    world.admit(bin_("bin-3"))
    world.refuse(add({"w-2": "1", "x": "0.5"}, to="bin-3"), "pool-mix", "inputs[1].lot", MILL.name("x"))


def test_own_waste_of_two_processes_does_not_blend(world: World) -> None:
    """It would not be known any more what goes back to where it came from."""
    world.admit(own("w-1"), own("w-2", process="loose.make"), bin_(), add({"w-1": "1"}, to="bin"))
    world.refuse(add({"w-2": "1"}, to="bin"), "pool-mix", "inputs[0].lot", MILL.name("w-2"))
    # Once the first is used up, there is nothing to mix it with.
    world.admit(transformation([output("bar", "1")], [flow("bin", "1")]), add({"w-2": "1"}, to="bin"))
    assert generation(world, 2, "bin").maker == (MILL.name("site"), "loose.make")


# Compositions.


def alloy(lot: str, amount: str, **fractions: Any) -> Any:
    return made(lot, amount, **fractions)


def test_a_blend_has_the_mean_composition_by_mass(world: World) -> None:
    """1 t of 98 % steel with 2 % zinc and 3 t of 90 % with 6 % tin: steel (0.98 + 2.70) / 4 = 0.92, zinc 0.02 / 4, tin
    0.18 / 4. Copper (0.3 % and 0.1 %): (0.003 + 0.003) / 4 = 0.0015. Of carbon nothing is known in the second."""
    world.admit(
        alloy("a", "1", materials={"steel": "0.98", "zinc": "0.02"}, elements={"Cu": "0.003", "C": "0.002"}),
        alloy("b", "3", materials={"steel": "0.9", "tin": "0.06"}, elements={"Cu": "0.001"}),
        pool(), add({"a": "1", "b": "3"}),
    )
    found = generation(world, 1).composition
    assert (found.materials, found.elements) == ({"steel": "0.92", "zinc": "0.005", "tin": "0.045"}, {"Cu": "0.0015"})
    assert (found.fossil_carbon, found.biogenic_carbon) == (None, None)


def test_the_mean_goes_on_with_what_is_left(world: World) -> None:
    """4 t of 0.15 % copper, half of it drawn, and 6 t of 0.55 %: (2 * 0.0015 + 6 * 0.0055) / 8 = 0.0045."""
    world.admit(
        alloy("a", "4", elements={"Cu": "0.0015"}), alloy("b", "6", elements={"Cu": "0.0055"}), pool(),
        add({"a": "4"}), draw("heap", "2", "bar"), add({"b": "6"}),
    )
    assert generation(world, 2).composition.elements == {"Cu": "0.0045"}


def test_of_a_blend_is_known_what_is_known_of_all_its_parts(world: World) -> None:
    """One lot lists its materials, the other nothing: what the other holds may be anything."""
    world.admit(alloy("a", "1", materials={"steel": "0.98"}, elements={"Cu": "0.003"}), pool(),
                add({"a": "1", "steel-1": "3"}))
    found = generation(world, 1).composition
    assert (found.materials, found.elements) == ({}, {})


def test_carbon_blends_where_products_state_it(world: World) -> None:
    """The product states fossil carbon of 20 % and biogenic of 10 %, for every lot of it: so does the blend of lots
    that say more of themselves, 30 % and 50 % of paper: (0.3 + 0.5) / 2."""
    world.admit(
        product("mix", fossil_carbon="0.2", biogenic_carbon="0.1"),
        alloy("a", "1", product="mix", materials={"paper": "0.3"}),
        alloy("b", "1", product="mix", materials={"paper": "0.5"}), pool(of="mix"), add({"a": "1", "b": "1"}),
    )
    found = generation(world, 1).composition
    assert (found.fossil_carbon, found.biogenic_carbon, found.materials) == ("0.2", "0.1", {"paper": "0.4"})


def test_lots_of_one_composition_keep_it(world: World) -> None:
    """Whatever a mean of thirds would round to; and a lot without one of its own has its product's still."""
    world.admit(alloy("a", "1", elements={"Cu": "0.333333333"}), alloy("b", "2", elements={"Cu": "0.333333333"}),
                pool(custody="segregated"), add({"a": "1"}), add({"b": "1.7"}), add({"b": "0.3"}))
    assert generation(world, 3).composition.elements == {"Cu": "0.333333333"}
    world.admit(pool("plain"), add({"steel-1": "10"}, to="plain"))
    assert generation(world, 1, "plain").composition is None


def test_the_mean_does_not_drift(world: World) -> None:
    """300 additions of thirds and sevenths; a fraction is off by less than 1e-15 after them."""
    world.admit(alloy("a", "1000", elements={"Cu": "0.333333333"}), alloy("b", "1000", elements={"Cu": "0.142857143"}),
                pool())
    exact, amount = Decimal(0), Decimal(0)
    for i in range(300):
        lot, fraction = (("a", Decimal("0.333333333")), ("b", Decimal("0.142857143")))[i % 2]
        added = Decimal(1 + i % 3)
        world.admit(add({lot: str(added)}), draw("heap", "0.7", f"bar-{i}"))
        exact = (exact * amount + fraction * added) / (amount + added)
        amount += added - Decimal("0.7")
    assert abs(Decimal(generation(world, 300).composition.elements["Cu"]) - exact) < Decimal("1e-15")


def test_a_segregated_pool_holds_one_composition(world: World) -> None:
    world.admit(
        alloy("a", "2", elements={"Cu": "0.003"}), alloy("b", "2", elements={"Cu": "0.003000001"}),
        alloy("c", "2", elements={"Cu": "0.003"}), pool(custody="segregated"), add({"a": "1"}),
    )
    world.refuse(add({"b": "1"}), "pool-mix", "inputs[0].lot", MILL.name("b"))
    world.refuse(add({"steel-1": "1"}), "pool-mix", "inputs[0].lot", MILL.name("steel-1"))
    world.refuse(add({"c": "1", "b": "1"}), "pool-mix", "inputs[1].lot", MILL.name("b"))
    world.admit(add({"c": "1", "a": "1"}))
    # Emptied, it may be filled with another.
    world.admit(draw("heap", "3", "bar"), add({"b": "2"}))
    assert left(world, 3) == 2


def test_the_life_that_cores_had_is_theirs_as_long_as_it_is_one(world: World) -> None:
    """Cores without a serial: an estimated age is the blend's where all have it."""
    records = []
    for lot, age in (("c-1", "7"), ("c-2", "7"), ("c-3", "9")):
        records.append(declaration(
            basis="collected", boundary="none", collector=MILL.id, evidence=WEIGHED,
            lot=output(lot, "2 H87", "core", product="gear", previous_life=PreviousLife(estimated_years=age)),
        ))
    world.admit(*records, pool(of="gear", role="core"), add({"c-1": "2 H87", "c-2": "2 H87"}))
    assert generation(world, 1).previous_life == "7"
    world.admit(add({"c-3": "2 H87"}))
    assert generation(world, 2).previous_life is None


# Names of a pool's lots.


def test_a_lot_that_has_the_name_of_a_pools_next_one(world: World) -> None:
    """The addition is refused, nothing of the stock is lost, and it moves on into another pool."""
    world.admit(made("more", "1"), made("heap:2", "1"), pool(), add({"steel-1": "10"}))
    world.refuse(add({"more": "1"}), "lot-taken", "pool", MILL.name("heap:2"))
    world.admit(pool("silo"), add({"heap": "10", "more": "1"}, to="silo"))
    assert world.left("silo:1") == 11


def test_credits_are_not_named_like_the_pools_own_lots(world: World) -> None:
    world.admit(balance())
    for name in ("heap:1", "heap:2", "heap:credits"):
        world.refuse(add({"steel-1": "10"}, credit_lot=MILL.name(name), credits=quantity("1")), "pool-form",
                     "creditLot", MILL.name(name))


# Credits of a mass balance.


@pytest.mark.parametrize(("months", "time", "end"), [
    (1, "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"),
    (1, "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    (2, "2025-02-28T23:59:59Z", "2025-03-01T00:00:00Z"),
    (3, "2025-03-31T23:59:59Z", "2025-04-01T00:00:00Z"),
    (3, "2025-04-01T00:00:00Z", "2025-07-01T00:00:00Z"),
    (3, "2025-11-15T12:00:00Z", "2026-01-01T00:00:00Z"),
    (4, "2024-02-29T00:00:00Z", "2024-05-01T00:00:00Z"),
    (6, "2025-06-30T00:00:00Z", "2025-07-01T00:00:00Z"),
    (6, "2025-07-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    (12, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    # Periods begin anew each January, so the last one may be shorter.
    (5, "2025-10-31T00:00:00Z", "2025-11-01T00:00:00Z"),
    (5, "2025-11-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    (7, "2025-08-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    (11, "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
])
def test_balance_periods_are_counted_from_january(months: int, time: str, end: str) -> None:
    assert balance_period_end(time, months) == end


def test_a_day_that_is_none_lies_in_no_balance_period() -> None:
    with pytest.raises(Refused) as error:
        balance_period_end("2025-02-29T00:00:00Z", 3)
    assert (error.value.code, error.value.field) == ("instant", "time")


@pytest.mark.parametrize(("to", "fields"), [
    ("heap", {"credit_lot": MILL.name("c"), "credits": quantity("1")}),
    ("booked", {"credit_lot": MILL.name("c")}),
    ("booked", {"credits": quantity("1")}),
])
def test_credits_and_their_lot_go_together(world: World, to: str, fields: dict[str, Any]) -> None:
    world.admit(pool(), balance("booked"))
    world.refuse(add({"steel-1": "10"}, to=to, **fields), "pool-form", "creditLot")


@pytest.mark.parametrize(("lot", "credits_", "code", "field"), [
    (FORGE.name("c"), "1 KGM", "outside-prefix", "creditLot"),
    (MILL.name("c"), "1 LTR", "wrong-dimension", "credits"),
])
def test_credits_that_cannot_be(world: World, lot: str, credits_: str, code: str, field: str) -> None:
    world.admit(balance())
    world.refuse(add({"steel-1": "10"}, credit_lot=lot, credits=quantity(credits_)), code, field)


def test_the_names_of_credits_are_free(world: World) -> None:
    world.admit(balance(), made("more", "1"))
    world.refuse(add({"more": "1"}, credit_lot=MILL.name("steel-1"), credits=quantity("1 KGM")), "lot-taken",
                 "creditLot", MILL.name("steel-1"))
