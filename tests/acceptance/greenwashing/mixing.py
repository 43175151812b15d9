"""Attempts by mixing: a little falsehood in much truth, or much of it in little lots."""

from itertools import pairwise
from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, nature, row, supply

ALUMINIUM = row("aluminium/cradleToGate/CN/2012")
STEEL = row("steel/cradleToGate/*/2019")
CHINA = row("electricity/cradleToGate/CN/2024")
CEMENT = row("cement/cradleToGate/*/2019")
EPD = evidence("environmentalProductDeclaration")


def stated(company: Company, product: str, tonnes: int, per_kilogram: float, *papers: Any, **fields: Any) -> None:
    """A lot by a supplier's statement, kg CO2e per kg; without papers nothing shows it."""
    company.declare(lot=company.out(product, f"{tonnes} TNE", **fields), evidence=list(papers),
                    burdens={"fossilGhgEmissions": f"{tonnes * 1000 * per_kilogram:.0f}"})


def dealer(market: Market, **materials: str) -> Company:
    return market.company("dealer", "CN", "CN-SD").products("works", **materials)


def zero_in_the_pool(market: Market) -> Lie:
    """Half of a pool of aluminium was declared at zero without any paper; the other half is true."""
    shop = dealer(market, metal="aluminium")
    stated(shop, "metal", 500, ALUMINIUM, EPD, name="true")
    market.begin_to_lie()
    stated(shop, "metal", 500, 0, name="false")
    pool = shop.pool("pool", "metal")
    shop.add(pool, {"true": "500 TNE", "false": "500 TNE"})
    return Lie(shop, f"{pool}:1", 500_000 * ALUMINIUM)


def forty_small_lots(market: Market) -> Lie:
    """Each of forty lots is a hundredth of a delivery, and says 0.1 kg per kg: too small for a reader to ask."""
    shop = dealer(market, metal="aluminium", ware="aluminium")
    stated(shop, "metal", 60, ALUMINIUM, EPD, name="true")
    market.begin_to_lie()
    for number in range(40):
        stated(shop, "metal", 1, 0.1, name=f"small-{number}")
    shop.run("works.make", [shop.out("ware", "100 TNE")],
             inputs={"true": "60 TNE", **{f"small-{number}": "1 TNE" for number in range(40)}})
    return Lie(shop, "ware", 40_000 * (ALUMINIUM - 0.1))


def removal_on_paper(market: Market) -> Lie:
    """A maker of biochar states a technological removal without any certificate, and mixes the char into concrete."""
    shop = dealer(market, concrete="concrete")
    shop.product("char", "works", materials={"biochar": "1"}, biogenic_carbon="0.8")
    shop.lying().declare(lot=shop.out("char", "30 TNE"), burdens={
        "fossilGhgEmissions": "6000", "technologicalCO2Removals": "-80000"})
    shop.run("works.make", [shop.out("concrete", "1000 TNE")],
             [supply("cement", "300 TNE"), supply("gravel", "670 TNE")], {"char": "30 TNE"})
    return Lie(shop, "concrete", 80_000)


def removal_of_more_than_its_carbon(market: Market) -> Lie:
    """The certificate is there, but the removal is five times the CO2 of all carbon in the char."""
    shop = dealer(market, concrete="concrete")
    shop.product("char", "works", materials={"biochar": "1"}, biogenic_carbon="0.8")
    shop.lying().declare(evidence=[evidence("removalCertificate")], lot=shop.out("char", "10 TNE"), burdens={
        "fossilGhgEmissions": "2000", "technologicalCO2Removals": "-146700"})
    shop.run("works.make", [shop.out("concrete", "1000 TNE")],
             [supply("cement", "300 TNE"), supply("gravel", "690 TNE")], {"char": "10 TNE"})
    return Lie(shop, "concrete", 146_700 - 10_000 * 0.8 * 44 / 12)


