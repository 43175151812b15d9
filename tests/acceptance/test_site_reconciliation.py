"""The reconciliation of a site, in its inventory, its report and the statements of its lots.

A supplier closes March; a buyer reads. The figures are worked out by hand from the open factor set.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acceptance.greenwashing.nonferrous import CHINA
from support.market import APRIL, MARCH, Company, Market, supply, trading_server
from support.server import Server, command


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Audited from zero after the module."""
    with trading_server() as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr


def remelter(market: Market) -> Company:
    works = market.company("works", "CN", "CN-HN").products("circular", scrap="aluminium", ingot="aluminium")
    works.product("power", "energy", "MWH")
    works.collect(works.out("scrap", "1000 TNE", "waste", origin="postConsumer"))
    return works


def reconciliation(market: Market, works: Company) -> Any:
    """Of the site, by the inventory; the site report says the same."""
    inventory = market.ask("/v1/inventory", organization=works.id, year=2025)
    report = market.ask("/v1/inventory/report", facility=works.name("site"), year=2025)
    (site,) = [site for site in inventory["sites"] if site.get("facility") == works.name("site")]
    assert site["reconciliation"] == report["reconciliation"]
    return report["reconciliation"]


def test_power_that_is_bought_and_lost(server: Server) -> None:
    """1,300 MWh come in, 13 are used, 1,287 are written off as lost: 99 % of the power, with its kg CO2e."""
    market = Market(server, "bought-and-lost")
    works = remelter(market)
    works.run("energy.gridImport", [works.out("power", "1300 MWH")], [supply("electricity", "1300 MWH")])
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], inputs={"scrap": "1000 TNE", "power": "13 MWH"},
              activity={"material": "aluminium", "method": "remelting"})
    works.consume({"power": "1287 MWH"}, "loss", time="2025-03-31T00:00:00Z")
    burden = 1.287e6 * market.footprint(works.name("power"))["footprint"] / 1.3e6
    assert reconciliation(market, works) == {
        "open": [{"from": "2025-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}
    works.close()
    said = reconciliation(market, works)
    assert said["open"] == [{"from": "2025-01-01T00:00:00Z", "to": MARCH[0]},
                            {"from": APRIL[0], "to": "2026-01-01T00:00:00Z"}]
    (closed,) = said["closed"]
    assert (closed["from"], closed["to"]) == MARCH
    assert {one["unit"]: one["share"] for one in closed["shares"]} == {"KGM": 0.0, "KWH": 0.99}
    (lost,) = closed["differences"]
    assert (lost["kind"], lost["name"], lost["unit"], lost["amount"]) == (
        "lost", works.name("product:power"), "KWH", "1287000")
    assert lost["emissions"] == closed["emissions"] == pytest.approx(burden)
    assert closed["emissionsShare"] > 0.5
    assert "electricity" in closed["unmeasured"]
    scrap = {one["name"]: one for one in closed["balances"]}[works.name("product:scrap")]
    assert (scrap["declared"], scrap["used"], scrap.get("after", "0")) == ("1000000", "1000000", "0")


def test_the_statement_says_so_and_verify_tells_its_proof(server: Server, tmp_path: Path) -> None:
    """The lot's statement, and its buyer's, name the share; `verify` says that the log's key vouches for it."""
    market = Market(server, "stated-site")
    works, buyer = remelter(market), market.company("buyer", "DE")
    works.run("energy.gridImport", [works.out("power", "100 MWH")], [supply("electricity", "100 MWH")])
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], inputs={"scrap": "1000 TNE", "power": "90 MWH"},
              activity={"material": "aluminium", "method": "remelting"})
    lot = works.name("ingot")
    before = market.ask("/v1/statement", lot=lot)["claims"]["site"]
    assert before == {"facility": works.name("site"),
                      "unread": "the period of the record is not closed for all processes"}
    works.close()
    sold = works.send("ingot", "950 TNE", buyer)
    for name in (lot, sold):
        file = tmp_path / f"{name.rpartition(':')[2]}.json"
        statement = market.ask("/v1/statement", lot=name)
        site = statement["claims"]["site"]
        assert (site["facility"], site["from"], site["to"]) == (works.name("site"), *MARCH)
        # 10 MWh were left over. The operator's names and amounts stay with it.
        assert site["shares"] == {"KGM": "0.0", "KWH": "0.1"}
        (left,) = site["differences"]
        assert (left["kind"], left["unit"], set(left)) == ("leftOver", "KWH", {"kind", "unit", "emissions"})
        file.write_text(json.dumps(statement), encoding="utf-8")
        done = verify(server, file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "unreconciled KGM 0.0 %, KWH 10.0 %" in done.stdout
        assert "the reconciliation of the site rests on the log's key" in done.stdout
    statement["claims"]["site"]["shares"]["KWH"] = "0.0"
    file.write_text(json.dumps(statement), encoding="utf-8")
    assert verify(server, file).returncode != 0


def verify(server: Server, file: Path) -> subprocess.CompletedProcess[str]:
    return command(server.home, "verify", str(file), "--vkey", server.vkey, "--on", "2025-06-01")


def test_a_gram_does_not_take_the_bill(server: Server) -> None:
    """The final lot of 999 t stated 1 kWh; 1,000 MWh were measured. The gram gets a thousandth of a kWh. The rest
    stays with the site: in the closing's findings, the inventory, the report and the reconciliation."""
    market = Market(server, "gram-and-bill")
    works = remelter(market)
    for lot, tonnes, basis, stated in (("ingot", "999", "final", [supply("electricity", "1 KWH")]),
                                       ("gram", "0.000001", "provisional", [])):
        works.run("circular.recycling", [works.out("ingot", f"{tonnes} TNE", name=lot)], stated,
                  {"scrap": f"{tonnes} TNE"}, {"material": "aluminium", "method": "remelting"}, basis=basis)
    digest = works.close(supply("electricity", "1000 MWH"))
    assert market.footprint(works.name("gram"))["footprint"] < 0.01
    stays = 1000 - 0.001 - 1e-9
    record = market.ask(f"/v1/records/{digest}")
    told = {one["code"]: one for one in record["findings"]}
    assert told["total-on-final-records"]["value"] == pytest.approx(stays)
    kilograms = told["total-on-final-records"]["amount"]
    assert kilograms == pytest.approx(1000 * stays * CHINA, rel=0.2)
    (closed,) = reconciliation(market, works)["closed"]
    (difference,) = closed["differences"]
    assert (difference["kind"], difference["name"]) == ("measuredAbove", "electricity")
    assert difference["emissions"] == pytest.approx(kilograms)
    (carrier,) = [one for one in closed["shares"] if one["unit"] == "KWH"]
    assert carrier["share"] == pytest.approx(1.0, rel=1e-5)
    inventory = market.ask("/v1/inventory", organization=works.id, year=2025)
    (left,) = inventory["leftOut"]["onFinalRecords"]
    assert (left["material"], left["unit"], left["emissions"]) == ("electricity", "MWH", pytest.approx(kilograms))
    # The measured power is in the scopes, though no product carries it.
    assert inventory["scopes"]["scope2"]["location"] > 0.8 * kilograms


def test_a_final_hall_with_its_own_meter_leaves_the_rest_to_the_other(server: Server) -> None:
    """Honest: the hall with a meter states 600 MWh for 500 t and is final; the bill of the other hall comes with the
    closing. Of 1,000 MWh, the provisional 500 t get 400, and nothing is left over."""
    market = Market(server, "two-halls")
    works = remelter(market)
    for lot, basis, stated in (("metered", "final", [supply("electricity", "600 MWH")]), ("billed", "provisional", [])):
        works.run("circular.recycling", [works.out("ingot", "500 TNE", name=lot)], stated, {"scrap": "500 TNE"},
                  {"material": "aluminium", "method": "remelting"}, basis=basis)
    works.close(supply("electricity", "1000 MWH"))
    metered, billed = (market.footprint(works.name(lot))["footprint"] for lot in ("metered", "billed"))
    assert billed == pytest.approx(metered * 400 / 600)
    (closed,) = reconciliation(market, works)["closed"]
    assert closed.get("differences", []) == []
    assert all(one["share"] == 0.0 for one in closed["shares"])


def test_stock_that_nobody_uses_holds_a_burden(server: Server) -> None:
    """950 t are made and 50 t sold; 850 t more than that are parked. A delivery counts as it is accepted or used."""
    market = Market(server, "parked")
    works, smith = remelter(market), market.company("smith", "DE").products("circular", bar="aluminium")
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], [supply("electricity", "500 MWH")],
              {"scrap": "1000 TNE"}, {"material": "aluminium", "method": "remelting"})
    works.send("ingot", "50 TNE", smith, name="first", time="2025-03-20T00:00:00Z")
    works.close()
    (closed,) = reconciliation(market, works)["closed"]
    (ingot,) = [one for one in closed["balances"] if one["name"] == works.name("product:ingot")]
    assert (ingot["made"], ingot["out"], ingot["after"], ingot["parked"]) == ("950000", "50000", "900000", "850000")
    assert closed["parked"] == ingot["parkedEmissions"] == pytest.approx(
        market.footprint(works.name("ingot"))["footprint"] * 850 / 950)
    smith.run("circular.recycling", [smith.out("bar", "40 TNE")], [supply("electricity", "20 MWH")],
              {works.name("first"): "45 TNE"}, {"material": "aluminium", "method": "remelting"},
              when=("2025-03-21T00:00:00Z", "2025-03-22T00:00:00Z"))
    smith.close()
    (closed,) = reconciliation(market, smith)["closed"]
    (bought,) = [one for one in closed["balances"] if one["name"] == works.name("product:ingot")]
    assert (bought["received"], bought["used"], bought["after"]) == ("50000", "45000", "5000")


