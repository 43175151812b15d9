"""The floors of `make bench`: `floor.json` has the median of each ratio, and its spread, from ten runs on a quiet
machine.

The spread is the distance from the second lowest to the second highest of the runs, so that one odd run at each end
does not count. A ratio is below its floor if it is lower than the median by more than the spread: a run of the same
code falls there about once in a hundred times.

`python tests/bench/floor.py bench-*.json` makes `floor.json` from the results of several runs.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.measures import Measure

FLOORS: Final = Path(__file__).with_name("floor.json")
_ODD_FROM: Final = 4
"""With fewer runs, all of them count."""


class Floor(Struct, frozen=True):
    """What the runs showed for one ratio."""

    median: float
    spread: float


def floors_of(runs: Sequence[Sequence[Measure]]) -> dict[str, Floor]:
    """The floor of each ratio that every run has."""
    ratios = [{one.name: one.ratio for one in run if one.ratio is not None} for run in runs]
    return {
        name: _floor(sorted([run[name] for run in ratios]))
        for name in ratios[0] if all(name in run for run in ratios)
    }


def _floor(ordered: Sequence[float]) -> Floor:
    counted = ordered[1:-1] if len(ordered) >= _ODD_FROM else ordered
    return Floor(round(statistics.median(ordered), 3), round(counted[-1] - counted[0], 3))


def shortfalls(measures: Sequence[Measure], floors: Mapping[str, Floor]) -> list[str]:
    """A line for each ratio below its floor."""
    return [
        f"{one.name}: {one.ratio} is below {floor.median} by more than the spread of {floor.spread}"
        for one in measures
        if one.ratio is not None and (floor := floors.get(one.name)) is not None
        and one.ratio < floor.median - floor.spread
    ]


def read_floors() -> dict[str, Floor]:
    """The floors of the repository."""
    return msgspec.json.decode(FLOORS.read_bytes(), type=dict[str, Floor])


def main(paths: Sequence[str]) -> int:
    """Makes `floor.json` from the results in these files."""
    if not paths:
        sys.stderr.write("usage: floor.py bench-1.json bench-2.json ...\n")
        return 2
    floors = floors_of([msgspec.json.decode(Path(path).read_bytes(), type=list[Measure]) for path in paths])
    FLOORS.write_bytes(msgspec.json.format(msgspec.json.encode(floors), indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
