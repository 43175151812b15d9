"""Embedded emissions against the Commission's published examples, and against cases solved by hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from carbon_ledger_cbam import exchange
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidInput

CASES = sorted((Path(__file__).parents[2] / "vectors" / "cbam").glob("*.json"))


def read(case: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(exchange().read(json.dumps(case).encode()))
    return found


def process(name: str, tonnes: float = 100, attributed: float = 50, **more: Any) -> dict[str, Any]:
    return {"name": name, "goods": "Goods", "activityLevelTonnes": tonnes,
            "directlyAttributableTonnesCO2e": attributed, **more}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_published_examples(path: Path) -> None:
    """To 1e-9 relative: every figure that the example prints."""
    case = json.loads(path.read_bytes())
    expected, found = case["expected"], read(case)
    assert len(found["processes"]) == len(expected["processes"])
    for mine, theirs in zip(found["processes"], expected["processes"], strict=True):
        for name, value in theirs.items():
            assert mine[name] == (value if name == "name" else pytest.approx(value, rel=1e-9)), name
    assert found == Containing({
        "streams": pytest.approx(expected["streams"], rel=1e-9),
        "pfc": pytest.approx(expected.get("pfcTonnesCO2e", []), rel=1e-9),
    })
    attributed = sum(one["directlyAttributableTonnesCO2e"] for one in case["processes"])
    rest = expected["installation"]["directTonnesCO2e"] - attributed
    assert found["unattributed"]["directTonnesCO2e"] == pytest.approx(rest, abs=1e-6)


def test_there_are_three_examples() -> None:
    assert [path.stem for path in CASES] == ["aluminium", "cement", "steel-blast-furnace"]


def test_what_crosses_the_border_of_a_process() -> None:
    """50 + 2 TJ * 60 - 1 TJ * 30 + 56.1 * (0.5 - 0.667 * 0.25) - 10 MWh * 0.4 = 136 + 18.695325 t; over 100 t."""
    found = read({"processes": [process(
        "a", heat={"importTJ": 2, "importFactor": 60, "exportTJ": 1, "exportFactor": 30},
        wasteGas={"importTJ": 0.5, "exportTJ": 0.25}, electricityExported={"MWh": 10, "factor": 0.4},
        electricityMWh=20, electricityFactor=0.5,
    )]})["processes"][0]
    assert found["specificDirect"] == found["embeddedDirect"] == pytest.approx(1.54695325, rel=1e-12)
    assert found == Containing({
        "specificIndirect": pytest.approx(0.1, rel=1e-12),
        "embeddedElectricityMWhPerTonne": pytest.approx(0.2, rel=1e-12),
    })


def test_own_emissions_are_not_negative() -> None:
    found = read({"processes": [process("a", attributed=5, heat={"exportTJ": 1, "exportFactor": 60})]})
    assert found["processes"][0]["specificDirect"] == 0.0


def test_processes_that_feed_each_other_and_a_purchased_precursor() -> None:
    """a takes 20 t of b for its 100 t, b takes 10 t of a for its 50 t, and 25 t of bought iron at 2 t CO2 and 0.4 MWh.

    a = 0.5 + 0.2 b; b = 0.3 + 0.2 a + 0.5 * 2 -> b = (1.3 + 0.1) / (1 - 0.04) = 1.4583.., a = 0.5 + 0.2 b = 0.79166..
    MWh: a = 0.1 + 0.2 b; b = 0.2 a + 0.5 * 0.4 -> b = 0.22 / 0.96, a = 0.1 + 0.2 b. Bought power at 0.6, own at 0.5.
    """
    found = read({
        "processes": [
            process("a", precursors=[{"process": "b", "tonnes": 20}], electricityMWh=10, electricityFactor=0.5),
            process("b", 50, 15, precursors=[{"process": "a", "tonnes": 10}, {"purchased": "iron", "tonnes": 25}]),
        ],
        "purchasedPrecursors": [{"name": "iron", "goods": "Pig iron", "directTonnesPerTonne": 2,
                                 "electricityMWhPerTonne": 0.4, "electricityFactor": 0.6}],
    })["processes"]
    assert found[0]["specificDirect"] == pytest.approx(0.5)
    assert [one["embeddedDirect"] for one in found] == pytest.approx([0.5 + 0.2 * 1.4 / 0.96, 1.4 / 0.96], rel=1e-12)
    power = [0.1 + 0.2 * 0.22 / 0.96, 0.22 / 0.96]
    assert [one["embeddedElectricityMWhPerTonne"] for one in found] == pytest.approx(power, rel=1e-12)
    # Indirect: a = 0.05 + 0.2 b; b = 0.2 a + 0.5 * 0.4 * 0.6 -> b = (0.12 + 0.01) / 0.96
    indirect = [0.05 + 0.2 * 0.13 / 0.96, 0.13 / 0.96]
    assert [one["embeddedIndirect"] for one in found] == pytest.approx(indirect, rel=1e-12)


def test_streams_by_each_method() -> None:
    """Combustion 10 t * 40 GJ/t / 1000 * 75 * 0.8 * 0.99 = 23.76; of a factor per t 10 * 3 * 0.99 = 29.7; process
    10 * 0.44 * 0.5 = 2.2; mass balance 3.664 * -2 * 0.9 = -6.5952. Unattributed: the sum less 50."""
    streams = [
        {"name": "oil", "method": "combustion", "activity": 10, "ncv": 40, "emissionFactor": 75,
         "emissionFactorUnit": "tCO2/TJ", "biomassPercent": 20, "oxidationPercent": 99},
        {"name": "tyres", "method": "combustion", "activity": 10, "emissionFactor": 3, "emissionFactorUnit": "tCO2/t",
         "oxidationPercent": 99},
        {"name": "stone", "method": "process", "activity": 10, "emissionFactor": 0.44,
         "emissionFactorUnit": "tCO2/t", "conversionPercent": 50},
        {"name": "dust", "method": "massBalance", "activity": -2, "carbonContent": 0.9},
    ]
    found = read({"processes": [process("a")], "sourceStreams": streams})
    assert found["streams"] == pytest.approx([23.76, 29.7, 2.2, -6.5952], rel=1e-12)
    assert found["unattributed"]["directTonnesCO2e"] == pytest.approx(49.0648 - 50, rel=1e-12)


STREAM = {"name": "x", "method": "combustion", "activity": 1, "ncv": 1, "emissionFactor": 1}
PFC = {"productionTonnes": 1, "anodeEffectsPerCellDay": 1, "minutesPerAnodeEffect": 1, "slopeEmissionFactor": 1,
       "c2f6WeightFraction": 0.1}


@pytest.mark.parametrize(("case", "field"), [
    ({}, "case.processes"),
    ({"processes": [process("a", 0)]}, "processes[0].activityLevelTonnes"),
    ({"processes": [process("a"), process("a")]}, "processes[1].name"),
    ({"processes": [process("a", electricityMWh=-1)]}, "processes[0].electricityMWh"),
    ({"processes": [process("a", precursors=[{"process": "b", "tonnes": 1}])]}, "processes[0].precursors[0].process"),
    ({"processes": [process("a", precursors=[{"purchased": "b", "tonnes": 1}])]},
     "processes[0].precursors[0].purchased"),
    ({"processes": [process("a", precursors=[{"tonnes": 1}])]}, "processes[0].precursors[0]"),
    ({"processes": [process("a", precursors=[{"process": "a", "tonnes": 100}])]}, "processes"),
    ({"processes": [process("a", precursors=[{"process": "a", "tonnes": 150}])]}, "processes"),
    ({"processes": [process("a")], "sourceStreams": [{**STREAM, "oxidationPercent": 101}]},
     "sourceStreams[0].oxidationPercent"),
    ({"processes": [process("a")], "sourceStreams": [{**STREAM, "ncv": -1}]}, "sourceStreams[0].ncv"),
    ({"processes": [process("a")], "sourceStreams": [{**STREAM, "ncv": None}]}, "sourceStreams[0].ncv"),
    ({"processes": [process("a")], "sourceStreams": [{**STREAM, "method": "guess"}]}, "case.sourceStreams[0].method"),
    ({"processes": [process("a")], "sourceStreams": [{**STREAM, "method": "massBalance", "carbonContent": 1.1}]},
     "sourceStreams[0].carbonContent"),
    ({"processes": [process("a")], "pfc": [{**PFC, "collectionEfficiency": 0}]}, "pfc[0].collectionEfficiency"),
    ({"processes": [process("a")], "pfc": [{**PFC, "productionTonnes": -1}]}, "pfc[0].productionTonnes"),
    ({"processes": [process("a")], "purchasedPrecursors": [
        {"name": "i", "goods": "g", "directTonnesPerTonne": -1}]}, "purchasedPrecursors[0].directTonnesPerTonne"),
    ({"processes": "none"}, "case.processes"),
])
def test_what_no_installation_can_have(case: dict[str, Any], field: str) -> None:
    error = raised(InvalidInput, read, case)
    assert error.field == field
    assert error.rule


def test_what_is_no_json() -> None:
    assert "not valid JSON" in str(raised(InvalidInput, lambda: exchange().read(b"{")))
