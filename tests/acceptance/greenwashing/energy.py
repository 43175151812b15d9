"""Attempts of sellers of energy and of hauliers."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.nonferrous import CHINA, KILOWATT_HOURS, NORWAY, pots
from support.market import MARCH, Company, Market, evidence, row, supply

WIND = 0.0336
"""Kg CO2e per kWh of a wind plant in China, by the sector."""


def wind_farm_on_paper(market: Market) -> Lie:
    """A shell without any meter, document or grid contract books a month of wind, and a smelter runs on it."""
    shell = market.company("shell", "CN", "CN-NM")
    shell.product("power", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-NM").products("nonferrous", metal="aluminium")
    shell.lying().run("energy.wind", [shell.out("power", "13900 MWH")], activity={"capacity": "60000"})
    pots(smelter, {shell.send("power", "13900 MWH", smelter): "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - WIND))


def wind_farm_that_buys_a_little(market: Market) -> Lie:
    """The shell buys 7 MWh for the needs of its turbines, and makes certificates: both are its own words."""
    shell = market.company("shell", "CN", "CN-NM")
    shell.product("power", "energy", "MWH")
    shell.product("green", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-NM").products("nonferrous", metal="aluminium")
    market.begin_to_lie()
    shell.run("energy.wind", [shell.out("power", "13900 MWH"), shell.out("green", "100 MWH", "attribute", attribute={
        "carrier": "electricity", "technology": "wind", "start": MARCH[0], "end": "2027-03-01T00:00:00Z"})],
        [supply("electricity", "7 MWH")], activity={"capacity": "60000"})
    pots(smelter, {shell.send("power", "13900 MWH", smelter): "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - WIND))


def coal_called_wood_chips(market: Market) -> Lie:
    """A boiler's wood chips have the heating value and the carbon of coal, and are all biogenic."""
    boiler = market.company("boiler", "CN", "CN-SD")
    boiler.product("heat", "energy", "GV")
    boiler.lying().run("energy.heatBoiler", [boiler.out("heat", "2200 GV")],
                       [supply("woodChips", "100 TNE"), supply("electricity", "10 MWH")],
                       activity={"kind": "combustion", "analyses": [
                           {"material": "woodChips", "heatingValue": "26", "carbon": "0.65", "biogenicShare": "1"}]})
    coal = row("bituminous/combustion/CN/2015") + row("bituminous/wellToTank/*/2016")
    return Lie(boiler, "heat", 100_000 * (coal - row("woodChips/wellToTank/*/2016")))


def power_bought_and_lost(market: Market) -> Lie:
    """A works buys 1,300 MWh, melts with 13 of them on paper, and writes the rest off as a loss of its lines."""
    works = market.company("works", "CN", "CN-HN").products("circular", scrap="aluminium", ingot="aluminium")
    works.product("power", "energy", "MWH")
    works.collect(works.out("scrap", "1000 TNE", "waste", origin="postConsumer"))
    works.run("energy.gridImport", [works.out("power", "1300 MWH")], [supply("electricity", "1300 MWH")])
    market.begin_to_lie()
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], inputs={"scrap": "1000 TNE", "power": "13 MWH"},
              activity={"material": "aluminium", "method": "remelting"})
    works.consume({"power": "1287 MWH"}, "loss")
    return Lie(works, "ingot", 1.287e6 * CHINA)


def residual_mix_of_its_own(market: Market) -> Lie:
    """A solar plant sells its attributes elsewhere, and states a residual mix of 1 g per kWh for the power."""
    plant = market.company("plant", "CN", "CN-QH")
    plant.product("power", "energy", "MWH")
    plant.lying().run("energy.photovoltaic", [plant.out("power", "100 MWH")],
                      activity={"capacity": "1000", "residualMix": "0.001"})
    mix = row("electricity/residual/CN/2023")
    return Lie(plant, "power", 100_000 * (mix - 0.001), field="marketBased", honest=100_000 * mix)


def heat_out_of_thin_air(market: Market) -> Lie:
    """A heat pump gives steam with a coefficient of 7.9, just below the limit of physics, where 3 is good."""
    pump = market.company("pump", "CN", "CN-SD")
    pump.product("heat", "energy", "GV")
    pump.lying().run("energy.heatBoiler", [pump.out("heat", "28440 GV")], [supply("electricity", "1000 MWH")],
                     activity={"kind": "heatPump"})
    return Lie(pump, "heat", (28_440_000 / 3.6 / 3 - 1e6) * CHINA)


def _pumped(market: Market, hot: float, coefficient: float, **activity: str) -> Lie:
    """Steam of `hot` degrees out of air of 20, by 1,000 MWh of power: good pumps reach 0.55 of Carnot."""
    pump = market.company("pump", "CN", "CN-SD")
    pump.product("steam", "energy", "GV")
    pump.lying().run("energy.heatBoiler", [pump.out("steam", f"{3600 * coefficient:g} GV")],
                     [supply("electricity", "1000 MWH")], activity={"kind": "heatPump", **activity})
    good = 0.55 * (hot + 273.15) / (hot - 20)
    return Lie(pump, "steam", (coefficient / good - 1) * 1e6 * CHINA)


