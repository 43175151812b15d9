"""Compares the stored rows of a record with the rows that the record gives."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.admission.facts import LotFacts
from ledger.client.audit.checks.differences import difference, flows_text
from ledger.client.audit.checks.stored_lots import MadeLots, compare_lots
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.interface import EntryRow
from ledger.engine.prepared import Prepared
from ledger.engine.record_outcome import Outcome

_NO_RESULT: Final = b""


def compare_results(
    row: EntryRow, outcome: Outcome, revised: Sequence[tuple[int, bytes, bytes]]
) -> Iterator[Difference]:
    """Compares the seed, leaf 0, and the revised records: log index, digest and new root of each."""
    first = outcome.leaves[0] if outcome.leaves else None
    if row.seed != outcome.seed:
        yield Difference("figures", "the stored seed of its salts is not the record's", "record.seed")
    if row.leaf != first:
        yield Difference("figures", "stored result 0 differs from the record's result: "
                         + difference(row.leaf or _NO_RESULT, first or b""), "record.outcome")
    if row.revised != list(revised):
        yield Difference("figures", f"the {len(row.revised)} stored revised records are not the {len(revised)} records "
                         "that it revises")


def compare_rows(
    row: EntryRow, prepared: Prepared, outcome: Outcome, lots: Sequence[LotFacts]
) -> Iterator[Difference]:
    """Compares the inputs, and each lot with its figures and its allocation share."""
    flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
    if row.flows != flows:
        yield Difference(
            "flows", f"its stored inputs are {flows_text(row.flows)}, but the record takes {flows_text(flows)}")
    shares = prepared.work.shares or [0.0] * len(lots)
    yield from compare_lots(row.lots, [
        MadeLots(lot, figures, share, prepared.tag)
        for lot, figures, share in zip(lots, outcome.figures.outputs, shares, strict=True)
    ])
