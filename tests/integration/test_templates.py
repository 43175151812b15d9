"""The template of each kind and process comes back from CSV, workbook and JSON as the same bytes, and a real ledger
takes it once its ids are there."""

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile

import msgspec
import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook
from support.cli import run
from support.server import Server, prepared_home
from support.templates import Examples, owner

from ledger.cli.supplier.record_files import RecordDraft, read_drafts
from ledger.cli.supplier.template import write_workbook
from ledger.client.sheets.columns import Tree
from ledger.client.sheets.drafts import CellReading, RowDraft
from ledger.client.sheets.filled import FilledTemplate
from ledger.client.sheets.rows import Rows, opened_csv
from ledger.client.sheets.spelling import FORMATS, Style
from ledger.client.sheets.staging import Staging
from ledger.client.sheets.template import csv_text, json_text, keyed, template_sheets
from ledger.client.sheets.workbook import Heading, SheetPage, opened, write_pages
from ledger.core.record import canonical
from ledger.core.record.kinds import Transformation
from ledger.registry.installed import installed
from ledger.registry.reference.texts import field_texts

EXAMPLES = Examples(installed(sets=False))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as serving:
        serving.post(list(EXAMPLES.enrolments(serving)))
        yield serving


def bodies(trees: Sequence[Tree]) -> list[bytes]:
    return [canonical.encode(tree) for tree in trees]


def signable(data: bytes) -> list[Tree]:
    """The records that `sign` reads."""
    drafts = list(read_drafts(io.BytesIO(data)))
    assert all(isinstance(draft, RecordDraft) for draft in drafts), drafts
    return [draft.tree for draft in drafts if isinstance(draft, RecordDraft)]


def imported(rows: Rows) -> list[RowDraft]:
    """The records that `import` reads."""
    reading = CellReading(Style(FORMATS["plain"]), EXAMPLES.guides, str)
    with Staging() as staging:
        drafts = list(FilledTemplate(rows, reading, staging).drafts())
    assert all(isinstance(draft, RowDraft) for draft in drafts), drafts
    return [draft for draft in drafts if isinstance(draft, RowDraft)]


def test_the_examples_are_of_every_kind_and_process() -> None:
    assert len(EXAMPLES.names) > 80
    for name in EXAMPLES.names:
        last = EXAMPLES.whole(name)[-1]
        assert name in (last["type"], last.get("process"))
        assert not {"issuer", "nonce"} & set(last)


@pytest.mark.parametrize("name", EXAMPLES.names)
def test_it_comes_back_from_every_form(name: str, tmp_path: Path) -> None:
    trees = EXAMPLES.whole(name)
    last = [trees[-1]]
    assert (bodies(signable(json_text(last))), bodies(signable(json_text(trees)))) == (bodies(last), bodies(trees))
    table, book = tmp_path / "record.csv", tmp_path / "record.xlsx"
    table.write_text(csv_text(keyed(last)), encoding="utf-8")
    assert bodies(signable(table.read_bytes())) == bodies(last)
    with opened_csv(table) as rows:
        assert bodies([draft.tree for draft in imported(rows)]) == bodies(last)
    write_workbook(book, trees, EXAMPLES.guides, "en")
    with opened(book) as rows:
        drafts = imported(rows)
    by_key = {draft.key: canonical.encode(draft.tree) for draft in drafts}
    assert by_key == {key: canonical.encode(tree) for key, tree in keyed(trees)}


def test_no_name_or_key_of_a_server_is_a_formula() -> None:
    header, row = csv_text([("=1+1", {"type": "x", "=HYPERLINK(1)": "y", "note": "=2"})]).splitlines()
    assert (header, row) == ("key,type,'=HYPERLINK(1),note", "'=1+1,x,y,'=2")


@pytest.mark.parametrize("name", EXAMPLES.names)
def test_a_ledger_takes_it_once_its_ids_are_there(name: str, server: Server) -> None:
    (receipt, *_) = server.post(EXAMPLES.posted(name, EXAMPLES.whole(name), server))[::-1]
    assert receipt.index > 0


