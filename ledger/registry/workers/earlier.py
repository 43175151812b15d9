"""Workers of versions that are not installed, from their archives: a pool for each version, started when a record needs
it and ended when it has been idle."""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError, Unavailable
from ledger.registry.archives import Archive, unpack
from ledger.registry.assessing import AssessmentCall, AssessmentResult
from ledger.registry.workers.jobs import busy
from ledger.registry.workers.messages import Hello
from ledger.registry.workers.pool import PATIENCE_SECONDS, WorkerPool
from ledger.registry.workers.process import Launch

IDLE_SECONDS: Final = 60.0
MOST_POOLS: Final = 4
"""Versions that run at a time. The one that has been idle longest makes room for another."""
WORKERS: Final = 2
"""Processes for each version: a record that hangs holds up one."""
_log = logging.getLogger(__name__)


class EarlierPools:
    """The pools of a process, which belong to one event loop. `seconds`: the time limit of a record."""

    def __init__(
        self, seconds: float, most: int = MOST_POOLS, workers: int = WORKERS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self.seconds = seconds
        self.workers = workers
        self.idle_seconds = idle_seconds
        self._most = most
        self._pools: dict[str, EarlierPool] = {}
        self._room = asyncio.Lock()

    def pool(self, digest: str, name: str, read: Callable[[], Awaitable[Archive]]) -> "EarlierPool":
        """The pool of a version; it starts nothing. `name`: the name that its sector must have; empty: any name."""
        pool = self._pools.get(digest)
        if pool is None:
            pool = self._pools[digest] = EarlierPool(self, digest, name, read)
        return pool

    @property
    def processes(self) -> list[int]:
        """The workers' process ids."""
        return [pid for pool in self._pools.values() for pid in pool.processes]

    async def make_room(self) -> asyncio.Lock:
        """Ends an idle pool if as many run as may. Returns the lock, held: the caller starts its pool, then releases
        it. Raises Unavailable if all of them have work."""
        await self._room.acquire()
        try:
            running = [pool for pool in self._pools.values() if pool.running]
            if len(running) >= self._most:
                idle = [pool for pool in running if not pool.using]
                if not idle:
                    raise busy(f"{self._most} earlier plugin versions are at work")
                await min(idle, key=lambda pool: pool.used).end()
        except BaseException:
            self._room.release()
            raise
        return self._room

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.end()


class EarlierPool:
    """The workers of one archived version. Use it like a `WorkerPool`."""

    def __init__(
        self, pools: EarlierPools, digest: str, name: str, read: Callable[[], Awaitable[Archive]]
    ) -> None:
        self.using = 0
        """Requests that it answers now."""
        self.used = 0.0
        self._pools = pools
        self._digest = digest
        self._name = name
        self._read = read
        self._starting: asyncio.Task[WorkerPool] | None = None
        self._pool: WorkerPool | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._pool is not None

    @property
    def processes(self) -> list[int]:
        return [] if self._pool is None else self._pool.processes

    async def describe(self) -> Hello:
        """The description of the sector in the archive, by a worker. Raises Unavailable if it cannot be loaded."""
        self._begin_use()
        try:
            return (await asyncio.shield(self._start())).hello
        finally:
            self._end_use()

    async def assess(
        self, calls: Sequence[AssessmentCall], patience: float = PATIENCE_SECONDS
    ) -> list[AssessmentResult]:
        """See `WorkerPool.assess`. Gives Unavailable if the workers cannot be started."""
        self._begin_use()
        try:
            try:
                async with asyncio.timeout(patience):
                    pool = await asyncio.shield(self._start())
            except TimeoutError:
                return [busy("no worker of an earlier plugin version is free") for _ in calls]
            except LedgerError as error:
                return [error.settled() for _ in calls]
            return await pool.assess(calls, patience)
        finally:
            self._end_use()

    async def end(self) -> None:
        """Ends the workers and removes the unpacked archive."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        pool, folder = self._pool, self._folder
        self._starting = self._pool = self._folder = None
        if pool is not None:
            await pool.__aexit__(None, None, None)
        if folder is not None:
            await asyncio.to_thread(folder.cleanup)

    def _begin_use(self) -> None:
        self.using += 1
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _end_use(self) -> None:
        loop = asyncio.get_running_loop()
        self.using -= 1
        self.used = loop.time()
        if not self.using:
            self._idle = loop.call_later(self._pools.idle_seconds, self._end_idle)

    def _end_idle(self) -> None:
        if not self.using:
            self._ending = asyncio.get_running_loop().create_task(self.end())

    def _start(self) -> "asyncio.Task[WorkerPool]":
        """The start of the workers, which all requests of this time share."""
        task = self._starting
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._starting = asyncio.get_running_loop().create_task(self._started())
        return task

    async def _started(self) -> WorkerPool:
        try:
            archive = await self._read()
        except LedgerError as error:
            raise self._unavailable(error) from error
        room = await self._pools.make_room()
        try:
            folder = tempfile.TemporaryDirectory(prefix="plugin-", ignore_cleanup_errors=True)
            await asyncio.to_thread(unpack, archive, Path(folder.name))
            launch = Launch("ledger.registry.workers.archived", (folder.name, archive.entry, self._name),
                            lambda: [self._name or archive.package])
            pool = WorkerPool(self._pools.workers, self._pools.seconds, launch)
            self._pool, self._folder = await pool.__aenter__(), folder
        finally:
            room.release()
        try:
            await pool.begun()
            if self._digest not in pool.hello.digests.values():
                raise Unavailable("a worker has loaded other code than the archive holds", code="plugin-version")
        except LedgerError as error:
            self._pool = self._folder = None
            await pool.__aexit__(None, None, None)
            await asyncio.to_thread(folder.cleanup)
            raise self._unavailable(error) from error
        _log.info("workers of plugin %s run from the archive %s", self._name or archive.package, self._digest)
        return pool

    def _unavailable(self, error: LedgerError) -> Unavailable:
        return Unavailable(
            f"the archived version {self._digest} of plugin {self._name or 'unknown'} does not run: {error.message}",
            code="plugin-version", field="process", value=self._name, rule="an archive whose sector can be loaded",
        )
