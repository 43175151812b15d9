"""More processes that serve the same ledger at the same port: one interpreter uses one core.

They are replicas of this host, started and started again by the first. The kernel shares connections out among all that
listen. A sibling serves for as long as its standard input is open, so none outlives the first, however that ends.
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from ledger.registry.workers.process import import_path

SIBLING: Final = "--sibling"
"""The option of `serve` that makes a process one of them."""
START_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_LAST_SECONDS: Final = 35.0
"""More than a server waits for requests under way when it stops."""
_log = logging.getLogger(__name__)


class Siblings:
    """`count` processes that run `carbon-ledger serve` with these options while this is entered."""

    def __init__(self, count: int, options: Sequence[str]) -> None:
        self._command = [sys.executable, "-P", "-m", "ledger.cli", "serve", SIBLING, *options]
        self._count = count
        self._tasks: list[asyncio.Task[None]] = []
        self._running: set[Process] = set()
        self._stopping = False

    async def __aenter__(self) -> Self:
        """Returns once each of them serves, or has failed to for a first time."""
        tried = [asyncio.Event() for _ in range(self._count)]
        self._tasks = [asyncio.create_task(self._keep_one(event)) for event in tried]
        await asyncio.gather(*[event.wait() for event in tried])
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Ends them; what they are asked by then is answered."""
        self._stopping = True
        for process in self._running:
            _ask_to_end(process)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_one(self, tried: asyncio.Event) -> None:
        try:
            while not self._stopping:
                try:
                    process = await self._start()
                except OSError as error:
                    _log.error("a serving process cannot be started, trying again: %s", error)
                else:
                    await self._keep(process, tried)
                    _log.warning("a serving process ended with code %s and is started again", process.returncode)
                tried.set()
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            tried.set()

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            # In a session of its own: Ctrl-C is for the first process, which ends the others.
            *self._command, stdin=PIPE, stdout=PIPE, start_new_session=True,
            env={**os.environ, "PYTHONPATH": import_path()},
        )

    async def _keep(self, process: Process, tried: asyncio.Event) -> None:
        self._running.add(process)
        try:
            await self._watch(process, tried)
        finally:
            await _ended(process)
            self._running.discard(process)

    async def _watch(self, process: Process, tried: asyncio.Event) -> None:
        """Returns when the process has ended, or does not come to serve."""
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await process.stdout.readline() if process.stdout is not None else b""
        except TimeoutError:
            ready = b""
        tried.set()
        if ready:
            await process.wait()


def _ask_to_end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _ended(process: Process) -> None:
    """Once it has ended, in good order where it can."""
    _ask_to_end(process)
    try:
        async with asyncio.timeout(_LAST_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
