"""Replaying one record: its body, its rules, its figures, against what the log commits to and what is stored."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.admission.admit import admit
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import State
from ledger.core.assessment import Assessment
from ledger.core.canonical import decode_record, digest
from ledger.core.entry import Entry, parse_entry
from ledger.core.outcome import AssessmentLeaf
from ledger.core.records import Amendment, AnyRecord, Closing, KeyChange, Organization, Transformation
from ledger.core.signing import VerifyingKey, load_spki, record_message
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.footprint.figures import LotFigures
from ledger.registry.installed import Registry
from ledger.service.accounting import Outcome, account, with_revisions
from ledger.service.audit.differences import compare_revised, counted, difference, told_flows
from ledger.service.audit.source import RevisedRow, Row, Version
from ledger.service.naming import Before, before_entering
from ledger.service.preparing import REVISING, Prepared, Submission, prepare, work_of
from ledger.service.revising.averages import revise
from ledger.service.revising.engine import Engine, Revision
from ledger.service.revising.history import History, keep

_ANY_TOLERANCE = Decimal(10) ** 15
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class Checked(NamedTuple):
    """A row with what could be read of it; `error` and `rule` say what could not."""

    row: Row
    entry: Entry | None
    record: AnyRecord | None
    error: str | None = None
    rule: str = "body"


def decode_row(row: Row) -> Checked:
    """Never raises: what is wrong becomes a finding."""
    entry = None
    try:
        entry = parse_entry(row.entry)
        if row.body is None:
            return Checked(row, entry, None, "the record's body is missing")
        if digest(row.body) != entry.digest:
            return Checked(row, entry, None, "the body has another digest than the entry commits to")
        record = decode_record(row.body)
        if record.kind != entry.kind:
            return Checked(row, entry, record, f"the entry says kind {entry.kind}, the record is of {record.kind}")
        return Checked(row, entry, record)
    except LedgerError as error:
        return Checked(row, entry, None, error.message, "entry" if entry is None else "body")


def signature_error(one: Checked, keys: Mapping[bytes, VerifyingKey], origin: str) -> str | None:
    """What is wrong with an entry's signature, if anything. It needs no body."""
    entry = one.entry
    if entry is None:
        return "the entry cannot be read"
    key = keys.get(entry.keyid)
    if key is None:
        return f"key {entry.keyid.hex()} is not on the log"
    if not key.holds(entry.signature, record_message(origin, entry.kind, entry.digest)):
        return "the signature does not hold"
    return None


