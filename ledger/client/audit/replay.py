"""Replaying one record: its body, its rules, its figures, against what the log commits to and what is stored."""

from collections.abc import Collection, Container, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.facts import LotFacts
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State
from ledger.client.audit.checks.differences import compare_revised, counted
from ledger.client.audit.checks.erasures import Erasures
from ledger.client.audit.checks.stored_record import compare_results, compare_rows
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.decoding import RULE, Malformed, typed_json
from ledger.client.audit.source.interface import EntryRow, RevisedRow, StoredVersion
from ledger.client.audit.state.revisable import Revisable
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.outcome.assessment import NOTHING, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Erasure, Transformation
from ledger.engine.account import Outcome, account, with_revisions
from ledger.engine.prepare import REVISING, Prepared, Submission, prepare, work_of
from ledger.engine.revision.recompute import Engine, Revision
from ledger.engine.revision.revise import revise
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.footprint.stored.figures import LotFigures

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class ReplayedRecord(NamedTuple):
    """A row with its entry and its record, which is None where it cannot be replayed."""

    row: EntryRow
    entry: Entry | None
    record: AnyRecord | None


def read_row(row: EntryRow, unread: Container[int]) -> ReplayedRecord:
    """A row that was checked (see `checking`); `unread` are the indexes of those whose record cannot be replayed."""
    if row.index in unread or row.body is None:
        return ReplayedRecord(row, None, None)
    return ReplayedRecord(row, parse_entry(row.entry), _record.decode(row.body))


def read_unchecked(row: EntryRow) -> ReplayedRecord:
    """A row that nobody has checked; what cannot be read of it is None."""
    try:
        if row.body is None:
            return ReplayedRecord(row, parse_entry(row.entry), None)
        return ReplayedRecord(row, parse_entry(row.entry), decode_record(row.body))
    except LedgerError:
        return ReplayedRecord(row, None, None)


def read_assessment(leaf: bytes) -> tuple[AssessmentLeaf, Assessment]:
    """A stored leaf 0 with its assessment. Raises Malformed where it cannot be what the ledger has written."""
    found = typed_json(AssessmentLeaf, "record.outcome", leaf)
    return found, typed_json(Assessment, "record.outcome.assessment", found.assessment)


class Watcher(Protocol):
    """One who looks at a state before a record changes it."""

    def before(self, record: AnyRecord, state: State) -> None: ...


