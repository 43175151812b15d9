"""Pools on a real server: named by id and by product, in one request and across many, at once; and traced as one."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import httpx
import msgspec
import networkx
import numpy
import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.cli import run
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import END, Workshop, kilograms

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Addition, Amendment, Declaration, Facility, Pool, Product
from ledger.core.record.revisions import Change
from ledger.core.record.values import Evidence, Flow, Output
from ledger.footprint.derived.chain.arrays import compiled_from
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.graph import Chain

WEIGHED = [Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")]
POST = "recycledPostConsumer:steel"
PRE = "recycledPreConsumer:steel"
Answer = Receipt | dict[str, Any]


def pool(shop: Workshop, name: str = "heap", **fields: Any) -> Posted:
    fields = {"product": shop.name("part"), **fields}
    return shop.signed(Pool(
        issuer=shop.id, nonce=shop.nonce(), id=shop.name(name), facility=shop.name("site"), **fields
    ))


def add(shop: Workshop, inputs: Mapping[str, str], to: str = "heap", **fields: Any) -> Posted:
    """Kg by lot."""
    fields = {"time": END, **fields}
    return shop.signed(Addition(issuer=shop.id, nonce=shop.nonce(), pool=shop.name(to), inputs=[
        Flow(lot=shop.name(lot), quantity=kilograms(amount)) for lot, amount in inputs.items()
    ], **fields))


def draw(shop: Workshop, name: str, amount: str, lot: str) -> Posted:
    """So many kg of a lot, pool or product become a lot, without emissions of its own."""
    return shop.make({lot: amount}, {name: amount}, activity=Make())


def waste(shop: Workshop, lot: str, amount: str, origin: Any) -> Output:
    return Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(amount), role="waste",
                  origin=origin)


def amended(shop: Workshop, receipt: Receipt, **fields: Any) -> Posted:
    return shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="weighed again", changes=[
        Change(record=receipt.digest, fields={name: Raw(msgspec.json.encode(value)) for name, value in fields.items()})
    ]))


def answers(server: Server, *posted: Posted) -> list[Answer]:
    """Of one request of NDJSON."""
    return server.submit(server.envelopes(posted))


def codes(found: Sequence[Answer]) -> list[str | None]:
    """The code of each problem, None for each receipt."""
    return [None if isinstance(one, Receipt) else one["code"] for one in found]


def refused(server: Server, posted: Posted) -> tuple[object, object]:
    """Code and field of the problem by which a record is refused. The log has not grown by it."""
    before = size(server)
    (found,) = answers(server, posted)
    assert isinstance(found, dict), found
    assert size(server) == before
    return found["code"], found.get("field")


def size(server: Server) -> int:
    found: int = httpx.get(f"{server.url}/health/ready", timeout=60).json()["size"]
    return found


def lots(server: Server, shop: Workshop, *names: str) -> list[tuple[str, str]]:
    """Quantity and what is left of lots."""
    found = []
    for name in names:
        (one,) = httpx.get(f"{server.url}/v1/lots", params={"lot": shop.name(name)}, timeout=60).json()
        found.append((one["quantity"]["value"], one["remaining"]))
    return found


def footprint(server: Server, shop: Workshop, name: str) -> dict[str, Any]:
    response = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name(name)}, timeout=60)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def co2(server: Server, shop: Workshop, *names: str) -> list[float]:
    return [footprint(server, shop, name)["footprint"] for name in names]


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Runs all tasks at the same time, each in a thread of its own."""
    start = Barrier(len(tasks))

    def one(task: Callable[[], Any]) -> Any:
        start.wait(60)
        return task()

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(one, tasks))


def shares(server: Server, requests: Sequence[Sequence[Posted]]) -> list[list[Answer]]:
    """What requests that come at once are answered."""
    sealed = [server.envelopes(one) for one in requests]
    return at_once([lambda one=one: server.submit(one) for one in sealed])


# --- naming ----------------------------------------------------------------------------------------------------------


