"""Recomputing: a record reads otherwise now, and so does all that descends from it, in log order.

The cost is that of the descendants whose figures change. What a record rests on decides how much is done again: its own
change or a changed lot (quantity, mass, composition) means new plan and, where its sector sees the difference, a new
assessment; changed figures alone mean new arithmetic over the stored assessment.
"""

import heapq
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from ledger.admission.amending import check_same_lots, check_sector, check_undisputed
from ledger.admission.apply import as_entered
from ledger.admission.facts import LotFacts
from ledger.admission.lots import Plan, Taken
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import numbered
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.outcome.assessment import NOTHING, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record.kinds import AnyRecord, Declaration, Report
from ledger.core.record.redacted import is_residue
from ledger.engine.account import Outcome, account
from ledger.engine.prepare import Prepared, Submission, prepare, work_of
from ledger.engine.revision.balances import Balances, Undoing
from ledger.engine.revision.history import History, base
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import ZERO
from ledger.footprint.stored.figures import LotFigures

_NONE = Decimal(0)
_WITHDRAWN = LotFigures(ZERO, {})
_assessment = msgspec.json.Decoder(Assessment)
Changes = Mapping[int, AnyRecord | None]
"""Records by log index as they are to read; None withdraws one."""


class Revised(Struct, frozen=True):
    """A record with other results than before. `prepared` and `outcome` are None where it is withdrawn.

    `own`: the record itself reads otherwise, or takes other quantities. `lots` are its lots with their facts now;
    `resized` says whether any of these differ from before.
    """

    index: int
    digest: bytes
    own: bool
    prepared: Prepared | None
    outcome: Outcome | None
    lots: tuple[LotFacts, ...]
    figures: tuple[LotFigures, ...]
    resized: bool

    @property
    def root(self) -> bytes:
        return EMPTY_ROOT if self.outcome is None else self.outcome.root


class Revision(NamedTuple):
    """All that changed, in log order, and what is left of the lots whose balance or quantity did."""

    revised: tuple[Revised, ...]
    balances: Mapping[str, Decimal]


