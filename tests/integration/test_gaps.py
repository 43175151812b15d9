"""Gaps over HTTP and by the command line, out of a real database: a network, amendments, pools, closings, the demo."""

import asyncio
import base64
import itertools
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import httpx
import msgspec
import networkx
import pytest
from msgspec import Raw
from support.cli import run
from support.parties import Party
from support.sectors import Emission, Gap, Given, Make
from support.server import Server
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.cli.demo.actors import ACTORS, REGISTRAR
from ledger.cli.demo.scenario import NEW_GEARBOX, REMANUFACTURED_GEARBOX, scenario
from ledger.core.outcome.assessment import BURDENS
from ledger.core.record import canonical
from ledger.core.record.kinds import Addition, Amendment, AnyRecord, Closing, Declaration, Pool, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Flow, Output, Supply
from ledger.core.signatures.signing import SigningKey
from ledger.errors import InvalidInput, LedgerError
from ledger.footprint.derived.contributions import contribution
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector, direct, vector_of
from ledger.service.queries.chain.upstream import read_records, read_upstream
from ledger.service.queries.gaps import read_gaps
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool as Sessions
from ledger.store.database import open_pool
from ledger.store.embedded import attach

APART = frozenset({"electricityKwh", "energyMj", "renewableEnergyMj", "omittedAbs", "unestimated"})
"""Burdens that are no part of absGhg."""
Value = TypeVar("Value")
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


def gaps(server: Server, lot: str, **more: int) -> dict[str, Any]:
    response = httpx.get(f"{server.url}/v1/gaps", params={"lot": lot, **more}, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def check_sums(answer: dict[str, Any], footprint: dict[str, Any]) -> None:
    """What the gaps add up to, against the stored figure as the footprint tells it."""
    burdens = footprint["burdens"]
    absolute = burdens.get("absGhg", 0.0)
    tight: dict[str, Any] = {"rel": 1e-9, "abs": 1e-9 * absolute}
    assert (answer["footprint"], answer["absolute"]) == (footprint["footprint"], absolute)
    assert answer["completeness"] == footprint["completeness"]
    assert answer["explained"] == pytest.approx(absolute, **tight)
    sums = {"omission": 0.0, "declaration": 0.0, "data": 0.0, "provisional": 0.0, "firstLife": 0.0, "": 0.0}
    for gap in answer.get("items", []):
        sums[gap["kind"] if "kgCo2e" in gap else ""] += gap.get("kgCo2e", gap["weight"])
        if "kgCo2e" in gap and absolute:
            assert gap["percent"] == pytest.approx(100 * gap["kgCo2e"] / absolute)
    assert sums["omission"] == pytest.approx(burdens.get("omittedAbs", 0.0), **tight)
    assert sums[""] == pytest.approx(burdens.get("unestimated", 0.0), rel=1e-9)
    assert sums["provisional"] == pytest.approx(burdens.get("provisionalAbs", 0.0), **tight)
    assert answer.get("provisional", 0.0) == burdens.get("provisionalAbs", 0.0)
    if not sums["provisional"]:
        assert answer["wellFounded"] + sums["declaration"] + sums["data"] == pytest.approx(absolute, **tight)
    if absolute:
        assert answer["wellFoundedPercent"] == pytest.approx(100 * answer["wellFounded"] / absolute)
    known = [gap["kgCo2e"] for gap in answer.get("items", []) if gap.get("kgCo2e")]
    assert known == sorted(known, reverse=True)


def checked(server: Server, lot: str) -> dict[str, Any]:
    answer = gaps(server, lot, limit=10_000)
    check_sums(answer, httpx.get(f"{server.url}/v1/footprint", params={"lot": lot}, timeout=60).json())
    check_burdens(server, [lot])
    return answer


def with_pool(server: Server, work: Callable[[Sessions], Awaitable[Value]]) -> Value:
    """`work` with sessions of its own on the server's database."""
    async def whole() -> Value:
        pool = await open_pool(attach(server.home).app_url, size=1)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(whole())


def check_burdens(server: Server, lots: list[str]) -> None:
    """Parts of all records together are the stored burdens, every one of them."""
    async def work(pool: Sessions) -> None:
        for lot in lots:
            stored, found = await recomposed(pool, lot)
            for name, amount, part in zip(BURDENS, stored, found, strict=True):
                scale = abs(amount) if name in APART else stored[SLOT["absGhg"]]
                assert abs(part - amount) <= 1e-9 * scale, (lot, name, part, amount)

    with_pool(server, work)


async def recomposed(pool: Sessions, lot: str) -> tuple[Vector, Vector]:
    chain = await read_upstream(pool, LotQuestion(lot))
    total = ZERO
    async for records in read_records(pool, chain):
        for one in records:
            waits = isinstance(one.record, Transformation) and one.record.basis == "provisional"
            part = contribution(
                chain.weights, one.log_index, direct(one.assessment, provisional=waits), one.assessment.assigned,
                vector_of(one.averaged),
            )
            total = tuple([a + b for a, b in zip(total, part, strict=True)])
    return tuple(chain.burdens), total


def amended(shop: Workshop, old: AnyRecord, **fields: object) -> tuple[Party, AnyRecord]:
    digest = canonical.digest(canonical.encode(old)).hex()
    change = Change(record=digest, fields={name: Raw(msgspec.json.encode(value)) for name, value in fields.items()})
    return shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="read again", changes=[change]))


