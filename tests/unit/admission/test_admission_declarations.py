"""Footprints made elsewhere, and the supplies that name them."""

from decimal import Decimal

import pytest
from unit.admission.world import (
    FORGE,
    MILL,
    STRANGER,
    World,
    consumption,
    declaration,
    digest_of,
    flow,
    nonce,
    ore,
    output,
    quantity,
    transformation,
)

from ledger.admission.lots import DEFERRABLE
from ledger.core.outcome.assessment import ADDITIVE, ENERGY, OF_WHICH, QUALITY, REMOVALS
from ledger.core.record.kinds import PassportPublication
from ledger.core.record.values import Evidence, Factor, Output, PreviousLife, Supply
from ledger.errors import LedgerError

SHOWN = Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")
EVIDENCE = Evidence(digest="0" * 64, media_type="application/pdf", kind="weighing note")
LIFE = PreviousLife(estimated_years="8")


def core(**fields: object) -> Output:
    return output("x", "1 H87", "core", **{"product": "gear", "previous_life": LIFE, **fields})  # type: ignore[arg-type]


def test_a_declared_lot(world: World) -> None:
    world.admit(declaration(lot=output("x", "3"), burdens={"fossilGhgEmissions": "12.5"}))
    lot = world.state.lots[MILL.name("x")]
    assert (lot.holder, lot.quantity, lot.mass, lot.maker) == (MILL.id, 3, 3000, None)
    assert world.state.declarations == {}


def test_figures_per_quantity(world: World) -> None:
    record = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2000"})
    world.admit(record)
    assert world.state.declarations == {digest_of(record): record}


@pytest.mark.parametrize("fields", [{}, {"lot": output("x"), "per": quantity("1")}])
def test_either_a_lot_or_figures_per_quantity(world: World, fields: dict[str, object]) -> None:
    world.refuse(declaration(**fields), "declaration-form", "lot", says="either `lot` or `per`")


def test_per_has_a_known_unit(world: World) -> None:
    world.refuse(declaration(per=quantity("1 XYZ")), "unknown-unit", "per.unit", "XYZ")


@pytest.mark.parametrize("name", [*ADDITIVE, *OF_WHICH, *ENERGY])
def test_signs_of_burdens(world: World, name: str) -> None:
    good, bad = ("-1", "0.000000001") if name in REMOVALS else ("1", "-0.000000001")
    world.refuse(
        declaration(per=quantity("1"), burdens={name: bad}), "burden-sign", f"burdens.{name}", bad,
        says=f"{name}: {bad} has the wrong sign",
    )
    carbon = {} if name in ADDITIVE and name not in REMOVALS else {"fossilGhgEmissions": "2"}
    world.admit(*[declaration(per=quantity("1"), burdens={**carbon, name: amount}, evidence=[SHOWN])
                  for amount in (good, "0")])


@pytest.mark.parametrize("name", ["co2", "FossilGhgEmissions", "mass", *QUALITY])
def test_names_of_burdens(world: World, name: str) -> None:
    error = world.refuse(declaration(lot=output("x"), burdens={"fossilGhgEmissions": "1", name: "1"}), "unknown-burden",
                         f"burdens.{name}", name)
    assert name in error.message
    assert "fossilGhgEmissions" in (error.rule or "")


def test_without_a_boundary_there_are_no_burdens(world: World) -> None:
    world.refuse(declaration(lot=output("x"), boundary="none", burdens={"fossilGhgEmissions": "1"}), "declaration-form",
                 "burdens", says="not allowed with boundary")
    world.admit(declaration(lot=output("x"), boundary="none"))


@pytest.mark.parametrize("role", ["coProduct", "byProduct"])
def test_roles_of_declared_lots(world: World, role: str) -> None:
    world.refuse(declaration(lot=output("x", role=role)), "role", "lot.role", role, says=role)


