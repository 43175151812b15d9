"""Workbooks that attack whoever opens them, or that a spreadsheet writes in good faith and a program misreads."""

import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.formula import ArrayFormula
from support.raising import raised

from ledger.client.sheets.drafts import CellReading, RowDraft, SheetFault
from ledger.client.sheets.filled import FilledTemplate
from ledger.client.sheets.rows import Row
from ledger.client.sheets.spelling import (
    FORMATS,
    CellError,
    Formula,
    Style,
    as_entered,
    offset_named,
    wire_value,
)
from ledger.client.sheets.staging import Staging
from ledger.client.sheets.template import Guides
from ledger.client.sheets.vetting import MOST_IN_ROW, MOST_SHARED, MOST_TAGS, MOST_TEXTS, MOST_WHOLE, vetted
from ledger.client.sheets.workbook import Heading, SheetPage, opened, write_pages
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput
from ledger.registry.reference.catalogue import Catalogue

SECONDS = 60
SHEET = "xl/worksheets/sheet1.xml"
GUIDES = Guides(Catalogue(Registry()).reference)
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' +
    b"".join([b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)]) + b"]>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def book(path: Path, fill: Callable[[Any], None]) -> Path:
    """A workbook with one sheet that `fill` fills."""
    made = openpyxl.Workbook()
    fill(made.active)
    made.save(path)
    return path


def ordinary(path: Path) -> Path:
    return book(path, lambda sheet: [sheet.append(row) for row in (["key", "type"], ["1", "pool"])])


def changed(path: Path, part: str, content: Callable[[bytes], bytes], added: bool = False) -> Path:
    """The workbook with another content of one part, or with a further part."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    assert added or part in parts
    parts[part] = content(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


def rows(path: Path) -> list[Row]:
    with opened(path) as source:
        return [row for sheet in source.sheets() for row in source.rows(sheet)]


def refused(path: Path) -> InvalidInput:
    started = time.monotonic()
    with pytest.raises(InvalidInput) as error:
        rows(path)
    assert time.monotonic() - started < SECONDS
    assert error.value.rule
    return error.value


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("prolog", [BOMB, OUTSIDE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(tmp_path: Path, part: str, prolog: bytes, encoding: str) -> None:
    def with_entities(content: bytes) -> bytes:
        text = content[content.index(b"?>") + 2 :] if content.startswith(b"<?xml") else content
        return (prolog.decode() + text.decode()).encode(encoding)

    assert refused(changed(ordinary(tmp_path / "a.xlsx"), part, with_entities)).code == "entities"


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = changed(ordinary(tmp_path / "a.xlsx"), "xl/worksheets/sheet1.xml", lambda old: old + b" " * (300 << 20))
    assert path.stat().st_size < 1 << 20
    assert refused(path).code == "workbook-too-large"
    many = ordinary(tmp_path / "b.xlsx")
    changed(many, "xl/sharedStrings.xml", lambda _: bytes(range(256)) * (MOST_SHARED // 256 + 1), added=True)
    assert refused(many).code == "workbook-too-large"


def test_a_part_that_lies_about_its_size_ends_there(tmp_path: Path) -> None:
    path = ordinary(tmp_path / "a.xlsx")
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as old:
        size = old.getinfo("xl/worksheets/sheet1.xml").file_size
    data = bytearray(bytes(data).replace(size.to_bytes(4, "little"), (16).to_bytes(4, "little")))
    path.write_bytes(data)
    assert refused(path).code == "not-a-workbook"


SAVED = {"xl/styles.xml": b"</fonts>", "xl/workbook.xml": b"</sheets>", "docProps/core.xml": b"</cp:coreProperties>"}


def inserted(path: Path, part: str, before: bytes, text: bytes) -> Path:
    """A workbook with a text in a part, unpacked."""
    return unpacked(changed(ordinary(path), part, lambda old: old.replace(before, text + before, 1)))


def unpacked(path: Path) -> Path:
    """The workbook without compression, so that its size says nothing."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


