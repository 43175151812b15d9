"""Honest users of scrap, waste and by-products: no rule about these questions their figures.

Each case states what its user has: a shop with its delivery notes, a plant with its insurer's paper. A rule that
questions one of them hurts those who tell the truth: correct the rule and not the case.
"""

from collections.abc import Callable, Iterator

import pytest
from support.market import Company, Market, supply, trading_server
from support.server import Server

MOST = 0.01
"""Of a figure, so much may be questioned."""


def packaging_of_parts(market: Market) -> tuple[Company, list[str]]:
    """An assembler throws away all film and cardboard in which its parts came."""
    shop = market.company("shop", "DE").products("equipment", machine="steel", film="polyethyleneLd", board="paper")
    shop.run("equipment.assembly", [
        shop.out("machine", "100 TNE"), shop.out("film", "3 TNE", "waste", origin="preConsumer"),
        shop.out("board", "8 TNE", "waste", origin="preConsumer")],
        [supply("steel", "102 TNE"), supply("polyethyleneLd", "3 TNE"), supply("kraftPaper", "8 TNE"),
         supply("electricity", "40 MWH")])
    return shop, ["machine", "film", "board"]


def clippings_of_terminals(market: Market) -> tuple[Company, list[str]]:
    """A stamping shop makes terminals, which are electronic components, of copper strip: two thirds are clippings."""
    shop = market.company("shop", "DE").products("equipment", terminal="electronicComponent", clipping="copper")
    shop.run("equipment.assembly", [
        shop.out("terminal", "33 TNE"), shop.out("clipping", "66 TNE", "waste", origin="preConsumer")],
        [supply("copper", "80 TNE"), supply("electronicComponent", "20 TNE"), supply("electricity", "90 MWH")])
    return shop, ["clipping"]


CASES: tuple[Callable[[Market], tuple[Company, list[str]]], ...] = (packaging_of_parts, clippings_of_terminals)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as serving:
        yield serving


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_believed(case: Callable[[Market], tuple[Company, list[str]]], server: Server) -> None:
    company, lots = case(Market(server, case.__name__.replace("_", "-")))
    for lot in lots:
        answer = company.market.footprint(company.name(lot))
        questioned = answer["burdens"].get("questionedAbs", 0)
        assert questioned <= MOST * abs(answer["footprint"]), (lot, answer["title"], questioned, answer["findings"])
