"""The processes at one port send each other their metrics, over Unix sockets in a folder that only their account can
enter. The kernel chooses which process gets a scrape; that process asks the others, so each scrape has the values of
all."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ledger.service.observation.families import Family, packed, unpacked

_PATIENCE_SECONDS: Final = 5.0
_MOST_BYTES: Final = 8 << 20
_log = logging.getLogger(__name__)


class Place(NamedTuple):
    """One of several `processes` that serve at a port. `folder`: holds their sockets; None if this is the only one."""

    number: int = 0
    processes: int = 1
    folder: Path | None = None

    def socket(self, number: int) -> Path | None:
        return None if self.folder is None else self.folder / str(number)


@asynccontextmanager
async def answering(place: Place, read: Callable[[], Sequence[Family]]) -> AsyncIterator[None]:
    """While this is open, the other processes get the metrics of this one."""
    path = place.socket(place.number)
    if path is None:
        yield
        return

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(packed(read()))
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    try:
        yield
    finally:
        server.close()


async def ask_peers(place: Place) -> dict[int, list[Family] | None]:
    """The metrics of each other process, by its number; None for a process that does not answer in time."""
    others = [number for number in range(place.processes) if number != place.number]
    answers = await asyncio.gather(*[_ask(place.socket(number)) for number in others])
    return dict(zip(others, answers, strict=True))


async def _ask(path: Path | None) -> list[Family] | None:
    if path is None:
        return None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path, limit=_MOST_BYTES)
            try:
                return unpacked(await reader.read(-1))
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.MsgspecError) as error:
        _log.warning("a serving process does not give its metrics: %s: %s", type(error).__name__, error)
        return None
