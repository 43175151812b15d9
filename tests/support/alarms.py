"""The records of a ledger that question a figure."""

from collections import Counter
from typing import NamedTuple

from ledger.footprint.derived.findings import WARNING, findings_in


class Alarms(NamedTuple):
    """The number of records, and of each code the records that have a warning with it."""

    records: int
    codes: Counter[str]
    questioned: int

    @property
    def share(self) -> float:
        """Of all records, those that have a warning."""
        return self.questioned / self.records


def counted(leaves: list[tuple[int, bytes | None]]) -> Alarms:
    """Of records with these leaves 0."""
    codes, questioned = Counter[str](), 0
    for index, leaf in leaves:
        warned = [] if leaf is None else [
            one.code for one in findings_in(index, leaf).findings if one.severity == WARNING]
        codes.update(warned)
        questioned += bool(warned)
    return Alarms(len(leaves), codes, questioned)
