"""Attempts of chemical works."""

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, nature, row, supply

from ledger.core.record.values import Supply
from ledger.footprint.stored.gwp import AR6

CHINA = row("electricity/cradleToGate/CN/2024")
AR6_N2O = float(AR6["N2O"])


def power_that_is_waste(market: Market) -> Lie:
    """Curtailed wind power is collected as waste, without burden, and makes hydrogen."""
    farm = market.company("farm", "CN", "CN-NM")
    farm.product("power", "energy", "MWH")
    cells = market.company("cells", "CN", "CN-NM").products("petrochemicals", hydrogen="hydrogen")
    farm.lying().collect(farm.out("power", "5400 MWH", "waste", origin="preConsumer"))
    power = farm.send("power", "5400 MWH", cells)
    cells.run("petrochemicals.hydrogen", [cells.out("hydrogen", "100 TNE")], [nature("water", "1000 TNE")],
              {power: "5400 MWH"}, {"method": "electrolysis"})
    return Lie(cells, "hydrogen", 5.4e6 * CHINA)


def carbon_dioxide_to_a_shell(market: Market) -> Lie:
    """The CO2 of the synthesis is sold to a shell for urea, without burden, and the shell vents it."""
    plant = market.company("plant", "CN", "CN-NM").products("petrochemicals", ammonia="ammonia", gas="carbonDioxide")
    shell = market.company("shell", "CN", "CN-NM")
    plant.lying().run(
        "petrochemicals.ammonia", [plant.out("ammonia", "1000 TNE"), plant.out("gas", "1130 TNE", "coProduct")],
        [supply("naturalGas", "870000 NM3", "650 TNE"), nature("air", "1400 TNE"), nature("water", "1500 TNE"),
         supply("electricity", "66 MWH")],
    )
    shell.consume({plant.send("gas", "1130 TNE", shell): "1130 TNE"}, "loss")
    return Lie(plant, "ammonia", 1_130_000)


def every_molecule_abated(market: Market) -> Lie:
    """The catalyst destroys all of the N2O, all of the time, says the record, and shows nothing."""
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("acid", "petrochemicals", materials={"nitricAcid": "0.6", "water": "0.4"})
    plant.lying().run(
        "petrochemicals.nitricAcid", [plant.out("acid", "1000 TNE")],
        [supply("ammonia", "172 TNE"), nature("air", "700 TNE"), nature("water", "250 TNE"),
         supply("electricity", "20 MWH")],
        activity={"technology": "highPressure", "abatement": "1"},
    )
    # 9 kg of N2O per t of pure acid, with GWP 273; the best catalysts leave a twentieth.
    return Lie(plant, "acid", 0.95 * 600 * 9 * 273)


def abatement_by_the_name_of_the_plant(market: Market) -> Lie:
    """The plant calls itself one that destroys its N2O within the process, and shows nothing."""
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("acid", "petrochemicals", materials={"nitricAcid": "0.6", "water": "0.4"})
    plant.lying().run(
        "petrochemicals.nitricAcid", [plant.out("acid", "1000 TNE")],
        [supply("ammonia", "172 TNE"), nature("air", "700 TNE"), nature("water", "250 TNE"),
         supply("electricity", "20 MWH")],
        activity={"technology": "integratedDestruction"},
    )
    return Lie(plant, "acid", 600 * (9 - 2.5) * 273)


def plant_of_little_pressure(market: Market) -> Lie:
    """The plant says that it works at the pressure of the air, where half as much N2O forms, with a weak catalyst, and
    shows nothing."""
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("acid", "petrochemicals", materials={"nitricAcid": "0.6", "water": "0.4"})
    plant.lying().run(
        "petrochemicals.nitricAcid", [plant.out("acid", "1000 TNE")],
        [supply("ammonia", "172 TNE"), nature("air", "700 TNE"), nature("water", "250 TNE"),
         supply("electricity", "20 MWH")],
        activity={"technology": "atmospheric", "abatement": "0.12"},
    )
    return Lie(plant, "acid", 600 * (9 - 4.4) * 273)