def test_closed_for_one_process_is_not_closed(server: Server) -> None:
    market = Market(server, "one-process")
    works = remelter(market)
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], [supply("electricity", "500 MWH")],
              {"scrap": "1000 TNE"}, {"material": "aluminium", "method": "remelting"})
    works.close(processes=["circular.recycling"])
    assert reconciliation(market, works) == {
        "open": [{"from": "2025-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}


def test_goods_that_move_between_two_sites(server: Server) -> None:
    """A power house makes 100 MWh, of which the works use 60: these go out there and come in here; 40 are left over at
    the power house. Scrap that a record of the works takes is at the works, although the declaration names no site."""
    market = Market(server, "two-sites")
    works = remelter(market)
    house = works.site("house", "CN", "CN-HN")
    works.run("energy.gridImport", [works.out("power", "100 MWH")], [supply("electricity", "100 MWH")], facility=house)
    works.run("circular.recycling", [works.out("ingot", "95 TNE")], inputs={"scrap": "100 TNE", "power": "60 MWH"},
              activity={"material": "aluminium", "method": "remelting"})
    works.close()
    works.close(facility=house)
    inventory = market.ask("/v1/inventory", organization=works.id, year=2025)
    closed = {site["facility"]: site["reconciliation"]["closed"][0]
              for site in inventory["sites"] if "facility" in site}
    at_house = {one["name"]: one for one in closed[house]["balances"]}[works.name("product:power")]
    assert (at_house["made"], at_house["out"], at_house["after"]) == ("100000", "60000", "40000")
    assert [(one["kind"], one["amount"]) for one in closed[house]["differences"]] == [("leftOver", "40000")]
    at_works = {one["name"]: one for one in closed[works.name("site")]["balances"]}
    power, scrap = at_works[works.name("product:power")], at_works[works.name("product:scrap")]
    assert (power["received"], power["used"], power.get("after", "0")) == ("60000", "60000", "0")
    assert (scrap["declared"], scrap["used"], scrap["after"]) == ("1000000", "100000", "900000")
    assert closed[works.name("site")].get("differences", []) == []
