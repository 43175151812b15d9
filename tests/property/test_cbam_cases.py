"""Installations of any shape, computed a second time in floating point with numpy's solver."""

import json
import random
from typing import Any

import msgspec
import numpy
import pytest
from carbon_ledger_cbam import exchange


def stream(source: random.Random, i: int) -> dict[str, Any]:
    method = source.choice(("combustion", "process", "massBalance"))
    found: dict[str, Any] = {"name": f"stream {i}", "method": method, "activity": round(source.uniform(1, 1e6), 3),
                             "activityUnit": "t"}
    if method == "massBalance":
        found |= {"activity": found["activity"] * source.choice((1, -1)), "carbonContent": round(source.random(), 6)}
    else:
        found["emissionFactor"] = round(source.uniform(0.1, 120), 4)
    if method == "combustion":
        found |= {"ncv": round(source.uniform(1, 50), 3), "emissionFactorUnit": "tCO2/TJ"}
    for name in ("biomassPercent", "oxidationPercent", "conversionPercent"):
        if source.random() < 0.4:
            found[name] = round(source.uniform(0, 100), 2)
    return found


def emissions(one: dict[str, Any]) -> float:
    fossil = one["activity"] * (1 - one.get("biomassPercent", 0) / 100)
    match one["method"]:
        case "massBalance":
            return 3.664 * fossil * one["carbonContent"]
        case "process":
            return fossil * one["emissionFactor"] * one.get("conversionPercent", 100) / 100
        case _:
            return fossil * one["ncv"] / 1000 * one["emissionFactor"] * one.get("oxidationPercent", 100) / 100


def process(source: random.Random, i: int, count: int, bought: int) -> dict[str, Any]:
    level = round(source.uniform(10, 1e6), 3)
    found: dict[str, Any] = {
        "name": f"process {i}", "goods": "Goods", "activityLevelTonnes": level,
        "directlyAttributableTonnesCO2e": round(source.uniform(0, 1e6), 2),
        "electricityMWh": round(source.uniform(0, 1e5), 2), "electricityFactor": round(source.random(), 4),
    }
    if source.random() < 0.5:
        found["heat"] = {"importTJ": 3.5, "importFactor": 62.25, "exportTJ": 1.25, "exportFactor": 56.1}
    if source.random() < 0.5:
        found["wasteGas"] = {"importTJ": round(source.uniform(0, 900), 1), "exportTJ": round(source.uniform(0, 900), 1)}
    if source.random() < 0.3:
        found["electricityExported"] = {"MWh": round(source.uniform(0, 900), 1), "factor": 0.4}
    # Others' goods of less than 0.9 t for each t: the system always has a solution.
    found["precursors"] = [
        {"process": f"process {j}", "tonnes": round(level * source.uniform(0, 0.9 / count), 3)}
        for j in range(count) if source.random() < 0.5
    ] + [{"purchased": f"bought {j}", "tonnes": round(level * source.random(), 3)} for j in range(bought)]
    return found


def own(one: dict[str, Any]) -> tuple[float, float, float]:
    heat, gas, power = one.get("heat", {}), one.get("wasteGas", {}), one.get("electricityExported", {})
    direct = (
        one["directlyAttributableTonnesCO2e"]
        + heat.get("importTJ", 0) * heat.get("importFactor", 0) - heat.get("exportTJ", 0) * heat.get("exportFactor", 0)
        + 56.1 * (gas.get("importTJ", 0) - 0.667 * gas.get("exportTJ", 0))
        - power.get("MWh", 0) * power.get("factor", 0)
    )
    electricity = one["electricityMWh"]
    return max(0.0, direct), electricity * one["electricityFactor"], electricity


def expected(case: dict[str, Any]) -> Any:
    """One row a process: direct, indirect, MWh per t of goods with precursors."""
    processes = case["processes"]
    names = [one["name"] for one in processes]
    bought = {one["name"]: (one["directTonnesPerTonne"], one["electricityMWhPerTonne"] * one["electricityFactor"],
                            one["electricityMWhPerTonne"]) for one in case["purchasedPrecursors"]}
    matrix, right = numpy.eye(len(names)), numpy.zeros((len(names), 3))
    for i, one in enumerate(processes):
        level = one["activityLevelTonnes"]
        right[i] = numpy.array(own(one)) / level
        for precursor in one["precursors"]:
            part = precursor["tonnes"] / level
            if "process" in precursor:
                matrix[i, names.index(precursor["process"])] -= part
            else:
                right[i] += part * numpy.array(bought[precursor["purchased"]])
    return numpy.linalg.solve(matrix, right)


@pytest.mark.parametrize("seed", range(60))
def test_any_case_of_the_format(seed: int) -> None:
    source = random.Random(seed)
    count, bought = source.randint(1, 8), source.randint(0, 3)
    case = {
        "case": "random", "sourceStreams": [stream(source, i) for i in range(source.randint(0, 6))],
        "processes": [process(source, i, count, bought) for i in range(count)],
        "purchasedPrecursors": [
            {"name": f"bought {i}", "goods": "Iron", "directTonnesPerTonne": round(source.uniform(0, 3), 4),
             "electricityMWhPerTonne": round(source.random(), 4), "electricityFactor": round(source.random(), 4)}
            for i in range(bought)
        ],
    }
    found = msgspec.to_builtins(exchange().read(json.dumps(case).encode()))
    told = [[one["embeddedDirect"], one["embeddedIndirect"], one["embeddedElectricityMWhPerTonne"]]
            for one in found["processes"]]
    numpy.testing.assert_allclose(told, expected(case), rtol=1e-9, atol=1e-12)
    specific = [[one["specificDirect"], one["specificIndirect"]] for one in found["processes"]]
    apart = [[amount / one["activityLevelTonnes"] for amount in own(one)[:2]] for one in case["processes"]]
    numpy.testing.assert_allclose(specific, apart, rtol=1e-9, atol=1e-12)
    assert found["streams"] == pytest.approx([emissions(one) for one in case["sourceStreams"]], rel=1e-9)