def two_shares_of_one_product(market: Market) -> Lie:
    """Two lots of one product share by declaration: a tenth goes to the lot that is sold, the rest to the other."""
    shop = dealer(market, bar="steel")
    shop.lying().run("works.make", [
        shop.out("bar", "500 TNE", share="0.1"), shop.out("bar", "500 TNE", name="own", share="0.9")],
        [supply("steel", "1000 TNE")], allocation="declared")
    shop.consume({"own": "500 TNE"}, "ownUse")
    return Lie(shop, "bar", 0.4 * 1e6 * STEEL)


def just_above_the_lowest(market: Market) -> Lie:
    """Converter steel at 0.41 kg per kg, where the range of honest makers begins at 0.40, and no paper."""
    shop = dealer(market, bar="steel")
    market.begin_to_lie()
    stated(shop, "bar", 1000, 0.41)
    return Lie(shop, "bar", 1e6 * (STEEL - 0.41))


def a_slice_at_each_step(market: Market) -> Lie:
    """At each of four steps a tenth of the mass leaves as a by-product with a quarter of the burden."""
    shop = dealer(market, bar="steel", offcut="steel")
    stated(shop, "bar", 1000, STEEL, EPD, name="bar-1000")
    market.begin_to_lie()
    tonnes, kept = (1000, 900, 810, 729, 656), 1.0
    for before, after in pairwise(tonnes):
        shop.run("works.make", [
            shop.out("bar", f"{after} TNE", name=f"bar-{after}", share="0.75"),
            shop.out("offcut", f"{before - after} TNE", "coProduct", name=f"offcut-{after}", share="0.25")],
            inputs={f"bar-{before}": f"{before} TNE"}, allocation="declared")
        kept *= 0.75
    return Lie(shop, "bar-656", (0.656 - kept) * 1e6 * STEEL)


def advice_at_each_step(market: Market) -> Lie:
    """Each of four steps gives a quarter of the burden to ten hours of advice, which nobody buys."""
    shop = dealer(market, bar="steel")
    shop.product("advice", "works", "HUR")
    stated(shop, "bar", 1000, STEEL, EPD, name="bar-0")
    market.begin_to_lie()
    for step in range(1, 5):
        shop.run("works.make", [
            shop.out("bar", "1000 TNE", name=f"bar-{step}", share="0.76"),
            shop.out("advice", "10 HUR", "coProduct", name=f"advice-{step}", share="0.24")],
            inputs={f"bar-{step - 1}": "1000 TNE"}, allocation="declared")
    return Lie(shop, "bar-4", (1 - 0.76**4) * 1e6 * STEEL)


def bars_by_the_molecule(market: Market) -> Lie:
    """Of two equal lots of one metal, the one that is sold has half of the moles of the other, at each of two steps."""
    shop = dealer(market, bar="aluminium")
    stated(shop, "bar", 1000, ALUMINIUM, EPD, name="bar-0")
    market.begin_to_lie()
    for step, tonnes in ((1, 500), (2, 250)):
        shop.run("works.make", [
            shop.out("bar", f"{tonnes} TNE", name=f"bar-{step}", moles="1"),
            shop.out("bar", f"{tonnes} TNE", name=f"kept-{step}", moles="1.9")],
            inputs={f"bar-{step - 1}": f"{2 * tonnes} TNE"}, allocation="moles")
    return Lie(shop, "bar-2", (0.25 - 1 / 2.9**2) * 1e6 * ALUMINIUM)


def hours_of_packing(market: Market) -> Lie:
    """A toller melts for a hundred hours, packs for one, and lets the hour that nobody buys carry the power."""
    toller = market.company("toller", "CN", "CN-HE")
    for short in ("melting", "packing"):
        toller.product(short, "works", "HUR")
    toller.lying().run("works.make", [toller.out("melting", "100 HUR", share="0.000001"),
                                      toller.out("packing", "1 HUR", share="0.999999")],
                       [supply("electricity", "10000 MWH")], allocation="declared")
    return Lie(toller, "melting", 100 / 101 * 1e7 * row("electricity/cradleToGate/CN/2024"))