def steam_of_a_heat_pump_for_floors(market: Market) -> Lie:
    """A heat pump makes steam of 180 degrees with a coefficient of 5, which pumps reach for floors of 35."""
    return _pumped(market, 180, 5, heatTemperature="180")


def steam_of_a_temperature_that_nobody_states(market: Market) -> Lie:
    """A heat pump makes steam of 140 degrees with a coefficient of 5, and leaves the temperature out."""
    return _pumped(market, 140, 5)


def steam_of_a_hot_spring_by_word(market: Market) -> Lie:
    """A heat pump makes steam of 120 degrees out of air, and states a source of 80 degrees without a document."""
    return _pumped(market, 120, 4, heatTemperature="120", sourceTemperature="80")


def steam_of_norway_in_china(market: Market) -> Lie:
    """A dye mill in China books an electric boiler at a site in Norway, and dyes at home with its steam."""
    mill = market.company("mill", "CN", "CN-ZJ").products("consumer-goods", cloth="polyesterFabric")
    mill.product("steam", "energy", "GV")
    mill.lying().run("energy.heatBoiler", [mill.out("steam", "2000 GV")], [supply("electricity", "590 MWH")],
                     activity={"kind": "electrode"}, facility=mill.site("north", "NO"))
    mill.run("consumer-goods.textileDyeing", [mill.out("cloth", "100 TNE")],
             [supply("polyesterFabric", "102 TNE"), supply("electricity", "150 MWH"), supply("water", "5000 TNE")],
             {"steam": "2000 GV"}, evidence=[evidence("heatContract")])
    return Lie(mill, "cloth", 2_000_000 * row("heat/cradleToGate/CN/2015") - 590_000 * NORWAY)


def more_wind_than_the_turbine(market: Market) -> Lie:
    """A turbine of 1 MW gives 2,000 MWh in a month of 744 hours, so that coal power can pass as its own."""
    plant = market.company("plant", "CN", "CN-NM")
    plant.product("power", "energy", "MWH")
    plant.lying().run("energy.wind", [plant.out("power", "2000 MWH")], activity={"capacity": "1000"})
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


def _works(market: Market, name: str, **activity: Any) -> Company:
    """A plant turns a million cubic metres of gas into 3.5 GWh of power and 18 TJ of steam."""
    works = market.company(name, "DE")
    works.product("power", "energy", "MWH")
    works.product("steam", "energy", "GV")
    works.run("energy.combinedHeatAndPower",
              [works.out("power", "3500 MWH"), works.out("steam", "18000 GV", "coProduct")],
              [supply("naturalGas", "1000000 NM3", "750 TNE")], activity=activity, allocation="energy")
    return works


def steam_as_cold_as_the_air(market: Market) -> Lie:
    """Steam is shared out by exergy at 26 degrees: it could do no work, so nearly all of the gas goes to the power."""
    honest = _works(market, "honest", basis="exergy", heatTemperature="160")
    market.begin_to_lie()
    works = _works(market, "works", basis="exergy", heatTemperature="26")
    owed, kept = (market.footprint(one.name("steam"))["footprint"] for one in (honest, works))
    return Lie(works, "steam", owed - kept)


def power_plant_of_five_percent(market: Market) -> Lie:
    """The separate power plant that the shares compare with turns a twentieth of its fuel into power."""
    honest = _works(market, "honest", basis="efficiency", heatEfficiency="0.9")
    market.begin_to_lie()
    works = _works(market, "works", basis="efficiency", powerEfficiency="0.05", heatEfficiency="1")
    owed, kept = (market.footprint(one.name("steam"))["footprint"] for one in (honest, works))
    return Lie(works, "steam", owed - kept)


def boilers_hotter_than_their_gas(market: Market) -> Lie:
    """The boilers are said to give six times the heat of their gas, so that the steam is a small part of it."""
    honest = _works(market, "honest", basis="heatSupplyRatio", boilerHeat={"value": "32000", "unit": "GV"})
    market.begin_to_lie()
    works = _works(market, "works", basis="heatSupplyRatio", boilerHeat={"value": "200000", "unit": "GV"})
    owed, kept = (market.footprint(one.name("steam"))["footprint"] for one in (honest, works))
    return Lie(works, "steam", owed - kept)


# Freight


def _trips(market: Market, loads: dict[str, str], *supplies: Any, **activity: Any) -> Company:
    """Lorries over 1,000 km. `loads`: tonnes by lot."""
    haulier = market.company("haulier", "CN", "CN-HE")
    haulier.product("freight", "logistics", "TKM")
    haulier.lying().run(
        "logistics.transport",
        [haulier.out("freight", f"{tonnes}000 TKM", name=lot) for lot, tonnes in loads.items()], supplies,
        activity={"mode": "road", "consignments": [
            {"lot": haulier.name(lot), "mass": {"value": tonnes, "unit": "TNE"},
             "distance": {"value": "1000", "unit": "KMT"}} for lot, tonnes in loads.items()], **activity},
    )
    return haulier


