"""Erases bodies: after an erasure is on the log and answered, the body that it names is redacted.

This is a separate step. Every server looks for pending erasures at its start and once a minute, so a crash delays an
erasure but loses nothing. On a log with witnesses, a body is erased once a published head covers its erasure. Before
that, an auditor would find the body missing and see no reason.
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
from ledger.host.background import Background
from ledger.store.database import LOST
from ledger.store.erasing.erasures import connect_eraser, erase, pending
from ledger.store.outage import severity
from ledger.store.sessions import close_quietly

_EVERY_SECONDS = 60.0
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_log = logging.getLogger(__name__)


class ErasedBody(NamedTuple):
    """How many records were erased, and how many erasures wait because no published head covers them yet."""

    erased: int
    waiting: int


class Eraser(Background):
    """A process has one. Call `wake` after an erasure was logged, and `published` after a head became public. It also
    looks by itself after `every` seconds."""

    name = "eraser"

    def __init__(self, url: str, every: float = _EVERY_SECONDS) -> None:
        self._url = url
        self._every = every
        self._woken = asyncio.Event()
        self._waits = False

    def wake(self) -> None:
        self._woken.set()

    def published(self) -> None:
        if self._waits:
            self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            # A head that is published during the look may cover an erasure that the look finds waiting.
            self._waits = True
            self._waits = await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._every)

    async def _look(self) -> bool:
        """Erases. Returns whether erasures still wait for a published head."""
        try:
            return (await carry_out(self._url)).waiting > 0
        except (Unavailable, *LOST, asyncpg.PostgresError) as error:
            _log.log(severity(error), "an erasure waits: %s", error)
        except Exception:
            _log.exception("an erasure failed; it is tried again")
        return False


async def carry_out(url: str) -> ErasedBody:
    """Carries out the erasures that the published head covers, in log order. The search resumes after the newest
    completed one. Raises Unavailable if the database does not answer."""
    connection, done = await connect_eraser(url), 0
    try:
        erasures = await pending(connection)
        for index in erasures.public:
            if await erase(connection, index, _reduce):
                _log.info("the body of record %d is erased", index)
                done += 1
        await connection.close()
    finally:
        await close_quietly(connection)
    return ErasedBody(done, len(erasures.waiting))


def _reduce(body: bytes) -> bytes:
    return encode(residue(_record.decode(body)))