@pytest.mark.parametrize(("part", "before", "text"), [
    *[(part, before, b"<font/>" * (MOST_TAGS + 1)) for part, before in SAVED.items()],
    *[(part, before, b" " * MOST_WHOLE) for part, before in SAVED.items()],
    (SHEET, b"</row>", b"<c/>" * MOST_IN_ROW),
    (SHEET, b"</row>", b"<x:c/>" * MOST_IN_ROW),
    (SHEET, b"</row>", b'<c t="inlineStr"><is>' + b"<r><t>a</t></r>" * MOST_IN_ROW + b"</is></c>"),
    (SHEET, b"<sheetData>", b'<cols>' + b'<col min="1" max="1"/>' * MOST_TAGS + b"</cols>"),
    (SHEET, b"</sheetData>", (b"<row/>" + b"<a/>" * (MOST_TAGS // 10)) * 11),
    (SHEET, b"</row>", b'<c t="inlineStr"><is><t>' + b"a" * (3 << 20) + b"</t></is></c>"),
])
def test_what_would_fill_the_memory_is_refused_unopened(tmp_path: Path, part: str, before: bytes, text: bytes) -> None:
    path = inserted(tmp_path / "a.xlsx", part, before, text)
    with path.open("rb") as file, pytest.raises(InvalidInput) as error:
        vetted(file)
    assert error.value.code == "workbook-too-large"
    assert error.value.rule


@pytest.mark.parametrize("text", [
    b"<c/>" * 15_000 + b"<!-- <row> -->" + b"<c/>" * 15_000, b"<c/>" * 15_000 + b"<?a <row/> ?>" + b"<c/>" * 15_000,
    b"<c/>" * 15_000 + b"<row/>" + b"<c/>" * 15_000, b"<c/>" * 15_000 + b"<a:row b='>'/>" + b"<c/>" * 15_000,
    b"<c><v><![CDATA[</row><row>]]></v></c>", b"\0",
])
def test_nothing_hides_the_length_of_a_row(tmp_path: Path, text: bytes) -> None:
    path = inserted(tmp_path / "a.xlsx", SHEET, b"</row>", text)
    with path.open("rb") as file, pytest.raises(InvalidInput) as error:
        vetted(file)
    assert error.value.code == "not-a-workbook"


def test_many_and_wide_rows_are_read(tmp_path: Path) -> None:
    cells = b'<c t="inlineStr"><is><t>text</t></is></c>' * 1_000
    wide = b"".join([b'<row r="%d" a=\'/>\'>%s</row>' % (number, cells) for number in range(3, 60)])
    many = b"".join([b'<row r="%d"><c><v>1</v></c><c><v>%s</v></c></row>' % (number, b"7" * 15)
                     for number in range(60, 30_060)])
    assert len(rows(inserted(tmp_path / "a.xlsx", SHEET, b"</sheetData>", wide + many))) == 2 + 57 + 30_000


def test_shared_texts_are_bounded(tmp_path: Path) -> None:
    path = changed(ordinary(tmp_path / "a.xlsx"), "xl/sharedStrings.xml",
                   lambda _: b"<sst>" + b"<si/>" * MOST_TEXTS + b"</sst>", added=True)
    assert refused(unpacked(path)).code == "workbook-too-large"


@pytest.mark.parametrize(("part", "old", "new"), [
    ("[Content_Types].xml", b'PartName="/xl/workbook.xml"', b'PartName="/xl/worksheets/sheet1.xml"'),
    ("[Content_Types].xml", b"</Types>", b'<Override PartName="/xl/media/sheet1.bin" ContentType="application/vnd.'
     b'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'),
    ("xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"/xl/media/sheet1.bin"),
    ("xl/_rels/workbook.xml.rels", b"relationships/worksheet", b"relationships/chartsheet"),
])
def test_a_part_in_the_place_of_another_is_refused(tmp_path: Path, part: str, old: bytes, new: bytes) -> None:
    path = ordinary(tmp_path / "a.xlsx")
    changed(path, "xl/media/sheet1.bin", lambda _: zipfile.ZipFile(path).read(SHEET), added=True)
    assert len(rows(path)) == 2
    with zipfile.ZipFile(path) as book:
        assert book.read(part).count(old) == 1
    error = refused(changed(path, part, lambda content: content.replace(old, new)))
    assert error.code == "not-a-workbook"
    assert "unusual place" in error.message


def test_numbered_parts_are_read(tmp_path: Path) -> None:
    """Some programs number the workbook too."""
    path, other = ordinary(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("workbook.xml", "workbook2.xml"),
                         old.read(name).replace(b"xl/workbook.xml", b"xl/workbook2.xml"))
    assert len(rows(other)) == 2


def test_macros_are_refused(tmp_path: Path) -> None:
    path = changed(ordinary(tmp_path / "a.xlsx"), "xl/vbaProject.bin", lambda _: b"\xd0\xcf", added=True)
    assert refused(path).code == "macros"
    assert refused(ordinary(tmp_path / "b.xlsx").rename(tmp_path / "b.xlsm")).code == "not-a-workbook"
    renamed = changed(ordinary(tmp_path / "c.xlsx"), "[Content_Types].xml", lambda old: old.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"))
    assert refused(renamed).code == "macros"


@pytest.mark.parametrize("content", [b"", b"PK", b"key;type\n1;pool\n", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refused(path).code == "not-a-workbook"


def damaged(path: Path, part: str) -> Path:
    """The workbook with other bytes amid a packed part."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        info = book.getinfo(part)
    begin = info.header_offset + 30 + len(part)
    data[begin + 5 : begin + 25] = [byte ^ 0xFF for byte in data[begin + 5 : begin + 25]]
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("old", "new"), [
    (b"</row>", b'<c r="C1" t="s"><v>999</v></c></row>'),
    (b"</row>", b'<c r="C1" t="s"><v>0.5</v></c></row>'),
    (b"</row>", b'<c r="C1"><f t="shared" si="0">"</f></c><c r="D1"><f t="shared" si="0"/></c></row>'),
    (b"</row>", b'<c r="C1"><v>' + b"1" * 5_000 + b"</v></c></row>"),
    (b"</row>", b'<c r="ZZZZ1"/></row>'),
    (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="ZZZZ1:ZZZZ2"/></mergeCells>'),
])
def test_a_malformed_sheet_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = changed(ordinary(tmp_path / "a.xlsx"), SHEET, lambda sheet: sheet.replace(old, new, 1))
    with pytest.raises(InvalidInput) as error:
        faults(path)
    assert error.value.code == "not-a-workbook"
    assert error.value.rule


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "[Content_Types].xml", "xl/workbook.xml"])
def test_a_damaged_part_is_refused(tmp_path: Path, part: str) -> None:
    assert refused(damaged(ordinary(tmp_path / "a.xlsx"), part)).code == "not-a-workbook"


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_refused(tmp_path: Path, packing: int) -> None:
    path, other = ordinary(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", packing) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert refused(other).code == "not-a-workbook"


def test_a_million_empty_rows_take_bounded_time(tmp_path: Path) -> None:
    def far(sheet: Any) -> None:
        sheet.append(["key", "type"])
        sheet.cell(row=1_048_576, column=1, value="last")

    started = time.monotonic()
    assert [row.number for row in rows(book(tmp_path / "a.xlsx", far))] == [1, 1_048_576]
    empty = b"".join([b'<row r="%d"/>' % number for number in range(3, 100_000)])
    path = changed(ordinary(tmp_path / "b.xlsx"), "xl/worksheets/sheet1.xml",
                   lambda old: old.replace(b"</sheetData>", empty + b"</sheetData>"))
    assert [row.number for row in rows(path)] == [1, 2]
    assert time.monotonic() - started < SECONDS
    beyond = changed(ordinary(tmp_path / "c.xlsx"), "xl/worksheets/sheet1.xml",
                     lambda old: old.replace(b"</sheetData>", b'<row r="900000000"><c r="A900000000"><v>1</v></c></row>'
                                             b"</sheetData>"))
    assert refused(beyond).code == "workbook-too-large"


def test_rows_of_sixteen_thousand_columns_are_refused(tmp_path: Path) -> None:
    wide = book(tmp_path / "a.xlsx", lambda sheet: sheet.cell(row=2, column=16_384, value="x"))
    assert refused(wide).code == "workbook-too-large"


def faults(path: Path, numbers: str = "en") -> list[RowDraft | SheetFault]:
    with opened(path) as source, Staging() as staging:
        return list(FilledTemplate(source, CellReading(Style(FORMATS[numbers]), GUIDES, str), staging).drafts())


HEAD = ["key", "type", "lot", "quantity.value", "time"]


def transfers(path: Path, *lines: Sequence[Any]) -> Path:
    return book(path, lambda sheet: [sheet.append(list(line)) for line in (HEAD, *lines)])


def test_formulas_are_never_evaluated(tmp_path: Path) -> None:
    path = transfers(tmp_path / "a.xlsx", ["1", "transfer", "urn:a:lot", "=1+1", None],
                     ["2", "transfer", "=HYPERLINK(\"http://evil\")", 5, None])
    sheet = openpyxl.load_workbook(path)
    sheet.active["D4"] = ArrayFormula("D4:D5", "=SUM(A1:A2)")
    sheet.active["A4"], sheet.active["B4"] = "3", "transfer"
    sheet.active["E2"] = "#N/A"
    sheet.active["E2"].data_type = "e"
    sheet.save(path)
    cells = [cell for row in rows(path) for cell in row.cells]
    assert Formula("=1+1") in cells
    assert CellError("#N/A") in cells
    found = [one for one in faults(path) if isinstance(one, SheetFault)]
    assert [(str(one.place), one.code, one.value) for one in found] == [
        ("sheet Sheet, row 2, column quantity.value", "formula", "=1+1"),
        ("sheet Sheet, row 2, column time", "cell-error", "#N/A"),
        ("sheet Sheet, row 3, column lot", "formula", '=HYPERLINK("http://evil")'),
        ("sheet Sheet, row 4, column quantity.value", "formula", "=SUM(A1:A2)"),
    ]


def test_text_that_begins_like_a_formula_is_written_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    cells = [["=2+2", Formula("=3+3")], ["@x", "-1"]]
    write_pages(path, [SheetPage("record", [Heading("=1+1", "=note"), Heading("b")], cells, {(2, 1): "=mark"})])
    sheet = openpyxl.load_workbook(path)["record"]
    assert {cell.data_type for row in sheet for cell in row} == {"s"}
    with zipfile.ZipFile(path) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_merged_cells_are_faults(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        for line in (HEAD, ["1", "transfer", "urn:a:lot", 5, None], ["2", "transfer", None, 6, None]):
            sheet.append(line)
        sheet.merge_cells("C2:C3")

    found = [one for one in faults(book(tmp_path / "a.xlsx", fill)) if isinstance(one, SheetFault)]
    assert [(one.code, one.value, one.place.row) for one in found] == [("merged-cells", "C2:C3", 3)]


@pytest.mark.parametrize("epoch", ["1900", "1904"])
def test_dates_of_both_epochs(tmp_path: Path, epoch: str) -> None:
    path = tmp_path / "a.xlsx"
    made = openpyxl.Workbook()
    if epoch == "1904":
        made.epoch = CALENDAR_MAC_1904
    made.active.append(HEAD)
    made.active.append(["1", "transfer", "urn:a:lot", 1, datetime(2026, 3, 31, 8, 30)])
    made.active.append(["2", "transfer", "urn:a:lot", 1, datetime(2026, 3, 31)])
    made.active["E3"].number_format = "yyyy-mm-dd"
    made.save(path)
    assert (b"date1904=\"1\"" in zipfile.ZipFile(path).read("xl/workbook.xml")) == (epoch == "1904")
    drafts = [one for one in faults(path) if isinstance(one, RowDraft)]
    assert [one.tree["time"] for one in drafts] == ["2026-03-31T08:30:00Z", "2026-03-31T00:00:00Z"]


@pytest.mark.parametrize(("form", "end"), [
    ("yyyy-mm-dd", "2026-04-01T00:00:00Z"), ("[$-zh-CN]yyyy\"年\"m\"月\"d\"日\"", "2026-04-01T00:00:00Z"),
    ("[$-de-CH]d. mmmm yyyy", "2026-04-01T00:00:00Z"), ("[$-th-TH]dd/mm/yyyy", "2026-04-01T00:00:00Z"),
    ("yyyy\\hmm", "2026-04-01T00:00:00Z"), ("yyyy_hmm*h", "2026-04-01T00:00:00Z"),
    ("\"the day\" yyyy-mm-dd", "2026-04-01T00:00:00Z"), ("[$-zh-CN]yyyy-mm-dd h:mm", "2026-03-31T00:00:00Z"),
    ("yyyy-mm-dd HH:MM", "2026-03-31T00:00:00Z"), ("h\"时\"mm\"分\"", "2026-03-31T00:00:00Z"),
])
def test_a_day_ends_at_its_end_in_any_language(tmp_path: Path, form: str, end: str) -> None:
    path = tmp_path / "a.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["key", "type", "end"])
    made.active.append(["1", "declaration", datetime(2026, 3, 31)])
    made.active["C2"].number_format = form
    made.save(path)
    (draft,) = faults(path)
    assert isinstance(draft, RowDraft)
    assert draft.tree["end"] == end


@pytest.mark.parametrize(("last", "end"), [
    (datetime(2026, 3, 31, 23, 59), "2026-04-01T00:00:00Z"),
    (datetime(2026, 12, 31, 23, 59, 59), "2027-01-01T00:00:00Z"),
    (datetime(2026, 3, 31, 23, 58, 59), "2026-03-31T23:58:59Z"), (datetime(2026, 3, 31), "2026-03-31T00:00:00Z"),
    ("2026-03-31 23:59", "2026-04-01T00:00:00Z"), ("2026-03-31T23:59:59+00:00", "2026-04-01T00:00:00Z"),
])
def test_the_last_minute_of_a_day_is_its_end(last: datetime | str, end: str) -> None:
    assert wire_value(last, "instant", "", Style(FORMATS["en"]), ends=True) == end


def test_the_last_minute_of_a_day_may_begin_a_period() -> None:
    assert wire_value(datetime(2026, 3, 31, 23, 59), "instant", "", Style(FORMATS["en"])) == "2026-03-31T23:59:00Z"


@pytest.mark.parametrize(("value", "name", "entered"), [
    ("2026-03-31T16:00:00Z", "end", "2026-03-31"), ("2025-12-31T16:00:00Z", "start", "2026-01-01"),
    ("2026-03-31T08:30:00Z", "end", "2026-03-31T16:30:00+08:00"),
    ("0001-01-01T00:00:00Z", "end", "0001-01-01T00:00:00Z"),
    ("97000", "end", "97000"),
])
def test_an_instant_is_shown_as_the_day_that_was_entered(value: str, name: str, entered: str) -> None:
    style = Style(FORMATS["en"], offset_named("+08:00"))
    assert as_entered(value, name, style) == entered
    if len(entered) == 10:
        assert wire_value(entered, "instant", "", style, ends=name == "end") == value


@pytest.mark.parametrize(("cell", "value"), [
    (1234.5, "1234.5"), (7, "7"), ("1234", "1234"), ("\u221212", "-12"), (" 12 ", "12"),
])
def test_cells_with_numbers_need_no_stated_format(cell: float | str, value: str) -> None:
    assert wire_value(cell, "signed decimal", "", Style(None)) == value


@pytest.mark.parametrize("text", ["1,234", "1.5", "1 234", "", "--1", "0x1", "\u0661"])
def test_a_text_that_formats_read_differently_needs_a_stated_one(text: str) -> None:
    error = raised(InvalidInput, wire_value, text, "decimal", "", Style(None))
    assert (error.code, error.value) == ("not-a-number", text)
    assert "--numbers en (1,234.5), de (1.234,5)" in (error.rule or "")


def test_a_fault_of_a_date_names_the_option() -> None:
    error = raised(InvalidInput, wire_value, "31.03.2026", "instant", "", Style(FORMATS["de"]))
    assert "by --dates yyyy-mm-dd (or another of yyyy-mm-dd, dd.mm.yyyy" in (error.rule or "")


@pytest.mark.parametrize(("numbers", "text", "value"), [
    ("en", "1,234", "1234"), ("de", "1,234", "1.234"), ("en", "1.234", "1.234"), ("de", "1.234", "1234"),
    ("fr", "1\u202f234,50", "1234.5"), ("ch", "1'234.5", "1234.5"), ("plain", "0.50", "0.5"),
])
def test_a_text_is_one_number_under_a_stated_format(tmp_path: Path, numbers: str, text: str, value: str) -> None:
    (draft,) = faults(transfers(tmp_path / "a.xlsx", ["1", "transfer", "urn:a:lot", text]), numbers)
    assert isinstance(draft, RowDraft)
    assert draft.tree["quantity"] == {"value": value}


@pytest.mark.parametrize(("numbers", "text"), [
    ("en", "1,23"), ("de", "5.9"), ("plain", "1,234"), ("en", "1 234"), ("en", "1,234,5"), ("de", "1.234.5"),
    ("en", "12 kg"), ("en", "1e5"), ("en", "\u0661"), ("en", "+5"), ("en", ".5"), ("en", "NaN"), ("en", "0x10"),
])
def test_a_text_that_the_format_does_not_allow_is_a_fault(tmp_path: Path, numbers: str, text: str) -> None:
    (fault,) = faults(transfers(tmp_path / "a.xlsx", ["1", "transfer", "urn:a:lot", text]), numbers)
    assert isinstance(fault, SheetFault)
    assert (fault.code, fault.value, str(fault.place)) == (
        "not-a-number", text, "sheet Sheet, row 2, column quantity.value")
    assert FORMATS[numbers].example in (fault.rule or "")


def test_numbers_and_texts_that_look_like_the_other(tmp_path: Path) -> None:
    path = transfers(tmp_path / "a.xlsx", [4711, "transfer", 815, 0.1 + 0.2], ["0012", "transfer", "0815", "7"])
    first, second = [one for one in faults(path) if isinstance(one, RowDraft)]
    assert (first.key, first.tree["lot"], first.tree["quantity"]["value"]) == ("4711", "815", "0.3")
    assert (second.key, second.tree["lot"], second.tree["quantity"]["value"]) == ("0012", "0815", "7")


@pytest.mark.parametrize(("number", "value"), [
    (3120.123456789123, "3120.123456789"), (2 / 3, "0.666666667"), (-2 / 3, "-0.666666667"), (1 / 3000, "0.000333333"),
    (0.1234567894999, "0.123456789"), (12345678.0, "12345678"), (0.00001234567891, "0.00001234567891"),
    (1e-12, "0.000000000001"),
])
def test_numbers_of_workbooks_have_nine_decimals(tmp_path: Path, number: float, value: str) -> None:
    """Small numbers keep all digits, so that the record is refused and no digit is lost without notice."""
    (draft,) = faults(transfers(tmp_path / "a.xlsx", ["1", "transfer", "urn:a:lot", number]))
    assert isinstance(draft, RowDraft)
    assert draft.tree["quantity"]["value"] == value


def test_numbers_that_are_texts_are_not_rounded(tmp_path: Path) -> None:
    (draft,) = faults(transfers(tmp_path / "a.xlsx", ["1", "transfer", "urn:a:lot", "3120.123456789123"]))
    assert isinstance(draft, RowDraft)
    assert draft.tree["quantity"]["value"] == "3120.123456789123"


def test_rows_of_blanks_are_empty(tmp_path: Path) -> None:
    path = transfers(tmp_path / "a.xlsx", ["1", "transfer", "urn:a:lot", 5], [" "], [None, "\u00a0\n", " \t"])
    assert [type(draft) for draft in faults(path)] == [RowDraft]


def noted(path: Path, name: str) -> Path:
    made = openpyxl.load_workbook(transfers(path, ["1", "transfer", "urn:a:lot", 5]))
    made.create_sheet(name).append(["Call the works about the batch"])
    made.save(path)
    return path


def test_a_sheet_with_notes_is_left_out(tmp_path: Path) -> None:
    assert [type(draft) for draft in faults(noted(tmp_path / "a.xlsx", "# Notizen"))] == [RowDraft]
    with pytest.raises(InvalidInput) as error:
        faults(noted(tmp_path / "b.xlsx", "Notizen"))
    assert error.value.message == "sheet Notizen, row 1: no column `key`"
    assert "remove it or begin its name with `#`" in (error.value.rule or "")


def two_sheets(path: Path, record: Sequence[Sequence[Any]], name: str, items: Sequence[Sequence[Any]]) -> Path:
    """A workbook with a sheet of records and a sheet of a list."""
    made = openpyxl.Workbook()
    made.active.title = "record"
    made.create_sheet(name)
    for title, lines in (("record", record), (name, items)):
        for line in lines:
            made[title].append(list(line))
    made.save(path)
    return path


ITEMS = [["key", "lot"], ["1", "urn:a:sheet"]]


@pytest.mark.parametrize(("column", "cell", "sheet", "place", "message"), [
    ("inputs.0.lot", "urn:a:cell", "inputs", "sheet record, row 2", "inputs: the sheet inputs fills it too"),
    ("inputs:json", "[]", "inputs", "sheet record, row 2, column inputs:json", "the sheet inputs fills it too"),
    ("activity", "x", "activity.slags", "sheet record, row 2, column activity",
     "the sheet activity.slags fills a part of it"),
    ("inputs.0.lot", "urn:a:cell", "inputs.parts", "sheet record, row 2",
     "inputs: the sheet inputs.parts fills a part of it"),
])
def test_a_sheet_replaces_no_cell(
    tmp_path: Path, column: str, cell: str, sheet: str, place: str, message: str
) -> None:
    head = ["key", "type", "purpose", column]
    (fault,) = faults(two_sheets(tmp_path / "a.xlsx", [head, ["1", "consumption", "ownUse", cell]], sheet, ITEMS))
    assert isinstance(fault, SheetFault)
    assert (str(fault.place), fault.code, fault.message) == (place, "duplicate-column", message)
    assert fault.rule
    free = two_sheets(tmp_path / "b.xlsx", [head, ["1", "consumption", "ownUse", None]], sheet, ITEMS)
    assert [type(draft) for draft in faults(free)] == [RowDraft]


def test_a_date_where_a_batch_belongs_is_a_fault(tmp_path: Path) -> None:
    """A spreadsheet takes the batch `3-26` for a day."""
    (fault,) = faults(transfers(tmp_path / "a.xlsx", ["1", "transfer", datetime(2026, 3, 26), 5]))
    assert isinstance(fault, SheetFault)
    assert fault.code == "not-a-text"
    assert "as text" in (fault.rule or "")
