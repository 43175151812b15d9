"""Counts and distributions that one process keeps in memory. Only the event loop's thread may write them.

They are plain numbers, since an instrument of prometheus-client takes a lock and searches a list for each value. They
cost a record that comes alone some 5 us, and a batch of thousands no more than that.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from ledger.errors import ShuttingDown
from ledger.host.clock import now
from ledger.service.observation.steps import Lap, Step

SECONDS: Final = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)
"""Upper bounds of the buckets of times."""
RECORDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
"""Upper bounds of the buckets of numbers of records."""
MOST_LABELS: Final = 200
"""Values of one label that a counter tells apart. A plugin may give any code to its refusals."""
OTHER: Final = "other"
Key = TypeVar("Key")


class Distribution:
    """A histogram: how many values are at most as large as each bound, and the sum of all values."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Distributions(Generic[Key]):
    """A distribution for each value of a label that the program itself chooses, such as a step or a route."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.by_key: dict[Key, Distribution] = {}

    def add(self, key: Key, value: float) -> None:
        known = self.by_key.get(key)
        if known is None:
            known = self.by_key[key] = Distribution(self._bounds)
        known.add(value)


class Tally:
    """Counts by code. Beyond `MOST_LABELS` codes, new ones count as `other`."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, code: str, count: int = 1) -> None:
        if code not in self.counts and len(self.counts) >= MOST_LABELS:
            code = OTHER
        self.counts[code] = self.counts.get(code, 0) + count


class Failure(NamedTuple):
    """The server's error to the records that were posted last, and its time in ms since 1970."""

    at: int
    message: str


class Recorder:
    """A process has one. The parts of the posting pipeline get it when they are made."""

    def __init__(self) -> None:
        self.steps: Distributions[Step] = Distributions(SECONDS)
        self.batches = Distribution(RECORDS)
        self.revisions = Distribution(SECONDS)
        self.revisions_locked = Distribution(SECONDS)
        self.appended = 0
        self.repeated = 0
        self.revised = 0
        self.refused = Tally()
        self.retried = Tally()
        self.failure: Failure | None = None
        """None if the records that were posted last were answered."""

    def timed(self, laps: Iterable[Lap]) -> None:
        """Steps have ended."""
        for step, start, end in laps:
            self.steps.add(step, (end - start) / 1e9)

    def failed(self, error: Exception) -> None:
        """An attempt to append records has failed, for a reason that is not theirs."""
        if not isinstance(error, ShuttingDown):
            self.failure = Failure(now(), str(error).partition("\n")[0])

    def answered(self, appended: int, repeated: int, codes: Iterable[str]) -> None:
        """Records have their answers: new on the log, on the log before, or refused with these codes."""
        self.appended += appended
        self.repeated += repeated
        for code in codes:
            self.refused.add(code)

    def revision(self, whole: float, locked: float, records: int) -> None:
        """A revision has recomputed records; it took `whole` seconds, and held the lock for `locked` seconds."""
        self.revisions.add(whole)
        self.revisions_locked.add(locked)
        self.revised += records
