"""Attempts of sellers of energy and of hauliers."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.nonferrous import CHINA
from support.market import MARCH, Market, row, supply

WIND = 0.0336
"""Kg CO2e per kWh of a wind plant in China, by the sector."""


def residual_mix_of_its_own(market: Market) -> Lie:
    """A solar plant sells its attributes elsewhere, and states a residual mix of 1 g per kWh for the power."""
    plant = market.company("plant", "CN", "CN-QH")
    plant.product("power", "energy", "MWH")
    market.begin_to_lie()
    plant.run("energy.photovoltaic", [plant.out("power", "100 MWH")],
              activity={"capacity": "1000", "residualMix": "0.001"})
    mix = row("electricity/residual/CN/2023")
    return Lie(plant, "power", 100_000 * (mix - 0.001), field="marketBased", honest=100_000 * mix)


def more_wind_than_the_turbine(market: Market) -> Lie:
    """A turbine of 1 MW gives 2,000 MWh in a month of 744 hours, so that coal power can pass as its own."""
    plant = market.company("plant", "CN", "CN-NM")
    plant.product("power", "energy", "MWH")
    market.begin_to_lie()
    plant.run("energy.wind", [plant.out("power", "2000 MWH")], activity={"capacity": "1000"})
    return Lie(plant, "power", 1.256e6 * (CHINA - WIND))


def one_certificate_for_two_boilers(market: Market) -> Lie:
    """Two records use up the green attributes of one month of sun, each for all of its power."""
    site = market.company("site", "CN", "CN-QH")
    for name, unit in (("power", "MWH"), ("green", "MWH"), ("heat", "GV")):
        site.product(name, "energy", unit)
    site.run("energy.photovoltaic", [site.out("power", "100 MWH"), site.out(
        "green", "100 MWH", "attribute", attribute={"carrier": "electricity", "technology": "photovoltaic",
                                                    "start": MARCH[0], "end": "2027-03-01T00:00:00Z"})],
             activity={"capacity": "1000"})
    market.begin_to_lie()
    for name in ("first", "second"):
        site.run("energy.heatBoiler", [site.out("heat", "340 GV", name=name)], [supply("electricity", "100 MWH")],
                 {"green": "100 MWH"}, {"kind": "electrode"})
    return Lie(site, "second", 100_000 * row("electricity/residual/CN/2023"))