def test_every_burden_of_a_network_is_explained(network: Any) -> None:
    """On a real database: all lots of it that have a long chain, and some others."""
    check_burdens(network.server, [*network.lots[-40:], *network.lots[:200:10]])


def test_gaps_of_a_network_add_up(network: Any) -> None:
    kinds: set[str] = set()
    for lot in [*network.lots[-40:], *network.lots[:200:10]]:
        answer = network.client.get("/v1/gaps", params={"lot": lot, "limit": 10_000}).json()
        check_sums(answer, network.client.get("/v1/footprint", params={"lot": lot}).json())
        kinds |= {gap["kind"] for gap in answer.get("items", [])}
        assert (answer["lot"], answer.get("leftOff", 0)) == (lot, 0)
    assert {"omission", "declaration", "data"} <= kinds


def test_a_chain_worked_by_hand(server: Server) -> None:
    """Ore with 50 kg CO2, measured, and an oil gap of 4 kg; 80 of 100 kg of it go into two parts of 60 and 20 kg, with
    10 kg measured and 5 kg of alloy that nobody priced; 15 of 60 kg are asked about.

    The part record weighs 0.25 * 0.75 = 0.1875, the ore record 0.1875 * 0.8 = 0.15.
    """
    shop = workshop(server, "gaps-by-hand")
    buyer = workshop(server, "gaps-buyer")
    alloy = Supply(material="alloy", quantity=kilograms("5"))
    server.post([
        shop.make({"ore": "100"}, ore="100", activity=Make(co2="50", gaps=[Gap(what="oil", estimate="4")])),
        shop.make({"part": "60", "rest": "20"}, {"ore": "80"}, activity=Make(co2="10"), supplies=[alloy]),
        shop.send("part", "15", buyer, "sold"),
    ])
    answer = checked(server, shop.name("sold"))
    # 0.1875 * 10 + 0.15 * 50
    assert (answer["footprint"], answer["records"], answer["completeness"]) == (pytest.approx(9.375), 3, "unknown")
    assert (answer["wellFounded"], answer["wellFoundedPercent"]) == (pytest.approx(9.375), pytest.approx(100.0))
    assert (answer["omitted"], answer["unestimated"]) == (pytest.approx(0.6), pytest.approx(0.1875))
    oil, alloy_gap = answer["items"]
    assert (oil["kind"], oil["what"], oil["whom"], oil["facility"]) == ("omission", "oil", shop.id, shop.name("site"))
    assert (oil["kgCo2e"], oil["percent"]) == (pytest.approx(0.15 * 4), pytest.approx(6.4))
    assert "behind" not in oil
    assert (alloy_gap["what"], alloy_gap["behind"], alloy_gap["unit"]) == ("alloy", "the supplier of alloy", "KGM")
    assert alloy_gap["amount"] == pytest.approx(0.1875 * 5)
    assert "kgCo2e" not in alloy_gap
    part = httpx.get(f"{server.url}/v1/lots", params={"lot": shop.name("part")}, timeout=60).json()[0]
    asked = httpx.get(f"{server.url}/v1/records/{alloy_gap['records'][0]}", timeout=60).json()
    assert asked["index"] == part["index"]


