"""The findings and refusals of the core, by code: titles in both languages, meaning, and how an issuer answers them.

A sector's own codes have no row: their messages name the unusual value. A page for suppliers is made from this table.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, Literal, NamedTuple

from ledger.core.outcome.assessment import Finding
from ledger.sdk import rows

FIGURE_BELOW_RANGE: Final = "figure-below-range"
"""The code under which answers show a question that leaf 0 commits to in `questions`."""


_OF_SECTOR: Final = (
    "State the missing input, or correct the value or its unit, by an amendment. If the value is right, nothing is "
    "asked: the finding stays."
)
"""How an issuer answers the own code of a sector."""


class FindingCode(NamedTuple):
    """A code of the core. `severity`: of its findings; a refusal keeps the record off the ledger. A few codes have
    milder cases, which say so in their finding. `evidence`: kinds of documents that answer it, in words."""

    code: str
    severity: Literal["note", "warning", "refusal"]
    en: str
    zh: str
    meaning: str
    answer: str
    evidence: str
    source: str


@cache
def finding_codes() -> Mapping[str, FindingCode]:
    """Every code of the core, in the order of the table."""
    table = rows("ledger.sdk.data", "findings.csv")
    return {row["code"]: FindingCode(**row) for row in table}  # type: ignore[arg-type]


def answer_to(code: str) -> str:
    """How an issuer answers a finding of this code, with the documents that answer it."""
    known = finding_codes().get(code)
    if known is None:
        return _OF_SECTOR
    return f"{known.answer} Documents: {known.evidence}." if known.evidence else known.answer


def answers_to(codes: Iterable[str]) -> dict[str, str]:
    """`answer_to` by code, each code once."""
    return {code: answer_to(code) for code in dict.fromkeys(codes)}


def title_of(finding: Finding, language: Literal["en", "zh"] = "en") -> str:
    """The title of a finding's code; the message of a finding whose code is a sector's own."""
    known = finding_codes().get(finding.code)
    if known is None:
        return finding.message
    return known.zh if language == "zh" else known.en
