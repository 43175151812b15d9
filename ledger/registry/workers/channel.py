"""The server's end of the connection to one worker. It sends frames, receives one answer frame, and reports a loss."""

import asyncio
from collections.abc import Callable
from typing import cast

from ledger.registry.workers.messages import LENGTH_BYTES, MAX_FRAME, framed


class Channel(asyncio.Protocol):
    """Calls `on_lost` once, when the connection ends, whether or not anybody waits for a frame."""

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self.lost = False
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def send(self, message: bytes) -> None:
        if self._transport is not None:
            self._transport.write(framed(message))

    async def receive(self) -> bytes:
        """The next frame. Raises ConnectionError if the connection has ended or ends."""
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
        self._deliver()

    def connection_lost(self, _: Exception | None) -> None:
        self.lost = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the worker has ended"))
        self._on_lost()

    def _deliver(self) -> None:
        if len(self._buffer) < LENGTH_BYTES or self._waiting is None or self._waiting.done():
            return
        size = int.from_bytes(self._buffer[:LENGTH_BYTES], "big")
        if size > MAX_FRAME:
            self.close()
        elif len(self._buffer) >= LENGTH_BYTES + size:
            message = bytes(self._buffer[LENGTH_BYTES : LENGTH_BYTES + size])
            del self._buffer[: LENGTH_BYTES + size]
            self._waiting.set_result(message)
