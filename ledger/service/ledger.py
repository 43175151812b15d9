"""An open ledger: all parts that a server or a command needs, opened and closed together."""

import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from ledger.client.trust import trust_only
from ledger.core.log.policy import NONE, Policy
from ledger.engine.sectors import Registry
from ledger.errors import Unavailable
from ledger.host.clock import AHEAD, GAP, LEAD, HostClock, Timekeeper, host_clock
from ledger.registry.assessing import Assessor, Inside
from ledger.registry.workers.supervised import Workers
from ledger.service.access.gate import Gate
from ledger.service.access_log.access_log import AccessLog
from ledger.service.access_log.closing import DayCloser
from ledger.service.backup.mark import is_restored, settled
from ledger.service.erasure.erase import Eraser
from ledger.service.heads.heads import Heads, heads_of
from ledger.service.heads.looking import Looking
from ledger.service.heads.publication import Publication
from ledger.service.identity.issuing import TokenService
from ledger.service.identity.token_keys import TokenKeys
from ledger.service.log_handle import LogHandle
from ledger.service.observation.recorder import Recorder
from ledger.service.plugin_archives import look_up_in, store_archives
from ledger.service.posting.checking.check import RecordChecker
from ledger.service.posting.log_writer import LogWriter
from ledger.service.posting.prefetch import FactPrefetcher
from ledger.service.posting.quotas import Quotas
from ledger.service.posting.receipts import ReceiptReader
from ledger.service.posting.revision.budget import RevisionBudget
from ledger.service.posting.revision.reviser import Reviser
from ledger.service.posting.sequencer import Sequencer
from ledger.service.posting.submit import Submitter
from ledger.service.queries.resemblances import Resemblances
from ledger.service.queries.versions import AssessedVersions
from ledger.service.settings import EVERYBODY, MIN_WORKERS, Settings
from ledger.service.setup import (
    Identity,
    SetupEntries,
    bootstrap,
    enter_policy,
    establish,
    has_registrar,
    identity_of,
    registrar_id,
    require_whole,
)
from ledger.service.witnesses.activated_policy import WITNESSES, check_start, read_activated, read_shown, wanted
from ledger.service.witnesses.own_policy import ACCEPTED, NOBODY, AskedWitnesses, asked_witnesses, remember_policy
from ledger.service.witnesses.policy_file import read_policy
from ledger.service.witnesses.publisher import Publisher, Renewal
from ledger.service.witnesses.settling import Settling
from ledger.store.anchor import fields_of, open_anchor
from ledger.store.database import DatabasePool, open_pool
from ledger.store.facts import FactLoader, KeyLoader
from ledger.store.hosting import Hosted, hosted
from ledger.store.outage import Outage
from ledger.store.sql import queries

_log = logging.getLogger(__name__)


def silent(_: str) -> None:
    """Ignores progress messages."""


class MeasuredParts(NamedTuple):
    """The parts that a server's metrics need besides. `pool`: the sessions that read for posts."""

    recorder: Recorder
    assessor: Assessor
    reviser: Reviser
    pool: DatabasePool


@dataclass(frozen=True)
class Ledger:
    """`pool` serves queries. The parts that append records have sessions of their own, so that no query keeps them
    waiting. Only the sequencer and the reviser append."""

    settings: Settings
    identity: Identity
    registry: Registry
    pool: DatabasePool
    sequencer: Sequencer
    submitter: Submitter
    receipts: ReceiptReader
    heads: Heads
    publication: Publication
    resemblances: Resemblances
    assessed: AssessedVersions
    keeper: Timekeeper
    gate: Gate
    accesses: AccessLog
    tokens: TokenService
    parts: MeasuredParts

    def end(self) -> None:
        """Begins the end of this process. A computing revision would take longer than an end may: it is aborted, with
        nothing written. The other posted records are answered."""
        self.parts.reviser.stop()