def test_pool_additions_and_draws_of_one_request(server: Server, shop: Workshop) -> None:
    """100 kg with 300 kg CO2 and 60 kg with 60; both are mined, pooled and drawn in the same request, by the pool's id,
    by the product, by a lot's own name. 40 of 100 kg take 120, 30 of 120 kg take 60 of 180 + 60."""
    found = answers(
        server, shop.mine("a", "100", co2="300"), shop.mine("b", "60", co2="60"), pool(shop, default=True),
        add(shop, {"a": "100"}), draw(shop, "heap", "40", "x"), add(shop, {"b": "60"}), draw(shop, "part", "30", "y"),
        draw(shop, "heap:2", "10", "z"), shop.use({"part": "5"}),
    )
    assert codes(found) == [None] * 9
    assert lots(server, shop, "heap:1", "heap:2", "a", "b") == [("100", "0"), ("120", "75"), ("100", "0"), ("60", "0")]
    assert co2(server, shop, "heap:1", "x", "heap:2", "y", "z") == pytest.approx([300, 120, 240, 60, 20], rel=1e-12)


def test_the_same_over_many_requests(server: Server, shop: Workshop) -> None:
    for posted in (
        shop.mine("a", "100", co2="300"), shop.mine("b", "60", co2="60"), pool(shop, default=True),
        add(shop, {"a": "100"}), draw(shop, "heap", "40", "x"), add(shop, {"b": "60"}), draw(shop, "part", "30", "y"),
        draw(shop, "heap:2", "10", "z"), shop.use({"part": "5"}),
    ):
        server.post([posted])
    assert lots(server, shop, "heap:1", "heap:2") == [("100", "0"), ("120", "75")]
    assert co2(server, shop, "heap:1", "x", "heap:2", "y", "z") == pytest.approx([300, 120, 240, 60, 20], rel=1e-12)


def test_the_order_of_a_request_decides(server: Server, shop: Workshop) -> None:
    """What is drawn before anything was added finds the pool empty; the same line after it does not."""
    early, late = draw(shop, "heap", "1", "x"), draw(shop, "heap", "1", "y")
    found = answers(server, draw(shop, "heap", "1", "w"), pool(shop), early, add(shop, {"pot": "10"}), late)
    assert codes(found) == ["unknown-lot", None, "empty-pool", None, None]
    # Refused is not remembered: the same record is admitted now.
    assert (codes(answers(server, early)), lots(server, shop, "heap:1")) == ([None], [("10", "8")])


def test_a_refused_addition_harms_neither_pool_nor_neighbours(server: Server, shop: Workshop) -> None:
    server.post([pool(shop), add(shop, {"pot": "10"})])
    found = answers(
        server, add(shop, {"pot": "991"}), draw(shop, "heap", "4", "x"), add(shop, {"heap": "1"}),
        add(shop, {"pot": "1"}), draw(shop, "heap", "7.1", "y"), draw(shop, "heap", "7", "z"),
    )
    assert codes(found) == ["over-consumption", None, "pool-mix", None, "over-consumption", None]
    assert lots(server, shop, "heap:1", "heap:2", "pot") == [("10", "0"), ("7", "0"), ("1000", "989")]


def test_what_is_no_pool(server: Server, shop: Workshop) -> None:
    assert refused(server, draw(shop, "part", "1", "x")) == ("no-default-pool", "inputs[0].lot")
    assert refused(server, draw(shop, "none", "1", "x")) == ("unknown-lot", "inputs[0].lot")
    assert refused(server, add(shop, {"pot": "1"})) == ("unknown-pool", "pool")
    server.post([pool(shop, default=True)])
    assert refused(server, draw(shop, "part", "1", "x")) == ("empty-pool", "inputs[0].lot")
    assert refused(server, draw(shop, "heap", "1", "x")) == ("empty-pool", "inputs[0].lot")
    assert refused(server, shop.send("heap", "1", shop, "x")) == ("empty-pool", "lot")


def test_the_pool_of_another_is_like_none(server: Server, shop: Workshop) -> None:
    other = Workshop(f"{shop.id.rpartition(':')[2]}-other")
    server.post([other.enrolment(server), *other.opening(), other.mine("pot", "10"), pool(shop, default=True),
                 add(shop, {"pot": "10"})])
    for lot in ("heap", "heap:1"):
        (_, record) = other.make({"x": "1"}, {"pot": "1"})
        stolen = replace(record, inputs=[Flow(lot=shop.name(lot), quantity=kilograms("1"))])
        assert refused(server, other.signed(stolen)) == ("unknown-lot", "inputs[0].lot")
    added = Addition(issuer=other.id, nonce=other.nonce(), pool=shop.name("heap"), time=END,
                     inputs=[Flow(lot=other.name("pot"), quantity=kilograms("1"))])
    assert refused(server, other.signed(added)) == ("unknown-pool", "pool")
    assert lots(server, shop, "heap:1") == [("10", "10")]


