"""Rows and keys of a file that is being read, on disk: a file may have more of them than fit in memory."""

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from ledger.client.sheets.drafts import CellPlace
from ledger.client.sheets.rows import Row
from ledger.client.sheets.spelling import CellError, CellValue, Formula

_TABLES: Final = """
CREATE TABLE seen (key TEXT PRIMARY KEY, sheet TEXT NOT NULL, row INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE part (key TEXT, list TEXT, number INTEGER, sheet TEXT, cells TEXT, PRIMARY KEY (key, list, number))
    WITHOUT ROWID;
CREATE TABLE waiting (number INTEGER PRIMARY KEY, kind TEXT, key TEXT, digest TEXT, amends TEXT, content BLOB,
    envelope BLOB, known BOOLEAN);
"""


class WaitingRow(NamedTuple):
    """A signed record that waits to be posted. `amends`: the record that an amendment corrects; `content` is then the
    content of that record after it. `known`: the ledger has the record already, and `envelope` may be empty."""

    kind: str
    key: str
    digest: str
    amends: str | None
    content: bytes
    envelope: bytes
    known: bool = False


class Staging:
    """A database in a temporary folder. SQLite would keep a database without a name in memory."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="carbon-ledger-")
        self._database = sqlite3.connect(Path(self._folder.name) / "rows", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._database.close()
        self._folder.cleanup()

    def see(self, key: str, place: CellPlace) -> CellPlace | None:
        """Notes the key of a record. Returns the place where the key was before."""
        try:
            self._database.execute("INSERT INTO seen VALUES (?, ?, ?)", (key, place.sheet, place.row))
        except sqlite3.IntegrityError:
            sheet, row = self._database.execute("SELECT sheet, row FROM seen WHERE key = ?", (key,)).fetchone()
            return CellPlace(sheet, row)
        return None

    def place_of(self, key: str) -> CellPlace:
        """The place of the record with this key, which was seen."""
        return CellPlace(*self._database.execute("SELECT sheet, row FROM seen WHERE key = ?", (key,)).fetchone())

    def add(self, key: str, name: str, row: Row) -> None:
        """Keeps a row of a list for the record with this key."""
        cells = json.dumps([_packed(cell) for cell in row.cells], ensure_ascii=False)
        self._database.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?)", (key, name, row.number, row.sheet, cells))

    def parts(self, key: str) -> list[tuple[str, Row]]:
        """The rows of the lists of a record, in their order."""
        rows = self._database.execute(
            "SELECT list, number, sheet, cells FROM part WHERE key = ? ORDER BY list, number", (key,))
        return [(name, Row(sheet, number, _unpacked(cells))) for name, number, sheet, cells in rows]

    def unclaimed(self) -> Iterator[tuple[str, CellPlace]]:
        """The keys of rows of lists without a record."""
        rows = self._database.execute(
            "SELECT key, sheet, number FROM part WHERE key NOT IN (SELECT key FROM seen) ORDER BY sheet, number")
        for key, sheet, number in rows:
            yield key, CellPlace(sheet, number)

    def wait(self, record: WaitingRow) -> None:
        """Keeps a signed record until it is posted."""
        self._database.execute(
            "INSERT INTO waiting (kind, key, digest, amends, content, envelope, known) VALUES (?, ?, ?, ?, ?, ?, ?)",
            record)

    def waiting(self, *, amendments: bool) -> Iterator[WaitingRow]:
        """The signed records in their order: new ones, or amendments."""
        cursor = self._database.cursor()
        # By the order of the table itself: a sort would hold all envelopes in memory.
        which = "IS NOT NULL" if amendments else "IS NULL"
        rows = cursor.execute(f"SELECT kind, key, digest, amends, content, envelope, known FROM waiting "  # noqa: S608
                              f"WHERE amends {which} ORDER BY number")
        for row in rows:
            yield WaitingRow(*row)

    def unposted(self, *, amend: bool) -> Iterator[WaitingRow]:
        """The records that the ledger may not have yet; with `amend` the amendments too."""
        for amendments in (False, True) if amend else (False,):
            yield from (record for record in self.waiting(amendments=amendments) if not record.known)

    def unposted_size(self, *, amend: bool) -> tuple[int, int]:
        """The number of these records, and of the bytes of their envelopes, a line each."""
        which = "" if amend else " AND amends IS NULL"
        count, size = self._database.execute(
            f"SELECT count(*), total(length(envelope) + 1) FROM waiting WHERE NOT known{which}").fetchone()  # noqa: S608
        return count, int(size)


def _packed(cell: CellValue | None) -> Any:
    match cell:
        case datetime() | date():
            return [type(cell).__name__, cell.isoformat()]
        case Formula() | CellError():
            return [type(cell).__name__, cell.text]
        case Decimal():
            return ["Decimal", str(cell)]
        case _:
            return cell


def _unpacked(cells: str) -> Sequence[CellValue | None]:
    return [_cell(*packed) if isinstance(packed, list) else packed for packed in json.loads(cells)]


def _cell(kind: str, text: str) -> CellValue:
    match kind:
        case "datetime":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
        case "Formula":
            return Formula(text)
        case "CellError":
            return CellError(text)
        case _:
            return Decimal(text)
