"""Posting records: nonces, HTTP, enrolment."""

import gzip
import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.cli import run
from support.floods import LIES, Send, flooding
from support.raising import raised

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem, problem_of
from ledger.cli import main
from ledger.client import asking, limits, posting
from ledger.client.enrolment import request_enrolment
from ledger.client.http import BlockingReader, HttpAnswer, Lines, TooLarge, decoded
from ledger.client.posting import SubmissionStopped, batches, check_answer, check_answered, check_answers, submitted
from ledger.client.sheets.columns import Tree
from ledger.client.sheets.signing import RowSigner
from ledger.client.sheets.template import Guides, example_of
from ledger.client.signing import RecordSigner
from ledger.client.trust import Untrusted
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.canonical import digest
from ledger.engine.sectors import Registry
from ledger.errors import (
    FACTS,
    ConfigurationError,
    Erased,
    Exhausted,
    InvalidInput,
    LedgerError,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    PluginError,
    Refused,
    ShuttingDown,
    Unavailable,
    VerificationError,
    refusal_of,
)
from ledger.host.files.key_files import new_key, write_key
from ledger.registry.reference.catalogue import Catalogue
from ledger.registry.reference.examples import examples

URL = "http://ledger.example"
BODY = b"{}"
ENVELOPE = msgspec.json.encode({"body": BODY, "key": "", "signature": ""})
RECEIPT = Receipt(1, digest(BODY).hex(), "", "", [])
ACKNOWLEDGED = Acknowledgement(1, digest(BODY).hex(), "", "", [])


def answered(error: LedgerError, retry_after: int | None = None) -> HttpAnswer:
    problem = problem_of(error)
    return HttpAnswer(problem.status, "", "application/problem+json", msgspec.json.encode(problem), retry_after)


@pytest.mark.parametrize("kind", [
    InvalidInput, Refused, NotFound, Erased, PluginError, Exhausted, Unavailable, OutcomeUnknown, ShuttingDown,
    Overloaded, VerificationError,
])
def test_a_problem_is_the_error_that_the_server_raised(kind: type[LedgerError]) -> None:
    raised = kind("no", field="$.lot", value="x" * 500, rule="a lot")
    with pytest.raises(LedgerError) as caught:
        check_answer(URL, answered(raised))
    error = caught.value
    assert type(error) is kind
    assert (error.message, error.code, error.field, error.value, error.rule) == (
        "no", kind.code, "$.lot", raised.value, "a lot")


def test_a_code_alone_makes_no_narrower_error() -> None:
    """The codes of Unavailable's kinds count only where the status is theirs."""
    for code in ("outcome-unknown", "overloaded"):
        assert type(Problem(detail="no", code=code, status=422).error()) is Refused
    assert type(Problem(detail="no", code="x", status=429).error()) is Unavailable
    assert type(Problem(detail="no", code="x", status=418).error()) is LedgerError


def test_all_parts_cross() -> None:
    parts = [Refused(f"fault {number}", code=f"code-{number}", field=f"$.f{number}", value=number, rule="a rule")
             for number in range(3)]
    parts[0].allowed, parts[0].mend = ("a", "b"), ({"op": "remove", "path": "/f0"},)
    refusal = refusal_of(parts)
    refusal.stage = FACTS
    with pytest.raises(Refused) as caught:
        check_answer(URL, answered(refusal))
    error = caught.value
    assert (error.stage, error.allowed, error.mend) == (FACTS, ("a", "b"), ({"op": "remove", "path": "/f0"},))
    assert [(part.allowed, part.mend) for part in error.parts] == [(part.allowed, part.mend) for part in parts]
    stated = [(part.message, part.code, part.field, part.value, part.rule) for part in caught.value.parts]
    assert stated == [(part.message, part.code, part.field, part.value, part.rule) for part in parts]
    assert {type(part) for part in caught.value.parts} == {Refused}


def test_an_erasure_crosses() -> None:
    erased = Erased("gone")
    erased.erasure = {"index": 7}
    assert raised(Erased, check_answer, URL, answered(erased)).erasure == {"index": 7}


@pytest.mark.parametrize(("status", "kind"), [(502, Unavailable), (503, Unavailable), (504, Unavailable),
                                              (500, LedgerError), (404, LedgerError), (302, LedgerError)])
def test_answers_that_are_no_problems(status: int, kind: type[LedgerError]) -> None:
    error = raised(LedgerError, check_answer, URL, HttpAnswer(status, "Bad", "text/html", b"<html>"))
    assert type(error) is kind
    assert error.code == "unexpected-answer"
    check_answer(URL, HttpAnswer(204, "", "", b"<html>"))


