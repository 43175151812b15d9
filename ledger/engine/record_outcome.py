"""Computes a prepared record's figures, outcome leaves and outcome root from its inputs' figures. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import LotFacts
from ledger.core.log.merkle import leaf_hash, tree_root
from ledger.core.outcome.assessment import DOCUMENTED, QUESTIONED
from ledger.core.outcome.leaves import (
    AssessmentLeaf,
    LotLeaf,
    Question,
    RevisionLeaf,
    leaf_bytes,
    salt,
    written,
    written_burdens,
)
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.engine.end_of_waste.origins import check_carried
from ledger.engine.prepared import FigureInputs, Prepared
from ledger.footprint.stored.attributes import covered_market, with_covered
from ledger.footprint.stored.averaging import adjusted
from ledger.footprint.stored.burdens import METHOD, SLOT
from ledger.footprint.stored.escaped import escaped
from ledger.footprint.stored.figures import (
    Allocation,
    LotFigures,
    RecordFigures,
    TakenFigures,
    record_figures,
)
from ledger.footprint.stored.mass_balance import booked
from ledger.footprint.stored.questions import Made, make, with_question

_SLOT, _DOCUMENTED = SLOT[QUESTIONED], SLOT[DOCUMENTED]
_ROUNDED: Final = 1e-9
"""Differences below this part of an amount are rounding."""


class Outcome(NamedTuple):
    """`leaves`: canonical JSON, leaf 0 first, with their `hashes`. `root`: the outcome root, to which the entry
    commits."""

    seed: bytes
    figures: RecordFigures
    leaves: tuple[bytes, ...]
    hashes: tuple[bytes, ...]
    root: bytes

    @classmethod
    def of(cls, seed: bytes, figures: RecordFigures, leaves: tuple[bytes, ...]) -> "Outcome":
        hashes = tuple([leaf_hash(leaf) for leaf in leaves])
        return cls(seed, figures, leaves, hashes, tree_root(hashes))


def outcome_of(prepared: Prepared, figures: Mapping[str, LotFigures]) -> Outcome:
    """`figures` by lot id, of every lot that the record takes from. Raises Refused if contents exceed 100 %, and
    for waste of end users that only waste of production can have become."""
    plan, work = prepared.plan, prepared.work
    seed = prepared.submission.salt_seed
    taken = [
        TakenFigures(part_of(one.quantity, one.lot.quantity), figures[one.lot.id], recycled, i in work.questioned)
        for i, (one, recycled) in enumerate(zip(plan.taken, work.recycled, strict=True))
    ]
    if work.origins is not None:
        check_carried(work.origins, taken)
    covered = covered_market(
        [(one, inputs.part, inputs.figures.burdens) for one, inputs in zip(plan.taken, taken, strict=True)],
        work.covered,
    ) if work.covered else {}
    own = with_covered(work.direct, covered)
    allocation = Allocation(work.shares, work.assigned, work.bearing)
    own_figures = record_figures(own, taken, allocation, work.holdings, work.supplied, work.matter)
    amounts = escaped(work.usual_shares, work.shares, own_figures.total, work.assigned) if work.usual_shares else {}
    own_figures, questions = _questioned(own_figures, work, amounts)
    if work.booking is not None:
        own_figures = booked(own_figures, work.booking)
    if work.adjustment is not None:
        own_figures = adjusted(own_figures, work.adjustment)
    leaves = _leaves(prepared, seed, own_figures, Committed(covered, questions))
    return Outcome.of(seed, own_figures, leaves)


def _questioned(
    figures: RecordFigures, work: FigureInputs, escaping: Mapping[int, float]
) -> tuple[RecordFigures, tuple[Question, ...]]:
    """The figures with the questions that they make, and the questions of each output for leaf 0. `escaping`: kg CO2e
    that outputs escape by their shares, which no figure makes a question of again."""
    made: Mapping[int, Made] = {}
    if escaping:
        figures = figures.with_escaped(escaping)
    if work.references:
        outputs = figures.outputs
        made = make(work.references, [one.burdens for one in outputs], [one.contents for one in outputs])
        figures = figures.with_questions(made) if made else figures
    documented = _documented(figures, work, made)
    figures = figures.with_documented(documented) if documented else figures
    if not documented and not figures.retained[_SLOT] and not any(one.burdens[_SLOT] for one in figures.outputs):
        return figures, ()
    shares = figures.question_parts or [0.0] * len(figures.outputs)
    return figures, tuple([
        _question(Question(output=i, share=repr(share), escaped=repr(escaping.get(i, 0.0))), made.get(i),
                  documented.get(i))
        for i, share in enumerate(shares) if share or i in made or i in escaping or i in documented
    ])


def _documented(figures: RecordFigures, work: FigureInputs, made: Mapping[int, Made]) -> dict[int, float]:
    """By output, kg CO2e that its figure would question more if the record had no documents. `figures` have the
    questions `made`; amounts that documents answer elsewhere do not count again."""
    if not work.undocumented:
        return {}
    before = [one.burdens[_SLOT] - (made[i].amount if i in made else 0.0) + one.burdens[_DOCUMENTED]
              for i, one in enumerate(figures.outputs)]
    bare = make(work.undocumented, [with_question(one.burdens, amount)
                                    for one, amount in zip(figures.outputs, before, strict=True)],
                [one.contents for one in figures.outputs])
    more = {i: one.amount - (made[i].amount if i in made else 0.0) for i, one in bare.items()}
    return {i: amount for i, amount in more.items() if amount > _ROUNDED * bare[i].default}


def _question(passed: Question, made: Made | None, documented: float | None) -> Question:
    if documented is not None:
        passed = replace(passed, documented=repr(documented))
    if made is None:
        return passed
    return replace(passed, made=repr(made.amount), figure=repr(made.figure), low=repr(made.low),
                   default=repr(made.default))


def part_of(quantity: Decimal, whole: Decimal) -> float:
    """The taken fraction of a lot. Each quantity is converted to binary64 once."""
    return float(quantity) / float(whole)


class Committed(NamedTuple):
    """The parts of leaf 0 beside assessment and balances. `covered`: the market-based burdens that green attributes
    take from the record's electricity."""

    covered: Mapping[str, float]
    questions: tuple[Question, ...] = ()


