"""Sums of findings over many records: by code, or as a list with the largest amounts first."""

from heapq import nsmallest

from msgspec import Struct

from ledger.core.outcome.assessment import Severity
from ledger.footprint.derived.findings import SHOWN, FindingRecord, WeighedFinding, severest


class FindingCount(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The findings with one code: the number of `records` that have it, and the kg CO2e that it questions in them."""

    code: str
    severity: Severity
    records: int
    amount: float = 0.0


class FindingCounts:
    """Counts findings by code. `questioned`: kg CO2e that the records themselves question."""

    def __init__(self) -> None:
        self.questioned = 0.0
        self._counts: dict[tuple[str, Severity], FindingCount] = {}

    def add(self, record: FindingRecord) -> None:
        """Adds a record, once."""
        self.questioned += own_questions(record)
        amounts: dict[tuple[str, Severity], float] = {}
        for finding in record.findings:
            key = finding.code, finding.severity
            amounts[key] = amounts.get(key, 0.0) + (finding.amount or 0.0)
        for (code, severity), amount in amounts.items():
            count = self._counts.get((code, severity), FindingCount(code=code, severity=severity, records=0))
            self._counts[code, severity] = FindingCount(
                code=code, severity=severity, records=count.records + 1, amount=count.amount + amount)

    def answers(self) -> list[FindingCount]:
        """All codes, the largest amounts first."""
        return sorted(self._counts.values(), key=lambda count: (-count.amount, -count.records, count.code))


class FindingSums:
    """The findings of an organisation's own records, with the kg CO2e in question: in the records (`questioned`), and
    in the goods from other organisations (`bought`)."""

    def __init__(self) -> None:
        self.questioned = 0.0
        self.bought = 0.0
        self.count = 0
        self._findings: list[WeighedFinding] = []

    def add(self, record: FindingRecord | None, bought: float = 0.0) -> None:
        """Adds a record, and the kg CO2e in question in the goods that it bought."""
        self.bought += bought
        if record is None:
            return
        self.questioned += own_questions(record)
        self.count += len(record.findings)
        self._findings += [
            WeighedFinding(
                record=finding.record, code=finding.code, severity=finding.severity, amount=finding.amount,
                output=finding.output, questioned=finding.amount or 0.0, record_burdens=record.absolute, own=True,
            ) for finding in record.findings
        ]

    @property
    def total(self) -> float:
        """All kg CO2e in question."""
        return self.questioned + self.bought

    def items(self) -> list[WeighedFinding]:
        """The findings that an answer lists, the largest amounts first."""
        return nsmallest(SHOWN, self._findings, key=severest)

    @property
    def left_off(self) -> int:
        """The number of the others."""
        return max(0, self.count - SHOWN)


def own_questions(record: FindingRecord) -> float:
    """The kg CO2e that a record itself questions, in all its outputs."""
    return record.entering + sum(record.made.values())
