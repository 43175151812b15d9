"""The client for asynchronous code: posts records and asks queries."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final, TypeVar

import msgspec
import stamina

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem
from ledger.client import limits, posting
from ledger.client.http import HttpRequest, Parameters, Reader, TooLarge, decoded
from ledger.client.posting import LinesRequest, Posted, SomeUnanswered, SubmissionStopped, Submitted
from ledger.client.queries import Query
from ledger.client.trust import Untrusted
from ledger.errors import LedgerError, Unavailable

DEFAULT_URL: Final = "http://127.0.0.1:8080"
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 10.0
WAITS: Final = 8
"""A wait is at most this part of the patience: the last attempt may begin one wait after the patience has ended."""
Value = TypeVar("Value")


class Asking:
    """A server behind a reader. If it is unavailable, this asks again for `patience` seconds."""

    def __init__(self, reader: Reader, patience: float = 0.0) -> None:
        self._reader = reader
        self._patience = patience
        self.url = reader.url
        """The address, without passwords."""

    async def ask(self, query: Query[Value]) -> Value:
        """The answer to a query. Raises the server's own error, or Unavailable."""
        return decoded(await self.content(query.path, query.limit, query.parameters), query.answer)

    async def content(self, path: str, limit: int, parameters: Parameters | None = None) -> bytes:
        """The bytes at a path, at most `limit`."""
        async def once() -> bytes:
            answer = await self._reader.fetch(path, limit, request=HttpRequest(parameters=parameters))
            posting.check_answer(self.url, answer)
            return answer.content

        return await self._patiently(once)

    async def change(self, method: str, path: str, body: object = None) -> bytes:
        """The answer to a request that changes something, sent once."""
        content = None if body is None else msgspec.json.encode(body)
        request = HttpRequest(method, headers={"Content-Type": "application/json"} if content else {}, content=content)
        answer = await self._reader.fetch(path, limits.PROBLEM, request=request)
        posting.check_answer(self.url, answer)
        return answer.content

    async def post(self, envelopes: Sequence[bytes], wait: float = 0) -> list[Posted]:
        """Posts envelopes in one request; returns one answer per envelope, in order. Posting again is safe: a record on
        the log gets its first answer again. `wait`: seconds for which the server waits for the log's witnesses; after
        them it answers with an acknowledgement.

        Raises Unavailable if the server did not answer in time.
        """
        async def once() -> list[Posted]:
            answers = await self._lines(LinesRequest(posting.PATH, envelopes, posting.read_posted, wait=wait))
            posting.check_answered(answers)
            return answers

        try:
            answers = await self._patiently(once)
        except SomeUnanswered as late:
            answers = late.answers
        posting.check_answers(self.url, answers, envelopes)
        return answers

    async def check(self, envelopes: Sequence[bytes]) -> list[CheckedRecord | Problem]:
        """The effect of each envelope if it was posted now, in order; the server writes nothing. Raises Unavailable."""
        answers = await self._patiently(lambda: self._lines(LinesRequest(
            posting.CHECK_PATH, envelopes, posting.read_checked, posting.CHECK_SECONDS)))
        posting.check_answers(self.url, answers, envelopes)
        return answers

    async def post_until_proved(self, envelopes: Sequence[bytes], seconds: float | None) -> list[Posted]:
        """Posts envelopes, and posts the same bytes again for up to `seconds`, until the witnesses have cosigned and
        all answers are receipts. None takes the first answers."""
        answers = await self.post(envelopes)
        give_up = monotonic() + (seconds or 0)
        while seconds is not None and posting.await_witnesses(answers):
            left = give_up - monotonic()
            if left <= 0:
                break
            await asyncio.sleep(min(left, posting.PAUSE_SECONDS))
            answers = await self.post(envelopes, min(max(left, 1), posting.WAIT_SECONDS))
        return answers

    async def submitted(self, number: int, envelopes: Sequence[bytes], seconds: float | None) -> list[Submitted]:
        """The results of one request of a submission. Raises SubmissionStopped."""
        try:
            answers = await self.post_until_proved(envelopes, seconds)
        except LedgerError as error:
            raise SubmissionStopped(error, number, envelopes) from error
        return list(posting.submitted(number, envelopes, answers))

    async def _lines(self, request: LinesRequest[Value]) -> list[Value]:
        answer = await self._reader.fetch(request.path, request.limit, request.seconds, request.request, request.take)
        posting.check_answer(self.url, answer)
        return request.answers()

    async def _patiently(self, ask: Callable[[], Awaitable[Value]]) -> Value:
        longest = longest_pause(self._patience)
        async for attempt in stamina.retry_context(
            on=lambda error: pause_after(error, longest), attempts=None if self._patience else 1,
            timeout=self._patience or None, wait_initial=FIRST_DELAY, wait_max=longest,
            wait_jitter=jitter(self._patience),
        ):
            with attempt:
                answer = await ask()
        return answer


def pause_after(error: Exception, longest: float) -> bool | float:
    """False if asking again cannot help; the seconds that the server asked for, up to `longest`; otherwise True."""
    if not isinstance(error, Unavailable) or isinstance(error, TooLarge | Untrusted):
        return False
    return True if error.retry_after is None else float(min(error.retry_after, longest))


def longest_pause(patience: float) -> float:
    return min(LONGEST_DELAY, patience / WAITS)


def jitter(patience: float) -> float:
    return min(FIRST_DELAY, patience / WAITS)
