"""Posting records, without the network: bounded requests, answers in order, and which requests to repeat.

A record that is on the log gets its first answer again, so a client that does not know the outcome of a request posts
the same bytes again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem
from ledger.client import limits
from ledger.client.http import HttpAnswer, HttpRequest, Lines, decoded
from ledger.client.login import AWAY
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.canonical import digest
from ledger.errors import InvalidInput, LedgerError, Unavailable

PATH: Final = "/v1/records"
CHECK_PATH: Final = "/v1/records/check"
CHECK_SECONDS: Final = 600.0
"""A check answers at its end, and may wait for the revisions of others."""
MAX_LINES: Final = 1_000
MAX_BYTES: Final = 16 << 20
"""The most records and bytes of one request, far within the server's limits."""
WAIT_SECONDS: Final = 30.0
"""The most seconds for which one request waits for the log's witnesses."""
PAUSE_SECONDS: Final = 0.5
"""Pause before the same records are posted again: a server may answer with acknowledgements at once."""
_NDJSON: Final = {"Content-Type": "application/x-ndjson"}
Posted = Receipt | Acknowledgement | Problem
Item = TypeVar("Item")


class Submitted(NamedTuple):
    """The result of an envelope: an `answer` of the log, or the `error` of a refused record. `number` counts the
    envelopes from 0. An answer is an Acknowledgement if the log's witnesses have not signed in time."""

    number: int
    envelope: bytes
    answer: Receipt | Acknowledgement | None = None
    error: LedgerError | None = None


class SubmissionStopped(Unavailable):
    """A submission ended early: the envelopes from `number` on have no answer. Some of `envelopes`, the request that
    failed, may be on the log all the same: post the same bytes again, with the rest. `__cause__` is the error of the
    request."""

    def __init__(self, error: LedgerError, number: int, envelopes: Sequence[bytes]) -> None:
        super().__init__(f"stopped after {number} records: {error.message}", code=error.code, field=error.field,
                         value=error.value, rule=error.rule)
        self.number = number
        self.envelopes = tuple(envelopes)


class SomeUnanswered(Unavailable):
    """Some records of a request got no answer in time; `answers` are all answers of the request."""

    def __init__(self, message: str, answers: list[Posted]) -> None:
        super().__init__(message)
        self.answers = answers


class _AnswerLine(Struct, frozen=True):
    """`code` tells a problem from a receipt: only problems have it."""

    code: str | None = None


class _Body(Struct, frozen=True):
    """The part of an envelope that the digest is of."""

    body: bytes


class Batcher(Generic[Item]):
    """Collects items into batches within limits; by default, the limits of a request."""

    def __init__(
        self, size_of: Callable[[Item], int], most: int | None = None, most_bytes: int | None = None
    ) -> None:
        self._size_of, self._most, self._most_bytes = size_of, most or MAX_LINES, most_bytes or MAX_BYTES
        self._batch: list[Item] = []
        self._size = 0

    def add(self, item: Item) -> list[Item]:
        """Takes an item. Returns the batch before it if that has no room for it; otherwise an empty list."""
        size = self._size_of(item)
        full = self.rest() if len(self._batch) == self._most or self._size + size > self._most_bytes else []
        self._batch.append(item)
        self._size += size + 1
        return full

    def rest(self) -> list[Item]:
        """The batch that was not full yet."""
        batch, self._batch, self._size = self._batch, [], 0
        return batch


def batches(
    items: Iterable[Item], size_of: Callable[[Item], int], most: int | None = None, most_bytes: int | None = None
) -> Iterator[list[Item]]:
    """Items in batches within limits; by default, the limits of a request."""
    batcher = Batcher(size_of, most, most_bytes)
    for item in items:
        if full := batcher.add(item):
            yield full
    if rest := batcher.rest():
        yield rest


class LinesRequest(Generic[Item]):
    """A request with envelopes, and an answer to each, line by line, as they come."""

    def __init__(
        self, path: str, envelopes: Sequence[bytes], read: Callable[[bytes], Item], seconds: float = limits.SECONDS,
        wait: float = 0,
    ) -> None:
        content = b"".join([envelope + b"\n" for envelope in envelopes])
        self.path = path
        self.request = HttpRequest("POST", {"wait": wait} if wait else None, _NDJSON, content)
        self.limit = limits.receipts(len(envelopes), len(content))
        self.seconds = seconds + wait
        self._answers: list[Item] = []
        self._lines = Lines(len(envelopes), limits.LINE, lambda line: self._answers.append(read(line)))
        self.take = self._lines.take

    def answers(self) -> list[Item]:
        """All answers, at the end of the request."""
        self._lines.end()
        return self._answers


def check_answered(answers: list[Posted]) -> None:
    """Raises SomeUnanswered if an answer says that the server could not answer in time: the records after it may have
    been refused because they refer to it, so all have to be posted again."""
    for answer in answers:
        if isinstance(answer, Problem) and answer.status == 503:
            raise SomeUnanswered(answer.detail, answers)


def check_answers(url: str, answers: Sequence[Posted | CheckedRecord], envelopes: Sequence[bytes]) -> None:
    """Raises Unavailable unless each envelope has its answer: a problem, or an answer with the digest of its record."""
    if len(answers) != len(envelopes):
        raise Unavailable(f"{url} gave {len(answers)} answers to {len(envelopes)} records", code="unexpected-answer")
    for number, (answer, envelope) in enumerate(zip(answers, envelopes, strict=True), start=1):
        if not isinstance(answer, Problem) and answer.digest != _digest_in(envelope):
            raise Unavailable(f"{url} answered record {number} of {len(envelopes)} as record {answer.digest}",
                              code="unexpected-answer", field="digest", value=answer.digest,
                              rule="the digest of the posted record")


def _digest_in(envelope: bytes) -> str | None:
    """The digest of the record in an envelope; None if it has no record, which no server can answer then."""
    try:
        return digest(msgspec.json.decode(envelope, type=_Body).body).hex()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def await_witnesses(answers: Iterable[Posted]) -> bool:
    """Whether some answers are acknowledgements, which receipts will follow."""
    return any(isinstance(answer, Acknowledgement) for answer in answers)


def submitted(number: int, envelopes: Sequence[bytes], answers: Sequence[Posted]) -> Iterator[Submitted]:
    """The results of a request whose first envelope has this number."""
    for place, (envelope, answer) in enumerate(zip(envelopes, answers, strict=True), start=number):
        if isinstance(answer, Problem):
            yield Submitted(place, envelope, error=answer.error())
        else:
            yield Submitted(place, envelope, answer)


def check_answer(url: str, answer: HttpAnswer) -> None:
    """Raises the server's own error if the answer is an error."""
    if 200 <= answer.status < 300:
        return
    try:
        error = decoded(answer.content, Problem).error()
    except LedgerError:
        kind = Unavailable if answer.status in AWAY else LedgerError
        error = kind(f"{url} answers {answer.status} {answer.reason}", code="unexpected-answer")
    if hasattr(error, "retry_after") and answer.retry_after is not None:
        error.retry_after = answer.retry_after
    raise error


def read_posted(line: bytes) -> Posted:
    """The answer to a posted record."""
    if decoded(line, _AnswerLine).code is not None:
        return decoded(line, Problem)
    try:
        return read_answer(line)
    except InvalidInput as error:
        raise LedgerError(f"the server's answer cannot be read: {error.message}", code="unexpected-answer") from None


def read_checked(line: bytes) -> CheckedRecord | Problem:
    """The answer to a checked record."""
    refused = decoded(line, _AnswerLine).code is not None
    return decoded(line, Problem) if refused else decoded(line, CheckedRecord)
