"""Reads records, lots, organisations and plugins, and the rows of the log itself."""

import base64
from collections.abc import Collection, Sequence

import msgspec
from asyncpg import Record
from msgspec import Raw

from ledger.admission.kinds.key_change import RECOVERY_DELAY
from ledger.answers.stored import (
    ErasureAnswer,
    KeyAnswer,
    LotAnswer,
    OrganizationAnswer,
    PluginAnswer,
    RecordAnswer,
    RecoveryAnswer,
)
from ledger.core.log.entry import parse_entry
from ledger.core.log.tiles import EntriesTile, Tile, parse_path, tile_width
from ledger.core.receipts.receipt import prove_leaves
from ledger.core.record.kinds import KeyChange, Organization
from ledger.core.signatures.signing import load_spki
from ledger.engine.sectors import Registry
from ledger.errors import Erased, InvalidInput, NotFound
from ledger.footprint.derived.findings import questioned_in, stated_in
from ledger.service.heads.publication import Publication
from ledger.service.posting.receipts import read_leaves
from ledger.service.queries.doubts import limitation, read_doubts
from ledger.service.queries.footprint.read import lot_answer, not_found, remaining_at
from ledger.service.queries.plugins import plugin_answers, rules_answer
from ledger.service.queries.restatements.of_record import read_revisions
from ledger.service.queries.tree_size import EVER, as_of_size
from ledger.store.batches import waiting_recoveries
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader
from ledger.store.sql import queries
from ledger.store.tiles import read_bundle

_organization = msgspec.json.Decoder(Organization)
_key_change = msgspec.json.Decoder(KeyChange)


