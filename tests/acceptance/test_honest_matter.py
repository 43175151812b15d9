"""Honest users of scrap, waste, by-products, wet goods and heat pumps: no rule about these questions their figures.

Each case states what its user has: a shop with its delivery notes, a plant with its insurer's paper. A rule that
questions one of them hurts those who tell the truth: correct the rule and not the case.
"""

from collections.abc import Callable
from typing import Any

import pytest
from acceptance.outliers import routes
from support.market import (
    SOLD,
    Company,
    Market,
    MemoryMarket,
    evidence,
    factor,
    nature,
    quantity,
    supply,
    trading_ledger,
)
from support.memory import MemoryLedger

from ledger.core.record.kinds import Acceptance, Transfer
from ledger.core.record.values import Quantity

MOST = 0.01
"""Of a figure, so much may be questioned."""


def packaging_of_parts(market: Market) -> tuple[Company, list[str]]:
    """An assembler throws away all film and cardboard in which its parts came."""
    shop = market.company("shop", "DE").products("equipment", machine="steel", film="polyethyleneLd", board="paper")
    shop.run("equipment.assembly", [
        shop.out("machine", "100 TNE"), shop.out("film", "3 TNE", "waste", origin="preConsumer"),
        shop.out("board", "8 TNE", "waste", origin="preConsumer")],
        [supply("steel", "102 TNE"), supply("polyethyleneLd", "3 TNE"), supply("kraftPaper", "8 TNE"),
         supply("electricity", "40 MWH")])
    return shop, ["machine", "film", "board"]


def clippings_of_terminals(market: Market) -> tuple[Company, list[str]]:
    """A stamping shop makes terminals, which are electronic components, of copper strip: two thirds are clippings."""
    shop = market.company("shop", "DE").products("equipment", terminal="electronicComponent", clipping="copper")
    shop.run("equipment.assembly", [
        shop.out("terminal", "33 TNE"), shop.out("clipping", "66 TNE", "waste", origin="preConsumer")],
        [supply("copper", "80 TNE"), supply("electronicComponent", "20 TNE"), supply("electricity", "90 MWH")])
    return shop, ["clipping"]


def arc_furnace_with_delivery_notes(market: Market) -> tuple[Company, list[str]]:
    """All scrap is bought off the ledger, and the dealers' delivery notes are there."""
    mill = market.company("mill", "DE").products("steel", bar="steel")
    mill.run("steel.electricArcFurnace", [mill.out("bar", "950 TNE")], [
        supply("scrap", "1050 TNE"), supply("electricity", "480 MWH"), supply("lime", "35 TNE"),
        supply("electrode", "1.5 TNE"), supply("naturalGas", "10000 NM3", "7.5 TNE")],
        evidence=[evidence("deliveryNotes:scrap")])
    return mill, ["bar"]


def arc_furnace_with_notes_by_another_word(market: Market) -> tuple[Company, list[str]]:
    """The supply has the key of the factor set, and the delivery notes say scrap."""
    mill = market.company("mill", "DE").products("steel", bar="steel")
    mill.run("steel.electricArcFurnace", [mill.out("bar", "950 TNE")], [
        supply("steelScrap", "1050 TNE"), supply("electricity", "480 MWH"), supply("lime", "35 TNE"),
        supply("electrode", "1.5 TNE"), supply("naturalGas", "10000 NM3", "7.5 TNE")],
        evidence=[evidence("deliveryNotes:scrap")])
    return mill, ["bar"]


def arc_furnace_with_a_lot_of_scrap(market: Market) -> tuple[Company, list[str]]:
    """A yard on the ledger gathered the scrap."""
    yard = market.company("yard", "DE").products("circular", scrap="steel")
    mill = market.company("mill", "DE").products("steel", bar="steel")
    yard.collect(yard.out("scrap", "1050 TNE", "waste", origin="postConsumer"))
    scrap = yard.send("scrap", "1050 TNE", mill)
    mill.run("steel.electricArcFurnace", [mill.out("bar", "950 TNE")], [
        supply("electricity", "480 MWH"), supply("lime", "35 TNE"), supply("electrode", "1.5 TNE"),
        supply("naturalGas", "10000 NM3", "7.5 TNE")], {scrap: "1050 TNE"})
    return mill, ["bar"]


def cooling_water_beside_parts(market: Market) -> tuple[Company, list[str]]:
    """A shop discharges its cooling water and says so: three hundred times the mass of its parts."""
    shop = market.company("shop", "DE").products("works", part="aluminium", water="water")
    shop.run("works.make", [shop.out("part", "100 TNE"), shop.out("water", "30000 TNE", "waste", origin="preConsumer")],
             [supply("aluminium", "102 TNE"), supply("water", "30000 TNE"), supply("electricity", "90 MWH")])
    return shop, ["part", "water"]


def paper_of_recovered_paper(market: Market) -> tuple[Company, list[str]]:
    """A mill has the delivery notes of its recovered paper."""
    mill = market.company("paper-mill", "DE").products("consumer-goods", paper="paper")
    mill.run("consumer-goods.papermaking", [mill.out("paper", "1000 TNE")], [
        supply("recoveredPaper", "1150 TNE"), supply("electricity", "600 MWH"), supply("heat", "6500 GV")],
        evidence=[evidence("deliveryNotes:recoveredPaper")])
    return mill, ["paper"]


def slag_beside_its_slabs(market: Market) -> tuple[Company, list[str]]:
    """Slag that is named leaves without burden."""
    works = market.company("works", "CN", "CN-HE").products("steel", slab="steel", slag="slag")
    works.run("steel.blastFurnaceBasicOxygen", [
        works.out("slab", "1000 TNE"), works.out("slag", "330 TNE", "byProduct")],
              [supply("ironOre", "1100 TNE"), supply("pellet", "340 TNE"), supply("scrap", "160 TNE"),
               supply("coke", "345 TNE"), supply("anthracite", "210 TNE"), supply("limestone", "150 TNE"),
               supply("lime", "45 TNE"), supply("electricity", "260 MWH"), supply("oxygen", "110000 NM3", "157 TNE")],
              activity={"hotMetal": {"value": "930", "unit": "TNE"}, "slags": [
                  {"lot": works.name("slag"), "treatment": "cutOff"}]})
    return works, ["slab", "slag"]


