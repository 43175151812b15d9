"""Runs one micro-batch over plain state, record by record: admits or refuses each, with figures and outcome. No IO."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from ledger.admission.admit import admit
from ledger.admission.apply import apply, before_entering
from ledger.admission.checks.goods import returned
from ledger.admission.facts import LotFacts
from ledger.admission.lookups import editions_named, flows_named
from ledger.admission.lots import Plan, Taken
from ledger.admission.state import State
from ledger.core.log.entry import Entry
from ledger.core.log.merkle import leaf_hash
from ledger.core.record.kinds import Activation, Addition, Consumption, ParentEnd, ProductCompletion, Transformation
from ledger.engine.arriving import arriving
from ledger.engine.lookup_rows import add_lookup_rows
from ledger.engine.prepare import prepare
from ledger.engine.prepared import REVISING, Prepared, Submission
from ledger.engine.record_outcome import Outcome, outcome_of, with_revisions
from ledger.engine.revision.recompute import Revision
from ledger.engine.revision.unspread import with_unspread
from ledger.engine.row_buffer import RowBuffer
from ledger.engine.sectors import Registry
from ledger.errors import ORDER, LedgerError, Refused, at_stage
from ledger.footprint.stored.figures import LotFigures


class Item(NamedTuple):
    """A submission on its way into the log.

    `prepared` is None if the log did not yet have something that the record names. `needs` are the digests of records
    of the same request whose facts the preparation uses.
    """

    submission: Submission
    prepared: Prepared | None
    needs: frozenset[bytes] = frozenset()


class Sequenced(Struct, frozen=True):
    """An entry of the log with the leaves of its outcome, and their hashes."""

    index: int
    digest: bytes
    entry: bytes
    leaves: tuple[bytes, ...]
    leaf_hashes: tuple[bytes, ...] = ()


class LoadedRecord(NamedTuple):
    """The record is on the log already, or appears earlier in this batch."""

    digest: bytes


Verdict = Sequenced | LoadedRecord | LedgerError


class Batch:
    """Runs items over `state` and collects the rows to write. `figures` by lot id, of all lots in `state`.

    `revise` computes the revision of an amendment or a closing; without it, the items must not contain such a record.
    `version` is the number of that revision.
    """

    def __init__(
        self, state: State, figures: dict[str, LotFigures], registry: Registry, time: int,
        revise: Callable[[Prepared], Revision] | None = None, version: int = 0,
    ) -> None:
        self.rows = RowBuffer()
        self.sequenced: list[tuple[int, Prepared]] = []
        self.leaf_hashes: list[bytes] = []
        self.balances: dict[int, Decimal] = {}
        """The remaining quantities, by lot number, of lots that existed before this batch."""
        self.time = time
        self._state = state
        state.time = time
        self._figures = figures
        self._registry = registry
        self._revise = revise
        self._version = version
        self._created: dict[int, LotFacts] = {}

    def run(self, items: Sequence[Item]) -> list[Verdict]:
        """One verdict for each item, in order. A refused record changes nothing and does not affect other items."""
        verdicts: list[Verdict] = []
        for item in items:
            try:
                verdicts.append(self._verdict(item))
            except LedgerError as error:
                verdicts.append(at_stage(error.settled(), ORDER))
        return verdicts

    def may_ask(self, items: Sequence[Item]) -> bool:
        """Whether the batch may have to call a sector again for one of `items`, which are all of the batch. Such a call
        has no time limit."""
        records = [item.submission.record for item in items]
        if any(isinstance(record, Activation | ParentEnd | ProductCompletion) for record in records):
            return True
        # A consumption may raise the totals of goods that a process of the same batch reads.
        raising = any(isinstance(record, Consumption) for record in records)
        return any(
            isinstance(item.submission.record, Transformation)
            and not (self._settled(item) and not (raising and item.submission.record.inputs)) for item in items
        )

    def _settled(self, item: Item) -> bool:
        prepared = item.prepared
        return (prepared is not None and not item.needs and not pooled(prepared) and self._in_force(prepared)
                and self._has_totals(prepared))

    def finish(self) -> None:
        """Call this once, after the last item: later items of the batch may take from the new lots, so their balances
        are final only then."""
        for lot in self._created.values():
            self.rows.add_balance(lot, self._state.remaining[lot.id])

    def _verdict(self, item: Item) -> Verdict:
        submission, state = item.submission, self._state
        if submission.digest in state.digests:
            self._check_repost(submission)
            return LoadedRecord(submission.digest)
        prepared = self._prepared(item)
        admit(submission.record, submission.keyid, prepared.plan, state)
        if isinstance(submission.record, REVISING):
            return self._revised(prepared)
        prepared = arriving(prepared, state)
        return self._append(prepared, outcome_of(prepared, self._figures))

    def _revised(self, prepared: Prepared) -> Verdict:
        if self._revise is None:
            raise TypeError("this batch has no function for amendments and closings")
        revision = self._revise(prepared)
        prepared = with_unspread(prepared, revision.unspread, self._state, self._registry)
        outcome = with_revisions(
            outcome_of(prepared, self._figures), [(one.index, one.digest, one.root) for one in revision.revised]
        )
        self.rows.add_revision(self._version, self._state.size)
        return self._append(prepared, outcome)

    def _check_repost(self, submission: Submission) -> None:
        """Any key of the issuer, even a revoked one, may ask for the receipt again."""
        key = self._state.keys.get(submission.keyid)
        if key is None or key.organization != submission.record.issuer:
            raise Refused(
                "the record is on the log already, and this key does not belong to its issuer", code="wrong-issuer",
                field="key", value=submission.keyid.hex(), rule="a key of the record's issuer",
            )

    def _prepared(self, item: Item) -> Prepared:
        """The item's preparation if the facts that it uses still hold, else a new one over the current state."""
        state, prepared = self._state, item.prepared
        if prepared is None or not item.needs <= state.digests or not (
            self._in_force(prepared) and self._names_same_lots(prepared) and self._has_totals(prepared)
        ):
            return prepare(item.submission, state, self._registry)
        if not item.needs:
            return prepared
        if any(_made_anew(state.lots[taken.lot.id], taken.lot) for taken in prepared.plan.taken):
            return prepare(item.submission, state, self._registry)
        # The preparation could not know the numbers of lots that the same request creates.
        plan = prepared.plan
        taken = tuple([Taken(state.lots[lot.id], quantity, mass) for lot, quantity, mass in plan.taken])
        return prepared._replace(plan=Plan(taken, plan.created, plan.supplied, plan.overheads))

    def _names_same_lots(self, prepared: Prepared) -> bool:
        """Whether the flows still name the lots of the preparation: a pool's name means its newest generation."""
        record = prepared.submission.record
        for name, taken in zip(flows_named(record), prepared.plan.taken, strict=False):
            if name != taken.lot.id:
                lot = self._state.lot_named(name, record.issuer)
                if lot is None or lot.id != taken.lot.id:
                    return False
        return not isinstance(record, Addition)

    def _has_totals(self, prepared: Prepared) -> bool:
        """Whether the preparation used the totals of its group's goods. Only the holder of the append lock knows them,
        so a group that has sold or written off like goods has its declarations and processes prepared again."""
        return returned(prepared.submission.record, self._state) == prepared.returned

    def _in_force(self, prepared: Prepared) -> bool:
        """Whether the preparation used the versions that are in force now, and knew every end of a parent and every
        completion of its products."""
        state = self._state
        return (prepared.versions.activation, prepared.parents) == (
            state.activations.newest, state.parents.newest
        ) and (state.completed < 0 or prepared.editions == editions_named(prepared.submission.record, state))

    def _append(self, prepared: Prepared, outcome: Outcome) -> Sequenced:
        submission, state, index = prepared.submission, self._state, self._state.size
        record, plan = submission.record, prepared.plan
        entry = Entry(
            record.kind, submission.digest, submission.keyid, submission.signature, outcome.root, self.time
        ).to_bytes()
        leaf = leaf_hash(entry)
        before = before_entering(record, state)
        lots = apply(state, record, submission.digest, plan, before)
        rows = self.rows
        rows.add_entry(index, entry, leaf)
        rows.add_record(
            index, submission.digest, record, submission.body,
            (outcome.seed, outcome.leaves[0] if outcome.leaves else None), [*[one.lot for one in plan.taken], *lots],
        )
        rows.add_flows(index, plan.taken)
        shares = prepared.work.shares or [0.0] * len(lots)
        for lot, figures, share in zip(lots, outcome.figures.outputs, shares, strict=True):
            self._figures[lot.id] = figures
            rows.add_lot(lot, figures, share, prepared.tag)
        for taken in plan.taken:
            if taken.lot.number not in self._created:
                self.balances[taken.lot.number] = state.remaining[taken.lot.id]
        self._created.update({lot.number: lot for lot in lots})
        add_lookup_rows(rows, index, record, state, before)
        self.leaf_hashes.append(leaf)
        self.sequenced.append((index, prepared))
        return Sequenced(index, submission.digest, entry, outcome.leaves, outcome.hashes)


def _made_anew(lot: LotFacts, known: LotFacts) -> bool:
    """Whether a lot is another one than a preparation knew: the record of its request that makes it was prepared again
    after a completion of its product."""
    return (lot.mass, lot.composition) != (known.mass, known.composition)


def pooled(prepared: Prepared) -> bool:
    """Whether a record's flows name a pool. Only the holder of the append lock knows a pool's newest generation."""
    record = prepared.submission.record
    if isinstance(record, Addition):
        return True
    return any(
        name != taken.lot.id for name, taken in zip(flows_named(record), prepared.plan.taken, strict=False)
    )
