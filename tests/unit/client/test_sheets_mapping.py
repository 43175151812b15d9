"""Lists of other programs become records by a mapping."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.cli.supplier.record_files import RecordDraft, read_drafts
from ledger.client.sheets.columns import (
    Tree,
    column_named,
    columns_named,
    escaped,
    fill,
    flattened,
    typed,
    unescaped,
    with_lists,
)
from ledger.client.sheets.drafts import CellReading, DraftRow, RowDraft, SheetFault
from ledger.client.sheets.mapping import ListMapping, MappedList, read_mapping
from ledger.client.sheets.rows import Row, opened_csv
from ledger.client.sheets.signing import ChangedValue, changed_values
from ledger.client.sheets.spelling import FORMATS, Style, offset_named, wire_value
from ledger.client.sheets.staging import Staging
from ledger.client.sheets.tables import flat_table, joined, tables_of
from ledger.client.sheets.template import Guides
from ledger.client.sheets.workbook import opened
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput
from ledger.registry.reference.catalogue import Catalogue

GUIDES: Final = Guides(Catalogue(Registry()).reference)
ORDERS: Final = b"""
type = "consumption"
key = "{Order}"

[only]
Move = ["261", "262"]

[fields]
purpose = "ownUse"
time = "{Posted}"
destination = "plant {Plant}"

[rows.inputs]
lot = "urn:example:mill:lot:{Batch}"
"quantity.value" = "{Quantity}"
"quantity.unit" = "{Unit}"

