"""A history that is kept whole as a ledger in memory grows, where servers and audits load the part that they need."""

from ledger.core.record.kinds import Amendment, Transformation
from ledger.engine.prepared import Prepared
from ledger.engine.revision.history import History


def keep(history: History, index: int, prepared: Prepared) -> None:
    """Adds a record that was just sequenced, where it is one whose results a revision can change: a closing too, since
    it retains the burden of what it retired."""
    record = prepared.submission.record
    if prepared.assessment is None or isinstance(record, Amendment):
        return
    history.add(index, prepared, [created.facts.id for created in prepared.plan.created])
    if isinstance(record, Transformation) and record.basis == "provisional":
        history.provisional[index] = {(record.start, record.end)}
        history.stated[index] = record