def test_a_pool_named_twice_in_one_record(server: Server, shop: Workshop) -> None:
    server.post([pool(shop, default=True), add(shop, {"pot": "10"})])
    for one, other in (("heap", "part"), ("heap:1", "heap"), ("part", "heap:1")):
        posted = shop.make({"x": "2"}, {one: "1", other: "1"}, activity=Make())
        assert refused(server, posted) == ("duplicate-input", "inputs[1].lot")


# --- at once ---------------------------------------------------------------------------------------------------------


def test_additions_at_once_make_one_line(server: Server, shop: Workshop) -> None:
    """8 requests add 1, 2, ... 8 kg with 10, 20, ... 80 kg CO2, in whatever order: 36 kg with 360 in the end."""
    server.post([shop.mine(f"a{i}", str(i), co2=str(10 * i)) for i in range(1, 9)])
    server.post([pool(shop)])
    found = shares(server, [[add(shop, {f"a{i}": str(i)})] for i in range(1, 9)])
    assert ([codes(one) for one in found], sorted(one[0].leaves[1].index for one in found)) == ([[None]] * 8, [1] * 8)
    left = lots(server, shop, *[f"heap:{i}" for i in range(1, 9)])
    assert [remaining for _, remaining in left] == ["0"] * 7 + ["36"]
    quantities = [int(quantity) for quantity, _ in left]
    assert sorted(b - a for a, b in zip([0, *quantities], quantities, strict=False)) == list(range(1, 9))
    assert co2(server, shop, "heap:8") == pytest.approx([360], rel=1e-12)


def test_no_more_is_drawn_at_once_than_there_is(server: Server, shop: Workshop) -> None:
    """Ten requests for 3 of 20 kg: six of them get it. By the pool's id and by the product."""
    server.post([pool(shop, default=True), add(shop, {"pot": "20"})])
    found = shares(server, [[draw(shop, ("heap", "part")[i % 2], "3", f"x{i}")] for i in range(10)])
    assert sorted(codes([one for answer in found for one in answer]), key=str) == [None] * 6 + ["over-consumption"] * 4
    assert lots(server, shop, "heap:1") == [("20", "2")]


def test_additions_and_draws_at_once(server: Server, shop: Workshop) -> None:
    """Each request adds 10 kg and draws 5, twice: whoever comes when, all is drawn that was asked for."""
    server.post([pool(shop)])
    found = shares(server, [
        [add(shop, {"pot": "10"}), draw(shop, "heap", "5", f"x{i}"), add(shop, {"pot": "10"}),
         draw(shop, "heap", "5", f"y{i}")]
        for i in range(6)
    ])
    assert codes([one for answer in found for one in answer]) == [None] * 24
    # 12 additions of 10 kg, 12 draws of 5.
    assert (lots(server, shop, "pot"), lots(server, shop, "heap:12")[0][1]) == ([("1000", "880")], "60")


def test_a_pools_first_lot_by_its_name_while_others_add(server: Server, shop: Workshop) -> None:
    """Of the requests that each fill the empty pool and draw from `heap:1` only the first finds it full."""
    server.post([pool(shop)])
    found = shares(server, [[add(shop, {"pot": "10"}), draw(shop, "heap:1", "10", f"x{i}")] for i in range(4)])
    outcomes = [codes(one) for one in found]
    assert all(outcome[0] is None for outcome in outcomes)
    assert {outcome[1] for outcome in outcomes} <= {None, "over-consumption"}
    drawn = sum(outcome[1] is None for outcome in outcomes)
    assert lots(server, shop, "heap:4")[0][1] == str(40 - 10 * drawn)


