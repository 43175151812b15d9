"""Reads the open work of an organisation, by the queries of the API and with the same sight."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.access.accesses import AccessRow, read_row
from ledger.answers.granted import GrantAnswer
from ledger.answers.lists import ListedLotAnswer, RecordListAnswer, TransferAnswer
from ledger.answers.stored import ChangeAnswer, OpenPeriod
from ledger.pages.reading import listed
from ledger.service.access.facts import organizations_of
from ledger.service.access.show_lots import show_lots
from ledger.service.access.sight import Sight
from ledger.service.access_log.read import read_accesses
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.footprint.open_periods import read_open_periods
from ledger.service.queries.lists.grants import read_grant_list
from ledger.service.queries.lists.lots import LotQuery, PageRequest, read_lot_list
from ledger.service.queries.lists.records import RecordQuery, read_record_list
from ledger.service.queries.lists.transfers import TransferQuery, read_transfer_list
from ledger.service.queries.restatements.of_holder import ChangesPage, read_changes
from ledger.service.queries.tree_size import AsOf, as_of_size

DELIVERIES: Final = 200
RECORDS: Final = 200
ENTRIES: Final = 10_000
"""The newest deliveries, transformations and log entries among which the page looks."""
STOCK: Final = 20
ROWS: Final = 8


class Desk(NamedTuple):
    """`deliveries`: the open ones among the newest. `doubted`: records with findings, and how to answer these.
    `months`: of the organisation's own facilities that wait for a closing. `more`: kinds of lists that go on."""

    size: int
    deliveries: Sequence[TransferAnswer]
    doubted: RecordListAnswer
    months: Sequence[OpenPeriod]
    stock: Sequence[ListedLotAnswer]
    given: Sequence[GrantAnswer]
    got: Sequence[GrantAnswer]
    readings: Sequence[AccessRow]
    restated: Sequence[ChangeAnswer]
    more: frozenset[str]

    @property
    def waiting(self) -> int:
        """The number of things that wait for the organisation."""
        return len(self.deliveries) + len(self.doubted.records) + len(self.months)

    @property
    def is_done(self) -> bool:
        """Whether nothing waits, in lists that end here."""
        return not self.waiting and not self.more & {"doubted", "deliveries"}


async def read_desk(ledger: Ledger, sight: Sight, organization: str) -> Desk:
    """Raises NotFound for an organisation that is not on the ledger."""
    as_of = await pinned(ledger.pool, await as_of_size(ledger.pool, None))
    held = await read_lot_list(ledger.pool, LotQuery(holder=organization, in_stock=True), PageRequest(STOCK))
    stock = await listed(ledger, sight, await show_lots(ledger.pool, sight, held.lots, None))
    received = await read_transfer_list(
        ledger.pool, TransferQuery(organization, "received"), PageRequest(DELIVERIES))
    doubted = await read_record_list(ledger.pool, RecordQuery(organization, findings=True), PageRequest(ROWS))
    grants = await read_grant_list(ledger.pool, organization, PageRequest(), sight)
    readings = await read_accesses(ledger.pool, organization, None, None, None, ROWS)
    changes = await read_changes(
        ledger.pool, organization, ChangesPage(max(0, as_of.size - ENTRIES)), sight=sight)
    more = {"stock": held.next, "deliveries": received.next, "doubted": doubted.next, "grants": grants.next,
            "restated": changes.next}
    in_force = [grant for grant in grants.grants if grant.state == "inForce"]
    return Desk(
        as_of.size, [one for one in received.transfers if one.state == "open"], doubted,
        await _own_months(ledger, organization, as_of), stock,
        [grant for grant in in_force if grant.grantor == organization],
        [grant for grant in in_force if grant.grantor != organization],
        [read_row(bytes(row.row)) for row in readings.accesses], changes.changes[-ROWS:],
        frozenset([name for name, after in more.items() if after is not None]))


async def _own_months(ledger: Ledger, organization: str, as_of: AsOf) -> list[OpenPeriod]:
    """The months of the organisation's own facilities with provisional records, among its newest transformations."""
    made = await read_record_list(
        ledger.pool, RecordQuery(organization, kind="transformation"), PageRequest(RECORDS))
    examined = await read_open_periods(ledger.pool, [record.index for record in made.records], as_of.version)
    operators = await organizations_of(ledger.pool, [period.facility for period in examined.periods])
    return [period for period in examined.periods if operators.get(period.facility) == organization]
