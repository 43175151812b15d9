"""The leaves of an outcome that a caller may see: the issuer sees all of them, others see the leaves of their own lots.

Leaf 0 says how the figures are made. A revision has a leaf for each record that it revised, also of other
organisations: everybody, its issuer too, sees the leaves of own records.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.access.policy import Level, RecordConcerns, lot_level, record_level
from ledger.access.rights import Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.leaves import RevisionLeaf
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import ProvenLeaf, Receipt
from ledger.engine.prepared import REVISING_TYPES
from ledger.service.access.facts import lots_of, made_facts, record_facts
from ledger.store.database import DatabasePool
from ledger.store.revisions import revised_by
from ledger.store.sql import queries

AnyReceipt = TypeVar("AnyReceipt", bound=Receipt | Acknowledgement)


class LeafSight(NamedTuple):
    """`places`: of the leaves that the caller may see; None: of all. `full`: it sees the record itself. `party`: it
    sees the record's body."""

    full: bool = False
    party: bool = False
    places: frozenset[int] | None = frozenset()

    def of(self, leaves: Iterable[ProvenLeaf]) -> list[ProvenLeaf]:
        """The leaves that the caller may see."""
        return [leaf for leaf in leaves if self.places is None or leaf.index in self.places]

    def receipt(self, receipt: AnyReceipt) -> AnyReceipt:
        """The receipt with these leaves alone. It still verifies, since each leaf has its own path."""
        return receipt if self.places is None else replace(receipt, leaves=self.of(receipt.leaves))


class _LeafKind(Struct):
    leaf: str


WHOLE: Final = LeafSight(True, True, None)
REVISION: Final = str(RevisionLeaf.__struct_config__.tag)
_kind = msgspec.json.Decoder(_LeafKind)


def is_plain(receipt: Receipt | Acknowledgement) -> bool:
    """Whether a receipt has no leaves of revised records: they are all of one kind."""
    return len(receipt.leaves) <= 1 or _kind.decode(receipt.leaves[-1].leaf).leaf != REVISION


async def leaf_sight(
    pool: DatabasePool, rights: Rights, digest: bytes, *, full: bool = False, revised: int | None = None
) -> LeafSight:
    """The leaves of a record that a caller sees; nothing of a record that is unknown or forbidden. `full`: the gate has
    found that it sees the record in full. `revised`: the log index of a record whose revision the caller asks for."""
    if rights.everything:
        return WHOLE
    facts = (await record_facts(pool, [digest])).get(digest.hex())
    return LeafSight() if facts is None else await _of_record(pool, rights, facts, full=full, revised=revised)


async def posted_sights(
    pool: DatabasePool, rights: Rights, created: Mapping[bytes, bool]
) -> dict[bytes, LeafSight]:
    """The part that a caller sees of posted records, by digest, each with whether it is new. Whoever posts a new
    record has it from its issuer, and sees all of it, but only own records among those that it revises."""
    if rights.everything:
        return dict.fromkeys(created, WHOLE)
    sights = {}
    for name, facts in (await record_facts(pool, list(created))).items():
        digest = bytes.fromhex(name)
        seen_by = rights
        if created[digest]:
            seen_by = rights._replace(own=rights.own | {facts.issuer})
        sights[digest] = await _of_record(pool, seen_by, facts)
    return sights


async def _of_record(
    pool: DatabasePool, rights: Rights, facts: RecordConcerns, *, full: bool = False, revised: int | None = None
) -> LeafSight:
    full = full or record_level(rights, facts) == Level.FULL
    party = full or bool(facts.parties & rights.own)
    if facts.type in REVISING_TYPES:
        return LeafSight(full, party, await _of_revision(pool, rights, facts, full, revised))
    return LeafSight(full, party, None if full else await lot_places(pool, rights, facts.log_index))


async def lot_places(pool: DatabasePool, rights: Rights, index: int) -> frozenset[int]:
    """The places of the leaves of those lots of a record of which the caller sees the figures."""
    if not rights.own and not rights.grants:
        return frozenset()
    rows = await pool.fetch(queries("facts")["lots_of_records"], index)
    lots = await lots_of(pool, [row["id"] for row in rows])
    return frozenset([
        lot.number % LOT_SLOTS + 1 for lot in lots.values()
        if lot.number // LOT_SLOTS == index and lot_level(rights, lot) > Level.NOTHING
    ])


async def revises_seen(pool: DatabasePool, rights: Rights, revising: int, revised: int) -> bool:
    """Whether a record revises another one of which the caller sees a lot. Runs the same statements for any indexes."""
    seen = await lot_places(pool, rights, revised)
    return revised in await _revised(pool, revising) and bool(seen)


async def _of_revision(
    pool: DatabasePool, rights: Rights, facts: RecordConcerns, full: bool, revised: int | None
) -> frozenset[int]:
    records = await _revised(pool, facts.log_index)
    own = {one.log_index for one in await made_facts(pool, records) if record_level(rights, one) == Level.FULL}
    if revised is not None and revised in records and await lot_places(pool, rights, revised):
        own.add(revised)
    return frozenset([*([0] if full else []), *[place for place, index in enumerate(records, 1) if index in own]])


async def _revised(pool: DatabasePool, revising: int) -> Sequence[int]:
    async with pool.acquire() as connection:
        return [index for index, _, _ in await revised_by(connection, revising)]
