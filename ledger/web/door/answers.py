"""Problems as plain ASGI messages, for requests that the door refuses before a handler runs."""

from collections.abc import Iterable

import msgspec
from litestar.types import Message, Send

from ledger.answers.problems import Problem
from ledger.web.problems import MEDIA_TYPE, problem_headers

Headers = Iterable[tuple[bytes, bytes]]
"""Header fields of ASGI; names are in lower case."""


class Refusal(Exception):
    """Ends a request with a problem. `retry_after`: seconds. `close`: also closes the connection, since the rest of the
    request may still arrive on it."""

    def __init__(self, problem: Problem, *, retry_after: float | None = None, close: bool = False) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.retry_after = retry_after
        self.close = close

    async def send(self, send: Send) -> None:
        """Sends the problem as the answer."""
        content = msgspec.json.encode(self.problem)
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(content))]
        headers += [
            (name.lower().encode(), value.encode())
            for name, value in problem_headers(self.problem, self.retry_after).items()
        ]
        if self.close:
            headers.append((b"connection", b"close"))
        start: Message = {"type": "http.response.start", "status": self.problem.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": content, "more_body": False})


def header(headers: Headers, name: bytes) -> list[bytes]:
    """All values of a header field."""
    return [value for key, value in headers if key == name]
