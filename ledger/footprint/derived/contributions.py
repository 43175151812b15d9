"""Contributions to a lot's burdens: the part of every upstream record in them, computed in one adjoint pass.

Burdens are passed on linearly. So one pass against the order of the log gives the parts of all records at once:

    weight(target lot) = 1, weight(other lots) = 0
    weight(record) = sum over its lots of weight(lot) * share(lot)
    weight(lot taken) += weight(record) * q/Q

`weight(record)` is the part of the record's direct burdens, and of the burdens that it takes, that the target carries.
If a record assigns amounts, burden(o) = share(o) * (total - sum assigned) + assigned(o). The part of `total` is the
same, and an amount assigned to output a is a source of its own with the weight weight(a) - weight(record). The
adjustment of a lot by a pool's period average is a source with the weight weight(that lot). So for every burden

    burden(target) = sum over records of
        weight(record) * (direct(record) + covered(record)) + weight(first lot) * averaged(record)
        + sum over assigned of (weight(its output) - weight(record)) * amount

These sums add in another order than stored figures. They may differ from them by 1e-9 of absGhg, and are never stored.
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
    """The parts that the target carries of each record (by log index) and of each lot (by number); absent ones are
    zero.

    `records` has every record of whose lots the target carries something, even if the part of the record is zero: a lot
    without an allocation share may hold an amount that was assigned to it.
    """

    records: dict[int, float]
    lots: dict[int, float]


class Upstream(NamedTuple):
    """A record upstream of a lot, in its current version.

    `weight`: the part of the record in the lot. `averaged`: burdens that a pool's period average moved into the
    record's first output. `made`: the parts of its outputs in the lot, by position; only parts above zero of outputs
    with assigned or averaged amounts. `covered`: the change that green attributes made to its inputs' burdens.
    """

    log_index: int
    digest: str
    record: AnyRecord
    assessment: Assessment
    weight: float
    made: Mapping[int, float] = {}
    averaged: Mapping[str, float] = {}
    covered: Mapping[str, float] = {}


def weights(arrays: Arrays, target: int) -> Weights:
    """The parts that lot number `target` carries of all records and lots of the chain. Raises KeyError if the lot is
    not in the chain."""
    wanted = numpy.zeros(len(arrays.numbers))
    wanted[arrays.position(target)] = 1.0
    return weights_of_sum(arrays, wanted)


def weights_of_sum(arrays: Arrays, wanted: Floats) -> Weights:
    """The parts that a weighted sum of lots carries. `wanted`: the weight of each lot, by position."""
    records, lots = adjoint(arrays, wanted)
    carried = numpy.flatnonzero(lots)
    makers = numpy.unique(arrays.makers[carried])[::-1]
    return Weights(
        dict(zip(arrays.records[makers].tolist(), records[makers].tolist(), strict=True)),
        dict(zip(arrays.numbers[carried].tolist(), lots[carried].tolist(), strict=True)),
    )


def contribution(
    weights: Weights, record: int, direct: Vector, assigned: Sequence[Assigned] = (), averaged: Vector = ZERO
) -> Vector:
    """The contribution of the record at log index `record` to the target: from its direct burdens, from its assigned
    amounts, and from the period average of a pool."""
    weight, first = weights.records.get(record, 0.0), weights.lots.get(record * LOT_SLOTS, 0.0)
    vector = [weight * own + first * moved for own, moved in zip(direct, averaged, strict=True)]
    for assignment in assigned:
        made = weights.lots.get(record * LOT_SLOTS + assignment.output, 0.0)
        vector[SLOT[assignment.burden]] += (made - weight) * float(assignment.amount)
    return tuple(vector)
