"""What a source can show beside entries, bodies and results: the rows by which later records find earlier ones."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from ledger.client.audit.findings import Difference
from ledger.client.audit.replay import ReplayedRecord, Replayer, Watcher
from ledger.core.log.frontier import Frontier


class MadeRows(NamedTuple):
    """The log as its entries make it: `roots` of the full tiles by level and index, as far as they became full after
    the first `start` entries; `time` is that of the last entry; `ledger` its origin and vkey."""

    start: int
    frontier: Frontier
    time: int
    ledger: tuple[str, str]
    roots: Mapping[tuple[int, int], bytes]


class RowCheck(Watcher, Protocol):
    """Compares those rows with what the records say."""

    async def load(self, start: int, end: int) -> None:
        """Reads the rows of the records from `start`, below `end`."""
        ...

    def compare(self, one: ReplayedRecord, replayer: Replayer) -> Iterator[Difference]:
        """What is stored otherwise than the record that was replayed last says."""
        ...

    async def compare_ends(self, made: MadeRows) -> list[tuple[str, str, int | None]]:
        """Rule, message and index of what belongs to no record and is not as the log makes it."""
        ...


@runtime_checkable
class ShowsRows(Protocol):
    """A source that shows the rows themselves: a database."""

    def row_check(self) -> RowCheck:
        """For one audit."""
        ...
