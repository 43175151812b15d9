"""Assesses a context as the ledger does: strict activity, the SDK's arithmetic, checks, allocation shares, contents."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, NamedTuple, cast

import msgspec

from ledger.admission.checks.attributes import kilowatt_hours
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import POWER_UNITS
from ledger.core.record.values import AllocationKey, Money, Output, Quantity, Role
from ledger.errors import PluginError
from ledger.footprint.stored.allocation import Weighed, shares
from ledger.footprint.stored.attributes import Coverage, check_made_power, cover
from ledger.footprint.stored.burdens import direct, footprint, named
from ledger.footprint.stored.checks import check_assessment
from ledger.footprint.stored.contents import (
    MASS,
    MATERIAL,
    Contents,
    ContentsIn,
    ContentsOut,
    Flowing,
    Holding,
    follow_matter,
)
from ledger.footprint.stored.figures import Allocation, record_figures
from ledger.sdk.context import Context, OutputFacts
from ledger.sdk.sector import Sector


class Run(NamedTuple):
    """The results for a record. `assessment`: the plugin's, without the upstream of supplies. `burdens`: the record's
    own burdens, by name. `outputs`: the part of these burdens that each output carries. `contents`: the contents of
    the outputs."""

    assessment: Assessment
    burdens: Mapping[str, float]
    outputs: tuple[Mapping[str, float], ...]
    contents: ContentsOut

    @property
    def footprint(self) -> float:
        """Kg CO2e of the record itself."""
        return footprint(tuple(self.burdens.values()))

    @property
    def findings(self) -> dict[str, bool]:
        """Codes of the findings, and whether each refuses the record."""
        return {one.code: one.refuses for one in self.assessment.findings}


def run(sector: Sector, given: Context, activity: Mapping[str, Any] | None = None) -> Run:
    """Runs the route of a context. Findings that refuse are returned, not raised. Invalid activities and invalid
    assessments raise as on the ledger: msgspec.ValidationError, PluginError, Refused."""
    route = sector.routes.get(given.route)
    if route is None:
        raise PluginError(f"sector {sector.name} has no route {given.route!r}", code="unknown-route", field="process")
    decoded = msgspec.json.decode(msgspec.json.encode(activity or {}), type=route.activity)
    with localcontext(CONTEXT):
        assessment = route.assess(given, decoded)
    outputs = outputs_of(given)
    without = msgspec.structs.replace(assessment, findings=())
    check_assessment(without, outputs)
    _check_made(given, assessment)
    assessment = cover(assessment, _coverage(given))
    weighed = [Weighed(output, facts.mass) for output, facts in zip(outputs, given.outputs, strict=True)]
    parts = shares(cast(AllocationKey, given.allocation), weighed, without)
    vector, allocation = direct(assessment), Allocation(parts, assessment.assigned)
    figures = record_figures(vector, [], allocation, [Holding(0.0, {}, False)] * len(outputs), {})
    return Run(
        assessment, named(vector), tuple(named(one.burdens) for one in figures.outputs), _contents(given, assessment)
    )


def _coverage(given: Context) -> Coverage:
    """The coverage of a context's electricity, from lots and from supplies, by the green attributes that it takes."""
    power = [one.quantity for one in given.inputs if one.quantity.unit in POWER_UNITS]
    power += [one.quantity for one in given.supplied("electricity")]
    leaving = [one.quantity for one in given.outputs if one.quantity.unit in POWER_UNITS and one.role != "attribute"]
    return Coverage(given.green_power, _total(power), _total(leaving))


def _total(power: Sequence[Quantity]) -> Decimal:
    return sum((kilowatt_hours(one.amount, one.unit) for one in power), Decimal(0))


def _check_made(given: Context, assessment: Assessment) -> None:
    check_made_power(_total([one.quantity for one in given.outputs if one.role == "attribute"]), assessment)


def outputs_of(given: Context) -> list[Output]:
    """The outputs of a context, in the form of a record's outputs."""
    return [_output(one) for one in given.outputs]


def _output(facts: OutputFacts) -> Output:
    """A record's output with only the fields from which allocation shares are computed."""
    return Output(
        lot=facts.lot, product=facts.product, quantity=facts.quantity, role=cast(Role, facts.role),
        value=None if facts.value is None else Money(value=_plain(facts.value), currency="CNY"),
        heating_value=None if facts.heating_value is None else Quantity(value=_plain(facts.heating_value), unit="3B"),
        moles=None if facts.moles is None else _plain(facts.moles),
    )


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _contents(given: Context, assessment: Assessment) -> ContentsOut:
    taken = [
        Flowing(1.0, _held(one.mass, one.materials), one.origin if one.role == "waste" and not one.same_maker else None)
        for one in given.inputs
    ]
    supplied = {MASS: float(sum((one.mass for one in given.supplies if one.mass is not None), Decimal(0)))}
    holdings = [
        Holding(float(one.mass or 0), {name: amount for name, amount in _held(one.mass, one.materials).items()
                                       if name != MASS}, bool(one.materials))
        for one in given.outputs
    ]
    matter = {name: [float(part) for part in parts] for name, parts in assessment.matter.items()}
    return follow_matter(ContentsIn(taken, supplied), holdings, matter)


def _held(mass: Decimal | None, materials: Mapping[str, Decimal]) -> Contents:
    kilograms = float(mass or 0)
    return {MASS: kilograms, **{MATERIAL + name: kilograms * float(share) for name, share in materials.items()}}
