"""The server's end of the connection to one worker. It sends a frame, receives its answer, and reports a loss.

Exactly one frame of the worker is due at a time: its first one, then the answer to each frame that was sent. Anything
else ends the connection, because a process that a plugin has forked may write to it too.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from ledger.registry.workers.messages import HEAD_BYTES, HELLO, MAX_FRAME, framed, read_head

_NUMBERS: Final = 1 << 32


class Channel(asyncio.Protocol):
    """Calls `on_lost` once, when the connection ends, whether or not anybody waits for a frame."""

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self.lost = False
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._number = HELLO
        self._due = True
        """Whether the frame with this number has not come yet."""
        self._waiting: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def send(self, message: bytes) -> None:
        self._number = (self._number + 1) % _NUMBERS
        self._due = True
        if self._transport is not None:
            self._transport.write(framed(message, self._number))

    async def receive(self) -> bytes:
        """The frame that is due. Raises ConnectionError if the connection has ended or ends."""
        if self.lost:
            raise ConnectionError("the worker has ended")
        self._waiting = asyncio.get_running_loop().create_future()
        self._deliver()
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._due:
            self._deliver()
        else:
            self.close()

    def connection_lost(self, _: Exception | None) -> None:
        self.lost = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the worker has ended"))
        self._on_lost()

    def _deliver(self) -> None:
        if len(self._buffer) < HEAD_BYTES or self._waiting is None or self._waiting.done():
            return
        size, number = read_head(self._buffer)
        end = HEAD_BYTES + size
        if size > MAX_FRAME or number != self._number or len(self._buffer) > end:
            self.close()
        elif len(self._buffer) == end:
            message = bytes(self._buffer[HEAD_BYTES:])
            self._buffer.clear()
            self._due = False
            self._waiting.set_result(message)
