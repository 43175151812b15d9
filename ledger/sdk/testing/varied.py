"""Checks variations of a case: all quantities doubled, an extra supply, priced supplies, invalid activities."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ledger.core.outcome.assessment import ADDITIVE, Assessment
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.errors import LedgerError
from ledger.sdk.context import Context, SupplyFacts
from ledger.sdk.sector import Sector
from ledger.sdk.testing.faults import Case, ConformanceFault, assessed, decoded
from ledger.sdk.testing.negatives import negatives

PROBE: Final = "conformanceProbe"
_NEAR: Final = Decimal("1e-12")
_BOUGHT: Final = ("electricity", "heat", "upstream")
_TWO: Final = Decimal(2)


def faults_of_variations(sector: Sector, case: Case) -> Iterator[ConformanceFault]:
    """Faults of variations of a case. The case itself must be assessed without an error."""
    where = f"{sector.name}.{case.context.route}"
    assessment = assessed(sector, case.context, decoded(sector, case))
    yield from _faults_of_unknown_supply(sector, case, where)
    yield from _faults_of_priced_supplies(sector, case, where)
    if case.scales:
        yield from _faults_of_scale(sector, case, assessment, where)
    yield from _faults_of_bad_activities(sector, case, where)


def _faults_of_unknown_supply(sector: Sector, case: Case, where: str) -> Iterator[ConformanceFault]:
    """The core names a supply without a price as an omission, so a plugin must neither refuse nor price a material that
    it does not know."""
    given = case.context
    probe = SupplyFacts(index=len(given.supplies), material=PROBE, quantity=Quantity(value="0.001", unit="KGM"),
                        mass=Decimal("0.001"), nature=False, priced=False)
    try:
        assessment = assessed(sector, replace(given, supplies=(*given.supplies, probe)), decoded(sector, case))
    except Exception as error:
        yield ConformanceFault("unknown-supply", where, f"refuses an unknown supply: {error}")
        return
    if any(line.source == PROBE for line in assessment.lines):
        yield ConformanceFault(
            "unknown-supply", where, "prices an unknown supply; the core names it as an omission"
        )


def _faults_of_priced_supplies(sector: Sector, case: Case, where: str) -> Iterator[ConformanceFault]:
    """If the record prices a supply by the supplier's factor or declaration, the plugin must not price it again."""
    supplies = tuple(replace(one, priced=True) for one in case.context.supplies)
    try:
        assessment = assessed(sector, replace(case.context, supplies=supplies), decoded(sector, case))
    except Exception as error:
        yield ConformanceFault("priced-twice", where, f"refuses supplies that bring their own factors: {error}")
        return
    lines = [line for line in assessment.lines if line.kind in _BOUGHT and line.burden in ADDITIVE]
    for source in sorted({line.source for line in lines}):
        if case.context.supplied(source):
            yield ConformanceFault(
                "priced-twice", where, f"prices {source}, for which the record brings its own factor"
            )


def _faults_of_scale(sector: Sector, case: Case, assessment: Assessment, where: str) -> Iterator[ConformanceFault]:
    try:
        twice = assessed(sector, doubled(case.context), decoded(sector, case, case.twice))
    except Exception as error:
        yield ConformanceFault("scale", where, f"fails if all quantities are doubled: {type(error).__name__}: {error}")
        return
    once, double = _amounts(assessment), _amounts(twice)
    for name in sorted(set(once) | set(double)):
        if not _near(_TWO * once.get(name, Decimal(0)), double.get(name, Decimal(0))):
            given = f"{double.get(name, 0)} of {name}, not twice {once.get(name, 0)}"
            yield ConformanceFault("scale", where, f"all quantities doubled give {given}")
    for name, parts in assessment.matter.items():
        if not all(_near(a, b) for a, b in zip(parts, twice.matter.get(name, ()), strict=False)):
            yield ConformanceFault("scale", where, f"all quantities doubled send {name} to other outputs")


def doubled(given: Context) -> Context:
    """The context of a record that takes and makes twice as much, in twice the time."""
    return replace(
        given, hours=given.hours * 2,
        inputs=tuple(replace(one, quantity=_double(one.quantity), mass=_times_two(one.mass)) for one in given.inputs),
        supplies=tuple(replace(
            one, quantity=_double(one.quantity), mass=_times_two(one.mass), combustion=_times_two(one.combustion),
        ) for one in given.supplies),
        outputs=tuple(replace(
            one, quantity=_double(one.quantity), mass=_times_two(one.mass), value=_times_two(one.value),
            heating_value=_times_two(one.heating_value), moles=_times_two(one.moles),
        ) for one in given.outputs),
    )


def _double(quantity: Quantity) -> Quantity:
    return Quantity(value=plain(quantity.amount * 2), unit=quantity.unit)


def _times_two(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount * 2


def _amounts(assessment: Assessment) -> dict[str, Decimal]:
    """The sums of an assessment's amounts, by a description of each amount."""
    amounts: dict[str, Decimal] = {}

    def add(name: str, amount: Decimal) -> None:
        amounts[name] = amounts.get(name, Decimal(0)) + amount

    for line in assessment.lines:
        add(f"{line.burden} of {line.source} ({line.gas}, {line.kind}, {line.factor})", line.amount)
        if line.market is not None:
            add(f"market-based {line.source}", line.market)
    for use in assessment.energy:
        add(f"energy of {use.carrier}{' (renewable)' if use.renewable else ''}", use.amount)
    for omission in assessment.omissions:
        add(f"estimated omission of {omission.what}", omission.estimate or Decimal(0))
    for assigned in assessment.assigned:
        add(f"{assigned.burden} assigned to output {assigned.output}", assigned.amount)
    return amounts


def _near(left: Decimal, right: Decimal) -> bool:
    return abs(left - right) <= _NEAR * max(abs(left), abs(right))


def _faults_of_bad_activities(sector: Sector, case: Case, where: str) -> Iterator[ConformanceFault]:
    if not _refused(sector, case, {**case.activity, PROBE: "1"}, decoding_alone=True):
        yield ConformanceFault("unknown-field", where, "accepts an activity with an unknown field")
    kind = sector.routes[case.context.route].activity
    for path, activity in negatives(kind, case.activity, case.signed):
        if not _refused(sector, case, activity):
            yield ConformanceFault("negative", where, f"accepts a negative {path}")


def _refused(sector: Sector, case: Case, activity: Mapping[str, Any], *, decoding_alone: bool = False) -> bool:
    try:
        typed = decoded(sector, case, activity)
    except msgspec.ValidationError:
        return True
    if decoding_alone:
        return False
    try:
        assessment = assessed(sector, case.context, typed)
    except LedgerError:
        return True
    except Exception:
        return False
    return any(finding.refuses for finding in assessment.findings)

