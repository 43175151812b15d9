"""Stated figures that cannot be true: refused from the rules of version 3 on, admitted by earlier rules."""

from typing import Any

import pytest
from unit.admission.world import (
    World,
    declaration,
    ore,
    output,
    product,
    quantity,
    transfer,
    transformation,
)

from ledger.admission.lots import Plan
from ledger.admission.plan import plan
from ledger.core.outcome.assessment import ADDITIVE, REMOVALS
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.redacted import residue
from ledger.core.record.values import Evidence, Factor, Supply

EVIDENCE = [Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")]
EMISSIONS = [name for name in ADDITIVE if name not in REMOVALS]
KILOGRAM = {"per": quantity("1 KGM")}
FOSSIL = {"fossilGhgEmissions": "2"}


def refused(world: World, record: AnyRecord, code: str, field: str, value: object = ..., *, says: str = "") -> None:
    assert world.refuse(record, code, field, value, says=says or None).rule


def priced(value: str, boundary: Any = "cradleToGate") -> Supply:
    return Supply(material="steel", quantity=quantity("1 TNE"), factor=Factor(
        value=value, unit="TNE", source="a study", year=2024, boundary=boundary))


# Factors of supplies


@pytest.mark.parametrize("boundary", ["cradleToGate", "combustion", "generation"])
def test_a_factor_below_zero(world: World, boundary: str) -> None:
    refused(world, transformation([output("late")], [], [ore(), priced("-0.000000001", boundary)]),
         "factor-sign", "supplies[1].factor.value", "-0.000000001", says="negative")
    world.admit(transformation([output("zero")], [], [ore(), priced("0", boundary)]))


@pytest.mark.parametrize("field", ["transport", "packaging"])
def test_a_factor_below_zero_in_a_transfer(world: World, field: str) -> None:
    refused(world, transfer("steel-1", "1", "late", **{field: [priced("1"), priced("-2")]}), "factor-sign",
         f"{field}[1].factor.value", "-2")


def test_every_factor_below_zero_is_named(world: World) -> None:
    error = world.refuse(transformation([output("x")], [], [ore(), priced("-1"), priced("1"), priced("-3")]),
                         "factor-sign", "supplies[1].factor.value", "-1")
    assert [(part.field, part.value) for part in error.parts] == [
        ("supplies[1].factor.value", "-1"), ("supplies[3].factor.value", "-3")]
    assert all(part.rule for part in error.parts)


# Masses


@pytest.mark.parametrize(("mass", "refused"), [
    ("49.9", True), ("50", False), ("200", False), ("200.1", True),
])
def test_a_lot_weighs_what_its_product_says(world: World, mass: str, refused: bool) -> None:
    """Ten pieces of 10 kg: from half to twice as much."""
    world.admit(product("bolt", unit="H87", mass_per_unit=quantity("10 KGM")))

    made = transformation([output("bolts", "10 H87", product="bolt", mass=quantity(f"{mass} KGM"))], [], [ore()])
    if refused:
        world.refuse(made, "two-masses", "outputs[0].mass", f"{mass} KGM", says="mass per unit")
    else:
        world.admit(made)


# Declarations


@pytest.mark.parametrize("burdens", [{}, {"technologicalCO2Removals": "0"}, {"electricityKwh": "3"}])
def test_a_footprint_without_emissions(world: World, burdens: dict[str, str]) -> None:
    refused(world, declaration(lot=output("late"), burdens=burdens), "no-emissions", "burdens",
         says="cradleToGate")
    world.refuse(declaration(**KILOGRAM, burdens=burdens), "no-emissions", "burdens")


def test_a_footprint_of_zero_needs_evidence(world: World) -> None:
    zero = {"fossilGhgEmissions": "0", "biogenicNonCO2Emissions": "0"}
    world.refuse(declaration(**KILOGRAM, burdens=zero), "no-emissions", "burdens", says="evidence")
    world.admit(declaration(**KILOGRAM, burdens=zero, evidence=EVIDENCE))
    world.refuse(declaration(**KILOGRAM, burdens={}, evidence=EVIDENCE), "no-emissions", "burdens")


@pytest.mark.parametrize("name", EMISSIONS)
def test_any_emission_is_enough(world: World, name: str) -> None:
    world.admit(declaration(**KILOGRAM, burdens={name: "0.1"}))


def test_what_states_no_footprint_needs_no_emissions(world: World) -> None:
    world.admit(
        declaration(lot=output("a"), boundary="none"), declaration(lot=output("b"), boundary="gateToGate"),
        declaration(lot=output("c", role="waste")),
    )


@pytest.mark.parametrize("name", REMOVALS)
def test_removals_need_evidence(world: World, name: str) -> None:
    refused(world, declaration(lot=output("late"), burdens={**FOSSIL, name: "-1"}), "removal-evidence",
         f"burdens.{name}", "-1", says="evidence")
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, name: "-1"}, evidence=EVIDENCE))
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, name: "0"}))


