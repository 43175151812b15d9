"""Checks the records of a request: runs them over a state that is read in a read-only transaction, and drops it.

This is everything but the append: the same preparation ahead of the lock, the same batch, the same revisions. It takes
no lock of the database and writes nothing, so it works beside writers and on every server.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from ledger.admission.state import State, type_of
from ledger.answers.checked import CheckedRecord
from ledger.engine.batch import Batch, Item, LoadedRecord
from ledger.engine.prepared import REVISING, Prepared
from ledger.engine.revision.recompute import Revision
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.registry.assessing import Assessor
from ledger.service.log_handle import LogHandle
from ledger.service.posting.checking.present import checked, on_ledger, restatement_of
from ledger.service.posting.checking.touched import Touched
from ledger.service.posting.loaded import LoadedRequests, load_requests
from ledger.service.posting.pending import PendingRequest
from ledger.service.posting.revision.foreseen import CheckTurn, ForeseenRevision, Foreseer
from ledger.service.posting.revision.offload import aside
from ledger.store.batches import read_snapshot

CheckResult = CheckedRecord | LedgerError
"""The effect of a record, or the reason why the ledger would refuse it."""
MOST_SESSIONS: Final = 4
"""The most database sessions of checks in a process: one is for checks that foresee revisions, which run one at a time.
Further checks wait, without a session."""
_DEPENDS: Final = ("earlier records of the request change the records that it restates, and a check restates only "
                   "records on the ledger: post those first, then check it again")
_FOLLOWS: Final = "an earlier amendment or closing of the request, whose effect is undecided, may change its figures"


class RecordChecker:
    """A process has one."""

    def __init__(self, log: LogHandle, assessor: Assessor, foreseer: Foreseer, *, is_open: bool) -> None:
        self._log = log
        self._open = is_open
        self._assessor = assessor
        self._foreseer = foreseer
        self._sessions = asyncio.Semaphore(MOST_SESSIONS - 1)

    async def check(self, parts: Sequence[PendingRequest]) -> list[list[CheckResult]]:
        """One result for each record of each part of a request, in order. Raises Unavailable."""
        items = [item for part in parts for item in part.items]
        if not items:
            # Everything is refused already, perhaps because nobody signed it: that must not cost a session.
            return [[] for _ in parts]
        if any(_is_revising(item) for item in items):
            return await self._foreseer.in_turn(parts[-1].organization, lambda turn: self._check(parts, turn))
        async with self._sessions:
            return await self._check(parts, self._foreseer.turn())

    async def _check(self, parts: Sequence[PendingRequest], turn: CheckTurn) -> list[list[CheckResult]]:
        async with read_snapshot(self._log.url) as (connection, head):
            loaded = await load_requests(
                connection, self._log.loader, parts, State(self._log.origin, head.size), head.revisions)
            check = _Check(loaded, max(self._log.keeper(), head.time), is_open=self._open)
            results: list[list[CheckResult]] = []
            for items in loaded.items:
                check.begin(self._assessor.under_lock())
                part: list[CheckResult] = []
                for revising, run in groupby(items, key=_is_revising):
                    if not revising:
                        part += await aside(connection, check.run, list(run))
                        continue
                    for item in run:
                        foreseen = None if check.is_loaded(item) else await self._foreseer.foresee(
                            item.submission, connection, head, turn)
                        part.append(await aside(connection, check.revise, item, foreseen))
                results.append(part)
            return results


def _is_revising(item: Item) -> bool:
    return isinstance(item.submission.record, REVISING)


class _Check:
    """The records of one request, over a state that nobody else sees. Each part has to begin before its records run."""

    _batch: Batch

    def __init__(self, loaded: LoadedRequests, time: int, *, is_open: bool) -> None:
        self._state, self._figures = loaded.state, loaded.figures
        self._time, self._open = time, is_open
        self._revision: Revision | LedgerError | None = None
        self._touched = Touched()
        self._undecided = False
        """Whether the effect of an earlier record is not foreseen."""

    def begin(self, registry: Registry) -> None:
        """Begins a part of the request: like a posted one it is a batch, whose assessments share a time limit."""
        self._batch = Batch(self._state, self._figures, registry, self._time, self._foreseen)

    def is_loaded(self, item: Item) -> bool:
        """Whether the record is on the ledger, or comes earlier in the request."""
        return item.submission.digest in self._state.digests

    def run(self, items: Sequence[Item]) -> list[CheckResult]:
        """The results of records that revise no others."""
        return [self._one(item) for item in items]

    def revise(self, item: Item, foreseen: ForeseenRevision | None) -> CheckResult:
        """The result of a record that revises others; `foreseen` is None if it is on the ledger already."""
        if foreseen is None:
            return self._one(item)
        attempt, error = foreseen
        concerned = self._touched.concerns(foreseen)
        self._revision = error or attempt.revision
        result = self._one(item)
        self._undecided = self._undecided or concerned
        if isinstance(result, LedgerError):
            if concerned and error is not None and result.code == error.code:
                submission = item.submission
                return CheckedRecord(
                    digest=submission.digest.hex(), type=type_of(submission.record), undecided=_DEPENDS)
            return result
        self._restate(attempt.revision)
        result = replace(result, restatement=restatement_of(
            attempt, item.submission.record.issuer, is_open=self._open))
        return replace(result, undecided=_DEPENDS) if concerned else result

    def _one(self, item: Item) -> CheckResult:
        (verdict,) = self._batch.run([item])
        if isinstance(verdict, LedgerError):
            return verdict
        if isinstance(verdict, LoadedRecord):
            return on_ledger(item.submission)
        _, prepared = self._batch.sequenced[-1]
        self._touched.add(prepared, self._state.pools)
        result = checked(verdict, prepared, self._state, self._figures)
        return replace(result, undecided=_FOLLOWS) if self._undecided and prepared.plan.taken else result

    def _foreseen(self, _: Prepared) -> Revision:
        if isinstance(self._revision, LedgerError):
            raise self._revision
        if self._revision is None:
            raise TypeError("no revision is foreseen")
        return self._revision

    def _restate(self, revision: Revision) -> None:
        """Lets later records of the request see the lots as the revision leaves them."""
        state = self._state
        self._touched.add_revision(revision)
        for revised in revision.revised:
            for lot, figures in zip(revised.lots, revised.figures, strict=True):
                if lot.id in state.lots:
                    state.lots[lot.id] = lot
                    self._figures[lot.id] = figures
                    if revised.prepared is None:
                        state.withdrawn.add(lot.id)
        state.remaining.update({lot: rest for lot, rest in revision.balances.items() if lot in state.remaining})
