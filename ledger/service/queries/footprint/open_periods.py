"""The months of facilities that need a closing before a footprint is final."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger.answers.stored import OpenPeriod
from ledger.footprint.stored.burdens import SLOT
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

PROVISIONAL = SLOT["provisionalAbs"] + 1
"""The position of this burden in a stored vector. SQL counts from 1."""

MAX_RECORDS = 10_000
"""The most records upstream of a lot that a query examines."""


class _OpenRecord(Struct):
    """The fields of a transformation that give its period and whether it is provisional."""

    facility: str
    start: str
    basis: str = "final"


class OpenPeriods(NamedTuple):
    """Open periods; `more`: there are records that were not examined."""

    periods: list[OpenPeriod]
    more: bool


_read = msgspec.json.Decoder(_OpenRecord)


async def read_open_periods(
    pool: DatabasePool, indexes: Iterable[int], version: int, most: int = MAX_RECORDS
) -> OpenPeriods:
    """The provisional records among the records at `indexes` and the records upstream of them, as they read at revision
    `version`, counted by facility and calendar month.

    Examines at most `most` records, and starts from the newest of `indexes`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    examined = 0
    wanted = sorted(indexes)[-most - 1 :]
    for row in await pool.fetch(queries("read")["open_periods"], wanted, version, PROVISIONAL, most + 1):
        if row["body"] is not None:
            # The text that SQL searched for can also occur in an activity. Only the field of the record itself counts.
            record = _read.decode(row["body"])
            if record.basis == "provisional":
                counts[record.facility, record.start[:7]] += 1
        elif row["facility"] is not None:
            counts[row["facility"], row["month"]] += row["records"]
        else:
            examined = row["records"]
    return OpenPeriods([
        OpenPeriod(facility=facility, month=month, records=count)
        for (facility, month), count in sorted(counts.items())
    ], examined > most)
