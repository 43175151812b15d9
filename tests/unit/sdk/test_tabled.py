"""Routes made of tables: a sector of a small package, with each malformed cell refused by file, row and column."""

import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from ledger.errors import PluginError
from ledger.registry.scaffold import files_of
from ledger.sdk import Sector, read_sector, read_table_routes, sector_of_files
from ledger.sdk.testing import context, lot, output, run, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

TABLES: Final[Mapping[str, str]] = {
    "__init__.py": '"""A sector of tables."""\n',
    "sector.csv": "name,version,en,zh,mass_tolerance,element_tolerance\nbricks,0.1.0,Bricks,砖,0.02,\n",
    "processes.csv": "route,en,zh,burns_lots\nkiln,Kiln,窑,mineral\npress,Press,压制,\n",
    "activity.csv": "route,field,kind,allowed,default,least,most,unshown,shown_by\n"
                    "kiln,carbonate,fraction,,0.1,0,0.5,0.05,analysis\n"
                    "kiln,held,MTQ,,,0.5,,,\n"
                    "kiln,kilnType,choice,tunnel;chamber,,,,,\n"
                    "kiln,firings,number,,1,1,9,,\n",
    "emissions.csv": "route,of,gas,factor,times,status,source\n"
                     'kiln,clay,CO2,0.44,carbonate,read,"stoichiometry of calcite in clay"\n',
    "ranges.csv": "route,code,of,per,unit,low,high,least,most,lacks,emits,shown_by,indicator,source\n"
                  "kiln,kiln-energy,energy,products,3B/TNE,1000,3000,,9000,naturalGas,,,energyPerTonne,usual values\n"
                  "kiln,clay,clay;class:mineral,products,KGM/KGM,1,1.5,0.5,,clay,0.044,deliveryNote,,usual values\n",
    "indicators.csv": "key,unit,en,zh\nenergyPerTonne,3B/TNE,Energy per tonne,单位产品能耗\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Package"]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Package(tmp_path)
    yield made
    for name in made.names:
        sys.modules.pop(name, None)


