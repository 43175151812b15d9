"""Records as they read now, become a history: prepared again, over a state that holds what they name."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ledger.admission.amending import amended
from ledger.admission.lookups import add_names, flows_named
from ledger.admission.names import Names
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import Addition, Amendment, AnyRecord
from ledger.core.record.redacted import is_residue, residue
from ledger.core.record.revisions import Change
from ledger.engine.prepare import Prepared, Submission, work_of
from ledger.engine.revision.current_record import Past
from ledger.engine.revision.history import History, base
from ledger.engine.revision.recompute import Changes
from ledger.errors import LedgerError
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import vector_of

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_NONE = Decimal(0)
Decoded = tuple[Past, AnyRecord | None]
Key = frozenset[str]
"""The digests of the records that an amendment changes."""

_RESIZING = frozenset({"inputs", "outputs", "quantity", "lot"})
"""Fields by which an amendment changes what there is of a lot, or what is left of it."""


def changes_in(record: AnyRecord) -> Mapping[str, Change]:
    """What an amendment changes, by digest; of any other record, nothing."""
    return {change.record: change for change in record.changes} if isinstance(record, Amendment) else {}


def resizes(record: AnyRecord) -> bool:
    """Whether a record that revises others can change what there is of a lot, or what is left of it."""
    changes = record.changes if isinstance(record, Amendment) else ()
    return any(one.withdrawn or not _RESIZING.isdisjoint(one.fields) for one in changes)


def key_of(record: AnyRecord) -> Key | None:
    """By what amendments of the same records know each other. None where quantities may change, or the records are not
    named: such a revision reaches what another one need not have loaded."""
    if not isinstance(record, Amendment) or resizes(record):
        return None
    return frozenset([change.record for change in record.changes])


def decode(pasts: Iterable[Past]) -> list[Decoded]:
    """The records of pasts, residues of erased ones; None for a withdrawn one."""
    return [_decoded(past) for past in pasts]


def _decoded(past: Past) -> Decoded:
    if past.body is None:
        return past, None
    record = _record.decode(past.body)
    if not past.erased or is_residue(record):
        return past, record
    # The log says that its body goes, and nobody has come to it yet.
    left = residue(record)
    return replace(past, body=encode(left)), left


def names_of(decoded: Iterable[Decoded]) -> Names:
    """All that the records name, and the lots that they made."""
    names = Names()
    for past, record in decoded:
        names.lots.update(past.lots)
        if record is not None:
            add_names(record, names)
        if past.type == "transfer":
            names.transfers.add(past.digest.hex())
        if past.type == "addition":
            # What was left of the generation before may have been nothing; then no flow names it.
            names.lots.update([before for lot in past.lots if (before := generation_before(lot)) is not None])
    names.new_lots.clear()
    names.new_keys.clear()
    return names


def generation_before(lot: str) -> str | None:
    """Of `POOL:N`, `POOL:N-1`; none before the first, nor of a lot that is no generation."""
    pool, _, number = lot.rpartition(":")
    return f"{pool}:{int(number) - 1}" if number.isdecimal() and number.isascii() and int(number) > 1 else None


def extend(
    history: History, decoded: Sequence[Decoded], provisional: Mapping[int, set[tuple[str, str]]]
) -> None:
    """Adds records, in log order, to a history whose state holds what they name."""
    history.provisional.update(provisional)
    for past, record in decoded:
        if record is None or past.leaf is None or isinstance(record, Amendment):
            history.made[past.index] = past.lots
        else:
            history.add(past.index, _prepared(history.state, past, record, _leaf.decode(past.leaf)), past.lots)
        if past.erased:
            history.erased.add(past.index)


def _prepared(state: State, past: Past, record: AnyRecord, leaf: AssessmentLeaf) -> Prepared:
    submission = Submission(record, past.body or b"", past.digest, b"", b"", past.seed)
    before = generation_before(past.lots[0]) if isinstance(record, Addition) else None
    if before is not None:
        # It took whatever there was: what it took then, not what is there now.
        left = state.remaining[before]
        state.remaining[before] = past.rests.get(state.lots[before].number, _NONE)
        plan = plan_of(record, state, ANY_TOLERANCE, base(past.index))
        state.remaining[before] = left
    else:
        plan = plan_of(record, state, ANY_TOLERANCE, base(past.index))
    assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
    work = work_of(record, plan, state, assessment)
    if leaf.averaged or leaf.averaged_contents:
        work = work._replace(adjustment=Adjustment(vector_of(read(leaf.averaged)), read(leaf.averaged_contents)))
    return Prepared(submission, plan, work, Raw(bytes(leaf.assessment)), leaf.plugin, None)


def readings(decoded: Sequence[Decoded], amends: Mapping[str, Change]) -> dict[int, AnyRecord]:
    """How those of the records read that an amendment changes; what is wrong with one shows later."""
    found: dict[int, AnyRecord] = {}
    for past, old in decoded:
        new = _reading(old, amends.get(past.digest.hex()))
        if new is not None:
            found[past.index] = new
    return found


def changed_readings(records: Mapping[str, AnyRecord], amends: Mapping[str, Change]) -> list[AnyRecord]:
    """The same of records by digest."""
    found = [_reading(old, amends.get(digest)) for digest, old in records.items()]
    return [new for new in found if new is not None]


def _reading(old: AnyRecord | None, change: Change | None) -> AnyRecord | None:
    if change is None or old is None or change.withdrawn:
        return None
    try:
        return amended(old, change, "changes")
    except LedgerError:
        return None


def pools_named(state: State, changed: Mapping[int, AnyRecord]) -> list[tuple[str, int]]:
    """The pools that changed flows name, each with the number below which its generations count."""
    found = []
    for index, record in changed.items():
        for name in flows_named(record):
            pool = state.pool_named(name, record.issuer) if name not in state.lots else None
            if pool is not None:
                found.append((pool.id, base(index)))
    return found


def generations_changed(history: History, changes: Changes) -> set[int]:
    """The numbers of the pools' generations that changed records take from, or took from: where a record takes
    otherwise, another rest is handed on."""
    generations = set[int]()
    for index, record in changes.items():
        lots = [one.lot for one in history.prepared[index].plan.taken]
        if record is not None:
            found = [history.state.lot_named(name, record.issuer, base(index)) for name in flows_named(record)]
            lots.extend([lot for lot in found if lot is not None])
        generations.update([lot.number for lot in lots if lot.pool is not None])
    return generations