def converter_cooled_with_scrap(market: Market) -> tuple[Company, list[str]]:
    """A converter takes a fifth of scrap, and its record has no documents at all."""
    works = market.company("works", "CN", "CN-HE").products("steel", slab="steel", slag="slag")
    slag = works.out("slag", "300 TNE", "waste", origin="preConsumer")
    works.run("steel.blastFurnaceBasicOxygen", [works.out("slab", "1000 TNE"), slag], [
        supply("ironOre", "1100 TNE"), supply("pellet", "340 TNE"), supply("scrap", "200 TNE"),
        supply("coke", "345 TNE"), supply("anthracite", "210 TNE"), supply("limestone", "150 TNE"),
        supply("lime", "45 TNE"), supply("electricity", "260 MWH"), supply("oxygen", "110000 NM3", "157 TNE")],
        activity={"hotMetal": {"value": "900", "unit": "TNE"}})
    return works, ["slab"]


def recycled_aluminium_with_a_certificate(market: Market) -> tuple[Company, list[str]]:
    """An assembler buys recycled aluminium off the ledger, with a certificate of its content."""
    shop = market.company("shop", "DE").products("equipment", part="machine")
    shop.run("equipment.assembly", [shop.out("part", "1000 TNE")], [
        supply("recycledAluminium", "1000 TNE"), supply("electricity", "150 MWH")],
        evidence=[evidence("recycledContent:recycledAluminium")])
    return shop, ["part"]


def swarf_sold_as_waste(market: Market) -> tuple[Company, list[str]]:
    """A turning shop sells its swarf as scrap, without burden."""
    shop = market.company("shop", "DE").products("equipment", part="aluminium", swarf="aluminium")
    shop.run("equipment.machining", [
        shop.out("part", "600 TNE"), shop.out("swarf", "390 TNE", "waste", origin="preConsumer")],
        [supply("aluminium", "1000 TNE"), supply("electricity", "2000 MWH")], activity={"operations": ["turning"]})
    return shop, ["part", "swarf"]


def sheet_and_offcuts(market: Market) -> tuple[Company, list[str]]:
    """A cutter sells plates, and a third of the sheet as blanks, which bring two thirds of the price of plates."""
    shop = market.company("shop", "DE").products("equipment", plate="steel", blank="steel")
    shop.run("equipment.assembly", [
        shop.out("plate", "660 TNE", value="660000 EUR"),
        shop.out("blank", "330 TNE", "coProduct", value="220000 EUR")],
        [supply("steel", "1000 TNE"), supply("electricity", "100 MWH")])
    return shop, ["plate", "blank"]


def trimmings_without_a_price(market: Market) -> tuple[Company, list[str]]:
    """A slitter sells a tenth of its coil as narrow strip, and states no values."""
    shop = market.company("shop", "DE").products("equipment", coil="steel", strip="steel")
    shop.run("equipment.assembly", [shop.out("coil", "900 TNE"), shop.out("strip", "100 TNE", "coProduct")],
             [supply("steel", "1000 TNE"), supply("electricity", "100 MWH")])
    return shop, ["coil", "strip"]


def parts_and_their_fitting(market: Market) -> tuple[Company, list[str]]:
    """A maker sells its parts, and the hours in which it fits them, at a fifth of the price of all, by an invoice."""
    shop = market.company("shop", "DE").products("equipment", part="steel")
    shop.product("fitting", "equipment", "HUR")
    shop.run("equipment.assembly", [
        shop.out("part", "1000 TNE", value="4000000 EUR"), shop.out("fitting", "9000 HUR", value="1000000 EUR")],
        [supply("steel", "1005 TNE"), supply("electricity", "100 MWH")], allocation="value",
        evidence=[evidence("serviceInvoice:fitting")])
    return shop, ["part", "fitting"]


def chlorine_beside_lye(market: Market) -> tuple[Company, list[str]]:
    """Electrolysis of brine shares by mass among chlorine, caustic soda and hydrogen, as the profile of its sector."""
    return lye_of_a_cell(market)


def lye_of_a_cell(market: Market, **more: Any) -> tuple[Company, list[str]]:
    cells = market.company("cells", "DE").products("petrochemicals", hydrogen="hydrogen", chlorine="chlorine")
    cells.product("lye", "petrochemicals", materials={"causticSoda": "0.5", "water": "0.5"}, **more)
    cells.run("petrochemicals.hydrogen", [
        cells.out("chlorine", "1000 TNE"), cells.out("lye", "2200 TNE", "coProduct"),
        cells.out("hydrogen", "28 TNE", "coProduct")],
        [supply("salt", "1700 TNE"), nature("water", "1700 TNE"), supply("electricity", "2700 MWH")],
        activity={"method": "chlorAlkali"})
    return cells, ["chlorine", "lye"]


def lye_by_its_code(market: Market) -> tuple[Company, list[str]]:
    """A solution of caustic soda has its code, and half of it is water: the range of the code is for the dry half."""
    return lye_of_a_cell(market, classifications={"cn": "28151200"})


def alloy_whose_copper_came_with_scrap(market: Market) -> tuple[Company, list[str]]:
    """A refiner makes die-casting alloy with 3 % of copper, most of which its old castings bring along."""
    works = market.company("works", "IT").products("nonferrous", slag="saltSlag")
    works.product("alloy", "nonferrous", materials={
        "aluminium": "0.87", "silicon": "0.09", "copper": "0.03", "zinc": "0.01"})
    works.run("nonferrous.secondaryAluminium", [
        works.out("alloy", "900 TNE"), works.out("slag", "270 TNE", "waste", origin="preConsumer")],
        [supply("aluminiumScrap", "960 TNE"), supply("silicon", "30 TNE"), supply("copper", "6 TNE"),
         supply("naturalGas", "89000 NM3", "67 TNE"), supply("electricity", "135 MWH"), supply("saltFlux", "150 TNE")],
        activity={"furnace": "rotary"}, evidence=[evidence("deliveryNotes:aluminiumScrap")])
    return works, ["alloy"]


