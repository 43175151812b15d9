"""Figures that rest on documents which only their issuers have seen: said with the kilograms, and carried on."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from support.cli import run
from support.market import Company, Market, evidence, factor, row, supply, trading_server
from support.server import Server

from ledger.core.receipts.statement import read_statement
from ledger.footprint.derived.statements import check_statement

STEEL: Final = row("steel/cradleToGate/*/2019")
POWER: Final = row("electricity/cradleToGate/DE/2024")
TONNES: Final = 10


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Audited from zero after the module."""
    with trading_server() as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr


def mill(market: Market) -> Company:
    company = market.company("mill", "DE")
    company.products("steel", steel="steel")
    return company


def declared(market: Market, *documents: str) -> tuple[Company, str]:
    """10 t of steel at 1 kg CO2e per kg: above the low end of its range, below its default."""
    company = mill(market)
    company.declare(
        lot=company.out("steel", f"{TONNES} TNE"), burdens={"fossilGhgEmissions": "10000"},
        evidence=[evidence(kind) for kind in documents])
    return company, company.name("steel")


def test_a_declared_figure_says_what_its_document_is_worth(server: Server) -> None:
    market = Market(server, "declared")
    _, lot = declared(market, "productFootprint")
    answer = market.footprint(lot)
    doubt = TONNES * 1000 * (STEEL - 1)
    assert (answer["title"], answer["questioned"], answer["declared"]) == ("footprint", 0.0, True)
    assert answer["documented"] == pytest.approx(doubt, rel=1e-9)
    assert answer["ownWord"] == ("declared by its issuer, whose document is known by its digest alone; without it, "
                                 f"{doubt:,.0f} kg CO2e more would be in question")
    assert answer["ownWord"] in run("footprint", lot, "--url", server.url).succeeded().out.replace("\n", " ")
    assert answer["ownWord"] in market.ask("/v1/verification", lot=lot)["limitations"]


def test_without_a_document_the_same_amount_is_in_question(server: Server) -> None:
    market = Market(server, "bare")
    _, lot = declared(market)
    answer = market.footprint(lot)
    assert (answer["declared"], answer["documented"]) == (True, 0.0)
    assert answer["questioned"] == pytest.approx(TONNES * 1000 * (STEEL - 1), rel=1e-9)
    assert answer["ownWord"] == "declared by its issuer, who names no document"


def test_it_is_carried_to_the_goods_that_are_made_of_it(server: Server) -> None:
    """4 t are sold; the buyer makes two goods of them, of 3 and 1 t, which share it by mass."""
    market = Market(server, "carried")
    maker, _ = declared(market, "productFootprint")
    forge = market.company("forge", "DE")
    forge.products("equipment", wheel="steel", shaft="steel")
    bought = maker.send("steel", "4 TNE", forge)
    part = 0.4 * TONNES * 1000 * (STEEL - 1)
    received = market.footprint(bought)
    assert received["documented"] == pytest.approx(part, rel=1e-9)
    assert "declared" not in received
    assert received["ownWord"] == (f"{part:,.0f} kg CO2e more would be in question without the issuers' documents, "
                                   "which are known by their digests alone")
    forge.run("equipment.forging", [forge.out("wheel", "3 TNE"), forge.out("shaft", "1 TNE", "coProduct")],
              [supply("electricity", "2000 KWH"), supply("naturalGas", "650 KGM")], {bought: "4 TNE"})
    for name, share in (("wheel", 0.75), ("shaft", 0.25)):
        assert market.footprint(forge.name(name))["documented"] == pytest.approx(share * part, rel=1e-9)
    assert market.product_footprint(forge.name("product:wheel"))["documented"] == pytest.approx(0.75 * part, rel=1e-9)


def test_a_supplier_figure_that_a_document_shows(server: Server) -> None:
    """Pig iron at 1.8 kg CO2e per kg: without its document the default would be asked for."""
    market = Market(server, "iron")
    own = factor("1.8", "KGM")
    figures = {}
    for name, documents in (("shown", ["supplierFactor:pigIron"]), ("bare", [])):
        works = market.company(name, "DE")
        works.products("steel", steel="steel")
        works.run(
            "steel.electricArcFurnace", [works.out("steel", "10 TNE")],
            [supply("scrap", "6 TNE"), supply("pigIron", "5 TNE", factor=own), supply("electricity", "5000 KWH"),
             supply("lime", "400 KGM"),
             supply("electrode", "20 KGM"), supply("naturalGas", "40 KGM")],
            evidence=[evidence("deliveryNotes:scrap"), *[evidence(kind) for kind in documents]])
        figures[name] = market.footprint(works.name("steel"))
    whole = {name: one["footprint"] + one["questioned"] for name, one in figures.items()}
    assert whole["bare"] > whole["shown"]
    more = figures["shown"]["documented"] - figures["bare"]["documented"]
    assert more == pytest.approx(whole["bare"] - whole["shown"], rel=1e-6)


def test_statements_say_it_and_prove_the_amount(server: Server) -> None:
    market = Market(server, "stated")
    _, lot = declared(market, "productFootprint")
    stated = market.ask("/v1/statement", lot=lot)
    assert market.footprint(lot)["ownWord"] in stated["claims"]["limitations"]
    leaf = market.stated(lot)
    assert float(leaf["burdens"]["documentedAbs"]) == market.footprint(lot)["documented"]
    served = httpx.get(f"{server.url}/v1/statement", params={"lot": lot}, timeout=60)
    proven = check_statement(read_statement(served.content), server.vkey)
    assert proven.lot.burdens["documentedAbs"] == leaf["burdens"]["documentedAbs"]
