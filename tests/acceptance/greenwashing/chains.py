"""Attempts of several companies: shells, groups, tolling, papers of friends."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import EPD, stated
from acceptance.greenwashing.nonferrous import CHINA
from support.market import Market, evidence, row


def power_of_an_owner_without_a_meter(market: Market) -> Lie:
    """A toll mill states no energy: its owner is said to provide it, but nobody on the ledger ever bought any."""
    owner = market.company("owner", "CN", "CN-HE").products("steel", billet="steel")
    stated(owner, "billet", 103, 0.6, EPD)
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    placed = owner.send("billet", "103 TNE", mill, purpose="custody")
    market.begin_to_lie()
    mill.run("steel.rolling", [mill.out("bar", "100 TNE", owner=owner.id)], inputs={placed: "103 TNE"},
             evidence=[evidence("contract:toll")])
    returned = mill.send("bar", "100 TNE", owner, purpose="return", name="bar-back")
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(owner, returned, 1e5 * (0.035 * gas + 0.1 * CHINA))
