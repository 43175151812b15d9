"""The findings behind a lot whose record is hidden from the caller: of that record and, if it is a delivery, of the
record by which the supplier made the goods.

Of the second record the caller may know code, severity, and the kg CO2e that arrive in the lot. Amounts of the whole
record would tell the lot's part of it. Its log index is hidden, so these findings carry the index of the delivery.
Findings of records further upstream are a sum, the rest of the amount in question.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy
from msgspec.structs import replace

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.findings import FindingRecord, ListedFinding, WeighedFinding
from ledger.footprint.derived.rank_findings import QuestionPaths, question_shares

NOTHING: Final[Mapping[int, float]] = MappingProxyType({})


class DeliveredLot(NamedTuple):
    """A lot by number. `sources`: the lots of the supplier's own making that its delivery took."""

    number: int
    sources: Sequence[int] = ()


Delivered = Mapping[int, Sequence[WeighedFinding]]
"""By number of each lot: its findings, with the kg CO2e that arrive in the whole lot. `own`: of the lot's record."""


def delivered_findings(
    arrays: Arrays, questioned: Floats, lots: Iterable[DeliveredLot], records: Iterable[FindingRecord]
) -> Delivered:
    """The findings behind lots. `arrays`: a chain with the records of the lots and of their sources, and all that these
    take; `questioned`: the stored `questionedAbs` of each lot, by position."""
    known = {record.log_index: record for record in records}
    shares = question_shares(arrays, questioned, known.values())
    behind: dict[int, list[WeighedFinding]] = {}
    positions = {number: position for position, number in enumerate(arrays.numbers.tolist())}
    for lot in lots:
        position = positions[lot.number]
        index = lot.number // LOT_SLOTS
        findings = list(_arriving(known.get(index), lot.number, 1.0, float(shares[position])))
        for source in lot.sources:
            made = positions.get(source)
            if made is None:
                # A revision has withdrawn the delivery.
                continue
            passed = float(shares[position]) * _part(arrays, index, made)
            for finding in _arriving(known.get(source // LOT_SLOTS), source, passed, passed * float(shares[made])):
                findings.append(replace(finding, record=index, output=None, own=False))
        if findings:
            behind[lot.number] = findings
    return behind


def _part(arrays: Arrays, index: int, lot: int) -> float:
    """The part that a record takes of the lot at a position."""
    taker = int(numpy.searchsorted(arrays.records, index))
    begin, end = arrays.taken[taker], arrays.taken[taker + 1]
    return float(arrays.parts[begin:end][arrays.inputs[begin:end] == lot].sum())


def _arriving(record: FindingRecord | None, lot: int, of_lot: float, of_record: float) -> Iterator[WeighedFinding]:
    """The findings of a record about one of its lots or all of it. `of_lot`: the kg CO2e that arrive of each kg that
    the lot itself questions; `of_record`: of each kg that the record questions."""
    if record is None:
        return
    for finding in record.findings:
        if finding.output in (None, lot % LOT_SLOTS):
            weight = of_lot if (finding.code, finding.output) in record.makers else of_record
            yield WeighedFinding(
                record=finding.record, code=finding.code, severity=finding.severity, output=finding.output,
                questioned=weight * (finding.amount or 0.0), own=True)


def in_figure(
    delivered: Delivered, targets: Mapping[int, float], paths: QuestionPaths, carried: Mapping[int, float] = NOTHING
) -> list[WeighedFinding]:
    """The findings of lots in a figure. `targets`: the weights of the lots whose figure it is; `carried`: of all lots
    in it; `paths`: the parts of their questions that arrive."""
    behind = []
    for lot, findings in delivered.items():
        if lot in targets or carried.get(lot) or paths.lots.get(lot):
            weight = paths.lots.get(lot, targets.get(lot, 0.0))
            behind += [replace(one, questioned=weight * one.questioned, own=one.own and lot in targets)
                      for one in findings]
    return behind


def of_lot(findings: Iterable[WeighedFinding]) -> list[ListedFinding]:
    """The findings of a lot, with the kg CO2e in this lot as their amounts."""
    return [
        ListedFinding(record=one.record, code=one.code, severity=one.severity, amount=one.questioned or None,
                      output=one.output) for one in findings
    ]
