"""The sink: no sign that a terminal acts on gets through it, whichever way something is printed."""

import csv
import io
import json
import logging
import sys
import unicodedata
from collections.abc import Callable
from decimal import Decimal

import click
import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ledger.cli import console
from ledger.core.printable import spreadsheet_text, visible, visible_json, visible_lines
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
    assert visible(NASTY) == SHOWN
    assert visible_lines("a\nb\x1b") == "a\nb\\x1b"
    assert visible("\ud800") == "\\ud800"


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
