"""Asking for chains over HTTP and on the command line: of several lots, up to some stages, before and after records
were amended, withdrawn, or took more. Hand-made, kg."""

import json
from typing import Any, NamedTuple

import httpx
import networkx
import pytest
from msgspec.structs import replace
from support.cli import run
from support.revising import add, amend, change, flows, pool
from support.sectors import Smelt
from support.server import Server
from support.workshop import Workshop, kilograms

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.values import Flow


def chain(server: Server, **parameters: Any) -> "networkx.DiGraph[str]":
    response = httpx.get(f"{server.url}/v1/chain", params=parameters, timeout=60)
    assert response.status_code == 200, response.text
    return networkx.node_link_graph(response.json(), edges="edges")


def lots(graph: "networkx.DiGraph[str]") -> dict[str, str]:
    """What was left of the lots of a chain, by short name."""
    return {name.rpartition(":")[2]: data["remaining"] for name, data in graph.nodes(data=True)
            if data["kind"] == "lot"}


def size_after(receipt: Receipt) -> int:
    return receipt.index + 1


# --- several lots ----------------------------------------------------------------------------------------------------


def test_several_lots_in_one_graph(server: Server, shop: Workshop) -> None:
    """x and y share the pot; z is of the mine alone. In the order in which they were asked for, each once."""
    server.post([shop.mine("mine", "50"), shop.make({"x": "10"}, {"pot": "10"}), shop.make({"y": "20"}, {"pot": "20"}),
                 shop.make({"z": "5"}, {"mine": "5"})])
    x, y, z = (shop.name(name) for name in "xyz")
    both = chain(server, lot=[y, x, y])
    assert both.graph == {"roots": [y, x], "direction": "upstream"}
    assert lots(both) == {"x": "10", "y": "20", "pot": "970"}
    one = chain(server, lot=x)
    assert (set(both), set(both.subgraph(one).edges)) == (set(one) | set(chain(server, lot=y)), set(one.edges))
    assert networkx.number_weakly_connected_components(chain(server, lot=[z, x])) == 2
    # One that lies behind the other adds nothing.
    again = chain(server, lot=[x, shop.name("pot")])
    assert (set(again), again.graph["roots"]) == (set(one), [x, shop.name("pot")])
    down = chain(server, lot=[shop.name("pot"), z], direction="downstream")
    assert lots(down) == {"pot": "970", "x": "10", "y": "20", "z": "5"}


@pytest.mark.parametrize("names", [["x", "none"], ["none", "x"], ["x", "other", "none"]])
def test_an_unknown_lot_among_known_ones(server: Server, shop: Workshop, names: list[str]) -> None:
    server.post([shop.make({"x": "10"}, {"pot": "10"}), shop.mine("other", "1")])
    response = httpx.get(f"{server.url}/v1/chain", params={"lot": [shop.name(name) for name in names]})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (404, "not-found", "lot")
    assert problem["value"] == shop.name("none")
    done = run("trace", *[shop.name(name) for name in names], "--url", server.url)
    assert (done.code, shop.name("none") in done.err) == (1, True)


@pytest.mark.parametrize("parameters", [
    {"lot": ["x"] * 1_001}, {"lot": ["x", ""]}, {"lot": "x", "at": "soon"}, {"lot": "x", "stage": ["s"] * 101},
    {"lot": "x", "stage": ""},
    {"lot": ["x", "y" * 256]}, {"lot": "x", "at": "1.5"},
])
def test_what_is_no_question(server: Server, parameters: Any) -> None:
    response = httpx.get(f"{server.url}/v1/chain", params=parameters)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


# --- stages ----------------------------------------------------------------------------------------------------------


class Foundry(NamedTuple):
    """The pot is smelted into matte, half of which is sent to a maker, who makes it into a part, with ore; the part
    becomes a tool. Digests and indexes of the four records are in `receipts`."""

    maker: Workshop
    receipts: list[Receipt]