def test_assigned_amounts(server: Server) -> None:
    """Steel of 0.6 * (100 - 30) = 42 kg: its record's lines bring 60, what the slag was given takes 18 away."""
    shop = workshop(server, "gaps-given")
    given = Given(output=1, burden="fossilGhgEmissions", amount="30")
    server.post([shop.make({"steel": "60", "slag": "40"}, ore="100", activity=Make(co2="100", assigned=[given]))])
    steel, slag = checked(server, shop.name("steel")), checked(server, shop.name("slag"))
    assert (steel["footprint"], steel["assigned"]) == (pytest.approx(42), pytest.approx(-18))
    assert (slag["footprint"], slag["assigned"]) == (pytest.approx(58), pytest.approx(18))
    assert steel["absolute"] == steel["explained"] == pytest.approx(60)
    # Half of slag without share, but with 30 kg: no line of its record is in it.
    server.post([
        shop.make({"plate": "60", "dross": "40"}, ore="100",
                  activity=Make(co2="100", assigned=[given], weights={"mass": ["1", "0"]})),
        shop.make({"half": "20"}, {"dross": "20"}, activity=Make()),
    ])
    half = checked(server, shop.name("half"))
    assert (half["footprint"], half["assigned"], half["absolute"], half["records"]) == (15, 15, 0, 1)


def test_declarations_are_asked_of_who_declared(server: Server) -> None:
    """25 of 100 kg with a stated 80 kg; and 10 kg at a factor of 3 a kg that the buyer itself declared."""
    shop = workshop(server, "gaps-declared")
    bar = Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="statement", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "80"}, facility=shop.name("site"),
        lot=Output(lot=shop.name("bar"), product=shop.name("part"), quantity=kilograms("100"), role="product"),
    )
    paint = Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="factor", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "3"}, per=kilograms("1"),
    )
    digest = canonical.digest(canonical.encode(paint)).hex()
    server.post([
        shop.signed(bar), shop.signed(paint),
        shop.make({"painted": "30"}, {"bar": "25"}, activity=Make(co2="10"),
                  supplies=[Supply(material="paint", quantity=kilograms("10"), declaration=digest)]),
    ])
    answer = checked(server, shop.name("painted"))
    assert [(gap["kind"], gap["basis"], gap["kgCo2e"], gap["whom"]) for gap in answer["items"]] == [
        ("declaration", "factor", pytest.approx(30), shop.id), ("declaration", "statement", pytest.approx(20), shop.id),
    ]
    assert (answer["items"][0]["records"], answer["wellFounded"]) == ([digest], pytest.approx(10))
    # What was declared reads otherwise once it is amended: now it rests on primary data.
    server.post([amended(shop, bar, basis="pact", primaryShare="1")])
    again = checked(server, shop.name("painted"))
    assert ([gap["basis"] for gap in again["items"]], again["wellFounded"]) == (["factor"], pytest.approx(30))


def test_what_an_amendment_changed(server: Server) -> None:
    """Half of a lot of 100 kg with 40 kg CO2 is half of 400 kg after all: an eighth; and an oil gap has gone."""
    shop = workshop(server, "gaps-amended")
    first = shop.make({"a": "100"}, ore="100", activity=Make(co2="40", gaps=[Gap(what="oil")]))
    server.post([first, shop.make({"b": "50"}, {"a": "50"}, activity=Make(co2="5"))])
    before = checked(server, shop.name("b"))
    assert (before["footprint"], [gap["what"] for gap in before["items"]]) == (pytest.approx(25), ["oil"])
    output = Output(lot=shop.name("a"), product=shop.name("part"), quantity=kilograms("400"), role="product")
    server.post([amended(
        shop, first[1], outputs=[output], activity=Make(co2="40"),
        supplies=[Supply(material="ore", quantity=kilograms("400"), origin="nature")],
    )])
    after = checked(server, shop.name("b"))
    assert (after["footprint"], after.get("items", [])) == (pytest.approx(10), [])
    assert after["wellFoundedPercent"] == pytest.approx(100)


