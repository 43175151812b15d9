"""Stated figures that cannot be true: refused from the rules of version 3 on, admitted by earlier rules."""

from typing import Any

import pytest
from unit.admission.test_rules import rules
from unit.admission.world import (
    World,
    declaration,
    ore,
    output,
    quantity,
    transfer,
    transformation,
)

from ledger.admission.lots import Plan
from ledger.admission.plan import plan
from ledger.core.outcome.assessment import ADDITIVE, REMOVALS
from ledger.core.record.redacted import residue
from ledger.core.record.values import Evidence, Factor, Supply

EVIDENCE = [Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")]
EMISSIONS = [name for name in ADDITIVE if name not in REMOVALS]
KILOGRAM = {"per": quantity("1 KGM")}
FOSSIL = {"fossilGhgEmissions": "2"}


def both(world: World, record: Any, code: str, field: str, value: object = ..., *, says: str = "") -> None:
    """Earlier rules admit the record, made by `record`; the newest refuse it."""
    world.admit(record("early"), rules())
    error = world.refuse(record("late"), code, field, value, says=says or None)
    assert error.rule


def priced(value: str, boundary: Any = "cradleToGate") -> Supply:
    return Supply(material="steel", quantity=quantity("1 TNE"), factor=Factor(
        value=value, unit="TNE", source="a study", year=2024, boundary=boundary))


# Factors of supplies


@pytest.mark.parametrize("boundary", ["cradleToGate", "combustion", "generation"])
def test_a_factor_below_zero(world: World, boundary: str) -> None:
    both(world, lambda lot: transformation([output(lot)], [], [ore(), priced("-0.000000001", boundary)]),
         "factor-sign", "supplies[1].factor.value", "-0.000000001", says="negative")
    world.admit(transformation([output("zero")], [], [ore(), priced("0", boundary)]))


@pytest.mark.parametrize("field", ["transport", "packaging"])
def test_a_factor_below_zero_in_a_transfer(world: World, field: str) -> None:
    both(world, lambda lot: transfer("steel-1", "1", lot, **{field: [priced("1"), priced("-2")]}), "factor-sign",
         f"{field}[1].factor.value", "-2")


def test_every_factor_below_zero_is_named(world: World) -> None:
    world.admit(rules())
    error = world.refuse(transformation([output("x")], [], [ore(), priced("-1"), priced("1"), priced("-3")]),
                         "factor-sign", "supplies[1].factor.value", "-1")
    assert [(part.field, part.value) for part in error.parts] == [
        ("supplies[1].factor.value", "-1"), ("supplies[3].factor.value", "-3")]
    assert all(part.rule for part in error.parts)


# Declarations


@pytest.mark.parametrize("burdens", [{}, {"technologicalCO2Removals": "0"}, {"electricityKwh": "3"}])
def test_a_footprint_without_emissions(world: World, burdens: dict[str, str]) -> None:
    both(world, lambda lot: declaration(lot=output(lot), burdens=burdens), "no-emissions", "burdens",
         says="cradleToGate")
    world.refuse(declaration(**KILOGRAM, burdens=burdens), "no-emissions", "burdens")


def test_a_footprint_of_zero_needs_evidence(world: World) -> None:
    world.admit(rules())
    zero = {"fossilGhgEmissions": "0", "biogenicNonCO2Emissions": "0"}
    world.refuse(declaration(**KILOGRAM, burdens=zero), "no-emissions", "burdens", says="evidence")
    world.admit(declaration(**KILOGRAM, burdens=zero, evidence=EVIDENCE))
    world.refuse(declaration(**KILOGRAM, evidence=EVIDENCE), "no-emissions", "burdens")


@pytest.mark.parametrize("name", EMISSIONS)
def test_any_emission_is_enough(world: World, name: str) -> None:
    world.admit(rules(), declaration(**KILOGRAM, burdens={name: "0.1"}))


def test_what_states_no_footprint_needs_no_emissions(world: World) -> None:
    world.admit(
        rules(), declaration(lot=output("a"), boundary="none"), declaration(lot=output("b"), boundary="gateToGate"),
        declaration(lot=output("c", role="waste")),
    )


@pytest.mark.parametrize("name", REMOVALS)
def test_removals_need_evidence(world: World, name: str) -> None:
    both(world, lambda lot: declaration(lot=output(lot), burdens={**FOSSIL, name: "-1"}), "removal-evidence",
         f"burdens.{name}", "-1", says="evidence")
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, name: "-1"}, evidence=EVIDENCE))
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, name: "0"}))


def test_removals_are_bounded_by_carbon(world: World) -> None:
    """3 kg are at most 11 kg of CO2, over all kinds of removals together."""
    world.admit(rules())
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
    world.admit(rules(), declaration(per=quantity("1 KWH"), evidence=EVIDENCE,
                                     burdens={**FOSSIL, "ccsTechnologicalCO2Capture": "-1"}))


def test_all_faults_of_a_declaration(world: World) -> None:
    world.admit(rules())
    error = world.refuse(declaration(**KILOGRAM, burdens={"technologicalCO2Removals": "-4"}), "no-emissions", "burdens")
    assert [part.code for part in error.parts] == ["no-emissions", "removal-evidence", "removal-carbon"]


def test_the_rest_of_an_erased_declaration(world: World) -> None:
    """An erasure removes the evidence, and the burdens stay."""
    world.admit(rules())
    record = declaration(**KILOGRAM, burdens={"fossilGhgEmissions": "0", "technologicalCO2Removals": "-1"},
                         evidence=EVIDENCE)
    world.admit(record)
    assert plan(residue(record), world.state) == plan(record, world.state) == Plan()
