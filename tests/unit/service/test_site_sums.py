"""The sums of sites, added up in one pass, equal those that look at all movements again for every run and site."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.site import raw, supply

from ledger.admission.closings.spreading import covered
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Closing, Transformation
from ledger.footprint.derived.inventory.reconciliation import IN, Move, Moved, SiteReconciliation, in_base
from ledger.service.queries.inventory.reconcile import closed_runs
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.inventory.site_sums import ClosedBy, ClosedRun, Movement, SiteRecord, SiteSums

SITES = ("a", "b", "c")
SPAN = InventorySpan("2025-01-10T00:00:00Z", "2025-01-30T00:00:00Z")
UNITS = {"steel": "TNE", "power": "MWH", "gear": "H87"}


class Operator(NamedTuple):
    """The deliveries, and the other movements with whether their lot was delivered."""

    runs: Mapping[str, Sequence[ClosedRun]]
    movements: Sequence[tuple[Movement, bool]]
    received: Sequence[Movement]
    records: Sequence[SiteRecord]


def day(number: int) -> str:
    return f"2025-01-{number:02}T00:00:00Z"


def closing(index: int, site: str, since: int, until: int) -> ClosedBy:
    return ClosedBy(index, Closing(
        issuer="x", nonce="x", facility=site, start=day(since), end=day(until), measured=[supply("gas", "9 NM3")],
        overheads=[supply("power", "1 MWH"), supply("gas", "3 NM3")],
        spread_overheads="mass" if index % 2 else None,
    ), Assessment(lines=[], findings=[]))


@st.composite
def operators(draw: st.DrawFn) -> Operator:
    runs = {}
    for site in draw(st.lists(st.sampled_from(SITES), unique=True, min_size=1)):
        days = sorted(draw(st.lists(st.integers(8, 31), unique=True, min_size=2, max_size=8)))
        gaps = draw(st.lists(st.booleans(), min_size=8, max_size=8))
        closings = [closing(n, site, *pair) for n, pair in enumerate(pairwise(days)) if not gaps[n]]
        runs[site] = closed_runs(closings, SPAN)
    until = max([run.until for closed in runs.values() for run in closed], default="")
    movements, received = list[tuple[Movement, bool]](), list[Movement]()
    for lot in range(draw(st.integers(0, 8))):
        own, arrival = lot_movements(draw, lot)
        received += arrival
        movements += [(one, bool(arrival)) for one in own]
    movements = [one for one in draw(st.permutations(movements)) if not one[0].time or one[0].is_before(until)]
    # Nobody takes from a lot before its own record.
    movements.sort(key=lambda one: one[0].moved.move not in IN)
    return Operator(runs, movements, received, draw(st.lists(st.builds(
        record, st.sampled_from((*SITES, "foreign")), st.integers(5, 31), st.integers(0, 9), st.integers(1, 99)))))


def lot_movements(draw: st.DrawFn, lot: int) -> tuple[list[Movement], list[Movement]]:
    """A lot that a site made, that was declared nowhere, or that came as a delivery; and what was taken from it."""
    product = draw(st.sampled_from(sorted(UNITS)))
    sites = st.sampled_from((None, *SITES, "foreign"))
    kind, home = draw(st.sampled_from(["made", "declared", "received"])), draw(sites)
    recorded = home if draw(st.booleans()) else None
    taken, first = list[Movement](), None
    for move in draw(st.lists(st.sampled_from(["used", "out", "lost"]), max_size=4)):
        site, lasted = draw(sites), draw(st.booleans())
        time = "" if kind == "received" and draw(st.booleans()) else day(draw(st.integers(5, 31)))
        taken.append(Movement(lot, moved(draw, move, product), time, lasted, site, recorded))
        first = first or site
    arrival = Movement(lot, moved(draw, kind, product), day(draw(st.integers(5, 31))), kind == "made", home, home)
    if kind == "received":
        return taken, [arrival._replace(site=first, home=first)]
    return [arrival, *taken], []


def moved(draw: st.DrawFn, move: Move, product: str) -> Moved:
    amount = Decimal(draw(st.integers(1, 10**6))).scaleb(-3)
    mass = amount * 1000 if product == "steel" or (product == "gear" and draw(st.booleans())) else None
    return Moved(move, product, UNITS[product], amount, mass, float(draw(st.integers(0, 1000))))


def record(site: str, end: int, length: int, amount: int) -> SiteRecord:
    made = Transformation(
        issuer="x", nonce="x", facility=site, process="p", start=day(max(1, end - length)), end=day(end), inputs=[],
        outputs=[], activity=raw({}), basis="final", supplies=[supply("gas", f"{amount} NM3")],
        overheads=[supply("gas", "0.7 NM3")])
    return SiteRecord(made, float(amount), {"gas": 2.0 * amount}, float(amount % 3))


@examples(200)
@given(operators())
def test_one_pass_is_as_good_as_many(operator: Operator) -> None:
    sums = SiteSums(operator.runs, SITES)
    for movement, delivered in operator.movements:
        sums.move(movement, delivered=delivered)
    for one in operator.records:
        sums.record(one)
    found = sums.finish(operator.received)
    assert found.keys() == operator.runs.keys()
    for site, runs in operator.runs.items():
        for run, own in zip(runs, found[site], strict=True):
            assert summary(own) == summary(plainly(site, run, operator))


def summary(site: SiteReconciliation) -> Any:
    numbers = [site.handled, site.without_product, site.emissions()]
    return ([one._replace(emissions=0.0, lost_emissions=0.0) for one in site.balances()],
            [round(number, 6) for number in numbers],
            {(one.name, round(one.emissions, 6), round(one.lost_emissions, 6)) for one in site.balances()},
            {(*one[:4], round(one.emissions or 0.0, 6)) for one in site.differences()},
            site.shares(), site.unmeasured)


def plainly(site: str, run: ClosedRun, operator: Operator) -> SiteReconciliation:
    """All movements again for each run."""
    until = max(run.until for closed in operator.runs.values() for run in closed)
    times = {one.lot: one.time for one in operator.received}
    movements = [one if one.time else one._replace(time=times.get(one.lot, "")) for one, _ in operator.movements]
    movements = [one for one in (*movements, *operator.received) if one.time and one.is_before(until)]
    homes, sums = homes_of(movements), SiteReconciliation()
    for one in movements:
        if one.time > run.until or (one.time == run.until and not one.lasted):
            continue
        before = one.time <= run.since if one.lasted else one.time < run.since
        home, taker = homes[one.lot], one.site or homes[one.lot]
        if one.moved.move == "used" and taker != home:
            if home == site:
                sums.add(one.moved._replace(move="out"), before=before)
            if taker == site:
                sums.add(one.moved._replace(move="received"), before=before)
                sums.add(one.moved, before=before)
        elif home == site:
            sums.add(one.moved, before=before)
    add_records(sums, site, run, operator.records)
    return sums


def homes_of(movements: Iterable[Movement]) -> dict[int, str]:
    homes = dict[int, str]()
    for one in movements:
        if one.home in SITES and one.home is not None:
            homes[one.lot] = one.home
        elif one.site is not None:
            homes.setdefault(one.lot, one.site)
    return {one.lot: homes.get(one.lot, SITES[0]) for one in movements}


def add_records(sums: SiteReconciliation, site: str, run: ClosedRun, records: Iterable[SiteRecord]) -> None:
    own = [one for one in records if one.record.facility == site and run.since < one.record.end <= run.until]
    for one in own:
        sums.handled += one.own
        sums.without_product += one.without_product
        sums.stated([*one.record.supplies, *one.record.overheads], one.prices)
    for closed in run.closings:
        period = [one.record for one in own if covered(closed.record, one.record)]
        for total in closed.record.overheads if closed.record.spread_overheads is not None else ():
            sums.closed(total, used(total, [one.overheads for one in period]))
        for total in closed.record.measured:
            sums.closed(total, used(total, [one.supplies for one in period]))


def used(total: Any, supplied: Iterable[Any]) -> Decimal:
    _, unit = in_base(Decimal(0), total.quantity.unit)
    amounts = [in_base(one.quantity.amount, one.quantity.unit) for supplies in supplied for one in supplies
               if one.material == total.material]
    return sum([amount for amount, own in amounts if own == unit], Decimal(0))
