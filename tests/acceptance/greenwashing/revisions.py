"""Attempts with time: amendments after the sale, closings, dates."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.nonferrous import CHINA, KILOWATT_HOURS, pots
from support.market import Company, Market, row, supply

from ledger.core.record.values import Supply

GAS = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")


def closing_of_a_hundredth(market: Market) -> Lie:
    """The month was stated in full; the closing, weeks after the sale, measured a hundredth of the power."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium")
    pots(smelter, basis="provisional")
    market.begin_to_lie()
    smelter.close(supply("electricity", "139 MWH"), replaces=["electricity"])
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


def provisional_for_ever(market: Market) -> Lie:
    """A provisional lot without any energy is sold, and no closing ever comes."""
    works = _remelter(market, ("ingot", "1000", "provisional"))
    return Lie(works, "ingot", 1e6 * (0.05 * GAS + 0.6 * CHINA))
