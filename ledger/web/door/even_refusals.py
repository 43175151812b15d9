"""Lets the time of a 404 tell nothing.

The gate runs the same statements for a hidden name as for one that is not on the ledger, and reads no body. But a row
that exists takes some microseconds longer than one that does not, and the medians of a hundred answers would show it.
So a 404 leaves at a multiple of a few milliseconds after its request came.
"""

import math
from collections.abc import Awaitable
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ledger.host.waker import Waker

STEP_SECONDS: Final = 0.005
"""Several times as long as the gate takes for a refusal. Where its time is spread around a multiple, as on a busy host,
the later of two answers is in the next step a little more often."""
_NOT_FOUND: Final = 404


class EvenRefusals:
    """Delays each 404 to the next multiple of STEP_SECONDS after its request came."""

    def __init__(self, app: ASGIApp, waker: Waker) -> None:
        self._app, self._waker = app, waker

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        came = self._waker.now()

        async def even(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _NOT_FOUND:
                steps = math.ceil((self._waker.now() - came) / STEP_SECONDS)
                await self._waker.until(came + steps * STEP_SECONDS)
            await send(message)

        return self._app(scope, receive, even)
