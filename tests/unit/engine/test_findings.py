"""The table of findings: each code of the core has one row, in both languages, and no row is idle."""

import ast
import re
from pathlib import Path
from typing import Final

from support.questions_page import page

from ledger.admission.checks.times import NOT_YET
from ledger.admission.closings.final_records import ON_FINAL
from ledger.core.outcome.assessment import Finding
from ledger.engine.bounds import fuels, removals
from ledger.engine.bounds.carbon import delivered
from ledger.engine.end_of_waste import recovered, returned
from ledger.engine.findings import FIGURE_BELOW_RANGE, finding_codes, title_of
from ledger.footprint.derived.completeness import NO_REFERENCE
from ledger.footprint.derived.unusually_high import CODE as UNUSUALLY_HIGH
from ledger.sdk import rows

ENGINE: Final = Path(__file__).parents[3] / "ledger" / "engine"
QUESTIONING: Final = ("references", "pricing/unproven", "allocation_questions", "revision/unspread")
"""The modules beside the bounds that make findings."""
_CODE: Final = re.compile(r"[a-z]+(-[a-z]+)+")


def codes_of_engine() -> set[str]:
    """The values of constants with which the engine makes a finding or a refusal of the bounds."""
    codes = {FIGURE_BELOW_RANGE, NO_REFERENCE, NOT_YET, ON_FINAL, UNUSUALLY_HIGH}
    folders = [path for folder in ("bounds", "inventory", "end_of_waste") for path in (ENGINE / folder).rglob("*.py")]
    for path in [*folders, *[ENGINE / f"{name}.py" for name in QUESTIONING]]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant) and isinstance(
                node.value.value, str
            ) and _CODE.fullmatch(node.value.value):
                codes.add(node.value.value)
    return codes


def test_every_code_has_one_row() -> None:
    table = [row["code"] for row in rows("ledger.sdk.data", "findings.csv")]
    assert (sorted(table), set(table)) == (sorted(set(table)), codes_of_engine())


def test_rows_are_filled_in() -> None:
    for known in finding_codes().values():
        assert known.severity in ("note", "warning", "refusal")
        assert known.en.isascii()
        assert re.search("[\u4e00-\u9fff]", known.zh)
        assert all((known.meaning, known.answer, known.source))
        assert known.meaning.endswith(".")
        assert known.answer.endswith(".")
        assert len(known.en) <= 60


def test_the_table_lists_the_kinds_of_evidence() -> None:
    assert all(kind in finding_codes()["removal-evidence"].evidence for kinds in removals.SHOWN_BY.values()
               for kind in kinds)
    assert all(kind in finding_codes()["fossil-biogenic"].evidence for kind in fuels.KINDS)
    assert delivered.KINDS[-1] in finding_codes()[delivered.CODE].evidence
    assert all(kind in finding_codes()[returned.SOLD].evidence for kind in returned.PURCHASE)
    assert all(kind in finding_codes()[recovered.CODE].evidence for kind in recovered.KINDS)


def test_titles() -> None:
    finding = Finding(code="energy-balance", message="3060 MJ of energy leave")
    assert (title_of(finding), title_of(finding, "zh")) == ("More energy out than in", "能量输出大于能量输入")
    assert title_of(Finding(code="melting-missing", message="nothing melts the charge")) == "nothing melts the charge"


# The supplier's page about findings is the one that their table makes.


PAGE = Path(__file__).parents[3] / "clients" / "QUESTIONS.md"


def test_the_page_is_made_from_the_table() -> None:
    message = "PYTHONPATH=.:tests python -m support.questions_page > clients/QUESTIONS.md"
    assert PAGE.read_text(encoding="utf-8") == page(), message


def test_it_has_every_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [code for code in finding_codes() if f"`{code}`" not in text] == []


def test_the_guides_link_it() -> None:
    for guide in ("clients/README.md", "clients/VERIFIERS.md"):
        assert "(QUESTIONS.md)" in (PAGE.parents[1] / guide).read_text(encoding="utf-8")
