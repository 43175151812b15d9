"""Templates name supplies that a factor set knows, so who copies one starts without an omission."""

from typing import Final

import pytest
from support.market import row
from support.templates import Examples

from ledger.registry.installed import installed

STILL_UNKNOWN: Final = {
    "consumer-goods.householdAppliances": {"HFC245fa", "cyclopentane"},
    "consumer-goods.foodAndDrink": {"R507A"},
}
"""Gases without a row of their making; their escape is counted."""


@pytest.fixture(scope="module")
def examples() -> Examples:
    return Examples(installed(sets=False))


def test_supplies_of_templates_are_known(examples: Examples) -> None:
    unknown = {
        route: named for route in examples.names if "." in route
        and (named := {one["material"] for one in examples.whole(route)[-1].get("supplies", ()) if one.get("unknown")})
    }
    assert unknown == STILL_UNKNOWN


STEAM_AND_POWER: Final = (
    row("sodiumBisulphite/cradleToGate/*/2024") - 0.615 * row("sulphurDioxide/cradleToGate/*/2014")
    - 0.384 * row("causticSoda/cradleToGate/*/2015")
)
"""The usual process energy of a derived row: 2 MJ of steam and 0.33 kWh."""
DERIVED: Final = {
    "sodiumDithionite": 0.735 * row("sulphurDioxide/cradleToGate/*/2014")
    + 0.46 * row("causticSoda/cradleToGate/*/2015") + 0.18 * row("methanol/cradleToGate/*/2025") + 0.25
    + 2 * STEAM_AND_POWER,
    "sizingAgent": 0.2 * row("surfactant/cradleToGate/*/2018") + 0.05 * row("starch/cradleToGate/*/2010"),
    "rubberCompound": 0.3 * row("naturalRubber/cradleToGate/*/2019") + 0.3 * row("syntheticRubber/cradleToGate/*/2010")
    + 0.32 * row("carbonBlack/cradleToGate/*/2024") + 0.08 * row("lubricatingOil/cradleToGate/*/2025")
    + STEAM_AND_POWER,
}


@pytest.mark.parametrize("key", DERIVED)
def test_a_derived_row_is_what_its_locator_says(key: str) -> None:
    assert row(f"{key}/cradleToGate/*/2024") == pytest.approx(DERIVED[key], rel=0.005)


def test_shielding_gas_is_its_gases_by_mass() -> None:
    argon = row("argon/cradleToGate/*/2011") / 1.784
    carbon_dioxide = row("carbonDioxide/cradleToGate/*/2014")
    assert row("shieldingGas/cradleToGate/*/2014") == pytest.approx(0.804 * argon + 0.196 * carbon_dioxide, rel=0.005)
