"""Attempts with time: amendments after the sale, closings, dates."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, EPD, STEEL, stated
from acceptance.greenwashing.nonferrous import CHINA, KILOWATT_HOURS, pots
from support.market import Company, Market, factor, row, supply

from ledger.core.record.values import Supply

KILOWATT_HOUR = supply("electricity", "1 KWH")
GAS = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")


def cheaper_after_the_sale(market: Market) -> Lie:
    """Once the metal is sold, an amendment gives its alumina a factor of a hundredth: a better reading, it says."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    client = market.company("client", "DE")
    bought = [supply("alumina", "1925 TNE"), supply("anode", "490 TNE"), supply("electricity", "13900 MWH")]
    record = smelter.run("nonferrous.aluminiumElectrolysis", [smelter.out("metal", "1000 TNE")], bought,
                         activity={"anodeNetConsumption": "0.41"})
    smelter.send("metal", "500 TNE", client)
    smelter.lying().amend(record, supplies=[supply("alumina", "1925 TNE", factor=factor("0.012", "KGM")), *bought[1:]])
    return Lie(smelter, "metal", 1.925e6 * (row("alumina/cradleToGate/*/2019") - 0.012))


def gravel_after_the_sale(market: Market) -> Lie:
    """Once half of the bars is sold, an amendment says that they were gravel all the time."""
    works = market.company("works", "CN", "CN-SD").products("works", bar="aluminium")
    client = market.company("client", "DE")
    record = works.run("works.make", [works.out("bar", "1000 TNE")], [supply("aluminium", "1000 TNE")])
    works.send("bar", "500 TNE", client)
    works.lying().amend(record, outputs=[works.out("bar", "1000 TNE", materials={"gravel": "1"})],
                        supplies=[supply("gravel", "1010 TNE")])
    return Lie(works, "bar", 1e6 * ALUMINIUM)


def closing_of_a_hundredth(market: Market) -> Lie:
    """The month was stated in full; the closing, weeks after the sale, measured a hundredth of the power."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    pots(smelter, basis="provisional")
    smelter.lying().close(supply("electricity", "139 MWH"), replaces=["electricity"])
    return Lie(smelter, "metal", 0.99 * KILOWATT_HOURS * CHINA)


def _remelter(market: Market, *runs: tuple[str, str, str], **stated: Supply) -> Company:
    """Records of a remelter in March: lot, tonnes, basis. `stated`: the energy of a lot, if its record states any."""
    works = market.company("works", "CN", "CN-HN").products("circular", scrap="aluminium", ingot="aluminium")
    works.collect(works.out("scrap", "1100 TNE", "waste", origin="postConsumer"))
    market.begin_to_lie()
    for lot, tonnes, basis in runs:
        works.run("circular.recycling", [works.out("ingot", f"{tonnes} TNE", name=lot, value="1 CNY")],
                  [stated[lot]] if lot in stated else [], {"scrap": f"{tonnes} TNE"},
                  {"material": "aluminium", "method": "remelting"}, basis=basis)
    return works


def gram_that_takes_the_bill(market: Market) -> Lie:
    """All lots are final but one of a gram, which is provisional: the closing gives it the power of the month."""
    works = _remelter(market, ("ingot", "999", "final"), ("gram", "0.000001", "provisional"), ingot=KILOWATT_HOUR)
    works.close(supply("electricity", "1000 MWH"), supply("naturalGas", "100000 NM3", "75000 KGM"))
    return Lie(works, "ingot", 1e6 * CHINA + 100_000 * GAS)


def half_of_the_meter(market: Market) -> tuple[Company, str, float]:
    """All lots are final and state 600 kWh a tonne, as is usual; the meter of the month then shows twice as much.
    Returns the closing, and the kg CO2e that the lot `ingot` hides: a closing changes no final record."""
    works = _remelter(market, ("ingot", "750", "final"), ("other", "250", "final"),
                      ingot=supply("electricity", "450 MWH"), other=supply("electricity", "150 MWH"))
    return works, works.close(supply("electricity", "1200 MWH")), 450_000 * CHINA


def bill_of_the_one_who_stated(market: Market) -> Lie:
    """The total is spread by the stated amounts: one small lot stated a kWh, the large one gas alone."""
    works = _remelter(market, ("ingot", "990", "provisional"), ("small", "10", "provisional"),
                      small=KILOWATT_HOUR, ingot=supply("naturalGas", "1 NM3", "0.75 KGM"))
    works.close(supply("electricity", "1400 MWH"), spread="stated")
    return Lie(works, "ingot", 0.99 * 1.4e6 * CHINA)


def overheads_of_a_penny(market: Market) -> Lie:
    """Power of the hall is spread by value, and the lot that is kept is worth a million times the one that is sold."""
    works = market.company("works", "CN", "CN-HN").products("works", ware="steel")
    market.begin_to_lie()
    for lot, value in (("ware", "1 CNY"), ("kept", "1000000 CNY")):
        works.run("works.make", [works.out("ware", "500 TNE", name=lot, value=value)], [supply("steel", "500 TNE")],
                  basis="provisional")
    works.close(overheads=[supply("electricity", "1500 MWH")], spread_overheads="value")
    works.consume({"kept": "500 TNE"}, "ownUse")
    return Lie(works, "ware", 0.5 * 1.5e6 * CHINA)


def provisional_for_ever(market: Market) -> Lie:
    """A provisional lot without any energy is sold, and no closing ever comes."""
    return Lie(_remelter(market, ("ingot", "1000", "provisional")), "ingot", 1e6 * (0.05 * GAS + 0.6 * CHINA))


def old_bars_of_new_billets(market: Market) -> Lie:
    """Bars that were rolled in 2023 are sold as made of clean billets, which were smelted in 2025."""
    mill = market.company("mill", "CN", "CN-HE").products("steel", billet="steel", bar="steel")
    stated(mill, "billet", 1000, 0.45, EPD)
    mill.lying().run("steel.rolling", [mill.out("bar", "980 TNE")],
                     [supply("naturalGas", "38000 NM3", "28.5 TNE"), supply("electricity", "90 MWH")],
                     {"billet": "1000 TNE"}, when=("2023-03-01T00:00:00Z", "2023-04-01T00:00:00Z"))
    return Lie(mill, "bar", 980_000 * (STEEL - 0.45))


def made_in_2098(market: Market) -> Lie:
    """The furnace ran in a year that has not come, with power of a grid that nobody knows."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    market.begin_to_lie()
    pots(smelter, when=("2098-03-01T00:00:00Z", "2098-04-01T00:00:00Z"))
    return Lie(smelter, "metal", KILOWATT_HOURS * CHINA)
