"""Gas from a bill in kWh on a real server: posted, closed, amended and audited as gas in normal cubic metres is."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from support.databases import Database
from support.market import Company, Market, RecordRefused, supply, trading_server
from support.server import Server

from ledger.core.record.values import Supply
from ledger.registry.installed import installed
from ledger.store.embedded import attach

MEGAJOULES: Final = 36_000
"""Of the gas that each record burns, net: 10,000 kWh."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Audited after the module, from zero and by the database itself."""
    with trading_server() as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr
        with Database(attach(serving.home).owner_url) as database:
            assert database.fetch("SELECT * FROM verify_log()") == []


def cubic_metres() -> str:
    entry = installed().sets["factors-open"].newest.entry("naturalGas")
    assert entry is not None
    assert entry.heating_value is not None
    return f"{MEGAJOULES / float(entry.heating_value):.9f}".rstrip("0")


def mill(market: Market, name: str) -> Company:
    company = market.company(name, "DE").products("steel", bar="steel", rod="steel", cans="steel")
    company.collect(company.out("cans", "110 TNE", "waste", origin="postConsumer"))
    return company


def melt(company: Company, *fuel: Supply, **fields: Any) -> str:
    return company.run(
        "steel.electricArcFurnace", [company.out("bar", "100 TNE")],
        [supply("electricity", "42 MWH"), supply("electrode", "0.2 TNE"), *fuel], {"cans": "110 TNE"}, **fields)


def burdens(market: Market, company: Company, lot: str = "bar") -> dict[str, float]:
    found: dict[str, float] = market.footprint(company.name(lot))["burdens"]
    return found


def test_gas_in_kilowatt_hours(server: Server) -> None:
    market, figures = Market(server, "gas"), []
    volume = supply("naturalGas", f"{cubic_metres()} NM3", "700 KGM")
    for name, fuel in (("kwh", [supply("naturalGas", "10000 KWH")]), ("gj", [supply("naturalGas", "36 GV")]),
                       ("nm3", [volume]), ("none", [])):
        company = mill(market, name)
        melt(company, *fuel)
        figures.append(burdens(market, company))
    for by_energy in figures[:2]:
        assert by_energy == pytest.approx(figures[2], rel=1e-9)
    # 56 to 57 g of CO2 per MJ where it burns, and some of its upstream.
    more = figures[0]["fossilGhgEmissions"] - figures[3]["fossilGhgEmissions"]
    assert 0.056 * MEGAJOULES < more < 0.085 * MEGAJOULES
    assert figures[0]["energyMj"] - figures[3]["energyMj"] == pytest.approx(MEGAJOULES, rel=1e-9)


def test_a_bill_that_comes_with_the_closing(server: Server) -> None:
    market = Market(server, "closing")
    now, later = mill(market, "now"), mill(market, "later")
    melt(now, supply("naturalGas", "10000 KWH"))
    melt(later, basis="provisional")
    later.close(supply("naturalGas", "10 MWH"))
    first, second = burdens(market, now), burdens(market, later)
    assert second["fossilGhgEmissions"] == pytest.approx(first["fossilGhgEmissions"], rel=1e-9)
    assert second["energyMj"] == pytest.approx(first["energyMj"], rel=1e-9)


def test_an_amendment_by_the_analysis_of_the_site(server: Server) -> None:
    """The site measures carbon per heat that is a tenth higher than the row's, and the CO2 of burning follows."""
    market = Market(server, "analysed")
    company = mill(market, "site")
    melt(company)
    record = company.run(
        "steel.rolling", [company.out("rod", "98 TNE")],
        [supply("electricity", "9 MWH"), supply("naturalGas", "10000 KWH")], {"bar": "100 TNE"})
    before = burdens(market, company, "rod")["fossilGhgEmissions"]
    company.amend(record, activity={"analyses": [
        {"material": "naturalGas", "heatingValue": "33", "carbonContent": "0.0168", "oxidation": "1"}]})
    after = burdens(market, company, "rod")["fossilGhgEmissions"]
    assert 0.06 < (after - before) / (0.0561 * MEGAJOULES) < 0.16


def test_a_refusal_says_what_is_allowed(server: Server) -> None:
    market = Market(server, "refused")
    company = mill(market, "mill")
    with pytest.raises(RecordRefused) as raised:
        melt(company, supply("naturalGas", "10 MTK", "10 KGM"))
    problem = raised.value.problem
    assert (problem["code"], problem["field"]) == ("wrong-dimension", "supplies[2].quantity")
    assert problem["rule"] == (
        "a quantity convertible to NM3 (normalised cubic metre), or to KWH or GV: its energy, net")


def test_the_schema_says_that_energy_is_net(server: Server) -> None:
    found = httpx.get(f"{server.url}/v1/schema/transformation", timeout=60).text
    assert "gross" in found
    assert "1.11" in found
