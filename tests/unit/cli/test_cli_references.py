"""Records that name earlier ones by digest: CSV cells say in whose receipt it stands. Notes beside the record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.raising import raised

from ledger.cli import main
from ledger.cli.supplier.record_files import RecordDraft, read_drafts
from ledger.cli.supplier.references import References
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Acceptance, Amendment
from ledger.core.signatures.envelope import open_envelope
from ledger.core.signatures.signing import SigningKey
from ledger.errors import InvalidInput, LedgerError

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)
Sign = Callable[..., tuple[int, list[Any], str]]


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
def sign(here: Path, capsys: pytest.CaptureFixture[str]) -> Sign:
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


def test_an_acceptance_from_csv(sign: Sign) -> None:
    code, records, _ = sign(
        "#day,type,transfer:digest,received.value,received.unit,#remark\n"
        "2026-03-09,acceptance,sent/heats.receipts#urn:c,,,all there\n"
        "2026-03-10,acceptance,sent/heats.receipts#3,5,KGM,\n"
    )
    assert code == 0
    assert [(type(record), record.transfer, record.received and record.received.value) for record in records] == [
        (Acceptance, TWO, None), (Acceptance, THREE, "5"),
    ]


def test_amendments_from_csv(sign: Sign) -> None:
    code, records, _ = sign(
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


def test_a_row_whose_reference_leads_nowhere_names_row_column_value_and_rule(sign: Sign) -> None:
    code, _, err = sign(
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
