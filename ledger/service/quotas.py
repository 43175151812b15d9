"""How much one organisation may enter a day: asked at the door, never in admission, since a replay has no clock.

What counts are rows, so that a start forgets nothing and servers of one database know of each other. A server reads
what is new of them every `_FRESH_SECONDS` and adds what was posted here since: beyond a quota goes at most what all
servers admit in that time. A record that is on the log already is answered, however much its issuer has entered.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from ledger.core.entry import parse_entry
from ledger.core.records import AnyRecord, Transfer
from ledger.errors import Exhausted, LedgerError
from ledger.service.limits import Limits
from ledger.store.database import Pool
from ledger.store.sql import queries

_DAY_MS: Final = 86_400_000
_FRESH_SECONDS: Final = 5.0


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
        self.posted = 0
        self.posted_to: Counter[str] = Counter()


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
        self._used: dict[str, _Used] = {}

    async def checked(self, posted: Sequence[One | LedgerError]) -> list[One | LedgerError]:
        """The same, with an error in the place of what is beyond its issuer's quota. Raises Unavailable."""
        now = self._clock()
        if now >= self._day.end:
            self._day = await self._day_of(now)
            self._used.clear()
        issuers = {one.record.issuer for one in posted if not isinstance(one, LedgerError)} - {self._exempt}
        for issuer in issuers:
            await self._refresh(issuer, now)
        refused: dict[int, Exhausted] = {}
        for i, one in enumerate(posted):
            if not isinstance(one, LedgerError) and one.record.issuer in issuers:
                error = self._counted(one.record, now)
                if error is not None:
                    refused[i] = error
        known = await self._known([posted[i] for i in refused]) if refused else frozenset[bytes]()
        return [
            refused[i] if i in refused and not isinstance(one, LedgerError) and one.digest not in known else one
            for i, one in enumerate(posted)
        ]

    def _counted(self, record: AnyRecord, now: int) -> Exhausted | None:
        used, limits = self._used[record.issuer], self._limits
        records = used.records + used.posted
        if records >= limits.records:
            return self._exhausted("records", records, limits.records, "the operator can set another quota", now)
        if isinstance(record, Transfer) and record.to != record.issuer:
            sent = used.sent[record.to] + used.posted_to[record.to]
            if sent >= limits.unasked and record.to not in used.accepting:
                what = f"transfers to {record.to}, which has accepted none of them"
                return self._exhausted(what, sent, limits.unasked, "or once the receiver has accepted one", now)
            used.posted_to[record.to] += 1
        used.posted += 1
        return None

    def _exhausted(self, what: str, used: int, quota: int, beside: str, now: int) -> Exhausted:
        end = datetime.fromtimestamp(self._day.end / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        error = Exhausted(
            f"the issuer has entered {used} {what} today: {quota} a day are the quota", code="quota", field="issuer",
            value=used, rule=f"again from {end} on; {beside}",
        )
        error.retry_after = -(-(self._day.end - now) // 1000)
        return error

    async def _refresh(self, issuer: str, now: int) -> None:
        """Reads what is new of the issuer's rows. Where the quota is used up, all of today's are read again: receivers
        accept what was sent before."""
        used = self._used.get(issuer)
        if used is None:
            used = self._used[issuer] = _Used(self._day.first)
        if now / 1000 - used.read_at < _FRESH_SECONDS:
            return
        used.read_at = now / 1000
        unsettled = any(count >= self._limits.unasked for count in used.sent.values())
        if unsettled:
            used = self._used[issuer] = _Used(self._day.first)
            used.read_at = now / 1000
        rows = await self._pool.fetch(queries("quota")["entered"], issuer, used.next, self._limits.records + 1)
        for row in rows:
            used.records += row["records"]
            used.next = max(used.next, row["newest"] + 1)
            if row["receiver"] is not None:
                used.sent[row["receiver"]] += row["records"]
                if row["accepted"]:
                    used.accepting.add(row["receiver"])
        used.posted = 0
        used.posted_to.clear()

    async def _known(self, posted: Sequence[Posted | LedgerError]) -> frozenset[bytes]:
        digests = [one.digest for one in posted if not isinstance(one, LedgerError)]
        rows = await self._pool.fetch(queries("quota")["known"], digests)
        return frozenset(bytes(row["digest"]) for row in rows)

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
