"""The record that restated the figure of a statement."""

from collections.abc import Iterator

from ledger.core.receipts.statement import Claims


def restated_by(claims: Claims) -> int | None:
    """The log index of the record that restated the figure; None if it is the figure that the lot's entry states."""
    revision = next((record.revision for record in claims.records if record.index == claims.record), None)
    return None if revision is None else revision.by


def restated_line(claims: Claims) -> Iterator[str]:
    """One line that explains why a receipt of the lot shows another figure; nothing for a figure as first stated."""
    by = restated_by(claims)
    if by is not None:
        yield f"  restated by record {by}; the receipt of record {claims.record} shows the figure before that"
