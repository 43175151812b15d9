"""The tasks of revisions: so many at a time, so many of an organisation, all aborted when the process ends."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from ledger.errors import OutcomeUnknown, Overloaded, ShuttingDown
from ledger.service.posting.sequencer import SHUTTING_DOWN

Value = TypeVar("Value")


@dataclass
class CommitPhase:
    """`unknown`: a COMMIT was sent, and its outcome is open so far."""

    committing: bool = False
    unknown: bool = False


class Most(NamedTuple):
    """The most tasks at a time, in all and of an organisation."""

    tasks: int
    of_issuer: int


class RevisionTasks:
    """Tasks that wait or run. In errors, `things` is their name and `again` advice to the client."""

    def __init__(self, things: str, again: str) -> None:
        self.stopping = False
        self._things = things
        self._again = again
        self._tasks: dict[asyncio.Task[Any], CommitPhase] = {}
        self._issuers: Counter[str] = Counter()
        """How many tasks of each organisation wait or run."""

    def stop(self) -> None:
        """Aborts the tasks with ShuttingDown, except those that commit: these are near their end."""
        self.stopping = True
        for task, phase in self._tasks.items():
            if not phase.committing:
                task.cancel()

    def phase(self) -> CommitPhase:
        """The phase of the task that calls this."""
        task = asyncio.current_task()
        return self._tasks.get(task, CommitPhase()) if task is not None else CommitPhase()

    async def run(self, issuer: str, work: Callable[[], Coroutine[Any, Any, Value]], most: Most) -> Value:
        """Runs the work of this organisation as a task. Raises Overloaded if too many run already, and Unavailable or
        OutcomeUnknown if the process ends."""
        if self.stopping:
            raise ShuttingDown(SHUTTING_DOWN)
        if len(self._tasks) >= most.tasks or self._issuers[issuer] >= most.of_issuer:
            raise Overloaded(
                f"{len(self._tasks)} {self._things} wait or run, {self._issuers[issuer]} of them of {issuer}; "
                f"{self._again}",
                rule=f"at most {most.tasks} {self._things} at a time, {most.of_issuer} of an organisation",
            )
        self._issuers[issuer] += 1
        task = asyncio.create_task(work(), name="revision")
        phase = self._tasks[task] = CommitPhase()
        try:
            return await task
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if self.stopping and own is not None and not own.cancelling():
                raise (unknown_outcome() if phase.unknown else ShuttingDown(SHUTTING_DOWN)) from None
            raise
        finally:
            del self._tasks[task]
            self._issuers[issuer] -= 1
            self._issuers = +self._issuers


def unknown_outcome() -> OutcomeUnknown:
    """The error for a COMMIT whose outcome is open at the end."""
    return OutcomeUnknown("the database connection was lost during COMMIT: post the same record again to learn the "
                          "outcome", code="outcome-unknown")
