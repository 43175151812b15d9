"""Attempts of sites that take their fuel as a lot of a supplier: no supply of their records burns."""

from acceptance.greenwashing.fuels import CO2_PER_C, COAL, COAL_BURNT, GAS, GAS_BURNT, GAS_UPSTREAM, MEGAJOULES
from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, quantity, row, supply

from ledger.core.record.values import Supply

UPSTREAM = row("bituminous/wellToTank/*/2016")
OIL_BURNT = row("fuelOil/combustion/*/2006")
OIL_UPSTREAM = row("fuelOil/wellToTank/*/2016")


def _trader(market: Market, product: str, unit: str, fuel: str) -> Company:
    trader = market.company("trader", "DE")
    trader.product(product, "goods", unit, materials={fuel: "1"})
    return trader


def _sell(trader: Company, product: str, amount: str, buyer: Company, upstream: float, mass: str | None = None) -> str:
    """A lot of fuel with its paper and the whole burden from well to tank, in the hands of its buyer."""
    lot = trader.out(product, amount, mass=None if mass is None else quantity(mass))
    trader.declare(lot=lot, evidence=[evidence("supplierFactor")], burdens={"fossilGhgEmissions": f"{upstream:.0f}"})
    return trader.send(product, amount, buyer)


def coal_lot_that_food_only_heats(market: Market) -> Lie:
    """A kiln for malt takes its coal as a lot, so that no supply of its record burns. It burns all the same."""
    trader = _trader(market, "coal", "KGM", "bituminous")
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    amount = f"{COAL:.0f} KGM"
    upstream = COAL * row("bituminous/wellToTank/*/2016")
    coal = _sell(trader, "coal", amount, maltings, upstream)
    maltings.lying().run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                         [supply("barley", "480 TNE"), supply("electricity", "48 MWH")], {coal: amount},
                         activity={"food": "malt"})
    whole = upstream + COAL * COAL_BURNT + 48_000 * row("electricity/cradleToGate/DE/2024")
    return Lie(maltings, "malt", COAL * COAL_BURNT, honest=whole + 480_000 * row("barley/cradleToGate/*/2024"))


def coal_lot_in_a_sector_that_burns_nothing(market: Market) -> Lie:
    """A sector of a third party dries gravel, and the coal for it is a lot that nobody burns."""
    trader = _trader(market, "coal", "KGM", "bituminous")
    works = market.company("works", "DE")
    works.product("dry", "works", "KGM", materials={"gravel": "1"})
    coal = _sell(trader, "coal", "45000 KGM", works, 45_000 * row("bituminous/wellToTank/*/2016"))
    market.begin_to_lie()
    works.run("works.make", [works.out("dry", "400000 KGM")], [supply("gravel", "420 TNE")], {coal: "45000 KGM"})
    return Lie(works, "dry", 45_000 * COAL_BURNT)


def oil_lot_that_gravel_holds(market: Market) -> Lie:
    """So does this one with oil, and says that the carbon of the oil is in the gravel."""
    trader = _trader(market, "oil", "LTR", "fuelOil")
    works = market.company("works", "DE")
    works.product("dry", "works", "KGM", materials={"gravel": "1"}, fossil_carbon="0.08")
    oil = _sell(trader, "oil", "40000 LTR", works, 38_000 * row("fuelOil/wellToTank/*/2016"), "38 TNE")
    works.lying().run("works.make", [works.out("dry", "400000 KGM")], [supply("gravel", "420 TNE")], {oil: "40000 LTR"})
    return Lie(works, "dry", 38_000 * row("fuelOil/combustion/*/2006"))


def kiln_lot_with_the_carbon_of_sand(market: Market) -> Lie:
    """A cement kiln names its coal among its lots that burn, with an analysis that finds a tenth of the carbon."""
    trader = _trader(market, "coal", "KGM", "bituminous")
    kiln = market.company("kiln", "DE").products("building-materials", clinker="clinker")
    coal = _sell(trader, "coal", "130000 KGM", kiln, 130_000 * row("bituminous/wellToTank/*/2016"))
    kiln.lying().run("building-materials.clinker", [kiln.out("clinker", "1000 TNE")],
                     [supply("limestone", "1300 TNE"), supply("clay", "250 TNE"), supply("electricity", "60 MWH")],
                     {coal: "130000 KGM"},
                     activity={"fuelLots": [{"lot": coal, "kind": "bituminous"}], "analyses": [
                         {"material": "bituminous", "heatingValue": "25", "carbon": "0.06"}]})
    return Lie(kiln, "clinker", 130_000 * (COAL_BURNT - 0.06 * CO2_PER_C))


