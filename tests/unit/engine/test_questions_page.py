"""The supplier's page about findings is the one that their table makes."""

from pathlib import Path

from support.questions_page import page

from ledger.engine.findings import finding_codes

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