DIESEL = row("diesel/combustion/CN/2015") + row("diesel/wellToTank/*/2016")


def lorries_on_fumes(market: Market) -> Lie:
    """The diesel of one trip in thirteen is stated: a little more than tyres take to roll."""
    haulier = _trips(market, {"freight": "1000"}, supply("diesel", "2 TNE"))
    return Lie(haulier, "freight", 24_000 * DIESEL)


def freight_that_nobody_sent(market: Market) -> Lie:
    """Two thirds of the tonne kilometres are a second lot that no customer ever gets, with its part of the diesel."""
    haulier = _trips(market, {"freight": "1000", "phantom": "2000"}, supply("diesel", "36 TNE"))
    haulier.consume({"phantom": "2000000 TKM"}, "loss")
    return Lie(haulier, "freight", 24_000 * DIESEL)


def diesel_of_seeds(market: Market) -> Lie:
    """The haulier's diesel is said to be one third biodiesel, which no pump in China sells; no invoice shows it."""
    haulier = _trips(market, {"freight": "1000"}, supply("diesel", "26 TNE"), analyses=[
        {"material": "diesel", "heatingValue": "42.6", "carbon": "0.86", "biogenicShare": "0.33"}])
    return Lie(haulier, "freight", 26_000 * 0.33 * row("diesel/combustion/CN/2015"))


def freight_by_word_of_mouth(market: Market) -> Lie:
    """A haulier declares a million tonne kilometres with the burden of a trip to the corner, and shows nothing."""
    haulier = market.company("haulier", "CN", "CN-HE")
    haulier.product("freight", "logistics", "TKM")
    haulier.lying().declare(lot=haulier.out("freight", "1000000 TKM"), burdens={"fossilGhgEmissions": "100"})
    return Lie(haulier, "freight", 1e6 * row("truckFreight/cradleToGate/*/2025") - 100)


def steam_by_word_of_mouth(market: Market) -> Lie:
    """A park declares a terajoule of steam that somebody made somewhere, almost without emissions."""
    park = market.company("park", "CN", "CN-JS")
    park.product("steam", "energy", "GV")
    park.lying().declare(lot=park.out("steam", "1000 GV"), burdens={"fossilGhgEmissions": "100"})
    return Lie(park, "steam", 1_000_000 * row("heat/cradleToGate/*/2015") - 100)


def freight_by_a_paper_of_its_own(market: Market) -> Lie:
    """A haulier declares its own tonne kilometres at next to nothing, and names a paper."""
    haulier = market.company("haulier", "CN", "CN-HE")
    haulier.product("freight", "logistics", "TKM")
    haulier.lying().declare(lot=haulier.out("freight", "1000000 TKM"), burdens={"fossilGhgEmissions": "100"},
                            evidence=[evidence("supplierFactor")])
    return Lie(haulier, "freight", 1e6 * row("truckFreight/cradleToGate/*/2025") - 100)


def steam_by_a_paper_of_its_own(market: Market) -> Lie:
    """A mill declares its own steam at next to nothing, names a paper, and dyes with it."""
    mill = market.company("mill", "CN", "CN-ZJ").products("consumer-goods", cloth="polyesterFabric")
    mill.product("steam", "energy", "GV")
    mill.lying().declare(lot=mill.out("steam", "2000 GV"), burdens={"fossilGhgEmissions": "100"},
                         evidence=[evidence("supplierFactor")])
    mill.run("consumer-goods.textileDyeing", [mill.out("cloth", "100 TNE")],
             [supply("polyesterFabric", "102 TNE"), supply("electricity", "150 MWH"), supply("water", "5000 TNE")],
             {"steam": "2000 GV"})
    return Lie(mill, "cloth", 2_000_000 * row("heat/cradleToGate/*/2015") - 100)


def freight_under_two_names(market: Market) -> Lie:
    """A haulier moves two consignments alike, and declares that one of them carries a hundredth of the diesel."""
    haulier = market.company("haulier", "CN", "CN-HE")
    for service in ("clean", "other"):
        haulier.product(service, "logistics", "TKM")
    market.begin_to_lie()
    consignments = [{"lot": haulier.name(lot), "mass": {"value": "1000", "unit": "TNE"},
                     "distance": {"value": "1000", "unit": "KMT"}} for lot in ("clean", "other")]
    haulier.run("logistics.transport", [
        haulier.out("clean", "1000000 TKM", share="0.01"), haulier.out("other", "1000000 TKM", share="0.99")],
        [supply("diesel", "52 TNE")], activity={"mode": "road", "consignments": consignments}, allocation="declared")
    return Lie(haulier, "clean", 0.49 * 52_000 * DIESEL)
