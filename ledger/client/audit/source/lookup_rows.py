"""The lookup rows that a source can show besides entries, bodies and results: admission finds earlier records by
them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from ledger.client.audit.findings import Difference
from ledger.client.audit.replay import ReplayedRecord, Replayer, ReplayResult, Watcher
from ledger.core.log.frontier import Frontier


class MadeRows(NamedTuple):
    """The log as its entries give it. `roots` are the roots of the tiles, by level and index, that became full after
    the first `start` entries. `time` is the time of the last entry, `ledger` the log's origin and vkey."""

    start: int
    frontier: Frontier
    time: int
    ledger: tuple[str, str]
    roots: Mapping[tuple[int, int], bytes]


class RowCheck(Watcher, Protocol):
    """Compares the lookup rows with the records."""

    async def load(self, start: int, end: int) -> None:
        """Reads the rows of the records from `start`, below `end`."""
        ...

    def compare(
        self, replayed: ReplayedRecord, result: ReplayResult, replayer: Replayer
    ) -> Iterator[Difference]:
        """Lists the lookup rows that differ from the record that was just replayed with this result."""
        ...

    async def compare_ends(self, made: MadeRows) -> list[tuple[str, str, int | None]]:
        """Rule, message and index of each row that belongs to no record and differs from the log."""
        ...


@runtime_checkable
class ShowsRows(Protocol):
    """A source that shows the lookup rows: a database."""

    def row_check(self) -> RowCheck:
        """A check for one audit."""
        ...
