"""Honest energy: biogas, sunlight, and power that an owner supplies to whoever works for it."""

from acceptance.outliers.outlier import Outlier
from support.market import MARCH, Market, evidence, row, supply

GERMANY = "electricity/cradleToGate/DE/2024"
SPAIN = "electricity/cradleToGate/ES/2024"
VALID = "2027-03-01T00:00:00Z"


def biogas_heat(market: Market) -> Outlier:
    """A boiler on the biogas of a farm: the carbon is biogenic.

    Biogas as the set has it, 20.25 MJ per kg: 20 kg CO2e of the farm per GJ of gas. 1,000 GJ of heat at 88 % take
    56,117 kg of gas. By hand: 56,117 * (0.1029 upstream + 0.0011 of CH4 and N2O) + power 3 MWh * 0.4245 = 7.1 t: 7 kg
    per GJ. Bought heat has 74 in Europe.
    """
    boiler = market.company("boiler", "DE")
    boiler.product("heat", "energy", "GV")
    boiler.run("energy.heatBoiler", [boiler.out("heat", "1000 GV")],
               [supply("biogas", "56117 KGM"), supply("electricity", "3 MWH")], activity={"kind": "combustion"},
               evidence=[evidence("proofOfSustainability:biogas"), evidence("meterReading")])
    burnt = 56_117 * (row("biogas/wellToTank/*/2016") + row("biogas/combustion/*/2006"))
    return Outlier(((boiler.name("heat"), burnt + 3_000 * row(GERMANY)),))


def sunlight_sold(market: Market) -> Outlier:
    """The owner of a solar plant sells power, with its attributes, to a workshop that cuts parts with it.

    The plant's own upstream: 0.048 kg per kWh outside China (IPCC AR5, annex III), of 101 MWh for 100 that the meter at
    the gate counts: 4.848 t, a tenth of grid power in Germany. The workshop's parts: 40 % of it, and bars of 2.34 kg
    per kg.
    """
    owner = market.company("owner", "DE")
    owner.product("power", "energy", "MWH")
    owner.product("green", "energy", "MWH")
    owner.run(
        "energy.photovoltaic",
        [owner.out("power", "100 MWH"), owner.out("green", "100 MWH", "attribute", attribute={
            "carrier": "electricity", "technology": "photovoltaic", "start": MARCH[0], "end": VALID})],
        activity={"capacity": "1000", "generated": "101000"}, evidence=[evidence("meterReading")],
    )
    shop = market.company("shop", "DE").products("equipment", part="steel")
    shop.product("swarf", "equipment", materials={"steel": "1"})
    power, green = (owner.send(lot, "40 MWH", shop, name=f"{lot}-sold") for lot in ("power", "green"))
    shop.run("equipment.machining",
             [shop.out("part", "100 TNE"), shop.out("swarf", "20 TNE", "waste", origin="preConsumer")],
             [supply("steel", "120 TNE")], {power: "40 MWH", green: "40 MWH"}, {"operations": ["turning"]})
    parts = 120_000 * row("steel/cradleToGate/*/2019") + 40_000 * 0.048 * 1.01
    return Outlier(((owner.name("power"), 101_000 * 0.048), (shop.name("part"), parts)))


def power_of_the_owner(market: Market) -> Outlier:
    """A mill rolls billets for their owner, on power that the owner provides: the mill's record buys no energy.

    The owner takes 9,000 kWh and 130 GJ of gas for 100 t at its own meters, and places them with the billets in the
    mill's custody. By hand: billets 103 t * 2.18, power 9 MWh * 0.162, heat of the owner's boiler.
    """
    owner = market.company("owner", "ES").products("steel", billet="steel")
    owner.product("power", "energy", "MWH")
    owner.product("heat", "energy", "GV")
    owner.declare(lot=owner.out("billet", "103 TNE"), burdens={"fossilGhgEmissions": "224540"},
                  evidence=[evidence("environmentalProductDeclaration")])
    owner.run("energy.gridImport", [owner.out("power", "9 MWH")], [supply("electricity", "9 MWH")])
    owner.run("energy.heatBoiler", [owner.out("heat", "130 GV")], [supply("naturalGas", "3900 NM3", "2.9 TNE")],
              activity={"kind": "combustion"})
    mill = market.company("mill", "ES")
    placed = {owner.send(lot, amount, mill, purpose="custody"): amount for lot, amount in (
        ("billet", "103 TNE"), ("power", "9 MWH"), ("heat", "130 GV"))}
    mill.products("steel", bar="steel", crop="steel")
    mill.run(
        "steel.rolling",
        [mill.out("bar", "100 TNE", owner=owner.id),
         mill.out("crop", "3 TNE", "waste", origin="preConsumer", owner=owner.id)],
        inputs=placed, activity={"mill": "hot"}, evidence=[evidence("contract:toll")],
    )
    gas = 3_900 * (row("naturalGas/combustion/*/2006") + row("naturalGas/wellToTank/EU/2017"))
    return Outlier(((mill.name("bar"), 224_540 + 9_000 * row(SPAIN) + gas),))
