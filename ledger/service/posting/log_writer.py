"""Both ways onto the log behind one call: plain records go through the sequencer, revising records through the
reviser. A check goes neither way."""

from collections.abc import Callable, Sequence
from itertools import groupby

from ledger.core.record.kinds import Erasure
from ledger.engine.prepared import REVISING
from ledger.service.posting.checking.check import CheckResult, RecordChecker
from ledger.service.posting.pending import Answer, PendingRequest
from ledger.service.posting.revision.reviser import Reviser
from ledger.service.posting.sequencer import Sequencer


class LogWriter:
    """A process has one. It calls `on_erasure` after it has appended a request with an erasure."""

    def __init__(
        self, sequencer: Sequencer, reviser: Reviser, on_erasure: Callable[[], None], checker: RecordChecker
    ) -> None:
        self.sequencer = sequencer
        self.reviser = reviser
        self._checker = checker
        self._on_erasure = on_erasure

    @property
    def origin(self) -> str:
        return self.sequencer.origin

    async def check(self, parts: Sequence[PendingRequest]) -> list[list[CheckResult]]:
        """One result per record of each part of a request, in order, without an append. Raises Unavailable."""
        return await self._checker.check(parts)

    async def append(self, pending: PendingRequest) -> list[Answer]:
        """One answer per record, in order. Consecutive plain records are appended together, each revising record
        alone. Raises Unavailable or OutcomeUnknown."""
        answers: list[Answer] = []
        for revising, run in groupby(pending.items, key=lambda item: isinstance(item.submission.record, REVISING)):
            items = list(run)
            if revising:
                answers.extend([await self.reviser.append(item.submission, pending.trace) for item in items])
            elif len(items) == len(pending.items):
                answers.extend(await self.sequencer.append(pending))
            else:
                answers.extend(await self.sequencer.append(pending.part(items)))
        if any(isinstance(item.submission.record, Erasure) for item in pending.items):
            self._on_erasure()
        return answers
