"""Sibling processes serve the same ledger at the same port, since one interpreter uses one core only.

They are replicas on this host. The first process starts them, and restarts each one that ends. The kernel distributes
the connections among all of them. A sibling serves as long as its standard input is open, so no sibling outlives the
first process, however that ends.
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ledger.registry.workers.process import import_path

SIBLING: Final = "--sibling"
"""The option of `serve` that makes a process a sibling."""
PEERS: Final = "--peers"
NUMBER: Final = "--number"
"""Options of a sibling: the folder in which the processes answer each other, and its number, from 1."""
START_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_LAST_SECONDS: Final = 45.0
"""Longer than a stopping server waits for its requests under way."""
_log = logging.getLogger(__name__)


class Siblings:
    """A context in which `count` processes run `carbon-ledger serve` with these options. `peers`: the folder in which
    all processes answer each other."""

    def __init__(self, count: int, options: Sequence[str], peers: Path) -> None:
        self._peers = peers
        self._command = [sys.executable, "-P", "-m", "ledger.cli", "serve", SIBLING, *options]
        self._count = count
        self._tasks: list[asyncio.Task[None]] = []
        self._running: set[Process] = set()
        self._stopping = False

    async def __aenter__(self) -> Self:
        """Returns when each process serves, or has failed to start once."""
        tried = [asyncio.Event() for _ in range(self._count)]
        self._tasks = [asyncio.create_task(self._keep_one(number, event)) for number, event in enumerate(tried, 1)]
        await asyncio.gather(*[event.wait() for event in tried])
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Ends the processes, after they have answered their requests."""
        self._stopping = True
        for process in self._running:
            _ask_to_end(process)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_one(self, number: int, tried: asyncio.Event) -> None:
        try:
            while not self._stopping:
                try:
                    process = await self._start(number)
                except OSError as error:
                    _log.error("a serving process cannot be started, trying again: %s", error)
                else:
                    await self._keep(process, tried)
                    _log.warning("a serving process ended with code %s and is started again", process.returncode)
                tried.set()
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            tried.set()

    async def _start(self, number: int) -> Process:
        return await asyncio.create_subprocess_exec(
            # A session of its own, so that Ctrl-C reaches only the first process, which then ends the others.
            *self._command, PEERS, str(self._peers), NUMBER, str(number), stdin=PIPE, stdout=PIPE,
            start_new_session=True,
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
        """Returns when the process has ended, or has not started to serve in time."""
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
    """Ends the process, in good order if possible, and waits for its end."""
    _ask_to_end(process)
    try:
        async with asyncio.timeout(_LAST_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
