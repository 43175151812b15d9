"""Contribution tables over HTTP and by the command line, out of a real database: a network, and cases by hand."""

import asyncio
import json
import math
import random
from functools import cache, partial
from typing import Any

import httpx
import msgspec
import networkx
import pytest
from msgspec import Raw
from support.cli import run
from support.sectors import Carrier, Emission, Given, Make
from support.server import Server
from support.tables import ALL, check_rows, figure_of, scale_of
from support.workshop import END, START, STORED, Workshop, kilograms, workshop

from ledger.core.outcome.assessment import BURDENS
from ledger.core.record import canonical
from ledger.core.record.kinds import Addition, Amendment, Closing, Declaration, Facility, Pool, Transfer
from ledger.core.record.revisions import Change
from ledger.core.record.values import Factor, Flow, Output, Supply
from ledger.errors import InvalidInput, LedgerError
from ledger.footprint.derived.tables.contents import CONTENT_GROUPINGS
from ledger.footprint.derived.tables.rows import FOOTPRINT, GROUPINGS, ContributionRow, Contributions
from ledger.service.queries.contributions.burdens import TableLayout, read_contributions
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool as Sessions
from ledger.store.database import open_pool
from ledger.store.embedded import attach


def ask(server: Server, lot: str, **more: str | int) -> Contributions:
    response = httpx.get(f"{server.url}/v1/contributions", params={"lot": lot, **more}, timeout=60)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Contributions)


def burdens_of(server: Server, lot: str, **more: int) -> list[float]:
    told = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot, **more}, timeout=60).json()["burdens"]
    return [told.get(name, 0.0) for name in BURDENS]


def checked(server: Server, lot: str, by: str, burden: str = FOOTPRINT, **more: int) -> list[ContributionRow]:
    """The rows, which add up to what `/v1/footprint` tells."""
    answer = ask(server, lot, by=by, burden=burden, **{"limit": 10_000} | more)
    burdens = burdens_of(server, lot, **{name: one for name, one in more.items() if name == "at"})
    assert (answer.lot, answer.by, answer.of) == (lot, by, burden)
    assert answer.figure == figure_of(burdens, burden)
    check_rows(answer.rows, answer.figure, scale_of(burdens, burden))
    return answer.rows


def amounts(rows: list[ContributionRow]) -> dict[str, float]:
    return {row.key: row.amount for row in rows if row.part != "rest"}


def near(**expected: float) -> dict[str, Any]:
    return {key: pytest.approx(amount, rel=1e-12) for key, amount in expected.items()}


def longest(network: Any) -> str:
    return deepest(network.graph)


@cache
def deepest(graph: "networkx.DiGraph[str]") -> str:
    lots = [node for node, kind in graph.nodes(data="kind") if kind == "lot"]
    return max(lots, key=lambda lot: len(networkx.ancestors(graph, lot)))


def test_every_table_of_a_network_adds_up(network: Any) -> None:
    lots = random.Random(2).sample(network.lots[-150:], 10)
    parts: set[str] = set()
    for number, by in enumerate(GROUPINGS):
        for lot in (longest(network), lots[number % len(lots)]):
            parts |= {row.part for row in checked(network.server, lot, by)}
    for number, burden in enumerate(ALL):
        checked(network.server, lots[number % len(lots)], "organization", burden)
    assert {"group", "assigned", "rest"} <= parts


def test_a_row_names_its_heaviest_record(network: Any) -> None:
    """Who it is, as the ledger has it: the heaviest row by record is the heaviest one of its organisation."""
    lot = longest(network)
    first = ask(network.server, lot, by="record", limit=1).rows[0]
    assert first.heaviest.digest == first.key
    record = network.client.get(f"/v1/records/{first.key}").json()
    assert (first.heaviest.index, first.heaviest.issuer) == (record["index"], record["issuer"])
    mine = next(row for row in checked(network.server, lot, "organization") if row.key == record["issuer"])
    assert mine.heaviest == first.heaviest
    assert mine.records > 1


