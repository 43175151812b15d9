"""Problems as plain ASGI messages, for what is refused before any handler is asked."""

from collections.abc import Iterable

import msgspec
from litestar.types import Message, Send

from ledger.web.problems import MEDIA_TYPE, Problem, problem_headers

Headers = Iterable[tuple[bytes, bytes]]
"""Names are in lower case, as ASGI has them."""


class Refusal(Exception):
    """A request that goes no further. `close`: the connection ends too, since part of the request is still to come."""

    def __init__(
        self, status: int, code: str, detail: str, *, field: str | None = None, value: str | None = None,
        rule: str | None = None, retry_after: float | None = None, close: bool = False,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            type=f"urn:carbon-ledger:problem:{code}", title="The request is refused", status=status, detail=detail,
            code=code, field=field, value=value, rule=rule,
        )
        self.retry_after = retry_after
        self.close = close

    async def send(self, send: Send) -> None:
        """Answers with it."""
        content = msgspec.json.encode(self.problem)
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(content))]
        headers += [
            (name.lower().encode(), value.encode())
            for name, value in problem_headers(self.problem.status, self.retry_after).items()
        ]
        if self.close:
            headers.append((b"connection", b"close"))
        start: Message = {"type": "http.response.start", "status": self.problem.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": content, "more_body": False})


def header(headers: Headers, name: bytes) -> list[bytes]:
    """All values of a field."""
    return [value for key, value in headers if key == name]
