"""The records of earlier imports, beside the signing key: by business key, so that a changed row becomes an
amendment, and an import that was stopped goes on where it was."""

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from ledger.errors import ConfigurationError

SUFFIX: Final = ".imports"
_TABLES: Final = (
    """
CREATE TABLE record (
    origin TEXT, issuer TEXT, kind TEXT, key TEXT, digest TEXT NOT NULL, content BLOB NOT NULL, posted INTEGER NOT NULL,
    amendment TEXT NOT NULL, PRIMARY KEY (origin, issuer, kind, key)
) WITHOUT ROWID
""",
    """
CREATE TABLE sent (
    origin TEXT, issuer TEXT, kind TEXT, key TEXT, digest TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (origin, issuer, kind, key)
) WITHOUT ROWID
""",
)
_VERSION: Final = 3
"""The version of these tables, in SQLite's own `user_version`."""


class Imported(NamedTuple):
    """A record of an earlier import. `digest`: of the record as it was entered first; `content`: as it is now, after
    amendments; `posted`: the ledger has it; `amendment`: the digest of its newest amendment, if any; `sent`: a later
    amendment that the ledger may have."""

    digest: str
    content: bytes
    posted: bool
    amendment: str = ""
    sent: "SentAmendment | None" = None


class SentAmendment(NamedTuple):
    """An amendment that was written to a file, or posted without an answer. `content`: of its record after it."""

    digest: str
    content: bytes


class ImportState:
    """The records that an issuer imported into a ledger. Changes are durable when `enter` returns."""

    def __init__(self, path: Path, origin: str, issuer: str) -> None:
        self._of = (origin, issuer)
        path.touch(mode=0o600, exist_ok=True)
        self._path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise self._fault("open", error) from error
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._make()
        except sqlite3.Error as error:
            self._database.close()
            raise self._fault("open", error) from error
        except ConfigurationError:
            self._database.close()
            raise

    def _fault(self, action: str, error: sqlite3.Error) -> ConfigurationError:
        return ConfigurationError(f"cannot {action} {self._path}: {error}", field="imports", value=self._path)

    def _make(self) -> None:
        """Makes the tables of a new file. Raises ConfigurationError for a file of another version."""
        self._database.execute("BEGIN IMMEDIATE")
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise ConfigurationError(f"{self._path} is from another version", field="imports", value=version,
                                     rule=f"version {_VERSION}; use the program that wrote it")
        for table in _TABLES if version == 0 else ():
            self._database.execute(table)
        self._database.execute(f"PRAGMA user_version = {_VERSION}")
        self._database.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._database.close()

    def imported(self, kind: str, key: str) -> Imported | None:
        """The record of a business key."""
        row = self._database.execute(
            "SELECT record.digest, record.content, posted, amendment, sent.digest, sent.content "
            "FROM record LEFT JOIN sent USING (origin, issuer, kind, key) "
            "WHERE origin = ? AND issuer = ? AND kind = ? AND key = ?", (*self._of, kind, key)).fetchone()
        if row is None:
            return None
        sent = None if row[4] is None else SentAmendment(row[4], zlib.decompress(row[5]))
        return Imported(row[0], zlib.decompress(row[1]), bool(row[2]), row[3], sent)

    def enter(self, records: Iterable[tuple[str, str, Imported]]) -> None:
        """Notes records by kind and business key, in one transaction. Raises ConfigurationError if it cannot."""
        rows = list(records)
        try:
            self._enter(rows)
        except sqlite3.Error as error:
            raise self._fault("write", error) from error

    def _enter(self, records: Sequence[tuple[str, str, Imported]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(*self._of, kind, key, one.digest, zlib.compress(one.content), int(one.posted), one.amendment)
                 for kind, key, one in records])
            self._database.executemany(
                "DELETE FROM sent WHERE origin = ? AND issuer = ? AND kind = ? AND key = ?",
                [(*self._of, kind, key) for kind, key, one in records if one.sent is None])
            self._database.executemany(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?)",
                [(*self._of, kind, key, one.sent.digest, zlib.compress(one.sent.content))
                 for kind, key, one in records if one.sent is not None])
        except sqlite3.Error:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
