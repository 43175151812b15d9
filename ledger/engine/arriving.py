"""Transfers that their receivers accept when they are sequenced."""

from ledger.admission.standing import accepting
from ledger.admission.state import State
from ledger.core.record.kinds import Transfer
from ledger.engine.prepared import Prepared


def arriving(prepared: Prepared, state: State) -> Prepared:
    """A record that is about to be appended, with the standing acceptance by which it is accepted."""
    record = prepared.submission.record
    if not isinstance(record, Transfer):
        return prepared
    rule = accepting(record, prepared.plan.created[0].facts, state)
    return prepared if rule is None else prepared._replace(accepted_by=rule.index)
