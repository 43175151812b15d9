"""Packages of factor sets are written as a whole or not at all, and a version never changes."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.factor_tables import factor, files, source, supply
from support.raising import raised

from ledger.errors import ConfigurationError, InvalidInput
from ledger.registry import set_packages
from ledger.registry.set_import import read_import
from ledger.registry.set_packages import (
    SetNames,
    add_version,
    check_version,
    folder_of,
    set_files,
    set_package,
    write_new,
)
from ledger.sdk.sets.reading import digest_of_files

TABLES = files([supply("sand")], [factor("sand", low="0", high="2")])
NEXT = files([supply("sand")], [factor("sand", low="0", high="3")])
PACKAGE = "carbon_ledger_river_works"
OPEN_SET = Path(__file__).parents[3] / "plugins" / "factors-open"


def tree(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    folder = tmp_path / "river"
    write_new(folder, set_files(SetNames("river-works"), "2026.1", TABLES))
    return folder


def test_a_package_has_the_tables_as_they_are(written: Path) -> None:
    found = tree(written)
    assert {name: found[f"{PACKAGE}/v2026_1/{name}"] for name in TABLES} == TABLES
    assert set(found) - {f"{PACKAGE}/v2026_1/{name}" for name in TABLES} == {
        "pyproject.toml", "README.md", f"{PACKAGE}/__init__.py", f"{PACKAGE}/py.typed", "tests/test_river_works.py",
    }
    assert not any(b"$" in data for data in found.values())
    assert [path.name for path in written.parent.iterdir()] == ["river"]


def test_a_version_is_added_last(written: Path) -> None:
    package = set_package(written, "river-works")
    assert package is not None
    assert package.versions == {"2026.1": "v2026_1"}
    assert add_version(package, "2026.2+b", NEXT) == written / PACKAGE / "v2026_2_b"
    again = set_package(written, "river-works")
    assert again is not None
    assert list(again.versions.items()) == [("2026.1", "v2026_1"), ("2026.2+b", "v2026_2_b")]
    assert {name: tree(written)[f"{PACKAGE}/v2026_2_b/{name}"] for name in NEXT} == NEXT
    assert {name: tree(written)[f"{PACKAGE}/v2026_1/{name}"] for name in TABLES} == TABLES


def test_a_version_is_added_to_the_open_set(tmp_path: Path) -> None:
    """Its package was written by hand, with VERSIONS on one line."""
    folder = tmp_path / "open"
    shutil.copytree(OPEN_SET, folder, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    before = (folder / "carbon_ledger_factors_open/__init__.py").read_text(encoding="utf-8")
    package = set_package(folder, "factors-open")
    assert package is not None
    add_version(package, "2027.1", NEXT)
    after = (folder / "carbon_ledger_factors_open/__init__.py").read_text(encoding="utf-8")
    head, _, tail = before.partition("VERSIONS: Final = {")
    assert after.startswith(head)
    assert after.endswith(tail.partition("}")[2])
    assert '    "2027.1": "v2027_1",\n}' in after
    again = set_package(folder, "factors-open")
    assert again is not None
    assert list(again.versions) == [*package.versions, "2027.1"]


@pytest.mark.parametrize(("version", "tables", "message"), [
    ("2026.1", NEXT, "has version '2026.1' already"), ("2026-1", NEXT, "has version '2026-1' already"),
    ("2026.2", TABLES, "version '2026.1' has the same content"), ("", NEXT, "is not a valid version"),
    ("a:b", NEXT, "is not a valid version"), ("a@b", NEXT, "is not a valid version"), ("../x", NEXT, "not a valid"),
])
def test_a_version_that_cannot_be_added(
    written: Path, version: str, tables: Mapping[str, bytes], message: str
) -> None:
    before = tree(written)
    package = set_package(written, "river-works")
    assert package is not None
    with pytest.raises(ConfigurationError, match=message) as caught:
        add_version(package, version, tables)
    assert caught.value.field == "version"
    assert caught.value.rule
    assert tree(written) == before


@pytest.mark.parametrize("step", ["replace", "_write"])
def test_a_write_that_fails_leaves_nothing(written: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The disk is full after the files of the version, or among them."""
    original = getattr(set_packages, step)

    def full(path: Path, data: object, *rest: object) -> None:
        if step == "_write":
            original(path, data)
        raise OSError(28, "No space left on device")

    before = tree(written)
    package = set_package(written, "river-works")
    assert package is not None
    with monkeypatch.context() as patched:
        patched.setattr(set_packages, step, full)
        assert "No space" in str(raised(OSError, add_version, package, "2026.2", NEXT))
    assert tree(written) == before
    assert sorted(path.name for path in (written / PACKAGE).iterdir()) == ["__init__.py", "py.typed", "v2026_1"]
    add_version(package, "2026.2", NEXT)


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_package_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    folder = tmp_path / "own"
    if exists:
        folder.mkdir()
    moves = []
    original = Path.replace

    def fails(path: Path, target: Path) -> Path:
        moves.append(target)
        if len(moves) == (3 if exists else 1):
            raise OSError(5, "Input/output error")
        return original(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fails)
        assert "Input/output" in str(raised(
            OSError, write_new, folder, set_files(SetNames("river-works"), "1", TABLES)
        ))
    assert [path.name for path in tmp_path.iterdir()] == (["own"] if exists else [])
    assert not exists or list(folder.iterdir()) == []


