"""The rows of a revision."""

from collections.abc import Collection, Mapping

from ledger.core.record.kinds import Transformation
from ledger.engine.revision.recompute import Revised
from ledger.engine.row_buffer import RowBuffer


def add_revised(
    rows: RowBuffer, revised: Revised, version: int, provisional: Mapping[int, Collection[tuple[str, str]]]
) -> None:
    """Adds the rows of one record that a revision changed. `provisional`: by index, the stored periods of records that
    were posted as provisional."""
    prepared, outcome = revised.prepared, revised.outcome
    own = revised.own
    rows.add_revised(
        revised.index, version, own=own, body=prepared.submission.body if own and prepared is not None else None,
        leaf=outcome.leaves[0] if outcome is not None and outcome.leaves else None, outcome=revised.root,
    )
    if own and prepared is not None:
        rows.add_flows(revised.index, prepared.plan.taken, version)
    shares = (prepared.work.shares if prepared is not None else ()) or [0.0] * len(revised.lots)
    tag = prepared.tag if prepared is not None else None
    for lot, figures, share in zip(revised.lots, revised.figures, shares, strict=True):
        rows.add_figure(lot.number, version, figures, share, tag)
        if revised.resized or prepared is None:
            rows.add_lot_version(lot, version, withdrawn=prepared is None)
    record = prepared.submission.record if prepared is not None else None
    periods = provisional.get(revised.index, ())
    if own and periods and isinstance(record, Transformation) and (record.start, record.end) not in periods:
        rows.add_provisional(revised.index, record)