class Chain:
    """A mill in Hebei sells plate to a shop in Germany, all 80 kg of it: with 50 kg CO2, 5 kg captured, and 4 kg of
    freight. The shop makes 60 and 20 kg of parts with 10 kg CO2, 1 kg of N2O and 36 MJ of power; 30 kg CO2e are given
    to the second. It also uses paint that was declared, with 12 kg CO2e and 40 MJ.

    Shares 0.75 and 0.25; the first part carries 0.75 of the shop and of what was sent.
    """

    def __init__(self, server: Server, name: str) -> None:
        self.mill, self.shop = Workshop(f"{name}-mill"), Workshop(f"{name}-shop")
        self.plate = self.mill.make({"plate": "80"}, ore="100", activity=Make(co2="50", emissions=[
            Emission(amount="-5", burden="technologicalCO2Removals", source="capture")]), evidence=STORED)
        truck = Supply(material="truck", quantity=kilograms("2"), factor=Factor(
            value="2", unit="KGM", source="trucks", year=2025, boundary="cradleToGate"))
        self.paint = Declaration(
            issuer=self.shop.id, nonce=self.shop.nonce(), start="2023-03-01T00:00:00Z", end="2023-04-01T00:00:00Z",
            basis="study", boundary="cradleToGate", burdens={"fossilGhgEmissions": "12", "energyMj": "40"},
            lot=Output(lot=self.shop.name("paint"), product=self.shop.name("part"), quantity=kilograms("10"),
                       role="product"),
        )
        self.site = Facility(issuer=self.mill.id, nonce=self.mill.nonce(), id=self.mill.name("works"), country="CN",
                             subdivision="CN-HE")
        abroad = Facility(issuer=self.shop.id, nonce=self.shop.nonce(), id=self.shop.name("halle"), country="DE")
        server.post([self.mill.enrolment(server), self.shop.enrolment(server)])
        server.post([*self.mill.opening(), *self.shop.opening(), self.mill.signed(self.site), self.shop.signed(abroad)])
        server.post([
            (self.plate[0], msgspec.structs.replace(self.plate[1], facility=self.mill.name("works"))),
            self.mill.signed(Transfer(
                issuer=self.mill.id, nonce=self.mill.nonce(), lot=self.mill.name("plate"), quantity=kilograms("80"),
                to=self.shop.id, new_lot=self.mill.name("sold"), time="2025-02-01T00:00:00Z", transport=[truck])),
            self.shop.signed(self.paint),
            self._made(abroad.id),
        ])

    def _made(self, facility: str) -> Any:
        given = Given(output=1, burden="fossilGhgEmissions", amount="30")
        signer, record = self.shop.make({"part": "60", "rest": "20"}, {"paint": "10"}, activity=Make(
            co2="10", energy=[Carrier(carrier="electricity", amount="36")], assigned=[given],
            emissions=[Emission(amount="1", gas="N2O", source="annealing", primary=False, factor="table/n2o")],
        ))
        return signer, msgspec.structs.replace(record, facility=facility, inputs=[
            *record.inputs, Flow(lot=self.mill.name("sold"), quantity=kilograms("80"))])

    @property
    def lot(self) -> str:
        return self.shop.name("part")


@pytest.fixture(scope="module")
def bought(serving: Server) -> Chain:
    return Chain(serving, "by-hand")


PLATE, FREIGHT, PAINT, SHOP = 0.75 * (50 - 5), 0.75 * 4, 0.75 * 12, 0.75 * (10 + 273 - 30)
"""33.75 + 3 + 9 + 189.75 = 235.5 kg CO2e."""


