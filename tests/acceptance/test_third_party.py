"""A third party's sector: one file and one pyproject outside this repository, installed beside the product."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import httpx
import pytest
from support import server as processes
from support.parties import Party, enrolment, nonces, party
from support.site import raw

from ledger.core.records import Facility, Product, Transformation
from ledger.core.values import Output, Quantity, Supply

MODULE = dedent('''
    """A brewery: the third party's whole plugin."""

    from decimal import Decimal

    from ledger.sdk import Activity, Assessment, Context, Draft, Fraction, Route, Sector


    class Brewing(Activity, frozen=True):
        """`recovered`: the share of fermentation CO2 that is captured and sold."""

        recovered: Fraction = "0"


    def brew(context: Context, activity: Brewing) -> Assessment:
        draft = Draft(context)
        for supply in context.supplied("naturalGas"):
            draft.burn(supply)
        for supply in context.supplied("malt"):
            draft.carbon("boiling", supply.amount("KGM") * Decimal("0.25") * (1 - Decimal(activity.recovered)))
        return draft.assessment()


    def plugin() -> Sector:
        return Sector(
            name="brewery", version="2.1.0", en="Brewery", zh="啤酒厂",
            routes={"brewing": Route(activity=Brewing, assess=brew, en="Brewing", zh="酿造")},
        )
''')

PROJECT = dedent('''
    [build-system]
    requires = ["setuptools>=77"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "somebodys-brewery"
    version = "2.1.0"
    dependencies = ["carbon-ledger>=0.1"]

    [project.entry-points."carbon_ledger.plugins"]
    brewery = "somebodys_brewery:plugin"

    [tool.setuptools]
    py-modules = ["somebodys_brewery"]
''')


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that pip installed the third party's project into, found by every process that tests start."""
    project = tmp_path_factory.mktemp("somebodys-brewery")
    (project / "somebodys_brewery.py").write_text(MODULE)
    (project / "pyproject.toml").write_text(PROJECT)
    target = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(project)],
        check=True, timeout=300,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "_PATHS", (*processes._PATHS, target))
        yield target


def test_the_plugin_is_listed(installed: Path) -> None:
    with processes.temporary_home() as home:
        done = processes.command(home, "plugin", "list", "--json")
    assert done.returncode == 0, done.stderr
    listed = {one["name"]: one for one in json.loads(done.stdout)}
    assert listed["brewery"]["version"] == "2.1.0"
    assert os.fspath(installed) not in done.stdout


def test_the_plugin_is_activated_and_computes(installed: Path) -> None:
    with processes.temporary_home() as home, processes.Server(home) as server:
        brewer, nonce = party(1, "brewer"), nonces(1, "brewery")
        registrar = server.registrar
        server.post([(registrar, enrolment(brewer, registrar, server.origin, next(nonce)))])
        server.post(_records(brewer, nonce))
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": f"{brewer.prefix}batch"}).json()
        # Gas: 100 Nm3 x 389.31 GJ / 10^4 Nm3 x 0.0153 t/GJ x 0.99 x 44/12 = 216.219 kg; boiling: 400 x 0.25 x 0.6 = 60.
        gas = 100 * 389.31 / 10_000 * 0.0153 * 0.99 * 44 / 12 * 1000
        assert answer["footprint"] == pytest.approx(gas + 60, rel=1e-12)
        assert answer["plugin"] == "brewery/2.1.0"
        plugins = {one["name"]: one for one in httpx.get(f"{server.url}/v1/plugins").json()}
        assert plugins["brewery"]["inForce"] == "2.1.0"
        audit = server.audit("--json")
        assert audit.returncode == 0, audit.stdout
        assert json.loads(audit.stdout)["recomputed"] == 1


def _records(brewer: Party, nonce: Iterator[str]) -> list[processes.Posted]:
    site, beer = f"{brewer.prefix}site", f"{brewer.prefix}beer"
    return [
        (brewer, Facility(issuer=brewer.id, nonce=next(nonce), id=site, country="CN", subdivision="CN-SD")),
        (brewer, Product(issuer=brewer.id, nonce=next(nonce), id=beer, sector="brewery", unit="LTR",
                         mass_per_unit=Quantity(value="1.01", unit="KGM"))),
        (brewer, Transformation(
            issuer=brewer.id, nonce=next(nonce), facility=site, start="2026-03-01T00:00:00Z",
            end="2026-03-02T00:00:00Z", process="brewery.brewing", activity=raw({"recovered": "0.4"}),
            supplies=[
                Supply(material="malt", quantity=Quantity(value="400", unit="KGM")),
                Supply(material="water", quantity=Quantity(value="2", unit="TNE"), origin="nature"),
                Supply(material="naturalGas", quantity=Quantity(value="100", unit="NM3"),
                       mass=Quantity(value="71.7", unit="KGM")),
            ],
            outputs=[Output(lot=f"{brewer.prefix}batch", product=beer, role="product",
                            quantity=Quantity(value="2000", unit="LTR"))],
        )),
    ]
