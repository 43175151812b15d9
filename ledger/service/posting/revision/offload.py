"""Long work beside the loop that answers, while a session waits for it."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ledger.store.database import Connection
from ledger.store.revisions import still_here

BEAT_SECONDS = 10.0
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


async def aside(
    connection: Connection, work: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Value:
    """Runs long work in a thread. Meanwhile the session says now and then that it is here: one that says nothing, as
    that of a stalled server, is ended by the database, so that it holds no lock for ever."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    # Where the session is lost first, nobody asks what became of the work.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    while not task.done():
        finished, _ = await asyncio.wait({task}, timeout=BEAT_SECONDS)
        if not finished:
            await still_here(connection)
    return task.result()
