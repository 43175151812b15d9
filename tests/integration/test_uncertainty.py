"""The uncertainty of a lot over HTTP and by the command line, out of a real database, by figures solved by hand.

    mill: slab 100 kg, 200 kg CO2e by declaration D (2 per kg, 30 %), 100 kg CO2 on site (20 %)
    left shop: 50 kg of slab and 10 kg of D        right shop: 50 kg of slab and 30 kg of D
    works: half of the left part, all of the right one

The works' lot carries of the left shop 0.5, of the right one 1, of the mill 0.5 * 0.5 + 1 * 0.5 = 0.75. So of D it has
0.75 * 200 + 0.5 * 20 + 1 * 60 = 220 kg CO2e, of the mill's site 0.75 * 100 = 75, together 295 in 75 kg.
"""

import json
from collections.abc import Iterator, Mapping
from math import exp, expm1, log, sqrt
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from support.cli import run
from support.revising import digest_of
from support.sectors import Emission, Make
from support.server import Posted, Server, prepared_home
from support.uncertainty import BOUND, declared, size, uncertainty
from support.workshop import Workshop, kilograms, workshop

from ledger.core.record.values import Flow, Supply

SAMPLES: Final = 20_000
V_D: Final = expm1(log(1.3) ** 2)
V_SITE: Final = expm1(log(1.2) ** 2)
# Shared sources are added before they are squared.
VARIANCE: Final = 220.0**2 * V_D + 75.0**2 * V_SITE
# Each way as if it had a copy of its own: D by the left (50) and the right (100) at the mill, 10 and 60 in the shops.
NAIVE: Final = (50.0**2 + 100.0**2 + 10.0**2 + 60.0**2) * V_D + (25.0**2 + 50.0**2) * V_SITE


def took(shop: Workshop, made: Posted, inputs: Mapping[str, str]) -> Posted:
    """The transformation with kg of lots of others, by their whole names."""
    flows = [Flow(lot=lot, quantity=kilograms(amount)) for lot, amount in inputs.items()]
    return shop.signed(msgspec.structs.replace(made[1], inputs=flows))


class Diamond(NamedTuple):
    server: Server
    lot: str
    declaration: str
    slab: int
    """The log index of the mill's record."""


@pytest.fixture(scope="module")
def diamond() -> Iterator[Diamond]:
    """On a server that nobody writes to."""
    with prepared_home() as home, Server(home) as server:
        mill, left, right, works = (workshop(server, f"diamond-{name}") for name in ("mill", "left", "right", "works"))
        study = declared(mill, burdens={"fossilGhgEmissions": "2"}, per=kilograms("1"), deviation="1.3")
        name = digest_of(study)

        def of_study(material: str, amount: str) -> Supply:
            return Supply(material=material, quantity=kilograms(amount), declaration=name)

        _, _, slab, *_ = server.post([
            study, mill.publish(declaration=name),
            mill.make({"slab": "100"}, supplies=[of_study("ore", "100")],
                      activity=Make(emissions=[Emission(amount="100", deviation="1.2")])),
            mill.send("slab", "50", left, "to-left"), mill.send("slab", "50", right, "to-right"),
        ])
        for shop, came, bought, sold in ((left, "to-left", "10", "25"), (right, "to-right", "30", "50")):
            piece = shop.make({"piece": "50"}, supplies=[of_study("weld", bought)], activity=Make())
            server.post([took(shop, piece, {mill.name(came): "50"}), shop.send("piece", sold, works, "sold")])
        frame = works.make({"frame": "75"}, activity=Make())
        server.post([took(works, frame, {left.name("sold"): "25", right.name("sold"): "50"})])
        yield Diamond(server, works.name("frame"), f"declaration:{name}", slab.index)


