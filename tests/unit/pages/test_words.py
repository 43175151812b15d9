"""Each text of the pages is there in every language, and nothing else is in their table."""

import re
from pathlib import Path
from typing import Final

import pytest

from ledger.drawings.sankey.labels import ENGLISH
from ledger.footprint.derived.completeness import Doubtful
from ledger.pages import words
from ledger.pages.lot.view import GROUPINGS
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords
from ledger.service.queries.lists.records import KINDS

PAGES: Final = Path(words.__file__).parent
_IN_TEMPLATE: Final = re.compile(r"""\b_\((["'])((?:(?!\1).)*)\1""")
_IN_MODULE: Final = re.compile(r'\b_?words\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
_PIECE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLACE: Final = re.compile(r"\{\w+\}")


def _written() -> set[str]:
    """The texts that templates and modules write."""
    texts = {found[2] for file in PAGES.rglob("*.html") for found in _IN_TEMPLATE.finditer(file.read_text("utf-8"))}
    for file in PAGES.rglob("*.py"):
        for found in _IN_MODULE.finditer(file.read_text("utf-8")):
            texts.add("".join(_PIECE.findall(found[1])))
    return texts


def test_every_text_has_its_row() -> None:
    assert len(_written()) > 100
    spaced = {re.sub("[A-Z]", lambda letter: f" {letter[0].lower()}", kind) for kind in KINDS}
    wanted = _written() | set(ENGLISH.values()) | set(GROUPINGS.values()) | spaced
    assert sorted(wanted - words.table().keys()) == []


def test_places_for_values_are_the_same() -> None:
    for english, chinese in words.table().items():
        assert sorted(_PLACE.findall(english)) == sorted(_PLACE.findall(chinese)), english


def test_a_text_without_a_row_fails() -> None:
    with pytest.raises(KeyError):
        PageWords("zh")("a text that no page has")


@pytest.mark.parametrize(("doubtful", "english", "chinese"), [
    (Doubtful(0, 0, 0, 1), "Footprint", "足迹"),
    (Doubtful(1, 0, 0, 1), "Incomplete footprint", "不完整的足迹"),
    (Doubtful(0, 1, 1, 2), "Questioned and provisional footprint", "存疑且暂定足迹"),
])
def test_titles(doubtful: Doubtful, english: str, chinese: str) -> None:
    assert title_in(PageWords("en"), doubtful.title) == english
    assert title_in(PageWords("zh"), doubtful.title) == chinese
