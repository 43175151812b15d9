"""Lots of an organisation: the lots that it holds, or those that it owns."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from asyncpg import Record
from msgspec import structs

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.lists import ListedLotAnswer, LotListAnswer
from ledger.answers.stored import LotAnswer
from ledger.errors import InvalidInput
from ledger.footprint.stored.burdens import footprint
from ledger.service.queries.doubts import read_doubts
from ledger.service.queries.footprint.read import lot_answer, remaining_at
from ledger.service.queries.lists.pages import read_keys
from ledger.service.queries.lists.parties import check_enrolled, operator_of, product_owner_of
from ledger.service.queries.lists.titles import TitleLimits, read_title_limits, title_of, weak_parts
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


class LotQuery(NamedTuple):
    """Lots that `holder` holds or that `owner` owns. Without both, the holder is the operator of `facility`, or else
    the organisation that entered `product`. `facility`: where the lots were made. `in_stock`: with a remaining
    quantity."""

    holder: str | None = None
    owner: str | None = None
    facility: str | None = None
    product: str | None = None
    in_stock: bool = False
    at: int | None = None


class PageRequest(NamedTuple):
    """A page of at most `limit` rows, after the row `after` of the list."""

    limit: int = 100
    after: int | None = None

    def below(self, end: int) -> int:
        """The key below which the page begins, in a list that begins below `end`."""
        return end if self.after is None else min(self.after, end)


async def read_lot_list(pool: DatabasePool, query: LotQuery, page: PageRequest) -> LotListAnswer:
    """A page of lots. Raises InvalidInput for a question without a subject or with two, NotFound for an unknown one."""
    as_of = await as_of_size(pool, query.at)
    source, organization = await _subject(pool, query, as_of)

    async def candidates(below: int, count: int) -> Sequence[Record]:
        return await pool.fetch(queries("lists")[source], organization, below, count)

    async def matching(rows: Sequence[Record]) -> list[int]:
        numbers = [row["number"] for row in rows if query.product in (None, row["product"])
                   and query.facility in (None, row["facility"])
                   and (query.owner is None or row["owner"] in (None, query.owner))]
        return await _in_stock(pool, numbers, as_of) if query.in_stock and numbers else numbers

    keys = await read_keys(candidates, matching, page.limit, page.below(as_of.size * LOT_SLOTS))
    return LotListAnswer(organization=organization, lots=await read_listed_lots(pool, keys.keys, as_of),
                         next=keys.next)


async def read_listed_lots(pool: DatabasePool, numbers: Sequence[int], as_of: AsOf) -> list[ListedLotAnswer]:
    """Lots by number, newest first."""
    if not numbers:
        return []
    rows = await pool.fetch(queries("lists")["lots"], numbers, as_of.version, as_of.size)
    limits = await read_title_limits(pool, as_of.size)
    remaining = {} if as_of.is_now else await remaining_at(pool, rows, as_of)
    doubts = await read_doubts(pool, [row["index"] for row in rows], as_of.size)
    return [
        _listed(row, lot_answer(row, remaining.get(row["number"]), doubts.get(row["index"])), limits) for row in rows
    ]


async def _subject(pool: DatabasePool, query: LotQuery, as_of: AsOf) -> tuple[str, str]:
    """The query that reads the lots, and the organisation whose lots it reads."""
    if query.holder is not None and query.owner is not None:
        raise InvalidInput("holder and owner cannot be combined", field="owner", value=query.owner,
                           rule="one of holder and owner")
    if query.owner is not None:
        await check_enrolled(pool, query.owner, "owner", as_of)
        return "owned", query.owner
    if query.holder is not None:
        await check_enrolled(pool, query.holder, "holder", as_of)
        return "held", query.holder
    if query.facility is not None:
        return "held", await operator_of(pool, query.facility, as_of)
    if query.product is not None:
        return "held", await product_owner_of(pool, query.product, as_of)
    raise InvalidInput("the list has no subject", field="holder",
                       rule="at least one of the parameters holder, owner, facility, product")


async def _in_stock(pool: DatabasePool, numbers: Sequence[int], as_of: AsOf) -> list[int]:
    """The lots that have a remaining quantity, in the same order."""
    if as_of.is_now:
        rest = {row["number"] for row in await pool.fetch(queries("lists")["in_stock"], numbers)}
    else:
        rows = await pool.fetch(queries("lists")["lots"], numbers, as_of.version, as_of.size)
        left = await remaining_at(pool, rows, as_of)
        rest = {number for number, quantity in left.items() if quantity > Decimal(0)}
    return [number for number in numbers if number in rest]


def _listed(row: Record, lot: LotAnswer, limits: TitleLimits) -> ListedLotAnswer:
    burdens = tuple(row["burdens"])
    weak, total = weak_parts(burdens), footprint(burdens)
    return ListedLotAnswer(
        **structs.asdict(lot), title=title_of(row, limits), footprint=total,
        footprint_per_unit=total / float(row["quantity"]), omitted=weak.omitted, provisional=weak.provisional,
        unestimated=weak.unestimated, primary_share=weak.primary_share, made=row["made"], since=row["since"],
    )
