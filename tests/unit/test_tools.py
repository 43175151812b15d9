"""Programs that tests run: `make test` provides them or stops, and no test skips."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from support.tools import tool

ROOT: Final = Path(__file__).parents[2]
SKIPS: Final = re.compile(r"\bpytest\.(?:mark\.)?skip|\bimportorskip\(")


def test_what_cannot_be_had_is_named_and_ends_make(tmp_path: Path) -> None:
    """In a virtual environment without tools, on a machine that has no apt, no Node.js and no pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=60)
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", ROOT / ".ci" / "tools.py"], capture_output=True, text=True, check=False,
        timeout=60, env={"PATH": str(tmp_path), "PYTHONPATH": str(ROOT / "tests")})
    assert done.returncode == 1
    lines = dict(re.findall(r"^(\S+) is missing, which tests need \((.*?)\): .", done.stderr, re.M))
    assert len(lines) == len(done.stderr.splitlines())
    lines.pop("nginx", "")  # the machine may have it in its folder of servers
    assert lines == {
        "prometheus": "Debian: apt-get install prometheus", "promtool": "Debian: apt-get install promtool",
        "systemd-analyze": "Debian: apt-get install systemd", "curl": "Debian: apt-get install curl",
        "node": "Debian: apt-get install nodejs", "npm": "Debian: apt-get install npm",
        "chromium": "Debian: apt-get install chromium",
    }


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such-program is missing; `make test` provides it"):
        tool("no-such-program")


def test_no_test_skips() -> None:
    """A test that needs a program fails without it."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert len(files) > 300
    assert [str(path) for path in files if SKIPS.search(path.read_text(encoding="utf-8"))] == []