def test_a_pool_is_entered_once(server: Server, shop: Workshop) -> None:
    """In one request, at once, later; by the same id, or as the default of the same product."""
    server.post([shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name("rod"), sector="works",
                                     unit="KGM"))])
    assert codes(answers(server, pool(shop), pool(shop))) == [None, "pool-taken"]
    assert refused(server, pool(shop, default=True)) == ("pool-taken", "id")
    assert refused(server, pool(shop, "pot")) == ("pool-taken", "id")
    found = shares(server, [[pool(shop, f"heap-{i}", default=True)] for i in range(4)])
    assert sorted(codes([one for answer in found for one in answer]), key=str) == [None] + ["default-pool-taken"] * 3
    assert refused(server, pool(shop, "later", default=True)) == ("default-pool-taken", "default")
    assert codes(answers(
        server, pool(shop, "rods", product=shop.name("rod"), default=True),
        pool(shop, "more", product=shop.name("rod"), default=True),
    )) == [None, "default-pool-taken"]


def test_the_id_of_a_pool_is_no_lots(server: Server, shop: Workshop) -> None:
    server.post([pool(shop)])
    assert refused(server, shop.mine("heap", "1"))[0] == "lot-taken"


def test_a_lot_that_has_the_name_of_a_pools_next_one(server: Server, shop: Workshop) -> None:
    """It was there before the pool. The addition is refused by itself, the stock goes on into another pool."""
    server.post([shop.mine("heap:2", "1"), pool(shop), add(shop, {"pot": "10"})])
    found = answers(server, shop.mine("before", "1"), add(shop, {"pot": "5"}), shop.mine("after", "1"))
    assert (codes(found)[0::2], codes(found)[1]) == ([None, None], "lot-taken")
    assert lots(server, shop, "pot", "heap:1", "heap:2") == [("1000", "990"), ("10", "10"), ("1", "1")]
    server.post([pool(shop, "silo"), add(shop, {"heap": "10", "pot": "5"}, to="silo")])
    assert lots(server, shop, "silo:1") == [("15", "15")]


def test_a_pools_lots_have_names_that_nobody_else_gives(server: Server, shop: Workshop) -> None:
    server.post([pool(shop)])
    for name in ("heap:1", "heap:77"):
        assert refused(server, shop.mine(name, "1")) == ("pool-lot-id", "outputs[0].lot")
    found = answers(server, pool(shop, "silo"), shop.mine("silo:2", "1"), add(shop, {"pot": "1"}, to="silo"))
    assert codes(found) == [None, "pool-lot-id", None]
    server.post([shop.mine("bin:1", "1")])
    assert refused(server, pool(shop, "bin")) == ("pool-taken", "id")


def test_an_amended_addition_of_what_another_made(server: Server, shop: Workshop) -> None:
    """Bought scrap in place of the process's own is recycled content from there on, also of what was drawn before."""
    _, making = shop.make({"good": "10"}, ore="20", activity=Make())
    own = replace(making, outputs=[*making.outputs, waste(shop, "own", "10", "preConsumer")])
    bought = Declaration(
        issuer=shop.id, nonce=shop.nonce(), start="2025-01-01T00:00:00Z", end=END, basis="collected", boundary="none",
        collector=shop.id, evidence=WEIGHED, lot=waste(shop, "bought", "10", "preConsumer"),
    )
    receipts = server.post([shop.signed(own), shop.signed(bought), pool(shop, role="waste", origin="preConsumer"),
                            add(shop, {"own": "10"})])
    server.post([draw(shop, "heap", "1", "x")])
    assert PRE not in footprint(server, shop, "x")["contents"]
    server.post([amended(shop, receipts[-1], inputs=[
        {"lot": shop.name("bought"), "quantity": {"value": "10", "unit": "KGM"}}])])
    server.post([draw(shop, "heap", "1", "y")])
    # 1 kg of a product that is 98 % steel, all of it scrap of others; but a pool does not tell whose it was.
    for lot in ("x", "y"):
        assert footprint(server, shop, lot)["contents"][f"questioned:{PRE}"] == pytest.approx(0.98, rel=1e-9)


# --- mass balance ----------------------------------------------------------------------------------------------------


