"""The change of state that an admitted record makes."""

from ledger.admission.checks.goods import GOODS
from ledger.admission.checks.write_offs import note_totals
from ledger.admission.facts import LotFacts, RecordFacts
from ledger.admission.kind import Before
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import Plan
from ledger.admission.state import State, numbered, type_of
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.redacted import NONCE


def before_entering(record: AnyRecord, state: State) -> Before:
    """The effects of an admitted record that depend on the state before it is applied."""
    return kind_of(record).before(record, state)


def apply(
    state: State, record: AnyRecord, digest: bytes, plan: Plan, before: Before | None = None
) -> tuple[LotFacts, ...]:
    """Applies an admitted record at index `state.size`. Returns the created lots with their numbers. `before`: its
    effects by the state before it, if the caller has them."""
    effects = before_entering(record, state) if before is None else before
    index = state.size
    for taken in plan.taken:
        remaining = state.remaining[taken.lot.id] - taken.quantity
        state.remaining[taken.lot.id] = remaining
        if taken.lot.item and not remaining:
            state.holding.get(taken.lot.item, set()).discard(taken.lot.id)
    entered_lot = kind_of(record).entered_lot
    lots = tuple([
        numbered(entered_lot(record, digest, created.facts), index, i) for i, created in enumerate(plan.created)
    ])
    for lot in lots:
        state.lots[lot.id] = lot
        state.remaining[lot.id] = lot.quantity
        if lot.maker is not None and lot.role in GOODS and lot.sender is None and lot.pool is None:
            state.made_goods.add(lot.product)
        if lot.item:
            state.holding.setdefault(lot.item, set()).add(lot.id)
        note_seen(state, lot)
    note(state, record, digest, effects)
    state.digests.add(digest)
    state.size = index + 1
    return lots


def note_seen(state: State, lot: LotFacts) -> None:
    """Enters that whoever received a lot, or owns it while another holds it, was shown its product."""
    if lot.sender is not None:
        state.seen.add((lot.product, lot.holder))
    if lot.owner is not None:
        state.seen.add((lot.product, lot.owner))


def note(state: State, record: AnyRecord, digest: bytes, before: Before | None = None) -> None:
    """Enters everything besides lots that a record at index `state.size` adds to the state."""
    effects = before_entering(record, state) if before is None else before
    state.pass_time()
    if effects.goods:
        note_totals(state, effects.goods)
    kind_of(record).apply(record, digest, state)
    state.records[digest.hex()] = RecordFacts(state.size, type_of(record), record.issuer)
    if record.nonce != NONCE:
        state.nonces.add((record.issuer, record.nonce))


def as_entered(record: AnyRecord, digest: bytes, lot: LotFacts) -> LotFacts:
    """A planned lot with the facts that depend on the record's digest."""
    return kind_of(record).entered_lot(record, digest, lot)
