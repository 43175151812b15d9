"""`plugin new` writes what it says and nothing over; `plugin factors` lists every row with its source."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from support.cli import run
from support.factor_tables import factor, supply, version
from support.raising import raised

from ledger.engine.sectors import Installed, Registry
from ledger.errors import ConfigurationError
from ledger.registry.factors import SDK, ListedFactor, listed, page, section, set_section
from ledger.registry.installed import installed
from ledger.registry.scaffold import files_of
from ledger.sdk import FactorRow, Sector
from ledger.sdk.testing.sources import faults_of_row

PAGE = Path(__file__).parents[3] / "plugins" / "FACTORS.md"
FILES = ["pyproject.toml", "README.md", "carbon_ledger_deep_sea/__init__.py", "carbon_ledger_deep_sea/sector.py",
         "carbon_ledger_deep_sea/making.py", "carbon_ledger_deep_sea/factors.csv", "carbon_ledger_deep_sea/py.typed",
         "tests/test_deep_sea.py"]


def test_a_new_plugin_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    done = run("plugin", "new", "deep-sea", "--output", str(folder), "--en", "Deep sea", "--zh", "深海", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"folder": str(folder), "files": FILES}
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(FILES)
    front = (folder / "carbon_ledger_deep_sea/sector.py").read_text(encoding="utf-8")
    assert 'name="deep-sea", version="0.1.0", en="Deep sea", zh="深海"' in front
    assert 'deep-sea = "carbon_ledger_deep_sea:plugin"' in (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert not any("$" in path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


def test_a_new_factor_set_is_written(tmp_path: Path) -> None:
    folder, package = tmp_path / "mine", "carbon_ledger_river_works"
    titles = ["--en", "River works", "--zh", "河工"]
    done = run("plugin", "new", "river-works", "--kind", "factors", "--output", str(folder), *titles, "--json")
    assert done.code == 0, done.err
    tables = ("supplies", "factors", "sources")
    names = ["pyproject.toml", "README.md", f"{package}/__init__.py", f"{package}/py.typed",
             "tests/test_river_works.py", *[f"{package}/v1/{table}.csv" for table in tables]]
    assert json.loads(done.out) == {"folder": str(folder), "files": names}
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(names)
    front = (folder / package / "__init__.py").read_text(encoding="utf-8")
    assert 'read_factor_set("river-works", __name__, VERSIONS, en="River works", zh="河工")' in front
    assert 'river-works = "carbon_ledger_river_works:factor_set"' in (folder / "pyproject.toml").read_text("utf-8")
    assert not any("$" in path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
    for table in tables:
        assert len((folder / package / "v1" / f"{table}.csv").read_text(encoding="utf-8").splitlines()) == 3
    assert run("plugin", "new", "x", "--kind", "exchange", "--output", str(tmp_path / "x")).code == 2


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    done = run("plugin", "new", "bricks", "--output", str(tmp_path))
    assert done.code == 1
    assert "is not empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(("name", "en", "zh"), [
    ("Bricks", None, None), ("2d", None, None), ("a_b", None, None), ("bricks-", None, None), ("../x", None, None),
    ("", None, None), ("a" * 41, None, None), ("bricks", 'a"b', None), ("bricks", None, "砖\\"),
    ("bricks", "a\nb", None),
])
def test_names_that_cannot_be(name: str, en: str | None, zh: str | None) -> None:
    error = raised(ConfigurationError, files_of, name, en, zh)
    assert error.code == "plugin-name"
    assert error.rule


def test_factors_are_listed() -> None:
    done = run("plugin", "factors", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    (shanghai,) = [one for one in found if (one["place"], one.get("year")) == ("CN-SH", 2022)]
    assert (shanghai["owner"], shanghai["table"], shanghai["value"], shanghai["unit"]) == (
        SDK, "electricity-china", "0.5849", "KWH",
    )
    # 43.33 GJ/t * 0.0202 t C/GJ * 0.98 * 44/12 * 1000
    (diesel,) = [one for one in found if one["key"] == "diesel" and one["table"] == "fuels-china"]
    assert (diesel["value"], diesel["unit"], diesel["boundary"]) == ("3145.12", "TNE", "combustion")
    assert {one["owner"] for one in found} >= {SDK, "steel", "equipment"}
    told = run("plugin", "factors")
    assert told.code == 0
    assert "0.5849" in told.out


FACTORS = listed(installed())


@pytest.mark.parametrize("factor", FACTORS, ids=lambda one: f"{one.table}:{one.key}/{one.place}/{one.year}")
def test_every_factor_has_unit_source_year_boundary_and_status(factor: ListedFactor) -> None:
    assert factor.status in ("read", "recalled")
    assert factor.boundary in ("combustion", "generation", "cradleToGate", "process")
    if factor.table == "fuels-china":  # defaults of a guideline, of no year
        assert factor.year is None
        return
    assert factor.year is not None
    row = FactorRow(
        table=factor.table, key=factor.key, place=factor.place, year=factor.year, value=Decimal(factor.value),
        unit=factor.unit, gas=factor.gas, boundary="process", status=factor.status, source=factor.source,
    )
    assert list(faults_of_row(row)) == []


def test_the_page_of_factors_is_the_one_that_would_be_made() -> None:
    """Section by section, so that a sector that is not installed here is no fault."""
    text = PAGE.read_text(encoding="utf-8")
    owners = {one.owner for one in FACTORS}
    for owner in owners:
        told = section(owner, [one for one in FACTORS if one.owner == owner])
        assert told in text, f"{owner}: carbon-ledger plugin factors --markdown > plugins/FACTORS.md"
    assert text.startswith(page([]))


def test_the_page_lists_the_supplies_of_each_set() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sets = installed().sets.values()
    assert sets
    for one in sets:
        assert set_section(one.newest) in text, \
            f"{one.name}: carbon-ledger plugin factors --markdown > plugins/FACTORS.md"


def test_a_set_on_the_page_by_hand() -> None:
    rows = version(
        [supply("sand", en="sand | grit", zh="砂"), supply("diesel", kind="fuel", heating_value="43", zh="柴油"),
         supply("gravel", zh="砾石")],
        [factor("sand", "*", 2019, low="0.5", high="2"),
         factor("sand", "*", 2021, "CO2 1;CH4 0.1", low="1", high="9.50"),
         factor("sand", "DE", status="recalled"), factor("diesel", boundary="wellToTank", gases="CO2e 0.7"),
         factor("diesel", boundary="combustion", gases="CO2 3.2"), factor("gravel", "CN")],
    )
    assert set_section(rows).split("\n") == [
        "## tests@1", "", "Supplies: 3; factors: 6, 1 of them `recalled`; sources: 1.", "", "`material`", "",
        "| key | English | Chinese | per | rows | kg CO2e | boundary | range |", "|---|---|---|---|---|---|---|---|",
        "| gravel | some gravel | 砾石 | kilogram | 1 |  |  |  |",
        # 1 + 0.1 * 29.8
        "| sand | sand \\| grit | 砂 | kilogram | 3 | 3.98 | cradleToGate | 1 to 9.5 |", "", "`fuel`", "",
        "| key | English | Chinese | per | rows | kg CO2e | boundary | range |", "|---|---|---|---|---|---|---|---|",
        "| diesel | some diesel | 柴油 | kilogram | 2 | 0.7 | wellToTank |  |", "",
    ]


def test_a_plugin_of_one_module_has_no_tables() -> None:
    single = Installed(Sector(name="one", version="0.1.0", en="One", zh="一", routes={}), "0" * 64, "one", "json.tool")
    assert {one.owner for one in listed(Registry([single]))} == {SDK}
