"""Packages of factor sets: written as a whole or not at all, and read with every fault of their files."""

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from support.factor_tables import factor, files, group, source, supply, table
from support.raising import raised

from ledger.core.record.units import UNITS
from ledger.errors import ConfigurationError, InvalidInput, PluginError
from ledger.footprint.stored.gwp import AR6
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
from ledger.sdk.sets.factor_set import SET_BOUNDARIES, SUPPLY_KINDS
from ledger.sdk.sets.reading import (
    CLASS_COLUMNS,
    FACTOR_COLUMNS,
    SOURCE_COLUMNS,
    SUPPLY_COLUMNS,
    Fault,
    digest_of_files,
    digest_of_folder,
    parse_tables,
    parse_version,
    read_version,
)

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
        f"{PACKAGE}/v2026_1/digest.txt",
    }
    assert found[f"{PACKAGE}/v2026_1/digest.txt"] == f"{digest_of_files(TABLES)}\n".encode()
    assert not any(b"$" in data for data in found.values())
    assert [path.name for path in written.parent.iterdir()] == ["river"]


def test_a_released_version_does_not_change(written: Path) -> None:
    """An example, which its author is to change, is not released."""
    folder = written / PACKAGE / "v2026_1"
    assert read_version("river-works", "2026.1", folder).digest == digest_of_files(TABLES)
    (folder / "factors.csv").write_bytes(NEXT["factors.csv"])
    error = raised(PluginError, read_version, "river-works", "2026.1", folder)
    assert (error.code, error.field, digest_of_files(TABLES) in error.message) == ("version-changed", "version", True)
    assert not any("digest.txt" in path for path in set_files(SetNames("river-works"), "1"))


def test_the_versions_of_the_open_set_are_released() -> None:
    """Each states its digest: a change needs another version."""
    package = set_package(OPEN_SET, "factors-open")
    assert package is not None
    for folder in package.versions.values():
        stated = package.module.parent / folder / "digest.txt"
        assert stated.read_text(encoding="utf-8").strip() == digest_of_folder(stated.parent)


def test_a_version_is_added_last(written: Path) -> None:
    package = set_package(written, "river-works")
    assert package.versions == {"2026.1": "v2026_1"}
    assert add_version(package, "2026.2+b", NEXT) == written / PACKAGE / "v2026_2_b"
    again = set_package(written, "river-works")
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
    assert list(set_package(folder, "factors-open").versions) == [*package.versions, "2027.1"]


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


# Every fault of a set's files is found, all of them at once, with file, line, field, value and rule.


GUIDE = Path(__file__).parents[3] / "plugins" / "README.md"