class Package:
    """Packages of tables below a folder, each under a name of its own: tables are read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: list[str] = []

    def made(self, **changed: str) -> str:
        """The name of a package with these tables in the place of the usual ones."""
        name = f"tabled_bricks_{self._folder.name}_{len(self.names)}".replace("-", "_")
        self.names.append(name)
        (self._folder / name).mkdir()
        for file, text in {**TABLES, **{f"{key}.csv": text for key, text in changed.items()}}.items():
            (self._folder / name / file).write_text(text, encoding="utf-8")
        return name

    def sector(self, **changed: str) -> Sector:
        return read_sector(self.made(**changed))


def fired(**activity: Any) -> Case:
    return Case(context=context(
        "bricks.kiln", place="CN-AH", outputs=(output("800 KGM", materials={"brick": "1"}),),
        supplies=(supply("clay", "1000 KGM", nature=True), supply("naturalGas", "40 NM3"),
                  supply("electricity", "50 KWH")),
    ), activity=activity)


def pressed() -> Case:
    return Case(context=context("bricks.press", inputs=(lot("900 KGM"),), outputs=(output("900 KGM"),),
                                supplies=(supply("electricity", "20 KWH"),)))


def test_a_sector_of_tables_conforms(package: Package) -> None:
    sector = package.sector()
    assert (sector.name, sector.mass_tolerance, sector.burns_lots) == ("bricks", Decimal("0.02"), {"kiln": "mineral"})
    assert_conforms(sector, [fired(carbonate="0.08", kilnType="tunnel", firings="1"), pressed()])


def test_gas_energy_and_ratio_by_hand(package: Package) -> None:
    """1,000 kg of clay * 0.08 * 0.44, and 40 Nm3 * 38.931 MJ and 180 MJ of power in 0.8 t of bricks."""
    case = fired(carbonate="0.08", firings="1")
    made = run(package.sector(), case.context, case.activity)
    (gas,) = [line for line in made.assessment.lines if line.source == "clay"]
    assert (gas.amount, gas.primary) == (Decimal("35.2"), True)
    assert float(made.assessment.indicators["energyPerTonne"]) == pytest.approx((40 * 38.931 + 180) / 0.8)
    assert made.findings == {}


def test_a_default_counts_for_a_field_that_is_left_out(package: Package) -> None:
    made = run(package.sector(), fired().context, {})
    assert next(line.amount for line in made.assessment.lines if line.source == "clay") == 44


@pytest.mark.parametrize(("activity", "told"), [
    ({"carbonate": "0.6"}, r"activity\.carbonate is 0\.6: it must be from 0 to 0\.5"),
    ({"held": {"value": "100", "unit": "LTR"}}, r"activity\.held is .*: it must be at least 0\.5 MTQ"),
    ({"firings": "10"}, r"activity\.firings is 10: it must be from 1 to 9"),
])
def test_impossible_values_are_refused(package: Package, activity: Mapping[str, Any], told: str) -> None:
    with pytest.raises(PluginError, match=told):
        run(package.sector(), fired().context, activity)


def test_a_word_that_is_no_choice_is_refused(package: Package) -> None:
    kind = package.sector().routes["kiln"].activity
    with pytest.raises(msgspec.ValidationError, match="kilnType"):
        msgspec.json.decode(b'{"kilnType":"ring"}', type=kind)


def test_values_outside_of_ranges_are_found(package: Package) -> None:
    """No clay is impossible, and 0.6 kg per kg is unusual; much gas is unusual, too much impossible."""
    sector = package.sector()

    def found(clay: str, gas: str) -> Mapping[str, bool]:
        given = context("bricks.kiln", outputs=(output("800 KGM"),),
                        supplies=(supply("clay", clay), supply("naturalGas", gas)))
        findings: Mapping[str, bool] = run(sector, given, {}).findings
        return findings

    assert found("480 KGM", "40 NM3") == {"clay-unusual": False}
    assert found("399 KGM", "80 NM3") == {"clay-impossible": True, "kiln-energy-unusual": False}
    assert found("1000 KGM", "200 NM3") == {"kiln-energy-impossible": True}


def test_nothing_made_is_refused(package: Package) -> None:
    given = context("bricks.press", inputs=(lot("900 KGM"),), outputs=(output("900 KGM", "waste"),))
    assert run(package.sector(), given, {}).findings == {"nothing-made": True}


@pytest.mark.parametrize(("file", "old", "new", "told"), [
    ("activity", "kiln,held,MTQ", "oven,held,MTQ", r"activity\.csv row 3: route is 'oven': it must be one of"),
    ("activity", "kiln,held,MTQ", "kiln,held,M3", r"row 3: kind is 'M3'"),
    ("activity", "kiln,held,MTQ", "kiln,carbonate,MTQ", r"row 3: field is 'carbonate': it must be another name"),
    ("activity", "kiln,held,MTQ", "kiln,analyses,MTQ", r"row 3: field is 'analyses': it must be a name"),
    ("activity", "tunnel;chamber", "", r"row 4: allowed is '': it must be words of a choice"),
    ("activity", "kiln,held,MTQ,,", "kiln,held,MTQ,,3", r"row 3: default is '3': it must be empty"),
    ("activity", "kiln,held,MTQ,,,0.5,,", "kiln,held,MTQ,,,0.5,,0.6", r"row 3: unshown is '0\.6': it must be empty"),
    ("emissions", "0.44", "much", r"emissions\.csv row 2: factor is 'much': it must be a number of at least 0"),
    ("emissions", ",carbonate,", ",held,", r"times is 'held': it must be fractions of the route"),
    ("emissions", "CO2", "smoke", r"gas is 'smoke'"),
    ("emissions", '"stoichiometry of calcite in clay"', "", r"source is '': it must be filled in"),
    ("ranges", "3B/TNE", "3B", r"ranges\.csv row 2: unit is '3B': it must be a ratio of two Rec 20 units"),
    ("ranges", "3B/TNE", "KGM/TNE", r"unit is 'KGM/TNE': it must be a unit of energy for energy"),
    ("ranges", "1000,3000", "3000,1000", r"low is '3000': it must be least <= low <= high <= most"),
    ("ranges", "energyPerTonne", "energyPerBrick", r"indicator is 'energyPerBrick': it must be a key"),
    ("processes", "route,en", "way,en", r"processes\.csv row 2: route is None: it must be a column"),
    ("processes", "mineral", "coal", r"burns_lots is 'coal'"),
])
def test_a_malformed_cell_is_named(package: Package, file: str, old: str, new: str, told: str) -> None:
    text = TABLES[f"{file}.csv"]
    assert old in text
    with pytest.raises(PluginError, match=told):
        package.sector(**{file: text.replace(old, new)})


def test_two_sectors_in_a_package_are_refused(package: Package) -> None:
    with pytest.raises(PluginError, match=r"has 2 sectors in sector\.csv"):
        package.sector(sector=TABLES["sector.csv"] + "tiles,0.1.0,Tiles,瓦,,\n")


def scaffolded() -> dict[str, bytes]:
    """The files of a new package of tables, by name."""
    package = "carbon_ledger_salt_works/"
    return {path.removeprefix(package): text.encode() for path, text in files_of("salt-works", tables=True).items()
            if path.startswith(package)}


def test_files_are_the_sector_that_their_package_is(package: Package) -> None:
    """Read as data, with none of the package's code, they assess as the package does."""
    name = package.made(**{})
    files = {**{file: text.encode() for file, text in TABLES.items()}, "__init__.py": scaffolded()["__init__.py"]}
    sector, other = sector_of_files("bricks", files), read_sector(name)
    assert sector is not None
    case = fired(carbonate="0.08", kilnType="tunnel", firings="1")
    assert run(sector, case.context, case.activity) == run(other, case.context, case.activity)
    assert (sector.indicators, sector.needs, sector.burns_lots) == (other.indicators, other.needs, other.burns_lots)


