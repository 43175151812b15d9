"""Fetches a few pages from a source ahead of the replay, and has them checked in parallel with it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from ledger.client.audit.checks.entries import EntryVerdict
from ledger.client.audit.checks.parallel import ParallelChecks, settled
from ledger.client.audit.source.interface import EntryRow, TreeSource
from ledger.client.audit.source.pages import read_page

_AHEAD: Final = 3

Batch = tuple[int, bytes]
"""The size at which a batch ends, and its root."""


class Arrived(NamedTuple):
    """A page with the batches that end in it, and the verdict of its checks."""

    rows: Sequence[EntryRow]
    batches: Sequence[Batch]
    verdict: EntryVerdict


class _Coming(NamedTuple):
    rows: Sequence[EntryRow]
    batches: Sequence[Batch]
    verdict: "asyncio.Future[EntryVerdict]"


class _Fetched(NamedTuple):
    """The pages that were fetched and not replayed yet, in order; None ends them. `room` limits their number."""

    pages: "asyncio.Queue[_Coming | None]"
    room: asyncio.Semaphore


class Batches:
    """The batches of a log, taken in order."""

    def __init__(self, lists: AsyncIterator[list[Batch]]) -> None:
        self._lists = lists
        self._waiting: list[Batch] = []
        self.last = 0
        """The size at which the last taken batch ends."""

    async def take(self, size: int) -> list[Batch]:
        """Takes the next batches that end at `size` or before."""
        while not self._waiting or self._waiting[-1][0] < size:
            more = await anext(self._lists, None)
            if more is None:
                break
            self._waiting.extend(more)
        taken = [batch for batch in self._waiting if batch[0] <= size]
        self._waiting = self._waiting[len(taken) :]
        if taken:
            self.last = taken[-1][0]
        return taken


@asynccontextmanager
async def arriving(
    source: TreeSource, batches: Batches, checks: ParallelChecks, start: int, size: int
) -> AsyncIterator[AsyncIterator[Arrived]]:
    """The pages from entry `start` on, below `size`. At most a few are in memory."""
    fetched = _Fetched(asyncio.Queue(), asyncio.Semaphore(_AHEAD))
    task = asyncio.create_task(_fetch(source.pages(size, start), batches, checks, fetched))
    task.add_done_callback(lambda _: fetched.pages.put_nowait(None))
    try:
        yield _taken(fetched, task)
    finally:
        task.cancel()
        # `_taken` has raised the task's error, or the caller has stopped reading and needs no error.
        await asyncio.wait({task})


async def _fetch(
    pages: AsyncIterator[bytes], batches: Batches, checks: ParallelChecks, fetched: _Fetched
) -> None:
    async for page in pages:
        rows = read_page(page)
        ended = await batches.take(rows[-1].index + 1) if rows else []
        await fetched.room.acquire()
        fetched.pages.put_nowait(_Coming(rows, ended, checks.check(page, [end for end, _ in ended])))


async def _taken(fetched: _Fetched, task: "asyncio.Task[None]") -> AsyncIterator[Arrived]:
    while (coming := await fetched.pages.get()) is not None:
        fetched.room.release()
        yield Arrived(coming.rows, coming.batches, await settled(coming.verdict))
    await task
