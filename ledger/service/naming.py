"""The rows by which later records find an earlier one: what sequencing writes, and what an audit expects."""

import base64
from typing import NamedTuple

from ledger.admission.state import KeyEffect, State
from ledger.core.records import Acceptance, AnyRecord, Erasure, KeyChange, Organization, Reopening
from ledger.core.signing import VerifyingKey, load_spki
from ledger.store.rows import BatchRows


class Before(NamedTuple):
    """What only the state before a record tells: whether it ends a dispute, and what it does to keys."""

    settles: bool = False
    keys: KeyEffect | None = None


def before_entering(record: AnyRecord, state: State) -> Before:
    """Of an admitted record, to be asked before it is applied to `state`."""
    match record:
        case Acceptance():
            return Before(settles=state.transfers[record.transfer].new_lot in state.frozen)
        case KeyChange():
            return Before(keys=state.effect_of(record))
        case _:
            return _NOTHING


def add_named(rows: BatchRows, index: int, record: AnyRecord, state: State, before: Before) -> None:
    """Adds what the record at `index`, applied to `state`, enters, and what it says of earlier ones."""
    meant: int | None = None
    match record:
        case Acceptance():
            transfer = state.transfers[record.transfer]
            meant = transfer.index
            if record.disputed or before.settles:
                rows.add_dispute(state.lots[transfer.new_lot].number, index, frozen=record.disputed)
        case Reopening():
            meant = state.records[record.closing].index
        case Erasure():
            meant = state.records[record.record].index
        case KeyChange():
            if before.keys is not None:
                rows.add_key_change(index, record, before.keys)
    rows.add_named(index, record, _entered_keys(record), meant)


def _entered_keys(record: AnyRecord) -> list[VerifyingKey]:
    match record:
        case Organization():
            return [load_spki(base64.b64decode(key.spki)) for key in record.keys]
        case _:
            return []


_NOTHING = Before()
