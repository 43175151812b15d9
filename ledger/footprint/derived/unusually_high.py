"""Figures and amounts far above the usual ones. Most of them are wrong units, such as kWh stated as MWh.

The notes about them are computed with each answer and never committed. They change no figure, no question and no title.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.outcome.assessment import Assessment, Finding, Reference, Span

CODE: Final = "unusually-high"
TIMES: Final = 5
"""Above so many times the high end of a range, or the usual amount, a note asks for the units."""
_NOTE: Final = "unusually high, check the units"


class HighEnd(NamedTuple):
    """The high end of the ranges of an output's materials, kg CO2e for all of it, and a row behind it."""

    kilograms: float
    factor: str


def high_end_of(references: Sequence[Reference], output: int) -> HighEnd | None:
    """The high end of an output's ranges; None without a range, or with one that states no high end."""
    own = [one for one in references if one.output == output]
    if not own or any(one.high is None for one in own):
        return None
    return HighEnd(sum(float(one.mass) * float(one.high or 0) for one in own), own[0].factor)


def about_figure(figure: float, end: HighEnd | None) -> str | None:
    """The note about a figure in kg CO2e; None if it is not unusually high, or has no range."""
    if end is None or not 0.0 < TIMES * end.kilograms < figure:
        return None
    return (f"{_NOTE}: {spelled(figure)} kg CO2e are more than {TIMES} times the {spelled(end.kilograms)} kg CO2e at "
            f"which the range of the product ends ({end.factor})")


def figure_note(output: int, figure: float, end: HighEnd | None) -> Finding | None:
    """`about_figure` as a finding of the maker's record."""
    message = about_figure(figure, end)
    if message is None or end is None:
        return None
    return Finding(code=CODE, severity="note", output=output, message=message, value=Decimal(repr(figure)),
                   unit="kg CO2e", usual=Span(high=Decimal(repr(end.kilograms))), factor=end.factor)


def amount_note(what: str, stated: Decimal, usual: Decimal, unit: str) -> Finding | None:
    """The note about an amount that meets a need; None if it is not unusually high. `unit`: a code of Rec 20."""
    if stated <= TIMES * usual:
        return None
    return Finding(
        code=CODE, severity="note", value=stated, unit=unit, usual=Span(high=usual),
        message=f"{what}: {_NOTE}: more than {TIMES} times the amount that is usual for the products"[:255],
    )


def without_notes(assessment: Assessment) -> tuple[Assessment, tuple[Finding, ...]]:
    """An assessment as it is committed, and the notes about its amounts."""
    notes = tuple([one for one in assessment.findings if _is_note(one)])
    if not notes:
        return assessment, notes
    return replace(assessment, findings=tuple([one for one in assessment.findings if not _is_note(one)])), notes


def _is_note(finding: Finding) -> bool:
    """A sector may use the code for a warning, which counts."""
    return finding.code == CODE and finding.severity == "note" and finding.amount is None


def spelled(amount: float) -> str:
    """Four significant digits without an exponent."""
    return f"{Decimal(f'{amount:.4g}'):,f}"
