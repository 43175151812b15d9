"""Tracing: the lots and records behind or after a lot, as a networkx graph whose edges carry quantities."""

from collections.abc import Sequence
from typing import Literal

import networkx
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.burdens import footprint
from ledger.service.contexts import plain
from ledger.store.database import Connection, Pool
from ledger.store.sql import queries

Direction = Literal["upstream", "downstream"]
MAX_LOTS = 100_000


async def trace(pool: Pool, lot: str, direction: Direction, depth: int | None = None) -> "networkx.DiGraph[str]":
    """The closure of a lot: nodes are lot ids and record digests, edges run with the matter, from lot to record by
    what was taken (`quantity`, `unit`), from record to lot by what was made (`share` of the record's burden).

    Raises NotFound for an unknown lot, InvalidInput for a closure of more than MAX_LOTS lots without a depth.
    """
    sql = queries("read")
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        number = await connection.fetchval(sql["lot_number"], lot)
        if number is None:
            raise NotFound(f"lot {lot!r} is not on the ledger", field="lot", value=lot, rule="the id of a lot")
        limits = (MAX_LOTS + 1,) if depth is None else (MAX_LOTS + 1, depth)
        found = await connection.fetch(sql[direction if depth is None else f"{direction}_within"], number, *limits)
        if len(found) > MAX_LOTS:
            raise InvalidInput(f"more than {MAX_LOTS} lots {direction}", code="chain-too-large", field="depth",
                               value=depth, rule="ask for fewer steps")
        numbers = [row["lot"] for row in found]
        return await _graph(connection, numbers, direction, lot)


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
    return graph


def _lot_attributes(row: Record) -> dict[str, object]:
    attributes: dict[str, object] = {
        "kind": "lot", "product": row["product"], "holder": row["holder"], "role": row["role"],
        "quantity": plain(row["quantity"]), "unit": row["unit"], "remaining": plain(row["remaining"]),
        "footprint": footprint(row["burdens"]),
    }
    if row["item"] is not None:
        attributes["item"] = row["item"]
    return attributes
