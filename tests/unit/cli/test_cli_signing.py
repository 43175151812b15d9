"""Signing offline: JSON, NDJSON and CSV become envelopes, or nothing does and every mistake is named."""

import base64
import csv
import io
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.containing import Containing
from support.raising import raised

from ledger.cli import main
from ledger.cli.supplier.record_files import RecordDraft, read_drafts
from ledger.cli.supplier.references import References
from ledger.core.record.canonical import decode_record, digest
from ledger.core.record.kinds import Acceptance, Amendment, Facility, Transformation
from ledger.core.signatures.envelope import open_envelope
from ledger.core.signatures.signing import SigningKey, load_spki, record_message
from ledger.errors import InvalidInput, LedgerError

ORIGIN = "test.example/log"
ISSUER = "urn:example:mill"
FACILITY = {"type": "facility", "id": "urn:example:mill:site", "country": "CN"}
HEADER = ("facility,process,start,end,inputs.0.lot,inputs.0.quantity.value,inputs.0.quantity.unit,inputs.1.lot,"
          "inputs.1.quantity.value,inputs.1.quantity.unit,outputs.0.lot,outputs.0.product,outputs.0.quantity.value,"
          "outputs.0.quantity.unit,outputs.0.role,activity.heats:int,activity.tapped.value,activity.tapped.unit")
ROW = ("urn:f,steel.electricArcFurnace,2024-01-03T00:00:00Z,2024-01-03T12:00:00Z,urn:a,55,TNE,,,,urn:b,urn:p,50,TNE,"
       "product,3,51,TNE")
Sign = Callable[..., tuple[int, list[Any], str]]


@pytest.fixture
def sign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Sign:
    """Signs a text; returns the exit code, the records of the envelopes, and what was complained of."""
    key = SigningKey.from_seed(bytes(32))
    pem, source, output = tmp_path / "key.pem", tmp_path / "records", tmp_path / "signed"
    pem.write_bytes(key.to_pem())

    def signed(text: str | bytes, *options: str, issuer: str | None = ISSUER) -> tuple[int, list[Any], str]:
        source.write_bytes(text.encode() if isinstance(text, str) else text)
        output.unlink(missing_ok=True)
        given = [] if issuer is None else ["--issuer", issuer]
        code = main(["sign", str(source), "--key", str(pem), "--origin", ORIGIN, "-o", str(output), *given, *options])
        assert output.exists() == (code == 0)
        assert {path.name for path in tmp_path.iterdir()} <= {"key.pem", "records", "signed"}
        records = []
        for line in output.read_bytes().splitlines() if output.exists() else []:
            opened = open_envelope(line)
            record = decode_record(opened.body)
            load_spki(key.spki).verify(opened.signature, record_message(ORIGIN, record.kind, digest(opened.body)))
            records.append(record)
        return code, records, capsys.readouterr().err

    return signed


def test_a_record_in_json_of_any_layout(sign: Sign) -> None:
    for indent in (None, 2):
        code, (record,), _ = sign(json.dumps(FACILITY, indent=indent))
        assert code == 0
        assert isinstance(record, Facility)
        assert (record.issuer, len(base64.urlsafe_b64decode(record.nonce + "=="))) == (ISSUER, 16)


