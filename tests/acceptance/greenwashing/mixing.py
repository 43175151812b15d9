"""Attempts by mixing: a little falsehood in much truth, or much of it in little lots."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence

EPD = evidence("environmentalProductDeclaration")


def stated(company: Company, product: str, tonnes: int, per_kilogram: float, *papers: Any, **fields: Any) -> None:
    """A lot by a supplier's statement, kg CO2e per kg; without papers nothing shows it."""
    company.declare(lot=company.out(product, f"{tonnes} TNE", **fields), evidence=list(papers),
                    burdens={"fossilGhgEmissions": f"{tonnes * 1000 * per_kilogram:.0f}"})


def dealer(market: Market, **materials: str) -> Company:
    return market.company("dealer", "CN", "CN-SD").products("works", **materials)


def credits_of_more_than_came(market: Market) -> Lie:
    """A mass balance gives credits for 50 t of recycled polymer, and none went in."""
    shop = dealer(market, resin="polyethylene")
    stated(shop, "resin", 100, 2, EPD)
    pool = shop.pool("pool", "resin", custody="massBalance", attribute="recycledPostConsumer:polyethylene",
                     conversion="1", balance_months=3)
    market.begin_to_lie()
    shop.add(pool, {"resin": "100 TNE"}, credit_lot=shop.name("credits"), credits={"value": "50", "unit": "TNE"})
    return Lie(shop, f"{pool}:1", 0, content=50_000)
