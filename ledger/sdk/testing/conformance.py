"""The conformance kit checks the rules for sectors, on the sector itself and on at least one case of each route.

    def test_conforms() -> None:
        assert_conforms(plugin(), [Case(context=context("bricks.kiln", ...), activity={"carbonate": "12"})])

Codes of faults:

    name, names, version, routes, tolerance      names in English and Chinese, semantic version, tolerances
    activity, activity-described, number-field   a route's activity is typed, described, and without binary fractions
    indicator-unit, undeclared-indicator         indicators have Rec 20 units, and the sector declares all of them
    need                                         of a route of the sector; amount above 0, Rec 20 units, a source
    factor                                       each row: unit, gas, source, year, boundary, status, place
    imports, impure                              only ledger.sdk and the standard library; no clock, randomness, files
    no-case, refuses-case, returns               each route has a case, and assesses it
    not-deterministic                            the same bytes again, in another arithmetic and with other hash seeds
    changes-context, changes-arithmetic          `assess` leaves its arguments and the decimal context unchanged
    not-finite, unknown-gas, positive-removal    invalid values in an assessment; invalid-assessment for all others
    burden-on-waste, matter, round-trip          possible weights and parts; the same figures again from JSON
    silent-gap, unknown-supply, priced-twice     omissions are named; supplies with a supplier's price are not priced
    scale                                        doubled quantities give doubled amounts
    unknown-field, negative                      invalid activities are refused
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
    """Raises AssertionError with every fault that `check` finds, one per line."""
    faults = check(sector, cases)
    if faults:
        raise AssertionError(f"{len(faults)} faults of sector {sector.name}:\n" + "\n".join(map(str, faults)))


def check(sector: Sector, cases: Sequence[Case]) -> list[ConformanceFault]:
    """Every fault of a sector; empty if it conforms. `cases` must have at least one case for each route.

    Reads the plugin's files, and starts two processes.
    """
    faults = list(faults_of_front(sector))
    for package in packages_of(sector):
        faults += faults_of_modules(package)
        faults += faults_of_tables(package)
    cased = {case.context.route for case in cases}
    faults += [ConformanceFault("no-case", f"{sector.name}.{name}", "has no case: add one") for name in sector.routes
               if name not in cased]
    typed = [case for case in cases if _is_typed(sector, case)]
    sound = [case for case in typed if not _add(faults, faults_of_case(sector, case))]
    for case in sound:
        faults += faults_of_variations(sector, case)
    faults += _faults_of_seeds(sector, sound)
    return faults


def _add(faults: list[ConformanceFault], new_faults: Iterator[ConformanceFault]) -> bool:
    """Adds the faults of a case. Returns whether the case cannot be assessed, so that further checks are impossible."""
    new = list(new_faults)
    faults += new
    return any(one.code in _UNSOUND for one in new)


def _is_typed(sector: Sector, case: Case) -> bool:
    """Whether the case can be decoded. It cannot if its route has no typed activity, which `faults_of_front` reports.
    """
    route = sector.routes.get(case.context.route)
    kind: object = None if route is None else route.activity
    return route is None or (isinstance(kind, type) and issubclass(kind, Activity))


def _faults_of_seeds(sector: Sector, cases: Sequence[Case]) -> Iterator[ConformanceFault]:
    """Faults of assessments that differ in another process. A function defined inside another function cannot be called
    there, so this check skips it."""
    called: list[tuple[str, str, ReplayCall]] = []
    for case in cases:
        arguments = (sector.routes[case.context.route].assess, case.context, decoded(sector, case))
        call = call_of(*arguments)
        if call is not None:
            called.append((f"{sector.name}.{case.context.route}", digest_of_call(*arguments), call))
    for seed in _SEEDS if called else ():
        after_digests = digests([call for _, _, call in called], seed)
        for (where, before, _), after in zip(called, after_digests, strict=True):
            if before != after:
                yield ConformanceFault(
                    "not-deterministic", where, f"assesses differently in another process, with hash seed {seed}"
                )
                return
