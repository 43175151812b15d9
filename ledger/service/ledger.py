"""One open ledger: everything that a server or a command works with, opened and closed together."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ledger.registry.assessing import Assessor, Inside
from ledger.registry.installed import Registry
from ledger.registry.workers.supervised import Workers
from ledger.service.backup.mark import is_restored, settled
from ledger.service.erasing import Eraser
from ledger.service.heads import Heads, heads_of
from ledger.service.publication import Publication
from ledger.service.quotas import Quotas
from ledger.service.receipts import ReceiptReader
from ledger.service.resemblances import Resemblances
from ledger.service.revising.reviser import Reviser
from ledger.service.sequencing.sequencer import Sequencer
from ledger.service.settings import MIN_WORKERS, Settings
from ledger.service.setup import Identity, bootstrap, establish, identity_of, registrar_id, require_whole
from ledger.service.submission import Submitter
from ledger.service.witnessing.policies import read_policy
from ledger.service.witnessing.publisher import Publisher
from ledger.service.witnessing.settling import Settling
from ledger.store.database import Pool, open_pool
from ledger.store.facts import FactLoader, KeyLoader
from ledger.store.hosting import Hosted, hosted


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def silent(_: str) -> None:
    """Progress that nobody wants to see."""


@dataclass(frozen=True)
class Ledger:
    """`pool` reads for questions. What takes records has sessions of its own, so that no question keeps it waiting;
    only the sequencer writes."""

    settings: Settings
    identity: Identity
    registry: Registry
    pool: Pool
    sequencer: Sequencer
    submitter: Submitter
    receipts: ReceiptReader
    heads: Heads
    publication: Publication
    resemblances: Resemblances


@asynccontextmanager
async def open_ledger(
    settings: Settings, *, progress: Callable[[str], None] = silent, registry: Registry | None = None,
    clock: Callable[[], int] = now,
) -> AsyncIterator[Ledger]:
    """Opens the ledger of these settings, doing what a first run needs. `clock` gives ms since 1970. Raises
    ConfigurationError or Unavailable.

    The installed sectors run in worker processes; those of a `registry` that is given, in this one.
    """
    require_whole(settings)
    async with AsyncExitStack() as stack:
        # Before the database, so that both start at the same time.
        assessor = await stack.enter_async_context(_workers(settings)) if registry is None else Inside(registry)
        database = await stack.enter_async_context(
            hosted(settings.home, settings.database_url, on_progress=progress)
        )
        yield await stack.enter_async_context(_opened(settings, database, assessor, progress, clock))


def _workers(settings: Settings) -> Workers:
    own = max(MIN_WORKERS, (os.cpu_count() or 1) // settings.processes)
    return Workers(settings.workers or own, settings.assess_seconds)


@asynccontextmanager
async def _opened(
    settings: Settings, database: Hosted, assessor: Assessor, progress: Callable[[str], None],
    clock: Callable[[], int],
) -> AsyncIterator[Ledger]:
    await assessor.load()
    registry = assessor.registry
    keyring = await establish(settings, database)
    identity = identity_of(keyring)
    pool = await open_pool(database.app_url)
    loader = FactLoader()
    try:
        heads = heads_of(settings, keyring, pool)
        policy = None if settings.policy is None else read_policy(settings.policy, keyring.keys)
        async with pool.acquire() as connection:
            await heads.start(connection, restored=is_restored(settings.home),
                              witnessed=policy is not None and policy.quorum is not None)
        publication = Publication(pool, heads, policy)
        await publication.start()
        receipts = ReceiptReader(pool, publication)
        async with (
            Sequencer(database.app_url, identity.origin, heads, assessor, loader, clock) as sequencer,
            _publishing(database.app_url, pool, heads, publication, settings.renew_seconds),
            Eraser(database.app_url) as eraser,
            _sessions(database.app_url) as questions,
        ):
            publication.tell(eraser.published)
            reviser = Reviser(database.app_url, identity.origin, heads, registry, loader, clock)
            submitter = Submitter(
                pool, loader, KeyLoader(), assessor, sequencer, identity.origin, receipts, reviser, publication,
                Quotas(pool, settings.limits, registrar_id(identity.origin), clock), eraser.wake,
            )

            async def begin() -> None:
                if heads.signing:
                    settled(settings.home)
                    await publication.start()
                    await bootstrap(settings, identity, pool, registry, submitter, progress)

            async with Settling(pool, heads, policy, begin):
                await assessor.ready()
                try:
                    yield Ledger(settings, identity, registry, questions, sequencer, submitter, receipts, heads,
                                 publication, Resemblances(questions))
                finally:
                    submitter.close()
    finally:
        await pool.close()


@asynccontextmanager
async def _sessions(url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(url)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def _publishing(
    url: str, pool: Pool, heads: Heads, publication: Publication, renew_seconds: float
) -> AsyncIterator[None]:
    """While this is open, heads are shown to the witnesses of the log, where it has a policy."""
    if publication.policy is None:
        yield
        return
    async with Publisher(url, pool, heads, publication, publication.policy, renew_seconds):
        yield