@pytest.fixture
def foundry(server: Server, shop: Workshop) -> Foundry:
    maker = Workshop(f"{shop.id.rpartition(':')[2]}-maker")
    server.post([maker.enrolment(server), *maker.opening(), maker.mine("ore", "50")])
    _, making = maker.make({"part": "25"}, {"ore": "5"})
    sent = Flow(lot=shop.name("sent"), quantity=kilograms("20"))
    return Foundry(maker, server.post([
        shop.make({"matte": "40"}, {"pot": "50"}, route="smelt", activity=Smelt(co2="3", prices=["1"])),
        shop.send("matte", "20", maker, "sent"),
        maker.signed(replace(making, inputs=[sent, *making.inputs])),
        maker.make({"tool": "10"}, {"part": "10"}),
    ]))


def test_a_chain_up_to_a_stage(server: Server, shop: Workshop, foundry: Foundry) -> None:
    """Behind the smelting nothing is shown. The transfer, whose lot was smelted too, is no smelting."""
    tool, (smelting, _, making, _) = foundry.maker.name("tool"), foundry.receipts
    found = chain(server, lot=tool, stage="works.smelt")
    assert set(lots(found)) == {"tool", "part", "sent", "ore", "matte"}
    assert (smelting.digest, shop.name("matte")) in found.edges
    assert found.nodes[shop.name("sent")]["process"] == "works.smelt"
    assert set(lots(chain(server, lot=tool, stage="works.make"))) == {"tool"}
    both = chain(server, lot=[tool, shop.name("sent")], stage=["works.make", "works.smelt"])
    assert set(lots(both)) == {"tool", "sent", "matte"}
    whole = chain(server, lot=tool)
    assert set(lots(whole)) == {"tool", "part", "sent", "ore", "matte", "pot"}
    assert set(chain(server, lot=tool, stage="none")) == set(whole)
    down = chain(server, lot=shop.name("matte"), direction="downstream", stage="works.make")
    assert set(lots(down)) == {"matte", "sent"}
    assert (shop.name("sent"), making.digest) in down.edges
    assert set(lots(chain(server, lot=tool, stage="works.smelt", depth=1))) == {"tool", "part"}


def test_additions_are_no_stage(server: Server, shop: Workshop) -> None:
    """A pool of what was smelted hands on the name too."""
    server.post([
        shop.make({"matte": "40"}, {"pot": "50"}, route="smelt", activity=Smelt(co2="3", prices=["1"])),
        pool(shop, "heap"), add(shop, "heap", {"matte": "40"}), shop.make({"x": "1"}, {"heap": "1"}),
    ])
    found = chain(server, lot=shop.name("x"), stage="works.smelt")
    assert (set(lots(found)), found.nodes[shop.name("heap")]["process"]) == ({"x", "matte"}, "works.smelt")


# --- moments ---------------------------------------------------------------------------------------------------------


def test_before_and_after_an_amendment(server: Server, shop: Workshop) -> None:
    """x was made of 10 of the pot, then of 4 of it and 6 of the mine."""
    mined = shop.mine("mine", "50")
    made = shop.make({"x": "10"}, {"pot": "10"})
    before = size_after(server.post([mined, made])[-1])
    after = size_after(server.post([amend(shop, change(made, inputs=flows(shop, {"pot": "4", "mine": "6"})))])[-1])
    x, pot, mine = (shop.name(name) for name in ("x", "pot", "mine"))
    for at, expected in ((before, {"x": "10", "pot": "990"}), (after - 1, {"x": "10", "pot": "990"}),
                         (after, {"x": "10", "pot": "996", "mine": "44"}),
                         (None, {"x": "10", "pot": "996", "mine": "44"})):
        asked = {} if at is None else {"at": at}
        assert lots(chain(server, lot=x, **asked)) == expected
        down = chain(server, lot=mine, direction="downstream", **asked)
        assert lots(down) == ({"mine": "50"} if len(expected) == 2 else {"mine": "44", "x": "10"})
        assert set(lots(chain(server, lot=pot, direction="downstream", **asked))) == {"pot", "x"}
    # Four of 1,000 kg, six of 50.
    now = chain(server, lot=x)
    (record,) = now.predecessors(x)
    assert now.edges[pot, record] == {"quantity": "4", "unit": "KGM", "part": 0.004}
    assert now.edges[mine, record] == {"quantity": "6", "unit": "KGM", "part": 0.12}
    assert chain(server, lot=x, at=before).edges[pot, record] == {"quantity": "10", "unit": "KGM", "part": 0.01}


