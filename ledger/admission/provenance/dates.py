"""When a lot was made, and since when its owner has it: as the records that made it first
stated. Hand-overs keep the time of making, and no amendment makes a good older.

`made` is the earliest time at which the lot can have been made: the start of its period, at most a year before the end.
So a declaration for a year, or a record for a month, fits every process within that time. `since` is later: the end of
the period, or the sale. Storage, custody and returns change no owner's time. Opening stock may be old: its period says
since when its owner has it. Lots that their owner declared, opening stock too, have no time of ownership without a
document about it: their age would be the owner's word alone.

A pool blends: its stock is as old as the mean of its parts by quantity, so that a gram of old stock makes no pool old.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.times import check_time
from ledger.admission.facts import LotFacts
from ledger.admission.lots import Created, Plan, Taken
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Addition, AnyRecord, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.values import UNBURDENED
from ledger.errors import Refused

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHOW_AGE: Final = (
    "purchaseInvoice", "invoice", "purchaseContract", "purchaseReceipt", "deliveryNote", "deliveryNotes",
    "goodsReceipt", "waybill", "billOfLading", "customsDeclaration", "leaseContract", "serviceRecord", "serialNumbers",
    "hoursOfService", "assetRegister",
)
"""Kinds of documents that show since when somebody has a good, alone or before a colon and their subject."""
_UNDATED: Final = ("credit", "attribute")
"""Roles of lots that are no things: credits and attributes have a validity."""


class Dates(NamedTuple):
    """`made`: the earliest time of making; `since`: when the owner got the lot. None if nobody has stated it."""

    made: str | None = None
    since: str | None = None


def dated(record: AnyRecord, planned: Plan) -> Plan:
    """The plan with the dates of its lots. Waste and cores have no time of ownership: they are used up already."""
    dates = _dates_of(record, planned)
    made, since = dates
    if made is None and since is None:
        return planned
    taken, created, supplied, overheads = planned
    return Plan(taken, tuple([
        Created(replace(lot, made=made, since=None if lot.role in UNBURDENED else since), output)
        if lot.role not in _UNDATED else Created(lot, output) for lot, output in created
    ]), supplied, overheads)


def _dates_of(record: AnyRecord, planned: Plan) -> Dates:
    match record:
        case Transformation():
            return Dates(_earliest(record.start, record.end), record.end)
        case Declaration():
            return Dates(_earliest(record.start, record.end), _owned(record))
        case Consumption():
            return Dates(record.time)
        case Addition():
            return Dates(_mean([(one, one.lot.made) for one in planned.taken]), _owned_together(planned.taken))
        case Transfer(purpose="sale"):
            made = planned.taken[0].lot.made
            # Nobody owned the lot before it was made, whatever its sellers state.
            return Dates(made, max(record.time, made or record.time))
        case _:
            handed = planned.taken[0].lot if planned.taken else None
            return Dates() if handed is None else Dates(handed.made, handed.since)


def _owned(record: Declaration) -> str | None:
    """Since when the issuer has a lot: for opening stock, the start of its period. None for a lot of which only the
    issuer says how old it is, without a document."""
    if not any(one.kind.partition(":")[0] in SHOW_AGE for one in record.evidence):
        return None
    return record.start if record.basis == "opening" else record.end


def _owned_together(taken: Sequence[Taken]) -> str | None:
    """The mean time of ownership; None if a part has no such time, so that an invoice for a part makes no pool old."""
    if any(one.lot.made is not None and one.lot.since is None for one in taken):
        return None
    return _mean([(one, one.lot.since) for one in taken])


def _earliest(start: str, end: str) -> str:
    """The start of a period, or the time a year before its end."""
    rest = end[4:].replace("-02-29", "-02-28")
    return max(start, f"{int(end[:4]) - 1:04d}{rest}")


def _mean(times: Sequence[tuple[Taken, str | None]]) -> str | None:
    """The mean of the known times, by quantity."""
    total, weight = Decimal(0), Decimal(0)
    known = [(taken.quantity, time) for taken, time in times if time is not None]
    if len({time for _, time in known}) < 2:
        return known[0][1] if known else None
    for quantity, time in known:
        seconds = int((check_time(time, "time") - _EPOCH).total_seconds())
        total = CONTEXT.add(total, CONTEXT.multiply(quantity, Decimal(seconds)))
        weight = CONTEXT.add(weight, quantity)
    mean = _EPOCH + timedelta(seconds=int(CONTEXT.divide(total, weight)))
    return mean.strftime("%Y-%m-%dT%H:%M:%SZ")


def check_no_later_end(record: AnyRecord, stated: Sequence[LotFacts], field: str) -> None:
    """Refuses an amended consumption that ends later than it first stated: its goods would have served for longer, and
    whoever took the waste in the meantime had it before. `stated`: the lots that it made."""
    first = min([lot.made for lot in stated if lot.made is not None], default=None)
    if isinstance(record, Consumption) and first is not None and record.time > first:
        raise Refused(
            f"{field}: {record.time} is later than {first}, when the goods first ended", code="later-end", field=field,
            value=record.time, rule=f"a time until {first}; for a later one, withdraw the record and post it again",
        )


def kept(lot: LotFacts, stated: LotFacts) -> LotFacts:
    """A lot after a revision, with the dates that its record `stated` first."""
    return replace(lot, made=stated.made, since=stated.since)
