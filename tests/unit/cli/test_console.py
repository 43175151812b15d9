"""The sink: no sign that a terminal acts on gets through it, whichever way something is printed."""

import csv
import io
import json
import logging
import re
import sys
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ledger.cli import console
from ledger.cli.numbers import fixed, numeral, per_unit, quantity_words, share_words, unit_words
from ledger.cli.supplier.effects.sentences import SENTENCES, sentence
from ledger.core.printable import spreadsheet_text, visible, visible_json, visible_lines
from ledger.core.record.canonical import record_of
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.units import UNITS
from ledger.core.record.values import Quantity
from ledger.core.urls import redacted, shown
from ledger.errors import InvalidInput, LedgerError

EVERY = "".join(chr(code) for code in range(0x110000)
                if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp") or code == 0xE000)
"""Controls, formats (directions, zero widths, tags), separators of lines and paragraphs."""
NASTY = "a\x1b[31m\x9b1m\u202eb\u2066\u200b\u2028\x07\r\n\t\x7f[red]c[/red] [link=http://x]d[/link] :smile: \U000e0041"
SHOWN = ("a\\x1b[31m\\x9b1m\\u202eb\\u2066\\u200b\\u2028\\x07\\x0d\\x0a\\x09\\x7f[red]c[/red] [link=http://x]d[/link] "
         ":smile: \\U000e0041")


def is_fit(text: str) -> bool:
    return all(sign in "\n" or sign.isprintable() or unicodedata.category(sign) == "Zs" for sign in text)


def test_every_sign_is_written_out() -> None:
    assert is_fit(visible(EVERY).replace("\n", ""))
    assert "\n" not in visible(EVERY)
    assert (visible(NASTY), visible_lines("a\nb\x1b"), visible("\ud800")) == (SHOWN, "a\nb\\x1b", "\\ud800")


@pytest.mark.parametrize("text", ["", "plain", "Stahlwerk Grüße", "钢铁\u3000公司", "１２", "é", "a\u00a0b"])
def test_what_people_write_stays(text: str) -> None:
    assert visible(text) == visible_lines(text) == visible_json(text) == text


def test_json_says_the_same() -> None:
    text = json.dumps({"names": [EVERY, NASTY]}, ensure_ascii=False, indent=2)
    assert is_fit(visible_json(text))
    assert json.loads(visible_json(text)) == json.loads(text)


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201",
    '=HYPERLINK("http://x","y")', "-2+3+cmd|' /C calc'!A0",
])
def test_no_text_is_a_formula_to_a_spreadsheet(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert spreadsheet_text(text) == f"'{visible(text)}"
    console.print_csv(console.CSV_FORMS["en"], ["name"], [[text]])
    (heading,), (cell,) = csv.reader(io.StringIO(capsys.readouterr().out))
    assert (heading, cell) == ("name", f"'{visible(text)}")


def test_csv_keeps_numbers_and_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers may be negative; quotes, commas and spaces come back; one line is one row."""
    row = [-1.5, 1e-9, 12, True, False, None, "a,\"b\" c", "钢铁", "urn:example:x", "a\u202eb\nc", ""]
    console.print_csv(console.CSV_FORMS["en"], ["h"] * len(row), [row])
    out = capsys.readouterr().out
    assert out.count("\r\n") == 2
    assert next(csv.reader(out.splitlines()[1:])) == [
        "-1.5", "1e-09", "12", "true", "false", "", "a,\"b\" c", "钢铁", "urn:example:x", "a\\u202eb\\x0ac", ""]


def test_csv_for_german_spreadsheets(capsys: pytest.CaptureFixture[str]) -> None:
    """Only numbers get a comma; a decimal keeps all of its digits and has no exponent."""
    row = [-1.5, Decimal("1234.50"), Decimal("1E+3"), 12, True, None, "1.5", "a;b", "=1.5"]
    console.print_csv(console.CSV_FORMS["de"], ["h"] * len(row), [row])
    assert capsys.readouterr().out.splitlines()[1] == "-1,5;1234,50;1000;12;true;;1.5;\"a;b\";'=1.5"


def _table() -> Table:
    table = Table(NASTY, title=NASTY, caption=NASTY)
    table.add_row(NASTY, end_section=True)
    table.add_row(console.stacked([NASTY, NASTY]))
    return table


def _tree() -> Tree:
    tree = Tree(console.styled(NASTY, "bold"))
    tree.add(NASTY)
    return tree


WAYS: dict[str, Callable[[], object]] = {
    "say": lambda: console.say(NASTY),
    "show": lambda: console.show(NASTY),
    "styled": lambda: console.show(console.styled(NASTY, "bold red")),
    "text": lambda: console.show(Text(NASTY)),
    "table": lambda: console.show(_table()),
    "tree": lambda: console.show(_tree()),
    "json": lambda: console.print_json({NASTY: [NASTY]}),
    "lines": lambda: console.print_lines(f"first\n{NASTY}"),
    "error": lambda: console.complain(LedgerError(NASTY, field=NASTY, value=NASTY, rule=NASTY), as_json=False),
    "problem": lambda: console.complain(LedgerError(NASTY, field=NASTY, value=NASTY, rule=NASTY), as_json=True),
    "parts": lambda: console.complain(console.Rejected(NASTY, [InvalidInput(NASTY)], code="x"), as_json=False),
    "file": lambda: console.complain_of_os(FileNotFoundError(2, NASTY, NASTY), as_json=False),
    "usage": lambda: console.complain_of_usage(click.UsageError(NASTY)),
    "log": lambda: _log(),
    "json log": lambda: _log(as_json=True),
}


def _log(*, as_json: bool = False) -> None:
    """With the words of an exception too."""
    handler = console.stderr_log("%(levelname)s: %(message)s", as_json=as_json)
    try:
        raise ValueError(NASTY)
    except ValueError:
        handler.handle(logging.LogRecord("x", logging.ERROR, "f", 1, "%s", (NASTY,), sys.exc_info()))


@pytest.mark.parametrize("way", WAYS)
def test_nothing_raw_is_printed(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    WAYS[way]()
    out, err = capsys.readouterr()
    assert is_fit(out + err)
    assert "202e" in out + err
    assert "[red]c" in out + err
    assert ":smile:" in out + err


def test_a_line_of_the_json_log_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    place = "postgresql://me:word@h/d\n\ud800"
    record = logging.LogRecord("ledger.x", logging.WARNING, "f", 1, "at %s", (place,), None)
    record.fields = {"path": "/\x1b\u202e\x7f", "status": None}
    console.stderr_log(as_json=True).handle(record)
    err = capsys.readouterr().err
    assert err.isascii()
    assert err.count("\n") == 1
    line = json.loads(err)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning", "logger": "ledger.x", "message": "at postgresql://***@h/d\n\ud800",
        "path": "/\x1b\u202e\x7f", "status": None,
    }


def test_an_unexpected_error(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(NASTY)
    except ValueError as error:
        console.complain_of_fault(type(error), error, error.__traceback__)
    err = capsys.readouterr().err
    assert is_fit(err)
    assert "Traceback" in err


def test_on_a_terminal_only_its_own_styles_are_raw() -> None:
    """Bold and colours come of rich, and of nothing that was printed."""
    file = io.StringIO()
    terminal: Console = console._Console(file=file, force_terminal=True, color_system="standard", width=400)
    for part in (console.styled(NASTY, "bold"), Text(NASTY), NASTY):
        terminal.print(part, soft_wrap=True)
    text = file.getvalue()
    assert text.count("\x1b") == 2
    assert is_fit(text.replace("\x1b[1m", "", 1).replace("\x1b[0m", "", 1))


def test_a_line_of_bytes_stays_to_the_byte(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    console.print_bytes([b'{"a":1}\n', '{"b":"\u202e"}\n'.encode()])
    assert capfdbinary.readouterr().out == b'{"a":1}\n{"b":"\\u202e"}\n'


@pytest.mark.parametrize(("text", "expected"), [
    ("https://user:secret@host/path?x=a@b", "https://***@host/path?x=a@b"),
    ("postgresql://u:p@ss:word@[::1]:5432/db", "postgresql://***@[::1]:5432/db"),
    ("cannot reach 'http://u:p@h' or http://h2/a@b", "cannot reach 'http://***@h' or http://h2/a@b"),
    ("postgresql://h/db?user=u&password=secret&a=b", "postgresql://h/db?user=u&password=***&a=b"),
    ("http://host:80", "http://host:80"),
    ("urn:example:a@b", "urn:example:a@b"),
])
def test_passwords_in_addresses(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(("given", "expected"), [
    ("http://u:p/w?@host/x", "http://***@host/x"), ("u:secret@host", "***@host"), ("host", "host"),
    ("http://host", "http://host"), ("postgresql://u:p@h/d?password=x", "postgresql://***@h/d?password=***"),
])
def test_what_was_given_as_an_address(given: str, expected: str) -> None:
    assert shown(given) == expected


# Numbers for people: never an exponent, never rounding dust, and no digit more than the figure bears.


ROOT: Final = Path(__file__).parents[3]
FIGURES = st.floats(-1e15, 1e15, allow_nan=False)


@pytest.mark.parametrize(("amount", "text"), [
    (0.0, "0"), (3.41061e-13, "0"), (-3.41061e-13, "0"), (7.2e5, "720,000"), (1_234_567.89, "1,234,568"),
    (232.18, "232.18"), (5_174.9987, "5,175"), (1.7, "1.7"), (0.000123456789, "0.000123457"), (-42.5, "-42.5"),
    (99_999.95, "99,999.9"), (1e12, "1,000,000,000,000"), (0.1 + 0.2, "0.3"),
])
def test_numerals(amount: float, text: str) -> None:
    assert numeral(amount) == text


@pytest.mark.parametrize(("amount", "text"), [
    (0.0, "0"), (1e-12, "0"), (-1e-12, "0"), (11_609.0, "11,609.000"), (0.0005, "0.001"), (0.000123456, "0.000123"),
    (-0.0001, "-0.0001"), (-3.14159, "-3.142"), (2.5e9, "2,500,000,000.000"),
])
def test_fixed_decimals(amount: float, text: str) -> None:
    assert fixed(amount) == text


@pytest.mark.parametrize(("share", "text"), [
    (0.0, "0.0 %"), (1e-12, "0.0 %"), (-1e-12, "0.0 %"), (1e-8, "< 0.1 %"), (0.0004, "< 0.1 %"), (-0.0004, "> -0.1 %"),
    (0.0005, "0.1 %"), (0.5, "50.0 %"), (-0.25, "-25.0 %"), (0.9994, "99.9 %"), (0.9995, "99.9 %"),
    (0.9999999, "99.9 %"), (-0.9999, "-99.9 %"), (1 - 1e-12, "100.0 %"), (1.0, "100.0 %"), (1.0004, "100.0 %"),
    (1.5, "150.0 %"),
])
def test_a_share_is_all_or_nothing_only_if_it_is(share: float, text: str) -> None:
    assert share_words(share) == text


def test_signs() -> None:
    assert [fixed(one, signed=True) for one in (1.5, -1.5, 0.0, 1e-13)] == ["+1.500", "-1.500", "0", "0"]
    assert numeral(0.25, 3, signed=True) == "+0.25"


@given(FIGURES)
def test_no_number_has_an_exponent_or_is_far_off(amount: float) -> None:
    for text in (numeral(amount), fixed(amount), numeral(amount, 3, signed=True)):
        assert re.fullmatch(r"[+-]?[0-9,]+(\.[0-9]+)?", text), text
    assert abs(float(numeral(amount).replace(",", "")) - amount) <= max(1e-9, abs(amount) * 5.1e-6)
    assert abs(float(fixed(amount).replace(",", "")) - amount) <= 0.000501 + abs(amount) * 1e-15


def test_units_have_names_beside_their_codes() -> None:
    assert per_unit(232.18, "TNE") == "232.18 kg CO2e per tonne (TNE)"
    assert (per_unit(5_174.9987, "H87"), unit_words("XYZ")) == ("5,175 kg CO2e per piece (H87)", "XYZ")
    assert quantity_words(Quantity(value="110", unit="TNE")) == "110 TNE (tonne)"
    assert all(unit_words(code) == f"{unit.name} ({code})" for code, unit in UNITS.items())


def test_no_command_spells_numbers_of_its_own() -> None:
    """Significant digits with an exponent (`.6g`) and kg with three decimals (`,.3f`) stand in one module."""
    faults = [
        f"{path.relative_to(ROOT)}: {match}" for path in sorted((ROOT / "ledger" / "cli").rglob("*.py"))
        if path.name != "numbers.py"
        for match in re.findall(r":[+,]*\.[0-9]+g\}|:[+,]*\.3f\}", path.read_text(encoding="utf-8"))
    ]
    assert faults == []


# The sentence that `submit` prints for a record of each kind.


NONCE: Final = "A" * 22
MILL: Final = "urn:example:mill"
DIGEST: Final = "ab" * 32
TONNES: Final = {"value": "5", "unit": "TNE"}
PERIOD: Final = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}
FLOW: Final = {"lot": "urn:l", "quantity": TONNES}
OUTPUT: Final = {"lot": "urn:n", "product": "urn:p", "quantity": TONNES, "role": "product"}
CASES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"type": "organization", "id": "urn:o", "keys": [{"spki": "AA==", "proof": "AA=="}], "prefixes": ["urn:o:"]},
     "enrols urn:o with 1 key, for names that begin with urn:o:"),
    ({"type": "keyChange", "organization": MILL, "revoked": [DIGEST]}, f"adds 0 and revokes 1 keys of {MILL}"),
    ({"type": "keyChange", "organization": MILL, "recovery": "request"},
     f"adds 0 and revokes 0 keys of {MILL} (request of a key recovery)"),
    ({"type": "activation", "plugin": "steel", "version": "1.0", "digest": DIGEST}, "puts in force steel 1.0"),
    ({"type": "activation", "plugin": "steel", "version": "1.0", "digest": DIGEST, "retired": True},
     "retires steel 1.0"),
    ({"type": "erasure", "record": DIGEST, "legalBasis": "GDPR Art. 17"},
     f"erases the body of record {DIGEST} by GDPR Art. 17"),
    ({"type": "facility", "id": "urn:f", "country": "CN", "subdivision": "CN-JS"},
     "enters the facility urn:f in CN-JS"),
    ({"type": "product", "id": "urn:p", "sector": "steel", "unit": "TNE"},
     "enters the product urn:p, counted in tonne (TNE)"),
    ({"type": "productCompletion", "product": "urn:p", "reason": "the alloy was missing", "materials": {"steel": "1"}},
     "completes the product urn:p for the lots made from now on: the alloy was missing"),
    ({"type": "transformation", "facility": "urn:f", **PERIOD, "process": "steel.electricArcFurnace",
      "activity": {"heats": 1}, "inputs": [FLOW], "outputs": [OUTPUT]},
     "makes 1 lot by steel.electricArcFurnace at urn:f out of 5 TNE (tonne) of urn:l"),
    ({"type": "transformation", "facility": "urn:f", **PERIOD, "process": "a.b", "activity": {}, "outputs": [],
      "inputs": [FLOW | {"lot": f"urn:{i}"} for i in range(5)], "basis": "provisional"},
     "makes 0 lots by a.b at urn:f out of 5 TNE (tonne) of urn:0, 5 TNE (tonne) of urn:1, 5 TNE (tonne) of urn:2, "
     "2 more inputs; provisional until a closing"),
    ({"type": "transfer", **FLOW, "to": "urn:c", "newLot": "urn:n", "time": PERIOD["end"]},
     "sends 5 TNE (tonne) of urn:l to urn:c as urn:n (sale)"),
    ({"type": "acceptance", "transfer": DIGEST}, f"accepts the transfer {DIGEST} in full"),
    ({"type": "acceptance", "transfer": DIGEST, "received": TONNES, "returnLot": "urn:r"},
     f"accepts the transfer {DIGEST} with 5 TNE (tonne) received; the shortage goes back as urn:r"),
    ({"type": "acceptance", "transfer": DIGEST, "disputed": True},
     f"disputes the transfer {DIGEST}, whose lot is frozen now"),
    ({"type": "standingAcceptance", "sender": "urn:s", "tolerance": "0.02", "validFrom": PERIOD["start"]},
     "accepts deliveries from urn:s on arrival, within 0.02 of the quantity, from 2026-01-01T00:00:00Z"),
    ({"type": "standingAcceptance", "sender": "urn:s", "product": "urn:p", "quantity": TONNES, "tolerance": "0",
      "validFrom": PERIOD["start"], "validUntil": PERIOD["end"]},
     "accepts deliveries of urn:p of 5 TNE (tonne) from urn:s on arrival, within 0 of the quantity, from "
     "2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z"),
    ({"type": "standingAcceptance", "sender": "urn:s", "product": "urn:p", "withdrawn": True},
     "ends the rule by which deliveries of urn:p from urn:s are accepted on arrival"),
    ({"type": "consumption", "inputs": [FLOW], "time": PERIOD["end"], "purpose": "soldOutside"},
     "takes 5 TNE (tonne) of urn:l off the ledger (soldOutside)"),
    ({"type": "declaration", **PERIOD, "basis": "study", "boundary": "cradleToGate", "lot": OUTPUT},
     "declares the lot urn:n from elsewhere (study)"),
    ({"type": "declaration", **PERIOD, "basis": "factor", "boundary": "cradleToGate", "per": TONNES},
     "declares figures per 5 TNE (tonne) that supplies may name (factor)"),
    ({"type": "pool", "id": "urn:h", "facility": "urn:f", "product": "urn:p"},
     "opens the pool urn:h of urn:p at urn:f"),
    ({"type": "addition", "pool": "urn:h", "inputs": [FLOW], "time": PERIOD["end"]},
     "adds 5 TNE (tonne) of urn:l to the pool urn:h"),
    ({"type": "amendment", "reason": "typing error", "changes": [
        {"record": DIGEST, "fields": {"quantity": TONNES}}, {"record": "cd" * 32, "withdrawn": True}]},
     "amends 1 record and withdraws 1 record: typing error"),
    ({"type": "closing", "facility": "urn:f", **PERIOD, "processes": ["steel.electricArcFurnace"],
      "measured": [{"material": "electricity", "quantity": {"value": "1", "unit": "KWH"}}]},
     "closes urn:f from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z for steel.electricArcFurnace with 1 measured "
     "total"),
    ({"type": "reopening", "closing": DIGEST, "reason": "late papers"},
     f"reopens the period of the closing {DIGEST}: late papers"),
    ({"type": "attestation", "subject": {"kind": "lot", "id": "urn:l"}, "standard": "ISO 14064-3",
      "level": "limited", "opinion": "unmodified", **PERIOD, "validUntil": "2030-01-01T00:00:00Z"},
     "attests the lot urn:l to ISO 14064-3: unmodified, limited assurance, valid until 2030-01-01T00:00:00Z"),
    ({"type": "report", **PERIOD}, f"reports figures of {MILL} from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z"),
    ({"type": "grant", "grantee": "urn:bank", "depth": "full", "until": PERIOD["end"], "purpose": "loan"},
     "lets urn:bank read all its records at depth full until 2026-02-01T00:00:00Z: loan"),
    ({"type": "grant", "link": DIGEST, "depth": "totals", "until": PERIOD["end"], "purpose": "loan",
      "scope": {"lot": "urn:l", **PERIOD}},
     f"lets the holder of the link {DIGEST} read the lot urn:l from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z at "
     "depth totals until 2026-02-01T00:00:00Z: loan"),
    ({"type": "grantRevocation", "grant": DIGEST}, f"ends the grant {DIGEST}"),
    ({"type": "reader", "organization": "urn:office", "purpose": "law"}, "lets urn:office read all records: law"),
    ({"type": "parentEnd", "organization": "urn:m"},
     "takes urn:m out of the group of its parent, which then reads nothing of it"),
    ({"type": "parentEnd", "organization": "urn:m", "announced": True},
     "announces that urn:m will leave its parent, in thirty to ninety days"),
    ({"type": "readerRevocation", "reader": DIGEST}, f"ends the right of the reader {DIGEST}"),
    ({"type": "publication", "lot": "urn:l"}, "publishes the passport of the lot urn:l"),
    ({"type": "publication", "product": "urn:p"},
     "publishes the passport of all lots of urn:p that its own records make of its own goods"),
    ({"type": "publication", "declaration": DIGEST}, f"lets everyone name the declaration {DIGEST}"),
    ({"type": "publicationEnd", "publication": DIGEST}, f"ends the publication {DIGEST}"),
    ({"type": "organizationNames", "names": {"en": "Mill Li"}}, f"names {MILL} Mill Li"),
]


@pytest.mark.parametrize(("fields", "words"), CASES, ids=[f"{i}-{one['type']}" for i, (one, _) in enumerate(CASES)])
def test_sentences(fields: dict[str, Any], words: str) -> None:
    assert sentence(record_of({"issuer": MILL, "nonce": NONCE, **fields})) == words


def test_every_kind_has_its_words() -> None:
    assert set(SENTENCES) == set(get_args(AnyRecord))
    assert {fields["type"] for fields, _ in CASES} == {kind.__struct_config__.tag for kind in get_args(AnyRecord)}
