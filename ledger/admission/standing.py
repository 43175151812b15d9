"""What the log's order decides of periods, deliveries, pools and opening stock: what is closed, disputed or taken."""

from ledger.admission.state import State
from ledger.core.records import Acceptance, Addition, Closing, Declaration, Pool, Transformation
from ledger.errors import Refused


def check_open(record: Transformation, state: State) -> None:
    """Refuses a transformation in a closed period of its facility."""
    for closing, period in state.closed.get(record.facility, {}).items():
        if period.holds(record.start, record.end, (record.process,)):
            raise Refused(
                f"start: {record.facility} is closed from {period.start} to {period.end} (closing {closing})",
                code="period-closed", field="start", value=record.start,
                rule="a closed period takes no record before it is reopened",
            )


def check_open_pool(record: Addition, state: State) -> None:
    """Refuses an addition in a period in which its pool is averaged, or all of its facility is closed."""
    pool = state.pools[record.pool]
    for closing, period in state.closed.get(pool.facility, {}).items():
        if period.start <= record.time < period.end and (not period.processes or pool.averaging == "period"):
            raise Refused(
                f"time: {pool.facility} is closed from {period.start} to {period.end} (closing {closing})",
                code="period-closed", field="time", value=record.time,
                rule="a closed period takes no addition before it is reopened",
            )


def check_acceptance(record: Acceptance, state: State) -> None:
    """A transfer is accepted once, and disputed before anything is taken of what came."""
    lot = state.lots[state.transfers[record.transfer].new_lot]
    if record.transfer in state.accepted:
        raise Refused("transfer: accepted already", code="accepted", field="transfer", value=record.transfer,
                      rule="a transfer is accepted once")
    if record.disputed and (lot.id in state.frozen or state.remaining[lot.id] != lot.quantity):
        raise Refused(
            f"disputed: {lot.id!r} is disputed already, or was used", code="used", field="disputed", value=lot.id,
            rule="a delivery is disputed once, and before anything is taken of it: first use accepts it",
        )


def check_opening(record: Declaration, state: State) -> None:
    """Opening stock is declared once per facility and product."""
    if record.basis == "opening" and record.lot is not None and (
        (record.facility, record.lot.product) in state.openings
    ):
        raise Refused(
            f"lot.product: {record.facility} has opening stock of {record.lot.product!r} already",
            code="opening-taken", field="lot.product", value=record.lot.product,
            rule="opening stock is declared once per facility and product",
        )


def check_pool(record: Pool, state: State) -> None:
    """The names of a pool and of its lots are free, and a product has one default pool of a holder's."""
    if record.id in state.pools or record.id in state.lots or record.id in state.used:
        raise Refused(f"id: {record.id!r} is on the ledger already", code="pool-taken", field="id", value=record.id,
                      rule="identifiers are entered once")
    first = f"{record.id}:1"
    if first in state.lots or first in state.used:
        raise Refused(f"id: {first!r} is on the ledger already", code="pool-taken", field="id", value=first,
                      rule="the lots of a pool are named after it: ID:1, ID:2, ...")
    default = state.default_pools.get((record.issuer, record.product))
    if record.default and default is not None:
        raise Refused(f"default: {default!r} is the default pool of {record.product!r}", code="default-pool-taken",
                      field="default", value=record.product, rule="one default pool a product")


def check_closing(record: Closing, state: State) -> None:
    """A period is closed once, until it is reopened."""
    for closing, period in state.closed.get(record.facility, {}).items():
        if period.holds(record.start, record.end, record.processes):
            raise Refused(
                f"start: closed already from {period.start} to {period.end} (closing {closing})",
                code="closed-already", field="start", value=record.start,
                rule="a period is closed once, and again only after it was reopened",
            )
