"""A campaign of tampering: deeds on a copy of a ledger, each audited by the database and over HTTP, and what came of
them."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import LedgerError
from support.databases import Database
from support.kept import Kept
from support.server import TESTS
from support.tampering import Deed, Nothing, Refused, Tampering

LIST: Final[Path] = TESTS / "faults" / "columns.csv"
WAYS: Final = {
    "committed": "under the root of the log's tree: it shows from outside as well",
    "compared": "an audit compares it with what the records say",
    "derived": "an audit works it out from other rows",
    "insignificant": "no answer, proof or rule rests on it",
}
_DOWN: Final = ("server-down", "database-down")


class Column(NamedTuple):
    """`column` is one of a table, or a table and what is done to its rows. `visible`: a change shows over HTTP, too."""

    column: str
    how: str
    visible: str
    why: str


class Campaign:
    """Deeds on one copy, and what came of each."""

    def __init__(self, kept: Kept, database: Database) -> None:
        self.columns = listed()
        self.tampering = Tampering(database)
        self.outcomes: dict[str, Counter[str]] = {table: Counter() for table in self.tampering.columns}
        self.faults: list[str] = []
        self._kept = kept
        self._database = database

    def run(self, chosen: Sequence[Deed]) -> None:
        for deed in chosen:
            self.outcomes[deed.table].update(["tried", *self._outcome(deed)])

    def table(self) -> str:
        """What was tried, table by table, and what came of it."""
        heads = ("tried", "database", "http", "refused", "nothing", "insignificant", "missed")
        rows: list[tuple[str, ...]] = [("table", *heads)]
        total = sum(self.outcomes.values(), Counter[str]())
        for name, counts in (*self.outcomes.items(), ("all", total)):
            rows.append((name, *[str(counts[head]) for head in heads]))
        return "\n".join([f"{name:16}" + "".join([f"{cell:>15}" for cell in cells]) for name, *cells in rows])

    def _outcome(self, deed: Deed) -> list[str]:
        try:
            with self.tampering.done(deed):
                return self._audited(deed)
        except Refused:
            return ["refused"]
        except Nothing:
            return ["nothing"]

    def _audited(self, deed: Deed) -> list[str]:
        found = []
        if self._database_finds():
            found.append("database")
        if self._visible(deed) and self._http_finds():
            found.append("http")
        if self._insignificant(deed):
            return ["insignificant"]
        if "database" not in found or (self._visible(deed) and "http" not in found):
            self.faults.append(f"{deed}: found by {' and '.join(found) or 'nobody'}")
            found.append("missed")
        return found

    def _database_finds(self) -> bool:
        try:
            return not self._kept.by_database(self._database).ok
        except LedgerError as error:
            if error.code in _DOWN:
                raise
            # It says whose log or which version it is, and no audit opens it.
            return True

    def _http_finds(self) -> bool:
        try:
            return not self._kept.by_http(self._database).ok
        except LedgerError as error:
            if error.code in _DOWN:
                raise
            # No server starts.
            return True

    def _visible(self, deed: Deed) -> bool:
        if deed.kind == "duplicate":
            # No answer shows a row that is of no record.
            return False
        own = [self.columns[f"{deed.table}.{column.name}"] for column in self.tampering.columns[deed.table]]
        chosen = own if deed.column is None else [self.columns[f"{deed.table}.{deed.column}"]]
        return all(column.visible for column in chosen if column.how != "insignificant")

    def _insignificant(self, deed: Deed) -> bool:
        name = f"{deed.table} ({deed.kind})" if deed.column is None else f"{deed.table}.{deed.column}"
        return name in self.columns and self.columns[name].how == "insignificant"


def listed() -> dict[str, Column]:
    with LIST.open(newline="") as file:
        return {row["column"]: Column(**row) for row in csv.DictReader(file)}