def test_another_input_and_other_shares(server: Server) -> None:
    """40 of 100 kg with 40 kg CO2 are three quarters C: 12 kg. In fact they were of 100 kg with 80 kg CO2, and half of
    it is C: 16 kg, and nothing of the first lot."""
    shop = workshop(server, "gaps-inputs")
    first = shop.make({"a": "100"}, ore="100", activity=Make(co2="40", gaps=[Gap(what="oil")]))
    behind = shop.make({"e": "100"}, ore="100", activity=Make(co2="80", gaps=[Gap(what="gas")]))
    second = shop.make({"b": "100"}, {"e": "100"}, activity=Make())
    third = shop.make({"c": "30", "d": "10"}, {"a": "40"}, activity=Make())
    server.post([first, behind, second, third])
    before = checked(server, shop.name("c"))
    assert before["footprint"] == pytest.approx(12)
    assert [(gap["what"], gap["weight"]) for gap in before["items"]] == [("oil", pytest.approx(0.3))]
    outputs = [
        Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms("20"), role="product")
        for lot in ("c", "d")
    ]
    inputs = [Flow(lot=shop.name("b"), quantity=kilograms("40"))]
    server.post([amended(shop, third[1], inputs=inputs, outputs=outputs)])
    after = checked(server, shop.name("c"))
    assert after["footprint"] == pytest.approx(16)
    assert [(gap["what"], gap["weight"]) for gap in after["items"]] == [("gas", pytest.approx(0.2))]


def test_a_pool_and_a_provisional_record_until_it_is_closed(server: Server) -> None:
    """100 kg with 50 kg CO2 (provisional) and 300 with 30 blend; 200 of the 400 kg are taken, with 5 kg."""
    shop = workshop(server, "gaps-pooled")
    server.post([
        shop.make({"a": "100"}, ore="100", activity=Make(co2="50"), basis="provisional"),
        shop.make({"b": "300"}, ore="300", activity=Make(co2="30")),
        shop.signed(Pool(issuer=shop.id, nonce=shop.nonce(), id=shop.name("silo"), facility=shop.name("site"),
                         product=shop.name("part"))),
        _addition(shop, "silo", "a", "100"), _addition(shop, "silo", "b", "300"),
        shop.make({"c": "200"}, {"silo": "200"}, activity=Make(co2="5")),
    ])
    answer = checked(server, shop.name("c"))
    assert answer["footprint"] == pytest.approx(45)
    (gap,) = answer["items"]
    assert (gap["kind"], gap["whom"], gap["facility"]) == ("provisional", shop.id, shop.name("site"))
    assert (gap["start"], gap["end"], gap["what"]) == (START, END, "works.make")
    assert gap["kgCo2e"] == answer["provisional"] == pytest.approx(25)
    assert answer["wellFounded"] == pytest.approx(20)
    server.post([shop.signed(Closing(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), start=START, end=END
    ))])
    closed = checked(server, shop.name("c"))
    assert (closed.get("items", []), closed["wellFounded"]) == ([], pytest.approx(45))


