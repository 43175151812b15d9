"""Recomputing: a record reads otherwise now, and so does all that descends from it, in log order.

The cost is that of the descendants whose figures change. What a record rests on decides how much is done again: its own
change or a changed lot (quantity, mass, composition) means new plan and, where its sector sees the difference, a new
assessment; changed figures alone mean new arithmetic over the stored assessment.
"""

import heapq
from collections.abc import Callable, Mapping, MutableMapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from ledger.admission.amending import check_same_lots
from ledger.admission.facts import LotFacts
from ledger.admission.lots import Taken
from ledger.admission.plan import plan as plan_of
from ledger.admission.state import as_entered, numbered
from ledger.core.assessment import Assessment
from ledger.core.canonical import encode
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.outcome import AssessmentLeaf
from ledger.core.records import Addition, AnyRecord, Transformation
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.footprint.burdens import ZERO
from ledger.footprint.figures import LotFigures
from ledger.registry.installed import Registry
from ledger.service.accounting import Outcome, account
from ledger.service.preparing import Prepared, Submission, prepare, work_of
from ledger.service.revising.history import History, base

_NONE = Decimal(0)
ANY_TOLERANCE = Decimal(10) ** 15
_WITHDRAWN = LotFigures(ZERO, {})
_assessment = msgspec.json.Decoder(Assessment)
Value = TypeVar("Value")
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
    moved: bool = False
    """Whether it reads as of another period."""

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
        self._again: set[int] = set()
        self._resized: set[str] = set()
        self._refigured: set[str] = set()
        self._touched: dict[str, Decimal] = {}
        self._done: dict[int, Revised] = {}
        self._undoing: list[Callable[[], None]] = []

    def run(self, changes: Changes) -> Revision:
        """Raises Refused, InvalidInput or PluginError where the changed records could not stand; then nothing has
        changed."""
        self._changes.update(changes)
        for index in changes:
            self._push(index)
        try:
            while self._queue:
                index = heapq.heappop(self._queue)
                self._waiting.discard(index)
                self._one(index)
            self._check_balances()
            self._settle_items()
        except LedgerError:
            self._undo()
            raise
        return self.result()

    def catch_up(self, index: int) -> None:
        """A record that the log has gained since: it is recomputed if it takes from what has changed."""
        prepared = self._history.prepared[index]
        names = {taken.lot.id for taken in prepared.plan.taken}
        if names & (self._resized | self._refigured):
            self._push(index)

    def result(self) -> Revision:
        remaining = self._history.state.remaining
        balances = {lot: remaining[lot] for lot in {*self._touched, *self._resized}}
        return Revision(tuple(self._done[index] for index in sorted(self._done)), balances)

    def _push(self, index: int) -> None:
        if index not in self._waiting:
            self._waiting.add(index)
            heapq.heappush(self._queue, index)

    def _one(self, index: int) -> None:
        history = self._history
        old = history.prepared.get(index)
        if old is None:
            return
        if index in self._changes and self._changes[index] is None:
            self._withdraw(index, old)
            return
        new = self._prepared(index, old)
        outcome = account(new, history.figures)
        lots = self._numbered(index, new)
        self._settle(index, old, new, lots)
        figures = outcome.figures.outputs
        for lot, now in zip(lots, figures, strict=True):
            if history.figures[lot.id] != now:
                self._set(history.figures, lot.id, now)
                self._refigured.add(lot.id)
                self._push_takers(lot.id)
        self._note(index, old, new, outcome, lots, figures)

    def _note(
        self, index: int, old: Prepared, new: Prepared, outcome: Outcome, lots: tuple[LotFacts, ...],
        figures: tuple[LotFigures, ...],
    ) -> None:
        earlier = self._done.get(index)
        own = index in self._changes or _flows(old) != _flows(new) or (earlier is not None and earlier.own)
        resized = any(lot.id in self._resized for lot in lots)
        self._done[index] = Revised(
            index, new.submission.digest, own, new, outcome, lots, figures, resized, _period(old) != _period(new)
        )
        if new is not old:
            self._replace(index, new)

    def _withdraw(self, index: int, old: Prepared) -> None:
        history = self._history
        lots = tuple(history.lots_of(index))
        for taken in old.plan.taken:
            self._add(taken.lot.id, taken.quantity)
        for lot in lots:
            self._set(history.state.remaining, lot.id, _NONE)
            self._touched.setdefault(lot.id, _NONE)
            self._set(history.figures, lot.id, _WITHDRAWN)
        self._replace(index, None)
        self._done[index] = Revised(
            index, old.submission.digest, True, None, None, lots, (_WITHDRAWN,) * len(lots), False
        )
        self._queue_additions(index)

    def _prepared(self, index: int, old: Prepared) -> Prepared:
        """How the record reads now: as it did, unless it was changed or a lot that it takes from was."""
        changed = self._changes.get(index)
        if changed is None and index not in self._again and not any(
            taken.lot.id in self._resized for taken in old.plan.taken
        ):
            return old
        state = self._history.state
        if isinstance(old.submission.record, Addition):
            self._give_back_rest(index, old)
        if changed is not None:
            body = encode(changed)
            submission = old.submission._replace(record=changed, body=body)
            return self._assessed(index, submission)
        record = old.submission.record
        plan = plan_of(record, state, ANY_TOLERANCE, base(index))
        if [_seen(one) for one in plan.taken] == [_seen(one) for one in old.plan.taken] and old.assessment is not None:
            work = work_of(record, plan, state, _assessment.decode(old.assessment))
            return old._replace(plan=plan, work=work)
        return self._assessed(index, old.submission)

    def _assessed(self, index: int, submission: Submission) -> Prepared:
        state = self._history.state
        try:
            return prepare(submission, state, self._registry, state.plugins, base(index))
        except Unavailable:
            leaf = self._stored.get(index)
            if leaf is None:
                raise
        plan = plan_of(submission.record, state, ANY_TOLERANCE, base(index))
        work = work_of(submission.record, plan, state, _assessment.decode(leaf.assessment))
        return Prepared(submission, plan, work, leaf.assessment, leaf.plugin, None)

    def _give_back_rest(self, index: int, old: Prepared) -> None:
        """An addition takes whatever its pool still holds: what it took before is there again while it is planned."""
        for taken in old.plan.taken:
            if self._history.following.get(taken.lot.id) == index:
                self._set(self._history.state.remaining, taken.lot.id,
                          self._history.state.remaining[taken.lot.id] + taken.quantity)

    def _numbered(self, index: int, new: Prepared) -> tuple[LotFacts, ...]:
        record, digest = new.submission.record, new.submission.digest
        return tuple([
            numbered(as_entered(record, digest, created.facts), index, i) for i, created in enumerate(new.plan.created)
        ])

    def _settle(self, index: int, old: Prepared, new: Prepared, lots: tuple[LotFacts, ...]) -> None:
        """Balances: what is taken otherwise, and what there is more or less of."""
        if new is old:
            return
        state = self._history.state
        check_same_lots(self._history.lots_of(index), lots, "changes")
        for taken in old.plan.taken:
            if self._history.following.get(taken.lot.id) != index:
                self._add(taken.lot.id, taken.quantity)
        for taken in new.plan.taken:
            self._add(taken.lot.id, -taken.quantity)
        for lot in lots:
            before = state.lots[lot.id]
            if before != lot:
                self._set(state.lots, lot.id, lot)
                self._resized.add(lot.id)
                self._add(lot.id, lot.quantity - before.quantity)
                self._push_takers(lot.id)
        self._queue_additions(index)

    def _add(self, lot: str, amount: Decimal) -> None:
        remaining = self._history.state.remaining
        self._touched.setdefault(lot, remaining[lot])
        if amount:
            self._set(remaining, lot, remaining[lot] + amount)

    def _queue_additions(self, index: int) -> None:
        """What is left of a generation that is not the newest belongs to the next one."""
        history = self._history
        for lot in list(self._touched):
            following = history.following.get(lot)
            if following is not None and following > index and history.state.remaining[lot] != _NONE and (
                following in history.prepared
            ):
                self._again.add(following)
                self._push(following)

    def _push_takers(self, lot: str) -> None:
        for taker in self._history.takers.get(lot, ()):
            self._push(taker)

    def _settle_items(self) -> None:
        """The lots of an item that have a balance, as the revision leaves them."""
        state = self._history.state
        for lot in self._touched:
            item = state.lots[lot].item
            if item is not None and state.remaining[lot]:
                state.holding.setdefault(item, set()).add(lot)
            elif item is not None:
                state.holding.get(item, set()).discard(lot)

    def _check_balances(self) -> None:
        state = self._history.state
        for lot in self._touched:
            left = state.remaining[lot]
            facts = state.lots[lot]
            if left < 0:
                raise Refused(
                    f"{lot!r} would be overdrawn by {-left:f} {facts.unit}", code="over-consumption", field="changes",
                    value=lot, rule="no lot is taken beyond its quantity, by all records together",
                )
            if facts.item is not None:
                holding = {one for one in state.holding.get(facts.item, set()) if state.remaining.get(one)}
                if len(holding | ({lot} if left else set())) > 1:
                    raise Refused(
                        f"{facts.item!r} would be in two lots that have a balance", code="item-taken", field="changes",
                        value=facts.item, rule="at most one lot of an item has a balance",
                    )

    def _replace(self, index: int, prepared: Prepared | None) -> None:
        self._undoing.append(partial(self._history.replace, index, self._history.prepared.get(index)))
        self._history.replace(index, prepared)

    def _set(self, mapping: MutableMapping[str, Value], name: str, value: Value) -> None:
        self._undoing.append(partial(mapping.__setitem__, name, mapping[name]))
        mapping[name] = value

    def _undo(self) -> None:
        for step in reversed(self._undoing):
            step()


def _seen(taken: Taken) -> tuple[object, ...]:
    """What a sector sees of an input that a revision can change."""
    return taken.lot.id, taken.quantity, taken.mass, taken.lot.composition


def _period(prepared: Prepared) -> tuple[str, str] | None:
    record = prepared.submission.record
    return (record.start, record.end) if isinstance(record, Transformation) else None


def _flows(prepared: Prepared) -> list[tuple[int, Decimal]]:
    return [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken]
