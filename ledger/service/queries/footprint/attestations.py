"""Attestations of a lot, its record, its product or its facility, and whether the attested data was revised later."""

import msgspec
from asyncpg import Record

from ledger.core.record.kinds import Attestation
from ledger.service.queries.answers import AttestationAnswer
from ledger.service.queries.doubts import read_doubts
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_attestation = msgspec.json.Decoder(Attestation)


async def read_attestations(pool: DatabasePool, lot: Record, size: int) -> list[AttestationAnswer]:
    """The newest 100 attestations that concern a lot, in the tree of `size` entries, newest first.

    `lot` is its row of the query `footprint`: an attestation is outdated if a later revision gave the row's figures.
    """
    rows = await pool.fetch(
        queries("read")["attestations"], lot["id"], lot["number"], lot["digest"], lot["product"], lot["facility"],
        size, lot["version"],
    )
    doubts = await read_doubts(pool, [row["index"] for row in rows], size)
    return [_answer(row, _attestation.decode(row["body"]), row["index"] in doubts) for row in rows]


def _answer(row: Record, record: Attestation, in_doubt: bool) -> AttestationAnswer:
    """A revision of a record's results outdates an attestation of the record. New figures of the lot outdate any other
    attestation."""
    subject = record.subject
    outdated = row["lot_revised"] or (subject.kind == "record" and row["record_revised"])
    return AttestationAnswer(
        kind=subject.kind, subject=subject.id, auditor=row["issuer"], standard=record.standard, level=record.level,
        opinion=record.opinion, start=record.start, end=record.end, valid_until=record.valid_until,
        index=row["index"], record=row["digest"], samples=record.samples, materiality=record.materiality,
        outdated=outdated, in_doubt=in_doubt,
    )