@asynccontextmanager
async def open_ledger(
    settings: Settings, *, progress: Callable[[str], None] = silent, registry: Registry | None = None,
    clock: HostClock | None = None,
) -> AsyncIterator[Ledger]:
    """Opens the ledger of these settings, and sets it up on the first run. `clock` replaces the host's clock. Raises
    ConfigurationError or Unavailable.

    The installed sectors run in worker processes. The sectors of a given `registry` run in this process.
    """
    require_whole(settings)
    if settings.ca is not None:
        trust_only(settings.ca)
    async with AsyncExitStack() as stack:
        # The workers come first, so that they start while the database starts.
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
    clock: HostClock | None,
) -> AsyncIterator[Ledger]:
    await assessor.load()
    registry = assessor.registry
    keyring = await establish(settings, database)
    identity = identity_of(keyring)
    pool, loader = await open_pool(database.app_url), FactLoader()
    try:
        await assessor.archived(look_up_in(pool))
        heads = heads_of(settings, keyring, pool)
        policy = None if settings.policy is None else read_policy(settings.policy, keyring.keys)
        asked = await _asked(settings, pool, policy)
        async with pool.acquire() as connection:
            await heads.start(connection, asked, restored=is_restored(settings.home))
        publication = Publication(pool, heads, policy)
        await publication.start(registrar=has_registrar(settings))
        receipts = ReceiptReader(pool, publication)
        keeper = await _timekeeper(settings, pool, publication, clock)
        log, recorder = LogHandle(database.app_url, heads, loader, keeper, pool.outage), Recorder()
        async with (
            Sequencer(log, assessor, recorder) as sequencer,
            _publishing(log, pool, publication, settings.renew_seconds),
            Eraser(database.app_url) as eraser,
            AccessLog(database.app_url, keeper) as accesses,
            DayCloser(database.app_url, heads, keeper, settings.access_log_days),
            _sessions(database.app_url, pool.outage) as query_pool,
        ):
            publication.tell(eraser.published)
            reviser = Reviser(log, registry, RevisionBudget(settings.revised_per_day), recorder)
            writer = LogWriter(sequencer, reviser, eraser.wake, RecordChecker(
                log, assessor, reviser.foreseer, is_open=settings.access == EVERYBODY))
            submitter = Submitter(
                FactPrefetcher(pool, loader, KeyLoader()), assessor, writer,
                receipts, Quotas(pool, settings.limits, registrar_id(identity.origin), keeper), recorder,
            )

            async def begin() -> None:
                if heads.signing:
                    settled(settings.home)
                    await publication.start(registrar=has_registrar(settings))
                    entering = SetupEntries(settings, identity, pool, submitter, progress)
                    await store_archives(pool, database.app_url, registry, progress)
                    await _bootstrapped(entering, registry, heads, policy)

            looking = Looking(pool, heads, partial(_would_ask_others, settings, pool, heads, asked))
            async with Settling(pool, heads, asked.policy, begin, publication.answers), looking:
                await assessor.ready()
                try:
                    yield Ledger(settings, identity, registry, query_pool, sequencer, submitter, receipts, heads,
                                 publication, Resemblances(query_pool), AssessedVersions(query_pool, registry), keeper,
                                 Gate(query_pool, is_open=settings.access == EVERYBODY), accesses,
                                 _tokens(pool, heads),
                                 MeasuredParts(recorder, assessor, reviser, pool))
                finally:
                    reviser.stop()
                    submitter.close()
    finally:
        await pool.close()


async def _asked(settings: Settings, pool: DatabasePool, policy: Policy | None) -> AskedWitnesses:
    anchor = open_anchor(settings.anchor_at)
    if anchor.remote:
        return NOBODY
    try:
        note = anchor.read()
    except Unavailable:
        note = None  # `Heads.start` raises it too
    return asked_witnesses(policy, await read_activated(pool), {} if note is None else fields_of(note), settings.home)


async def _would_ask_others(settings: Settings, pool: DatabasePool, heads: Heads, asked: AskedWitnesses) -> bool:
    """Whether a start would ask other witnesses now. Raises ConfigurationError if it would fail."""
    policy = None if settings.policy is None else read_policy(settings.policy, heads.keyring.keys)
    note = open_anchor(settings.anchor_at).read()
    async with pool.acquire() as connection:
        check_start(policy, await read_activated(connection), {} if note is None else fields_of(note),
                    await read_shown(connection), registrar=has_registrar(settings))
    return asked.differs(await _asked(settings, pool, policy))


def _tokens(pool: DatabasePool, heads: Heads) -> TokenService:
    return TokenService(pool, TokenKeys(pool, heads.keyring, time.time), heads.origin, time.time)


async def _timekeeper(
    settings: Settings, pool: DatabasePool, publication: Publication, clock: HostClock | None
) -> Timekeeper:
    """Starts from the times that the log states, and from the database's clock if the database is on another host."""
    keeper = Timekeeper(clock or host_clock(), settings.home)
    sql = queries("log")
    newest = await pool.fetchval(sql["time"]) or 0
    others = await pool.fetchval(sql["clock"]) if clock is None and settings.database_url is not None else None
    past = await publication.past()
    if past is None:
        keeper.begin(newest, GAP, others)
    else:
        keeper.begin(past * 1000, int(settings.renew_seconds * 1000) + LEAD, others)
    keeper.remember()
    return keeper


async def _bootstrapped(entering: SetupEntries, registry: Registry, heads: Heads, policy: Policy | None) -> None:
    """Makes the first entries. If the host's clock is ahead, they are left to a later start, so that the ledger can at
    least be read."""
    try:
        await bootstrap(entering, registry)
        if policy is not None:
            await enter_policy(entering, policy)
    except Unavailable as error:
        if error.code != AHEAD:
            raise
        _log.warning("nothing is entered at this start: %s", error.message)
    if policy is not None:
        await heads.mark({WITNESSES: wanted(policy) or NONE})
        if (await read_activated(entering.pool)).agrees(policy):
            await heads.mark({ACCEPTED: None})
            remember_policy(entering.settings.home, policy)


@asynccontextmanager
async def _sessions(url: str, outage: Outage) -> AsyncIterator[DatabasePool]:
    pool = await open_pool(url, outage=outage)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def _publishing(
    log: LogHandle, pool: DatabasePool, publication: Publication, renew_seconds: float
) -> AsyncIterator[None]:
    """While this is open, heads are shown to the witnesses of the log, if it has a policy."""
    if publication.policy is None:
        yield
        return
    async with Publisher(log, pool, publication, publication.policy, Renewal(renew_seconds)):
        yield
