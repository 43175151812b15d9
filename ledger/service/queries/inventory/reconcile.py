"""Reconciles the facilities of an operator over their closed periods."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.admission.closings.final_records import ON_FINAL
from ledger.admission.closings.spreading import covered
from ledger.core.record.units import plain
from ledger.core.record.values import Supply
from ledger.footprint.derived.inventory.reconciliation import (
    SHOWN,
    MaterialBalance,
    SiteReconciliation,
    covered_supplies,
)
from ledger.footprint.stored.burdens import line_co2e
from ledger.host.threads import in_thread
from ledger.service.queries.inventory.rows import MAX_RECORDS, InventorySpan
from ledger.service.queries.inventory.site_answers import (
    BalanceAnswer,
    PeriodAnswer,
    ReconciliationAnswer,
    SiteDifferenceAnswer,
    SiteReconciliationAnswer,
    UnreconciledAnswer,
)
from ledger.service.queries.inventory.site_rows import (
    ADDITIVE_BURDENS,
    ClosedBy,
    Movement,
    OperatorRows,
    read_closings,
    read_operator,
)
from ledger.service.queries.tree_size import Moment
from ledger.store.database import DatabasePool

_UNMEASURED: Final = 20


class OperatedSites(NamedTuple):
    """The facilities of an operator in log order, and the `wanted` ones."""

    operator: str
    all: Sequence[str]
    wanted: Sequence[str]


class ClosedRun(NamedTuple):
    """A time of a facility that closings of all processes cover without a gap."""

    since: str
    until: str
    closings: tuple[ClosedBy, ...]


async def reconcile_sites(
    pool: DatabasePool, sites: OperatedSites, span: InventorySpan, moment: Moment,
    most: int = MAX_RECORDS,
) -> dict[str, SiteReconciliationAnswer]:
    """The reconciliation of facilities in a span, by facility. If the operator has more than `most` records, nothing is
    read."""
    closings = await read_closings(pool, sites.wanted, span, moment)
    runs = {site: closed_runs(closings[site], span) for site in sites.wanted}
    until = max([run.until for found in runs.values() for run in found], default="")
    rows = await read_operator(pool, sites.operator, until, moment, most) if until else OperatorRows([], [])
    return await in_thread(_answers, runs, rows, sites.all, (span, most))


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
    runs: Mapping[str, Sequence[ClosedRun]], rows: OperatorRows | None, facilities: Sequence[str],
    limits: tuple[InventorySpan, int],
) -> dict[str, SiteReconciliationAnswer]:
    (span, most), answers = limits, {}
    homes = {} if rows is None else _homes(rows.movements, facilities)
    for site, closed in runs.items():
        if rows is None:
            answers[site] = SiteReconciliationAnswer(
                open=_open(closed, span), unread=f"the operator has more than {most:,} records")
            continue
        answers[site] = SiteReconciliationAnswer(
            closed=[_answer(run, _reconciled(site, run, rows, homes)) for run in closed], open=_open(closed, span))
    return answers


def _open(closed: Sequence[ClosedRun], span: InventorySpan) -> list[PeriodAnswer]:
    periods, since = list[PeriodAnswer](), span.since
    for run in closed:
        if since < run.since:
            periods.append(PeriodAnswer(since=since, until=run.since))
        since = run.until
    return [*periods, PeriodAnswer(since=since, until=span.until)] if since < span.until else periods


def _homes(movements: Iterable[Movement], facilities: Sequence[str]) -> dict[int, str]:
    """The facility at which each lot is: the one that made it, else the first that takes from it. Goods that no record
    places are at the operator's first facility."""
    own, homes = set(facilities), dict[int, str]()
    for movement in movements:
        if movement.home in own and movement.home is not None:
            homes[movement.lot] = movement.home
        elif movement.site is not None:
            homes.setdefault(movement.lot, movement.site)
    return {one.lot: homes.get(one.lot, facilities[0]) for one in movements}


def _reconciled(site: str, run: ClosedRun, rows: OperatorRows, homes: Mapping[int, str]) -> SiteReconciliation:
    reconciliation = SiteReconciliation()
    for movement in rows.movements:
        if movement.time > run.until or (movement.time == run.until and not movement.lasted):
            continue
        before = movement.time <= run.since if movement.lasted else movement.time < run.since
        home, taker = homes[movement.lot], movement.site or homes[movement.lot]
        moved = movement.moved
        if moved.move == "used" and taker != home:
            # It moved from one facility of the operator to the other.
            if home == site:
                reconciliation.add(moved._replace(move="out"), before=before)
            if taker == site:
                reconciliation.add(moved._replace(move="received"), before=before)
                reconciliation.add(moved, before=before)
        elif home == site:
            reconciliation.add(moved, before=before)
    _add_records(reconciliation, site, run, rows)
    return reconciliation


def _add_records(reconciliation: SiteReconciliation, site: str, run: ClosedRun, rows: OperatorRows) -> None:
    records = [one for one in rows.records
               if one.record.facility == site and run.since < one.record.end <= run.until]
    for run_of_site in records:
        reconciliation.handled += run_of_site.own
        reconciliation.without_product += run_of_site.without_product
        supplies = [*run_of_site.record.supplies, *run_of_site.record.overheads]
        reconciliation.stated(supplies, run_of_site.prices)
    for closing in run.closings:
        record = closing.record
        totals: list[tuple[Supply, bool]] = [(total, True) for total in record.overheads]
        totals += [(total, False) for total in record.measured]
        reconciliation.handled += sum(
            abs(line_co2e(line)) for line in closing.assessment.lines if line.burden in ADDITIVE_BURDENS)
        stays = {finding.supply: float(finding.amount or 0) for finding in closing.assessment.findings
                 if finding.code == ON_FINAL}
        period = [one.record for one in records if covered(record, one.record)]
        for place, (total, overhead) in enumerate(totals):
            if overhead and record.spread_overheads is None:
                continue
            reconciliation.closed(
                total, [covered_supplies(record, one, total, overhead=overhead) for one in period], stays.get(place))


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
