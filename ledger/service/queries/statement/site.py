"""The reconciliation of the site that made a lot, for its statement."""

from collections import OrderedDict
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.sites import ReconciliationAnswer
from ledger.core.receipts.statement import SiteClaim, SiteDifference
from ledger.core.record.kinds import AnyRecord, Transfer, Transformation
from ledger.service.queries.inventory.read import read_sites
from ledger.service.queries.inventory.reconcile import MOST_RECONCILED, OperatedSites, reconcile_sites
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.inventory.site_rows import movement_indexes, read_closings
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 1_000
"""The most records of an operator that a statement reads, in about 0.2 s."""
_REMEMBERED: Final = 512
"""The most claims that a process remembers."""
_SHOWN: Final = 5
_remembered: WeakKeyDictionary[DatabasePool, OrderedDict["ClaimKey", SiteClaim]] = WeakKeyDictionary()
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class ClaimKey(NamedTuple):
    """All that a claim depends on. `newest`: the operator's newest record by which goods move; it stands for all of
    them, since the log only grows. `version`: a revision anywhere may change the burdens of goods that the operator
    bought. Erasures change nothing that is read here."""

    facility: str
    closing: int
    newest: int
    version: int
    facilities: int


async def site_claim(
    pool: DatabasePool, record: AnyRecord, taken: list[int], as_of: AsOf
) -> SiteClaim | None:
    """Of the record that made the lot, or that made the lot which a transfer hands over; None for any other lot.
    `taken`: the numbers of the lots that the record takes."""
    if isinstance(record, Transfer) and taken:
        rows = await pool.fetch(queries("chain")["details"], [taken[0] // LOT_SLOTS], as_of.version)
        bodies = [row["body"] for row in rows if row["body"] is not None]
        record = _record.decode(bodies[0]) if bodies else record
    if not isinstance(record, Transformation):
        return None
    facility, span = record.facility, InventorySpan(record.start, record.end)
    closings = (await read_closings(pool, [facility], span, as_of))[facility]
    closing = next((one for one in closings
                    if one.record.start <= record.start and record.end <= one.record.end), None)
    if closing is None:
        return SiteClaim(facility=facility, unread="the period of the record is not closed for all processes")
    indexes = await movement_indexes(pool, record.issuer, as_of, MAX_RECORDS)
    if indexes is None:
        return SiteClaim(facility=facility, unread=f"the operator has more than {MAX_RECORDS:,} records; "
                                                   f"its inventory reconciles up to {MOST_RECONCILED:,}")
    sites = OperatedSites(record.issuer, list(await read_sites(pool, [record.issuer], as_of)), [facility])
    key = ClaimKey(facility, closing.log_index, indexes[-1], as_of.version, len(sites.all))
    claims = _remembered.setdefault(pool, OrderedDict())
    if key not in claims:
        period = InventorySpan(closing.record.start, closing.record.end)
        answer = (await reconcile_sites(pool, sites, period, as_of, MAX_RECORDS))[facility]
        if not answer.closed:
            return SiteClaim(facility=facility, unread=answer.unread)
        claims[key] = _claim(facility, answer.closed[0])
    claims.move_to_end(key)
    claim = claims[key]
    while len(claims) > _REMEMBERED:
        claims.popitem(last=False)
    return claim


def _claim(facility: str, closed: ReconciliationAnswer) -> SiteClaim:
    differences = closed.differences[:_SHOWN]
    return SiteClaim(
        facility=facility, since=closed.since, until=closed.until, closings=closed.closings,
        shares={one.unit: repr(one.share) for one in closed.shares}, emissions=repr(closed.emissions),
        emissions_share=repr(closed.emissions_share),
        differences=[
            SiteDifference(kind=one.kind, unit=one.unit,
                           emissions=None if one.emissions is None else repr(one.emissions)) for one in differences
        ],
        left_off=len(closed.differences) - len(differences) + closed.differences_left_off,
    )
