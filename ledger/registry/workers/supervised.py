"""Sectors whose `assess` is the workers': for threads that need an answer before they can go on."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Final

from ledger.core.outcome.assessment import Assessment
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.registry.assessing import AssessmentCall, Found
from ledger.registry.workers.jobs import busy
from ledger.registry.workers.pool import PATIENCE_SECONDS, WorkerPool
from ledger.sdk import Context

LOCKED_SECONDS: Final = 10.0
"""For all assessments of a batch under the log's lock. A session that does nothing is ended after 30 s."""


class TimeBudget:
    """Seconds that are left; None: no end of them. For one thread after the other."""

    def __init__(self, seconds: float | None) -> None:
        self.left = seconds

    def patience(self) -> float:
        """How long to wait. Raises Unavailable where nothing is left."""
        if self.left is None:
            return PATIENCE_SECONDS
        if self.left <= 0:
            raise busy("plugins have held the log's lock for long enough")
        return self.left

    def spend(self, seconds: float) -> None:
        if self.left is not None:
            self.left -= seconds


class Supervised(Installed, frozen=True, kw_only=True):
    """`loop` is the pool's."""

    pool: WorkerPool
    loop: asyncio.AbstractEventLoop
    budget: TimeBudget

    def assess(self, context: Context, activity: bytes) -> Assessment:
        """As `Installed.assess`; PluginError too where the plugin hangs or ends its process, Unavailable where no
        worker is free. Waits, so it must not be called in the loop's own thread."""
        patience, started = self.budget.patience(), monotonic()
        waiting = self.pool.assess([AssessmentCall(self, context, activity)], patience)
        try:
            (found,) = asyncio.run_coroutine_threadsafe(waiting, self.loop).result()
        finally:
            self.budget.spend(monotonic() - started)
        if isinstance(found, LedgerError):
            raise found
        return found


class Workers:
    """The `Assessor` of a server, to be entered in its loop."""

    inline = False

    def __init__(self, workers: int, seconds: float) -> None:
        self.pool = WorkerPool(workers, seconds)
        self._loop = asyncio.get_running_loop()
        self._plain = self.registry = Registry()

    async def __aenter__(self) -> "Workers":
        await self.pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pool.__aexit__(kind, error, trace)

    async def load(self) -> None:
        """See `Pool.loaded`. Before, `registry` is empty."""
        self._plain = await self.pool.loaded()
        self.registry = self._supervised(TimeBudget(None))

    async def ready(self) -> None:
        """See `Pool.ready`."""
        await self.pool.ready()

    def under_lock(self) -> Registry:
        return self._supervised(TimeBudget(LOCKED_SECONDS))

    async def assess(self, calls: Sequence[AssessmentCall]) -> list[Found]:
        return await self.pool.assess(calls) if calls else []

    def _supervised(self, budget: TimeBudget) -> Registry:
        return Registry([
            Supervised(one.sector, one.digest, one.distribution, one.package, pool=self.pool, loop=self._loop,
                       budget=budget)
            for one in self._plain.sectors.values()
        ])
