"""How many planted faults the fast tests catch: `python tests/strength/measure.py [--tree FOLDER]`.

`faults.csv` has sixty faults, drawn at random (seed 60) from the functions of the pure layers: one operator in each
becomes another one. A fault is named by function, so it can be planted in any version of the tree that has it. The fast
tests are those of `tests/unit` and `tests/property`, vectors included. Faults that these miss are planted again under
the tests that `--survivors PATH ...` names. Planting works on a copy; the tree itself is not touched.

A first run notes which fast tests call each function (`reach.py`); with a fault in a function, only these tests run.
Each core has a copy of the tree and takes the next fault.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from planting import PlantedFault, Site, read_faults, site_of

ROOT: Final = Path(__file__).resolve().parents[2]
FAST: Final = ("tests/unit", "tests/property")
TIMEOUT: Final = 1800
MEMORY: Final = 8 << 30
"""Address space of a process in bytes: a fault may make a loop that allocates for ever."""
CORES: Final = os.cpu_count() or 1


def copy(tree: Path, folder: Path) -> Path:
    """The files under version control, in `folder`."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=tree,  # noqa: S607 - of a developer's machine
                            capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(tree / name, target)
    (folder / "ledger" / "_sql").symlink_to(folder / "sql")
    return folder


def run(root: Path, tests: Sequence[str], *options: str, **variables: str) -> str | None:
    """Runs tests of the tree at `root`; None if they pass, else the end of the output. A run that does not end in half
    an hour, or whose processes want more memory than `MEMORY`, has failed."""
    chosen = root / "chosen-tests"
    chosen.write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
    paths = os.pathsep.join(str(path) for path in (root, root / "tests", Path(__file__).parent))
    try:
        done = subprocess.run(
            ["prlimit", f"--as={MEMORY}", sys.executable, "-m", "pytest", "-q",  # noqa: S607
             "-p", "no:cacheprovider", "-m", "not faults_long and not bench", *options, f"@{chosen}"],
            cwd=root, capture_output=True, check=False, timeout=TIMEOUT,
            env={**os.environ, "PYTHONPATH": paths, **variables},
        )
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT} s"
    if done.returncode < 0:
        return f"ended by signal {-done.returncode}"
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {done.returncode}: {done.stdout.decode()[-2000:]}")
    return done.stdout.decode()[-2000:] if done.returncode else None


def tests_by_function(root: Path, sites: Sequence[Site]) -> Mapping[str, list[str]]:
    """Fast tests by the function that they call, as `file:line`."""
    functions = "\n".join(sorted({_named(site) for site in sites}))
    reached: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        failed = run(root, FAST, "-n", str(CORES), "-p", "reach", STRENGTH_FUNCTIONS=functions, STRENGTH_REACH=folder)
        if failed is not None:
            raise SystemExit(f"the fast tests fail without a fault: {failed}")
        for path in Path(folder).glob("*.json"):
            for function, tests in json.loads(path.read_text(encoding="utf-8")).items():
                reached.setdefault(function, set()).update(tests)
    # A function that was called before any test began concerns them all.
    return {
        function: list(FAST) if "" in tests else sorted(tests, key=_by_length) for function, tests in reached.items()
    }


def _by_length(test: str) -> tuple[bool, str]:
    """Unit tests first: they are shorter than property tests."""
    return not test.startswith(FAST[0]), test


def _named(site: Site) -> str:
    return f"{site.path}:{site.line}"


def caught(root: Path, site: Site, tests: Sequence[str]) -> bool:
    """Whether the tests fail with the fault in place."""
    if not tests:
        return False
    sound = site.path.read_text(encoding="utf-8")
    site.path.write_text(site.planted, encoding="utf-8")
    try:
        return run(root, tests, "-x") is not None
    finally:
        site.path.write_text(sound, encoding="utf-8")


def measure(roots: Sequence[Path], survivors: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """Faults by layer, and by layer and by whom they were caught. `roots`: copies of one tree."""
    faults: list[PlantedFault] = read_faults()
    sites = [site_of(roots[0], fault) for fault in faults]
    reached = tests_by_function(roots[0], sites)
    free: SimpleQueue[Path] = SimpleQueue()
    for root in roots:
        free.put(root)

    def catcher(fault: PlantedFault, site: Site) -> str:
        root, tests = free.get(), reached.get(_named(site), [])
        try:
            own = site_of(root, fault)
            by = "fast" if caught(root, own, tests) else "integration" if caught(root, own, survivors) else "SURVIVED"
        finally:
            free.put(root)
        print(f"{fault.layer} {fault.function} {fault.place} {fault.operator}: {by} ({len(tests)} fast tests)",
              flush=True)
        return by

    with ThreadPoolExecutor(len(roots)) as pool:
        catchers = list(pool.map(catcher, faults, sites))
    total = Counter(fault.layer for fault in faults)
    return total, Counter(f"{fault.layer} {by}" for fault, by in zip(faults, catchers, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=ROOT, help="the version of the repository to measure")
    parser.add_argument("--survivors", nargs="*", default=[], help="tests for faults that the fast ones miss")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        roots = [copy(options.tree.resolve(), Path(name, str(core))) for core in range(CORES)]
        total, by_tests = measure(roots, options.survivors)
    for layer, count in total.items():
        fast, slow = by_tests[f"{layer} fast"], by_tests[f"{layer} integration"]
        print(f"{layer}: {fast} of {count} by fast tests, {slow} more by integration tests")
    fast = sum(count for name, count in by_tests.items() if name.endswith(" fast"))
    missed = sum(count for name, count in by_tests.items() if name.endswith(" SURVIVED"))
    print(f"fast tests catch {fast} of {sum(total.values())}, all tests {sum(total.values()) - missed}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