def test_a_pool_that_is_averaged_over_its_period(server: Server) -> None:
    """50 of 100 kg with 50 kg CO2, from a pool that then gets 300 with 30: 25 until its period is closed, then
    50 * 80 / 400 = 10, so 15 less. Its records bring 26 kg, 25 of them well founded."""
    shop = workshop(server, "gaps-averaged")
    gap = Emission(amount="1", source="guess", primary=False)
    server.post([
        shop.make({"a": "100"}, ore="100", activity=Make(co2="50")),
        shop.make({"b": "300"}, ore="300", activity=Make(co2="30")),
        shop.signed(Pool(issuer=shop.id, nonce=shop.nonce(), id=shop.name("bin"), facility=shop.name("site"),
                         product=shop.name("part"), averaging="period")),
        _addition(shop, "bin", "a", "100"),
        shop.make({"c": "50"}, {"bin": "50"}, activity=Make(emissions=[gap])),
        _addition(shop, "bin", "b", "300"),
    ])
    assert checked(server, shop.name("c"))["footprint"] == pytest.approx(26)
    server.post([shop.signed(Closing(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), start=START, end=END
    ))])
    answer = gaps(server, shop.name("c"))
    check_burdens(server, [shop.name("c")])
    assert (answer["footprint"], answer["averaged"]) == (pytest.approx(11), pytest.approx(-15))
    assert answer["explained"] == pytest.approx(answer["absolute"], rel=1e-9)
    assert (answer["wellFounded"], answer["wellFoundedPercent"]) == (pytest.approx(25), pytest.approx(100 * 25 / 26))
    assert [(one["what"], one["percent"]) for one in answer["items"]] == [("guess", pytest.approx(100 / 26))]


def test_a_withdrawn_lot(server: Server) -> None:
    """It has nothing, so nothing is missing."""
    shop = workshop(server, "gaps-withdrawn")
    made = shop.make({"a": "100"}, ore="100", activity=Make(co2="50", gaps=[Gap(what="oil")]))
    server.post([made])
    assert gaps(server, shop.name("a"))["unestimated"] == 1
    server.post([shop.signed(Amendment(
        issuer=shop.id, nonce=shop.nonce(), reason="it never was",
        changes=[Change(record=canonical.digest(canonical.encode(made[1])).hex(), withdrawn=True)],
    ))])
    answer = gaps(server, shop.name("a"))
    assert (answer["records"], answer["footprint"], answer["absolute"]) == (0, 0, 0)
    assert "items" not in answer
    assert "wellFoundedPercent" not in answer
    told = run("gaps", shop.name("a"), "--url", server.url)
    assert (told.code, "no gaps" in told.out) == (0, True)


def _addition(shop: Workshop, pool: str, lot: str, amount: str) -> tuple[Party, AnyRecord]:
    return shop.signed(Addition(
        issuer=shop.id, nonce=shop.nonce(), pool=shop.name(pool), time=START,
        inputs=[Flow(lot=shop.name(lot), quantity=kilograms(amount))],
    ))


def longest(network: Any) -> str:
    """Of the newest lots that carry something, the one with the longest chain."""
    by_length = sorted(network.lots[-60:], key=lambda lot: -len(networkx.ancestors(network.graph, lot)))
    return str(next(lot for lot in by_length if gaps(network.server, lot, limit=1)["records"]))


