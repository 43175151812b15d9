"""Attempts of smelters."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, nature, row, supply

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
    market.begin_to_lie()
    friend.declare(lot=friend.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "0"})
    power = friend.send("power", "13900 MWH", smelter)
    pots(smelter, {power: "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * CHINA)


def pots_on_paper_in_norway(market: Market) -> Lie:
    """A Chinese smelter books its pots at a site in Norway, and casts the liquid metal at home an hour later."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium", ingot="aluminium")
    market.begin_to_lie()
    north = smelter.site("north", "NO")
    pots(smelter, facility=north)
    smelter.run("nonferrous.aluminiumCasting", [smelter.out("ingot", "990 TNE")],
                [supply("naturalGas", "60000 NM3", "45 TNE"), supply("electricity", "90 MWH")],
                {"metal": "1000 TNE"}, when=("2025-04-01T01:00:00Z", "2025-04-02T00:00:00Z"))
    return Lie(smelter, "ingot", KILOWATT_HOURS * (CHINA - NORWAY))


def power_of_norway_in_china(market: Market) -> Lie:
    """A trader takes grid power in Norway, and sells the lot to a smelter in China, where no line brings it."""
    trader = market.company("trader", "NO")
    trader.product("power", "energy", "MWH")
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    trader.run("energy.gridImport", [trader.out("power", "13900 MWH")], [supply("electricity", "13900 MWH")])
    market.begin_to_lie()
    power = trader.send("power", "13900 MWH", smelter)
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
    market.begin_to_lie()
    power = trader.send(f"{pool}:2", "13900 MWH", smelter, name="blended")
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
    market.begin_to_lie()
    trader.add(pool, {"home": "100 MWH"})
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
    market.begin_to_lie()
    smelter.declare(lot=smelter.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "100"},
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
    market.begin_to_lie()
    smelter.declare(lot=smelter.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "100"},
                    evidence=[evidence("supplierFactor")], facility=smelter.name("site"))
    pots(smelter, {"power": "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * CHINA, honest=honest)


def power_declared_in_norway(market: Market) -> Lie:
    """The smelter declares the power at a site in Norway, with a contract, and uses it in China."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    smelter.product("power", "energy", "MWH")
    market.begin_to_lie()
    smelter.declare(lot=smelter.out("power", "13900 MWH"), burdens={"fossilGhgEmissions": "100"},
                    evidence=[evidence("powerPurchaseAgreement")], facility=smelter.site("north", "NO"))
    pots(smelter, {"power": "13900 MWH"})
    return Lie(smelter, "metal", KILOWATT_HOURS * (CHINA - NORWAY))


def anodes_that_are_inert_by_word(market: Market) -> Lie:
    """A smelter says that its anodes are inert, so that neither carbon dioxide nor fluorocarbons leave the pots."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    market.begin_to_lie()
    smelter.run("nonferrous.aluminiumElectrolysis", [smelter.out("metal", "1000 TNE")],
                [supply("alumina", "1925 TNE"), supply("anode", "430 TNE"), supply("electricity", "13900 MWH")],
                activity={"anodes": "inert"})
    return Lie(smelter, "metal", 1000 * (1503.04 + 0.034 * 7380 + 0.0034 * 12400))


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
