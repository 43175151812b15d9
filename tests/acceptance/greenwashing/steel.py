"""Attempts of steelmakers."""

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, document, evidence, row, supply

from ledger.core.record.values import Output

POWER = row("electricity/cradleToGate/CN/2024")


def coal_called_charcoal(market: Market) -> Lie:
    """Coal that reduces iron grew on trees: its analysis says that all of its carbon is biogenic."""
    kiln = market.company("kiln", "IN", "IN-CG").products("steel", iron="directReducedIron")
    kiln.lying().run(
        "steel.directReduction", [kiln.out("iron", "1000 TNE")],
        [supply("pellet", "1450 TNE"), supply("bituminous", "1100 TNE"), supply("electricity", "75 MWH")],
        activity={"analyses": [
            {"material": "bituminous", "heatingValue": "18.8", "carbon": "0.47", "biogenicShare": "1"}]},
    )
    # Of 517 t of carbon 20 stay in the iron at most; the rest is CO2.
    return Lie(kiln, "iron", (1100 * 0.47 - 20) * 44 / 12 * 1000)


def _site(market: Market, name: str, *more: Output, company: Company | None = None) -> Company:
    """A blast furnace with its converter, as in China: 2.1 t of CO2 per t."""
    works = company or market.company(name, "CN", "CN-HE").products("steel", slab="steel", slag="slag")
    works.run(
        "steel.blastFurnaceBasicOxygen", [*more] if more else [works.out("slab", "1000 TNE")],
        [supply("ironOre", "1100 TNE"), supply("pellet", "340 TNE"), supply("scrap", "160 TNE"),
         supply("coke", "345 TNE"), supply("anthracite", "210 TNE"), supply("limestone", "150 TNE"),
         supply("lime", "45 TNE"), supply("electricity", "260 MWH"), supply("oxygen", "110000 NM3", "157 TNE")],
        activity={"hotMetal": {"value": "930", "unit": "TNE"}},
    )
    return works


def slag_enough_for_four_furnaces(market: Market) -> Lie:
    """The furnace is credited for clinker that two tonnes of slag replace, per tonne of steel: six times its slag."""
    works = market.company("works", "CN", "CN-HE").products("steel", slab="steel", slag="slag")
    works.lying().run(
        "steel.blastFurnaceBasicOxygen",
        [works.out("slab", "1000 TNE"), works.out("slag", "2000 TNE", "byProduct")],
        [supply("ironOre", "1500 TNE"), supply("coke", "345 TNE"), supply("anthracite", "210 TNE"),
         supply("limestone", "900 TNE"), supply("sand", "900 TNE"), supply("electricity", "260 MWH")],
        activity={"hotMetal": {"value": "930", "unit": "TNE"}, "slags": [
            {"lot": works.name("slag"), "treatment": "substitution"}]},
    )
    return Lie(works, "slab", (2000 - 330) * 550)


def slabs_called_scrap(market: Market) -> Lie:
    """Nine tenths of the slabs leave as waste without burden, and a mill rolls them."""
    works = market.company("works", "CN", "CN-HE").products("steel", slab="steel")
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    market.begin_to_lie()
    _site(market, "works", works.out("slab", "100 TNE"),
          works.out("slab", "900 TNE", "waste", name="scrap", origin="preConsumer"), company=works)
    scrap = works.send("scrap", "900 TNE", mill)
    mill.run("steel.rolling", [mill.out("bar", "880 TNE")],
             [supply("naturalGas", "35000 NM3", "26 TNE"), supply("electricity", "85 MWH")], {scrap: "900 TNE"})
    return Lie(mill, "bar", 0.9 * market.footprint(works.name("slab"))["footprint"])


