"""One micro-batch, record by record, over plain state: admitted or refused, with figures and outcomes. No IO."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.facts import LotFacts
from ledger.admission.lookups import flows_named
from ledger.admission.state import State
from ledger.core.log.entry import Entry
from ledger.core.log.merkle import leaf_hash
from ledger.core.record.kinds import Activation, Addition, Transformation
from ledger.engine.account import Outcome, account, with_revisions
from ledger.engine.lookup_rows import add_lookup_rows, before_entering
from ledger.engine.prepare import REVISING, Prepared, Submission, prepare
from ledger.engine.revision.recompute import Revision
from ledger.engine.row_buffer import RowBuffer
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError, Refused
from ledger.footprint.stored.figures import LotFigures


class Item(NamedTuple):
    """A submission on its way into the log.

    `prepared` is None where something that it names was not known yet; `needs` are the digests of records of the same
    request on whose facts the preparation rests.
    """

    submission: Submission
    prepared: Prepared | None
    needs: frozenset[bytes] = frozenset()


class Sequenced(Struct, frozen=True):
    """An entry of the log with the leaves of its outcome."""

    index: int
    digest: bytes
    entry: bytes
    leaves: tuple[bytes, ...]


class LoadedRecord(NamedTuple):
    """The record is on the log already, or earlier in this batch."""

    digest: bytes


Verdict = Sequenced | LoadedRecord | LedgerError


class Batch:
    """Runs items over `state` and collects what has to be written. `figures` by lot id, of all lots in `state`.

    `revise` says what a record that revises others comes to; without it there is none among the items. `version` is
    the count of its revision.
    """

    def __init__(
        self, state: State, figures: dict[str, LotFigures], registry: Registry, time: int,
        revise: Callable[[Prepared], Revision] | None = None, version: int = 0,
    ) -> None:
        self.rows = RowBuffer()
        self.sequenced: list[tuple[int, Prepared]] = []
        self.leaf_hashes: list[bytes] = []
        self.balances: dict[int, Decimal] = {}
        """What is left of lots that were there before, by number."""
        self.time = time
        self._state = state
        state.time = time
        self._figures = figures
        self._registry = registry
        self._revise = revise
        self._version = version
        self._created: dict[int, LotFacts] = {}

    def run(self, items: Sequence[Item]) -> list[Verdict]:
        """One verdict an item, in order; a refused record leaves no trace and harms no neighbour."""
        verdicts: list[Verdict] = []
        for item in items:
            try:
                verdicts.append(self._one(item))
            except LedgerError as error:
                verdicts.append(error.settled())
        return verdicts

    def may_ask(self, items: Sequence[Item]) -> bool:
        """Whether a sector may have to be asked again for one of them, which takes as long as it takes."""
        return any(isinstance(item.submission.record, Activation) for item in items) or any(
            isinstance(item.submission.record, Transformation) and not self._settled(item) for item in items
        )

    def _settled(self, item: Item) -> bool:
        found = item.prepared
        return found is not None and not item.needs and not pooled(found) and self._in_force(found)

    def finish(self) -> None:
        """To be called once, after the last item: the balances of the new lots are what later items left of them."""
        for lot in self._created.values():
            self.rows.add_balance(lot, self._state.remaining[lot.id])

    def _one(self, item: Item) -> Verdict:
        submission, state = item.submission, self._state
        if submission.digest in state.digests:
            self._check_repost(submission)
            return LoadedRecord(submission.digest)
        prepared = self._prepared(item)
        admit(submission.record, submission.keyid, prepared.plan, state)
        if isinstance(submission.record, REVISING):
            return self._revised(prepared)
        return self._append(prepared, account(prepared, self._figures))

    def _revised(self, prepared: Prepared) -> Verdict:
        if self._revise is None:
            raise TypeError("a batch of plain records has none that revises others")
        revision = self._revise(prepared)
        outcome = with_revisions(
            account(prepared, self._figures), [(one.index, one.digest, one.root) for one in revision.revised]
        )
        self.rows.add_revision(self._version, self._state.size)
        return self._append(prepared, outcome)

    def _check_repost(self, submission: Submission) -> None:
        """A key of the issuer's, even one revoked since, may ask for the receipt again."""
        key = self._state.keys.get(submission.keyid)
        if key is None or key.organization != submission.record.issuer:
            raise Refused(
                "the record is on the log, signed by another key", code="wrong-issuer", field="key",
                value=submission.keyid.hex(), rule="a key of the record's issuer",
            )

    def _prepared(self, item: Item) -> Prepared:
        """The preparation if what it rests on still holds, else a new one over the state of now."""
        state, found = self._state, item.prepared
        if found is None or not item.needs <= state.digests or not self._in_force(found) or not self._named(found):
            return prepare(item.submission, state, self._registry, state.plugins)
        if not item.needs:
            return found
        # Lots of the same request were prepared without their numbers.
        taken = tuple([one._replace(lot=state.lots[one.lot.id]) for one in found.plan.taken])
        return found._replace(plan=found.plan._replace(taken=taken))

    def _named(self, prepared: Prepared) -> bool:
        """Whether the flows still name the lots that were found: of a pool, the newest generation counts."""
        record = prepared.submission.record
        for name, taken in zip(flows_named(record), prepared.plan.taken, strict=False):
            if name != taken.lot.id:
                found = self._state.lot_named(name, record.issuer)
                if found is None or found.id != taken.lot.id:
                    return False
        return not isinstance(record, Addition)

    def _in_force(self, prepared: Prepared) -> bool:
        """Whether it was prepared by the ledger's rules and the plugin version that are in force now."""
        record = prepared.submission.record
        if prepared.rules != self._state.rules.version().name:
            return False
        if not isinstance(record, Transformation):
            return True
        return prepared.plugin == self._state.plugins.get(record.process.partition(".")[0])

    def _append(self, prepared: Prepared, outcome: Outcome) -> Sequenced:
        submission, state, index = prepared.submission, self._state, self._state.size
        record, plan = submission.record, prepared.plan
        entry = Entry(
            record.kind, submission.digest, submission.keyid, submission.signature, outcome.root, self.time
        ).to_bytes()
        leaf = leaf_hash(entry)
        before = before_entering(record, state)
        lots = apply(state, record, submission.digest, plan)
        rows = self.rows
        rows.add_entry(index, entry, leaf)
        rows.add_record(
            index, submission.digest, record, submission.body, outcome.seed,
            outcome.leaves[0] if outcome.leaves else None,
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
        return Sequenced(index, submission.digest, entry, outcome.leaves)


def pooled(prepared: Prepared) -> bool:
    """Whether a record's flows name a pool, whose newest generation only the lock knows."""
    record = prepared.submission.record
    if isinstance(record, Addition):
        return True
    return any(
        name != taken.lot.id for name, taken in zip(flows_named(record), prepared.plan.taken, strict=False)
    )