def test_signing_asks_nobody(sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    """No address is looked up and no socket connects: a machine without a network signs."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setenv("CARBON_LEDGER_URL", "http://ledger.example")
    code, (record,), _ = sign(json.dumps(FACILITY))
    assert (code, record.issuer) == (0, ISSUER)


def test_nonces_are_drawn_and_given_ones_are_kept(sign: Sign) -> None:
    lines = [json.dumps(FACILITY), json.dumps(FACILITY), "", json.dumps({**FACILITY, "nonce": "A" * 22})]
    code, records, _ = sign("\n".join(lines))
    assert code == 0
    nonces = [record.nonce for record in records]
    assert (nonces[2], len(set(nonces))) == ("A" * 22, 3)


def test_csv_columns_are_paths_and_empty_cells_are_left_out(sign: Sign) -> None:
    for text in (f"{HEADER}\n{ROW}\n\n{ROW}\n", f"{HEADER}\r\n{ROW}\r\n{ROW}"):
        code, records, _ = sign(text, "--type", "transformation")
        assert (code, len(records)) == (0, 2)
        record = records[0]
        assert isinstance(record, Transformation)
        assert [(flow.lot, str(flow.quantity)) for flow in record.inputs] == [("urn:a", "55 TNE")]
        assert record.outputs[0].quantity.value == "50"
        assert json.loads(bytes(record.activity)) == {"heats": 3, "tapped": {"unit": "TNE", "value": "51"}}


def test_csv_of_a_spreadsheet(sign: Sign) -> None:
    text = 'type,id,country,names.zh,names.en\nfacility,urn:f, CN ,"钢厂, 一号","Mill ""A""\nNorth"\n'
    code, (record,), _ = sign("\ufeff" + text)
    assert (code, record.names, record.country) == (0, {"zh": "钢厂, 一号", "en": 'Mill "A"\nNorth'}, "CN")


@pytest.mark.parametrize(("old", "new", "told"), [
    (",55,", ',"5,500",', ("row 3, column inputs.0.quantity.value", "'5,500'", "decimal string", "5.5 or 5500")),
    (",50,TNE,product", ",-50,TNE,product", ("row 3, column outputs.0.quantity.value", "'-50'", "superfluous")),
    ("TNE,product", "ton,product", ("row 3, column outputs.0.quantity.unit", "'ton'", "STN (ton (US), short ton)")),
    ("product,3", "produce,3", ("row 3, column outputs.0.role", "produce")),
    (",urn:p,", ",,", ("row 3, column outputs.0.product", "required field `product`")),
    ("urn:a,55,TNE,,,", ",,,urn:a,,", ("row 3, column inputs.1.quantity", "required field `quantity`")),
    ("2024-01-03T00", "2024-13-03T00", ("row 3, column start", "YYYY-MM-DD")),
    ("product,3", "product,three", ("row 3, column activity.heats:int", "'three' is not an integer")),
    ("51,TNE", "51,TNE,more", ("row 3", "cell 19 has no column")),
])
def test_a_row_that_is_no_record_names_row_column_value_and_rule(
    sign: Sign, old: str, new: str, told: tuple[str, ...]
) -> None:
    wrong = ROW.replace(old, new)
    assert wrong != ROW
    code, _, err = sign(f"{HEADER}\n{ROW}\n{wrong}\n{ROW}\n", "--type", "transformation")
    assert code == 1
    first, last = err.splitlines()
    for part in told:
        assert part in first
    assert "1 of 3 records" in last
    assert "nothing is written" in last


def test_every_wrong_row_is_told(sign: Sign) -> None:
    rows = [ROW.replace(",55,", f",{value},") for value in ("1", "x", "2", "y", "z")]
    code, _, err = sign("\n".join([HEADER, *rows]), "--type", "transformation")
    assert (code, [line.split(",")[0] for line in err.splitlines()[:-1]]) == (1, ["row 3", "row 5", "row 6"])
    assert "3 of 5" in err.splitlines()[-1]


def test_an_integer_needs_no_column_of_integers(sign: Sign) -> None:
    header = ("type,start,end,basis,boundary,supplies.0.material,supplies.0.quantity.value,supplies.0.quantity.unit,"
              "supplies.0.factor.value,supplies.0.factor.unit,supplies.0.factor.source,supplies.0.factor.boundary,"
              "facility,process,supplies.0.factor.year,outputs:json,activity:json")
    row = ("transformation,2024-01-03T00:00:00Z,2024-01-03T12:00:00Z,,,diesel,1,KGM,3.1,KGM,MEE,combustion,urn:f,"
           "steel.x,2020,[],{}")
    code, _, err = sign(f"{header}\n{row.replace('2020', 'MMXX')}\n")
    assert code == 1
    assert "row 2, column supplies.0.factor.year: 'MMXX' is not a whole number from 1900 to 2200" in err
    for integers in (header, header.replace("year", "year:int")):
        code, (record,), _ = sign(f"{integers}\n{row}\n")
        assert (code, record.supplies[0].factor.year) == (0, 2020)


def test_all_faults_of_a_line_have_a_line_each(sign: Sign) -> None:
    wrong = {"type": "facility", "id": "a b", "country": "China", "names": "Mill", "capacity": {"value": "1,234",
             "unit": "ton"}}
    code, _, err = sign(f"{json.dumps(FACILITY)}\n{json.dumps(wrong)}\n")
    assert code == 1
    *lines, last = err.splitlines()
    assert {line.split(": ")[0] for line in lines} == {
        f"line 2, field {field}" for field in ("id", "country", "names", "capacity.value", "capacity.unit")}
    assert "'1,234' may be 1.234 or 1234" in err
    assert "1 of 2 records" in last


def test_what_was_respelled_is_said_once_a_field(sign: Sign) -> None:
    flow = {"lot": "urn:a", "quantity": {"value": "0.50", "unit": "kWh"}}
    record = {"type": "consumption", "time": "2026-02-01T08:00:00+01:00", "purpose": "ownUse", "inputs": [flow, flow]}
    code, (signed,), err = sign(json.dumps(record))
    assert code == 0
    assert (signed.time, signed.inputs[1].quantity.value, signed.inputs[1].quantity.unit) == (
        "2026-02-01T07:00:00Z", "0.5", "KWH")
    said = err.splitlines()
    assert "inputs[].quantity.value: '0.50' is written as \"0.5\" (2 times, such as this)" in said
    assert "inputs[].quantity.unit: 'kWh' is written as \"KWH\" (2 times, such as this)" in said
    assert "time: '2026-02-01T08:00:00+01:00' is written as \"2026-02-01T07:00:00Z\"" in said
    assert len(said) == 4


def test_a_json_number_becomes_the_decimal_that_was_written(sign: Sign) -> None:
    text = ('{"type":"facility","id":"urn:a:b","country":"CN",'
            '"capacity":{"value":0.1000000001234567890123456789,"unit":"TNE"}}')
    assert sign(text)[0] == 1
    code, (record,), _ = sign(text.replace("0.1000000001234567890123456789", "5.90"))
    assert (code, record.capacity.value) == (0, "5.9")


@pytest.mark.parametrize(("line", "told"), [
    ('{"type":"facility"', "not JSON"),
    ("[]", "JSON object"),
    ('{"type":"facility","id":"a","id":"b","country":"CN"}', "'id' appears twice"),
    ('{"type":"facility","id":"a","country":"CN","capacity":{"value":-1.5,"unit":"TNE"}}', "decimal string"),
    ('{"type":"facility","id":"a","country":"CN","capacity":{"value":"many","unit":"TNE"}}', "field capacity.value"),
    ('{"type":"facility","id":"a","country":"CN","more":"x"}', "unknown field `more`"),
    ('{"type":"facility","id":"a","country":null}', "null"),
    ('{"type":"facility","id":"a","country":NaN}', "not JSON"),
    ('{"type":"facility","id":"a","country":' + "9" * 30 + "}", "too large"),
    ('{"type":"facility","id":"\\ud800","country":"CN"}', "JSON"),
    ('{"type":"facility","id":"a","country":' + "[" * 100_000 + "]" * 100_000 + "}", "too deep"),
    ('{"id":"a","country":"CN"}', "give --type"),
    ('{"type":"facility","id":"a","country":"CN","issuer":"urn:other"}', "urn:other"),
])
def test_a_line_that_is_no_record(sign: Sign, line: str, told: str) -> None:
    code, _, err = sign(f"{json.dumps(FACILITY)}\n{line}\n{json.dumps(FACILITY)}\n")
    assert code == 1
    first, last = err.splitlines()
    assert first.startswith("line 2")
    assert told in first
    assert "1 of 3 records" in last


def test_an_issuer_has_to_come_from_somewhere(sign: Sign) -> None:
    assert sign(json.dumps(FACILITY), issuer=None)[0] == 1
    assert sign(json.dumps({**FACILITY, "issuer": "urn:x"}), issuer=None)[0] == 0


@pytest.mark.parametrize(("text", "told"), [
    ("", "no record"), ("\n\n", "no record"), (HEADER, "no record"), ("a;b;c\n1;2;3\n", "separated by commas"),
    ("id,id\n1,2\n", "same field"), ("a,a.b\n1,2\n", "fills a part of"), ("a..b\n1\n", "not a path"),
    ('id,"country\n', "not CSV"), (b"id,\xff\n1,2\n", "not UTF-8"),
])
def test_a_file_that_cannot_be_read(sign: Sign, text: str | bytes, told: str) -> None:
    code, _, err = sign(text, "--type", "facility")
    assert code == 1
    assert told in err
    assert len(err.splitlines()) == 1


def test_errors_of_rows_are_problems_with_their_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pem, source = tmp_path / "key.pem", tmp_path / "records.csv"
    pem.write_bytes(SigningKey.from_seed(bytes(32)).to_pem())
    source.write_text("id,country\nurn:a,China\n")
    assert main(["submit", str(source), "--key", str(pem), "--origin", ORIGIN, "--issuer", ISSUER, "--type", "facility",
                 "--json"]) == 1
    problem = json.loads(capsys.readouterr().err)
    assert problem["code"] == "invalid-records"
    assert problem["errors"][0] == Containing({"field": "country", "value": "China"})


_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1)
_keys = st.sampled_from(["lot", "product", "steel:x", "unit", "a-b"])
_trees = st.dictionaries(_keys, st.recursive(
    _texts, lambda below: st.dictionaries(_keys, below, min_size=1) | st.lists(below, min_size=1), max_leaves=8,
), min_size=1, max_size=4)


def _cells(node: Any, path: str) -> dict[str, str]:
    if isinstance(node, str):
        return {path: node}
    children = node.items() if isinstance(node, dict) else enumerate(node)
    return {name: cell for step, child in children
            for name, cell in _cells(child, f"{path}.{step}" if path else str(step)).items()}


@given(st.lists(_trees, min_size=1, max_size=4))
def test_any_tree_of_texts_survives_csv(trees: list[dict[str, Any]]) -> None:
    rows = [_cells(tree, "") for tree in trees]
    for i, row in enumerate(rows):  # one file has one shape
        if any(a != b and b.startswith(f"{a}.") for a in {n for r in rows for n in r} for b in row):
            rows, trees = rows[i : i + 1], trees[i : i + 1]
            break
    columns = sorted({name for row in rows for name in row})
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    read = list(read_drafts(io.BytesIO(text.getvalue().encode())))
    assert not any(isinstance(one, LedgerError) for one in read)
    assert [one.tree for one in read if isinstance(one, RecordDraft)] == trees


# Records that name earlier ones by digest: CSV cells say in whose receipt it stands. Notes beside the record.


ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


def receipt(digest: str, *lots: str) -> str:
    """As a server gives it, without the proofs: nothing is proved by looking a digest up."""
    leaves: list[dict[str, Any]] = [
        {"leaf": "assessment", "salt": "", "method": "cut-off/1", "assessment": {}},
        *({"leaf": "lot", "salt": "", "lot": lot, "product": "urn:p", "holder": "urn:h", "role": "product",
           "quantity": {"value": "1", "unit": "KGM"}, "method": "cut-off/1"} for lot in lots),
        {"leaf": "revision", "salt": "", "index": 3, "record": ONE, "outcome": TWO},
    ]
    shown = [{"leaf": leaf, "index": i, "size": len(leaves), "path": []} for i, leaf in enumerate(leaves)]
    return json.dumps({"index": 7, "digest": digest, "entry": "", "proof": "", "leaves": shown})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which one works, with the receipts of three records in `sent/heats.receipts`; the last made no
    lot."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sent").mkdir()
    lines = [receipt(ONE, "urn:a", "urn:b"), receipt(TWO, "urn:c"), "", receipt(THREE)]
    (tmp_path / "sent" / "heats.receipts").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def sign_here(here: Path, capsys: pytest.CaptureFixture[str]) -> Sign:
    """Signs a CSV text; returns the exit code, the records of the envelopes, and what was complained of."""
    (here / "key.pem").write_bytes(SigningKey.from_seed(bytes(32)).to_pem())

    def signed(text: str) -> tuple[int, list[Any], str]:
        (here / "rows.csv").write_text(text)
        (here / "signed").unlink(missing_ok=True)
        code = main(["sign", "rows.csv", "--key", "key.pem", "--origin", "test.example/log", "--issuer", "urn:mill",
                     "-o", "signed"])
        assert (here / "signed").exists() == (code == 0)
        lines = (here / "signed").read_bytes().splitlines() if code == 0 else []
        return code, [decode_record(open_envelope(line).body) for line in lines], capsys.readouterr().err

    return signed


@pytest.mark.parametrize(("reference", "digest"), [
    ("sent/heats.receipts#urn:a", ONE), ("sent/heats.receipts#urn:b", ONE), ("sent/heats.receipts#urn:c", TWO),
    ("sent/heats.receipts#1", ONE), ("sent/heats.receipts#2", TWO), ("sent/heats.receipts#3", THREE), (THREE, THREE),
    ("a" * 64, "a" * 64),
])
def test_a_reference_is_a_lot_or_a_number_in_a_file_or_the_digest(here: Path, reference: str, digest: str) -> None:
    assert References().digest(reference) == digest
    assert References().digest(reference.replace("sent/", f"{here}/sent/")) == digest


def test_a_receipt_that_comes_twice_is_one_record(here: Path) -> None:
    (here / "twice").write_text(receipt(ONE, "urn:a") + "\n" + receipt(ONE, "urn:a") + "\n")
    assert References().digest("twice#urn:a") == References().digest("twice#2") == ONE


@pytest.mark.parametrize(("reference", "told"), [
    ("sent/heats.receipts#urn:d", "'urn:d' is not among the 3 receipts in sent/heats.receipts"),
    ("sent/heats.receipts#4", "is not among the 3"), ("sent/heats.receipts#0", "is not among the 3"),
    ("sent/heats.receipts#-1", "is not among the 3"), ("sent/heats.receipts#urn:p", "is not among the 3"),
    ("sent/heats.receipts#\u00b2", "is not among the 3 receipts"),
    ("none.receipts#1", "none.receipts: No such file"), ("sent#1", "sent: Is a directory"),
    ("sent/heats.receipts", "is not a reference"), ("#1", "is not a reference"),
    ("sent/heats.receipts#", "is not a reference"), ("A" * 64, "is not a reference"), ("1" * 63, "is not a reference"),
    ("rows#1", "rows is not a file of receipts"), ("binary#1", "binary is not a file of receipts"),
    ("mixed#urn:a", "two receipts claim the lot 'urn:a'"),
])
def test_what_is_no_reference_is_refused(here: Path, reference: str, told: str) -> None:
    (here / "rows").write_text('{"body": "", "key": "", "signature": ""}\n')
    (here / "binary").write_bytes(b"\xff\xfe\n")
    (here / "mixed").write_text(receipt(ONE, "urn:a") + "\n" + receipt(TWO, "urn:a") + "\n")
    error = raised(InvalidInput, lambda: References().digest(reference))
    assert (error.code, error.value) == ("unknown-receipt", reference)
    assert error.rule is not None
    assert told in error.message


def test_an_acceptance_from_csv(sign_here: Sign) -> None:
    code, records, _ = sign_here(
        "#day,type,transfer:digest,received.value,received.unit,#remark\n"
        "2026-03-09,acceptance,sent/heats.receipts#urn:c,,,all there\n"
        "2026-03-10,acceptance,sent/heats.receipts#3,5,KGM,\n"
    )
    assert code == 0
    assert [(type(record), record.transfer, record.received and record.received.value) for record in records] == [
        (Acceptance, TWO, None), (Acceptance, THREE, "5"),
    ]


def test_amendments_from_csv(sign_here: Sign) -> None:
    code, records, _ = sign_here(
        "type,reason,changes.0.record:digest,changes.0.fields.inputs.0.lot,changes.0.fields.inputs.0.quantity.value,"
        "changes.0.fields.inputs.0.quantity.unit,changes.1.record:digest,changes.1.withdrawn:bool\n"
        "amendment,misread,sent/heats.receipts#urn:a,urn:x,40,KGM,sent/heats.receipts#2,true\n"
    )
    assert code == 0
    (record,) = records
    assert isinstance(record, Amendment)
    first, second = record.changes
    assert (first.record, first.withdrawn, second.record, second.withdrawn) == (ONE, False, TWO, True)
    assert {name: json.loads(bytes(field)) for name, field in first.fields.items()} == {
        "inputs": [{"lot": "urn:x", "quantity": {"unit": "KGM", "value": "40"}}],
    }


def test_a_row_whose_reference_leads_nowhere_names_row_column_value_and_rule(sign_here: Sign) -> None:
    code, _, err = sign_here(
        "type,transfer:digest\nacceptance,sent/heats.receipts#urn:c\nacceptance,sent/heats.receipts#urn:d\n"
        "acceptance,elsewhere#1\n"
    )
    assert code == 1
    first, second, last = err.splitlines()
    assert first.startswith("row 3, column transfer:digest: 'urn:d' is not among the 3 receipts in sent/heats.receipts")
    assert "FILE#LOT" in first
    assert second.startswith("row 4, column transfer:digest: elsewhere: No such file")
    assert "2 of 3 records" in last


def test_a_file_is_read_once(here: Path) -> None:
    found = References()
    assert found.digest("sent/heats.receipts#1") == ONE
    (here / "sent" / "heats.receipts").unlink()
    assert found.digest("sent/heats.receipts#urn:c") == TWO


def test_notes_are_no_part_of_a_record(here: Path) -> None:
    path = here / "notes.csv"
    path.write_text('#,id,#id,#a.b,#x:int,country\nremark,urn:f,"urn:g",a,no number,CN\n,urn:h,,,,CN\n')
    with path.open("rb") as file:
        drafts = list(read_drafts(file))
    assert [draft.tree for draft in drafts if isinstance(draft, RecordDraft)] == [
        {"id": "urn:f", "country": "CN"}, {"id": "urn:h", "country": "CN"},
    ]


def test_a_file_of_notes_alone_holds_no_record(here: Path) -> None:
    (here / "notes.csv").write_text("#day,#remark\n1,2\n")
    with (here / "notes.csv").open("rb") as file, pytest.raises(LedgerError) as caught:
        list(read_drafts(file))
    assert caught.value.code == "empty-input"


def test_a_volume_of_gas_gets_the_mass_by_the_density_of_its_set(sign: Sign) -> None:
    """Only where the set's unit is that of the record, and no mass is stated; its maker is told."""
    def used(material: str, unit: str, **more: object) -> dict[str, object]:
        return {"material": material, "quantity": {"value": "5000", "unit": unit}, **more}

    stated = {"value": "3800", "unit": "KGM"}
    record = {
        "type": "transformation", "facility": "urn:f", "process": "steel.electricArcFurnace",
        "start": "2024-01-03T00:00:00Z", "end": "2024-01-03T12:00:00Z", "inputs": [],
        "outputs": [{"lot": "urn:b", "product": "urn:p", "quantity": stated, "role": "product"}],
        "activity": {}, "supplies": [
            used("naturalGas", "Nm3"), used("naturalGas", "NM3", mass=stated), used("naturalGas", "MTQ"),
            used("electricity", "KWH"), used("pipelineGas", "NM3"), used("wasteWaterTreatment", "MTQ"),
        ],
    }
    code, (signed,), said = sign(json.dumps(record))
    masses = [None if one.mass is None else str(one.mass) for one in signed.supplies]
    assert (code, masses) == (0, ["3788 KGM", "3800 KGM", None, None, "3788 KGM", "5000000 KGM"])
    assert "supplies[0].mass: 5000 NM3 of naturalGas get 3788 KGM by the density of the factor set" in said