NAMES = "short ASCII names of letters and digits"
NAME = "a short ASCII name of letters and digits"
PLACE = "an ISO 3166 code, a grid region, a continent, EU or *"
PAIRS = "pairs `GAS VALUE` with a plain decimal number of at least zero"
GASES = "pairs `GAS VALUE` with a gas of: " + " ".join(sorted(AR6))
SCORES = "five scores from 1 (best) to 5, separated by spaces"
UNCERTAIN = "filled in, or the pedigree: every factor has an uncertainty"
DEVIATION = "a geometric standard deviation above 1 and below 1000"
SUPPLIES = [
    (supply("two words"), "key", "two words", NAME),
    (supply("a" * 65, en="long", zh="长"), "key", "a" * 65, NAME),
    (supply("a", aliases="b; c-d"), "aliases", "c-d", NAMES),
    (supply("d", kind="stuff"), "kind", "stuff", "one of " + " ".join(SUPPLY_KINDS)),
    (supply("e", unit="kg"), "unit", "kg", "one of " + " ".join(UNITS)),
    (supply("f", en=" "), "en", "", "filled in"),
    (supply("g", zh=""), "zh", "", "filled in"),
    (supply("h", density="0"), "density", "0", "above 0"),
    (supply("i", heating_value="1e3"), "heating_value", "1e3", "a plain decimal number"),
    (supply("j", **{"class": "nobody"}), "class", "nobody", "a class of classes.csv"),
    (supply("sand"), "key", "sand", "the name of one supply: sand has it"),
    (supply("k", aliases="b"), "aliases", "b", "the name of one supply: a has it"),
]
FACTORS = [
    (factor(boundary="gate"), "boundary", "gate", "one of " + " ".join(SET_BOUNDARIES)),
    (factor(place="China"), "place", "China", PLACE),
    (factor(place="A", gases="CO2e 2", year=2001) | {"year": "1899"}, "place", "A", PLACE),
    (factor(place="AD") | {"year": "20"}, "year", "20", "a year from 1900 to 2200"),
    (factor(place="AE", gases=""), "gases", "", "filled in"),
    (factor(place="AF", gases="CO2 1;XX 2"), "gases", "XX 2", GASES),
    (factor(place="AG", gases="CO2 1e3"), "gases", "CO2 1e3", PAIRS),
    (factor(place="AI", gases="CO2 -1"), "gases", "CO2 -1", PAIRS),
    (factor(place="AL", gases="CO2 1;CO2 2"), "gases", "CO2 2", "each gas once"),
    (factor(place="AM", gases="CO2e 1;CH4 2"), "gases", "CO2e 1;CH4 2", "either CO2e alone, or gases"),
    (factor(place="AO", potentials="AR9"), "potentials", "AR9", "empty, or one of AR4 AR5 AR6"),
    (factor(place="AR", low="0.5"), "high", "", "given together with the other end of the range"),
    (factor(place="AS", high="2"), "low", "", "given together with the other end of the range"),
    (factor(place="AT", low="2", high="3"), "low", "2 to 3", "a range that holds the factor's 1 kg CO2e"),
    (factor(place="AU", pedigree=""), "deviation", "", UNCERTAIN),
    (factor(place="AW", pedigree="1 2 3 4"), "pedigree", "1 2 3 4", SCORES),
    (factor(place="AZ", pedigree="1 2 3 4 6"), "pedigree", "1 2 3 4 6", SCORES),
    (factor(place="BA", deviation="1"), "deviation", "1", DEVIATION),
    (factor(place="BB", deviation="1000"), "deviation", "1000", DEVIATION),
    (factor(place="BD", status="guessed"), "status", "guessed", "one of read recalled"),
    (factor(place="BE", source=""), "source", "", "filled in"),
    (factor(place="BF", source="nobody"), "source", "nobody", "an id of the sources"),
    (factor("granite", place="BG"), "key", "granite", "a key of the supplies"),
    (factor(key="", place="BH"), "key", "", "filled in"),
    (factor(), "row", "sand/cradleToGate/*/2020", "there once"),
]
SOURCES = [
    (source("", title="T"), "id", "", "filled in"),
    (source("a", title=""), "title", "", "filled in"),
    (source("b", publisher=""), "publisher", "", "filled in"),
    (source("c", year="soon"), "year", "soon", "a year from 1900 to 2200"),
    (source("d", licence=""), "licence", "", "filled in"),
    (source("s"), "id", "s", "there once"),
]
CLASSES = [
    (group("two words", "w"), "class", "two words", NAME),
    (group("rock", "stone") | {"en": ""}, "en", "", "filled in"),
    (group("rock", "stone"), "class", "rock", "there once"),
]


def test_each_fault_is_found_and_all_at_once() -> None:
    texts = files(
        [supply("sand"), *[row for row, *_ in SUPPLIES]], [factor(), *[row for row, *_ in FACTORS]],
        [source(), *[row for row, *_ in SOURCES]], [row for row, *_ in CLASSES],
    )
    expected = {
        *[Fault("supplies.csv", line, *fault) for line, (_, *fault) in enumerate(SUPPLIES, start=3)],
        *[Fault("factors.csv", line, *fault) for line, (_, *fault) in enumerate(FACTORS, start=3)],
        *[Fault("sources.csv", line, *fault) for line, (_, *fault) in enumerate(SOURCES, start=3)],
        *[Fault("classes.csv", line, *fault) for line, (_, *fault) in enumerate(CLASSES, start=2)],
        # The row of place A has two faults.
        Fault("factors.csv", 5, "year", "1899", "a year from 1900 to 2200"),
    }
    tables, faults = parse_tables(texts)
    assert sorted(faults) == sorted(expected)
    # Sound rows stay: the second class `rock` has a fault, and so has the first, which lacks its name.
    assert [one.key for one in tables.supplies] == ["sand"]
    assert [one.row for one in tables.factors] == ["sand/cradleToGate/*/2020"]
    assert ([one.id for one in tables.sources], tables.classes) == (["s"], [])


def test_the_error_shows_twenty_faults_and_counts_the_rest() -> None:
    texts = files([supply("sand")], [factor(place="China", year=2000 + i) for i in range(25)])
    error = raised(PluginError, parse_version, "tests", "1", texts)
    lines = error.message.split("\n")
    assert (lines[0], lines[1]) == ("factor set tests@1:", f"factors.csv line 2: place is 'China': it must be {PLACE}")
    assert (lines[20], lines[21:]) == (f"factors.csv line 21: place is 'China': it must be {PLACE}", ["and 5 more"])
    assert (error.code, error.field, error.value, error.rule) == (
        "invalid-factors", "place", "China", PLACE,
    )


