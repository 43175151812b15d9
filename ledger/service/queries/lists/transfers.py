"""Transfers to and from an organisation, with the figures of the received quantity."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from asyncpg import Record

from ledger.answers.lists import TransferAnswer, TransferListAnswer, TransferState
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.stored.burdens import Vector, footprint
from ledger.service.queries.footprint.read import remaining_at
from ledger.service.queries.lists.lots import PageRequest
from ledger.service.queries.lists.pages import PageKeys, read_keys
from ledger.service.queries.lists.parties import check_enrolled
from ledger.service.queries.lists.titles import TitleLimits, read_title_limits, title_of, weak_parts
from ledger.service.queries.periods import Period, period_of
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

Direction = Literal["received", "delivered"]
_SOURCES: Mapping[Direction, str] = {"received": "received", "delivered": "issued"}
_NOTHING = Decimal(0)


class TransferQuery(NamedTuple):
    """Transfers to (`received`) or from (`delivered`) an organisation, with any party or one, whose stated times lie in
    a period: after `since`, until `until`."""

    organization: str
    direction: Direction
    party: str | None = None
    since: str | None = None
    until: str | None = None
    at: int | None = None


class TransferRow(NamedTuple):
    """A transfer with the rows of the queries `parties`, `transfers` and `lots`. `remaining`: of its lot. `title`: of
    its lot's figure."""

    parties: Record
    delivery: Record
    lot: Record
    remaining: Decimal
    title: str

    @property
    def state(self) -> TransferState:
        if self.parties["withdrawn"]:
            return "withdrawn"
        if self.lot["frozen"]:
            return "disputed"
        if self.delivery["accepted"] is not None:
            return "accepted"
        return "used" if self.remaining < self.lot["quantity"] else "open"

    @property
    def received(self) -> Decimal:
        """The quantity without the shortage that went back to the sender."""
        quantity: Decimal = self.lot["quantity"]
        return quantity - (self.delivery["returned"] or _NOTHING)

    @property
    def part(self) -> float:
        """The received part of the lot."""
        return float(self.received) / float(self.lot["quantity"])

    @property
    def burdens(self) -> Vector:
        """Of the received quantity."""
        part = self.part
        return tuple([part * amount for amount in self.lot["burdens"]])


async def read_transfer_list(pool: DatabasePool, query: TransferQuery, page: PageRequest) -> TransferListAnswer:
    """A page of transfers. Raises NotFound for an organisation that is not on the ledger, InvalidInput for a malformed
    day or instant, an empty period, and an invalid tree size."""
    as_of = await as_of_size(pool, query.at)
    await check_parties(pool, query, as_of)
    keys = await read_transfer_keys(pool, query, page, as_of)
    rows = await read_transfer_rows(pool, keys.keys, as_of, await read_title_limits(pool, as_of.size))
    return TransferListAnswer(organization=query.organization, transfers=[transfer_answer(row) for row in rows],
                              next=keys.next)


async def check_parties(pool: DatabasePool, query: TransferQuery, as_of: AsOf) -> None:
    """Raises NotFound if an organisation of the question is not on the ledger."""
    await check_enrolled(pool, query.organization, "organization", as_of)
    if query.party is not None:
        await check_enrolled(pool, query.party, "party", as_of)


async def read_transfer_keys(
    pool: DatabasePool, query: TransferQuery, page: PageRequest, as_of: AsOf
) -> PageKeys:
    """The log indexes of a page of transfers. Raises InvalidInput for a malformed day or instant, and for an empty
    period."""
    period, sql = period_of(query.since, query.until), queries("lists")

    async def candidates(below: int, count: int) -> Sequence[Record]:
        return await pool.fetch(sql[_SOURCES[query.direction]], query.organization, below, count)

    async def matching(rows: Sequence[Record]) -> list[int]:
        indexes = [row["index"] for row in rows if row["type"] == "transfer"]
        if query.party is not None and indexes:
            other = "issuer" if query.direction == "received" else "receiver"
            partners = await pool.fetch(sql["partners"], indexes)
            indexes = [row["index"] for row in partners if row[other] == query.party]
        if period == Period(None, None) or not indexes:
            return indexes
        stated = await pool.fetch(sql["stated"], indexes, as_of.version)
        return [row["index"] for row in stated if row["ended"] in period]

    return await read_keys(candidates, matching, page.limit, page.below(as_of.size))


async def read_transfer_rows(
    pool: DatabasePool, indexes: Sequence[int], as_of: AsOf, limits: TitleLimits
) -> list[TransferRow]:
    """Transfers by log index, newest first. `limits`: of titles, at the same moment."""
    if not indexes:
        return []
    sql = queries("lists")
    parties = await pool.fetch(sql["parties"], indexes, as_of.version)
    deliveries = {row["index"]: row for row in await pool.fetch(sql["transfers"], indexes, as_of.size)}
    numbers = [row["number"] for row in deliveries.values()]
    lots = {row["number"]: row for row in await pool.fetch(sql["lots"], numbers, as_of.version, as_of.size)}
    remaining = {number: row["remaining"] for number, row in lots.items()}
    if not as_of.is_now:
        remaining = await remaining_at(pool, list(lots.values()), as_of)
    return [_row(one, deliveries[one["index"]], lots, remaining, limits) for one in parties]


def _row(
    parties: Record, delivery: Record, lots: Mapping[int, Record], remaining: Mapping[int, Decimal],
    limits: TitleLimits,
) -> TransferRow:
    lot = lots[delivery["number"]]
    return TransferRow(parties, delivery, lot, remaining[delivery["number"]], title_of(lot, limits))


def transfer_answer(row: TransferRow) -> TransferAnswer:
    lot, burdens = row.lot, row.burdens
    weak, total = weak_parts(burdens), footprint(burdens)
    return TransferAnswer(
        index=row.parties["index"], record=lot["digest"], lot=lot["id"], product=lot["product"],
        quantity=Quantity(value=plain(lot["quantity"]), unit=lot["unit"]),
        received=Quantity(value=plain(row.received), unit=lot["unit"]), sender=row.parties["issuer"],
        receiver=row.parties["receiver"], time=row.parties["time"], purpose=row.parties["purpose"] or "sale",
        state=row.state, title=row.title, footprint=total,
        footprint_per_unit=footprint(lot["burdens"]) / float(lot["quantity"]), questioned=weak.questioned,
        omitted=weak.omitted, provisional=weak.provisional, unestimated=weak.unestimated,
        primary_share=weak.primary_share, accepted=row.delivery["accepted"],
        on_arrival=row.delivery["on_arrival"], made=lot["made"], owner=lot["owner"],
    )