def test_before_and_after_a_lot_is_found_larger(server: Server, shop: Workshop) -> None:
    """The mine is amended from 50 to 80 kg, of which 20 went into x: a quarter, no longer two fifths."""
    mined, made = shop.mine("mine", "50"), shop.make({"x": "20"}, {"mine": "20"})
    before = size_after(server.post([mined, made])[-1])
    record = mined[1]
    output, ore = record.outputs[0], record.supplies[0]
    more = {"value": "80", "unit": "KGM"}
    server.post([amend(shop, change(
        mined, outputs=[{"lot": output.lot, "product": output.product, "quantity": more, "role": "product"}],
        supplies=[{"material": ore.material, "origin": "nature", "quantity": more}],
    ))])
    then, now = chain(server, lot=shop.name("x"), at=before), chain(server, lot=shop.name("x"))
    for graph, quantity, remaining, part in ((then, "50", "30", 0.4), (now, "80", "60", 0.25)):
        data = graph.nodes[shop.name("mine")]
        assert (data["quantity"], data["remaining"]) == (quantity, remaining)
        (edge,) = graph.out_edges(shop.name("mine"), data=True)
        assert (edge[2]["quantity"], edge[2]["part"]) == ("20", part)


def test_before_and_after_a_withdrawal(server: Server, shop: Workshop) -> None:
    """What was withdrawn has nothing left, and took nothing: it stands for itself."""
    made, used = shop.make({"x": "10"}, {"pot": "10"}), shop.use({"pot": "7"})
    before = size_after(server.post([made, used])[-1])
    server.post([amend(shop, change(made), change(used))])
    x, pot = shop.name("x"), shop.name("pot")
    assert lots(chain(server, lot=x, at=before)) == {"x": "10", "pot": "983"}
    assert (lots(chain(server, lot=x)), len(chain(server, lot=x))) == ({"x": "0"}, 2)
    down = chain(server, lot=pot, direction="downstream", at=before)
    assert lots(down) == {"x": "10", "pot": "983"}
    assert {data["type"] for _, data in down.nodes(data=True) if data["kind"] == "record"} == {
        "transformation", "consumption"}
    now = chain(server, lot=pot, direction="downstream")
    assert (lots(now), len(now)) == ({"pot": "1000"}, 2)
    for depth in (0, 1, 20):
        assert set(chain(server, lot=pot, direction="downstream", depth=depth)) == set(now)
        assert set(chain(server, lot=x, depth=depth)) == {x, *chain(server, lot=x).predecessors(x)}


def test_before_and_after_a_pool_got_what_another_process_made(server: Server, shop: Workshop) -> None:
    """What was cast is smelted after all: the pool's lot says who made what is in it, and a stage holds for it."""
    smelted = shop.make({"matte": "40"}, {"pot": "50"}, route="smelt", activity=Smelt(co2="3", prices=["1"]))
    added = add(shop, "heap", {"x": "4"})
    before = size_after(server.post([
        smelted, shop.make({"x": "10"}, {"pot": "10"}), pool(shop, "heap"), added, shop.make({"y": "1"}, {"heap": "1"}),
    ])[-1])
    server.post([amend(shop, change(added, inputs=flows(shop, {"matte": "4"})))])
    heap, y = shop.name("heap"), shop.name("y")
    assert chain(server, lot=y, at=before).nodes[heap]["process"] == "works.make"
    assert chain(server, lot=y).nodes[heap]["process"] == "works.smelt"
    assert set(lots(chain(server, lot=y, at=before, stage="works.smelt"))) == {"y", "x", "pot"}
    assert set(lots(chain(server, lot=y, stage="works.smelt"))) == {"y", "matte"}


def test_before_and_after_more_was_taken(server: Server, shop: Workshop) -> None:
    """A consumption that makes nothing ends a chain; what is left says what of it had happened."""
    sizes = [size_after(receipt) for receipt in server.post([
        shop.make({"x": "10"}, {"pot": "10"}), shop.use({"x": "4", "pot": "1"}), shop.make({"y": "6"}, {"x": "6"}),
    ])]
    pot, x = shop.name("pot"), shop.name("x")
    expected = ({"pot": "990", "x": "10"}, {"pot": "989", "x": "6"}, {"pot": "989", "x": "0", "y": "6"})
    for size, left in zip(sizes, expected, strict=True):
        assert lots(chain(server, lot=pot, direction="downstream", at=size)) == left
    found = chain(server, lot=pot, direction="downstream", at=sizes[1])
    (used,) = [node for node, data in found.nodes(data=True) if data.get("type") == "consumption"]
    assert (set(found.predecessors(used)), set(found.successors(used))) == ({pot, x}, set())
    # Upstream of x nothing came with it but what is left of it.
    assert lots(chain(server, lot=x, at=sizes[0])) == {"pot": "990", "x": "10"}
    assert lots(chain(server, lot=x, at=sizes[2])) == {"pot": "989", "x": "0"}