@pytest.mark.parametrize(("by", "expected"), [
    ("organization", {"mill": PLATE + FREIGHT, "shop": PAINT + SHOP}),
    ("facility", {"mill:works": PLATE, "unknown": FREIGHT + PAINT, "shop:halle": SHOP}),
    # The product of what was sent and of the paint is of the sector of the test.
    ("sector", {"works": PLATE + FREIGHT + PAINT + SHOP}),
    ("stage", {"works.make": PLATE + SHOP, "transfer": FREIGHT, "declaration": PAINT}),
    ("country", {"CN": PLATE, "DE": SHOP, "unknown": FREIGHT + PAINT}),
    ("subdivision", {"CN-HE": PLATE, "DE": SHOP, "unknown": FREIGHT + PAINT}),
    ("year", {"2023": PAINT, "2025": PLATE + FREIGHT + SHOP}),
    ("source", {"site": 0.75 * 60, "capture": -3.75, "truck": 3.0, "study": 9.0, "annealing": 0.75 * 273,
                "assigned": -22.5}),
    ("gas", {"CO2": 45.0 - 3.75, "CO2e": FREIGHT + PAINT, "N2O": 0.75 * 273, "assigned": -22.5}),
    ("kind", {"onSite": 0.75 * (55 + 273 + 0), "transport": FREIGHT, "upstream": PAINT, "assigned": -22.5}),
    ("basis", {"metered": 45.0, "calculated": 0.75 * 273 - 3.75 + FREIGHT + PAINT, "assigned": -22.5}),
])
def test_groupings_by_hand(serving: Server, bought: Chain, by: str, expected: dict[str, float]) -> None:
    names = {"mill": bought.mill.id, "shop": bought.shop.id, "mill:works": bought.mill.name("works"),
             "shop:halle": bought.shop.name("halle")}
    rows = checked(serving, bought.lot, by)
    assert amounts(rows) == near(**{names.get(key, key): amount for key, amount in expected.items()})
    assert math.fsum(row.amount for row in rows) == pytest.approx(235.5, rel=1e-12)


def test_negative_parts_and_quality(serving: Server, bought: Chain) -> None:
    """The mill: 37.5 + 3 kg, and 3.75 captured. The ratings: see `/v1/footprint`."""
    mill = next(row for row in checked(serving, bought.lot, "organization") if row.key == bought.mill.id)
    assert (mill.positive, mill.negative) == (pytest.approx(40.5), pytest.approx(-3.75))
    told = httpx.get(f"{serving.url}/v1/footprint", params={"lot": bought.lot}).json()
    absolute = 0.75 * (50 + 5 + 4 + 12 + 10 + 273)
    # The site's own lines and emissions are of rating 1, freight and paint of 3.
    expected = pytest.approx((0.75 * (50 + 5 + 10 + 273) + 3 * 0.75 * (4 + 12)) / absolute, rel=1e-12)
    assert told["burdens"]["absGhg"] == pytest.approx(absolute, rel=1e-12)
    assert told["ratings"] == {"technology": expected, "time": expected, "geography": expected}
    shown = run("footprint", bought.lot, "--details", "--url", serving.url)
    assert f"technology {told['ratings']['technology']:.2f}, time" in shown.out


def test_ratings_of_a_lot_without_emissions(server: Server) -> None:
    """None, rather than a number."""
    shop = workshop(server, "tables-nothing")
    server.post([shop.make({"a": "1"}, ore="1", activity=Make())])
    assert "ratings" not in httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("a")}).json()
    assert "ratings (1 best, 3)  unknown" in run("footprint", shop.name("a"), "--details", "--url", server.url).out
    answer = ask(server, shop.name("a"))
    assert (answer.figure, answer.rows, answer.records) == (0.0, [], 0)
    assert "0 kg CO2e out of 0 records" in run("contributions", shop.name("a"), "--url", server.url).out


def addition(shop: Workshop, lot: str, amount: str) -> Any:
    return shop.signed(Addition(
        issuer=shop.id, nonce=shop.nonce(), pool=shop.name("bin"), time=START,
        inputs=[Flow(lot=shop.name(lot), quantity=kilograms(amount))],
    ))