def ash_that_shares_by_its_mass(market: Market) -> Lie:
    """Three and a half times as much ash is bought and sold beside the bars, and takes most of the burden by mass."""
    shop = dealer(market, bar="aluminium", ash="bottomAsh")
    shop.lying().run("works.make", [shop.out("bar", "1000 TNE"), shop.out("ash", "3500 TNE", "coProduct")],
                     [supply("aluminium", "1000 TNE"), supply("bottomAsh", "3500 TNE")])
    return Lie(shop, "bar", 3.5 / 4.5 * 1e6 * ALUMINIUM)


def service_beside_gravel(market: Market) -> Lie:
    """Collected gravel passes beside the bars, so that an hour of its treatment may carry most of the burden."""
    shop = dealer(market, bar="aluminium", gravel="gravel")
    shop.product("hour", "works", "HUR")
    shop.collect(shop.out("gravel", "1100 TNE", "waste", name="old", origin="preConsumer"))
    shop.lying().run("works.make", [
        shop.out("bar", "1000 TNE", share="0.23"), shop.out("hour", "1 HUR", "coProduct", share="0.77"),
        shop.out("gravel", "1100 TNE", "waste", origin="preConsumer")],
        [supply("aluminium", "1000 TNE")], {"old": "1100 TNE"}, allocation="declared")
    return Lie(shop, "bar", 0.77 * 1e6 * ALUMINIUM)


def question_that_leaves_with_ash(market: Market) -> Lie:
    """Three hundred times as much collected ash passes through the record, and takes the question of a low statement
    away."""
    shop = dealer(market, bar="aluminium", ware="aluminium", ash="bottomAsh")
    market.begin_to_lie()
    stated(shop, "bar", 1000, 3.3)
    shop.collect(shop.out("ash", "300000 TNE", "waste", name="old", origin="preConsumer"))
    shop.run("works.make", [
        shop.out("ware", "1000 TNE"), shop.out("ash", "300000 TNE", "waste", origin="preConsumer")],
        inputs={"bar": "1000 TNE", "old": "300000 TNE"})
    return Lie(shop, "ware", (ALUMINIUM - 3.3) * 1e6)


def question_that_leaves_with_gravel(market: Market) -> Lie:
    """A hundred times as much gravel is sold beside the ware, at its price, and takes the question by its mass."""
    shop = dealer(market, bar="aluminium", ware="aluminium", stone="gravel")
    market.begin_to_lie()
    stated(shop, "bar", 1000, 3.3)
    shop.run("works.make", [
        shop.out("ware", "1000 TNE", value="2400000 EUR"),
        shop.out("stone", "100000 TNE", "coProduct", value="100000 EUR")],
        [supply("gravel", "100000 TNE")], {"bar": "1000 TNE"}, allocation="value")
    return Lie(shop, "ware", (ALUMINIUM - 3.3) * 1e6)


def water_in_the_metal(market: Market) -> Lie:
    """Half of the weight of the aluminium is water from nature."""
    shop = dealer(market, metal="aluminium", ware="aluminium")
    stated(shop, "metal", 500, ALUMINIUM, EPD)
    shop.lying().run("works.make", [shop.out("ware", "1000 TNE")], [nature("water", "500 TNE")], {"metal": "500 TNE"})
    return Lie(shop, "ware", 500_000 * ALUMINIUM)