def _malt_with_coal(
    market: Market, materials: dict[str, str], left: str | None = None, codes: dict[str, str] | None = None
) -> Company:
    """Malt whose coal is a lot of these materials, with these `codes`. `left`: of the coal, as waste."""
    trader = market.company("trader", "DE")
    trader.product("coal", "goods", "KGM", materials=materials, classifications=codes or {})
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt", rest="bituminous")
    amount = f"{COAL:.0f} KGM"
    coal = _sell(trader, "coal", amount, maltings, COAL * UPSTREAM)
    market.begin_to_lie()
    rest = [] if left is None else [maltings.out("rest", left, "waste", origin="preConsumer")]
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE"), *rest],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH")], {coal: amount},
                 activity={"food": "malt"})
    return maltings


HONEST_MALT = (48_000 * row("electricity/cradleToGate/DE/2024") + 480_000 * row("barley/cradleToGate/*/2024")
               + COAL * UPSTREAM)


def coal_lot_of_five_percent(market: Market) -> Lie:
    """The coal's product says that a twentieth of it is coal, and nothing of the rest."""
    maltings = _malt_with_coal(market, {"bituminous": "0.05"})
    return Lie(maltings, "malt", COAL * COAL_BURNT, honest=HONEST_MALT + COAL * COAL_BURNT)


def coal_lot_of_a_code_alone(market: Market) -> Lie:
    """The coal's product says nothing but its CN code."""
    maltings = _malt_with_coal(market, {}, codes={"cn": "27011290"})
    return Lie(maltings, "malt", COAL * COAL_BURNT, honest=HONEST_MALT + COAL * COAL_BURNT)


def coal_lot_of_gravel_by_its_materials(market: Market) -> Lie:
    """By its HS code the lot is coal, by its materials gravel, which vanishes in the kiln."""
    maltings = _malt_with_coal(market, {"gravel": "1"}, codes={"hs": "2701"})
    return Lie(maltings, "malt", COAL * COAL_BURNT, honest=HONEST_MALT + COAL * COAL_BURNT)


def coal_lot_without_a_name(market: Market) -> Lie:
    """The coal's product says nothing, and the trader shows its upstream."""
    return Lie(_malt_with_coal(market, {}), "malt", COAL * COAL_BURNT)


def coal_lot_of_an_unknown_name(market: Market) -> Lie:
    """The coal's product consists of a blend of which no set knows what it is."""
    return Lie(_malt_with_coal(market, {"kilnBlend": "1"}), "malt", COAL * COAL_BURNT)


def coal_lot_that_is_written_off(market: Market, *, elsewhere: bool = False) -> tuple[Company, float]:
    """The maltings takes its coal off the ledger for its own use, and then dries malt with none. Returns the hidden kg
    CO2: they belong to no lot. `elsewhere`: it has a second site, and names the one that used the coal."""
    trader = _trader(market, "coal", "KGM", "bituminous")
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    coal = _sell(trader, "coal", f"{COAL:.0f} KGM", maltings, COAL * UPSTREAM)
    market.begin_to_lie()
    if elsewhere:
        maltings.site("second", "DE")
    maltings.consume({coal: f"{COAL:.0f} KGM"}, "ownUse", facility=maltings.name("site") if elsewhere else None)
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH")], activity={"food": "malt"})
    return maltings, COAL * COAL_BURNT


def coal_lot_that_becomes_waste(market: Market) -> Lie:
    """All of the coal leaves as waste, on paper. Ash and dust could hold a seventh of it."""
    maltings = _malt_with_coal(market, {"bituminous": "1"}, f"{COAL:.0f} KGM")
    return Lie(maltings, "malt", COAL * COAL_BURNT, honest=HONEST_MALT + 0.85 * COAL * COAL_BURNT)


def oil_lot_of_a_garage(market: Market) -> Lie:
    """The kiln burns waste oil, which other sites recycle."""
    trader = _trader(market, "oil", "KGM", "wasteOil")
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    oil = _sell(trader, "oil", "27763 KGM", maltings, 27_763 * row("wasteOil/wellToTank/*/2016"))
    market.begin_to_lie()
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), supply("naturalGas", "200 MWH")],
                 {oil: "27763 KGM"}, activity={"food": "malt"})
    return Lie(maltings, "malt", 27_763 * row("wasteOil/combustion/*/2006"))


