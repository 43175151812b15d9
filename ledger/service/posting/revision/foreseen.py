"""Computes revisions that are only checked. Nothing is written, and no lock of the database is taken.

A check with amendments or closings waits for its turn before it opens a session. So checks that wait hold no session
and no snapshot of the database, and one check at a time computes revisions.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple, TypeVar

import asyncpg

from ledger.engine.prepared import Submission
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.service.log_handle import LogHandle
from ledger.service.posting.revision.budget import RevisionBudget
from ledger.service.posting.revision.offload import beat
from ledger.service.posting.revision.running import Most, RevisionTasks
from ledger.service.posting.revision.transaction import RevisionRequest, RevisionTransaction
from ledger.service.posting.turns import FairLock
from ledger.store.batches import Snapshot
from ledger.store.revisions import revising

MOST_CHECKS: Final = 16
MOST_CHECKS_OF_ISSUER: Final = 4
"""Checks are counted apart from revisions, so that no number of checks keeps an amendment out."""
Value = TypeVar("Value")


class ForeseenRevision(NamedTuple):
    """A revision that was only computed. `error`: why it would be refused, unless its own record is."""

    attempt: RevisionTransaction
    error: LedgerError | None


class CheckTurn:
    """The turn of a check among the revisions of the process. The check gives it back after each revision, so that
    posted revisions wait for one revision of a check at most, and takes it anew for the next."""

    def __init__(self, turns: FairLock, patience: float) -> None:
        self._turns = turns
        self._patience = patience
        self._held = False

    async def take(self, issuer: str) -> None:
        """Waits without a session. Raises Unavailable if the wait is too long."""
        await acquired(self._turns, issuer, self._patience)
        self._held = True

    async def take_with(self, issuer: str, connection: asyncpg.Connection) -> None:
        """Waits, and keeps the session meanwhile. Raises Unavailable if the wait is too long."""
        if self._held:
            return
        acquiring = asyncio.create_task(self._turns.acquire(issuer))
        try:
            async with asyncio.timeout(self._patience):
                await beat(connection, acquiring)
        except BaseException as error:
            if not acquiring.done():
                acquiring.cancel()
            elif not acquiring.cancelled():
                self._turns.release()
            if isinstance(error, TimeoutError):
                raise revising() from None
            raise
        self._held = True

    def give_back(self) -> None:
        if self._held:
            self._held = False
            self._turns.release()


class Foreseer:
    """A process has one. `turns`: of the revisions of the process."""

    def __init__(
        self, log: LogHandle, registry: Registry, budget: RevisionBudget, turns: FairLock, patience: float
    ) -> None:
        self._origin = log.origin
        self._loader = log.loader
        self._keeper = log.keeper
        self._registry = registry
        self._budget = budget
        self._checks = budget.apart()
        self._turns = turns
        self._patience = patience
        self._line = FairLock()
        """The turns of the checks among themselves."""
        self._running = RevisionTasks(
            "checks of amendments and closings", "nothing was checked: check the records again")

    def stop(self) -> None:
        """Aborts the checks with ShuttingDown."""
        self._running.stop()

    def turn(self) -> CheckTurn:
        """A turn that is not taken yet."""
        return CheckTurn(self._turns, self._patience)

    async def in_turn(self, organization: str, check: Callable[[CheckTurn], Coroutine[Any, Any, Value]]) -> Value:
        """The result of a check that foresees revisions. It begins when it is the turn of its organisation. Raises
        Unavailable."""
        return await self._running.run(
            organization, lambda: self._in_turn(organization, check), Most(MOST_CHECKS, MOST_CHECKS_OF_ISSUER))

    async def _in_turn(self, organization: str, check: Callable[[CheckTurn], Coroutine[Any, Any, Value]]) -> Value:
        await acquired(self._line, organization, self._patience)
        turn = self.turn()
        try:
            await turn.take(organization)
            return await check(turn)
        finally:
            turn.give_back()
            self._line.release()

    async def foresee(
        self, submission: Submission, connection: asyncpg.Connection, head: Snapshot, turn: CheckTurn
    ) -> ForeseenRevision:
        """The revision that posting the record would make, over a snapshot of the database on this session. Raises
        Unavailable."""
        issuer, now, wanted = submission.record.issuer, self._keeper(), 0

        def allow(records: int) -> None:
            nonlocal wanted
            for budget in (self._budget, self._checks):
                budget.check(issuer, records, now)
            wanted = records

        await turn.take_with(issuer, connection)
        try:
            await self._budget.read(connection, now)
            request = RevisionRequest(submission, head.revisions + 1, allow, now, dry=True)
            attempt = RevisionTransaction(connection, self._loader, self._registry, self._origin, request)
            try:
                await attempt.prepare(head.size)
            except LedgerError as error:
                return ForeseenRevision(attempt, error.settled())
            return ForeseenRevision(attempt, None)
        finally:
            self._checks.charge(issuer, wanted, now)
            turn.give_back()


async def acquired(lock: FairLock, organization: str, patience: float) -> None:
    """Returns when the organisation has the lock. Raises Unavailable if that takes longer than `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            await lock.acquire(organization)
    except TimeoutError:
        raise revising() from None