def test_what_averaging_moved_and_how_it_was_before(server: Server) -> None:
    """50 of 100 kg with 50 kg CO2, from a pool that then gets 300 with 30: 25 until its period is closed, then 10."""
    shop = workshop(server, "tables-averaged")
    receipts = server.post([
        shop.make({"a": "100"}, ore="100", activity=Make(co2="50")),
        shop.make({"b": "300"}, ore="300", activity=Make(co2="30")),
        shop.signed(Pool(issuer=shop.id, nonce=shop.nonce(), id=shop.name("bin"), facility=shop.name("site"),
                         product=shop.name("part"), averaging="period")),
        addition(shop, "a", "100"), shop.make({"c": "50"}, {"bin": "50"}, activity=Make(co2="1")),
        addition(shop, "b", "300"),
    ])
    size = receipts[-1].index + 1
    server.post([shop.signed(Closing(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), start=START, end=END
    ))])
    for by in GROUPINGS:
        rows = [row for row in checked(server, shop.name("c"), by) if row.part == "averaged"]
        assert [row.amount for row in rows] == [pytest.approx(-15.0)]
        assert (rows[0].heaviest.stage, rows[0].heaviest.facility) == ("addition", shop.name("site"))
        assert [row.part for row in checked(server, shop.name("c"), by, at=size) if row.part != "rest"] == ["group"] * (
            2 if by == "record" else 1)
    assert ask(server, shop.name("c"), at=size).figure == pytest.approx(26.0)
    now = ask(server, shop.name("c"))
    assert (now.at, now.figure) == (size + 1, pytest.approx(11.0))


def test_what_an_amendment_changed(server: Server) -> None:
    """Half of a lot with 40 kg CO2: with 80 after all, and made a year before."""
    shop = workshop(server, "tables-amended")
    first = shop.make({"a": "100"}, ore="100", activity=Make(co2="40"))
    receipts = server.post([first, shop.make({"b": "50"}, {"a": "50"}, activity=Make(co2="5"))])
    change = Change(record=canonical.digest(canonical.encode(first[1])).hex(), fields={
        "activity": Raw(msgspec.json.encode(Make(co2="80"))), "start": Raw(b'"2024-03-01T00:00:00Z"'),
        "end": Raw(b'"2024-03-02T00:00:00Z"'),
    })
    server.post([shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="read again", changes=[change]))])
    assert amounts(checked(server, shop.name("b"), "year")) == near(**{"2024": 40.0, "2025": 5.0})
    before = checked(server, shop.name("b"), "year", at=receipts[-1].index + 1)
    assert amounts(before) == near(**{"2025": 25.0})
    withdrawn = Change(record=receipts[-1].digest, withdrawn=True)
    server.post([shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="never", changes=[withdrawn]))])
    gone = ask(server, shop.name("b"))
    assert (gone.figure, gone.rows) == (0.0, [])


def contents_of(server: Server, lot: str, **more: int) -> dict[str, float]:
    told = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot, **more}, timeout=60).json()
    return told["contents"]


def checked_content(server: Server, lot: str, by: str, content: str, **more: int) -> list[ContributionRow]:
    """The rows, which add up to what `/v1/footprint` tells."""
    answer = ask(server, lot, by=by, content=content, **{"limit": 10_000} | more)
    assert (answer.lot, answer.by, answer.of, answer.unit) == (lot, by, content, "kg")
    assert answer.figure == contents_of(server, lot, **more).get(content, 0.0)
    gross = math.fsum(row.positive - row.negative for row in answer.rows if row.part != "rest")
    check_rows(answer.rows, answer.figure, gross)
    return answer.rows


def test_contents_of_a_network_add_up(network: Any) -> None:
    seen: set[str] = set()
    for number, lot in enumerate([longest(network), *random.Random(3).sample(network.lots[-150:], 12)]):
        for content in contents_of(network.server, lot):
            checked_content(network.server, lot, CONTENT_GROUPINGS[number % len(CONTENT_GROUPINGS)], content)
            seen.add(content.partition(":")[0])
    assert {"mass", "material", "recycledPostConsumer"} <= seen


