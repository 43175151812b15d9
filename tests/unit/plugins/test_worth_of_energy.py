"""Energy that a plant gives away is worth the energy that it would have bought, by the sector's own defaults."""

from decimal import Decimal

import pytest
from carbon_ledger_building_materials import common
from carbon_ledger_consumer_goods import cogeneration

from ledger.sdk.testing import context, output


@pytest.mark.parametrize("sets", [False, True])
def test_factor_sets_do_not_make_it_worthless(sets: bool) -> None:
    # Shanghai in 2022: 0.5849 kg CO2 a kWh
    power = output("1000 KWH")
    given = context("test.make", outputs=(power,), sets=sets)
    assert common._bought(given, power) == (Decimal(3600), Decimal("584.9"))
    assert cogeneration._worth(given, power) == Decimal("584.9")
