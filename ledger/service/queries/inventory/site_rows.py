"""The rows behind the reconciliation of sites: closed periods, and the goods that an operator's records move."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import (
    Acceptance,
    AnyRecord,
    Closing,
    Consumption,
    Declaration,
    Transfer,
    Transformation,
)
from ledger.core.record.values import UNBURDENED
from ledger.footprint.derived.inventory.reconciliation import COUNTED, LOST, Move, Moved
from ledger.footprint.stored.burdens import footprint, line_co2e, vector_of
from ledger.host.threads import in_thread
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.inventory.site_sums import ADDITIVE_BURDENS, ClosedBy, Movement, SiteRecord, SiteSums
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_CHUNK: Final = 1_000
_MICROGRAM: Final = Decimal("0.000000001")
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_closing = msgspec.json.Decoder(Closing)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class _FirstTaken(NamedTuple):
    """Who took first from a delivery, and when; a facility that no record names is None."""

    site: str | None
    time: str


class _LotRow(NamedTuple):
    product: str
    unit: str
    role: str
    quantity: Decimal
    mass: Decimal | None
    emissions: float
    facility: str | None
    delivered: bool

    def moved(self, move: Move, quantity: Decimal) -> Moved:
        mass = None
        if self.mass is not None:
            mass = CONTEXT.divide(CONTEXT.multiply(quantity, self.mass), self.quantity)
            mass = mass.quantize(_MICROGRAM, context=CONTEXT)
        part = float(quantity) / float(self.quantity)
        return Moved(move, self.product, self.unit, quantity, mass, part * self.emissions)


class _OperatorBatch(NamedTuple):
    """The rows of some records: bodies, flows, lots that they made, and the lots that they took. `operator`: whose
    movements they are."""

    operator: str
    details: Sequence[Record]
    taken: Sequence[Record]
    made: Sequence[Record]
    lots: Mapping[int, _LotRow]


async def read_closings(
    pool: DatabasePool, facilities: Sequence[str], span: InventorySpan, as_of: AsOf
) -> dict[str, list[ClosedBy]]:
    """The closings in force by facility, in the order of their periods, without closings of some processes alone."""
    closings: dict[str, list[ClosedBy]] = {facility: [] for facility in facilities}
    rows = await pool.fetch(
        queries("inventory")["closings"], list(facilities), span.since, span.until, as_of.size, as_of.version)
    for row in rows:
        record = _closing.decode(row["body"])
        if not record.processes:
            assessment = _assessment.decode(_leaf.decode(row["leaf"]).assessment)
            closings[row["facility"]].append(ClosedBy(row["record"], record, assessment))
    return closings


async def movement_indexes(pool: DatabasePool, operator: str, as_of: AsOf, most: int) -> list[int] | None:
    """The records of an operator by which lots come and go, and the deliveries that it has accepted on arrival, in log
    order; None if there are more than `most`."""
    indexes: list[int] = await pool.fetchval(queries("inventory")["movements"], operator, as_of.size, most + 1)
    return indexes if len(indexes) <= most else None


async def read_operator(
    pool: DatabasePool, operator: str, indexes: Sequence[int], as_of: AsOf, sums: SiteSums
) -> list[Movement]:
    """Adds records to `sums`, batch by batch, and returns the deliveries. A delivery counts once the operator has
    accepted it, also on arrival and without a dispute, or taken from it."""
    delivered: dict[int, _FirstTaken] = {}
    for start in range(0, len(indexes), _CHUNK):
        part = indexes[start : start + _CHUNK]
        details = await pool.fetch(queries("chain")["details"], part, as_of.version)
        taken = await pool.fetch(queries("inventory")["taken"], part, as_of.version)
        made = await pool.fetch(queries("inventory")["made"], part, as_of.version)
        lots = await _lots(pool, {row["lot"] for row in taken}, as_of)
        digests = await in_thread(_add, _OperatorBatch(operator, details, taken, made, lots), sums, delivered)
        if digests:
            accepted = await pool.fetch(queries("inventory")["delivered"], digests, as_of.size)
            for row in accepted:
                delivered.setdefault(row["number"], _FirstTaken(None, ""))
    return await _received(pool, delivered, as_of)


async def _lots(pool: DatabasePool, numbers: Iterable[int], as_of: AsOf) -> dict[int, _LotRow]:
    rows = await pool.fetch(queries("inventory")["lots"], sorted(numbers), as_of.version, [])
    return {row["number"]: _LotRow(
        row["product"], row["unit"], row["role"], row["quantity"], row["mass"], footprint(row["burdens"]),
        row["facility"], row["type"] in ("transfer", "acceptance"),
    ) for row in rows}


async def _received(
    pool: DatabasePool, delivered: Mapping[int, _FirstTaken], as_of: AsOf
) -> list[Movement]:
    """The deliveries, each whole and at the time of its transfer. A lot that an acceptance sent back has no time: it
    comes when somebody first takes from it."""
    movements, numbers = list[Movement](), sorted(delivered)
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        lots = await _lots(pool, part, as_of)
        details = await pool.fetch(
            queries("chain")["details"], sorted({one // LOT_SLOTS for one in part}), as_of.version)
        times = {row["index"]: record.time for row in details if row["body"] is not None
                 and isinstance(record := _record.decode(row["body"]), Transfer)}
        for number in part:
            lot, first = lots.get(number), delivered[number]
            time = times.get(number // LOT_SLOTS, first.time)
            if lot is not None and lot.role in COUNTED:
                moved = lot.moved("received", lot.quantity)
                movements.append(Movement(number, moved, time, lasted=False, site=first.site, home=first.site))
    return movements


def _add(batch: _OperatorBatch, sums: SiteSums, delivered: dict[int, _FirstTaken]) -> list[bytes]:
    """Adds the movements of records to the sums, and the lots of others from which they take to `delivered`. Returns
    the digests of the transfers that they accept."""
    digests = list[bytes]()
    flows: dict[int, list[Record]] = {}
    for row in batch.taken:
        flows.setdefault(row["record"], []).append(row)
    outputs: dict[int, list[Record]] = {}
    for row in batch.made:
        outputs.setdefault(row["record"], []).append(row)
    for row in batch.details:
        record = None if row["body"] is None else _record.decode(row["body"])
        if record is None or not _is_until(record, sums.until):
            continue
        if isinstance(record, Transfer) and record.to == batch.operator:
            delivered.setdefault(row["index"] * LOT_SLOTS, _FirstTaken(None, ""))
            continue
        if isinstance(record, Acceptance) and not record.disputed:
            digests.append(bytes.fromhex(record.transfer))
        index = row["index"]
        for movement in _taken(record, flows.get(index, ()), batch.lots):
            lot = movement.lot
            if batch.lots[lot].delivered:
                first = delivered.get(lot, _FirstTaken(None, movement.time))
                delivered[lot] = _FirstTaken(first.site or movement.site, first.time or movement.time)
            sums.move(movement, delivered=batch.lots[lot].delivered)
        for movement in _made(record, index, outputs.get(index, ())):
            sums.move(movement, delivered=False)
        if isinstance(record, Transformation) and row["leaf"] is not None:
            sums.record(_site_record(record, _leaf.decode(row["leaf"])))
    return digests


def _is_until(record: AnyRecord, until: str) -> bool:
    match record:
        case Transformation() | Declaration():
            return record.end <= until
        case Transfer() | Consumption():
            return record.time < until
        case _:
            return True


def _taken(record: AnyRecord, flows: Iterable[Record], lots: Mapping[int, _LotRow]) -> Iterable[Movement]:
    site = record.facility if isinstance(record, Transformation | Consumption) else None
    lasted = isinstance(record, Transformation)
    for row in flows:
        lot = lots[row["lot"]]
        if lot.role in COUNTED:
            moved = lot.moved(_move_of(record), row["quantity"])
            yield Movement(row["lot"], moved, _time_of(record), lasted, site, lot.facility)


def _move_of(record: AnyRecord) -> Move:
    match record:
        case Transformation():
            return "used"
        case Consumption(purpose=purpose) if purpose in LOST:
            return "lost"
        case Acceptance(return_lot=None):
            # A shortage within the tolerance of the delivery.
            return "lost"
        case _:
            return "out"


def _time_of(record: AnyRecord) -> str:
    match record:
        case Transformation() | Declaration():
            return record.end
        case Transfer() | Consumption():
            return record.time
        case _:
            return ""


def _made(record: AnyRecord, index: int, rows: Iterable[Record]) -> Iterable[Movement]:
    if not isinstance(record, Transformation | Consumption | Declaration):
        # The other records hand lots on to somebody else.
        return
    declared = isinstance(record, Declaration)
    for position, row in enumerate(rows):
        if row["role"] in COUNTED:
            moved = Moved("declared" if declared else "made", row["product"], row["unit"], row["quantity"], row["mass"],
                          footprint(row["burdens"]))
            yield Movement(index * LOT_SLOTS + position, moved, _time_of(record), not isinstance(record, Consumption),
                           record.facility, record.facility)


def _site_record(record: Transformation, leaf: AssessmentLeaf) -> SiteRecord:
    prices: dict[str, float] = {}
    own = 0.0
    for line in _assessment.decode(leaf.assessment).lines:
        if line.burden in ADDITIVE_BURDENS:
            amount = line_co2e(line)
            own += abs(amount)
            prices[line.source] = prices.get(line.source, 0.0) + amount
    carrying = any(output.role not in UNBURDENED for output in record.outputs)
    return SiteRecord(record, own, prices, 0.0 if carrying else footprint(vector_of(read(leaf.retained))))
