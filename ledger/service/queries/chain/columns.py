"""Reads the data of the lots and records of a chain, column by column, in the order of its arrays."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec
import numpy
from asyncpg import Record

from ledger.footprint.derived.chain.arrays import Arrays, Integers
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import LotVersion
from ledger.service.queries.tree_size import AsOf
from ledger.store.columns import integers, list_of, names, names_or_none, words
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_DIGEST: Final = 64


class _Timed(msgspec.Struct):
    """The field of an addition that this module reads."""

    time: str


async def read_lots(pool: DatabasePool, numbers: Integers) -> LotColumns:
    """The lots as created, without burdens."""
    row = await pool.fetchrow(queries("chain")["lots"], list_of(numbers.tolist()))
    return await in_thread(_lots, row, len(numbers))


async def read_records(pool: DatabasePool, indexes: Integers) -> Records:
    """The records, without the times of additions."""
    row = await pool.fetchrow(queries("chain")["records"], list_of(indexes.tolist()))
    return await in_thread(_records, row, len(indexes))


async def read_times(
    pool: DatabasePool, arrays: Arrays, pools: Sequence[str | None], version: int
) -> Mapping[int, str]:
    """The times of the first and last addition to each pool, by log index, as they read at revision `version`."""
    makers = arrays.makers
    ends: dict[str, list[int]] = {}
    for lot, name in enumerate(pools):
        if name is not None:
            ends.setdefault(name, []).append(int(arrays.records[makers[lot]]))
    wanted = [index for additions in ends.values() for index in (additions[0], additions[-1])]
    rows = await pool.fetch(queries("chain")["details"], wanted, version) if wanted else []
    return {row["index"]: msgspec.json.decode(row["body"], type=_Timed).time for row in rows if row["body"]}


async def read_remaining(
    pool: DatabasePool, numbers: Integers, quantities: Sequence[str], as_of: AsOf
) -> Sequence[str]:
    """The remaining quantities of lots at a pinned moment. `quantities`: of the whole lots at that moment."""
    wanted = list_of(numbers.tolist())
    row = await pool.fetchrow(queries("chain")["balances"], wanted, as_of.size)
    if row is not None and row["remaining"] is not None:
        return words(row["remaining"], len(numbers))
    # The stored balances are current, but the log has grown since that moment.
    taken = {
        row["lot"]: row["taken"]
        for row in await pool.fetch(queries("read")["taken_at"], numbers.tolist(), as_of.size, as_of.version)
    }
    data = await pool.fetchval(queries("chain")["withdrawn"], wanted, as_of.version)
    withdrawn = set(integers(data)[0].tolist())
    return [
        "0" if number in withdrawn else str(Decimal(quantity) - taken.get(number, 0))
        for number, quantity in zip(numbers.tolist(), quantities, strict=True)
    ]


def revised(lots: LotColumns, numbers: Integers, versions: Mapping[int, LotVersion]) -> LotColumns:
    """The lots with the facilities and processes that revisions gave them."""
    facilities, processes = list(lots.facilities), list(lots.processes)
    for number, version in versions.items():
        place = int(numpy.searchsorted(numbers, number))
        facilities[place], processes[place] = version.facility, version.process
    return lots._replace(facilities=facilities, processes=processes)


def _lots(row: Record | None, count: int) -> LotColumns:
    if row is None:
        raise LookupError("the aggregate query returned no row")
    return LotColumns(
        ids=words(row["ids"], count), products=names(row["products"], count), holders=names(row["holders"], count),
        roles=names(row["roles"], count), quantities=words(row["quantities"], count), units=names(row["units"], count),
        items=names_or_none(row["items"], count), pools=names_or_none(row["pools"], count),
        facilities=names_or_none(row["facilities"], count), processes=names_or_none(row["processes"], count),
        burdens=numpy.zeros((0, 0)),
    )


def _records(row: Record | None, count: int) -> Records:
    if row is None:
        raise LookupError("the aggregate query returned no row")
    digests: str = row["digests"] or ""
    if len(digests) != count * _DIGEST:
        raise ValueError(f"the database returned {len(digests) / _DIGEST} digests instead of {count}")
    return Records(
        [digests[start : start + _DIGEST] for start in range(0, len(digests), _DIGEST)],
        names(row["types"], count), names(row["issuers"], count),
    )
