"""`make fuzz`: every parser under a coverage-guided fuzzer, then the HTTP API by its own schema.

FUZZ_SECONDS (3600 by default) is the time of all targets together, FUZZ_TARGETS the names of some. The corpus stays in
`build/fuzz/corpus`, so that a second run goes on where the first one ended; what crashes a target stays in
`build/fuzz/found` and is told. A crash that was understood becomes a vector in `tests/vectors/fuzz.json`.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.api import fuzz_api  # noqa: E402 - the paths come first
from support.parsers import TARGETS, TOKENS  # noqa: E402

SECONDS = 3600
API_SHARE = 0.1
FOLDER = ROOT / "build" / "fuzz"
LEAST_INPUT = 4096
SLOW_SECONDS = 10
MEMORY_MIB = 2048


class Outcome(NamedTuple):
    """`runs`: inputs tried; `found`: files with inputs that brought the target down."""

    name: str
    runs: int
    seconds: float
    found: Sequence[Path]


def main() -> int:
    seconds = float(os.environ.get("FUZZ_SECONDS", SECONDS))
    names = os.environ.get("FUZZ_TARGETS", "").split() or [*TARGETS, "api"]
    unknown = set(names) - {*TARGETS, "api"}
    if unknown:
        print(f"no such target: {' '.join(sorted(unknown))}; there are {' '.join(TARGETS)} api")
        return 2
    parsers = [name for name in names if name != "api"]
    share = seconds * (1 - API_SHARE if "api" in names and parsers else 1)
    outcomes = [fuzz(name, share / len(parsers)) for name in parsers]
    failed = sum(len(one.found) for one in outcomes)
    if "api" in names:
        failed += fuzz_api(seconds * API_SHARE if parsers else seconds, FOLDER)
    runs, spent = sum(one.runs for one in outcomes), sum(one.seconds for one in outcomes)
    print(f"{runs:,} inputs in {spent:,.0f} s, {failed} failures")
    return 1 if failed else 0


def fuzz(name: str, seconds: float) -> Outcome:
    """One target in a process of its own, for so long."""
    corpus, found = FOLDER / "corpus" / name, FOLDER / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    seeds = TARGETS[name].seeds()
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)
    began = time.monotonic()
    options = {
        "max_total_time": max(1, round(seconds)), "max_len": max(LEAST_INPUT, 2 * max(map(len, seeds))),
        "timeout": SLOW_SECONDS, "rss_limit_mb": MEMORY_MIB, "print_final_stats": 1, "dict": _dictionary(),
        "artifact_prefix": f"{found}/{name}-",
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("target.py")), name,
         *(f"-{option}={value}" for option, value in options.items()), str(corpus)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )
    output = done.stdout.decode(errors="replace")
    counted = re.search(r"number_of_executed_units: (\d+)", output)
    kept = [Path(path) for path in re.findall(r"Test unit written to (\S+)", output)]
    outcome = Outcome(name, int(counted[1]) if counted else 0, time.monotonic() - began, kept)
    _tell(outcome, done.returncode, output)
    if done.returncode and not outcome.found:
        raise SystemExit(f"{name} did not run:\n{output[-2000:]}")
    return outcome


def _tell(outcome: Outcome, code: int, output: str) -> None:
    coverage = re.findall(r"cov: (\d+)", output)
    print(f"{outcome.name:18} {outcome.runs:>12,} inputs {outcome.seconds:>6.0f} s "
          f"coverage {coverage[-1] if coverage else '?':>6}  {'clean' if not code else 'FAILED'}", flush=True)
    if code:
        print(output[-4000:])
    for path in outcome.found:
        print(f"  {path}: {path.read_bytes()[:200]!r}", flush=True)


def _dictionary() -> Path:
    """Tokens as libFuzzer reads them."""
    path = FOLDER / "tokens.dict"
    path.write_text("".join(
        '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"\n' for token in TOKENS if len(token) <= 64
    ))
    return path


if __name__ == "__main__":
    sys.exit(main())
