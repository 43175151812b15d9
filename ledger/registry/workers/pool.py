"""The workers of a server: a fixed number of processes. The pool replaces a worker that ends, and ends all workers
with the server."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, NamedTuple

from ledger.engine.sectors import Registry
from ledger.errors import ConfigurationError
from ledger.registry.assessing import AssessmentCall, AssessmentResult
from ledger.registry.installed import installed
from ledger.registry.workers.jobs import Job, JobGroup, Queue, busy
from ledger.registry.workers.messages import Hello, WorkerAnswer, encode, error_of
from ledger.registry.workers.messages import WorkerCall as Message
from ledger.registry.workers.process import INSTALLED, Ended, Launch, Worker, start_worker

PATIENCE_SECONDS: Final = 30.0
"""Longest time that the records of a request wait without any answer."""
MOST_MEMORY: Final = 512 << 20
"""Peak memory use of a worker, in bytes, after which the pool replaces it."""
_PAUSE_SECONDS: Final = 1.0
_CHANGED: Final = "plugins-changed"
_CHANGED_SECONDS: Final = 30.0
"""Pause before the next try if the installed plugins have changed: an operator may restore them."""
TIMEOUT: Final = "timeout"
CRASH: Final = "crash"
MEMORY: Final = "memory"
ENDS: Final = (TIMEOUT, CRASH, MEMORY)
"""Why the pool replaces a worker: a record took too long, the process ended, or it used too much memory."""
_log = logging.getLogger(__name__)


class WorkerCounts(NamedTuple):
    """`wanted`: the workers of the pool; `running`, and of these `busy`; `waiting`: records that wait for a worker;
    `ended`: how many have ended, by reason."""

    wanted: int
    running: int
    busy: int
    waiting: int
    ended: Mapping[str, int]


class WorkerPool:
    """`seconds`: the time limit for the assessment of a record. A pool belongs to the event loop that entered it.
    `launch`: how a worker is started. `digests`: the digests of the sectors that a worker must load, by default the
    ones of the first worker.

    Entering the pool starts the workers but does not wait for them; `ready` does.
    """

    def __init__(
        self, workers: int, seconds: float, launch: Launch = INSTALLED, digests: Mapping[str, str] | None = None
    ) -> None:
        self.seconds = seconds
        self.hello = Hello({})
        """The first message of the worker that started last."""
        self._launch = launch
        self._digests = digests
        self._count = workers
        self._queue = Queue()
        self._idle: deque[asyncio.Event] = deque()
        self._workers: dict[int, Worker] = {}
        self._started: list[asyncio.Future[None]] = []
        self._slots: list[asyncio.Task[None]] = []
        self._closed = False
        self._busy = 0
        self._ended: Counter[str] = Counter()

    async def __aenter__(self) -> "WorkerPool":
        loop = asyncio.get_running_loop()
        self._started = [loop.create_future() for _ in range(self._count)]
        self._slots = [loop.create_task(self._slot(started), name="plugin worker") for started in self._started]
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Ends all workers. Answers waiting jobs with an error: the server is shutting down."""
        self._closed = True
        for slot in self._slots:
            slot.cancel()
        await asyncio.gather(*self._slots, *self._started, return_exceptions=True)
        _give_up(self._queue.drain(), "the server is shutting down")

    async def begun(self) -> None:
        """Waits until a worker has loaded its sectors. Raises ConfigurationError if it cannot."""
        first, _ = await asyncio.wait(self._started, return_when=asyncio.FIRST_COMPLETED)
        for start in first:
            start.result()

    async def loaded(self) -> Registry:
        """The installed sectors, loaded into this process after a worker has loaded them. If loading a sector hangs or
        ends the process, it happens in the worker. Raises ConfigurationError if a sector cannot be loaded."""
        await self.begun()
        registry = installed()
        self._check({name: sector.digest for name, sector in registry.sectors.items()})
        return registry

    async def ready(self) -> None:
        """Waits until all workers have loaded their plugins. Raises ConfigurationError if a worker cannot."""
        await asyncio.gather(*[asyncio.shield(started) for started in self._started])

    @property
    def processes(self) -> list[int]:
        """The workers' process ids."""
        return list(self._workers)

    def counts(self) -> WorkerCounts:
        """The present state, for metrics."""
        return WorkerCounts(self._count, len(self._workers), self._busy, len(self._queue), dict(self._ended))

    async def assess(
        self, calls: Sequence[AssessmentCall], patience: float = PATIENCE_SECONDS
    ) -> list[AssessmentResult]:
        """See `Assessor.assess`. `patience`: the longest wait, in seconds, without any answer."""
        if self._closed:
            return [busy("the server is shutting down") for _ in calls]
        group = JobGroup(len(calls))
        jobs = [
            Job(group, i, encode(Message(plugin.sector.name, context, activity)), context.process, plugin.tag)
            for i, (plugin, context, activity) in enumerate(calls)
        ]
        self._queue.add(jobs)
        self._wake(len(jobs))
        await _wait(group, jobs, patience)
        return group.answers

    async def _slot(self, started: "asyncio.Future[None]") -> None:
        """Runs one worker after the other, until the server ends."""
        wake = asyncio.Event()
        try:
            while True:
                worker = await self._start(wake, started)
                self._workers[worker.pid] = worker
                try:
                    self._ended[await self._serve(worker, wake)] += 1
                except Ended as end:
                    self._ended[TIMEOUT if end.late else CRASH] += 1
                    _log.warning("a plugin worker ended: %s", end)
                finally:
                    del self._workers[worker.pid]
                    # This worker may have been woken for a job that another worker must take now.
                    self._wake(1)
                    await worker.end()
        finally:
            started.cancel()

    async def _start(self, wake: asyncio.Event, started: "asyncio.Future[None]") -> Worker:
        """The next worker. If the first worker cannot start, `ready` raises the error. Later failures may pass, so the
        pool tries again."""
        while True:
            try:
                worker = await self._loaded(wake)
            except ConfigurationError as error:
                if not started.done():
                    started.set_exception(error)
                    raise
                _log.error("cannot start a new plugin worker: %s", error)
                await asyncio.sleep(_CHANGED_SECONDS if error.code == _CHANGED else _PAUSE_SECONDS)
            else:
                if not started.done():
                    started.set_result(None)
                return worker

    async def _loaded(self, wake: asyncio.Event) -> Worker:
        worker = await start_worker(self.seconds, wake.set, self._launch)
        try:
            self._check(worker.hello.digests)
        except ConfigurationError:
            await worker.end()
            raise
        self.hello = worker.hello
        return worker

    def _check(self, digests: Mapping[str, str]) -> None:
        """Raises ConfigurationError if the digests differ from the first ones."""
        if self._digests is None:
            self._digests = digests
        if digests != self._digests and self._launch is not INSTALLED:
            raise ConfigurationError("a worker has loaded other code than its archive holds", code=_CHANGED)
        if digests != self._digests:
            raise ConfigurationError("the installed plugins have changed since this server started: restart the server",
                                     code=_CHANGED)

    async def _serve(self, worker: Worker, wake: asyncio.Event) -> str:
        """Gives jobs to a worker until the worker is lost or uses too much memory, and returns the reason. Raises Ended
        if it ends during a job."""
        while not worker.lost and worker.memory < MOST_MEMORY:
            jobs, alone = self._queue.take(self._count)
            if not jobs:
                await self._rest(wake)
                continue
            try:
                await self._run(worker, jobs)
            finally:
                if alone:
                    self._queue.returned()
                    self._wake(1)
        return CRASH if worker.lost else MEMORY

    async def _rest(self, wake: asyncio.Event) -> None:
        """Waits until there may be a job, or the worker is lost."""
        wake.clear()
        self._idle.append(wake)
        try:
            await wake.wait()
        finally:
            if wake in self._idle:
                self._idle.remove(wake)

    async def _run(self, worker: Worker, jobs: Sequence[Job]) -> None:
        self._busy += 1
        try:
            reply = await worker.ask([job.message for job in jobs])
        except Ended as end:
            self._queue.ended(jobs, end, self.seconds)
            self._wake(len(jobs))
            raise
        except asyncio.CancelledError:
            _give_up(jobs, "the server is shutting down")
            raise
        finally:
            self._busy -= 1
        for job, answer in zip(jobs, reply.answers, strict=True):
            job.put(_read(answer))

    def _wake(self, jobs: int) -> None:
        while jobs > 0 and self._idle:
            self._idle.popleft().set()
            jobs -= 1


class _Patience:
    """Gives jobs up when their group has waited `seconds` for the next answer. An object, since a function that names
    itself to look again would be a cycle for each group, and the collector of a server comes by late."""

    def __init__(self, group: JobGroup, jobs: Sequence[Job], seconds: float) -> None:
        self._group = group
        self._jobs = jobs
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look, self._group.open)

    def _look(self, open_before: int) -> None:
        if self._group.open == open_before:
            _give_up(self._jobs, "no plugin worker is free")
        else:
            self._begin()

    def end(self) -> None:
        self._timer.cancel()


async def _wait(group: JobGroup, jobs: Sequence[Job], patience: float) -> None:
    """Returns when all jobs have an answer. If this task is cancelled, so is `group.done`, and nobody wants them."""
    if not group.open:
        return
    watched = _Patience(group, jobs, patience)
    try:
        await group.done
    finally:
        watched.end()


def _give_up(jobs: Sequence[Job], reason: str) -> None:
    for job in jobs:
        if job.wanted:
            job.put(busy(reason))


def _read(answer: WorkerAnswer) -> AssessmentResult:
    if answer.assessment is not None:
        return answer.assessment
    if answer.fault is None:
        return busy("a plugin worker gave an empty answer")
    return error_of(answer.fault)