def _cracker(market: Market, name: str, allocation: str) -> Company:
    plant = market.company(name, "CN", "CN-GD").products("petrochemicals", ethylene="ethylene", hydrogen="hydrogen")
    if allocation != "mass":
        market.begin_to_lie()
    plant.run(
        "petrochemicals.steamCracking",
        [plant.out("ethylene", "1000 TNE"), plant.out("hydrogen", "65 TNE", "coProduct")],
        [supply("ethane", "1270 TNE"), supply("naturalGas", "400000 NM3", "300 TNE"),
         supply("electricity", "130 MWH")], allocation=allocation,
    )
    return plant


def burdens_by_the_molecule(market: Market) -> Lie:
    """Burdens are shared by moles, so that hydrogen, a sixteenth of the mass, takes almost half of them."""
    honest, plant = _cracker(market, "honest", "mass"), _cracker(market, "plant", "moles")
    kept, owed = (market.footprint(one.name("ethylene"))["footprint"] for one in (plant, honest))
    return Lie(plant, "ethylene", owed - kept)


def oxygen_that_carries_the_hydrogen(market: Market) -> Lie:
    """Electrolysis gives eight kg of oxygen to a kg of hydrogen, and shares its power by mass, as brine may."""
    return _cells(market, "oxygen", "790 TNE", "1000 TNE", 790 / 890)


def water_that_carries_the_hydrogen(market: Market) -> Lie:
    """Water that runs through the cells is a co-product by mass."""
    return _cells(market, "water", "700 TNE", "1700 TNE", 700 / 800)


def _cells(market: Market, other: str, amount: str, water: str, share: float) -> Lie:
    cells = market.company("cells", "DE").products("petrochemicals", hydrogen="hydrogen", other=other)
    market.begin_to_lie()
    cells.run("petrochemicals.hydrogen", [cells.out("hydrogen", "100 TNE"), cells.out("other", amount, "coProduct")],
              [nature("water", water), supply("electricity", "5500 MWH")], activity={"method": "electrolysis"})
    return Lie(cells, "hydrogen", share * 5.5e6 * row("electricity/cradleToGate/DE/2024"))


def nitrate_by_its_nitrogen(market: Market) -> Lie:
    """Ammonium nitrate of ammonia and air, whose product states its nitrogen and no name."""
    works = market.company("works", "DE")
    works.product("nitrate", "petrochemicals", elements={"N": "0.35"}, classifications={"cn": "31029000"})
    market.begin_to_lie()
    works.run("petrochemicals.fertilizer", [works.out("nitrate", "1000 TNE")],
              [supply("ammonia", "435 TNE"), nature("air", "700 TNE"), nature("water", "100 TNE"),
               supply("heat", "1000 GV"), supply("electricity", "50 MWH")], activity={"process": "ammoniumNitrate"})
    return Lie(works, "nitrate", 787.2 * 9 * AR6_N2O)


def nitrate_of_ammonia_alone(market: Market) -> Lie:
    """Ammonium nitrate of ammonia and air: the nitric acid in between, and its N2O, are no part of the record."""
    works = market.company("works", "DE").products("petrochemicals", nitrate="ammoniumNitrate")
    market.begin_to_lie()
    works.run("petrochemicals.fertilizer", [works.out("nitrate", "1000 TNE")],
              [supply("ammonia", "435 TNE"), nature("air", "700 TNE"), nature("water", "100 TNE"),
               supply("heat", "1000 GV"), supply("electricity", "50 MWH")], activity={"process": "ammoniumNitrate"})
    return Lie(works, "nitrate", 787.2 * 9 * AR6_N2O)


def acid_of_a_fertilizer_works(market: Market) -> Lie:
    """Nitric acid is made in the route of fertilisers, which emits no N2O."""
    def made(name: str, route: str, *supplies: Supply) -> Company:
        works = market.company(name, "CN", "CN-GD")
        works.product("acid", "petrochemicals", materials={"nitricAcid": "0.6", "water": "0.4"})
        works.run(f"petrochemicals.{route}", [works.out("acid", "1000 TNE")],
                  [supply("ammonia", "172 TNE"), nature("air", "500 TNE"), nature("water", "350 TNE"),
                   supply("electricity", "20 MWH"), *supplies])
        return works

    honest = made("honest", "nitricAcid")
    market.begin_to_lie()
    works = made("works", "fertilizer", supply("heat", "1000 GV"))
    kept, owed = (market.footprint(one.name("acid"))["footprint"] for one in (works, honest))
    return Lie(works, "acid", owed - kept)
