"""The findings behind a figure, ranked by the amounts that they question in it.

A finding's `amount` travels as `questionedAbs` does: through a record by its shares of the incoming question, which are
not the allocation shares. One adjoint pass with these shares gives the kg of every finding that arrive in a figure:

    share(lot) = (questioned(lot) - made(lot)) / (sum of part * questioned(lot taken) + amounts of the record)

They follow from the stored figures alone, so that a long chain needs the leaf 0 only of records with findings.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.passes import adjoint_contents
from ledger.footprint.derived.contributions import Weights
from ledger.footprint.derived.findings import SHOWN, WARNING, FindingRecord, WeighedFinding


class QuestionPaths(NamedTuple):
    """The kg CO2e that arrive in a figure of each kg in question: by record (log index) that has a finding, and by lot
    (number) that makes a question."""

    records: Mapping[int, float]
    lots: Mapping[int, float]


NO_PATHS: Final = QuestionPaths({}, {})
_ROUNDED: Final = 1e-9
"""The part of an amount in question that a sum of its parts may miss by rounding."""


class FindingList(NamedTuple):
    """The findings behind a figure, ranked. `beyond`: more records than this number lie upstream, so only the figure's
    own records were examined. `paths`: where the questions come from. `delivered`: the findings of hidden records that
    the caller may know, see `delivered_findings`. `hidden`: kg CO2e in question that arrive from other hidden records.
    """

    all: Sequence[WeighedFinding] = ()
    beyond: int | None = None
    paths: QuestionPaths = NO_PATHS
    hidden: float = 0.0
    delivered: Sequence[WeighedFinding] = ()

    @property
    def items(self) -> list[WeighedFinding]:
        """The findings that an answer lists."""
        return sorted([*self.all, *self.delivered], key=_heaviest)[:SHOWN] if self.delivered else list(self.all[:SHOWN])

    @property
    def left_off(self) -> int:
        """The number of the others."""
        return max(0, len(self.all) + len(self.delivered) - SHOWN)

    def with_delivered(self, delivered: Sequence[WeighedFinding], questioned: float) -> "FindingList":
        """The list with the findings of hidden records. `questioned`: kg CO2e in question in the figure."""
        explained = math.fsum([finding.questioned for finding in (*self.all, *delivered)])
        rest = questioned - explained
        return self._replace(delivered=delivered, hidden=rest if rest > _ROUNDED * questioned else 0.0)


NO_FINDINGS: Final = FindingList()


def question_paths(
    arrays: Arrays, wanted: Floats, questioned: Floats, records: Iterable[FindingRecord]
) -> QuestionPaths:
    """Where the questions in a weighted sum of lots come from. `wanted`: the weight of each lot, by position;
    `questioned`: the stored `questionedAbs` of each lot; `records`: the records of the chain that have findings."""
    by_record, by_lot = adjoint_contents(arrays, question_shares(arrays, questioned, records), wanted)
    return QuestionPaths(
        dict(zip(arrays.records.tolist(), by_record.tolist(), strict=True)),
        dict(zip(arrays.numbers.tolist(), by_lot.tolist(), strict=True)),
    )


def question_shares(arrays: Arrays, questioned: Floats, records: Iterable[FindingRecord]) -> Floats:
    """The part of the question of its record that each lot takes on, by position."""
    makers, passed = arrays.makers, questioned.copy()
    entered = numpy.zeros(len(arrays.records))
    numpy.add.at(entered, arrays.takers, arrays.parts * questioned[arrays.inputs])
    for record in records:
        entered[numpy.searchsorted(arrays.records, record.log_index)] += record.entering
        for output, amount in record.made.items():
            position = _position(arrays, record.log_index * LOT_SLOTS + output)
            if position is not None:
                passed[position] -= amount
    incoming = entered[makers]
    shares: Floats = numpy.divide(
        numpy.maximum(passed, 0.0), incoming, out=numpy.zeros(len(passed)), where=incoming > 0.0)
    return shares


def _position(arrays: Arrays, number: int) -> int | None:
    try:
        return arrays.position(number)
    except KeyError:
        return None


def ranked(
    records: Iterable[FindingRecord], weights: Weights, paths: QuestionPaths, own: frozenset[int]
) -> FindingList:
    """The findings behind a figure: first of its `own` records, then by the kg CO2e in question that arrive in it, then
    by the kg CO2e of their records. Leaves out a finding of which nothing arrives."""
    weighed = [
        finding for record in records
        for finding in _weighed(record, weights, paths, own=record.log_index in own)
        if finding.own or finding.questioned or weights.records.get(finding.record)
    ]
    weighed.sort(key=_heaviest)
    return FindingList(weighed, paths=paths)


def _heaviest(finding: WeighedFinding) -> tuple[bool, float, float, bool, int, str]:
    return (not finding.own, -finding.questioned, -finding.record_burdens, finding.severity != WARNING,
            -finding.record, finding.code)


def _weighed(
    record: FindingRecord, weights: Weights, paths: QuestionPaths, *, own: bool
) -> Iterable[WeighedFinding]:
    part, carried = paths.records.get(record.log_index, 0.0), weights.records.get(record.log_index, 0.0)
    for finding in record.findings:
        lot = None if finding.output is None else record.log_index * LOT_SLOTS + finding.output
        if lot is not None and not weights.lots.get(lot) and not paths.lots.get(lot):
            # About another output, of which the figure has nothing.
            continue
        made = (finding.code, finding.output) in record.makers
        arriving = paths.lots.get(lot or 0, 0.0) if made else part
        yield WeighedFinding(
            record=finding.record, code=finding.code, severity=finding.severity, amount=finding.amount,
            output=finding.output, questioned=arriving * (finding.amount or 0.0),
            record_burdens=carried * record.absolute, own=own,
        )