def test_the_diamond_in_closed_form(diamond: Diamond) -> None:
    """Lognormal of mean 295: spread^2 = ln(1 + variance / 295^2), median 295 exp(-spread^2 / 2)."""
    answer = uncertainty(diamond.server, diamond.lot)
    found = answer["uncertainty"]
    assert answer["footprint"] == pytest.approx(295.0, rel=1e-12)
    assert answer["footprintPerUnit"] == pytest.approx(295.0 / 75, rel=1e-12)
    assert (answer["lot"], answer["unit"], answer["quantity"]) == (diamond.lot, "KGM", {"value": "75", "unit": "KGM"})
    assert (answer["at"], answer["records"], answer["title"]) == (size(diamond.server), 8, "footprint")
    assert (found["stated"], "note" in found, "sampled" in found) == (1.0, False, False)
    analytic = found["analytic"]
    assert analytic["deviation"] == pytest.approx(sqrt(VARIANCE), rel=1e-12)
    assert analytic["firstOrder"] == pytest.approx(sqrt(VARIANCE), rel=1e-12)
    spread = sqrt(log(1 + VARIANCE / 295.0**2))
    assert analytic["distribution"] == "lognormal"
    assert analytic["geometricDeviation"] == pytest.approx(exp(spread), rel=1e-12)
    median = 295.0 * exp(-(spread**2) / 2)
    assert analytic["low"] == pytest.approx(median * exp(-1.9599640 * spread), rel=1e-7)
    assert analytic["high"] == pytest.approx(median * exp(1.9599640 * spread), rel=1e-7)
    assert found["sources"] == [
        {"kind": "factor", "name": diamond.declaration, "part": pytest.approx(220.0**2 * V_D / VARIANCE, rel=1e-12)},
        {"kind": "line", "name": "process", "part": pytest.approx(75.0**2 * V_SITE / VARIANCE, rel=1e-12),
         "record": diamond.slab},
    ]
    assert found["others"] == pytest.approx(0.0, abs=1e-12)


def test_monte_carlo_agrees_where_a_naive_sum_does_not(diamond: Diamond) -> None:
    found = uncertainty(diamond.server, diamond.lot, samples=SAMPLES, seed=11)["uncertainty"]
    sampled = found["sampled"]
    assert (sampled["samples"], sampled["seed"], sampled["generator"]) == (SAMPLES, 11, "PCG64")
    assert abs(sampled["mean"] - 295.0) <= BOUND * sampled["standardError"]
    assert abs(sampled["deviation"] - sqrt(VARIANCE)) <= BOUND * sampled["deviationError"]
    assert abs(sampled["deviation"] - sqrt(NAIVE)) > 5 * BOUND * sampled["deviationError"]
    assert sampled["standardError"] == pytest.approx(sqrt(VARIANCE / SAMPLES), rel=0.05)
    assert sampled["low"] == pytest.approx(found["analytic"]["low"], rel=0.03)
    assert sampled["high"] == pytest.approx(found["analytic"]["high"], rel=0.03)
    assert sampled["low"] < sampled["median"] < sampled["mean"] < sampled["high"]


def test_a_seed_gives_the_same_answer_again(diamond: Diamond) -> None:
    first, again, other = (
        uncertainty(diamond.server, diamond.lot, samples=500, seed=seed) for seed in (2**53 - 1, 2**53 - 1, 2)
    )
    assert first == again
    assert first["uncertainty"]["sampled"]["mean"] != other["uncertainty"]["sampled"]["mean"]
    assert first["uncertainty"]["analytic"] == other["uncertainty"]["analytic"]