def test_a_folder_that_holds_something_else(tmp_path: Path, written: Path) -> None:
    assert set_package(tmp_path / "new", "river-works") is None
    for name in ("other", "river"):
        with pytest.raises(ConfigurationError, match="not the package of a factor set") as caught:
            set_package(written, name)
        assert caught.value.field == "output"
    (written / PACKAGE / "__init__.py").write_text("VERSIONS = dict(a=1)\n", encoding="utf-8")
    assert "has no VERSIONS" in str(raised(ConfigurationError, set_package, written, "river-works"))
    (written / "pyproject.toml").write_text("[[[", encoding="utf-8")
    assert "not the package of a factor set" in str(raised(ConfigurationError, set_package, written, "river-works"))


def test_folders_of_versions() -> None:
    assert [folder_of(version) for version in ("2026.1", "1", "2026-1_b+c")] == ["v2026_1", "v1", "v2026_1_b_c"]
    check_version("2026.1-rc+1")


def import_of(folder: Path, tables: Mapping[str, bytes]) -> list[str]:
    paths = []
    for name, data in tables.items():
        (folder / name).write_bytes(data)
        paths.append(folder / name)
    found = read_import("own", "1", paths, 2026)
    return [str(fault).removeprefix(f"{folder}/") for fault in found.faults]


def test_headers_say_which_table_a_file_is(tmp_path: Path) -> None:
    names = {"supplies.csv": "what we buy.csv", "factors.csv": "factors-2026.csv", "sources.csv": "Quellen.CSV",
             "classes.csv": "k.csv"}
    paths = []
    for name, own in names.items():
        (tmp_path / own).write_bytes(TABLES[name])
        paths.append(tmp_path / own)
    found = read_import("own", "1", paths, 2026)
    assert list(found.faults) == []
    assert found.tables == {
        "supplies-what we buy.csv": TABLES["supplies.csv"], "factors-2026.csv": TABLES["factors.csv"],
        "sources-Quellen.csv": TABLES["sources.csv"], "classes-k.csv": TABLES["classes.csv"],
    }
    assert found.version.digest == digest_of_files(found.tables)
    assert list(found.version.rows) == ["sand/cradleToGate/*/2020"]


def test_faults_of_form_and_of_rules_with_their_lines(tmp_path: Path) -> None:
    """Rules between rows wait until no row has a fault: gravel has a factor, but its row cannot be read."""
    faults = import_of(tmp_path, files(
        [supply("sand", hs="x"), supply("gravel")],
        [factor("sand", "XX", low="0", high="2"), factor("gravel", year=1999, gases="CO2e -1")], [source()],
    ))
    assert faults == [
        "factors.csv line 3: gases is 'CO2e -1': it must be pairs `GAS VALUE` with a plain decimal number of at least "
        "zero",
        "supplies.csv line 2: hs is 'x': it must be 2 to 10 digits of an HS or CN code",
        "factors.csv line 2: place is 'XX': it must be an ISO 3166 code, a grid region, EU, * or one of AFR ASI EUR "
        "NAM OCE SAM",
    ]


def test_rules_between_rows(tmp_path: Path) -> None:
    faults = import_of(tmp_path, files(
        [supply("sand"), supply("gravel")], [factor("sand", status="recalled")], [source()],
    ))
    assert faults == [
        "files: status is 'recalled in 1 of 1 rows': it must be `read` in more than 90 % of the rows",
        "supplies.csv line 2: low is '': it must be filled in for a material: in its newest row for the world, or in "
        "any row if the world has no row",
        "supplies.csv line 3: key is 'gravel': it must be the key of at least one factor",
    ]


def test_files_that_are_missing_or_no_table(tmp_path: Path) -> None:
    faults = import_of(tmp_path, {"a.csv": b"\xff\x00,b\n", "b.csv": b"", "c.csv": TABLES["supplies.csv"]})
    assert [fault.partition(":")[0] for fault in faults] == ["a.csv line 1", "b.csv line 1", "files", "files"]
    assert "factors is ''" in faults[2]
    assert "sources is ''" in faults[3]


def test_two_files_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for path in (tmp_path / "supplies.csv", tmp_path / "x" / "supplies.csv"):
        path.write_bytes(TABLES["supplies.csv"])
    with pytest.raises(InvalidInput, match=r"would both be supplies\.csv"):
        read_import("own", "1", [tmp_path / "supplies.csv", tmp_path / "x" / "supplies.csv"], 2026)
