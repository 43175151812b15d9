"""The uncertainty of lots whose records state much, little or nothing, were closed, amended, averaged or refused."""

from collections.abc import Mapping
from math import expm1, log, sqrt
from typing import Any, Final

import httpx
import msgspec
import pytest
from support.cli import run
from support.revising import add, amend, change, close, digest_of, pool, problem, reopen
from support.sectors import Emission, Given, Make
from support.server import Posted, Server
from support.uncertainty import BOUND, FACTOR, asked, declared, priced, size, uncertainty, variance
from support.workshop import STORED, Workshop, kilograms

from ledger.core.record.values import Output, Supply

pytestmark = pytest.mark.usefixtures("audited_server")

V_D: Final = expm1(log(1.3) ** 2)
V_SITE: Final = expm1(log(1.2) ** 2)


def test_more_draws_than_there_is_time_for(server: Server, shop: Workshop) -> None:
    """Three records of 700 metered lines each: a million samples of 2,100 quantities."""
    lines = [Emission(amount="1", source=f"stack{i}", deviation="1.1") for i in range(700)]
    server.post([
        shop.make({f"part{i}": "10"}, ore="10", activity=Make(emissions=lines)) for i in range(3)
    ])
    server.post([shop.make({"all": "30"}, {f"part{i}": "10" for i in range(3)}, activity=Make())])
    response = asked(server, shop.name("all"), samples=1_000_000)
    told = response.json()
    assert (response.status_code, told["code"], told["field"], told["value"]) == (
        400, "too-many-draws", "samples", "1000000"
    )
    assert "at most 952380 samples" in told["rule"]
    # 2,100 times 1 kg, each by itself
    answer = uncertainty(server, shop.name("all"), samples=100)
    assert variance(answer) == pytest.approx(2100 * expm1(log(1.1) ** 2), rel=1e-9)


def test_what_says_nothing_counts_as_certain(server: Server, shop: Workshop) -> None:
    """60 of 100 kg CO2e state 10 %."""
    server.post([shop.make({"a": "10"}, ore="10", activity=Make(emissions=[
        Emission(amount="60", deviation="1.1"), Emission(amount="40", source="quiet"),
    ]))])
    found = uncertainty(server, shop.name("a"))["uncertainty"]
    assert found["stated"] == pytest.approx(0.6, rel=1e-12)
    assert "count as certain" in found["note"]
    assert found["analytic"]["deviation"] == pytest.approx(60 * sqrt(expm1(log(1.1) ** 2)), rel=1e-12)
    told = run("uncertainty", shop.name("a"), "--url", server.url)
    assert "60.0 % of the CO2e is in lines that state an uncertainty" in told.out
    # Mined with 1 kg CO2 of which nothing is said
    certain = uncertainty(server, shop.name("pot"), samples=100)["uncertainty"]
    assert (certain["analytic"]["distribution"], certain["analytic"]["low"], certain["sampled"]["high"]) == (
        "certain", 1.0, 1.0
    )
    assert (certain["stated"], certain["sources"]) == (0.0, [])
    assert "no record states an uncertainty" in run("uncertainty", shop.name("pot"), "--url", server.url).out


def test_removals_and_assigned_amounts(server: Server, shop: Workshop) -> None:
    """100 kg (10 %) less 40 captured (20 %), 10 of them given to the slag: steel has 0.6 * (60 - 10) = 30, of its lines
    60 and -24; what it does not bear of the slag's is -6, and certain."""
    server.post([shop.make({"steel": "60", "slag": "40"}, ore="100", activity=Make(
        emissions=[
            Emission(amount="100", deviation="1.1"),
            Emission(amount="-40", burden="technologicalCO2Removals", source="capture", deviation="1.2"),
        ],
        assigned=[Given(output=1, burden="fossilGhgEmissions", amount="10")],
    ), evidence=STORED)])
    answer = uncertainty(server, shop.name("steel"), samples=2_000, seed=1)
    found = answer["uncertainty"]
    assert (answer["footprint"], answer["assigned"]) == (pytest.approx(30), pytest.approx(-6))
    assert variance(answer) == pytest.approx(3600 * expm1(log(1.1) ** 2) + 576 * V_SITE, rel=1e-12)
    assert (found["stated"], found["analytic"]["distribution"]) == (pytest.approx(84 / 90, rel=1e-12), "normal")
    assert "geometricDeviation" not in found["analytic"]
    deviation = found["analytic"]["deviation"]
    assert found["analytic"]["low"] == pytest.approx(30 - 1.9599640 * deviation, rel=1e-7)
    assert abs(found["sampled"]["deviation"] - deviation) <= BOUND * found["sampled"]["deviationError"]
    told = run("uncertainty", shop.name("steel"), "--url", server.url)
    assert "normal, because it includes removals or credits" in told.out
    assert "-6.000 kg CO2e by system expansion" in told.out


