"""How much one organisation may enter a day: asked at the door, never in admission, since a replay has no clock.

What counts are rows, so that a start forgets nothing and servers of one database know of each other. A server reads
what is new of them every `_FRESH_SECONDS` and adds what it has let in since: beyond a quota goes at most what other
servers admit in that time. A record that is on the log already is answered, however much its issuer has entered.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from asyncpg import Record

from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import AnyRecord, Transfer
from ledger.errors import Exhausted, LedgerError
from ledger.service.limits import ClientLimits
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_DAY_MS: Final = 86_400_000
_FRESH_SECONDS: Final = 5.0


class PostedCount(Protocol):
    """A record that its issuer has signed."""

    @property
    def record(self) -> AnyRecord: ...

    @property
    def digest(self) -> bytes: ...


One = TypeVar("One", bound=PostedCount)


class _Used:
    """The records of an organisation today: rows read, records that this server entered since, and records under way.
    `sent` counts transfers by receiver. Rows from index `next` on are not read yet."""

    def __init__(self, first: int) -> None:
        self.next = first
        self.records = 0
        self.sent: Counter[str] = Counter()
        self.rows: Counter[str | None] = Counter()
        self.since: list[tuple[int, str | None]] = []
        """Log index, and whom it is sent to."""
        self.accepting: set[str] = set()
        self.read_at = float("-inf")
        self.reading = asyncio.Lock()

    def add(self, to: str | None, number: int) -> None:
        self.records += number
        if to is not None:
            self.sent[to] += number

    def learn(self, rows: Sequence[Record], *, anew: bool) -> None:
        """Counts more rows of the query `entered`, which are all up to the newest of them; `anew`: all of the day."""
        found = Counter({row["receiver"]: row["records"] for row in rows})
        if anew:
            found.subtract(self.rows)
        self.rows.update(found)
        for to, number in found.items():
            self.add(to, number)
        self.accepting.update([row["receiver"] for row in rows if row["accepted"]])
        self.next = max([self.next, *[row["newest"] + 1 for row in rows]])
        for index, to in self.since:
            if index < self.next:
                self.add(to, -1)
        self.since = [one for one in self.since if one[0] >= self.next]

    def settle(self, to: str | None, index: int | None) -> None:
        """Of one that is under way no more: it is the entry `index`, or nothing is known of it, or it was refused."""
        if index is not None and index >= self.next:
            self.since.append((index, to))
        else:
            self.add(to, -1)


NOTHING: Final[Mapping[bytes, int]] = {}


class Hold:
    """What was let in of a part of a request, until `settle` says what of it is on the log."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[_Used, str | None]] = {}

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._held

    def add(self, digest: bytes, used: _Used, to: str | None) -> None:
        self._held[digest] = used, to
        used.add(to, 1)

    def settle(self, entered: Mapping[bytes, int] = NOTHING) -> None:
        """Holds nothing any more. `entered`: the indices of what is on the log now and was not before, by digest. The
        others were refused, or what became of them is not known: rows will tell."""
        for digest, (used, to) in self._held.items():
            used.settle(to, entered.get(digest))
        self._held.clear()


class _Day(NamedTuple):
    """A day in UTC: when it ends in ms since 1970, and the first index of the log in it."""

    end: int
    first: int


class Quotas:
    """One for a process. `exempt`: an issuer without quotas, the registrar. `clock` gives ms since 1970."""

    def __init__(self, pool: DatabasePool, limits: ClientLimits, exempt: str, clock: Callable[[], int]) -> None:
        self._pool = pool
        self._limits = limits
        self._exempt = exempt
        self._clock = clock
        self._day = _Day(0, 0)
        self._turning = asyncio.Lock()
        self._used: dict[str, _Used] = {}

    async def checked(self, posted: Sequence[One | LedgerError], hold: Hold) -> list[One | LedgerError]:
        """The same, with an error in the place of what is beyond its issuer's quota; the others are held. Raises
        Unavailable."""
        now = self._clock()
        if now >= self._day.end:
            async with self._turning:
                if now >= self._day.end:
                    self._day = await self._day_of(now)
                    self._used.clear()
        refused: dict[int, Exhausted] = {}
        for i, one in enumerate(posted):
            if isinstance(one, LedgerError) or one.record.issuer == self._exempt:
                continue
            used = self._used.get(one.record.issuer)
            if used is None or now / 1000 - used.read_at >= _FRESH_SECONDS:
                used = await self._used_by(one.record.issuer, now)
            error = self._counted(one, used, hold, now)
            if error is not None:
                refused[i] = error
        if not refused:
            return list(posted)
        known = await self._known([one.digest for i, one in enumerate(posted)
                                   if i in refused and not isinstance(one, LedgerError)])
        return [
            refused[i] if i in refused and not isinstance(one, LedgerError) and one.digest not in known else one
            for i, one in enumerate(posted)
        ]

    def _counted(self, posted: PostedCount, used: _Used, hold: Hold, now: int) -> Exhausted | None:
        record, limits = posted.record, self._limits
        if posted.digest in hold:
            return None
        if used.records >= limits.records:
            return self._exhausted("records", used.records, limits.records, "the operator can set another quota", now)
        to = record.to if isinstance(record, Transfer) and record.to != record.issuer else None
        if to is not None and to not in used.accepting and used.sent[to] >= limits.unasked:
            what = f"transfers to {to}, which has accepted none of them"
            return self._exhausted(what, used.sent[to], limits.unasked, "or once the receiver has accepted one", now)
        hold.add(posted.digest, used, to)
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
        used = self._used.get(issuer)
        if used is None:
            used = self._used[issuer] = _Used(self._day.first)
        async with used.reading:
            if now / 1000 - used.read_at < _FRESH_SECONDS:
                return used
            anew = max(used.sent.values(), default=0) >= self._limits.unasked
            first = self._day.first if anew else used.next
            rows = await self._pool.fetch(queries("quota")["entered"], issuer, first, self._limits.records + 1)
            used.learn(rows, anew=anew)
            used.read_at = now / 1000
        return used

    async def _known(self, digests: Sequence[bytes]) -> frozenset[bytes]:
        """Which of them are on the log."""
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
