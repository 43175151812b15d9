"""Reads the findings behind lots whose records are hidden from the caller, see `delivered_findings`."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import numpy
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import QUESTIONED
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.delivered_findings import Delivered, DeliveredLot, delivered_findings
from ledger.footprint.derived.findings import FindingRecord, findings_in
from ledger.footprint.stored.burdens import SLOT
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.tree_size import AsOf
from ledger.store.columns import list_of
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_MOST: Final = 250_000
"""The most lots of the deliveries and of the records behind them."""


class HiddenLots(NamedTuple):
    """Lots of hidden `records`: all that `organizations` hold or own, and those with these numbers or ids."""

    records: Collection[int]
    organizations: Collection[str] = ()
    numbers: Collection[int] = ()
    ids: Collection[str] = ()


class DeliveredFindings(NamedTuple):
    """`numbers`: of the lots, by id."""

    by_lot: Delivered
    numbers: dict[str, int]


async def read_delivered(pool: DatabasePool, hidden: HiddenLots, as_of: AsOf) -> DeliveredFindings:
    """The findings behind lots, of those that have any."""
    if not hidden.records:
        return DeliveredFindings({}, {})
    as_of = await pinned(pool, as_of)
    rows = await pool.fetch(
        queries("findings")["deliveries"], list(hidden.records), list(hidden.organizations), list(hidden.numbers),
        list(hidden.ids), as_of.version)
    sources: dict[int, list[int]] = {}
    for row in rows:
        sources.setdefault(row["lot"], []).extend([] if row["source"] is None else [row["source"]])
    asked = {lot // LOT_SLOTS for number, made in sources.items() for lot in (number, *made)}
    leaves = await pool.fetch(queries("findings")["among"], list_of(sorted(asked)), as_of.version)
    records = await in_thread(decoded, leaves)
    having = {record.log_index for record in records}
    lots = [DeliveredLot(number, made) for number, made in sources.items()
            if not having.isdisjoint([lot // LOT_SLOTS for lot in (number, *made)])]
    if not lots:
        return DeliveredFindings({}, {})
    shown = frozenset([one // LOT_SLOTS for lot in lots for one in (lot.number, *lot.sources)])
    loaded = await load_arrays(
        pool, ChainRequest([lot.number for lot in lots], "upstream", as_of, most=_MOST, visible=shown))
    questioned = await read_questioned(pool, loaded.arrays, as_of)
    reached = set(loaded.arrays.records.tolist())
    in_chain = [record for record in records if record.log_index in reached]
    return DeliveredFindings(
        await in_thread(delivered_findings, loaded.arrays, questioned, lots, in_chain),
        {row["id"]: row["lot"] for row in rows})


async def read_questioned(pool: DatabasePool, arrays: Arrays, as_of: AsOf) -> Floats:
    """The stored `questionedAbs` of each lot, by position."""
    amounts = numpy.zeros(len(arrays.numbers))
    rows = await pool.fetch(
        queries("findings")["questioned"], list_of(arrays.numbers.tolist()), as_of.version, SLOT[QUESTIONED] + 1)
    for row in rows:
        amounts[arrays.position(row["lot"])] = row["questioned"]
    return amounts


def decoded(rows: Iterable[Record]) -> list[FindingRecord]:
    """The records that have findings: a sector may give an indicator a name that looks like a mark."""
    return [record for record in [findings_in(row["index"], row["leaf"]) for row in rows] if record.findings]
