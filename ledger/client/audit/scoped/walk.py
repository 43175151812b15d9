"""The log replay of a caller who sees only a part of the log with bodies.

Visible records are replayed as in an audit of the whole log; lots of hidden records, which they take, come with the
leaf that commits to their figures. Of a hidden entry the walk checks bytes, signature and key, as the audit of the
public log does.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

import msgspec

from ledger.admission.facts import RecordFacts
from ledger.admission.state import State
from ledger.client.audit.checks.doubts import Doubts
from ledger.client.audit.findings import Difference, Findings
from ledger.client.audit.full_walk import Walk, parts, read_revised
from ledger.client.audit.options import AuditOptions, AuditStart
from ledger.client.audit.replay import ReplayedRecord, Replayer, ReplayResult, read_row
from ledger.client.audit.report import ScopeReport
from ledger.client.audit.scoped.given import Outcomes, prove_given, revised_root
from ledger.client.audit.scoped.replayer import ScopedReplayer
from ledger.client.audit.scoped.rights import HeldRights
from ledger.client.audit.source.interface import AuditScope, AuditSource, RevisedRow, Revisions
from ledger.client.audit.source.lookup_rows import RowCheck
from ledger.client.audit.source.pages import read_page
from ledger.client.audit.source.prefetch import Arrived
from ledger.client.audit.state.progress import AuditState
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.key_rotation import LogKeys
from ledger.core.record.base import PRIVATE
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import AnyRecord, Erasure, Transfer
from ledger.engine.prepared import REVISING
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.footprint.stored.figures import LotFigures

WITHHELD = "withheld"
GIVEN = "given"


class ScopedWalk(Walk):
    """Replays the part of a log that the scope in `start` shows. `revisions`: those that the source names."""

    hides = True

    def __init__(
        self, origin: str, registry: Registry, findings: Findings, start: AuditStart, revisions: Revisions
    ) -> None:
        super().__init__(origin, registry, findings, start)
        self.scope = start.scope or AuditScope(everything=False)
        self._readable = self.scope.readable
        before = start.earlier or start.dropped
        self._rights = HeldRights(self.scope, {} if before is None else before.held)
        self._outcomes = Outcomes(self.memory)
        self._revisers = {version.record for version in revisions.versions}
        self._require_full = start.options.require_full
        self._scoped.revised = self.counts["revised"] > 0

    def _replayer(
        self, state: State, figures: dict[str, LotFigures], registry: Registry, row_check: RowCheck | None
    ) -> Replayer:
        self._scoped = ScopedReplayer(state, figures, registry, revisable=None)
        return self._scoped

    @property
    def follows_balances(self) -> bool:
        """Whether the balances of visible lots follow from the visible records."""
        return not self._scoped.revised

    @property
    def readable(self) -> frozenset[str]:
        """The organisations whose records are all visible."""
        return self._readable

    def report(self) -> ScopeReport:
        counts = self.counts
        return ScopeReport(
            organization=self.scope.organization, readable=sorted(self._readable), visible=counts["visible"],
            adopted=counts["adopted"], party=counts["party"], hidden=counts["hidden"], given=counts["given"])

    def check_rights(self, options: AuditOptions) -> None:
        """Checks that the source's scope has all rights of the auditor that the log shows, and adds the notes on the
        checks that the scope does not allow."""
        for index, message in self._rights.missing(options.organization, options.clock()):
            self._findings.add("scope", message, index)
        self._findings.notes += self._notes()

    def keep(self, store: AuditStore, checkpoint: Checkpoint, keys: LogKeys, doubts: Doubts) -> None:
        self._outcomes.write()
        super().keep(store, checkpoint, keys, doubts)

    def _state(self, checkpoint: Checkpoint, keys: LogKeys, doubts: Doubts) -> AuditState:
        state = super()._state(checkpoint, keys, doubts)
        return msgspec.structs.replace(state, scope=self.scope, held=self._rights.held)

    async def explain_erasures(self, source: AuditSource, size: int) -> None:
        """Reads the erasures that the log gained after the checkpoint."""
        async for page in source.pages(size, self.replayer.state.size):
            rows = read_page(page)
            records = [decode_record(row.body) for row in rows if row.body is not None]
            erasures = [record for record in records if isinstance(record, Erasure)]
            self.memory.recall([(record, b"") for record in erasures])
            for record in erasures:
                facts = self.replayer.state.records.get(record.record)
                if facts is not None:
                    self.replayer.erasures.logged(facts.index, {facts.index})
            if not rows:
                return

    def _notes(self) -> list[str]:
        counts = self.counts
        notes = [
            f"of {counts['entries']} entries, {counts['visible']} were checked in full, and {counts['hidden']} are "
            "hidden: bytes, signature, keys checked; figures not",
        ]
        if counts["party"]:
            notes.append(f"of {counts['party']} entries, only the body and your own lots were checked")
        if counts["given"]:
            notes.append(f"{counts['given']} figures of lots of hidden records were taken as committed; their balances "
                         "cannot be checked beyond the visible uses")
        if counts["adopted"]:
            notes.append(f"not recomputed: {counts['adopted']} visible records, which name hidden things or revise "
                         "records; their results were proved by their entries")
        if counts["unproved"]:
            notes.append(f"{counts['unproved']} revised results of visible records were taken from the source without "
                         "proof: hidden records revised them")
        return notes

    def _read(self, page: Arrived) -> list[ReplayedRecord]:
        records = []
        for row in page.rows[: page.verdict.size - page.rows[0].index]:
            replayed = read_row(row, page.verdict.unread)
            if replayed.entry is None:
                try:
                    replayed = ReplayedRecord(row, parse_entry(row.entry), None)
                except LedgerError:
                    replayed = ReplayedRecord(row, None, None)
            records.append(replayed)
        self._recall(records)
        return records

    async def _replay_parts(self, source: AuditSource, records: Sequence[ReplayedRecord]) -> None:
        for part in parts(records):
            start = 0
            for i, replayed in enumerate(part):
                hidden = replayed.row.index in self._revisers
                if hidden or isinstance(replayed.record, REVISING):
                    revised = await read_revised(source, replayed, hidden=hidden)
                    await asyncio.to_thread(self._replay, part[start : i + 1], revised)
                    start = i + 1
            if start < len(part):
                await asyncio.to_thread(self._replay, part[start:], ())

    def _replay(self, records: Sequence[ReplayedRecord], revised: Sequence[RevisedRow]) -> None:
        """`revised` are the results that the last record gave to visible records."""
        for replayed in records:
            index, entry, state = replayed.row.index, replayed.entry, self.replayer.state
            self.counts["entries"] += 1
            for fault in self._faults.get(index, ()):
                self._findings.add(fault.rule, fault.message, index, None if entry is None else entry.digest,
                                   fault.column)
            if entry is None:
                state.size = index + 1
                continue
            if index == 0:
                self.registrar = entry.keyid.hex()
            self._outcomes.add(index, entry.outcome)
            self._replay_entry(replayed, entry)
            state.size = index + 1
        if revised and records:
            self._revise(records[-1], revised)

    def _replay_entry(self, replayed: ReplayedRecord, entry: Entry) -> None:
        row, record = replayed.row, replayed.record
        report = partial(self._report, row.index, entry.digest)
        if entry.digest.hex() in self.replayer.state.records:
            report(Difference("admission", "the record is on the log already"))
        if record is None:
            self._hidden(replayed, entry)
            return
        self.types[type(record).__name__] += 1
        self._rights.see(row.index, entry.digest.hex(), record)
        lots = self._enter_given(replayed, entry)
        if entry.kind == PRIVATE and row.seed is None:
            self._party(replayed, entry, record, lots)
            return
        self._check_given(replayed, record, entry)
        result, recomputed = self._scoped.replay_visible(replayed, report)
        self.counts["visible"] += 1
        self.counts["adopted"] += not recomputed
        self.counts["figures"] += result.figures
        self.counts["recomputed"] += result.recomputed
        self.counts["erased"] += row.erased
        self._doubt(row.index, entry.digest, result)
        if isinstance(record, Erasure):
            self.memory.erase(record.record)
            self.memory.store().forget()
        self._note(record, entry, result)

    def _note(self, record: AnyRecord, entry: Entry, result: ReplayResult) -> None:
        transfer = getattr(record, "transfer", None)
        known = transfer is None or transfer in self.replayer.state.transfers
        self.memory.keep(record if known and result.made is not None else None, entry.digest, result.touched or ())

    def _hidden(self, replayed: ReplayedRecord, entry: Entry) -> None:
        """An entry without a body: its key must be enrolled and active, and must not be of a readable organisation."""
        state, index = self.replayer.state, replayed.row.index
        self.types["hidden" if entry.kind == PRIVATE else "unread"] += 1
        self.counts["hidden"] += 1
        key = state.keys.get(entry.keyid)
        if key is not None and not key.active:
            self._find("admission", f"key {entry.keyid.hex()} is revoked at this index", index, entry)
        self._check_shown(replayed, entry)
        if self._require_full:
            self._find(WITHHELD, "the server shows no body of this entry", index, entry)
        state.time = entry.time
        state.pass_time()
        state.records[entry.digest.hex()] = RecordFacts(index, "private", "")
        self.memory.keep(None, entry.digest, ())

    def _check_shown(self, replayed: ReplayedRecord, entry: Entry) -> None:
        key = self.replayer.state.keys.get(entry.keyid)
        if key is not None and key.organization in self._readable and entry.kind == PRIVATE:
            shown = "no body" if replayed.row.body is None else "only the body"
            self._find(WITHHELD, f"entry {replayed.row.index} is signed by a key of {key.organization}, which you may "
                       f"read, but the server shows {shown}", replayed.row.index, entry)

    def _party(self, replayed: ReplayedRecord, entry: Entry, record: AnyRecord, lots: set[str]) -> None:
        """A record of which the source shows the body and the auditor's own lots."""
        state, index = self.replayer.state, replayed.row.index
        self.counts["party"] += 1
        self.counts["erased"] += replayed.row.erased
        self._check_shown(replayed, entry)
        if self._require_full:
            self._find(WITHHELD, "the server shows only the body of this entry", index, entry)
        key = state.keys.get(entry.keyid)
        if key is not None and (key.organization != record.issuer or not key.active):
            standing = "active" if key.active else "revoked"
            self._find("admission", f"key {entry.keyid.hex()} is of {key.organization}, and {standing} at this index; "
                       f"the issuer is {record.issuer}", index, entry)
        if isinstance(record, Transfer) and record.to in self.scope.own and record.new_lot not in lots:
            self._find(GIVEN, f"the server shows no committed figure of your lot {record.new_lot!r}", index, entry)
        if replayed.row.erased:
            self.replayer.erasures.redacted(index)
        state.time = entry.time
        entered = self._scoped.note(record, entry.digest)
        self.memory.keep(record if entered else None, entry.digest, lots)

    def _enter_given(self, replayed: ReplayedRecord, entry: Entry) -> set[str]:
        """Enters the lots that come with a row, once they are proved. Returns their ids."""
        index, lots = replayed.row.index, set[str]()
        for given in replayed.row.given:
            try:
                lot = prove_given(given, self._outcomes.of, index)
            except LedgerError as error:
                name = given.lot[:80]
                self._find(GIVEN, f"the committed figure of a lot of entry {given.place.index} does not hold: "
                           f"{error.message} ({name})", index, entry)
                continue
            state = self.replayer.state
            if lot.id not in state.lots or given.revision is not None:
                self._scoped.enter([lot], given.product)
                self.counts["given"] += 1
            lots.add(lot.id)
        self.memory.touched(lots)
        return lots

    def _check_given(self, replayed: ReplayedRecord, record: AnyRecord, entry: Entry) -> None:
        numbers = [lot for lot, _ in replayed.row.flows]
        for number in self._scoped.unknown_lots(record, numbers):
            self._find(GIVEN, f"it takes lot number {number}, of which the server shows no committed figure that holds",
                       replayed.row.index, entry)

    def _revise(self, replayed: ReplayedRecord, revised: Sequence[RevisedRow]) -> None:
        """Takes the new results of visible records, to which the entry of the revising record commits."""
        index, digest = replayed.row.index, None if replayed.entry is None else replayed.entry.digest
        roots = {revised_index: root for revised_index, _, root in replayed.row.revised}
        for row in revised:
            root = roots.get(row.index)
            if root is None and row.revision is not None and row.revision.index == index:
                try:
                    root = revised_root(row.revision, row.index, self._outcomes.of)
                except LedgerError as error:
                    message = f"its new outcome of entry {row.index} does not hold: {error.message}"
                    self._findings.add("outcome", message, index, digest)
            self.counts["unproved"] += root is None
            self.counts["revised"] += 1
            self.counts["figures"] += self._scoped.enter_revised(row, root, partial(self._report, index, digest))

    def _find(self, rule: str, message: str, index: int, entry: Entry) -> None:
        self._findings.add(rule, message, index, entry.digest)
