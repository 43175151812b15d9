"""What stands behind a lot of a ledger in memory, as the service reads it from a database."""

from collections.abc import Iterator

import msgspec

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Declaration
from ledger.engine.record_outcome import part_of
from ledger.footprint.derived.chain.arrays import Arrays, compiled_from
from ledger.footprint.derived.contributions import Upstream, Weights, contribution, weights
from ledger.footprint.derived.gaps import Gap
from ledger.footprint.derived.gather_gaps import GapGathering
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector, named
from support.memory import MemoryLedger

_assessment = msgspec.json.Decoder(Assessment)


def chain_of(memory: MemoryLedger) -> Arrays:
    """All records as they read now; what is not upstream of a target weighs nothing."""
    lots, flows = [], []
    for index, prepared in memory.history.prepared.items():
        shares = prepared.work.shares or [0.0] * len(prepared.plan.created)
        lots += [(index * LOT_SLOTS + i, share) for i, share in enumerate(shares)]
        if shares:
            for taken in prepared.plan.taken:
                lot = memory.state.lots[taken.lot.id]
                flows.append((index, lot.number, part_of(taken.quantity, lot.quantity)))
    return compiled_from(lots, flows)


def weights_of(memory: MemoryLedger, lot: str, chain: Arrays | None = None) -> Weights:
    return weights(chain or chain_of(memory), memory.state.lots[lot].number)


def explained(memory: MemoryLedger, found: Weights) -> Vector:
    """The sum of what all records bring into the target."""
    total = ZERO
    for index in found.records:
        work = memory.history.prepared[index].work
        part = contribution(
            found, index, work.direct, work.assigned, work.adjustment.burdens if work.adjustment else ZERO
        )
        total = tuple([a + b for a, b in zip(total, part, strict=True)])
    return total


def upstream_of(memory: MemoryLedger, lot: str, chain: Arrays | None = None) -> Iterator[Upstream]:
    """The records behind a lot, newest first."""
    found = weights_of(memory, lot, chain)
    for index, weight in found.records.items():
        prepared = memory.history.prepared[index]
        assert prepared.assessment is not None
        outputs = range(len(prepared.plan.created))
        made = {i: found.lots[index * LOT_SLOTS + i] for i in outputs if index * LOT_SLOTS + i in found.lots}
        adjustment = prepared.work.adjustment
        yield Upstream(
            index, prepared.submission.digest.hex(), prepared.submission.record,
            _assessment.decode(prepared.assessment), weight, made, named(adjustment.burdens) if adjustment else {},
        )


def gathered(memory: MemoryLedger, lot: str, chain: Arrays | None = None) -> tuple[GapGathering, list[Gap], float]:
    """The gaps of a lot, and the kg CO2e that have none."""
    gathering = GapGathering()
    for one in upstream_of(memory, lot, chain):
        gathering.add(one)
    declared = {
        digest.hex(): record for record, digest in zip(memory.records, memory.digests, strict=True)
        if isinstance(record, Declaration)
    }
    gaps, founded = gathering.finish(declared, memory.figures[lot].burdens[SLOT["absGhg"]])
    return gathering, gaps, founded
