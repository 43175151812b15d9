"""The contribution of one record to one burden of a lot, in parts: lines, energy, omissions, assigned and averaged
amounts.

A part is the amount in the vector of direct burdens (`ledger.footprint.stored.burdens`), times the record's weight.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, ENERGY, Assessment, Line
from ledger.core.record.kinds import Transformation
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.findings import WeighedFinding
from ledger.footprint.derived.tables.rows import FOOTPRINT, NONE, UNKNOWN, PartOf, is_emission
from ledger.footprint.stored.burdens import SLOT, direct, line_co2e

ASSIGNED: Final = "assigned"
AVERAGED: Final = "averaged"
COVERED: Final = "green attributes"
INPUTS: Final = "hidden inputs"
_ADDITIVE: Final = frozenset(ADDITIVE)
_OMITTED: Final = ("omittedAbs", "unestimated")
_Amount = Callable[[Line], float]


class TablePart(NamedTuple):
    """A part of a contribution. `amount`: in the lot. `of`: `group` for the record itself, else `assigned` or
    `averaged`."""

    amount: float
    source: str
    gas: str
    kind: str
    basis: str
    factor: str
    of: PartOf = "group"


def parts(upstream: Upstream, burden: str) -> Iterator[TablePart]:
    """The parts (other than zero) of a record's contribution to a burden or to the footprint."""
    for part in _all(upstream, burden):
        if part.amount:
            yield part


def finding_part(finding: WeighedFinding) -> TablePart:
    """The amount that a finding questions, as a part of its record."""
    return TablePart(finding.questioned, finding.code, NONE, "finding", UNKNOWN, NONE)


def hidden_part(amount: float) -> TablePart:
    """The amount of hidden inputs that counts with the visible record that takes them."""
    return TablePart(amount, INPUTS, NONE, "hidden", UNKNOWN, NONE)


def _all(upstream: Upstream, burden: str) -> Iterator[TablePart]:
    if upstream.weight:
        yield from _lines(upstream, burden)
        yield from _apart(upstream, burden)
        if burden in upstream.covered:
            yield TablePart(upstream.weight * upstream.covered[burden], COVERED, NONE, "electricity", UNKNOWN, NONE)
    yield from _assigned(upstream, burden)
    if upstream.averaged:
        burdens = ADDITIVE if burden == FOOTPRINT else (burden,)
        first = upstream.made.get(0, 0.0)
        for name in burdens:
            amount = first * upstream.averaged.get(name, 0.0)
            yield TablePart(amount, AVERAGED, AVERAGED, AVERAGED, AVERAGED, AVERAGED, AVERAGED)


def _lines(upstream: Upstream, burden: str) -> Iterator[TablePart]:
    amount_of = _amount_of(burden, provisional=_waits(upstream))
    emission = is_emission(burden)
    for line in upstream.assessment.lines:
        yield TablePart(
            upstream.weight * amount_of(line), line.source, line.gas if emission else NONE, line.kind, line.basis,
            line.factor or NONE,
        )


def _amount_of(burden: str, *, provisional: bool) -> _Amount:
    """A function that returns a line's amount of a burden."""
    if burden == FOOTPRINT:
        return lambda line: line_co2e(line) if line.burden in _ADDITIVE else 0.0
    if burden in _ADDITIVE or burden in ENERGY:
        return lambda line: line_co2e(line) if line.burden == burden else 0.0
    if burden in _OMITTED:
        return lambda _: 0.0
    slot = SLOT[burden]
    return lambda line: direct(Assessment(lines=(line,)), provisional=provisional)[slot]


def _apart(upstream: Upstream, burden: str) -> Iterator[TablePart]:
    """The parts besides lines: energy use and omissions."""
    assessment, slot = upstream.assessment, SLOT.get(burden, 0)
    if burden in ENERGY:
        for use in assessment.energy:
            amount = direct(Assessment(energy=(use,)))[slot]
            yield TablePart(upstream.weight * amount, use.carrier, NONE, "energy", UNKNOWN, NONE)
    if burden in _OMITTED:
        for omission in assessment.omissions:
            amount = direct(Assessment(omissions=(omission,)))[slot]
            yield TablePart(upstream.weight * amount, omission.what, NONE, "omission", UNKNOWN, NONE)
        if _waits(upstream):
            # A provisional record without any lines yet counts as an omission.
            amount = direct(assessment, provisional=True)[slot] - direct(assessment)[slot]
            yield TablePart(upstream.weight * amount, "provisional", NONE, "omission", UNKNOWN, NONE)


def _waits(upstream: Upstream) -> bool:
    return isinstance(upstream.record, Transformation) and upstream.record.basis == "provisional"


def _assigned(upstream: Upstream, burden: str) -> Iterator[TablePart]:
    """The parts of assigned amounts. The lot carries its part of the output, minus its part of the whole record, since
    an assigned amount is subtracted from the burdens that all outputs share."""
    for assignment in upstream.assessment.assigned:
        if assignment.burden == burden or (burden == FOOTPRINT and assignment.burden in _ADDITIVE):
            carried = upstream.made.get(assignment.output, 0.0) - upstream.weight
            amount = carried * float(assignment.amount)
            yield TablePart(amount, ASSIGNED, ASSIGNED, ASSIGNED, ASSIGNED, ASSIGNED, ASSIGNED)
