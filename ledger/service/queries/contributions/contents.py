"""Where a content of a lot came from: a contribution table of kg over everything upstream, as of any moment.

First numbers alone: what each record brought of the content, and what each lot holds of it. Then the records of which
something has arrived, as they read.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from asyncpg import Record
from msgspec import Struct

from ledger.core.record.values import Name
from ledger.errors import InvalidInput
from ledger.footprint.derived.contributions import Upstream, Weights
from ledger.footprint.derived.tables.contents import (
    CONTENT_GROUPINGS,
    Entered,
    content_parts,
    content_weights,
    is_content,
)
from ledger.footprint.derived.tables.rows import Contributions
from ledger.footprint.derived.tables.table import Table
from ledger.service.queries.chain.upstream import MAX_RECORDS, Behind, read_behind, read_records
from ledger.service.queries.contributions.burdens import SHOWN, ContributionNames, check_question, told
from ledger.service.queries.threads import in_thread
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_CHUNK: Final = 20_000
_UNIT: Final = "kg"


class _ContentBalance(Struct):
    """What is read of an outcome's leaf 0: contents in kg."""

    declared: dict[Name, str] = {}
    arisen: dict[Name, str] = {}


_balance = msgspec.json.Decoder(_ContentBalance)


async def read_content_origins(
    pool: DatabasePool, lot: str, content: str, by: str = "stage", at: int | None = None, limit: int = SHOWN,
    most: int = MAX_RECORDS,
) -> Contributions:
    """The table of a content, such as `recycledPostConsumer:steel`, in a lot as everything reads now, or read in a tree
    of `at` entries.

    Raises NotFound for an unknown lot; InvalidInput for what is no content, no grouping of contents, no tree of the
    log, for more than MAX_SHOWN rows, and where more than `most` records lie upstream.
    """
    check_question(by, limit, CONTENT_GROUPINGS)
    if not is_content(content):
        raise InvalidInput(f"unknown content {content!r}", code="unknown-content", field="content", value=content,
                           rule="mass, fossilCarbon, biogenicCarbon, or a name after material: element: "
                                "recycledPreConsumer: recycledPostConsumer:")
    behind = await read_behind(pool, lot, at, most)
    entered = await _entered(pool, behind, content)
    held = await _held(pool, behind, content)
    weights = await in_thread(content_weights, behind.arrays, behind.row["number"], entered, held)
    names = ContributionNames(pool, by, behind.moment.size)
    table = Table(by, content, names.known)
    async for records in read_records(pool, behind._replace(weights=Weights(weights, {}))):
        await names.learn(records)
        await in_thread(_take, table, records, entered)
    figure = held.get(behind.row["number"], 0.0)
    rows = await in_thread(table.rows, figure, limit)
    return told(behind, by, (content, _UNIT, figure), table.records, rows)


def _take(table: Table, records: Iterable[Upstream], entered: dict[int, Entered]) -> None:
    for one in records:
        table.add_parts(one, content_parts(one.weight, entered[one.log_index]))


async def _entered(pool: DatabasePool, behind: Behind, content: str) -> dict[int, Entered]:
    """What each record upstream brought besides its lots."""
    found: dict[int, Entered] = {}
    indexes = behind.arrays.records.tolist()
    for start in range(0, len(indexes), _CHUNK):
        rows = await pool.fetch(
            queries("contributions")["outcomes"], indexes[start : start + _CHUNK], behind.moment.version
        )
        found.update(await in_thread(_read_entered, rows, content))
    return found


def _read_entered(rows: Iterable[Record], content: str) -> dict[int, Entered]:
    found = {}
    for row in rows:
        balance = _ContentBalance() if row["leaf"] is None else _balance.decode(row["leaf"])
        found[row["index"]] = Entered(float(balance.declared.get(content, 0)), float(balance.arisen.get(content, 0)))
    return found


async def _held(pool: DatabasePool, behind: Behind, content: str) -> dict[int, float]:
    """Kg in each lot that holds some."""
    numbers = behind.arrays.numbers.tolist()
    rows = await pool.fetch(queries("contributions")["contents"], numbers, behind.moment.version, content)
    return {row["lot"]: row["amount"] for row in rows}
