"""Where the machine code of the passes is kept, and that they work where nothing can be kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NOWHERE = "/dev/null/nowhere"
SCRIPT = """
import sys
import numpy
from ledger.footprint.derived.chain import passes
from ledger.footprint.derived.chain.arrays import compiled_from
assert passes.__file__.startswith(sys.argv[1]), passes.__file__
assert passes._machine_code.cache_info().currsize == 0, "compiled at import"
chain = compiled_from([(1024, 1.0), (2048, 0.5)], [(2, 1024, 0.25)])
records, lots = passes.adjoint(chain, numpy.array([0.0, 1.0]))
print(records.tolist(), lots.tolist(), passes.propagate(chain, numpy.array([[8.0], [1.0]])).tolist())
"""
# Lot 2048: half of record 2's 1 + 0.25 * 8.
ANSWER = "[0.125, 0.5] [0.125, 1.0] [[8.0], [1.5]]"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package in a folder of its own, without bytecode or machine code."""
    shutil.copytree(ROOT / "ledger", tmp_path / "installed" / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "installed"


def answer(package: Path, **environment: str) -> str:
    """What a process of its own answers, which finds the package there."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    found |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(package)], env=found, cwd="/", capture_output=True, text=True,
        timeout=120, check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbi"))


def test_it_is_kept_beside_the_package(package: Path) -> None:
    assert answer(package, HOME=NOWHERE) == ANSWER
    before = {path: path.stat().st_mtime_ns for path in kept(package)}
    # One for each pass that was made, and no other.
    assert {path.name.partition("-")[0] for path in before} == {"passes._backward", "passes._forward"}
    assert answer(package, HOME=NOWHERE) == ANSWER
    assert {path: path.stat().st_mtime_ns for path in kept(package)} == before


@pytest.mark.parametrize("cache", [None, NOWHERE], ids=["none named", "one that cannot be"])
def test_nothing_can_be_written(package: Path, cache: str | None) -> None:
    """No folder for it beside the package, no home, no folder that the user names."""
    (package / "ledger" / "footprint" / "derived" / "chain" / "__pycache__").write_bytes(b"in the way")
    named = {} if cache is None else {"NUMBA_CACHE_DIR": cache}
    for _ in range(2):
        assert answer(package, HOME=NOWHERE, XDG_CACHE_HOME=NOWHERE, **named) == ANSWER
    assert kept(package) == []


def test_what_is_kept_cannot_be_read(package: Path, tmp_path: Path) -> None:
    """Files that a crash left empty or torn."""
    cache = tmp_path / "cache"
    assert answer(package, NUMBA_CACHE_DIR=str(cache)) == ANSWER
    assert len(kept(cache)) == 2
    for torn in (b"", b"torn", b"\x80\x04"):
        for path in kept(cache):
            path.write_bytes(torn)
        assert answer(package, NUMBA_CACHE_DIR=str(cache)) == ANSWER
