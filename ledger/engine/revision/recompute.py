"""Recomputes changed records and their descendants, in log order.

The cost grows with the number of descendants whose figures change. The reason decides how much of a record is computed
again. If the record itself or a lot that it takes from has changed (quantity, mass, composition): a new plan, and a new
assessment if its sector sees the difference. If only figures of its inputs have changed: new arithmetic over the stored
assessment.
"""

import heapq
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from ledger.admission.activations import Versions
from ledger.admission.amending import check_no_more_goods, check_same_lots, check_sector, check_undisputed
from ledger.admission.apply import as_entered
from ledger.admission.checks.goods import counted_lot
from ledger.admission.checks.write_offs import check_amended
from ledger.admission.closings.final_records import Unspread
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lookups import editions_named
from ledger.admission.lots import Plan, Taken, supplies_of
from ledger.admission.plan import ANY_TOLERANCE
from ledger.admission.plan import plan as plan_of
from ledger.admission.provenance.dates import check_no_later_end, kept
from ledger.admission.state import numbered
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.outcome.assessment import NOTHING, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Declaration, Report
from ledger.core.record.redacted import is_residue
from ledger.engine.end_of_waste.returned import returned_in
from ledger.engine.figure_inputs import figure_inputs_of
from ledger.engine.prepare import prepare, sets_of
from ledger.engine.prepared import Prepared, Submission
from ledger.engine.pricing.keys_and_rows import check_keys
from ledger.engine.record_outcome import Outcome, outcome_of
from ledger.engine.revision.balances import Balances, Undoing
from ledger.engine.revision.history import History, base
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError, Unavailable, VerificationError
from ledger.footprint.stored.averaging import Adjustment
from ledger.footprint.stored.burdens import ZERO
from ledger.footprint.stored.figures import LotFigures

_ZERO = Decimal(0)
_WITHDRAWN = LotFigures(ZERO, {})
_assessment = msgspec.json.Decoder(Assessment)
Changes = Mapping[int, AnyRecord | None]
"""The new versions of records, by log index; None withdraws a record."""


class Revised(Struct, frozen=True):
    """A record with other results than before. `prepared` and `outcome` are None if it is withdrawn.

    `own`: the record itself has changed, or takes other quantities. `lots` are its lots with their current facts;
    `resized` says whether any of these facts have changed.
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
    """All changed records, in log order, and the remainders of the lots whose balance or quantity was touched.
    `unspread`: the parts of a closing's totals that stay with it."""

    revised: tuple[Revised, ...]
    balances: Mapping[str, Decimal]
    unspread: tuple[Unspread, ...] = ()


