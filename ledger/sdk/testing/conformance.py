"""The conformance kit: what every sector has to keep, checked on the sector and on a case of each of its routes.

    def test_conforms() -> None:
        assert_conforms(plugin(), [Case(context=context("bricks.kiln", ...), activity={"carbonate": "12"})])

Codes of faults:

    name, names, version, routes, tolerance      how the sector is called, in English and Chinese; semantic version
    activity, activity-described, number-field   a route's activity is typed, described, and without binary fractions
    indicator-unit, undeclared-indicator         indicators in Rec 20 units, and none that the sector does not name
    factor                                       each row: unit, gas, source, year, boundary, status, place
    imports, impure                              ledger.sdk and the standard library; no clock, chance, file, network
    no-case, refuses-case, returns               a case for each route, which it assesses
    not-deterministic                            the same bytes again, in another arithmetic and with other hash seeds
    changes-context, changes-arithmetic          what it is given stays as it is
    not-finite, unknown-gas, positive-removal    what no assessment may hold; invalid-assessment for the rest
    burden-on-waste, matter, round-trip          weights and matter that can be; figures that recompute from JSON
    silent-gap, unknown-supply, priced-twice     omissions are named, and what suppliers price is not priced again
    scale                                        twice of everything gives twice
    unknown-field, negative                      activities that are refused
"""

from collections.abc import Iterator, Sequence

from ledger.sdk.sector import Activity, Sector
from ledger.sdk.testing.described import faults_of_front
from ledger.sdk.testing.faults import Case, ConformanceFault, decoded
from ledger.sdk.testing.replay import ReplayCall, call_of, digest_of_call, digests
from ledger.sdk.testing.single import faults_of_case
from ledger.sdk.testing.sources import faults_of_modules, faults_of_tables, packages_of
from ledger.sdk.testing.varied import faults_of_variations

__all__ = ["Case", "ConformanceFault", "assert_conforms", "check"]

_SEEDS = (1, 2)
_UNSOUND = ("refuses-case", "returns", "not-finite", "invalid-assessment")


def assert_conforms(sector: Sector, cases: Sequence[Case]) -> None:
    """Raises AssertionError with every fault that `check` finds, one a line."""
    faults = check(sector, cases)
    if faults:
        raise AssertionError(f"{len(faults)} faults of sector {sector.name}:\n" + "\n".join(map(str, faults)))


def check(sector: Sector, cases: Sequence[Case]) -> list[ConformanceFault]:
    """Every fault of a sector, with at least one case for each of its routes; empty where it conforms.

    Reads the plugin's files, and starts two processes.
    """
    faults = list(faults_of_front(sector))
    for package in packages_of(sector):
        faults += faults_of_modules(package)
        faults += faults_of_tables(package)
    cased = {case.context.route for case in cases}
    faults += [ConformanceFault("no-case", f"{sector.name}.{name}", "give a case for it") for name in sector.routes
               if name not in cased]
    typed = [case for case in cases if _is_typed(sector, case)]
    sound = [case for case in typed if not _add(faults, faults_of_case(sector, case))]
    for case in sound:
        faults += faults_of_variations(sector, case)
    faults += _faults_of_seeds(sector, sound)
    return faults


def _add(faults: list[ConformanceFault], found: Iterator[ConformanceFault]) -> bool:
    """Whether a case cannot be assessed, so that no more can be said of it."""
    new = list(found)
    faults += new
    return any(one.code in _UNSOUND for one in new)


def _is_typed(sector: Sector, case: Case) -> bool:
    """Without a typed activity, which is a fault of the front page, no case can be read."""
    route = sector.routes.get(case.context.route)
    kind: object = None if route is None else route.activity
    return route is None or (isinstance(kind, type) and issubclass(kind, Activity))


def _faults_of_seeds(sector: Sector, cases: Sequence[Case]) -> Iterator[ConformanceFault]:
    """Functions made inside functions cannot be called in another process; they are passed over."""
    called: list[tuple[str, str, ReplayCall]] = []
    for case in cases:
        arguments = (sector.routes[case.context.route].assess, case.context, decoded(sector, case))
        call = call_of(*arguments)
        if call is not None:
            called.append((f"{sector.name}.{case.context.route}", digest_of_call(*arguments), call))
    for seed in _SEEDS if called else ():
        found = digests([call for _, _, call in called], seed)
        for (where, before, _), after in zip(called, found, strict=True):
            if before != after:
                yield ConformanceFault(
                    "not-deterministic", where, f"in another process, with hash seed {seed}, it is another"
                )
                return
