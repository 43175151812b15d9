"""The page of standards has all rows, and names only tests, codes, fields and methods that exist. `test_docs` checks
its commands and routes."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from ledger.engine.findings import finding_codes
from ledger.errors import InvalidInput
from ledger.footprint.derived.methods.catalogue import method_named

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "clients" / "STANDARDS.md").read_text(encoding="utf-8")
ROWS: Final = 36

_ROW: Final = re.compile(r"^### (\d+)\. .+$", re.M)
_SPAN: Final = re.compile(r"`([^`]+)`")
_TEST: Final = re.compile(r"(tests/[\w/]+\.py)(?:::(test_\w+))?")
_CODE: Final = re.compile(r"[a-z]+(?:-[a-z]+)+")
_FIELD: Final = re.compile(r"[a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)*:?")
_METHOD: Final = re.compile(r"[a-z-]+/\d+")


def rows_of(text: str) -> dict[int, str]:
    """The text of each row by its number, up to the next heading."""
    return {int(match[1]): re.split(r"^#", text[match.end():], maxsplit=1, flags=re.M)[0]
            for match in _ROW.finditer(text)}


def verdicts_of(text: str) -> list[str]:
    return re.findall(r"^\*\*(Met in part|Met|Not met)\b", text, re.M)


def modules() -> Iterator[ast.Module]:
    for folder in ("ledger", "plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "build" not in path.relative_to(ROOT).parts:
                yield ast.parse(path.read_text(encoding="utf-8"))


@cache
def fields_and_words() -> tuple[frozenset[str], frozenset[str]]:
    """The fields of all classes as JSON spells them, and all single words that the code has as strings."""
    fields, words = set[str](), set[str]()
    for module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                names = [one.target.id for one in node.body
                         if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
                fields |= {re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name) for name in names}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                words.add(node.value)
    return frozenset(fields), frozenset(words)


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def is_known(span: str) -> bool:
    """Whether a name of the page exists."""
    if match := _TEST.fullmatch(span):
        return (ROOT / match[1]).is_file() and (match[2] is None or match[2] in functions_of(match[1]))
    fields, words = fields_and_words()
    if _CODE.fullmatch(span):
        return span in finding_codes() or span in words
    if _METHOD.fullmatch(span):
        return _is_method(span)
    return bool(_FIELD.fullmatch(span)) and all(part in fields or part in words for part in _parts(span))


def _parts(span: str) -> list[str]:
    """A prefix of names, such as `attributed:`, is one word."""
    return [span] if span.endswith(":") else span.split(".")


def _is_method(name: str) -> bool:
    try:
        method_named(name)
    except InvalidInput:
        return False
    return True


def unknown_names(text: str) -> list[str]:
    spans = [span for span in _SPAN.findall(text) if not span.startswith(("carbon-ledger ", "/v1/"))]
    return [span for span in spans if not is_known(span)]


def test_every_row_is_there_once_and_in_order() -> None:
    assert [int(match[1]) for match in _ROW.finditer(TEXT)] == list(range(1, ROWS + 1))


def test_every_row_has_its_demand_its_verdict_and_tests() -> None:
    faults = []
    for number, text in rows_of(TEXT).items():
        asked = re.search(r"^\*\*Asked\*\* \(.*(?:read|public summaries)", text, re.M | re.S)
        if asked is None or len(verdicts_of(text)) != 1:
            faults.append(f"{number}: one **Asked** with its source, and one verdict")
        if not re.search(r"^\*\*Tests\*\*(?::.*nothing to test\.|\n- `tests/[\w/]+\.py::test_\w+`$)", text, re.M):
            faults.append(f"{number}: **Tests** with a test, or with the reason why there is nothing to test")
    assert faults == []


def test_the_summary_has_the_verdict_of_each_row() -> None:
    lines = re.findall(r"^\| ([A-Z][a-z ]+) \| ([\d, ]+) \|$", TEXT, re.M)
    stated = {int(number): verdict for verdict, numbers in lines for number in numbers.split(",")}
    assert stated == {number: verdicts_of(text)[0] for number, text in rows_of(TEXT).items()}


def test_all_that_it_names_exists() -> None:
    assert unknown_names(TEXT) == []


@pytest.mark.parametrize("name", [
    "tests/architecture/test_standards.py::test_that_nobody_wrote", "tests/architecture/test_nothing.py",
    "no-such-finding", "noSuchField", "study.noSuchField", "no-method/1", "two words",
])
def test_a_name_that_is_missing_is_seen(name: str) -> None:
    assert unknown_names(f"The page names `{name}`.") == [name]


def test_the_guides_link_it() -> None:
    for guide in ("clients/README.md", "clients/VERIFIERS.md"):
        assert "(STANDARDS.md)" in (ROOT / guide).read_text(encoding="utf-8"), guide
