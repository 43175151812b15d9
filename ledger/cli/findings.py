"""Findings and questioned amounts, as lines for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from ledger.answers.stored import CompletionAnswer, Visibility
from ledger.cli.numbers import fixed, numeral, share_words
from ledger.footprint.derived.chain.boundary import HiddenParts
from ledger.footprint.derived.findings import FindingRange, ListedFinding, StatedFinding, WeighedFinding


def questioned_kilograms(amount: float) -> str:
    """An amount in question, as the cell of a table; empty if nothing is."""
    return fixed(amount) if amount else ""


def questioned_note(amount: float) -> str:
    """The note behind a figure of which `amount` kg CO2e are in question; empty if nothing is."""
    return f"; {fixed(amount)} kg CO2e questioned" if amount else ""


def questioned_line(amount: float) -> Iterator[str]:
    """A line below a figure of which `amount` kg CO2e are in question; empty if nothing is."""
    if amount:
        yield f"{fixed(amount)} kg CO2e questioned in the stored figure; `footprint` lists the findings"


def stated_finding(finding: StatedFinding) -> str:
    """A finding with all that its record says, as one line."""
    amount = "" if finding.amount is None else f" ({fixed(finding.amount)} kg CO2e questioned)"
    return f"{finding.severity} {finding.code}: {finding.message}{amount}{_ranges(finding)}"


def answer_lines(to_answer: Mapping[str, str]) -> Iterator[str]:
    """How an issuer answers its findings, by code."""
    yield from [f"to answer {code}: {answer}" for code, answer in to_answer.items()]


def _ranges(finding: StatedFinding) -> str:
    spans = [("usual", finding.usual), ("possible", finding.possible)]
    texts = [f"{name} {_range(span)}" for name, span in spans if span is not None]
    if finding.value is None or not texts:
        return ""
    return f"; {numeral(finding.value)} {finding.unit or ''}".rstrip() + f", {', '.join(texts)}"


def _range(span: FindingRange) -> str:
    if span.low is None or span.high is None:
        return f"at least {numeral(span.low)}" if span.low is not None else f"at most {numeral(span.high or 0)}"
    return f"{numeral(span.low)} to {numeral(span.high)}"


def completion_lines(completions: Sequence[CompletionAnswer]) -> Iterator[str]:
    """The history of a product: a line for each record that completed it."""
    for completion in completions:
        stated = ", ".join([f"{name} {bytes(value).decode()}" for name, value in completion.values.items()])
        yield (f"completed {completion.time} by record {completion.index} for the lots made after it "
               f"({completion.reason}): {stated}")


def hidden_line(hidden: HiddenParts | None, unit: str) -> Iterator[str]:
    """A line about the parts of a figure that are hidden from the caller; empty if nothing is."""
    if hidden is not None:
        yield f"{numeral(hidden.amount)} {unit} are stated apart as hidden parts; {hidden.note}"


_LEFT_OUT: Final[dict[Visibility, str]] = {
    "totals": "you see the figure, not how it is made: records behind it are hidden from you",
    "part": "hidden records upstream are left out; the inputs have the figures that their suppliers show",
}


def sight_line(sight: Visibility | None) -> Iterator[str]:
    """A line about the parts of an answer that the caller may not see; empty if nothing is left out."""
    if sight is not None:
        yield _LEFT_OUT[sight]


class AnswerWithFindings(Protocol):
    """An answer about a figure, with the findings behind it."""

    @property
    def questioned(self) -> float: ...

    @property
    def findings(self) -> Sequence[WeighedFinding]: ...

    @property
    def findings_left_off(self) -> int: ...

    @property
    def findings_note(self) -> str | None: ...


def answer_findings(
    answer: AnswerWithFindings, share: float | None = None, most: int | None = None
) -> Iterator[str]:
    """The questions about an answer's figure, as `finding_lines`, and the note on their list. `most`: findings to
    show."""
    shown = answer.findings[:most]
    left_off = answer.findings_left_off + len(answer.findings) - len(shown)
    yield from finding_lines(answer.questioned, shown, left_off, share)
    if answer.findings_note is not None:
        yield answer.findings_note


def finding_lines(
    questioned: float, findings: Sequence[ListedFinding], left_off: int = 0, share: float | None = None
) -> Iterator[str]:
    """The questions about a figure: a line for the whole amount, and a line for each finding. Empty without any.
    `share`: the questioned part of the figure, 0 to 1."""
    count = len(findings) + left_off
    if not count and not questioned:
        return
    part = "" if share is None else f" ({share_words(share)})"
    yield f"{count:,} finding{'' if count == 1 else 's'}, {fixed(questioned)} kg CO2e{part} questioned"
    yield from map(_line, findings)
    if left_off:
        yield f"  … and {left_off:,} more"


def _line(finding: ListedFinding) -> str:
    text = f"  {finding.severity} {finding.code}, record {finding.record}"
    if isinstance(finding, WeighedFinding):
        if finding.own:
            text += ", its own"
        if finding.questioned:
            text += f": {fixed(finding.questioned)} kg CO2e questioned"
        elif finding.record_burdens:
            text += f": {fixed(finding.record_burdens)} kg CO2e of the figure come from the record"
        return text
    return text if finding.amount is None else f"{text}: {fixed(finding.amount)} kg CO2e questioned"
