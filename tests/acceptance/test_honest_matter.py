"""Honest users of scrap, waste and by-products: no rule about these questions their figures.

Each case states what its user has: a shop with its delivery notes, a plant with its insurer's paper. A rule that
questions one of them hurts those who tell the truth: correct the rule and not the case.
"""

from collections.abc import Callable, Iterator

import pytest
from support.market import Company, Market, evidence, nature, supply, trading_server
from support.server import Server

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
    """A maker sells its parts, and the hours in which it fits them, at a fifth of the price of all."""
    shop = market.company("shop", "DE").products("equipment", part="steel")
    shop.product("fitting", "equipment", "HUR")
    shop.run("equipment.assembly", [
        shop.out("part", "1000 TNE", value="4000000 EUR"), shop.out("fitting", "9000 HUR", value="1000000 EUR")],
        [supply("steel", "1005 TNE"), supply("electricity", "100 MWH")], allocation="value")
    return shop, ["part", "fitting"]


def chlorine_beside_lye(market: Market) -> tuple[Company, list[str]]:
    """Electrolysis of brine shares by mass among chlorine, caustic soda and hydrogen, as the profile of its sector."""
    cells = market.company("cells", "DE").products("petrochemicals", hydrogen="hydrogen", chlorine="chlorine")
    cells.product("lye", "petrochemicals", materials={"causticSoda": "0.5", "water": "0.5"})
    cells.run("petrochemicals.hydrogen", [
        cells.out("chlorine", "1000 TNE"), cells.out("lye", "2200 TNE", "coProduct"),
        cells.out("hydrogen", "28 TNE", "coProduct")],
        [supply("salt", "1700 TNE"), nature("water", "1700 TNE"), supply("electricity", "2700 MWH")],
        activity={"method": "chlorAlkali"})
    return cells, ["chlorine", "lye"]


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


CASES: tuple[Callable[[Market], tuple[Company, list[str]]], ...] = (
    packaging_of_parts, clippings_of_terminals, arc_furnace_with_delivery_notes, arc_furnace_with_a_lot_of_scrap,
    converter_cooled_with_scrap, recycled_aluminium_with_a_certificate, swarf_sold_as_waste, sheet_and_offcuts,
    trimmings_without_a_price, parts_and_their_fitting, chlorine_beside_lye, oxygen_by_moles,
    steel_by_its_category_rules, concrete_of_old_concrete, cooling_water_beside_parts, paper_of_recovered_paper,
    slag_beside_its_slabs,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as serving:
        yield serving


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_believed(case: Callable[[Market], tuple[Company, list[str]]], server: Server) -> None:
    company, lots = case(Market(server, case.__name__.replace("_", "-")))
    for lot in lots:
        answer = company.market.footprint(company.name(lot))
        questioned = answer["burdens"].get("questionedAbs", 0)
        assert questioned <= MOST * abs(answer["footprint"]), (lot, answer["title"], questioned, answer["findings"])
