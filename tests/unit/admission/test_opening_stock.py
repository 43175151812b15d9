"""Stock that was there before: declared once per facility and product, by who operates the facility."""

from typing import Any

import pytest
from msgspec.structs import replace
from unit.admission.world import (
    FORGE,
    MILL,
    Party,
    World,
    burdened,
    consumption,
    credit,
    emitting,
    facility,
    flow,
    output,
    quantity,
    transformation,
)

from ledger.core.record.kinds import Declaration
from ledger.core.record.values import Output, PreviousLife
from ledger.errors import Refused

EXACT = 1e-12
STEEL = MILL.name("steel")


def opening(lot: Output, co2: str = "500", *, at: str | None = MILL.name("site"), by: Party = MILL,
            **fields: Any) -> Declaration:
    return burdened(lot, co2, by=by, basis="opening", facility=at, **fields)


def test_opening_stock_is_a_lot_like_any_other(world: World) -> None:
    """5 t with 500 kg of CO2e; 2 of them, with another 30, become a part of 230."""
    part = transformation([output("part", "2")], [flow("old", "2")], [emitting("30")])
    world.admit(opening(output("old", "5")), part)
    lot = world.lot("old")
    assert (lot.holder, lot.owned_by, lot.quantity, lot.maker) == (MILL.id, MILL.id, 5, None)
    assert (world.state.openings, world.fossil("old")) == ({(MILL.name("site"), STEEL)}, 500)
    assert (world.fossil("part"), world.accounted()) == pytest.approx((230, 530), rel=EXACT)


def test_opening_stock_is_declared_once_per_facility_and_product(world: World) -> None:
    world.admit(opening(output("old", "5")))
    error = world.refuse(opening(output("older", "1")), "opening-taken", "lot.product", STEEL, says=MILL.name("site"))
    assert "once per facility and product" in (error.rule or "")
    # Whatever came of it since.
    world.admit(consumption([flow("old", "5")]))
    world.refuse(opening(output("older", "1")), "opening-taken", "lot.product", STEEL)


def test_each_product_and_each_facility_has_its_own(world: World) -> None:
    oil = output("oil", "1 LTR", product="oil", mass=quantity("0.9 KGM"))
    world.admit(facility("yard"), opening(output("old", "5")), opening(oil),
                opening(output("there", "1"), at=MILL.name("yard")),
                opening(output("old", "1", of=FORGE), at=FORGE.name("site"), by=FORGE))
    assert world.state.openings == {
        (MILL.name("site"), STEEL), (MILL.name("site"), MILL.name("oil")), (MILL.name("yard"), STEEL),
        (FORGE.name("site"), FORGE.name("steel")),
    }


def test_two_of_one_batch(world: World) -> None:
    gears = output("c", "1 H87", product="gear")
    verdicts, batch = world.run(opening(output("a")), opening(output("b")), opening(gears))
    assert ([verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts],
            len(batch.leaf_hashes)) == ([None, "opening-taken", None], 2)
    assert MILL.name("b") not in world.state.lots


def test_a_refused_one_does_not_count(world: World) -> None:
    world.refuse(opening(output("steel-1")), "lot-taken", "lot.lot", MILL.name("steel-1"))
    world.admit(opening(output("old")))


@pytest.mark.parametrize("basis", ["study", "pact", "cbam", "statement"])
def test_what_comes_in_later_is_no_opening_stock(world: World, basis: str) -> None:
    """It may come as often as it does, before and after."""
    later = [burdened(output(f"in-{i}"), "1", basis=basis, facility=MILL.name("site")) for i in range(2)]
    world.admit(later[0], opening(output("old")), later[1])
    assert world.state.openings == {(MILL.name("site"), STEEL)}


@pytest.mark.parametrize("at", [FORGE.name("site"), MILL.name("never"), None])
def test_opening_stock_lies_at_a_facility_of_the_issuer_s(world: World, at: str | None) -> None:
    error = world.refuse(opening(output("old"), at=at), "unknown-facility", "facility", at)
    assert error.message == f"facility: {at!r} is not a facility that {MILL.id} operates"
    assert "facilities on the ledger" in (error.rule or "")


def test_another_takes_nobody_s_opening(world: World) -> None:
    """The forge cannot use up the mill's by declaring for the mill's site, nor with the mill's product."""
    world.refuse(opening(output("old", of=FORGE), at=MILL.name("site"), by=FORGE), "unknown-facility", "facility")
    world.refuse(opening(output("old", of=FORGE, product=STEEL), at=FORGE.name("site"), by=FORGE), "unknown-product",
                 "lot.product", STEEL)
    world.admit(opening(output("old")))


def test_opening_stock_of_waste_and_cores_has_no_burden(world: World) -> None:
    waste = output("heap", "3", "waste")
    core = output("core", "1 H87", "core", product="gear", previous_life=PreviousLife(estimated_years="8"))
    for lot in (waste, core):
        world.refuse(opening(lot), "burdened-waste", "burdens")
        world.admit(replace(opening(lot), burdens={}, boundary="none"))
    assert world.accounted() == 0


def test_opening_stock_is_declared_by_the_rules_of_declarations(world: World) -> None:
    world.refuse(opening(output("old", role="coProduct")), "role", "lot.role", "coProduct")
    world.refuse(opening(credit("old", "1")), "role", "lot.role", "credit")
    world.refuse(opening(output("old", owner=FORGE.id)), "wrong-owner", "lot.owner", FORGE.id)
    world.refuse(opening(output("old", of=FORGE, product=STEEL)), "outside-prefix", "lot.lot", FORGE.name("old"))
    world.refuse(opening(output("old"), end="2023-01-01T00:00:00Z"), "period", "end")
    world.refuse(replace(opening(output("old")), per=quantity("1")), "declaration-form", "lot")
    assert world.state.openings == set()
