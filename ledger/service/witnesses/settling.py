"""Before a process signs, its database has to hold the heads of this log that a quorum of witnesses was shown.

A copy of the whole disk brings back an older anchor file together with an older database, and a home restored from a
backup has no anchor. Witnesses are elsewhere. Each is asked for the checkpoint that it cosigned last, or is shown one
that was signed before, to which it answers with its size. Once all were asked, the answers are enough if the witnesses
without an answer cannot form a quorum: then a witness that has answered has cosigned every head that this policy
published. Answers from a quorum are enough too, so that no single witness can hold up the log. All are asked first,
since the database may have lost a change of the policy, after which one of them alone cosigned.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from ledger.core.log.add_checkpoint import AddCheckpoint
from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.log.note import parse_note
from ledger.core.log.policy import Policy
from ledger.errors import LedgerError
from ledger.service.heads.heads import Heads
from ledger.service.witnesses.contradictions import Contradictions
from ledger.service.witnesses.witness_client import Conflict, Differs, LastAnswers, WitnessClient, WitnessCosignature
from ledger.store.database import DatabasePool
from ledger.store.outage import severity
from ledger.store.sql import queries

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 5.0
_ASK_SECONDS = 5.0
"""How long a witness that does not answer may delay a start."""
_log = logging.getLogger(__name__)


class Settling:
    """While this is open, it asks the witnesses if `heads` waits for them. Then it awaits `begin`: once the answers are
    enough, or at once if no witness has to be asked."""

    def __init__(
        self, pool: DatabasePool, heads: Heads, policy: Policy | None, begin: Callable[[], Awaitable[None]],
        answers: LastAnswers,
    ) -> None:
        self._pool = pool
        self._heads = heads
        self._policy = policy
        self._answers = answers
        self._begin = begin
        self._task: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()

    async def __aenter__(self) -> "Settling":
        """Returns when the answers are enough, or once all witnesses were asked: then it goes on in a task."""
        if self._policy is None or not self._heads.waiting:
            await self._begin()
            return self
        self._task = asyncio.create_task(self._settled(self._policy), name="settling")
        all_asked = asyncio.create_task(self._asked.wait())
        await asyncio.wait({self._task, all_asked}, return_when=asyncio.FIRST_COMPLETED)
        all_asked.cancel()
        if self._task.done():
            await self._task
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _settled(self, policy: Policy) -> None:
        clients = [WitnessClient(one, _ASK_SECONDS, answers=self._answers) for one in policy.witnesses
                   if one.url is not None]
        try:
            answered = await self._cosigned_sizes(policy, clients)
        finally:
            await asyncio.gather(*[client.close() for client in clients])
        if not self._heads.waiting:
            return
        async with self._pool.acquire() as connection:
            await self._heads.settle(connection)
        _log.info("the database holds the heads that the witnesses have cosigned: %s", answered)
        try:
            await self._begin()
        except LedgerError as error:
            _log.error("signing has begun, but setting up has failed: %s", error)
            # At a late answer nobody awaits this task. A start that fails says why.
            self._heads.again.set()
            raise

    async def _cosigned_sizes(self, policy: Policy, clients: list[WitnessClient]) -> dict[str, int]:
        """The sizes that witnesses have cosigned; the database holds all of them. Returns when they are enough, or
        signing has stopped."""
        answered: dict[str, int] = {}
        waiting = {client.name for client in clients}
        changed = asyncio.Event()
        contradictions = Contradictions(self._pool, self._heads, policy, changed.set)

        async def ask(client: WitnessClient) -> None:
            delay = _FIRST_DELAY
            while self._heads.waiting and client.name not in answered:
                try:
                    size = await self._size(client, contradictions)
                except LedgerError as error:
                    # The database is away; or it has lost entries, and signing has stopped.
                    _log.log(severity(error), "asking witness %s: %s", client.name, error)
                    size = None
                if size is not None:
                    answered[client.name] = size
                waiting.discard(client.name)
                changed.set()
                await asyncio.sleep(0 if size is not None else delay)
                delay = min(delay * 2, _LONGEST_DELAY)

        tasks = [asyncio.create_task(ask(client), name=f"asking {client.name}") for client in clients]
        try:
            while self._heads.waiting and not _enough(policy, answered, [client.name for client in clients], waiting):
                await changed.wait()
                changed.clear()
                if not waiting and not policy.satisfied(answered):
                    self._asked.set()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return answered

    async def _size(self, client: WitnessClient, contradictions: Contradictions) -> int | None:
        """The size that a witness cosigned last, if the database holds it; else None. Raises Unavailable, and stops
        signing, if the answer proves that the database has lost entries."""
        shown = await client.shown(self._heads.keyring.keys)
        if shown is not None:
            await contradictions.compare(shown, client.name)
            return shown.size
        signed = self._heads.signed or await self._published()
        if signed is None:
            return None
        note = self._heads.sign_again(signed)
        match await client.add_checkpoint(AddCheckpoint(signed.size, (), note)):
            case WitnessCosignature():
                return signed.size
            case Conflict(size):
                return size if await self._holds(client, size, contradictions) else None
            case Differs():
                await contradictions.heed(client, None)
        return None

    async def _holds(self, client: WitnessClient, size: int, contradictions: Contradictions) -> bool:
        """Whether the database holds `size` entries. Without an anchor, a witness that has seen nothing does not
        count."""
        async with self._pool.acquire() as connection:
            head = await self._heads.examine(connection)
        if head.size:
            # Any claimed size exceeds an empty log. That stops an empty log only with the log's own signature.
            await contradictions.heed(client, size)
        return size <= head.size and (size > 0 or self._heads.signed is not None)

    async def _published(self) -> Checkpoint | None:
        row = await self._pool.fetchrow(queries("publication")["newest"])
        return None if row is None else parse_checkpoint(parse_note(row["note"]).text)


def _enough(policy: Policy, answered: Collection[str], witnesses: Collection[str], waiting: Collection[str]) -> bool:
    """Whether all were asked, and the witnesses without an answer cannot form a quorum, or those with an answer form
    one."""
    rest = [name for name in witnesses if name not in answered]
    return not waiting and (not policy.satisfied(rest) or policy.satisfied(answered))