def test_a_new_sector_of_tables_is_one_of_files() -> None:
    sector = sector_of_files("salt-works", scaffolded())
    assert sector is not None
    assert (sector.name, list(sector.routes), len(sector.needs["making"])) == ("salt-works", ["making"], 1)


@pytest.mark.parametrize("code", [
    {"__init__.py": b"import os\n"}, {"making.py": b""}, {"__init__.py": b"("}, {"__init__.py": b"\xff"},
    {"__init__.py": b"-" * 200_000 + b"1\n"}, {"__init__.py": b"not " * 1_000 + b"1\n"},
])
def test_files_with_other_code_are_no_data(code: Mapping[str, bytes]) -> None:
    assert sector_of_files("salt-works", {**scaffolded(), **code}) is None
    reader = scaffolded()["__init__.py"]
    assert sector_of_files("salt-works", {**scaffolded(), "__init__.py": reader + b"print(1)\n"}) is None


@pytest.mark.parametrize(("file", "table"), [
    ("needs.csv", b"way\nmaking\n"), ("needs.csv", b"route,any_of,priced_as,usual,unit,per,least,source\nmaking\n"),
    ("nature.csv", b"route,group,most,source\nmaking,water,much,judgement\n"), ("words.csv", b"\xff\xfe"),
    ("ranges.csv", b"route,code\nmaking,x\n"),
])
def test_malformed_tables_of_files_are_refused(file: str, table: bytes) -> None:
    with pytest.raises(PluginError) as refused:
        sector_of_files("salt-works", {**scaffolded(), file: table})
    assert refused.value.code == "invalid-table"


def test_a_package_without_tables_has_no_routes() -> None:
    assert read_table_routes("ledger.sdk.data") == {}