def test_a_fault_in_one_row_makes_none_in_others() -> None:
    """A supply or source with a fault still has its name, so rows that refer to it are sound."""
    _, faults = parse_tables(files([supply("sand", unit="kg")], [factor()], [source(year="x")]))
    assert [(fault.file, fault.field) for fault in faults] == [("sources.csv", "year"), ("supplies.csv", "unit")]


@pytest.mark.parametrize(("name", "data", "fault"), [
    ("supplies.csv", b"key,kind\nsand,material\n",
     Fault("supplies.csv", 1, "header", "key,kind", "with unit,en,zh,synonyms,aliases,density,heating_value,hs,class")),
    ("factors-x.csv", b"", Fault("factors-x.csv", 1, "header", "", "with " + ",".join(FACTOR_COLUMNS))),
    ("supplies-x.csv", table(SUPPLY_COLUMNS, [supply("a")]) + "b,material,KGM,\xe9,z,,,,,,\n".encode("latin-1"),
     Fault("supplies-x.csv", 3, "encoding", "byte 0xe9", "UTF-8")),
    ("supplies-x.csv", table(SUPPLY_COLUMNS, [supply("a")]) + b"b,material,KGM,red, brown,z,,,,,,,\n",
     Fault("supplies-x.csv", 3, "line", ",", "of 11 cells: quote a cell that has a comma")),
    ("supplies-x.csv", table(SUPPLY_COLUMNS, [supply("a")]) + b'b,material,KGM,"open\n',
     Fault("supplies-x.csv", 3, "line", "unexpected end of data", "CSV with commas and double quotation marks")),
])
def test_files_that_are_no_table(name: str, data: bytes, fault: Fault) -> None:
    _, faults = parse_tables({**files([supply("sand")], [factor()]), name: data})
    assert faults[0] == fault


def test_lines_are_counted_with_blank_ones() -> None:
    texts = files([supply("sand")], [factor()])
    texts["supplies.csv"] += b"\n\nrock,material,kg,rock,\xe7\x9f\xb3,,,,,,\n"
    assert [(fault.line, fault.value) for fault in parse_tables(texts)[1]] == [(5, "kg")]


def test_cells_are_read_by_column() -> None:
    texts = files(
        [supply("diesel", kind="fuel", synonyms="gas oil; 轻柴油 ;", aliases="gasOil", density="830.7",
                heating_value="43", hs="271019;2710")],
        [factor("diesel", gases="CO2 3.1863; CH4 0.000129", boundary="combustion", potentials="", deviation="1.05",
                low="3", high="3.5", status="recalled", locator="table 1", note="a note")],
        classes=[group("fuel", "fuel;oil")],
    )
    read = parse_version("tests", "1", texts)
    entry, row = read.supplies["diesel"], read.rows["diesel/combustion/*/2020"]
    assert (entry.synonyms, entry.aliases, entry.hs) == (("gas oil", "轻柴油"), ("gasOil",), ("271019", "2710"))
    assert (entry.density, entry.heating_value, entry.group) == (Decimal("830.7"), Decimal(43), "")
    assert row.gases == (("CO2", Decimal("3.1863")), ("CH4", Decimal("0.000129")))
    assert (row.low, row.high, row.deviation, row.pedigree) == (3, Decimal("3.5"), Decimal("1.05"), (1, 2, 3, 4, 5))
    assert (row.potentials, row.recalled, row.locator, row.note) == (None, True, "table 1", "a note")
    assert read.classes["fuel"].words == ("fuel", "oil")
    assert read.entry("gasOil") is entry


def test_the_guide_names_every_column() -> None:
    guide = GUIDE.read_text(encoding="utf-8").partition("# Writing a factor set")[2]
    for columns, name in ((SUPPLY_COLUMNS, "supplies"), (FACTOR_COLUMNS, "factors"), (SOURCE_COLUMNS, "sources"),
                          (CLASS_COLUMNS, "classes")):
        rows = guide.partition(f"| `{name}*.csv`")[2].partition("*.csv`")[0]
        assert [column for column in columns if f"`{column}`" not in rows] == [], name


def test_the_digest_depends_on_names_and_bytes_of_the_files() -> None:
    """By `printf 'factor-set/1\\na.csv e3b0…b855\\n' | sha256sum`: the hash of an empty file is e3b0…b855."""
    empty = digest_of_files({"a.csv": b""})
    assert empty == "7aacd99961349d6633382eaaa1f8f7e9735f4c5a49617b1501cab4c9b803985b"
    assert digest_of_files({"b.csv": b""}) != empty
    assert digest_of_files({"a.csv": b"x"}) != empty
    assert digest_of_files({"a.csv": b"", "b.csv": b"x"}) == digest_of_files({"b.csv": b"x", "a.csv": b""})
