"""Comparing what is stored of a record, row by row, with what it gives."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.admission.facts import LotFacts
from ledger.footprint.burdens import METHOD
from ledger.service.accounting import Outcome
from ledger.service.audit.differences import difference, told_flows
from ledger.service.audit.pages import read_lot
from ledger.service.audit.source import Row, StoredLot
from ledger.service.audit.stored import facts_of, stored_leaf
from ledger.service.preparing import Prepared

Difference = tuple[str, str]
"""Rule and message."""

_NO_RESULT: Final = b""


def compare_results(row: Row, outcome: Outcome, revised: Sequence[tuple[int, bytes, bytes]]) -> Iterator[Difference]:
    """The seed, leaf 0, and what the record revises: log index, digest and new root of each."""
    first = outcome.leaves[0] if outcome.leaves else None
    if row.seed != outcome.seed:
        yield "figures", "the seed of its salts is stored otherwise than the record gives"
    if row.leaf != first:
        yield "figures", f"result 0 is not what the record gives: {difference(row.leaf or _NO_RESULT, first or b'')}"
    if row.revised != list(revised):
        yield "figures", f"{len(row.revised)} revised records are stored, or others than the {len(revised)} it revises"


def compare_rows(
    row: Row, prepared: Prepared, outcome: Outcome, lots: Sequence[LotFacts]
) -> Iterator[Difference]:
    """Flows, and each lot with its figures and its share."""
    flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
    if row.flows != flows:
        yield "flows", f"the record is stored to take {told_flows(row.flows)}, but takes {told_flows(flows)}"
    if len(row.lots) != len(lots):
        yield "figures", f"{len(row.lots)} lots are stored with figures, the record makes {len(lots)}"
    found = [read_lot(text) for text in row.lots]
    shares = prepared.work.shares or [0.0] * len(lots)
    for i, lot in enumerate(lots):
        stored = found[i] if i < len(found) else None
        if stored is None or facts_of(stored) != lot:
            yield "lots", f"lot {lot.id!r} is stored otherwise than its record says"
        if i >= len(found):
            continue
        if stored is None or not _same_figures(stored, outcome, i, prepared.tag):
            yield "figures", f"result {i + 1} is not what the record gives: {_told(stored, outcome, i, prepared.tag)}"
        elif stored.share != shares[i]:
            yield "figures", f"lot {lot.id!r} is stored with the share {stored.share}, not {shares[i]}"


def _same_figures(stored: StoredLot, outcome: Outcome, i: int, tag: str | None) -> bool:
    burdens, contents = outcome.figures.outputs[i]
    return (
        tuple(stored.burdens) == burdens and stored.content == list(contents)
        and stored.amount == list(contents.values()) and stored.method == METHOD and stored.plugin == tag
    )


def _told(stored: StoredLot | None, outcome: Outcome, i: int, tag: str | None) -> str:
    """Where the leaves part that the row and the record give."""
    made = stored_leaf(outcome.seed, i + 1, stored)
    if stored is None or not made:
        return "its row cannot be read"
    wanted = outcome.leaves[len(outcome.leaves) - len(outcome.figures.outputs) + i]
    return difference(made, wanted) if made != wanted else f"its row holds other figures, or those of {stored.plugin}"