class Replayer:
    """The state of the ledger, rebuilt record by record. `revisable`: keeps what later records may revise."""

    def __init__(
        self, state: State, figures: dict[str, LotFigures], registry: Registry, *, revisable: Revisable | None,
        watcher: Watcher | None = None,
    ) -> None:
        self.state = state
        self.versions: list[StoredVersion] = []
        self.revision: Revision | None = None
        """What the last record came to, where it was one that revises others."""
        self.provisional_last: Collection[int] = ()
        """Of what it could revise, the records that were posted provisional, by index."""
        self.figures_of_last = 0
        self.recomputed_last = 0
        self.touched_last: set[str] | None = None
        """Lots whose balance the last record changed; None where it has changed nothing at all."""
        self.made_last: int | None = None
        """How many lots the last record made; None where it was not admitted."""
        self.erasures = Erasures()
        self._registry = registry
        self._watcher = watcher
        self._figures = figures
        self._revisable = revisable
        self.not_recomputed: dict[str, int] = {}
        """How many records of which plugin version."""

    @property
    def keeps(self) -> bool:
        """Whether what could be revised is kept."""
        return self._revisable is not None

    def notes(self) -> list[str]:
        """What could not be recomputed, and why."""
        return [
            f"not recomputed: {count} records of {plugin}, whose version is not installed here; their stored "
            "assessments were taken as they are" for plugin, count in sorted(self.not_recomputed.items())
        ]

    def replay(self, one: ReplayedRecord, revised: Sequence[RevisedRow] = ()) -> Iterator[Difference]:
        """All that does not hold. The state goes on as the rules say. `revised`: what is stored of
        the records that this one revises."""
        self.figures_of_last = self.recomputed_last = 0
        self.revision = self.made_last = self.touched_last = None
        record, entry = one.record, one.entry
        if record is None or entry is None or one.row.body is None:
            self.state.size += 1
            return
        seed = one.row.seed if one.row.erased else None
        submission = Submission(record, one.row.body, entry.digest, entry.keyid, entry.signature, seed)
        self.state.time = entry.time
        if entry.digest in self.state.digests:
            yield Difference("admission", "the record is on the log already")
        try:
            prepared = self._prepare(submission, one.row)
            admit(record, entry.keyid, prepared.plan, self.state)
            if isinstance(record, REVISING):
                self.revision = self._revise(record, revised)
            outcome = account(prepared, self._figures)
            if self.revision is not None:
                outcome = with_revisions(outcome, self._revised_last())
        except LedgerError as error:
            if isinstance(error, Malformed):
                yield Difference(RULE, error.message, error.column)
            else:
                yield Difference("admission", f"{error.code}: {error.message}")
            self.state.size += 1
            return
        yield from self._compare(one.row, entry, outcome)
        lots = self._apply(prepared, outcome)
        self._note_erased(one.row, record)
        yield from compare_rows(one.row, prepared, outcome, lots)
        if self.revision is not None:
            self.versions.append(counted(len(self.versions) + 1, one.row.index, self.revision))
            yield from compare_revised(revised, self.revision, self.erasures.readings)

    def _note_erased(self, row: EntryRow, record: AnyRecord) -> None:
        """Bodies that are gone, and erasures of such that are on the log."""
        if row.erased:
            self.erasures.found(row.index)
        if isinstance(record, Erasure):
            index, kept = self.state.records[record.record].index, self._revisable
            self.erasures.logged(index, {index} if kept is None else kept.erase(index, record.record))

    def _revise(self, record: Amendment | Closing, revised: Sequence[RevisedRow]) -> Revision:
        if self._revisable is None:
            raise VerificationError("the source said that nothing is revised, so nothing was kept that could be",
                                    code="unexpected-revision")
        stored = {}
        for one in revised:
            if one.leaves and one.leaves[0]:
                stored[one.index], _ = read_assessment(one.leaves[0])
        history = self._revisable.history(record)
        self.provisional_last = history.provisional.keys()
        revision = revise(Engine(history, self._registry, stored), record, history)
        self._revisable.revised(self.state.size, record, revision, history)
        return revision

    def _prepare(self, submission: Submission, row: EntryRow) -> Prepared:
        """With the plugin where the version in force is installed, else with the assessment that is committed."""
        record, state = submission.record, self.state
        if row.erased:
            return self._prepare_residue(submission, row)
        try:
            prepared = prepare(submission, state, self._registry, state.plugins)
            self.recomputed_last = 1 if prepared.plugin is not None else 0
            return prepared
        except Unavailable:
            if not isinstance(record, Transformation) or row.leaf is None:
                raise
        leaf, assessment = read_assessment(row.leaf)
        self.not_recomputed[leaf.plugin or "?"] = self.not_recomputed.get(leaf.plugin or "?", 0) + 1
        plan = plan_of(record, state, ANY_TOLERANCE)
        work = work_of(record, plan, state, assessment)
        plugin = state.plugins.get(record.process.partition(".")[0])
        return Prepared(submission, plan, work, leaf.assessment, leaf.plugin, plugin)

    def _prepare_residue(self, submission: Submission, row: EntryRow) -> Prepared:
        record, state = submission.record, self.state
        plan = plan_of(record, state, ANY_TOLERANCE)
        plugin = state.plugins.get(record.process.partition(".")[0]) if isinstance(record, Transformation) else None
        if row.leaf is None:
            return Prepared(submission, plan, work_of(record, plan, state, NOTHING), None, None, plugin)
        leaf, assessment = read_assessment(row.leaf)
        work = work_of(record, plan, state, assessment)
        return Prepared(submission, plan, work, leaf.assessment, leaf.plugin, plugin)

    def _compare(self, row: EntryRow, entry: Entry, outcome: Outcome) -> Iterator[Difference]:
        self.figures_of_last = len(outcome.figures.outputs)
        for one in self.revision.revised if self.revision is not None else ():
            self.figures_of_last += len(one.figures)
        if outcome.root != entry.outcome:
            yield Difference("outcome", "the entry commits to other results than the record gives", "entry.data")
        yield from compare_results(row, outcome, self._revised_last())

    def _revised_last(self) -> list[tuple[int, bytes, bytes]]:
        revised = self.revision.revised if self.revision is not None else ()
        return [(one.index, one.digest, one.root) for one in revised]

    def _apply(self, prepared: Prepared, outcome: Outcome) -> tuple[LotFacts, ...]:
        state = self.state
        if self._watcher is not None:
            self._watcher.before(prepared.submission.record, state)
        lots = apply(state, prepared.submission.record, prepared.submission.digest, prepared.plan)
        self.made_last = len(lots)
        touched = {taken.lot.id for taken in prepared.plan.taken}
        touched.update([lot.id for lot in lots])
        if self.revision is not None:
            touched.update(self.revision.balances)
        self.touched_last = touched
        for lot, figures in zip(lots, outcome.figures.outputs, strict=True):
            self._figures[lot.id] = figures
        if self._revisable is not None:
            self._revisable.keep(state.size - 1, prepared, outcome)
        return lots
