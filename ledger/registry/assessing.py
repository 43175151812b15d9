"""Where plugins run: in this process, or in workers (`ledger.registry.workers`)."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ledger.core.outcome.assessment import Assessment
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.sdk import Context

Found = Assessment | LedgerError


class AssessmentCall(NamedTuple):
    """One record for its sector; `activity` is its JSON."""

    installed: Installed
    context: Context
    activity: bytes


class Assessor(Protocol):
    """`inline`: whether the sectors of `registry` may be asked in the thread that runs the loop."""

    @property
    def inline(self) -> bool: ...

    @property
    def registry(self) -> Registry:
        """For threads: `assess` of its sectors returns when there is an answer."""
        ...

    def under_lock(self) -> Registry:
        """The same for one batch that holds the log's lock: all its assessments together have so much time that nobody
        else times out waiting for the lock. Beyond it they raise Unavailable."""
        ...

    async def load(self) -> None:
        """Returns when `registry` has the sectors. Raises ConfigurationError where one cannot be loaded."""
        ...

    async def ready(self) -> None:
        """Returns when sectors can be asked. Raises ConfigurationError where they never can."""
        ...

    async def assess(self, calls: Sequence[AssessmentCall]) -> list[Found]:
        """One assessment or error a call, in order. Errors are those of `Installed.assess`; Unavailable where it says
        nothing about the record."""
        ...


class Inside:
    """In this process and thread, without limits: for audits, tools and tests."""

    inline = True

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def under_lock(self) -> Registry:
        return self.registry

    async def load(self) -> None:
        """They have been."""

    async def ready(self) -> None:
        """They can be at once."""

    async def assess(self, calls: Sequence[AssessmentCall]) -> list[Found]:
        return [_assessed(call) for call in calls]


def _assessed(call: AssessmentCall) -> Found:
    try:
        return call.installed.assess(call.context, call.activity)
    except LedgerError as error:
        return error.settled()
