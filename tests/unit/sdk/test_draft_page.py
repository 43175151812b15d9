"""The reference page of `Draft` is the one that its docstrings make, and it is complete."""

import ast
from pathlib import Path

from support.draft_page import UNITS, methods, numbers, page

PAGE = Path(__file__).parents[3] / "plugins" / "DRAFT.md"


def test_the_page_is_made_from_the_docstrings() -> None:
    message = "PYTHONPATH=.:tests python -m support.draft_page > plugins/DRAFT.md"
    assert PAGE.read_text(encoding="utf-8") == page(), message


def test_every_public_method_has_a_docstring() -> None:
    assert [method.name for method in methods() if not ast.get_docstring(method)] == []


def test_every_number_has_a_unit_and_every_unit_a_number() -> None:
    assert {key for method in methods() for key in numbers(method)} == set(UNITS)


def test_the_guide_for_authors_links_the_page() -> None:
    assert "(DRAFT.md)" in (PAGE.parent / "README.md").read_text(encoding="utf-8")
