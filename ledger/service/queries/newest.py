"""The newest lots that a caller may see, for a page that begins without a question."""

from ledger.answers.lists import ListedLotAnswer
from ledger.service.access.show_lots import show_lots
from ledger.service.access.sight import Sight
from ledger.service.queries.lists.lots import LotQuery, PageRequest, read_listed_lots, read_lot_list
from ledger.service.queries.tree_size import NOW
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


async def read_newest_lots(pool: DatabasePool, sight: Sight, size: int, limit: int) -> list[ListedLotAnswer]:
    """The newest lots, as of the tree of `size` entries: of all lots for a caller who sees everything, of those that it
    holds for an organisation; no lot for others."""
    if sight.whole:
        numbers = [row["number"] for row in await pool.fetch(queries("pages")["newest_lots"], size, limit)]
        return await show_lots(pool, sight, await read_listed_lots(pool, numbers, NOW), None)
    organization = sight.rights.caller.organization
    if organization is None or organization not in sight.rights.own:
        return []
    held = await read_lot_list(pool, LotQuery(holder=organization), PageRequest(limit))
    return await show_lots(pool, sight, held.lots, None)


async def read_lots_of_record(pool: DatabasePool, index: int, limit: int) -> list[int]:
    """The numbers of the first lots that a record made, in the order of its outputs."""
    return [row["number"] for row in await pool.fetch(queries("pages")["lots_of_record"], index, limit)]
