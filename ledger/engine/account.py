"""From a prepared record and its inputs' figures to its own figures, outcome leaves and outcome root. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Raw

from ledger.admission.facts import LotFacts
from ledger.core.outcome.leaves import (
    AssessmentLeaf,
    LotLeaf,
    RevisionLeaf,
    leaf_bytes,
    outcome_root,
    salt,
    written,
    written_burdens,
)
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.engine.prepare import Prepared
from ledger.footprint.stored.attributes import covered_market, with_covered
from ledger.footprint.stored.averaging import Adjustment, adjusted
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.figures import Allocation, LotFigures, RecordFigures, TakenFigures, record_figures
from ledger.footprint.stored.mass_balance import booked


class Outcome(NamedTuple):
    """`leaves`: canonical JSON, leaf 0 first; `root`: what the entry commits to."""

    seed: bytes
    figures: RecordFigures
    leaves: tuple[bytes, ...]
    root: bytes


def account(prepared: Prepared, figures: Mapping[str, LotFigures]) -> Outcome:
    """`figures` by lot id, of every lot that the record takes from. Raises Refused where contents exceed 100 %."""
    plan, work = prepared.plan, prepared.work
    seed = prepared.submission.salt_seed
    taken = [
        TakenFigures(part_of(one.quantity, one.lot.quantity), figures[one.lot.id], recycled)
        for one, recycled in zip(plan.taken, work.recycled, strict=True)
    ]
    covered = covered_market(
        [(one, found.part, found.figures.burdens) for one, found in zip(plan.taken, taken, strict=True)], work.covered
    ) if work.covered else {}
    own = with_covered(work.direct, covered)
    found = record_figures(
        own, taken, Allocation(work.shares, work.assigned), work.holdings, work.supplied, work.matter
    )
    lots = [created.facts for created in plan.created]
    if work.booking is not None:
        found = booked(found, work.booking)
    if work.adjustment is not None:
        found = adjusted(found, work.adjustment)
    leaves = outcome_leaves(seed, prepared.assessment, prepared.tag, found, lots, work.adjustment, covered)
    return Outcome(seed, found, leaves, outcome_root(leaves))


def part_of(quantity: Decimal, whole: Decimal) -> float:
    """The part of a lot that a record takes: each quantity becomes binary64 once."""
    return float(quantity) / float(whole)


def outcome_leaves(
    seed: bytes, assessment: Raw | None, tag: str | None, found: RecordFigures, lots: Sequence[LotFacts],
    adjustment: Adjustment | None = None, covered: Mapping[str, float] = MappingProxyType({}),
) -> tuple[bytes, ...]:
    """The leaves of a record's outcome; none where it has no assessment and no outputs."""
    if assessment is None:
        return ()
    contents = found.contents
    first = leaf_bytes(AssessmentLeaf(
        salt=salt(seed, 0), assessment=assessment, method=METHOD, retained=written_burdens(found.retained),
        declared=written(contents.declared), arisen=written(contents.arisen), lost=written(contents.lost), plugin=tag,
        averaged={} if adjustment is None else written_burdens(adjustment.burdens),
        averaged_contents={} if adjustment is None else written(adjustment.contents), covered=written(covered),
    ))
    rest = [
        lot_leaf(seed, i, lot, lot_figures, METHOD, tag)
        for i, (lot, lot_figures) in enumerate(zip(lots, found.outputs, strict=True), start=1)
    ]
    return (first, *rest)


def with_revisions(outcome: Outcome, revised: Iterable[tuple[int, bytes, bytes]]) -> Outcome:
    """The outcome of a record that revises others: after leaf 0, a leaf a revised record with its log index, digest
    and new outcome root, in log order."""
    leaves = [*outcome.leaves, *revision_leaves(outcome.seed, revised)]
    return Outcome(outcome.seed, outcome.figures, tuple(leaves), outcome_root(leaves))


def revision_leaves(seed: bytes, revised: Iterable[tuple[int, bytes, bytes]]) -> list[bytes]:
    """Leaves 1 and following of a record that revises others: log index, digest and new outcome root of each."""
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
