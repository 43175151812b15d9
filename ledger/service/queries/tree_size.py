"""As of when a question is answered: now, or in the tree of an earlier size."""

from typing import NamedTuple

from ledger.errors import InvalidInput
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

EVER = 1 << 52
"""A size and a count of revisions beyond all that there are; times 1,024 it is still a number of 63 bits."""


class Moment(NamedTuple):
    """The entries below `size` count, and the revisions up to `version`. The rows that they select never change."""

    size: int
    version: int

    @property
    def is_now(self) -> bool:
        return self.size == EVER


NOW = Moment(EVER, EVER)


async def moment_at(pool: DatabasePool, at: int | None) -> Moment:
    """The moment at which the log had `at` entries; now, without a question to the database, where it is None.

    Raises InvalidInput for a size beyond the log's.
    """
    if at is None:
        return NOW
    row = await pool.fetchrow(queries("read")["moment"], max(0, min(at, EVER)))
    size = 0 if row is None else row["size"]
    if row is None or not 0 < at <= size:
        raise InvalidInput(f"at={at} is out of range: the log has {size} entries",
                           code="tree-size", field="at", value=at, rule=f"a tree size from 1 to {size}")
    return Moment(at, row["version"])
