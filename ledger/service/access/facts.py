"""The facts of records, lots and organisations from which the policy decides."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from asyncpg import Record

from ledger.access.accesses import AskedName
from ledger.access.policy import LotConcerns, RecordConcerns
from ledger.service.queries.tree_size import EVER
from ledger.store.database import DatabasePool
from ledger.store.shared_reads import Key
from ledger.store.sql import queries


class NamedLots(NamedTuple):
    """The lots of one name, which may be the name of several things: the lot with this id; the lots of this item, one
    for each stage of its life; the newest and the oldest generation of this pool."""

    lot: LotConcerns | None = None
    item: tuple[LotConcerns, ...] = ()
    newest: LotConcerns | None = None
    oldest: LotConcerns | None = None

    def at_start(self, direction: str, size: int) -> LotConcerns | None:
        """The lot at which the chain of this name starts in the tree of `size` entries. The name is of a pool if no lot
        of that tree has it as id."""
        generation = self.oldest if direction == "downstream" else self.newest
        if self.lot is not None and (generation is None or self.lot.record.log_index < size):
            return self.lot
        return generation

    def all(self) -> list[LotConcerns]:
        """Every lot that has this name in any way, once."""
        lots = (self.lot, *self.item, self.newest, self.oldest)
        return list({one.number: one for one in lots if one is not None}.values())


NO_LOTS: Final = NamedLots()


async def record_facts(pool: DatabasePool, digests: Sequence[bytes]) -> dict[str, RecordConcerns]:
    """The facts of the records that are on the log, by hex digest."""
    rows = await pool.fetch(queries("sight")["concerns"], list(digests), [], [])
    return {row["name"]: _record(row) for row in rows}


async def concerned(
    pool: DatabasePool, indexes: Sequence[int], whole: Sequence[str]
) -> list[RecordConcerns]:
    """The facts of records by log index. Those whose issuers are among `whole`, which are visible as a whole, have no
    parties, owners and lots."""
    return [_record(row) for row in await pool.fetch(queries("sight")["concerns"], [], list(indexes), list(whole))]


async def digest_at(pool: DatabasePool, index: int) -> bytes:
    """The digest of the record at a log index; empty if the log is shorter."""
    rows = await pool.fetch(queries("lists")["records"], [index], EVER)
    return bytes.fromhex(rows[0]["digest"]) if rows else b""


def lot_keys(names: Iterable[str], *, more: bool = False, size: int = EVER) -> list[Key]:
    """The keys of the statement `lots`. `more`: whether the names may be of items and pools too; pools as of the tree
    of `size` entries."""
    return [(name, size, more) for name in names]


def named_lots(rows: Sequence[Sequence[Record]]) -> dict[str, NamedLots]:
    """The lots that have each name, as whatever they have it, by the rows of these keys."""
    named: dict[str, NamedLots] = {}
    for lots in rows:
        kinds: dict[str, list[LotConcerns]] = {}
        for row in lots:
            kinds.setdefault(row["kind"], []).append(_lot(row, row["start"], row["end"]))
        if lots:
            named[lots[0]["name"]] = NamedLots(
                _only(kinds, "lot"), tuple(kinds.get("item", ())), _only(kinds, "newest"), _only(kinds, "oldest"))
    return named


def figured_lots(rows: Iterable[Record]) -> dict[str, NamedLots]:
    """The lots by their ids, from rows of the statement `footprint`. It does not read the times that records state."""
    return {row["id"]: NamedLots(_lot(row, start=None, end=None)) for row in rows}


async def lots_of(pool: DatabasePool, names: Sequence[str]) -> dict[str, LotConcerns]:
    """The facts of lots by their ids."""
    named = named_lots(await pool.fetch_each(queries("sight")["lots"], lot_keys(names)))
    return {name: one.lot for name, one in named.items() if one.lot is not None}


def asked_lot(name: str, lots: Iterable[LotConcerns]) -> AskedName:
    """The name of lots in a request, for the access log."""
    return AskedName(name, frozenset([one for lot in lots for one in (lot.record.issuer, *lot.parties)]))


def asked_record(name: str, records: Iterable[RecordConcerns]) -> AskedName:
    """The name of records in a request, for the access log."""
    return AskedName(name, frozenset([
        known for one in records for known in (one.issuer, *one.parties, *one.owners)]))


async def organizations_of(pool: DatabasePool, names: Sequence[str]) -> dict[str, str]:
    """By each name of an organisation, facility or product: the organisation that it stands for."""
    return {row["name"]: row["organization"] for row in await _each(pool, "organizations", names)}


async def holders_of(pool: DatabasePool, numbers: Sequence[int]) -> frozenset[str]:
    """The organisations that hold or own lots."""
    return frozenset([row["party"] for row in await pool.fetch(queries("sight")["holders"], list(numbers))])


async def made_facts(pool: DatabasePool, indexes: Iterable[int]) -> list[RecordConcerns]:
    """The facts of records by log index, without parties."""
    return [
        RecordConcerns(row["index"], row["type"], row["issuer"], frozenset(), frozenset(row["products"] or ()),
                       row["start"], row["end"]) for row in await _each(pool, "made", indexes)
    ]


def _record(row: Record) -> RecordConcerns:
    return RecordConcerns(
        row["index"], row["type"], row["issuer"], frozenset(row["parties"] or ()), frozenset(row["products"]),
        row["start"], row["end"], frozenset(row["owners"] or ()))


async def _each(pool: DatabasePool, query: str, values: Iterable[object]) -> Iterable[Record]:
    rows = await pool.fetch_each(queries("sight")[query], [(value,) for value in values])
    return chain.from_iterable(rows)


def _only(kinds: Mapping[str, Sequence[LotConcerns]], kind: str) -> LotConcerns | None:
    return kinds[kind][0] if kind in kinds else None


def _lot(row: Record, start: str | None, end: str | None) -> LotConcerns:
    parties = frozenset({row["holder"], row["owner"], row["sender"], row["receiver"]} - {None})
    record = RecordConcerns(
        row["index"], row["type"], row["issuer"], frozenset(), frozenset({row["product"]}), start, end)
    return LotConcerns(
        row["number"], row["product"], record, parties, row["facility"], row["operator"], row["item"])
