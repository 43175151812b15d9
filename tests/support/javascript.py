"""The JavaScript client as a second implementation: its verdicts about what others wrote, beside Python's."""

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from support.tools import tool

PACKAGE: Final = Path(__file__).parents[2] / "clients" / "javascript"
_SECONDS: Final = 600


class Case(NamedTuple):
    """An input of a target of `clients/javascript/tests/conform.js`; `given`: its further parameters."""

    target: str
    data: bytes
    given: Mapping[str, Any] = {}


class Verdict(NamedTuple):
    """`value`: the accepted value, as JSON. `code`, `step`: of the refusal."""

    ok: bool
    value: Any = None
    code: str | None = None
    step: int | None = None


def run_node(*arguments: str, stdin: str = "", cwd: Path = PACKAGE) -> subprocess.CompletedProcess[str]:
    """Runs node. It does not print the warning of the platform about its own Ed25519."""
    return subprocess.run(
        [tool("node"), "--no-warnings", *arguments], input=stdin, capture_output=True, text=True, check=False, cwd=cwd,
        timeout=_SECONDS)


def verdicts(cases: Sequence[Case]) -> list[Verdict]:
    """What node says of each case; one process for all."""
    lines = [json.dumps({"target": case.target, "data": base64.b64encode(case.data).decode(), **case.given})
             for case in cases]
    done = run_node("tests/conform.js", stdin="".join([f"{line}\n" for line in lines]))
    if done.returncode:
        raise RuntimeError(f"conform.js: {done.stderr[-2_000:]}")
    answers = [Verdict(**json.loads(line)) for line in done.stdout.splitlines()]
    if len(answers) != len(cases):
        raise RuntimeError(f"{len(answers)} verdicts for {len(cases)} cases")
    return answers