def test_factors_of_one_source_and_year_are_told_apart(server: Server, shop: Workshop) -> None:
    """30 kg CO2e of coal in one record and 10 in another are one factor of 30 %; 40 of lime another of the same table:
    (40^2 + 40^2) v, not 80^2 v."""
    server.post([
        shop.make({"a": "10"}, ore="10", supplies=[priced("coal", "15", "1.3"), priced("lime", "20", "1.3")],
                  activity=Make()),
        shop.make({"b": "10"}, {"a": "10"}, supplies=[priced("coal", "5", "1.3")], activity=Make()),
    ])
    answer = uncertainty(server, shop.name("b"))
    assert (answer["footprint"], variance(answer)) == (pytest.approx(80), pytest.approx(2 * 40.0**2 * V_D, rel=1e-12))
    assert [(one["kind"], one["name"], one["part"]) for one in answer["uncertainty"]["sources"]] == [
        ("factor", f"tables/2024 ({name}, 2 kg CO2e per KGM, cradleToGate)", pytest.approx(0.5))
        for name in ("coal", "lime")
    ]
    told = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("a")}, timeout=60).json()
    assert told["factors"] == ["tables/2024"]


def test_a_closing_measured_once_for_all(server: Server, shop: Workshop) -> None:
    """40 kg of gas of 2 kg CO2e a kg, 30 % uncertain, over 100 and 300 kg: 20 and 60 kg CO2e, together 80^2 V, not
    (20^2 + 60^2) V."""
    server.post([
        shop.make({"a": "100"}, ore="100", activity=Make(), basis="provisional"),
        shop.make({"b": "300"}, ore="300", activity=Make(), basis="provisional"),
        shop.make({"both": "400"}, {"a": "100", "b": "300"}, activity=Make()),
    ])
    before = size(server)
    closing = _closing(shop, "40")
    server.post([closing])
    answer = uncertainty(server, shop.name("both"))
    assert (answer["footprint"], variance(answer)) == (pytest.approx(80), pytest.approx(80.0**2 * V_D, rel=1e-12))
    assert answer["uncertainty"]["sources"] == [
        {"kind": "closing", "name": "gas", "part": pytest.approx(1.0), "closing": digest_of(closing)}
    ]
    told = run("uncertainty", shop.name("both"), "--url", server.url)
    assert f"closing {digest_of(closing)[:12]}" in told.out
    # What it has of one of them varies as much in proportion.
    assert variance(uncertainty(server, shop.name("a"))) == pytest.approx(20.0**2 * V_D, rel=1e-12)
    # Before the closing there was no gas, and nothing was uncertain.
    then = uncertainty(server, shop.name("both"), at=before)
    assert (then["footprint"], then["at"], then["uncertainty"]["analytic"]["distribution"]) == (0, before, "certain")


def test_what_was_metered_by_itself_is_no_closings(server: Server, shop: Workshop) -> None:
    """Two final records with 10 and 30 kg of gas each, more than their shares by mass, and a provisional one that gets
    the other 20 of the 60 that the closing measured: 20, 60 and 40 kg CO2e, each of a meter of its own."""
    server.post([
        shop.make({"a": "100"}, ore="100", supplies=[_metered("10")], activity=Make()),
        shop.make({"b": "300"}, ore="300", supplies=[_metered("30")], activity=Make()),
        shop.make({"c": "1000"}, ore="1000", activity=Make(), basis="provisional"),
        shop.make({"all": "1400"}, {"a": "100", "b": "300", "c": "1000"}, activity=Make()),
    ])
    first = _closing(shop, "60")
    server.post([first])
    answer = uncertainty(server, shop.name("all"))
    assert variance(answer) == pytest.approx((20.0**2 + 60.0**2 + 40.0**2) * V_D, rel=1e-12)
    assert [one["kind"] for one in answer["uncertainty"]["sources"]] == ["line", "closing", "line"]
    # Closed anew with half as much for the last one, it is the new closing that measured; as of then, the old one.
    middle = size(server)
    second = _closing(shop, "50")
    server.post([reopen(shop, first)])
    server.post([second])
    anew = uncertainty(server, shop.name("all"))
    assert variance(anew) == pytest.approx((20.0**2 + 60.0**2 + 20.0**2) * V_D, rel=1e-12)
    assert _closings(anew) == [digest_of(second)]
    assert _closings(uncertainty(server, shop.name("all"), at=middle)) == [digest_of(first)]


