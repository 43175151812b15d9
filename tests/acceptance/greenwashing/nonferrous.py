"""Attempts of smelters."""

from collections.abc import Sequence
from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, nature, row, supply

from ledger.core.record.values import Supply

CHINA = row("electricity/cradleToGate/CN/2024")
NORWAY = row("electricity/cradleToGate/NO/2024")
KILOWATT_HOURS = 13.9e6
"""For a thousand tonnes of aluminium."""


def pots(smelter: Company, power: dict[str, str] | None = None, **changed: Any) -> None:
    """A thousand tonnes of aluminium on power of the grid, or on lots of power. `changed`: fields of the record."""
    bought = changed.pop("supplies", [supply("alumina", "1925 TNE"), supply("anode", "490 TNE")])
    smelter.run(
        "nonferrous.aluminiumElectrolysis", [smelter.out("metal", "1000 TNE")],
        [*bought, *([] if power else [supply("electricity", "13900 MWH")])], power,
        {"anodeNetConsumption": "0.41", "sulphur": "0.02", "ash": "0.004", "anodeEffects": {
            "frequency": "0.05", "minutes": "2", "technology": "pfpbLarge"}}, **changed,
    )


def power_of_a_friend(market: Market) -> Lie:
    """A friend declares power without burdens, by a statement without any document, and the pots run on it."""
    friend = market.company("friend", "CN", "CN-SD")
    friend.product("power", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    friend.lying().declare(lot=friend.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "0"})
    pots(smelter, {friend.send("power", "13900 MWH", smelter): "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * CHINA)


def pots_on_paper_in_norway(market: Market) -> Lie:
    """A Chinese smelter books its pots at a site in Norway, and casts the liquid metal at home an hour later."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium", ingot="aluminium")
    pots(smelter, facility=smelter.lying().site("north", "NO"))
    smelter.run("nonferrous.aluminiumCasting", [smelter.out("ingot", "990 TNE")],
                [supply("naturalGas", "60000 NM3", "45 TNE"), supply("electricity", "90 MWH")],
                {"metal": "1000 TNE"}, when=("2025-04-01T01:00:00Z", "2025-04-02T00:00:00Z"))
    return Lie(smelter, "ingot", KILOWATT_HOURS * (CHINA - NORWAY))


def _cast(smelter: Company, metal: str, supplies: Sequence[Supply] = (), **changed: Any) -> None:
    """990 t of ingots of a thousand tonnes of metal."""
    smelter.run("nonferrous.aluminiumCasting", [smelter.out("ingot", "990 TNE")],
                [supply("naturalGas", "60000 NM3", "45 TNE"), supply("electricity", "90 MWH"), *supplies],
                {metal: "1000 TNE"}, when=("2025-04-01T01:00:00Z", "2025-04-02T00:00:00Z"), **changed)


def _of_one_group(market: Market) -> tuple[Company, Company]:
    """A Chinese smelter and its subsidiary in Norway."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium", ingot="aluminium")
    return smelter, market.company("north", "NO", parent=smelter).products("nonferrous", metal="aluminium")


def pots_of_a_subsidiary_in_norway(market: Market) -> Lie:
    """The pots of a subsidiary in Norway make the metal on paper, and the parent casts it at home an hour later."""
    smelter, north = _of_one_group(market)
    market.begin_to_lie()
    pots(north)
    _cast(smelter, north.send("metal", "1000 TNE", smelter, time="2025-04-01T00:00:00Z"))
    return Lie(smelter, "ingot", KILOWATT_HOURS * (CHINA - NORWAY))


def pots_of_a_subsidiary_by_a_shell(market: Market) -> Lie:
    """The subsidiary sells to a shell of nobody, and the shell to the parent: each a kilometre by lorry."""
    smelter, north = _of_one_group(market)
    shell = market.company("shell", "CN", "CN-SD")
    market.begin_to_lie()
    pots(north)
    lorry = [supply("truckFreight", "1000 TKM")]
    bought = north.send("metal", "1000 TNE", shell, transport=lorry, name="first")
    _cast(smelter, shell.send(bought, "1000 TNE", smelter, transport=lorry, name="second"))
    return Lie(smelter, "ingot", KILOWATT_HOURS * (CHINA - NORWAY))


def pots_of_a_subsidiary_in_a_pool(market: Market) -> Lie:
    """Metal of two sites in Norway is blended in a pool at home, so that the stock has no maker."""
    smelter, north = _of_one_group(market)
    second = north.site("second", "NO")
    market.begin_to_lie()
    pots(north)
    smelter.pool("stock", north.name("product:metal"))
    north.run("nonferrous.aluminiumCasting", [north.out("metal", "500 TNE", name="cast")],
              [supply("naturalGas", "30000 NM3", "22.5 TNE"), supply("electricity", "45 MWH")], {"metal": "500 TNE"},
              facility=second)
    for lot in ("metal", "cast"):
        smelter.add("stock", {north.send(lot, "500 TNE", smelter): "500 TNE"})
    _cast(smelter, "stock")
    return Lie(smelter, "ingot", KILOWATT_HOURS * (CHINA - NORWAY))


def metal_that_a_subsidiary_declares(market: Market) -> Lie:
    """The subsidiary declares metal of Norway by a paper of its own, and no record says how it came here."""
    smelter, north = _of_one_group(market)
    north.lying().declare(lot=north.out("metal", "1000 TNE"), burdens={"fossilGhgEmissions": "5000000"},
                          facility=north.name("site"), evidence=[evidence("productFootprint")])
    _cast(smelter, north.send("metal", "1000 TNE", smelter))
    return Lie(smelter, "ingot", 1e6 * row("aluminium/cradleToGate/CN/2012") - 5e6)


def liquid_metal_that_sailed(market: Market) -> Lie:
    """A stranger in Norway sends liquid metal by ship, which the caster in China takes liquid."""
    caster = market.company("caster", "CN", "CN-SD").products("nonferrous", ingot="aluminium")
    stranger = market.company("stranger", "NO").products("nonferrous", metal="aluminium")
    pots(stranger)
    metal = stranger.lying().send("metal", "1000 TNE", caster, transport=[supply("seaContainer", "20000000 TKM")])
    _cast(caster, metal, activity={"molten": [metal]})
    return Lie(caster, "ingot", KILOWATT_HOURS * (CHINA - NORWAY))


def power_of_norway_in_china(market: Market) -> Lie:
    """A trader takes grid power in Norway, and sells the lot to a smelter in China, where no line brings it."""
    trader = market.company("trader", "NO")
    trader.product("power", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    trader.run("energy.gridImport", [trader.out("power", "13900 MWH")], [supply("electricity", "13900 MWH")])
    power = trader.lying().send("power", "13900 MWH", smelter)
    pots(smelter, {power: "13900 MWH"}, evidence=[evidence("powerPurchaseAgreement")])
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - NORWAY))


