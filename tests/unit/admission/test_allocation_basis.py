"""The form of an allocation basis, and keys that its price ratio contradicts."""

from typing import Any

import pytest
from unit.admission.world import World, output, transformation

from ledger.core.record.redacted import residue
from ledger.core.record.study import AllocationBasis
from ledger.core.record.values import Money

FIELD = "allocationBasis"
PRICES = {"price_start": "2022-01-01T00:00:00Z", "price_end": "2025-01-01T00:00:00Z"}


def made(basis: AllocationBasis, **fields: Any) -> Any:
    return transformation([output("bar")], allocation_basis=basis, **fields)


@pytest.mark.parametrize(("basis", "code", "field"), [
    (AllocationBasis(), FIELD, ""),
    (AllocationBasis(price_start="2024-01-01T00:00:00Z"), FIELD, ".priceEnd"),
    (AllocationBasis(price_start="2024-01-01T00:00:00Z", price_end="2024-01-01T00:00:00Z"), FIELD, ".priceEnd"),
    (AllocationBasis(price_ratio="0.9"), FIELD, ".priceRatio"),
    (AllocationBasis(price_ratio="5.1"), "allocation-rule", ".rule"),
])
def test_what_is_refused(world: World, basis: AllocationBasis, code: str, field: str) -> None:
    world.refuse(made(basis), "allocation-basis" if code == FIELD else code, f"{FIELD}{field}")


@pytest.mark.parametrize("basis", [
    AllocationBasis(step="physicalRelation"), AllocationBasis(**PRICES), AllocationBasis(price_ratio="5"),
    AllocationBasis(price_ratio="5.1", rule="EN 16485"),
])
def test_what_is_admitted(world: World, basis: AllocationBasis) -> None:
    world.admit(made(basis))


@pytest.mark.parametrize(("ratio", "rule", "refused"), [
    ("5", None, True), ("5", "a rule", False), ("5.1", None, False),
])
def test_price_below_the_ratio_needs_a_rule(world: World, ratio: str, rule: str | None, refused: bool) -> None:
    record = transformation([output("bar", value=Money(value="1", currency="CNY"))], allocation="value",
                            allocation_basis=AllocationBasis(price_ratio=ratio, rule=rule))
    if refused:
        world.refuse(record, "allocation-rule", f"{FIELD}.rule")
    else:
        world.admit(record)


def test_all_faults_are_named(world: World) -> None:
    error = world.refuse(made(AllocationBasis(price_ratio="0.5", price_end="2024-01-01T00:00:00Z")),
                         "allocation-basis", f"{FIELD}.priceEnd")
    assert [part.field for part in error.parts] == [f"{FIELD}.priceEnd", f"{FIELD}.priceRatio"]


def test_what_an_erasure_leaves_is_admitted(world: World) -> None:
    record: Any = residue(made(AllocationBasis(rule="a rule", reason="words", price_ratio="7")))
    assert record.allocation_basis == AllocationBasis(price_ratio="7")
    world.admit(record)


# Shares of outputs that carry nothing


def shared(lot: str, waste: str | None) -> Any:
    """A record that shares by stated shares, and states one for its waste."""
    return transformation([output(lot, share="1"), output(f"{lot}-dust", role="waste", share=waste)],
                          allocation="declared")


def test_waste_has_no_share(world: World) -> None:
    assert "coProduct" in world.refuse(shared("late", "0.1"), "waste-share", "outputs[1].share", "0.1").rule


@pytest.mark.parametrize("share", ["0", None])
def test_waste_may_state_that_it_has_none(world: World, share: str | None) -> None:
    world.admit(shared("bar", share))
