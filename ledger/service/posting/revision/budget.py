"""How many records an organisation may have revised within 24 hours. The server checks this when a record is posted.
Admission does not, since a replay has no clock."""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from typing import Final, NamedTuple

from ledger.errors import Exhausted
from ledger.store.database import Connection
from ledger.store.revisions import revised_records

DAY: Final = 86_400_000
_AT_ONCE: Final = 1_000
_NEWEST: Final = (1 << 63) - 1


class Use(NamedTuple):
    """A revision of `records` records by an organisation. `time` is in ms since 1970."""

    time: int
    organization: str
    records: int


class RevisionBudget:
    """A process has one. It counts the revised records that the log states, whichever server wrote them. It also counts
    records that this process loaded in vain, for revisions that were refused or changed fewer records than they could.

    An organisation that has used nothing may revise once, at any cost, so that a small budget prevents no correction.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._uses: deque[Use] = deque()
        """The uses of the last 24 hours, in order of their times."""
        self._used: Counter[str] = Counter()
        self._version = 0
        """All revisions up to this version have been read."""

    def apart(self) -> "RevisionBudget":
        """Another budget of the same size. Checks use it up, so that a check takes nothing from a correction."""
        return RevisionBudget(self._limit)

    async def read(self, connection: Connection, now: int) -> None:
        """Reads the revisions since the last call. `now` is in ms since 1970."""
        fresh, newest, before = list[Use](), self._version, _NEWEST
        while rows := await revised_records(connection, self._version, before, _AT_ONCE):
            fresh += [Use(time, issuer, records) for _, issuer, time, records in rows]
            newest, before = max(newest, rows[0][0]), rows[-1][0]
            if fresh[-1].time <= now - DAY:
                break
        self._version = newest
        for use in reversed(fresh):
            self._add(use)

    def check(self, organization: str, wanted: int, now: int) -> None:
        """Raises Exhausted if `wanted` more records exceed the budget."""
        self._forget(now)
        used = self._used[organization]
        if used and used + wanted > self._limit:
            raise self._exhausted(organization, used, wanted, now)

    def charge(self, organization: str, records: int, now: int) -> None:
        """Counts records that were loaded and not revised."""
        if records > 0:
            self._add(Use(now, organization, records))

    def _forget(self, now: int) -> None:
        while self._uses and self._uses[0].time <= now - DAY:
            past = self._uses.popleft()
            self._used[past.organization] -= past.records
            if not self._used[past.organization]:
                del self._used[past.organization]

    def _add(self, use: Use) -> None:
        self._uses.append(use)
        self._used[use.organization] += use.records

    def _exhausted(self, organization: str, used: int, wanted: int, now: int) -> Exhausted:
        when = next(self._room(organization, used + wanted - self._limit, used))
        at = datetime.fromtimestamp(when / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        error = Exhausted(
            f"{organization} may have {self._limit} records revised within 24 hours; it has used {used}, and this "
            f"revision can change {wanted}; post it again after {at}", code="revision-budget", field="issuer",
            value=organization, rule=f"at most {self._limit} revised records per organisation within 24 hours "
                                     "(CARBON_LEDGER_REVISED_PER_DAY)",
        )
        error.retry_after = max(1, ceil((when - now) / 1000))
        return error

    def _room(self, organization: str, wanted: int, used: int) -> Iterator[int]:
        """When `wanted` records, or all `used` ones, become older than 24 hours."""
        freed = 0
        for use in sorted(self._uses):
            freed += use.records if use.organization == organization else 0
            if freed >= min(wanted, used):
                yield use.time + DAY
