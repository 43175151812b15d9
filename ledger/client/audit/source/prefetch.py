"""Pages on their way from a source to the replay: fetched ahead, and checked beside it, a few at a time."""

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
"""Where a batch ends, and its root."""


class Arrived(NamedTuple):
    """A page with the batches that end in it, and what its check came to."""

    rows: Sequence[EntryRow]
    batches: Sequence[Batch]
    verdict: EntryVerdict


class _Coming(NamedTuple):
    rows: Sequence[EntryRow]
    batches: Sequence[Batch]
    verdict: "asyncio.Future[EntryVerdict]"


class Batches:
    """The batches of a log, taken in order."""

    def __init__(self, lists: AsyncIterator[list[Batch]]) -> None:
        self._lists = lists
        self._read: list[Batch] = []
        self.last = 0
        """Where the last one of all that were taken ends."""

    async def take(self, size: int) -> list[Batch]:
        """Those that end at `size` or before."""
        while not self._read or self._read[-1][0] < size:
            more = await anext(self._lists, None)
            if more is None:
                break
            self._read.extend(more)
        taken = [one for one in self._read if one[0] <= size]
        self._read = self._read[len(taken) :]
        if taken:
            self.last = taken[-1][0]
        return taken


@asynccontextmanager
async def arriving(
    source: TreeSource, batches: Batches, beside: ParallelChecks, start: int, size: int
) -> AsyncIterator[AsyncIterator[Arrived]]:
    """The pages from entry `start` on, below `size`. At most a few are in memory."""
    queue: asyncio.Queue[_Coming | None] = asyncio.Queue()
    room = asyncio.Semaphore(_AHEAD)
    task = asyncio.create_task(_fetch(source, batches, beside, start, size, queue, room))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        yield _taken(queue, room, task)
    finally:
        task.cancel()
        # What it came to has been told, or nobody asks any more.
        await asyncio.wait({task})


async def _fetch(
    source: TreeSource, batches: Batches, beside: ParallelChecks, start: int, size: int,
    queue: "asyncio.Queue[_Coming | None]",
    room: asyncio.Semaphore,
) -> None:
    async for page in source.pages(size, start):
        rows = read_page(page)
        ended = await batches.take(rows[-1].index + 1) if rows else []
        await room.acquire()
        queue.put_nowait(_Coming(rows, ended, beside.check(page, [end for end, _ in ended])))


async def _taken(
    queue: "asyncio.Queue[_Coming | None]", room: asyncio.Semaphore, task: "asyncio.Task[None]"
) -> AsyncIterator[Arrived]:
    while (coming := await queue.get()) is not None:
        room.release()
        yield Arrived(coming.rows, coming.batches, await settled(coming.verdict))
    await task
