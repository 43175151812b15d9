"""The whole of a ledger in memory, counted anew as the service does it with what it reads from a database."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.kinds import Transformation
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.reallocation import Split, missing_weight, split_of, under
from ledger.footprint.derived.recount import Recount, RecountFigures, RecountWeight
from ledger.footprint.stored.gwp import AR6
from support.memory import MemoryLedger
from support.upstream import chain_of

_assessment = msgspec.json.Decoder(Assessment)
_leaf = msgspec.json.Decoder(AssessmentLeaf)


def everything(memory: MemoryLedger) -> Iterable[tuple[Upstream, Split | None]]:
    """All records that have an assessment, as they read now."""
    for index, prepared in memory.history.prepared.items():
        if prepared.assessment is None:
            continue
        record, digest = prepared.submission.record, prepared.submission.digest.hex()
        assessment = _assessment.decode(prepared.assessment)
        leaf = _leaf.decode(memory.leaves[index][0])
        split = None
        if isinstance(record, Transformation):
            masses = [created.facts.mass for created in prepared.plan.created]
            split = split_of(index, digest, record, assessment, masses)
        yield Upstream(index, digest, record, assessment, 0.0, averaged=read(leaf.averaged)), split


class Counting:
    """The whole of a ledger, counted anew."""

    def __init__(self, memory: MemoryLedger, gases: Mapping[str, Decimal] = AR6) -> None:
        self.memory = memory
        self.arrays = chain_of(memory)
        self.recount = Recount(self.arrays, gases)
        self.splits: list[Split] = []
        for one, split in everything(memory):
            self.recount.add(one)
            self.splits += [split] if split is not None else []

    def weighed(self, lot: str, arrays: Arrays | None = None) -> RecountWeight:
        return RecountWeight.for_lot(self.arrays if arrays is None else arrays, self.memory.state.lots[lot].number)

    def figures(self, lot: str, key: str | None = None) -> RecountFigures:
        """Raises what is missing."""
        if key is None:
            return self.recount.figures(self.weighed(lot))
        choice = under(key, self.arrays, self.splits)
        weighed = self.weighed(lot, choice.arrays)
        missing = choice.missing([weighed.records])
        if missing:
            raise missing_weight(key, missing)
        return self.recount.figures(weighed)