def test_the_sources_that_are_asked_for(diamond: Diamond) -> None:
    one = uncertainty(diamond.server, diamond.lot, top=1)["uncertainty"]
    assert [source["kind"] for source in one["sources"]] == ["factor"]
    assert one["others"] == pytest.approx(75.0**2 * V_SITE / VARIANCE, rel=1e-9)
    none = uncertainty(diamond.server, diamond.lot, top=0)["uncertainty"]
    assert (none["sources"], none["others"]) == ([], 1.0)


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"lot": "urn:example:nobody:lot"}, 404, "not-found", "lot"),
    ({}, 400, "invalid-request", None),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"at": 100_000}, 400, "tree-size", "at"),
    ({"at": 0}, 400, "tree-size", "at"),
    ({"at": 5}, 404, "not-found", "lot"),
    ({"samples": 99}, 400, "invalid-samples", "samples"),
    ({"samples": -1}, 400, "invalid-samples", "samples"),
    ({"samples": 1_000_001}, 400, "invalid-samples", "samples"),
    ({"samples": 100, "seed": -1}, 400, "invalid-seed", "seed"),
    ({"seed": 2**53}, 400, "invalid-seed", "seed"),
    ({"samples": "many"}, 400, "invalid-request", "samples"),
    ({"seed": "x"}, 400, "invalid-request", "seed"),
    ({"top": -1}, 400, "invalid-request", "top"),
    ({"top": 1001}, 400, "invalid-request", "top"),
])
def test_what_cannot_be_asked(
    diamond: Diamond, parameters: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    query = parameters if not parameters or "lot" in parameters else {"lot": diamond.lot, **parameters}
    response = httpx.get(f"{diamond.server.url}/v1/uncertainty", params=query, timeout=60)
    told = response.json()
    assert (response.status_code, told["code"]) == (status, code), response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert field is None or told["field"] == field
    if code in ("invalid-samples", "invalid-seed", "tree-size"):
        assert (told["value"], bool(told["rule"])) == (str(parameters[field or ""]), True)


def test_an_earlier_tree(diamond: Diamond) -> None:
    """The same question for the same tree has the same answer."""
    now = uncertainty(diamond.server, diamond.lot)
    assert uncertainty(diamond.server, diamond.lot, at=now["at"]) == now


def test_lots_of_a_network(network: Any) -> None:
    """Nobody states anything there: the mean is the figure, whatever has been pooled, assigned or sent."""
    for lot in network.lots[-400::20]:
        assert uncertainty(network.server, lot)["uncertainty"]["analytic"]["distribution"] == "certain"


def test_the_command_line(diamond: Diamond) -> None:
    url = diamond.server.url
    answer = uncertainty(diamond.server, diamond.lot, samples=1_000, seed=3)
    found = answer["uncertainty"]
    told = run("uncertainty", diamond.lot, "--samples", 1_000, "--seed", 3, "--url", url)
    assert (told.code, told.err) == (0, "")
    assert "295.000 kg CO2e, 3.93333 kg CO2e per kilogram (KGM)" in told.out
    assert f"{found['analytic']['low']:,.3f} to {found['analytic']['high']:,.3f}" in told.out
    assert f"{sqrt(VARIANCE):,.3f} ({sqrt(VARIANCE) / 2.95:.1f} %)" in told.out
    assert "lognormal, geometric standard deviation 1.22" in told.out
    assert "100.0 % of the CO2e is in lines that state an uncertainty\n" in told.out
    assert f"{100 * 220.0**2 * V_D / VARIANCE:.1f} %" in told.out
    assert diamond.declaration in told.out
    assert f"amount in record {diamond.slab}" in told.out
    assert "1,000 samples, PCG64, seed 3" in told.out
    assert f"{found['sampled']['mean']:,.3f} ± {found['sampled']['standardError']:,.3f}" in told.out
    as_json = run("uncertainty", diamond.lot, "--samples", 1_000, "--seed", 3, "--url", url, "--json")
    assert json.loads(as_json.out) == answer
    plain = run("uncertainty", diamond.lot, "--top", 1, "--at", answer["at"], "--url", url)
    assert plain.code == 0
    assert "Monte Carlo" not in plain.out
    assert "all others" in plain.out
    assert f"as of {answer['at']} entries" in plain.out


@pytest.mark.parametrize(("arguments", "says"), [
    (["urn:example:nobody"], "urn:example:nobody"),
    (["LOT", "--at", "100000"], "at"),
    (["LOT", "--samples", "7"], "samples"),
    (["LOT", "--samples", "-7"], "samples"),
    (["LOT", "--seed", "-7", "--samples", "100"], "seed"),
])
def test_the_command_line_without_an_answer(diamond: Diamond, arguments: list[str], says: str) -> None:
    named = [diamond.lot if one == "LOT" else one for one in arguments]
    told = run("uncertainty", *named, "--url", diamond.server.url)
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert told.err.startswith("error: ")
    assert says in told.err
    as_json = run("uncertainty", *named, "--url", diamond.server.url, "--json")
    assert as_json.code == 1
    assert json.loads(as_json.err)["code"] in ("not-found", "tree-size", "invalid-samples", "invalid-seed")


def test_the_command_line_used_wrongly(diamond: Diamond) -> None:
    for arguments in ([], ["x", "--samples", "many"], ["x", "--top", "-1"], ["x", "--seed", "1.5"]):
        assert run("uncertainty", *arguments, "--url", diamond.server.url).code == 2
