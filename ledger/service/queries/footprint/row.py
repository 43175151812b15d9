"""The row of a lot from which its footprint is answered, with the keys by which requests share its statement."""

from asyncpg import Record

from ledger.core.outcome.assessment import BURDENS
from ledger.service.queries.footprint.open_periods import PROVISIONAL
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.shared_reads import Key
from ledger.store.sql import queries


def figure_statement() -> str:
    """The statement `footprint`, whose rows have the columns that answers need."""
    return queries("read")["footprint"]


def figure_key(lot: str, as_of: AsOf, party: str | None = None) -> Key:
    """The key of a lot, as of a moment. `party`: there is a row only if this organisation made it, holds it, owns it or
    has sent it."""
    return lot, as_of.version, as_of.size, PROVISIONAL, len(BURDENS), party


async def read_row(pool: DatabasePool, lot: str, as_of: AsOf) -> Record | None:
    """The row of a lot; None if the lot was not on the ledger at that moment."""
    (rows,) = await pool.fetch_each(figure_statement(), [figure_key(lot, as_of)])
    return rows[0] if rows else None
