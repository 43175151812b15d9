"""Attempts of steelmakers."""

from acceptance.greenwashing.lie import Lie
from support.market import Market, row, supply


def ore_that_needs_no_coke(market: Market) -> Lie:
    """A shaft makes sponge iron of pellets and power alone: there is neither gas nor hydrogen nor coal."""
    shaft = market.company("shaft", "CN", "CN-HE").products("steel", iron="directReducedIron")
    market.begin_to_lie()
    shaft.run("steel.directReduction", [shaft.out("iron", "1000 TNE")],
              [supply("pellet", "1450 TNE"), supply("electricity", "400 MWH")])
    # The gas route burns 280 Nm3 per t.
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(shaft, "iron", 280_000 * gas)
