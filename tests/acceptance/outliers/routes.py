"""Honest counterparts of `acceptance.greenwashing.unneeded`: plants that need less, or show what others only say."""

from support.market import Company, Market, evidence, factor, nature, supply

from ledger.core.record.values import Quantity


def blades_by_their_drawing(market: Market) -> tuple[Company, list[str]]:
    """A shop mills blades out of the solid, of which a twelfth is left; the drawing says so."""
    shop = market.company("shop", "DE").products("equipment", blade="aluminium", swarf="aluminium")
    shop.run("equipment.machining", [
        shop.out("blade", "8 TNE"), shop.out("swarf", "91 TNE", "waste", origin="preConsumer")],
        [supply("aluminium", "100 TNE"), supply("electricity", "250 MWH")], activity={"operations": ["milling"]},
        evidence=[evidence("drawing")])
    return shop, ["blade", "swarf"]


def pulp_whose_refiners_heat_a_town(market: Market) -> tuple[Company, list[str]]:
    """Refiners take 2 MWh per t of pulp; their steam goes to a town."""
    mill = market.company("mill", "SE").products("consumer-goods", pulp="mechanicalPulp")
    mill.product("heat", "energy", "GV")
    mill.run("consumer-goods.pulping", [mill.out("pulp", "1000 TNE"), mill.out("heat", "300 GV", "coProduct")],
             [supply("wood", "2050 TNE"), supply("electricity", "2000 MWH")],
             activity={"method": "mechanical", "ownFuels": [
                 {"kind": "woodResidue", "quantity": {"value": "60", "unit": "TNE"}}]})
    return mill, ["pulp"]


def magnesium_under_sulphur_dioxide(market: Market) -> tuple[Company, list[str]]:
    """A die caster covers its melt with a little sulphur dioxide."""
    works = market.company("works", "DE").products("equipment", casting="magnesium")
    works.run("equipment.casting", [works.out("casting", "100 TNE")],
              [supply("magnesium", "105 TNE"), supply("electricity", "120 MWH"), supply("sulphurDioxide", "100 KGM"),
               supply("naturalGas", "8000 NM3", "6 TNE")])
    return works, ["casting"]


def boiler_with_a_delivery_note(market: Market) -> tuple[Company, list[str]]:
    """A nursery heats with chips of the forester, and keeps the delivery note."""
    plant = market.company("plant", "DE")
    plant.product("heat", "energy", "GV")
    plant.run("energy.heatBoiler", [plant.out("heat", "200 GV")],
              [supply("woodChips", "18 TNE"), supply("electricity", "1 MWH")],
              evidence=[evidence("deliveryNote:woodChips")])
    return plant, ["heat"]


def pellets_with_a_certificate(market: Market) -> tuple[Company, list[str]]:
    """A dealer declares pellets with the certificate of their sustainability, and a boiler burns them."""
    dealer = market.company("dealer", "DE").products("energy", pellets="woodPellets")
    plant = market.company("plant", "DE")
    plant.product("heat", "energy", "GV")
    dealer.declare(lot=dealer.out("pellets", "14 TNE"), burdens={"fossilGhgEmissions": "4500"},
                   evidence=[evidence("proofOfSustainability"), evidence("environmentalProductDeclaration")])
    pellets = dealer.send("pellets", "14 TNE", plant)
    plant.run("energy.heatBoiler", [plant.out("heat", "200 GV")], [supply("electricity", "1 MWH")],
              {pellets: "14 TNE"})
    return plant, ["heat"]


def oil_of_old_fields(market: Market) -> tuple[Company, list[str]]:
    """A mill presses beans of fields that were never forest, and a refinery refines the oil."""
    mill = market.company("mill", "DE").products("consumer-goods", oil="soybeanOil", refined="soybeanOil")
    mill.run("consumer-goods.foodAndDrink", [mill.out("oil", "100 TNE")],
             [supply("soybeans", "240 TNE"), supply("electricity", "16 MWH"), supply("heat", "150 GV")],
             activity={"food": "oilAndFat"}, evidence=[evidence("certificateOfOrigin:soybeans")])
    mill.run("consumer-goods.foodAndDrink", [mill.out("refined", "97 TNE")],
             [supply("electricity", "16 MWH"), supply("heat", "150 GV")], {"oil": "100 TNE"},
             {"food": "oilAndFat"})
    return mill, ["oil", "refined"]


