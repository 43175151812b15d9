"""What one record brings into a lot of one burden, part by part: lines, energy, omissions, assigned, averaged amounts.

A part is what the vector of direct burdens holds of it (`ledger.footprint.stored.burdens`), times the record's weight.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, ENERGY, Assessment, Line
from ledger.core.record.kinds import Transformation
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.rows import FOOTPRINT, NONE, UNKNOWN, PartOf, is_emission
from ledger.footprint.stored.burdens import SLOT, direct, line_co2e

ASSIGNED: Final = "assigned"
AVERAGED: Final = "averaged"
COVERED: Final = "green attributes"
_ADDITIVE: Final = frozenset(ADDITIVE)
_OMITTED: Final = ("omittedAbs", "unestimated")
_Amount = Callable[[Line], float]


class TablePart(NamedTuple):
    """`amount` of it is in the lot. `of` says whether it is of the record itself (`group`)."""

    amount: float
    source: str
    gas: str
    kind: str
    basis: str
    factor: str
    of: PartOf = "group"


def parts(one: Upstream, burden: str) -> Iterator[TablePart]:
    """All that is not zero of a record's part in a burden, or in the footprint."""
    for part in _all(one, burden):
        if part.amount:
            yield part


def _all(one: Upstream, burden: str) -> Iterator[TablePart]:
    if one.weight:
        yield from _lines(one, burden)
        yield from _apart(one, burden)
        if burden in one.covered:
            yield TablePart(one.weight * one.covered[burden], COVERED, NONE, "electricity", UNKNOWN, NONE)
    yield from _assigned(one, burden)
    if one.averaged:
        named = ADDITIVE if burden == FOOTPRINT else (burden,)
        first = one.made.get(0, 0.0)
        for name in named:
            amount = first * one.averaged.get(name, 0.0)
            yield TablePart(amount, AVERAGED, AVERAGED, AVERAGED, AVERAGED, AVERAGED, AVERAGED)


def _lines(one: Upstream, burden: str) -> Iterator[TablePart]:
    amount_of = _amount_of(burden, provisional=_waits(one))
    emission = is_emission(burden)
    for line in one.assessment.lines:
        yield TablePart(
            one.weight * amount_of(line), line.source, line.gas if emission else NONE, line.kind, line.basis,
            line.factor or NONE,
        )


def _amount_of(burden: str, *, provisional: bool) -> _Amount:
    """How much of a burden a line is."""
    if burden == FOOTPRINT:
        return lambda line: line_co2e(line) if line.burden in _ADDITIVE else 0.0
    if burden in _ADDITIVE or burden in ENERGY:
        return lambda line: line_co2e(line) if line.burden == burden else 0.0
    if burden in _OMITTED:
        return lambda _: 0.0
    slot = SLOT[burden]
    return lambda line: direct(Assessment(lines=(line,)), provisional=provisional)[slot]


def _apart(one: Upstream, burden: str) -> Iterator[TablePart]:
    """What stands beside the lines: energy, and what is left out."""
    assessment, slot = one.assessment, SLOT.get(burden, 0)
    if burden in ENERGY:
        for use in assessment.energy:
            amount = direct(Assessment(energy=(use,)))[slot]
            yield TablePart(one.weight * amount, use.carrier, NONE, "energy", UNKNOWN, NONE)
    if burden in _OMITTED:
        for omission in assessment.omissions:
            amount = direct(Assessment(omissions=(omission,)))[slot]
            yield TablePart(one.weight * amount, omission.what, NONE, "omission", UNKNOWN, NONE)
        if _waits(one):
            # Of a provisional record that states nothing yet, all is missing.
            more = direct(assessment, provisional=True)[slot] - direct(assessment)[slot]
            yield TablePart(one.weight * more, "provisional", NONE, "omission", UNKNOWN, NONE)


def _waits(one: Upstream) -> bool:
    return isinstance(one.record, Transformation) and one.record.basis == "provisional"


def _assigned(one: Upstream, burden: str) -> Iterator[TablePart]:
    """Of what was given to one output the lot has the part of that output, and lacks that of the whole record."""
    for given in one.assessment.assigned:
        if given.burden == burden or (burden == FOOTPRINT and given.burden in _ADDITIVE):
            carried = one.made.get(given.output, 0.0) - one.weight
            amount = carried * float(given.amount)
            yield TablePart(amount, ASSIGNED, ASSIGNED, ASSIGNED, ASSIGNED, ASSIGNED, ASSIGNED)
