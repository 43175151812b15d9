"""A client of a ledger's server. It raises the server's problems as the original errors, and retries if asked to."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import stamina
from msgspec import Struct

from ledger.answers.checked import CheckedRecord
from ledger.cli.console import Command, say
from ledger.cli.trust import ca_option
from ledger.client import limits
from ledger.client.http import BlockingReader, HttpAnswer, HttpRequest, Lines, Parameters, TooLarge, decoded
from ledger.client.trust import Untrusted
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer
from ledger.core.receipts.receipt import Receipt
from ledger.errors import Erased, InvalidInput, LedgerError, NotFound, Refused, Unavailable

DEFAULT_URL = "http://127.0.0.1:8080"
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 10.0
_WAITS = 8
"""A wait is at most this part of the patience: the last attempt may begin one wait after the patience has ended."""
_CHECK_SECONDS = 600.0
"""A check answers at its end, and may wait for the revisions of others."""
_NDJSON = {"Content-Type": "application/x-ndjson"}
_KINDS: Mapping[int, type[LedgerError]] = {
    400: InvalidInput, 404: NotFound, 410: Erased, 422: Refused, 429: Unavailable, 503: Unavailable
}
Value = TypeVar("Value")


class ServerFault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of several faults in a server's answer."""

    detail: str
    code: str = "invalid-request"
    field: str | None = None
    value: str | None = None
    rule: str | None = None
    allowed: tuple[str, ...] = ()
    mend: tuple[dict[str, Any], ...] = ()

    def error(self, kind: type[LedgerError]) -> LedgerError:
        error = kind(self.detail, code=self.code, field=self.field, value=self.value, rule=self.rule)
        error.allowed, error.mend = self.allowed, self.mend
        return error


class ServerRefusal(ServerFault, frozen=True, kw_only=True, omit_defaults=True):
    """A problem in a server's answer. `errors`: each fault, if there are several."""

    code: str
    status: int = 500
    stage: str | None = None
    errors: list[ServerFault] = []

    def error(self, kind: type[LedgerError] | None = None) -> LedgerError:
        """The error that the server raised."""
        raised = kind or _KINDS.get(self.status, LedgerError)
        error = super().error(raised)
        error.stage = self.stage
        error.parts = tuple([fault.error(raised) for fault in self.errors])
        return error


Posted = Receipt | Acknowledgement | ServerRefusal


class Seconds(click.FloatRange):
    """An option that is a time in seconds: `minimum` to a week."""

    def __init__(self, minimum: float = 0) -> None:
        super().__init__(min=minimum, max=7 * 86_400)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        seconds = float(super().convert(value, parameter, context))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds", parameter, context)
        return seconds


class _AnswerLine(Struct, frozen=True):
    """`code` tells a problem from a receipt: only problems have it."""

    code: str | None = None


def url_option(command: Command) -> Command:
    """`--url` and `--ca`, for commands that query a server."""
    return click.option(
        "--url", envvar="CARBON_LEDGER_URL", default=DEFAULT_URL, show_default=True, show_envvar=True,
        help="Address of the ledger's server.",
    )(ca_option(command))


class _Unanswered(Unavailable):
    """Some records of a request got no answer in time; `answers` are all answers of the request."""

    def __init__(self, message: str, answers: list[Posted]) -> None:
        super().__init__(message)
        self.answers = answers


