"""From rows to a history: the records that a revision may touch, prepared again as they read now."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw

from ledger.admission.names import Names
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State
from ledger.core.assessment import Assessment
from ledger.core.outcome import AssessmentLeaf
from ledger.core.records import Addition, AnyRecord
from ledger.service.preparing import Prepared, Submission, work_of
from ledger.service.revising.engine import ANY_TOLERANCE
from ledger.service.revising.history import History, base
from ledger.store.revisions import Past

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
Decoded = tuple[Past, AnyRecord | None]


def decode(pasts: Iterable[Past]) -> list[Decoded]:
    """The records of pasts; None for a withdrawn one."""
    return [(past, None if past.body is None else _record.decode(past.body)) for past in pasts]


def names_of(decoded: Iterable[Decoded]) -> Names:
    """All that the records name, and the lots that they made."""
    names = Names()
    for past, record in decoded:
        names.lots.update(past.lots)
        if record is not None:
            names.add(record)
        if past.type == "transfer":
            names.transfers.add(past.digest.hex())
    names.new_lots.clear()
    names.new_keys.clear()
    return names


def extend(history: History, decoded: Sequence[Decoded], provisional: Iterable[int]) -> None:
    """Adds records, in log order, to a history whose state holds what they name."""
    history.provisional.update(provisional)
    for past, record in decoded:
        if record is None or past.leaf is None:
            history.made[past.index] = past.lots
        else:
            history.add(past.index, _prepared(history.state, past, record, _leaf.decode(past.leaf)), past.lots)


def _prepared(state: State, past: Past, record: AnyRecord, leaf: AssessmentLeaf) -> Prepared:
    submission = Submission(record, past.body or b"", past.digest, b"", b"")
    left = {}
    if isinstance(record, Addition):
        # It took whatever there was: what it took then, not what is there now.
        line = state.lines.get(record.pool, ())
        for lot in [state.lots[name] for name in line if name in state.lots]:
            left[lot.id] = state.remaining[lot.id]
            state.remaining[lot.id] = past.rests.get(lot.number, left[lot.id] * 0)
    plan = plan_of(record, state, ANY_TOLERANCE, base(past.index))
    state.remaining.update(left)
    assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
    work = work_of(record, plan, state, assessment)
    return Prepared(submission, plan, work, Raw(bytes(leaf.assessment)), leaf.plugin, None)
