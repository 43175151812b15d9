"""Every fault of a set's files is found, all of them at once, with file, line, field, value and rule."""

from decimal import Decimal
from pathlib import Path

import pytest
from support.factor_tables import factor, files, group, source, supply, table
from support.raising import raised

from ledger.core.record.units import UNITS
from ledger.errors import PluginError
from ledger.footprint.stored.gwp import AR6
from ledger.sdk.sets.factor_set import SET_BOUNDARIES, SUPPLY_KINDS
from ledger.sdk.sets.reading import (
    CLASS_COLUMNS,
    FACTOR_COLUMNS,
    SOURCE_COLUMNS,
    SUPPLY_COLUMNS,
    Fault,
    digest_of_files,
    parse_tables,
    parse_version,
)

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
    texts = files([supply("sand")], [factor()])
    _, faults = parse_tables({**texts, name: data})
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
