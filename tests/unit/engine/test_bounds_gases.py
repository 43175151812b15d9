"""Greenhouse gases that come in and go nowhere, solved by hand: SF6 warms 24,300 times its mass, HFC-32 771 times."""

from typing import Any

import pytest
from support.sectors import Emission, Make
from support.site import supply
from unit.engine.bounded import Plant

from ledger.core.record.values import Evidence, Quantity

CODE = "gas-unaccounted"
STEEL = supply("steel", "200 KGM")
MASS = {"mass": Quantity(value="100", unit="KGM")}


def asked(*supplies: Any, role: Any = "product", emitted: str | None = None, kinds: tuple[str, ...] = (),
          inputs: dict[str, str] | None = None, plant: Plant | None = None, weighed: bool = False,
          **materials: str) -> float:
    """Kg CO2e in question of a record that makes a piece of 100 kg of `materials`, or 100 kg that are `weighed`."""
    plant = plant or Plant()
    amount = "100 KGM" if weighed else "1 H87"
    outputs = [plant.output("gear", amount, role, materials=materials or {"steel": "1"}, **MASS)]
    if role != "product":
        outputs.append(plant.output("part", "50 KGM", materials={"steel": "1"}))
    activity = Make() if emitted is None else Make(emissions=[Emission(amount=emitted, gas="SF6")])
    amounts = plant.amounts(
        outputs, [*supplies, STEEL], inputs, activity=activity,
        evidence=[Evidence(digest="1" * 64, media_type="text/csv", kind=kind) for kind in kinds],
    )
    return amounts.get(CODE, 0)


@pytest.mark.parametrize("name", ["SF6", "sulphurHexafluoride", "sulfurHexafluoride"])
def test_gas_that_nobody_accounts_for(name: str) -> None:
    assert asked(supply(name, "4 KGM")) == 4 * 24_300


def test_a_blend_by_its_parts() -> None:
    """R-410A is half HFC-32 and half HFC-125: (771 + 3740) / 2 = 2255.5."""
    assert asked(supply("R410A", "2 KGM")) == 4_511
    assert asked(supply("R32", "2 KGM"), supply("difluoromethane", "3 KGM")) == 5 * 771


def test_switchgear_that_states_its_gas() -> None:
    """4 of 4.05 kg are in the goods: less than a fiftieth is lost. Of 5 kg, one is missing."""
    assert asked(supply("SF6", "4.05 KGM"), steel="0.96", SF6="0.04") == 0
    assert asked(supply("SF6", "4.05 KGM"), steel="0.96", sulphurHexafluoride="0.04") == 0
    assert asked(supply("SF6", "5 KGM"), steel="0.96", SF6="0.04") == 24_300


def test_weighed_metal_has_no_room_for_gas() -> None:
    assert asked(supply("SF6", "4 KGM"), weighed=True, steel="0.96", SF6="0.04") == 4 * 24_300
    assert asked(supply("SF6", "4 KGM"), weighed=True, polystyrene="0.96", SF6="0.04") == 0
    assert asked(supply("SF6", "4 KGM"), weighed=True, nitrogen="0.96", SF6="0.04") == 0


def test_gas_that_leaves_as_waste_needs_a_document() -> None:
    assert asked(supply("SF6", "4 KGM"), role="waste", steel="0.96", SF6="0.04") == 4 * 24_300
    assert asked(supply("SF6", "4 KGM"), role="waste", kinds=("gasBalance",), steel="0.96", SF6="0.04") == 0


@pytest.mark.parametrize("kind", ["destructionCertificate", "gasBalance", "fillingRecord:SF6"])
def test_a_document_answers(kind: str) -> None:
    assert asked(supply("SF6", "4 KGM"), kinds=(kind,)) == 0
    assert asked(supply("SF6", "4 KGM"), kinds=("invoice",)) == 4 * 24_300


def test_a_sector_that_books_the_gas_knows_where_it_went() -> None:
    assert asked(supply("SF6", "4 KGM"), emitted="1") == 0
    assert asked(supply("NF3", "4 KGM"), emitted="1") == 4 * 17_400


@pytest.mark.parametrize("name", ["carbonDioxide", "dryIce"])
def test_carbon_dioxide_that_no_good_binds(name: str) -> None:
    gas = supply(name, "4 KGM")
    assert asked(gas) == 4
    assert asked(gas, kinds=("gasBalance",)) == 0
    assert asked(gas, concrete="1") == asked(gas, steel="0.5", concrete="0.5") == asked(gas, zorgite="1") == 0


@pytest.mark.parametrize("harmless", ["HFO1234yf", "dichloromethane", "nitrogen", "tungstenHexafluoride"])
def test_other_gases_are_none_of_these(harmless: str) -> None:
    assert asked(supply(harmless, "4 KGM")) == 0


def _of_lot(unit: str = "KGM", **materials: str) -> float:
    plant = Plant()
    made = plant.output("bought", f"10 {unit}", materials=materials, mass=Quantity(value="10", unit="KGM"))
    plant.run([made], [supply("steel", "10 KGM"), supply("SF6", "10 KGM")])
    return asked(plant=plant, inputs={made.lot: f"10 {unit}"})


def test_a_lot_of_gas_counts_and_a_filled_article_holds_it() -> None:
    assert _of_lot(SF6="1") == 10 * 24_300
    assert _of_lot(SF6="0.2", nitrogen="0.8") == pytest.approx(2 * 24_300)
    assert _of_lot("H87", SF6="0.04", steel="0.96") == 0
    assert _of_lot(SF6="0.4", sand="0.6") == 4 * 24_300
