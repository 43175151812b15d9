"""Attempts that need nothing but a word: a cheap thing with the name of a dear one, a plant that is good by name."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, nature, row, supply

from ledger.core.record.values import Quantity
from ledger.footprint.stored.gwp import AR6

N2O = float(AR6["N2O"])
CELL = row("lithiumIonCell/cradleToGate/CN/2025")


def _tonnes(value: int) -> Quantity:
    return Quantity(value=str(value), unit="TNE")


def cells_of_sodium_sulphate(market: Market) -> Lie:
    """Sodium is part of the names of cathodes, so the cathode of these lithium cells is sodium sulphate."""
    works = market.company("works", "CN", "CN-FJ")
    works.product("cell", "electronics", "H87", materials={"lithiumIonCell": "1"})
    works.lying().run(
        "electronics.batteryCell", [works.out("cell", "500000 H87", mass=_tonnes(500))],
        [supply("sodiumSulphate", "210 TNE"), supply("graphite", "120 TNE"), supply("electrolyte", "80 TNE"),
         supply("copperFoil", "50 TNE"), supply("aluminiumFoil", "30 TNE"), supply("separator", "20 TNE"),
         supply("electricity", "6000 MWH")],
        activity={"chemistry": "nmc", "capacity": {"value": "120", "unit": "MWH"}},
    )
    cheap = row("sodiumSulphate/cradleToGate/*/2014")
    return Lie(works, "cell", 210_000 * (row("nmcCathode/cradleToGate/*/2021") - cheap))


def packs_of_sodium_sulphate(market: Market) -> Lie:
    """And the cells of these packs are sodium sulphate too."""
    works = market.company("works", "CN", "CN-FJ")
    works.product("pack", "electronics", "H87", materials={"steel": "0.6", "aluminium": "0.4"})
    works.lying().run("electronics.batteryPack", [works.out("pack", "1000 H87", mass=_tonnes(400))],
                      [supply("steel", "200 TNE"), supply("aluminium", "130 TNE"), supply("sodiumSulphate", "85 TNE"),
                       supply("electricity", "120 MWH")],
                      activity={"chemistry": "nmc", "capacity": {"value": "60000", "unit": "KWH"}})
    return Lie(works, "pack", 0.65 * 400_000 * CELL)


def modules_with_a_trace_of_silicon(market: Market) -> Lie:
    """Two kilograms of silicon make the cells of a tonne of modules."""
    works = market.company("works", "CN", "CN-JS")
    works.product("module", "electronics", materials={"glass": "0.75", "aluminium": "0.2"})
    works.lying().run("electronics.photovoltaicModule", [works.out("module", "1000 TNE")],
                      [supply("glass", "790 TNE"), supply("aluminium", "220 TNE"), supply("silicon", "2.1 TNE"),
                       supply("electricity", "400 MWH")])
    return Lie(works, "module", 2_300_000 * row("solarCell/cradleToGate/*/2025"))


def acid_without_pressure(market: Market) -> Lie:
    """An acid plant says that it works at the pressure of the air, where less N2O forms."""
    works = market.company("works", "CN", "CN-SD").products("petrochemicals", acid="nitricAcid")
    works.lying().run("petrochemicals.nitricAcid", [works.out("acid", "600 TNE")],
                      [supply("ammonia", "172 TNE"), nature("air", "500 TNE"), nature("water", "50 TNE"),
                       supply("electricity", "20 MWH")], activity={"technology": "atmospheric"})
    return Lie(works, "acid", 600 * 4 * N2O)


def _oil(market: Market, **effluent: Any) -> Lie:
    """An oil mill with 500 t of COD in a deep lagoon: 500 t * 0.25 * 0.8 = 100 t of methane, of biomass."""
    works = market.company("works", "CN", "CN-SD").products("consumer-goods", oil="palmOil")
    works.lying().run(
        "consumer-goods.foodAndDrink", [works.out("oil", "1000 TNE")],
        [supply("rapeseedOil", "1010 TNE"), supply("electricity", "160 MWH")],
        activity={"food": "oilAndFat", "effluents": [
            {"treatment": "deepLagoon", "volume": {"value": "10000", "unit": "MTQ"}, "codIn": "50", **effluent}]},
    )
    return Lie(works, "oil", 100_000 * float(AR6["CH4biogenic"]))


def lagoon_that_forms_no_methane(market: Market) -> Lie:
    """The correction factor of the lagoon is zero, by measurement."""
    return _oil(market, methaneCorrection="0")


def lagoon_that_only_forms_sludge(market: Market) -> Lie:
    """All COD of the lagoon becomes sludge."""
    return _oil(market, sludge={"value": "500", "unit": "TNE"})


def lagoon_that_loses_nothing(market: Market) -> Lie:
    """All methane of the lagoon is captured and burnt."""
    return _oil(market, recovered={"value": "100", "unit": "TNE"})


def lagoon_that_changes_nothing(market: Market) -> Lie:
    """The water leaves the lagoon with all of its COD."""
    return _oil(market, codOut="50")


def cement_of_no_type(market: Market) -> Lie:
    """A mill writes down most of its clinker as fly ash, and states no type of cement: usual is 17 % of ash."""
    mill = market.company("mill", "CN", "CN-AH").products("building-materials", cement="cement")
    mill.lying().run(
        "building-materials.cement", [mill.out("cement", "1000 TNE")],
        [supply("clinker", "240 TNE"), supply("flyAsh", "715 TNE"), supply("gypsum", "50 TNE"),
         supply("electricity", "38 MWH")],
    )
    return Lie(mill, "cement", (715_000 - 175_000) * row("clinker/cradleToGate/*/2024"))


def glass_that_keeps_its_soda(market: Market) -> Lie:
    """Soda ash and dolomite go through the furnace and are not calcined."""
    works: Company = market.company("works", "CN", "CN-HE").products("building-materials", glass="glass")
    works.lying().run(
        "building-materials.flatGlass", [works.out("glass", "1000 TNE")],
        [supply("sand", "720 TNE"), supply("sodaAsh", "230 TNE"), supply("dolomite", "190 TNE"),
         supply("naturalGas", "190000 NM3", "143 TNE"), supply("electricity", "150 MWH")],
        activity={"carbonates": {"sodaAsh": {"calcined": "0"}, "dolomite": {"calcined": "0"}}},
    )
    return Lie(works, "glass", 230_000 * 0.41492 + 190_000 * 0.47732)


def coolant_of_a_name_of_its_own(market: Market) -> Lie:
    """A maltings tops up its cooling with 500 kg of R507A, which it calls a cold mix; the dealer states its making."""
    works = market.company("works", "CN", "CN-SD").products("consumer-goods", malt="malt")
    works.lying().run(
        "consumer-goods.foodAndDrink", [works.out("malt", "400 TNE")],
        [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), supply("naturalGas", "310 MWH"),
         supply("coldMix", "500 KGM", factor=factor("3", "KGM"))],
        activity={"food": "malt"}, evidence=[evidence("supplierFactor:coldMix")],
    )
    return Lie(works, "malt", 500 * (0.5 * float(AR6["HFC125"]) + 0.5 * float(AR6["HFC143a"])))


def pots_without_anode_effects(market: Market) -> Lie:
    """A potline states one anode effect in ten thousand days, and anodes with hardly the carbon that metal takes."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    smelter.lying().run(
        "nonferrous.aluminiumElectrolysis", [smelter.out("metal", "1000 TNE")],
        [supply("alumina", "1925 TNE"), supply("anode", "490 TNE"), supply("electricity", "13900 MWH")],
        activity={"anodeNetConsumption": "0.4", "sulphur": "0.1", "ash": "0.06", "anodeEffects": {
            "frequency": "0.0001", "minutes": "0.001", "technology": "pfpbLarge"}},
    )
    effects = 0.034 * float(AR6["CF4"]) + 0.0034 * float(AR6["C2F6"])
    return Lie(smelter, "metal", 1000 * (effects + 1503.04 - 336 * 44 / 12))


