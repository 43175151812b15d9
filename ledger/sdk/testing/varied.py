"""Faults that show when a case is changed: twice of it, a supply more, supplies priced, bad activities."""

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
    """Of a case that is assessed without an error as it is."""
    where = f"{sector.name}.{case.context.route}"
    found = assessed(sector, case.context, decoded(sector, case))
    yield from _faults_of_unknown_supply(sector, case, where)
    yield from _faults_of_priced_supplies(sector, case, where)
    if case.scales:
        yield from _faults_of_scale(sector, case, found, where)
    yield from _faults_of_bad_activities(sector, case, where)


def _faults_of_unknown_supply(sector: Sector, case: Case, where: str) -> Iterator[ConformanceFault]:
    """The core names what nobody priced, so a plugin neither refuses nor prices a material that it does not know."""
    given = case.context
    probe = SupplyFacts(index=len(given.supplies), material=PROBE, quantity=Quantity(value="0.001", unit="KGM"),
                        mass=Decimal("0.001"), nature=False, priced=False)
    try:
        found = assessed(sector, replace(given, supplies=(*given.supplies, probe)), decoded(sector, case))
    except Exception as error:
        yield ConformanceFault("unknown-supply", where, f"refuses a supply that it does not know: {error}")
        return
    if any(line.source == PROBE for line in found.lines):
        yield ConformanceFault(
            "unknown-supply", where, "prices a supply that it does not know: the core names it as an omission"
        )


def _faults_of_priced_supplies(sector: Sector, case: Case, where: str) -> Iterator[ConformanceFault]:
    """What the record prices, by the supplier's factor or declaration, the plugin does not price again."""
    supplies = tuple(replace(one, priced=True) for one in case.context.supplies)
    try:
        found = assessed(sector, replace(case.context, supplies=supplies), decoded(sector, case))
    except Exception as error:
        yield ConformanceFault("priced-twice", where, f"refuses supplies that bring their own factors: {error}")
        return
    for source in sorted({line.source for line in found.lines if line.kind in _BOUGHT and line.burden in ADDITIVE}):
        if case.context.supplied(source):
            yield ConformanceFault(
                "priced-twice", where, f"prices {source}, for which the record brings its own factor"
            )


def _faults_of_scale(sector: Sector, case: Case, found: Assessment, where: str) -> Iterator[ConformanceFault]:
    try:
        twice = assessed(sector, doubled(case.context), decoded(sector, case, case.twice))
    except Exception as error:
        yield ConformanceFault("scale", where, f"does not assess twice of everything: {type(error).__name__}: {error}")
        return
    once, double = _amounts(found), _amounts(twice)
    for name in sorted(set(once) | set(double)):
        if not _near(_TWO * once.get(name, Decimal(0)), double.get(name, Decimal(0))):
            given = f"{double.get(name, 0)} of {name}, not twice {once.get(name, 0)}"
            yield ConformanceFault("scale", where, f"twice of everything gives {given}")
    for name, parts in found.matter.items():
        if not all(_near(a, b) for a, b in zip(parts, twice.matter.get(name, ()), strict=False)):
            yield ConformanceFault("scale", where, f"twice of everything sends {name} elsewhere")


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


def _amounts(found: Assessment) -> dict[str, Decimal]:
    """Everything of an assessment that is an amount, added up by what it is of."""
    amounts: dict[str, Decimal] = {}

    def add(name: str, amount: Decimal) -> None:
        amounts[name] = amounts.get(name, Decimal(0)) + amount

    for line in found.lines:
        add(f"{line.burden} of {line.source} ({line.gas}, {line.kind}, {line.factor})", line.amount)
        if line.market is not None:
            add(f"market-based {line.source}", line.market)
    for use in found.energy:
        add(f"energy of {use.carrier}{' (renewable)' if use.renewable else ''}", use.amount)
    for omission in found.omissions:
        add(f"what is omitted of {omission.what}", omission.estimate or Decimal(0))
    for one in found.assigned:
        add(f"{one.burden} assigned to output {one.output}", one.amount)
    return amounts


def _near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= _NEAR * max(abs(one), abs(other))


def _faults_of_bad_activities(sector: Sector, case: Case, where: str) -> Iterator[ConformanceFault]:
    if not _refused(sector, case, {**case.activity, PROBE: "1"}, decoding_alone=True):
        yield ConformanceFault("unknown-field", where, "takes an activity with a field that it does not know")
    kind = sector.routes[case.context.route].activity
    for path, activity in negatives(kind, case.activity, case.signed):
        if not _refused(sector, case, activity):
            yield ConformanceFault("negative", where, f"takes a negative {path}")


def _refused(sector: Sector, case: Case, activity: Mapping[str, Any], *, decoding_alone: bool = False) -> bool:
    try:
        typed = decoded(sector, case, activity)
    except msgspec.ValidationError:
        return True
    if decoding_alone:
        return False
    try:
        found = assessed(sector, case.context, typed)
    except LedgerError:
        return True
    except Exception:
        return False
    return any(finding.refuses for finding in found.findings)

