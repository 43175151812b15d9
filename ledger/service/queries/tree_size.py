"""The tree size as of which a query is answered: the newest, or an earlier one."""

from typing import NamedTuple

from ledger.errors import InvalidInput
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

EVER = 1 << 52
"""Above every tree size and every count of revisions. Times 1,024, it still fits into 63 bits."""


class AsOf(NamedTuple):
    """Counts the entries below `size` and the revisions up to `version`. The selected rows never change."""

    size: int
    version: int

    @property
    def is_now(self) -> bool:
        return self.size == EVER


NOW = AsOf(EVER, EVER)


async def as_of_size(pool: DatabasePool, at: int | None) -> AsOf:
    """The tree of `at` entries, and the revisions that it had; the newest, without a database query, if `at` is None.

    Raises InvalidInput for a tree size that the log does not have.
    """
    if at is None:
        return NOW
    row = await pool.fetchrow(queries("read")["as_of"], max(0, min(at, EVER)))
    size = 0 if row is None else row["size"]
    if row is None or not 0 < at <= size:
        raise InvalidInput(f"at={at} is out of range: the log has {size} entries",
                           code="tree-size", field="at", value=at, rule=f"a tree size from 1 to {size}")
    return AsOf(at, row["version"])
