"""Keeps records in the audit store so that later records can revise them. A revision gets from there the part of the
log that it may touch."""

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
from ledger.engine.prepared import Prepared
from ledger.engine.record_outcome import Outcome
from ledger.engine.revision.changes import changes_of
from ledger.engine.revision.current_record import Past
from ledger.engine.revision.history import FinalRecord, History, inputs_of, weighable
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
"""The largest number of records in memory for later revisions, some 10 KB each."""
_HISTORIES = 16
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class Revisable:
    """The records of one replay that later records may revise. `memory` keeps `state` and `figures`."""

    def __init__(self, memory: Memory, state: State, figures: dict[str, LotFigures]) -> None:
        self._memory = memory
        self._state = state
        self._figures = figures
        self._new: dict[int, KeptPast] = {}
        self._flows: set[StoredFlow] = set()
        self._nearby: dict[Key, History] = {}
        """The histories of the last revisions, by the records that these revised. They include the results of these
        revisions and the later records."""
        self._let_go = memory.times_let_go

    def keep(self, index: int, prepared: Prepared, outcome: Outcome) -> None:
        """Notes a record that was just replayed, if a revision can change its results. A closing is such a record,
        since it retains the burden of the quantity that it retired."""
        record = prepared.submission.record
        if prepared.assessment is None or isinstance(record, Amendment):
            return
        stated = record if isinstance(record, Transformation) and record.basis == "provisional" else None
        lots = tuple([created.facts.id for created in prepared.plan.created])
        self._note(index, prepared, outcome.leaves[0], lots, stated, erased=False)
        self._note_nearby(index, prepared, lots, stated)
        generation = generation_before(lots[0]) if isinstance(record, Addition) else None
        if generation is not None:
            self._flows.add(StoredFlow(self._state.lots[generation].number, index, follows=True))

    def history(self, record: Amendment | Closing) -> History:
        """The records that this record may revise, as they read now, with all their descendants. If an earlier revision
        was of the same records, its history is used again. Raises Refused if the record names a record that must not be
        revised."""
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
        if isinstance(record, Closing):
            named = self._without_final(pasts, history, named)
        self._load(pasts, history, record, named)
        pools, seeds = resizes(record), set(named)
        if pools:
            seeds |= pasts.following(generations_changed(history, changes_of(record, history)))
        descendants = pasts.descendants(seeds, pools=pools)
        self._load(pasts, history, record, [index for index in descendants if index not in history.made])
        return history

    def revised(
        self, index: int, record: Amendment | Closing, revision: Revision, history: History
    ) -> None:
        """Notes the revision that the record at `index` made."""
        self._nearby = {key: one for key, one in self._nearby.items() if _apart(one, revision)}
        key = key_of(record)
        if key is not None and len(history.made) <= _NEARBY:
            self._nearby[key] = history
            while len(self._nearby) > _HISTORIES or sum([len(one.made) for one in self._nearby.values()]) > _NEARBY:
                del self._nearby[next(iter(self._nearby))]
        for revised in revision.revised:
            self._note_revised(revised, history)
            self._memory.touched([lot.id for lot in revised.lots])
        Pasts(self._memory.store()).write_changed(index, [one.index for one in revision.revised if one.own])

    def erase(self, index: int, digest: str) -> set[int]:
        """Redacts the record at `index`, and the bodies that it gave to the records it revised. Returns the indexes of
        all these records."""
        self._nearby.clear()
        self._memory.erase(digest)
        self._memory.store().forget()
        pasts = self.write()
        gone = {index, *pasts.changed_by(index)}
        pasts.write([_redacted(one) for one in pasts.read(gone)], ())
        return gone

    def write(self) -> Pasts:
        """Writes the noted records, and the changes in the replay's memory, into the store."""
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
        """Adds a record to each history from whose lots it takes, since it descends from that history too."""
        for history in self._nearby.values():
            if any(one.lot.number // LOT_SLOTS in history.made for one in prepared.plan.taken):
                history.add(index, prepared, lots)
                if stated is not None:
                    history.provisional[index] = {(stated.start, stated.end)}
                    history.stated[index] = stated

    def _learn_readings(self, history: History, record: Amendment | Closing) -> None:
        """Reads everything that the revised records name into memory. The history has the rest in memory already."""
        names = Names()
        for digest, change in changes_in(record).items():
            old = history.reads(self._state.records[digest].index)
            for reading in changed_readings({} if old is None else {digest: old}, {digest: change}):
                add_names(reading, names)
        names.new_lots.clear()
        self._memory.learn(names)

    def _named(self, pasts: Pasts, record: Amendment | Closing) -> list[int]:
        """The records that the revision itself names."""
        if isinstance(record, Closing):
            return pasts.of_period(record.facility, record.start, record.end)
        records = self._state.records
        return sorted({records[change.record].index for change in record.changes if change.record in records})

    def _without_final(self, pasts: Pasts, history: History, indexes: Sequence[int]) -> list[int]:
        """The records of a period without the transformations that were posted as final. The history notes these: a
        closing counts them, but does not change them."""
        others = list[int]()
        for start in range(0, len(indexes), _AT_ONCE):
            for kept in pasts.read(indexes[start : start + _AT_ONCE]):
                if kept.past.type != "transformation" or kept.stated is not None:
                    others.append(kept.past.index)
                else:
                    self._note_final(history, kept.past)
        return others

    def _note_final(self, history: History, past: Past) -> None:
        record = None if past.body is None else _record.decode(past.body)
        if isinstance(record, Transformation):
            names = inputs_of([record])
            names.lots.update(past.lots)
            self._memory.learn(names)
            lots = tuple([self._state.lots[lot] for lot in past.lots])
            history.final[past.index] = FinalRecord(weighable(record), lots)

    def _load(
        self, pasts: Pasts, history: History, record: Amendment | Closing, indexes: Sequence[int]
    ) -> None:
        for start in range(0, len(indexes), _AT_ONCE):
            loaded = pasts.read(indexes[start : start + _AT_ONCE])
            decoded = decode([one.past for one in loaded])
            changed = readings(decoded, changes_in(record))
            names = names_of(decoded)
            names.lots.update([lot for one in loaded for lot in one.generations])
            for reading in changed.values():
                add_names(reading, names)
            names.new_lots.clear()
            self._memory.learn(names)
            newest = Names()
            newest.lots.update(pasts.newest_before(pools_named(self._state, changed)))
            self._memory.learn(newest)
            stated = dict(_stated(loaded))
            extend(history, decoded, {index: {(one.start, one.end)} for index, one in stated.items()})
            history.stated.update(stated)

    def _note_revised(self, revised: Revised, history: History) -> None:
        index = revised.index
        erased, stated = index in history.erased, history.stated.get(index)
        if revised.prepared is None or revised.outcome is None:
            lots = tuple([lot.id for lot in revised.lots])
            (old,) = Pasts(self._memory.store()).read([index])
            self._new[index] = msgspec.structs.replace(
                old, past=msgspec.structs.replace(old.past, body=None, leaf=None, lots=lots), period=None)
            return
        lots = history.made[index]
        self._note(index, revised.prepared, revised.outcome.leaves[0], lots, stated, erased=erased)

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
            case Transformation():
                # A closing finds a provisional record by the period that its issuer stated.
                own = record if stated is None else stated
                return StoredPeriod(own.facility, own.start, own.end)
            case Addition():
                pool = self._state.pools[record.pool]
                return StoredPeriod(pool.facility, record.time, record.time) if pool.averaging == "period" else None
            case Closing():
                return StoredPeriod(record.facility, record.start, record.end)
            case _:
                return None


def _apart(history: History, revision: Revision) -> bool:
    """Whether a revision changes no record of a history, and takes from no lot of these records."""
    made = history.made
    return all(
        one.index not in made
        and not (one.prepared and any(taken.lot.number // LOT_SLOTS in made for taken in one.prepared.plan.taken))
        for one in revision.revised
    )


def _stated(loaded: Collection[KeptPast]) -> Iterator[tuple[int, Transformation]]:
    """The provisional records, by index, as their issuers stated them."""
    for record in loaded:
        stated = None if record.stated is None else _record.decode(record.stated)
        if isinstance(stated, Transformation):
            yield record.past.index, stated


def _redacted(record: KeptPast) -> KeptPast:
    past = record.past
    return msgspec.structs.replace(
        record, past=msgspec.structs.replace(past, body=_redacted_body(past.body), erased=True),
        stated=_redacted_body(record.stated),
    )


def _redacted_body(body: bytes | None) -> bytes | None:
    return None if body is None else encode(residue(_record.decode(body)))
