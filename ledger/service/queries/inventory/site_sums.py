"""Adds up the movements and transformations of an operator at its facilities, one after the other, without keeping
them.

The closed runs of a facility divide time: before the first run, in it, between it and the second, and so on. Each
movement is added to one part. At the end, the stock of each part goes on into the next. Movements of lots wait as long
as nobody knows at which facility these are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.admission.closings.final_records import ON_FINAL
from ledger.admission.closings.spreading import covered
from ledger.core.outcome.assessment import ADDITIVE, Assessment
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.values import Supply
from ledger.footprint.derived.inventory.reconciliation import Moved, SiteReconciliation, SuppliesOfPeriod
from ledger.footprint.stored.burdens import line_co2e

ADDITIVE_BURDENS: Final = frozenset(ADDITIVE)


class ClosedBy(NamedTuple):
    """A closing in force, at its log index, with its assessment."""

    log_index: int
    record: Closing
    assessment: Assessment


class ClosedRun(NamedTuple):
    """A time of a facility that closings of all processes cover without a gap."""

    since: str
    until: str
    closings: tuple[ClosedBy, ...]


class SiteRecord(NamedTuple):
    """A transformation of a facility. `own`: kg CO2e of its own emissions, absolute; `prices`: the same by source;
    `without_product`: kg CO2e that it keeps, since it makes nothing that carries burdens."""

    record: Transformation
    own: float
    prices: Mapping[str, float]
    without_product: float


class Movement(NamedTuple):
    """A part of a lot that came or went. `time`: an instant, or with `lasted` the end of a period; empty for a quantity
    that an acceptance sends back or misses, which goes at the time of the delivery. `site`: the facility that took or
    made it, if the record names it; `home`: the facility at which the lot is, if a record says so."""

    lot: int
    moved: Moved
    time: str
    lasted: bool
    site: str | None
    home: str | None

    def is_before(self, until: str) -> bool:
        return self.time <= until if self.lasted else self.time < until


class SiteSums:
    """The sums of some facilities of an operator. `facilities`: all of the operator, in log order."""

    def __init__(self, runs: Mapping[str, Sequence[ClosedRun]], facilities: Sequence[str]) -> None:
        self.until = max([run.until for closed in runs.values() for run in closed], default="")
        """Nothing later counts."""
        self._facilities = facilities
        self._own = {facility: facility for facility in facilities}
        self._sites = {site: _Parts(closed) for site, closed in runs.items()}
        self._homes: dict[int, str] = {}
        self._waiting: dict[int, list[Movement]] = {}

    def move(self, movement: Movement, *, delivered: bool) -> None:
        """A movement, in log order. `delivered`: of a lot that somebody else handed over; `finish` gets its arrival."""
        lot = movement.lot
        if not delivered:
            if not movement.time:
                return
            self._settle(movement)
        if delivered or lot not in self._homes:
            self._waiting.setdefault(lot, []).append(movement)
            return
        for waiting in self._waiting.pop(lot, ()):
            self._place(waiting, self._homes[lot])
        self._place(movement, self._homes[lot])

    def record(self, record: SiteRecord) -> None:
        """A transformation, in log order."""
        if record.record.facility in self._sites:
            self._sites[record.record.facility].record(record)

    def finish(self, received: Iterable[Movement]) -> dict[str, list[SiteReconciliation]]:
        """The reconciliation of each run of each facility. `received`: the deliveries. Goods that no record places are
        at the operator's first facility."""
        times = dict[int, str]()
        for arrival in received:
            times[arrival.lot] = arrival.time
            self._waiting.setdefault(arrival.lot, []).append(arrival)
        for lot, waiting in self._waiting.items():
            timed = [one if one.time else one._replace(time=times.get(lot, "")) for one in waiting]
            movements = [one for one in timed if one.time and one.is_before(self.until)]
            for movement in movements:
                self._settle(movement)
            for movement in movements:
                self._place(movement, self._homes.get(lot, self._facilities[0]))
        self._waiting.clear()
        return {site: parts.finish() for site, parts in self._sites.items()}

    def _settle(self, movement: Movement) -> None:
        """A lot is at the facility that made it, else at the first that takes from it."""
        home = self._own.get(movement.home or "")
        if home is not None:
            self._homes[movement.lot] = home
        elif movement.site is not None:
            self._homes.setdefault(movement.lot, self._own.get(movement.site, movement.site))

    def _place(self, movement: Movement, home: str) -> None:
        taker, moved = movement.site or home, movement.moved
        if moved.move == "used" and taker != home:
            # It moved from one facility of the operator to the other.
            self._add(home, movement, moved._replace(move="out"))
            self._add(taker, movement, moved._replace(move="received"))
            self._add(taker, movement, moved)
        else:
            self._add(home, movement, moved)

    def _add(self, site: str, movement: Movement, moved: Moved) -> None:
        if site in self._sites:
            self._sites[site].move(movement, moved)


class _Parts:
    """The parts of a facility's time: those with odd numbers are its runs."""

    def __init__(self, runs: Sequence[ClosedRun]) -> None:
        self._bounds = [bound for run in runs for bound in (run.since, run.until)]
        self._sums = [SiteReconciliation() for _ in self._bounds]
        self._closings = [[(closing, SuppliesOfPeriod()) for closing in run.closings] for run in runs]
        self._ends = [[closing.record.end for closing in run.closings] for run in runs]

    def move(self, movement: Movement, moved: Moved) -> None:
        find = bisect_left if movement.lasted else bisect_right
        part = find(self._bounds, movement.time)
        if part < len(self._sums):
            self._sums[part].add(moved, before=part % 2 == 0)

    def record(self, record: SiteRecord) -> None:
        part, made = bisect_left(self._bounds, record.record.end), record.record
        if part % 2 == 0:
            return
        sums = self._sums[part]
        sums.handled += record.own
        sums.without_product += record.without_product
        sums.stated([*made.supplies, *made.overheads], record.prices)
        first = bisect_left(self._ends[part // 2], made.end)
        # An instant between two closings is in both.
        for closing, period in self._closings[part // 2][first : first + 2]:
            if covered(closing.record, made):
                period.add(made)

    def finish(self) -> list[SiteReconciliation]:
        for earlier, later in pairwise(self._sums):
            later.begin(earlier)
        runs = self._sums[1::2]
        for sums, closings in zip(runs, self._closings, strict=True):
            for closing, period in closings:
                _add_closing(sums, closing, period)
        return runs


def _add_closing(sums: SiteReconciliation, closing: ClosedBy, period: SuppliesOfPeriod) -> None:
    record, assessment = closing.record, closing.assessment
    sums.handled += sum(abs(line_co2e(line)) for line in assessment.lines if line.burden in ADDITIVE_BURDENS)
    stays = {finding.supply: float(finding.amount or 0) for finding in assessment.findings if finding.code == ON_FINAL}
    totals: list[tuple[Supply, bool]] = [(total, True) for total in record.overheads]
    totals += [(total, False) for total in record.measured]
    for place, (total, overhead) in enumerate(totals):
        if not overhead or record.spread_overheads is not None:
            sums.closed(total, period.of(total, overhead=overhead), stays.get(place))
