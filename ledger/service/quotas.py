"""How much one organisation may enter a day: asked at the door, never in admission, since a replay has no clock.

What counts are rows, so that a start forgets nothing and servers of one database know of each other. A server reads
what is new of them every `_FRESH_SECONDS` and adds what was posted here and is no row yet: beyond a quota goes at most
what other servers admit in that time. A record that is on the log already is answered, however much its issuer has
entered.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from asyncpg import Record

from ledger.core.entry import parse_entry
from ledger.core.records import AnyRecord, Transfer
from ledger.errors import Exhausted, LedgerError
from ledger.service.limits import Limits
from ledger.store.database import Pool
from ledger.store.sql import queries

_DAY_MS: Final = 86_400_000
_FRESH_SECONDS: Final = 5.0
_LOST_SECONDS: Final = 60.0
"""After which what was posted and is no row was refused."""


class Posted(Protocol):
    """A record that its issuer has signed."""

    @property
    def record(self) -> AnyRecord: ...

    @property
    def digest(self) -> bytes: ...


One = TypeVar("One", bound=Posted)


class _Used:
    """What an organisation has entered in a day, as far as this server knows."""

    def __init__(self, first: int) -> None:
        self.next = first
        self.records = 0
        self.sent: Counter[str] = Counter()
        self.accepting: set[str] = set()
        self.read_at = float("-inf")
        self.reading = asyncio.Lock()
        self.posted: dict[bytes, tuple[float, str | None]] = {}
        """What may not be a row yet, by digest: when it came, and whom it is sent to."""
        self.posted_to: Counter[str] = Counter()

    def post(self, digest: bytes, at: float, to: str | None) -> None:
        self.posted[digest] = (at, to)
        if to is not None:
            self.posted_to[to] += 1

    def learn(self, rows: Sequence[Record]) -> None:
        """Counts more rows of the query `entered`."""
        for row in rows:
            self.records += row["records"]
            self.next = max(self.next, row["newest"] + 1)
            if row["receiver"] is not None:
                self.sent[row["receiver"]] += row["records"]
                if row["accepted"]:
                    self.accepting.add(row["receiver"])

    def settle(self, known: Collection[bytes], at: float) -> None:
        """Without what is on the log by now, or was refused."""
        self.posted = {
            digest: one for digest, one in self.posted.items()
            if digest not in known and at - one[0] < _LOST_SECONDS
        }
        self.posted_to = Counter([to for _, to in self.posted.values() if to is not None])


class _Day(NamedTuple):
    """A day in UTC: when it ends in ms since 1970, and the first index of the log in it."""

    end: int
    first: int


class Quotas:
    """One for a process. `exempt`: an issuer without quotas, the registrar. `clock` gives ms since 1970."""

    def __init__(self, pool: Pool, limits: Limits, exempt: str, clock: Callable[[], int]) -> None:
        self._pool = pool
        self._limits = limits
        self._exempt = exempt
        self._clock = clock
        self._day = _Day(0, 0)
        self._turning = asyncio.Lock()
        self._used: dict[str, _Used] = {}

    async def checked(self, posted: Sequence[One | LedgerError]) -> list[One | LedgerError]:
        """The same, with an error in the place of what is beyond its issuer's quota. Raises Unavailable."""
        now = self._clock()
        if now >= self._day.end:
            async with self._turning:
                if now >= self._day.end:
                    self._day = await self._day_of(now)
                    self._used.clear()
        issuers = {one.record.issuer for one in posted if not isinstance(one, LedgerError)} - {self._exempt}
        used = {issuer: await self._used_by(issuer, now) for issuer in issuers}
        refused: dict[int, Exhausted] = {}
        for i, one in enumerate(posted):
            if not isinstance(one, LedgerError) and one.record.issuer in issuers:
                error = self._counted(one, used[one.record.issuer], now)
                if error is not None:
                    refused[i] = error
        known = await self._known([one.digest for i, one in enumerate(posted)
                                   if i in refused and not isinstance(one, LedgerError)])
        return [
            refused[i] if i in refused and not isinstance(one, LedgerError) and one.digest not in known else one
            for i, one in enumerate(posted)
        ]

    def _counted(self, posted: Posted, used: _Used, now: int) -> Exhausted | None:
        record, limits = posted.record, self._limits
        if posted.digest in used.posted:
            return None
        records = used.records + len(used.posted)
        if records >= limits.records:
            return self._exhausted("records", records, limits.records, "the operator can set another quota", now)
        to = record.to if isinstance(record, Transfer) and record.to != record.issuer else None
        if to is not None and to not in used.accepting:
            sent = used.sent[to] + used.posted_to[to]
            if sent >= limits.unasked:
                what = f"transfers to {to}, which has accepted none of them"
                return self._exhausted(what, sent, limits.unasked, "or once the receiver has accepted one", now)
        used.post(posted.digest, now / 1000, to)
        return None

    def _exhausted(self, what: str, used: int, quota: int, beside: str, now: int) -> Exhausted:
        end = datetime.fromtimestamp(self._day.end / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        error = Exhausted(
            f"the issuer has entered {used} {what} today: {quota} a day are the quota", code="quota", field="issuer",
            value=used, rule=f"again from {end} on; {beside}",
        )
        error.retry_after = -(-(self._day.end - now) // 1000)
        return error

    async def _used_by(self, issuer: str, now: int) -> _Used:
        """Reads what is new of the issuer's rows; who comes meanwhile waits for it. Where a quota is used up, all of
        today's are read again: receivers accept what was sent before."""
        used = self._used.setdefault(issuer, _Used(self._day.first))
        if now / 1000 - used.read_at < _FRESH_SECONDS:
            return used
        async with used.reading:
            if now / 1000 - used.read_at < _FRESH_SECONDS:
                return used
            anew = any(count >= self._limits.unasked for count in used.sent.values())
            first = self._day.first if anew else used.next
            known = await self._known(list(used.posted))
            rows = await self._pool.fetch(queries("quota")["entered"], issuer, first, self._limits.records + 1)
            if anew:
                used.records, used.sent = 0, Counter()
            used.settle(known, now / 1000)
            used.learn(rows)
            used.read_at = now / 1000
        return used

    async def _known(self, digests: Sequence[bytes]) -> frozenset[bytes]:
        """Which of them are on the log."""
        if not digests:
            return frozenset()
        return frozenset(bytes(row["digest"]) for row in await self._pool.fetch(queries("quota")["known"], digests))

    async def _day_of(self, now: int) -> _Day:
        """Times of entries never decrease, so the day's first one is found by halving."""
        end = (now // _DAY_MS + 1) * _DAY_MS
        low, high = 0, await self._pool.fetchval(queries("log")["size"]) or 0
        while low < high:
            middle = (low + high) // 2
            data = await self._pool.fetchval(queries("quota")["time"], middle)
            if data is not None and parse_entry(bytes(data)).time >= end - _DAY_MS:
                high = middle
            else:
                low = middle + 1
        return _Day(end, low)
