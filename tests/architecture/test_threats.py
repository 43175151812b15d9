"""The table of threats in tests/THREATS.md: every row names tests, and every test that it names is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CELL = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def rows() -> list[tuple[str, str, str]]:
    """Threat, what happens, what shows it."""
    text = (ROOT / "tests" / "THREATS.md").read_text()
    found = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [(threat.strip(), happens.strip(), shown.strip()) for threat, happens, shown in found[1:]]


def test_every_threat_says_what_happens_and_what_shows_it() -> None:
    assert len(rows()) > 25
    for threat, happens, shown in rows():
        assert happens, threat
        assert _CELL.search(shown), f"no test shows what happens to: {threat}"
        assert not _CELL.sub("", shown).strip(" ,"), f"something else than tests: {shown}"


def test_the_tests_that_the_table_names_are_there() -> None:
    for _, _, shown in rows():
        for path, name in _CELL.findall(shown):
            tree = ast.parse((ROOT / path).read_text())
            known = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert not name or name in known, f"{path} has no {name}"


def test_no_threat_stands_twice() -> None:
    threats = [threat for threat, _, _ in rows()]
    assert len(set(threats)) == len(threats)
