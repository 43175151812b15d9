"""A third party's sector in versions: one file and one pyproject outside this repository, installed with pip."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Raw

from support.workshop import Workshop

PYPROJECT: Final = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "brickworks-for-carbon-ledger"
version = "2.3.0"
dependencies = ["carbon-ledger>=0.1"]

[project.entry-points."carbon_ledger.plugins"]
bricks = "brickworks:plugin"

[tool.setuptools]
py-modules = ["brickworks"]
"""

MODULE: Final = '''\
"""Bricks from clay: what the kiln burns, and what the clay itself gives off."""

from decimal import Decimal

from ledger.sdk import (
    CO2_PER_C, Activity, Assessment, Context, Draft, NaturalInput, Positive, Route, Sector, book_energy,
)


class Firing(Activity, frozen=True, kw_only=True):
    """`carbonate`: kg of carbonate carbon per tonne of clay."""

    carbonate: Positive


def fire(context: Context, activity: Firing) -> Assessment:
    draft = Draft(context)
    book_energy(draft, context)
    clay = sum((supply.mass or Decimal(0) for supply in context.supplied("clay")), Decimal(0))
    draft.carbon("clay", clay / 1000 * Decimal(activity.carbonate) * CO2_PER_C)
    draft.weigh("mass", [output.mass or Decimal(0) for output in context.outputs])
    return draft.assessment()


def plugin() -> Sector:
    return Sector(
        name="bricks", version="2.3.0", en="Bricks", zh="砖瓦",
        routes={"kiln": Route(activity=Firing, assess=fire, en="Firing in a kiln", zh="窑烧")},
        nature={"kiln": (NaturalInput(group="stone", source="the clay pit beside the kiln"),)},
    )
'''


def release(folder: Path, version: str, module: str = MODULE) -> Path:
    """The source of a version; of another than 2.3.0 each kilogram of clay counts twice, thrice and so on."""
    folder.mkdir()
    times = 1 + int(version.split(".")[1]) - 3
    (folder / "pyproject.toml").write_text(PYPROJECT.replace("2.3.0", version), encoding="utf-8")
    (folder / "brickworks.py").write_text(
        module.replace("2.3.0", version).replace("clay / 1000 *", f"{times} * clay / 1000 *"), encoding="utf-8"
    )
    return folder


def install(source: Path, target: Path) -> None:
    """As its user would, but into a folder of its own, without asking an index for anything."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
         "--no-build-isolation", "--upgrade", "--target", str(target), str(source)],
        capture_output=True, text=True, timeout=120, check=False, cwd=source,
    )
    if done.returncode:
        raise AssertionError(done.stderr)


def bricks(shop: Workshop, lot: str) -> Any:
    """1,000 kg of clay with 12 kg carbonate carbon a tonne."""
    made: Any = shop.make({lot: "900"}, ore="1000")
    party, record = made
    (clay,) = record.supplies
    return party, msgspec.structs.replace(
        record, process="bricks.kiln", activity=Raw(b'{"carbonate":"12"}'),
        supplies=[msgspec.structs.replace(clay, material="clay")],
    )
