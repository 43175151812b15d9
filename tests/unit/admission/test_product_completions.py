"""Completions of products: new lots have the new values, and lots that exist keep those with which they were made."""

from decimal import Decimal
from typing import Any

import pytest
from unit.admission.test_pools import add, draw, pool
from unit.admission.world import (
    FORGE,
    MILL,
    Party,
    World,
    consumption,
    flow,
    nonce,
    output,
    product,
    quantity,
    transfer,
    transformation,
)

from ledger.admission.kinds.product_completion import MOST
from ledger.core.record.kinds import ProductCompletion
from ledger.core.record.study import StudyContext

STEEL = {"steel": "0.98"}


def completion(name: str = "steel", *, by: Party = MILL, **fields: Any) -> ProductCompletion:
    fields = {"reason": "it was missing", **fields}
    return ProductCompletion(issuer=by.id, nonce=nonce(), product=name if ":" in name else by.name(name), **fields)


def materials(world: World, lot: str, of: Party = MILL) -> dict[str, str]:
    return dict(world.state.composition(world.lot(lot, of)).materials)


def codes(world: World, lot: str, of: Party = MILL) -> tuple[str, ...]:
    known = world.state.product_of(world.lot(lot, of))
    assert known is not None
    return known.codes


def test_new_lots_have_the_values_and_earlier_lots_keep_theirs(world: World) -> None:
    """Also where an earlier lot is sold, pooled or sent back after the completion."""
    world.admit(completion(materials=STEEL, classifications={"cn": "7207 11 14"}),
                transformation([output("late", "10")]))
    assert (materials(world, "late"), codes(world, "late")) == (STEEL, ("72071114",))
    assert (materials(world, "steel-1"), codes(world, "steel-1")) == ({}, ())
    world.admit(transfer("steel-1", "2", "sold"), transfer("late", "2", "sold-late"), pool(), add({"steel-1": "1"}))
    for lot in ("sold", "heap:1"):
        assert (materials(world, lot), codes(world, lot)) == ({}, ())
    assert (materials(world, "sold-late"), codes(world, "sold-late")) == (STEEL, ("72071114",))
    world.admit(transfer("sold", "2", "back", by=FORGE, of=MILL, to=MILL, purpose="return"))
    assert codes(world, "back", FORGE) == ()


def test_each_stated_field_replaces_the_others_stay(world: World) -> None:
    world.admit(product("bar", materials=STEEL, classifications={"hs": "7214"}, fossil_carbon="0.002"),
                completion("bar", classifications={"hs": "721499"}), transformation([output("a", "1", product="bar")]),
                completion("bar", elements={"C": "0.002"}), transformation([output("b", "1", product="bar")]))
    one, two = world.state.composition(world.lot("a")), world.state.composition(world.lot("b"))
    assert (dict(one.materials), dict(one.elements), one.fossil_carbon) == (STEEL, {}, "0.002")
    assert (dict(two.materials), dict(two.elements), two.fossil_carbon) == (STEEL, {"C": "0.002"}, "0.002")
    assert codes(world, "a") == codes(world, "b") == ("721499",)
    world.admit(transformation([output("own", "1", product="bar", materials={"steel": "0.5"})]))
    assert (materials(world, "own"), codes(world, "own")) == ({"steel": "0.5"}, ("721499",))


def test_the_mass_of_lots_that_exist_stays(world: World) -> None:
    """A gear weighs 50 kg; from the completion on 60 kg."""
    world.admit(completion("gear", mass_per_unit=quantity("60 KGM")),
                transformation([output("gear-2", "2 H87", product="gear")]))
    assert (world.lot("gear-1").mass, world.lot("gear-2").mass) == (Decimal(50), Decimal(120))
    world.admit(transfer("gear-1", "1 H87", "sold"))
    assert world.lot("sold").mass == Decimal(50)


def test_a_core_keeps_the_values_of_the_used_good(world: World) -> None:
    world.admit(transfer("gear-1", "1 H87", "sold"), completion("gear", classifications={"cn": "8483 40"}), consumption(
        [flow("sold", "1 H87")], [output("core", "1 H87", "core", of=FORGE, product=MILL.name("gear"),
                                         item=MILL.name("gear-no-1"))], by=FORGE))
    assert codes(world, "core", FORGE) == ()


def test_supplies_that_name_the_product_have_its_newest_values(world: World) -> None:
    """A record that is revised has those of its own index."""
    name = MILL.name("steel")
    world.admit(completion(materials=STEEL))
    now, before = world.state, world.state.as_of(world.state.size - 1)
    known = [dict(one.composition.materials) for facts in (now, before) if (one := facts.product_named(name))]
    assert known == [STEEL, {}]


# Pools


def test_added_values_do_not_reach_the_older_lots_of_a_pool(world: World) -> None:
    """Else a few new lots would name all old ones."""
    world.admit(pool(), add({"steel-1": "5"}), completion(materials=STEEL, classifications={"hs": "7207"}),
                transformation([output("late", "5")]), add({"late": "1"}))
    assert (materials(world, "heap:2"), codes(world, "heap:2")) == ({}, ())
    world.admit(draw("heap", "6", "rail"), add({"late": "1"}))
    assert (materials(world, "heap:3"), codes(world, "heap:3")) == (STEEL, ("7207",))


def test_a_corrected_product_does_not_blend_with_its_earlier_lots(world: World) -> None:
    """Lots of coal, and lots of stone under the same name, are two goods."""
    world.admit(product("rock", classifications={"hs": "2701"}), transformation([output("coal", "5", product="rock")]),
                pool("silo", of="rock"), add({"coal": "5"}, "silo"), completion("rock", classifications={"hs": "2521"}),
                transformation([output("stone", "1", product="rock")]))
    world.refuse(add({"stone": "1"}, "silo"), "pool-mix", "inputs[0].lot", MILL.name("stone"))
    world.admit(draw("silo", "5", "dust"), add({"stone": "1"}, "silo"))
    assert codes(world, "silo:2") == ("2521",)


# Refusals


@pytest.mark.parametrize(("record", "code", "field"), [
    (completion(MILL.name("steel"), by=FORGE, materials=STEEL), "unknown-product", "product"),
    (completion("nothing", materials=STEEL), "unknown-product", "product"),
    (completion(), "empty-completion", "product"),
    (completion(study=StudyContext()), "empty-study", "study"),
    (completion(materials={"steel": "0.6", "zinc": "0.5"}), "contents-above-100", "materials"),
    (completion(fossil_carbon="0.6", biogenic_carbon="0.5"), "contents-above-100", "carbon contents"),
    (completion(mass_per_unit=quantity("999 KGM")), "two-masses", "massPerUnit"),
    (completion("gear", mass_per_unit=quantity("1 LTR")), "wrong-dimension", "massPerUnit"),
    (completion(classifications={"cn": "steel of the good kind"}), "classification", "classifications.cn"),
])
def test_refusals(world: World, record: ProductCompletion, code: str, field: str) -> None:
    """The words for a product of others are those for an unknown one."""
    world.refuse(record, code, field)


def test_a_product_is_completed_a_limited_number_of_times(world: World) -> None:
    world.admit(*[completion(materials={"steel": f"0.{number:02d}1"}) for number in range(1, MOST + 1)])
    world.refuse(completion(materials=STEEL), "completions", "product", MILL.name("steel"))
