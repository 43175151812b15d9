"""The figures of one record, by the two rules of the ledger.

1. Burdens follow the allocation shares:
       burden(o) = share(o) * (direct + sum_i q_i/Q_i * burden(i) - sum assigned) + assigned(o)
   A record without an output that carries burden retains its burdens.
2. Contents follow matter (see `contents`), and so do questioned amounts (see `questions`).
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import BURDENS, QUESTIONED, Assigned
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector
from ledger.footprint.stored.contents import Contents, ContentsIn, ContentsOut, Flowing, Holding, follow_matter
from ledger.footprint.stored.escaped import with_escaped
from ledger.footprint.stored.question_shares import Bearing, EnteringQuestion, parts_by_matter
from ledger.footprint.stored.questions import Made, shares_of_question, with_made, with_more_documented, with_question

_SLOT: Final = SLOT[QUESTIONED]


class LotFigures(NamedTuple):
    """Burdens (in the order of BURDENS) and contents of a whole lot at its creation."""

    burdens: Vector
    contents: Contents


class TakenFigures(NamedTuple):
    """The taken fraction `part` of a lot (in binary64: float(q)/float(Q)) with the lot's figures.

    `recycled` is preConsumer or postConsumer if this record turns the lot's materials into recycled content, and
    `questioned` says whether the ledger questions that claim.
    """

    part: float
    figures: LotFigures
    recycled: str | None = None
    questioned: bool = False


class Allocation(NamedTuple):
    """How a record's burdens go to its outputs: each output's allocation share, and amounts assigned to one output.

    `shares` is empty if no output carries burden: the record then retains all of it. `bearing`: the facts
    that the questions of a transformation follow; None if they go by mass.
    """

    shares: Sequence[float]
    assigned: Sequence[Assigned] = ()
    bearing: Bearing | None = None


class RecordFigures(NamedTuple):
    """The figures of a record: `retained` burdens, content balance, and each output's figures. `question_parts`: the
    part of the record's question that each output gets. `total`: the burdens that it shares out."""

    retained: Vector
    contents: ContentsOut
    outputs: tuple[LotFigures, ...]
    question_parts: tuple[float, ...] = ()
    total: Sequence[float] = ()

    def with_questions(self, made: Mapping[int, Made]) -> "RecordFigures":
        """These figures with the questions that outputs make."""
        return self._with(with_made([lot.burdens for lot in self.outputs], made))

    def with_escaped(self, amounts: Mapping[int, float]) -> "RecordFigures":
        """These figures with the burdens that outputs escape as questions."""
        return self._with(with_escaped([lot.burdens for lot in self.outputs], amounts))

    def with_documented(self, amounts: Mapping[int, float]) -> "RecordFigures":
        """These figures with the amounts that documents answer, by output."""
        return self._with([with_more_documented(lot.burdens, amounts.get(i, 0.0))
                           for i, lot in enumerate(self.outputs)])

    def _with(self, burdens: Sequence[Vector]) -> "RecordFigures":
        return self._replace(outputs=tuple([
            lot._replace(burdens=vector) for lot, vector in zip(self.outputs, burdens, strict=True)
        ]))


def record_figures(
    direct: Vector,
    taken: Sequence[TakenFigures],
    allocation: Allocation,
    outputs: Sequence[Holding],
    supplied: Contents,
    matter: Mapping[str, Sequence[float]] | None = None,
) -> RecordFigures:
    """Figures of a record with `direct` burdens that takes from lots and creates `outputs`.

    `supplied` are the contents that enter with supplies. Raises Refused if contents would exceed 100 %.
    """
    total = total_of(direct, taken)
    flowing = [Flowing(one.part, one.figures.contents, one.recycled, one.questioned) for one in taken]
    contents = follow_matter(ContentsIn(flowing, supplied), outputs, matter or {})
    if allocation.shares:
        burdens = _shared(total, allocation)
        retained = ZERO
    else:
        burdens = [ZERO] * len(outputs)
        retained = tuple(total)
    questioned = total[_SLOT]
    parts: list[float] = []
    if questioned:
        parts = _question_parts(questioned, taken, allocation, outputs, contents)
        burdens = [with_question(vector, questioned * part) for vector, part in zip(burdens, parts, strict=True)]
        retained = with_question(retained, 0.0 if any(parts) else questioned)
    lots = tuple(LotFigures(vector, held) for vector, held in zip(burdens, contents.outputs, strict=True))
    return RecordFigures(retained, contents, lots, tuple(parts), total)


def _question_parts(
    questioned: float, taken: Sequence[TakenFigures], allocation: Allocation, outputs: Sequence[Holding],
    contents: ContentsOut,
) -> list[float]:
    if allocation.bearing is None:
        return shares_of_question([output.mass for output in outputs], allocation.shares)
    entering = [
        EnteringQuestion(one.part * one.figures.burdens[_SLOT], one.part, one.figures.contents) for one in taken
    ]
    return parts_by_matter(questioned, allocation.bearing, entering, contents.outputs, outputs)


def total_of(direct: Vector, taken: Sequence[TakenFigures]) -> list[float]:
    """The burdens that a record shares out: its own, and the burdens of the lots that it takes."""
    total = list(direct)
    for part, lot, *_ in taken:
        if part == 1.0:
            total = [sum_ + amount for sum_, amount in zip(total, lot.burdens, strict=True)]
        else:
            total = [sum_ + part * amount for sum_, amount in zip(total, lot.burdens, strict=True)]
    return total


def _shared(total: list[float], allocation: Allocation) -> list[Vector]:
    shares, assigned = allocation.shares, allocation.assigned
    if not assigned:
        if len(shares) == 1:
            return [tuple(total)]
        # Most burdens are zero. One object stands for all of them, so that a vector in memory takes half as much.
        return [tuple([share * amount if amount else 0.0 for amount in total]) if share else ZERO for share in shares]
    own = [[0.0] * len(BURDENS) for _ in shares]
    rest = list(total)
    for output, burden, amount in ((a.output, a.burden, float(a.amount)) for a in assigned):
        own[output][SLOT[burden]] += amount
        rest[SLOT[burden]] -= amount
    return [
        tuple([share * amount + extra for amount, extra in zip(rest, extras, strict=True)])
        for share, extras in zip(shares, own, strict=True)
    ]
