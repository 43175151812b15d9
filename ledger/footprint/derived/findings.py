"""Findings: the implausible and unproven facts in a record, with the kg CO2e that they question.

Leaf 0 of a record's outcome commits to them: to the findings of the sector and of the ledger's own rules, and to the
questions that the record's figures make. The record itself shows all of each finding. A figure downstream shows code,
severity and kg; the stated values stay with the issuer.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.core.outcome.assessment import (
    ADDITIVE,
    QUESTIONED,
    Finding,
    Line,
    Reference,
    Severity,
    Span,
    UsualShare,
)
from ledger.core.outcome.leaves import Question
from ledger.footprint.stored.burdens import line_co2e

BELOW_RANGE: Final = "figure-below-range"
"""The code of a question that an output's figure makes."""
MADE: Final[Mapping[str, str]] = {
    BELOW_RANGE: "the figure of {figure} kg CO2e is below the range of its product, which begins at {low} kg CO2e; the "
                 "default is {default} kg CO2e",
    "recycled-by-name": "the material is called recycled, but neither scrap nor a document of kind recycledContent "
                        "shows it: the figure is {figure} kg CO2e, the default {default} kg CO2e",
    "waste-of-route": "the output is called waste, but is of the kind that the route makes: the default is {default} "
                      "kg CO2e",
    "core-of-maker": "the product of the core is one of the gatherer's own group, and no document shows an end user: "
                     "the default is {default} kg CO2e",
    "unused-life": "the good was returned before its minimum service life: the default of its unused part is {default} "
                   "kg CO2e",
}
"""The codes of questions that outputs make, by the rule behind them (`Reference.code`), with their messages."""
SHOWN: Final = 50
"""The most findings that an answer lists."""
_MARKS: Final = (b'"findings":[', b'"made":"')
"""Leaves are canonical JSON, in which a text cannot contain these. The index record_findings uses the same marks."""
_ADDITIVE: Final = frozenset(ADDITIVE)
WARNING: Final = "warning"