def test_removals_are_bounded_by_carbon(world: World) -> None:
    """3 kg are at most 11 kg of CO2, over all kinds of removals together."""
    per = {"per": quantity("3000 GRM"), "evidence": EVIDENCE}
    half = {"technologicalCO2Removals": "-5.5", "landManagementBiogenicCO2Removals": "-5.5"}
    world.admit(declaration(**per, burdens={**FOSSIL, **half}))
    above = {**half, "technologicalCO2Removals": "-5.500000001"}
    error = world.refuse(declaration(**per, burdens={**FOSSIL, **above}), "removal-carbon",
                         "burdens.landManagementBiogenicCO2Removals", "11.000000001", says="44/12")
    assert "11 kg" in (error.rule or "")
    gears = output("gear-a", "10 H87", product="gear")
    world.admit(declaration(lot=gears, evidence=EVIDENCE, burdens={**FOSSIL, "technologicalCO2Removals": "-1833"}))
    gears = output("gear-b", "10 H87", product="gear")
    world.refuse(declaration(lot=gears, evidence=EVIDENCE, burdens={**FOSSIL, "technologicalCO2Removals": "-1834"}),
                 "removal-carbon", "burdens.technologicalCO2Removals", "1834", says="500 kg")


def test_removals_of_what_has_no_mass(world: World) -> None:
    """Captured carbon of a power plant, per kWh: the mass of the fuel is not known here."""
    world.admit(declaration(per=quantity("1 KWH"), evidence=EVIDENCE,
                                     burdens={**FOSSIL, "ccsTechnologicalCO2Capture": "-1"}))


@pytest.mark.parametrize(("basis", "part", "other"), [
    ("pact", "electricityMarket", {"electricityLocation": "1"}), ("pact", "electricityLocation", {}),
    ("study", "electricityLocation", {}), ("study", "electricityLocation", {"electricityMarket": "9"}),
])
def test_electricity_is_a_part_of_the_emissions(world: World, basis: str, part: str, other: dict[str, str]) -> None:
    """With 2.5 kg in all and 3 kg of power among them, the total with another figure of that power could be negative.
    Fossil emissions of land management are in the 2 kg."""
    emissions = {**FOSSIL, "landManagementFossilGhgEmissions": "1", "biogenicNonCO2Emissions": "0.5", **other}
    refused(world, declaration(lot=output("late"), basis=basis, burdens={**emissions, part: "2.500000001"}),
         "burden-part", f"burdens.{part}", "2.500000001", says="2.5")
    world.admit(declaration(**KILOGRAM, basis=basis, burdens={**emissions, part: "2.5"}))


def test_electricity_that_is_no_part(world: World) -> None:
    """A PACT footprint holds the market-based power, every other the location-based one. The other of the two is an
    alternative."""
    world.admit(
        declaration(**KILOGRAM, burdens={**FOSSIL, "electricityMarket": "9", "electricityLocation": "1"}),
        declaration(**KILOGRAM, burdens={**FOSSIL, "electricityMarket": "9"}), declaration(
            **KILOGRAM, basis="pact", evidence=EVIDENCE,
            burdens={**FOSSIL, "electricityMarket": "1", "electricityLocation": "9"}),
    )


@pytest.mark.parametrize("basis", ["pact", "study"])
def test_green_power_within_a_footprint_needs_evidence(world: World, basis: str) -> None:
    """A market-based figure below the location-based one is a claim of contracts or certificates."""
    burdens = {**FOSSIL, "electricityLocation": "1.5", "electricityMarket": "1"}
    refused(world, declaration(lot=output("late"), basis=basis, burdens=burdens), "market-evidence",
         "burdens.electricityMarket", "1", says="evidence")
    world.admit(declaration(**KILOGRAM, basis=basis, burdens=burdens, evidence=EVIDENCE))
    world.admit(declaration(**KILOGRAM, basis=basis, burdens={**burdens, "electricityMarket": "1.5"}))


def test_a_pact_footprint_states_both_figures_of_its_power(world: World) -> None:
    """The location-based total is the footprint less the one and plus the other. Without the other it has no power."""
    refused(world, declaration(lot=output("late"), basis="pact", burdens={**FOSSIL, "electricityMarket": "2"}),
         "no-location-figure", "burdens.electricityLocation", says="electricityMarket")
    world.admit(declaration(**KILOGRAM, basis="pact", burdens={**FOSSIL, "electricityMarket": "0"}))
    world.admit(declaration(**KILOGRAM, basis="pact", burdens=FOSSIL))


def test_all_faults_of_a_declaration(world: World) -> None:
    error = world.refuse(declaration(**KILOGRAM, burdens={"technologicalCO2Removals": "-4"}), "no-emissions", "burdens")
    assert [part.code for part in error.parts] == ["no-emissions", "removal-evidence", "removal-carbon"]


def test_the_rest_of_an_erased_declaration(world: World) -> None:
    """An erasure removes the evidence, and the burdens stay."""
    record = declaration(**KILOGRAM, burdens={"fossilGhgEmissions": "0", "technologicalCO2Removals": "-1"},
                         evidence=EVIDENCE)
    world.admit(record)
    assert plan(residue(record), world.state) == plan(record, world.state) == Plan()


# Parts of the emissions


PARTS = ("aircraftGhgEmissions", "transportGhgEmissions", "packagingGhgEmissions")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_emissions_is_no_summand(world: World, part: str) -> None:
    """Catena-X adds aircraft to the fossil emissions: 2 kg and 2.5 kg are 4.5 kg there, and cannot be here."""
    refused(world, declaration(lot=output("late"), burdens={**FOSSIL, part: "2.000000001"}),
         "burden-part", f"burdens.{part}", "2.000000001", says="all emissions, 2")
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, part: "2"}))


def test_every_part_above_the_emissions_is_named(world: World) -> None:
    error = world.refuse(declaration(**KILOGRAM, burdens={**FOSSIL, **dict.fromkeys(PARTS, "3")}), "burden-part",
                         f"burdens.{PARTS[0]}")
    assert [fault.field for fault in error.parts] == [f"burdens.{part}" for part in PARTS]
