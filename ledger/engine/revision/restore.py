"""Makes a history from records as they read now: prepares them again, over a state that holds all that they name."""

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
from ledger.engine.figure_inputs import figure_inputs_of
from ledger.engine.prepared import Prepared, Submission
from ledger.engine.revision.current_record import Past
from ledger.engine.revision.history import History, base
from ledger.engine.revision.recompute import Changes
from ledger.errors import LedgerError
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import vector_of

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_ZERO = Decimal(0)
Decoded = tuple[Past, AnyRecord | None]
Key = frozenset[str]
"""The digests of the records that an amendment changes."""

_RESIZING = frozenset({"inputs", "outputs", "quantity", "lot"})
"""The fields whose amendment changes the quantity of a lot or its remainder."""


def changes_in(record: AnyRecord) -> Mapping[str, Change]:
    """An amendment's changes, by digest of the changed record; empty for any other record."""
    return {change.record: change for change in record.changes} if isinstance(record, Amendment) else {}


def resizes(record: AnyRecord) -> bool:
    """Whether a record that revises others can change the quantity of a lot or its remainder."""
    changes = record.changes if isinstance(record, Amendment) else ()
    return any(one.withdrawn or not _RESIZING.isdisjoint(one.fields) for one in changes)


def key_of(record: AnyRecord) -> Key | None:
    """The key that is equal for all amendments of the same records, which can share one history. None if quantities may
    change, or if the record does not name the records that it changes: such a revision reaches records that another
    one need not have loaded."""
    if not isinstance(record, Amendment) or resizes(record):
        return None
    return frozenset([change.record for change in record.changes])


def decode(pasts: Iterable[Past]) -> list[Decoded]:
    """The records of pasts: redacted if erased, None if withdrawn."""
    return [_decoded(past) for past in pasts]


def _decoded(past: Past) -> Decoded:
    if past.body is None:
        return past, None
    record = _record.decode(past.body)
    if not past.erased or is_residue(record):
        return past, record
    # The log asks to erase its body, but the service has not erased it yet.
    redacted = residue(record)
    return replace(past, body=encode(redacted)), redacted


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
            # If the generation before was empty, no flow names it.
            names.lots.update([before for lot in past.lots if (before := generation_before(lot)) is not None])
    names.new_lots.clear()
    names.new_keys.clear()
    return names


def generation_before(lot: str) -> str | None:
    """`POOL:N-1` for `POOL:N`. None for the first generation, and for a lot that is not a generation."""
    pool, _, number = lot.rpartition(":")
    return f"{pool}:{int(number) - 1}" if number.isdecimal() and number.isascii() and int(number) > 1 else None


def extend(
    history: History, decoded: Sequence[Decoded], provisional: Mapping[int, set[tuple[str, str]]]
) -> None:
    """Adds records, in log order, to a history whose state holds all that they name."""
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
    facts = state.as_of(past.index if leaf.products is None else leaf.products + 1)
    before = generation_before(past.lots[0]) if isinstance(record, Addition) else None
    if before is not None:
        # An addition takes the whole remainder of the generation before. Plan it with the remainder of that time.
        remaining_now = state.remaining[before]
        state.remaining[before] = past.rests.get(state.lots[before].number, _ZERO)
        plan = plan_of(record, facts, ANY_TOLERANCE, base(past.index))
        state.remaining[before] = remaining_now
    else:
        plan = plan_of(record, facts, ANY_TOLERANCE, base(past.index))
    assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
    work = figure_inputs_of(record, plan, facts, assessment)
    if leaf.averaged or leaf.averaged_contents:
        work = work._replace(adjustment=Adjustment(vector_of(read(leaf.averaged)), read(leaf.averaged_contents)))
    versions = state.activations.versions(leaf.activation)
    return Prepared(submission, plan, work, Raw(bytes(leaf.assessment)), leaf.plugin, versions,
                    accepted_by=leaf.accepted_by, products=leaf.products)


def readings(decoded: Sequence[Decoded], amends: Mapping[str, Change]) -> dict[int, AnyRecord]:
    """The new versions of the records that an amendment changes, by log index. Leaves out a record whose change is not
    valid: the revision itself reports that error."""
    new_records: dict[int, AnyRecord] = {}
    for past, old in decoded:
        new = _reading(old, amends.get(past.digest.hex()))
        if new is not None:
            new_records[past.index] = new
    return new_records


def changed_readings(records: Mapping[str, AnyRecord], amends: Mapping[str, Change]) -> list[AnyRecord]:
    """The same for records by digest."""
    new_records = [_reading(old, amends.get(digest)) for digest, old in records.items()]
    return [new for new in new_records if new is not None]


def _reading(old: AnyRecord | None, change: Change | None) -> AnyRecord | None:
    if change is None or old is None or change.withdrawn:
        return None
    try:
        return amended(old, change, "changes")
    except LedgerError:
        return None


def pools_named(state: State, changed: Mapping[int, AnyRecord]) -> list[tuple[str, int]]:
    """The pools that changed flows name, each with the number below which the lot numbers of its generations must be.
    """
    pools = []
    for index, record in changed.items():
        for name in flows_named(record):
            pool = state.pool_named(name, record.issuer) if name not in state.lots else None
            if pool is not None:
                pools.append((pool.id, base(index)))
    return pools


def generations_changed(history: History, changes: Changes) -> set[int]:
    """The numbers of the pools' generations that changed records take from, or took from. If a record takes another
    quantity, another remainder passes on to the next generation."""
    generations = set[int]()
    for index, record in changes.items():
        lots = [one.lot for one in history.prepared[index].plan.taken]
        if record is not None:
            named = [history.state.lot_named(name, record.issuer, base(index)) for name in flows_named(record)]
            lots.extend([lot for lot in named if lot is not None])
        generations.update([lot.number for lot in lots if lot.pool is not None])
    return generations
