"""The JavaScript client: its own tests, and its types."""

import sys
from pathlib import Path

from support.javascript import run_node


def test_its_own_tests_pass() -> None:
    done = run_node("--test", "--test-reporter=tap")
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    assert "\n# skipped 0\n" in done.stdout
    assert "\n# fail 0\n" in done.stdout


def test_its_types_hold() -> None:
    """`make test` fetches the compiler."""
    done = run_node(str(Path(sys.prefix, "compilers", "typescript", "package", "bin", "tsc")), "--project", ".")
    assert done.returncode == 0, done.stdout + done.stderr
