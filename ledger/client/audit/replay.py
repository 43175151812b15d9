"""Replays one record: checks its body, its rules and its figures against the log's entry and the stored rows."""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.facts import LotFacts
from ledger.admission.lots import Plan
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State
from ledger.client.audit.checks.differences import compare_revised, version_of
from ledger.client.audit.checks.erasures import Erasures
from ledger.client.audit.checks.stored_record import compare_results, compare_rows
from ledger.client.audit.findings import Difference
from ledger.client.audit.report import FACTOR_SET
from ledger.client.audit.source.decoding import RULE, Malformed, typed_json
from ledger.client.audit.source.interface import EntryRow, RevisedRow, StoredVersion
from ledger.client.audit.state.revisable import Revisable
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.outcome.assessment import NOTHING, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Erasure
from ledger.engine.arriving import arriving
from ledger.engine.figure_inputs import figure_inputs_of
from ledger.engine.prepare import prepare
from ledger.engine.prepared import REVISING, Prepared, Submission
from ledger.engine.record_outcome import Outcome, outcome_of, with_revisions
from ledger.engine.revision.recompute import Engine, Revision
from ledger.engine.revision.revise import revise
from ledger.engine.revision.unspread import with_unspread
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.footprint.stored.figures import LotFigures

Report = Callable[[Difference], None]
"""Takes a difference as soon as the replay finds it; it may raise Stop."""

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class ReplayedRecord(NamedTuple):
    """A row with its entry and its record. The record is None if it cannot be replayed."""

    row: EntryRow
    entry: Entry | None
    record: AnyRecord | None


class ReplayResult(NamedTuple):
    """The result of replaying one record.

    `figures` counts the lots whose figures were compared, `recomputed` is 1 if a plugin assessed the record again.
    `revision` is the record's revision of earlier records, if it makes one. `provisional` lists the indexes of those
    records, among all that it could revise, that were posted provisional. `touched` are the lots whose balance the
    record changed, `made` is the number of lots that it made; both are None if the record was not admitted. `leaf`:
    leaf 0 of its outcome.
    """

    figures: int = 0
    recomputed: int = 0
    revision: Revision | None = None
    provisional: Collection[int] = ()
    touched: set[str] | None = None
    made: int | None = None
    leaf: bytes | None = None


def read_row(row: EntryRow, unread: Container[int]) -> ReplayedRecord:
    """The record of a row that the entry checks have passed. `unread` are the indexes whose record cannot be
    replayed."""
    if row.index in unread or row.body is None:
        return ReplayedRecord(row, None, None)
    return ReplayedRecord(row, parse_entry(row.entry), _record.decode(row.body))


def read_unchecked(row: EntryRow) -> ReplayedRecord:
    """The record of a row that was not checked. Unreadable parts are None."""
    try:
        if row.body is None:
            return ReplayedRecord(row, parse_entry(row.entry), None)
        return ReplayedRecord(row, parse_entry(row.entry), decode_record(row.body))
    except LedgerError:
        return ReplayedRecord(row, None, None)


def read_assessment(leaf: bytes) -> tuple[AssessmentLeaf, Assessment]:
    """A stored leaf 0 with its assessment. Raises Malformed if the ledger cannot have written it."""
    first = typed_json(AssessmentLeaf, "record.outcome", leaf)
    return first, typed_json(Assessment, "record.outcome.assessment", first.assessment)


class Watcher(Protocol):
    """Looks at the state before a record changes it."""

    def before(self, record: AnyRecord, state: State) -> None: ...


