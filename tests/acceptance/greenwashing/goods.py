"""Attempts of makers of consumer goods, machines and electronics."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, nature, row, supply

from ledger.core.record.values import PreviousLife, Quantity, Supply
from ledger.footprint.stored.gwp import AR6

CHINA = row("electricity/cradleToGate/CN/2024")
MACHINE = row("machine/cradleToGate/*/2025")
SF6 = float(AR6["SF6"])


def kilograms(value: str) -> Quantity:
    return Quantity(value=value, unit="KGM")


# Consumer goods


def liquor_of_no_wood(market: Market) -> Lie:
    """A paper mill that buys its pulp burns coal, and writes down black liquor of wood that it never pulped."""
    mill = market.company("mill", "CN", "CN-GD").products("consumer-goods", paper="paper")
    mill.lying().run(
        "consumer-goods.papermaking", [mill.out("paper", "1000 TNE")],
        [supply("mechanicalPulp", "1100 TNE"), supply("electricity", "600 MWH"),
         supply("water", "9000 MTQ", "9000 TNE")],
        activity={"grade": "printing", "ownFuels": [
            {"kind": "blackLiquor", "quantity": {"value": "3000", "unit": "TNE"}}]},
    )
    return Lie(mill, "paper", 300_000 * (row("bituminous/combustion/CN/2015") + row("bituminous/wellToTank/*/2016")))


def _filled(market: Market, name: str, gas: str) -> Company:
    works = market.company(name, "CN", "CN-GD")
    works.product("cooler", "consumer-goods", "H87", materials={"refrigerator": "1"})
    if gas != "HFC32":
        market.begin_to_lie()
    works.run(
        "consumer-goods.householdAppliances", [works.out("cooler", "1000 H87", mass=kilograms("30000"))],
        [supply("steelSheet", "18 TNE"), supply("copperTube", "4 TNE"), supply("compressor", "8 TNE"),
         supply("HFC32", "800 KGM"), supply("electricity", "15 MWH")],
        activity={"appliance": "airConditioner", "gases": [
            {"supply": "HFC32", "gas": gas, "loss": "0.15"}]},
    )
    return works


def coolant_called_propane(market: Market) -> Lie:
    """The HFC-32 that escapes in filling is a hydrocarbon, says the activity beside a supply of HFC-32."""
    honest, works = _filled(market, "honest", "HFC32"), _filled(market, "works", "hydrocarbon")
    kept, owed = (market.footprint(one.name("cooler"))["footprint"] for one in (works, honest))
    return Lie(works, "cooler", owed - kept)


def yarn_that_grows_in_the_dyehouse(market: Market) -> Lie:
    """The cotton yarn of a dyehouse comes from nature, so nobody spun it."""
    house = market.company("house", "CN", "CN-ZJ").products("consumer-goods", fabric="cottonYarn")
    house.lying().run(
        "consumer-goods.textileDyeing", [house.out("fabric", "100 TNE")],
        [nature("cottonYarn", "105 TNE"), supply("reactiveDye", "3 TNE"), supply("electricity", "230 MWH"),
         supply("steam", "2600 GV")], activity={"processes": ["dyeing"]},
    )
    return Lie(house, "fabric", 105_000 * row("cottonYarn/cradleToGate/*/2021"))


def cloth_that_nobody_spun(market: Market) -> Lie:
    """Cotton becomes cloth in a dyehouse with the power of dyeing; 100 t of cloth take 600 MWh with their yarn."""
    house = market.company("house", "CN", "CN-ZJ").products("consumer-goods", cloth="cottonYarn")
    house.lying().run("consumer-goods.textileDyeing", [house.out("cloth", "100 TNE")],
                      [supply("cotton", "110 TNE"), supply("electricity", "150 MWH"), supply("water", "5000 TNE"),
                       supply("heat", "2000 GV")])
    return Lie(house, "cloth", 450_000 * CHINA)


# Machines


def _remanufacture(works: Company, cores: str) -> None:
    """Ten gearboxes of 450 kg out of ten cores; a fifth of each is new."""
    works.product("worn", "equipment", materials={"steel": "1"})
    works.run(
        "equipment.remanufacturing",
        [works.out("gearbox", "10 H87", name="again", mass=kilograms("4500")),
         works.out("worn", "900 KGM", "waste", origin="postConsumer")],
        [supply("bearing", "900 KGM"), supply("electricity", "4200 KWH")], {cores: "10 H87"},
        {"machine": "gearbox", "reused": {"value": "3600", "unit": "KGM"},
         "replaced": [{"part": "bearing", "count": 80, "mass": {"value": "900", "unit": "KGM"}}]},
        when=("2025-06-01T00:00:00Z", "2025-06-08T00:00:00Z"),
    )


def core_that_was_never_sold(market: Market) -> Lie:
    """A maker of new gearboxes gathers ten cores from its own warehouse and says that they are nine years old."""
    works = market.company("works", "DE")
    works.product("gearbox", "equipment", "H87", materials={"gearbox": "1"})
    works.lying().collect(works.out("gearbox", "10 H87", "core", name="cores", mass=kilograms("4500"),
                                    previous_life=PreviousLife(estimated_years="9")))
    _remanufacture(works, works.name("cores"))
    return Lie(works, "again", 3600 * MACHINE)


def wafers_out_of_old_machines(market: Market) -> Lie:
    """Ten used machines of steel are taken apart, and a kilogram of wafers is among their parts."""
    works = market.company("works", "DE")
    works.product("machine", "equipment", "H87", materials={"steel": "1"})
    works.product("wafer", "electronics", "KGM", materials={"siliconWafer": "1"})
    works.product("worn", "circular", materials={"steel": "1"})
    works.collect(works.out("machine", "10 H87", "core", name="old", mass=kilograms("5000"),
                            previous_life=PreviousLife(estimated_years="9")), evidence("coreReturnNote"))
    works.lying().run(
        "circular.dismantling", [works.out("wafer", "1 KGM", "core"), works.out("worn", "4999 KGM")],
        [supply("electricity", "500 KWH")], {"old": "10 H87"}, {"item": "machine"},
    )
    return Lie(works, "wafer", row("siliconWafer/cradleToGate/*/2024"))


def machine_of_gravel(market: Market) -> Lie:
    """The product is steel, but nine tenths of the bought parts are written down as gravel."""
    works = market.company("works", "CN", "CN-SN")
    works.product("press", "equipment", "H87", materials={"steel": "1"})
    works.lying().run("equipment.assembly", [works.out("press", "10 H87", mass=kilograms("50000"))],
                      [supply("gravel", "45 TNE"), supply("steel", "5 TNE"), supply("electricity", "20 MWH")])
    return Lie(works, "press", 45_000 * (row("steel/cradleToGate/*/2019") - row("gravel/cradleToGate/*/2025")))


# Electronics


def _wafers(market: Market, name: str, **use: Any) -> Company:
    fab = market.company(name, "CN", "CN-JS")
    fab.product("wafer", "electronics", "H87", materials={"siliconWafer": "1"})
    if use:
        market.begin_to_lie()
    fab.run(
        "electronics.semiconductor", [fab.out("wafer", "10000 H87", mass=kilograms("1250"))],
        [supply("siliconWafer", "1400 KGM"), supply("electricity", "9 GWH"), supply("SF6", "400 KGM"),
         supply("CF4", "900 KGM")],
        activity={"substrate": "wafer300", "gases": [
            {"gas": "SF6", **use}, {"gas": "CF4", "process": "etching", **use}]},
    )
    return fab


def gases_that_a_fab_abates_by_word(market: Market) -> Lie:
    """A fab says that it burns 99 % of its etching gases, and names no test of any burner."""
    honest, fab = _wafers(market, "honest"), _wafers(market, "fab", abated="0.99", destruction="0.99")
    kept, owed = (market.footprint(one.name("wafer"))["footprint"] for one in (fab, honest))
    return Lie(fab, "wafer", owed - kept)


def cylinders_that_go_back_full(market: Market) -> Lie:
    """Of each etching gas 99 % goes back in its cylinder, so nearly nothing was used."""
    honest, fab = _wafers(market, "honest"), _wafers(market, "fab", heel="0.99")
    kept, owed = (market.footprint(one.name("wafer"))["footprint"] for one in (fab, honest))
    return Lie(fab, "wafer", owed - kept)


def _fab(market: Market, name: str, *gases: Supply, power: str = "9 GWH") -> Company:
    fab = market.company(name, "CN", "CN-JS")
    fab.product("wafer", "electronics", "H87", materials={"siliconWafer": "1"})
    fab.run(
        "electronics.semiconductor", [fab.out("wafer", "10000 H87", mass=kilograms("1250"))],
        [supply("siliconWafer", "1400 KGM"), supply("electricity", power), *gases],
        activity={"substrate": "wafer300"},
    )
    return fab


_ETCHING = (supply("SF6", "400 KGM"), supply("CF4", "900 KGM"))


def _against_honest(market: Market, *gases: Supply, power: str = "9 GWH") -> Lie:
    """What a fab hides against one that states 9 GWh, 400 kg of SF6 and 900 kg of CF4."""
    honest = _fab(market, "honest", *_ETCHING)
    market.begin_to_lie()
    fab = _fab(market, "fab", *gases, power=power)
    kept, owed = (market.footprint(one.name("wafer"))["footprint"] for one in (fab, honest))
    return Lie(fab, "wafer", owed - kept, honest=owed)


def gases_by_their_long_names(market: Market) -> Lie:
    """The fab buys sulphurHexafluoride and tetrafluoromethane, names that a sector's list of gases may not have."""
    owed = market.footprint(_fab(market, "honest", *_ETCHING).name("wafer"))["footprint"]
    market.begin_to_lie()
    fab = _fab(market, "fab", supply("sulphurHexafluoride", "400 KGM"), supply("tetrafluoromethane", "900 KGM"))
    return Lie(fab, "wafer", 7_376_234, honest=owed)


