"""Comparing what is stored of a record, row by row, with what it gives."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.admission.facts import LotFacts
from ledger.client.audit.checks.differences import difference, told_flows
from ledger.client.audit.checks.stored_lots import MadeLots, compare_lots
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.interface import EntryRow
from ledger.engine.account import Outcome
from ledger.engine.prepare import Prepared

_NO_RESULT: Final = b""


def compare_results(
    row: EntryRow, outcome: Outcome, revised: Sequence[tuple[int, bytes, bytes]]
) -> Iterator[Difference]:
    """The seed, leaf 0, and what the record revises: log index, digest and new root of each."""
    first = outcome.leaves[0] if outcome.leaves else None
    if row.seed != outcome.seed:
        yield Difference("figures", "the seed of its salts is stored otherwise than the record gives", "record.seed")
    if row.leaf != first:
        yield Difference("figures", "result 0 is not what the record gives: "
                         + difference(row.leaf or _NO_RESULT, first or b""), "record.outcome")
    if row.revised != list(revised):
        yield Difference("figures", f"{len(row.revised)} revised records are stored, or others than the "
                         f"{len(revised)} it revises")


def compare_rows(
    row: EntryRow, prepared: Prepared, outcome: Outcome, lots: Sequence[LotFacts]
) -> Iterator[Difference]:
    """Flows, and each lot with its figures and its share."""
    flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
    if row.flows != flows:
        yield Difference(
            "flows", f"the record is stored to take {told_flows(row.flows)}, but takes {told_flows(flows)}")
    shares = prepared.work.shares or [0.0] * len(lots)
    yield from compare_lots(row.lots, [
        MadeLots(lot, figures, share, prepared.tag)
        for lot, figures, share in zip(lots, outcome.figures.outputs, shares, strict=True)
    ])