class Replayer:
    """Rebuilds the state of the ledger record by record. With `revisable`, it also keeps the data that later records
    may revise."""

    def __init__(
        self, state: State, figures: dict[str, LotFigures], registry: Registry, *, revisable: Revisable | None,
        watcher: Watcher | None = None,
    ) -> None:
        self.state = state
        self.versions: list[StoredVersion] = []
        self.erasures = Erasures()
        self.not_recomputed: dict[str, int] = {}
        """Number of records by the sector's version or the factor set that is not at hand."""
        self._registry = registry
        self._watcher = watcher
        self._figures = figures
        self._revisable = revisable

    @property
    def keeps(self) -> bool:
        """Whether the replay keeps the data that later records may revise."""
        return self._revisable is not None

    def notes(self) -> list[str]:
        """The records that could not be recomputed, with the reason."""
        return [
            f"not recomputed: {count} records of {plugin}, whose version is not installed here; their stored "
            "assessments were taken as they are" for plugin, count in sorted(self.not_recomputed.items())
        ]

    def replay(self, replayed: ReplayedRecord, revised: Sequence[RevisedRow], report: Report) -> ReplayResult:
        """Replays a record and reports each difference as it is found. The state continues by the rules, whatever is
        stored. `revised` are the stored rows of the records that this one revises."""
        record, entry, row = replayed.record, replayed.entry, replayed.row
        if record is None or entry is None or row.body is None:
            self.state.size += 1
            return ReplayResult()
        seed = row.seed if row.erased else None
        submission = Submission(record, row.body, entry.digest, entry.keyid, entry.signature, seed)
        self.state.time = entry.time
        if entry.digest in self.state.digests:
            report(Difference("admission", "the record is on the log already"))
        recomputed = 0
        revision: Revision | None = None
        provisional: Collection[int] = ()
        try:
            prepared, recomputed, committed = self._prepare(submission, row)
            admit(record, entry.keyid, prepared.plan, self.state)
            if isinstance(record, REVISING):
                revision, provisional = self._revise(record, revised)
                if not committed:
                    # The committed assessment of a closing has these parts already.
                    prepared = self._with_unspread(prepared, revision, row)
            prepared = arriving(prepared, self.state)
            outcome = outcome_of(prepared, self._figures)
            if revision is not None:
                outcome = with_revisions(outcome, _roots_of(revision))
        except LedgerError as error:
            report(_refusal(error))
            self.state.size += 1
            return ReplayResult(recomputed=recomputed)
        _report_all(_compare(row, entry, outcome, revision), report)
        lots, touched = self._apply(prepared, outcome, revision)
        self._note_erased(row, record)
        _report_all(compare_rows(row, prepared, outcome, lots), report)
        figures = len(outcome.figures.outputs)
        if revision is not None:
            figures += sum([len(changed.figures) for changed in revision.revised])
            self.versions.append(version_of(len(self.versions) + 1, row.index, revision))
            _report_all(compare_revised(revised, revision, self.erasures.readings), report)
        leaf = outcome.leaves[0] if outcome.leaves else None
        return ReplayResult(figures, recomputed, revision, provisional, touched, len(lots), leaf)

    def _note_erased(self, row: EntryRow, record: AnyRecord) -> None:
        """Notes that a body is erased, and which bodies an erasure on the log erases."""
        if row.erased:
            self.erasures.redacted(row.index)
        if isinstance(record, Erasure):
            index, revisable = self.state.records[record.record].index, self._revisable
            self.erasures.logged(index, {index} if revisable is None else revisable.erase(index, record.record))

    def _revise(
        self, record: Amendment | Closing, revised: Sequence[RevisedRow]
    ) -> tuple[Revision, Collection[int]]:
        """The revision that the record makes, and the indexes of the provisional records that it could revise."""
        if self._revisable is None:
            raise VerificationError(
                "the source listed no revisions, so this audit kept no data for one", code="unexpected-revision")
        stored = {}
        for row in revised:
            if row.leaves and row.leaves[0]:
                stored[row.index], _ = read_assessment(row.leaves[0])
        history = self._revisable.history(record)
        revision = revise(Engine(history, self._registry, stored), record, history)
        self._revisable.revised(self.state.size, record, revision, history)
        return revision, history.provisional.keys()

    def _prepare(self, submission: Submission, row: EntryRow) -> tuple[Prepared, int, bool]:
        """Prepares a record, with the number of assessments that a plugin made again: 1 if the plugin version in force
        is installed. If that version or a factor set in force is not, the record gets its committed assessment; the
        last value says so."""
        record, state = submission.record, self.state
        if row.erased:
            return self._prepare_redacted(submission, row), 0, True
        try:
            prepared = prepare(submission, state, self._registry)
            return prepared, 1 if prepared.tag is not None else 0, False
        except Unavailable as error:
            if row.leaf is None:
                raise
            plan = plan_of(record, state, ANY_TOLERANCE)
            return self._prepare_stored(submission, plan, row.leaf, error), 0, True

    def _prepare_stored(self, submission: Submission, plan: Plan, stored: bytes, error: Unavailable) -> Prepared:
        """Prepares a record with its committed leaf 0, and counts it. `error`: why it cannot be assessed."""
        record, state = submission.record, self.state
        leaf, assessment = read_assessment(stored)
        lacks_set = error.field == "supplies"
        missing = f"{FACTOR_SET}{error.value}" if lacks_set else leaf.plugin or str(error.value)
        self.not_recomputed[missing] = self.not_recomputed.get(missing, 0) + 1
        figure_inputs = figure_inputs_of(record, plan, state, assessment)
        return Prepared(submission, plan, figure_inputs, leaf.assessment, leaf.plugin, state.activations.versions())

    def _with_unspread(self, prepared: Prepared, revision: Revision, row: EntryRow) -> Prepared:
        """The closing with the parts that stay with it, or with its committed assessment if these cannot be priced
        here."""
        try:
            return with_unspread(prepared, revision.unspread, self.state, self._registry)
        except Unavailable as error:
            if row.leaf is None:
                raise
            return self._prepare_stored(prepared.submission, prepared.plan, row.leaf, error)

    def _prepare_redacted(self, submission: Submission, row: EntryRow) -> Prepared:
        """Prepares a redacted record with its committed assessment."""
        record, state = submission.record, self.state
        plan = plan_of(record, state, ANY_TOLERANCE)
        versions = state.activations.versions()
        if row.leaf is None:
            return Prepared(submission, plan, figure_inputs_of(record, plan, state, NOTHING), None, None, versions)
        leaf, assessment = read_assessment(row.leaf)
        figure_inputs = figure_inputs_of(record, plan, state, assessment)
        return Prepared(submission, plan, figure_inputs, leaf.assessment, leaf.plugin, versions)

    def _apply(
        self, prepared: Prepared, outcome: Outcome, revision: Revision | None
    ) -> tuple[tuple[LotFacts, ...], set[str]]:
        """Applies a record to the state. Returns the lots that it made, and the lots whose balance changed."""
        state = self.state
        if self._watcher is not None:
            self._watcher.before(prepared.submission.record, state)
        lots = apply(state, prepared.submission.record, prepared.submission.digest, prepared.plan)
        touched = {taken.lot.id for taken in prepared.plan.taken}
        touched.update([lot.id for lot in lots])
        if revision is not None:
            touched.update(revision.balances)
        for lot, figures in zip(lots, outcome.figures.outputs, strict=True):
            self._figures[lot.id] = figures
        if self._revisable is not None:
            self._revisable.keep(state.size - 1, prepared, outcome)
        return lots, touched


def _refusal(error: LedgerError) -> Difference:
    if isinstance(error, Malformed):
        return Difference(RULE, error.message, error.column)
    return Difference("admission", f"{error.code}: {error.message}")


def _compare(row: EntryRow, entry: Entry, outcome: Outcome, revision: Revision | None) -> Iterator[Difference]:
    """Compares the outcome with the entry and with the stored results."""
    if outcome.root != entry.outcome:
        yield Difference("outcome", "the entry commits to other results than the record gives", "entry.data")
    yield from compare_results(row, outcome, _roots_of(revision))


def _roots_of(revision: Revision | None) -> list[tuple[int, bytes, bytes]]:
    """Log index, digest and new outcome root of each revised record."""
    revised = revision.revised if revision is not None else ()
    return [(one.index, one.digest, one.root) for one in revised]


def _report_all(differences: Iterable[Difference], report: Report) -> None:
    for difference in differences:
        report(difference)