def etching_without_gases(market: Market) -> Lie:
    """A fab states no fluorinated gas at all."""
    return _against_honest(market)


def chips_on_a_candle(market: Market) -> Lie:
    """A fab states 50 MWh in place of 9 GWh, and no area."""
    return _against_honest(market, *_ETCHING, power="50 MWH")


def feather_wafers(market: Market) -> Lie:
    """Ten thousand wafers are said to weigh a hundredth, and take a hundredth of everything."""
    owed = market.footprint(_fab(market, "honest", *_ETCHING).name("wafer"))["footprint"]
    market.begin_to_lie()
    fab = market.company("fab", "CN", "CN-JS")
    fab.product("wafer", "electronics", "H87", materials={"siliconWafer": "1"})
    fab.run(
        "electronics.semiconductor", [fab.out("wafer", "10000 H87", mass=kilograms("12.5"))],
        [supply("siliconWafer", "14 KGM"), supply("electricity", "90 MWH"), supply("SF6", "4 KGM"),
         supply("CF4", "9 KGM")], activity={"substrate": "wafer300"})
    return Lie(fab, "wafer", owed - market.footprint(fab.name("wafer"))["footprint"])


def wafers_that_are_a_display(market: Market) -> Lie:
    """A fab of silicon wafers says that its substrate is a display, and states little power and no gas."""
    owed = market.footprint(_fab(market, "honest", *_ETCHING).name("wafer"))["footprint"]
    market.begin_to_lie()
    fab = market.company("fab", "CN", "CN-JS")
    fab.product("wafer", "electronics", "H87", materials={"silicon": "1"})
    fab.run("electronics.semiconductor", [fab.out("wafer", "10000 H87", mass=kilograms("1250"))],
            [supply("silicon", "1400 KGM"), supply("electricity", "50 MWH")], activity={"substrate": "display"})
    return Lie(fab, "wafer", owed - market.footprint(fab.name("wafer"))["footprint"])


