"""The log replay without bodies: checks every entry of a public log, and admits records of public kinds in order."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.facts import RecordFacts
from ledger.admission.state import State
from ledger.client.audit.checks.doubts import Doubts, count_doubts, doubt_notes
from ledger.client.audit.checks.entries import EntryVerdict, TreeProgress
from ledger.client.audit.checks.entry_times import Bound
from ledger.client.audit.checks.parallel import APART, ParallelChecks
from ledger.client.audit.checks.tiles import check_tiles
from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.options import AuditStart
from ledger.client.audit.replay import ReplayedRecord
from ledger.client.audit.source.interface import EntryRow, TreeSource
from ledger.client.audit.source.prefetch import Arrived, Batches, arriving
from ledger.client.audit.state.memory import Memory
from ledger.client.audit.state.progress import AuditState, write_state
from ledger.client.audit.state.registers import read_registers, registers_of, restore, write_registers
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.tiles import Tile
from ledger.core.record.base import PRIVATE
from ledger.core.record.kinds import AnyRecord
from ledger.engine.prepare import prepare
from ledger.engine.prepared import Submission
from ledger.engine.record_outcome import outcome_of
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class PublicWalk:
    """Replays the public log `origin`, from the state in which an earlier audit left it: keys, organisations and
    plugins by its public records. Of a private record it notes only that the record exists."""

    def __init__(self, origin: str, findings: Findings, start: AuditStart) -> None:
        earlier = start.earlier
        self.state = State(origin)
        self.types: Counter[str] = Counter({} if earlier is None else earlier.records)
        self.signatures = 0 if earlier is None else earlier.counts["signatures"]
        self.start = 0 if earlier is None else earlier.size
        self.doubts: Doubts = {} if earlier is None else earlier.doubts
        self.registrar = start.pinned.registrar
        """The keyid (hex) of entry 0's key; None if it is not pinned and entry 0 was not replayed yet."""
        self._findings = findings
        self._registry = Registry([])
        self._root = EMPTY_ROOT if earlier is None else earlier.root
        self._progress = TreeProgress() if earlier is None else earlier.progress
        if earlier is not None and start.store is not None:
            restore(self.state, read_registers(start.store.fact("registers") or b""))
        self.memory = Memory(self.state, {}, start.store, limit=start.options.lots_in_memory)

    async def run(
        self, source: TreeSource, checkpoint: Checkpoint, bound: Bound, progress: Callable[[int, int], None]
    ) -> None:
        """Replays the log up to the checkpoint. No entry's time may exceed `bound`. Raises Stop if there are too many
        findings, or an entry is missing."""
        size = checkpoint.size
        batches, apart = Batches(source.batches(size, self.start)), size - self.start >= APART
        with ParallelChecks(
            checkpoint.origin, self.registrar, self._progress, public=True, apart=apart, bound=bound
        ) as checks:
            async with arriving(source, batches, checks, self.start, size) as pages:
                async for page in pages:
                    if not page.rows:
                        # An empty page is the last: a server that goes on could hold an auditor for ever.
                        break
                    await self._page(source, page)
                    progress(self.state.size, size)
            self._progress = await checks.progress()
        self._findings.add_end(checkpoint, self.state.size, self._root)
        # These are the partial tiles of this size.
        await check_tiles(source, [
            (Tile(level, size >> 8 * (level + 1), len(hashes)), b"".join(hashes))
            for level, hashes in enumerate(self._progress.edge.tiles) if hashes
        ], self._findings)
        self.doubts = await count_doubts(source, self.state.keys, size, self.doubts, self.start)

    def keep(self, store: AuditStore, checkpoint: Checkpoint, keys: LogKeys) -> None:
        """Writes the audit state for the next audit. The state is durable once the store is committed."""
        self.memory.write(store)
        store.write_fact("registers", write_registers(registers_of(self.state)))
        write_state(store, AuditState(
            origin=checkpoint.origin, vkey=keys.pinned, registrar=self.registrar or "", size=checkpoint.size,
            root=checkpoint.root, progress=self._progress, counts={"signatures": self.signatures},
            records=dict(self.types), doubts=dict(self.doubts), rotations=list(keys.notes), public=True,
        ))

    def notes(self) -> list[str]:
        """The checks that need bodies, and the keys that are in doubt."""
        notes = list(doubt_notes(self.doubts, self.state.keys))
        private = self.types["private"]
        if private:
            notes.append(f"not checked: the bodies of {private} private records, and so whether these are admissible "
                         "after the earlier records, their figures and their balances")
        return notes

    async def _page(self, source: TreeSource, page: Arrived) -> None:
        verdict = page.verdict
        self._root = verdict.root
        self.signatures += verdict.signatures
        await asyncio.to_thread(self._replay, page)
        if verdict.stopped:
            raise Stop("entries are missing")
        await check_tiles(source, verdict.tiles, self._findings)
        self.memory.spill()

    def _replay(self, page: Arrived) -> None:
        verdict = page.verdict
        records = [_read(row, verdict) for row in page.rows if row.index < verdict.size]
        self.memory.recall([(one.record, one.entry.digest) for one in records if one.entry is not None])
        waiting = sorted(verdict.faults, key=lambda fault: fault.index)
        for replayed in records:
            while waiting and waiting[0].index <= replayed.row.index:
                fault = waiting.pop(0)
                self._findings.add(fault.rule, fault.message, fault.index, column=fault.column)
            if replayed.entry is not None:
                self._replay_record(replayed, replayed.entry)
            self.state.size = replayed.row.index + 1
        for fault in waiting:
            self._findings.add(fault.rule, fault.message, fault.index, column=fault.column)

    def _replay_record(self, replayed: ReplayedRecord, entry: Entry) -> None:
        state, index, name = self.state, replayed.row.index, entry.digest.hex()
        if index == 0:
            self.registrar = entry.keyid.hex()
        if name in state.records:
            self._find(f"the record is on the log already, at {state.records[name].index}", index, entry)
        if replayed.record is None or replayed.row.body is None:
            self.types["private" if entry.kind == PRIVATE else "unread"] += 1
            self._check_key(index, entry)
            state.time = entry.time
            state.pass_time()
            state.records[name] = RecordFacts(index, "private", "")
        else:
            try:
                self._admit(entry, replayed.record, replayed.row.body)
            except Stop:
                raise
            except LedgerError as error:
                self._find(f"{error.code}: {error.message}", index, entry)
                return
        self.memory.keep(replayed.record, entry.digest, ())

    def _check_key(self, index: int, entry: Entry) -> None:
        """Checks the key of a private record. Only the body would name the organisation that owns it."""
        key = self.state.keys.get(entry.keyid)
        if key is None:
            self._find(f"key {entry.keyid.hex()} is not enrolled at this index", index, entry)
        elif not key.active:
            self._find(f"key {entry.keyid.hex()} is revoked at this index", index, entry)

    def _find(self, message: str, index: int, entry: Entry) -> None:
        self._findings.add("admission", message, index, entry.digest)

    def _admit(self, entry: Entry, record: AnyRecord, body: bytes) -> None:
        """Admits a record of a public kind, and compares its results with its entry."""
        state = self.state
        self.types[type(record).__name__] += 1
        state.time = entry.time
        submission = Submission(record, body, entry.digest, entry.keyid, entry.signature)
        prepared = prepare(submission, state, self._registry)
        admit(record, entry.keyid, prepared.plan, state)
        if outcome_of(prepared, {}).root != entry.outcome:
            self._findings.add("outcome", "the entry commits to other results than the record gives", state.size,
                               entry.digest)
        apply(state, record, entry.digest, prepared.plan)


def _read(row: EntryRow, verdict: EntryVerdict) -> ReplayedRecord:
    """A row that the entry checks have passed, with its record if that is public and can be replayed."""
    try:
        entry = parse_entry(row.entry)
    except LedgerError:
        return ReplayedRecord(row, None, None)
    readable = entry.kind != PRIVATE and row.body is not None and row.index not in verdict.unread
    return ReplayedRecord(row, entry, _record.decode(row.body or b"") if readable else None)