class Engine:
    """One revision over a history, which it changes in place. If the revision is refused, it undoes all changes.

    The caller may run it in several steps: `catch_up` adds the records that the log has gained since.
    """

    def __init__(
        self, history: History, registry: Registry, stored: Mapping[int, AssessmentLeaf] | None = None
    ) -> None:
        """`stored`: assessments by log index, for use if a plugin version is not installed here."""
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
        self._amendment: Amendment | None = None
        self._unspread: tuple[Unspread, ...] = ()
        self._undoing = Undoing()
        self._balances = Balances(history.state, self._undoing)

    def leave(self, unspread: Iterable[Unspread]) -> None:
        """Notes the parts of totals that stay with the closing whose revision this is."""
        self._unspread = tuple(unspread)

    def run(
        self, changes: Changes, averages: Mapping[int, Adjustment] | None = None, *,
        amendment: Amendment | None = None,
    ) -> Revision:
        """Recomputes the changed records and all that follows from them. `averages`: adjustments of additions to pools,
        by log index. `amendment`: says whether the changed records get the newest versions of rules, sector and factor
        sets, and the newest products.

        Raises Refused, InvalidInput or PluginError if a changed record is not valid; then nothing has changed."""
        self._amendment = self._amendment or amendment
        self._changes.update(changes)
        self._averages.update(averages or {})
        for index in (*changes, *(averages or ())):
            self._push(index)
        try:
            while self._queue:
                index = heapq.heappop(self._queue)
                self._waiting.discard(index)
                self._recompute_named(index)
            self._balances.settle()
        except BaseException:
            # After any error the history is half revised and useless, so undo everything.
            self._undoing.undo()
            raise
        return self.result()

    def check_keys(self, changes: Changes, *, renewing: bool) -> None:
        """Raises Refused for supplies that an amendment states anew, by the factor sets that assess their record.
        `renewing`: whether the changed records get the newest versions."""
        for place, (index, new) in enumerate(changes.items()):
            if new is None or is_residue(new):
                continue
            old = self._history.prepared[index]
            before = [supply for _, supply in supplies_of(old.submission.record)]
            stated = [(f"changes[{place}].fields.{field}", supply) for field, supply in supplies_of(new)
                      if supply not in before]
            versions = self._history.state.activations.versions() if renewing else old.versions
            try:
                check_keys(stated, sets_of(self._registry, versions) if stated else ())
            except Unavailable:
                if index not in self._stored:
                    raise

    def catch_up(self, index: int) -> None:
        """Adds a record that the log has gained since. It is recomputed if it takes from a changed lot, or if it is the
        addition that takes the remainder of a generation whose balance was touched."""
        prepared = self._history.prepared.get(index)
        if prepared is None:
            return
        self._caught_up.add(index)
        if any(taken.lot.id in self._resized or taken.lot.id in self._refigured for taken in prepared.plan.taken):
            self._push(index)
        preceding = self._history.preceding.get(index)
        if preceding is not None and preceding in self._balances.touched:
            self._queue_additions(index - 1, (preceding,))

    def result(self) -> Revision:
        remaining = self._history.state.remaining
        balances = {lot: remaining[lot] for lot in self._balances.touched}
        return Revision(tuple(self._done[index] for index in sorted(self._done)), balances, self._unspread)

    def _push(self, index: int) -> None:
        if index not in self._waiting:
            self._waiting.add(index)
            heapq.heappush(self._queue, index)

    def _recompute_named(self, index: int) -> None:
        """Recomputes one record. An error names the record's digest and index, since a revision recomputes many."""
        try:
            self._recompute(index)
        except LedgerError as error:
            own = index in self._changes
            record = f"record {self._history.prepared[index].submission.digest.hex()} (entry {index})"
            raise type(error)(
                f"{record}: {error.message}" if own else f"{record}, which descends from it: {error.message}",
                code=error.code, field=error.field if own else "changes", value=error.value, rule=error.rule,
            ) from error

    def _recompute(self, index: int) -> None:
        history = self._history
        old = history.prepared.get(index)
        if old is None:
            return
        if index in self._changes and self._changes[index] is None:
            self._withdraw(index, old)
            return
        new = self._averaged(index, old, self._prepared(index, old))
        if new.accepted_by != old.accepted_by:
            # Whether a delivery was accepted on arrival is settled.
            new = new._replace(accepted_by=old.accepted_by)
        outcome = outcome_of(new, history.figures)
        lots = self._numbered(index, new)
        self._settle(index, old, new, lots)
        figures = outcome.figures.outputs
        for lot, new_figures in zip(lots, figures, strict=True):
            if history.figures[lot.id] != new_figures:
                self._undoing.set(history.figures, lot.id, new_figures)
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
            # If other records have taken from it, the lot is overdrawn now, and `settle` refuses the withdrawal.
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
        """The record with its period average, which stays until another closing replaces it."""
        adjustment = self._averages.get(index, old.work.adjustment)
        if new.work.adjustment == adjustment:
            return new
        return new._replace(work=new.work._replace(adjustment=adjustment))

    def _prepared(self, index: int, old: Prepared) -> Prepared:
        """The record prepared again if it has changed or a lot that it takes from has; else unchanged."""
        changed = self._changes.get(index)
        if changed is None and index not in self._again and not any(
            taken.lot.id in self._resized for taken in old.plan.taken
        ):
            return old
        self._give_back_rest(index, old)
        if changed is not None:
            return self._assessed(index, old.submission.reading(changed), old)
        record, facts = old.submission.record, self._facts(index, old.products)
        plan = plan_of(record, facts, ANY_TOLERANCE, base(index))
        assessment = self._valid_assessment(index, old, plan)
        if assessment is not None:
            return old._replace(plan=plan, work=figure_inputs_of(record, plan, facts, _assessment.decode(assessment)))
        return self._assessed(index, old.submission, old)

    def _valid_assessment(self, index: int, old: Prepared, plan: Plan) -> Raw | None:
        """The assessment of a record if nothing has changed that its sector sees; else None. None also for a record
        that the log has gained since: its old plan uses the lots as they are now, but its assessment does not."""
        if index in self._caught_up or [_seen(one) for one in plan.taken] != [_seen(one) for one in old.plan.taken]:
            return None
        return old.assessment

    def _assessed(self, index: int, submission: Submission, old: Prepared) -> Prepared:
        """The record with a new assessment. It keeps the stored one if its body is erased or its plugin version is not
        installed here, and so does a closing: the parts of its totals that stay with it depend on the records of its
        period."""
        if index in self._history.erased or isinstance(old.submission.record, Closing):
            return self._taken_over(index, submission, old.assessment, old)
        state = self._history.state
        record = submission.record
        lot = counted_lot(record)
        if lot is not None and old.assessment is not None:
            state.returned[lot] = returned_in(_assessment.decode(old.assessment), old.plan)
        versions, products = self._versions_for(index, old), self._products_for(index, submission.record, old)
        check_sector(submission.record, versions)
        leaf = self._stored.get(index)
        try:
            if not is_residue(submission.record):
                facts = self._facts(index, products)
                prepared = prepare(submission, facts, self._registry, versions, base(index))
                return prepared._replace(products=products)
        except Unavailable:
            if leaf is None:
                raise
        if leaf is None:
            raise VerificationError("its body is erased, and no assessment of it is stored", code="erased")
        return self._taken_over(
            index, submission, leaf.assessment, old._replace(tag=leaf.plugin, versions=versions, products=products),
        )

    def _facts(self, index: int, products: int | None) -> Facts:
        """The facts for the record at an index, with its products by its own index or by a later amendment."""
        return self._history.state.as_of(index if products is None else products + 1)

    def _products_for(self, index: int, record: AnyRecord, old: Prepared) -> int | None:
        """The `products` of a record: as before, unless an amendment asks for the newest ones."""
        if index not in self._changes or self._amendment is None or self._amendment.products is None:
            return old.products
        return max([edition for _, edition in editions_named(record, self._history.state)], default=None)

    def _versions_for(self, index: int, old: Prepared) -> Versions:
        """The versions that assess a record again: its own, unless an amendment asks for the newest ones."""
        if index not in self._changes or self._amendment is None or self._amendment.versions is None:
            return old.versions
        return self._history.state.activations.versions()

    def _taken_over(self, index: int, submission: Submission, assessment: Raw | None, old: Prepared) -> Prepared:
        """The record with an existing assessment, planned over the current lots."""
        facts = self._facts(index, old.products)
        plan = plan_of(submission.record, facts, ANY_TOLERANCE, base(index))
        decoded = NOTHING if assessment is None else _assessment.decode(assessment)
        return Prepared(
            submission, plan, figure_inputs_of(submission.record, plan, facts, decoded), assessment, old.tag,
            old.versions, products=old.products,
        )

    def _give_back_rest(self, index: int, old: Prepared) -> None:
        """Returns the quantity that an addition took from the generation before, so that its new plan can take the
        whole remainder. All other takers of that generation come before the addition in the log, so the balance is then
        the remainder."""
        preceding = self._history.preceding.get(index)
        if preceding is None:
            return
        for taken in old.plan.taken:
            if taken.lot.id == preceding:
                self._balances.add(preceding, taken.quantity)
        self._balances.check(preceding)

    def _numbered(self, index: int, new: Prepared) -> tuple[LotFacts, ...]:
        record, digest, lots = new.submission.record, new.submission.digest, self._history.state.lots
        lots_now = [
            numbered(as_entered(record, digest, created.facts), index, i) for i, created in enumerate(new.plan.created)
        ]
        return tuple([kept(lot, lots[lot.id]) if lot.id in lots else lot for lot in lots_now])

    def _settle(self, index: int, old: Prepared, new: Prepared, lots: tuple[LotFacts, ...]) -> None:
        """Updates the balances for the quantities that the record takes, and for its own lots."""
        if new.plan is old.plan:
            return
        state = self._history.state
        check_same_lots(self._history.lots_of(index), lots, "changes")
        if index in self._changes:
            record = new.submission.record
            check_no_later_end(record, self._history.lots_of(index), "changes")
            check_no_more_goods(record, old.plan, new.plan, "changes")
            check_amended(old.submission.record, record, (old.plan, new.plan), state, "changes")
            check_undisputed(new.plan.taken, state)
        preceding = self._history.preceding.get(index)
        for taken in old.plan.taken:
            if taken.lot.id != preceding:
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
        """Queues the additions that take a remainder from `lots`: the remainder of a generation belongs to the next
        one."""
        history = self._history
        for lot in lots:
            following = history.following.get(lot)
            if following is not None and following > index and history.state.remaining[lot] != _ZERO and (
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
    """The parts of an input that an assessment depends on and a revision can change: see `check_same_lots`."""
    lot = taken.lot
    return lot.id, taken.quantity, taken.mass, lot.composition, lot.maker, lot.place, lot.carried


def _flows(prepared: Prepared) -> list[tuple[int, Decimal]]:
    return [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