def a_kilogram_of_etching_gas(market: Market) -> Lie:
    """A fab states one kg of a gas for ten thousand wafers."""
    return _against_honest(market, supply("CF4", "1 KGM"))


def _cars(market: Market, name: str, kilograms_each: int) -> Company:
    """A thousand cars."""
    works = market.company(name, "DE")
    works.product("car", "equipment", "H87", materials={"steel": "0.7", "aluminium": "0.1", "polypropylene": "0.2"})
    whole = kilograms_each * 1000
    works.run("equipment.vehicleAssembly", [works.out("car", "1000 H87", mass=kilograms(str(whole)))],
              [supply("chassisPart", f"{whole * 7 // 10} KGM"), supply("aluminiumCasting", f"{whole // 10} KGM"),
               supply("plasticCarPart", f"{whole // 5} KGM"), supply("electricity", "900 MWH")],
              activity={"powertrain": "diesel"})
    return works


def feather_cars(market: Market) -> Lie:
    """A thousand cars are said to weigh 14 kg each, and consist of a hundredth of their parts."""
    owed = market.footprint(_cars(market, "honest", 1400).name("car"))["footprint"]
    market.begin_to_lie()
    works = _cars(market, "works", 14)
    return Lie(works, "car", owed - market.footprint(works.name("car"))["footprint"])