class ListedFinding(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A finding of the record at log index `record`. `amount`: kg CO2e that it questions. `output`: the position of the
    output that it is about, from 0; absent if it is about the whole record."""

    record: int
    code: str
    severity: Severity
    amount: float | None = None
    output: int | None = None


class FindingRange(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A range; without a bound on a side that is absent."""

    low: float | None = None
    high: float | None = None


class StatedFinding(ListedFinding, frozen=True, kw_only=True):
    """A finding with all that its record says. `value`, in `unit`, lies outside of `usual` or `possible`. `supply`: the
    index of the supply that it is about. `factor`: the rows of factor sets behind the ranges."""

    message: str
    value: float | None = None
    unit: str | None = None
    usual: FindingRange | None = None
    possible: FindingRange | None = None
    supply: int | None = None
    factor: str | None = None


class WeighedFinding(ListedFinding, frozen=True, kw_only=True):
    """A finding behind a figure. `questioned`: the kg CO2e of `amount` that arrive in it. `recordBurdens`: the kg CO2e,
    in absolute amounts, of the record's own burdens in it. `own`: the finding is of the figure's own record."""

    questioned: float = 0.0
    record_burdens: float = 0.0
    own: bool = False


class _AssessedPart(Struct, rename="camel"):
    """The parts of an assessment that this module reads."""

    lines: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()
    references: tuple[Reference, ...] = ()
    usual_shares: tuple[UsualShare, ...] = ()


class _AssessmentPart(Struct):
    """The parts of leaf 0 that this module reads."""

    assessment: _AssessedPart
    questions: tuple[Question, ...] = ()


class _BurdensPart(Struct):
    """The burdens in a leaf: of an output, or retained in leaf 0."""

    burdens: dict[str, str] = {}
    retained: dict[str, str] = {}


_first_leaf = msgspec.json.Decoder(_AssessmentPart)
_burdens = msgspec.json.Decoder(_BurdensPart)


class FindingRecord(NamedTuple):
    """The findings of the record at `log_index`, the largest amounts first.

    Kg CO2e: `entering` of them enter the record as an incoming question does, since they are about all of it; `made`
    are made by its outputs, by position. `absolute`: its own burdens, in absolute amounts. `makers`: code and output of
    the findings whose amounts are made by outputs.
    """

    log_index: int
    findings: Sequence[StatedFinding]
    entering: float
    made: Mapping[int, float]
    absolute: float
    makers: frozenset[tuple[str, int | None]] = frozenset()

    @property
    def warned(self) -> bool:
        """Whether a finding doubts a figure of the record."""
        return any(finding.severity == WARNING for finding in self.findings)


def has_findings(leaf: bytes) -> bool:
    """Whether leaf 0 may have findings: fast, and never wrongly false."""
    return any(mark in leaf for mark in _MARKS)


def findings_in(log_index: int, leaf: bytes) -> FindingRecord:
    """The findings of the record at `log_index`, from leaf 0 of its outcome."""
    committed = _first_leaf.decode(leaf)
    assessed = committed.assessment
    below = [question for question in committed.questions if question.figure is not None]
    escaped = _escaped(assessed.usual_shares, committed.questions)
    unasked = {(one.code, one.output) for one in assessed.usual_shares if one.captured is not None} - escaped.keys()
    findings = [
        replace(stated(log_index, finding), amount=escaped[key]) if key in escaped else stated(log_index, finding)
        for finding in assessed.findings if (key := (finding.code, finding.output)) not in unasked
    ]
    asked = [_below_range(log_index, question, assessed.references) for question in below]
    findings += asked
    entering, absolute = 0.0, 0.0
    for finding in assessed.findings:
        entering += float(finding.amount or 0)
    for line in assessed.lines:
        if line.burden in _ADDITIVE:
            absolute += abs(line_co2e(line))
    made = {question.output: amount for question in committed.questions if (amount := _made(question))}
    makers = frozenset([*escaped, *[(finding.code, finding.output) for finding in asked]])
    return FindingRecord(log_index, sorted(findings, key=severest), entering, made, absolute, makers)


def _escaped(
    usual: Sequence[UsualShare], questions: Iterable[Question]
) -> dict[tuple[str, int | None], float]:
    """Kg CO2e that outputs escape by their allocation shares and otherwise, by code and output of the finding about
    them."""
    amounts: dict[tuple[str, int | None], float] = {}
    rest = {question.output: float(question.escaped) for question in questions}
    for expected in usual:
        if expected.amount is not None and expected.captured is None:
            amounts[expected.code, expected.output] = float(expected.amount)
            rest[expected.output] = rest.get(expected.output, 0.0) - float(expected.amount)
    for expected in usual:
        if (expected.amount is None or expected.captured is not None) and rest.get(expected.output):
            amounts[expected.code, expected.output] = rest[expected.output]
    return amounts


def _made(question: Question) -> float:
    """Kg CO2e that an output itself questions."""
    return float(question.escaped) + (0.0 if question.figure is None else float(question.made))


def stated_in(log_index: int, leaves: Sequence[bytes]) -> list[StatedFinding]:
    """The findings of a record whose outcome has these leaves."""
    return list(findings_in(log_index, leaves[0]).findings) if leaves and has_findings(leaves[0]) else []


def questioned_in(leaves: Iterable[bytes]) -> float:
    """The kg CO2e in question in all outputs of a record, and in the burdens that it retains. `leaves`: of its
    outcome."""
    total = 0.0
    for leaf in leaves:
        part = _burdens.decode(leaf)
        total += float(part.burdens.get(QUESTIONED, 0)) + float(part.retained.get(QUESTIONED, 0))
    return total


def about(findings: Iterable[StatedFinding], output: int) -> list[ListedFinding]:
    """The findings about an output or about the whole record, as others than the issuer see them."""
    return [listed(finding) for finding in findings if finding.output in (None, output)]


def listed(finding: StatedFinding) -> ListedFinding:
    """A finding as others than its issuer see it."""
    return ListedFinding(record=finding.record, code=finding.code, severity=finding.severity, amount=finding.amount,
                         output=finding.output)


def severest(finding: ListedFinding) -> tuple[float, bool, str]:
    """The sort key of findings: the largest amounts first, then warnings."""
    return (-(finding.amount or 0.0), finding.severity != WARNING, finding.code)


def stated(log_index: int, finding: Finding) -> StatedFinding:
    """A finding of the record at `log_index`, as its issuer sees it."""
    return StatedFinding(
        record=log_index, code=finding.code, severity=finding.severity, message=finding.message,
        amount=_number(finding.amount), value=_number(finding.value), unit=finding.unit, usual=_range(finding.usual),
        possible=_range(finding.possible), output=finding.output, supply=finding.supply, factor=finding.factor,
    )


def _below_range(log_index: int, question: Question, references: Sequence[Reference]) -> StatedFinding:
    figure, low, default = float(question.figure or 0), float(question.low or 0), float(question.default or 0)
    own = [reference for reference in references if reference.output == question.output]
    factors = dict.fromkeys([reference.factor for reference in own])
    code = next((reference.code for reference in own if reference.code is not None), BELOW_RANGE)
    return StatedFinding(
        record=log_index, code=code, severity=WARNING, output=question.output, amount=float(question.made),
        message=MADE.get(code, MADE[BELOW_RANGE]).format(
            figure=_spelled(figure), low=_spelled(low), default=_spelled(default)),
        value=figure, unit="kg CO2e", usual=FindingRange(low=low), factor=", ".join(factors) or None,
    )


def _spelled(amount: float) -> str:
    """An amount with six significant digits, without an exponent."""
    return f"{Decimal(f'{amount:.6g}'):,f}"


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _range(span: Span | None) -> FindingRange | None:
    return None if span is None else FindingRange(low=_number(span.low), high=_number(span.high))
