"""The registrar sets the limit of the title *footprint*, and every answer about later records has it."""

from typing import Final

import msgspec
from support.market import Company, Market, supply, trading_server
from support.server import command

from ledger.admission.title_limit import LIMIT_SETTING, digest_of_limit

ADDED: Final = "12 TNE"


def mill_of(market: Market) -> Company:
    return market.company("mill", "CN", "CN-HE").products("steel", slab="steel")


def made(mill: Company, name: str) -> str:
    """A lot of steel of which some 4 % are left out: no set knows its additive."""
    mill.run(
        "steel.electricArcFurnace", [mill.out("slab", "1000 TNE", name=name)],
        [supply("pigIron", "1000 TNE"), supply("electricity", "450 MWH"), supply("naturalGas", "5000 NM3", "3.75 TNE"),
         supply("unheardOf", ADDED, unknown=True)],
    )
    return mill.name(name)


def test_the_limit_of_the_log() -> None:
    with trading_server() as server:
        market = Market(server, "limit")
        mill = mill_of(market)
        before = made(mill, "before")
        share = 1.0 - float(market.footprint(before)["completeness"].removesuffix(" %")) / 100.0
        assert 0.03 < share < 0.09
        done = command(server.home, "plugin", "activate", LIMIT_SETTING, "--version", "0.09", "--url", server.url,
                       "--json")
        assert done.returncode == 0, done.stderr
        assert msgspec.json.decode(done.stdout)["digest"] == digest_of_limit("0.09")
        after = made(mill, "after")
        for lot, title, limit in ((before, "incomplete footprint", 0.03), (after, "footprint", 0.09)):
            answer, stated = market.footprint(lot), market.ask("/v1/statement", lot=lot)["claims"]["figure"]
            assert (answer["title"], answer["titleLimit"]) == (title, limit)
            assert (stated["title"], stated["limit"]) == (title, f"{limit * 100:.1f} %")
            assert market.ask("/v1/uncertainty", lot=lot)["title"] == title
        # The limit of later lots completes no earlier one.
        whole = market.product_footprint(mill.name("product:slab"))
        assert (whole["title"], whole["titleLimit"]) == ("incomplete footprint", 0.03)
        refused = command(server.home, "plugin", "activate", LIMIT_SETTING, "--version", "0.2", "--url", server.url)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert "0.0001 to 0.1" in refused.stderr
        without = command(server.home, "plugin", "activate", LIMIT_SETTING, "--url", server.url)
        assert (without.returncode, "0.03 stands for 3 %" in without.stderr) == (2, True)