class Client(BlockingReader):
    """A server at `url`. If it is unavailable, the client retries for `patience` seconds."""

    def __init__(self, url: str, *, patience: float = 0.0) -> None:
        super().__init__(url)
        stamina.instrumentation.set_on_retry_hooks([_say_retry])
        self._patience = patience

    def get(self, path: str, answer: type[Value], **parameters: str | int | Sequence[str] | None) -> Value:
        """A JSON answer. A parameter that is None is omitted; a sequence becomes a repeated parameter. Raises the
        server's own error, or Unavailable."""
        query = {name: value for name, value in parameters.items() if value is not None}
        return decoded(self._patiently(lambda: self._once(path, limits.QUESTION, query)), answer)

    def content(self, path: str, limit: int) -> bytes:
        """The bytes at a path, at most `limit`."""
        return self._patiently(lambda: self._once(path, limit))

    def post(self, envelopes: Sequence[bytes], wait: float = 0) -> list[Posted]:
        """Posts envelopes; returns one answer per envelope, in order. Posting again is safe: a record on the log gets
        its first answer again. `wait`: seconds for which the server waits for the log's witnesses; after them it
        answers with an acknowledgement.

        Raises Unavailable if the server did not answer in time.
        """
        try:
            answers = self._patiently(lambda: self._post_all(envelopes, wait))
        except _Unanswered as late:
            answers = late.answers
        if len(answers) != len(envelopes):
            raise Unavailable(f"{self.url} gave {len(answers)} answers to {len(envelopes)} records",
                              code="unexpected-answer")
        return answers

    def check(self, envelopes: Sequence[bytes]) -> list[CheckedRecord | ServerRefusal]:
        """What each envelope would do if it was posted now, in order; nothing is written. Raises Unavailable."""
        content = b"".join([envelope + b"\n" for envelope in envelopes])
        answers: list[CheckedRecord | ServerRefusal] = []

        def ask() -> None:
            answers.clear()
            lines = Lines(len(envelopes), limits.LINE, lambda line: answers.append(_checked(line)))
            self._check(self.fetch(
                "/v1/records/check", limits.receipts(len(envelopes), len(content)), _CHECK_SECONDS,
                HttpRequest("POST", None, _NDJSON, content), lines.take,
            ))
            lines.end()

        self._patiently(ask)
        if len(answers) != len(envelopes):
            raise Unavailable(f"{self.url} gave {len(answers)} answers to {len(envelopes)} records",
                              code="unexpected-answer")
        return answers

    def _patiently(self, ask: Callable[[], Value]) -> Value:
        for attempt in stamina.retry_context(
            on=_may_pass, attempts=None if self._patience else 1, timeout=self._patience or None,
            wait_initial=_FIRST_DELAY, wait_max=min(_LONGEST_DELAY, self._patience / _WAITS),
            wait_jitter=min(_FIRST_DELAY, self._patience / _WAITS),
        ):
            with attempt:
                answer = ask()
        return answer

    def _post_all(self, envelopes: Sequence[bytes], wait: float) -> list[Posted]:
        """Raises _Unanswered if one answer says that the server could not answer in time. The records after it may have
        been refused because they refer to it, so the next attempt posts all of them again."""
        answers = self._post_once(envelopes, wait)
        for answer in answers:
            if isinstance(answer, ServerRefusal) and answer.status == 503:
                raise _Unanswered(answer.detail, answers)
        return answers

    def _once(self, path: str, limit: int, parameters: Parameters | None = None) -> bytes:
        answer = self.fetch(path, limit, request=HttpRequest(parameters=parameters))
        self._check(answer)
        return answer.content

    def _post_once(self, envelopes: Sequence[bytes], wait: float) -> list[Posted]:
        content = b"".join([envelope + b"\n" for envelope in envelopes])
        answers: list[Posted] = []
        lines = Lines(len(envelopes), limits.LINE, lambda line: answers.append(_answer(line)))
        self._check(self.fetch(
            "/v1/records", limits.receipts(len(envelopes), len(content)), limits.SECONDS + wait,
            HttpRequest("POST", {"wait": wait} if wait else None, _NDJSON, content), lines.take,
        ))
        lines.end()
        return answers

    def _check(self, answer: HttpAnswer) -> None:
        """Raises the server's own error if the answer is an error."""
        if 200 <= answer.status < 300:
            return
        try:
            refusal = decoded(answer.content, ServerRefusal)
        except LedgerError:
            kind = Unavailable if answer.status in (502, 503, 504) else LedgerError
            raise kind(f"{self.url} answers {answer.status} {answer.reason}", code="unexpected-answer") from None
        raise refusal.error()


def _may_pass(error: Exception) -> bool:
    """Whether a later attempt may succeed."""
    return isinstance(error, Unavailable) and not isinstance(error, TooLarge | Untrusted)


def _say_retry(details: stamina.instrumentation.RetryDetails) -> None:
    say(f"{details.caused_by}; trying again in {details.wait_for:.1f} s")


def _answer(line: bytes) -> Posted:
    if decoded(line, _AnswerLine).code is not None:
        return decoded(line, ServerRefusal)
    try:
        return read_answer(line)
    except InvalidInput as error:
        raise LedgerError(f"the server's answer cannot be read: {error.message}", code="unexpected-answer") from None


def _checked(line: bytes) -> CheckedRecord | ServerRefusal:
    refused = decoded(line, _AnswerLine).code is not None
    return decoded(line, ServerRefusal) if refused else decoded(line, CheckedRecord)