def _leaves(prepared: Prepared, seed: bytes, figures: RecordFigures, committed: Committed) -> tuple[bytes, ...]:
    """The leaves of a record's outcome; empty if the record has no assessment and no outputs."""
    if prepared.assessment is None:
        return ()
    tag, adjustment = prepared.tag, prepared.work.adjustment
    contents = figures.contents
    first = leaf_bytes(AssessmentLeaf(
        salt=salt(seed, 0), assessment=prepared.assessment, method=METHOD, retained=written_burdens(figures.retained),
        declared=written(contents.declared), arisen=written(contents.arisen), lost=written(contents.lost), plugin=tag,
        averaged={} if adjustment is None else written_burdens(adjustment.burdens),
        averaged_contents={} if adjustment is None else written(adjustment.contents),
        covered=written(committed.covered), activation=prepared.versions.activation, questions=committed.questions,
        accepted_by=prepared.accepted_by, products=prepared.products,
    ))
    lots = [created.facts for created in prepared.plan.created]
    lot_leaves = [
        lot_leaf(seed, i, lot, lot_figures, METHOD, tag)
        for i, (lot, lot_figures) in enumerate(zip(lots, figures.outputs, strict=True), start=1)
    ]
    return (first, *lot_leaves)


def with_revisions(outcome: Outcome, revised: Iterable[tuple[int, bytes, bytes]]) -> Outcome:
    """The outcome of a record that revises others. After leaf 0 it has one leaf for each revised record, in log order,
    with that record's log index, digest and new outcome root."""
    leaves = (*outcome.leaves, *revision_leaves(outcome.seed, revised))
    return Outcome.of(outcome.seed, outcome.figures, leaves)


def revision_leaves(seed: bytes, revised: Iterable[tuple[int, bytes, bytes]]) -> list[bytes]:
    """Leaves from 1 on of a record that revises others: log index, digest and new outcome root of each revised
    record."""
    return [
        leaf_bytes(RevisionLeaf(salt=salt(seed, i), index=index, record=digest.hex(), outcome=root.hex()))
        for i, (index, digest, root) in enumerate(revised, start=1)
    ]


def lot_leaf(seed: bytes, index: int, lot: LotFacts, figures: LotFigures, method: str, tag: str | None) -> bytes:
    """Leaf `index` of an outcome, for the lot that is its record's output `index - 1`."""
    return leaf_bytes(LotLeaf(
        salt=salt(seed, index), lot=lot.id, product=lot.product,
        quantity=Quantity(value=plain(lot.quantity), unit=lot.unit), holder=lot.holder, role=lot.role, method=method,
        burdens=written_burdens(figures.burdens), contents=written(figures.contents), plugin=tag,
        owner=lot.owner, credit=lot.credit,
    ))