def digest_from(text: str) -> bytes:
    """A record's digest from its hex spelling. Raises InvalidInput for any other text."""
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise InvalidInput(f"{text[:80]!r} is not a record digest", field="digest", value=text,
                           rule="64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


async def read_record(pool: DatabasePool, digest: str) -> RecordAnswer:
    """The record with a digest. Raises NotFound if it is not on the log, or Erased if it was erased."""
    async with pool.acquire() as connection:
        row = await connection.fetchrow(queries("read")["record"], digest_from(digest))
        if row is None:
            raise NotFound(f"no record with digest {digest} is on the log", field="digest", value=digest)
        erasure = await connection.fetchrow(queries("erase")["erasure_of"], row["index"])
        if erasure is not None:
            raise _erased(digest, row, erasure)
        seed = bytes(row["seed"])
        leaves = await read_leaves(connection, row["index"], seed, row["outcome"], row["type"])
        revisions, earlier = await read_revisions(connection, row["index"], seed) if row["revised"] else ([], 0)
    doubt = (await read_doubts(pool, [row["index"]], EVER)).get(row["index"])
    return RecordAnswer(
        index=row["index"], digest=digest, type=row["type"], issuer=row["issuer"], body=Raw(bytes(row["body"])),
        entry=base64.b64encode(row["data"]).decode(), leaves=prove_leaves(leaves) if leaves else [],
        revisions=revisions, earlier_revisions=earlier, in_doubt=doubt,
        limitations=[] if doubt is None else [limitation(doubt)], questioned=questioned_in(leaves),
        findings=stated_in(row["index"], leaves),
    )


def _erased(digest: str, row: Record, erasure: Record) -> Erased:
    error = Erased(
        f"the body of record {digest} (entry {row['index']}) is erased: record {erasure['digest']} (entry "
        f"{erasure['index']}) requests this on the legal basis {erasure['legal_basis']}", field="digest", value=digest,
    )
    error.erasure = ErasureAnswer(
        index=erasure["index"], digest=erasure["digest"], legal_basis=erasure["legal_basis"], record=row["index"],
        type=row["type"], issuer=row["issuer"], entry=base64.b64encode(row["data"]).decode(),
    )
    return error


async def read_lots(
    pool: DatabasePool, lot: str | None, item: str | None, at: int | None = None, among: Collection[int] | None = None
) -> list[LotAnswer]:
    """A lot, or all lots of an item in log order (its whole life), as of now or as of the tree of `at` entries.
    `among`: the numbers of the lots that the answer may have.

    Raises NotFound if the lot or item is not on the ledger, or was not on it at that tree size; InvalidInput for an
    invalid tree size.
    """
    if (lot is None) == (item is None):
        raise InvalidInput("name either a lot or an item", field="lot",
                           rule="exactly one of the parameters lot and item")
    as_of = await as_of_size(pool, at)
    rows = await pool.fetch(queries("read")["lots"], lot, item, as_of.version, as_of.size)
    if among is not None:
        rows = [row for row in rows if row["number"] in among]
    if not rows:
        raise not_found("lot" if lot else "item", lot or item or "", at)
    remaining = {} if as_of.is_now else await remaining_at(pool, rows, as_of)
    doubts = await read_doubts(pool, [row["index"] for row in rows], as_of.size)
    return [lot_answer(row, remaining.get(row["number"]), doubts.get(row["index"])) for row in rows]


async def read_organizations(pool: DatabasePool, after: int, limit: int) -> list[OrganizationAnswer]:
    """Organisations that were enrolled after log index `after`, with all their keys, past and present."""
    rows = await pool.fetch(queries("read")["organizations"], after, limit)
    records = [(row["index"], _organization.decode(row["body"])) for row in rows]
    left = {record.id: row["left_parent"] for row, (_, record) in zip(rows, records, strict=True)}
    names = [record.id for _, record in records]
    keys, recoveries = await _keys(pool, names), await _recoveries(pool, names)
    doubts = await read_doubts(pool, [index for index, _ in records], EVER)
    return [
        OrganizationAnswer(
            id=record.id, index=index, names={str(language): name for language, name in record.names.items()},
            roles=[*record.roles], prefixes=record.prefixes, parent=record.parent, parent_share=record.parent_share,
            left_parent=left.get(record.id),
            keys=keys.get(record.id, []), recovery=recoveries.get(record.id), in_doubt=doubts.get(index),
        )
        for index, record in records
    ]


async def _keys(pool: DatabasePool, organizations: Sequence[str]) -> dict[str, list[KeyAnswer]]:
    keys: dict[str, list[KeyAnswer]] = {}
    for row in await pool.fetch(queries("read")["organization_keys"], organizations):
        keys.setdefault(row["organization"], []).append(KeyAnswer(
            keyid=row["keyid"], algorithm=load_spki(bytes(row["spki"])).algorithm, enrolled=row["from"],
            revoked=row["revoked"], compromised_since=row["compromised_since"],
        ))
    return keys


async def _recoveries(pool: DatabasePool, organizations: Sequence[str]) -> dict[str, RecoveryAnswer]:
    recoveries = {}
    async with pool.acquire() as connection:
        rows = await waiting_recoveries(connection, organizations)
    for row in rows:
        time = parse_entry(bytes(row["data"])).time
        keys = [load_spki(base64.b64decode(key.spki)).keyid.hex() for key in _key_change.decode(row["body"]).added]
        recoveries[row["organization"]] = RecoveryAnswer(
            request=row["digest"], index=row["index"], time=time, due=time + RECOVERY_DELAY, keys=keys
        )
    return recoveries


async def read_plugins(pool: DatabasePool, registry: Registry) -> list[PluginAnswer]:
    """The ledger's rules, the installed plugins, and the plugins in force that this server lacks."""
    async with pool.acquire() as connection:
        in_force = await FactLoader().in_force(connection)
        archived = {row["digest"] for row in await connection.fetch(queries("plugins")["stored"])}
    return [rules_answer(in_force.rules), *plugin_answers(registry, in_force.plugins, archived)]


async def read_checkpoint(pool: DatabasePool, publication: Publication) -> str:
    """The newest published checkpoint."""
    async with pool.acquire() as connection:
        return (await publication.newest(connection)).note


async def read_log_path(pool: DatabasePool, publication: Publication, path: str) -> tuple[Tile | EntriesTile, bytes]:
    """The tile that a C2SP path names, and its bytes.

    Raises NotFound if the log has no such tile, or if no published tree head covers it yet.
    """
    tile = parse_path(path)
    async with pool.acquire() as connection:
        size = await publication.limit(connection)
        level = tile.level if isinstance(tile, Tile) else 0
        if size is not None and tile.width > tile_width(level, tile.index, size):
            raise NotFound(f"the published log of {size} entries has no tile {path}", field="path", value=path)
        if isinstance(tile, Tile):
            return tile, (await publication.tiles(connection, [tile]))[tile]
        return tile, await read_bundle(connection, tile)
