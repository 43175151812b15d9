"""Reads the rows behind a statement: the valid outcomes of all its records, and the log entries that commit to them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from asyncpg import Record
from msgspec import Struct, structs

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.tiles import Tile, inclusion_path_from_tiles, inclusion_tiles
from ledger.core.receipts.statement import ProvenEntry, ShownRecord, StatementRevision, proven_entry, shown
from ledger.engine.record_outcome import lot_leaf, revision_leaves
from ledger.errors import InvalidInput, NotFound
from ledger.service.heads.publication import not_yet
from ledger.service.queries.footprint.read import not_found
from ledger.store.database import Connection
from ledger.store.facts import figures_of, lot_of
from ledger.store.revisions import revised_by
from ledger.store.sql import queries
from ledger.store.tiles import read_tile

MAX_LEAVES: Final = 200_000
"""The most lots of the records in a statement. The server hashes all results of each record."""
_RECORDS_AT_ONCE: Final = 100
_LARGEST: Final = 1 << 52


class StatementTree(NamedTuple):
    """The tree in which a statement is proved: the entries below `size`, and the revisions up to `version`."""

    size: int
    root: bytes
    version: int


class Results(Struct):
    """The valid outcome of a record. `row`: of the query `records`; `size`: the number of its leaves; `shown`: the
    leaves in the statement, by index, with their `lots`; `first`: the first lot that the record made; `revision`: the
    revision that gave the outcome, if any."""

    row: Record
    size: int
    shown: dict[int, ShownRecord]
    lots: dict[int, LotFacts]
    first: str
    revision: StatementRevision | None = None


class StatementRows(NamedTuple):
    """A lot's number and allocation share; its record's inputs (lot number and quantity) and current body; and the
    outcomes of all records by log index, with their entries."""

    number: int
    share: float
    taken: Sequence[Record]
    body: bytes
    results: Mapping[int, Results]
    entries: list[ProvenEntry]

    def alone(self) -> "StatementRows":
        """The outcome of the record that made the lot, with the leaf of the lot alone."""
        place = self.number % LOT_SLOTS + 1
        own = structs.replace(self.own, shown={place: self.own.shown[place]}, lots={place: self.own.lots[place]})
        index = self.number // LOT_SLOTS
        indexes = {index, *([] if own.revision is None else [own.revision.by])}
        return self._replace(
            taken=(), results={index: own}, entries=[entry for entry in self.entries if entry.index in indexes])

    @property
    def own(self) -> Results:
        """The outcome of the record that made the lot."""
        return self.results[self.number // LOT_SLOTS]


async def read_tree(connection: Connection, at: int | None) -> StatementTree:
    """The smallest tree with a checkpoint and at least `at` entries; the newest tree if `at` is None.

    Raises InvalidInput for a tree size that the log does not have.
    """
    wanted = None if at is None else max(0, min(at, _LARGEST))
    row = await connection.fetchrow(queries("statement")["tree"], wanted)
    newest = 0 if row is None else row["newest"]
    if row is None or row["size"] is None or wanted == 0:
        raise InvalidInput(f"at={at} is out of range: the log has {newest} entries",
                           code="tree-size", field="at", value=at, rule=f"a tree size from 1 to {newest}")
    return StatementTree(row["size"], bytes(row["root"]), row["version"])


async def read_results(connection: Connection, lot: str, tree: StatementTree, at: int | None) -> StatementRows:
    """The rows of a lot.

    Raises NotFound for a lot that is not on the ledger, was not on it at that tree size, or is withdrawn; InvalidInput
    for too many lots.
    """
    sql = queries("statement")
    row = await connection.fetchrow(sql["lot"], lot, tree.version)
    if row is not None and at is None and row["number"] >= tree.size * LOT_SLOTS:
        raise not_yet(row["number"] // LOT_SLOTS)
    if row is None or row["number"] >= (tree.size if at is None else at) * LOT_SLOTS:
        raise not_found("lot", lot, at)
    number, index = row["number"], row["number"] // LOT_SLOTS
    taken = await connection.fetch(sql["taken"], index, tree.version)
    results = await _results(connection, [number, *[one["lot"] for one in taken]], tree)
    own = results[index].row
    if own["withdrawn"]:
        raise NotFound(f"lot {lot!r} was withdrawn by entry {own['revised_by']}: it has no figure", code="withdrawn",
                       field="lot", value=lot, rule="a lot that is in force")
    await _add_revisions(connection, results.values())
    revising = [one.revision.by for one in results.values() if one.revision is not None]
    entries = await _entries(connection, {*results, *revising}, tree.size)
    body = await connection.fetchval(sql["body"], index, tree.version)
    return StatementRows(number, row["share"], taken, bytes(body), results, entries)


async def _results(connection: Connection, numbers: Sequence[int], tree: StatementTree) -> dict[int, Results]:
    """The outcomes of the records that made these lots, with the lots' leaves and leaf 0 of the first record."""
    sql, wanted = queries("statement"), dict[int, set[int]]()
    for number in numbers:
        wanted.setdefault(number // LOT_SLOTS, set()).add(number % LOT_SLOTS + 1)
    wanted[numbers[0] // LOT_SLOTS].add(0)
    count = await connection.fetchval(sql["lots_made"], list(wanted))
    if count > MAX_LEAVES:
        raise InvalidInput(f"the lot's record and the records of its inputs made {count} lots",
                           code="statement-too-large", field="lot", value=count, rule=f"at most {MAX_LEAVES} lots")
    results: dict[int, Results] = {}
    indexes = list(wanted)
    for start in range(0, len(indexes), _RECORDS_AT_ONCE):
        chunk = indexes[start : start + _RECORDS_AT_ONCE]
        rows = await connection.fetch(sql["records"], chunk, tree.version)
        lots = await connection.fetch(sql["lots"], chunk, tree.version)
        results |= await asyncio.to_thread(_hashed, rows, lots, wanted)
    return results


def _hashed(rows: Iterable[Record], lots: Iterable[Record], wanted: Mapping[int, set[int]]) -> dict[int, Results]:
    made: dict[int, list[Record]] = {row["index"]: [] for row in rows}
    for lot in lots:
        made[lot["number"] // LOT_SLOTS].append(lot)
    return {row["index"]: _shown(row, made[row["index"]], wanted[row["index"]]) for row in rows}


def _shown(row: Record, lots: Sequence[Record], wanted: set[int]) -> Results:
    first, seed = bytes(row["leaf"] or b""), bytes(row["seed"])
    leaves, facts = [first], [lot_of(lot) for lot in lots]
    for i, (lot, fact) in enumerate(zip(lots, facts, strict=True), start=1):
        leaves.append(lot_leaf(seed, i, fact, figures_of(lot), lot["method"], lot["plugin"]))
    paths = shown({i: leaves[i] for i in sorted(wanted)}, [leaf_hash(leaf) for leaf in leaves])
    return Results(row, len(leaves), paths, {i: facts[i - 1] for i in wanted if i}, facts[0].id)


async def _add_revisions(connection: Connection, results: Iterable[Results]) -> None:
    """Adds to each revised outcome the proof that the revising record's entry commits to it."""
    by: dict[int, list[Results]] = {}
    for result in results:
        if result.row["revised_by"] is not None:
            by.setdefault(result.row["revised_by"], []).append(result)
    for row in await connection.fetch(queries("statement")["entries"], list(by)) if by else ():
        revised = await revised_by(connection, row["index"])
        await asyncio.to_thread(_add_revision, row, revised, by[row["index"]])


def _add_revision(row: Record, revised: Sequence[tuple[int, bytes, bytes]], results: Iterable[Results]) -> None:
    leaves = [bytes(row["outcome"]), *revision_leaves(bytes(row["seed"]), revised)]
    places = {index: place for place, (index, _, _) in enumerate(revised, start=1)}
    wanted = {places[one.row["index"]]: one for one in results}
    paths = shown({place: leaves[place] for place in wanted}, [leaf_hash(leaf) for leaf in leaves])
    for place, result in wanted.items():
        result.revision = StatementRevision(by=row["index"], size=len(leaves), shown=paths[place])


async def _entries(connection: Connection, indexes: Iterable[int], size: int) -> list[ProvenEntry]:
    """Entries with their inclusion paths in the tree of `size`. A tile is read once, even if several paths use it."""
    wanted = sorted(indexes)
    needed = dict.fromkeys([tile for index in wanted for tile in inclusion_tiles(index, size)])
    tiles = {tile: await read_tile(connection, tile) for tile in needed}
    rows = await connection.fetch(queries("statement")["entries"], wanted)
    data = {row["index"]: bytes(row["data"]) for row in rows}
    return await asyncio.to_thread(_proven, wanted, data, tiles, size)


def _proven(
    indexes: Iterable[int], data: Mapping[int, bytes], tiles: Mapping[Tile, bytes], size: int
) -> list[ProvenEntry]:
    return [proven_entry(index, data[index], inclusion_path_from_tiles(index, size, tiles)) for index in indexes]
