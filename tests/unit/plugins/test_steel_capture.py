"""Carbon capture at a steelworks, solved by hand: never more than came, and nothing without proof of storage."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_steel import plugin
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import InputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

IRON = lot("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron")
OFF_GAS = lot("3000 KGM", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), lot="urn:off")
ENERGY = (supply("heat", "2.5 GV"), supply("electricity", "150 KWH"))
STORED = {
    "amount": {"value": "0.78", "unit": "TNE"}, "kind": "geological", "site": "Reservoir 1", "evidence": "a1" * 32,
}


def capture(
    *inputs: InputFacts, captured: str = "0.8", storage: tuple[Mapping[str, Any], ...] = (STORED,),
    supplies: tuple[SupplyFacts, ...] = ENERGY, unit: str = "TNE", sets: bool = False,
) -> Run:
    given = context(
        "steel.carbonCapture", inputs=inputs or (IRON, OFF_GAS), supplies=supplies,
        outputs=(output("1000 KGM", materials={"pigIron": "1"}),), sets=sets,
    )
    return run(plugin(), given, {"captured": {"value": captured, "unit": unit}, "storage": list(storage)})


def stored(amount: str) -> dict[str, Any]:
    return {**STORED, "amount": {"value": amount, "unit": "TNE"}}


def test_what_is_stored_is_a_burden_of_its_own() -> None:
    # off-gas 3000 * 0.09 * 44/12 = 990; heat 2.5 * 110 = 275; power 150 * 0.5849 = 87.735; stored 780
    found = capture()
    assert {line.source: float(line.amount) for line in found.assessment.lines} == pytest.approx({
        "offGas": 990.0, "heat": 275.0, "electricity": 87.735, "storedCarbonDioxide": -780.0,
    })
    assert found.burdens == Containing({
        "fossilGhgEmissions": pytest.approx(1352.735), "ccsTechnologicalCO2Capture": pytest.approx(-780)
    })
    assert found.footprint == pytest.approx(572.735)
    # 2500 + 150 * 3.6 = 3040 MJ for 0.8 t
    assert {name: round(float(value), 6) for name, value in found.assessment.indicators.items()} == {
        "carbonDioxideCaptured": 0.8, "carbonDioxideStored": 0.78, "captureRate": round(800 / 990, 6),
        "captureEnergyPerTonne": 3800.0,
    }
    assert found.findings == {}
    assert found.contents.outputs[0]["material:pigIron"] == pytest.approx(1000)
    assert found.assessment.matter["fossilCarbon"] == (Decimal(0),)


def test_capture_lowers_the_figure_by_less_than_what_is_captured() -> None:
    # Without capture the off-gas is 990. What is saved: 780 less the energy of it, 362.735.
    assert 990 - capture().footprint == pytest.approx(780 - 362.735)


def test_without_proof_of_storage_nothing_is_taken_off() -> None:
    found = capture(storage=())
    assert found.burdens["ccsTechnologicalCO2Capture"] == 0
    assert found.footprint == pytest.approx(1352.735)
    assert found.findings == {"permanence-unproven": False}


@pytest.mark.parametrize(("captured", "amount", "expected"), [
    ("0.9801", "0.78", {}),
    ("0.981", "0.78", {"capture-rate": False}),
    ("0.991", "0.78", {"capture-above-emissions": True}),
    ("0.8", "0.8", {}),
    ("0.8", "0.800001", {"storage-above-capture": True}),
])
def test_never_more_than_came(captured: str, amount: str, expected: dict[str, bool]) -> None:
    found = capture(captured=captured, storage=(stored(amount),))
    assert found.findings == expected
    if any(expected.values()):
        assert found.burdens["ccsTechnologicalCO2Capture"] == 0


def test_two_stores_together_are_within_what_was_captured() -> None:
    assert capture(storage=(stored("0.5"), stored("0.31"))).findings == {"storage-above-capture": True}
    assert capture(storage=(stored("0.5"), stored("0.3"))).burdens["ccsTechnologicalCO2Capture"] == pytest.approx(-800)


def test_gas_of_the_plants_own_boiler_may_be_washed_too() -> None:
    # 60 Nm3 * 38.931 * 0.0153 * 0.99 * 44/12 = 129.731329 more CO2 came: 1119.731329
    boiler = (supply("naturalGas", "60 NM3"), supply("electricity", "150 KWH"))
    found = capture(captured="1.1", storage=(stored("1.1"),), supplies=boiler)
    assert found.findings == {}
    assert found.footprint == pytest.approx(990 + 129.731329 + 87.735 - 1100, abs=1e-5)


def test_of_carbon_that_grew_nothing_is_taken_off() -> None:
    # A tenth of 300 kg of carbon grew. 780 kg stored are 702 of fossil carbon; emitted were 990.
    gas = lot("3000 KGM", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), biogenic_carbon=Decimal("0.01"),
              lot="urn:off")
    found = capture(IRON, gas)
    assert found.burdens == Containing({
        "ccsTechnologicalCO2Capture": pytest.approx(-702), "fossilGhgEmissions": pytest.approx(1352.735),
        "biogenicCO2Emissions": 0.0,
    })
    apart = capture(IRON, gas, sets=True)
    assert apart.burdens == Containing({
        "ccsTechnologicalCO2Capture": pytest.approx(-702), "biogenicCO2Emissions": pytest.approx(110)
    })


@pytest.mark.parametrize(("supplies", "expected"), [
    ((supply("electricity", "22 KWH"),), {"capture-energy": True}),     # 99 MJ per t
    ((supply("electricity", "23 KWH"),), {"capture-energy": False}),
    ((supply("heat", "0.5 GV"),), {}),                                  # 625
    ((supply("heat", "4.9 GV"),), {"capture-energy": False}),           # 6125
])
def test_energy_of_capture(supplies: tuple[SupplyFacts, ...], expected: dict[str, bool]) -> None:
    assert capture(supplies=supplies).findings == expected


def test_nothing_came_so_nothing_was_captured() -> None:
    assert capture(IRON).findings == {"capture-above-emissions": True}


@pytest.mark.parametrize("evidence", ["", "certificate 7", "A1" * 32, "a1" * 31, "a1" * 32 + "\n"])
def test_evidence_is_a_digest(evidence: str) -> None:
    assert "evidence" in str(raised(
        (PluginError, msgspec.ValidationError), capture, storage=({**STORED, "evidence": evidence},)
    ))


@pytest.mark.parametrize("kind", ["enhancedOilRecovery", "use"])
def test_use_is_no_storage(kind: str) -> None:
    raised(msgspec.ValidationError, capture, storage=({**STORED, "kind": kind},))


def test_captured_is_a_mass() -> None:
    raised(InvalidQuantity, capture, unit="NM3")


def test_off_gas_of_a_furnace_goes_to_the_washer() -> None:
    # The furnace names its off-gas `carbonOut`: 3000 * 0.09 * 44/12 = 990 leave it, and come here.
    made = (output("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron"),
            output("3000 KGM", "byProduct", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), lot="urn:off"))
    supplies = (supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "500 KGM"))
    given = context("steel.blastFurnace", supplies=supplies, outputs=made)
    furnace = run(plugin(), given, {"wasteGases": [{"lot": "urn:off", "gas": "offGas", "treatment": "carbonOut"}]})
    # 500 * 28.446 * 0.0294 * 44/12 = 1533.2394; iron 172
    assert [one["fossilGhgEmissions"] for one in furnace.outputs] == pytest.approx([1533.2394 - 172 - 990, 0])
    together = furnace.footprint + capture().footprint
    assert together == pytest.approx(1533.2394 - 172 + 362.735 - 780)
