"""The repository holds what the house plan names, and nothing of the machine on which it was written."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TOP: Final = frozenset({
    "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Containerfile", "LICENSE", "Makefile", "README.md",
    "SECURITY.md", "charts", "clients", "ledger", "plugins", "pyproject.toml", "requirements.lock", "sql", "tests",
})
MADE: Final = frozenset({
    ".git", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "__pycache__", "build", "dist",
})
"""Folders that tools make; `.gitignore` names them."""

FOREIGN: Final = {
    "a home folder": re.compile(r"(?<![\w-])/(?:home/[a-z]|root/|Users/[A-Za-z])"),
    "a folder of one machine": re.compile(r"(?<![\w.$}/])/(?:work|tmp|mnt|srv|data|workspace)/[\w.]"),
    "an index of packages": re.compile(
        r"--(?:extra-)?index-url|--find-links|--trusted-host|//[\w.-]*(?:pypi|simple|mirror|artifactory|nexus)[\w.-]*[/:]"
    ),
    "an address of a private network": re.compile(
        r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b"
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n"),
    "an unfinished note": re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
    "a merge conflict": re.compile(r"^(?:<{7}|>{7}) ", re.M),
}
EXEMPT: Final = {
    "tests/architecture/test_repository.py": "it names what it looks for",
    "LICENSE": "a standard text",
}


def files() -> list[Path]:
    """Those under version control, or about to be; without git all that no tool has made."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others"]
        done = subprocess.run(
            [*command, "--exclude-standard"], cwd=ROOT, capture_output=True, check=False, timeout=60
        )
        if done.returncode == 0:
            names = sorted(set(done.stdout.decode().split("\0")) - {""})
            return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [path for path in sorted(ROOT.rglob("*")) if path.is_file() and not _made(path.relative_to(ROOT))]


def _made(path: Path) -> bool:
    return path.name == "bench.json" or any(part in MADE or part.endswith(".egg-info") for part in path.parts)


FILES: Final = files()


def test_the_top_level_is_the_house_plan() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert {top for top in tops if not top.startswith(".")} <= TOP


@pytest.mark.parametrize("what", list(FOREIGN))
def test_nothing_foreign_is_named(what: str) -> None:
    found: list[str] = []
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        if name in EXEMPT:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for hit in FOREIGN[what].finditer(text):
            found.append(f"{name}:{text.count(chr(10), 0, hit.start()) + 1} {hit.group()}")
    assert found == []


def test_texts_are_utf_8_with_unix_line_ends() -> None:
    for path in FILES:
        if path.suffix in (".py", ".sql", ".md", ".csv", ".toml", ".json", ".lock"):
            data = path.read_bytes()
            data.decode("utf-8")
            assert b"\r" not in data, path
            assert data.endswith(b"\n") or not data, path


def test_what_is_run_is_executable() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
