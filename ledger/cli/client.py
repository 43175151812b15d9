"""A client of a ledger's server. It raises the server's problems as the original errors, and retries if asked to."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import click
from msgspec import Struct

from ledger.cli.console import Command, say
from ledger.client import limits
from ledger.client.http import BlockingReader, HttpAnswer, HttpRequest, Lines, Parameters, TooLarge, decoded
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer
from ledger.core.receipts.receipt import Receipt
from ledger.errors import Erased, InvalidInput, LedgerError, NotFound, Refused, Unavailable

DEFAULT_URL = "http://127.0.0.1:8080"
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 10.0
_NDJSON = {"Content-Type": "application/x-ndjson"}
_KINDS: Mapping[int, type[LedgerError]] = {
    400: InvalidInput, 404: NotFound, 410: Erased, 422: Refused, 429: Unavailable, 503: Unavailable
}
Value = TypeVar("Value")


class ServerRefusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem in a server's answer."""

    detail: str
    code: str
    status: int = 500
    field: str | None = None
    value: str | None = None
    rule: str | None = None

    def error(self) -> LedgerError:
        """The error that the server raised."""
        kind = _KINDS.get(self.status, LedgerError)
        return kind(self.detail, code=self.code, field=self.field, value=self.value, rule=self.rule)


Posted = Receipt | Acknowledgement | ServerRefusal


class _AnswerLine(Struct, frozen=True):
    """`code` tells a problem from a receipt: only problems have it."""

    code: str | None = None


def url_option(command: Command) -> Command:
    """`--url`, for commands that query a server."""
    return click.option(
        "--url", envvar="CARBON_LEDGER_URL", default=DEFAULT_URL, show_default=True, show_envvar=True,
        help="Address of the ledger's server.",
    )(command)


class Client(BlockingReader):
    """A server at `url`. If it is unavailable, the client retries for `patience` seconds."""

    def __init__(self, url: str, *, patience: float = 0.0) -> None:
        super().__init__(url)
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
        give_up = time.monotonic() + self._patience
        delay = _FIRST_DELAY
        while True:
            answers = self._patiently(lambda: self._post_once(envelopes, wait))
            if len(answers) != len(envelopes):
                raise Unavailable(f"{self.url} gave {len(answers)} answers to {len(envelopes)} records",
                                  code="unexpected-answer")
            late = next((each for each in answers if isinstance(each, ServerRefusal) and each.status == 503), None)
            if late is None or time.monotonic() + delay > give_up:
                return answers
            # Records after an unanswered one may have been refused because they refer to it, so all are posted again.
            delay = self._wait(late.detail, delay)

    def _patiently(self, ask: Callable[[], Value]) -> Value:
        give_up = time.monotonic() + self._patience
        delay = _FIRST_DELAY
        while True:
            try:
                return ask()
            except Unavailable as error:
                if isinstance(error, TooLarge) or time.monotonic() + delay > give_up:
                    raise
                delay = self._wait(error.message, delay)

    def _wait(self, why: str, delay: float) -> float:
        say(f"{why}; trying again in {delay:.1f} s")
        time.sleep(delay)
        return min(2 * delay, _LONGEST_DELAY)

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


def _answer(line: bytes) -> Posted:
    if decoded(line, _AnswerLine).code is not None:
        return decoded(line, ServerRefusal)
    try:
        return read_answer(line)
    except InvalidInput as error:
        raise LedgerError(f"the server's answer cannot be read: {error.message}", code="unexpected-answer") from None
