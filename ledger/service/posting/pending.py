"""Requests that wait to be appended, and the answers that their senders get."""

import asyncio
from collections.abc import Sequence
from time import perf_counter_ns
from typing import NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.core.record.kinds import Consumption, Declaration, Transfer, Transformation
from ledger.engine.batch import Item, Sequenced, Verdict, pooled
from ledger.footprint.stored.figures import LotFigures
from ledger.service.observation.steps import Trace

# The sequencer need not read again the facts that these records name: entries appended since cannot change them.
# The other kinds enter names, which must still be free.
_SETTLED = (Transformation, Transfer, Consumption, Declaration)


class CommittedRecord(NamedTuple):
    """An entry that is on the log, with its place in the checkpoint of its batch: `path` is its inclusion proof."""

    sequenced: Sequenced
    checkpoint: str
    path: list[bytes]


Answer = CommittedRecord | Verdict


class PendingRequest:
    """The records of one request that wait to be appended, with the facts that were loaded for them when the head
    counted `revisions` revisions. `figures` are by lot id. The request waits in the turns of `organization`. `trace`
    shows its steps, if somebody traces it."""

    def __init__(
        self, items: Sequence[Item], facts: Facts, figures: dict[str, LotFigures], revisions: int,
        organization: str = "", trace: Trace | None = None,
    ) -> None:
        self.organization = organization
        self.trace = trace
        self.arrived = perf_counter_ns()
        self.items = items
        self.facts = facts
        self.figures = figures
        self.revisions = revisions
        self.names = Names()
        self.fresh = Names()
        """Names whose facts are read again under the lock."""
        self.bytes = 0
        for item in items:
            record = item.submission.record
            add_names(record, self.names)
            self.bytes += len(item.submission.body)
            if item.prepared is None or item.needs or not isinstance(record, _SETTLED) or pooled(item.prepared):
                add_names(record, self.fresh)
        self.flows = len(self.names.lots) + len(self.names.new_lots) + len(items)
        self.done: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()

    def part(self, items: Sequence[Item]) -> "PendingRequest":
        """Some of its records as a pending request, with the same facts."""
        return PendingRequest(items, self.facts, self.figures, self.revisions, self.organization, self.trace)