def recycled(shop: Workshop, lot: str, amount: str) -> list[Posted]:
    """A lot of nothing but recycled steel; products here are 98 % steel."""
    return [
        shop.signed(Declaration(
            issuer=shop.id, nonce=shop.nonce(), start="2025-01-01T00:00:00Z", end=END, basis="collected",
            boundary="none", collector=shop.id, evidence=WEIGHED, lot=Output(
                lot=shop.name(f"scrap-{lot}"), product=shop.name("part"), quantity=kilograms(amount), role="waste",
                origin="postConsumer"),
        )),
        shop.make({lot: amount}, {f"scrap-{lot}": amount}, activity=Make()),
    ]


def balance(shop: Workshop) -> Posted:
    return pool(shop, custody="massBalance", attribute=POST, conversion="0.5", balance_months=3)


def book(shop: Workshop, inputs: Mapping[str, str], credits_: str, lot: str) -> Posted:
    return add(shop, inputs, credit_lot=shop.name(lot), credits=kilograms(credits_))


def test_a_mass_balance_from_booking_to_product(server: Server, shop: Workshop) -> None:
    """100 kg hold 98 kg of recycled steel, which give 49 kg of credits; 40 of them take 80 kg. 50 kg of ore steel hold
    49 kg of steel, of which 40 are attributed; the recycled content answer knows nothing of it."""
    server.post([*recycled(shop, "r", "100"), shop.mine("o", "50"), balance(shop)])
    assert refused(server, book(shop, {"r": "100"}, "49.001", "c")) == ("credit-excess", "credits")
    server.post([book(shop, {"r": "100"}, "40", "c")])
    assert footprint(server, shop, "heap:1")["contents"][POST] == pytest.approx(18, rel=1e-12)
    assert footprint(server, shop, "c")["contents"] == {f"attributed:{POST}": 40}
    assert footprint(server, shop, "c")["footprint"] == 0
    server.post([shop.make({"x": "50"}, {"o": "50", "c": "40"}, activity=Make())])
    found = footprint(server, shop, "x")
    assert found["contents"] == pytest.approx({"mass": 50, "material:steel": 49, f"attributed:{POST}": 40}, rel=1e-12)
    assert "recycledContent" not in found
    again = shop.make({"y": "1"}, {"pot": "1", "c": "0.000000001"}, activity=Make())
    assert refused(server, again) == ("over-consumption", "inputs[1].quantity")


def test_content_is_booked_once_by_whoever_comes_first(server: Server, shop: Workshop) -> None:
    """Five requests for 20 of 49 kg of credits at once, each with 1 kg of ore: two of them get it."""
    server.post([*recycled(shop, "r", "100"), balance(shop), add(shop, {"r": "100"})])
    found = shares(server, [[book(shop, {"pot": "1"}, "20", f"c{i}")] for i in range(5)])
    assert sorted(codes([one for answer in found for one in answer]), key=str) == [None] * 2 + ["credit-excess"] * 3
    assert footprint(server, shop, "heap:3")["contents"][POST] == pytest.approx(18, rel=1e-12)


# --- tracing ---------------------------------------------------------------------------------------------------------


def chain(server: Server, shop: Workshop, name: str, direction: str = "upstream", **more: Any) -> Any:
    response = httpx.get(f"{server.url}/v1/chain", timeout=60,
                         params={"lot": shop.name(name), "direction": direction, **more})
    assert response.status_code == 200, response.text
    return networkx.node_link_graph(response.json(), edges="edges")


@pytest.fixture
def line(server: Server, shop: Workshop) -> list[Receipt]:
    """Ten additions of 10 kg to `heap`, at ten times; 4 kg are drawn after each, x0 to x9. The receipts of these."""
    posted = [pool(shop)]
    for i in range(10):
        posted += [add(shop, {"pot": "10"}, time=f"2025-03-{i + 1:02d}T00:00:00Z"), draw(shop, "heap", "4", f"x{i}")]
    return server.post(posted)