def test_each_month_is_measured_by_itself(server: Server, shop: Workshop) -> None:
    """100 kg made in March and 100 in April, 10 and 30 kg of gas: 20 and 60 kg CO2e, of two readings of one meter."""
    months = (("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z"), ("2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z"))
    made = [shop.make({lot: "100"}, ore="100", activity=Make(), basis="provisional") for lot in ("march", "april")]
    server.post([
        shop.signed(msgspec.structs.replace(one[1], start=start, end=end))
        for one, (start, end) in zip(made, months, strict=True)
    ])
    last = shop.make({"both": "200"}, {"march": "100", "april": "100"}, activity=Make())
    server.post([shop.signed(msgspec.structs.replace(last[1], start=months[1][1], end="2025-05-02T00:00:00Z"))])
    closings = [close(shop, _metered(gas), start=start, end=end)
                for gas, (start, end) in zip(("10", "30"), months, strict=True)]
    server.post(closings)
    answer = uncertainty(server, shop.name("both"))
    assert variance(answer) == pytest.approx((20.0**2 + 60.0**2) * V_D, rel=1e-12)
    assert _closings(answer) == [digest_of(closings[1]), digest_of(closings[0])]


def _closings(answer: Mapping[str, Any]) -> list[str]:
    return [one["closing"] for one in answer["uncertainty"]["sources"] if one["kind"] == "closing"]


def _closing(shop: Workshop, amount: str) -> Posted:
    return close(shop, _metered(amount))


def _metered(amount: str) -> Supply:
    """Kg of gas that were measured to 30 %, of 2 kg CO2e each."""
    return msgspec.structs.replace(priced("gas", amount), deviation="1.3")


def test_an_amendment_of_the_uncertainty_alone(server: Server, shop: Workshop) -> None:
    """20 kg CO2e of 10 %, then of 30 %: no figure changes; the answer does, and as of then it reads as it did."""
    lot = Output(lot=shop.name("bought"), product=shop.name("part"), quantity=kilograms("10"), role="product")
    study = declared(shop, lot=lot, burdens={"fossilGhgEmissions": "20"}, deviation="1.1")
    server.post([study, shop.make({"made": "10"}, {"bought": "10"}, activity=Make())])
    before = size(server)
    figures = _figures(server, shop, "bought", "made")
    assert variance(uncertainty(server, shop.name("made"))) == pytest.approx(400 * expm1(log(1.1) ** 2), rel=1e-12)
    (receipt,) = server.post([amend(shop, change(study, deviation="1.3", pedigree=[1, 1, 1, 1, 1]))])
    assert _figures(server, shop, "bought", "made") == figures
    # One record reads otherwise, and none that descends from it.
    leaves = [msgspec.json.decode(one.leaf) for one in receipt.leaves]
    assert [one["record"] for one in leaves if one["leaf"] == "revision"] == [digest_of(study)]
    for at in ({}, {"at": before + 1}):
        assert variance(uncertainty(server, shop.name("made"), **at)) == pytest.approx(400 * V_D, rel=1e-12)
    then = uncertainty(server, shop.name("made"), at=before)
    assert variance(then) == pytest.approx(400 * expm1(log(1.1) ** 2), rel=1e-12)


def _figures(server: Server, shop: Workshop, *lots: str) -> list[dict[str, Any]]:
    answers = [httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name(lot)}, timeout=60).json()
               for lot in lots]
    return [{name: one[name] for name in ("footprint", "burdens", "contents", "completeness")} for one in answers]


