"""The state of imports: what it notes, and files of other versions."""

import sqlite3
from pathlib import Path

import pytest

from ledger.client.posting import batches
from ledger.client.sheets.drafts import CellPlace
from ledger.client.sheets.staging import Staging, WaitingRow
from ledger.client.sheets.state import Imported, ImportState
from ledger.errors import ConfigurationError

ORIGIN, ISSUER = "log.example", "urn:example:a"


def state(path: Path) -> ImportState:
    return ImportState(path, ORIGIN, ISSUER)


@pytest.mark.parametrize("version", [1, 99])
def test_a_file_of_another_version_is_refused(tmp_path: Path, version: int) -> None:
    path = tmp_path / "imports"
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with pytest.raises(ConfigurationError, match="another version") as error:
        state(path)
    assert error.value.rule


def test_what_is_noted_is_read(tmp_path: Path) -> None:
    noted = Imported("cd", b"[1]", True, "ef")
    with state(tmp_path / "imports") as imports:
        imports.enter([("pool", "K1", noted)])
    with state(tmp_path / "imports") as imports:
        assert (imports.imported("pool", "K1"), imports.imported("pool", "K2")) == (noted, None)


# The records that wait to be checked and posted.


def waiting(key: str, envelope: bytes, *, amends: str | None = None, known: bool = False) -> WaitingRow:
    return WaitingRow("declaration", key, key * 2, amends, b"{}", envelope, known)


def test_unposted_records_are_new_ones_and_amendments() -> None:
    with Staging() as staging:
        staging.wait(waiting("a", b"12345", amends="ff"))
        staging.wait(waiting("b", b"123"))
        staging.wait(waiting("c", b"", known=True))
        assert [record.key for record in staging.unposted(amend=True)] == ["b", "a"]
        assert [record.key for record in staging.unposted(amend=False)] == ["b"]
        assert (staging.unposted_size(amend=True), staging.unposted_size(amend=False)) == ((2, 10), (1, 4))


def test_nothing_waits_at_first() -> None:
    with Staging() as staging:
        assert staging.unposted_size(amend=True) == (0, 0)
        assert not list(staging.unposted(amend=True))


def test_the_place_of_a_record() -> None:
    with Staging() as staging:
        staging.see("a", CellPlace("works", 7))
        assert staging.place_of("a") == CellPlace("works", 7)


@pytest.mark.parametrize(("most", "most_bytes", "sizes"), [(2, 1_000, [2, 2, 1]), (9, 9, [2, 2, 1]), (9, 1_000, [5])])
def test_checks_have_limits_of_their_own(most: int, most_bytes: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in batches([b"1234"] * 5, len, most, most_bytes)] == sizes
