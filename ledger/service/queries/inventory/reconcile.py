"""Reconciles the facilities of an operator over their closed periods."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.answers.sites import (
    BalanceAnswer,
    PeriodAnswer,
    ReconciliationAnswer,
    SiteDifferenceAnswer,
    SiteReconciliationAnswer,
    UnreconciledAnswer,
)
from ledger.core.record.units import plain
from ledger.footprint.derived.inventory.reconciliation import SHOWN, MaterialBalance, SiteReconciliation
from ledger.host.threads import in_thread
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.inventory.site_rows import movement_indexes, read_closings, read_operator
from ledger.service.queries.inventory.site_sums import ClosedBy, ClosedRun, Movement, SiteSums
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool

MOST_RECONCILED: Final = 50_000
"""The most records of an operator that an inventory reconciles. All of them since the beginning of the log are read,
since the stock at the beginning of a period depends on them."""
_UNMEASURED: Final = 20


class OperatedSites(NamedTuple):
    """The facilities of an operator in log order, and the `wanted` ones."""

    operator: str
    all: Sequence[str]
    wanted: Sequence[str]


async def reconcile_sites(
    pool: DatabasePool, sites: OperatedSites, span: InventorySpan, as_of: AsOf,
    most: int = MOST_RECONCILED,
) -> dict[str, SiteReconciliationAnswer]:
    """The reconciliation of facilities in a span, by facility. If the operator has more than `most` records, nothing is
    read."""
    closings = await read_closings(pool, sites.wanted, span, as_of)
    runs = {site: closed_runs(closings[site], span) for site in sites.wanted}
    sums = SiteSums(runs, sites.all)
    if not sums.until:
        return {site: SiteReconciliationAnswer(open=_open([], span)) for site in runs}
    indexes = await movement_indexes(pool, sites.operator, as_of, most)
    if indexes is None:
        unread = f"the operator has more than {most:,} records"
        return {site: SiteReconciliationAnswer(open=_open(closed, span), unread=unread)
                for site, closed in runs.items()}
    received = await read_operator(pool, sites.operator, indexes, as_of, sums)
    return await in_thread(_answers, runs, sums, received, span)


def closed_runs(closings: Iterable[ClosedBy], span: InventorySpan) -> list[ClosedRun]:
    """The closed times in a span. A closing that reaches beyond the span is left out: its totals are of its whole
    period, so nobody knows the part in the span."""
    runs = list[ClosedRun]()
    for closing in closings:
        start, end = closing.record.start, closing.record.end
        if start < span.since or end > span.until:
            continue
        if runs and runs[-1].until == start:
            runs[-1] = ClosedRun(runs[-1].since, end, (*runs[-1].closings, closing))
        else:
            runs.append(ClosedRun(start, end, (closing,)))
    return runs


def _answers(
    runs: Mapping[str, Sequence[ClosedRun]], sums: SiteSums, received: Iterable[Movement], span: InventorySpan
) -> dict[str, SiteReconciliationAnswer]:
    reconciled = sums.finish(received)
    return {site: SiteReconciliationAnswer(
        closed=[_answer(run, one) for run, one in zip(closed, reconciled[site], strict=True)], open=_open(closed, span),
    ) for site, closed in runs.items()}


def _open(closed: Sequence[ClosedRun], span: InventorySpan) -> list[PeriodAnswer]:
    periods, since = list[PeriodAnswer](), span.since
    for run in closed:
        if since < run.since:
            periods.append(PeriodAnswer(since=since, until=run.since))
        since = run.until
    return [*periods, PeriodAnswer(since=since, until=span.until)] if since < span.until else periods


def _answer(run: ClosedRun, site: SiteReconciliation) -> ReconciliationAnswer:
    differences, balances = site.differences(), site.balances()
    emissions = site.emissions()
    return ReconciliationAnswer(
        since=run.since, until=run.until, closings=[closing.log_index for closing in run.closings],
        shares=[UnreconciledAnswer(unit=one.unit, came=plain(one.came), difference=plain(one.difference),
                                   share=one.share) for one in site.shares()],
        emissions=emissions, handled=site.handled,
        emissions_share=emissions / site.handled if site.handled else 0.0,
        differences=[
            SiteDifferenceAnswer(kind=one.kind, name=one.name, unit=one.unit, amount=plain(one.amount),
                                 emissions=one.emissions) for one in differences[:SHOWN]
        ],
        differences_left_off=max(0, len(differences) - SHOWN),
        balances=[_balance(one) for one in balances[:SHOWN]],
        parked=sum(one.parked_emissions for one in site.parked()), without_product=site.without_product,
        unmeasured=sorted(site.unmeasured - site.measured())[:_UNMEASURED],
    )


def _balance(of: MaterialBalance) -> BalanceAnswer:
    return BalanceAnswer(
        name=of.name, unit=of.unit, before=plain(of.before), received=plain(of.received),
        declared=plain(of.declared), made=plain(of.made), used=plain(of.used), out=plain(of.out),
        lost=plain(of.lost), after=plain(of.after), measured=None if of.measured is None else plain(of.measured),
        parked=plain(of.parked), parked_emissions=of.parked_emissions,
    )
