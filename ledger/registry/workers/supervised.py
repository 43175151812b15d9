"""Sectors whose `assess` runs in workers, for threads that wait for the answer."""

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Final, Protocol

from ledger.admission.activations import Versions
from ledger.admission.rules import RESERVED
from ledger.core.outcome.assessment import Assessment
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.registry.assessing import AssessmentCall, AssessmentResult, EarlierVersion, LookUp
from ledger.registry.workers.earlier import EarlierPools
from ledger.registry.workers.jobs import busy
from ledger.registry.workers.pool import PATIENCE_SECONDS, WorkerPool
from ledger.sdk import Context

LOCKED_SECONDS: Final = 10.0
"""Time limit for all assessments of a batch under the log's lock. The database ends an idle session after 30 s."""
_log = logging.getLogger(__name__)


class TimeBudget:
    """The remaining seconds; None: no limit. Only one thread at a time may use it."""

    def __init__(self, seconds: float | None) -> None:
        self.left = seconds

    def patience(self) -> float:
        """The longest time to wait. Raises Unavailable if no time remains."""
        if self.left is None:
            return PATIENCE_SECONDS
        if self.left <= 0:
            raise busy("plugins have used up the time that a batch may hold the log's lock")
        return self.left

    def spend(self, seconds: float) -> None:
        if self.left is not None:
            self.left -= seconds


class AssessingPool(Protocol):
    """The workers of installed sectors, or of one archived version."""

    async def assess(self, calls: Sequence[AssessmentCall], patience: float = ...) -> list[AssessmentResult]: ...


class Supervised(Installed, frozen=True, kw_only=True):
    """A sector whose records are assessed by `pool`. `loop` is the event loop of the pool."""

    pool: AssessingPool
    loop: asyncio.AbstractEventLoop
    budget: TimeBudget

    def assess(self, context: Context, activity: bytes) -> Assessment:
        """As `Installed.assess`. Also raises PluginError if the plugin hangs or ends its process, Unavailable if no
        worker is free. It waits, so do not call it in the thread of the loop."""
        patience, started = self.budget.patience(), monotonic()
        waiting = self.pool.assess([AssessmentCall(self, context, activity)], patience)
        try:
            (answer,) = asyncio.run_coroutine_threadsafe(waiting, self.loop).result()
        finally:
            self.budget.spend(monotonic() - started)
        if isinstance(answer, LedgerError):
            raise answer
        return answer


class Workers:
    """The `Assessor` of a server. Enter it in the server's event loop."""

    inline = False

    def __init__(self, workers: int, seconds: float) -> None:
        self.pool = WorkerPool(workers, seconds)
        self.earlier = EarlierPools(seconds)
        self._loop = asyncio.get_running_loop()
        self._plain = self.registry = Registry()
        self._versions: dict[str, EarlierVersion] = {}
        self._look_up: LookUp | None = None
        self._seen: Versions | None = None

    async def __aenter__(self) -> "Workers":
        await self.pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.earlier.close()
        await self.pool.__aexit__(kind, error, trace)

    async def load(self) -> None:
        """See `WorkerPool.loaded`. `registry` is empty until this returns."""
        self._plain = await self.pool.loaded()
        self.registry = self._supervised(TimeBudget(None))

    async def archived(self, look_up: LookUp) -> None:
        """See `Assessor.archived`."""
        self._look_up = look_up
        await self._learn(look_up)

    async def prepare(self, versions: Versions) -> None:
        """See `Assessor.prepare`."""
        if versions is self._seen:
            return
        known = self._known()
        if self._look_up is not None and any(
            active.digest not in known for name, active in versions.plugins.items() if name not in RESERVED
        ):
            await self._learn(self._look_up)
        self._seen = versions

    def _known(self) -> set[str]:
        """The digests of the versions that can be run here."""
        installed = [one.digest for one in self._plain.sectors.values()]
        sets = [version.digest for one in self._plain.sets.values() for version in one.versions]
        return {*self._versions, *installed, *sets, *self._plain.archived_sets.digests}

    async def _learn(self, look_up: LookUp) -> None:
        earlier = await look_up(list(self._known()))
        for version in earlier.sectors:
            self._versions[version.digest] = version
        self.registry.learn(self._earlier(TimeBudget(None)))
        for digest, read in earlier.sets.items():
            try:
                await asyncio.to_thread(self._plain.archived_sets.learn, digest, (await read()).code)
            except LedgerError as error:
                _log.error("the archive %s of a factor set is not used: %s", digest, error)

    async def ready(self) -> None:
        """See `WorkerPool.ready`."""
        await self.pool.ready()

    def under_lock(self) -> Registry:
        return self._supervised(TimeBudget(LOCKED_SECONDS))

    async def assess(self, calls: Sequence[AssessmentCall]) -> list[AssessmentResult]:
        """See `Assessor.assess`. Each version has its own workers."""
        parts: dict[str, list[int]] = {}
        for position, call in enumerate(calls):
            digest = call.installed.digest
            parts.setdefault(digest if digest in self._versions else "", []).append(position)
        if len(parts) == 1:
            ((digest, _),) = parts.items()
            return await self._pool_of(digest).assess(calls)
        answered = await asyncio.gather(*[
            self._pool_of(digest).assess([calls[position] for position in positions])
            for digest, positions in parts.items()
        ])
        placed = dict(zip(
            [position for positions in parts.values() for position in positions],
            [answer for part in answered for answer in part], strict=True,
        ))
        return [placed[position] for position in range(len(calls))]

    def _pool_of(self, digest: str) -> AssessingPool:
        version = self._versions.get(digest)
        return self.pool if version is None else self.earlier.pool(digest, version.plugin, version.read)

    def _supervised(self, budget: TimeBudget) -> Registry:
        return Registry([
            Supervised(one.sector, one.digest, one.distribution, one.package, one.entry, pool=self.pool,
                       loop=self._loop, budget=budget)
            for one in self._plain.sectors.values()
        ], self._plain.sets.values(), self._earlier(budget), self._plain.archived_sets)

    def _earlier(self, budget: TimeBudget) -> list[Installed]:
        return [
            Supervised(one.sector, digest, "", pool=self._pool_of(digest), loop=self._loop, budget=budget)
            for digest, one in self._versions.items()
        ]