def coal_lot_in_plastics(market: Market) -> Lie:
    """A sector of a third party dries polyethylene with coal. Polyethylene could hold its carbon, but has its own."""
    trader = _trader(market, "coal", "KGM", "bituminous")
    works = market.company("works", "DE").products("works", resin="polyethylene")
    coal = _sell(trader, "coal", "200000 KGM", works, 200_000 * UPSTREAM)
    works.lying().run("works.make", [works.out("resin", "400 TNE")], [supply("polyethylene", "400 TNE")],
                      {coal: "200000 KGM"})
    return Lie(works, "resin", 200_000 * COAL_BURNT)


def oil_lot_behind_a_code(market: Market) -> Lie:
    """Gravel that states no materials but its code, and the carbon of the oil that dried it."""
    trader = _trader(market, "oil", "KGM", "fuelOil")
    works = market.company("works", "DE")
    works.product("dry", "works", "KGM", classifications={"cn": "25171010"}, fossil_carbon="0.083")
    oil = _sell(trader, "oil", "40000 KGM", works, 40_000 * OIL_UPSTREAM)
    works.lying().run("works.make", [works.out("dry", "400000 KGM")], [supply("gravel", "420 TNE")], {oil: "40000 KGM"})
    return Lie(works, "dry", 40_000 * OIL_BURNT)


def coke_lot_of_little_carbon(market: Market) -> Lie:
    """The coker says that a third of the carbon of its coke is missing, so that the steelworks emits less of it."""
    coker = market.company("coker", "CN", "CN-HE")
    coker.product("coke", "goods", "TNE", materials={"coke": "1"}, fossil_carbon="0.6")
    works, twin = [market.company(name, "CN", "CN-HE").products("steel", slab="steel") for name in ("works", "twin")]
    _slab(twin, [supply("coke", "345 TNE")], {})
    coke = _sell(coker, "coke", "345 TNE", works, 345_000 * row("coke/wellToTank/*/2016"))
    market.begin_to_lie()
    _slab(works, [], {coke: "345 TNE"})
    honest = market.footprint(twin.name("slab"))["footprint"]
    return Lie(works, "slab", 345_000 * (0.86 - 0.6) * CO2_PER_C, honest=honest)


def _slab(works: Company, coke: list[Supply], inputs: dict[str, str]) -> None:
    works.run("steel.blastFurnaceBasicOxygen", [works.out("slab", "1000 TNE")], [
        supply("ironOre", "1100 TNE"), supply("pellet", "340 TNE"), supply("scrap", "160 TNE"),
        supply("anthracite", "210 TNE"), supply("limestone", "150 TNE"), supply("lime", "45 TNE"),
        supply("electricity", "260 MWH"), supply("oxygen", "110000 NM3", "157 TNE"), *coke,
    ], inputs, activity={"hotMetal": {"value": "930", "unit": "TNE"}})


def gas_lot_of_little_carbon(market: Market) -> Lie:
    """A works that balances carbon reduces its ore with gas of which the trader says that a third of the carbon is
    missing."""
    trader = market.company("trader", "DE")
    trader.product("gas", "goods", "NM3", materials={"naturalGas": "1"}, fossil_carbon="0.4")
    works = market.company("works", "DE").products("steel", iron="directReducedIron")
    gas = _sell(trader, "gas", "280000 NM3", works, 280_000 * row("naturalGas/wellToTank/EU/2017"), "205 TNE")
    works.lying().run("steel.directReduction", [works.out("iron", "1000 TNE")],
                      [supply("pellet", "1450 TNE"), supply("electricity", "100 MWH")], {gas: "280000 NM3"})
    return Lie(works, "iron", 205_000 * (0.74 - 0.4) * CO2_PER_C)


def _dried(market: Market, product: str, fuel: str, amount: float, upstream: float, **stated: str) -> Company:
    """A sector of a third party dries gravel with a lot of `amount` kg."""
    trader = market.company("trader", "DE")
    trader.product(product, "goods", "KGM", materials={fuel: "1"}, **stated)
    works = market.company("works", "DE")
    works.product("dry", "works", "KGM", materials={"gravel": "1"})
    lot = _sell(trader, product, f"{amount:.0f} KGM", works, upstream)
    works.lying().run("works.make", [works.out("dry", "400000 KGM")], [supply("gravel", "420 TNE")],
                      {lot: f"{amount:.0f} KGM"})
    return works