def ship_that_loses_no_gas(market: Market) -> Lie:
    """A ship on liquefied gas states that no methane passes its engines."""
    ship = market.company("ship", "NO")
    ship.product("freight", "logistics", "TKM")
    market.begin_to_lie()
    ship.run("logistics.transport", [ship.out("freight", "100000000 TKM")], [supply("lng", "180 TNE")], activity={
        "mode": "sea", "methaneSlip": "0", "consignments": [
            {"lot": ship.name("freight"), "mass": {"value": "10000", "unit": "TNE"},
             "distance": {"value": "10000", "unit": "KMT"}}]})
    return Lie(ship, "freight", 180_000 * 0.031 * float(AR6["CH4"]))


def cells_of_thirty_tonnes(market: Market) -> Lie:
    """The cells of all modules are one piece of thirty tonnes, at the price of a piece."""
    works = market.company("works", "CN", "CN-JS")
    works.product("module", "electronics", materials={"glass": "0.75", "aluminium": "0.2"})
    market.begin_to_lie()
    works.run("electronics.photovoltaicModule", [works.out("module", "1000 TNE")],
              [supply("glass", "790 TNE"), supply("aluminium", "220 TNE"), supply("solarCell", "1 C62", "30 TNE"),
               supply("electricity", "400 MWH")])
    return Lie(works, "module", 2_300_000 * row("solarCell/cradleToGate/*/2025"))