class Engine:
    """One revision over a history, which it changes as it goes. A refused one puts everything back.

    `own` records may be given in several calls: the later ones catch up with what the log has gained meanwhile.
    """

    def __init__(
        self, history: History, registry: Registry, stored: Mapping[int, AssessmentLeaf] | None = None
    ) -> None:
        """`stored`: assessments to fall back upon, by log index, where a plugin version is not installed here."""
        self._history = history
        self._registry = registry
        self._stored = stored or {}
        self._queue: list[int] = []
        self._waiting: set[int] = set()
        self._changes: dict[int, AnyRecord | None] = {}
        self._averages: dict[int, Adjustment] = {}
        self._again: set[int] = set()
        self._caught_up: set[int] = set()
        self._resized: set[str] = set()
        self._refigured: set[str] = set()
        self._done: dict[int, Revised] = {}
        self._undoing = Undoing()
        self._balances = Balances(history.state, self._undoing)

    def run(self, changes: Changes, averages: Mapping[int, Adjustment] | None = None) -> Revision:
        """Raises Refused, InvalidInput or PluginError where the changed records could not stand; then nothing has
        changed. `averages`: adjustments of additions to pools, by log index."""
        self._changes.update(changes)
        self._averages.update(averages or {})
        for index in (*changes, *(averages or ())):
            self._push(index)
        try:
            while self._queue:
                index = heapq.heappop(self._queue)
                self._waiting.discard(index)
                self._named(index)
            self._balances.settle()
        except BaseException:
            # Whatever it was: what is half revised is good for nothing.
            self._undoing.undo()
            raise
        return self.result()

    def catch_up(self, index: int) -> None:
        """A record that the log has gained since: it is recomputed if it takes from what has changed, or if it is the
        addition that takes what is left of a generation of which there is more or less now."""
        prepared = self._history.prepared.get(index)
        if prepared is None:
            return
        self._caught_up.add(index)
        if any(taken.lot.id in self._resized or taken.lot.id in self._refigured for taken in prepared.plan.taken):
            self._push(index)
        rest = self._history.preceding.get(index)
        if rest is not None and rest in self._balances.touched:
            self._queue_additions(index - 1, (rest,))

    def result(self) -> Revision:
        remaining = self._history.state.remaining
        balances = {lot: remaining[lot] for lot in self._balances.touched}
        return Revision(tuple(self._done[index] for index in sorted(self._done)), balances)

    def _push(self, index: int) -> None:
        if index not in self._waiting:
            self._waiting.add(index)
            heapq.heappush(self._queue, index)

    def _named(self, index: int) -> None:
        """One record; what is wrong with it is told with its digest and index, since many are recomputed at once."""
        try:
            self._one(index)
        except LedgerError as error:
            own = index in self._changes
            record = f"record {self._history.prepared[index].submission.digest.hex()} (entry {index})"
            raise type(error)(
                f"{record}: {error.message}" if own else f"{record}, which descends from it: {error.message}",
                code=error.code, field=error.field if own else "changes", value=error.value, rule=error.rule,
            ) from error

    def _one(self, index: int) -> None:
        history = self._history
        old = history.prepared.get(index)
        if old is None:
            return
        if index in self._changes and self._changes[index] is None:
            self._withdraw(index, old)
            return
        new = self._averaged(index, old, self._prepared(index, old))
        outcome = account(new, history.figures)
        lots = self._numbered(index, new)
        self._settle(index, old, new, lots)
        figures = outcome.figures.outputs
        for lot, now in zip(lots, figures, strict=True):
            if history.figures[lot.id] != now:
                self._undoing.set(history.figures, lot.id, now)
                self._refigured.add(lot.id)
                self._push_takers(lot.id)
        self._note(index, old, new, outcome, lots, figures)

    def _note(
        self, index: int, old: Prepared, new: Prepared, outcome: Outcome, lots: tuple[LotFacts, ...],
        figures: tuple[LotFigures, ...],
    ) -> None:
        earlier = self._done.get(index)
        own = (
            index in self._changes or index in self._averages or _flows(old) != _flows(new)
            or (earlier is not None and earlier.own)
        )
        resized = any(lot.id in self._resized for lot in lots)
        self._done[index] = Revised(index, new.submission.digest, own, new, outcome, lots, figures, resized)
        if new is not old:
            self._replace(index, new)

    def _withdraw(self, index: int, old: Prepared) -> None:
        history = self._history
        lots = tuple(history.lots_of(index))
        for taken in old.plan.taken:
            self._balances.add(taken.lot.id, taken.quantity)
        for lot in lots:
            # What others have taken of it in the meantime leaves it overdrawn.
            self._balances.add(lot.id, -lot.quantity)
            self._undoing.set(history.figures, lot.id, _WITHDRAWN)
        self._undoing.add(history.state.withdrawn, [lot.id for lot in lots])
        record = old.submission.record
        if isinstance(record, Declaration) and record.basis == "opening" and record.lot is not None:
            self._undoing.discard(history.state.openings, (record.facility or "", record.lot.product))
        if isinstance(record, Report):
            periods = history.state.reports.setdefault(record.subject, set())
            self._undoing.discard(periods, (record.start, record.end))
        self._replace(index, None)
        self._done[index] = Revised(
            index, old.submission.digest, True, None, None, lots, (_WITHDRAWN,) * len(lots), False
        )
        self._queue_additions(index, [taken.lot.id for taken in old.plan.taken])

    def _averaged(self, index: int, old: Prepared, new: Prepared) -> Prepared:
        """What a closing has averaged stays so until another closing does."""
        adjustment = self._averages.get(index, old.work.adjustment)
        if new.work.adjustment == adjustment:
            return new
        return new._replace(work=new.work._replace(adjustment=adjustment))

    def _prepared(self, index: int, old: Prepared) -> Prepared:
        """How the record reads now: as it did, unless it was changed or a lot that it takes from was."""
        changed = self._changes.get(index)
        if changed is None and index not in self._again and not any(
            taken.lot.id in self._resized for taken in old.plan.taken
        ):
            return old
        state = self._history.state
        self._give_back_rest(index, old)
        if changed is not None:
            return self._assessed(index, old.submission.reading(changed), old)
        record = old.submission.record
        plan = plan_of(record, state, ANY_TOLERANCE, base(index))
        holds = self._assessment_that_holds(index, old, plan)
        if holds is not None:
            return old._replace(plan=plan, work=work_of(record, plan, state, _assessment.decode(holds)))
        return self._assessed(index, old.submission, old)

    def _assessment_that_holds(self, index: int, old: Prepared, plan: Plan) -> Raw | None:
        """The assessment of a record, where it rests on nothing that has changed. Of a record that the log has gained
        meanwhile, the plan was made over lots as they read now, and the assessment was not."""
        if index in self._caught_up or [_seen(one) for one in plan.taken] != [_seen(one) for one in old.plan.taken]:
            return None
        return old.assessment

    def _assessed(self, index: int, submission: Submission, old: Prepared) -> Prepared:
        """Assessed anew; with the assessment that there is, where what it was made of is gone or its plugin is not
        here."""
        if index in self._history.erased:
            return self._taken_over(index, submission, old.assessment, old.tag)
        state = self._history.state
        check_sector(submission.record, state)
        leaf = self._stored.get(index)
        try:
            if not is_residue(submission.record):
                return prepare(submission, state, self._registry, state.plugins, base(index))
        except Unavailable:
            if leaf is None:
                raise
        if leaf is None:
            raise VerificationError("its body is gone, and no assessment of it is stored", code="erased")
        return self._taken_over(index, submission, leaf.assessment, leaf.plugin)

    def _taken_over(self, index: int, submission: Submission, assessment: Raw | None, tag: str | None) -> Prepared:
        """With an assessment as it stands, over lots as they are now."""
        state = self._history.state
        plan = plan_of(submission.record, state, ANY_TOLERANCE, base(index))
        found = NOTHING if assessment is None else _assessment.decode(assessment)
        return Prepared(submission, plan, work_of(submission.record, plan, state, found), assessment, tag, None)

    def _give_back_rest(self, index: int, old: Prepared) -> None:
        """An addition takes whatever its pool still holds: what it took before is there again while it is planned. All
        that took from that generation stands before it in the log, so what is there now is what is left."""
        rest = self._history.preceding.get(index)
        if rest is None:
            return
        for taken in old.plan.taken:
            if taken.lot.id == rest:
                self._balances.add(rest, taken.quantity)
        self._balances.check(rest)

    def _numbered(self, index: int, new: Prepared) -> tuple[LotFacts, ...]:
        record, digest = new.submission.record, new.submission.digest
        return tuple([
            numbered(as_entered(record, digest, created.facts), index, i) for i, created in enumerate(new.plan.created)
        ])

    def _settle(self, index: int, old: Prepared, new: Prepared, lots: tuple[LotFacts, ...]) -> None:
        """Balances: what is taken otherwise, and what there is more or less of."""
        if new.plan is old.plan:
            return
        state = self._history.state
        check_same_lots(self._history.lots_of(index), lots, "changes")
        if index in self._changes:
            check_undisputed(new.plan.taken, state)
        rest = self._history.preceding.get(index)
        for taken in old.plan.taken:
            if taken.lot.id != rest:
                self._balances.add(taken.lot.id, taken.quantity)
        for taken in new.plan.taken:
            self._balances.add(taken.lot.id, -taken.quantity)
        for lot in lots:
            before = state.lots[lot.id]
            if before != lot:
                self._undoing.set(state.lots, lot.id, lot)
                self._resized.add(lot.id)
                self._balances.add(lot.id, lot.quantity - before.quantity)
                self._push_takers(lot.id)
        self._queue_additions(index, [one.lot.id for one in (*old.plan.taken, *new.plan.taken)])
        self._queue_additions(index, [lot.id for lot in lots])

    def _queue_additions(self, index: int, lots: Iterable[str]) -> None:
        """What is left of a generation that is not the newest belongs to the next one."""
        history = self._history
        for lot in lots:
            following = history.following.get(lot)
            if following is not None and following > index and history.state.remaining[lot] != _NONE and (
                following in history.prepared
            ):
                self._again.add(following)
                self._push(following)

    def _push_takers(self, lot: str) -> None:
        for taker in self._history.takers.get(lot, ()):
            self._push(taker)

    def _replace(self, index: int, prepared: Prepared | None) -> None:
        self._undoing.note(partial(self._history.replace, index, self._history.prepared.get(index)))
        self._history.replace(index, prepared)


def _seen(taken: Taken) -> tuple[object, ...]:
    """What a sector sees of an input that a revision can change: see `check_same_lots`."""
    return taken.lot.id, taken.quantity, taken.mass, taken.lot.composition, taken.lot.maker


def _flows(prepared: Prepared) -> list[tuple[int, Decimal]]:
    return [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