def power_of_two_sites_in_a_pool(market: Market) -> Lie:
    """The trader takes the power at two sites, and blends it, so that no maker is left to ask."""
    trader = market.company("trader", "NO")
    trader.product("power", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    pool = trader.pool("pool", "power")
    for name, site in (("first", trader.name("site")), ("second", trader.site("other", "NO"))):
        trader.run("energy.gridImport", [trader.out("power", "6950 MWH", name=name)],
                   [supply("electricity", "6950 MWH")], facility=site)
        trader.add(pool, {name: "6950 MWH"})
    power = trader.lying().send(f"{pool}:2", "13900 MWH", smelter, name="blended")
    pots(smelter, {power: "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - NORWAY))


def power_in_a_pool_at_home(market: Market) -> Lie:
    """The trader blends power of Norway with a little of the Chinese grid, in a pool of a Chinese site."""
    trader = market.company("trader", "NO")
    trader.product("power", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    depot, office = (trader.site(name, "CN", "CN-SD") for name in ("depot", "office"))
    pool = trader.pool("pool", "power", facility=depot)
    for name, amount, site in (("home", "100 MWH", office), ("north", "13800 MWH", trader.name("site"))):
        trader.run("energy.gridImport", [trader.out("power", amount, name=name)], [supply("electricity", amount)],
                   facility=site)
    trader.lying().add(pool, {"home": "100 MWH"})
    trader.add(pool, {"north": "13800 MWH"})
    power = trader.send(f"{pool}:2", "13900 MWH", smelter, name="blended")
    pots(smelter, {power: "13900 MWH"})
    return Lie(smelter, "metal", 13.8e6 * (CHINA - NORWAY))


def power_made_of_wood(market: Market) -> Lie:
    """The product of the Norwegian power consists of wood chips, which no rule of power asks."""
    trader = market.company("trader", "NO")
    trader.product("power", "energy", "MWH", materials={"woodChips": "1"})
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    trader.run("energy.gridImport", [trader.out("power", "13900 MWH")], [supply("electricity", "13900 MWH")])
    market.begin_to_lie()
    pots(smelter, {trader.send("power", "13900 MWH", smelter): "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - NORWAY))


def power_of_wood_by_a_paper(market: Market) -> Lie:
    """The smelter declares watt hours of wood chips at next to nothing, names a paper, and runs its pots on them."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    smelter.product("power", "energy", "MWH", materials={"woodChips": "1"})
    smelter.lying().declare(lot=smelter.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "100"},
                            evidence=[evidence("supplierFactor")], facility=smelter.name("site"))
    pots(smelter, {"power": "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * CHINA - 100)


def power_by_a_paper_of_its_own(market: Market) -> Lie:
    """The smelter itself declares its power without burdens, and names a paper that a supplier is said to have."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    smelter.product("power", "energy", "MWH")
    twin = market.company("twin", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    pots(twin)
    honest = market.footprint(twin.name("metal"))["footprint"]
    smelter.lying().declare(lot=smelter.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "100"},
                            evidence=[evidence("supplierFactor")], facility=smelter.name("site"))
    pots(smelter, {"power": "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * CHINA, honest=honest)


def power_declared_in_norway(market: Market) -> Lie:
    """The smelter declares the power at a site in Norway, with a contract, and uses it in China."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    smelter.product("power", "energy", "MWH")
    smelter.lying().declare(lot=smelter.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "100"},
                            evidence=[evidence("powerPurchaseAgreement")], facility=smelter.site("north", "NO"))
    pots(smelter, {"power": "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - NORWAY))


def anodes_that_are_inert_by_word(market: Market) -> Lie:
    """A smelter says that its anodes are inert, so that neither carbon dioxide nor fluorocarbons leave the pots."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    smelter.lying().run("nonferrous.aluminiumElectrolysis", [smelter.out("metal", "1000 TNE")],
                        [supply("alumina", "1925 TNE"), supply("anode", "430 TNE"), supply("electricity", "13900 MWH")],
                        activity={"anodes": "inert"})
    return Lie(smelter, "metal", 1000 * (1503.04 + 0.034 * 7380 + 0.0034 * 12400))


def bauxite_in_the_pots(market: Market) -> Lie:
    """A smelter says that its pots take bauxite as it is dug, so that nobody has refined any alumina."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    market.begin_to_lie()
    pots(smelter, supplies=[supply("bauxite", "3000 TNE"), supply("anode", "490 TNE")])
    return Lie(smelter, "metal", 1.925e6 * row("alumina/cradleToGate/*/2019"))


def metal_that_is_a_by_product(market: Market) -> Lie:
    """A smelter's product is a tonne of gravel, and its metal, out of bauxite and a little power, a by-product."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", token="gravel", metal="aluminium")
    smelter.lying().run("nonferrous.aluminiumElectrolysis", [
        smelter.out("token", "1 TNE"), smelter.out("metal", "1000 TNE", "byProduct")],
        [supply("bauxite", "2900 TNE"), supply("anode", "490 KGM"), supply("gravel", "5 TNE"),
         supply("electricity", "20 MWH")])
    return Lie(smelter, "metal", 1e6 * row("aluminium/cradleToGate/CN/2012"))


def alumina_that_cleans_the_air(market: Market) -> Lie:
    """The record prices its alumina with a factor below zero, and shows an EPD for it."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    market.begin_to_lie()
    pots(smelter, supplies=[supply("alumina", "1925 TNE", factor=factor("-3", "KGM")), supply("anode", "490 TNE")],
         evidence=[evidence("environmentalProductDeclaration:alumina")])
    return Lie(smelter, "metal", 1.925e6 * (row("alumina/cradleToGate/*/2019") + 3))


def _smelt(market: Market, name: str, slag: str, **activity: Any) -> Company:
    """970 t of cathodes, 3,700 t of acid and 2,600 t of slag; `slag` is its value."""
    smelter = market.company(name, "CN", "CN-JX").products("nonferrous", cathode="copper", slag="copperSlag")
    smelter.product("acid", "nonferrous", materials={"sulphuricAcid": "0.96"})
    if name != "honest":
        market.begin_to_lie()
    smelter.run(
        "nonferrous.copperSmelting",
        [smelter.out("cathode", "970 TNE", value="65000000 CNY"),
         smelter.out("acid", "3700 TNE", "coProduct", value="1100000 CNY"),
         smelter.out("slag", "2600 TNE", "byProduct", value=slag)],
        [supply("copperConcentrate", "5000 TNE"), supply("electricity", "1500 MWH"),
         supply("naturalGas", "150000 NM3", "112.5 TNE"), supply("silica", "500 TNE"), nature("air", "2000 TNE"),
         nature("water", "800 TNE")],
        activity={"contents": {"copperConcentrate": "0.2"}, "sulphurContents": {"copperConcentrate": "0.25"},
                  **activity},
        allocation="value",
    )
    return smelter


def acid_that_carries_the_copper(market: Market) -> Lie:
    """By system expansion the acid is assigned 1,040 kg per t, seven times its usual figure; the copper keeps none."""
    honest = _smelt(market, "honest", "160000 CNY", acidBurden="148")
    smelter = _smelt(market, "smelter", "160000 CNY", acidBurden="1040")
    kept, owed = (market.footprint(one.name("cathode"))["footprint"] for one in (smelter, honest))
    return Lie(smelter, "cathode", owed - kept)


def slag_as_dear_as_brass(market: Market) -> Lie:
    """Slag that sells at 60 CNY per t is worth 40,000 in the record, so it takes six tenths of the burden by value."""
    honest = _smelt(market, "honest", "160000 CNY")
    smelter = _smelt(market, "smelter", "104000000 CNY")
    kept, owed = (market.footprint(one.name("cathode"))["footprint"] for one in (smelter, honest))
    return Lie(smelter, "cathode", owed - kept)


def sheet_of_lead(market: Market) -> Lie:
    """An assembler makes aluminium sheet of lead, which alloys hold as well."""
    works = market.company("works", "CN", "CN-SD").products("equipment", sheet="aluminiumSheet")
    works.lying().run("equipment.assembly", [works.out("sheet", "1000 TNE")],
                      [supply("lead", "1010 TNE"), supply("electricity", "100 MWH")])
    return Lie(works, "sheet", 1e6 * row("aluminiumSheet/cradleToGate/CN/2023"))


def gold_of_copper(market: Market) -> Lie:
    """A tonne of gold comes out of twenty tonnes of copper."""
    works = market.company("works", "CN", "CN-SD").products("works", gold="gold")
    works.lying().run("works.make", [works.out("gold", "1 TNE")], [supply("copper", "20 TNE")])
    return Lie(works, "gold", 1000 * row("gold/cradleToGate/*/2008"))
