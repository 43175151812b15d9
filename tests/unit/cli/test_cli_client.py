"""Posting against a server that stumbles: what is sent again, what is kept, what is told."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from stamina.instrumentation import RetryDetails

from ledger.cli import main
from ledger.cli.client import RetryNotes
from ledger.cli.supplier.submit import chunks
from ledger.client import asking
from ledger.client.posting import MAX_BYTES, MAX_LINES
from ledger.core.record.canonical import digest
from ledger.core.signatures.signing import SigningKey
from ledger.errors import Unavailable

Reply = tuple[int, bytes] | None


def envelope(number: int) -> bytes:
    return json.dumps({"body": base64.b64encode(b"%d" % number).decode(), "n": number}).encode()


def receipt(index: int, line: bytes | None = None) -> bytes:
    """The receipt of an envelope; of the one with the number `index`, if `line` is no other."""
    body = base64.b64decode(json.loads(line or envelope(index))["body"])
    return json.dumps({"index": index, "digest": digest(body).hex(), "entry": "", "proof": "", "leaves": []}).encode()


def problem(code: str, status: int) -> bytes:
    return json.dumps({"type": "x", "title": "x", "status": status, "detail": f"it is {code}", "code": code}).encode()


@contextmanager
def server(
    reply: Callable[[int, list[bytes]], Reply], size: int = 0
) -> Iterator[tuple[str, list[list[bytes]]]]:
    """A server that answers request i, of some lines, with `reply(i, lines)`; None drops the connection. `size`: of its
    log before the first request."""
    requests: list[list[bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
            requests.append(lines)
            self._send(reply(len(requests), lines))

        def do_GET(self) -> None:
            self._send((200, json.dumps({"size": size}).encode()))

        def _send(self, answer: Reply) -> None:
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", requests
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_DELAY", 0.02)


@pytest.fixture
def envelopes(tmp_path: Path) -> Path:
    path = tmp_path / "envelopes"
    path.write_bytes(envelope(1) + b"\n\n" + envelope(2) + b"\n" + envelope(3) + b"\n")
    return path


def _good(lines: list[bytes]) -> bytes:
    return b"".join(receipt(json.loads(line)["n"]) + b"\n" for line in lines)


@pytest.mark.parametrize("stumble", [
    (503, problem("database-down", 503)), (502, b"<html>"), None,
    (200, receipt(1) + b"\n" + problem("outcome-unknown", 503) + b"\n" + problem("unknown-lot", 422) + b"\n"),
    (200, receipt(1) + b"\n"),
])
def test_a_stumble_is_answered_by_the_same_request(
    stumble: Reply, envelopes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipts = tmp_path / "receipts"
    with server(lambda i, lines: (200, _good(lines)) if i > 2 else stumble) as (url, requests):
        code = main(["submit", str(envelopes), "--url", url, "--patience", "60", "--receipts", str(receipts)])
    captured = capsys.readouterr()
    if stumble == (200, receipt(1) + b"\n"):  # a server that loses lines is no matter of waiting
        assert code == 1
        assert "1 answers to 3 records" in captured.err
        return
    assert (code, requests) == (0, [[envelope(1), envelope(2), envelope(3)]] * 3)
    assert captured.err.count("trying again for 60 s") == 1
    assert [json.loads(line)["index"] for line in receipts.read_text().splitlines()] == [1, 2, 3]


def test_retries_are_noted_every_five_seconds_of_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    notes = RetryNotes(60)
    waits = [0.0, 0.1, 0.3, 4.9, 5.0, 7.0, 10.0, 0.0, 0.1]
    for number, waited in zip([1, 2, 3, 4, 5, 6, 7, 1, 2], waits, strict=True):
        notes(RetryDetails("get", (), {}, number, 0.1, waited, Unavailable(f"down after {waited:g} s")))
    assert capsys.readouterr().err.splitlines() == [
        f"down after {waited} s; trying again for 60 s" for waited in ("0", "5", "10", "0")]


def test_patience_has_an_end(envelopes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server(lambda i, lines: (503, problem("database-down", 503))) as (url, requests):
        assert main(["submit", str(envelopes), "--url", url, "--patience", "0.1"]) == 1
    *retries, last = capsys.readouterr().err.splitlines()
    assert len(requests) > 2
    assert ["trying again for 0.1 s" in line for line in retries] == [True]
    assert "it is database-down" in last
    assert "post the same file again" in last


def test_refused_lines_are_told_with_their_numbers(envelopes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = receipt(1) + b"\n" + problem("unknown-lot", 422) + b"\n" + receipt(3) + b"\n"
    with server(lambda i, lines: (200, answer)) as (url, _):
        assert main(["submit", str(envelopes), "--url", url]) == 1
        captured = capsys.readouterr()
        assert "2 on the ledger, 1 refused" in captured.out
        assert captured.err == "line 3: unknown-lot: it is unknown-lot\n"
        assert main(["submit", str(envelopes), "--url", url, "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], [one["line"] for one in told["receipts"]], told["refused"][0]["line"]) == (2, [1, 4], 3)
    assert told["refused"][0]["problem"]["code"] == "unknown-lot"


def test_what_was_on_the_ledger_is_told_apart(envelopes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record that this command has posted is new, even if the answer was lost and the request repeated."""
    with server(lambda i, lines: (200, _good(lines)) if i > 1 else None, size=3) as (url, requests):
        assert main(["submit", str(envelopes), "--url", url, "--patience", "60"]) == 0
        told = capsys.readouterr().out.splitlines()
        assert len(requests) == 2
        assert main(["submit", str(envelopes), "--url", url, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
    assert told[-3:] == ["line 1: on the ledger as before: entry 1", "line 3: on the ledger as before: entry 2",
                         "3 on the ledger (1 new, 2 as before), 0 refused"]
    assert (answer["accepted"], answer["before"]) == (3, 2)
    assert [one["before"] for one in answer["receipts"]] == [True, True, False]


def test_what_was_signed_on_the_way_is_kept_where_posting_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem, source = tmp_path / "key.pem", tmp_path / "sites.csv"
    pem.write_bytes(SigningKey.from_seed(bytes(32)).to_pem())
    count = 2 * MAX_LINES + 500
    source.write_text("id,country\n" + "".join(f"urn:s:{i},CN\n" for i in range(count)))
    options = ["--key", str(pem), "--issuer", "urn:s", "--origin", "o", "--type", "facility", "--patience", "0"]

    def reply(i: int, lines: list[bytes]) -> Reply:
        return (200, b"".join(receipt(i, line) + b"\n" for line in lines)) if i == 1 else None

    with server(reply) as (url, requests):
        assert main(["submit", str(source), "--url", url, *options]) == 1
        captured = capsys.readouterr()
        assert f"{MAX_LINES} on the ledger, 0 refused" in captured.out
        kept = tmp_path / "sites.csv.unposted"
        assert str(kept) in captured.err
        lines = kept.read_bytes().splitlines()
        assert (len(lines), lines[:MAX_LINES]) == (count - MAX_LINES, requests[1])


def test_what_was_signed_is_kept_where_a_receipt_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The receipt before it is written, all signed records are saved, and there is one line of error."""
    pem, source, receipts = tmp_path / "key.pem", tmp_path / "sites.csv", tmp_path / "receipts"
    pem.write_bytes(SigningKey.from_seed(bytes(32)).to_pem())
    source.write_text("id,country\n" + "".join(f"urn:s:{i},CN\n" for i in range(3)))
    options = ["--key", str(pem), "--issuer", "urn:s", "--origin", "o", "--type", "facility", "--patience", "0"]

    def reply(_: int, lines: list[bytes]) -> Reply:
        first, second, third = [receipt(i, line) for i, line in enumerate(lines, 1)]
        unreadable = json.loads(second) | {
            "leaves": [{"leaf": {"kind": "lot", "x": 1}, "index": 0, "size": 1, "path": []}],
        }
        return 200, b"\n".join([first, json.dumps(unreadable).encode(), third, b""])

    with server(reply) as (url, requests):
        assert main(["submit", str(source), "--url", url, "--receipts", str(receipts), *options]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "stopped after 1 records: the receipt of record" in line
    assert [json.loads(line)["index"] for line in receipts.read_text().splitlines()] == [1]
    assert (tmp_path / "sites.csv.unposted").read_bytes().splitlines() == requests[0]


@pytest.mark.parametrize("patience", ["nan", "-1", "inf", "1e9", "soon"])
def test_what_is_no_patience(patience: str, envelopes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", str(envelopes), "--patience", patience]) == 2
    assert "--patience" in capsys.readouterr().err


def test_requests_are_bounded() -> None:
    lines = [b"x" * 10 + b"\n"] * (2 * MAX_LINES + 1)
    assert [len(chunk) for chunk in chunks(iter(lines))] == [MAX_LINES, MAX_LINES, 1]  # type: ignore[arg-type]
    assert [chunk[0][0] for chunk in chunks(iter(lines))] == [1, MAX_LINES + 1, 2 * MAX_LINES + 1]  # type: ignore[arg-type]
    large = [b"x" * (MAX_BYTES // 3) + b"\n"] * 5
    assert [len(chunk) for chunk in chunks(iter(large))] == [2, 2, 1]  # type: ignore[arg-type]


@pytest.mark.parametrize(("reply", "told"), [
    ((200, b"nonsense"), "cannot be read"), ((200, b'{"index": "x"}'), "cannot be read"),
    ((500, b"<html>"), "answers 500"), ((413, problem("too-large", 413)), "it is too-large"),
    ((302, b""), "answers 302"),
])
def test_a_server_that_is_no_ledger(
    reply: Reply, told: str, envelopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(lambda i, lines: reply) as (url, _):
        assert main(["submit", str(envelopes), "--url", url, "--patience", "0"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert told in last