def rejected_on_paper(market: Market) -> Lie:
    """A run without any product keeps all of its burden, and an arc furnace melts its rejects as scrap."""
    works = market.company("works", "CN", "CN-HE").products("steel", slab="steel", billet="steel")
    market.begin_to_lie()
    _site(market, "works", works.out("slab", "1000 TNE", "waste", origin="preConsumer"), company=works)
    works.run("steel.electricArcFurnace", [works.out("billet", "950 TNE")],
              [supply("electricity", "400 MWH"), supply("electrode", "1.5 TNE"), supply("lime", "30 TNE")],
              {"slab": "1000 TNE"})
    return Lie(works, "billet", market.footprint(_site(market, "honest").name("slab"))["footprint"])


def _capture(market: Market, works: Company, *, papers: bool, part: str) -> None:
    works.product("gas", "steel", materials={"offGas": "1"}, fossil_carbon="0.09")
    works.products("steel", iron="pigIron")
    works.run(
        "steel.blastFurnace",
        [works.out("iron", "1000 TNE"), works.out("gas", "3000 TNE", "byProduct")],
        [supply("sinter", "1200 TNE"), supply("pellet", "400 TNE"), supply("coke", "380 TNE"),
         supply("bituminous", "150 TNE"), supply("air", "1900 TNE", origin="nature")],
        activity={"wasteGases": [{"lot": works.name("gas"), "gas": "blastFurnaceGas", "treatment": "carbonOut"}]},
    )
    works.lying().run(
        "steel.carbonCapture", [works.out("iron", "1000 TNE", name=f"clean-{part}")],
        [supply("heat", "2500 GV"), supply("electricity", "150 MWH")],
        {"iron": "1000 TNE", "gas": "3000 TNE"},
        {"captured": {"value": "800", "unit": "TNE"}, "storage": [{
            "amount": {"value": "780", "unit": "TNE"}, "kind": "geological", "site": "Reservoir 1",
            "evidence": document("storage")}]},
        evidence=[evidence("storage")] if papers else [],
    )


def storage_without_its_document(market: Market) -> Lie:
    """The activity names the digest of a storage document that the record does not have."""
    works = market.company("works", "CN", "CN-HE")
    _capture(market, works, papers=False, part="a")
    return Lie(works, "clean-a", 780_000)


def one_tonne_stored_twice(market: Market) -> Lie:
    """Two works count the same injection of CO2: both name one document of the storage operator."""
    first, second = market.company("first", "CN", "CN-HE"), market.company("second", "CN", "CN-HE")
    _capture(market, first, papers=True, part="a")
    market.end_of_lie()
    _capture(market, second, papers=True, part="b")
    return Lie(second, "clean-b", 780_000)


def rolled_with_a_gram_of_gas(market: Market) -> Lie:
    """A hot mill names one kWh and one Nm3 for a thousand tonnes, so that no input is missing."""
    mill = market.company("mill", "CN", "CN-HE").products("steel", billet="steel", bar="steel")
    mill.declare(lot=mill.out("billet", "1030 TNE"), burdens={"fossilGhgEmissions": "2250000"},
                 evidence=[evidence("environmentalProductDeclaration")])
    market.begin_to_lie()
    mill.run("steel.rolling", [mill.out("bar", "1000 TNE")],
             [supply("naturalGas", "1 NM3", "0.75 KGM"), supply("electricity", "1 KWH")], {"billet": "1030 TNE"})
    # 38 Nm3 (1.4 GJ) and 90 kWh per t are usual.
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(mill, "bar", 38_000 * gas + 90_000 * POWER)


def ore_that_needs_no_coke(market: Market) -> Lie:
    """A shaft makes sponge iron of pellets and power alone: there is neither gas nor hydrogen nor coal."""
    shaft = market.company("shaft", "CN", "CN-HE").products("steel", iron="directReducedIron")
    shaft.lying().run("steel.directReduction", [shaft.out("iron", "1000 TNE")],
                      [supply("pellet", "1450 TNE"), supply("electricity", "400 MWH")])
    # The gas route burns 280 Nm3 per t.
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(shaft, "iron", 280_000 * gas)
