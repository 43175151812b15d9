"""The rows of a revision."""

from collections.abc import Collection, Mapping

from ledger.core.record.kinds import Transformation
from ledger.engine.revision.recompute import Revised
from ledger.engine.row_buffer import RowBuffer


def add_revised(
    rows: RowBuffer, one: Revised, version: int, provisional: Mapping[int, Collection[tuple[str, str]]]
) -> None:
    """What a revision made of one record. `provisional`: by index, the periods that are stored of a record that was
    posted so."""
    prepared, outcome = one.prepared, one.outcome
    own = one.own
    rows.add_revised(
        one.index, version, own=own, body=prepared.submission.body if own and prepared is not None else None,
        leaf=outcome.leaves[0] if outcome is not None and outcome.leaves else None, outcome=one.root,
    )
    if own and prepared is not None:
        rows.add_flows(one.index, prepared.plan.taken, version)
    shares = (prepared.work.shares if prepared is not None else ()) or [0.0] * len(one.lots)
    tag = prepared.tag if prepared is not None else None
    for lot, figures, share in zip(one.lots, one.figures, shares, strict=True):
        rows.add_figure(lot.number, version, figures, share, tag)
        if one.resized or prepared is None:
            rows.add_lot_version(lot, version, withdrawn=prepared is None)
    record = prepared.submission.record if prepared is not None else None
    periods = provisional.get(one.index, ())
    if own and periods and isinstance(record, Transformation) and (record.start, record.end) not in periods:
        rows.add_provisional(one.index, record)
