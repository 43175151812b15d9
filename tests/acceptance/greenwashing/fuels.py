"""Attempts of sites that buy fuel by its energy: a maltster in Germany whose kiln burns 310 MWh in March."""

from typing import Any, Final

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, factor, row, supply

KILN: Final = "310 MWH"
MEGAJOULES: Final = 310 * 3600
GAS: Final = (row("naturalGas/combustion/*/2006") + row("naturalGas/wellToTank/EU/2017")) / 36.3642
"""Kg CO2e per MJ."""


def _malt(market: Market, kiln: Any, country: str = "DE", **activity: Any) -> Company:
    maltings = market.company("maltings", country).products("consumer-goods", malt="malt")
    market.begin_to_lie()
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), kiln],
                 activity={"food": "malt", **activity})
    return maltings


def _analysed(market: Market, material: str, heating_value: str, **stated: str) -> Company:
    return _malt(market, supply(material, KILN), analyses=[
        {"material": material, "heatingValue": heating_value, **stated}])


def gas_with_the_heat_of_hydrogen(market: Market) -> Lie:
    """Gas of 150 MJ per cubic metre would be little gas: 7,440 cubic metres in place of 30,690, with their carbon."""
    maltings = _analysed(market, "naturalGas", "150", carbon="0.6")
    return Lie(maltings, "malt", 1)
