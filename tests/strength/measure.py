"""How many planted faults the fast tests catch: `python tests/strength/measure.py`.

`faults.csv` has sixty faults, drawn at random (seed 60) from all lines of the pure layers where one operator could be
another one. Each is named by layer, function and line, so it is planted wherever that line stands. The tests are those
of `tests/unit` and `tests/property`, vectors included. What survives them is planted again under the tests that
`--survivors PATH ...` names. Planting works on a copy; the working tree is not touched.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
FAST: Final = ("tests/unit", "tests/property")
TIMEOUT: Final = 900


class PlantedFault(NamedTuple):
    """A line of a function, and what it is replaced by."""

    layer: str
    function: str
    line: str
    fault: str


def faults() -> list[PlantedFault]:
    with Path(__file__).with_name("faults.csv").open(encoding="utf-8", newline="") as file:
        return [PlantedFault(**row) for row in csv.DictReader(file)]


def place(root: Path, fault: PlantedFault) -> tuple[Path, str]:
    """The file that holds the line, and its text with the fault. Raises SystemExit where the line is not there once."""
    found = [
        (path, text) for path in sorted((root / "ledger").rglob("*.py"))
        if fault.line in map(str.strip, (text := path.read_text(encoding="utf-8")).splitlines())
    ]
    if len(found) != 1:
        raise SystemExit(f"{fault.layer} {fault.function}: {len(found)} files hold the line {fault.line!r}")
    path, text = found[0]
    lines = [line.replace(fault.line, fault.fault) if line.strip() == fault.line else line
             for line in text.split("\n")]
    return path, "\n".join(lines)


def caught(root: Path, fault: PlantedFault, tests: tuple[str, ...]) -> bool:
    """Whether the tests fail with the fault in place."""
    path, planted = place(root, fault)
    sound = path.read_text(encoding="utf-8")
    path.write_text(planted, encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", str(os.cpu_count() or 1),
             "-m", "not faults_long and not bench", *tests],
            cwd=root, capture_output=True, check=False, timeout=TIMEOUT,
            env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"},
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(sound, encoding="utf-8")
    return done.returncode != 0


def copy(folder: Path) -> Path:
    """What is under version control, in `folder`."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT,  # noqa: S607 - of a developer's machine
                           capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (folder / "ledger" / "_sql").symlink_to(folder / "sql")
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survivors", nargs="*", default=[], help="tests for what the fast ones do not catch")
    options = parser.parse_args()
    total, found = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        root = copy(Path(name))
        for fault in faults():
            by = "fast" if caught(root, fault, FAST) else ""
            if not by and options.survivors and caught(root, fault, tuple(options.survivors)):
                by = "integration"
            total[fault.layer] += 1
            found[fault.layer] += bool(by)
            print(f"{fault.layer} {fault.function}: {f'caught ({by})' if by else 'SURVIVED'}", flush=True)
    for layer, count in total.items():
        print(f"{layer}: {found[layer]} of {count}")
    print(f"caught {sum(found.values())} of {sum(total.values())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
