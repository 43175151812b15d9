"""The state of imports: what it notes, and files of earlier versions."""

import sqlite3
import zlib
from pathlib import Path

import pytest

from ledger.client.posting import batches
from ledger.client.sheets.drafts import CellPlace
from ledger.client.sheets.signing import RowSigner
from ledger.client.sheets.staging import Staging, WaitingRow
from ledger.client.sheets.state import Imported, ImportState
from ledger.errors import ConfigurationError
from ledger.host.files.key_files import new_key

ORIGIN, ISSUER = "log.example", "urn:example:a"
FIRST_VERSION = """
CREATE TABLE record (
    origin TEXT, issuer TEXT, kind TEXT, key TEXT, digest TEXT NOT NULL, content BLOB NOT NULL, posted INTEGER NOT NULL,
    PRIMARY KEY (origin, issuer, kind, key)
) WITHOUT ROWID
"""


def state(path: Path) -> ImportState:
    return ImportState(path, ORIGIN, ISSUER)


def of_first_version(path: Path) -> Path:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(FIRST_VERSION)
    database.execute("INSERT INTO record VALUES (?, ?, 'pool', 'K1', 'ab', ?, 1)",
                     (ORIGIN, ISSUER, zlib.compress(b"{}")))
    database.execute("PRAGMA user_version = 1")
    database.close()
    return path


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = of_first_version(tmp_path / "imports")
    for _ in range(2):
        with state(path) as imports:
            earlier = imports.imported("pool", "K1")
    assert earlier is not None
    assert (earlier.digest, earlier.content, earlier.posted) == ("ab", b"{}", True)
    # Nobody knows how often it was amended: its next amendment equals none before it.
    signer = RowSigner(new_key(), ORIGIN, ISSUER, b"x" * 32)
    first = signer.amend("K1", Imported("ab", b"{}", True), {"name": "new"}, "corrected")
    assert signer.amend("K1", earlier, {"name": "new"}, "corrected").digest != first.digest


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "imports"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
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