class Replayer:
    """The state of the ledger, rebuilt record by record. Figures of lots that are used up are let go, unless `revised`:
    then later records may revise what took from them, and all of it is kept."""

    def __init__(self, state: State, registry: Registry, *, revised: bool) -> None:
        self.state = state
        self.versions: list[Version] = []
        self.revision: Revision | None = None
        """What the last record came to, where it was one that revises others."""
        self.keys: dict[bytes, VerifyingKey] = {}
        self.figures_of_last = 0
        self.recomputed_last = 0
        self.touched_last: set[str] = set()
        """Lots whose balance the last record changed."""
        self.before_last = Before()
        self.made_last: int | None = None
        """How many lots the last record made; None where it was not admitted."""
        self._registry = registry
        self._figures: dict[str, LotFigures] = {}
        self._history = History(state, self._figures) if revised else None
        self._not_recomputed: dict[str, int] = {}

    @property
    def keeps(self) -> bool:
        """Whether what could be revised is kept."""
        return self._history is not None

    def learn_keys(self, one: Checked) -> None:
        """Keys by keyid, so that signatures can be checked on all cores before the rules run in order."""
        record = one.record
        entered = record.keys if isinstance(record, Organization) else (
            record.added if isinstance(record, KeyChange) else [])
        for public in entered:
            try:
                key = load_spki(base64.b64decode(public.spki))
            except LedgerError:
                continue  # the rules name it when its record is replayed
            self.keys[key.keyid] = key

    def notes(self) -> list[str]:
        """What could not be recomputed, and why."""
        return [
            f"not recomputed: {count} records of {plugin}, whose version is not installed here; their stored "
            "assessments were taken as they are" for plugin, count in sorted(self._not_recomputed.items())
        ]

    def replay(self, one: Checked, revised: Sequence[RevisedRow] = ()) -> Iterator[tuple[str, str]]:
        """Rule and message of all that does not hold. The state goes on as the rules say. `revised`: what is stored of
        the records that this one revises."""
        self.figures_of_last = self.recomputed_last = 0
        self.revision = self.made_last = None
        self.touched_last = set()
        record, entry = one.record, one.entry
        if record is None or entry is None or one.row.body is None:
            self.state.size += 1
            return
        submission = Submission(record, one.row.body, entry.digest, entry.keyid, entry.signature)
        self.state.time = entry.time
        if entry.digest in self.state.digests:
            yield "admission", "the record is on the log already"
        try:
            prepared = self._prepare(submission, one.row)
            admit(record, entry.keyid, prepared.plan, self.state)
            if isinstance(record, REVISING):
                self.revision = self._revise(record, revised)
            outcome = account(prepared, self._figures)
            if self.revision is not None:
                outcome = with_revisions(
                    outcome, [(one.index, one.digest, one.root) for one in self.revision.revised]
                )
        except LedgerError as error:
            yield "admission", f"{error.code}: {error.message}"
            self.state.size += 1
            return
        yield from self._compare(one.row, entry, outcome)
        self._apply(prepared, outcome)
        yield from self._compare_rows(one.row, prepared)
        if self.revision is not None:
            self.versions.append(counted(len(self.versions) + 1, one.row.index, self.revision))
            yield from compare_revised(revised, self.revision)

    def _revise(self, record: Amendment | Closing, revised: Sequence[RevisedRow]) -> Revision:
        if self._history is None:
            raise VerificationError("the source said that nothing is revised, so nothing was kept that could be",
                                    code="unexpected-revision")
        stored = {one.index: _leaf.decode(one.leaves[0]) for one in revised if one.leaves and one.leaves[0]}
        return revise(Engine(self._history, self._registry, stored), record, self._history)

    def _prepare(self, submission: Submission, row: Row) -> Prepared:
        """With the plugin where the version in force is installed, else with the assessment that is committed."""
        record, state = submission.record, self.state
        try:
            prepared = prepare(submission, state, self._registry, state.plugins)
            self.recomputed_last = 1 if prepared.plugin is not None else 0
            return prepared
        except Unavailable:
            if not isinstance(record, Transformation) or not row.leaves:
                raise
        leaf = _leaf.decode(row.leaves[0])
        self._not_recomputed[leaf.plugin or "?"] = self._not_recomputed.get(leaf.plugin or "?", 0) + 1
        plan = plan_of(record, state, _ANY_TOLERANCE)
        work = work_of(record, plan, state, _assessment.decode(leaf.assessment))
        plugin = state.plugins.get(record.process.partition(".")[0])
        return Prepared(submission, plan, work, leaf.assessment, leaf.plugin, plugin)

    def _compare(self, row: Row, entry: Entry, outcome: Outcome) -> Iterator[tuple[str, str]]:
        self.figures_of_last = len(outcome.figures.outputs)
        for one in self.revision.revised if self.revision is not None else ():
            self.figures_of_last += len(one.figures)
        if outcome.root != entry.outcome:
            yield "outcome", "the entry commits to other results than the record gives"
        if len(row.leaves) != len(outcome.leaves):
            yield "figures", f"{len(row.leaves)} results are stored, the record gives {len(outcome.leaves)}"
        for i, (stored, computed) in enumerate(zip(row.leaves, outcome.leaves, strict=False)):
            if stored != computed:
                yield "figures", f"result {i} is not what the record gives: {difference(stored, computed)}"

    def _apply(self, prepared: Prepared, outcome: Outcome) -> None:
        state = self.state
        self.before_last = before_entering(prepared.submission.record, state)
        lots = state.apply(prepared.submission.record, prepared.submission.digest, prepared.plan)
        self.made_last = len(lots)
        self.touched_last.update([one.lot.id for one in prepared.plan.taken], [lot.id for lot in lots])
        if self.revision is not None:
            self.touched_last.update(self.revision.balances)
        for lot, figures in zip(lots, outcome.figures.outputs, strict=True):
            self._figures[lot.id] = figures
        if self._history is not None:
            index = state.size - 1
            numbered = prepared._replace(plan=prepared.plan._replace(taken=tuple(
                [one._replace(lot=state.lots[one.lot.id]) for one in prepared.plan.taken]
            )))
            keep(self._history, index, numbered)
            return
        for taken in prepared.plan.taken:
            # What it was may be named again; its figures are not needed any more.
            if not state.remaining[taken.lot.id]:
                self._figures.pop(taken.lot.id)

    def _compare_rows(self, row: Row, prepared: Prepared) -> Iterator[tuple[str, str]]:
        """What answers are made of besides leaves: flows, shares and, where they are shown, lots."""
        flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
        if list(row.flows) != flows:
            yield "flows", f"the record is stored to take {told_flows(row.flows)}, but takes {told_flows(flows)}"
        created = prepared.plan.created
        shares = list(prepared.work.shares) or [0.0] * len(created)
        if list(row.shares) != shares:
            yield "figures", f"its lots are stored with shares {list(row.shares)}, not {shares}"
        if row.lots is None:
            return
        for i, (planned, _) in enumerate(created):
            if i >= len(row.lots) or row.lots[i] != self.state.lots[planned.id]:
                yield "lots", f"lot {planned.id!r} is stored otherwise than its record says"