def hydrogen_without_weight(market: Market) -> Lie:
    """A million cubic metres of hydrogen are said to weigh a thousandth, and are made of so much."""
    works = market.company("works", "DE")
    works.product("gas", "petrochemicals", "NM3", materials={"hydrogen": "1"})
    market.begin_to_lie()
    works.run("works.make", [works.out("gas", "1000000 NM3", mass=kilograms("100"))], [supply("hydrogen", "101 KGM")])
    return Lie(works, "gas", (89_900 - 101) * row("hydrogen/cradleToGate/*/2023"))


def gas_that_covers_the_melt(market: Market) -> Lie:
    """A casthouse covers its melt with two tonnes of SF6, and its route knows no such gas."""
    house = market.company("house", "NO").products("nonferrous", ingot="aluminium")
    market.begin_to_lie()
    house.run("nonferrous.aluminiumCasting", [house.out("ingot", "1000 TNE")],
              [supply("aluminium", "1010 TNE"), supply("SF6", "2 TNE"), supply("naturalGas", "35000 NM3", "26 TNE"),
               supply("electricity", "80 MWH")])
    return Lie(house, "ingot", 2_000 * SF6)


def carbon_dioxide_over_the_melt(market: Market) -> Lie:
    """A casthouse floods its moulds with bought carbon dioxide, which its route does not know."""
    house = market.company("house", "NO").products("nonferrous", ingot="aluminium")
    house.lying().run("nonferrous.aluminiumCasting", [house.out("ingot", "1000 TNE")],
                      [supply("aluminium", "1010 TNE"), supply("carbonDioxide", "2000 TNE"),
                       supply("naturalGas", "35000 NM3", "26 TNE"), supply("electricity", "80 MWH")])
    return Lie(house, "ingot", 2_000_000)


def _cast_under_gas(market: Market, ingot: dict[str, str], *, waste: bool = False) -> Lie:
    house = market.company("house", "NO").products("nonferrous", rest="SF6")
    house.product("ingot", "nonferrous", materials=ingot)
    market.begin_to_lie()
    rest = [house.out("rest", "2 TNE", "waste", origin="preConsumer")] if waste else []
    house.run("nonferrous.aluminiumCasting", [house.out("ingot", "1000 TNE"), *rest],
              [supply("aluminium", "1010 TNE"), supply("SF6", "2 TNE"), supply("naturalGas", "35000 NM3", "26 TNE"),
               supply("electricity", "80 MWH")])
    return Lie(house, "ingot", 2_000 * SF6)


def ingot_full_of_gas(market: Market) -> Lie:
    """Two tonnes of SF6 are within the ingots, by their materials."""
    return _cast_under_gas(market, {"aluminium": "0.998", "SF6": "0.002"})


def gas_that_is_waste(market: Market) -> Lie:
    """Two tonnes of SF6 leave as waste, and no document says where they go."""
    return _cast_under_gas(market, {"aluminium": "1"}, waste=True)


def lot_of_gas_in_the_switchgear(market: Market) -> Lie:
    """Half of the SF6 that a works takes as a lot is in no switchgear that it makes."""
    dealer = market.company("dealer", "DE")
    dealer.product("gas", "petrochemicals", materials={"SF6": "1"})
    dealer.declare(lot=dealer.out("gas", "8 TNE"), burdens={"fossilGhgEmissions": "120000"},
                   evidence=[evidence("productDeclaration")])
    works = market.company("works", "DE")
    works.product("gear", "equipment", "H87", materials={"steel": "0.6", "aluminium": "0.36", "SF6": "0.04"})
    bought = dealer.send("gas", "8 TNE", works)
    works.lying().run("equipment.assembly", [works.out("gear", "100 H87", mass=kilograms("100000"))],
                      [supply("steel", "60 TNE"), supply("aluminium", "36 TNE"), supply("electricity", "15 MWH")],
                      {bought: "8 TNE"})
    return Lie(works, "gear", 4_000 * SF6)


