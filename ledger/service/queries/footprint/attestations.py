"""Attestations of a lot, its record, its product or its facility: by whom, of which figure, and in which share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import Attestation
from ledger.footprint.derived.verified import (
    CATEGORIES,
    AttestedFigure,
    Parties,
    category_of,
    party_of,
    relation_of,
)
from ledger.footprint.stored.burdens import footprint, whole
from ledger.service.queries.answers import AttestationAnswer
from ledger.service.queries.doubts import read_doubts
from ledger.service.queries.footprint.interests import read_groups
from ledger.service.queries.tree_size import Moment
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

OF_FACILITY = "an attestation of a facility is about its inventory"
_attestation = msgspec.json.Decoder(Attestation)
_FIRST = "0000"


class _MakerPeriod(msgspec.Struct):
    """The period of the record that made a lot."""

    start: str
    end: str


class JudgedAttestation(NamedTuple):
    """An attestation in relation to a lot: the `answer` without its verdict, and the facts that decide it."""

    answer: AttestationAnswer
    figure: AttestedFigure


_period = msgspec.json.Decoder(_MakerPeriod)


async def read_attestations(pool: DatabasePool, lot: Record, moment: Moment) -> list[AttestationAnswer]:
    """The newest 100 attestations that concern a lot, as of a moment, newest first.

    `lot` is its row of the query `footprint`: an attestation is outdated if a later revision gave the row's figures.
    """
    rows = await pool.fetch(
        queries("read")["attestations"], lot["id"], lot["number"], lot["digest"], lot["product"], lot["facility"],
        moment.size, lot["version"],
    )
    judged = await judge(pool, [(row, parties_of(lot)) for row in rows], lot, moment)
    return [one.answer for one in judged]


def parties_of(lot: Record) -> Parties:
    """The organisations with an interest in the lot of a row that names them."""
    makers = (lot["maker"], lot["product_owner"], lot["operator"], lot["owner"])
    return Parties(frozenset([one for one in makers if one is not None]), lot["holder"])


async def tree_time(pool: DatabasePool, size: int) -> str:
    """The log time of the newest entry of a tree, as an instant; before every instant for an empty tree."""
    data = await pool.fetchval(queries("verification")["newest_entry"], size)
    if data is None:
        return _FIRST
    return f"{datetime.fromtimestamp(parse_entry(bytes(data)).time / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


async def judge(
    pool: DatabasePool, pairs: Sequence[tuple[Record, Parties]], lot: Record | None, moment: Moment
) -> list[JudgedAttestation]:
    """Attestations of lots, with their relation to the lot and the share in which they count. `pairs`: rows of
    attestations, each with the parties to its lot. `lot`: the row of the lot, if all are of one."""
    if not pairs:
        return []
    doubts = await read_doubts(pool, {row["index"] for row, _ in pairs}, moment.size)
    named = {row["issuer"] for row, _ in pairs}.union(*[{*one.makers, one.holder} for _, one in pairs])
    groups = await read_groups(pool, named)
    now = await tree_time(pool, moment.size)
    judged = []
    for row, parties in pairs:
        record = _attestation.decode(row["body"])
        source = row if lot is None else lot
        figure = AttestedFigure(
            record, relation_of(row["issuer"], parties, groups), _outdated(row, record), record.valid_until < now,
            row["index"] in doubts, _is_apart(source, row["pin"], record),
        )
        judged.append(JudgedAttestation(_answer(row, figure, source), figure))
    return judged


def _outdated(row: Record, record: Attestation) -> bool:
    """A revision of a record's results outdates an attestation of the record. New figures of the lot outdate any other
    attestation."""
    return bool(row["lot_revised"] or (record.subject.kind == "record" and row["record_revised"]))


def _is_apart(lot: Record, pin: int, record: Attestation) -> bool:
    """Whether an attestation of a product is of other lots than this one."""
    if record.subject.kind != "product":
        return False
    body = lot["made_by"]
    if body is None or _index(lot) >= pin:
        return True
    made = _period.decode(body)
    return not (record.start <= made.start and made.end <= record.end)


def _index(lot: Record) -> int:
    number: int = lot["number"]
    return number // LOT_SLOTS


def _answer(row: Record, figure: AttestedFigure, lot: Record) -> AttestationAnswer:
    record, relation = figure.record, figure.relation
    subject = record.subject
    verdict = OF_FACILITY if subject.kind == "facility" else category_of(figure)
    examined = footprint(whole(row["attested"])) if _index(lot) < row["pin"] else None
    return AttestationAnswer(
        kind=subject.kind, subject=subject.id, auditor=row["issuer"], standard=record.standard, level=record.level,
        opinion=record.opinion, start=record.start, end=record.end, valid_until=record.valid_until,
        index=row["index"], record=row["digest"], samples=record.samples, materiality=record.materiality,
        outdated=figure.outdated, in_doubt=figure.in_doubt, independent=relation is None, relation=relation,
        party=party_of(record, relation), examined_size=row["pin"], examined_footprint=examined,
        current_footprint=footprint(whole(row["stated"])), accreditation=record.accreditation, scope=record.scope,
        date=record.date, examined=record.examined, counts_as=verdict if verdict in CATEGORIES else None,
        not_counted=None if verdict in CATEGORIES else verdict,
    )