def all_energy_to_the_lot_that_stays(market: Market) -> Lie:
    """Of two like runs of a remelter, one has the power of both, and its lot is kept; the other has a hundredth."""
    works = market.company("works", "CN", "CN-HN").products("circular", scrap="aluminium", ingot="aluminium")
    works.collect(works.out("scrap", "1000 TNE", "waste", origin="postConsumer"), evidence("weighing"))
    market.begin_to_lie()
    for lot, power, gas in (("kept", "990 MWH", "99000 NM3"), ("ingot", "10 MWH", "1000 NM3")):
        works.run("circular.recycling", [works.out("ingot", "475 TNE", name=lot)],
                  [supply("electricity", power), supply("naturalGas", gas, f"{float(gas.split()[0]) * 0.75:g} KGM")],
                  {"scrap": "500 TNE"}, {"material": "aluminium", "method": "remelting"})
    works.consume({"kept": "475 TNE"}, "ownUse")
    whole = 1e6 * row("electricity/cradleToGate/CN/2024") + 100_000 * (
        row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024"))
    return Lie(works, "ingot", 0.49 * whole)


def suppliers_a_little_low(market: Market) -> Lie:
    """Eight suppliers each state two fifths less than is usual, without a paper: no single one stands out."""
    shop = dealer(market, ware="steel")
    market.begin_to_lie()
    bars = {}
    for number in range(8):
        supplier = market.company(f"supplier{number}", "CN", "CN-HE").products("works", bar="steel")
        stated(supplier, "bar", 100, 0.6 * STEEL)
        bars[supplier.send("bar", "100 TNE", shop)] = "100 TNE"
    shop.run("works.make", [shop.out("ware", "800 TNE")], inputs=bars)
    return Lie(shop, "ware", 800_000 * 0.4 * STEEL)


def credits_of_more_than_came(market: Market) -> Lie:
    """A mass balance gives credits for 50 t of recycled polymer, and none went in."""
    shop = dealer(market, resin="polyethylene")
    stated(shop, "resin", 100, 2, EPD)
    pool = shop.pool("pool", "resin", custody="massBalance", attribute="recycledPostConsumer:polyethylene",
                     conversion="1", balance_months=3)
    market.begin_to_lie()
    shop.add(pool, {"resin": "100 TNE"}, credit_lot=shop.name("credits"), credits={"value": "50", "unit": "TNE"})
    return Lie(shop, f"{pool}:1", 0, content=50_000)


def slag_that_weighs_three_times(market: Market) -> Lie:
    """Slag at 5 EUR per t shares by mass with metal at 5,000: with three times the weight it takes three quarters."""
    shop = dealer(market, metal="copper", slag="copperSlag")
    shop.lying().run("works.make", [shop.out("metal", "250 TNE", value="1250000 EUR"),
                                    shop.out("slag", "750 TNE", "coProduct", value="3750 EUR")],
                     [supply("blisterCopper", "260 TNE"), supply("sand", "740 TNE"), supply("electricity", "800 MWH")])
    whole = 260_000 * row("blisterCopper/cradleToGate/*/2008") + 740_000 * row("sand/cradleToGate/*/2022") + (
        800_000 * row("electricity/cradleToGate/CN/2024"))
    return Lie(shop, "metal", (0.997 - 0.25) * whole)


def removals_in_a_pool_of_cement(market: Market) -> Lie:
    """A pool of cement takes a lot whose stated removals are larger than its emissions, and all of it becomes clean."""
    shop = dealer(market, cement="cement")
    stated(shop, "cement", 900, CEMENT, EPD, name="true")
    shop.lying().declare(lot=shop.out("cement", "100 TNE", name="false"), evidence=[evidence("photograph")], burdens={
        "fossilGhgEmissions": "70000", "ccsTechnologicalCO2Capture": "-400000"})
    pool = shop.pool("pool", "cement")
    shop.add(pool, {"true": "900 TNE", "false": "100 TNE"})
    return Lie(shop, f"{pool}:1", 400_000)


def own_word_in_a_pool(market: Market) -> Lie:
    """A fifth of a pool of resin has an eighth of its figure by a paper that proves no figure: the maker's own word."""
    shop = dealer(market, resin="polyethylene")
    virgin = row("polyethyleneHd/cradleToGate/CN/2024")
    stated(shop, "resin", 800, virgin, EPD, name="true")
    market.begin_to_lie()
    stated(shop, "resin", 200, 0.4, evidence("selfDeclaration"), name="false")
    pool = shop.pool("pool", "resin")
    shop.add(pool, {"true": "800 TNE", "false": "200 TNE"})
    return Lie(shop, f"{pool}:1", 200_000 * (virgin - 0.4))


def by_products_at_a_price_of_their_own(market: Market) -> Lie:
    """Six by-products of 2 % of the mass each are valued at eight times the price of the main product per kg."""
    shop = dealer(market, bar="steel", chip="steel")
    shop.lying().run("works.make", [
        shop.out("bar", "880 TNE", value="880000 EUR"),
        *[shop.out("chip", "20 TNE", "byProduct", name=f"chip-{number}", value="160000 EUR") for number in range(6)]],
        [supply("steel", "1000 TNE")], allocation="value")
    # By mass the bars carry 88 %; by these prices 880 of 1,840.
    return Lie(shop, "bar", (0.88 - 880 / 1840) * 1e6 * STEEL)


def capture_of_a_whole_mill_on_paper(market: Market) -> Lie:
    """A mill declares steel of its furnace, less a capture of most of its chain, by its own certificate."""
    mill = market.company("mill", "CN", "CN-HE").products("works", slab="steel")
    mill.lying().declare(lot=mill.out("slab", "1000 TNE"), evidence=[EPD, evidence("storageCertificate")], burdens={
        "fossilGhgEmissions": "2340000", "ccsTechnologicalCO2Capture": "-1900000"})
    return Lie(mill, "slab", 1_900_000)


def sand_by_a_rule_of_its_own(market: Market) -> Lie:
    """Three times the weight of sand shares by mass with steel, and the record names a rule that nobody wrote."""
    shop = market.company("shop", "CN", "CN-HE").products("works", part="steel", sand="sand")
    shop.lying().run("works.make", [shop.out("part", "1000 TNE"), shop.out("sand", "3000 TNE", "coProduct")],
                     [supply("steel", "1000 TNE"), supply("sand", "3000 TNE"), supply("electricity", "200 MWH")],
                     allocation_basis={"rule": "our own rule"})
    whole = 1e6 * STEEL + 3e6 * row("sand/cradleToGate/*/2022") + 2e5 * row("electricity/cradleToGate/CN/2024")
    return Lie(shop, "part", 0.75 * whole)


def cake_that_is_half_water(market: Market) -> Lie:
    """A washer extrudes polyethylene, and sells wet polypropylene beside it: by mass, the water carries a third."""
    works = market.company("works", "CN", "CN-GD").products(
        "circular", bottles="polyethyleneHd", resin="polyethyleneHd", caps="polypropylene")
    works.product("cake", "circular", materials={"polypropylene": "0.5", "water": "0.5"})
    works.collect(works.out("bottles", "500 TNE", "waste", origin="postConsumer"))
    works.collect(works.out("caps", "500 TNE", "waste", origin="postConsumer"))
    works.lying().run("circular.recycling", [works.out("resin", "480 TNE"), works.out("cake", "960 TNE", "coProduct")],
                      [supply("electricity", "1500 MWH"), nature("water", "600 TNE")],
                      {"bottles": "500 TNE", "caps": "500 TNE"}, {"material": "plastics", "method": "extrusion"})
    return Lie(works, "resin", (1 / 2 - 1 / 3) * 1.5e6 * CHINA)


def pulp_that_is_mostly_water(market: Market) -> Lie:
    """A mill sells half of its pulp dry, and the other half under another name, wet and with three times the mass."""
    mill = market.company("mill", "CN", "CN-SD").products("consumer-goods", old="paper", pulp="pulp", wet="pulp")
    mill.collect(mill.out("old", "1000 TNE", "waste", origin="postConsumer"))
    mill.lying().run("consumer-goods.pulping", [mill.out("pulp", "450 TNE"), mill.out("wet", "1000 TNE", "coProduct")],
                     [supply("electricity", "500 MWH"), supply("heat", "3000 GV"), nature("water", "5000 TNE")],
                     {"old": "1000 TNE"}, {"method": "recovered", "pulpDryness": "0.6"})
    return Lie(mill, "pulp", (1 / 2 - 450 / 1450) * (5e5 * CHINA + 3e6 * row("heat/cradleToGate/CN/2015")))
