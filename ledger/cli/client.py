"""Talking to a ledger's server: its problems become the errors they were, and asking again is patient."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import click
import httpx
import msgspec
from msgspec import Struct

from ledger.cli.console import Command, say
from ledger.core.acknowledgement import Acknowledgement, read_answer
from ledger.core.receipt import Receipt
from ledger.errors import Erased, InvalidInput, LedgerError, NotFound, Refused, Unavailable

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUT = httpx.Timeout(120.0, connect=10.0)
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 10.0
_NDJSON = {"Content-Type": "application/x-ndjson"}
_LOCAL = ("127.0.0.1", "localhost", "::1")
_KINDS: Mapping[int, type[LedgerError]] = {
    400: InvalidInput, 404: NotFound, 410: Erased, 422: Refused, 429: Unavailable, 503: Unavailable
}
Value = TypeVar("Value")


class Refusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem as the server tells it."""

    detail: str
    code: str
    status: int = 500
    field: str | None = None
    value: str | None = None
    rule: str | None = None

    def error(self) -> LedgerError:
        """The error that it was on the server."""
        kind = _KINDS.get(self.status, LedgerError)
        return kind(self.detail, code=self.code, field=self.field, value=self.value, rule=self.rule)


Posted = Receipt | Acknowledgement | Refusal


class _Line(Struct, frozen=True):
    """What only problems have."""

    code: str | None = None


def url_option(command: Command) -> Command:
    """`--url`, for commands that ask a server."""
    return click.option(
        "--url", envvar="CARBON_LEDGER_URL", default=DEFAULT_URL, show_default=True, show_envvar=True,
        help="Address of the ledger's server.",
    )(command)


class Client:
    """A server at `url`. Where it does not answer, it is asked again for `patience` seconds."""

    def __init__(self, url: str, *, patience: float = 0.0) -> None:
        try:
            address = httpx.URL(url.rstrip("/"))
        except httpx.InvalidURL:
            address = httpx.URL("")
        if address.scheme not in ("http", "https") or not address.host:
            raise InvalidInput(f"{url!r} is no address of a server", field="url", value=url, rule="http:// or https://")
        self.url = str(address)
        self._patience = patience
        # A proxy of the environment is for other hosts than this one.
        self._http = httpx.Client(base_url=address, timeout=_TIMEOUT, trust_env=address.host not in _LOCAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, answer: type[Value], **parameters: str | int | Sequence[str] | None) -> Value:
        """A JSON answer; parameters that are None are left out, those that are several are repeated. Raises the
        server's own error, or Unavailable."""
        query = {name: value for name, value in parameters.items() if value is not None}
        return _decoded(self._patiently("GET", path, params=query), answer)

    def content(self, path: str) -> bytes:
        return self._patiently("GET", path)

    def text(self, path: str) -> str:
        return self._patiently("GET", path).decode().strip()

    def post(self, envelopes: Sequence[bytes], wait: float = 0) -> list[Posted]:
        """One answer an envelope, in order. Posting again is safe: what is on the log gives its first answer. `wait`:
        for how many seconds the server waits for the log's witnesses, before it acknowledges instead.

        Raises Unavailable where the server did not answer in time.
        """
        parameters = {"wait": wait} if wait else {}
        content = b"".join([envelope + b"\n" for envelope in envelopes])
        give_up = time.monotonic() + self._patience
        delay = _FIRST_DELAY
        while True:
            body = self._patiently("POST", "/v1/records", content=content, headers=_NDJSON, params=parameters)
            answers = [_answer(line) for line in body.split(b"\n") if line]
            if len(answers) != len(envelopes):
                raise Unavailable(f"{self.url} gave {len(answers)} answers to {len(envelopes)} records",
                                  code="unexpected-answer")
            late = next((one for one in answers if isinstance(one, Refusal) and one.status == 503), None)
            if late is None or time.monotonic() + delay > give_up:
                return answers
            # What came after an unanswered record may have been refused for want of it: all are posted again.
            delay = self._wait(late.detail, delay)

    def _patiently(self, method: str, path: str, **request: Any) -> bytes:
        give_up = time.monotonic() + self._patience
        delay = _FIRST_DELAY
        while True:
            try:
                return self._once(method, path, **request)
            except Unavailable as error:
                if time.monotonic() + delay > give_up:
                    raise
                delay = self._wait(error.message, delay)

    def _wait(self, why: str, delay: float) -> float:
        say(f"{why}; trying again in {delay:.1f} s")
        time.sleep(delay)
        return min(2 * delay, _LONGEST_DELAY)

    def _once(self, method: str, path: str, **request: Any) -> bytes:
        try:
            response = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise Unavailable(
                f"{self.url} does not answer: {str(error) or type(error).__name__}", code="server-down"
            ) from None
        if response.is_success:
            return response.content
        try:
            refusal = msgspec.json.decode(response.content, type=Refusal)
        except (msgspec.DecodeError, UnicodeDecodeError):
            kind = Unavailable if response.status_code in (502, 503, 504) else LedgerError
            raise kind(f"{self.url} answers {response.status_code} {response.reason_phrase}",
                       code="unexpected-answer") from None
        raise refusal.error()


def _answer(line: bytes) -> Posted:
    if _decoded(line, _Line).code is not None:
        return _decoded(line, Refusal)
    try:
        return read_answer(line)
    except InvalidInput as error:
        raise LedgerError(f"the server's answer cannot be read: {error.message}", code="unexpected-answer") from None


def _decoded(data: bytes, kind: type[Value]) -> Value:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"the server's answer cannot be read: {error}", code="unexpected-answer") from None