def ethane_lot_that_no_cracker_takes(market: Market) -> Lie:
    """Gravel is dried with a lot of ethane, which the sets have as a raw material."""
    works = _dried(market, "ethane", "ethane", 40_000, 40_000 * row("ethane/cradleToGate/*/2025"))
    return Lie(works, "dry", 40_000 * row("ethane/combustion/*/2006"))


def ethanol_lot_of_gas(market: Market) -> Lie:
    """Gravel is dried with a lot of ethanol, whose product says that its carbon is of gas. Its name is of biomass."""
    works = _dried(market, "ethanol", "ethanol", 40_000, 60_000, fossil_carbon="0.522", biogenic_carbon="0")
    return Lie(works, "dry", 40_000 * 0.522 * CO2_PER_C)


def bitumen_lot_that_gravel_outweighs(market: Market) -> Lie:
    """Gravel is dried with bitumen. Goods of stone may hold bitumen, if they weigh more than the stone."""
    works = _dried(market, "bitumen", "bitumen", 40_000, 40_000 * row("bitumen/cradleToGate/*/2022"))
    return Lie(works, "dry", 40_000 * row("bitumen/combustion/*/2006"))


def _gas_by_its_mass(market: Market, gas: str, heat: float) -> Lie:
    """Malt whose kiln burns a lot of a gas by its mass, `heat` MJ per kg by IPCC 2006, volume 2, table 1.2, beside
    natural gas that would be enough."""
    trader = _trader(market, "gas", "TNE", gas)
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    tonnes = f"{MEGAJOULES / heat / 1000:.3f} TNE"
    lot = _sell(trader, "gas", tonnes, maltings, 20_000)
    market.begin_to_lie()
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), supply("naturalGas", "200 MWH")],
                 {lot: tonnes},
                 activity={"food": "malt"})
    per_cubic_metre = {"cokeOvenGas": 17.3854, "blastFurnaceGas": 3.769, "converterGas": 7.954}[gas]
    burnt = MEGAJOULES / per_cubic_metre * row(f"{gas}/combustion/*/2006")
    natural = GAS * 200 / 310 * (GAS_BURNT + GAS_UPSTREAM)
    return Lie(maltings, "malt", burnt, honest=HONEST_MALT - COAL * UPSTREAM + 20_000 + natural + burnt)


def coke_oven_gas_by_its_mass(market: Market) -> Lie:
    return _gas_by_its_mass(market, "cokeOvenGas", 38.7)


def blast_furnace_gas_by_its_mass(market: Market) -> Lie:
    return _gas_by_its_mass(market, "blastFurnaceGas", 2.47)


def converter_gas_by_its_mass(market: Market) -> Lie:
    return _gas_by_its_mass(market, "converterGas", 7.06)


def wood_out_of_stones(market: Market) -> Lie:
    """A sector of a third party makes chips of wood out of gravel, on paper. A boiler burns them, and they are coal."""
    works = market.company("works", "DE").products("works", chips="woodChips")
    boiler = market.company("boiler", "DE")
    boiler.product("heat", "energy", "GV")
    works.lying().run("works.make", [works.out("chips", "100 TNE")], [supply("gravel", "105 TNE")])
    chips = works.send("chips", "100 TNE", boiler)
    boiler.run("energy.heatBoiler", [boiler.out("heat", "1200 GV")], [supply("electricity", "10 MWH")],
               {chips: "100 TNE"}, activity={"kind": "combustion"})
    return Lie(boiler, "heat", 100_000 * COAL_BURNT)


def chips_lot_with_the_carbon_of_coal(market: Market) -> Lie:
    """A boiler burns a lot of chips of wood, whose product says that two thirds of it are biogenic carbon."""
    trader = market.company("trader", "DE")
    trader.product("chips", "goods", "KGM", materials={"woodChips": "1"}, biogenic_carbon="0.67")
    boiler = market.company("boiler", "DE")
    boiler.product("heat", "energy", "GV")
    chips = _sell(trader, "chips", "100000 KGM", boiler, 3_000)
    boiler.lying().run("energy.heatBoiler", [boiler.out("heat", "1200 GV")], [supply("electricity", "10 MWH")],
                       {chips: "100000 KGM"}, activity={"kind": "combustion"})
    return Lie(boiler, "heat", 100_000 * 0.67 * CO2_PER_C)