def test_waste_and_cores_come_in_without_burden(world: World) -> None:
    burdens = {"fossilGhgEmissions": "1"}
    for lot, role in ((output("x", role="waste"), "waste"), (core(), "core")):
        world.refuse(declaration(lot=lot, burdens=burdens), "burdened-waste", "burdens", says=role)
    world.admit(declaration(lot=output("x", role="waste")))


def test_a_declared_core_says_what_it_was(world: World) -> None:
    world.refuse(declaration(lot=core(previous_life=None)), "core", "lot.previousLife", says="previous life")
    world.refuse(declaration(lot=core(previous_life=PreviousLife())), "core", "lot.previousLife", says="either")
    both = PreviousLife(record="0" * 64, estimated_years="8")
    world.refuse(declaration(lot=core(previous_life=both)), "core", "lot.previousLife", says="either")
    world.admit(declaration(lot=core()))
    assert world.state.lots[MILL.name("x")].previous_life == "8"


def test_a_declared_core_keeps_the_product_of_whoever_made_it(world: World) -> None:
    world.refuse(declaration(lot=core(product=FORGE.name("never"))), "unknown-product", "lot.product",
                 FORGE.name("never"))
    world.refuse(declaration(lot=core(product=FORGE.name("gear"))), "unknown-product", "lot.product")
    world.admit(PassportPublication(issuer=FORGE.id, nonce=nonce(), product=FORGE.name("gear")))
    world.admit(declaration(lot=core(product=FORGE.name("gear"))))


@pytest.mark.parametrize(
    "fields",
    [
        {"lot": output("x"), "collector": FORGE.id, "evidence": [EVIDENCE]},
        {"lot": output("x", role="waste"), "evidence": [EVIDENCE]},
        {"lot": output("x", role="waste"), "collector": FORGE.id},
    ],
    ids=["a product", "no collector", "no evidence"],
)
def test_collected_waste_names_its_collector_and_evidence(world: World, fields: dict[str, object]) -> None:
    error = world.refuse(declaration(basis="collected", boundary="none", **fields), "collected", "basis", "collected")
    assert "collector" in (error.rule or "")


def test_collected(world: World) -> None:
    fields = {"basis": "collected", "boundary": "none", "collector": FORGE.id, "evidence": [EVIDENCE]}
    world.admit(declaration(lot=output("x", role="waste", origin="postConsumer"), **fields))


@pytest.mark.parametrize("field", ["facility", "collector"])
def test_facility_and_collector_are_identifiers(world: World, field: str) -> None:
    world.refuse(declaration(lot=output("x"), **{field: "Site"}), "invalid-identifier", field, "Site")
    world.admit(declaration(lot=output("x"), **{field: "urn:elsewhere:site"}))


def test_a_declaration_takes_no_lot_from_nowhere(world: World) -> None:
    """Mass does not have to come from anywhere: that is what a declaration is."""
    world.admit(declaration(lot=output("x", "999999999999")))
    world.refuse(declaration(lot=output("y", "999999999999999")), "inexact-conversion", "lot.quantity",
                 "999999999999999 TNE")


# Supplies


def factor(unit: str = "TNE") -> Factor:
    return Factor(value="2000", unit=unit, source="a study", year=2023, boundary="cradleToGate")


def refuse(world: World, supply: Supply, code: str, field: str, value: object = ...) -> LedgerError:
    return world.refuse(transformation([output("x")], [], [ore(), supply]), code, f"supplies[1]{field}", value)


def test_a_supply_priced_by_a_declaration(world: World) -> None:
    record = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2000"})
    world.admit(record)
    world.admit(transformation([output("x")], [], [ore("1500 KGM", declaration=digest_of(record))]))
    assert world.figures[MILL.name("x")].burdens[0] == 3000.0


def test_a_supply_has_one_price(world: World) -> None:
    record = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2000"})
    world.admit(record)
    error = refuse(world, ore("1", factor=factor(), declaration=digest_of(record)), "two-prices", "")
    assert "both a factor and a declaration" in error.message