def test_generations_are_one_node_with_its_period(server: Server, shop: Workshop, line: list[Receipt]) -> None:
    """Upstream of what was drawn after the fifth addition: five of the ten. 10 + 4 * (10 - 4) = 34 kg in the fifth."""
    graph = chain(server, shop, "x4")
    maker, drawn = (next(iter(graph.predecessors(shop.name(lot)))) for lot in ("pot", "x4"))
    assert set(graph.nodes) == {shop.name("x4"), shop.name("heap"), shop.name("pot"), maker, drawn}
    assert set(graph.edges) == {
        (maker, shop.name("pot")), (shop.name("pot"), shop.name("heap")), (shop.name("heap"), drawn),
        (drawn, shop.name("x4")),
    }
    node = dict(graph.nodes[shop.name("heap")])
    assert node.pop("footprint") == pytest.approx(0.034, rel=1e-12)
    assert node == {
        "kind": "pool", "product": shop.name("part"), "holder": shop.id, "role": "product", "quantity": "34",
        "unit": "KGM", "remaining": "0", "lot": shop.name("heap:5"), "generations": 5, "from": line[1].index,
        "to": line[9].index, "firstAddition": "2025-03-01T00:00:00Z", "lastAddition": "2025-03-05T00:00:00Z",
        "questioned": 0.0,
        # All that went into it was made there, by that.
        "facility": shop.name("site"), "process": "works.make",
    }
    into, out = graph.edges[shop.name("pot"), shop.name("heap")], graph.edges[shop.name("heap"), drawn]
    # Five times 10 of 1,000 kg; 4 of 34 kg.
    assert into.pop("part") == pytest.approx(0.05, rel=1e-12)
    assert into == {"quantity": "50", "unit": "KGM", "additions": [one.digest for one in line[1:10:2]]}
    assert out == {"quantity": "4", "unit": "KGM", "part": 4 / 34}


def test_what_became_of_a_pool(server: Server, shop: Workshop, line: list[Receipt]) -> None:
    """All ten draws are behind the pool's id, and behind its first lot; behind its last one that of the last alone."""
    for name, found in (("heap", range(10)), ("heap:1", range(10)), ("heap:10", [9])):
        graph = chain(server, shop, name, "downstream")
        assert graph.graph["roots"] == [shop.name("heap")]
        assert {node for node, data in graph.nodes(data=True) if data["kind"] == "lot"} == {
            shop.name(f"x{i}") for i in found}
        assert graph.nodes[shop.name("heap")]["generations"] == len(found)
    graph = chain(server, shop, "pot", "downstream")
    assert graph.graph["roots"] == [shop.name("pot")]
    assert (graph.edges[shop.name("pot"), shop.name("heap")]["quantity"], len(line)) == ("100", 21)


def test_a_pool_by_its_id_upstream(server: Server, shop: Workshop, line: list[Receipt]) -> None:
    """All that its newest lot came from."""
    graph = chain(server, shop, "heap")
    assert graph.graph["roots"] == [shop.name("heap")]
    assert graph.nodes[shop.name("heap")]["lot"] == shop.name("heap:10")
    assert graph.nodes[shop.name("heap")]["to"] == line[19].index
    (maker,) = graph.predecessors(shop.name("pot"))
    assert set(graph.nodes) == {maker, shop.name("pot"), shop.name("heap")}
    assert set(graph.edges) == {(maker, shop.name("pot")), (shop.name("pot"), shop.name("heap"))}


def test_the_times_are_those_that_additions_read_as_now(server: Server, shop: Workshop, line: list[Receipt]) -> None:
    server.post([shop.signed(Amendment(
        issuer=shop.id, nonce=shop.nonce(), reason="a slip of the pen",
        changes=[Change(record=line[1].digest, fields={"time": Raw(b'"2025-02-28T00:00:00Z"')})],
    ))])
    node = chain(server, shop, "x9").nodes[shop.name("heap")]
    assert (node["firstAddition"], node["lastAddition"]) == ("2025-02-28T00:00:00Z", "2025-03-10T00:00:00Z")