def milk_of_the_tap(market: Market) -> Lie:
    """Two thirds of the milk are water that came from nature."""
    dairy = market.company("dairy", "DE").products("consumer-goods", milk="milk")
    dairy.lying().run("consumer-goods.foodAndDrink", [dairy.out("milk", "1000 TNE")],
                      [supply("milk", "330 TNE"), nature("water", "680 TNE"), supply("electricity", "60 MWH"),
                       supply("naturalGas", "300 MWH")], activity={"food": "dairy"})
    return Lie(dairy, "milk", (680_000 - 202_000) * row("milk/cradleToGate/*/2010"))


def fridges_without_their_gas(market: Market) -> Lie:
    """Twenty thousand fridges with 0.2 kg of refrigerant each are shredded, and nobody says where it went."""
    yard = market.company("yard", "CN", "CN-SD")
    yard.product("fridge", "circular", "H87", materials={"steel": "0.7", "polystyrene": "0.29", "HFC134a": "0.004"})
    yard.products("circular", steel="steel", rest="polystyrene")
    yard.collect(yard.out("fridge", "20000 H87", "waste", origin="postConsumer", mass=_tonnes(1000)))
    yard.lying().run("circular.dismantling", [yard.out("steel", "690 TNE"),
                                              yard.out("rest", "280 TNE", "waste", origin="postConsumer")],
                     [supply("electricity", "60 MWH")], {"fridge": "20000 H87"},
                     {"item": "appliance", "methods": ["depollution", "shredding"]})
    return Lie(yard, "steel", 4_000 * float(AR6["HFC134a"]))


def malt_on_gas_of_nothing(market: Market) -> Lie:
    """A maltings dries with the biogas of its own waste water, and has no waste water."""
    works = market.company("works", "DE").products("consumer-goods", malt="malt")
    works.lying().run("consumer-goods.foodAndDrink", [works.out("malt", "400 TNE")],
                      [supply("barley", "480 TNE"), supply("electricity", "48 MWH")],
                      activity={"food": "malt", "ownFuels": [
                          {"kind": "biogas", "quantity": {"value": "40", "unit": "TNE"}, "heatingValue": "28"}]})
    gas = row("naturalGas/combustion/*/2006") + row("naturalGas/wellToTank/EU/2017")
    return Lie(works, "malt", 40_000 * 28 / 36 * gas)


def paper_of_chalk(market: Market) -> Lie:
    """Two thirds of the paper are chalk, which no material of the product states."""
    mill = market.company("mill", "CN", "CN-SD").products("consumer-goods", paper="paper")
    mill.lying().run("consumer-goods.papermaking", [mill.out("paper", "1000 TNE")],
                     [supply("mechanicalPulp", "310 TNE"), supply("calciumCarbonate", "730 TNE"),
                      supply("electricity", "100 MWH"), supply("naturalGas", "70000 NM3", "52 TNE")])
    return Lie(mill, "paper", 490_000 * row("pulp/cradleToGate/*/2019"))


def oxygen_that_passes_a_gasifier(market: Market) -> Lie:
    """A gasifier of coal buys thirty times as much oxygen as its hydrogen weighs, sells it on, and shares by moles."""
    works = market.company("works", "CN", "CN-SD").products("petrochemicals", hydrogen="hydrogen", oxygen="oxygen")
    works.lying().run("petrochemicals.hydrogen",
                      [works.out("hydrogen", "100 TNE"), works.out("oxygen", "3000 TNE", "coProduct")],
                      [supply("bituminous", "900 TNE"), nature("water", "1000 TNE"), nature("air", "600 TNE"),
                       supply("oxygen", "3000 TNE"), supply("electricity", "50 MWH")],
                      activity={"method": "gasification"}, allocation="moles")
    return Lie(works, "hydrogen", 1_300_000)
