"""How many planted faults the tests catch: `python tests/strength/measure.py [--tree FOLDER] [--layers LAYER ...]`.

`faults.csv` has twenty faults of each of `service`, `client` and `web` and sixty of the pure layers, drawn at random
(`drawn`, seed 60): one operator in each becomes another one. A fault is named by function, so it can be planted in any
version of the tree that has it. Planting works on a copy; the tree itself is not touched.

The fast tests are those of `tests/unit` and `tests/property`, vectors included. Where they miss a fault, the files of
`INTEGRATION` judge it, which start servers: those that call the function, the shortest first, until they would take
longer than `BOUND`. A first run notes which tests call each function (`probe.py`), in whatever process; with a fault in
a function, only these tests run. Each copy of the tree takes the next fault.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final, NamedTuple

import msgspec
from planting import PlantedFault, Site, probed, read_faults, site_of

ROOT: Final = Path(__file__).resolve().parents[2]
FAST: Final = ("tests/unit", "tests/property")
INTEGRATION: Final = (
    "tests/acceptance/test_import.py",
    *[f"tests/integration/test_{name}.py" for name in (
        "access_groups", "audit", "audit_public", "audit_scoped", "audit_state", "bundles", "check", "doctor",
        "door", "export_log", "findings", "lists", "log_http", "login", "metrics", "products", "publishing",
        "purchases", "record_revisions", "revisions", "statements", "submission", "templates", "tokens",
    )],
)
"""Short, and together they call nearly all of the server, the client library and the audit."""
TIMEOUT: Final = 1800
BOUND: Final = 240.0
"""Seconds that the integration tests of a fault take without it."""
MEMORY: Final = 8 << 30
"""Address space of a process in bytes: a fault may make a loop that allocates for ever."""


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


class Reaching(NamedTuple):
    """The tests that call a function: fast ones by name, and the files of others."""

    fast: list[str]
    others: list[str]


def run(root: Path, tests: Sequence[str], *options: str, limited: bool = True, **variables: str) -> str | None:
    """Runs tests of the tree at `root`; None if they pass, else the end of the output. A `limited` run that does not
    end in half an hour, or whose processes want more memory than `MEMORY`, has failed."""
    chosen = root / "chosen-tests"
    chosen.write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
    paths = os.pathsep.join(str(path) for path in (root, root / "tests", Path(__file__).parent))
    limit = ["prlimit", f"--as={MEMORY}"] if limited else []
    try:
        done = subprocess.run(
            [*limit, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "-m", "not faults_long and not bench", *options, f"@{chosen}"],
            cwd=root, capture_output=True, check=False, timeout=TIMEOUT if limited else None,
            env={**os.environ, "PYTHONPATH": paths, **variables},
        )
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT} s"
    if done.returncode < 0:
        return f"ended by signal {-done.returncode}"
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {done.returncode}: {done.stdout.decode()[-2000:]}")
    return done.stdout.decode()[-2000:] if done.returncode else None


def tests_by_function(root: Path, sites: Sequence[Site], processes: int) -> Mapping[str, Reaching]:
    """The tests by the function that they call, as `file:line`. The tree at `root` is of no use afterwards."""
    functions = sorted({_named(root, site) for site in sites})
    lines: dict[Path, dict[int, int]] = defaultdict(dict)
    for site in sites:
        lines[site.path][site.line] = functions.index(_named(root, site))
    for path, numbers in lines.items():
        path.write_text(probed(path.read_text(encoding="utf-8"), numbers), encoding="utf-8")
    shutil.copy2(Path(__file__).with_name("probe.py"), root / "ledger" / "probe.py")
    fast, _ = _reached(root, FAST, "-n", str(processes))
    others, seconds = _reached(root, INTEGRATION, "-n", "0")
    # A fast test from whose process the function was called before any test began concerns them all.
    return {
        name: Reaching(
            list(FAST) if "" in fast[number] else sorted(fast[number], key=_by_length),
            _within(BOUND, {test.partition("::")[0] for test in others[number]} - {""}, seconds),
        ) for number, name in enumerate(functions)
    }


def _reached(root: Path, tests: Sequence[str], *options: str) -> tuple[Mapping[int, set[str]], Mapping[str, float]]:
    """The tests that call each function, by its number, and the seconds that each sound file takes. Tests that fail
    without a fault are printed and left out: they would catch every fault."""
    reached: dict[int, set[str]] = defaultdict(set)
    seconds: dict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        failed = run(root, tests, *options, "-p", "reach", limited=False, STRENGTH_REACH=name)
        if failed is not None:
            print(f"these tests fail without a fault, and do not count: {failed}", flush=True)
        for path in folder.glob("tests-*"):
            worker = path.name.removeprefix("tests-")
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            passed = {number: test for number, test, _, sound in lines if sound}
            for _, test, took, sound in lines:
                seconds[test.partition("::")[0]] += took if sound else math.inf
            for noted in folder.glob(f"*-{worker}-*"):
                function, _, number = noted.name.split("-")
                if number == "0" or int(number) in passed:
                    reached[int(function)].add("" if number == "0" else passed[int(number)])
    return reached, seconds


def _within(bound: float, files: Collection[str], seconds: Mapping[str, float]) -> list[str]:
    """The shortest of the sound files that take no longer than `bound` together; at least one."""
    chosen: list[str] = []
    total = 0.0
    for file in sorted([file for file in files if seconds[file] < math.inf], key=lambda file: seconds[file]):
        total += seconds[file]
        if chosen and total > bound:
            break
        chosen.append(file)
    return chosen


def _by_length(test: str) -> tuple[bool, str]:
    """Unit tests first: they are shorter than property tests."""
    return not test.startswith(FAST[0]), test


def _named(root: Path, site: Site) -> str:
    return f"{site.path.relative_to(root)}:{site.line}"


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


def measure(
    roots: Sequence[Path], faults: Sequence[PlantedFault], reached: Mapping[str, Reaching]
) -> list[str]:
    """By whom each fault was caught. `roots`: copies of one tree."""
    free: SimpleQueue[Path] = SimpleQueue()
    for root in roots:
        free.put(root)

    def catcher(fault: PlantedFault) -> str:
        root = free.get()
        try:
            site = site_of(root, fault)
            tests = reached[_named(root, site)]
            by = "fast" if caught(root, site, tests.fast) else "SURVIVED"
            if by == "SURVIVED" and caught(root, site, tests.others):
                by = "integration"
        finally:
            free.put(root)
        print(f"{fault.layer} {fault.function} {fault.place} {fault.operator}: {by} ({len(tests.fast)} fast tests, "
              f"{len(tests.others)} other files)", flush=True)
        return by

    with ThreadPoolExecutor(len(roots)) as pool:
        return list(pool.map(catcher, faults))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=ROOT, help="the version of the repository to measure")
    parser.add_argument("--layers", nargs="*", help="only the faults of these layers")
    parser.add_argument("--reach", type=Path, help="where it is noted which tests call a function; read if it is there")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="by default one a core")
    options = parser.parse_args()
    faults = [fault for fault in read_faults() if not options.layers or fault.layer in options.layers]
    with tempfile.TemporaryDirectory() as name:
        roots = [copy(options.tree.resolve(), Path(name, str(number))) for number in range(options.processes + 1)]
        spare = roots.pop()
        if options.reach is not None and options.reach.exists():
            reached = msgspec.json.decode(options.reach.read_bytes(), type=dict[str, Reaching])
        else:
            reached = tests_by_function(spare, [site_of(spare, fault) for fault in faults], options.processes)
        if options.reach is not None:
            options.reach.write_bytes(msgspec.json.encode(reached))
        catchers = measure(roots, faults, reached)
    total = Counter(fault.layer for fault in faults)
    by_tests = Counter((fault.layer, by) for fault, by in zip(faults, catchers, strict=True))
    for layer, count in total.items():
        print(f"{layer}: {by_tests[layer, 'fast']} of {count} by fast tests, {by_tests[layer, 'integration']} more by "
              "integration tests")
    fast, missed = catchers.count("fast"), catchers.count("SURVIVED")
    print(f"fast tests catch {fast} of {len(faults)}, all tests {len(faults) - missed}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
