"""What runs under the log's lock looks up by index what it names: however long the log is, no table is read whole."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import asyncpg
import pytest
from support.server import Server
from support.workshop import Workshop

from ledger.store.batches import _SEQUENCING
from ledger.store.embedded import attach
from ledger.store.sql import queries

GROWING: Final = frozenset({"entry", "record", "lot", "figure", "flow", "balance"})
"""With each record. Of a table that is empty here, a scan costs nothing, and the plan may have one."""
_SCANS: Final = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"})
QUERIES: Final = (("sequence", "batch_state"), ("facts", "lots_by_id"), ("facts", "keys"))


def plan_of(url: str, sql: str) -> Any:
    """The plan for whatever the parameters are, as the sequencer's session makes it."""

    async def run() -> str:
        connection = await asyncpg.connect(url, server_settings=_SEQUENCING)
        try:
            await connection.execute(f"PREPARE asked AS {sql}")
            nothing = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d+)", sql))))
            found: str = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked({nothing})")
            return found
        finally:
            await connection.close()

    return json.loads(asyncio.run(run()))[0]["Plan"]


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def whole(plan: Any) -> list[str]:
    """Scans of tables that grow with the log, of which nothing says which rows are wanted."""
    found = []
    for node in nodes(plan):
        name = node.get("Relation Name") or node.get("Index Name", "").partition("_")[0]
        if node["Node Type"] in _SCANS and name in GROWING and "Index Cond" not in node:
            found.append(f"{node['Node Type']} of {name}")
    return found


@pytest.mark.parametrize(("file", "name"), QUERIES)
def test_nothing_is_read_as_a_whole(server: Server, shop: Workshop, file: str, name: str) -> None:
    """On a ledger that has some records, with statistics and without."""
    url = attach(server.home).owner_url
    server.post([shop.make({f"{name}-{i}": "1"}, {"pot": "1"}) for i in range(300)])
    assert whole(plan_of(url, queries(file)[name])) == []

    async def analyse() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("ANALYZE")
        await connection.close()

    asyncio.run(analyse())
    assert whole(plan_of(url, queries(file)[name])) == []


def test_a_scan_of_a_whole_table_is_seen(server: Server) -> None:
    """No index says which records have an issuer."""
    found = plan_of(attach(server.home).owner_url, "SELECT index FROM record WHERE issuer = $1")
    assert whole(found)