def test_without_its_ids_a_ledger_names_the_first_one(server: Server) -> None:
    """The other test could not fail for lack of an id otherwise."""
    trees = EXAMPLES.whole("steel.rolling", issuer=owner("steel.coking").id)
    (answer,) = server.submit(server.envelopes(EXAMPLES.posted("steel.coking", trees[-1:], server)))
    assert isinstance(answer, dict)
    assert answer["code"] in ("unknown-facility", "unknown-lot", "unknown-product")


def test_the_example_of_a_transformation_is_one_of_a_process() -> None:
    last = msgspec.json.decode(canonical.encode(EXAMPLES.whole("transformation")[-1]), type=dict[str, object])
    assert isinstance(canonical.record_of({"issuer": "urn:example:a", "nonce": "A" * 22, **last}), Transformation)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("book") / "arc.xlsx"
    run("template", "steel.electricArcFurnace", "--xlsx", "--output", path, "--issuer", "urn:example:mill").succeeded()
    return openpyxl.load_workbook(path)


def test_a_workbook_has_a_sheet_for_each_list(book: Workbook) -> None:
    filled, empty = ["record", "outputs", "inputs", "supplies", "evidence"], ["activity.charge", "overheads"]
    assert book.sheetnames == [*filled, *empty, "lists"]
    assert book["lists"].sheet_state == "hidden"
    assert [book[name]["A2"].value for name in filled + empty] == ["out"] * 5 + [None] * 2
    assert [book[name]["A1"].value for name in filled + empty] == ["key"] * 7
    headers = [cell.value for cell in book["overheads"][1]]
    assert headers[:4] == ["key", "material", "quantity.value", "quantity.unit"]
    assert "factor.year:int" in headers


@pytest.mark.parametrize("name", EXAMPLES.names)
def test_each_list_of_the_kind_has_a_sheet_that_a_spreadsheet_can_name(name: str) -> None:
    trees = EXAMPLES.whole(name)
    sheets = [sheet.name for sheet in template_sheets(keyed(trees), EXAMPLES.guides, "en")]
    lists = [".".join(path) for path in EXAMPLES.guides.of_record(trees[-1]).lists()]
    assert set(lists) <= set(sheets)
    assert len(set(sheets)) == len(sheets)
    assert max(map(len, sheets)) <= 31


def test_rows_of_a_sheet_that_the_example_leaves_empty_are_read(tmp_path: Path) -> None:
    path = tmp_path / "arc.xlsx"
    write_workbook(path, EXAMPLES.whole("steel.electricArcFurnace")[-1:], EXAMPLES.guides, "en")
    book = openpyxl.load_workbook(path)
    sheet = book["overheads"]
    names = {cell.value: cell.column for cell in sheet[1]}
    filled = {"key": book["record"]["A2"].value, "material": "electricity", "quantity.value": 12,
              "quantity.unit": "MWH", "description": "office"}
    for name, value in filled.items():
        sheet.cell(2, names[name], value)
    book.save(path)
    with opened(path) as rows:
        (draft,) = imported(rows)
    assert draft.tree["overheads"] == [
        {"material": "electricity", "quantity": {"value": "12", "unit": "MWH"}, "description": "office"}]


def test_its_header_has_notes_and_its_cells_lists(book: Workbook) -> None:
    sheet = book["supplies"]
    header = {cell.value: cell for cell in sheet[1]}
    for cell in header.values():
        assert cell.comment is not None, cell.value
    assert "required" in header["quantity.value"].comment.text
    allowed = {next(iter(rule.sqref.ranges)).min_col: rule.formula1 for rule in sheet.data_validations.dataValidation}
    place = allowed[header["quantity.unit"].column]
    units = {cell.value for row in book["lists"][place.partition("!")[2].replace("$", "")] for cell in row}
    assert {"KGM", "TNE", "KWH"} <= units
    assert sheet[2][header["quantity.value"].column - 1].value == 420


