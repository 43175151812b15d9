"""Attempts with waste: what is scrap, whose it was, and how it is melted."""

from acceptance.greenwashing.lie import Lie
from support.market import Market, row

CHINA = row("electricity/cradleToGate/CN/2024")


def remelting_without_energy(market: Market) -> Lie:
    """A remelter states its scrap and its ingots, and neither power nor gas."""
    works = market.company("works", "CN", "CN-HN").products("circular", scrap="aluminium", ingot="aluminium")
    works.collect(works.out("scrap", "1000 TNE", "waste", origin="postConsumer"))
    market.begin_to_lie()
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], inputs={"scrap": "1000 TNE"},
              activity={"material": "aluminium", "method": "remelting"})
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(works, "ingot", 950_000 * (0.05 * gas + 0.6 * CHINA))
