"""What a submission decides without the network: requests, repeats, pauses, and the errors that problems stand for."""

import msgspec
import pytest
from support.raising import raised

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem, problem_of
from ledger.client import asking, posting
from ledger.client.http import HttpAnswer, TooLarge
from ledger.client.login import check_oauth
from ledger.client.posting import SubmissionStopped, batches, check_answer, check_answered, check_answers, submitted
from ledger.client.trust import Untrusted
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.canonical import digest
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
    Unauthenticated,
    Unavailable,
    VerificationError,
    refusal_of,
)

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


@pytest.mark.parametrize(("status", "kind"), [(429, Unavailable), (502, Unavailable), (503, Unavailable),
                                              (504, Unavailable), (400, Unauthenticated), (401, Unauthenticated)])
def test_a_login_that_a_proxy_answers_may_be_repeated(status: int, kind: type[LedgerError]) -> None:
    error = raised(kind, check_oauth, URL, status, b"<html>Bad Gateway</html>", None)
    assert URL in error.message
