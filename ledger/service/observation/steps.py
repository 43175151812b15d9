"""The steps of the posting pipeline, and a stopwatch for them.

A stopwatch belongs to one chunk of a request, or to one batch. The parts of the pipeline get it as a value and note the
end of each step. Metrics count the laps; a trace shows them as spans.
"""

from collections.abc import Sequence
from enum import StrEnum
from time import perf_counter_ns
from typing import NamedTuple, Protocol


class Step(StrEnum):
    """In the order of the pipeline. The steps from `check` to `sign` belong to a batch, which several requests share;
    the others belong to a request, or to each 1,000 records of a large one."""

    DECODE = "decode"
    READ = "read"
    VERIFY = "verify"
    QUOTA = "quota"
    DRAFT = "draft"
    ASSESS = "assess"
    COMPLETE = "complete"
    WAIT = "wait"
    CHECK = "check"
    LOCK = "lock"
    LOAD = "load"
    SEQUENCE = "sequence"
    WRITE = "write"
    COMMIT = "commit"
    SIGN = "sign"
    REVISE = "revise"
    ANSWER = "answer"


class Lap(NamedTuple):
    """A step that has ended. `start` and `end` in ns of `time.perf_counter_ns`."""

    step: Step
    start: int
    end: int


class Trace(Protocol):
    """Shows the steps of one request to somebody who traces it."""

    def add(self, laps: Sequence[Lap]) -> None: ...


class Stopwatch:
    """Notes the steps of a chunk or of a batch, one after the other."""

    def __init__(self) -> None:
        self.laps: list[Lap] = []
        self.start = self._last = perf_counter_ns()

    def lap(self, step: Step) -> None:
        """Ends a step that began when the last one ended."""
        now = perf_counter_ns()
        self.laps.append(Lap(step, self._last, now))
        self._last = now

    def skip(self) -> None:
        """The next step begins now."""
        self._last = perf_counter_ns()