def test_where_steel_came_from(server: Server) -> None:
    """100 kg with 98 kg of steel that the ore did not explain, of which 60 make 30 and 20 kg; 10 are lost; and a blend
    in a pool. Weighed again, the first lot was 120 kg, with 117.6 kg of steel."""
    shop = workshop(server, "tables-contents")
    first = shop.make({"a": "100"}, ore="100", activity=Make())
    receipts = server.post([
        first, shop.make({"b": "30", "c": "20"}, {"a": "60"}, activity=Make()),
        shop.signed(Pool(issuer=shop.id, nonce=shop.nonce(), id=shop.name("bin"), facility=shop.name("site"),
                         product=shop.name("part"))),
        addition(shop, "b", "30"), addition(shop, "a", "20"),
    ])
    size, digest = receipts[-1].index + 1, receipts[0].digest
    (row,) = [one for one in checked_content(server, shop.name("b"), "record", "material:steel") if one.part != "rest"]
    assert (row.key, row.amount) == (digest, pytest.approx(29.4))
    # 29.4 kg by the part, and 19.6 of the lot itself.
    stock = shop.name("bin:2")
    assert amounts(checked_content(server, stock, "record", "material:steel")) == near(**{digest: 49.0})
    assert amounts(checked_content(server, stock, "source", "material:steel")) == near(declared=49.0)
    change = Change(record=digest, fields={
        "outputs": Raw(msgspec.json.encode([Output(
            lot=shop.name("a"), product=shop.name("part"), quantity=kilograms("120"), role="product")])),
        "supplies": Raw(msgspec.json.encode([Supply(material="ore", quantity=kilograms("120"), origin="nature")])),
    })
    server.post([shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="weighed", changes=[change]))])
    for at in ({}, {"at": size}):
        for lot in (shop.name("a"), shop.name("b"), stock):
            for content in ("mass", "material:steel"):
                rows = checked_content(server, lot, "record", content, **at)
                assert {one.key for one in rows if one.part != "rest"} == {digest}
    assert contents_of(server, shop.name("a"))["material:steel"] == pytest.approx(117.6)
    nothing = ask(server, stock, content="material:copper")
    assert (nothing.figure, nothing.rows) == (0.0, [])
    told = run("contributions", stock, "--content", "material:steel", "--by", "facility", "--url", server.url)
    assert told.code == 0, told.err
    assert "material:steel 49 kg out of 1 records" in told.out
    assert run("contributions", stock, "--content", "mass", "--burden", "absGhg", "--url", server.url).code == 2


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"content": "smell"}, 400, "unknown-content", "content"),
    ({"content": ""}, 400, "unknown-content", "content"),
    ({"content": "material:"}, 400, "unknown-content", "content"),
    ({"content": "x" * 256}, 400, "invalid-request", "content"),
    ({"content": "mass", "by": "gas"}, 400, "unknown-grouping", "by"),
    ({"content": "mass", "burden": "absGhg"}, 400, "burden-and-content", "content"),
    ({"content": "mass", "at": "1000000"}, 400, "tree-size", "at"),
    ({"content": "mass", "limit": "0"}, 400, "invalid-request", "limit"),
    ({"content": "mass", "lot": "urn:example:nobody:lot"}, 404, "not-found", "lot"),
    ({"lot": "urn:example:nobody:lot"}, 404, "not-found", "lot"),
    ({}, 400, "invalid-request", None),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"lot": "x\0y"}, 400, "invalid-request", None),
    ({"by": "colour"}, 400, "unknown-grouping", "by"),
    ({"by": ""}, 400, "unknown-grouping", "by"),
    ({"by": "Stage"}, 400, "unknown-grouping", "by"),
    ({"by": "x" * 65}, 400, "invalid-request", "by"),
    ({"burden": "smell"}, 400, "unknown-burden", "burden"),
    ({"burden": ""}, 400, "unknown-burden", "burden"),
    ({"at": "0"}, 400, "tree-size", "at"),
    ({"at": "-1"}, 400, "tree-size", "at"),
    ({"at": "1000000"}, 400, "tree-size", "at"),
    ({"at": "now"}, 400, "invalid-request", "at"),
    ({"at": "1"}, 404, "not-found", "lot"),
    ({"limit": "0"}, 400, "invalid-request", "limit"),
    ({"limit": "10001"}, 400, "invalid-request", "limit"),
    ({"limit": "many"}, 400, "invalid-request", "limit"),
])
def test_what_cannot_be_asked(
    network: Any, parameters: dict[str, str], status: int, code: str, field: str | None
) -> None:
    asked = parameters if not parameters or "lot" in parameters else {"lot": longest(network)} | parameters
    response = network.client.get("/v1/contributions", params=asked)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), response.text
    assert field is None or problem["field"] == field
    if code in ("unknown-grouping", "unknown-burden"):
        assert problem["rule"].startswith("one of: ")
    assert response.headers["Content-Type"] == "application/problem+json"