def test_an_unknown_declaration(world: World) -> None:
    error = refuse(world, ore("1", declaration="1" * 64), "unknown-declaration", ".declaration", "1" * 64)
    assert "1" * 64 in error.message
    assert error.code in DEFERRABLE


def test_a_declaration_that_creates_a_lot_prices_nothing(world: World) -> None:
    record = declaration(lot=output("y"), burdens={"fossilGhgEmissions": "1"})
    world.admit(record)
    refuse(world, ore("1", declaration=digest_of(record)), "unknown-declaration", ".declaration", digest_of(record))


def test_a_record_that_is_no_declaration_prices_nothing(world: World) -> None:
    record = consumption([flow("steel-1", "1")])
    world.admit(record)
    refuse(world, ore("1", declaration=digest_of(record)), "unknown-declaration", ".declaration")


def test_prices_are_per_a_quantity_of_the_same_dimension(world: World) -> None:
    record = declaration(per=quantity("1 KWH"), burdens={"fossilGhgEmissions": "1"})
    world.admit(record)
    refuse(world, ore("7", declaration=digest_of(record)), "wrong-dimension", ".quantity", "7 TNE")
    refuse(world, ore("7", factor=factor("KWH")), "wrong-dimension", ".factor.unit", "7 TNE")
    refuse(world, ore("7", factor=factor("XYZ")), "unknown-unit", ".factor.unit", "XYZ")
    refuse(world, ore("1 3B", factor=factor("KWH")), "inexact-conversion", ".factor.unit", "1 3B")


def test_a_supply_says_its_mass_where_its_unit_does_not(world: World) -> None:
    error = refuse(world, ore("10 LTR"), "missing-mass", ".mass")
    assert "ore" in error.message
    assert "LTR" in error.message
    refuse(world, ore("2 H87"), "missing-mass", ".mass")
    for amount in ("10 KWH", "5 TKM", "1 HUR"):
        world.admit(transformation([output(f"y{amount[-3:]}")], [], [ore(), ore(amount)]))
    world.admit(transformation([output("x", "1009 KGM")], [], [ore("1 TNE"), ore("10 LTR", mass=quantity("9 KGM"))]))


def test_a_supply_has_one_mass(world: World) -> None:
    """Else a tonne of ore that is said to weigh two would feed two tonnes of steel."""
    assert "1 TNE" in refuse(world, ore("1 TNE", mass=quantity("2 TNE")), "two-masses", ".mass", "2 TNE").message
    world.admit(transformation([output("x")], [], [ore("1 TNE", mass=quantity("1000 KGM"))]))
    assert world.state.lots[MILL.name("x")].mass == Decimal(1000)


@pytest.mark.parametrize(
    ("supply", "code", "field", "value"),
    [
        (ore("1 XYZ"), "unknown-unit", ".quantity.unit", "XYZ"),
        (ore("0.5 H87", mass=quantity("1 KGM")), "fraction-of-a-piece", ".quantity", "0.5 H87"),
        (ore("1 LTR", mass=quantity("1 LTR")), "wrong-dimension", ".mass", "1 LTR"),
        (ore("0.000000001 MGM"), "inexact-conversion", ".quantity", "0.000000001 MGM"),
        (ore("1", product=STRANGER.name("x")), "unknown-product", ".product", STRANGER.name("x")),
    ],
)
def test_supplies_that_cannot_be(world: World, supply: Supply, code: str, field: str, value: str) -> None:
    refuse(world, supply, code, field, value)


def test_a_supply_may_be_another_s_product(world: World) -> None:
    world.admit(PassportPublication(issuer=FORGE.id, nonce=nonce(), product=FORGE.name("steel")))
    world.admit(transformation([output("x")], [], [ore("1", product=FORGE.name("steel"))]))
