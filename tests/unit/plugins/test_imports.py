"""Sector plugins use the SDK and the standard library, at the top of the file, and are packaged with their factors."""

import ast
import importlib
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ledger.sdk import Sector, read_factors, rows

ROOT = Path(__file__).parents[3] / "plugins"
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/pyproject.toml"))
PLUGINS = [name for name in PACKAGES if "carbon_ledger.plugins" in (ROOT / name / "pyproject.toml").read_text()]


def _package(plugin: str) -> str:
    return "carbon_ledger_" + plugin.replace("-", "_")


TABLES = [name for name in PLUGINS if (ROOT / name / _package(name) / "factors.csv").exists()]


def test_the_sectors_of_the_action_plan_are_there() -> None:
    assert {"building-materials", "circular", "consumer-goods", "electronics", "energy", "equipment", "logistics",
            "nonferrous", "petrochemicals", "steel"} <= set(PLUGINS)
    assert set(PACKAGES) - set(PLUGINS) == {"cbam", "factors-open"}


def _sources(plugin: str) -> list[Path]:
    return sorted((ROOT / plugin).rglob("carbon_ledger_*/**/*.py"))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "." * node.level


@pytest.mark.parametrize("plugin", PACKAGES)
def test_only_the_sdk_and_the_standard_library_are_imported(plugin: str) -> None:
    own = _package(plugin)
    files = _sources(plugin)
    assert files
    for path in files:
        for name in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            root = name.partition(".")[0]
            assert name == "ledger.sdk" or root == own or root in sys.stdlib_module_names, f"{path.name}: {name}"


@pytest.mark.parametrize("plugin", PACKAGES)
def test_no_import_hides_in_a_function(plugin: str) -> None:
    for path in _sources(plugin):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert list(_imports(node)) == [], f"{path.name}: {node.name}"


@pytest.mark.parametrize("plugin", PACKAGES)
def test_no_module_imports_its_package_root(plugin: str) -> None:
    for path in _sources(plugin):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == _package(plugin):
                names = {alias.name for alias in node.names}
                assert names <= {p.stem for p in _sources(plugin)}, f"{path.name}: {names}"


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_entry_point_gives_the_sector(plugin: str) -> None:
    project = tomllib.loads((ROOT / plugin / "pyproject.toml").read_text(encoding="utf-8"))
    points = project["project"]["entry-points"]["carbon_ledger.plugins"]
    assert list(points) == [plugin]
    sector = EntryPoint(plugin, points[plugin], "carbon_ledger.plugins").load()()
    assert isinstance(sector, Sector)
    assert (sector.name, sector.version) == (plugin, "0.1.0"), "it goes into figures; the package has its own version"
    assert project["project"]["name"] == f"carbon-ledger-{plugin}"
    assert ("*.csv" in project["tool"]["setuptools"]["package-data"][_package(plugin)]) == (plugin in TABLES)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_name_is_english_and_chinese(plugin: str) -> None:
    sector = importlib.import_module(_package(plugin)).plugin()
    for named in (sector, *sector.routes.values(), *sector.indicators.values()):
        assert named.en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in named.zh)


def _ratios(plugin: str) -> Sequence[Mapping[str, str]]:
    """The ratios of the routes that are made of tables."""
    try:
        return rows(_package(plugin), "ranges.csv")
    except FileNotFoundError:
        return ()


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_indicator_that_is_given_is_described(plugin: str) -> None:
    sector = importlib.import_module(_package(plugin)).plugin()
    given, made_up = set(), False
    for path in _sources(plugin):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "indicate":
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    given.add(name.value)
                else:
                    made_up = True
    given |= {row["indicator"] for row in _ratios(plugin) if row["indicator"]}
    assert given <= set(sector.indicators)
    # Where a name is put together from a material, the sector's own tests see that it is described.
    assert made_up or given == set(sector.indicators)


@pytest.mark.parametrize("plugin", TABLES)
def test_every_factor_says_where_it_comes_from(plugin: str) -> None:
    for row in read_factors(_package(plugin), "factors.csv", plugin):
        assert row.status in ("read", "recalled"), row.name
        assert len(row.source) > 20, row.name
        assert row.value > 0, row.name


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_field_of_an_activity_is_described(plugin: str) -> None:
    sector = importlib.import_module(_package(plugin)).plugin()
    for name, route in sector.routes.items():
        described = " ".join(cls.__doc__ or "" for cls in route.activity.__mro__)
        for field in route.activity.__struct_fields__:
            assert f"`{field}`" in described, f"{plugin}.{name}: {field}"
