"""What a lot's burdens consist of: the part of every record upstream that is in them, in one adjoint pass.

Burdens are passed on linearly, so one walk against the order of the log gives the parts of all records at once:

    weight(target lot) = 1, weight(other lots) = 0
    weight(record) = sum over its lots of weight(lot) * share(lot)
    weight(lot taken) += weight(record) * q/Q

`weight(record)` is the part of the record's direct burdens, and of all that it takes, that the target carries. Where a
record assigns amounts, burden(o) = share(o) * (total - sum assigned) + assigned(o): the part of `total` is the same,
and an amount assigned to output a is a source of its own, of weight(a) - weight(record). What averaging a pool over
its period adds to a lot, or takes from it, is one of weight(that lot). So for every burden

    burden(target) = sum over records of
        weight(record) * (direct(record) + covered(record)) + weight(first lot) * averaged(record)
        + sum over assigned of (weight(its output) - weight(record)) * amount

Such sums add in another order than stored figures, from which they may differ by 1e-9 of absGhg, and are never stored.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import Assessment, Assigned
from ledger.core.record.kinds import AnyRecord
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.passes import adjoint
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector


class Weights(NamedTuple):
    """Parts that the target carries: of each record by log index, of each lot by number; absent ones are zero.

    A record of whose lots it carries something has its place in `records` even with a part of zero: a lot without share
    of its record's burden may hold an amount that was assigned to it.
    """

    records: dict[int, float]
    lots: dict[int, float]


class Upstream(NamedTuple):
    """A record upstream of a lot, as it reads: `weight` of it is in the lot; `averaged` is what a pool's period average
    moved into its first output. `made`: the parts of its outputs that are in the lot, by position, where they are not
    zero and something was assigned to them or moved. `covered`: what green attributes took from its inputs."""

    log_index: int
    digest: str
    record: AnyRecord
    assessment: Assessment
    weight: float
    made: Mapping[int, float] = {}
    averaged: Mapping[str, float] = {}
    covered: Mapping[str, float] = {}


def weights(arrays: Arrays, target: int) -> Weights:
    """What the lot with number `target` carries of everything in the chain. Raises KeyError where it is not in it."""
    wanted = numpy.zeros(len(arrays.numbers))
    wanted[arrays.position(target)] = 1.0
    return weights_of_sum(arrays, wanted)


def weights_of_sum(arrays: Arrays, wanted: Floats) -> Weights:
    """What a sum of lots carries, of each of them as much as is `wanted`."""
    records, lots = adjoint(arrays, wanted)
    carried = numpy.flatnonzero(lots)
    makers = numpy.unique(arrays.makers[carried])[::-1]
    return Weights(
        dict(zip(arrays.records[makers].tolist(), records[makers].tolist(), strict=True)),
        dict(zip(arrays.numbers[carried].tolist(), lots[carried].tolist(), strict=True)),
    )


def contribution(
    found: Weights, record: int, direct: Vector, assigned: Sequence[Assigned] = (), averaged: Vector = ZERO
) -> Vector:
    """What the record at log index `record` brings into the target: its direct burdens, what it assigned to one output
    rather than to all, and what averaging a pool over its period moved into its lot."""
    weight, first = found.records.get(record, 0.0), found.lots.get(record * LOT_SLOTS, 0.0)
    vector = [weight * own + first * moved for own, moved in zip(direct, averaged, strict=True)]
    for one in assigned:
        made = found.lots.get(record * LOT_SLOTS + one.output, 0.0)
        vector[SLOT[one.burden]] += (made - weight) * float(one.amount)
    return tuple(vector)