def _cells(company: Company, cathode: Any, **fields: Any) -> None:
    company.product("cell", "electronics", "H87", materials={"lithiumIonCell": "1"})
    company.run(
        "electronics.batteryCell", [company.out("cell", "500000 H87", mass=kilograms("500000"))],
        [cathode, supply("graphite", "120 TNE"), supply("electrolyte", "80 TNE"), supply("copperFoil", "50 TNE"),
         supply("aluminiumFoil", "30 TNE"), supply("separator", "20 TNE"), supply("electricity", "6000 MWH")],
        activity={"chemistry": "nmc", "capacity": {"value": "120", "unit": "MWH"}}, **fields,
    )


def pack_without_cells(market: Market) -> Lie:
    """Packs of steel and aluminium alone store sixty kilowatt hours each."""
    works = market.company("works", "CN", "CN-FJ")
    works.product("pack", "electronics", "H87", materials={"steel": "0.6", "aluminium": "0.4"})
    works.lying().run("electronics.batteryPack", [works.out("pack", "1000 H87", mass=kilograms("400000"))],
                      [supply("steel", "250 TNE"), supply("aluminium", "160 TNE"), supply("electricity", "120 MWH")],
                      activity={"chemistry": "nmc", "capacity": {"value": "60000", "unit": "KWH"}})
    return Lie(works, "pack", 0.65 * 400_000 * row("lithiumIonCell/cradleToGate/CN/2025"))


def _electric_cars(market: Market, **activity: Any) -> Lie:
    """A thousand electric cars of steel, aluminium and motors, without a battery of 60 kWh."""
    plant = market.company("plant", "CN", "CN-AH")
    plant.product("car", "equipment", "H87", materials={"steel": "0.8", "aluminium": "0.2"})
    plant.lying().run("equipment.vehicleAssembly", [plant.out("car", "1000 H87", mass=kilograms("1500000"))],
                      [supply("steel", "1250 TNE"), supply("aluminium", "300 TNE"), supply("electricity", "900 MWH")],
                      activity={"powertrain": "batteryElectric", "vehicle": "passengerCar", **activity})
    return Lie(plant, "car", 1000 * 60 / 0.15 * row("tractionBattery/cradleToGate/*/2021"))


def cars_with_a_battery_of_no_size(market: Market) -> Lie:
    """Electric cars have no battery among their parts, and the record leaves its capacity out."""
    return _electric_cars(market)


def cars_whose_battery_is_a_number(market: Market) -> Lie:
    """Electric cars state batteries of 60 kWh, which no lot and no supply brings."""
    return _electric_cars(market, batteryCapacity={"value": "60", "unit": "KWH"})


def modules_of_glass(market: Market) -> Lie:
    """Modules of glass and aluminium make power without a cell."""
    works = market.company("works", "CN", "CN-JS").products("electronics", module="photovoltaicModule")
    works.lying().run("electronics.photovoltaicModule", [works.out("module", "1000 TNE")],
                      [supply("glass", "750 TNE"), supply("aluminium", "300 TNE"), supply("electricity", "400 MWH")])
    return Lie(works, "module", 2_300_000 * row("solarCell/cradleToGate/*/2025"))


CATHODE = row("nmcCathode/cradleToGate/*/2021")


def cells_without_a_cathode(market: Market) -> Lie:
    """Two fifths of each cell are steel, and no supply is a cathode."""
    works = market.company("works", "CN", "CN-FJ")
    market.begin_to_lie()
    _cells(works, supply("steel", "210 TNE"))
    return Lie(works, "cell", 210_000 * (CATHODE - row("steel/cradleToGate/*/2019")))


