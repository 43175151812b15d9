"""Attestations of a lot, its record, its product or its facility: by whom, of which figure, and in which share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.stored import AttestationAnswer
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import Attestation
from ledger.footprint.derived.verified import (
    CATEGORIES,
    AttestedFigure,
    Category,
    Parties,
    party_of,
    relation_of,
    verdicts,
)
from ledger.footprint.stored.burdens import footprint
from ledger.service.queries.doubts import read_doubts
from ledger.service.queries.footprint.interests import read_groups
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_attestation = msgspec.json.Decoder(Attestation)
_FIRST = "0000"


class _MakerPeriod(msgspec.Struct):
    """The period of the record that made a lot."""

    start: str
    end: str


class AttestedLot(NamedTuple):
    """The lot to which an attestation is related: its parties, its number, and the body of its record if a
    transformation made the lot."""

    parties: Parties
    number: int
    transformation: bytes | None

    @property
    def log_index(self) -> int:
        """The log index of the lot's record."""
        return self.number // LOT_SLOTS


_period = msgspec.json.Decoder(_MakerPeriod)


async def read_attestations(pool: DatabasePool, lot: Record, as_of: AsOf) -> list[AttestationAnswer]:
    """The newest 100 attestations that concern a lot, as of a moment, newest first.

    `lot` is its row of the query `footprint`: an attestation is outdated if a later revision gave the row's figures.
    """
    rows = await pool.fetch(
        queries("read")["attestations"], lot["id"], lot["number"], lot["digest"], lot["product"], lot["facility"],
        as_of.size, lot["version"],
    )
    attested = attested_lot(lot, lot["issuer"], lot["body"] if lot["type"] == "transformation" else None)
    return await judge(pool, [(row, attested) for row in rows], as_of)


def attested_lot(row: Record, maker: str, transformation: bytes | None) -> AttestedLot:
    """The lot of a row that names its parties, besides the `maker` who signed its record."""
    makers = (maker, row["product_owner"], row["operator"], row["owner"])
    parties = Parties(frozenset([one for one in makers if one is not None]), row["holder"])
    return AttestedLot(parties, row["number"], transformation)


async def tree_time(pool: DatabasePool, size: int) -> str:
    """The log time of the newest entry of a tree, as an instant; before every instant for an empty tree."""
    data = await pool.fetchval(queries("verification")["newest_entry"], size)
    if data is None:
        return _FIRST
    return f"{datetime.fromtimestamp(parse_entry(bytes(data)).time / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


async def judge(
    pool: DatabasePool, pairs: Sequence[tuple[Record, AttestedLot]], as_of: AsOf
) -> list[AttestationAnswer]:
    """Attestations of lots, with their relation to the lot and the share in which they count. `pairs`: rows of
    attestations, each with its lot."""
    if not pairs:
        return []
    doubts = await read_doubts(pool, {row["index"] for row, _ in pairs}, as_of.size)
    named = {row["issuer"] for row, _ in pairs}.union(
        *[{*lot.parties.makers, lot.parties.holder} for _, lot in pairs])
    groups = await read_groups(pool, named, as_of.size)
    now = await tree_time(pool, as_of.size)
    by_lot: dict[int, dict[int, AttestedFigure]] = {}
    for row, lot in pairs:
        record = _attestation.decode(row["body"])
        by_lot.setdefault(lot.number, {})[row["index"]] = AttestedFigure(
            record, relation_of(row["issuer"], lot.parties, groups.at(record.end)), _outdated(row, record),
            record.valid_until < now, row["index"] in doubts, _is_apart(lot, row["pin"], record),
        )
    judged = {number: verdicts(figures) for number, figures in by_lot.items()}
    return [
        _answer(row, by_lot[lot.number][row["index"]], lot, judged[lot.number][row["index"]]) for row, lot in pairs
    ]


def _outdated(row: Record, record: Attestation) -> bool:
    """A revision of a record's results outdates an attestation of the record. New figures of the lot outdate any other
    attestation."""
    return bool(row["lot_revised"] or (record.subject.kind == "record" and row["record_revised"]))


def _is_apart(lot: AttestedLot, pin: int, record: Attestation) -> bool:
    """Whether an attestation of a product is of other lots than this one."""
    if record.subject.kind != "product":
        return False
    if lot.transformation is None or lot.log_index >= pin:
        return True
    made = _period.decode(lot.transformation)
    return not (record.start <= made.start and made.end <= record.end)


def _answer(
    row: Record, figure: AttestedFigure, lot: AttestedLot, verdict: Category | str
) -> AttestationAnswer:
    record, relation = figure.record, figure.relation
    subject = record.subject
    examined = footprint(row["attested"]) if lot.log_index < row["pin"] else None
    return AttestationAnswer(
        kind=subject.kind, subject=subject.id, auditor=row["issuer"], standard=record.standard, level=record.level,
        opinion=record.opinion, start=record.start, end=record.end, valid_until=record.valid_until,
        index=row["index"], record=row["digest"], samples=record.samples, materiality=record.materiality,
        outdated=figure.outdated, in_doubt=figure.in_doubt, independent=relation is None, relation=relation,
        party=party_of(record, relation), examined_size=row["pin"], examined_footprint=examined,
        current_footprint=footprint(row["stated"]), accreditation=record.accreditation, scope=record.scope,
        date=record.date, examined=record.examined, counts_as=verdict if verdict in CATEGORIES else None,
        not_counted=None if verdict in CATEGORIES else verdict,
    )