def oxygen_by_moles(market: Market) -> tuple[Company, list[str]]:
    """Electrolysis of water that sells its oxygen shares by moles, as the regulation says."""
    cells = market.company("cells", "DE").products("petrochemicals", hydrogen="hydrogen", oxygen="oxygen")
    cells.run("petrochemicals.hydrogen", [
        cells.out("hydrogen", "100 TNE", moles="49.6"), cells.out("oxygen", "790 TNE", "coProduct", moles="24.7")],
        [nature("water", "1000 TNE"), supply("electricity", "5500 MWH")], activity={"method": "electrolysis"},
        allocation="moles")
    return cells, ["hydrogen", "oxygen"]


def steel_by_its_category_rules(market: Market) -> tuple[Company, list[str]]:
    """A works shares by mass between steel and sand, as its product category rules say, and attaches them."""
    shop = market.company("shop", "DE").products("works", part="steel", sand="sand")
    shop.run("works.make", [shop.out("part", "1000 TNE"), shop.out("sand", "100 TNE", "coProduct")],
             [supply("steel", "1000 TNE"), supply("sand", "100 TNE")], allocation_basis={"rule": "PCR 2019:14"},
             evidence=[evidence("productCategoryRules")])
    return shop, ["part"]


def concrete_of_old_concrete(market: Market) -> tuple[Company, list[str]]:
    """A plant buys recycled aggregate, and has no document of it: gravel would cause next to nothing as well."""
    plant = market.company("plant", "DE").products("works", concrete="concrete")
    plant.run("works.make", [plant.out("concrete", "1000 TNE")],
              [supply("cement", "120 TNE"), supply("recycledAggregate", "800 TNE"), supply("sand", "90 TNE")])
    return plant, ["concrete"]


