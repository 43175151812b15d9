"""How many records one organisation may enter a day. The server checks this when a record is posted. Admission does
not, since a replay has no clock.

Rows of the database are counted, so a restart forgets nothing and the servers of a database count each other's records.
A server reads new rows every `_FRESH_SECONDS` and adds the records that it has let in since. So an organisation can
exceed its quota only by the records that other servers let in during that time. A record that is on the log already is
answered, however many its issuer has entered.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
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


class PostedRecord(Protocol):
    """A record that its issuer has signed."""

    @property
    def record(self) -> AnyRecord: ...

    @property
    def digest(self) -> bytes: ...


Posted = TypeVar("Posted", bound=PostedRecord)


class _Used:
    """The records of an organisation today: rows that were read, records that this server entered since, and records
    that are being appended. `sent` counts transfers by receiver. Rows from index `next` on are not read yet."""

    def __init__(self, first: int) -> None:
        self.next = first
        self.records = 0
        self.sent: Counter[str] = Counter()
        self.rows: Counter[str | None] = Counter()
        self.since: list[tuple[int, str | None]] = []
        """The log index and the receiver of each record that this server entered and whose row is not read yet."""
        self.accepting: set[str] = set()
        self.read_at = float("-inf")
        self.reading = asyncio.Lock()

    def add(self, to: str | None, number: int) -> None:
        self.records += number
        if to is not None:
            self.sent[to] += number

    def learn(self, rows: Sequence[Record], *, anew: bool) -> None:
        """Counts rows of the query `entered`, which go up to the newest entry. `anew`: they are all rows of the day."""
        entered = Counter({row["receiver"]: row["records"] for row in rows})
        if anew:
            entered.subtract(self.rows)
        self.rows.update(entered)
        for to, number in entered.items():
            self.add(to, number)
        self.accepting.update([row["receiver"] for row in rows if row["accepted"]])
        self.next = max([self.next, *[row["newest"] + 1 for row in rows]])
        for index, to in self.since:
            if index < self.next:
                self.add(to, -1)
        self.since = [one for one in self.since if one[0] >= self.next]

    def settle(self, to: str | None, index: int | None) -> None:
        """Counts the end of an append: the record is the entry `index`. With None it was refused, or is not new on the
        log, or its outcome is unknown."""
        if index is not None and index >= self.next:
            self.since.append((index, to))
        else:
            self.add(to, -1)


    def checked(self, to: str | None) -> None:
        """Counts a record that was only checked: it costs as much work as an append, but its receiver gets nothing."""
        if to is not None:
            self.sent[to] -= 1


NOTHING: Final[Mapping[bytes, int]] = {}


class Hold:
    """The records of a part of a request that were let in, until `settle` says which of them are on the log."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[_Used, str | None]] = {}

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._held

    def add(self, digest: bytes, used: _Used, to: str | None) -> None:
        self._held[digest] = used, to
        used.add(to, 1)

    def settle(self, entered: Mapping[bytes, int] = NOTHING) -> None:
        """Releases all records. `entered`: the indices of those that are new on the log, by digest. The others were
        refused, or their outcome is unknown and rows will show it."""
        for digest, (used, to) in self._held.items():
            used.settle(to, entered.get(digest))
        self._held.clear()


    def spend(self, checked: Container[bytes]) -> None:
        """Releases all records but the ones that were `checked` and would be new on the log: these count as used today,
        and stay unposted."""
        for digest, (used, to) in self._held.items():
            if digest in checked:
                used.checked(to)
            else:
                used.settle(to, None)
        self._held.clear()


class _Day(NamedTuple):
    """A day in UTC: its end in ms since 1970, and the index of its first entry."""

    end: int
    first: int


class Quotas:
    """A process has one. `exempt` is an issuer without quotas, the registrar. `clock` gives ms since 1970."""

    def __init__(self, pool: DatabasePool, limits: ClientLimits, exempt: str, clock: Callable[[], int]) -> None:
        self._pool = pool
        self._limits = limits
        self._exempt = exempt
        self._clock = clock
        self._day = _Day(0, 0)
        self._turning = asyncio.Lock()
        self._used: dict[str, _Used] = {}

    async def checked(self, posted: Sequence[Posted | LedgerError], hold: Hold) -> list[Posted | LedgerError]:
        """The same records, with an error in place of each record that exceeds its issuer's quota. The others are added
        to `hold`. Raises Unavailable."""
        now = self._clock()
        if now >= self._day.end:
            async with self._turning:
                if now >= self._day.end:
                    self._day = await self._day_of(now)
                    self._used.clear()
        refused: dict[int, Exhausted] = {}
        for i, signed in enumerate(posted):
            if isinstance(signed, LedgerError) or signed.record.issuer == self._exempt:
                continue
            used = self._used.get(signed.record.issuer)
            if used is None or now / 1000 - used.read_at >= _FRESH_SECONDS:
                used = await self._used_by(signed.record.issuer, now)
            error = self._counted(signed, used, hold, now)
            if error is not None:
                refused[i] = error
        if not refused:
            return list(posted)
        on_log = await self._on_log([one.digest for i, one in enumerate(posted)
                                     if i in refused and not isinstance(one, LedgerError)])
        return [
            refused[i] if i in refused and not isinstance(one, LedgerError) and one.digest not in on_log else one
            for i, one in enumerate(posted)
        ]

    def _counted(self, posted: PostedRecord, used: _Used, hold: Hold, now: int) -> Exhausted | None:
        record, limits = posted.record, self._limits
        if posted.digest in hold:
            return None
        if used.records >= limits.records:
            return self._exhausted("records", used.records, limits.records, "the operator can set another quota", now)
        to = record.to if isinstance(record, Transfer) and record.to != record.issuer else None
        if to is not None and to not in used.accepting and used.sent[to] >= limits.unasked:
            transfers = f"transfers to {to}, which has not accepted any of them"
            return self._exhausted(
                transfers, used.sent[to], limits.unasked, "or once the receiver has accepted one of them", now)
        hold.add(posted.digest, used, to)
        return None

    def _exhausted(self, counted: str, used: int, quota: int, remedy: str, now: int) -> Exhausted:
        end = datetime.fromtimestamp(self._day.end / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        error = Exhausted(
            f"the issuer has entered {used} {counted} today; the quota is {quota} a day", code="quota", field="issuer",
            value=used, rule=f"post it again after {end}; {remedy}",
        )
        error.retry_after = -(-(self._day.end - now) // 1000)
        return error

    async def _used_by(self, issuer: str, now: int) -> _Used:
        """Reads the issuer's new rows, once for all requests that wait for them. If a quota of transfers is used up, it
        reads all of today's rows again: the receiver may have accepted an earlier transfer."""
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

    async def _on_log(self, digests: Sequence[bytes]) -> frozenset[bytes]:
        """The digests of records that are on the log."""
        return frozenset(bytes(row["digest"]) for row in await self._pool.fetch(queries("quota")["known"], digests))

    async def _day_of(self, now: int) -> _Day:
        """The day of the time `now`. Times of entries never decrease, so bisection finds the first entry of the day."""
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
