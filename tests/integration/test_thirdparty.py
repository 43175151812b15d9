"""A third party's sector: one file and one pyproject outside this repository, installed with pip, and it computes."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.server import Server, command, temporary_home
from support.workshop import Workshop

from ledger.core.receipt import Receipt, verify_receipt

PYPROJECT = """\
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

MODULE = '''\
"""Bricks from clay: what the kiln burns, and what the clay itself gives off."""

from decimal import Decimal

from ledger.sdk import CO2_PER_C, Activity, Assessment, Context, Draft, Positive, Route, Sector, book_energy


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
    )
'''


def install(source: Path, target: Path) -> None:
    """As its user would, but into a folder of its own, without asking an index for anything."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
         "--no-build-isolation", "--upgrade", "--target", str(target), str(source)],
        capture_output=True, text=True, timeout=120, check=False, cwd=source,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brickworks")
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "brickworks.py").write_text(MODULE, encoding="utf-8")
    return folder


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as found:
        yield found


def bricks(shop: Workshop, lot: str) -> Any:
    """1,000 kg of clay with 12 kg carbonate carbon a tonne."""
    party, record = shop.make({lot: "900"}, ore="1000")
    (clay,) = record.supplies
    return party, msgspec.structs.replace(
        record, process="bricks.kiln", activity=Raw(b'{"carbonate":"12"}'),
        supplies=[msgspec.structs.replace(clay, material="clay")],
    )


def check_audit(server: Server, installed: list[Path]) -> str:
    done = command(server.home, "audit", server.url, "--vkey", server.vkey, installed=installed)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_sector_from_elsewhere(source: Path, home: Path, tmp_path: Path) -> None:
    """Listed, activated by `serve` on a new home, and its figures are in receipts like any other's."""
    target = tmp_path / "site"
    install(source, target)
    listed = command(home, "plugin", "list", "--json", installed=[target])
    assert listed.returncode == 0, listed.stderr
    (told,) = [one for one in msgspec.json.decode(listed.stdout) if one["name"] == "bricks"]
    assert told["version"] == "2.3.0"
    assert told["names"] == {"en": "Bricks", "zh": "砖瓦"}
    assert told["routes"] == {"kiln": {"en": "Firing in a kiln", "zh": "窑烧"}}
    with Server(home, installed=[target]) as server:
        (told,) = [one for one in httpx.get(f"{server.url}/v1/plugins").json() if one["name"] == "bricks"]
        assert (told["inForce"], told["installed"]) == ("2.3.0", True)
        shop = Workshop("kiln")
        (*_, receipt) = server.post([shop.enrolment(server), *shop.opening(), bricks(shop, "bricks")])
        (lot,) = verify_receipt(receipt, server.vkey).lots
        assert lot.plugin == "bricks/2.3.0"
        assert Decimal(lot.burdens["fossilGhgEmissions"]) == pytest.approx(Decimal(12) * 44 / 12)
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("bricks")}).json()
        assert answer["footprint"] == pytest.approx(44)
        wrong = msgspec.structs.replace(bricks(shop, "more")[1], activity=Raw(b'{"carbonate":"0"}'))
        (problem,) = server.submit(server.envelopes([(shop.party, wrong)]))
        assert not isinstance(problem, Receipt)
        assert problem["field"] == "activity.carbonate"
        assert "not recomputed" not in check_audit(server, [target])


def test_a_sector_that_changes_or_goes(source: Path, home: Path, tmp_path: Path) -> None:
    """A new version is activated by the next `serve`; figures of the old one stay. A server without it says that it
    cannot compute, and an audit without it says what it could not recompute."""
    old, new = tmp_path / "old", tmp_path / "new"
    install(source, old)
    shop = Workshop("kiln")
    with Server(home, installed=[old]) as server:
        server.post([shop.enrolment(server), *shop.opening(), bricks(shop, "first")])
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "pyproject.toml").write_text(PYPROJECT.replace("2.3.0", "2.4.0"), encoding="utf-8")
    (changed / "brickworks.py").write_text(
        MODULE.replace("2.3.0", "2.4.0").replace("clay / 1000 *", "2 * clay / 1000 *"), encoding="utf-8"
    )
    install(changed, new)
    with Server(home, installed=[new]) as server:
        server.post([bricks(shop, "second")])
        figures = [httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name(lot)}).json()
                   for lot in ("first", "second")]
        assert [one["footprint"] for one in figures] == [pytest.approx(44), pytest.approx(88)]
        assert [one["plugin"] for one in figures] == ["bricks/2.3.0", "bricks/2.4.0"]
        assert "not recomputed: 1 records of bricks/2.3.0" in " ".join(check_audit(server, [new]).split())
    with Server(home) as server:
        (answer, kept) = server.submit(server.envelopes([bricks(shop, "third"), shop.mine("ore", "1")]))
        assert not isinstance(answer, Receipt)
        assert (answer["status"], answer["code"]) == (503, "plugin-version")
        assert isinstance(kept, Receipt)
        (told,) = [one for one in httpx.get(f"{server.url}/v1/plugins").json() if one["name"] == "bricks"]
        assert (told["inForce"], told.get("installed", False)) == ("2.4.0", False)
        assert "bricks/2.4.0" in check_audit(server, [])


@pytest.mark.parametrize(("broken", "said"), [
    ("raise RuntimeError('no kiln here')\n", "plugin bricks cannot be loaded: RuntimeError: no kiln here"),
    ("def plugin():\n    return 7\n", "does not return a Sector"),
    (MODULE.replace('name="bricks"', 'name="tiles"'), "does not return a Sector of that name"),
])
def test_a_sector_that_cannot_be_loaded(home: Path, tmp_path: Path, broken: str, said: str) -> None:
    """It is named, and nothing starts without it by mistake."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (source / "brickworks.py").write_text(broken, encoding="utf-8")
    install(source, tmp_path / "site")
    for arguments in (("plugin", "list"), ("serve", "--port", "0")):
        done = command(home, *arguments, installed=[tmp_path / "site"], timeout=60)
        assert done.returncode == 1
        assert said in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
