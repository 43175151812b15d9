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
        weight(record) * direct(record) + weight(first lot) * averaged(record)
        + sum over assigned of (weight(its output) - weight(record)) * amount

These are passes over flat arrays. They add in another order than stored figures, from which they may differ by 1e-9
of absGhg, and are never stored. The recurrence runs along the log and cannot be done a whole array at a time; a loop
over integer positions does 100,000 records in a fraction of a second.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.admission.facts import LOT_SLOTS
from ledger.core.assessment import Assigned
from ledger.footprint.burdens import SLOT, ZERO, Vector


class Chain(NamedTuple):
    """Records with their lots and what they take, compiled to positions. All in log order.

    The lots of record i are `numbers[made[i]:made[i + 1]]`, of which it carries `shares`; it takes `parts` of the lots
    at `inputs[taken[i]:taken[i + 1]]`.
    """

    records: list[int]
    made: list[int]
    taken: list[int]
    numbers: list[int]
    shares: list[float]
    inputs: list[int]
    parts: list[float]


class Weights(NamedTuple):
    """Parts that the target carries: of each record by log index, of each lot by number; absent ones are zero.

    A record of whose lots it carries something has its place in `records` even with a part of zero: a lot without share
    of its record's burden may hold an amount that was assigned to it.
    """

    records: dict[int, float]
    lots: dict[int, float]


def compiled(lots: Iterable[tuple[int, float]], flows: Iterable[tuple[int, int, float]]) -> Chain:
    """`lots`: (number, share); `flows`: (record, number of the lot taken from, q/Q), all of these lots' records.

    Raises ValueError for a flow out of a lot that is not among `lots`, or that is not older than the record: the pass
    would be wrong.
    """
    entries = sorted(lots)
    numbers = [number for number, _ in entries]
    position = {number: i for i, number in enumerate(numbers)}
    records: list[int] = []
    made: list[int] = []
    for i, number in enumerate(numbers):
        if not records or number // LOT_SLOTS != records[-1]:
            records.append(number // LOT_SLOTS)
            made.append(i)
    made.append(len(numbers))
    taken, inputs, parts = _flows(records, position, flows)
    return Chain(records, made, taken, numbers, [share for _, share in entries], inputs, parts)


def _flows(
    records: Sequence[int], position: dict[int, int], flows: Iterable[tuple[int, int, float]]
) -> tuple[list[int], list[int], list[float]]:
    by_record: dict[int, list[tuple[int, float]]] = {index: [] for index in records}
    for record, lot, part in flows:
        if lot // LOT_SLOTS >= record or lot not in position or record not in by_record:
            raise ValueError(f"record {record} takes from lot {lot}, which is not upstream of it")
        by_record[record].append((position[lot], part))
    taken, inputs, parts = [0], list[int](), list[float]()
    for index in records:
        for lot, part in by_record[index]:
            inputs.append(lot)
            parts.append(part)
        taken.append(len(inputs))
    return taken, inputs, parts


def weights(chain: Chain, target: int) -> Weights:
    """What the lot with number `target` carries of everything in the chain. Raises KeyError where it is not in it."""
    shares, inputs, parts = chain.shares, chain.inputs, chain.parts
    made, taken = chain.made, chain.taken
    lots = [0.0] * len(chain.numbers)
    try:
        lots[chain.numbers.index(target)] = 1.0
    except ValueError:
        raise KeyError(target) from None
    records: dict[int, float] = {}
    for i in range(len(chain.records) - 1, -1, -1):
        weight, carried = 0.0, False
        for lot in range(made[i], made[i + 1]):
            if lots[lot]:
                carried = True
                weight += lots[lot] * shares[lot]
        if carried:
            records[chain.records[i]] = weight
        if weight:
            for flow in range(taken[i], taken[i + 1]):
                lots[inputs[flow]] += weight * parts[flow]
    return Weights(records, {number: weight for number, weight in zip(chain.numbers, lots, strict=True) if weight})


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