def test_pools_behind_pools_and_credits_beside_them(server: Server, shop: Workshop) -> None:
    """Stock goes from one pool into another; credits come out of the second."""
    server.post([
        *recycled(shop, "r", "100"), pool(shop, "yard"), add(shop, {"r": "50"}, to="yard"),
        add(shop, {"r": "50"}, to="yard"), balance(shop), add(shop, {"yard": "60"}), add(shop, {"yard": "40"}),
        book(shop, {"pot": "1"}, "10", "c"), shop.make({"x": "20"}, {"pot": "20", "c": "10"}, activity=Make()),
    ])
    graph = chain(server, shop, "x")
    assert {node for node, data in graph.nodes(data=True) if data["kind"] == "pool"} == {
        shop.name("heap"), shop.name("yard")}
    assert graph.edges[shop.name("yard"), shop.name("heap")]["quantity"] == "100"
    assert graph.nodes[shop.name("heap")]["generations"] == 2
    # The credits come from the third addition, whose own lot nothing in this chain was drawn from.
    (booking,) = graph.predecessors(shop.name("c"))
    assert graph.nodes[booking]["type"] == "addition"
    assert graph.edges[shop.name("heap"), booking] == {"quantity": "100", "unit": "KGM", "part": 1.0}
    assert networkx.is_directed_acyclic_graph(graph)
    down = chain(server, shop, "r", "downstream")
    assert down.edges[shop.name("heap"), shop.name("c")] == {"share": 0.0, "additions": [booking]}
    assert down.nodes[shop.name("heap")]["generations"] == 3
    done = run("trace", shop.name("x"), "--url", server.url).succeeded()
    assert f"100 KGM of {shop.name('yard')}" in done.out
    done = run("trace", shop.name("r"), "--direction", "down", "--url", server.url)
    assert (done.code, done.out.count("credit, 0 kg CO2e")) == (0, 1)


def test_what_goes_back_into_its_pool_is_a_cycle(server: Server, shop: Workshop) -> None:
    """Rework: drawn from the pool, worked on, added again. Nothing of it is shown twice."""
    server.post([pool(shop), add(shop, {"pot": "10"}), draw(shop, "heap", "4", "x"), add(shop, {"x": "4"}),
                 draw(shop, "heap", "1", "y")])
    graph = chain(server, shop, "y")
    assert not networkx.is_directed_acyclic_graph(graph)
    assert {tuple(sorted(cycle)) for cycle in networkx.simple_cycles(graph)} == {
        tuple(sorted([shop.name("heap"), shop.name("x"), next(iter(graph.predecessors(shop.name("x"))))]))}
    done = run("trace", shop.name("y"), "--url", server.url).succeeded()
    assert f"{shop.name('heap')} (shown elsewhere)" in done.out


def test_the_command_prints_a_pool_in_one_line(server: Server, shop: Workshop, line: list[Receipt]) -> None:
    up = run("trace", shop.name("x9"), "--url", server.url).succeeded()
    # 10 + 9 * (10 - 4) = 64 kg in the tenth, a gram of CO2 each.
    assert [row.strip("│├└─ ") for row in up.out.splitlines()] == [
        f"{shop.name('x9')}  4 KGM product, 0.004 kg CO2e",
        f"transformation {line[20].index} by {shop.id}",
        f"4 KGM of {shop.name('heap')}  64 KGM product, 0.064 kg CO2e; pool of 10 additions, 2025-03-01 to 2025-03-10 "
        f"(records {line[1].index} to {line[19].index})",
        f"100 KGM of {shop.name('pot')}  1000 KGM product, 1.000 kg CO2e",
        f"transformation {line[0].index - 1} by {shop.id}",
    ]
    one = run("trace", shop.name("x0"), "--url", server.url)
    assert f"0.010 kg CO2e; pool of 1 addition, 2025-03-01 (record {line[1].index})" in one.out
    down = run("trace", shop.name("heap"), "--direction", "down", "--url", server.url)
    assert down.out.count("transformation") == 10
    assert down.out.splitlines()[0].endswith(
        f"; pool of 10 additions, 2025-03-01 to 2025-03-10 (records {line[1].index} to {line[19].index})")
    graph = json.loads(run("trace", shop.name("heap:3"), "--url", server.url, "--json").out)
    assert [node["generations"] for node in graph["nodes"] if node["kind"] == "pool"] == [3]


def test_steps_count_additions(server: Server, shop: Workshop, line: list[Receipt]) -> None:
    """A step is a record: of a long line only the end is within a few of them."""
    assert chain(server, shop, "x9", depth=3).nodes[shop.name("heap")]["generations"] == 3
    assert (chain(server, shop, "x9", depth=0).number_of_nodes(), len(line)) == (2, 21)


