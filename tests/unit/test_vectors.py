"""The vectors of a whole log come out again byte for byte, whatever the Python and the machine."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.core.log.entry import parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import leaf_hash, tree_root
from ledger.core.outcome.leaves import outcome_root

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "vectors" / "figures.json"
SCRIPT = """
import runpy, sys
built = runpy.run_path(sys.argv[1])
sys.stdout.reconfigure(encoding="utf-8", newline="")
sys.stdout.write(built["encoded"](built["vectors"](built["build"]())))
"""


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("hashing", ["0", "1"])
def test_the_script_rebuilds_the_file_with_no_diff(hashing: str) -> None:
    """In processes of their own: the order of sets changes with the seed of `hash`, figures do not."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(FILE.with_name("build_figures.py"))], capture_output=True, check=False,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PYTHONHASHSEED": hashing}, timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == FILE.read_bytes()


def test_the_root_is_that_of_the_entries(vectors: dict[str, Any]) -> None:
    hashes = [leaf_hash(bytes.fromhex(record["entry"])) for record in vectors["records"]]
    assert [found.hex() for found in hashes] == [record["leafHash"] for record in vectors["records"]]
    assert len(hashes) == vectors["size"] >= 290
    assert tree_root(hashes).hex() == vectors["root"]
    assert Frontier.from_bytes(bytes.fromhex(vectors["frontier"])).root().hex() == vectors["root"]


def test_entries_hold_digests_and_outcomes(vectors: dict[str, Any]) -> None:
    for record in vectors["records"]:
        entry = parse_entry(bytes.fromhex(record["entry"]))
        assert (entry.digest.hex(), entry.outcome.hex()) == (record["digest"], record["outcome"])


def test_leaves_in_full_are_what_the_entries_commit_to(vectors: dict[str, Any]) -> None:
    """A reader in another language needs nothing but sorted compact JSON and SHA-256."""
    for index, leaves in vectors["leaves"].items():
        spelled = [json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
                   for leaf in leaves]
        entry = parse_entry(bytes.fromhex(vectors["records"][int(index)]["entry"]))
        assert outcome_root(spelled) == entry.outcome
    assert len(vectors["leaves"]) >= 4
