"""What a replay keeps of records so that later ones can revise them: in its store, out of which each revision gets the
part of the log that it may touch."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

import msgspec

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import State, type_of
from ledger.client.audit.state.memory import Memory
from ledger.client.audit.state.store_revisions import KeptPast, Pasts, StoredFlow, StoredPeriod
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import Addition, Amendment, AnyRecord, Closing, Transformation
from ledger.core.record.redacted import residue
from ledger.engine.account import Outcome
from ledger.engine.prepare import Prepared
from ledger.engine.revision.changes import changes_of
from ledger.engine.revision.current_record import Past
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Revised, Revision
from ledger.engine.revision.restore import (
    Key,
    changed_readings,
    changes_in,
    decode,
    extend,
    generation_before,
    generations_changed,
    key_of,
    names_of,
    pools_named,
    readings,
    resizes,
)
from ledger.footprint.stored.figures import LotFigures

_AT_ONCE = 1_000
_NEARBY = 20_000
"""Records that are held in memory for revisions to come, some 10 KB each."""
_HISTORIES = 16
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class Revisable:
    """Of one replay over `state` and `figures`, which `memory` keeps."""

    def __init__(self, memory: Memory, state: State, figures: dict[str, LotFigures]) -> None:
        self._memory = memory
        self._state = state
        self._figures = figures
        self._new: dict[int, KeptPast] = {}
        self._flows: set[StoredFlow] = set()
        self._nearby: dict[Key, History] = {}
        """What the last revisions were made with, by the records that they were of: as these and what came since have
        left it."""
        self._let_go = memory.times_let_go

    def keep(self, index: int, prepared: Prepared, outcome: Outcome) -> None:
        """Notes a record that was just replayed, where it is one whose results a revision can change: a closing too,
        since it retains the burden of what it retired."""
        record = prepared.submission.record
        if prepared.assessment is None or isinstance(record, Amendment):
            return
        stated = record if isinstance(record, Transformation) and record.basis == "provisional" else None
        lots = tuple([created.facts.id for created in prepared.plan.created])
        self._note(index, prepared, outcome.leaves[0], lots, stated, erased=False)
        self._note_nearby(index, prepared, lots, stated)
        before = generation_before(lots[0]) if isinstance(record, Addition) else None
        if before is not None:
            self._flows.add(StoredFlow(self._state.lots[before].number, index, follows=True))

    def history(self, record: Amendment | Closing) -> History:
        """The records that this one may revise as they stand, with all that descends from them: those that an earlier
        revision was made with, where it was of the same records. Raises Refused if it says what may not be."""
        if self._let_go != self._memory.times_let_go:
            self._nearby.clear()
            self._let_go = self._memory.times_let_go
        key = key_of(record)
        nearby = None if key is None else self._nearby.pop(key, None)
        if nearby is not None:
            self._learn_readings(nearby, record)
            return nearby
        pasts = self.write()
        history = History(self._state, self._figures)
        named = self._named(pasts, record)
        self._load(pasts, history, record, named)
        pools, seeds = resizes(record), set(named)
        if pools:
            seeds |= pasts.following(generations_changed(history, changes_of(record, history)))
        found = pasts.descendants(seeds, pools=pools)
        self._load(pasts, history, record, [index for index in found if index not in history.made])
        return history

    def revised(
        self, index: int, record: Amendment | Closing, revision: Revision, history: History
    ) -> None:
        """Notes what a record, at `index`, made of others."""
        self._nearby = {key: one for key, one in self._nearby.items() if _apart(one, revision)}
        key = key_of(record)
        if key is not None and len(history.made) <= _NEARBY:
            self._nearby[key] = history
            while len(self._nearby) > _HISTORIES or sum([len(one.made) for one in self._nearby.values()]) > _NEARBY:
                del self._nearby[next(iter(self._nearby))]
        for one in revision.revised:
            self._note_revised(one, history)
            self._memory.touched([lot.id for lot in one.lots])
        Pasts(self._memory.store()).write_changed(index, [one.index for one in revision.revised if one.own])

    def erase(self, index: int, digest: str) -> set[int]:
        """Leaves the residue of the record at `index`, and of the readings that it gave others; of which records those
        are comes back, itself included."""
        self._nearby.clear()
        self._memory.erase(digest)
        self._memory.store().forget()
        pasts = self.write()
        gone = {index, *pasts.changed_by(index)}
        pasts.write([_erased(one) for one in pasts.read(gone)], ())
        return gone

    def write(self) -> Pasts:
        """Writes down what was noted, and what the replay's memory has that is new."""
        store = self._memory.store()
        self._memory.write(store)
        pasts = Pasts(store)
        pasts.write(self._new.values(), self._flows)
        self._new.clear()
        self._flows.clear()
        return pasts

    def _note_nearby(
        self, index: int, prepared: Prepared, lots: tuple[str, ...], stated: Transformation | None
    ) -> None:
        """A record that takes from what an earlier revision was made with descends from it as well."""
        for history in self._nearby.values():
            if any(one.lot.number // LOT_SLOTS in history.made for one in prepared.plan.taken):
                history.add(index, prepared, lots)
                if stated is not None:
                    history.provisional[index] = {(stated.start, stated.end)}
                    history.stated[index] = stated

    def _learn_readings(self, history: History, record: Amendment | Closing) -> None:
        """Makes known what records name as they are to read; all else that is concerned is in memory."""
        names = Names()
        for digest, change in changes_in(record).items():
            old = history.reads(self._state.records[digest].index)
            for reading in changed_readings({} if old is None else {digest: old}, {digest: change}):
                add_names(reading, names)
        names.new_lots.clear()
        self._memory.learn(names)

    def _named(self, pasts: Pasts, record: Amendment | Closing) -> list[int]:
        """The records that the revision itself is about."""
        if isinstance(record, Closing):
            return pasts.of_period(record.facility, record.start, record.end)
        records = self._state.records
        return sorted({records[change.record].index for change in record.changes if change.record in records})

    def _load(
        self, pasts: Pasts, history: History, record: Amendment | Closing, indexes: Sequence[int]
    ) -> None:
        for start in range(0, len(indexes), _AT_ONCE):
            kept = pasts.read(indexes[start : start + _AT_ONCE])
            decoded = decode([one.past for one in kept])
            changed = readings(decoded, changes_in(record))
            names = names_of(decoded)
            names.lots.update([lot for one in kept for lot in one.generations])
            for reading in changed.values():
                add_names(reading, names)
            names.new_lots.clear()
            self._memory.learn(names)
            newest = Names()
            newest.lots.update(pasts.newest_before(pools_named(self._state, changed)))
            self._memory.learn(newest)
            stated = dict(_stated(kept))
            extend(history, decoded, {index: {(one.start, one.end)} for index, one in stated.items()})
            history.stated.update(stated)

    def _note_revised(self, one: Revised, history: History) -> None:
        erased, stated = one.index in history.erased, history.stated.get(one.index)
        if one.prepared is None or one.outcome is None:
            lots = tuple([lot.id for lot in one.lots])
            (kept,) = Pasts(self._memory.store()).read([one.index])
            self._new[one.index] = msgspec.structs.replace(
                kept, past=msgspec.structs.replace(kept.past, body=None, leaf=None, lots=lots), period=None)
            return
        lots = history.made[one.index]
        self._note(one.index, one.prepared, one.outcome.leaves[0], lots, stated, erased=erased)

    def _note(
        self, index: int, prepared: Prepared, leaf: bytes, lots: tuple[str, ...], stated: Transformation | None, *,
        erased: bool,
    ) -> None:
        submission, taken = prepared.submission, prepared.plan.taken
        record = submission.record
        numbers = self._state.lots
        rests: dict[int, Decimal] = {}
        if isinstance(record, Addition):
            rests = {numbers[one.lot.id].number: one.quantity for one in taken}
        self._new[index] = KeptPast(
            Past(index, submission.digest, type_of(record), submission.body, leaf, lots, rests, submission.salt_seed,
                 erased),
            [one.lot.id for one in taken if one.lot.pool is not None],
            None if stated is None else encode(stated), self._period(record, stated),
        )
        self._flows.update([StoredFlow(numbers[one.lot.id].number, index) for one in taken])

    def _period(self, record: AnyRecord, stated: Transformation | None) -> StoredPeriod | None:
        match record:
            case Transformation() if stated is not None:
                return StoredPeriod(stated.facility, stated.start, stated.end)
            case Addition():
                pool = self._state.pools[record.pool]
                return StoredPeriod(pool.facility, record.time, record.time) if pool.averaging == "period" else None
            case Closing():
                return StoredPeriod(record.facility, record.start, record.end)
            case _:
                return None


def _apart(history: History, revision: Revision) -> bool:
    """Whether a revision has changed none of the records of a history, and takes nothing of their lots."""
    made = history.made
    return all(
        one.index not in made
        and not (one.prepared and any(taken.lot.number // LOT_SLOTS in made for taken in one.prepared.plan.taken))
        for one in revision.revised
    )


def _stated(kept: Collection[KeptPast]) -> Iterator[tuple[int, Transformation]]:
    for one in kept:
        stated = None if one.stated is None else _record.decode(one.stated)
        if isinstance(stated, Transformation):
            yield one.past.index, stated


def _erased(kept: KeptPast) -> KeptPast:
    return msgspec.structs.replace(
        kept, past=msgspec.structs.replace(kept.past, body=_reduced(kept.past.body), erased=True),
        stated=_reduced(kept.stated),
    )


def _reduced(body: bytes | None) -> bytes | None:
    return None if body is None else encode(residue(_record.decode(body)))
