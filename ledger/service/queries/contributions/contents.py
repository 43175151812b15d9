"""The sources of a content of a lot: a contribution table in kg over everything upstream, as of any moment.

A query first loads numbers only: the amount of the content that each record brought, and the amount that each lot
contains. Then it reads the records from which some of the content arrived.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from asyncpg import Record
from msgspec import Struct

from ledger.admission.facts import LOT_SLOTS
from ledger.core.record.values import Name
from ledger.errors import InvalidInput
from ledger.footprint.derived.contributions import Upstream, Weights
from ledger.footprint.derived.tables.contents import (
    CONTENT_GROUPINGS,
    Entered,
    all_content_weights,
    content_parts,
    is_content,
)
from ledger.footprint.derived.tables.parts import hidden_part
from ledger.footprint.derived.tables.rows import Contributions
from ledger.footprint.derived.tables.table import Table
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.findings import read_chain_findings
from ledger.service.queries.chain.hidden import HiddenChain, taken_weights
from ledger.service.queries.chain.upstream import MAX_RECORDS, UpstreamChain, read_records, read_upstream
from ledger.service.queries.contributions.burdens import (
    BY_STAGE,
    ContributionNames,
    TableFigure,
    TableLabels,
    TableLayout,
    add_hidden,
    contributions_answer,
    level_for,
)
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_CHUNK: Final = 20_000
_UNIT: Final = "kg"


class _ContentBalance(Struct):
    """The fields of an outcome's leaf 0 that this module reads: contents in kg."""

    declared: dict[Name, str] = {}
    arisen: dict[Name, str] = {}


_balance = msgspec.json.Decoder(_ContentBalance)


async def read_content_origins(
    pool: DatabasePool, question: LotQuestion, content: str, layout: TableLayout = BY_STAGE, most: int = MAX_RECORDS,
    sight: Sight = EVERYTHING,
) -> Contributions:
    """The contribution table of a content in a lot, such as `recycledPostConsumer:steel`.

    Raises NotFound for an unknown lot; InvalidInput for an unknown content, an unknown grouping of contents, an invalid
    tree size, more than MAX_SHOWN rows, and if more than `most` records lie upstream. Raises Denied as
    `read_contributions`.
    """
    layout.check(CONTENT_GROUPINGS)
    if not is_content(content):
        raise InvalidInput(f"unknown content {content!r}", code="unknown-content", field="content", value=content,
                           rule="mass, fossilCarbon, biogenicCarbon, or a name after material: element: "
                                "recycledPreConsumer: recycledPostConsumer: questioned:recycledPreConsumer: "
                                "questioned:recycledPostConsumer:")
    chain = await read_upstream(pool, question, most, sight, level_for(layout.by))
    entered = await _entered(pool, chain, content)
    held = await _held(pool, chain, content)
    if chain.hidden is not None:
        entered |= _brought(chain.hidden, chain.arrays.records.tolist(), held)
    carried = await in_thread(all_content_weights, chain.arrays, chain.row["number"], entered, held)
    names = ContributionNames(pool, layout.by, chain.as_of.size)
    table = Table(layout.by, content, names.facts)
    hidden, visible = None, chain.visible_records
    if chain.hidden is not None:
        taken = taken_weights(chain.arrays, chain.hidden.visible, carried, {chain.row["number"]: 1.0})
        hidden = chain.hidden.amounts(held, taken, named=layout.by == "organization")
        add_hidden(table, hidden, question, layout.by)
    within = {} if hidden is None else hidden.within
    weights = {
        index: carried[index] for index in visible if index in within or (carried[index] and any(entered[index]))}
    async for records in read_records(pool, chain._replace(weights=Weights(weights, {}))):
        await names.learn(records)
        await in_thread(_take, table, records, entered, within)
    amount = held.get(chain.row["number"], 0.0)
    rows = await in_thread(table.rows, amount, layout.limit)
    labels = TableLabels(layout.by, await read_chain_findings(pool, chain), hidden)
    return contributions_answer(chain, TableFigure(content, _UNIT, amount), table.records, rows, labels)


def _brought(hidden: HiddenChain, records: Iterable[int], held: Mapping[int, float]) -> dict[int, Entered]:
    """By log index of each hidden record: the content of its lots, with which it enters the visible chain."""
    brought = {index: 0.0 for index in records if index not in hidden.visible.records}
    for lot in hidden.lots:
        brought[lot.number // LOT_SLOTS] += held.get(lot.number, 0.0)
    return {index: Entered(declared=amount) for index, amount in brought.items()}


def _take(
    table: Table, records: Iterable[Upstream], entered: Mapping[int, Entered], within: Mapping[int, float]
) -> None:
    for record in records:
        own = content_parts(record.weight, entered[record.log_index])
        more = [hidden_part(within[record.log_index])] if record.log_index in within else []
        table.add_parts(record, [*own, *more])


async def _entered(pool: DatabasePool, chain: UpstreamChain, content: str) -> dict[int, Entered]:
    """By log index of each record upstream, the amount of the content that did not come with its input lots."""
    entered: dict[int, Entered] = {}
    indexes = chain.visible_records
    for start in range(0, len(indexes), _CHUNK):
        rows = await pool.fetch(
            queries("contributions")["outcomes"], indexes[start : start + _CHUNK], chain.as_of.version
        )
        entered.update(await in_thread(_read_entered, rows, content))
    return entered


def _read_entered(rows: Iterable[Record], content: str) -> dict[int, Entered]:
    entered = {}
    for row in rows:
        balance = _ContentBalance() if row["leaf"] is None else _balance.decode(row["leaf"])
        entered[row["index"]] = Entered(float(balance.declared.get(content, 0)), float(balance.arisen.get(content, 0)))
    return entered


async def _held(pool: DatabasePool, chain: UpstreamChain, content: str) -> dict[int, float]:
    """Kg of the content by number of each lot that contains some."""
    numbers = chain.arrays.numbers.tolist()
    rows = await pool.fetch(queries("contributions")["contents"], numbers, chain.as_of.version, content)
    return {row["lot"]: row["amount"] for row in rows}
