"""Erasing: after an erasure is on the log and answered, the body that it names goes.

A step of its own: done again at each start and now and then, by whichever server comes to it first, until no erasure on
the log is left whose record still has its body. So a crash in between delays it and loses nothing. Of a log with
witnesses a body goes once a published head covers its erasure: until then an auditor would miss it, and see no reason.
"""

import asyncio
import logging
from contextlib import suppress
from typing import NamedTuple

import asyncpg
import msgspec

from ledger.core.record.canonical import encode
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.redacted import residue
from ledger.errors import Unavailable
from ledger.store.database import LOST
from ledger.store.erasures import connect_eraser, erase, pending
from ledger.store.sessions import close_quietly

_EVERY_SECONDS = 60.0
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_log = logging.getLogger(__name__)


class ErasedBody(NamedTuple):
    """How many records were erased, and how many more the log asks for in entries that no published head covers yet."""

    erased: int
    waiting: int


class Eraser:
    """One for a process. `wake` says that an erasure was logged, `published` that a head is public; `every`: seconds
    after which it looks by itself."""

    def __init__(self, url: str, every: float = _EVERY_SECONDS) -> None:
        self._url = url
        self._every = every
        self._woken = asyncio.Event()
        self._waits = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Eraser":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        self._woken.set()

    def published(self) -> None:
        if self._waits:
            self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            # What is published while it looks may be what it finds waiting.
            self._waits = True
            self._waits = await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._every)

    async def _look(self) -> bool:
        """Whether erasures are left that wait for a published head."""
        try:
            return (await carry_out(self._url)).waiting > 0
        except (Unavailable, *LOST, asyncpg.PostgresError) as error:
            _log.warning("an erasure waits: %s", error)
        except Exception:
            _log.exception("an erasure failed; it is tried again")
        return False


async def carry_out(url: str) -> ErasedBody:
    """Erases what the log asks for and its published head covers, in the order of the log: what is left is looked for
    after the newest that is done. Raises Unavailable where the database does not answer."""
    connection, done = await connect_eraser(url), 0
    try:
        left = await pending(connection)
        for index in left.public:
            if await erase(connection, index, _reduce):
                _log.info("the body of record %d is erased", index)
                done += 1
        await connection.close()
    finally:
        await close_quietly(connection)
    return ErasedBody(done, len(left.waiting))


def _reduce(body: bytes) -> bytes:
    return encode(residue(_record.decode(body)))
