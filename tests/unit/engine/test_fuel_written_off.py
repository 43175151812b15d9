"""Fuel that a consumption takes, solved by hand: coal burns with 2.2 kg of CO2 per kg."""

from typing import Any

import pytest
from msgspec import json
from support.site import supply
from unit.engine.bounded import Plant

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.footprint.stored.burdens import SLOT, vector_of

CODE = "fuel-written-off"


def left(plant: Plant) -> AssessmentLeaf:
    leaf = plant.ledger.assessment(plant.ledger.state.size - 1)
    assert leaf is not None
    return leaf


def with_lot(amount: str = "100 KGM", **product: Any) -> Plant:
    plant = Plant()
    plant.product("fuel", amount.split()[1], **product)
    plant.declare(lot=plant.out("fuel0", "fuel", amount), burdens={"fossilGhgEmissions": "30"})
    return plant


def found(plant: Plant) -> list[Finding]:
    return [one for one in json.decode(left(plant).assessment, type=Assessment).findings if one.code == CODE]


@pytest.mark.parametrize(("purpose", "question"), [
    ("ownUse", 132), ("finalUse", 132), ("loss", 132), ("stockCorrection", 132), ("soldOutside", 0), ("disposed", 0),
    ("exported", 0),
])
def test_who_takes_fuel_off_burns_it(purpose: str, question: float) -> None:
    """60 of 100 kg. The question stays with the record."""
    plant = with_lot(materials={"coal": "1"})
    plant.consume({"fuel0": "60 KGM"}, purpose=purpose)
    assert [(one.taken, float(one.amount or 0)) for one in found(plant)] == (
        [(0, pytest.approx(question))] if question else [])
    assert vector_of(read(left(plant).retained))[SLOT[QUESTIONED]] == pytest.approx(question)


@pytest.mark.parametrize(("product", "question"), [
    ({"classifications": {"cn": "2701"}}, 220), ({"materials": {"coal": "0.5", "sand": "0.5"}}, 110),
    ({"materials": {"woodChips": "1"}}, 0), ({"materials": {"sand": "1"}}, 0), ({}, 0),
])
def test_fossil_fuel_is_meant(product: dict[str, Any], question: float) -> None:
    plant = with_lot(**product)
    plant.consume({"fuel0": "100 KGM"}, purpose="ownUse")
    assert sum(float(one.amount or 0) for one in found(plant)) == pytest.approx(question)


def test_waste_holds_some_of_it() -> None:
    """Up to 15 %."""
    plant = with_lot(materials={"coal": "1"})
    plant.consume({"fuel0": "100 KGM"}, [plant.output("rest", "10 KGM", "waste", materials={"coal": "1"})], "ownUse")
    assert [float(one.amount or 0) for one in found(plant)] == [pytest.approx(198)]


def test_the_message_says_where_the_carbon_is_not() -> None:
    plant = with_lot(materials={"coal": "1"})
    plant.consume({"fuel0": "100 KGM"}, purpose="ownUse")
    (finding,) = found(plant)
    assert finding.severity == "warning"
    assert finding.message == (
        f"{plant.name('fuel0')} is a fuel that is written off (ownUse): 220 kg of its CO2 are in no figure")


def test_fuel_as_an_input_of_a_process_is_its_matter() -> None:
    plant = with_lot(materials={"coal": "1"})
    plant.run([plant.output("good", "1000 KGM", materials={"sand": "1"})], [supply("sand", "1000 KGM")],
              {"fuel0": "100 KGM"})
    assert found(plant) == []