def test_each_sheet_has_the_notes_of_its_own_kind(tmp_path: Path) -> None:
    path = tmp_path / "rolling.xlsx"
    run("template", "steel.rolling", "--xlsx", "--whole", "-o", path).succeeded()
    book = openpyxl.load_workbook(path)
    kinds = ("facility", "product", "declaration", "transformation")
    notes = {(kind, cell.value): cell.comment.text for kind in kinds for cell in book[kind][1]
             if cell.comment is not None}
    assert notes["facility", "id"].startswith("New identifier of the site")
    assert notes["product", "id"].startswith("New identifier of the kind of good")
    assert notes["transformation", "start"].startswith("Begin of the run")
    assert "figure represents" in notes["declaration", "start"]
    assert "required" in notes["transformation", "facility"]


def test_a_note_has_the_whole_text(book: Workbook) -> None:
    notes = {cell.value: cell.comment.text for cell in book["supplies"][1] if cell.comment is not None}
    assert "divide gross kWh of natural gas by 1.11" in notes["quantity.value"]
    assert "Amount above zero" in notes["quantity.value"]
    assert "divide gross kWh of natural gas by 1.11" in notes["quantity.unit"]
    notes = {cell.value: cell.comment.text for cell in book["overheads"][1] if cell.comment is not None}
    assert "required with factor" in notes["factor.value"]
    assert "required" in notes["material"].splitlines()


def test_the_box_of_a_note_grows_with_its_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.xlsx"
    headings = [Heading("a", "short"), Heading("b", "word " * 200), Heading("c", "字" * 500)]
    write_pages(path, [SheetPage("page", headings, [])])
    with ZipFile(path) as parts:
        (drawing,) = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".vml")]
    short, latin, chinese = [int(height) for height in re.findall("height:([0-9]+)px", drawing)]
    assert (short, latin > 25 * 15, chinese > latin - 20) == (160, True, True)


def test_notes_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "transfer.xlsx"
    assert run("template", "transfer", "--xlsx", "-o", path, "--language", "zh").code == 0
    notes = [cell.comment.text for cell in openpyxl.load_workbook(path)["record"][1] if cell.comment is not None]
    assert any("必填" in note for note in notes)


def test_notes_in_german(tmp_path: Path) -> None:
    path = tmp_path / "transfer.xlsx"
    run("template", "transfer", "--xlsx", "-o", path, "--language", "de").succeeded()
    sheet = openpyxl.load_workbook(path)["record"]
    notes = {cell.value: cell.comment.text.splitlines() for cell in sheet[1] if cell.comment is not None}
    assert notes["key"][0].startswith("Geschäftsschlüssel")
    assert notes["lot"][:2] == [field_texts()["Transfer", "lot"].de, "Pflichtangabe"]
    assert notes["lot"][2].startswith("Regel: ")


def test_the_name_of_the_file_states_its_form(tmp_path: Path) -> None:
    """A workbook was asked for by its name; JSON in it opens in no spreadsheet."""
    book, table, other = tmp_path / "heat.XLSX", tmp_path / "heat.csv", tmp_path / "heat.ndjson"
    for file in (book, table, other):
        assert run("template", "steel.electricArcFurnace", "--output", str(file)).code == 0
    assert openpyxl.load_workbook(book).sheetnames
    assert table.read_text(encoding="utf-8").startswith("key,type,")
    assert other.read_text(encoding="utf-8").startswith("{")
    done = run("template", "steel.electricArcFurnace", "--json", "--output", str(book))
    assert (done.code, book.read_bytes()[:1]) == (0, b"{")


def test_wrong_usage_and_unknown_names() -> None:
    assert run("template", "transfer", "--xlsx").code == 2
    done = run("template", "transfer", "--whole", "--csv")
    assert done.code == 2
    assert "--json or --xlsx" in done.err
    unknown = run("template", "steel.arcFurnace")
    assert unknown.code == 1
    assert "steel.electricArcFurnace" in unknown.err


def test_a_server_has_the_same_examples(server: Server) -> None:
    here = run("template", "logistics.transport", "--whole")
    there = run("template", "logistics.transport", "--whole", "--url", server.url)
    assert (here.code, here.out) == (0, there.out)
    assert len(here.out.splitlines()) == len(EXAMPLES.whole("logistics.transport"))
