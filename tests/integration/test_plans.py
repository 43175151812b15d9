"""However long the log is, what is asked for is looked up: no query reads a table that grows as a whole, nor an index.

Every query of `sql/named` runs on tens of thousands of rows, with the settings of a server's sessions; what counts is
what it has read, in rows and pages. Four times: with statistics of when there were few rows, without any, with new
ones, and with such as if there were a thousand times as many rows.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final, NamedTuple

import asyncpg
import pytest
from support.asked import ASKED, RECORD
from support.databases import Database
from support.manyrows import RECORDS, fill
from support.server import temporary_home

from ledger.store.database import SETTINGS
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.sql import queries, schema

STATES: Final = ("early statistics", "no statistics", "new statistics", "statistics of a large log")
MOST: Final = 300
"""Rows that one step of a plan may read here: a tile's are 256."""
NOT_ASKED: Final = {
    **dict.fromkeys(("log.create_ledger", "log.create_head"), "once, by set-up"),
    **dict.fromkeys([f"status.{name}" for name in queries("status")], "the operator's, with a time limit"),
    **dict.fromkeys([f"purge.{name}" for name in queries("purge")], "the operator's, which rewrites files"),
}
WHOLE: Final = {
    "metrics.closings_due": "a server examines the newest 20,000 provisional records once in five minutes",
    "metrics.log": "a scrape reads PostgreSQL's catalogue for the sizes of all tables",
    "log.audit_versions": "an audit compares all revisions",
    "sight.revised_issuers": "an audit compares all revisions, and each reading is noted",
    "names.published": "an audit compares all published heads",
    "names.strays": "an audit compares all prefixes",
    "names.tile_roots": "an audit compares all tiles",
}


class Plans(NamedTuple):
    """By state of the statistics and name of the query, with the database in its last state."""

    found: dict[str, dict[str, Any]]
    database: Database


@pytest.fixture(scope="module")
def plans() -> Iterator[Plans]:
    with temporary_home() as home, EmbeddedPostgres(home) as postgres, Database(postgres.owner_url) as database:
        database.execute(schema())
        database.execute("INSERT INTO head (size, root, frontier, time) VALUES (0, sha256(''), '', 0)")
        fill(database, 0, 100)
        database.execute("ANALYZE")
        fill(database, 100, RECORDS)
        found = {STATES[0]: plans_of(database)}
        database.execute("DELETE FROM pg_statistic WHERE starelid IN ("
                         "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)")
        database.execute("UPDATE pg_class SET relpages = 0, reltuples = -1 "
                         "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')")
        found[STATES[1]] = plans_of(database)
        database.execute("ANALYZE")
        found[STATES[2]] = plans_of(database)
        database.execute("UPDATE pg_class SET reltuples = reltuples * 1000 "
                         "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')")
        found[STATES[3]] = plans_of(database)
        yield Plans(found, database)


def plans_of(database: Database) -> dict[str, Any]:
    digest = "\\x" + database.one("SELECT digest FROM record WHERE index = $1", RECORD).hex()
    names = [(name, *name.split(".")) for name in ASKED]
    return carried_out(database, {
        name: (queries(group)[short], ASKED[name].replace("{digest}", digest)) for name, group, short in names
    })


def carried_out(database: Database, asked: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Plans of statements, each with its values, and what each of their steps has read, on a session like those of a
    server. What they change is taken back."""
    async def run() -> dict[str, Any]:
        # Without triggers, since the owner may not change what the roles of a server may.
        settings = {**SETTINGS, "session_replication_role": "replica"}
        session = await asyncpg.connect(database.url, server_settings=settings)
        try:
            return {name: await _explained(session, sql, values) for name, (sql, values) in asked.items()}
        finally:
            await session.close()

    return database.run(run())


async def _explained(session: asyncpg.Connection, sql: str, values: str) -> Any:
    change = session.transaction()
    await change.start()
    await session.execute(f"PREPARE asked AS {sql}")
    call = f"EXECUTE asked({values})" if values else "EXECUTE asked"
    found = await session.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {call}")
    await session.execute("DEALLOCATE asked")
    await change.rollback()
    return json.loads(found)[0]["Plan"]


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def pages_of(node: Any) -> int:
    pages: int = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    return pages


def too_much(plan: Any) -> list[str]:
    """Steps that have read more than they looked up: many rows, or many pages for few rows, as of an index that was
    gone through from end to end."""
    found = []
    for node in nodes(plan):
        loops, name = node["Actual Loops"], node.get("Relation Name") or node.get("Index Name")
        if not loops or name is None or node["Node Type"] == "ModifyTable":
            continue
        dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        rows = (node["Actual Rows"] + dropped) * loops
        # Those of a condition's own look-ups are in the sum of the step that has the condition, and count in those.
        pages = pages_of(node) - sum(
            pages_of(each) for each in node.get("Plans", ()) if each["Parent Relationship"] == "SubPlan")
        # A look-up goes down an index, and each row may be on a page of its own, whose visibility is on another.
        if rows > MOST or pages > 10 + 6 * loops + 2 * rows:
            found.append(f"{node['Node Type']} of {name}: {rows:.0f} rows, {pages} pages")
    return found


def test_every_query_is_asked() -> None:
    groups = [file.name.removesuffix(".sql") for file in files("ledger._sql").joinpath("named").iterdir()]
    assert {*ASKED, *NOT_ASKED} == {f"{group}.{name}" for group in groups for name in queries(group)}


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_read_as_a_whole(plans: Plans, state: str) -> None:
    found = {name: too_much(plan) for name, plan in plans.found[state].items()}
    assert {name: steps for name, steps in found.items() if steps and name not in WHOLE} == {}
    # Those that do are found: each shows what the measure catches.
    assert {name for name, steps in found.items() if steps} == set(WHOLE)


@pytest.mark.parametrize("sql", [
    "SELECT index FROM record WHERE outcome = $1",
    "SELECT index FROM record WHERE outcome = $1 ORDER BY index LIMIT 1",
    "SELECT position FROM flow WHERE version = length($1) * 100000000",
])
def test_what_no_index_serves_is_seen(plans: Plans, sql: str) -> None:
    assert too_much(carried_out(plans.database, {"it": (sql, "'org:'")})["it"])
