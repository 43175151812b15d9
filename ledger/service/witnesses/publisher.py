"""The task that publishes: one server of a database feeds the witnesses, and the other servers hear from it.

The server whose session holds an advisory lock feeds. When the session ends, another server takes over within a second.
A head is public as soon as its row is committed. Servers wake each other with NOTIFY; they also look once a second, in
case a notification is lost. If nothing is added to the log, the witnesses sign the same head anew after a while, since
their signatures state their time. They also sign it anew if a new key of the log has not signed it yet.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import asyncpg

from ledger.core.log.note import parse_note
from ledger.core.log.policy import Policy
from ledger.errors import LedgerError, Unavailable
from ledger.host.background import Background
from ledger.host.clock import LEAD
from ledger.service.heads.publication import Publication, PublishedHead
from ledger.service.log_handle import LogHandle
from ledger.service.witnesses.activated_policy import PUBLISHED as ANCHORED
from ledger.service.witnesses.activated_policy import PolicyActivation, read_activated
from ledger.service.witnesses.contradictions import Contradictions
from ledger.service.witnesses.feeding import Feeder, Round
from ledger.service.witnesses.witness_client import WitnessClient
from ledger.store.batches import connect_writer
from ledger.store.database import LOST, DatabasePool
from ledger.store.outage import severity
from ledger.store.sessions import close_quietly
from ledger.store.sql import queries
from ledger.store.tiles import consistency_path

LOCK: Final = 0x7769746E657373
APPENDED: Final = "carbon_ledger_appended"
PUBLISHED: Final = "carbon_ledger_published"
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_PATIENCE_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Renewal(NamedTuple):
    """The witnesses sign an unchanged head anew after `seconds`. `clock` gives POSIX seconds."""

    seconds: float
    clock: Callable[[], float] = time.time


class Publisher(Background):
    """A process has one if its log has witnesses."""

    name = "publisher"

    def __init__(
        self, log: LogHandle, pool: DatabasePool, publication: Publication, policy: Policy, renewal: Renewal
    ) -> None:
        self._url = log.url
        self._pool = pool
        self._heads = log.heads
        self._publication = publication
        self._policy = policy
        self._renewal = renewal
        self._keeper = log.keeper
        self._renewed = 0.0
        """When the published head was cosigned last."""
        self._warned = False
        self._wake = publication.committed

    async def _run(self) -> None:
        while self._heads.signing or self._heads.waiting:
            if not self._heads.signing:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            try:
                await self._session()
            except (*LOST, asyncpg.PostgresError, LedgerError) as error:
                self._publication.hindered = f"publishing is interrupted: {error}"
                _log.log(severity(error), "%s", self._publication.hindered)
            except Exception as error:
                self._publication.hindered = f"publishing failed: {type(error).__name__}"
                _log.exception("publishing failed")
            await asyncio.sleep(_RETRY_SECONDS)

    async def _session(self) -> None:
        connection = await connect_writer(self._url)
        connection.add_log_listener(self._note_warning)
        try:
            await connection.add_listener(APPENDED, lambda *_: self._wake.set())
            await connection.add_listener(PUBLISHED, self._note_published)
            while True:
                await self._publication.refresh()
                self._publication.hindered = None
                if await connection.fetchval(queries("publication")["lead"], LOCK):
                    await self._lead(connection)
                    continue
                await self._learn()
                if await self._woken():
                    await connection.execute(queries("publication")["tell"], APPENDED, "")
        finally:
            await close_quietly(connection)

    async def _learn(self) -> None:
        """If the host's clock seems to be ahead, takes the time from the head that another server has published."""
        if self._keeper.lead() > LEAD:
            past = await self._publication.past()
            if past is not None:
                self._keeper.passed(past)

    def _note_published(self, _: object, __: int, ___: str, payload: object) -> None:
        if isinstance(payload, str) and payload.isdecimal():
            self._publication.heard(int(payload))

    def _note_warning(self, _: object, message: asyncpg.PostgresLogMessage) -> None:
        if getattr(message, "severity_en", "") == "WARNING" or getattr(message, "severity", "") == "WARNING":
            self._warned = True

    async def _woken(self) -> bool:
        """Waits. Returns true if something was appended, false if it is time to look."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._wake.wait()
            self._wake.clear()
            return True
        return False

    async def _lead(self, connection: asyncpg.Connection) -> None:
        clients = [WitnessClient(one, answers=self._publication.answers) for one in self._policy.witnesses
                   if one.url is not None]
        async with self._pool.acquire() as reading:
            published = await self._publication.newest(reading)
        cosigned = self._policy.cosigned(published.note)
        # A head that was published by another policy, or without one, counts as never cosigned.
        self._renewed = max(cosigned.values(), default=0) if self._policy.satisfied(cosigned) else 0
        contradictions = Contradictions(self._pool, self._heads, self._policy, self._wake.set)

        def note_signature(name: str) -> None:
            contradictions.withdrawn(name)
            self._wake.set()

        sizes = dict.fromkeys(cosigned, published.size)
        feeder = Feeder(clients, self._prove, contradictions.heed, note_signature, sizes)
        try:
            async with feeder:
                await self._publish(connection, feeder, contradictions, published)
        finally:
            await asyncio.gather(*[client.close() for client in clients])

    async def _publish(
        self, connection: asyncpg.Connection, feeder: Feeder, contradictions: Contradictions, published: PublishedHead
    ) -> None:
        """Runs round after round, as long as the session lives and signing goes on."""
        current: Round | None = None
        while not connection.is_closed():
            self._heads.require_signing()
            if current is not None and self._policy.satisfied(current.lines):
                published, current = await self._make_public(connection, current), None
            wanted = contradictions.ahead
            # A round runs for a while before a larger head replaces it. Otherwise a witness that claims to be ahead
            # could keep the others from ever agreeing.
            if current is None or current.renews or (
                current.head.size < wanted and current.seconds > _PATIENCE_SECONDS
            ):
                current = await self._next_round(published, wanted, current)
                feeder.ask(current)
                if current is not None and self._policy.satisfied(current.lines):
                    continue
            await self._woken()

    async def _next_round(self, published: PublishedHead, wanted: int, current: Round | None) -> Round | None:
        async with self._pool.acquire() as reading:
            head = await self._heads.newest(reading)
            if not self._in_force(await read_activated(reading)):
                return None
            renews = head.size == published.size
            if renews and (current is not None and current.renews):
                return current
            if head.size < max(published.size, wanted) or (renews and not (head.size and self._stale(published.note))):
                return None
            return Round(head, await self._heads.sign(reading, head), renews=renews)

    def _in_force(self, activated: PolicyActivation) -> bool:
        """Whether the log states that this policy is in force, or states no policy."""
        if activated.digest is None or activated.agrees(self._policy):
            self._publication.hindered = None
            return True
        why = (f"this server publishes nothing: entry {activated.steps[-1].record} of the log activated policy "
               f"{activated.digest}; restart this server with that policy")
        if self._publication.hindered != why:
            _log.critical("%s", why)
        self._publication.hindered = why
        return False

    def _stale(self, note: str) -> bool:
        """Whether a published note lacks the signature of a key that signs now, or cosignatures that are new enough."""
        signed = {line.key_hash for line in parse_note(note).signatures}
        if not signed.issuperset([signer.key_hash for signer in self._heads.signers]):
            return True
        age = self._renewal.clock() - self._renewed
        return self._policy.quorum is not None and age >= self._renewal.seconds

    async def _make_public(self, connection: asyncpg.Connection, done: Round) -> PublishedHead:
        self._warned = False
        sql = queries("publication")
        head, note = done.head, done.published(self._policy)
        await connection.fetchval(sql["renew" if done.renews else "publish"], head.size, note)
        if self._warned:
            # A standby may lack the row. The server that leads next finds the row, or publishes anew.
            raise Unavailable("the database warned that a standby may not have the published head",
                              code="database-down")
        self._renewed = self._renewal.clock()
        await self._heads.mark({ANCHORED: str(head.size)})
        self._publication.heard(head.size)
        past = self._policy.past(self._policy.cosigned(note))
        if past is not None:
            self._keeper.cosigned(past)
        await connection.execute(sql["tell"], PUBLISHED, str(head.size))
        return PublishedHead(head.size, note)

    async def _prove(self, old: int, new: int) -> Sequence[bytes]:
        async with self._pool.acquire() as reading:
            return await consistency_path(reading, old, new)
