"""Reading what requests name, ahead of the lock. Small requests that come at the same time are read for together.

Facts never change, so it does one request no harm to know another's. What changes is read anew each time: a server that
remembered it would prepare in vain after each activation or revision, its own or another server's, and prepare again
under the lock, where everyone waits.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.names import Names
from ledger.errors import LedgerError, Unavailable
from ledger.footprint.stored.figures import LotFigures
from ledger.store.database import DatabasePool
from ledger.store.facts import EnrolledKey, FactLoader, InForce, KeyLoader

_MOST: Final = 100


class PrefetchedFacts(NamedTuple):
    """`figures` by lot id, `keys` by keyid; not to be changed, since others may hold the same. `now` is of before they
    were read: where a revision came in between, the lock finds that they may be outdated."""

    facts: Facts
    figures: dict[str, LotFigures]
    keys: dict[bytes, EnrolledKey]
    now: InForce


class _Waiting(NamedTuple):
    names: Names
    keyids: frozenset[bytes]
    found: "asyncio.Future[PrefetchedFacts]"


class FactPrefetcher:
    """One for a process."""

    def __init__(self, pool: DatabasePool, loader: FactLoader, keys: KeyLoader) -> None:
        self._pool = pool
        self._loader = loader
        self._keys = keys
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def read(self, names: Names, keyids: Iterable[bytes]) -> PrefetchedFacts:
        """For one request. Raises Unavailable, and InvalidInput for a name that no row can hold."""
        facts, figures, keys = Facts(), dict[str, LotFigures](), dict[bytes, EnrolledKey]()
        async with self._pool.acquire() as connection:
            now = await self._loader.in_force(connection)
            await self._loader.load(connection, names, facts, figures)
            await self._keys.load(connection, keyids, keys)
        return PrefetchedFacts(facts, figures, keys, now)

    async def read_together(self, names: Names, keyids: Iterable[bytes]) -> PrefetchedFacts:
        """The same, with whatever else comes while an earlier reading is under way."""
        waiting = _Waiting(names, frozenset(keyids), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="reader")
        return await waiting.found

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._read_group([one for one in group if not one.found.done()])
        finally:
            self._task = None

    async def _read_group(self, group: Sequence[_Waiting]) -> None:
        names = Names()
        for one in group:
            names.merge(one.names)
        try:
            found = await self.read(names, {keyid for one in group for keyid in one.keyids})
        except LedgerError as error:
            if isinstance(error, Unavailable) or len(group) == 1:
                _fail(group, error)
                return
            # One of them names what no row can hold; the others shall not hear of it.
            for one in group:
                await self._read_group([one])
        except BaseException as error:
            _fail(group, error)
            raise
        else:
            for one in group:
                if not one.found.done():
                    one.found.set_result(found)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for one in group:
        if not one.found.done():
            one.found.set_exception(error)
