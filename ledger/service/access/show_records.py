"""Records as a caller may see them: a party that did not issue one sees its body and the leaves of its own lots, an
owner under tolling sees its own goods instead of the body."""

from collections.abc import Sequence

from msgspec import UNSET, structs

from ledger.access.policy import Level, record_level
from ledger.access.rights import Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.answers.stored import RecordAnswer, RevisionAnswer, TakenQuantity
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.chain.delivered_findings import of_lot
from ledger.footprint.derived.findings import ListedFinding
from ledger.service.access.facts import made_facts
from ledger.service.access.leaves import LeafSight
from ledger.service.queries.chain.delivered import HiddenLots, read_delivered
from ledger.service.queries.tree_size import NOW
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


async def show_record(pool: DatabasePool, rights: Rights, answer: RecordAnswer, seen: LeafSight) -> RecordAnswer:
    """The record without the parts that the caller may not see; the same answer for a caller who sees all of it."""
    answer = structs.replace(answer, revisions=await _revisions(pool, rights, answer.revisions))
    if seen.full:
        return structs.replace(answer, leaves=seen.of(answer.leaves))
    return structs.replace(
        answer, body=answer.body if seen.party else UNSET, questioned=None, findings=[], leaves=seen.of(answer.leaves),
        lot_findings=await _findings(pool, answer.index, seen),
        taken=[] if seen.party else await _taken(pool, rights, answer.index),
        revisions=[_revision(revision, seen) for revision in answer.revisions], sight="totals",
    )


async def _revisions(
    pool: DatabasePool, rights: Rights, revisions: Sequence[RevisionAnswer]
) -> list[RevisionAnswer]:
    """The revisions; of a revising record that the caller does not see, the public entry alone, without the kind."""
    if rights.everything or not revisions:
        return list(revisions)
    facts = await made_facts(pool, {one.index for one in revisions})
    visible = {one.log_index for one in facts if record_level(rights, one) == Level.FULL}
    return [one if one.index in visible else structs.replace(one, type="") for one in revisions]


async def _findings(pool: DatabasePool, index: int, seen: LeafSight) -> list[ListedFinding]:
    lots = [index * LOT_SLOTS + place - 1 for place in seen.places or () if place]
    if not lots:
        return []
    behind = (await read_delivered(pool, HiddenLots([index], numbers=lots), NOW)).by_lot
    return [finding for lot in sorted(behind) for finding in of_lot(behind[lot])]


async def _taken(pool: DatabasePool, rights: Rights, index: int) -> list[TakenQuantity]:
    rows = await pool.fetch(queries("sight")["own_goods"], index, sorted(rights.own))
    return [
        TakenQuantity(lot=row["id"], quantity=Quantity(value=plain(row["quantity"]), unit=row["unit"])) for row in rows
    ]


def _revision(revision: RevisionAnswer, seen: LeafSight) -> RevisionAnswer:
    return structs.replace(
        revision, body=revision.body if seen.party else UNSET, questioned=None, findings=[],
        leaves=seen.of(revision.leaves))
