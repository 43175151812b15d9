"""A supplier imports lists of an ERP program and filled-in workbooks: faults are named by their cells, a stopped import
goes on, and changed rows become amendments."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import openpyxl
import pytest
from support.cli import Done, environment, run
from support.lists import MAPPING, Row, with_cell, written
from support.parties import Party
from support.process_memory import measured_command
from support.relay import Edit, Relay, exchanged, lost, unknown
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.client.writing.samples import SAMPLES
from ledger.core.log.checkpoint import parse_checkpoint
from ledger.core.log.note import parse_note
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Amendment
from ledger.core.signatures.envelope import open_envelope
from ledger.host.files.key_files import write_key

ROWS = 3_000


class Supplier(NamedTuple):
    """An organisation with its key, and with a product, on the ledger of a server."""

    server: Server
    party: Party
    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    def arguments(self, file: Path, *options: object) -> list[object]:
        return ["import", file, "--mapping", self.folder / "mapping.toml", "--key", self.key, "--issuer",
                self.party.id, "--origin", self.server.origin, "--url", self.server.url, *options]

    def do(self, file: Path, *options: object) -> Done:
        return run(*self.arguments(file, *options))

    def result(self, file: Path, *options: object) -> dict[str, Any]:
        """The numbers of an import that succeeds."""
        done = self.do(file, *options, "--json").succeeded()
        found: dict[str, Any] = json.loads(done.out)
        return found

    def list(self, rows: int = ROWS, **options: Any) -> Path:
        return written(self.folder / "list.csv", rows, **options)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as serving:
        yield serving


@pytest.fixture
def supplier(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Supplier:
    shop = Workshop(request.node.name.replace("_", "-"))
    found = entered(server, shop, tmp_path)
    server.post(shop.opening())
    (tmp_path / "mapping.toml").write_text(MAPPING.replace("PREFIX", shop.party.prefix))
    return found


def entered(server: Server, shop: Workshop, folder: Path) -> Supplier:
    """An organisation that the ledger knows, and whose key is in a file."""
    server.post([shop.enrolment(server)])
    found = Supplier(server, shop.party, folder)
    write_key(found.key, shop.party.key)
    return found


def size(server: Server) -> int:
    return parse_checkpoint(parse_note(httpx.get(f"{server.url}/log/checkpoint").text).text).size


def receipts(path: Path) -> list[Receipt]:
    return [msgspec.json.decode(line, type=Receipt) for line in path.read_bytes().splitlines()]


def test_the_same_file_twice_changes_nothing(supplier: Supplier) -> None:
    file, first, second = supplier.list(300), supplier.folder / "first", supplier.folder / "second"
    result = supplier.result(file, "--receipts", first)
    assert (result["read"], result["new"], result["accepted"]) == (300, 300, 300)
    before = size(supplier.server)
    again = supplier.result(file)
    assert (again["new"], again["unchanged"], again["changed"], again["accepted"]) == (0, 300, 0, 0)
    assert (supplier.result(file, "--receipts", second)["accepted"], first.read_bytes()) == (300, second.read_bytes())
    # Another machine with the key and its secret, which lost the list of imported records.
    for path in supplier.folder.glob("key.pem.imports*"):
        path.unlink()
    assert (supplier.result(file)["accepted"], size(supplier.server)) == (300, before)


def test_another_secret_makes_other_records(supplier: Supplier) -> None:
    file, first, second = supplier.list(20), supplier.folder / "first", supplier.folder / "second"
    assert supplier.result(file, "--output", first)["new"] == 20
    assert (supplier.result(file, "--output", second)["unchanged"], first.read_bytes()) == (20, second.read_bytes())
    secret = supplier.folder / "key.pem.nonces"
    assert secret.stat().st_mode & 0o777 == 0o600
    for path in supplier.folder.glob("key.pem.*"):
        path.unlink()
    assert supplier.result(file, "--output", second)["new"] == 20
    bodies = [{decode_record(open_envelope(line).body).nonce for line in path.read_bytes().splitlines()}
              for path in (first, second)]
    assert len(bodies[0] | bodies[1]) == 40


def planted(number: int, cells: Row) -> Row:
    return with_cell(cells, "Quantity", "1.234.5") if number == 777 else cells


def test_a_fault_is_named_by_its_cell_and_nothing_is_posted(supplier: Supplier) -> None:
    before = size(supplier.server)
    file, marked = supplier.list(1_000, edited=planted), supplier.folder / "marked.xlsx"
    done = supplier.do(file, "--marked", marked)
    assert done.code == 1
    (line,) = [line for line in done.err.splitlines() if line.startswith("row ")]
    assert line == ("row 777, column Quantity: '1.234.5' is not a number in the stated format "
                    "(rule: a number such as 1.234,5, by --numbers de)")
    assert size(supplier.server) == before
    book = openpyxl.load_workbook(marked)
    cell = book["rows"]["E777"]
    assert cell.value == "1.234.5"
    assert "1.234,5" in cell.comment.text
    assert cell.fill.fgColor.rgb == "FFFFC7CE"
    assert [one.value for one in book["faults"][2]][1:4] == [777, "Quantity", "1.234.5"]
    assert sum(one.comment is not None for row in book["rows"] for one in row) == 1


def test_all_faults_are_in_one_list(supplier: Supplier) -> None:
    wrong = {5: ("Period", "2026-13"), 6: ("Unit", "pounds"), 7: ("Batch", ""), 8: ("Document", "4900000002"),
             9: ("kg CO2e", "-0,0000000001"), 10: ("Batch", "with space")}
    file = supplier.list(
        20, edited=lambda number, cells: with_cell(cells, *wrong[number]) if number in wrong else cells)
    problems = json.loads(supplier.do(file, "--json").err)["errors"]
    places = [problem["detail"].partition(":")[0] for problem in problems]
    assert {place.partition(",")[0] for place in places} == {f"row {number}" for number in wrong}
    for number, (column, text) in wrong.items():
        mine = [problem for problem in problems if problem["detail"].startswith(f"row {number}, column {column}")]
        assert mine, number
        assert all(problem["rule"] for problem in mine)
        assert not text or any(text.strip("0,") in problem["value"] for problem in mine)


def test_what_the_ledger_refuses_is_named_by_its_cell_too(supplier: Supplier) -> None:
    file = supplier.list(5, edited=lambda number, cells: with_cell(cells, "Material", "nut") if number == 4 else cells)
    before = size(supplier.server)
    done = supplier.do(file)
    assert done.code == 1
    assert "row 4, column Material" in done.err
    assert "would refuse 1 record; nothing is posted (--partial posts the others)" in done.err
    assert size(supplier.server) == before
    problem = json.loads(supplier.do(file, "--json").err)
    assert (problem["code"], len(problem["errors"]), problem["errors"][0]["field"]) == (
        "invalid-records", 1, "Material")
    partly = supplier.do(file, "--partial")
    assert partly.code == 1
    assert "row 4, column Material" in partly.err
    assert "the ledger refused 1 record" in partly.err
    assert "4 on the ledger" in partly.out
    again = supplier.result(supplier.list(5))
    assert (again["new"], again["unchanged"], again["accepted"]) == (1, 4, 1)


def test_the_effects_of_the_records_are_shown_after_posting(supplier: Supplier) -> None:
    done = supplier.do(supplier.list(30)).succeeded()
    lines = done.out.splitlines()
    assert re.search(r"^row 2 +[0-9]+ +[0-9a-f]{16}… +\S+:lot:B0000002 +3002\.5 KGM +3\.250$", lines[1]), lines[1]
    assert [line for line in lines if line.startswith("row 21: ")]
    assert not [line for line in lines if line.startswith("row 22")], "the first twenty"
    assert "… and 10 more records" in lines
    assert lines[-1] == "30 on the ledger, 0 amended"
    titles = [line for line in lines if re.match(r"row 2: \S+:lot:B0000002: (partial|incomplete|footprint)", line)]
    assert titles, done.out
    assert not supplier.result(supplier.list(30))["effects"]["records"], "nothing new"
    amended = supplier.do(supplier.list(30, edited=corrected), "--amend").out
    assert "row 10: restates 1 record" in amended
    assert re.search(r"row 10: \S+:lot:B0000010: 11\.250 kg CO2e before, now 10\.750 kg CO2e", amended), amended


def test_effects_for_programs_are_as_many_as_for_people(supplier: Supplier) -> None:
    effects = supplier.result(supplier.list(25))["effects"]
    assert [row["place"] for row in effects["records"]] == [f"row {number}" for number in range(2, 22)]
    assert (effects["leftOff"], effects["leftOffNoted"]) == (5, 0)
    first = effects["records"][0]
    assert first["key"] == "4900000002"
    assert [(lot["lot"].rpartition(":")[2], lot["footprint"]) for lot in first["lots"]] == [("B0000002", 3.25)]


def test_skipped_rows_are_counted(supplier: Supplier) -> None:
    mapping = supplier.folder / "mapping.toml"
    mapping.write_text(mapping.read_text() + '[only]\nDocument = ["4900000002"]\n')
    assert "1 new, 0 as before, 0 changed; the mapping skips 4 rows" in supplier.do(supplier.list(5), "--dry-run").out
    assert supplier.result(supplier.list(2), "--dry-run")["skipped"] == 1
    mapping.write_text(mapping.read_text().replace("4900000002", "2"))
    done = supplier.do(supplier.list(1), "--dry-run")
    assert done.code == 1
    assert "holds no record; the mapping skips 1 row" in done.err


def test_killed_half_way_it_ends_as_if_nothing_had_been(supplier: Supplier) -> None:
    file, before = supplier.list(), size(supplier.server)
    command = [sys.executable, "-m", "ledger.cli", *map(str, supplier.arguments(file))]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while size(supplier.server) == before:
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    posted = size(supplier.server) - before
    assert 0 < posted < ROWS
    result = supplier.result(file)
    assert result["new"] + result["unchanged"] == ROWS
    assert result["accepted"] >= ROWS - posted
    assert size(supplier.server) - before == ROWS
    found = receipts_of(supplier, file)
    assert (len({one.digest for one in found}), supplier.result(file)["unchanged"]) == (ROWS, ROWS)
    assert size(supplier.server) - before == ROWS


def receipts_of(supplier: Supplier, file: Path) -> list[Receipt]:
    """The receipts of all records of a file, which are on the ledger."""
    path = supplier.folder / "receipts"
    assert supplier.result(file, "--receipts", path)["accepted"] > 0
    return receipts(path)


def corrected(number: int, cells: Row) -> Row:
    return with_cell(cells, "kg CO2e", f"{number},75") if number % 10 == 0 else cells


def test_edited_rows_are_proposed_as_amendments_and_no_others(supplier: Supplier) -> None:
    rows = 400
    file, written_to = supplier.list(rows), supplier.folder / "amendments"
    supplier.result(file)
    originals = receipts_of(supplier, file)
    before = size(supplier.server)
    file = supplier.list(rows, edited=corrected)
    result = supplier.result(file, "--amendments", written_to)
    assert (result["new"], result["unchanged"], result["changed"]) == (0, rows - rows // 10, rows // 10)
    assert size(supplier.server) == before, "amendments wait for --amend"
    records = [decode_record(open_envelope(line).body) for line in written_to.read_bytes().splitlines()]
    changes = {change.record: set(change.fields) for record in records if isinstance(record, Amendment)
               for change in record.changes}
    edited = {originals[number - 2].digest for number in range(2, rows + 2) if number % 10 == 0}
    assert changes == {digest: {"burdens"} for digest in edited}
    assert (supplier.result(file, "--amend")["amended"], size(supplier.server)) == (rows // 10, before + rows // 10)
    last = supplier.result(file, "--amend")
    assert (last["unchanged"], last["changed"], last["amended"]) == (rows, 0, 0)
    # An amended row is amended again, and so it can go back.
    back = supplier.result(supplier.list(rows), "--amend")
    assert (back["changed"], back["amended"]) == (rows // 10, rows // 10)


def test_a_correction_that_repeats_is_another_amendment(supplier: Supplier) -> None:
    """A row that is corrected, set back and corrected again: the ledger has the last state."""
    files = {text: written(supplier.folder / f"{text}.csv", 1, edited=lambda _, cells, text=text: with_cell(
        cells, "kg CO2e", text)) for text in ("50", "60")}
    supplier.result(files["50"])
    for times, text in enumerate(("60", "50", "60", "50"), 1):
        before = size(supplier.server)
        assert supplier.result(files[text], "--amend")["amended"] == 1
        assert size(supplier.server) == before + 1, times
        assert burden(supplier) == text


def burden(supplier: Supplier) -> str:
    """kg CO2e of the lot of the first row, as amended."""
    asked = {"lot": f"{supplier.party.prefix}lot:B0000002"}
    (lot,) = httpx.get(f"{supplier.server.url}/v1/lots", params=asked).json()
    shown = httpx.get(f"{supplier.server.url}/v1/show", params={"name": lot["record"]}).json()
    text: str = shown["body"]["burdens"]["fossilGhgEmissions"]
    return text


def emitting(supplier: Supplier, text: str, rows: int = 1) -> Path:
    """A list whose rows have so many kg CO2e."""
    return supplier.list(rows, edited=lambda _, cells: with_cell(cells, "kg CO2e", text))


def through(supplier: Supplier, edit: Edit, file: Path, *options: object) -> Done:
    """An import through a relay, without patience."""
    with Relay(supplier.server.url, edit) as relay:
        return supplier.do(file, *options, "--url", relay.url, "--patience", 0)


def test_a_row_that_was_posted_without_an_answer_is_no_second_record(supplier: Supplier) -> None:
    """The ledger took the records and amendments, but the import did not learn it. The rows change before it runs
    again."""
    before = size(supplier.server)
    assert (through(supplier, lost, emitting(supplier, "50", 2)).code, size(supplier.server)) == (1, before + 2)
    again = supplier.result(emitting(supplier, "60", 2), "--dry-run")
    assert (again["new"], again["unchanged"], again["changed"]) == (0, 0, 2)
    assert through(supplier, lost, emitting(supplier, "60", 2), "--amend").code == 1
    assert size(supplier.server) == before + 4
    assert supplier.result(emitting(supplier, "60", 2), "--reason", "other")["unchanged"] == 2
    # The ledger has the amendment, so that the first state is a change now.
    assert through(supplier, lost, emitting(supplier, "70", 2), "--amend").code == 1
    assert supplier.result(emitting(supplier, "60", 2), "--amend")["amended"] == 2
    assert (size(supplier.server), burden(supplier)) == (before + 8, "60")


def test_an_unknown_outcome_is_no_refusal(supplier: Supplier) -> None:
    before = size(supplier.server)
    done = through(supplier, unknown, emitting(supplier, "50", 2))
    assert done.code == 1
    assert "the outcome of 2 records is unknown" in done.err
    assert "run the import again" in done.err
    assert "refused" not in done.err
    result = supplier.result(emitting(supplier, "50", 2))
    assert (result["accepted"], result["refused"], size(supplier.server)) == (2, 0, before + 2)


def test_answers_about_other_records_are_not_taken(supplier: Supplier) -> None:
    kept = supplier.folder / "receipts"
    done = through(supplier, exchanged, emitting(supplier, "50", 2), "--receipts", kept)
    assert done.code == 1
    assert "answered record 1 of 2 as record" in done.err
    assert not kept.exists()
    result = supplier.result(emitting(supplier, "50", 2))
    assert (result["unchanged"], result["accepted"]) == (2, 2)


def test_amended_rows_have_their_receipts_too(supplier: Supplier) -> None:
    """The receipts are of all records of the file: also of those whose bytes the import cannot make again."""
    first = supplier.folder / "first"
    assert supplier.result(emitting(supplier, "50", 3), "--receipts", first)["accepted"] == 3
    file = supplier.list(3, edited=lambda number, cells: with_cell(cells, "kg CO2e", "60" if number == 3 else "50"))
    later = supplier.folder / "later"
    assert supplier.result(file, "--receipts", later)["accepted"] == 3
    assert later.read_bytes() == first.read_bytes(), "the change is only proposed"
    assert supplier.result(file, "--amend", "--receipts", later)["accepted"] == 3
    assert receipts(later)[:3] == receipts(first)
    assert len(receipts(later)) == 4, "and the one of the amendment"
    (supplier.folder / "key.pem.nonces").unlink()
    before = size(supplier.server)
    assert (supplier.result(file, "--receipts", later)["unchanged"], later.read_bytes()) == (3, first.read_bytes())
    assert size(supplier.server) == before


def test_a_row_that_changes_between_two_signed_files_is_in_the_second(supplier: Supplier) -> None:
    path, before = supplier.folder / "signed.ndjson", size(supplier.server)
    assert supplier.result(emitting(supplier, "50"), "--output", path)["new"] == 1
    again = supplier.do(emitting(supplier, "60"), "--output", path).succeeded()
    assert "1 new" in again.out
    assert "1 of the rows were signed in another form before" in again.err
    assert (run("submit", path, "--url", supplier.server.url).code, burden(supplier)) == (0, "60")
    # The file was submitted: from now on the row has a record to amend.
    assert (supplier.result(emitting(supplier, "70"), "--output", path)["changed"], path.read_bytes()) == (1, b"")
    assert (supplier.result(emitting(supplier, "70"), "--amend")["amended"], size(supplier.server)) == (1, before + 2)
    assert burden(supplier) == "70"


def test_a_lost_secret_does_not_hide_rows_that_were_never_posted(supplier: Supplier) -> None:
    path, before = supplier.folder / "signed.ndjson", size(supplier.server)
    supplier.result(emitting(supplier, "50"), "--output", path)
    (supplier.folder / "key.pem.nonces").unlink()
    assert (supplier.result(emitting(supplier, "50"))["accepted"], size(supplier.server)) == (1, before + 1)


def test_without_the_server_a_signed_row_cannot_change(supplier: Supplier) -> None:
    path = supplier.folder / "signed.ndjson"
    nowhere = ("--output", path, "--url", "http://127.0.0.1:1", "--patience", 0)
    assert supplier.do(emitting(supplier, "50"), *nowhere).code == 0
    signed = path.read_bytes()
    assert supplier.do(emitting(supplier, "50"), *nowhere).code == 0
    done = supplier.do(emitting(supplier, "60"), *nowhere)
    assert done.code == 1
    assert "is unknown" in done.err
    assert "run the import again when the ledger's server answers" in done.err
    assert path.read_bytes() == signed


def test_no_amendment_changes_another_lot(supplier: Supplier) -> None:
    """Fields that no amendment can change, with the way out."""
    file = supplier.list(3)
    supplier.result(file)
    (supplier.folder / "mapping.toml").write_text(MAPPING.replace("PREFIX", supplier.party.prefix).replace(
        'basis = "statement"', 'basis = "statement"\nfacility = "urn:example:elsewhere"'))
    done = supplier.do(file)
    assert done.code == 1
    assert "no amendment can change it" in done.err
    assert "another key" in done.err


def test_a_filled_in_workbook(server: Server, tmp_path: Path) -> None:
    supplier = entered(server, Workshop("with-a-workbook"), tmp_path)
    book = supplier.folder / "work.xlsx"
    assert run("template", "steel.electricArcFurnace", "--xlsx", "--whole", "-o", book, "--issuer",
               supplier.party.id).code == 0
    options = ["--key", supplier.key, "--issuer", supplier.party.id, "--origin", supplier.server.origin, "--url",
               supplier.server.url, "--json"]
    sample = run("import", book, *options)
    assert sample.code == 1
    problems = json.loads(sample.err)["errors"]
    assert {problem["code"] for problem in problems} == {"template-evidence"}
    assert all("sha256sum FILE" in problem["rule"] for problem in problems)
    assert any(problem["detail"].startswith("sheet evidence, row 2, column digest: ") for problem in problems)
    filled = openpyxl.load_workbook(book)
    for cell in [cell for sheet in filled for row in sheet.iter_rows() for cell in row if cell.value in SAMPLES]:
        cell.value = "9" * 64
    quantity = filled["supplies"]["C2"]
    value, quantity.value = quantity.value, "1,5"
    filled.save(book)
    (typed,) = json.loads(run("import", book, *options).err)["errors"]
    assert (typed["code"], typed["value"]) == ("not-a-number", "1,5")
    assert "--numbers en (1,234.5), de (1.234,5)" in typed["rule"], "numbers are stated, never guessed"
    quantity.value = value
    filled.save(book)
    done = run("import", book, *options).succeeded()
    assert json.loads(done.out)["accepted"] == 6
    edited = openpyxl.load_workbook(book)
    edited["supplies"]["C2"] = "=400+20"
    edited["inputs"]["A2"] = "unknown"
    edited.save(book)
    refused = run("import", book, *options)
    details = {problem["detail"].partition(":")[0]: problem for problem in json.loads(refused.err)["errors"]}
    formula = next(problem for place, problem in details.items() if place.startswith("sheet supplies, row 2"))
    assert (formula["code"], formula["value"]) == ("formula", "=400+20")
    assert details["sheet inputs, row 2, column key"]["code"] == "unknown-key"


def test_a_refused_amendment_is_named_by_its_cell(supplier: Supplier) -> None:
    supplier.result(supplier.list(5))
    done = supplier.do(supplier.list(5, edited=lambda number, cells: with_cell(
        cells, "Quantity", "999.999") if number == 4 else cells), "--amend")
    assert done.code == 1
    assert "row 4" in done.err
    assert "post a further record" in done.err
    assert supplier.result(supplier.list(5))["unchanged"] == 5


def test_units_as_people_type_them(supplier: Supplier) -> None:
    mapping = supplier.folder / "mapping.toml"
    mapping.write_text(mapping.read_text().partition("[values.Unit]")[0])
    file = supplier.list(3, edited=lambda number, cells: with_cell(cells, "Unit", "kg"))
    done = supplier.do(file).succeeded()
    assert "'kg' is written as \"KGM\" (3 times" in done.err


def test_a_dry_run_posts_nothing(supplier: Supplier) -> None:
    before = size(supplier.server)
    done = supplier.do(supplier.list(30), "--dry-run")
    assert done.code == 0
    assert "30 new" in done.out
    assert (size(supplier.server), supplier.result(supplier.list(30))["new"]) == (before, 30)


def test_a_dry_run_asks_the_ledger(supplier: Supplier) -> None:
    before = size(supplier.server)
    marked = supplier.folder / "marked.xlsx"
    file = supplier.list(5, edited=lambda number, cells: with_cell(cells, "Material", "nut") if number == 4 else cells)
    done = supplier.do(file, "--dry-run", "--marked", marked)
    assert done.code == 1
    assert "row 4, column Material" in done.err
    assert "the ledger would refuse 1 record" in done.err
    assert openpyxl.load_workbook(marked)["rows"]["B4"].comment is not None
    lines = done.out.splitlines()
    assert lines[-1] == "dry run, nothing was posted: 4 would be taken, 1 refused"
    foreseen = [line for line in lines if re.match(r"row [2356]\b", line)]
    posted = [line for line in supplier.do(file, "--partial").out.splitlines() if re.match(r"row [2356]\b", line)]
    assert foreseen == posted, "the same words before and after"
    assert size(supplier.server) == before + 4


def test_a_dry_run_for_programs(supplier: Supplier) -> None:
    result = supplier.result(supplier.list(2), "--dry-run")
    assert (result["taken"], result["refused"], result["accepted"]) == (2, 0, 0)
    first = result["effects"]["records"][0]
    assert (first["place"], first["lots"][0]["footprint"]) == ("row 2", 3.25)
    supplier.result(supplier.list(2))
    changed = supplier.result(emitting(supplier, "50", 2), "--dry-run")
    assert (changed["changed"], changed["taken"]) == (2, 2)
    assert changed["effects"]["records"][0]["restatement"]["records"] == 1


def test_a_dry_run_without_the_server(supplier: Supplier) -> None:
    nowhere = ("--dry-run", "--url", "http://127.0.0.1:1", "--patience", 0)
    assert supplier.do(supplier.list(2), *nowhere).code == 1
    done = supplier.do(supplier.list(2), *nowhere, "--offline").succeeded()
    assert done.out.splitlines()[-1] == "dry run, nothing was posted: the ledger was not asked"
    for options in (["--offline"], ["--dry-run", "--partial"], ["--output", supplier.folder / "o", "--partial"]):
        assert supplier.do(supplier.list(2), *options).code == 2, options


def test_items_without_any_cell_are_counted(supplier: Supplier) -> None:
    (supplier.folder / "mapping.toml").write_text(
        'type = "consumption"\nkey = "{k}"\nnumbers = "de"\ndates = "mm.yyyy"\n[fields]\npurpose = "ownUse"\n'
        'time = "{month}"\n'
        + "".join([f'"inputs.{i}.lot" = "urn:a:lot:{{lot{i}}}"\n"inputs.{i}.quantity.value" = "{{kg{i}}}"\n'
                   f'"inputs.{i}.quantity.unit" = "KGM"\n' for i in range(2)]))
    file = supplier.folder / "list.csv"
    file.write_text("k;month;lot0;kg0;lot1;kg1\n1;03.2026;a;1;;\n2;03.2026;a;1;b;2\n3;03.2026;a;1;;\n")
    done = supplier.do(file, "--dry-run", "--offline").succeeded()
    assert "inputs.1 is left out of 2 rows, since all of its cells are empty" in done.err
    assert supplier.result(file, "--dry-run", "--offline")["empty"] == {"inputs.1": 2}


def test_options_that_exclude_each_other_are_named(supplier: Supplier) -> None:
    file, out = supplier.list(1), supplier.folder / "out"
    for options, words in (
        (["--dry-run", "--receipts", out], "--dry-run posts nothing and writes no records: leave out --receipts"),
        (["--dry-run", "--amend", "--amendments", out], ": leave out --amend, --amendments"),
        (["--dry-run", "--partial"], ": leave out --partial"),
        (["--output", out, "--receipts", out], "--output posts nothing, so that you submit the file later: leave out "
                                               "--receipts"),
        (["--offline"], "--offline belongs to --dry-run"),
    ):
        done = supplier.do(file, *options)
        assert done.code == 2, options
        assert words in done.err, done.err


def test_memory_is_bounded(supplier: Supplier) -> None:
    """The memory of an import does not grow with its rows."""
    peaks = []
    for rows in (1_000, 8_000):
        file = supplier.list(rows)
        done = measured_command(supplier.arguments(file, "--output", supplier.folder / "out"), environment())
        assert done.code == 0, done.err
        peaks.append(done.peak)
        for path in supplier.folder.glob("key.pem.imports*"):
            path.unlink()
    assert peaks[1] - peaks[0] < 5, peaks
    assert peaks[1] < 300
