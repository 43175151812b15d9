"""The template of each kind and process comes back from CSV, workbook and JSON as the same bytes, and a real ledger
takes it once its ids are there."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

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
from ledger.client.sheets.template import csv_text, json_text, keyed
from ledger.client.sheets.workbook import opened
from ledger.core.record import canonical
from ledger.core.record.kinds import Transformation
from ledger.registry.installed import installed

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
    assert book.sheetnames == ["record", "outputs", "inputs", "supplies", "evidence", "lists"]
    assert book["lists"].sheet_state == "hidden"
    keys = {sheet["A2"].value for sheet in book.worksheets[:-1]}
    assert (keys, [sheet["A1"].value for sheet in book.worksheets[:-1]]) == ({"out"}, ["key"] * 5)


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


def test_notes_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "transfer.xlsx"
    assert run("template", "transfer", "--xlsx", "-o", path, "--language", "zh").code == 0
    notes = [cell.comment.text for cell in openpyxl.load_workbook(path)["record"][1] if cell.comment is not None]
    assert any("必填" in note for note in notes)


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