def cloth_dyed_with_water_of_a_contract(market: Market) -> tuple[Company, list[str]]:
    """A dyehouse takes hot water of a spring by the tonne; its contract says so."""
    works = market.company("works", "IS").products("consumer-goods", cloth="polyesterFabric")
    works.run("consumer-goods.textileDyeing", [works.out("cloth", "100 TNE")],
              [supply("polyesterFabric", "103 TNE"), supply("electricity", "150 MWH"), supply("heat", "2000 GV"),
               supply("hotWater", "3000 TNE", factor=factor("0.0003", "KGM"))],
              evidence=[evidence("supplierFactor:hotWater"), evidence("heatContract:hotWater")])
    return works, ["cloth"]


def covers_of_certified_cloth(market: Market) -> tuple[Company, list[str]]:
    """An assembler makes dust covers for machines of cloth whose maker shows a low figure."""
    weaver = market.company("weaver", "DE").products("consumer-goods", cloth="polyesterFabric")
    works = market.company("works", "DE").products("equipment", cover="polyesterFabric")
    weaver.declare(lot=weaver.out("cloth", "10 TNE"), burdens={"fossilGhgEmissions": "60000"},
                   evidence=[evidence("environmentalProductDeclaration")])
    cloth = weaver.send("cloth", "10 TNE", works)
    works.run("equipment.assembly", [works.out("cover", "9.8 TNE")], [supply("electricity", "1 MWH")],
              {cloth: "10 TNE"})
    return works, ["cover"]


def castings_ground_with_alumina(market: Market) -> tuple[Company, list[str]]:
    """A shop grinds steel with alumina, which leaves as sludge."""
    shop = market.company("shop", "DE").products("equipment", part="steel", sludge="alumina")
    shop.run("equipment.machining", [
        shop.out("part", "90 TNE"), shop.out("sludge", "1.5 TNE", "waste", origin="preConsumer")],
        [supply("steel", "91 TNE"), supply("alumina", "1.5 TNE"), supply("electricity", "200 MWH")],
        activity={"operations": ["grinding"]})
    return shop, ["part"]


def coolers_with_propane(market: Market) -> tuple[Company, list[str]]:
    """Air conditioners are filled with propane."""
    works = market.company("works", "CN", "CN-GD")
    works.product("cooler", "consumer-goods", "H87", materials={"refrigerator": "1"})
    works.run("consumer-goods.householdAppliances",
              [works.out("cooler", "1000 H87", mass=Quantity(value="30", unit="TNE"))],
              [supply("steelSheet", "18 TNE"), supply("copperTube", "4 TNE"), supply("compressor", "8.8 TNE"),
               supply("R290", "350 KGM", unknown=True), supply("electricity", "15 MWH")],
              activity={"appliance": "airConditioner", "gases": [{"supply": "R290", "gas": "hydrocarbon"}]})
    return works, ["cooler"]


def ammonia_that_sells_a_little_steam(market: Market) -> tuple[Company, list[str]]:
    """A modern plant gives 3 GJ of steam per t to its neighbour."""
    works = market.company("works", "CN", "CN-SD").products("petrochemicals", ammonia="ammonia")
    works.product("heat", "energy", "GV")
    works.run("petrochemicals.ammonia", [works.out("ammonia", "1000 TNE"), works.out("heat", "3000 GV", "coProduct")],
              [supply("naturalGas", "900000 NM3", "675 TNE"), nature("air", "1500 TNE"), nature("water", "800 TNE"),
               supply("electricity", "200 MWH")])
    return works, ["ammonia"]
