"""The rows behind an inventory: records of organisations that ended in a period, with their inputs and outputs."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.core.outcome.assessment import NOTHING, QUESTIONED, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record.kinds import AnyRecord, Closing, Consumption, Report, Transfer, Transformation
from ledger.errors import InvalidInput
from ledger.footprint.derived.findings import FindingRecord, findings_in, has_findings
from ledger.footprint.derived.inventory.origins import BoundaryOrigins, Lot, Passed
from ledger.footprint.derived.inventory.scopes import Booked, MadeGoods, TakenGoods
from ledger.footprint.stored.attributes import MARKET
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.host.threads import in_thread
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 500_000
"""The most records of organisations that a query reads for an answer."""
_CHUNK: Final = 1_000
_ABSOLUTE, _PRIMARY = SLOT["absGhg"], SLOT["primaryAbs"]
_QUESTIONED = SLOT[QUESTIONED]
_LOCATION, _MARKET = SLOT["electricityLocation"], SLOT[MARKET]
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_report = msgspec.json.Decoder(Report)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class InventorySpan(NamedTuple):
    """A period between two instants.

    A record with a duration belongs to the period in which it ends; an end at `until` still counts. A record of one
    instant belongs to the period that contains the instant; `since` counts and `until` does not.
    """

    since: str
    until: str

    def has(self, record: AnyRecord) -> bool:
        """Whether a record belongs to the period."""
        match record:
            case Transformation() | Closing() | Consumption(end=str()):
                return self.since < (record.end or "") <= self.until
            case Transfer() | Consumption():
                return self.since <= record.time < self.until
            case _:
                return False


def year_span(year: int) -> InventorySpan:
    """A calendar year in UTC."""
    return InventorySpan(f"{year:04d}-01-01T00:00:00Z", f"{year + 1:04d}-01-01T00:00:00Z")


async def read_booked(
    pool: DatabasePool, issuers: Sequence[str], members: Collection[str], span: InventorySpan, as_of: AsOf,
    most: int = MAX_RECORDS,
) -> AsyncIterator[list[Booked]]:
    """The records of `issuers` in the period, in batches, in log order. Lots that `members` made are not bought.

    Raises InvalidInput if the issuers have more than `most` records.
    """
    indexes = await pool.fetchval(queries("inventory")["records"], list(issuers), as_of.size, most + 1)
    if len(indexes) > most:
        raise InvalidInput(f"{', '.join(issuers)} issued more than {most:,} records",
                           code="too-many-records", field="organization", value=issuers[0],
                           rule=f"at most {most:,} records for one inventory")
    for start in range(0, len(indexes), _CHUNK):
        details = await pool.fetch(queries("chain")["details"], indexes[start : start + _CHUNK], as_of.version)
        batch = await in_thread(_decoded, details, span)
        if batch:
            yield await _completed(pool, batch, members, as_of)


class _InventoryRows(NamedTuple):
    """A record with the data of its leaf 0."""

    record: AnyRecord
    assessment: Assessment
    covered: float
    findings: FindingRecord | None = None


def _decoded(rows: Iterable[Record], span: InventorySpan) -> dict[int, _InventoryRows]:
    batch: dict[int, _InventoryRows] = {}
    for row in rows:
        record = None if row["body"] is None else _record.decode(row["body"])
        if record is not None and span.has(record):
            batch[row["index"]] = _read(record, row["index"], row["leaf"])
    return batch


def _read(record: AnyRecord, log_index: int, leaf: bytes | None) -> _InventoryRows:
    if leaf is None:
        return _InventoryRows(record, NOTHING, 0.0)
    first = _leaf.decode(leaf)
    findings = findings_in(log_index, leaf) if has_findings(leaf) else None
    return _InventoryRows(record, _assessment.decode(first.assessment), float(first.covered.get(MARKET, 0)), findings)


async def _completed(
    pool: DatabasePool, batch: Mapping[int, _InventoryRows], members: Collection[str], as_of: AsOf
) -> list[Booked]:
    sql, indexes = queries("inventory"), list(batch)
    flows: dict[int, list[tuple[int, Decimal]]] = {}
    for row in await pool.fetch(sql["taken"], indexes, as_of.version):
        flows.setdefault(row["record"], []).append((row["lot"], row["quantity"]))
    numbers = sorted({lot for taken in flows.values() for lot, _ in taken})
    lots = {row["number"]: row for row in await pool.fetch(sql["lots"], numbers, as_of.version, list(members))}
    origins = await _origins(pool, lots, members, as_of)
    made: dict[int, list[MadeGoods]] = {}
    for row in await pool.fetch(sql["made"], indexes, as_of.version):
        made.setdefault(row["record"], []).append(_made(row))
    return [
        Booked(
            one.record, one.assessment,
            tuple([_taken(lots[lot], quantity, origins) for lot, quantity in flows.get(index, ())]),
            tuple(made.get(index, ())), one.covered, one.findings,
        )
        for index, one in batch.items()
    ]


async def _origins(
    pool: DatabasePool, lots: Mapping[int, Record], members: Collection[str], as_of: AsOf
) -> BoundaryOrigins:
    """The origins of lots: bought or own. Includes the flows of lots pooled or handed on between members."""
    facts = [_lot(row) for row in lots.values()]
    passing = sorted({lot.record for lot in facts if BoundaryOrigins(members, (), {}).passes(lot)})
    flows: dict[int, list[Passed]] = {}
    for row in await pool.fetch(queries("inventory")["taken"], passing, as_of.version) if passing else ():
        flows.setdefault(row["record"], []).append(Passed(row["lot"], row["quantity"]))
    return BoundaryOrigins(members, facts, flows)


def _lot(row: Record) -> Lot:
    burdens, carried = row["burdens"], footprint(row["burdens"])
    return Lot(
        row["number"], row["quantity"], carried, carried + (burdens[_MARKET] - burdens[_LOCATION]), burdens[_ABSOLUTE],
        burdens[_PRIMARY], row["type"], row["issuer"], row["operator"], row["owner"], row["opening"],
        burdens[_QUESTIONED],
    )


def _taken(row: Record, quantity: Decimal, origins: BoundaryOrigins) -> TakenGoods:
    part, lot = float(quantity) / float(row["quantity"]), _lot(row)
    return TakenGoods(
        row["product"], row["unit"], row["role"], quantity, None if row["mass"] is None else part * float(row["mass"]),
        part * lot.footprint, origins.of(row["number"]).times(part), part * lot.market, row["facility"],
    )


def _made(row: Record) -> MadeGoods:
    return MadeGoods(row["product"], row["unit"], row["role"], row["quantity"],
                     None if row["mass"] is None else float(row["mass"]), footprint(row["burdens"]))


class Reported(NamedTuple):
    """A report in a period about the `subject`, a facility or an organisation."""

    subject: str
    record: Report


async def read_reports(
    pool: DatabasePool, subjects: Sequence[str], span: InventorySpan, as_of: AsOf
) -> list[Reported]:
    """The reports whose period lies completely in the span, in log order."""
    rows = await pool.fetch(
        queries("inventory")["reports"], list(subjects), span.since, span.until, as_of.size, as_of.version
    )
    return [Reported(row["subject"], _report.decode(row["body"])) for row in rows if row["body"] is not None]