def test_trees_that_are_not(server: Server, shop: Workshop) -> None:
    (receipt,) = server.post([shop.make({"x": "10"}, {"pot": "10"})])
    for at in (0, size_after(receipt) + 1, 2**60):
        response = httpx.get(f"{server.url}/v1/chain", params={"lot": shop.name("x"), "at": at})
        problem = response.json()
        assert (response.status_code, problem["code"], problem["field"]) == (400, "tree-size", "at")
    response = httpx.get(f"{server.url}/v1/chain", params={"lot": shop.name("x"), "at": receipt.index})
    assert (response.status_code, response.json()["field"]) == (404, "lot")


# --- on the command line ---------------------------------------------------------------------------------------------


def rows(server: Server, *arguments: object) -> list[str]:
    done = run("trace", *arguments, "--url", server.url).succeeded()
    return [row.strip("│├└─ ") for row in done.out.splitlines()]


def test_trees_of_several_lots(server: Server, shop: Workshop) -> None:
    """What is shown in one is not shown again in the next, nor is a lot that was shown already a tree."""
    one, two = server.post([shop.make({"x": "10"}, {"pot": "10"}), shop.make({"y": "20"}, {"pot": "20"})])
    x, y, pot = (shop.name(name) for name in ("x", "y", "pot"))
    found = rows(server, x, y, pot)
    assert (found[0], found[1]) == (f"{x}  10 KGM product, 1.010 kg CO2e", f"transformation {one.index} by {shop.id}")
    assert found[2].startswith(f"10 KGM of {pot}")
    assert found[4:] == [
        f"{y}  20 KGM product, 1.020 kg CO2e", f"transformation {two.index} by {shop.id}", f"{pot} (shown elsewhere)",
        f"{pot} (shown elsewhere)",
    ]
    graph = json.loads(run("trace", y, x, "--url", server.url, "--json").out)
    assert graph["graph"]["roots"] == [y, x]
    # One lot may be shown: what is asked for is shown all the same, and what lies beyond is counted.
    short = rows(server, x, shop.name("pot"), "--direction", "down", "--limit", "1")
    assert [row for row in short if "not shown" in row] == [
        "… 1 lots and their chains are not shown: --limit, --depth or --json"
    ]


def test_a_tree_up_to_a_stage(server: Server, shop: Workshop, foundry: Foundry) -> None:
    found = rows(server, foundry.maker.name("tool"), "--stage", "works.smelt")
    assert found[-1] == f"transformation {foundry.receipts[0].index} by {shop.id}"
    assert rows(server, foundry.maker.name("tool"), "--stage", "works.smelt", "--stage", "works.make") == [
        found[0], f"transformation {foundry.receipts[3].index} by {foundry.maker.id}"]


def test_a_tree_as_of_a_moment(server: Server, shop: Workshop) -> None:
    first, second = server.post([shop.mine("x", "10"), shop.make({"y": "5"}, {"x": "5"})])
    down = ["--direction", "down"]
    assert len(rows(server, shop.name("x"), *down)) == 3
    assert len(rows(server, shop.name("x"), *down, "--at", second.index)) == 1
    early = run("trace", shop.name("x"), "--at", first.index, "--url", server.url, "--json")
    assert (early.code, json.loads(early.err)["code"]) == (1, "not-found")
    beyond = run("trace", shop.name("x"), "--at", second.index + 2, "--url", server.url, "--json")
    assert (beyond.code, json.loads(beyond.err)["field"]) == (1, "at")
    for wrong in (["--at", "0"], ["--at", "soon"], ["--depth", "-1"]):
        assert run("trace", shop.name("x"), *wrong, "--url", server.url).code == 2
    assert run("trace", "--url", server.url).code == 2
