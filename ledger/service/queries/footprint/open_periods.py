"""Which months of which facilities have to be closed before a footprint is final."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger.footprint.stored.burdens import SLOT
from ledger.service.queries.answers import OpenPeriod
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

PROVISIONAL = SLOT["provisionalAbs"] + 1
"""Its place in a stored vector, as SQL counts."""

MAX_RECORDS = 10_000
"""So many records behind a lot are looked at."""


class _OpenRecord(Struct):
    """The part of a transformation that says for when it is provisional."""

    facility: str
    start: str
    basis: str = "final"


class OpenPeriods(NamedTuple):
    """`more`: there are records that were not looked at."""

    periods: list[OpenPeriod]
    more: bool


_read = msgspec.json.Decoder(_OpenRecord)


async def read_open_periods(
    pool: DatabasePool, indexes: Iterable[int], version: int, most: int = MAX_RECORDS
) -> OpenPeriods:
    """The provisional records among those at `indexes` and those behind them, as revisions up to `version` left them:
    by facility and calendar month. At most `most` records are looked at, of `indexes` the newest."""
    found: Counter[tuple[str, str]] = Counter()
    looked = 0
    wanted = sorted(indexes)[-most - 1 :]
    for row in await pool.fetch(queries("read")["open_periods"], wanted, version, PROVISIONAL, most + 1):
        if row["body"] is not None:
            # The text may also stand in an activity; the field of the record itself decides.
            record = _read.decode(row["body"])
            if record.basis == "provisional":
                found[record.facility, record.start[:7]] += 1
        elif row["facility"] is not None:
            found[row["facility"], row["month"]] += row["records"]
        else:
            looked = row["records"]
    return OpenPeriods([
        OpenPeriod(facility=facility, month=month, records=count)
        for (facility, month), count in sorted(found.items())
    ], looked > most)