def test_which_errors_may_pass() -> None:
    assert asking.pause_after(Unavailable("x"), 5) is True
    assert asking.pause_after(OutcomeUnknown("x"), 5) is True
    for error in (Refused("x"), NotFound("x"), ConfigurationError("x"), Exhausted("x"), TooLarge("x"), Untrusted("x"),
                  ValueError("x")):
        assert asking.pause_after(error, 5) is False


@pytest.mark.parametrize(("asked", "longest", "pause"), [(3, 10, 3.0), (60, 10, 10.0), (0, 10, 0.0)])
def test_the_server_says_how_long_to_wait(asked: int, longest: float, pause: float) -> None:
    error = raised(Unavailable, check_answer, URL, answered(Unavailable("later"), asked))
    assert (error.retry_after, asking.pause_after(error, longest)) == (asked, pause)
    assert asking.pause_after(error, longest) is not True


def test_pauses_are_a_part_of_the_patience() -> None:
    assert (asking.longest_pause(8), asking.longest_pause(1_000)) == (1, asking.LONGEST_DELAY)
    assert asking.jitter(0) == asking.longest_pause(0) == 0


def test_requests_are_bounded_in_lines_and_bytes() -> None:
    assert [len(batch) for batch in batches([b"x"] * 7, len, 3, 20)] == [3, 3, 1]
    assert [len(batch) for batch in batches([b"x" * 9] * 5, len, 3, 20)] == [2, 2, 1]
    assert [len(batch) for batch in batches([b"x" * 50, b"x", b"x" * 50], len, 3, 20)] == [1, 1, 1]
    assert [len(batch) for batch in batches([b"x"] * (posting.MAX_LINES + 1), len)] == [posting.MAX_LINES, 1]
    assert [len(batch) for batch in batches([b"x" * (posting.MAX_BYTES // 2)] * 3, len)] == [1, 1, 1]
    assert list(batches([], len)) == []


def test_each_envelope_has_its_answer_or_error() -> None:
    refused = problem_of(Refused("no", code="x"))
    first, second, third = submitted(5, [b"a", b"b", b"c"], [RECEIPT, refused, ACKNOWLEDGED])
    assert (first.number, first.envelope, first.answer, first.error) == (5, b"a", RECEIPT, None)
    assert (second.number, second.answer, type(second.error)) == (6, None, Refused)
    assert (third.number, third.answer) == (7, ACKNOWLEDGED)
    assert posting.await_witnesses([RECEIPT, ACKNOWLEDGED])
    assert not posting.await_witnesses([RECEIPT, refused])


def test_an_answer_that_is_missing() -> None:
    assert "gave 1 answers to 2 records" in str(raised(
        Unavailable, check_answers, URL, [RECEIPT], [ENVELOPE, ENVELOPE]
    ))
    check_answers(URL, [RECEIPT], [ENVELOPE])


@pytest.mark.parametrize("envelope", [
    msgspec.json.encode({"body": b"[]", "key": "", "signature": ""}), b"{}", b"no JSON", b'{"body": 1}', b"\xff", b"",
])
@pytest.mark.parametrize("answer", [
    RECEIPT, ACKNOWLEDGED, CheckedRecord(digest=RECEIPT.digest, type="pool"),
])
def test_an_answer_about_another_record(
    envelope: bytes, answer: Receipt | Acknowledgement | CheckedRecord
) -> None:
    with pytest.raises(Unavailable, match="answered record 2 of 2 as record") as error:
        check_answers(URL, [answer, answer], [ENVELOPE, envelope])
    assert (error.value.code, error.value.value) == ("unexpected-answer", RECEIPT.digest)
    check_answers(URL, [answer, problem_of(Refused("no"))], [ENVELOPE, envelope])


def test_one_doubtful_answer_repeats_the_request() -> None:
    answers: list[posting.Posted] = [RECEIPT, problem_of(OutcomeUnknown("who knows")), problem_of(Refused("no"))]
    assert raised(posting.SomeUnanswered, check_answered, answers).answers == answers
    check_answered([RECEIPT, problem_of(Refused("no"))])


def test_lines_of_answers() -> None:
    assert posting.read_posted(msgspec.json.encode(RECEIPT)) == RECEIPT
    refused = problem_of(Refused("no", code="x"))
    assert posting.read_posted(msgspec.json.encode(refused)) == refused
    assert posting.read_checked(msgspec.json.encode(refused)) == refused
    assert "cannot be read" in str(raised(LedgerError, posting.read_posted, b'{"index": "x"}'))


def test_a_stopped_submission_keeps_the_cause() -> None:
    stopped = SubmissionStopped(Overloaded("full", field="f", value="v", rule="r"), 3, [b"a"])
    assert (stopped.code, stopped.field, stopped.number, stopped.envelopes) == ("overloaded", "f", 3, (b"a",))
    assert "after 3 records: full" in stopped.message


# The nonces of published examples are in no template, and no command or library signs a record with them.

ORIGIN, ISSUER = "log.example", "urn:example:mill"
CATALOGUE = Catalogue(Registry())
PUBLIC = {record["nonce"] for records in examples().values() for record in records if "nonce" in record}
SITE = {"type": "facility", "id": "urn:example:mill:site", "country": "CN", "nonce": min(PUBLIC)}


def template(name: str) -> list[Tree]:
    return example_of(CATALOGUE.reference(name), Guides(CATALOGUE.reference), ISSUER, whole=True)


def test_a_template_has_nonces_of_its_own() -> None:
    assert len(PUBLIC) > 3
    own: list[str] = []
    for name in examples():
        for _ in range(2):
            own += [tree["nonce"] for tree in template(name) if "nonce" in tree]
    assert len(own) >= 2 * len(PUBLIC)
    assert len(set(own)) == len(own)
    assert not PUBLIC & set(own)


def test_its_records_refer_to_each_other_all_the_same() -> None:
    *before, amendment = template("amendment")
    digests = [canonical.digest(canonical.encode({**tree, "issuer": ISSUER})).hex() for tree in before]
    assert amendment["changes"][0]["record"] in digests


@pytest.mark.parametrize("signed", [
    lambda: RowSigner(new_key(), ORIGIN, ISSUER, b"x" * 32).written(SITE),
    lambda: RecordSigner(new_key(), ORIGIN, ISSUER).sign(SITE),
])
def test_no_signer_takes_the_nonce_of_an_example(signed: Any) -> None:
    with pytest.raises(InvalidInput, match="published example") as error:
        signed()
    assert (error.value.code, error.value.field, error.value.value) == ("public-nonce", "nonce", SITE["nonce"])
    assert error.value.rule == "no nonce: signing adds a random one"


def test_no_command_signs_with_the_nonce_of_an_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, source, output = tmp_path / "key.pem", tmp_path / "site.json", tmp_path / "signed"
    write_key(key, new_key())
    source.write_text(json.dumps(SITE))
    options = ["--key", str(key), "--issuer", ISSUER, "--origin", ORIGIN, "-o", str(output)]
    assert main(["sign", str(source), *options]) == 1
    assert "field nonce: " in (told := capsys.readouterr().err)
    assert "published example" in told
    assert not output.exists()
    source.write_text(json.dumps({name: text for name, text in SITE.items() if name != "nonce"}))
    assert main(["sign", str(source), *options]) == 0


# The one reader of servers against those that answer to exhaust it: every lie ends in one error, at a bounded cost.

LIMIT = 1 << 20
SAID = {
    "gzip of zeros": "more than 1048576 bytes", "gzip of JSON": "more than 1048576 bytes",
    "gzip in gzip": "'gzip, gzip', which was not offered", "another coding": "'br', which was not offered",
    "no gzip": "not valid gzip", "cut gzip": "cut off", "more than gzip": "after the end",
    "endless": "more than 1048576 bytes", "drip": "within 1 s", "silent": "within 1 s",
    "dripping headers": "within 1 s",
    "headers": "does not answer", "interim": "within 1 s", "shorter than said": "does not answer",
    "length of 5000 digits": "does not answer", "values": "more than 1048576 bytes", "deep": "more than 1048576 bytes",
    "flows": "more than 1048576 bytes", "lines": "more than 1048576 bytes",
}


@pytest.mark.parametrize("lie", SAID)
def test_every_lie_ends_in_one_error(lie: str) -> None:
    with flooding(lie) as url, BlockingReader(url) as reader, pytest.raises(Unavailable) as caught:
        reader.fetch("/log/checkpoint", LIMIT, 1.0 if "1 s" in SAID[lie] else 60.0)
    assert SAID[lie] in caught.value.message
    assert isinstance(caught.value, TooLarge) == ("more than" in SAID[lie])


def test_errors_and_redirects_are_answers() -> None:
    """An error is cut off, not refused: its status says enough. A redirect is not followed."""
    with flooding("gzip of an error") as url, BlockingReader(url) as reader:
        answer = reader.fetch("/", 10, 5.0)
        assert (answer.status, len(answer.content)) == (500, limits.PROBLEM)
    with flooding("redirect") as url, BlockingReader(url) as reader:
        assert reader.fetch("/", 10, 5.0).status == 302


def test_what_other_lies_there_are() -> None:
    """Those that only a reader of JSON or of pages can see."""
    assert set(LIES) - set(SAID) == {"gzip of an error", "redirect", "same page", "same next", "same cursor"}


def test_json_of_a_servers_choosing() -> None:
    assert "more than 1500000 values" in str(raised(
        LedgerError, decoded, b"[" + b"[]," * limits.VALUES + b"[]]", list[object]
    ))
    for data in (b"[" * 1_000_000, b"\xff", b"", b"[1", b'{"a":1}'):
        assert "cannot be read" in str(raised(LedgerError, decoded, data, list[object]))
    assert decoded(b"[1]", list[int]) == [1]


def test_lines_are_taken_as_they_come() -> None:
    taken: list[bytes] = []
    lines = Lines(3, 5, taken.append)
    for part in (b"a", b"b\n\nc", b"\nde"):
        lines.take(part)
    assert taken == [b"ab", b"c"]
    lines.end()
    assert taken == [b"ab", b"c", b"de"]
    assert "more lines" in str(raised(LedgerError, lines.take, b"f\n"))
    assert "more than 5 bytes" in str(raised(TooLarge, lambda: Lines(3, 5, taken.append).take(b"123456")))


def test_what_is_within_the_limit_comes_whole() -> None:
    """To the byte, compressed or not."""
    data = bytes(range(256)) * 4096
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n"

    def plain(send: Send, _: threading.Event) -> None:
        send(head % len(data) + b"\r\n" + data)

    def packed(send: Send, _: threading.Event) -> None:
        send(head % len(gzip.compress(data)) + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(data))

    for honest in (plain, packed):
        with flooding(honest) as url, BlockingReader(url) as reader:
            assert reader.fetch("/", len(data)).content == data
            raised(TooLarge, reader.fetch, "/", len(data) - 1)


@pytest.mark.parametrize("url", ["ftp://host", "host", "http://", "http://[::1", "postgresql://u:secret@h/d",
                                 "u:secret@host:80", "http://u:sec/ret@host"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidInput, match="not the address of a server") as caught:
        BlockingReader(url)
    assert "secret" not in caught.value.message + str(caught.value.value)
    assert "sec/ret" not in caught.value.message + str(caught.value.value)


# Requests for enrolment: a prefix that no registrar can enrol is refused before the request is sent.

ENROLMENT_ORIGIN = "carbon-ledger/test"
MILL = "urn:example:mill"


@pytest.mark.parametrize("prefix", [
    "urn:example:mill:", "https://mill.example/", "https://id.gs1.org/414/4000001000005/", "urn:epc:id:sgtin:4000001.",
])
def test_a_prefix_of_its_own(prefix: str) -> None:
    assert request_enrolment(new_key(), ENROLMENT_ORIGIN, MILL, prefixes=[prefix]).prefixes == [prefix]


@pytest.mark.parametrize(("prefix", "kind", "code"), [
    ("urn:nordalu:", Refused, "name-shared"), ("https://id.gs1.org/414/", Refused, "name-shared"),
    ("urn:carbon-ledger:mill:", Refused, "name-shared"), ("javascript:mill:", Refused, "name-scheme"),
    ("urn:example:mill", InvalidInput, None), ("mill:", InvalidInput, None), ("", InvalidInput, None),
])
def test_a_prefix_that_cannot_be_enrolled(prefix: str, kind: type[LedgerError], code: str | None) -> None:
    with pytest.raises(LedgerError) as caught:
        request_enrolment(new_key(), ENROLMENT_ORIGIN, MILL, prefixes=["urn:example:mill:", prefix])
    error = caught.value
    assert isinstance(error, kind)
    assert (error.field, error.value or "") == ("prefixes[1]", prefix)
    assert error.rule
    assert code is None or error.code == code


def test_the_id_of_a_new_organisation_is_its_own_too() -> None:
    error = raised(Refused, request_enrolment, new_key(), ENROLMENT_ORIGIN, "urn:nordalu:",
                   prefixes=["urn:nordalu:mill:"])
    assert (error.field, error.code) == ("organization", "name-shared")
    # A further key of an organisation that an old log has: nothing is enrolled anew.
    assert request_enrolment(new_key(), ENROLMENT_ORIGIN, "urn:nordalu:").organization == "urn:nordalu:"


def test_the_command_says_which_prefix(tmp_path: Path) -> None:
    key = tmp_path / "mill.pem"
    write_key(key, new_key(), None)
    done = run("key", "request", key, "--organization", MILL, "--prefix", "urn:nordalu:", "--origin", ENROLMENT_ORIGIN)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    for part in ("prefixes[0]", "urn:nordalu:", "a URN with something after its namespace"):
        assert part in done.err
    done = run("key", "request", key, "--organization", MILL)
    assert done.code == 2
    for part in ("--origin", "CARBON_LEDGER_ORIGIN", "vkey"):
        assert part in done.err
