"""Tracing: the lots and records behind or after a lot, as a networkx graph whose edges carry quantities.

A pool is one node there, however many lots its additions made. What went into it has an edge to the pool itself, and
what was drawn from it has one from it. Where something that was made of a pool's stock went back into it, the graph
has a cycle there; elsewhere it has none.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec
import networkx
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.units import plain
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.burdens import footprint
from ledger.store.database import Connection, Pool
from ledger.store.sql import queries

Direction = Literal["upstream", "downstream"]
MAX_LOTS = 100_000


class _Timed(msgspec.Struct):
    """What is read of an addition."""

    time: str


class Generation(NamedTuple):
    """A lot of a pool, with the digest of the addition that made it."""

    lot: str
    pool: str
    addition: str


async def trace(pool: Pool, lot: str, direction: Direction, depth: int | None = None) -> "networkx.DiGraph[str]":
    """The closure of a lot: nodes are lot ids, record digests and pool ids, edges run with the matter, from lot to
    record by what was taken (`quantity`, `unit`), from record to lot by what was made (`share` of the record's burden).

    `lot` may be the id of a pool: all that its newest lot came from, or all that became of its first one. A step of
    `depth` is a record, additions included. Raises NotFound for an unknown lot, InvalidInput for a closure of more than
    MAX_LOTS lots without a depth.
    """
    sql = queries("read")
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        number = await _number(connection, lot, direction)
        limits = (MAX_LOTS + 1,) if depth is None else (MAX_LOTS + 1, depth)
        found = await connection.fetch(sql[direction if depth is None else f"{direction}_within"], number, *limits)
        if len(found) > MAX_LOTS:
            raise InvalidInput(f"more than {MAX_LOTS} lots {direction}", code="chain-too-large", field="depth",
                               value=depth, rule="ask for fewer steps")
        numbers = [row["lot"] for row in found]
        return await _graph(connection, numbers, direction, lot)


async def _number(connection: Connection, name: str, direction: Direction) -> int:
    """The number of a lot, or of the lot of a pool at which its chain ends."""
    sql = queries("read")
    number: int | None = await connection.fetchval(sql["lot_number"], name)
    if number is None:
        for row in await connection.fetch(queries("facts")["pools_named"], [name], []):
            end = row["newest"] if direction == "upstream" else f"{name}:1"
            number = await connection.fetchval(sql["lot_number"], end)
    if number is None:
        raise NotFound(f"lot {name!r} is not on the ledger", field="lot", value=name,
                       rule="the id of a lot, or of a pool that holds something")
    return number


async def _graph(
    connection: Connection, numbers: Sequence[int], direction: Direction, root: str
) -> "networkx.DiGraph[str]":
    sql = queries("read")
    records = {number // LOT_SLOTS for number in numbers}
    if direction == "downstream":
        records.update([row["record"] for row in await connection.fetch(sql["consumers"], numbers)])
    lots = await connection.fetch(sql["chain_lots"], numbers)
    flows = await connection.fetch(sql["chain_flows"], list(records), numbers)
    rows = await connection.fetch(sql["chain_records"], list(records))
    graph: networkx.DiGraph[str] = networkx.DiGraph(root=root, direction=direction)
    digests = {row["index"]: row["digest"] for row in rows}
    ids = {row["number"]: row["id"] for row in lots}
    for row in rows:
        graph.add_node(row["digest"], kind="record", index=row["index"], type=row["type"], issuer=row["issuer"])
    for row in lots:
        graph.add_node(row["id"], **_lot_attributes(row))
        graph.add_edge(digests[row["number"] // LOT_SLOTS], row["id"], share=row["share"])
    units = {row["number"]: row["unit"] for row in lots}
    for row in flows:
        graph.add_edge(ids[row["lot"]], digests[row["record"]], quantity=plain(row["quantity"]),
                       unit=units[row["lot"]])
    line = [
        Generation(row["id"], row["pool"], digests[row["number"] // LOT_SLOTS])
        for row in lots if row["pool"] is not None
    ]
    if not line:
        return graph
    return folded(graph, line, await _times(connection, graph, line))


async def _times(
    connection: Connection, graph: "networkx.DiGraph[str]", line: Sequence[Generation]
) -> Mapping[str, str]:
    """When the first and the last addition to each pool were made, by their digests, as they read now."""
    ends: dict[str, list[int]] = {}
    for one in line:
        ends.setdefault(one.pool, []).append(graph.nodes[one.addition]["index"])
    wanted = [index for found in ends.values() for index in (found[0], found[-1])]
    rows = await connection.fetch(queries("revise")["records"], wanted)
    return {row["digest"].hex(): msgspec.json.decode(row["body"], type=_Timed).time for row in rows}


def folded(
    graph: "networkx.DiGraph[str]", line: Sequence[Generation], times: Mapping[str, str]
) -> "networkx.DiGraph[str]":
    """The graph with the lots of each pool, and the additions that made them, as one node of kind `pool`.

    It says of how many `generations` (lots) in this chain it stands, `from` which log index `to` which the additions
    reach and from which `firstAddition` to which `lastAddition` in time; the rest is of the newest of these lots. Edges
    that become one add their quantities up; `additions` are the records by which a lot came in. An addition whose own
    lot is not in the chain, but the credits that it gave are, stays a record. `line` is in log order; `times` are those
    of the first and last addition to each pool.
    """
    place: dict[str, str] = {}
    for one in line:
        place[one.lot] = place[one.addition] = one.pool
    root = graph.graph["root"]
    found: networkx.DiGraph[str] = networkx.DiGraph(root=place.get(root, root), direction=graph.graph["direction"])
    found.add_nodes_from([(node, data) for node, data in graph.nodes(data=True) if node not in place])
    lines: dict[str, list[Generation]] = {}
    for one in line:
        lines.setdefault(one.pool, []).append(one)
    for pool, generations in lines.items():
        found.add_node(pool, **_pool_attributes(graph, generations, times))
    additions = {one.addition for one in line}
    for start, end, data in graph.edges(data=True):
        edge = place.get(start, start), place.get(end, end)
        if edge[0] != edge[1]:
            _merge(found, edge, data, [node for node in (start, end) if node in additions])
    return found


def _merge(
    graph: "networkx.DiGraph[str]", edge: tuple[str, str], data: Mapping[str, Any], additions: Sequence[str]
) -> None:
    merged = dict(data)
    before = graph.get_edge_data(*edge) or {}
    if "quantity" in data and before:
        merged["quantity"] = plain(Decimal(before["quantity"]) + Decimal(data["quantity"]))
    if additions:
        merged["additions"] = [*before.get("additions", ()), *additions]
    graph.add_edge(*edge, **merged)


def _pool_attributes(
    graph: "networkx.DiGraph[str]", generations: Sequence[Generation], times: Mapping[str, str]
) -> dict[str, object]:
    first, last = generations[0].addition, generations[-1].addition
    newest = dict(graph.nodes[generations[-1].lot])
    return {
        **newest, "kind": "pool", "lot": generations[-1].lot, "generations": len(generations),
        "from": graph.nodes[first]["index"], "to": graph.nodes[last]["index"],
        "firstAddition": times[first], "lastAddition": times[last],
    }


def _lot_attributes(row: Record) -> dict[str, object]:
    attributes: dict[str, object] = {
        "kind": "lot", "product": row["product"], "holder": row["holder"], "role": row["role"],
        "quantity": plain(row["quantity"]), "unit": row["unit"], "remaining": plain(row["remaining"]),
        "footprint": footprint(row["burdens"]),
    }
    if row["item"] is not None:
        attributes["item"] = row["item"]
    return attributes