def test_at_most_so_many(network: Any) -> None:
    """The most weighty ones, and how many are left off."""
    lot = longest(network)
    whole = gaps(network.server, lot, limit=10_000)
    some = gaps(network.server, lot, limit=2)
    assert len(whole["items"]) > 3
    assert (some["items"], some["leftOff"]) == (whole["items"][:2], len(whole["items"]) - 2)
    assert some | {"items": [], "leftOff": 0} == whole | {"items": [], "leftOff": 0}


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"lot": "urn:example:nobody:lot"}, 404, "not-found", "lot"),
    ({}, 400, "invalid-request", None),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"lot": "x" * 256}, 400, "invalid-request", "lot"),
    ({"lot": "x", "limit": "0"}, 400, "invalid-request", "limit"),
    ({"lot": "x", "limit": "10001"}, 400, "invalid-request", "limit"),
    ({"lot": "x", "limit": "many"}, 400, "invalid-request", "limit"),
    ({"lot": "x\0y"}, 400, "invalid-request", None),
])
def test_what_cannot_be_asked(
    network: Any, parameters: dict[str, str], status: int, code: str, field: str | None
) -> None:
    response = network.client.get("/v1/gaps", params=parameters)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), response.text
    assert field is None or problem["field"] == field
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_chain_that_is_too_large(network: Any) -> None:
    lot = longest(network)
    records = gaps(network.server, lot)["records"]
    assert records > 10

    async def within(pool: Sessions, most: int) -> LedgerError | None:
        try:
            await read_gaps(pool, LotQuestion(lot), most=most)
        except LedgerError as error:
            return error
        return None

    for most in (1, records // 2):
        error = with_pool(network.server, partial(within, most=most))
        assert isinstance(error, InvalidInput)
        assert (error.code, error.field, error.value) == ("chain-too-large", "lot", None)
        assert str(most) in error.message
    assert with_pool(network.server, partial(within, most=100_000)) is None


def test_the_command_line(network: Any) -> None:
    lot, url = longest(network), network.server.url
    answer = gaps(network.server, lot, limit=10_000)
    told = run("gaps", lot, "--url", url, "--limit", 10_000).succeeded()
    assert f"gaps of {lot}" in told.out
    assert f"{answer['wellFounded']:,.3f} kg CO2e, {answer['wellFoundedPercent']:.1f} % of" in told.out
    first = answer["items"][0]
    assert f"{first['kgCo2e']:,.3f}" in told.out
    assert f"{first['percent']:.1f} %" in told.out
    assert "of unknown size" in told.out
    assert "the supplier of" in told.out
    assert json.loads(run("gaps", lot, "--url", url, "--limit", 10_000, "--json").out) == answer
    short = run("gaps", lot, "--url", url, "--limit", 1)
    assert f"{len(answer['items']) - 1} more" in short.out


def test_the_command_line_without_an_answer(network: Any) -> None:
    unknown = run("gaps", "urn:example:nobody", "--url", network.server.url)
    assert (unknown.code, unknown.out) == (1, "")
    assert "urn:example:nobody" in unknown.err
    as_json = run("gaps", "urn:example:nobody", "--url", network.server.url, "--json")
    assert (as_json.code, json.loads(as_json.err)["code"]) == (1, "not-found")
    assert run("gaps", "--url", network.server.url).code == 2
    assert run("gaps", "x", "--limit", 0, "--url", network.server.url).code == 2


def test_gaps_of_the_demos_gearboxes(server: Server) -> None:
    """What nobody declared in its story: coke and ferrochrome of the mills, and a core from before the ledger."""
    keys = {REGISTRAR: server.registrar.key}
    keys |= {name: SigningKey.from_seed(bytes([i]) * 32) for i, name in enumerate(ACTORS, start=1)}
    numbers = itertools.count()

    def nonce() -> str:
        return base64.urlsafe_b64encode(next(numbers).to_bytes(16, "big")).decode().rstrip("=")

    steps = scenario(keys, server.origin, nonce, server.registrar.id)
    for start in range(0, len(steps), 20):
        server.post([(Party("", keys[step.actor]), step.record) for step in steps[start : start + 20]])
    new, renewed = checked(server, NEW_GEARBOX), checked(server, REMANUFACTURED_GEARBOX)
    left_out = {(gap["what"].split()[0], gap["whom"]) for gap in new["items"] if "kgCo2e" not in gap}
    assert ("coke", "urn:example:blast-mill") in left_out
    assert ("ferrochrome", "urn:example:arc-mill") in left_out
    # No plugin of the demo's meters emissions: its data are consumption times a table's factor.
    assert new["wellFounded"] == 0.0
    # 200 kWh out of the grid of Zhejiang go into the second life itself, at 0.5153 kg CO2 a kWh.
    first = renewed["items"][0]
    assert (first["kind"], first["what"], first["whom"]) == ("data", "electricity", "urn:example:remanufacturer")
    assert (first["amount"], first["unit"], first["factor"]) == (200, "KWH", "electricity-china:electricity/CN-ZJ/2022")
    assert (first["weight"], first["kgCo2e"]) == (1.0, pytest.approx(103.06))
    old = checked(server, "urn:example:remanufacturer:lot:gearbox-old-second-life")
    assert [gap["kind"] for gap in old["items"] if gap["kind"] == "firstLife"] == ["firstLife"]
    assert all(gap["kind"] != "firstLife" for gap in renewed["items"])
