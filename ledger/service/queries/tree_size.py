"""The moment as of which a question is answered: now, or an earlier tree size."""

from typing import NamedTuple

from ledger.errors import InvalidInput
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

EVER = 1 << 52
"""Above every tree size and every count of revisions. Times 1,024, it still fits into 63 bits."""


class Moment(NamedTuple):
    """Counts the entries below `size` and the revisions up to `version`. The selected rows never change."""

    size: int
    version: int

    @property
    def is_now(self) -> bool:
        return self.size == EVER


NOW = Moment(EVER, EVER)


async def moment_at(pool: DatabasePool, at: int | None) -> Moment:
    """The moment at which the log had `at` entries; now, without a database query, if `at` is None.

    Raises InvalidInput for a tree size that the log does not have.
    """
    if at is None:
        return NOW
    row = await pool.fetchrow(queries("read")["moment"], max(0, min(at, EVER)))
    size = 0 if row is None else row["size"]
    if row is None or not 0 < at <= size:
        raise InvalidInput(f"at={at} is out of range: the log has {size} entries",
                           code="tree-size", field="at", value=at, rule=f"a tree size from 1 to {size}")
    return Moment(at, row["version"])
