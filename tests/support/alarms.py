"""The records of a ledger that question a figure, as its database has them."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ledger.footprint.derived.findings import WARNING, findings_in
from ledger.store.embedded import attach
from support.databases import Database

_RECORDS = """
SELECT r.index, r.type, coalesce(o.leaf, r.outcome) AS leaf FROM record r LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index ORDER BY version DESC LIMIT 1) o ON true
WHERE r.index >= %d ORDER BY r.index
"""


class Alarms(NamedTuple):
    """The number of records, and of each code the records that have a warning with it."""

    records: int
    codes: Counter[str]
    questioned: int

    @property
    def share(self) -> float:
        """Of all records, those that have a warning."""
        return self.questioned / self.records


def alarms(home: Path, since: int = 0) -> Alarms:
    """Of the records from the index `since` on."""
    with Database(attach(home).owner_url) as database:
        rows = database.fetch(_RECORDS % since)
    return counted([(row["index"], row["leaf"]) for row in rows])


def counted(leaves: list[tuple[int, bytes | None]]) -> Alarms:
    """Of records with these leaves 0."""
    codes, questioned = Counter[str](), 0
    for index, leaf in leaves:
        warned = [] if leaf is None else [
            one.code for one in findings_in(index, leaf).findings if one.severity == WARNING]
        codes.update(warned)
        questioned += bool(warned)
    return Alarms(len(leaves), codes, questioned)