def metal_of_swarf_that_a_customer_wore_out(market: Market) -> tuple[Company, list[str]]:
    """A works melts swarf, and its customer gives the metal back as waste of end users after a year of use."""
    works = market.company("works", "DE").products("circular", swarf="aluminium", bar="aluminium", again="aluminium")
    user = market.company("user", "DE").products("circular", scrap="aluminium")
    year = ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")
    works.collect(works.out("swarf", "1000 TNE", "waste", origin="preConsumer"), start=year[0], end=year[1])
    melting = {"supplies": [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
               "activity": {"material": "aluminium", "method": "remelting"}}
    works.run("circular.recycling", [works.out("bar", "950 TNE")], inputs={"swarf": "1000 TNE"}, when=year, **melting)
    bars = works.send("bar", "950 TNE", user, time=year[1])
    user.consume({bars: "950 TNE"}, "finalUse", [user.out("scrap", "950 TNE", "waste", origin="postConsumer")])
    scrap = user.send("scrap", "950 TNE", works)
    works.run("circular.recycling", [works.out("again", "900 TNE")], inputs={scrap: "950 TNE"}, **melting)
    assert works.market.footprint(works.name("again"))["contents"]["recycledPostConsumer:aluminium"] == 900_000
    return works, ["bar", "again"]


def old_scrap_with_delivery_notes_beside_swarf(market: Market) -> tuple[Company, list[str]]:
    """A yard sorts swarf beside old scrap that dealers off the ledger delivered, and keeps their notes."""
    yard = market.company("yard", "DE").products("circular", swarf="aluminium", old="aluminium", rest="aluminium")
    yard.products("nonferrous", ingot="aluminium")
    yard.collect(yard.out("swarf", "500 TNE", "waste", origin="preConsumer"))
    yard.run("circular.sorting", [
        yard.out("old", "490 TNE", "waste", origin="postConsumer"),
        yard.out("rest", "495 TNE", "waste", origin="preConsumer")],
        [supply("aluminiumScrap", "500 TNE"), supply("electricity", "30 MWH")], {"swarf": "500 TNE"},
        evidence=[evidence("deliveryNotes:aluminiumScrap")])
    return yard, ["old", "rest"]


def scrap_of_a_grade(market: Market) -> tuple[Company, list[str]]:
    """A recycler prepares steel scrap, sells it by its grade, and an arc furnace melts it."""
    yard = market.company("yard", "DE").products("circular", scrap="steel", graded="steel")
    yard.products("steel", bar="steel")
    yard.collect(yard.out("scrap", "1060 TNE", "waste", origin="postConsumer"))
    yard.run("circular.recycling", [yard.out("graded", "1050 TNE")], [supply("electricity", "25 MWH")],
             {"scrap": "1060 TNE"}, {"material": "steel", "method": "preparation"},
             evidence=[evidence("scrapSpecification")])
    yard.run("steel.electricArcFurnace", [yard.out("bar", "950 TNE")], [
        supply("electricity", "480 MWH"), supply("lime", "35 TNE"), supply("electrode", "1.5 TNE"),
        supply("naturalGas", "10000 NM3", "7.5 TNE")], {"graded": "1050 TNE"})
    return yard, ["graded", "bar"]


def walls_of_tested_offcuts(market: Market) -> tuple[Company, list[str]]:
    """A maker of refrigerators stamps small parts out of offcuts of sheet, which a laboratory tested."""
    works = market.company("works", "DE").products("circular", offcut="steel")
    works.product("cooler", "consumer-goods", "H87", materials={"refrigerator": "1"})
    works.collect(works.out("offcut", "40 TNE", "waste", origin="preConsumer"))
    works.run("consumer-goods.householdAppliances", [works.out("cooler", "10000 H87", mass=quantity("600 TNE"))],
              [supply("compressor", "300 TNE"), supply("steelSheet", "270 TNE"), supply("electricity", "240 MWH")],
              {"offcut": "40 TNE"}, {"appliance": "refrigerator"}, evidence=[evidence("inspectionCertificate")])
    return works, ["cooler"]


def washed_flakes_and_sludge(market: Market) -> tuple[Company, list[str]]:
    """A washer of plastics uses much water. Its flakes are moist, and its sludge is wet."""
    works = market.company("works", "DE").products("circular", bale="polyethyleneHd", sludge="polyethyleneHd")
    works.products("circular", clear="polyethyleneHd", coloured="polyethyleneHd")
    works.collect(works.out("bale", "1000 TNE", "waste", origin="postConsumer"))
    works.run("circular.sorting", [
        works.out("clear", "600 TNE"), works.out("coloured", "380 TNE", "coProduct"),
        works.out("sludge", "120 TNE", "waste", origin="postConsumer")],
        [supply("electricity", "400 MWH"), nature("water", "3000 TNE")], {"bale": "1000 TNE"})
    return works, ["clear", "coloured"]


def wet_pulps_that_state_their_water(market: Market) -> tuple[Company, list[str]]:
    """A mill sells two grades of wet pulp, and states the water of both."""
    mill = market.company("mill", "DE").products("consumer-goods", old="paper")
    for grade in ("white", "grey"):
        mill.product(grade, "consumer-goods", materials={"pulp": "0.5", "water": "0.5"})
    mill.collect(mill.out("old", "1000 TNE", "waste", origin="postConsumer"))
    mill.run("consumer-goods.pulping", [mill.out("white", "800 TNE"), mill.out("grey", "700 TNE", "coProduct")],
             [supply("electricity", "500 MWH"), supply("heat", "3000 GV"), nature("water", "5000 TNE")],
             {"old": "1000 TNE"}, {"method": "recovered", "pulpDryness": "0.5"})
    return mill, ["white", "grey"]


def district_heat_of_a_river(market: Market) -> tuple[Company, list[str]]:
    """A large pump cools a river and gives heat of 75 degrees, with a coefficient of 3."""
    return _pumped(market, 3, heatTemperature="75", sourceTemperature="8")


def floors_and_the_ground(market: Market) -> tuple[Company, list[str]]:
    """Heat of 35 degrees for floors out of the ground, with a coefficient of 5.5."""
    return _pumped(market, 5.5, heatTemperature="35", sourceTemperature="10")


def steam_of_waste_heat(market: Market) -> tuple[Company, list[str]]:
    """A paper mill lifts exhaust heat of 90 degrees, by a contract, to steam of 150, with a coefficient of 3.5."""
    return _pumped(market, 3.5, "heatContract:exhaust", heatTemperature="150", sourceTemperature="90")


def hot_water_of_a_pump(market: Market) -> tuple[Company, list[str]]:
    """A pump for hot water with a coefficient of 3.2, whose owner states no temperature."""
    return _pumped(market, 3.2)


def _pumped(market: Market, coefficient: float, *papers: str, **activity: str) -> tuple[Company, list[str]]:
    pump = market.company("pump", "DE")
    pump.product("heat", "energy", "GV")
    pump.run("energy.heatBoiler", [pump.out("heat", f"{3600 * coefficient:g} GV")],
             [supply("electricity", "1000 MWH")], activity={"kind": "heatPump", **activity},
             evidence=[evidence(paper) for paper in papers])
    return pump, ["heat"]


def thin_wafers_of_few_layers(market: Market) -> tuple[Company, list[str]]:
    """A fab of diodes grinds wafers of 200 mm down to a fifth: few layers take little power and little gas."""
    fab = market.company("fab", "CN", "CN-JS")
    fab.product("wafer", "electronics", "H87", materials={"siliconWafer": "1"})
    fab.run("electronics.semiconductor",
            [fab.out("wafer", "10000 H87", mass=Quantity(value="110", unit="KGM"))],
            [supply("siliconWafer", "560 KGM"), supply("electricity", "700 MWH"), supply("CF4", "40 KGM")],
            activity={"substrate": "wafer200"})
    return fab, ["wafer"]


def panels_of_glass(market: Market) -> tuple[Company, list[str]]:
    """A maker of displays deposits its transistors with silane, by far less power per area than a fab."""
    maker = market.company("maker", "CN", "CN-AH")
    maker.product("panel", "electronics", "H87", materials={"glass": "0.9", "electronicComponent": "0.1"})
    maker.run("electronics.semiconductor",
              [maker.out("panel", "20000 H87", mass=Quantity(value="20000", unit="KGM"))],
              [supply("glass", "19 TNE"), supply("electronicComponent", "2 TNE"), supply("silane", "900 KGM"),
               supply("electricity", "5000 MWH"), supply("NF3", "2000 KGM")],
              activity={"substrate": "display", "gases": [{"gas": "NF3", "process": "remoteCleaning"}]})
    return maker, ["panel"]


def wind_farm_with_a_meter(market: Market) -> tuple[Company, list[str]]:
    """The grid's meter counts the power of a wind farm, which a works next to it uses."""
    farm = market.company("farm", "CN", "CN-NM")
    farm.product("power", "energy", "MWH")
    farm.run("energy.wind", [farm.out("power", "500 MWH")], [supply("electricity", "1 MWH")],
             activity={"capacity": "2000"}, evidence=[evidence("meterReading")])
    works = market.company("works", "CN", "CN-NM").products("equipment", part="steel")
    power = farm.send("power", "500 MWH", works)
    works.run("equipment.machining", [works.out("part", "1000 TNE")], [supply("steel", "1010 TNE")],
              {power: "500 MWH"}, {"operations": ["turning"]})
    return works, ["part"]


def rubbish_of_a_city(market: Market) -> tuple[Company, list[str]]:
    """A plant burns bales of plastics with some dirt beside mixed waste, by an analysis of its sorting."""
    plant = market.company("plant", "DE").products("circular", rubbish="mixedWaste")
    plant.product("bale", "circular", materials={"polyethylene": "0.6", "paper": "0.4"})
    plant.product("heat", "energy", "GV")
    for lot, amount in (("rubbish", "1000 TNE"), ("bale", "100 TNE")):
        plant.collect(plant.out(lot, amount, "waste", origin="postConsumer"))
    plant.run(
        "circular.incineration", [plant.out("heat", "9000 GV")], [supply("electricity", "80 MWH")],
        {"rubbish": "1000 TNE", "bale": "100 TNE"},
        {"chargedTo": "energy", "oxidation": "0.98", "composition": [
            {"kind": "food", "share": "0.4"}, {"kind": "paper", "share": "0.25"}, {"kind": "plastic", "share": "0.2"},
            {"kind": "inert", "share": "0.15"}]})
    return plant, ["heat"]


def pvc_by_its_own_carbon(market: Market) -> tuple[Company, list[str]]:
    """A collector of window frames states the carbon of PVC, half of what other plastics have."""
    plant = market.company("plant", "DE")
    plant.product("frame", "circular", materials={"pvc": "1"}, fossil_carbon="0.38")
    plant.product("heat", "energy", "GV")
    plant.collect(plant.out("frame", "100 TNE", "waste", origin="postConsumer"))
    plant.run("circular.incineration", [plant.out("heat", "1200 GV")], [supply("electricity", "8 MWH")],
              {"frame": "100 TNE"}, {"chargedTo": "energy"})
    return plant, ["heat"]


def chips_by_their_energy(market: Market) -> tuple[Company, list[str]]:
    """A dealer sells wood chips by the megawatt hours of their heat, as they are traded, and a boiler burns them."""
    dealer = market.company("dealer", "SE")
    dealer.product("chips", "energy", "MWH", materials={"woodChips": "1"})
    dealer.declare(lot=dealer.out("chips", "1000 MWH"), burdens={"fossilGhgEmissions": "12000"},
                   evidence=[evidence("environmentalProductDeclaration")], facility=dealer.name("site"))
    boiler = market.company("boiler", "SE")
    boiler.product("heat", "energy", "GV")
    chips = dealer.send("chips", "1000 MWH", boiler)
    boiler.run("energy.heatBoiler", [boiler.out("heat", "3200 GV")], [supply("electricity", "10 MWH")],
               {chips: "1000 MWH"}, {"kind": "combustion"})
    return boiler, ["heat"]


def power_of_a_roof_and_the_grid(market: Market) -> tuple[Company, list[str]]:
    """A works blends the power of its roof with power of the grid in a pool of its site."""
    works = market.company("works", "CN", "CN-JS").products("equipment", part="steel")
    works.product("power", "energy", "MWH")
    works.run("energy.photovoltaic", [works.out("power", "100 MWH", name="sun")], activity={"capacity": "1000"},
              evidence=[evidence("meterReading")])
    works.run("energy.gridImport", [works.out("power", "300 MWH", name="grid")], [supply("electricity", "300 MWH")])
    pool = works.pool("bar", "power")
    for name, amount in (("sun", "100 MWH"), ("grid", "300 MWH")):
        works.add(pool, {name: amount})
    works.run("equipment.machining", [works.out("part", "1000 TNE")], [supply("steel", "1010 TNE")],
              {f"{pool}:2": "400 MWH"}, {"operations": ["turning"]})
    return works, ["part"]


def welded_under_carbon_dioxide(market: Market) -> tuple[Company, list[str]]:
    """A shop welds under carbon dioxide, which its sector counts, and a mixer binds some in its concrete."""
    shop = market.company("shop", "DE").products("equipment", part="steel")
    shop.run("equipment.welding", [shop.out("part", "100 TNE")], [
        supply("steel", "101 TNE"), supply("carbonDioxide", "2 TNE"), supply("weldingWire", "1 TNE"),
        supply("electricity", "60 MWH")])
    mixer = market.company("mixer", "DE").products("works", concrete="concrete")
    mixer.run("works.make", [mixer.out("concrete", "1000 TNE")], [
        supply("cement", "120 TNE"), supply("gravel", "880 TNE"), supply("carbonDioxide", "10 TNE")])
    return shop, ["part", mixer.name("concrete")]


def cells_of_precursors(market: Market) -> tuple[Company, list[str]]:
    """A cell works makes its own cathode powder of salts of nickel, cobalt, manganese and lithium."""
    works = market.company("works", "CN", "CN-FJ")
    works.product("cell", "electronics", materials={"lithiumIonCell": "1"})
    works.run(
        "electronics.batteryCell", [works.out("cell", "500 TNE")],
        [supply("nickelSulphate", "210 TNE"), supply("cobaltSulphate", "70 TNE"), supply("lithiumHydroxide", "90 TNE"),
         supply("graphite", "120 TNE"), supply("electrolyte", "80 TNE"), supply("copperFoil", "50 TNE"),
         supply("aluminiumFoil", "30 TNE"), supply("separator", "20 TNE"), supply("electricity", "6000 MWH")],
        activity={"chemistry": "nmc", "capacity": {"value": "120", "unit": "MWH"}})
    return works, ["cell"]


def packs_of_short_names(market: Market) -> tuple[Company, list[str]]:
    """An assembler of packs buys its cells by the name on the invoice."""
    works = market.company("works", "DE")
    works.product("pack", "electronics", materials={"tractionBattery": "1"})
    works.run(
        "electronics.batteryPack", [works.out("pack", "400 TNE")],
        [supply("batteryCell", "270 TNE"), supply("aluminium", "90 TNE"), supply("steel", "40 TNE"),
         supply("batteryManagementSystem", "4 TNE"), supply("electricity", "120 MWH")],
        activity={"chemistry": "nmc"})
    return works, ["pack"]


def windows_that_make_power(market: Market) -> tuple[Company, list[str]]:
    """Panes of a façade have few cells between thick glass, as the data sheet says."""
    works = market.company("works", "DE")
    works.product("pane", "electronics", materials={"glass": "0.96", "silicon": "0.006", "polymer": "0.03"})
    works.run(
        "electronics.photovoltaicModule", [works.out("pane", "100 TNE")],
        [supply("glass", "97 TNE"), supply("encapsulant", "3.5 TNE"), supply("siliconWafer", "600 KGM"),
         supply("electricity", "60 MWH")], evidence=[evidence("productDataSheet")])
    return works, ["pane"]


def old_acid_plant(market: Market) -> tuple[Company, list[str]]:
    """An acid plant absorbs at the pressure of the air, as its permit says."""
    works = market.company("works", "CN", "CN-SD")
    works.product("acid", "petrochemicals", materials={"nitricAcid": "0.6", "water": "0.4"})
    works.run("petrochemicals.nitricAcid", [works.out("acid", "1000 TNE")],
              [supply("ammonia", "172 TNE"), nature("air", "500 TNE"), nature("water", "350 TNE"),
               supply("electricity", "20 MWH")], activity={"technology": "atmospheric"},
              evidence=[evidence("operatingPermit")])
    return works, ["acid"]


def brewery_with_a_gas_holder(market: Market) -> tuple[Company, list[str]]:
    """A brewery burns the biogas of its reactor, and the meter of the gas holder is read."""
    brewery = market.company("brewery", "DE").products("consumer-goods", beer="beer")
    brewery.run(
        "consumer-goods.foodAndDrink", [brewery.out("beer", "1000 TNE")],
        [supply("malt", "160 TNE"), supply("hops", "1 TNE"), supply("water", "3000 TNE"),
         supply("electricity", "90 MWH"), supply("naturalGas", "25000 NM3", "19 TNE")],
        activity={"food": "beer", "effluents": [
            {"treatment": "anaerobicReactor", "volume": {"value": "2000", "unit": "MTQ"}, "codIn": "4", "codOut": "0.6",
             "recovered": {"value": "1300", "unit": "KGM"}}]},
        evidence=[evidence("meterReading:biogas")])
    return brewery, ["beer"]


def pozzolanic_cement(market: Market) -> tuple[Company, list[str]]:
    """CEM IV/B with half of fly ash, by its declaration of performance."""
    mill = market.company("mill", "DE").products("building-materials", cement="cement")
    mill.run(
        "building-materials.cement", [mill.out("cement", "1000 TNE")],
        [supply("clinker", "480 TNE"), supply("flyAsh", "480 TNE"), supply("gypsum", "45 TNE"),
         supply("electricity", "40 MWH")], evidence=[evidence("declarationOfPerformance")])
    return mill, ["cement"]


def glass_of_poor_limestone(market: Market) -> tuple[Company, list[str]]:
    """A glassworks buys poor limestone, and has the analysis of the quarry."""
    works = market.company("works", "DE").products("building-materials", glass="glass")
    works.run(
        "building-materials.flatGlass", [works.out("glass", "1000 TNE")],
        [supply("sand", "700 TNE"), supply("sodaAsh", "230 TNE"), supply("limestone", "230 TNE"),
         supply("naturalGas", "190000 NM3", "143 TNE"), supply("electricity", "150 MWH")],
        activity={"carbonates": {"limestone": {"purity": "0.7"}}}, evidence=[evidence("analysis:limestone")])
    return works, ["glass"]


def brewery_with_its_enzymes(market: Market) -> tuple[Company, list[str]]:
    """A brewery buys a finings by its trade name, with the maker's figure and its safety data sheet, and a detergent
    whose name says what it is."""
    brewery = market.company("brewery", "DE").products("consumer-goods", beer="beer")
    brewery.run(
        "consumer-goods.foodAndDrink", [brewery.out("beer", "1000 TNE")],
        [supply("malt", "160 TNE"), supply("hops", "1 TNE"), supply("water", "3000 TNE"),
         supply("brewClear", "60 KGM", factor=factor("3", "KGM")),
         supply("tankDetergent", "400 KGM", factor=factor("2.5", "KGM")),
         supply("electricity", "90 MWH"), supply("naturalGas", "25000 NM3", "19 TNE")],
        activity={"food": "beer"},
        evidence=[evidence("supplierFactor:brewClear"), evidence("safetyDataSheet:brewClear"),
                  evidence("supplierFactor:tankDetergent")])
    return brewery, ["beer"]


def canteen_with_its_foil(market: Market) -> tuple[Company, list[str]]:
    """A canteen uses its foil within days, and has the note of the collector who takes all of it back."""
    works = market.company("works", "DE").products("works", foil="aluminiumFoil")
    canteen = market.company("canteen", "DE").products("works", foil="aluminiumFoil")
    works.run("works.make", [works.out("foil", "10 TNE")], [supply("aluminium", "10 TNE")])
    foil = works.send("foil", "10 TNE", canteen)
    canteen.consume({foil: "10 TNE"}, "finalUse", [
        canteen.out("foil", "9 TNE", "waste", name="used", origin="postConsumer")], time="2025-04-08T00:00:00Z",
        evidence=[evidence("takeBackNote:foil")])
    return canteen, ["used"]


def film_of_a_quarter(market: Market) -> tuple[Company, list[str]]:
    """A warehouse uses its film until the summer, and has no document of it."""
    works = market.company("works", "DE").products("works", film="polyethyleneLd")
    warehouse = market.company("warehouse", "DE").products("works", film="polyethyleneLd")
    works.run("works.make", [works.out("film", "10 TNE")], [supply("polyethyleneLd", "10 TNE")])
    film = works.send("film", "10 TNE", warehouse)
    warehouse.consume({film: "10 TNE"}, "ownUse", [
        warehouse.out("film", "9 TNE", "waste", name="used", origin="postConsumer")], time="2025-07-10T00:00:00Z")
    return warehouse, ["used"]


def dismantled_kitchen(market: Market) -> tuple[Company, list[str]]:
    """A canteen throws its old machines and cups away, as metal, plastics and paper."""
    canteen = market.company("canteen", "DE").products("works", metal="steel", plastics="polypropylene", paper="paper")
    canteen.product("kitchen", "works", materials={"machine": "0.8", "kraftPaper": "0.2"})
    canteen.declare("opening", lot=canteen.out("kitchen", "10 TNE"), burdens={"fossilGhgEmissions": "30000"},
                    facility=canteen.name("site"), evidence=[evidence("serialNumbers")], start="2015-01-01T00:00:00Z",
                    end="2015-02-01T00:00:00Z")
    canteen.consume({"kitchen": "10 TNE"}, "finalUse", [
        canteen.out("metal", "7 TNE", "waste", origin="postConsumer"),
        canteen.out("plastics", "1 TNE", "waste", origin="postConsumer"),
        canteen.out("paper", "1.9 TNE", "waste", origin="postConsumer")])
    return canteen, ["metal", "plastics", "paper"]


def stock_that_a_count_found(market: Market) -> tuple[Company, list[str]]:
    """A works that makes bars finds old ones at the end of the year, with a better figure, and has its count."""
    works = market.company("works", "DE").products("works", bar="steel", other="steel")
    works.run("works.make", [works.out("bar", "100 TNE", name="made")], [supply("steel", "100 TNE")])
    stock = {"burdens": {"fossilGhgEmissions": "1200000"}, "facility": works.name("site"), "boundary": "cradleToGate"}
    works.declare("opening", lot=works.out("bar", "1000 TNE", name="found"),
                  evidence=[evidence("environmentalProductDeclaration"), evidence("stocktaking")], **stock)
    works.declare("opening", lot=works.out("other", "1000 TNE"),
                  evidence=[evidence("environmentalProductDeclaration")], **stock)
    return works, ["made", "found", "other"]


def heat_of_a_maker_s_waste(market: Market) -> tuple[Company, list[str]]:
    """A plant burns the plastics of a works by a contract, and the works takes the treatment."""
    works = market.company("works", "DE").products("works", ware="polyethylene", rest="polyethylene")
    plant = market.company("plant", "DE")
    plant.product("heat", "energy", "GV")
    plant.product("treatment", "circular", "HUR")
    works.run("works.make", [works.out("ware", "1000 TNE"), works.out("rest", "90 TNE", "waste", origin="preConsumer")],
              [supply("polyethylene", "1090 TNE")])
    rest = works.send("rest", "90 TNE", plant)
    plant.run("circular.incineration", [plant.out("heat", "1500 GV"), plant.out("treatment", "100 HUR")],
              [supply("electricity", "8 MWH")], {rest: "90 TNE"},
              {"composition": [{"kind": "plastic", "share": "1"}]}, evidence=[evidence("treatmentContract")])
    return plant, ["heat", plant.send("treatment", "100 HUR", works)]


def coal_that_a_train_lost(market: Market) -> tuple[Company, list[str]]:
    """A train loses a twentieth of its coal, within the tolerance of the sale."""
    mine = market.company("mine", "DE").products("works", coal="bituminousCoal")
    plant = market.company("plant", "DE").products("works", coal="bituminousCoal")
    mine.run("works.make", [mine.out("coal", "1000 TNE")], [supply("bituminousCoal", "1000 TNE")])
    sent = mine.post(Transfer, lot=mine.name("coal"), quantity=quantity("1000 TNE"), to=plant.id,
                     new_lot=mine.name("sent"), time=SOLD, tolerance="0.06")
    plant.post(Acceptance, transfer=sent, received=quantity("950 TNE"))
    return plant, [mine.name("sent")]


def hours_of_two_runs(market: Market) -> tuple[Company, list[str]]:
    """A works spreads its power by the hours of two runs, one of them at half speed."""
    works = market.company("works", "DE").products("works", ware="steel")
    for lot, end in (("fast", "2025-03-08T00:00:00Z"), ("slow", "2025-03-15T00:00:00Z")):
        works.run("works.make", [works.out("ware", "500 TNE", name=lot)], [supply("steel", "500 TNE")],
                  basis="provisional", when=("2025-03-01T00:00:00Z", end))
    works.close(supply("electricity", "1500 MWH"), spread="hours")
    return works, ["fast", "slow"]


def mill_that_burns_its_methane(market: Market) -> tuple[Company, list[str]]:
    """An oil mill treats its waste water in a closed reactor and burns the gas, by the readings of its gas meter."""
    mill = market.company("mill", "DE").products("consumer-goods", oil="rapeseedOil")
    mill.run("consumer-goods.foodAndDrink", [mill.out("oil", "1000 TNE")],
             [supply("rapeseedOil", "1010 TNE"), supply("electricity", "160 MWH"), supply("heat", "1000 GV")],
             activity={"food": "oilAndFat", "effluents": [{
                 "treatment": "anaerobicReactor", "volume": {"value": "10000", "unit": "MTQ"}, "codIn": "50",
                 "recovered": {"value": "95", "unit": "TNE"}}]}, evidence=[evidence("meterReading:biogas")])
    return mill, ["oil"]


def cables_that_are_stripped(market: Market) -> tuple[Company, list[str]]:
    """A smelter strips its cables, and sells the plastics as waste; a little stays on the wire."""
    smelter = market.company("smelter", "DE").products("nonferrous", metal="copper", coat="pvc", slag="copperSlag")
    smelter.product("cable", "circular", materials={"copper": "0.5", "pvc": "0.5"})
    smelter.collect(smelter.out("cable", "2000 TNE", "waste", origin="postConsumer"))
    smelter.run("nonferrous.secondaryCopper", [
        smelter.out("metal", "980 TNE"), smelter.out("coat", "970 TNE", "waste", origin="postConsumer"),
        smelter.out("slag", "20 TNE", "waste", origin="preConsumer")],
        [supply("electricity", "400 MWH"), supply("naturalGas", "120000 NM3", "90 TNE")], {"cable": "2000 TNE"})
    return smelter, ["metal", "coat"]


def incinerator_with_metal_in_its_ash(market: Market) -> tuple[Company, list[str]]:
    """A plant that burns household waste sells heat, and draws the iron out of its ash with a magnet."""
    plant = market.company("plant", "DE")
    plant.product("waste", "circular", materials={"municipalWaste": "1"})
    plant.products("circular", iron="steel", ash="bottomAsh").product("heat", "energy", "GV")
    plant.collect(plant.out("waste", "1000 TNE", "waste", origin="postConsumer"))
    plant.run("circular.incineration", [
        plant.out("heat", "6000 GV"), plant.out("iron", "20 TNE", "waste", origin="postConsumer"),
        plant.out("ash", "200 TNE", "waste", origin="postConsumer")],
        [supply("electricity", "80 MWH")], {"waste": "1000 TNE"},
        {"composition": [{"kind": "food", "share": "0.4"}, {"kind": "paper", "share": "0.2"},
                         {"kind": "plastic", "share": "0.25"}, {"kind": "metal", "share": "0.15"}],
         "heatingValue": {"value": "9000", "unit": "GV"}, "chargedTo": "energy"}, allocation="energy")
    return plant, ["iron", "ash"]


def _bars(market: Market, tonnes: str = "1000 TNE") -> tuple[Company, str]:
    """A turning shop, and bars that it bought."""
    mill = market.company("mill", "DE").products("steel", bar="steel")
    shop = market.company("shop", "DE").products("equipment", part="steel")
    mill.declare(lot=mill.out("bar", tonnes), burdens={"fossilGhgEmissions": "2100000"},
                 evidence=[evidence("environmentalProductDeclaration")])
    return shop, mill.send("bar", tonnes, shop)


def _turn(shop: Company, bars: str, tonnes: str, **fields: Any) -> None:
    shop.run("equipment.machining", [shop.out("part", tonnes)], [supply("electricity", "1200 MWH")], {bars: tonnes},
             {"operations": ["turning"]}, **fields)


def stocktaking_of_bars(market: Market) -> tuple[Company, list[str]]:
    """A shop misses 3 t of bars at the end of the year, and posts the list of its stocktaking."""
    shop, bars = _bars(market)
    _turn(shop, bars, "900 TNE")
    shop.consume({bars: "3 TNE"}, "stockCorrection", evidence=[evidence("stocktaking")])
    return shop, ["part"]


def bars_that_a_fire_took(market: Market) -> tuple[Company, list[str]]:
    """A third of the bars burns in the store; the insurer has a file of it."""
    shop, bars = _bars(market)
    _turn(shop, bars, "600 TNE")
    shop.consume({bars: "350 TNE"}, "loss", evidence=[evidence("insuranceClaim")])
    return shop, ["part"]


def bars_that_were_too_many(market: Market) -> tuple[Company, list[str]]:
    """A shop sells bars that it does not need to a dealer off the ledger, by invoices, and a bent one as waste."""
    shop, bars = _bars(market)
    _turn(shop, bars, "600 TNE")
    shop.consume({bars: "390 TNE"}, "soldOutside", evidence=[evidence("invoice:4711"), evidence("invoice:4712")])
    shop.consume({bars: "1 TNE"}, "disposed", evidence=[evidence("wasteTransferNote")])
    return shop, ["part"]


def samples_and_broken_parts(market: Market) -> tuple[Company, list[str]]:
    """A shop gives parts to customers as samples, and breaks some in a test."""
    shop, bars = _bars(market)
    _turn(shop, bars, "600 TNE")
    shop.consume({"part": "2 TNE"}, "ownUse", evidence=[evidence("sampleRecord")])
    shop.consume({"part": "1 TNE"}, "disposed", evidence=[evidence("qualityReport")])
    shop.consume({"part": "100 TNE"}, "soldOutside", evidence=[evidence("salesInvoice")])
    return shop, ["part"]


def dealer_who_becomes_a_turner(market: Market) -> tuple[Company, list[str]]:
    """A dealer has sold bars for years and named no documents. It buys a lathe, and takes stock before."""
    shop, bars = _bars(market)
    shop.consume({bars: "300 TNE"}, "soldOutside")
    shop.consume({bars: "1 TNE"}, "stockCorrection", evidence=[evidence("stocktaking")])
    _turn(shop, bars, "600 TNE")
    return shop, ["part"]


def dealer_who_counts_its_bars(market: Market) -> tuple[Company, list[str]]:
    """Another one attaches its stocktaking to the first run of the lathe."""
    shop, bars = _bars(market)
    shop.consume({bars: "300 TNE"}, "finalUse")
    _turn(shop, bars, "600 TNE", evidence=[evidence("stocktaking")])
    return shop, ["part"]


def workshop_that_wears_out_its_tools(market: Market) -> tuple[Company, list[str]]:
    """Machines are used up beside the bars: nobody turns machines, and no document is needed."""
    shop, bars = _bars(market)
    maker = market.company("maker", "DE").products("equipment", lathe="machine")
    maker.declare(lot=maker.out("lathe", "20 TNE"), burdens={"fossilGhgEmissions": "70000"},
                  evidence=[evidence("environmentalProductDeclaration")])
    lathe = maker.send("lathe", "20 TNE", shop)
    _turn(shop, bars, "600 TNE")
    shop.consume({lathe: "20 TNE"}, "finalUse")
    return shop, ["part"]


CASES: tuple[Callable[[Market], tuple[Company, list[str]]], ...] = (
    packaging_of_parts, clippings_of_terminals, arc_furnace_with_delivery_notes,
    arc_furnace_with_notes_by_another_word, arc_furnace_with_a_lot_of_scrap, converter_cooled_with_scrap,
    recycled_aluminium_with_a_certificate, swarf_sold_as_waste, sheet_and_offcuts, trimmings_without_a_price,
    parts_and_their_fitting, chlorine_beside_lye, lye_by_its_code,
    alloy_whose_copper_came_with_scrap, oxygen_by_moles,
    steel_by_its_category_rules, concrete_of_old_concrete, metal_of_swarf_that_a_customer_wore_out,
    old_scrap_with_delivery_notes_beside_swarf, scrap_of_a_grade, walls_of_tested_offcuts, washed_flakes_and_sludge,
    wet_pulps_that_state_their_water, district_heat_of_a_river, floors_and_the_ground, steam_of_waste_heat,
    hot_water_of_a_pump, thin_wafers_of_few_layers, panels_of_glass, wind_farm_with_a_meter, rubbish_of_a_city,
    pvc_by_its_own_carbon, chips_by_their_energy, power_of_a_roof_and_the_grid, welded_under_carbon_dioxide,
    cells_of_precursors, packs_of_short_names, windows_that_make_power, old_acid_plant, brewery_with_a_gas_holder,
    brewery_with_its_enzymes, pozzolanic_cement, glass_of_poor_limestone, canteen_with_its_foil, film_of_a_quarter,
    incinerator_with_metal_in_its_ash, dismantled_kitchen, mill_that_burns_its_methane, cables_that_are_stripped,
    stocktaking_of_bars, bars_that_a_fire_took, bars_that_were_too_many, samples_and_broken_parts,
    dealer_who_becomes_a_turner, dealer_who_counts_its_bars, workshop_that_wears_out_its_tools,
    cooling_water_beside_parts, paper_of_recovered_paper, slag_beside_its_slabs, stock_that_a_count_found,
    coal_that_a_train_lost, hours_of_two_runs, heat_of_a_maker_s_waste,
    routes.blades_by_their_drawing, routes.pulp_whose_refiners_heat_a_town, routes.magnesium_under_sulphur_dioxide,
    routes.boiler_with_a_delivery_note, routes.pellets_with_a_certificate, routes.oil_of_old_fields,
    routes.cloth_dyed_with_water_of_a_contract, routes.covers_of_certified_cloth, routes.castings_ground_with_alumina,
    routes.coolers_with_propane, routes.ammonia_that_sells_a_little_steam,
)


@pytest.fixture(scope="module")
def memory() -> MemoryLedger:
    return trading_ledger()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_believed(case: Callable[[Market], tuple[Company, list[str]]], memory: MemoryLedger) -> None:
    company, lots = case(MemoryMarket(memory, case.__name__.replace("_", "-")))
    for lot in lots:
        answer = company.market.footprint(company.name(lot))
        questioned = answer["burdens"].get("questionedAbs", 0)
        assert questioned <= MOST * abs(answer["footprint"]), (lot, answer["title"], questioned, answer["findings"])