def below_http(server: Server, lot: str, **options: Any) -> LedgerError | Contributions:
    async def whole() -> LedgerError | Contributions:
        pool: Sessions = await open_pool(attach(server.home).app_url, size=1)
        try:
            return await read_contributions(pool, LotQuestion(lot), **options)
        except LedgerError as error:
            return error
        finally:
            await pool.close()

    return asyncio.run(whole())


def test_below_http(network: Any) -> None:
    """The service checks what it is asked by itself; and a chain may be too large."""
    tried = partial(below_http, network.server, longest(network))
    for options, code, field in (
        ({"layout": TableLayout("colour")}, "unknown-grouping", "by"),
        ({"burden": "smell"}, "unknown-burden", "burden"),
        ({"layout": TableLayout(limit=0)}, "limit", "limit"), ({"layout": TableLayout(limit=10_001)}, "limit", "limit"),
        ({"most": 10}, "chain-too-large", "lot"),
    ):
        error = tried(**options)
        assert isinstance(error, InvalidInput)
        assert (error.code, error.field) == (code, field)
    assert isinstance(tried(layout=TableLayout(limit=10_000)), Contributions)


def test_the_command_line(serving: Server, bought: Chain) -> None:
    answer = ask(serving, bought.lot, by="organization")
    told = run("contributions", bought.lot, "--by", "organization", "--url", serving.url).succeeded()
    assert f"contributions to {bought.lot} by organization" in told.out
    assert f"footprint 235.5 kg CO2e out of 4 records, as of {answer.at:,} entries, method cut-off/1" in told.out
    # 36.75 of 235.5 kg, 40.5 less 3.75; the plate is the heaviest.
    row = next(line for line in told.out.splitlines() if line.startswith(bought.mill.id))
    heaviest = next(one.heaviest for one in answer.rows if one.key == bought.mill.id)
    assert row.split() == [
        bought.mill.id, "36.75", "15.6", "40.5", "-3.75", "2", f"{heaviest.digest[:12]}…", "33.75", "works.make,",
        bought.mill.name("works"),
    ]
    assert "sum" in told.out
    shown = run("contributions", bought.lot, "--by", "organization", "--url", serving.url, "--json")
    assert msgspec.json.decode(shown.out, type=Contributions) == answer
    short = run("contributions", bought.lot, "--by", "source", "--limit", 1, "--url", serving.url)
    assert "5 more: --limit" in short.out
    assigned = run("contributions", bought.lot, "--by", "source", "--url", serving.url)
    assert "assigned (system expansion)" in assigned.out
    early = run("contributions", bought.lot, "--at", answer.at, "--burden", "energyMj", "--url", serving.url)
    assert "energyMj 57 MJ" in early.out


def test_the_command_line_without_an_answer(serving: Server, bought: Chain) -> None:
    unknown = run("contributions", "urn:example:nobody", "--url", serving.url)
    assert (unknown.code, unknown.out) == (1, "")
    assert "urn:example:nobody" in unknown.err
    for options, code in (
        (("--burden", "smell"), "unknown-burden"), (("--at", 10**9), "tree-size"), (("--at", 0), "tree-size"),
    ):
        refused = run("contributions", bought.lot, *options, "--url", serving.url, "--json")
        assert (refused.code, refused.out, json.loads(refused.err)["code"]) == (1, "", code)
    for wrong in (("--by", "colour"), ("--limit", 0), ("--limit", 10_001), ("--at", "now")):
        assert run("contributions", bought.lot, *wrong, "--url", serving.url).code == 2
    assert run("contributions", "--url", serving.url).code == 2
