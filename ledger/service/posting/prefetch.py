"""Reads the facts that requests name, ahead of the lock. Small requests that come at the same time share one reading.

Facts never change, so a request may see the facts that another one has read. The plugin versions in force and the count
of revisions do change, so they are read anew each time. A server that cached them would, after each activation or
revision on any server, prepare records in vain, and prepare them again under the lock, where every writer waits.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.engine.prepared import Submission
from ledger.errors import LedgerError, Unavailable
from ledger.footprint.stored.figures import LotFigures
from ledger.service.posting.examined import check_examined
from ledger.service.posting.own_names import OwnNames
from ledger.store.database import DatabasePool
from ledger.store.facts import EnrolledKey, FactLoader, InForce, KeyLoader

_MOST: Final = 100
"""Requests that share one reading."""


class PrefetchedFacts(NamedTuple):
    """`figures` are by lot id, `keys` by keyid. Do not change them: other requests may hold the same objects. `now` is
    read before them, so the batch notices under the lock if a revision came in between."""

    facts: Facts
    figures: dict[str, LotFigures]
    keys: dict[bytes, EnrolledKey]
    now: InForce


class _Waiting(NamedTuple):
    names: Names
    keyids: frozenset[bytes]
    done: "asyncio.Future[PrefetchedFacts]"


class FactPrefetcher:
    """A process has one."""

    def __init__(self, pool: DatabasePool, loader: FactLoader, keys: KeyLoader) -> None:
        self._pool = pool
        self.own = OwnNames(pool)
        self._loader = loader
        self._keys = keys
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def read(self, names: Names, keyids: Iterable[bytes]) -> PrefetchedFacts:
        """Reads for one request. Raises Unavailable, and InvalidInput for a name that no row can hold."""
        facts, figures, keys = Facts(), dict[str, LotFigures](), dict[bytes, EnrolledKey]()
        async with self._pool.acquire() as connection:
            now = await self._loader.in_force(connection)
            await self._loader.load(connection, names, facts, figures)
            await self._loader.complete(connection, now.completed, facts)
            await self._keys.load(connection, keyids, keys)
        return PrefetchedFacts(facts, figures, keys, now)

    async def check_examined(
        self, submissions: Sequence[Submission | LedgerError], view: State
    ) -> list[Submission | LedgerError]:
        """Refuses attestations of evidence that the chain of their subject does not name. It reads only for
        auditors who name evidence."""
        return await check_examined(self._pool, submissions, view)

    async def read_together(self, names: Names, keyids: Iterable[bytes]) -> PrefetchedFacts:
        """Does the same in one reading with other requests that come while an earlier reading is under way."""
        waiting = _Waiting(names, frozenset(keyids), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="reader")
        return await waiting.done

    async def _run(self) -> None:
        """Reads for all that wait. After any other error than the ledger's own they get it, or they would wait for
        ever."""
        group: Sequence[_Waiting] = ()
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._read_group([one for one in group if not one.done.done()])
        except BaseException as error:
            _fail([*group, *self._waiting], error)
            self._waiting.clear()
            raise
        finally:
            self._task = None

    async def _read_group(self, group: Sequence[_Waiting]) -> None:
        names = Names()
        for waiting in group:
            names.merge(waiting.names)
        try:
            facts = await self.read(names, {keyid for waiting in group for keyid in waiting.keyids})
        except LedgerError as error:
            if isinstance(error, Unavailable) or len(group) == 1:
                _fail(group, error)
                return
            # One request names something that no row can hold. The other requests must not fail with it.
            for waiting in group:
                await self._read_group([waiting])
        else:
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_result(facts)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)
