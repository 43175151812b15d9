"""Petrochemicals: electrolysis of water and brine, solved by hand. Masses in kg, emissions in kg, power in kWh."""

from decimal import Decimal
from typing import Any

import pytest
from carbon_ledger_petrochemicals import plugin
from support.containing import Containing
from support.raising import raised
from support.sector_runs import gases, indicators

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import AttributeFacts, OutputFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply


def assess(activity: dict[str, Any], **facts: Any) -> Run:
    return run(plugin(), context("petrochemicals.hydrogen", **facts), activity)


def pure(quantity: str, name: str, role: str = "product", **facts: Any) -> OutputFacts:
    return output(quantity, role, materials={name: "1"}, **facts)


POWER = (supply("electricity", "12000 KWH"), supply("water", "10 TNE", nature=True))
OXYGEN = pure("7.9 TNE", "oxygen", "byProduct")


def electrolyse(activity: dict[str, Any] | None = None, **facts: Any) -> Run:
    return assess({"method": "electrolysis", "electrolyser": "alkaline", **(activity or {})}, **{
        "supplies": POWER, "inputs": (lot("40000 KWH"),), "outputs": (pure("1 TNE", "hydrogen"), OXYGEN), **facts,
    })


def test_electrolysis_with_declared_green_power() -> None:
    found = electrolyse({"renewableShare": "0.9"})
    assert gases(found) == pytest.approx({("electricity", "CO2"): 12_000 * 0.5849})
    assert indicators(found) == Containing({
        "renewablePowerShare": pytest.approx(36_000 / 52_000), "renewableElectrolysisPower": pytest.approx(36_000),
        "electrolysisPower": 52_000, "electricityPerKilogramHydrogen": 52,
    })
    assert found.findings == {}


def test_electrolysis_with_green_attributes() -> None:
    generated = (lot("40000 KWH", generated=True),)
    green = AttributeFacts(lot="urn:example:attribute", technology="photovoltaic", amount=Decimal(26000))
    assert indicators(electrolyse(inputs=generated, attributes=(green,)))["renewablePowerShare"] == pytest.approx(0.5)
    # power that was generated here is green by its attributes alone
    claimed = electrolyse({"renewableShare": "1"}, inputs=generated)
    assert indicators(claimed)["renewablePowerShare"] == 0
    grid = electrolyse(inputs=(), supplies=(supply("electricity", "52000 KWH"), POWER[1]))
    assert indicators(grid)["renewablePowerShare"] == 0


def test_electrolysis_shares_by_moles() -> None:
    found = electrolyse(allocation="moles")
    moles = (1000 / 2.016, 7900 / 31.998)
    assert found.outputs[0]["fossilGhgEmissions"] == pytest.approx(found.footprint * moles[0] / sum(moles))
    energy = electrolyse(allocation="energy")
    assert energy.outputs[0]["fossilGhgEmissions"] == pytest.approx(energy.footprint)  # oxygen is no fuel


def test_electrolysis_refuses_what_physics_does() -> None:
    least = (supply("electricity", "33400 KWH"), POWER[1])  # 120.2 MJ per kg
    assert electrolyse(inputs=(), supplies=least).findings == {"electricity-unusual": False}
    below = (supply("electricity", "33300 KWH"), POWER[1])
    assert electrolyse(inputs=(), supplies=below).findings["electrolysis-yield"]
    assert electrolyse(inputs=(), supplies=POWER[1:]).findings["electricity-missing"]
    more = (pure("1 TNE", "hydrogen"), pure("8.2 TNE", "oxygen", "byProduct"))
    assert electrolyse(outputs=more).findings == {"oxygen-yield": True}
    assert "electrolyser" in str(raised(PluginError, assess, {"electrolyser": "alkaline"}))
    raised(InvalidQuantity, electrolyse, supplies=(supply("electricity", "5 KGM"), POWER[1]))


def brine(activity: dict[str, Any] | None = None, power: str = "85", **facts: Any) -> Run:
    lye = output("80 KGM", "coProduct", materials={"sodiumHydroxide": "0.5", "water": "0.5"})
    return assess({"method": "chlorAlkali", "electrolyser": "membrane", **(activity or {})}, **{
        "supplies": (supply("electricity", f"{power} KWH"), supply("salt", "60 KGM"), supply("water", "70 KGM")),
        "outputs": (pure("1 KGM", "hydrogen", "coProduct"), pure("35.45 KGM", "chlorine"), lye),
        "allocation": "moles", **facts,
    })


def test_chlor_alkali_shares_by_moles() -> None:
    # Equation 43 of Implementing Regulation (EU) 2025/2547: Em_i = Em * (m_i / M_i) / sum; of 100: 24.85, 25.049,
    # 50.101 for 1 kg of hydrogen, 35.45 of chlorine, 40 of caustic soda (here in lye of 50 %).
    found = brine()
    shares = [one["fossilGhgEmissions"] / found.footprint * 100 for one in found.outputs]
    assert shares == pytest.approx([24.85, 25.049, 50.101], abs=5e-4)
    assert indicators(found)["electricityPerTonneChlorine"] == pytest.approx(85 / 35.45 * 1000)
    assert found.findings == {}


def test_chlor_alkali_limits() -> None:
    assert brine(power="58").findings == {"electrolysis-yield": True}  # 1636 kWh per t; 2.19 V need 1656
    assert brine(power="59").findings == {"electricity-unusual": False}
    assert brine(supplies=(supply("salt", "60 KGM"),)).findings == {"electricity-missing": True}
    little = (supply("electricity", "85 KWH"), supply("salt", "57 KGM"))  # 35.45 kg take 58.44
    assert brine(supplies=little).findings == {"chlorine-yield": True}
    assert brine(supplies=(little[0], supply("salt", "57.6 KGM"))).findings == {}  # scales agree to 2 %
    assert brine(outputs=(pure("1.1 KGM", "hydrogen"), pure("35.45 KGM", "chlorine"))).findings == {
        "hydrogen-yield": True
    }
    assert brine(outputs=(pure("35.45 KGM", "chlorine"), pure("41 KGM", "sodiumHydroxide"))).findings == {
        "sodiumHydroxide-yield": True
    }
    assert brine(outputs=(pure("1 KGM", "hydrogen"),)).findings["no-product"]
