"""A revision that is computed beside the log, as servers do: what the log gains meanwhile is brought in afterwards."""

from collections.abc import Iterator

from ledger.admission.apply import note
from ledger.admission.lots import part_of_mass
from ledger.admission.state import type_of
from ledger.core.outcome.leaves import salt_seed
from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Amendment, Transformation
from ledger.engine.revision.changes import changes_of
from ledger.engine.revision.current_record import Past
from ledger.engine.revision.recompute import Engine, Revision
from ledger.engine.revision.restore import decode, extend
from support.memory import MemoryLedger


class Beside:
    """`aside` and `log` are two ledgers that hold the same. The amendment is computed over `aside`; `revision` is what
    it came to so far, `begun` the size of the tree that it was computed over first."""

    def __init__(self, aside: MemoryLedger, log: MemoryLedger, amendment: Amendment) -> None:
        if aside.root() != log.root():
            raise ValueError("the two ledgers differ from the start")
        self._aside = aside
        self._log = log
        self.begun = self._seen = log.state.size
        self._left = dict(log.state.remaining)
        self._engine = Engine(aside.history, aside.registry)
        self.revision = self._engine.run(changes_of(amendment, aside.history))

    def catch_up(self) -> Revision:
        """Brings in what `log` has gained. Raises Refused where the amendment does not hold any more."""
        state = self._aside.state
        fresh = list(self._gained())
        for lot, left in self._left.items():
            state.remaining[lot] += self._log.state.remaining[lot] - left
        self._seen, self._left = self._log.state.size, dict(self._log.state.remaining)
        state.size = self._seen
        for item, lots in self._log.state.holding.items():
            state.holding[item] = {*state.holding.get(item, ()), *lots}
        for index in fresh:
            self._engine.catch_up(index)
        self.revision = self._engine.run({})
        return self.revision

    def _gained(self) -> Iterator[int]:
        """Indexes of the records that could descend from what has changed, read in as the log holds them: their lots as
        created, and plans over lots as these read in the history."""
        log, history = self._log, self._aside.history
        state = history.state
        for index in range(self._seen, log.state.size):
            record = log.records[index]
            state.size = index
            note(state, record, log.digests[index])
            if index not in log.history.prepared:
                continue
            lots = log.history.made[index]
            for lot in lots:
                state.lots[lot] = log.state.lots[lot]
                state.remaining[lot] = log.state.remaining[lot]
                history.figures[lot] = log.figures[lot]
            rests = {one.lot.number: one.quantity for one in log.history.prepared[index].plan.taken}
            past = Past(index, log.digests[index], type_of(record), canonical.encode(record), log.leaves[index][0],
                        lots, rests, salt_seed(record.nonce), index in log.history.erased)
            provisional = {}
            if isinstance(record, Transformation) and record.basis == "provisional":
                provisional[index] = {(record.start, record.end)}
            extend(history, decode([past]), provisional)
            self._as_taken(index)
            yield index

    def _as_taken(self, index: int) -> None:
        """What was short of a delivery is what was taken of it then, whatever is said to have been sent now."""
        prepared = self._aside.history.prepared[index]
        taken = self._log.history.prepared[index].plan.taken
        if isinstance(prepared.submission.record, Acceptance):
            lots = self._aside.state.lots
            parts = [one._replace(lot=lots[one.lot.id], mass=part_of_mass(lots[one.lot.id], one.quantity))
                     for one in taken]
            self._aside.history.replace(index, prepared._replace(plan=prepared.plan._replace(taken=tuple(parts))))