@pytest.mark.parametrize("direction", ["upstream", "downstream"])
def test_a_pool_that_holds_nothing_has_no_chain(server: Server, shop: Workshop, direction: str) -> None:
    server.post([pool(shop)])
    for name in ("heap", "heap:1", "none"):
        response = httpx.get(f"{server.url}/v1/chain", params={"lot": shop.name(name), "direction": direction})
        assert (response.status_code, response.json()["code"], response.json()["field"]) == (404, "not-found", "lot")
    assert run("trace", shop.name("heap"), "--url", server.url).code == 1


def test_folding_adds_up_what_runs_beside_each_other() -> None:
    """By hand: record 1 makes 10 kg of `a`; records 2 and 3 add 1.5 and 2.25 kg of it to `p`, the second one with the
    1 kg that is left of the first lot; record 4 takes a milligram of the first lot and 1 of the second's 3.25 kg."""
    a, first, second, made = 1 * LOT_SLOTS, 2 * LOT_SLOTS, 3 * LOT_SLOTS, 4 * LOT_SLOTS
    arrays = compiled_from([(a, 1.0), (first, 1.0), (second, 1.0), (made, 1.0)], [
        (2, a, 1.5 / 10), (3, a, 2.25 / 10), (3, first, 1 / 1.5), (4, first, 1e-6 / 1.5), (4, second, 1 / 3.25),
    ])
    lots = LotColumns(
        ids=["a", "p:1", "p:2", "x"], products=["b"] * 4, holders=["h"] * 4, roles=["product"] * 4,
        quantities=["10", "1.5", "3.25", "1"], units=["KGM"] * 4, items=[None] * 4, pools=[None, "p", "p", None],
        facilities=[None] * 4, processes=[None] * 4, burdens=numpy.zeros((4, len(BURDENS))),
    )
    records = Records(["mine", "add-1", "add-2", "use"], ["transformation", "addition", "addition", "transformation"],
                      ["h"] * 4, {2: "early", 3: "late"})
    taken = [Decimal(one) for one in ("1.5", "2.25", "1", "0.000001", "1")]
    found = Chain.of(arrays, lots, records, taken, roots=[2], direction="upstream")
    assert found.graph == {"roots": ["p"], "direction": "upstream"}
    assert dict(found.nodes["p"]) == {
        "kind": "pool", "product": "b", "holder": "h", "role": "product", "quantity": "3.25", "unit": "KGM",
        "footprint": 0.0, "questioned": 0.0,
        "lot": "p:2", "generations": 2, "from": 2, "to": 3, "firstAddition": "early",
        "lastAddition": "late",
    }
    edges = {(start, end): dict(data) for start, end, data in found.edges(data=True)}
    # 0.15 and 0.225 of `a`; a millionth of 1.5 and 1 of 3.25
    assert edges["a", "p"].pop("part") == pytest.approx(0.375, rel=1e-12)
    assert edges["p", "use"].pop("part") == pytest.approx(1e-6 / 1.5 + 1 / 3.25, rel=1e-12)
    assert edges == {
        ("mine", "a"): {"share": 1.0}, ("use", "x"): {"share": 1.0},
        ("a", "p"): {"quantity": "3.75", "unit": "KGM", "additions": ["add-1", "add-2"]},
        ("p", "use"): {"quantity": "1.000001", "unit": "KGM"},
    }


def test_credits_are_used_at_the_site_of_their_pool(server: Server, shop: Workshop) -> None:
    annex = Facility(issuer=shop.id, nonce=shop.nonce(), id=shop.name("annex"), country="CN")
    server.post([*recycled(shop, "r", "100"), balance(shop), book(shop, {"r": "100"}, "40", "c"), shop.signed(annex)])
    _, making = shop.make({"x": "50"}, {"pot": "50", "c": "40"}, activity=Make())
    assert refused(server, shop.signed(replace(making, facility=annex.id))) == ("credit-form", "facility")
    server.post([shop.signed(making)])


def test_an_amended_booking_keeps_its_balance_period(server: Server, shop: Workshop) -> None:
    receipts = server.post([*recycled(shop, "r", "100"), balance(shop), book(shop, {"r": "100"}, "40", "c")])
    later = amended(shop, receipts[-1], time="2025-05-01T00:00:00Z")
    assert refused(server, later) == ("amended-lots", "changes")
