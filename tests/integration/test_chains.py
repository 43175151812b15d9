"""Tracing over HTTP, compared with networkx's own closures of a graph that is made of the records alone."""

import random
from decimal import Decimal
from typing import Any

import networkx
import pytest

from ledger.core.record.kinds import Transformation


def chain(network: Any, lot: str, direction: str = "upstream", **more: Any) -> "networkx.DiGraph[str]":
    response = network.client.get("/v1/chain", params={"lot": lot, "direction": direction, **more})
    assert response.status_code == 200, response.text
    graph: networkx.DiGraph[str] = networkx.node_link_graph(response.json(), edges="edges")
    assert graph.graph == {"roots": [lot], "direction": direction}
    return graph


def maker(network: Any, lot: str) -> str:
    (found,) = network.graph.predecessors(lot)
    return str(found)


def closure(network: Any, lot: str, direction: str) -> set[str]:
    if direction == "upstream":
        return {lot, *networkx.ancestors(network.graph, lot)}
    # What a lot went into, and where it came from itself.
    return {lot, maker(network, lot), *networkx.descendants(network.graph, lot)}


@pytest.mark.parametrize("direction", ["upstream", "downstream"])
def test_a_chain_is_the_closure_of_its_lot(network: Any, direction: str) -> None:
    """Nodes and edges, for the lots with the longest chains and for sixty others."""
    by_length = sorted(network.lots, key=lambda lot: len(closure(network, lot, direction)))
    for lot in [*by_length[-5:], *random.Random(1).sample(by_length, 60)]:
        found, expected = chain(network, lot, direction), network.graph.subgraph(closure(network, lot, direction))
        assert set(found.nodes) == set(expected.nodes), lot
        assert set(found.edges) == set(expected.edges), lot
        assert networkx.is_directed_acyclic_graph(found)
    assert len(closure(network, by_length[-1], direction)) > 100


@pytest.mark.parametrize("direction", ["upstream", "downstream"])
def test_a_chain_of_some_steps(network: Any, direction: str) -> None:
    """A step is a record, from lot to lot."""
    graph = network.graph if direction == "downstream" else network.graph.reverse()
    lot = max(network.lots, key=lambda one: len(closure(network, one, direction)))
    distance = networkx.single_source_shortest_path_length(graph, lot)
    deepest = max(distance.values())
    whole = set(chain(network, lot, direction).nodes)
    for depth in (0, 1, 2, 3, deepest):
        lots = {node for node, steps in distance.items() if steps <= 2 * depth and node in set(network.lots)}
        found = chain(network, lot, direction, depth=depth)
        assert {node for node, kind in found.nodes(data="kind") if kind == "lot"} == lots
        assert {maker(network, one) for one in lots} <= set(found.nodes) <= whole
        assert set(found.edges) == set(network.graph.subgraph(found.nodes).edges)
    assert set(chain(network, lot, direction, depth=10_000).nodes) == whole


def test_nodes_and_edges_carry_what_they_stand_for(network: Any) -> None:
    lot = max(network.lots, key=lambda one: len(closure(network, one, "upstream")))
    found = chain(network, lot)
    records = {receipt.digest: (receipt.index, record) for receipt, (_, record) in
               zip(network.receipts, network.posted, strict=True)}
    shares: dict[str, float] = {}
    for node, data in found.nodes(data=True):
        if data["kind"] == "record":
            index, record = records[node]
            assert (data["index"], data["issuer"]) == (index, record.issuer)
            assert data["type"] == type(record).__name__[0].lower() + type(record).__name__[1:]
        else:
            assert {"product", "holder", "role", "quantity", "unit", "remaining", "footprint"} <= data.keys()
            assert 0 <= Decimal(data["remaining"]) <= Decimal(data["quantity"])
    for start, end, data in found.edges(data=True):
        if start in records:
            shares[start] = shares.get(start, 0.0) + data["share"]
        else:
            record = records[end][1]
            assert data["unit"] == found.nodes[start]["unit"]
            assert Decimal(data["quantity"]) <= Decimal(found.nodes[start]["quantity"])
            if isinstance(record, Transformation):
                (flow,) = [one for one in record.inputs if one.lot == start]
                factor = {("KGM", "TNE"): 1_000}.get((flow.quantity.unit, data["unit"]), 1)
                assert Decimal(data["quantity"]) * factor == flow.quantity.amount
    assert all(share <= 1 + 1e-12 for share in shares.values())


@pytest.mark.parametrize(("parameters", "status", "code"), [
    ({"lot": "urn:example:nobody:lot"}, 404, "not-found"),
    ({}, 400, "invalid-request"),
    ({"lot": ""}, 400, "invalid-request"),
    ({"lot": "x", "direction": "sideways"}, 400, "invalid-request"),
    ({"lot": "x", "depth": "-1"}, 400, "invalid-request"),
    ({"lot": "x", "depth": "10001"}, 400, "invalid-request"),
    ({"lot": "x", "depth": "deep"}, 400, "invalid-request"),
    ({"lot": "x\0y"}, 400, "invalid-request"),
])
def test_what_cannot_be_traced(network: Any, parameters: dict[str, str], status: int, code: str) -> None:
    response = network.client.get("/v1/chain", params=parameters)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["Content-Type"] == "application/problem+json"