def cathode_at_a_twentieth(market: Market) -> Lie:
    """The record prices its cathode powder by a factor of its own, a twentieth of the usual one, and shows nothing."""
    works = market.company("works", "CN", "CN-FJ")
    market.begin_to_lie()
    _cells(works, supply("nmcCathode", "210 TNE", factor=factor("0.87", "KGM")), evidence=[evidence("weighing")])
    return Lie(works, "cell", 210_000 * (CATHODE - 0.87))


def core_of_yesterday(market: Market) -> Lie:
    """New gearboxes go to a sister, who ends their life within the month and returns them as cores."""
    works = market.company("works", "DE")
    sister = market.company("sister", "DE", parent=works)
    gearbox = works.product("gearbox", "equipment", "H87", materials={"gearbox": "1"})
    works.run("equipment.assembly", [works.out("gearbox", "10 H87", mass=kilograms("4500"))],
              [supply("machinePart", "4500 KGM"), supply("electricity", "2000 KWH")])
    sold = works.send("gearbox", "10 H87", sister)
    market.begin_to_lie()
    core = sister.out(gearbox, "10 H87", "core", name="cores", mass=kilograms("4500"))
    sister.consume({sold: "10 H87"}, "finalUse", [core])
    _remanufacture(works, sister.send("cores", "10 H87", works))
    return Lie(works, "again", 3600 * MACHINE)


def swarf_that_carries_the_part(market: Market) -> Lie:
    """Two thirds of the aluminium becomes swarf, a co-product by mass, and leaves the ledger for next to nothing."""
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="aluminium", swarf="aluminium")
    market.begin_to_lie()
    shop.run("equipment.machining", [shop.out("part", "300 TNE"), shop.out("swarf", "690 TNE", "coProduct")],
             [supply("aluminium", "1000 TNE"), supply("electricity", "800 MWH")], activity={"operations": ["turning"]})
    shop.consume({"swarf": "690 TNE"}, "soldOutside", destination="a dealer")
    whole = 1e6 * row("aluminium/cradleToGate/CN/2012") + 8e5 * row("electricity/cradleToGate/CN/2024")
    return Lie(shop, "part", 690 / 990 * whole)


def swarf_by_mass_at_an_eighth_of_the_price(market: Market) -> Lie:
    """The shop states that a kg of swarf brings an eighth of a kg of parts, and shares by mass all the same."""
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="aluminium", swarf="aluminium")
    shop.lying().run("equipment.machining", [
        shop.out("part", "300 TNE", value="30000000 CNY"),
        shop.out("swarf", "690 TNE", "coProduct", value="8000000 CNY")],
        [supply("aluminium", "1000 TNE"), supply("electricity", "800 MWH")], activity={"operations": ["turning"]})
    whole = 1e6 * row("aluminium/cradleToGate/CN/2012") + 8e5 * row("electricity/cradleToGate/CN/2024")
    return Lie(shop, "part", (30 / 38 - 300 / 990) * whole)


def advice_that_carries_the_parts(market: Market) -> Lie:
    """Beside its parts the shop sells a hundred hours of advice, at three times the price of all parts."""
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="steel")
    shop.product("advice", "equipment", "HUR")
    shop.lying().run("equipment.assembly", [
        shop.out("part", "1000 TNE", value="1000000 CNY"),
        shop.out("advice", "100 HUR", "coProduct", value="3000000 CNY")],
        [supply("steel", "1005 TNE"), supply("electricity", "100 MWH")], allocation="value")
    return Lie(shop, "part", 0.75 * (1_005_000 * row("steel/cradleToGate/*/2019") + 1e5 * CHINA))


def lagoon_without_methane(market: Market) -> Lie:
    """An oil mill leads its waste water into a deep lagoon, and says that no methane forms there."""
    mill = market.company("mill", "CN", "CN-SD").products("consumer-goods", oil="rapeseedOil")
    mill.lying().run("consumer-goods.foodAndDrink", [mill.out("oil", "1000 TNE")],
                     [supply("rapeseedOil", "1010 TNE"), supply("electricity", "160 MWH")],
                     activity={"food": "oilAndFat", "effluents": [{
                         "treatment": "deepLagoon", "volume": {"value": "10000", "unit": "MTQ"}, "codIn": "50",
                         "methaneCorrection": "0"}]})
    return Lie(mill, "oil", 10_000 * 50 * 0.8 * 0.25 * 27)
