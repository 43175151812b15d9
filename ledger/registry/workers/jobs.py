"""Records that wait for a worker, and the handling of records whose worker ended."""

import asyncio
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Final

from ledger.errors import PluginError, Unavailable
from ledger.registry.assessing import AssessmentResult
from ledger.registry.workers.process import Ended

MAX_CHUNK: Final = 64
"""Most records that a worker receives at once."""
SMALL_CHUNK: Final = 16
"""So many waiting records are not shared out: a message costs as much as several records."""
MAX_CRASHES: Final = 3
"""A worker may be killed from outside. But if it ends at the same record three times, twice with that record alone,
the record is the cause."""
MAX_STARTS: Final = 5
_DISTRUST_SECONDS: Final = 60.0


class JobGroup:
    """Calls of one request. `done` is set once all of them have an answer; `open` counts the others."""

    def __init__(self, size: int) -> None:
        self.open = size
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers: list[AssessmentResult | None] = [None] * size

    @property
    def answers(self) -> list[AssessmentResult]:
        """The answers, in order."""
        return [answer for answer in self._answers if answer is not None]

    def answered(self, position: int) -> bool:
        return self._answers[position] is not None

    def put(self, position: int, answer: AssessmentResult) -> None:
        """Sets an answer. Only the first one counts: a worker may still answer a call that the pool has given up."""
        if self.answered(position):
            return
        self._answers[position] = answer
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)


class Job:
    """One call. Errors name its `process`, such as `steel.eaf`, and its `tag`, such as `steel/1.0.0`."""

    def __init__(self, group: JobGroup, position: int, message: bytes, process: str, tag: str) -> None:
        self.group = group
        self.position = position
        self.message = message
        self.process = process
        self.tag = tag
        self.crashes = 0
        self.starts = 0

    def put(self, answer: AssessmentResult) -> None:
        self.group.put(self.position, answer)

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for it."""
        return not self.group.answered(self.position) and not self.group.done.cancelled()


class Queue:
    """The waiting jobs. Suspects wait in a separate queue, and so do jobs of a process (`sector.route`) that has lately
    ended a worker. They run one by one, on one worker at a time, so that they delay only each other."""

    def __init__(self) -> None:
        self._ready: deque[Job] = deque()
        self._alone: deque[Job] = deque()
        self._distrusted: dict[str, float] = {}
        self._isolating = False

    def __len__(self) -> int:
        """How many jobs wait."""
        return len(self._ready) + len(self._alone)

    def add(self, jobs: Sequence[Job], *, first: bool = False) -> None:
        trusted = [job for job in jobs if not self._distrusts(job.process)]
        self._alone.extend([job for job in jobs if self._distrusts(job.process)])
        if first:
            self._ready.extendleft(reversed(trusted))
        else:
            self._ready.extend(trusted)

    def take(self, workers: int) -> tuple[list[Job], bool]:
        """The next chunk for one of `workers` workers, and whether it is a job that runs alone. If it is, the caller
        must call `returned` afterwards."""
        while self._alone and not self._isolating:
            job = self._alone.popleft()
            if job.wanted:
                self._isolating = True
                return [job], True
        size = min(MAX_CHUNK, max(SMALL_CHUNK, -(-len(self._ready) // max(workers, 1))))
        chunk: list[Job] = []
        while self._ready and len(chunk) < size:
            job = self._ready.popleft()
            if job.wanted:
                chunk.append(job)
        return chunk, False

    def returned(self) -> None:
        self._isolating = False

    def drain(self) -> list[Job]:
        """Removes and returns all waiting jobs."""
        drained = [*self._ready, *self._alone]
        self._ready.clear()
        self._alone.clear()
        return drained

    def ended(self, jobs: Sequence[Job], end: Ended, seconds: float) -> None:
        """Handles the jobs of a chunk whose worker ended: refuses a job, tries it alone, or puts it back into the
        queue."""
        if end.position == 0:
            self._not_begun(jobs)
            return
        # A position beyond the last job: all jobs have run, and one of them has closed the channel.
        suspects = jobs if end.position > len(jobs) else jobs[end.position - 1 : end.position]
        self.add([job for job in jobs if job not in suspects], first=True)
        for job in suspects:
            self._distrusted[job.process] = monotonic() + _DISTRUST_SECONDS
            job.crashes += not end.late
            if end.late and len(jobs) == 1:
                job.put(_late(job, seconds))
            elif job.crashes >= MAX_CRASHES:
                job.put(_crashed(job, end))
            else:
                self._alone.append(job)

    def _not_begun(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            job.starts += 1
            if job.starts >= MAX_STARTS:
                job.put(busy("plugin workers end before they start on a record"))
        self.add([job for job in jobs if job.wanted], first=True)

    def _distrusts(self, process: str) -> bool:
        until = self._distrusted.get(process)
        if until is not None and until < monotonic():
            del self._distrusted[process]
            return False
        return until is not None


def busy(reason: str) -> Unavailable:
    """The answer for a record that no worker could assess. The record itself may be valid."""
    return Unavailable(f"{reason}; nothing was written: post the record again", code="plugin-busy", field="process")


def _late(job: Job, seconds: float) -> PluginError:
    return PluginError(
        f"plugin {job.tag} did not assess {job.process} within {seconds:g} s", code="plugin-timeout",
        field="activity", value=job.process, rule=f"an assessment within {seconds:g} s",
    )


def _crashed(job: Job, end: Ended) -> PluginError:
    return PluginError(
        f"plugin {job.tag} ended the process that assessed {job.process}: {end}", code="plugin-crashed",
        field="activity", value=job.process, rule="the plugin does not end its process",
    )