def test_a_pool_that_is_averaged_over_its_period(server: Server, shop: Workshop) -> None:
    """50 of 100 kg with 50 kg CO2 (20 %), from a pool that then gets 300 with 30: 25, and 10 once its period is closed.
    The 15 that averaging took away are said, and count as certain: of 25 + 15 kg, 25 state something."""
    server.post([
        shop.make({"a": "100"}, ore="100", activity=Make(emissions=[Emission(amount="50", deviation="1.2")])),
        shop.make({"b": "300"}, ore="300", activity=Make(co2="30")),
        pool(shop, "bin", averaging="period"), add(shop, "bin", {"a": "100"}),
        shop.make({"c": "50"}, {"bin": "50"}, activity=Make()),
        add(shop, "bin", {"b": "300"}),
    ])
    assert uncertainty(server, shop.name("c"))["footprint"] == pytest.approx(25)
    server.post([close(shop, end="2025-04-01T00:00:00Z")])
    answer = uncertainty(server, shop.name("c"))
    assert (answer["footprint"], answer["averaged"]) == (pytest.approx(10), pytest.approx(-15))
    assert variance(answer) == pytest.approx(625 * V_SITE, rel=1e-12)
    assert answer["uncertainty"]["stated"] == pytest.approx(25 / 40, rel=1e-12)
    assert "-15.000 kg CO2e by period averages" in run("uncertainty", shop.name("c"), "--url", server.url).out


def test_a_figure_that_is_not_complete(server: Server, shop: Workshop) -> None:
    """And a withdrawn lot, which has none."""
    left_out = Supply(material="glue", quantity=kilograms("1"))
    made = shop.make({"a": "10"}, ore="9", supplies=[left_out], activity=Make(co2="5"))
    server.post([made])
    answer = uncertainty(server, shop.name("a"))
    assert (answer["title"], answer["completeness"]) == ("incomplete footprint", "unknown")
    told = run("uncertainty", shop.name("a"), "--url", server.url).out
    assert "incomplete footprint: 5.000 kg CO2e" in told
    assert "unknown; the intervals do not cover omissions" in told
    server.post([amend(shop, change(made))])
    withdrawn = uncertainty(server, shop.name("a"), samples=100)
    assert (withdrawn["title"], withdrawn["footprint"], withdrawn["records"]) == ("withdrawn lot, no footprint", 0, 0)
    assert withdrawn["uncertainty"]["analytic"]["distribution"] == "certain"


DEVIATION: Final = "a geometric standard deviation: a decimal string of at least 1 and below 1000"


@pytest.mark.parametrize(("stated", "field", "value", "rule"), [
    ({"deviation": "-1.2"}, "deviation", "-1.2", DEVIATION),
    ({"deviation": "0.9"}, "deviation", "0.9", DEVIATION),
    ({"deviation": "1000"}, "deviation", "1000", DEVIATION),
    ({"pedigree": (1, 1, 1, 1, 6)}, "pedigree[4]", "6", "5"),
    ({"pedigree": (0, 1, 1, 1, 1)}, "pedigree[0]", "0", "1"),
    ({"pedigree": (1, 1, -3, 1, 1)}, "pedigree[2]", "-3", "1"),
    ({"pedigree": (1, 1, 1, 1)}, "pedigree", "[1, 1, 1, 1]", "5"),
])
@pytest.mark.parametrize("place", ["supply", "factor", "declaration"])
def test_what_no_record_may_state(
    server: Server, shop: Workshop, place: str, stated: dict[str, Any], field: str, value: str | None, rule: str
) -> None:
    """Refused with field, value and rule, and nothing is on the log."""
    before = size(server)
    supply = Supply(material="coal", quantity=kilograms("1"))
    if place == "declaration":
        record, where = declared(shop, burdens={"fossilGhgEmissions": "2"}, per=kilograms("1"), **stated), "$"
    elif place == "factor":
        priced_by = msgspec.structs.replace(supply, factor=msgspec.structs.replace(FACTOR, **stated))
        record, where = shop.make({"a": "1"}, supplies=[priced_by]), "$.supplies[0].factor"
    else:
        record = shop.make({"a": "1"}, supplies=[msgspec.structs.replace(supply, **stated)])
        where = "$.supplies[0]"
    told = problem(server, record)
    assert told["status"] in (400, 422)
    assert (told["field"], told.get("value")) == (f"{where}.{field}", value)
    assert rule in told["rule"]
    assert (size(server), asked(server, shop.name("a")).status_code) == (before, 404)
