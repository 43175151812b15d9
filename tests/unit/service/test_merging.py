"""Budgets of rows of the access log: nobody hides the reading of a victim behind readings of their own things, and no
row is begun for each reading."""

from collections.abc import Iterable
from itertools import count
from typing import Final

import pytest

from ledger.access.accesses import Access
from ledger.access.caller import Caller
from ledger.service.access_log import merging
from ledger.service.access_log.merging import OpenRow, OpenRows

READER: Final = Caller("urn:example:reader")
SHELL, VICTIM = "urn:example:shell", "urn:example:victim"
TIME: Final = "2026-03-01T10:00:00.000Z"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "OWNER_ROWS", 10)
    monkeypatch.setattr(merging, "READER_ROWS", 30)
    monkeypatch.setattr(merging, "RESERVED_ROWS", 3)
    monkeypatch.setattr(merging, "MOST_OPEN", 15)


class Day:
    """Notes readings one after the other. `rows`: every row that was begun, in its newest form, by number."""

    def __init__(self) -> None:
        self.open = OpenRows()
        self.rows: dict[int, OpenRow] = {}
        self._numbers = count()

    def read(self, owner: str, names: Iterable[object], reader: Caller = READER, time: str = TIME) -> None:
        for name in names:
            joined = self.open.joined([Access(reader, owner, "party", "/v1/lots", (str(name),))], time)
            written = [row if row.number is not None else row._replace(number=next(self._numbers)) for row in joined]
            self.rows.update((row.number, row) for row in written if row.number is not None)
            self.open.wrote(written)

    def named(self, owner: str) -> list[str]:
        return [row.access.asked[0] for row in self.rows.values() if row.access.owner == owner and row.access.asked]

    def shared(self, owner: str) -> list[int]:
        """The readings of each row without names."""
        return [row.readings for row in self.rows.values() if row.access.owner == owner and not row.access.asked]


def test_readings_of_a_shell_use_up_no_row_of_a_victim() -> None:
    day = Day()
    day.read(SHELL, range(500))
    day.read(VICTIM, range(12))
    assert day.named(VICTIM) == [str(i) for i in range(10)]
    assert (len(day.named(SHELL)), day.shared(SHELL), day.shared(VICTIM)) == (10, [490], [2])


def test_whatever_a_reader_reads_each_owner_keeps_a_reserve_of_rows() -> None:
    day = Day()
    for shell in range(20):
        day.read(f"{SHELL}-{shell}", range(100))
    day.read(VICTIM, range(5))
    assert day.named(VICTIM) == ["0", "1", "2"]
    assert sum(len(day.named(f"{SHELL}-{shell}")) for shell in range(20)) == 3 * 10 + 17 * 3
    assert sum(row.readings for row in day.rows.values()) == 2_005


def test_budgets_are_of_a_reader_with_all_its_clients_and_of_a_day() -> None:
    day = Day()
    for client in ("a", "b"):
        day.read(VICTIM, range(10), READER._replace(client=client))
    day.read(VICTIM, range(3), Caller("urn:example:another"))
    assert len(day.named(VICTIM)) == 10 + 3
    day.read(VICTIM, ["tomorrow"], time="2026-03-02T00:00:00.000Z")
    assert day.named(VICTIM)[-1] == "tomorrow"


def test_rows_without_names_stay_one_an_hour_when_rows_are_forgotten() -> None:
    """A process forgets rows with names when it has too many. Readings of twenty owners in turn keep it at that."""
    day = Day()
    for turn in range(50):
        for shell in range(20):
            day.read(f"{SHELL}-{shell}", [turn])
    for shell in range(20):
        assert len(day.shared(f"{SHELL}-{shell}")) == 1
    assert len(day.rows) <= 30 + 20 * 3 + 20


def test_a_failed_write_begins_no_row_anew() -> None:
    """Nobody knows whether it was committed: rows with a number count the readings in any case."""
    day = Day()
    day.read(VICTIM, range(11))
    for _ in range(5):
        day.open.doubted(day.open.joined([Access(READER, VICTIM, "party", "/v1/lots", ("more",))], TIME))
    day.read(VICTIM, ["more"])
    assert day.shared(VICTIM) == [7]
