"""Runs long computations in a thread, while the event loop keeps answering and a database session waits."""

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ledger.host.threads import in_thread
from ledger.store.database import Connection
from ledger.store.revisions import still_here

BEAT_SECONDS = 10.0
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


async def aside(
    connection: Connection, function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Value:
    """Runs `function` in a thread, and ends the thread on cancellation. Meanwhile it sends a message on the session now
    and then: the database ends a silent session, such as the session of a stalled server, so that it does not hold its
    locks for ever."""
    task = asyncio.create_task(in_thread(function, *args, **kwargs))
    try:
        await beat(connection, task)
        return task.result()
    finally:
        if not task.done():
            # The session is lost, or nobody waits any more.
            task.cancel()
            await asyncio.wait({task})


async def beat(connection: Connection, task: "asyncio.Task[Any]") -> None:
    """Returns when the task is done. Until then it sends a message on the session now and then."""
    while not task.done():
        finished, _ = await asyncio.wait({task}, timeout=BEAT_SECONDS)
        if not finished:
            await still_here(connection)