[values.Unit]
KG = "KGM"
"""
LIST: Final = """\
Order;Move;Posted;Plant;Batch;Quantity;Unit
7;261;31.03.2026;1000;A1;1.234,5;KG
7;261;31.03.2026;1000;A2;0,50;KG
x;101;;;;;
8;262;31.03.2026;1000;A1;2;KG
"""


def drafts(
    folder: Path, text: str, mapping: bytes | ListMapping = ORDERS, offset: str = "+01:00", dates: str = "dd.mm.yyyy"
) -> list[RowDraft | SheetFault]:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    reading = CellReading(Style(FORMATS["de"], offset_named(offset), dates), GUIDES, str)
    stated = read_mapping(mapping) if isinstance(mapping, bytes) else mapping
    with opened_csv(path) as rows, Staging() as staging:
        return list(MappedList(stated, rows, reading, staging).drafts())


def book_drafts(folder: Path, *lines: Sequence[Any], mapping: bytes = ORDERS
                ) -> tuple[list[RowDraft | SheetFault], int]:
    """The drafts of a workbook with the columns of `LIST`, and the number of its skipped rows. `#N/A` is an error."""
    book = openpyxl.Workbook()
    for line in (LIST.splitlines()[0].split(";"), *lines):
        book.active.append(list(line))
    for row in book.active:
        for cell in row:
            if cell.value == "#N/A":
                cell.data_type = "e"
    book.save(folder / "list.xlsx")
    reading = CellReading(Style(FORMATS["de"], offset_named("+01:00"), "dd.mm.yyyy"), GUIDES, str)
    with opened(folder / "list.xlsx") as rows, Staging() as staging:
        mapped = MappedList(read_mapping(mapping), rows, reading, staging)
        return list(mapped.drafts()), mapped.skipped


def faults(found: Sequence[RowDraft | SheetFault]) -> list[tuple[str, str, str | None]]:
    return [(str(one.place), one.code, one.value) for one in found if isinstance(one, SheetFault)]


def test_adjacent_rows_of_a_key_are_one_record(tmp_path: Path) -> None:
    first, second = drafts(tmp_path, LIST)
    assert isinstance(first, RowDraft)
    assert (first.key, first.tree) == ("7", {
        "type": "consumption", "purpose": "ownUse", "time": "2026-03-30T23:00:00Z", "destination": "plant 1000",
        "inputs": [
            {"lot": "urn:example:mill:lot:A1", "quantity": {"value": "1234.5", "unit": "KGM"}},
            {"lot": "urn:example:mill:lot:A2", "quantity": {"value": "0.5", "unit": "KGM"}},
        ],
    })
    assert isinstance(second, RowDraft)
    assert [part.row.number for part in second.parts] == [5, 5]
    places = [str(first.part_of(path).place_of(path)) for path in (
        "$.inputs[1].quantity.value", "$.inputs[1].lot", "$.time", "$.inputs[0]", "$.purpose")]
    assert places == ["row 3, column Quantity", "row 3, column Batch", "row 2, column Posted", "row 2", "row 2"]


@pytest.mark.parametrize(("old", "new", "fault"), [
    ("1.234,5;KG", "1,234.5;KG", ("row 2, column Quantity", "not-a-number", "1,234.5")),
    ("0,50;KG", "0,50;LB", ("row 3, column Unit", "unmapped-value", "LB")),
    ("7;261;31.03.2026;1000;A2", "7;261;30.03.2026;1000;A2", ("row 3, column Posted", "unlike-rows", "30.03.2026")),
    ("7;261;31.03.2026;1000;A1", "7;261;2026-03-31;1000;A1", ("row 2, column Posted", "not-a-date", "2026-03-31")),
    ("A1;2;KG\n", "A1;2;KG\n7;261;31.03.2026;1000;A3;1;KG\n", ("row 6, column Order", "duplicate-key", "7")),
    ("8;262", ";262", ("row 5, column Order", "no-key", None)),
    ("1000;A1;2", "1000;;2", ("row 5, column Batch", "missing-field", None)),
])
def test_a_fault_in_a_row(tmp_path: Path, old: str, new: str, fault: tuple[str, str, str | None]) -> None:
    assert LIST.count(old) == 1
    assert fault in faults(drafts(tmp_path, LIST.replace(old, new)))


def order(number: object, move: object, unit: object = "KG") -> list[object]:
    return [number, move, "31.03.2026", "1000", "A1", 5, unit]


@pytest.mark.parametrize(("text", "code"), [("=A2", "formula"), ("#N/A", "cell-error")])
def test_a_cell_without_a_value_neither_names_nor_skips_a_row(tmp_path: Path, text: str, code: str) -> None:
    found, skipped = book_drafts(
        tmp_path, order("7", "261"), order(text, "261"), order("9", text), order(text, "101"), order("8", "262", text))
    assert faults(found) == [
        ("sheet Sheet, row 3, column Order", code, text), ("sheet Sheet, row 4, column Move", code, text),
        ("sheet Sheet, row 6, column Unit", code, text)]
    assert ([draft.key for draft in found if isinstance(draft, RowDraft)], skipped) == (["7"], 1)


def test_a_month_is_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    mapping = b'type = "report"\nkey = "{k}"\n[fields]\nstart = "{p}"\nend = "{p}"\n"figures.a.value" = "{v}"\n'
    found = drafts(tmp_path, "k,p,v\n1,2026-12,-5\n2,01.03.2026,1\n", mapping, "+08:00")
    assert [(one.tree["start"], one.tree["end"]) for one in found if isinstance(one, RowDraft)] == [
        ("2026-11-30T16:00:00Z", "2026-12-31T16:00:00Z"), ("2026-02-28T16:00:00Z", "2026-03-01T16:00:00Z")]
    (first, _) = found
    assert isinstance(first, RowDraft)
    assert first.tree["figures"] == {"a": {"value": "-5"}}


@pytest.mark.parametrize(("cell", "start", "end"), [
    ("01.2026", "2025-12-31T16:00:00Z", "2026-01-31T16:00:00Z"), ("1.2026", "2025-12-31T16:00:00Z",
                                                                 "2026-01-31T16:00:00Z"),
    ("12.2026", "2026-11-30T16:00:00Z", "2026-12-31T16:00:00Z"), ("2026-12", "2026-11-30T16:00:00Z",
                                                                  "2026-12-31T16:00:00Z"),
])
def test_a_month_with_a_dot_is_whole_too(cell: str, start: str, end: str) -> None:
    style = Style(FORMATS["de"], offset_named("+08:00"), "mm.yyyy")
    assert (wire_value(cell, "instant", "", style), wire_value(cell, "instant", "", style, ends=True)) == (start, end)


@pytest.mark.parametrize("cell", ["13.2026", "00.2026", "01.26", "31.01.2026", "01.0000", "01/2026"])
def test_no_other_text_is_a_month_with_a_dot(cell: str) -> None:
    assert raised(
        InvalidInput, wire_value, cell, "instant", "", Style(FORMATS["de"], dates="mm.yyyy")
    ).code == "not-a-date"
    raised(InvalidInput, wire_value, "01.2026", "instant", "", Style(FORMATS["de"], dates="dd.mm.yyyy"))


OUTPUTS: Final = b"""
type = "transformation"
key = "{k}"
[fields]
"outputs.0.lot" = "urn:a:lot:{k}"
"outputs.0.quantity.value" = "{kg}"
"outputs.0.quantity.unit" = "KGM"
"outputs.1.lot" = "urn:a:lot:{second}"
"outputs.1.quantity.value" = "{second kg}"
"outputs.1.quantity.unit" = "KGM"
"supplies.0.carrier" = "electricity"
"""


def test_an_item_without_any_cell_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("k;kg;second;second kg\n1;5;;\n2;5;b;3\n3;5;b;\n4;5;;3\n", encoding="utf-8")
    reading = CellReading(Style(FORMATS["de"]), GUIDES, str)
    with opened_csv(path) as rows, Staging() as staging:
        listed = MappedList(read_mapping(OUTPUTS), rows, reading, staging)
        found = list(listed.drafts())
    trees = [one.tree for one in found if isinstance(one, RowDraft)]
    assert [[output["lot"] for output in tree["outputs"]] for tree in trees] == [
        ["urn:a:lot:1"], ["urn:a:lot:2", "urn:a:lot:b"], ["urn:a:lot:3", "urn:a:lot:b"]]
    assert trees[0]["supplies"] == [{"carrier": "electricity"}], "constants alone have no cells"
    assert trees[2]["outputs"][1]["quantity"] == {"unit": "KGM"}, "one cell is filled: signing refuses the other"
    assert (faults(found), listed.empty) == ([("row 5, column second", "missing-field", None)], {"outputs.1": 1})


def test_an_item_of_a_row_without_any_cell_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST.replace("A2;0,50;KG", ";;"), encoding="utf-8")
    reading = CellReading(Style(FORMATS["de"], dates="dd.mm.yyyy"), GUIDES, str)
    with opened_csv(path) as rows, Staging() as staging:
        listed = MappedList(read_mapping(ORDERS), rows, reading, staging)
        first, _ = listed.drafts()
    assert isinstance(first, RowDraft)
    assert [item["lot"] for item in first.tree["inputs"]] == ["urn:example:mill:lot:A1"]
    assert listed.empty == {"inputs": 1}


@pytest.mark.parametrize(("old", "new", "code", "rule"), [
    (b"{Batch}", b"{Btch}", "unknown-column", "nearest: Batch"), (b"Move =", b"Kind =", "unknown-column", "nearest"),
    (b'key = "{Order}"', b"", "invalid-mapping", "TOML"), (b"[only]", b"[onyl]", "invalid-mapping", "TOML"),
    (b"[only]", b"[only", "invalid-mapping", "TOML"), (b"ownUse", b"\xff", "invalid-mapping", "TOML"),
    (b"destination =", b"key =", "invalid-mapping", "a path of the record"),
    (b"destination =", b'"#note" =', "invalid-mapping", "a path of the record"),
    (b"destination =", b'"" =', "invalid-mapping", "a path of the record"),
    (b"destination =", b'"time.x" =', "duplicate-column", "a part of column time"),
    (b"destination =", b'"time:json" =', "duplicate-column", "the same field"),
    (b"destination =", b'"inputs.0.lot" =', "duplicate-column", "a part of column inputs"),
    (b"destination =", b'"inputs" =', "duplicate-column", "the same field"),
    (b"lot =", b"key =", "invalid-mapping", "a path of the record"),
    (b"lot =", b'"quantity" =', "duplicate-column", "a part of column quantity"),
    (b"destination =", b'"a.' + b"1" * 5_000 + b'" =', "not-csv", "such as outputs.0.lot"),
    (b"[rows.inputs]", b'[rows."inputs..x"]', "not-csv", "such as outputs.0.lot"),
    (b'"consumption"', b'"consumtion"', "unknown-schema", "consumption"),
])
def test_a_wrong_mapping(tmp_path: Path, old: bytes, new: bytes, code: str, rule: str) -> None:
    assert old in ORDERS
    with pytest.raises(Exception, match=r".") as error:
        drafts(tmp_path, LIST, ORDERS.replace(old, new))
    assert getattr(error.value, "code", "") == code
    assert rule in f"{error.value}; {getattr(error.value, 'rule', '')}"


def test_a_name_above_two_columns_is_not_one_of_them(tmp_path: Path) -> None:
    assert "two columns have the name 'Batch'" in str(raised(
        InvalidInput, drafts, tmp_path, LIST.replace("Quantity", "Batch", 1)
    ))


def test_the_header_may_stand_further_down(tmp_path: Path) -> None:
    mapping = b"header = 3\n" + ORDERS.lstrip()
    assert drafts(tmp_path, "Export of orders;;\n2026-04-01;;\n" + LIST, mapping)[0].place == ("", 4, None, "")
    assert "row 3 is empty" in str(raised(
        InvalidInput, drafts, tmp_path, "Export of orders;;\n2026-04-01;;\n\n" + LIST, mapping
    ))


@pytest.mark.parametrize("data", [b"\xff\xfe", b'a,b\n"x', b"a,b\n\xff,1\n"])
def test_what_is_no_csv(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "list.csv").write_bytes(data)
    with opened_csv(tmp_path / "list.csv") as rows, pytest.raises(InvalidInput) as error:
        list(rows.rows(""))
    assert error.value.code == "not-csv"


@pytest.mark.parametrize(("cell", "ends", "offset"), [
    ("31.12.9999", True, "+00:00"), (date(9999, 12, 31), True, "+00:00"), ("9999-12", True, "+00:00"),
    ("0000-05", False, "+00:00"), ("01.01.0001", False, "+08:00"),
    ("0001-01", False, "+08:00"), (datetime(9999, 12, 31, 23), False, "-08:00"),
])
def test_a_date_outside_of_the_calendar_is_a_fault(cell: str | date, ends: bool, offset: str) -> None:
    style = Style(FORMATS["de"], offset_named(offset), "dd.mm.yyyy")
    with pytest.raises(InvalidInput) as error:
        wire_value(cell, "instant", "", style, ends=ends)
    assert error.value.code == "not-a-date"
    assert "9999" in (error.value.rule or "")


@pytest.mark.parametrize("text", ["1" * 5_000, "-" + "1" * 5_000, "9007199254740992"])
@pytest.mark.parametrize(("field", "suffix"), [("whole number", ""), ("", "int")])
def test_a_whole_number_has_at_most_sixteen_digits(text: str, field: str, suffix: str) -> None:
    style = Style(FORMATS["de"])
    assert raised(InvalidInput, wire_value, text, field, suffix, style).code == "not-a-whole-number"
    assert wire_value("9007199254740991", field, suffix, style) == (1 << 53) - 1


@pytest.mark.parametrize("text", ["8", "+8:00", "+24:00", "CET", "+08:60"])
def test_an_offset_is_stated_as_hours_and_minutes(text: str) -> None:
    raised(InvalidInput, offset_named, text)


# Any tree that a record may have becomes columns, and comes back as it was.


NAMES: Final = st.sampled_from(
    ["lot", "quantity", "digest", "int", "a.b", "12", "x:int", "x:y", "", " a", "#n", "key", "=f", "y:json"])
TEXTS: Final = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=1+1", "-5.5", "-x", "'", "@a", "+1", "0.50", "true", "a\nb", "a\r\nb", " a", "", "{}", "_x000D_"])
VALUES: Final = st.recursive(
    TEXTS | st.integers(-(1 << 53) + 1, (1 << 53) - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12)
TREES: Final = st.dictionaries(
    st.sampled_from(["id", "activity", "outputs", "inputs", "names", "time"]), VALUES, max_size=5)


def digest(text: str) -> str:
    return text


def read(cells: dict[str, str]) -> Tree:
    tree: Tree = {}
    columns_named(list(cells))
    for name, text in cells.items():
        column = column_named(name)
        fill(tree, column.path, typed(text, column.kind, digest))
    return with_lists(tree, {})


@given(TREES)
def test_a_record_comes_back_from_its_columns(tree: Tree) -> None:
    cells = flattened(tree)
    assert all(text and text == text.strip() for text in cells.values())
    assert read(cells) == tree


@given(TREES)
def test_sign_reads_the_same_record_from_csv(tree: Tree) -> None:
    table = flat_table([("1", {"type": "pool", **tree})])
    text = io.StringIO(newline="")
    csv.writer(text).writerows([table.columns, [table.rows[0].get(name, "") for name in table.columns]])
    (draft,) = read_drafts(io.BytesIO(text.getvalue().encode()))
    assert isinstance(draft, RecordDraft)
    assert draft.tree == {"type": "pool", **tree}


@given(TREES)
def test_a_record_comes_back_from_its_tables(tree: Tree) -> None:
    record, *lists = tables_of([("k", {"type": "pool", **tree})])
    whole = read({name: text for name, text in record.rows[0].items() if name != "key"})
    items = {
        table.path: [read({name: text for name, text in row.items() if name != "key"}) for row in table.rows]
        for table in lists
    }
    assert joined(whole, items) == {"type": "pool", **tree}


@given(TEXTS)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = escaped(text)
    assert unescaped(cell) == text
    assert cell[:1] not in ("=", "+", "@")
    assert cell[:1] != "-" or cell.replace(".", "").lstrip("-").isdigit()


@pytest.mark.parametrize(("names", "code"), [
    (["a", "a"], "duplicate-column"), (["a", "a.b"], "duplicate-column"), (["a..b"], "not-csv"), ([".a"], "not-csv"),
])
def test_headers_that_contradict_themselves(names: list[str], code: str) -> None:
    assert raised(InvalidInput, columns_named, names).code == code


def test_notes_and_the_key_fill_nothing() -> None:
    assert [column.path for column in columns_named(["#a", "key", "keys.0.spki"]) if column is not None] == [
        (), (), ("keys", "0", "spki")]


@pytest.mark.parametrize(("text", "kind"), [("x", "int"), ("1.5", "int"), ("yes", "bool"), ("{", "json"),
                                            ('{"a":1,"a":2}', "json"), ("NaN", "json")])
def test_a_cell_that_is_no_value_of_its_kind(text: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        typed(text, kind, digest)


def test_a_field_of_no_name_has_no_column() -> None:
    tree: Any = {"a.b": "c"}
    raised(InvalidInput, flattened, tree)


# The values by which a changed row of an import differs from its record.


def test_each_value_that_differs_is_named_by_its_column() -> None:
    power = {"material": "electricity", "quantity": {"value": "30000", "unit": "KWH"}}
    old = {"process": "equipment.casting", "supplies": [power], "inputs": ["a", "b"], "heats": 1}
    less = {**power, "quantity": {"value": "13000", "unit": "KWH"}}
    new = {"process": "equipment.casting", "supplies": [less], "inputs": ["a"], "moulding": "shell"}
    assert changed_values(msgspec.json.encode(old), msgspec.json.encode(new)) == (
        ChangedValue("supplies.0.quantity.value", '"30000"', '"13000"'),
        ChangedValue("inputs", '["a","b"]', '["a"]'),
        ChangedValue("heats", "1", "nothing"),
        ChangedValue("moulding", "nothing", '"shell"'),
    )
    assert changed_values(msgspec.json.encode(old), msgspec.json.encode(old)) == ()


# The cell that a refusal is about.


DRAFTS_NAMES = ["key", "carrier", "quantity.value", "quantity.unit", "meter.1.id", "note"]
CELLS = ["1", "naturalGas", "12", "MTQ", "m-1", None]


@pytest.mark.parametrize(("field", "header"), [
    ("$.supplies[1].carrier", "carrier"),
    ("$.supplies[1].quantity.unit", "quantity.unit"),
    ("$.supplies[1].quantity", "quantity.value"),
    ("$.supplies[1].meter[0]", ""),
    ("$.supplies[1].meter[0].id", "meter.1.id"),
    ("$.supplies[1].carrier.name", "carrier"),
    ("$.supplies[1].note", "note"),
    ("$.supplies[1].mass", ""),
    ("$.supplies[1]", ""),
])
def test_a_field_has_the_cell_that_filled_it_or_its_amount(field: str, header: str) -> None:
    positions = {column.path: i for i, column in enumerate(columns_named(DRAFTS_NAMES))
                 if column is not None and column.path}
    place = DraftRow("$.supplies[1]", Row("supplies", 3, CELLS), positions, DRAFTS_NAMES).place_of(field)
    assert (place.sheet, place.row, place.header) == ("supplies", 3, header)
