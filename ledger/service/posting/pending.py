"""What waits to be appended, and what its sender is answered."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.core.record.kinds import Consumption, Declaration, Transfer, Transformation
from ledger.engine.batch import Item, Sequenced, Verdict, pooled
from ledger.footprint.stored.figures import LotFigures

# Records whose facts, once found, cannot come to be in the meantime; the others enter names that must be free.
_SETTLED = (Transformation, Transfer, Consumption, Declaration)


class Placed(NamedTuple):
    """An entry with its place in the checkpoint of its batch: `path` proves it in the tree of `size` and `root`."""

    sequenced: Sequenced
    checkpoint: str
    path: list[bytes]


Answer = Placed | Verdict


class PendingRequest:
    """What one request wants appended, with the facts that were loaded for it when the head counted `revisions`.
    `figures` by lot id. `organization`: in whose turn it goes."""

    def __init__(
        self, items: Sequence[Item], facts: Facts, figures: dict[str, LotFigures], revisions: int,
        organization: str = "",
    ) -> None:
        self.organization = organization
        self.items = items
        self.facts = facts
        self.figures = figures
        self.revisions = revisions
        self.names = Names()
        self.fresh = Names()
        self.bytes = 0
        for item in items:
            record = item.submission.record
            add_names(record, self.names)
            self.bytes += len(item.submission.body)
            if item.prepared is None or item.needs or not isinstance(record, _SETTLED) or pooled(item.prepared):
                add_names(record, self.fresh)
        self.flows = len(self.names.lots) + len(self.names.new_lots) + len(items)
        self.done: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
